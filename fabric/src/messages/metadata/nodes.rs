//! The nodes of the cluster (03 §8; 07 §3.2, §3.4, §6).

use std::collections::BTreeMap;

use super::address::Address;
use super::features::Features;
use super::location::Location;
use super::roles::Roles;
use crate::codec::describe::prelude::*;
use crate::gates;
use crate::messages::ids::{
    ClusterFingerprint, GenerationalNodeId, HybridTime, PlainNodeId, Version,
};

record! {
    /// The nodes of the cluster.
    pub struct NodesConfiguration {
        version: Version,
        cluster_name: String,
        cluster_fingerprint: Option<ClusterFingerprint>,
        nodes: PairMap<PlainNodeId, MaybeNode>,
        name_lookup: BTreeMap<String, PlainNodeId>,
        modified_at: Option<HybridTime> [omit_default()],
        features: Features [default_if_missing()],
    }
}

one_of! {
    /// A node, or what is left of it.
    pub enum MaybeNode {
        Tombstone,
        Node(NodeConfig),
    }
}

record! {
    /// One node.
    pub struct NodeConfig {
        name: String,
        current_generation: GenerationalNodeId,
        address: Address,
        ctrl_address: Option<Address> [omit_default()],
        roles: Roles,
        log_server_config: LogServerConfig [default_if_missing()],
        location: Location [default_if_missing()],
        metadata_server_config: MetadataServerConfig [default_if_missing()],
        worker_config: WorkerConfig [default_if_missing()],
        /// Any text.
        binary_version: Option<String> [omit_default()],
    }
}

record! {
    /// A node as log server.
    pub struct LogServerConfig {
        storage_state: StorageState,
    }
}

one_of! {
    /// What a log server's store may be used for.
    pub enum StorageState {
        Provisioning [named("provisioning")],
        Disabled [named("disabled")],
        ReadOnly [named("read-only")],
        Gone [named("gone")],
        ReadWrite [named("read-write")],
        DataLoss [named("data-loss")],
    }
}

/// A node as metadata server. What a missing one means differs between the lines (04 R35).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MetadataServerConfig {
    /// Its part in the metadata cluster.
    pub metadata_server_state: MetadataServerState,
}

one_of! {
    /// The part of a node in the metadata cluster.
    pub enum MetadataServerState {
        /// What the releases up to 1.4 take for a missing one.
        Member [named("member")],
        Standby [named("standby")],
        /// What the releases from 1.5 on take for a missing one.
        Provisioning [named("provisioning")],
    }
}

record_tree! {
    /// The form of [`MetadataServerConfig`] when it is there.
    pub struct MetadataServerFields {
        metadata_server_state: MetadataServerState = untagged,
    }
}

impl Tree for MetadataServerConfig {
    const SHAPE: Shape = MetadataServerFields::SHAPE;

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        let metadata_server_state = self.metadata_server_state.clone();
        MetadataServerFields { metadata_server_state }.write(sink, cx);
    }

    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        let MetadataServerFields { metadata_server_state } = MetadataServerFields::read(node, cx)?;
        Ok(Self { metadata_server_state })
    }

    fn absent(cx: Context) -> Option<Self> {
        let gate = const { gates::gate("metadata_server_config.provisioning_when_missing") };
        let is_new = gate.is_open(cx.release);
        let metadata_server_state =
            if is_new { MetadataServerState::Provisioning } else { MetadataServerState::Member };
        Some(Self { metadata_server_state })
    }

    fn fit(&mut self, cx: Context) -> Result<(), Unfit> {
        self.metadata_server_state.fit(cx)
    }
}

record! {
    /// A node as worker.
    pub struct WorkerConfig {
        worker_state: WorkerState,
    }
}

one_of! {
    /// Whether a worker may run partition processors.
    pub enum WorkerState {
        Provisioning [named("provisioning")],
        Active [named("active")],
        Draining [named("draining")],
        Disabled [named("disabled")],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::codec::flex::{Opaque, from_flex, to_flex};
    use crate::codec::json::{from_json, to_json};
    use crate::messages::tests::context;

    /// What 1.1 might have stored: nothing that came later.
    fn bare_node() -> Opaque {
        let text = |text: &str| Opaque::Text(text.to_owned());
        Opaque::Map(vec![
            ("address".to_owned(), text("http://n1:5122/")),
            ("current_generation".to_owned(), Opaque::Octets(vec![1, 2].into())),
            ("name".to_owned(), text("n1")),
            ("roles".to_owned(), Opaque::List(vec![])),
        ])
    }

    #[test]
    fn what_is_missing_means_what_the_line_says() {
        let flex = to_flex(&bare_node(), context("1.2")).unwrap();
        for (release, expected) in [
            ("1.2", MetadataServerState::Member),
            ("1.4", MetadataServerState::Member),
            ("1.5", MetadataServerState::Provisioning),
            ("1.7", MetadataServerState::Provisioning),
        ] {
            let node: NodeConfig = from_flex(&flex, context(release)).unwrap();
            assert_eq!(node.metadata_server_config.metadata_server_state, expected, "{release}");
            assert_eq!(node.log_server_config.storage_state, StorageState::Provisioning);
            assert_eq!(node.location, Location::default());
            assert_eq!(node.worker_config.worker_state, WorkerState::Provisioning);
        }
    }

    #[test]
    fn each_line_has_its_keys() {
        let nodes = NodesConfiguration {
            nodes: PairMap::from([(PlainNodeId(1), MaybeNode::Node(NodeConfig::default()))]),
            ..Default::default()
        };
        let keys = |release| {
            let json = to_json(&nodes, context(release)).unwrap();
            let has = |pointer| json.pointer(pointer).is_some();
            (
                has("/cluster_fingerprint"),
                has("/nodes/0/1/Node/worker_config"),
                has("/modified_at") || has("/nodes/0/1/Node/ctrl_address"),
                has("/features"),
            )
        };
        assert_eq!(keys("1.2"), (false, false, false, false));
        assert_eq!(keys("1.3"), (true, false, false, false));
        assert_eq!(keys("1.4"), (true, true, false, false));
        assert_eq!(keys("1.6"), (true, true, false, false));
        assert_eq!(keys("1.7"), (true, true, false, true));
    }

    #[test]
    fn states_that_came_later_do_not_fit() {
        let mut config =
            MetadataServerConfig { metadata_server_state: MetadataServerState::Provisioning };
        assert!(config.fit(context("1.3")).is_err());
        assert!(config.fit(context("1.4")).is_ok());
        assert!(StorageState::Gone.fit(context("1.2")).is_err());
        assert_eq!(to_json(&StorageState::Gone, context("1.3")).unwrap(), json!("gone"));
    }

    #[test]
    fn a_tombstone_is_a_name() {
        let json = json!([[7, "Tombstone"]]);
        let nodes: PairMap<PlainNodeId, MaybeNode> = from_json(&json, context("1.4")).unwrap();
        assert_eq!(nodes, PairMap::from([(PlainNodeId(7), MaybeNode::Tombstone)]));
    }

    #[test]
    fn a_fingerprint_is_not_zero() {
        let json = json!({"cluster_fingerprint": 0, "version": 1});
        assert!(from_json::<NodesConfiguration>(&json, context("1.3")).is_err());
    }
}
