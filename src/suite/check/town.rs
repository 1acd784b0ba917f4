//! A node under test, and peers that do what a check says. Time passes when it is told to.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::apart::Apart;
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::envelope::{GenerationalNodeId, Message as Frame, Swimlane};
use crate::fabric::messages::gossip::Gossip;
use crate::fabric::messages::ids::LogletOffset;
use crate::fabric::messages::node_state::NodeStateResponse;
use crate::fabric::messages::sequencer::Appended;
use crate::fabric::negotiation::{NodeEntry, PeerRecord, StatusCode};
use crate::fabric::node::{Arrival, Disk, Node, Note, ROUND, Sessions, Setup, Wires};
use crate::fabric::release::Release;
use crate::fabric::session::{
    CallId, DrainReason, Event, Input, Local, Outcome, Output, OwnDialect, Quirks, RequestId,
};
use crate::suite::session::Host;

const CLUSTER: &str = "cluster";
/// How long peers wait for the node's answers.
const PATIENCE: Duration = Duration::from_secs(60);
/// What is added to the id of a peer for its second run.
const SECOND_RUN: u32 = 1000;
/// Arrivals after one event; more are a loop.
const ARRIVALS_MAX: usize = 10_000;

/// What a node under test is.
#[derive(Debug, Clone, Copy)]
pub struct Citizen {
    /// Its release.
    pub release: Release,
    /// Whether its sessions are somewhere else.
    pub is_apart: bool,
}

/// What becomes of a stream that the node dials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// The peer takes it.
    Opens,
    /// The peer refuses.
    Refuses,
    /// Nobody says anything.
    Silent,
}

/// What the node wants done.
enum Wanted {
    Dial(u32, u64),
    Send(u64, Bytes),
    Close(u64),
}

/// Takes notes of what the node wants.
#[derive(Default)]
struct Noted {
    wanted: VecDeque<Wanted>,
    notes: Vec<Note>,
    streams: u64,
}

impl Noted {
    fn stream(&mut self) -> u64 {
        self.streams += 1;
        self.streams
    }
}

impl Wires for Noted {
    fn dial(&mut self, peer: u32) -> u64 {
        let stream = self.stream();
        self.wanted.push_back(Wanted::Dial(peer, stream));
        stream
    }

    fn send(&mut self, stream: u64, frame: Bytes) {
        self.wanted.push_back(Wanted::Send(stream, frame));
    }

    fn close(&mut self, stream: u64) {
        self.wanted.push_back(Wanted::Close(stream));
    }

    fn refuse(&mut self, stream: u64, _: StatusCode, _: String) {
        self.wanted.push_back(Wanted::Close(stream));
    }

    fn note(&mut self, note: Note) {
        self.notes.push(note);
    }

    fn is_noting(&self) -> bool {
        true
    }
}

/// The other end of a stream: the peer, and the connection there.
type End = (u32, usize);

/// The node and its peers, each known by its id.
pub struct Town {
    /// The node under test.
    pub node: Node,
    /// The time.
    pub now: Duration,
    /// What becomes of streams that the node dials from now on.
    pub door: Door,
    /// How many streams the node has closed.
    pub closed: usize,
    me: GenerationalNodeId,
    wires: Noted,
    peers: BTreeMap<u32, Host>,
    ends: BTreeMap<u64, End>,
    arrivals: VecDeque<Arrival>,
    dials: Vec<(u32, Duration)>,
    /// What peers' owners were told, and have not looked at.
    told: Vec<(End, Event)>,
    /// The connection by which a peer asks.
    asking: BTreeMap<u32, usize>,
    calls: BTreeMap<u32, CallId>,
}

impl Town {
    /// A node in a cluster of these nodes, which all know each other.
    pub fn new<const N: usize>(of: Citizen, id: u32, nodes: [u32; N], door: Door) -> Self {
        let Citizen { release, is_apart } = of;
        let sessions = || Box::new(Apart::new(release)) as Box<dyn Sessions>;
        let setup = Setup {
            release,
            quirks: Quirks::NONE,
            appends: false,
            answers: |message, _, _| answer_of_service(message),
            dialect: Arc::new(OwnDialect),
            sessions: is_apart.then(sessions),
        };
        let me = GenerationalNodeId::new(id, 1);
        let peer = |peer: u32| {
            let mut local = Local::new(release, GenerationalNodeId::new(peer, 1), CLUSTER);
            let entry = NodeEntry::Generation(me.generation);
            local.identity.peers.insert(id, PeerRecord { entry, ..PeerRecord::default() });
            (peer, Host::new(local))
        };
        Self {
            node: Node::new(setup, id, me.generation, Disk::of_cluster(nodes)),
            now: Duration::ZERO,
            door,
            closed: 0,
            me,
            wires: Noted::default(),
            peers: nodes.into_iter().filter(|it| *it != id).map(peer).collect(),
            ends: BTreeMap::new(),
            arrivals: VecDeque::new(),
            dials: Vec::new(),
            told: Vec::new(),
            asking: BTreeMap::new(),
            calls: BTreeMap::new(),
        }
    }

    /// Something happens to the node, and all that comes of it.
    pub fn happens(&mut self, arrival: Arrival) {
        self.arrivals.push_back(arrival);
        self.goes_on();
    }

    /// The node begins, and does nothing of its own accord afterwards.
    pub fn starts_at_rest(&mut self) {
        self.happens(Arrival::Start);
        self.node.rest_until(Duration::from_secs(3600));
    }

    /// Time passes, and the node is told so.
    pub fn passes(&mut self, time: Duration) {
        self.now += time;
        self.happens(Arrival::Wake);
    }

    /// A round of the node, in which a peer answers what the living answer, and gossips where it can.
    pub fn lives_a_round(&mut self, peer: u32) {
        self.passes(ROUND);
        while let Some(request) = self.is_asked(peer, MessageType::GetNodeState) {
            let state = Message::NodeStateResponse(NodeStateResponse::default());
            self.replies(peer, Some(request), &state);
        }
        let gossip = Message::Gossip(Gossip::default());
        self.each_connection(peer, |host, index, now| {
            // Not every connection is for that, and up to 1.3 none is.
            let _ = host.tell(index, now, &gossip);
        });
    }

    /// What the node noted.
    pub fn notes(&self) -> &[Note] {
        &self.wires.notes
    }

    /// When the node dialled a peer, whatever for.
    pub fn dialled(&self, peer: u32) -> Vec<Duration> {
        let of_peer = self.dials.iter().filter(|(dialled, _)| *dialled == peer);
        let mut times: Vec<Duration> = of_peer.map(|(_, at)| *at).collect();
        times.dedup();
        times
    }

    /// How many streams the node dialled.
    pub fn streams(&self) -> usize {
        self.dials.len()
    }

    /// Every stream fails.
    pub fn breaks(&mut self) {
        for stream in std::mem::take(&mut self.ends).into_keys() {
            self.happens(Arrival::Broken(stream));
        }
    }

    /// A peer ends the last connection that the node made with it.
    pub fn drains(&mut self, peer: u32, reason: DrainReason) {
        let now = self.now;
        let Some(host) = self.peers.get_mut(&peer) else { return };
        let Some(last) = host.connections().checked_sub(1) else { return };
        host.drain(last, now, reason);
        self.speaks((peer, last));
        self.goes_on();
    }

    /// A peer has a new run, which knows of newer metadata than anybody; what it is known by here.
    pub fn runs_anew(&mut self, peer: u32) -> u32 {
        let release = self.node.release();
        let mut local = Local::new(release, GenerationalNodeId::new(peer, 2), CLUSTER);
        local.versions.nodes_config = u32::MAX;
        let anew = peer + SECOND_RUN;
        self.peers.insert(anew, Host::new(local));
        anew
    }

    /// A peer dials the node, for its own questions and those of the node.
    pub fn comes_in(&mut self, peer: u32) {
        let Some(host) = self.peers.get_mut(&peer) else { return };
        let index = host.dial(self.now, Swimlane::Gossip, Some(self.me));
        let stream = self.wires.stream();
        self.ends.insert(stream, (peer, index));
        self.asking.insert(peer, index);
        self.happens(Arrival::Incoming(stream, peer));
        self.speaks((peer, index));
        self.goes_on();
    }

    /// A peer asks the node; the outcome, if there is one already.
    pub fn asks(&mut self, peer: u32, message: &Message) -> Option<Outcome> {
        let index = *self.asking.get(&peer)?;
        let call = self.peers.get_mut(&peer)?.call(index, self.now, message, PATIENCE);
        self.calls.extend(call.ok().map(|call| (peer, call)));
        self.speaks((peer, index));
        self.goes_on();
        self.outcome(peer)
    }

    /// The outcome of what a peer asked last.
    pub fn outcome(&mut self, peer: u32) -> Option<Outcome> {
        let (call, index) = (self.calls.get(&peer)?, self.asking.get(&peer)?);
        self.told.iter().find_map(|(end, event)| match event {
            Event::Resolved(resolved, outcome) if resolved == call && *end == (peer, *index) => {
                Some(outcome.clone())
            }
            _ => None,
        })
    }

    /// What the node asks a peer, once.
    pub fn is_asked(&mut self, peer: u32, of: MessageType) -> Option<(usize, RequestId)> {
        self.asked_for(peer, of).0
    }

    /// The same, with what it asks.
    pub fn asked_for(
        &mut self,
        peer: u32,
        of: MessageType,
    ) -> (Option<(usize, RequestId)>, Option<Message>) {
        let is_it = |(end, event): &(End, Event)| match event {
            Event::Request(request) => end.0 == peer && request.message.message_type() == of,
            _ => false,
        };
        let place = self.told.iter().position(is_it);
        match place.map(|place| self.told.remove(place)) {
            Some(((_, index), Event::Request(request))) => {
                (Some((index, request.id)), Some(request.message))
            }
            _ => (None, None),
        }
    }

    /// A peer answers what it was asked.
    pub fn replies(&mut self, peer: u32, request: Option<(usize, RequestId)>, answer: &Message) {
        let (Some((index, request)), Some(host)) = (request, self.peers.get_mut(&peer)) else {
            return;
        };
        // What could not be answered shows in what the node does then.
        let _ = host.reply(index, self.now, request, answer);
        self.speaks((peer, index));
        self.goes_on();
    }

    /// The offsets of the records on the node's disk.
    pub fn offsets(&self) -> Vec<u32> {
        self.node.disk().stored.keys().copied().collect()
    }

    fn each_connection(&mut self, peer: u32, mut does: impl FnMut(&mut Host, usize, Duration)) {
        let connections = self.peers.get(&peer).map_or(0, Host::connections);
        for index in 0..connections {
            if let Some(host) = self.peers.get_mut(&peer) {
                does(host, index, self.now);
            }
            self.speaks((peer, index));
        }
        self.goes_on();
    }

    /// What is on its way to the node arrives, and all that comes of it.
    fn goes_on(&mut self) {
        for _ in 0..ARRIVALS_MAX {
            let Some(arrival) = self.arrivals.pop_front() else { return };
            self.node.handle(self.now, arrival, &mut self.wires);
            while let Some(wanted) = self.wires.wanted.pop_front() {
                self.does(wanted);
            }
        }
    }

    fn does(&mut self, wanted: Wanted) {
        match wanted {
            Wanted::Dial(peer, stream) => {
                self.dials.push((peer, self.now));
                match self.door {
                    Door::Opens => {
                        let Some(host) = self.peers.get_mut(&peer) else { return };
                        let index = host.incoming(self.now);
                        self.ends.insert(stream, (peer, index));
                    }
                    Door::Refuses => {
                        let status = StatusCode::Unavailable;
                        self.arrivals.push_back(Arrival::Refused(stream, status));
                    }
                    Door::Silent => {}
                }
            }
            Wanted::Send(stream, bytes) => self.arrives(stream, bytes),
            Wanted::Close(stream) => {
                self.closed += 1;
                if let Some(end) = self.ends.remove(&stream) {
                    self.ends_at(end);
                }
            }
        }
    }

    /// A frame of the node arrives at a peer.
    fn arrives(&mut self, stream: u64, bytes: Bytes) {
        let Some(&(peer, index)) = self.ends.get(&stream) else { return };
        let Some(host) = self.peers.get_mut(&peer) else { return };
        let frame = Frame::decode(host.local.release(), bytes);
        host.handle(index, self.now, Input::of(frame.as_ref()));
        self.speaks((peer, index));
    }

    /// The node sends no more to a peer.
    fn ends_at(&mut self, (peer, index): End) {
        if let Some(host) = self.peers.get_mut(&peer) {
            host.handle(index, self.now, Input::Ended);
        }
        self.speaks((peer, index));
    }

    /// What a peer says goes on its way to the node.
    fn speaks(&mut self, end: End) {
        let (peer, index) = end;
        let stream = self.ends.iter().find(|(_, it)| **it == end).map(|(stream, _)| *stream);
        let Some(host) = self.peers.get_mut(&peer) else { return };
        while let Some(output) = host.poll(index) {
            let arrival = match (output, stream) {
                (Output::Event(event), _) => {
                    self.told.push((end, event));
                    continue;
                }
                (Output::Send(frame), Some(stream)) => {
                    let bytes = frame.encode(host.local.release()).unwrap_or_default();
                    Arrival::Frame(stream, bytes.into())
                }
                (Output::Close, Some(stream)) => Arrival::Ended(stream),
                (Output::Refuse(refusal), Some(stream)) => {
                    Arrival::Refused(stream, refusal.code(host.local.release()))
                }
                (_, None) => continue,
            };
            self.arrivals.push_back(arrival);
        }
    }
}

/// What the service says to an Append that is left to it.
pub fn answer_of_service(message: &Message) -> Option<Message> {
    match message {
        Message::Append(_) => {
            let last_offset = LogletOffset(77);
            Some(Message::Appended(Appended { last_offset, ..Appended::default() }))
        }
        _ => None,
    }
}
