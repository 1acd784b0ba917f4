//! Messages that are flexbuffers at every version, as plain structs with serde's derives. Fields that
//! some releases do not know are options that are left out.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize};

use super::pairs;

/// Types for serde.
macro_rules! serde_only {
    ($($item:item)*) => {$(
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        $item
    )*};
}

/// What is in the text of a replicated segment's parameters, read as ours reads it.
#[derive(Deserialize)]
#[allow(dead_code, reason = "it is read, and that is all")]
struct Parameters<'a> {
    loglet_id: u64,
    sequencer: &'a str,
    #[serde(borrow)]
    replication: BTreeMap<&'a str, u8>,
    nodeset: Vec<u32>,
}

impl MetadataUpdate {
    /// Reads the parameters of replicated segments: ours refuses logs in which they are none.
    pub fn look_at_parameters(&self) {
        let Container::Logs(logs) = &self.container else { return };
        for segment in logs.logs.values().flat_map(|chain| chain.chain.values()) {
            if segment.kind == LogletKind::Replicated {
                let read = serde_json::from_str::<Parameters<'_>>(&segment.params);
                black_box(read.expect("parameters of a sample"));
            }
        }
    }
}

/// Null where the release knows the field, nothing where it does not.
fn known<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

serde_only! {
    pub struct MetadataUpdate {
        container: Container,
    }

    /// At V1 the payload has the name of the message.
    pub enum Wrapped {
        MetadataUpdate(MetadataUpdate),
    }

    pub enum Container {
        NodesConfiguration(NodesConfiguration),
        Logs(Logs),
    }

    pub struct NodesConfiguration {
        version: u32,
        cluster_name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cluster_fingerprint: Option<u64>,
        #[serde(with = "pairs")]
        nodes: BTreeMap<u32, MaybeNode>,
        name_lookup: BTreeMap<String, u32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        features: Option<Vec<String>>,
    }

    pub enum MaybeNode {
        Tombstone,
        Node(Node),
    }

    pub struct Node {
        name: String,
        current_generation: (u32, u32),
        address: String,
        roles: Vec<String>,
        log_server_config: LogServerConfig,
        location: String,
        metadata_server_config: MetadataServerConfig,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        worker_config: Option<WorkerConfig>,
    }

    pub struct LogServerConfig {
        storage_state: StorageState,
    }

    #[serde(rename_all = "kebab-case")]
    pub enum StorageState {
        Provisioning,
        Disabled,
        ReadOnly,
        Gone,
        ReadWrite,
        DataLoss,
    }

    pub struct MetadataServerConfig {
        metadata_server_state: MetadataServerState,
    }

    #[serde(rename_all = "kebab-case")]
    pub enum MetadataServerState {
        Member,
        Standby,
        Provisioning,
    }

    pub struct WorkerConfig {
        worker_state: WorkerState,
    }

    #[serde(rename_all = "kebab-case")]
    pub enum WorkerState {
        Provisioning,
        Active,
        Draining,
        Disabled,
    }

    pub struct Logs {
        version: u32,
        #[serde(with = "pairs")]
        logs: BTreeMap<u32, Chain>,
        config: LogsConfiguration,
        #[serde(default, deserialize_with = "known", skip_serializing_if = "Option::is_none")]
        modified_at: Option<Option<u64>>,
    }

    pub struct Chain {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        state: Option<LogState>,
        #[serde(with = "pairs")]
        chain: BTreeMap<u64, Segment>,
    }

    pub enum LogState {
        Open,
    }

    pub struct Segment {
        kind: LogletKind,
        params: String,
        index: u32,
        #[serde(default, deserialize_with = "known", skip_serializing_if = "Option::is_none")]
        created_at: Option<Option<u64>>,
    }

    #[serde(rename_all = "kebab-case")]
    pub enum LogletKind {
        Local,
        Replicated,
        InMemory,
        Sealed,
    }

    pub struct LogsConfiguration {
        default_provider: DefaultProvider,
    }

    #[serde(rename_all = "kebab-case")]
    pub enum DefaultProvider {
        Local,
        InMemory,
        Replicated(ReplicatedProvider),
    }

    pub struct ReplicatedProvider {
        replication_property: String,
        target_nodeset_size: u8,
    }

    pub struct PartitionProcessorRpcRequest {
        request_id: String,
        partition_id: u16,
        #[serde(default, deserialize_with = "known", skip_serializing_if = "Option::is_none")]
        sent_at: Option<Option<u64>>,
        inner: Inner,
    }

    pub enum Inner {
        AppendInvocation((InvocationRequest, ReplyOn)),
        CancelInvocation(Reference),
        KillInvocation(Reference),
        PurgeInvocation(Reference),
        PurgeJournal(Reference),
        PauseInvocation(Reference),
    }

    pub struct Reference {
        invocation_id: String,
    }

    pub enum ReplyOn {
        Appended,
        Submitted,
        Output,
    }

    pub struct InvocationRequest {
        header: Header,
        body: Bytes,
    }

    pub struct Header {
        id: String,
        target: Target,
        headers: Vec<NameAndValue>,
        span_context: Span,
        idempotency_key: Option<String>,
        execution_time: Option<u64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit_key: Option<String>,
        completion_retention_duration: Option<Duration>,
        #[serde(default, skip_serializing_if = "Duration::is_zero")]
        journal_retention_duration: Duration,
    }

    pub enum Target {
        Service(ServiceTarget),
        VirtualObject(KeyedTarget),
        Workflow(KeyedTarget),
    }

    pub struct ServiceTarget {
        name: String,
        handler: String,
        #[serde(default, deserialize_with = "known", skip_serializing_if = "Option::is_none")]
        scope: Option<Option<String>>,
    }

    pub struct KeyedTarget {
        name: String,
        key: String,
        handler: String,
        handler_ty: HandlerType,
        #[serde(default, deserialize_with = "known", skip_serializing_if = "Option::is_none")]
        scope: Option<Option<String>>,
    }

    pub enum HandlerType {
        Exclusive,
        Shared,
        Workflow,
    }

    pub struct NameAndValue {
        name: String,
        value: String,
    }

    pub struct Span {
        span_context: SpanContext,
        cause: Option<Cause>,
    }

    pub struct SpanContext {
        trace_id: [u8; 16],
        span_id: [u8; 8],
        trace_flags: u8,
        is_remote: bool,
        trace_state: String,
    }

    pub enum Cause {
        Parent([u8; 8]),
        Linked(([u8; 16], [u8; 8])),
    }
}
