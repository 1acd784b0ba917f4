//! The state of a node and of its partition processors.

use std::time::Duration;

use super::{Case, NOW_MS};
use crate::fabric::messages::ids::{
    GenerationalNodeId, LeaderEpoch, Lsn, MillisSinceEpoch, PartitionId, Version,
};
use crate::fabric::messages::node_state::{
    BrokenReason, DetailedMode, EnabledFeatures, GetNodeState, NodeStateResponse,
    PartitionProcessorStatus, ReplayStatus, RunMode, StorageVersion,
};

/// The latest time that every release can hold.
const LATEST: MillisSinceEpoch = MillisSinceEpoch(u64::MAX - 1);

const ALL_FEATURES: EnabledFeatures = EnabledFeatures {
    journal_v2: true,
    vqueues: true,
    unique_random_seeds: true,
    vqueues_skip_completed: true,
};

pub(super) fn get_node_state() -> Vec<Case<GetNodeState>> {
    vec![("minimal", GetNodeState {})]
}

/// A node without any word on partitions.
fn up(uptime: Duration) -> NodeStateResponse {
    NodeStateResponse { partition_processor_state: None, uptime }
}

/// A node that has been up for a second.
fn with<const N: usize>(states: [(u16, PartitionProcessorStatus); N]) -> NodeStateResponse {
    let states = states.into_iter().map(|(id, state)| (PartitionId(id), state));
    NodeStateResponse {
        partition_processor_state: Some(states.collect()),
        uptime: Duration::from_secs(1),
    }
}

fn status() -> PartitionProcessorStatus {
    PartitionProcessorStatus {
        updated_at: MillisSinceEpoch(NOW_MS),
        ..PartitionProcessorStatus::default()
    }
}

/// A leader, a follower that catches up, and a follower that is to lead.
fn typical() -> NodeStateResponse {
    let leader = PartitionProcessorStatus {
        planned_mode: RunMode::Leader,
        effective_mode: RunMode::Leader,
        last_observed_leader_epoch: Some(LeaderEpoch(4)),
        last_observed_leader_node: Some(GenerationalNodeId::new(1, 2)),
        last_applied_log_lsn: Some(Lsn(1000)),
        last_record_applied_at: Some(MillisSinceEpoch(NOW_MS - 5)),
        num_skipped_records: 2,
        replay_status: ReplayStatus::Active,
        durable_lsn: Some(Lsn(900)),
        last_archived_log_lsn: Some(Lsn(800)),
        ..status()
    };
    let behind = PartitionProcessorStatus {
        last_applied_log_lsn: Some(Lsn(10)),
        replay_status: ReplayStatus::CatchingUp,
        target_tail_lsn: Some(Lsn(5000)),
        ..status()
    };
    let to_lead = PartitionProcessorStatus {
        planned_mode: RunMode::Leader,
        detailed_effective_mode: DetailedMode::Follower,
        ..status()
    };
    NodeStateResponse {
        uptime: Duration::new(86_400, 999_999_999),
        ..with([(0, leader), (1, behind), (7, to_lead)])
    }
}

/// Every number at its end, but nothing that came with 1.7.
fn max_before_1_7() -> PartitionProcessorStatus {
    PartitionProcessorStatus {
        updated_at: LATEST,
        planned_mode: RunMode::Leader,
        effective_mode: RunMode::Leader,
        last_observed_leader_epoch: Some(LeaderEpoch(u64::MAX)),
        last_observed_leader_node: Some(GenerationalNodeId::new(u32::MAX, u32::MAX)),
        last_applied_log_lsn: Some(Lsn(u64::MAX)),
        last_record_applied_at: Some(LATEST),
        num_skipped_records: u64::MAX,
        replay_status: ReplayStatus::CatchingUp,
        durable_lsn: Some(Lsn(u64::MAX)),
        last_archived_log_lsn: Some(Lsn(u64::MAX)),
        target_tail_lsn: Some(Lsn(u64::MAX)),
        ..PartitionProcessorStatus::default()
    }
}

/// Everything optional there, and at zero.
fn zeros() -> PartitionProcessorStatus {
    PartitionProcessorStatus {
        last_observed_leader_epoch: Some(LeaderEpoch(0)),
        last_observed_leader_node: Some(GenerationalNodeId::new(0, 0)),
        last_applied_log_lsn: Some(Lsn(0)),
        last_record_applied_at: Some(MillisSinceEpoch(0)),
        durable_lsn: Some(Lsn(0)),
        last_archived_log_lsn: Some(Lsn(0)),
        target_tail_lsn: Some(Lsn(0)),
        last_applied_rule_book_version: Some(Version(0)),
        last_applied_schema_version: Some(Version(0)),
        storage_version: Some(StorageVersion::None),
        ..PartitionProcessorStatus::default()
    }
}

/// Partition `id`, in a detailed mode.
fn mode(id: u16, detailed_effective_mode: DetailedMode) -> NodeStateResponse {
    let storage_version = Some(StorageVersion::V1_5);
    with([(id, PartitionProcessorStatus { storage_version, detailed_effective_mode, ..status() })])
}

/// With a switch thrown.
fn feature(enabled_features: EnabledFeatures) -> NodeStateResponse {
    with([(2, PartitionProcessorStatus { enabled_features, ..status() })])
}

pub(super) fn node_state_response() -> Vec<Case<NodeStateResponse>> {
    let off = EnabledFeatures::default();
    let max = max_before_1_7();
    let versions = PartitionProcessorStatus {
        last_applied_rule_book_version: Some(Version(16_511)),
        last_applied_schema_version: Some(Version(16_512)),
        ..status()
    };
    let broken = PartitionProcessorStatus { broken_reason: BrokenReason::AheadOfLog, ..status() };
    vec![
        ("minimal", up(Duration::ZERO)),
        ("some-empty", NodeStateResponse { uptime: Duration::new(12, 345_678_901), ..with([]) }),
        ("uptime-secs", up(Duration::from_secs(3600))),
        ("uptime-nanos", up(Duration::from_nanos(1))),
        ("one-default", with([(0, PartitionProcessorStatus::default())])),
        ("one-zeros", with([(0, zeros())])),
        ("typical", typical()),
        ("mode-Candidate", mode(1, DetailedMode::Candidate)),
        ("mode-Follower", mode(2, DetailedMode::Follower)),
        ("mode-BecomingLeader", mode(3, DetailedMode::BecomingLeader)),
        ("mode-Leader", mode(4, DetailedMode::Leader)),
        ("feature-journal-v2", feature(EnabledFeatures { journal_v2: true, ..off })),
        ("feature-vqueues", feature(EnabledFeatures { vqueues: true, ..off })),
        (
            "feature-unique-random-seeds",
            feature(EnabledFeatures { unique_random_seeds: true, ..off }),
        ),
        (
            "feature-vqueues-skip-completed",
            feature(EnabledFeatures { vqueues_skip_completed: true, ..off }),
        ),
        ("versions", with([(2, versions)])),
        ("broken", with([(2, broken)])),
        ("many", with(std::array::from_fn::<_, 64, _>(|id| (id as u16, status())))),
        (
            "max-before-1.7",
            NodeStateResponse { uptime: Duration::MAX, ..with([(u16::MAX, max.clone())]) },
        ),
        (
            "max",
            NodeStateResponse {
                uptime: Duration::MAX,
                ..with([(
                    u16::MAX,
                    PartitionProcessorStatus {
                        last_applied_rule_book_version: Some(Version(u32::MAX)),
                        last_applied_schema_version: Some(Version(u32::MAX)),
                        enabled_features: ALL_FEATURES,
                        storage_version: Some(StorageVersion::ScopedStateAndPromise),
                        detailed_effective_mode: DetailedMode::Leader,
                        broken_reason: BrokenReason::AheadOfLog,
                        ..max
                    },
                )])
            },
        ),
    ]
}
