//! Messages as plain structs with the libraries' derives: what the released servers' codecs come
//! down to. Those that are bilrost from V2 on; bodies are shared slices, or borrowed.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A message, or part of one, in both codecs.
macro_rules! both {
    ($($item:item)*) => {$(
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, bilrost::Message)]
        $item
    )*};
}

/// The same in bilrost only.
macro_rules! bilrost_only {
    ($($item:item)*) => {$(
        #[derive(Debug, Clone, PartialEq, bilrost::Message)]
        $item
    )*};
}

/// Numbers with names.
macro_rules! numbers {
    ($($item:item)*) => {$(
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, bilrost::Enumeration,
        )]
        $item
    )*};
}

bilrost_only! {
    pub struct Gossip {
        #[bilrost(1)]
        instance_ts: u64,
        #[bilrost(2)]
        sent_at: u64,
        #[bilrost(3)]
        flags: u32,
        #[bilrost(4)]
        nodes: Vec<GossipNode>,
        #[bilrost(5)]
        partitions: Vec<PartitionReplicaSet>,
    }

    pub struct GossipNode {
        #[bilrost(1)]
        instance_ts: u64,
        #[bilrost(2)]
        node_id: NodeId,
        #[bilrost(3)]
        gossip_age: u32,
        #[bilrost(4)]
        in_failover: bool,
    }

    pub struct PartitionReplicaSet {
        #[bilrost(1)]
        id: u16,
        #[bilrost(2)]
        current_leader: CurrentLeader,
        #[bilrost(3)]
        observed_current_membership: ReplicaSetState,
        #[bilrost(4)]
        observed_next_membership: Option<ReplicaSetState>,
    }

    pub struct CurrentLeader {
        #[bilrost(1)]
        current_leader_epoch: u64,
        #[bilrost(2)]
        current_leader: NodeId,
    }

    pub struct ReplicaSetState {
        #[bilrost(1)]
        version: u32,
        #[bilrost(2)]
        members: Vec<ReplicaSetMember>,
    }

    pub struct ReplicaSetMember {
        #[bilrost(1)]
        node_id: u32,
        #[bilrost(2)]
        durable_lsn: u64,
    }

    pub struct ClusterStateReply {
        #[bilrost(1)]
        status: ClusterStateStatus,
        #[bilrost(2)]
        nodes: Vec<ClusterNode>,
        #[bilrost(3)]
        partitions: Vec<PartitionReplicaSet>,
    }

    pub struct ClusterNode {
        #[bilrost(1)]
        node_id: NodeId,
        #[bilrost(2)]
        state: NodeState,
    }
}

numbers! {
    pub enum ClusterStateStatus {
        NotReady = 0,
        Ok = 1,
    }

    pub enum NodeState {
        Dead = 0,
        Alive = 1,
        FailingOver = 2,
    }

    pub enum LogServerStatus {
        Unknown = 0,
        Ok = 1,
        Disabled = 2,
        Dropped = 3,
        Sealed = 4,
        Sealing = 5,
        SequencerMismatch = 6,
        OutOfBounds = 7,
        Malformed = 8,
    }

    pub enum DigestEntryStatus {
        Unknown = 0,
        Trimmed = 1,
        Archived = 2,
        Exists = 3,
    }

    pub enum RunMode {
        Follower = 0,
        Leader = 1,
    }

    pub enum ReplayStatus {
        Starting = 0,
        Active = 1,
        CatchingUp = 2,
    }

    pub enum StorageVersion {
        None = 0,
        V1_5 = 1,
        ScopedStateAndPromise = 2,
    }

    pub enum DetailedMode {
        Unknown = 0,
        Candidate = 1,
        Follower = 2,
        BecomingLeader = 3,
        Leader = 4,
    }

    pub enum BrokenReason {
        NotBroken = 0,
        AheadOfLog = 1,
    }
}

both! {
    pub struct NodeId(#[bilrost(0)] u32, #[bilrost(1)] u32);

    pub struct RequestHeader {
        #[bilrost(1)]
        loglet_id: u64,
        #[bilrost(2)]
        known_global_tail: u32,
    }

    pub struct ResponseHeader {
        #[bilrost(1)]
        local_tail: u32,
        #[bilrost(2)]
        known_global_tail: u32,
        #[bilrost(3)]
        sealed: bool,
        #[bilrost(4)]
        status: LogServerStatus,
    }

    pub struct CommonHeader {
        #[bilrost(1)]
        log_id: u32,
        #[bilrost(2)]
        segment_index: u32,
        #[bilrost(3)]
        loglet_id: u64,
    }

    #[derive(bilrost::Oneof)]
    pub enum Keys {
        None,
        #[bilrost(1)]
        Single(u64),
        #[bilrost(2)]
        Pair((u64, u64)),
        #[bilrost(3)]
        RangeInclusive(Range),
    }

    #[derive(bilrost::Oneof)]
    pub enum KeyFilter {
        Any,
        #[bilrost(1)]
        Include(u64),
        #[bilrost(2)]
        Within(Range),
    }

    pub struct Range {
        #[bilrost(0)]
        start: u64,
        #[bilrost(1)]
        end: u64,
    }

    pub struct Gap {
        #[bilrost(1)]
        to: u32,
    }

    pub struct GetRecords {
        #[bilrost(1)]
        header: RequestHeader,
        #[bilrost(2)]
        total_limit_in_bytes: Option<u64>,
        #[bilrost(3)]
        filter: KeyFilter,
        #[bilrost(4)]
        from_offset: u32,
        #[bilrost(5)]
        to_offset: u32,
    }

    pub struct Digest {
        #[bilrost(1)]
        header: ResponseHeader,
        #[bilrost(2)]
        entries: Vec<DigestEntry>,
    }

    pub struct DigestEntry {
        #[bilrost(1)]
        from_offset: u32,
        #[bilrost(2)]
        to_offset: u32,
        #[bilrost(3)]
        status: DigestEntryStatus,
    }

    pub struct NodeStateResponse {
        #[serde(with = "super::pairs::optional")]
        #[bilrost(1)]
        partition_processor_state: Option<BTreeMap<u16, PartitionProcessorStatus>>,
        #[bilrost(2)]
        uptime: Duration,
    }

    /// The fields of 1.2 to 1.5 in serde.
    pub struct PartitionProcessorStatus {
        #[bilrost(1)]
        updated_at: u64,
        #[bilrost(2)]
        planned_mode: RunMode,
        #[bilrost(3)]
        effective_mode: RunMode,
        #[bilrost(4)]
        last_observed_leader_epoch: Option<u64>,
        #[bilrost(5)]
        last_observed_leader_node: Option<NodeId>,
        #[bilrost(6)]
        last_applied_log_lsn: Option<u64>,
        #[bilrost(7)]
        last_record_applied_at: Option<u64>,
        #[bilrost(8)]
        num_skipped_records: u64,
        #[bilrost(9)]
        replay_status: ReplayStatus,
        #[serde(rename = "last_persisted_log_lsn")]
        #[bilrost(10)]
        durable_lsn: Option<u64>,
        #[bilrost(11)]
        last_archived_log_lsn: Option<u64>,
        #[bilrost(12)]
        target_tail_lsn: Option<u64>,
        #[serde(skip)]
        #[bilrost(13)]
        last_applied_rule_book_version: Option<u32>,
        #[serde(skip)]
        #[bilrost(14)]
        last_applied_schema_version: Option<u32>,
        #[serde(skip)]
        #[bilrost(15)]
        enabled_features: EnabledFeatures,
        #[serde(skip)]
        #[bilrost(16)]
        storage_version: Option<StorageVersion>,
        #[serde(skip, default = "unknown")]
        #[bilrost(17)]
        detailed_effective_mode: DetailedMode,
        #[serde(skip, default = "not_broken")]
        #[bilrost(18)]
        broken_reason: BrokenReason,
    }

    #[derive(Default)]
    pub struct EnabledFeatures {
        #[bilrost(1)]
        journal_v2: bool,
        #[bilrost(2)]
        vqueues: bool,
        #[bilrost(3)]
        unique_random_seeds: bool,
        #[bilrost(4)]
        vqueues_skip_completed: bool,
    }
}

fn unknown() -> DetailedMode {
    DetailedMode::Unknown
}

fn not_broken() -> BrokenReason {
    BrokenReason::NotBroken
}

/// What carries the bodies of records, by the type of a body and its encoding.
macro_rules! with_bodies {
    ($body:ty, $encoding:ident, [$($life:lifetime)?], [$($serde:ident)*], $(#[$borrowed:meta])*) => {
        use super::*;

        #[derive(Debug, Clone, PartialEq, $($serde,)* bilrost::Message)]
        $(#[$borrowed])*
        pub struct Body<$($life)?>(#[bilrost(tag(1), encoding($encoding))] $body);

        #[derive(Debug, Clone, PartialEq, $($serde,)* bilrost::Message)]
        $(#[$borrowed])*
        pub struct Record<$($life)?> {
            #[bilrost(1)]
            created_at: u64,
            #[bilrost(2)]
            body: Body<$($life)?>,
            #[bilrost(3)]
            keys: Keys,
        }

        #[derive(Debug, Clone, PartialEq, bilrost::Message)]
        $(#[$borrowed])*
        pub struct RecordV3<$($life)?> {
            #[bilrost(1)]
            created_at: u64,
            #[bilrost(2)]
            keys: Keys,
            #[bilrost(tag(3), encoding($encoding))]
            body: $body,
        }

        #[derive(Debug, Clone, PartialEq, $($serde,)* bilrost::Message)]
        $(#[$borrowed])*
        pub struct List<$($life)?>(#[bilrost(0)] Vec<Record<$($life)?>>);

        #[derive(Debug, Clone, PartialEq, bilrost::Message)]
        $(#[$borrowed])*
        pub struct ListV3<$($life)?>(
            #[bilrost(tag(0), encoding(packed))] Vec<RecordV3<$($life)?>>,
        );

        #[derive(Debug, Clone, PartialEq, $($serde,)* bilrost::Oneof, bilrost::Message)]
        $(#[$borrowed])*
        pub enum MaybeRecord<$($life)?> {
            Unknown,
            #[bilrost(1)]
            Data(Record<$($life)?>),
            #[bilrost(2)]
            TrimGap(Gap),
            #[bilrost(3)]
            ArchivalGap(Gap),
            #[bilrost(4)]
            FilteredGap(Gap),
        }

        #[derive(Debug, Clone, PartialEq, $($serde,)* bilrost::Message)]
        $(#[$borrowed])*
        pub struct Records<$($life)?> {
            #[bilrost(1)]
            header: ResponseHeader,
            #[bilrost(2)]
            next_offset: u32,
            #[bilrost(3)]
            records: Vec<(u32, MaybeRecord<$($life)?>)>,
        }

        with_bodies! { @messages Store, Append, List, [$($life)?], [$($serde)*], $(#[$borrowed])* }
        with_bodies! { @messages StoreV3, AppendV3, ListV3, [$($life)?], [], $(#[$borrowed])* }
    };
    (
        @messages $store:ident, $append:ident, $list:ident,
        [$($life:lifetime)?], [$($serde:ident)*], $(#[$borrowed:meta])*
    ) => {
        #[derive(Debug, Clone, PartialEq, $($serde,)* bilrost::Message)]
        $(#[$borrowed])*
        pub struct $store<$($life)?> {
            #[bilrost(1)]
            header: RequestHeader,
            #[bilrost(2)]
            timeout_at: Option<u64>,
            #[bilrost(3)]
            flags: u32,
            #[bilrost(4)]
            first_offset: u32,
            #[bilrost(5)]
            sequencer: NodeId,
            #[bilrost(6)]
            known_archived: u32,
            #[bilrost(7)]
            payloads: $list<$($life)?>,
        }

        #[derive(Debug, Clone, PartialEq, $($serde,)* bilrost::Message)]
        $(#[$borrowed])*
        pub struct $append<$($life)?> {
            #[bilrost(1)]
            header: CommonHeader,
            #[bilrost(2)]
            payloads: $list<$($life)?>,
        }
    };
}

pub mod shared {
    with_bodies! { bytes::Bytes, general, [], [Serialize Deserialize], }
}

pub mod borrowed {
    with_bodies! { &'a [u8], plainbytes, ['a], [], #[bilrost(borrowed_only)] }
}
