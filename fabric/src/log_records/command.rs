//! The commands of records, and the small ones among their payloads (09 §3).

use super::control::{
    AnnounceLeader, UpdatePartitionDurability, UpsertRuleBook, UpsertSchema, VersionBarrier,
};
use super::effect::InvokerEffect;
use super::invocation::{AttachInvocation, MutationSink, ServiceInvocation};
use super::timer::TimerEntry;
use crate::codec::describe::prelude::*;
use crate::messages::ids::PartitionKey;
use crate::messages::rpc::Blob;
use crate::messages::rpc::limits::Scope;
use crate::messages::rpc::request::{InvocationResponse, PatchDeploymentId, Signal, SignalResult};
use crate::messages::text_ids::{DeploymentId, InvocationId};

one_of! {
    /// What a record tells every replica of its partition to do.
    #[allow(clippy::large_enum_variant, reason = "the large ones are the usual ones")]
    pub enum Command {
        AnnounceLeader(AnnounceLeader),
        PatchState(PatchState),
        TerminateInvocation(TerminateInvocation),
        PurgeInvocation(PurgeInvocation),
        PurgeJournal(PurgeInvocation),
        Invoke(ServiceInvocation),
        ProxyThrough(ServiceInvocation),
        /// The highest index that goes.
        TruncateOutbox(u64),
        AttachInvocation(AttachInvocation),
        InvokerEffect(InvokerEffect),
        Timer(TimerEntry),
        ScheduleTimer(TimerEntry),
        InvocationResponse(InvocationResponse),
        NotifyGetInvocationOutputResponse(InvocationOutputNotification),
        NotifySignal(SignalNotification),
        VersionBarrier(VersionBarrier),
        UpdatePartitionDurability(UpdatePartitionDurability),
        ResumeInvocation(ResumeCommand),
        RestartAsNewInvocation(RestartAsNewCommand),
        UpsertSchema(UpsertSchema),
        /// Of 1.6 only; nobody wrote down what is in it.
        VQWaitingToRunning(Blob),
        /// As [`Command::VQWaitingToRunning`].
        VQYieldRunning(Blob),
        UpsertRuleBook(UpsertRuleBook),
        /// Decoded when it is applied: [`super::blobs::PauseInvocation`].
        PauseInvocation(Blob),
        /// Decoded when it is applied: [`super::blobs::SchedulerDecisions`].
        VQSchedulerDecisions(Blob),
        /// Decoded when it is applied: [`super::blobs::Queues`].
        VQueuesPause(Blob),
        /// As [`Command::VQueuesPause`].
        VQueuesResume(Blob),
    }
}

record! {
    /// Edits the state of a service instance.
    pub struct PatchState {
        service_id: ServiceId,
        version: Option<String>,
        state: PairMap<Blob, Blob>,
    }
}

record! {
    /// One instance of a service that has state. The key is not checked against the name.
    pub struct ServiceId {
        service_name: String,
        key: String,
        partition_key: PartitionKey,
        scope: Option<Scope>,
    }
}

record! {
    /// Ends an invocation.
    pub struct TerminateInvocation {
        invocation_id: InvocationId,
        flavor: TerminationFlavor,
        response_sink: Option<MutationSink>,
    }
}

one_of! {
    /// How an invocation ends.
    pub enum TerminationFlavor {
        Kill,
        Cancel,
    }
}

record! {
    /// Removes a completed invocation, or only its journal.
    pub struct PurgeInvocation {
        invocation_id: InvocationId,
        response_sink: Option<MutationSink>,
    }
}

record! {
    /// What became of the output that an invocation asked for.
    pub struct InvocationOutputNotification {
        caller_id: InvocationId,
        completion_id: u32,
        caller_invocation_epoch: u32 [omit_default()],
        result: SignalResult,
    }
}

record! {
    /// A signal to an invocation.
    pub struct SignalNotification {
        invocation_id: InvocationId,
        signal: Signal,
    }
}

record! {
    /// Lets a paused invocation go on.
    pub struct ResumeCommand {
        invocation_id: InvocationId,
        update_deployment_id: Option<PatchDeploymentId> [omit_default()],
        update_pinned_deployment_id: Option<DeploymentId> [omit_default()],
        /// When, in seconds.
        run_at: Option<u32> [omit_default()],
        response_sink: Option<MutationSink> [omit_default()],
    }
}

record! {
    /// Runs an invocation again, as another one.
    pub struct RestartAsNewCommand {
        invocation_id: InvocationId,
        new_invocation_id: InvocationId,
        copy_prefix_up_to_index_included: u32,
        patch_deployment_id: Option<DeploymentId> [omit_default()],
        response_sink: Option<MutationSink> [omit_default()],
    }
}
