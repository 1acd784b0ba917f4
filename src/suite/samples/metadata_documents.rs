//! The documents of metadata: nodes, schema, partitions, logs.

use std::collections::BTreeMap;

use super::{Case, NOW_MS, schemas, schemas_old};
use crate::fabric::codec::flex::Opaque;
use crate::fabric::codec::trees::PairMap;
use crate::fabric::messages::ids::{
    GenerationalNodeId, KeyRange, LogId, Lsn, MillisSinceEpoch, PartitionId, PlainNodeId,
    SegmentIndex, Version,
};
use crate::fabric::messages::metadata::MetadataContainer;
use crate::fabric::messages::metadata::logs::{
    Chain, DefaultProvider, LogState, LogletKind, Logs, LogsConfiguration, ReplicatedProvider,
    SealedLog, Segment,
};
use crate::fabric::messages::metadata::nodes::{
    LogServerConfig, MaybeNode, MetadataServerConfig, MetadataServerState, NodeConfig,
    NodesConfiguration, StorageState, WorkerConfig, WorkerState,
};
use crate::fabric::messages::metadata::partition_table::{
    DbName, Partition, PartitionReplication, PartitionTable,
};
use crate::fabric::messages::metadata::replication::{
    LocationScope, ReplicationProperty, ReplicationText,
};
use crate::fabric::messages::metadata::roles::{Role, Roles};

type Document = MetadataContainer;

fn cluster(version: u32, fingerprint: Option<u64>, nodes: Vec<NodeConfig>) -> NodesConfiguration {
    let id = |node: &NodeConfig| node.current_generation.id;
    NodesConfiguration {
        version: Version(version),
        cluster_name: "test-cluster".to_owned(),
        cluster_fingerprint: fingerprint,
        name_lookup: nodes.iter().map(|node| (node.name.clone(), id(node))).collect(),
        nodes: nodes.into_iter().map(|node| (id(&node), MaybeNode::Node(node))).collect(),
        ..NodesConfiguration::default()
    }
}

fn node(id: u32) -> NodeConfig {
    NodeConfig {
        name: format!("node-{id}"),
        current_generation: GenerationalNodeId::new(id, id + 1),
        address: format!("http://10.0.0.{id}:5122/"),
        roles: Roles::from([Role::Worker, Role::LogServer]),
        worker_config: WorkerConfig { worker_state: WorkerState::Active },
        ..NodeConfig::default()
    }
}

fn one_node(node: NodeConfig) -> Document {
    Document::NodesConfiguration(cluster(3, Some(99), vec![node]))
}

fn with_storage(storage_state: StorageState) -> Document {
    one_node(NodeConfig { log_server_config: LogServerConfig { storage_state }, ..node(1) })
}

fn with_metadata_server(metadata_server_state: MetadataServerState) -> Document {
    let metadata_server_config = MetadataServerConfig { metadata_server_state };
    one_node(NodeConfig { metadata_server_config, ..node(1) })
}

fn with_worker(worker_state: WorkerState) -> Document {
    one_node(NodeConfig { worker_config: WorkerConfig { worker_state }, ..node(1) })
}

fn nodes() -> Vec<Case<Document>> {
    let all_but_ingress = [Role::Worker, Role::Admin, Role::MetadataServer, Role::LogServer];
    let typical = NodeConfig {
        roles: Roles::from(all_but_ingress),
        location: "us-east.az1".to_owned(),
        ..node(1)
    };
    let ingress = NodeConfig {
        name: "nœud-1".to_owned(),
        roles: Roles::from([Role::HttpIngress]),
        ..node(1)
    };
    let without_roles = NodeConfig { roles: Roles::default(), ..node(1) };
    let gone = NodesConfiguration {
        nodes: PairMap::from([
            (PlainNodeId(1), MaybeNode::Tombstone),
            (PlainNodeId(2), MaybeNode::Node(node(2))),
        ]),
        ..cluster(4, Some(0), vec![])
    };
    let configuration = |version, fingerprint, nodes| {
        Document::NodesConfiguration(cluster(version, fingerprint, nodes))
    };
    vec![
        ("nodes-empty", configuration(1, None, vec![])),
        ("nodes-empty-fingerprint", configuration(1, Some(123_456_789_012_345), vec![])),
        ("nodes-one", configuration(3, Some(u64::MAX), vec![typical])),
        ("nodes-one-default", one_node(NodeConfig::default())),
        ("nodes-http-ingress", one_node(ingress)),
        ("nodes-without-roles", one_node(without_roles)),
        ("nodes-three", configuration(30, Some(99), (1..=3).map(node).collect())),
        ("nodes-200", configuration(16_512, Some(99), (1..=200).map(node).collect())),
        ("nodes-tombstone", Document::NodesConfiguration(gone)),
        ("storage-disabled", with_storage(StorageState::Disabled)),
        ("storage-read-only", with_storage(StorageState::ReadOnly)),
        ("storage-gone", with_storage(StorageState::Gone)),
        ("storage-read-write", with_storage(StorageState::ReadWrite)),
        ("storage-data-loss", with_storage(StorageState::DataLoss)),
        ("metadata-standby", with_metadata_server(MetadataServerState::Standby)),
    ]
}

/// A configuration with every number at its end.
pub(super) fn max() -> Document {
    let node =
        NodeConfig { current_generation: GenerationalNodeId::new(u32::MAX, u32::MAX), ..node(255) };
    Document::NodesConfiguration(cluster(u32::MAX, Some(u64::MAX), vec![node]))
}

/// Partitions that share the keys, each on a log of its own.
fn partitions(count: u16) -> Vec<(PartitionId, Partition)> {
    let width = u64::MAX / u64::from(count) + 1;
    let partition = |id: u16| {
        let start = u64::from(id) * width;
        let partition = Partition {
            log_id: Some(LogId(id.into())),
            key_range: KeyRange { start, end: start + (width - 1) },
            cf_name: Some(format!("data-{id}")),
            ..Partition::default()
        };
        (PartitionId(id), partition)
    };
    (0..count).map(partition).collect()
}

fn table(
    version: u32,
    partitions: Vec<(PartitionId, Partition)>,
    replication: PartitionReplication,
) -> PartitionTable {
    PartitionTable {
        version: Version(version),
        num_partitions: partitions.len() as u16,
        partitions: Some(partitions),
        replication: Some(replication),
    }
}

fn nodes_and_zones(nodes: u32, zones: u32) -> ReplicationProperty {
    let counts = [(LocationScope::Node, nodes), (LocationScope::Zone, zones)];
    ReplicationProperty(BTreeMap::from(counts))
}

fn partition_tables() -> Vec<Case<Document>> {
    use PartitionReplication::{Everywhere, Limit};
    let bare = |key_range| Partition { key_range, ..Partition::default() };
    let all = KeyRange { start: 0, end: u64::MAX };
    let mut two = partitions(2);
    if let Some((_, second)) = two.last_mut() {
        second.db_name = DbName(Some("db".to_owned()));
    }
    let limit = |nodes| Limit(ReplicationProperty::nodes(nodes));
    let regions = ReplicationProperty(BTreeMap::from([(LocationScope::Region, 2)]));
    [
        ("partition-table-default", PartitionTable::default()),
        ("partition-table-empty", table(1, vec![], limit(1))),
        ("partition-table-everywhere", table(2, vec![(PartitionId(0), bare(all))], Everywhere)),
        ("partition-table-two", table(4, two, Limit(nodes_and_zones(2, 1)))),
        ("partition-table-regions", table(5, partitions(2), Limit(regions))),
        ("partition-table-64", table(400, partitions(64), limit(3))),
        (
            "partition-table-max",
            PartitionTable {
                num_partitions: u16::MAX,
                ..table(
                    u32::MAX,
                    vec![(
                        PartitionId(u16::MAX),
                        Partition {
                            log_id: Some(LogId(u32::MAX)),
                            ..bare(KeyRange { start: u64::MAX, end: u64::MAX })
                        },
                    )],
                    limit(u32::MAX),
                )
            },
        ),
    ]
    .map(|(case, table)| (case, Document::PartitionTable(table)))
    .to_vec()
}

const REPLICATED_PARAMS: &str = "{\"loglet_id\": 4294967298, \"sequencer\": \"N1:1\", \
                                 \"replication\": {\"node\": 2}, \"nodeset\": [1, 2, 3]}";

fn segment(index: u32, kind: LogletKind, params: &str) -> Segment {
    Segment { kind, params: params.to_owned(), index: SegmentIndex(index), created_at: None }
}

fn chain(segments: Vec<(u64, Segment)>) -> Chain {
    let chain = segments.into_iter().map(|(from, segment)| (Lsn(from), segment)).collect();
    Chain { chain, ..Chain::default() }
}

fn local_logs<const N: usize>(version: u32, logs: [(u32, Chain); N]) -> Logs {
    Logs {
        version: Version(version),
        logs: logs.into_iter().map(|(id, chain)| (LogId(id), chain)).collect(),
        ..Logs::default()
    }
}

fn provided_by(default_provider: DefaultProvider, logs: Logs) -> Logs {
    Logs { config: LogsConfiguration { default_provider }, ..logs }
}

fn replicated(replication: ReplicationProperty, target_nodeset_size: u32) -> DefaultProvider {
    let replication_property = ReplicationText(replication);
    DefaultProvider::Replicated(ReplicatedProvider { replication_property, target_nodeset_size })
}

fn two_segments() -> Chain {
    let newer = segment(1, LogletKind::Replicated, REPLICATED_PARAMS);
    chain(vec![(1, segment(0, LogletKind::Local, "17")), (1000, newer)])
}

fn logs() -> Vec<Case<Document>> {
    let one = || chain(vec![(1, segment(0, LogletKind::Replicated, REPLICATED_PARAMS))]);
    let in_memory = chain(vec![(1, segment(0, LogletKind::InMemory, "23"))]);
    let last = segment(u32::MAX, LogletKind::Local, &u64::MAX.to_string());
    let two_nodes = ReplicationProperty::nodes(2);
    let many = std::array::from_fn::<_, 32, _>(|id| (id as u32, two_segments()));
    [
        ("logs-default", Logs::default()),
        ("logs-empty-local", local_logs(1, [])),
        ("logs-empty-chain", local_logs(1, [(0, Chain::default())])),
        ("logs-one", provided_by(replicated(two_nodes, 3), local_logs(5, [(0, one())]))),
        ("logs-zones", provided_by(replicated(nodes_and_zones(3, 2), 0), local_logs(6, []))),
        ("logs-two-segments", local_logs(6, [(7, two_segments())])),
        ("logs-in-memory", provided_by(DefaultProvider::InMemory, local_logs(7, [(0, in_memory)]))),
        ("logs-32", local_logs(16_512, many)),
        (
            "logs-max",
            provided_by(
                replicated(ReplicationProperty::nodes(u32::MAX), u32::MAX),
                local_logs(u32::MAX, [(u32::MAX, chain(vec![(u64::MAX, last)]))]),
            ),
        ),
    ]
    .map(|(case, logs)| (case, Document::Logs(logs)))
    .to_vec()
}

/// Documents that no release is told apart by, or that `fit` makes fit.
pub(super) fn of_all_releases() -> Vec<Case<Document>> {
    let mut documents = nodes();
    documents.extend(partition_tables());
    documents.extend(logs());
    documents.extend(schemas::of_all_releases());
    documents.extend(schemas_old::of_all_releases());
    documents
}

/// Documents that show what 1.2 and 1.3 have and later releases do not.
pub(super) fn until_1_3() -> Vec<Case<Document>> {
    let placed =
        Partition { placement: [1, 2, 300].map(Opaque::Uint).to_vec(), ..Partition::default() };
    let once = Partition { placement: vec![Opaque::Uint(7)], ..Partition::default() };
    let placed = vec![(PartitionId(0), placed), (PartitionId(1), once)];
    let placed = table(3, placed, PartitionReplication::Everywhere);
    let state = LogState::Sealed(SealedLog { tail_lsn: Lsn(2000) });
    vec![
        ("partition-table-placement", Document::PartitionTable(placed)),
        ("logs-sealed", Document::Logs(local_logs(8, [(7, Chain { state, ..two_segments() })]))),
    ]
}

/// Documents that show what 1.4 and later have, and 1.2 and 1.3 do not.
pub(super) fn since_1_4() -> Vec<Case<Document>> {
    let provisioning = MetadataServerState::Provisioning;
    let ctrl = NodeConfig { ctrl_address: Some("unix:ctrl.sock".to_owned()), ..node(1) };
    let version = NodeConfig { binary_version: Some("1.7.6".to_owned()), ..node(1) };
    let with_features = |features: &[&str]| {
        Document::NodesConfiguration(NodesConfiguration {
            features: features.iter().map(|&feature| feature.to_owned()).collect(),
            ..cluster(5, Some(99), vec![])
        })
    };
    let modified_at = || Some(Opaque::Uint(NOW_MS));
    let modified =
        NodesConfiguration { modified_at: modified_at(), ..cluster(6, Some(99), vec![]) };
    let created = |at| {
        let segment = segment(0, LogletKind::Replicated, REPLICATED_PARAMS);
        chain(vec![(1, Segment { created_at: Some(MillisSinceEpoch(at)), ..segment })])
    };
    let created = [(0, created(0)), (1, created(NOW_MS)), (2, created(u64::MAX))];
    let logs = Logs { modified_at: modified_at(), ..local_logs(9, []) };
    let documents = vec![
        ("metadata-provisioning", with_metadata_server(provisioning)),
        ("worker-provisioning", with_worker(WorkerState::Provisioning)),
        ("worker-draining", with_worker(WorkerState::Draining)),
        ("worker-disabled", with_worker(WorkerState::Disabled)),
        ("nodes-ctrl-address", one_node(ctrl)),
        ("nodes-binary-version", one_node(version)),
        ("nodes-feature", with_features(&["vqueues"])),
        ("nodes-features", with_features(&["vqueues", "scoped-state"])),
        ("nodes-modified-at", Document::NodesConfiguration(modified)),
        ("logs-created-at", Document::Logs(local_logs(9, created))),
        ("logs-modified-at", Document::Logs(logs)),
    ];
    let schemas = schemas_old::since_1_4().into_iter().chain(schemas::since_1_4());
    documents.into_iter().chain(schemas).collect()
}
