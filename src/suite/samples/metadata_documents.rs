//! The documents of metadata: nodes, schema, partitions, logs.

use std::collections::BTreeMap;

use super::{Case, NOW_MS, schemas, schemas_old};
use crate::fabric::codec::trees::PairMap;
use crate::fabric::messages::ids::{
    ClusterFingerprint, GenerationalNodeId, HybridTime, KeyRange, LogId, Lsn, PartitionId,
    PlainNodeId, SegmentIndex, Version,
};
use crate::fabric::messages::metadata::MetadataContainer;
use crate::fabric::messages::metadata::address::Address;
use crate::fabric::messages::metadata::features::{ClusterFeature, Features};
use crate::fabric::messages::metadata::location::Location;
use crate::fabric::messages::metadata::logs::{
    Chain, DefaultProvider, LogState, LogletKind, Logs, LogsConfiguration, NodesetSize,
    ReplicatedProvider, SealedLog, Segment,
};
use crate::fabric::messages::metadata::nodes::{
    LogServerConfig, MaybeNode, MetadataServerConfig, MetadataServerState, NodeConfig,
    NodesConfiguration, StorageState, WorkerConfig, WorkerState,
};
use crate::fabric::messages::metadata::partition_table::{
    DbName, Partition, PartitionReplication, PartitionTable, Partitions,
};
use crate::fabric::messages::metadata::present::Present;
use crate::fabric::messages::metadata::replication::{
    LocationScope, ReplicationProperty, ReplicationText,
};
use crate::fabric::messages::metadata::roles::{Role, Roles};
use crate::fabric::release::Release;

type Document = MetadataContainer;

fn cluster(version: u32, fingerprint: Option<u64>, nodes: Vec<NodeConfig>) -> NodesConfiguration {
    let id = |node: &NodeConfig| node.current_generation.id;
    NodesConfiguration {
        version: Version(version),
        cluster_name: "test-cluster".to_owned(),
        cluster_fingerprint: fingerprint.and_then(ClusterFingerprint::new),
        name_lookup: nodes.iter().map(|node| (node.name.clone(), id(node))).collect(),
        nodes: nodes.into_iter().map(|node| (id(&node), MaybeNode::Node(node))).collect(),
        ..NodesConfiguration::default()
    }
}

/// An address as the newest release holds it.
fn address(text: &str) -> Address {
    Release::lines().last().and_then(|line| Address::parse(text, line)).unwrap_or_default()
}

fn node(id: u32) -> NodeConfig {
    NodeConfig {
        name: format!("node-{id}"),
        current_generation: GenerationalNodeId::new(id, id + 1),
        address: address(&format!("http://10.0.0.{id}:5122/")),
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
        location: Location::parse("us-east.az1").unwrap_or_default(),
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
        ..cluster(4, Some(1), vec![])
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
fn partitions(count: u16) -> Partitions {
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
    partitions: impl IntoIterator<Item = (PartitionId, Partition)>,
    replication: PartitionReplication,
) -> PartitionTable {
    let partitions = partitions.into_iter().collect();
    PartitionTable::new(Version(version), partitions, replication)
}

fn nodes_and_zones(nodes: u8, zones: u8) -> ReplicationProperty {
    let counts = [(LocationScope::Node, nodes), (LocationScope::Zone, zones)];
    ReplicationProperty(BTreeMap::from(counts))
}

fn partition_tables() -> Vec<Case<Document>> {
    use PartitionReplication::{Everywhere, Limit};
    let bare = |key_range| Partition { key_range, ..Partition::default() };
    let all = KeyRange { start: 0, end: u64::MAX };
    let mut two = partitions(2);
    if let Some(second) = two.get_mut(&PartitionId(1)) {
        second.db_name = DbName(Some("db".to_owned()));
    }
    let limit = |nodes| Limit(ReplicationProperty::nodes(nodes));
    let regions = ReplicationProperty(BTreeMap::from([(LocationScope::Region, 2)]));
    [
        ("partition-table-default", PartitionTable::default()),
        ("partition-table-empty", table(1, vec![], limit(1))),
        ("partition-table-everywhere", table(2, vec![(PartitionId(0), bare(all))], Everywhere)),
        ("partition-table-two", table(4, two.0, Limit(nodes_and_zones(2, 1)))),
        ("partition-table-regions", table(5, partitions(2).0, Limit(regions))),
        ("partition-table-64", table(400, partitions(64).0, limit(3))),
        (
            "partition-table-max",
            table(
                u32::MAX,
                vec![(
                    PartitionId(u16::MAX),
                    Partition {
                        log_id: Some(LogId(u32::MAX)),
                        ..bare(KeyRange { start: u64::MAX, end: u64::MAX })
                    },
                )],
                limit(u8::MAX),
            ),
        ),
    ]
    .map(|(case, table)| (case, Document::PartitionTable(table)))
    .to_vec()
}

/// What a seal says: when, by whom, and until when the log was written (07 §2).
const SEAL_PARAMS: &str =
    "{\"sealed_at\":1754000000123,\"context\":{\"node\":\"N1:3\"},\"tail_ts\":506806140928000001}";
const PERMANENT_SEAL_PARAMS: &str = "{\"permanent_seal\":true,\"sealed_at\":1754000000123}";

const REPLICATED_PARAMS: &str = "{\"loglet_id\": 4294967298, \"sequencer\": \"N1:1\", \
                                 \"replication\": {\"node\": 2}, \"nodeset\": [1, 2, 3]}";

fn segment(index: u32, kind: LogletKind, params: &str) -> Segment {
    Segment { kind, params: params.into(), index: SegmentIndex(index), created_at: None }
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
    Logs { config: Present::of(LogsConfiguration { default_provider }), ..logs }
}

fn replicated(replication: ReplicationProperty, nodeset_size: u8) -> DefaultProvider {
    let replication_property = ReplicationText(replication);
    let target_nodeset_size = NodesetSize(nodeset_size);
    DefaultProvider::Replicated(ReplicatedProvider { replication_property, target_nodeset_size })
}

fn two_segments() -> Chain {
    let newer = segment(1, LogletKind::Replicated, REPLICATED_PARAMS);
    chain(vec![(1, segment(0, LogletKind::Local, "17")), (1000, newer)])
}

fn logs() -> Vec<Case<Document>> {
    let one = || chain(vec![(1, segment(0, LogletKind::Replicated, REPLICATED_PARAMS))]);
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
        ("logs-32", local_logs(16_512, many)),
        (
            "logs-max",
            provided_by(
                replicated(ReplicationProperty::nodes(u8::MAX), NodesetSize::MAX.0),
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
    documents.extend(addresses());
    documents.extend(partition_tables());
    documents.extend(logs());
    documents.extend(schemas::of_all_releases());
    documents.extend(schemas_old::of_all_releases());
    documents
}

/// Documents that show what 1.2 and 1.3 have and later releases do not.
pub(super) fn until_1_3() -> Vec<Case<Document>> {
    let placed = |end, nodes: &[u32]| Partition {
        key_range: KeyRange { start: end, end },
        placement: nodes.iter().map(|id| PlainNodeId(*id)).collect(),
        ..Partition::default()
    };
    let placed = [(PartitionId(0), placed(0, &[1, 2, 300])), (PartitionId(1), placed(1, &[7]))];
    let placed = table(3, placed, PartitionReplication::Everywhere);
    let state = LogState::Sealed(SealedLog { tail_lsn: Lsn(2000) });
    vec![
        ("partition-table-placement", Document::PartitionTable(placed)),
        ("logs-sealed", Document::Logs(local_logs(8, [(7, Chain { state, ..two_segments() })]))),
    ]
}

/// Logs that have been sealed: with a marker that is the last segment, in place of others or behind
/// them, for good or not.
fn sealed_logs() -> Vec<Case<Document>> {
    let seal = |index, params| segment(index, LogletKind::Sealed, params);
    let first = || segment(0, LogletKind::Replicated, REPLICATED_PARAMS);
    let one = chain(vec![(1, first()), (2000, seal(0, SEAL_PARAMS))]);
    let for_good = chain(vec![(1, seal(0, PERMANENT_SEAL_PARAMS))]);
    let mut reopened = two_segments();
    reopened.chain.insert(Lsn(5000), seal(1, ""));
    let sealed = |logs| provided_by(replicated(ReplicationProperty::nodes(2), 0), logs);
    [
        ("logs-seal", sealed(local_logs(9, [(0, one)]))),
        ("logs-seal-permanent", sealed(local_logs(9, [(0, for_good)]))),
        ("logs-seal-two-segments", sealed(local_logs(10, [(7, reopened)]))),
    ]
    .map(|(case, logs)| (case, Document::Logs(logs)))
    .to_vec()
}

fn at(text: &str) -> Document {
    one_node(NodeConfig { address: address(text), ..node(1) })
}

/// Addresses that the lines write in different ways, and one that some refuse (07 §6).
fn addresses() -> Vec<Case<Document>> {
    vec![
        ("nodes-address-host", at("node-1")),
        ("nodes-address-without-port", at("http://10.0.0.1/")),
        ("nodes-address-unix", at("unix:node.sock")),
        ("nodes-address-https", at("https://node-1:5122/path?query")),
        ("nodes-address-big-port", at("http://node-1:99999/")),
    ]
}

/// Documents that show what 1.4 and later have, and 1.2 and 1.3 do not.
pub(super) fn since_1_4() -> Vec<Case<Document>> {
    let provisioning = MetadataServerState::Provisioning;
    let ctrl = NodeConfig { ctrl_address: Some(address("unix:ctrl.sock")), ..node(1) };
    let version = NodeConfig { binary_version: Some("1.7.6".to_owned()), ..node(1) };
    let with_features = |features| {
        Document::NodesConfiguration(NodesConfiguration {
            features,
            ..cluster(5, Some(99), vec![])
        })
    };
    let sharding = ClusterFeature::ControlledIdempotentSharding;
    let modified_at = || HybridTime::new(NOW_MS);
    let modified =
        NodesConfiguration { modified_at: modified_at(), ..cluster(6, Some(99), vec![]) };
    let created = |at| {
        let segment = segment(0, LogletKind::Replicated, REPLICATED_PARAMS);
        chain(vec![(1, Segment { created_at: HybridTime::new(at), ..segment })])
    };
    let created = [(0, created(1)), (1, created(NOW_MS)), (2, created(u64::MAX))];
    let logs = Logs { modified_at: modified_at(), ..local_logs(9, []) };
    let in_memory = local_logs(7, [(0, chain(vec![(1, segment(0, LogletKind::InMemory, "23"))]))]);
    let mut documents = sealed_logs();
    documents.extend([
        ("nodes-address-ftp", at("ftp://node-1:21/")),
        ("logs-in-memory", Document::Logs(provided_by(DefaultProvider::InMemory, in_memory))),
        ("metadata-provisioning", with_metadata_server(provisioning)),
        ("worker-provisioning", with_worker(WorkerState::Provisioning)),
        ("worker-draining", with_worker(WorkerState::Draining)),
        ("worker-disabled", with_worker(WorkerState::Disabled)),
        ("nodes-ctrl-address", one_node(ctrl)),
        ("nodes-binary-version", one_node(version)),
        ("nodes-feature", with_features(Features::from([sharding]))),
        ("nodes-features", with_features(Features::from([ClusterFeature::Unknown, sharding]))),
        ("nodes-modified-at", Document::NodesConfiguration(modified)),
        ("logs-created-at", Document::Logs(local_logs(9, created))),
        ("logs-modified-at", Document::Logs(logs)),
    ]);
    documents.extend(schemas_old::since_1_4());
    documents.extend(schemas::since_1_4());
    documents
}
