//! Gossip and the state of the cluster, from V2 on (03 §6.6).

use super::ids::{
    GenerationalNodeId, GossipFlags, LeaderEpoch, Lsn, MillisSinceEpoch, PartitionId, PlainNodeId,
    Version,
};
use crate::codec::describe::prelude::*;

record! {
    /// What a node tells another about all nodes, round after round.
    pub struct Gossip {
        instance_ts: MillisSinceEpoch = 1,
        sent_at: MillisSinceEpoch = 2,
        flags: GossipFlags = 3,
        nodes: Vec<GossipNode> = 4,
        partitions: Vec<PartitionReplicaSet> = 5,
    }
}

record! {
    /// What is known of one node.
    #[derive(Copy)]
    pub struct GossipNode {
        instance_ts: MillisSinceEpoch = 1,
        node_id: GenerationalNodeId = 2,
        gossip_age: u32 = 3,
        in_failover: bool = 4,
    }
}

record! {
    /// Who leads and who replicates a partition.
    pub struct PartitionReplicaSet {
        id: PartitionId = 1,
        current_leader: CurrentLeader = 2,
        observed_current_membership: ReplicaSetState = 3,
        observed_next_membership: Option<ReplicaSetState> = 4,
    }
}

record! {
    /// The leader of a partition.
    #[derive(Copy)]
    pub struct CurrentLeader {
        current_leader_epoch: LeaderEpoch = 1,
        current_leader: GenerationalNodeId = 2,
    }
}

record! {
    /// The replicas of a partition.
    pub struct ReplicaSetState {
        version: Version = 1,
        members: Vec<ReplicaSetMember> = 2,
    }
}

record! {
    /// One replica.
    #[derive(Copy)]
    pub struct ReplicaSetMember {
        node_id: PlainNodeId = 1,
        durable_lsn: Lsn = 2,
    }
}

record! {
    /// Asks a node for what it knows of the cluster.
    pub struct GetClusterState {}
}

record! {
    /// Answers [`GetClusterState`].
    pub struct ClusterStateReply {
        status: ClusterStateStatus = 1,
        nodes: Vec<ClusterNode> = 2,
        partitions: Vec<PartitionReplicaSet> = 3,
    }
}

one_of! {
    /// Whether the node knows the state of the cluster.
    pub enum ClusterStateStatus: number {
        NotReady = 0,
        Ok = 1,
    }
}

record! {
    /// The state of one node.
    #[derive(Copy)]
    pub struct ClusterNode {
        node_id: GenerationalNodeId = 1,
        state: NodeState = 2,
    }
}

one_of! {
    /// Whether a node is alive.
    pub enum NodeState: number {
        Dead = 0,
        Alive = 1,
        FailingOver = 2,
    }
}
