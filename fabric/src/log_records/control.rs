//! Commands about the partition itself (09 §3.1, §5).

use semver::Version as Semver;

use super::optional::Announced;
use super::unordered::Unordered;
use crate::codec::describe::prelude::*;
use crate::messages::ids::{
    GenerationalNodeId, KeyRange, LeaderEpoch, Lsn, MillisSinceEpoch, PartitionId, PlainNodeId,
    Version,
};
use crate::messages::metadata::replication::ReplicationText;
use crate::messages::metadata::schema::Schema;
use crate::messages::records::Keys;
use crate::messages::rpc::Blob;

record! {
    /// A new leader says that it is one.
    pub struct AnnounceLeader {
        node_id: Announced<GenerationalNodeId>,
        leader_epoch: LeaderEpoch,
        partition_key_range: Announced<KeyRange>,
        epoch_version: Option<Version> [omit_default()],
        current_config: Option<CurrentReplicaSet> [omit_default()],
        next_config: Option<NextReplicaSet> [omit_default()],
    }
}

record! {
    /// The replicas of a partition.
    pub struct CurrentReplicaSet {
        version: Version,
        replica_set: Unordered<PlainNodeId>,
        modified_at: MillisSinceEpoch,
        replication: ReplicationText,
    }
}

record! {
    /// The replicas that a partition is to have.
    pub struct NextReplicaSet {
        version: Version,
        replica_set: Unordered<PlainNodeId>,
    }
}

record! {
    /// Stops every replica of a release that is too old (09 §5).
    pub struct VersionBarrier {
        version: BarrierVersion,
        human_reason: Option<String>,
        partition_key_range: Keys,
        /// Numbers of [features](super::apply::Feature) that are switched on behind it.
        feature_changes: Vec<u16> [omit_default()],
    }
}

/// The release that a replica must at least be, in the text of semantic versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BarrierVersion(pub Semver);

impl Default for BarrierVersion {
    fn default() -> Self {
        Self(Semver::new(0, 0, 0))
    }
}

impl BarrierVersion {
    /// Reads the text of a version.
    pub(super) fn parse(text: &str) -> Result<Self, FaultKind> {
        Semver::parse(text).map(Self).map_err(|_| {
            let expected = "a semantic version";
            FaultKind::Malformed { expected, found: FaultKind::excerpt(text) }
        })
    }
}

impl Tree for BarrierVersion {
    const SHAPE: Shape = Shape::Text("a semantic version");

    fn write<S: Sink>(&self, sink: &mut S, _: Context) {
        sink.text(&self.0.to_string());
    }

    fn read<'a, N: Node<'a>>(node: N, _: Context) -> Result<Self, Fault> {
        Self::parse(node.text()?).map_err(|kind| node.fault(kind))
    }

    fn fit(&mut self, _: Context) -> Result<(), Unfit> {
        Ok(())
    }
}

record! {
    /// Up to where a partition is kept elsewhere, so that its log may be trimmed.
    pub struct UpdatePartitionDurability {
        partition_id: PartitionId,
        durable_point: Lsn,
        modification_time: MillisSinceEpoch,
    }
}

record! {
    /// Makes a schema known in the log.
    pub struct UpsertSchema {
        partition_key_range: Keys,
        schema: Schema,
    }
}

record! {
    /// Makes the rules known in the log.
    pub struct UpsertRuleBook {
        partition_key_range: KeyRange,
        /// Decoded when it is applied: [`super::blobs::RuleBookCommand`].
        command: Blob,
    }
}
