//! The side that is dialled: its checks of the first frame, in their order (02 §2).

use std::collections::BTreeMap;

use super::refusal::Refusal;
use super::select::{NoCommonVersion, select};
use crate::envelope::{
    Body, ConnectionDirection, GenerationalNodeId, Header, Hello, Message, Welcome,
};
use crate::gates::rule;
use crate::release::Release;
use crate::version::{ProtocolVersion, VersionRange};

/// How far the acceptor's process is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Life {
    /// Not ready to serve. Refused up to 1.3; later releases look at their node id instead.
    Starting,
    /// Serving.
    Alive,
    /// On its way out.
    ShuttingDown,
}

/// What the nodes configuration says of a node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum NodeEntry {
    /// Nothing: no such node.
    #[default]
    Unknown,
    /// There was such a node, and it was deleted.
    Tombstone,
    /// The node's present generation.
    Generation(u32),
}

/// What an acceptor knows of a node that may dial it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct PeerRecord {
    /// The newest generation that was ever observed; 0 is none.
    pub newest_generation: u32,
    /// Whether that generation was seen shutting down.
    pub is_shutting_down: bool,
    /// What the nodes configuration says.
    pub entry: NodeEntry,
}

/// All that an acceptor's answer depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptor {
    /// The release that it speaks as.
    pub release: Release,
    /// How far its process is.
    pub life: Life,
    /// Who it is, once it knows.
    pub node_id: Option<GenerationalNodeId>,
    /// Name of its cluster.
    pub cluster_name: String,
    /// Fingerprint of its cluster; 0 if it does not know any.
    pub cluster_fingerprint: u64,
    /// The header of the frames that it sends now. Its version of the nodes configuration is the
    /// acceptor's own.
    pub header: Header,
    /// What it knows of other nodes, by their plain id.
    pub peers: BTreeMap<u32, PeerRecord>,
}

/// What an acceptor sees first on a new stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival<'a> {
    /// Nothing, until the handshake timeout.
    Silence,
    /// The end of the stream, an error of it, or bytes that are no frame.
    Ended,
    /// A frame, as the acceptor's release decodes it.
    Frame(&'a Message),
}

/// A connection that the acceptor has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The version of the connection, for all of its life and both directions.
    pub version: ProtocolVersion,
    /// Who dialled.
    pub peer: GenerationalNodeId,
    /// The frame to send first.
    pub welcome: Message,
    /// Whether the acceptor may send its own requests on the connection.
    pub may_request: bool,
}

impl Acceptor {
    /// A live acceptor that has seen nobody yet.
    pub fn new(release: Release, node_id: GenerationalNodeId, cluster_name: &str) -> Self {
        Self {
            release,
            life: Life::Alive,
            node_id: Some(node_id),
            cluster_name: cluster_name.to_owned(),
            cluster_fingerprint: 0,
            header: Header::default(),
            peers: BTreeMap::new(),
        }
    }

    /// The answer to a new stream.
    pub fn accept(&self, arrival: Arrival<'_>) -> Result<Accepted, Refusal> {
        self.accept_by(arrival, |offered| select(self.release, offered))
    }

    /// The answer to a new stream, the version being selected by a rule of the caller's.
    pub fn accept_by(
        &self,
        arrival: Arrival<'_>,
        select: impl FnOnce(VersionRange) -> Result<ProtocolVersion, NoCommonVersion>,
    ) -> Result<Accepted, Refusal> {
        self.check_ready()?;
        let (header, hello) = first_frame(arrival)?;
        let me = self.node_id.ok_or(Refusal::NoNodeId)?;
        self.check_fingerprint(hello)?;
        let peer = identity(hello)?;
        if peer.id == me.id && peer.generation != me.generation {
            return Err(Refusal::OwnIdOtherGeneration);
        }
        if hello.cluster_name != self.cluster_name {
            return Err(Refusal::ClusterNameMismatch);
        }
        let version = select(hello.offered())
            .map_err(|offer| Refusal::UnsupportedVersion { reported: offer.reported })?;
        self.check_peer(peer, header)?;
        if self.life == Life::ShuttingDown {
            return Err(Refusal::ShuttingDown);
        }
        Ok(Accepted {
            version,
            peer,
            welcome: self.welcome(header, hello, version, me),
            may_request: hello.direction(self.release) != ConnectionDirection::Forward,
        })
    }

    /// Up to 1.3 a node that is not alive refuses before it reads anything; it has a node id
    /// whenever it is alive.
    fn check_ready(&self) -> Result<(), Refusal> {
        let is_ready = self.life != Life::Starting && self.node_id.is_some();
        if is_ready || rule!("acceptor.answers_while_starting", self.release) {
            Ok(())
        } else {
            Err(Refusal::NotReady)
        }
    }

    fn check_fingerprint(&self, hello: &Hello) -> Result<(), Refusal> {
        let (mine, theirs) = (self.cluster_fingerprint, hello.cluster_fingerprint);
        let is_compared =
            rule!("Hello.cluster_fingerprint", self.release) && mine != 0 && theirs != 0;
        if is_compared && mine != theirs { Err(Refusal::FingerprintMismatch) } else { Ok(()) }
    }

    /// What is known of the peer. 1.2 insists on the nodes configuration first and uses it no
    /// further; later releases ask it last and let unknown and future peers in.
    fn check_peer(&self, peer: GenerationalNodeId, header: &Header) -> Result<(), Refusal> {
        let record = self.peers.get(&peer.id).copied().unwrap_or_default();
        if rule!("acceptor.lets_unknown_peers_in", self.release) {
            check_observed(peer, record)?;
            check_not_superseded(peer, record.entry)
        } else {
            self.check_configured(peer, record.entry, header)?;
            check_observed(peer, record)
        }
    }

    /// A deleted node counts as unknown: nothing else was recorded of it.
    fn check_configured(
        &self,
        peer: GenerationalNodeId,
        entry: NodeEntry,
        header: &Header,
    ) -> Result<(), Refusal> {
        match entry {
            NodeEntry::Generation(generation) if generation == peer.generation => Ok(()),
            NodeEntry::Generation(_) => {
                let theirs = header.my_nodes_config_version.unwrap_or(0);
                let mine = self.header.my_nodes_config_version.unwrap_or(0);
                Err(Refusal::MetadataMismatch { syncs_first: theirs > mine })
            }
            NodeEntry::Unknown | NodeEntry::Tombstone => Err(Refusal::UnknownNode { peer }),
        }
    }

    fn welcome(
        &self,
        header: &Header,
        hello: &Hello,
        version: ProtocolVersion,
        me: GenerationalNodeId,
    ) -> Message {
        // 1.2 answers the Hello as it answers any message; later releases do not refer to it.
        let in_response_to =
            rule!("acceptor.refers_to_the_hello", self.release).then_some(header.msg_id);
        let welcome = Welcome {
            protocol_version: version.number(),
            my_node_id: Some(me),
            // Echoed as understood: an unknown number becomes 0, and 1.2 understands none.
            direction_ack: hello.direction(self.release).number(),
        };
        Message {
            header: Some(Header { in_response_to, ..self.header.clone() }),
            body: Some(Body::Welcome(welcome)),
        }
    }
}

/// The Hello and its header, if they are what arrived.
fn first_frame(arrival: Arrival<'_>) -> Result<(&Header, &Hello), Refusal> {
    let frame = match arrival {
        Arrival::Silence => return Err(Refusal::HelloTimeout),
        Arrival::Ended => return Err(Refusal::PeerDropped),
        Arrival::Frame(frame) => frame,
    };
    let header = frame.header.as_ref().ok_or(Refusal::HeaderMissing)?;
    match &frame.body {
        None => Err(Refusal::BodyMissing),
        Some(Body::Hello(hello)) => Ok((header, hello)),
        Some(_) => Err(Refusal::NotHello),
    }
}

/// Who the peer says it is.
fn identity(hello: &Hello) -> Result<GenerationalNodeId, Refusal> {
    match hello.my_node_id {
        None => Err(Refusal::PeerIdMissing),
        Some(GenerationalNodeId { id: 0, .. }) => Err(Refusal::PeerIdZero),
        Some(GenerationalNodeId { generation: 0, .. }) => Err(Refusal::PeerGenerationZero),
        Some(peer) => Ok(peer),
    }
}

/// Whether the peer is the newest run of its node that was seen, and has not said goodbye.
fn check_observed(peer: GenerationalNodeId, record: PeerRecord) -> Result<(), Refusal> {
    let newest = GenerationalNodeId { generation: record.newest_generation, ..peer };
    if newest.generation > peer.generation {
        Err(Refusal::NewerGeneration { newest })
    } else if newest == peer && record.is_shutting_down {
        Err(Refusal::SeenShuttingDown { peer })
    } else {
        Ok(())
    }
}

/// Whether the nodes configuration knows nothing newer of the peer's node.
fn check_not_superseded(peer: GenerationalNodeId, entry: NodeEntry) -> Result<(), Refusal> {
    match entry {
        NodeEntry::Tombstone => Err(Refusal::SeenShuttingDown { peer }),
        NodeEntry::Generation(generation) if generation > peer.generation => {
            Err(Refusal::NewerGeneration { newest: GenerationalNodeId { generation, ..peer } })
        }
        NodeEntry::Generation(_) | NodeEntry::Unknown => Ok(()),
    }
}

#[cfg(test)]
mod tests;
