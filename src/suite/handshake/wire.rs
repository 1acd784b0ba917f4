//! A case of a Hello over a wire: moved from the made-up cluster of the model to that of a server that
//! runs, and to a peer that the server has never seen.

use super::hello::welcome_in_words;
use super::hello::{Arrives, CLUSTER, CONFIGURED, DIALS, FINGERPRINT, HelloScene, IS_DIALLED};
use super::welcome::{Answers, WelcomeScene};
use super::{order, words};
use crate::fabric::envelope::{Body, GenerationalNodeId, Header, Hello, Message};
use crate::fabric::negotiation::{
    Acceptor, Answer, Arrival, Initiator, Life, NodeEntry, PeerRecord, StatusCode,
};

/// What lies between the id of a peer and one that is nobody's.
const STRANGER: u32 = 10_000;

/// Where a case is played.
#[derive(Debug, Clone)]
pub struct Moved {
    /// The cluster of the server.
    pub cluster: String,
    /// Its fingerprint; 0 if it has none.
    pub fingerprint: u64,
    /// The server.
    pub node: GenerationalNodeId,
    /// The plain id of a peer that nobody knows.
    pub peer: u32,
    /// The header of the server's frames.
    pub header: Header,
}

/// What arrives on the stream.
#[derive(Debug, Clone, PartialEq)]
pub enum OnStream {
    /// Nothing.
    Nothing,
    /// The end of it.
    TheEnd,
    /// A frame.
    Frame(Box<Message>),
}

/// An earlier stream, by which the server has seen the peer.
#[derive(Debug, Clone, PartialEq)]
pub struct Earlier {
    /// What the peer says there.
    pub hello: Message,
    /// Whether it says then that it goes away.
    pub says_goodbye: bool,
}

/// A case as it is played.
#[derive(Debug, Clone, PartialEq)]
pub struct OnWire {
    /// How the server has come to know the peer.
    pub earlier: Option<Earlier>,
    /// What arrives then.
    pub arrives: OnStream,
    /// What can be seen of the answer, in words; an `…` at their end is what is not known.
    pub expected: String,
    /// Whether the server believes something afterwards that it should not.
    pub is_intrusive: bool,
}

/// What is said to a node that dials.
#[derive(Debug, Clone, PartialEq)]
pub enum Says {
    /// Nothing, and the stream ends.
    TheEnd,
    /// A status in the place of a Welcome.
    Status(StatusCode),
    /// A frame.
    Frame(Box<Message>),
}

impl WelcomeScene {
    /// What a peer says to a node that dials it, and whether the node takes the connection.
    ///
    /// # Errors
    ///
    /// Why it cannot be said.
    pub fn on_wire(&self, peer: GenerationalNodeId) -> Result<(Says, bool), &'static str> {
        if self.initiator.expected_peer.is_none() {
            return Err("a node dials peers that it knows");
        }
        let initiator = Initiator { expected_peer: Some(peer), ..self.initiator.clone() };
        let mut frame = self.frame();
        if let Some(Body::Welcome(welcome)) = &mut frame.body {
            let at = |it: GenerationalNodeId| GenerationalNodeId {
                id: peer.id + it.id - IS_DIALLED.id,
                generation: peer.generation + it.generation - IS_DIALLED.generation,
            };
            welcome.my_node_id = welcome.my_node_id.map(at);
        }
        let (says, answer) = match self.answers {
            Answers::Nothing => {
                return Err("a node waits without end for an answer that never begins");
            }
            Answers::TheEnd => (Says::TheEnd, Answer::Ended),
            Answers::Status(code) => (Says::Status(code), Answer::Refused(code)),
            Answers::Frame => (Says::Frame(Box::new(frame.clone())), Answer::Frame(&frame)),
        };
        Ok((says, order::conclusion(&initiator, answer).is_ok()))
    }
}

impl HelloScene {
    /// The case at a server.
    ///
    /// # Errors
    ///
    /// Why it cannot be made there.
    pub fn on_wire(&self, moved: &Moved) -> Result<OnWire, &'static str> {
        let record = self.acceptor.peers.get(&DIALS.id).copied().unwrap_or_default();
        self.check_possible(record)?;
        let mut acceptor = Acceptor::new(self.acceptor.release, moved.node, &moved.cluster);
        acceptor.cluster_fingerprint = moved.fingerprint;
        acceptor.header = moved.header.clone();
        let seen = PeerRecord { entry: NodeEntry::Unknown, ..record };
        acceptor.peers.insert(moved.peer, seen);
        let frame = self.frame_at(moved);
        let (arrival, arrives) = match self.arrives {
            Arrives::Nothing => (Arrival::Silence, OnStream::Nothing),
            Arrives::TheEnd => (Arrival::Ended, OnStream::TheEnd),
            Arrives::Frame => (Arrival::Frame(&frame), OnStream::Frame(Box::new(frame.clone()))),
        };
        let answer = order::answer(&acceptor, arrival);
        let knows_itself_asked = answer
            .as_ref()
            .is_ok_and(|accepted| accepted.peer == moved.node && accepted.may_request);
        let configured = |header: &Header| header.my_nodes_config_version.unwrap_or(0);
        let is_newer = frame.header.as_ref().map_or(0, configured) > configured(&moved.header);
        let expected = match &answer {
            Err(refusal) => words::told(refusal, acceptor.release),
            Ok(accepted) => match &accepted.welcome.body {
                Some(Body::Welcome(welcome)) => welcome_in_words(welcome),
                other => format!("{other:?}"),
            },
        };
        let earlier = (record.newest_generation > 0).then(|| Earlier {
            hello: plain_at(moved, record.newest_generation, &self.acceptor),
            says_goodbye: record.is_shutting_down,
        });
        Ok(OnWire { earlier, arrives, expected, is_intrusive: knows_itself_asked || is_newer })
    }

    fn check_possible(&self, record: PeerRecord) -> Result<(), &'static str> {
        let Acceptor { life, node_id, cluster_fingerprint, .. } = &self.acceptor;
        if *life != Life::Alive {
            Err("a server that answers neither starts nor stops")
        } else if node_id.is_none() {
            Err("a server that answers has a node id")
        } else if *cluster_fingerprint != FINGERPRINT {
            Err("the fingerprint of the server's cluster is what it is")
        } else if record.entry != NodeEntry::Generation(DIALS.generation) {
            Err("the nodes configuration of the server would have to be changed")
        } else {
            Ok(())
        }
    }

    fn frame_at(&self, moved: &Moved) -> Message {
        let header = self.header.clone().map(|header| header_at(header, moved));
        let hello = || Some(Body::Hello(hello_at(&self.hello, moved)));
        Message { header, body: self.instead.clone().unwrap_or_else(hello) }
    }
}

/// The plain Hello of a peer in one of its lives, which wants nothing to be asked of it.
fn plain_at(moved: &Moved, generation: u32, acceptor: &Acceptor) -> Message {
    const FORWARD: i32 = 2;
    let range = acceptor.release.range();
    let hello = Hello {
        min_protocol_version: range.min,
        max_protocol_version: range.max,
        cluster_name: moved.cluster.clone(),
        my_node_id: Some(GenerationalNodeId::new(moved.peer, generation)),
        direction: FORWARD,
        ..Hello::default()
    };
    Message { header: Some(Header::default()), body: Some(Body::Hello(hello)) }
}

/// The server's own version of the nodes configuration, or one more.
fn header_at(header: Header, moved: &Moved) -> Header {
    let configured = moved.header.my_nodes_config_version.unwrap_or(0);
    let more = header.my_nodes_config_version.unwrap_or(0).saturating_sub(CONFIGURED);
    Header { my_nodes_config_version: Some(configured.saturating_add(more)), ..header }
}

fn hello_at(hello: &Hello, moved: &Moved) -> Hello {
    let cluster_name = match hello.cluster_name.as_str() {
        CLUSTER => moved.cluster.clone(),
        "" => String::new(),
        name if name == CLUSTER.to_uppercase() => moved.cluster.to_uppercase(),
        _ => format!("not-{}", moved.cluster),
    };
    let cluster_fingerprint = match hello.cluster_fingerprint {
        0 => 0,
        FINGERPRINT => moved.fingerprint,
        _ => moved.fingerprint.wrapping_add(1).max(1),
    };
    let my_node_id = hello.my_node_id.map(|id| id_at(id, moved));
    Hello { cluster_name, cluster_fingerprint, my_node_id, ..hello.clone() }
}

/// The same distance from the server's generation, or the peer's own.
fn id_at(
    GenerationalNodeId { id, generation }: GenerationalNodeId,
    moved: &Moved,
) -> GenerationalNodeId {
    if id == 0 {
        GenerationalNodeId::new(0, generation)
    } else if id == DIALS.id {
        GenerationalNodeId::new(moved.peer, generation)
    } else if id == IS_DIALLED.id {
        let own =
            moved.node.generation.saturating_add(generation).saturating_sub(IS_DIALLED.generation);
        GenerationalNodeId::new(moved.node.id, own)
    } else {
        GenerationalNodeId::new(moved.peer + STRANGER, generation)
    }
}
