//! The few places where a released decoder does otherwise than the rule of a change says.

use super::rules::{Change, Class, Coded};

/// A place that does otherwise than its rule says.
#[derive(Debug, Clone, Copy)]
pub struct Exception {
    /// How the place ends, as `Node.metadata_server_config`.
    pub place: &'static str,
    /// The change.
    pub change: Change,
    /// In which codecs.
    pub coded: &'static [Coded],
    /// From `1.since` on.
    pub since: u8,
    /// Up to the last of `1.until`.
    pub until: u8,
    /// What becomes of it there.
    pub class: Class,
    /// Why.
    pub reason: &'static str,
}

const FLEX: &[Coded] = &[Coded::FlexV1, Coded::FlexV2];

/// The exceptions. One that nothing shows is stale.
pub static EXCEPTIONS: [Exception; 17] = [
    Exception {
        place: "container.Schema",
        change: Change::ByPosition,
        coded: FLEX,
        since: 0,
        until: u8::MAX,
        class: Class::Refused,
        reason: "07 §3.2: which layout it is, its keys say; by position nobody has tried it",
    },
    Exception {
        place: "header.status",
        change: Change::StopOptional,
        coded: &[Coded::FlexV1],
        since: 0,
        until: u8::MAX,
        class: Class::Refused,
        reason: "03 §6.4: always a value at V1, optional from V2 on",
    },
    Exception {
        place: "Http.http_version",
        change: Change::StopRequired,
        coded: &[Coded::FlexV1, Coded::FlexV2, Coded::Kept],
        since: 0,
        until: u8::MAX,
        class: Class::Loss,
        reason: "07 §3.3: a missing one follows from the protocol type",
    },
    Exception {
        place: "NodesConfiguration.cluster_fingerprint",
        change: Change::Require,
        coded: FLEX,
        since: 0,
        until: u8::MAX,
        class: Class::Refused,
        reason: "07 §3.2: none is null, and the 0 of a required number is refused",
    },
    Exception {
        place: "Logs.modified_at",
        change: Change::Require,
        coded: FLEX,
        since: 0,
        until: u8::MAX,
        class: Class::Refused,
        reason: "07 §3.1: none is null, and 0 is refused",
    },
    Exception {
        place: "chain[].created_at",
        change: Change::Require,
        coded: FLEX,
        since: 0,
        until: u8::MAX,
        class: Class::Refused,
        reason: "07 §3.1: none is null, and 0 is refused",
    },
    Exception {
        place: "Logs.config",
        change: Change::StopRequired,
        coded: FLEX,
        since: 0,
        until: u8::MAX,
        class: Class::Loss,
        reason: "07 §3.2: a missing one is the default of the release",
    },
    Exception {
        place: "PartitionTable.partitions",
        change: Change::StopRequired,
        coded: FLEX,
        since: 0,
        until: u8::MAX,
        class: Class::Loss,
        reason: "07 §3.2: missing ones are num_partitions ranges of equal size",
    },
    Exception {
        place: "PartitionTable.replication",
        change: Change::StopRequired,
        coded: FLEX,
        since: 0,
        until: u8::MAX,
        class: Class::Loss,
        reason: "07 §3.2: a missing one is the default of the release",
    },
    Exception {
        place: "partitions[].db_name",
        change: Change::Require,
        coded: FLEX,
        since: 7,
        until: u8::MAX,
        class: Class::Ignored,
        reason: "04 B: whatever is sent, 1.7 has null",
    },
    Exception {
        place: "UpsertSchema.schema",
        change: Change::ByPosition,
        coded: &[Coded::Kept],
        since: 6,
        until: u8::MAX,
        class: Class::Refused,
        reason: "07 §3.2: which layout it is, its keys say; by position nobody has tried it",
    },
    Exception {
        place: "AttachInvocation.block_on_inflight",
        change: Change::StopRequired,
        coded: &[Coded::Kept],
        since: 0,
        until: u8::MAX,
        class: Class::Loss,
        reason: "09 §3.1: a missing one is yes",
    },
    Exception {
        place: ".restate_version",
        change: Change::StopRequired,
        coded: &[Coded::Kept],
        since: 4,
        until: u8::MAX,
        class: Class::Loss,
        reason: "09 §3.2: a missing one is \"unknown\"",
    },
    Exception {
        place: "value.CompleteJournalEntry",
        change: Change::AddElement,
        coded: &[Coded::Kept],
        since: 4,
        until: 5,
        class: Class::Misread,
        reason: "09 §3.1: a third element is the epoch there, which nobody writes",
    },
    Exception {
        place: "current",
        change: Change::StopRequired,
        coded: &[Coded::Kept],
        since: 4,
        until: u8::MAX,
        class: Class::Loss,
        reason: "09 §9.1: a missing one is a configuration without replicas",
    },
    Exception {
        place: "PauseInvocation.blob.invocation_id",
        change: Change::StopRequired,
        coded: &[Coded::Blob],
        since: 7,
        until: u8::MAX,
        class: Class::Refused,
        reason: "09 §3.3: no text is no id of an invocation",
    },
    Exception {
        place: "blob.queues[].bytes",
        change: Change::StopRequired,
        coded: &[Coded::Blob],
        since: 7,
        until: u8::MAX,
        class: Class::Refused,
        reason: "09 §3.3: the id of a queue has 25 bytes",
    },
];
