//! A node of a cluster, as far as rolling upgrades see it: connections to all peers, failure
//! detection, metadata, and a log small enough to follow (02 §3, §4.3, §5, §7).
//!
//! Sans-IO: streams, frames and points in time go in; what is to be done goes out through
//! [`Wires`]. A clone goes its own way.
//!
//! What is simplified, and does not touch the wire: there is no metadata store, every node adds
//! itself to the nodes configuration when it starts and learns of the others by the versions in
//! headers; the node with the lowest id is the sequencer of the one log; acknowledged means stored
//! by more than half of the nodes. What is in records is the business of who [proposes](Node::propose)
//! and reads them.

mod away;
mod detector;
mod disk;
mod ledger;
mod link;
mod log;
mod metadata;
mod note;
mod outlook;
#[cfg(test)]
mod tests;
mod work;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

pub use self::away::{Happens, Known, Said, Sessions};
pub use self::disk::Disk;
pub use self::ledger::Ledger;
pub use self::note::{Note, Words};
pub use self::outlook::{Raw, View};
pub use self::work::{Answers, Ticket};

use self::away::Home;
use self::link::{Lane, Link};
use self::work::{Append, Purpose};
use super::catalogue::{Message, MessageType, Role};
use super::envelope::{GenerationalNodeId, Swimlane};
use super::messages::records::Record;
use super::negotiation::{Life, StatusCode};
use super::release::Release;
use super::session::{CallError, CallId, Dialect, DrainReason, Input, Local, Outcome, Quirks};
use super::version::ProtocolVersion;

/// The time between two rounds of failure detection. Connections are looked after as often.
pub const ROUND: Duration = Duration::from_millis(250);
/// Rounds without a sign of a peer after which it is taken for dead.
pub const SUSPECT_ROUNDS: u32 = 8;
/// Rounds between two appends of one node.
const APPEND_ROUNDS: u32 = 4;
/// How long an answer is waited for.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// What a node wants done. A stream is dialled or comes in under a number that is never used again.
pub trait Wires {
    /// Opens a stream to the node with this id.
    fn dial(&mut self, peer: u32) -> u64;
    /// Sends a frame.
    fn send(&mut self, stream: u64, frame: Bytes);
    /// Sends no more on a stream.
    fn close(&mut self, stream: u64);
    /// Fails the call by which a stream came in.
    fn refuse(&mut self, stream: u64, status: StatusCode, text: String);
    /// Notes what happened.
    fn note(&mut self, note: Note);
    /// Whether anybody reads notes.
    fn is_noting(&self) -> bool;
}

/// What happens to a node.
#[derive(Debug, Clone)]
pub enum Arrival {
    /// It begins.
    Start,
    /// A time that it asked for has come.
    Wake,
    /// It is asked to go.
    Stop,
    /// A peer dialled. Who it is, it has yet to say; the node's id is for notes alone.
    Incoming(u64, u32),
    /// Bytes of one frame.
    Frame(u64, Bytes),
    /// The peer sends no more.
    Ended(u64),
    /// The stream is gone, or never was.
    Broken(u64),
    /// The peer refused.
    Refused(u64, StatusCode),
}

/// How a node is made.
#[derive(Clone)]
pub struct Setup {
    /// The release that it speaks as.
    pub release: Release,
    /// The faults that it imitates.
    pub quirks: Quirks,
    /// Whether it appends to the log by itself.
    pub appends: bool,
    /// What its services say.
    pub answers: Answers,
    /// How it speaks.
    pub dialect: Arc<dyn Dialect>,
    /// Its sessions, if they are somewhere else.
    pub sessions: Option<Box<dyn Sessions>>,
}

/// What a node knows of a peer.
#[derive(Debug, Clone, Default)]
struct Peer {
    lanes: BTreeMap<Swimlane, Lane>,
    last_heard: Option<Duration>,
    is_alive: bool,
    is_polled: bool,
    /// Its run is not the one that the nodes configuration names: the address will do.
    is_other_run: bool,
    /// It is being asked for its metadata.
    is_asked: bool,
    /// The highest version of the nodes configuration that it has told of since it last answered.
    told_version: u32,
}

/// A running process of a node.
#[derive(Clone)]
pub struct Node {
    id: u32,
    local: Local,
    setup: Setup,
    disk: Disk,
    links: BTreeMap<u64, Link>,
    peers: BTreeMap<u32, Peer>,
    next_round: Duration,
    rounds: u32,
    calls: BTreeMap<(u64, CallId), Purpose>,
    appends: BTreeMap<u32, Append>,
    /// What goes into the log next.
    proposal: Option<Vec<Record>>,
    /// Whether records that are missing are being asked for.
    is_fetching: bool,
    ledger: Ledger,
    tickets: u64,
    outcomes: BTreeMap<Ticket, Outcome>,
}

impl Node {
    /// The process of a node with what is on its disk.
    pub fn new(setup: Setup, id: u32, generation: u32, mut disk: Disk) -> Self {
        disk.generations.insert(id, generation);
        let me = GenerationalNodeId::new(id, generation);
        let mut local = Local::new(setup.release, me, "cluster");
        local.quirks = setup.quirks;
        local.dialect = setup.dialect.clone();
        let mut node = Self {
            id,
            local,
            setup,
            disk,
            links: BTreeMap::new(),
            peers: BTreeMap::new(),
            next_round: Duration::ZERO,
            rounds: 0,
            calls: BTreeMap::new(),
            appends: BTreeMap::new(),
            proposal: None,
            is_fetching: false,
            ledger: Ledger::default(),
            tickets: 0,
            outcomes: BTreeMap::new(),
        };
        node.configure();
        node
    }

    /// Takes what happened, and does what is to be done.
    pub fn handle(&mut self, now: Duration, arrival: Arrival, wires: &mut dyn Wires) {
        match arrival {
            Arrival::Start => self.next_round = now,
            Arrival::Wake => self.wake(now),
            Arrival::Stop => self.stop(now),
            Arrival::Incoming(stream, from) => {
                let link = Link::incoming(&mut self.home(), now, stream, from);
                self.links.insert(stream, link);
            }
            Arrival::Frame(stream, bytes) => self.frame(now, stream, bytes),
            Arrival::Ended(stream) => self.input(now, stream, Input::Ended),
            Arrival::Broken(stream) => self.input(now, stream, Input::Broken),
            Arrival::Refused(stream, status) => self.input(now, stream, Input::Refused(status)),
        }
        self.pump(now, wires);
        if now >= self.next_round && self.is_serving() {
            self.next_round = now + ROUND;
            self.rounds += 1;
            self.look_after_connections(now, wires);
            self.catch_up(now, wires);
            self.detect(now, wires);
            self.fetch_missing(now, wires);
            self.append_now_and_then(now, wires);
            self.pump(now, wires);
        }
    }

    /// When [`Arrival::Wake`] is due at the latest.
    pub fn wake_at(&self) -> Option<Duration> {
        let deadlines = self.links.values().filter_map(|link| link.side.deadline());
        let round = self.is_serving().then_some(self.next_round);
        deadlines.chain(round).min()
    }

    fn is_serving(&self) -> bool {
        self.local.identity.life == Life::Alive
    }

    fn wake(&mut self, now: Duration) {
        let is_due = |link: &Link| link.side.deadline().is_some_and(|at| at <= now);
        let (links, mut home) = self.links_at_home();
        let links = links.values_mut().filter(|link| is_due(link));
        links.for_each(|link| link.side.handle(&mut home, now, Input::Timeout));
    }

    fn stop(&mut self, now: Duration) {
        self.local.identity.life = Life::ShuttingDown;
        let (links, mut home) = self.links_at_home();
        for link in links.values_mut() {
            link.side.drain(&mut home, now, DrainReason::Shutdown);
        }
    }

    fn frame(&mut self, now: Duration, stream: u64, bytes: Bytes) {
        let (links, mut home) = self.links_at_home();
        if let Some(link) = links.get_mut(&stream) {
            link.side.frame(&mut home, now, bytes);
        }
    }

    fn input(&mut self, now: Duration, stream: u64, input: Input<'_>) {
        let (links, mut home) = self.links_at_home();
        if let Some(link) = links.get_mut(&stream) {
            link.side.handle(&mut home, now, input);
        }
    }

    fn home(&mut self) -> Home<'_> {
        self.links_at_home().1
    }

    /// The connections, and what they need of the node.
    fn links_at_home(&mut self) -> (&mut BTreeMap<u64, Link>, Home<'_>) {
        let home = Home { local: &mut self.local, away: &mut self.setup.sessions };
        (&mut self.links, home)
    }
}

/// What a judge may ask.
impl Node {
    /// Its release.
    pub fn release(&self) -> Release {
        self.local.release()
    }

    /// What is on its disk.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// How it was made.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Whether it takes a peer for alive.
    pub fn sees_alive(&self, peer: u32) -> bool {
        self.peers.get(&peer).is_some_and(|peer| peer.is_alive)
    }

    /// The versions of its open connections with a peer, and the runs that it speaks with there.
    pub fn connections(&self, peer: u32) -> impl Iterator<Item = (ProtocolVersion, u32)> {
        let opened = self.links.values().filter_map(|link| link.side.opened());
        let with_peer = opened.filter(move |opened| opened.peer.id == peer);
        with_peer.map(|opened| (opened.version, opened.peer.generation))
    }

    /// What it has done and seen.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The outcome of a message that was given to it, as soon as there is one.
    pub fn outcome(&self, ticket: Ticket) -> Option<&Outcome> {
        self.outcomes.get(&ticket)
    }

    /// Whether nothing is proposed that has not gone on its way.
    pub fn is_idle(&self) -> bool {
        self.proposal.is_none()
    }

    /// What it appends when it next does so by itself, in the place of a record without content.
    pub fn propose(&mut self, records: Vec<Record>) {
        self.proposal = Some(records);
    }

    /// Has no round before this moment: it asks and tells nothing of its own accord, and dials nobody.
    pub fn rest_until(&mut self, until: Duration) {
        self.next_round = self.next_round.max(until);
    }

    /// Sends a message to a peer on a connection that is open. A call has an outcome later.
    ///
    /// # Errors
    ///
    /// If nothing was sent.
    pub fn give(
        &mut self,
        now: Duration,
        peer: u32,
        message: &Message,
        wires: &mut dyn Wires,
    ) -> Result<Ticket, CallError> {
        let stream = self.route(peer, Swimlane::General).ok_or(CallError::NotOpen)?;
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        if is_answered(message.message_type(), self.release()) {
            self.call(now, stream, message, Purpose::Given(ticket), wires)?;
        } else {
            self.tell(now, stream, message, wires)?;
        }
        self.pump(now, wires);
        Ok(ticket)
    }
}

/// Whether a release waits for an answer to a message.
fn is_answered(message: MessageType, release: Release) -> bool {
    match message.row().role {
        Role::Call(reply) => reply.is_some_and(|reply| reply.row().is_known_to(release)),
        Role::Both => true,
        Role::Reply => false,
    }
}
