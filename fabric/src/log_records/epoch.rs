//! The document of a partition's epochs, in the metadata store (09 §9.1). Every node that becomes
//! leader reads it, changes it and writes it back.

use std::collections::BTreeMap;

use super::optional::Leader;
use super::unordered::Unordered;
use crate::codec::describe::prelude::*;
use crate::messages::ids::{
    GenerationalNodeId, LeaderEpoch, MillisSinceEpoch, PartitionId, PlainNodeId, Version,
};
use crate::messages::metadata::present::Present;
use crate::messages::metadata::replication::ReplicationText;

record! {
    /// Who leads a partition, since which epoch, and on which nodes it is kept.
    pub struct EpochMetadata {
        version: Version,
        leader_metadata: Leader<LeaderMetadata>,
        /// Where it is missing, the number of the version.
        epoch: Option<LeaderEpoch>,
        current: Present<PartitionConfiguration>,
        next: Option<PartitionConfiguration>,
        leadership_policy: LeadershipPolicy [omit_default()],
        placement_policy: PlacementPolicy [omit_default()],
    }
}

impl EpochMetadata {
    /// Fills in what old releases did not write. Where a configuration is missing, released servers
    /// date it with the time at which they read.
    fn settled<'a, N: Node<'a>>(mut self, _node: N, cx: Context) -> Result<Self, Fault> {
        if const { Field::of("EpochMetadata", "epoch") }.gate.is_open(cx.release) {
            let version = u64::from(self.version.0);
            self.epoch = self.epoch.or(Some(LeaderEpoch(version)));
        }
        self.current = Present::of(self.current.0.unwrap_or_default());
        Ok(self)
    }
}

record! {
    /// The leader of a partition.
    pub struct LeaderMetadata {
        partition_id: PartitionId,
        node_id: GenerationalNodeId,
    }
}

record! {
    /// On which nodes a partition is kept.
    pub struct PartitionConfiguration {
        version: Version,
        replication: ReplicationText,
        replica_set: Unordered<PlainNodeId>,
        modified_at: MillisSinceEpoch,
        context: BTreeMap<String, String>,
    }
}

record! {
    /// What operators want of the leader.
    pub struct LeadershipPolicy {
        freeze: Option<Freeze> [omit_default()],
        affinity: Option<Affinity> [omit_default()],
    }
}

record! {
    /// What operators want of the nodes.
    pub struct PlacementPolicy {
        freeze: Option<Freeze> [omit_default()],
    }
}

record! {
    /// Nothing is to change.
    pub struct Freeze {
        reason: String,
    }
}

one_of! {
    /// Where the leader is to be.
    pub enum Affinity {
        Node(PlainNodeId),
        Location(String),
    }
}
