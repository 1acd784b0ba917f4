//! A server that is the model: what the model of a release says on streams that somebody else opens.

use std::time::Duration;

use bytes::Bytes;

use super::acquaintance::loglet;
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::codec::trees::PairMap;
use crate::fabric::envelope::{GenerationalNodeId, Message as Frame};
use crate::fabric::messages::ids::{self, ClusterFingerprint, PlainNodeId, Version};
use crate::fabric::messages::metadata::address::Address;
use crate::fabric::messages::metadata::nodes::{MaybeNode, NodeConfig, NodesConfiguration};
use crate::fabric::messages::metadata::{MetadataContainer, MetadataKind, MetadataUpdate};
use crate::fabric::release::Release;
use crate::fabric::session::{Event, Input, Local, MetadataVersions, Output, Quirks, Request};
use crate::fabric::stream;
use crate::suite::samples;
use crate::suite::session::{Host, reply_of};
use crate::suite::skew::node_named;
use crate::suite::speaker::SpeakError;

/// The fingerprint of its cluster.
const FINGERPRINT: u64 = 42;

/// Something that the server does with a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// A frame, with its prefix.
    Frame(Bytes),
    /// The call fails with a status and its text.
    Refused(u8, String),
    /// The stream ends, and all is well.
    End,
}

/// The server.
pub struct Model {
    release: Release,
    host: Host,
    nodes: NodesConfiguration,
}

impl Model {
    /// A server of a release, which may have a bug, as `1.7+M72`.
    ///
    /// # Errors
    ///
    /// If there is no such release or bug.
    pub fn named(name: &str, cluster: &str) -> Result<Self, SpeakError> {
        let node = node_named(name)?;
        let (release, id) = (node.release(), GenerationalNodeId::new(1, 2));
        let mut local = Local::new(release, id, cluster);
        local.identity.cluster_fingerprint = FINGERPRINT;
        local.quirks = Quirks::of(release);
        local.versions =
            MetadataVersions { nodes_config: 2, logs: 2, schema: 1, partition_table: 1 };
        let subject = node.shared_subject();
        local.dialect = subject.clone();
        Ok(Self { release, host: subject.host(local), nodes: nodes(cluster, id, release) })
    }

    /// The release.
    pub fn release(&self) -> Release {
        self.release
    }

    /// A new stream, and its index.
    pub fn opens(&mut self, now: Duration) -> usize {
        self.host.incoming(now)
    }

    /// When something is due on a stream although nothing is heard there.
    pub fn deadline(&self, stream: usize) -> Option<Duration> {
        self.host.connection(stream)?.deadline()
    }

    /// The time passes.
    pub fn waits(&mut self, stream: usize, now: Duration) -> Vec<Said> {
        self.hears(stream, now, Input::Timeout)
    }

    /// A message arrives.
    pub fn reads(&mut self, stream: usize, now: Duration, message: Bytes) -> Vec<Said> {
        let frame = Frame::decode(self.release, message);
        self.hears(stream, now, Input::of(frame.as_ref()))
    }

    /// The peer ends its half, or the stream breaks.
    pub fn loses(&mut self, stream: usize, now: Duration, is_broken: bool) -> Vec<Said> {
        self.hears(stream, now, if is_broken { Input::Broken } else { Input::Ended })
    }

    fn hears(&mut self, stream: usize, now: Duration, input: Input<'_>) -> Vec<Said> {
        self.host.handle(stream, now, input);
        let mut said = Vec::new();
        while let Some(output) = self.host.poll(stream) {
            match output {
                Output::Send(frame) => {
                    let mut bytes = Vec::new();
                    let message = frame.encode(self.release).unwrap_or_default();
                    // Longer than a frame can be is nothing that it says.
                    let _ = stream::write(&message, &mut bytes);
                    said.push(Said::Frame(bytes.into()));
                }
                Output::Refuse(refusal) => said.push(Said::Refused(
                    refusal.code(self.release).number(),
                    refusal.text(self.release).to_string(),
                )),
                Output::Close => said.push(Said::End),
                Output::Event(Event::Request(request)) => self.answer(stream, now, &request),
                Output::Event(_) => {}
            }
        }
        said
    }

    fn answer(&mut self, stream: usize, now: Duration, request: &Request) {
        let opened = self.host.connection(stream).and_then(|it| it.opened());
        let Some(version) = opened.map(|opened| opened.version) else { return };
        let cx = Context { release: self.release, version };
        let reply = match &request.message {
            Message::GetMetadataRequest(asked) => self.document(&asked.metadata_kind, cx),
            asked => reply_of(asked.message_type())
                .and_then(|reply| samples::samples(reply).next())
                .map(|sample| sample.message),
        };
        if let Some(reply) = reply.and_then(|reply| reply.fitted(cx).ok()) {
            // An answer that the version cannot carry is none.
            let _ = self.host.reply(stream, now, request.id, &reply);
        }
    }

    fn document(&self, kind: &MetadataKind, cx: Context) -> Option<Message> {
        if *kind == MetadataKind::NodesConfiguration {
            let container = MetadataContainer::NodesConfiguration(self.nodes.clone());
            return Some(Message::MetadataUpdate(MetadataUpdate { container }));
        }
        let is_it = |message: &Message| match message {
            Message::MetadataUpdate(MetadataUpdate { container }) => match container {
                MetadataContainer::NodesConfiguration(_) => false,
                MetadataContainer::Schema(_) => *kind == MetadataKind::Schema,
                MetadataContainer::PartitionTable(_) => *kind == MetadataKind::PartitionTable,
                MetadataContainer::Logs(logs) => {
                    *kind == MetadataKind::Logs && loglet(logs).is_some()
                }
            },
            _ => false,
        };
        let updates = samples::samples(MessageType::MetadataUpdate);
        updates.map(|sample| sample.message).filter(is_it).find(|message| {
            let fitted = message.clone().fitted(cx);
            fitted.is_ok_and(|it| it.encode(cx.release, cx.version.number()).is_ok())
        })
    }
}

/// A cluster of one.
fn nodes(cluster: &str, node: GenerationalNodeId, release: Release) -> NodesConfiguration {
    let id = PlainNodeId(node.id);
    let name = "n1".to_owned();
    let config = NodeConfig {
        name: name.clone(),
        current_generation: ids::GenerationalNodeId::new(node.id, node.generation),
        address: Address::parse("http://127.0.0.1:5122/", release).unwrap_or_default(),
        binary_version: Some(release.exact_name()),
        ..NodeConfig::default()
    };
    NodesConfiguration {
        version: Version(2),
        cluster_name: cluster.to_owned(),
        cluster_fingerprint: ClusterFingerprint::new(FINGERPRINT),
        nodes: PairMap::from([(id, MaybeNode::Node(config))]),
        name_lookup: [(name, id)].into(),
        ..NodesConfiguration::default()
    }
}
