//! Gossip and the state of the cluster.

use super::{Case, NOW_MS};
use crate::fabric::messages::gossip::{
    ClusterNode, ClusterStateReply, ClusterStateStatus, CurrentLeader, GetClusterState, Gossip,
    GossipNode, NodeState, PartitionReplicaSet, ReplicaSetMember, ReplicaSetState,
};
use crate::fabric::messages::ids::{
    GenerationalNodeId, GossipFlags, LeaderEpoch, Lsn, MillisSinceEpoch, PartitionId, PlainNodeId,
    Version,
};

/// Gossip of one who came up at `NOW_MS` and speaks `after_ms` later.
fn sent(after_ms: u64) -> Gossip {
    Gossip {
        instance_ts: MillisSinceEpoch(NOW_MS),
        sent_at: MillisSinceEpoch(NOW_MS + after_ms),
        ..Gossip::default()
    }
}

fn flagged(flags: GossipFlags) -> Gossip {
    Gossip { flags, ..sent(5) }
}

fn with_nodes(nodes: Vec<GossipNode>) -> Gossip {
    Gossip { nodes, ..sent(100) }
}

fn with_partitions(partitions: Vec<PartitionReplicaSet>) -> Gossip {
    Gossip { flags: GossipFlags::ENRICHED, partitions, ..sent(250) }
}

/// Both times at a number, to see where a varint grows.
fn at(number: u64) -> Gossip {
    let [instance_ts, sent_at] = [MillisSinceEpoch(number); 2];
    Gossip { instance_ts, sent_at, ..Gossip::default() }
}

/// A node that came up `up_ms` after `NOW_MS`.
fn node(id: u32, generation: u32, up_ms: u64, gossip_age: u32) -> GossipNode {
    GossipNode {
        instance_ts: MillisSinceEpoch(NOW_MS + up_ms),
        node_id: GenerationalNodeId::new(id, generation),
        gossip_age,
        in_failover: false,
    }
}

fn five_nodes() -> Vec<GossipNode> {
    let mut nodes = vec![
        node(1, 1, 10, 0),
        node(2, 3, 20, 1),
        node(3, 5, 30, 3),
        GossipNode { in_failover: true, ..node(4, 7, 40, 127) },
    ];
    nodes.push(node(5, 9, 50, 128));
    nodes
}

fn leader(epoch: u64, id: u32, generation: u32) -> CurrentLeader {
    CurrentLeader {
        current_leader_epoch: LeaderEpoch(epoch),
        current_leader: GenerationalNodeId::new(id, generation),
    }
}

fn replicas(version: u32, members: &[(u32, u64)]) -> ReplicaSetState {
    let member = |&(id, lsn)| ReplicaSetMember { node_id: PlainNodeId(id), durable_lsn: Lsn(lsn) };
    ReplicaSetState { version: Version(version), members: members.iter().map(member).collect() }
}

fn partition(
    id: u16,
    current_leader: CurrentLeader,
    observed_current_membership: ReplicaSetState,
    observed_next_membership: Option<ReplicaSetState>,
) -> PartitionReplicaSet {
    PartitionReplicaSet {
        id: PartitionId(id),
        current_leader,
        observed_current_membership,
        observed_next_membership,
    }
}

/// A partition at rest, one that moves, and one of which nothing is known.
fn three_partitions() -> Vec<PartitionReplicaSet> {
    let at_rest = replicas(1, &[(1, 100), (2, 99), (3, 0)]);
    let from = replicas(2, &[(1, 1), (2, 1 << 35)]);
    let to = replicas(3, &[(2, 1 << 35), (4, 0), (5, 7)]);
    vec![
        partition(0, leader(1, 1, 1), at_rest, None),
        partition(1, leader(300, 2, 3), from, Some(to)),
        PartitionReplicaSet { id: PartitionId(2), ..PartitionReplicaSet::default() },
    ]
}

fn partition_max(next_members: usize) -> PartitionReplicaSet {
    let member = (u32::MAX, u64::MAX);
    partition(
        u16::MAX,
        leader(u64::MAX, u32::MAX, u32::MAX),
        replicas(u32::MAX, &[member]),
        Some(replicas(u32::MAX, &vec![member; next_members])),
    )
}

/// A cluster of 100 nodes and 24 partitions, spread over the first five nodes.
fn many() -> Gossip {
    let spread = |id: u16| {
        let number = u32::from(id);
        let lsn = 1000 * u64::from(id);
        let members = [0, 1, 2].map(|next| (1 + (number + next) % 5, lsn));
        let leads = leader(id.into(), 1 + number % 5, 1);
        partition(id, leads, replicas(1, &members), None)
    };
    Gossip {
        nodes: (1..=100).map(|id| node(id, 1, id.into(), id)).collect(),
        ..with_partitions((0..24).map(spread).collect())
    }
}

pub(super) fn gossip() -> Vec<Case<Gossip>> {
    let next_empty =
        partition(7, leader(5, 1, 1), replicas(1, &[(1, 0)]), Some(ReplicaSetState::default()));
    vec![
        ("empty", Gossip::default()),
        ("minimal", sent(1)),
        ("flag-Special", flagged(GossipFlags::SPECIAL)),
        ("flag-BringUp", flagged(GossipFlags::BRING_UP)),
        ("flag-ReadyToServe", flagged(GossipFlags::READY_TO_SERVE)),
        ("flag-FailingOver", flagged(GossipFlags::FAILING_OVER)),
        ("flag-FeelingLonely", flagged(GossipFlags::FEELING_LONELY)),
        ("flag-Enriched", flagged(GossipFlags::ENRICHED)),
        ("flag-without-a-name", flagged(GossipFlags(1 << 31))),
        ("one-node-defaults", with_nodes(vec![GossipNode::default()])),
        (
            "failover",
            Gossip {
                flags: GossipFlags::FAILING_OVER,
                ..with_nodes(vec![GossipNode { in_failover: true, ..node(1, 3, 0, 0) }])
            },
        ),
        ("typical", Gossip { nodes: five_nodes(), ..sent(250) }),
        ("one-partition-defaults", with_partitions(vec![PartitionReplicaSet::default()])),
        ("next-membership-empty", with_partitions(vec![next_empty])),
        ("enriched", Gossip { nodes: five_nodes(), ..with_partitions(three_partitions()) }),
        ("many", many()),
        ("varint-127", at(127)),
        ("varint-128", at(128)),
        ("varint-16511", at(16_511)),
        ("varint-16512", at(16_512)),
        ("varint-2113663", at(2_113_663)),
        ("varint-2113664", at(2_113_664)),
        ("varint-270549119", at(270_549_119)),
        ("varint-270549120", at(270_549_120)),
        ("varint-u32max", at(u32::MAX.into())),
        ("varint-2pow56", at(1 << 56)),
        // Where the ninth byte comes, which has eight bits of its own.
        ("varint-72624976668147839", at(72_624_976_668_147_839)),
        ("varint-72624976668147840", at(72_624_976_668_147_840)),
        (
            "max",
            Gossip {
                flags: GossipFlags(u32::MAX),
                nodes: vec![GossipNode {
                    instance_ts: MillisSinceEpoch(u64::MAX),
                    node_id: GenerationalNodeId::new(u32::MAX, u32::MAX),
                    gossip_age: u32::MAX,
                    in_failover: true,
                }],
                partitions: vec![partition_max(2)],
                ..at(u64::MAX)
            },
        ),
    ]
}

pub(super) fn get_cluster_state() -> Vec<Case<GetClusterState>> {
    vec![("minimal", GetClusterState {})]
}

pub(super) fn cluster_state_reply() -> Vec<Case<ClusterStateReply>> {
    let node = |id, generation, state| ClusterNode {
        node_id: GenerationalNodeId::new(id, generation),
        state,
    };
    let ok =
        |nodes, partitions| ClusterStateReply { status: ClusterStateStatus::Ok, nodes, partitions };
    vec![
        // The node does not know yet.
        ("minimal", ClusterStateReply::default()),
        ("ok-empty", ok(vec![], vec![])),
        ("one-node-defaults", ok(vec![ClusterNode::default()], vec![])),
        ("one-partition-defaults", ok(vec![], vec![PartitionReplicaSet::default()])),
        (
            "typical",
            ok(
                vec![
                    node(1, 1, NodeState::Alive),
                    node(2, 5, NodeState::Dead),
                    node(3, 2, NodeState::FailingOver),
                ],
                three_partitions(),
            ),
        ),
        ("max", ok(vec![node(u32::MAX, u32::MAX, NodeState::FailingOver)], vec![partition_max(1)])),
    ]
}
