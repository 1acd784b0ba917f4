//! The state of a node and of its partition processors (03 §6.5).

use std::time::Duration;

use super::ids::{GenerationalNodeId, LeaderEpoch, Lsn, MillisSinceEpoch, PartitionId, Version};
use crate::codec::describe::prelude::*;

record! {
    /// Asks a node for its state.
    pub struct GetNodeState {}
}

record! {
    /// Answers [`GetNodeState`].
    pub struct NodeStateResponse {
        partition_processor_state: Option<PairMap<PartitionId, PartitionProcessorStatus>> = 1,
        uptime: Duration = 2 [default_if_missing()],
    }
}

record! {
    /// The state of one partition processor.
    pub struct PartitionProcessorStatus {
        updated_at: MillisSinceEpoch = 1,
        planned_mode: RunMode = 2,
        effective_mode: RunMode = 3,
        last_observed_leader_epoch: Option<LeaderEpoch> = 4,
        last_observed_leader_node: Option<GenerationalNodeId> = 5,
        last_applied_log_lsn: Option<Lsn> = 6,
        last_record_applied_at: Option<MillisSinceEpoch> = 7,
        num_skipped_records: u64 = 8,
        replay_status: ReplayStatus = 9,
        durable_lsn: Option<Lsn> = 10 [key("last_persisted_log_lsn")],
        last_archived_log_lsn: Option<Lsn> = 11,
        target_tail_lsn: Option<Lsn> = 12,
        last_applied_rule_book_version: Option<Version> = 13,
        last_applied_schema_version: Option<Version> = 14,
        enabled_features: EnabledFeatures = 15,
        storage_version: Option<StorageVersion> = 16,
        detailed_effective_mode: DetailedMode = 17,
        broken_reason: BrokenReason = 18,
    }
}

one_of! {
    /// Whether a partition processor leads.
    pub enum RunMode: number {
        Follower = 0,
        Leader = 1,
    }
}

one_of! {
    /// How far a partition processor has come with its log.
    pub enum ReplayStatus: number {
        Starting = 0,
        Active = 1,
        CatchingUp = 2,
    }
}

record! {
    /// What a partition processor has switched on.
    #[derive(Copy)]
    pub struct EnabledFeatures {
        journal_v2: bool = 1,
        vqueues: bool = 2,
        unique_random_seeds: bool = 3,
        vqueues_skip_completed: bool = 4,
    }
}

one_of! {
    /// The layout of a partition's store.
    pub enum StorageVersion: number {
        None = 0,
        V1_5 = 1,
        ScopedStateAndPromise = 2,
    }
}

one_of! {
    /// What a partition processor is doing, in more detail than [`RunMode`].
    pub enum DetailedMode: number {
        Unknown = 0,
        Candidate = 1,
        Follower = 2,
        BecomingLeader = 3,
        Leader = 4,
    }
}

one_of! {
    /// Why a partition processor does not run.
    pub enum BrokenReason: number {
        NotBroken = 0,
        AheadOfLog = 1,
    }
}
