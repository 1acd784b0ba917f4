//! Which release each node of a recording is, as far as the recording tells.
//!
//! A recording says of each stream which release was dialled, not which one dialled. But whoever
//! dials says its id and generation, and may have been dialled under the same two, or is in a nodes
//! configuration together with its release. One id may have several releases: a process that starts
//! anew has the next generation, and may be another build.

use std::collections::{HashMap, HashSet};
use std::fmt;

use bytes::Bytes;
use thiserror::Error;

use super::recording::{Frame, Side, StreamId};
use crate::fabric::codec::flex::{FlexBuffer, FlexNode};
use crate::fabric::codec::tree::Node as _;
use crate::fabric::envelope::{
    Body, Datagram, DatagramMember, GenerationalNodeId, Message, RpcReplyBody,
};
use crate::fabric::release::Release;

/// The key under which a nodes configuration has the release of a node, from 1.6 on.
const RELEASE_KEY: &str = "binary_version";

/// One process: a node from its start to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Process {
    id: u32,
    generation: u32,
}

impl From<GenerationalNodeId> for Process {
    fn from(node: GenerationalNodeId) -> Self {
        Self { id: node.id, generation: node.generation }
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "N{}:{}", self.id, self.generation)
    }
}

/// Why the release of a node is not known.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Untold {
    /// The stream has no Hello.
    #[error("no Hello of the stream is recorded, so that nobody knows who dialled")]
    NoHello,
    /// The Hello has no node id.
    #[error("the Hello of the stream does not name the node that dialled")]
    Nameless,
    /// The node was never dialled, and no nodes configuration says more.
    #[error("{0} is never dialled, and no recorded metadata says its release")]
    NeverDialled(Process),
    /// One process cannot be two releases.
    #[error("{process} is recorded as {one}, and as {other}")]
    Disputed {
        /// The node.
        process: Process,
        /// The release that it was first.
        one: Release,
        /// The one that it was later.
        other: Release,
    },
    /// The nodes configuration names a release that cannot be spoken as.
    #[error("{process} says that it is {name:?}: no such release is known here")]
    Foreign {
        /// The node.
        process: Process,
        /// What it calls its release.
        name: String,
    },
}

/// What the frames of a recording tell about its nodes.
#[derive(Debug, Default)]
pub struct Nodes {
    releases: HashMap<Process, Result<Release, Untold>>,
    /// Who dialled each stream, if its Hello says so.
    initiators: HashMap<StreamId, Option<Process>>,
}

impl Nodes {
    /// Goes through the frames: who was dialled first, and then, for those who never were, what the
    /// metadata says.
    pub fn of(frames: &[Frame]) -> Self {
        let mut nodes = Self::default();
        for frame in frames {
            nodes.learn_handshake(frame);
        }
        let dialled: HashSet<Process> = nodes.releases.keys().copied().collect();
        if nodes.initiators.values().flatten().any(|process| !dialled.contains(process)) {
            for frame in frames {
                nodes.learn_metadata(frame, &dialled);
            }
        }
        nodes
    }

    /// The release of the node that dialled a stream.
    ///
    /// # Errors
    ///
    /// If the recording does not tell it.
    pub fn initiator(&self, stream: StreamId) -> Result<Release, Untold> {
        let process = self.initiators.get(&stream).ok_or(Untold::NoHello)?;
        let process = process.ok_or(Untold::Nameless)?;
        self.releases.get(&process).cloned().unwrap_or(Err(Untold::NeverDialled(process)))
    }

    fn learn_handshake(&mut self, frame: &Frame) {
        let Ok(message) = Message::decode(frame.acceptor, frame.bytes.clone()) else { return };
        match (frame.side, message.body) {
            (Side::Initiator, Some(Body::Hello(hello))) => {
                let process = hello.my_node_id.map(Process::from);
                self.initiators.entry(frame.stream).or_insert(process);
            }
            (Side::Acceptor, Some(Body::Welcome(welcome))) => {
                if let Some(node) = welcome.my_node_id {
                    self.learn(Process::from(node), Ok(frame.acceptor));
                }
            }
            _ => {}
        }
    }

    fn learn_metadata(&mut self, frame: &Frame, dialled: &HashSet<Process>) {
        let key = RELEASE_KEY.as_bytes();
        if !frame.bytes.windows(key.len()).any(|bytes| bytes == key) {
            return;
        }
        let Some(payload) = answer(frame) else { return };
        let Ok(buffer) = FlexBuffer::verified(&payload) else { return };
        for (process, name) in releases_in(&buffer).unwrap_or_default() {
            if !dialled.contains(&process) {
                let release = name.parse().map_err(|_| Untold::Foreign { process, name });
                self.learn(process, release);
            }
        }
    }

    fn learn(&mut self, process: Process, release: Result<Release, Untold>) {
        let known = self.releases.entry(process).or_insert_with(|| release.clone());
        if let (Ok(one), Ok(other)) = (&known, release)
            && *one != other
        {
            *known = Err(Untold::Disputed { process, one: *one, other });
        }
    }
}

/// The value under a key.
fn entry<'a>(node: FlexNode<'a>, key: &str) -> Option<FlexNode<'a>> {
    node.map().ok()?.find(|(name, _)| *name == key).map(|(_, value)| value)
}

/// The payload of an answer.
fn answer(frame: &Frame) -> Option<Bytes> {
    match Message::decode(frame.acceptor, frame.bytes.clone()).ok()?.body? {
        Body::Datagram(Datagram { datagram: Some(DatagramMember::RpcReply(reply)) }) => {
            match reply.body? {
                RpcReplyBody::Payload(payload) => Some(payload),
                RpcReplyBody::Status(_) => None,
            }
        }
        _ => None,
    }
}

/// The nodes in a nodes configuration that say their release, with what they say; nothing, if the
/// buffer is no nodes configuration. Read without regard to the other keys, which the releases do
/// not have alike (03 §8).
fn releases_in(buffer: &FlexBuffer<'_>) -> Option<Vec<(Process, String)>> {
    let document = entry(entry(buffer.root(), "container")?, "NodesConfiguration")?;
    let mut found = Vec::new();
    for pair in entry(document, "nodes")?.list().ok()? {
        let Some(node) = pair.list().ok()?.nth(1).and_then(|node| entry(node, "Node")) else {
            continue;
        };
        let Some(name) = entry(node, RELEASE_KEY).and_then(|name| name.text().ok()) else {
            continue;
        };
        let mut ids = entry(node, "current_generation")?.list().ok()?;
        let mut id = || ids.next()?.uint().ok().and_then(|id| u32::try_from(id).ok());
        found.push((Process { id: id()?, generation: id()? }, name.to_owned()));
    }
    Some(found)
}
