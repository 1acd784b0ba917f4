//! The payloads of commands in the second custom form (09 §1).

use bytes::Bytes;

use super::command::Command;
use super::control::{
    AnnounceLeader, BarrierVersion, UpdatePartitionDurability, UpsertRuleBook, VersionBarrier,
};
use super::custom::SecondForm;
use super::framing;
use super::invocation::ServiceInvocation;
use crate::codec::describe::prelude::*;
use crate::codec::flex;
use crate::messages::ids::{
    GenerationalNodeId, KeyRange, LeaderEpoch, Lsn, MillisSinceEpoch, PartitionId, Version,
};
use crate::messages::records::Keys;
use crate::messages::rpc::Blob;
use crate::release::Release;

record! {
    /// [`AnnounceLeader`], without the sets of replicas, whose form nobody has shown.
    pub struct Announcement {
        node_id: GenerationalNodeId = 1,
        leader_epoch: LeaderEpoch = 2,
        partition_key_range: KeyRange = 3,
        epoch_version: Option<Version> = 4,
    }
}

record! {
    /// [`VersionBarrier`].
    pub struct Barrier {
        version: String = 1,
        human_reason: Option<String> = 2,
        partition_key_range: Keys = 3,
        feature_changes: Vec<u16> = 4,
    }
}

record! {
    /// [`UpdatePartitionDurability`].
    pub struct Durability {
        partition_id: PartitionId = 1,
        durable_point: Lsn = 2,
        modification_time: MillisSinceEpoch = 3,
    }
}

record! {
    /// [`Command::TruncateOutbox`], and the keys that it is for.
    pub struct Truncation {
        index: u64 = 1,
        partition_key_range: Keys = 2,
    }
}

record! {
    /// [`Command::ProxyThrough`], one level deeper than in a record that is written.
    pub struct Proxied {
        invocation: ServiceInvocation,
    }
}

impl SecondForm {
    /// The command; none if nobody has shown how its payload looks. What a form does not say, and
    /// the sets of replicas, have their defaults.
    ///
    /// # Errors
    ///
    /// What is wrong with the payload, and where.
    pub fn command(&self, release: Release) -> Result<Option<Command>, Fault> {
        let cx = super::context(release);
        let payload = &self.payload;
        let Some(kind) = self.kind else { return Ok(None) };
        Ok(Some(match kind {
            "AnnounceLeader" => {
                let it: Announcement = bilrost::decode(payload, cx)?;
                Command::AnnounceLeader(AnnounceLeader {
                    node_id: it.node_id.into(),
                    leader_epoch: it.leader_epoch,
                    partition_key_range: it.partition_key_range.into(),
                    epoch_version: it.epoch_version,
                    ..AnnounceLeader::default()
                })
            }
            "VersionBarrier" => {
                let it: Barrier = bilrost::decode(payload, cx)?;
                let version = BarrierVersion::parse(&it.version)
                    .map_err(|kind| Fault::new(kind).in_field("version"))?;
                Command::VersionBarrier(VersionBarrier {
                    version,
                    human_reason: it.human_reason,
                    partition_key_range: it.partition_key_range,
                    feature_changes: it.feature_changes,
                })
            }
            "UpdatePartitionDurability" => {
                let it: Durability = bilrost::decode(payload, cx)?;
                Command::UpdatePartitionDurability(UpdatePartitionDurability {
                    partition_id: it.partition_id,
                    durable_point: it.durable_point,
                    modification_time: it.modification_time,
                })
            }
            "TruncateOutbox" => {
                Command::TruncateOutbox(bilrost::decode::<Truncation>(payload, cx)?.index)
            }
            "ProxyThrough" => Command::ProxyThrough(read::<Proxied>(payload, cx)?.invocation),
            "TerminateInvocation" => Command::TerminateInvocation(read(payload, cx)?),
            "PurgeInvocation" => Command::PurgeInvocation(read(payload, cx)?),
            "PurgeJournal" => Command::PurgeJournal(read(payload, cx)?),
            "Invoke" => Command::Invoke(read(payload, cx)?),
            "AttachInvocation" => Command::AttachInvocation(read(payload, cx)?),
            "ResumeInvocation" => Command::ResumeInvocation(read(payload, cx)?),
            "RestartAsNewInvocation" => Command::RestartAsNewInvocation(read(payload, cx)?),
            "InvokerEffect" => Command::InvokerEffect(read(payload, cx)?),
            "Timer" => Command::Timer(read(payload, cx)?),
            "ScheduleTimer" => Command::ScheduleTimer(read(payload, cx)?),
            "InvocationResponse" => Command::InvocationResponse(read(payload, cx)?),
            "NotifyGetInvocationOutputResponse" => {
                Command::NotifyGetInvocationOutputResponse(read(payload, cx)?)
            }
            "NotifySignal" => Command::NotifySignal(read(payload, cx)?),
            "UpsertSchema" => Command::UpsertSchema(read(payload, cx)?),
            "UpsertRuleBook" => Command::UpsertRuleBook(UpsertRuleBook {
                command: Blob(payload.clone()),
                ..UpsertRuleBook::default()
            }),
            "VQSchedulerDecisions" => Command::VQSchedulerDecisions(Blob(payload.clone())),
            "VQueuesPause" => Command::VQueuesPause(Blob(payload.clone())),
            "VQueuesResume" => Command::VQueuesResume(Blob(payload.clone())),
            "PauseInvocation" => Command::PauseInvocation(Blob(payload.clone())),
            _ => return Ok(None),
        }))
    }
}

/// A payload in flexbuffers, behind its length.
fn read<T: Tree>(payload: &Bytes, cx: Context) -> Result<T, Fault> {
    let what = "the length of the payload";
    let buffer = framing::unframed(payload)
        .map_err(|_| Fault::at(FaultKind::Truncated { what }, payload.len()))?;
    flex::from_flex(&buffer, cx)
}
