//! What may be lost between two releases. Anything else that is lost is a violation.

use std::sync::LazyLock;

use crate::harness::skew::Allowance;

const fn loss(message: &'static str, field: &'static str, reason: &'static str) -> Allowance {
    Allowance { message, field, is_rewritten: false, below: None, reason }
}

const fn erased(field: &'static str, reason: &'static str) -> Allowance {
    Allowance { message: "*", field, is_rewritten: true, below: None, reason }
}

const NICHE: &str =
    "from 1.6 on, the last moment there is means none: it is read as one less (04 R44)";
const BEFORE_1_4: &str = "1.2 and 1.3 do not know it (03 §7, §8)";
const SINCE_1_5: &str = "1.4 and before do not know it (03 §7)";
const SINCE_1_6: &str = "1.5 and before do not know it (03 §6, §8)";
const SINCE_1_7: &str = "what is older than 1.7 does not know it (03 §6, §7)";
const OTHER_LAYOUT: &str = "the reader has the same in the other layout (04 R33)";
const SPELLED: &str = "1.2 and 1.3 spell a day 1day, later releases 1d (07 §3.3)";
const ERASED: &str = "1.6 and before erase it when they write the schema back (04 R61)";
const RETIRED: &str = "retired: later releases do not read it (04 R43)";
const ENUM_NUMBER: &str = "the number arrives; the reader has no name for it (01 §6)";
const ERASED_BY_1_5: &str = "1.5 and before erase it when they write it back (08 fact 3)";
const ERASED_BY_1_4: &str = "1.4 and before erase it when they write the schema back (08 §3.4 S4)";
const REMADE: &str = "1.5 and later write the newer layout, made of the deployments (04 R33)";

/// What may happen to values that no sample has, and that arbitrary ones have now and then: the
/// last moment there is in other fields, and beside another loss a value that two releases spell in
/// two ways. Nothing says that any of it still happens.
const OF_OTHER_VALUES: [Allowance; 11] = [
    loss("*", "PartitionTable.replication.limit", "text in 1.2, a number later (04 R31)"),
    loss("*", "updated_at", NICHE),
    loss("*", "last_record_applied_at", NICHE),
    loss("*", "execution_time", NICHE),
    loss("*", "completion_expiry_time", NICHE),
    loss("*", "created_at", NICHE),
    loss("*", "modified_at", NICHE),
    loss("*", "sent_at", NICHE),
    erased(
        "handlers.target_ty",
        "1.4 writes the kind alone, for the type of the service (07 §3.3)",
    ),
    erased("handlers.public", ERASED_BY_1_4),
    erased("services.enable_lazy_state", ERASED_BY_1_4),
];

/// Every loss that may happen to any value. What samples show comes first: its reasons are closer.
pub fn allowed() -> &'static [Allowance] {
    static ALLOWED: LazyLock<Vec<Allowance>> =
        LazyLock::new(|| LOSSES.iter().copied().chain(OF_OTHER_VALUES).collect());
    &ALLOWED
}

/// Every loss that samples show: 04 B for payloads, 01 for the envelope.
pub const LOSSES: &[Allowance] = &[
    loss("Gossip", "instance_ts", NICHE),
    loss("Gossip", "sent_at", NICHE),
    loss("*", "payloads.created_at", NICHE),
    loss("Store", "timeout_at", NICHE),
    loss("Appended", "header.status", "1.4 sends an error for Unknown at V1 (03 §6.4)"),
    loss("SequencerState", "header.status", "1.4 sends an error for Unknown at V1 (03 §6.4)"),
    loss("ControlProcessors", "commands.current_version", BEFORE_1_4),
    loss("*", "Logs.logs.state", "1.2, and 1.4.3 and later, do not know it (04 R39)"),
    loss("*", "NodesConfiguration.cluster_fingerprint", "1.2 does not know it (03 §8)"),
    loss("*", "Node.address", "the lines write addresses in different ways (07 §6)"),
    loss("MetadataMessage", "Node.worker_config", "shown as read: 1.2 cannot spell it (07 §6)"),
    loss("*", "Node.roles", "1.2 writes the old name, later releases the new one (04 R32)"),
    loss("*", "partitions.placement", "1.4 and later do not know it (03 §8)"),
    loss("MetadataUpdate", "Logs.logs.chain.created_at", SINCE_1_6),
    loss("MetadataUpdate", "Logs.modified_at", SINCE_1_6),
    loss("*", "Node.worker_config", BEFORE_1_4),
    loss("MetadataUpdate", "NodesConfiguration.features", SINCE_1_7),
    loss("MetadataUpdate", "NodesConfiguration.modified_at", SINCE_1_6),
    loss("MetadataUpdate", "Node.binary_version", SINCE_1_6),
    loss("MetadataUpdate", "Node.ctrl_address", SINCE_1_6),
    loss("*", "Schema.services", OTHER_LAYOUT),
    loss("*", "Schema.deployments", OTHER_LAYOUT),
    loss("*", "Schema.deployments_v2", OTHER_LAYOUT),
    loss("*", "Schema.subscriptions.sink", "1.5 and later rewrite the old form (07 §3.3)"),
    loss("*", "services.idempotency_retention", SPELLED),
    loss("*", "services.workflow_completion_retention", SPELLED),
    loss("MetadataUpdate", "metadata.sdk_version", "1.2 and 1.3 do not know it (07 §3.3)"),
    loss("MetadataUpdate", "handlers.public", "1.2 and 1.3 do not know it (07 §3.3)"),
    loss("MetadataUpdate", "journal_retention", "1.2 and 1.3 do not know it (07 §3.3)"),
    loss("MetadataUpdate", "deployments_v2.metadata", "1.5 and before erase it (07 §3.3)"),
    loss("MetadataUpdate", "deployments_v2.limits", ERASED),
    loss("MetadataUpdate", "deployments_v2.ty.Http.auth", ERASED),
    loss("MetadataUpdate", "Schema.kafka_clusters", ERASED),
    loss("MetadataUpdate", "partitions.db_name", "1.7 reads it and forgets it (04 B)"),
    loss("CreateSnapshotRequest", "min_target_lsn", "1.2.0 and 1.2.1 do not know it (07 §1.1)"),
    loss("NodeStateResponse", "uptime", "1.2.0 does not know it (07 §1.1)"),
    loss("NodeStateResponse", "partition_processor_state.broken_reason", SINCE_1_7),
    loss("NodeStateResponse", "partition_processor_state.detailed_effective_mode", SINCE_1_7),
    loss("NodeStateResponse", "partition_processor_state.enabled_features", SINCE_1_7),
    loss("NodeStateResponse", "partition_processor_state.last_applied_schema_version", SINCE_1_7),
    loss(
        "NodeStateResponse",
        "partition_processor_state.last_applied_rule_book_version",
        SINCE_1_7,
    ),
    loss("NodeStateResponse", "partition_processor_state.storage_version", SINCE_1_7),
    loss("NodeStateResponse", "partition_processor_state.num_skipped_records", RETIRED),
    loss("PartitionProcessorRpcRequest", "caller_invocation_epoch", RETIRED),
    loss("PartitionProcessorRpcRequest", "Failure.metadata", SINCE_1_5),
    loss("PartitionProcessorRpcResult", "Failure.metadata", SINCE_1_5),
    loss("PartitionProcessorRpcRequest", "header.journal_retention_duration", BEFORE_1_4),
    loss("PartitionProcessorRpcRequest", "header.limit_key", SINCE_1_7),
    loss("PartitionProcessorRpcRequest", "scope", SINCE_1_7),
    loss("PartitionProcessorRpcResult", "scope", SINCE_1_7),
    loss("PartitionProcessorRpcRequest", "sent_at", SINCE_1_7),
    loss("RemoteQueryScannerNext", "next_predicate", SINCE_1_6),
    loss("RemoteQueryScannerOpen", "batch_size", SINCE_1_5),
    loss("RemoteQueryScannerOpen", "limit", BEFORE_1_4),
    loss("RemoteQueryScannerOpen", "predicate", SINCE_1_6),
    loss("RemoteQueryScannerOpen", "scanner_id", SINCE_1_7),
    loss("Header", "in_response_to", "1.6.1 and later do not know it (01 §2)"),
    loss("Header", "msg_id", "1.6.1 and later do not know it (01 §2)"),
    loss("Header", "span_context", "1.6.1 and later do not know it (01 §2)"),
    loss("Message", "header.in_response_to", "1.6.1 and later do not know it (01 §2)"),
    loss("Message", "header.msg_id", "1.6.1 and later do not know it (01 §2)"),
    loss("Message", "body", "a body that the reader does not know is none (01 §3)"),
    loss("Hello", "cluster_fingerprint", "1.3 and before do not know it (01 §4)"),
    loss("Hello", "swimlane", "1.3 and before do not know it (01 §4)"),
    loss("Hello", "direction", "1.2 does not know it (01 §4)"),
    loss("Welcome", "direction_ack", "1.2 does not know it (01 §4)"),
    loss("Hello", "min_protocol_version.name", ENUM_NUMBER),
    loss("Hello", "max_protocol_version.name", ENUM_NUMBER),
    loss("Welcome", "protocol_version.name", ENUM_NUMBER),
    // What is gone of a document that the other node has written back.
    erased("NodesConfiguration.features", "1.6 and before erase it at each start (08 §3.4 S1)"),
    erased("NodesConfiguration.cluster_fingerprint", "1.2 erases it at each start (08 §1.3)"),
    erased("NodesConfiguration.modified_at", ERASED_BY_1_5),
    erased("Node.worker_config", "1.3 and before write none: active again in 1.4 (08 §1.3)"),
    erased("Node.binary_version", ERASED_BY_1_5),
    erased("Node.ctrl_address", ERASED_BY_1_5),
    erased("Node.address", "each line writes addresses in its own way (07 §6)"),
    erased("Logs.modified_at", ERASED_BY_1_5),
    erased("Logs.logs.state", "1.2, and 1.4.3 and later, erase it (04 R39)"),
    erased("Logs.logs.chain.created_at", ERASED_BY_1_5),
    erased("partitions.placement", "1.4 and later erase it: 1.3 places anew (08 §1.3)"),
    erased("partitions.db_name", "1.7 reads it and forgets it (04 B)"),
    erased("Schema.kafka_clusters", ERASED),
    erased("Schema.services", REMADE),
    erased("Schema.deployments", REMADE),
    erased("Schema.subscriptions.sink", "1.5 and later rewrite the old form (07 §3.3)"),
    erased("deployments_v2.limits", ERASED),
    erased("deployments_v2.ty.Http.auth", ERASED),
    erased("deployments_v2.ty.Lambda.compression", ERASED_BY_1_4),
    erased("deployments_v2.metadata", ERASED_BY_1_5),
    erased("services.documentation", ERASED_BY_1_4),
    erased("services.metadata", ERASED_BY_1_4),
    erased("handlers.documentation", ERASED_BY_1_4),
    erased("handlers.metadata", ERASED_BY_1_4),
    erased("handlers.enable_lazy_state", ERASED_BY_1_4),
    erased("handlers.abort_timeout", ERASED_BY_1_4),
    erased("handlers.inactivity_timeout", ERASED_BY_1_4),
    erased("handlers.idempotency_retention", ERASED_BY_1_4),
    erased("handlers.journal_retention", ERASED_BY_1_4),
    erased("handlers.workflow_completion_retention", ERASED_BY_1_4),
];
