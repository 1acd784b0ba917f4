//! The nodes configuration, and how nodes learn of a newer one (02 §4.3).

use std::collections::BTreeMap;
use std::time::Duration;

use super::work::Purpose;
use super::{Node, Wires};
use crate::catalogue::Message;
use crate::envelope::Swimlane;
use crate::gates::rule;
use crate::messages::ids::{GenerationalNodeId, PlainNodeId, Version};
use crate::messages::metadata::nodes::{MaybeNode, NodeConfig, NodesConfiguration};
use crate::messages::metadata::{
    GetMetadataRequest, MetadataContainer, MetadataKind, MetadataMessage, MetadataUpdate,
};
use crate::negotiation::NodeEntry;
use crate::session::{MetadataVersions, Outcome};

impl Node {
    /// Makes all that follows from the nodes configuration follow from it.
    pub(super) fn configure(&mut self) {
        self.local.versions.nodes_config = self.disk.version();
        for (id, generation) in &self.disk.generations {
            let record = self.local.identity.peers.entry(*id).or_default();
            if record.entry != NodeEntry::Generation(*generation) {
                record.entry = NodeEntry::Generation(*generation);
                if let Some(peer) = self.peers.get_mut(id) {
                    peer.is_other_run = false;
                }
            }
            if *id != self.id {
                self.peers.entry(*id).or_default();
            }
        }
    }

    /// A peer has something newer: it is asked for it, on its own connection if that may be.
    pub(super) fn observed(
        &mut self,
        now: Duration,
        stream: u64,
        id: u32,
        versions: MetadataVersions,
        wires: &mut dyn Wires,
    ) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        peer.told_version = peer.told_version.max(versions.nodes_config);
        self.ask_for_metadata(now, id, Some(stream), wires);
    }

    /// Asks again those who have told of something newer and have not answered: a connection tells
    /// only once.
    pub(super) fn catch_up(&mut self, now: Duration, wires: &mut dyn Wires) {
        let ids: Vec<u32> = self.peers.keys().copied().collect();
        for id in ids {
            self.ask_for_metadata(now, id, None, wires);
        }
    }

    fn ask_for_metadata(
        &mut self,
        now: Duration,
        id: u32,
        first_choice: Option<u64>,
        wires: &mut dyn Wires,
    ) {
        let known = self.local.versions.nodes_config;
        let Some(peer) = self.peers.get(&id) else { return };
        let min_version = peer.told_version;
        if peer.is_asked || min_version <= known {
            return;
        }
        let takes_calls =
            |stream: &u64| self.links.get(stream).is_some_and(|link| link.side.takes_calls());
        let way = first_choice.filter(takes_calls);
        let Some(stream) = way.or_else(|| self.route(id, Swimlane::General)) else { return };
        let request = GetMetadataRequest {
            metadata_kind: MetadataKind::NodesConfiguration,
            min_version: Some(Version(min_version)),
        };
        let request = if rule!("GetMetadataRequest", self.release()) {
            Message::GetMetadataRequest(request)
        } else {
            Message::MetadataMessage(MetadataMessage::GetMetadataRequest(request))
        };
        let is_asked = self.call(now, stream, &request, Purpose::Metadata(id), wires).is_ok();
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.is_asked = is_asked;
        }
    }

    /// A question for metadata has its outcome. Who answers tells all it has.
    pub(super) fn asked(&mut self, id: u32, outcome: &Outcome) {
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.is_asked = false;
            if matches!(outcome, Outcome::Reply(_)) {
                peer.told_version = 0;
            }
        }
        if let Outcome::Reply(reply) = outcome {
            self.learn(reply);
        }
    }

    /// What this node has, in the form of its release.
    pub(super) fn metadata(&self) -> Message {
        let node = |(id, generation): (&u32, &u32)| {
            let config = NodeConfig {
                name: format!("n{id}"),
                current_generation: GenerationalNodeId::new(*id, *generation),
                ..NodeConfig::default()
            };
            (PlainNodeId(*id), MaybeNode::Node(config))
        };
        let configuration = NodesConfiguration {
            version: Version(self.disk.version()),
            cluster_name: self.local.identity.cluster_name.clone(),
            nodes: self.disk.generations.iter().map(node).collect(),
            ..NodesConfiguration::default()
        };
        let container = MetadataContainer::NodesConfiguration(configuration);
        let update = MetadataUpdate { container };
        if rule!("MetadataUpdate", self.release()) {
            Message::MetadataUpdate(update)
        } else {
            Message::MetadataMessage(MetadataMessage::MetadataUpdate(update))
        }
    }

    /// Takes over what a peer sent.
    pub(super) fn learn(&mut self, message: &Message) {
        let (Message::MetadataUpdate(update)
        | Message::MetadataMessage(MetadataMessage::MetadataUpdate(update))) = message
        else {
            return;
        };
        let MetadataContainer::NodesConfiguration(configuration) = &update.container else {
            return;
        };
        let runs = configuration.nodes.iter().filter_map(|(id, node)| match node {
            MaybeNode::Node(config) => Some((id.0, config.current_generation.generation)),
            MaybeNode::Tombstone => None,
        });
        let runs: BTreeMap<u32, u32> = runs.filter(|(id, _)| *id != self.id).collect();
        if self.disk.merge(&runs) {
            self.configure();
        }
    }
}
