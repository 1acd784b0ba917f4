//! Where a script is played: the node under test, the peer's bytes, a clock that the script moves.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;

use super::party::{Happens, Party, Seen};
use super::sheet::{Role, Setting, Sheet, Step};
use super::words::{self, Reader};
use crate::fabric::catalogue::MessageType;
use crate::fabric::codec::tree::Context;
use crate::fabric::envelope::{
    Body, Datagram, DatagramMember, GenerationalNodeId, Header, Message as Frame, Swimlane,
};
use crate::fabric::negotiation::{Acceptor, Arrival, Initiator, NodeEntry, PeerRecord};
use crate::fabric::release::Release;
use crate::fabric::session::{Local, Quirks};
use crate::suite::compare::Difference;
use crate::suite::session::frames;

/// The cluster of both.
pub const CLUSTER: &str = "cluster";
/// The node under test.
pub const NODE: GenerationalNodeId = GenerationalNodeId::new(2, 7);
/// The peer, in its first run.
pub const PEER: GenerationalNodeId = GenerationalNodeId::new(1, 3);
/// Outputs after one step; more are a loop.
const OUTPUTS_MAX: usize = 1000;

/// What lines of other connections begin with than the one that steps are about.
const ELSEWHERE: &str = "on another connection: ";

/// A line without where it was seen.
pub fn without_where(line: &str) -> &str {
    line.strip_prefix(ELSEWHERE).unwrap_or(line)
}

/// One play.
pub struct Stage<'a> {
    setting: Setting,
    peer: Release,
    party: &'a mut dyn Party,
    /// The connection that steps are about.
    on: usize,
    now: Duration,
    /// What was seen since it was asked last.
    seen: Vec<String>,
    /// What the peer asked on each connection, by number.
    asked: Vec<BTreeMap<u64, MessageType>>,
    /// Requests of the peer that are open, the oldest first.
    requests: VecDeque<(u64, MessageType)>,
}

/// What a node under test is told of itself and its peer.
pub fn local(release: Release, quirks: Quirks) -> Local {
    let mut local = Local::new(release, NODE, CLUSTER);
    let record =
        PeerRecord { entry: NodeEntry::Generation(PEER.generation), ..PeerRecord::default() };
    local.identity.peers.insert(PEER.id, record);
    local.quirks = quirks;
    local
}

/// Plays the steps to a node.
///
/// # Errors
///
/// The first time that something else is seen than is expected.
pub fn play(
    sheet: Sheet,
    party: &mut dyn Party,
    requirement: &'static str,
) -> Result<(), Difference> {
    let setting = sheet.setting;
    let broken = || Difference::new(requirement, "a peer for this version", "none");
    let peer = setting.peer().ok_or_else(broken)?;
    let mut stage = Stage {
        setting,
        peer,
        party,
        on: 0,
        now: Duration::ZERO,
        seen: Vec::new(),
        asked: Vec::new(),
        requests: VecDeque::new(),
    };
    stage.connect(PEER.generation);
    let opened = format!("(open at {})", setting.version);
    if !stage.seen.contains(&opened) && !stage.party.is_gone() {
        let actual = stage.seen.join("\n");
        return Err(Difference::new(requirement, setting.version.to_string(), actual));
    }
    stage.seen.clear();
    stage.steps(sheet.into_steps(), requirement)
}

impl Stage<'_> {
    fn steps(&mut self, steps: Vec<Step>, requirement: &'static str) -> Result<(), Difference> {
        let mut done = "the connection is open".to_owned();
        let end = Step::Expect(vec![Vec::new()]);
        for step in steps.into_iter().chain([end]) {
            if self.party.is_gone() {
                return Ok(());
            }
            let difference = match &step {
                Step::Expect(outcomes) => {
                    let outcomes: Vec<_> =
                        outcomes.iter().map(|lines| self.party.as_seen(lines.clone())).collect();
                    let seen = self.party.as_seen(std::mem::take(&mut self.seen));
                    (!outcomes.contains(&seen)).then(|| (any(&outcomes), all(&seen)))
                }
                Step::Remembers(count) => {
                    let words = |count: usize| format!("{count} calls are remembered");
                    let remembered = self.party.remembered(self.on);
                    let other = remembered.filter(|remembered| remembered != count);
                    other.map(|remembered| (words(*count), words(remembered)))
                }
                _ => {
                    done = self.step(step);
                    None
                }
            };
            if let Some((expected, actual)) = difference.filter(|_| !self.party.is_gone()) {
                let role = self.setting.role.word();
                let place = format!("{}, the node {role}; after: {done}", self.setting.version);
                let place = Some(place);
                return Err(Difference { place, ..Difference::new(requirement, expected, actual) });
            }
        }
        Ok(())
    }

    /// Does a step; what it was, in words.
    fn step(&mut self, step: Step) -> String {
        let (on, now) = (self.on, self.now);
        let words = match step {
            Step::Frame(frame) => self.peer_sends(&frame),
            Step::Bytes(bytes) => {
                let words = format!("the peer sends {}", short_hex(&bytes));
                self.arrives(bytes);
                words
            }
            Step::Ends => {
                self.party.happens(on, now, Happens::Ends);
                "the peer ends its half of the stream".to_owned()
            }
            Step::Dial => {
                self.asked.push(BTreeMap::new());
                self.on = self.party.dial(now, PEER);
                "the node dials, and nobody answers".to_owned()
            }
            Step::Incoming => {
                self.asked.push(BTreeMap::new());
                self.on = self.party.incoming(now, PEER);
                "a stream comes in, and nobody speaks on it".to_owned()
            }
            Step::Headers => {
                self.party.happens(on, now, Happens::Headers);
                "the peer answers the call, and says no more".to_owned()
            }
            Step::Breaks => {
                self.party.happens(on, now, Happens::Breaks);
                "the stream fails".to_owned()
            }
            Step::Wait(time) => {
                self.now += time;
                for index in 0..self.party.connections() {
                    self.party.happens(index, self.now, Happens::Time);
                }
                format!("{time:?} pass")
            }
            Step::Call(message) => {
                let result = self.party.call(on, now, &message);
                self.note_error(result.err());
                format!("the node asks: {}", message.message_type())
            }
            Step::Tell(message) => {
                let result = self.party.tell(on, now, &message);
                self.note_error(result.err());
                format!("the node tells: {}", message.message_type())
            }
            Step::Answer => self.answer(),
            Step::Fail(status) => {
                let result = self
                    .requests
                    .pop_front()
                    .map(|(request, _)| self.party.fail(request, now, status));
                self.note_error(result.and_then(Result::err));
                format!("the node gives a request up: {status:?}")
            }
            Step::Drain(reason) => {
                self.party.drain(on, now, reason);
                format!("the node drains: {reason:?}")
            }
            Step::Service(service, state) => {
                self.party.service(service, state);
                format!("service {service} is {state:?}")
            }
            Step::NoShard(service, code) => {
                self.party.lacks(service, code);
                format!("service {service} has nobody for {code}")
            }
            Step::Connect(generation) => {
                self.connect(generation);
                format!("a connection with the peer's generation {generation}")
            }
            Step::On(index) => {
                self.on = index;
                format!("on connection {index}")
            }
            Step::Expect(_) | Step::Remembers(_) => String::new(),
        };
        self.settle();
        words
    }

    fn note_error(&mut self, error: Option<String>) {
        self.seen.extend(error.map(|error| format!("error: {error}")));
    }

    fn answer(&mut self) -> String {
        let Some((request, asked)) = self.requests.pop_front() else {
            return "there is no request to answer".to_owned();
        };
        let cx = Context { release: self.setting.release, version: self.setting.version };
        let reply = words::reply_of(asked).and_then(frames::value);
        let Some(reply) = reply.and_then(|reply| reply.fitted(cx).ok()) else {
            return format!("{asked} has no answer");
        };
        let result = self.party.reply(request, self.now, &reply);
        self.note_error(result.err());
        format!("the node answers: {}", reply.message_type())
    }

    /// A new connection, with the handshake done.
    fn connect(&mut self, generation: u32) {
        let id = GenerationalNodeId::new(PEER.id, generation);
        self.asked.push(BTreeMap::new());
        match self.setting.role {
            Role::Accepts => {
                self.on = self.party.incoming(self.now, id);
                let mut initiator = Initiator::new(self.peer, id, CLUSTER);
                initiator.swimlane = Swimlane::Gossip;
                self.peer_sends(&initiator.hello());
            }
            Role::Dials => {
                self.on = self.party.dial(self.now, id);
                while let Some(seen) = self.party.poll(self.on) {
                    let Seen::Frame(bytes) = seen else { continue };
                    let acceptor = Acceptor::new(self.peer, id, CLUSTER);
                    let hello = Frame::decode(self.peer, bytes).unwrap_or_default();
                    if let Ok(accepted) = acceptor.accept(Arrival::Frame(&hello)) {
                        self.peer_sends(&accepted.welcome);
                    }
                    break;
                }
            }
        }
        self.settle();
    }

    /// The peer sends a frame, in the bytes of its release.
    fn peer_sends(&mut self, frame: &Frame) -> String {
        let no_calls = BTreeMap::new();
        let asked = self.asked.get(self.on).unwrap_or(&no_calls);
        let reader = Reader { release: self.peer, version: self.setting.version, asked };
        let words = format!("the peer sends {}", reader.frame(frame));
        match frame.encode(self.peer) {
            Ok(bytes) => {
                self.note_question(frame);
                self.arrives(bytes.into());
                words
            }
            Err(error) => format!("{words}, which it cannot: {error}"),
        }
    }

    fn note_question(&mut self, frame: &Frame) {
        let (id, message) = match (&frame.body, &frame.header) {
            (Some(Body::Encoded(binary)), Some(Header { msg_id, in_response_to: None, .. })) => {
                let is_meant = |of: &MessageType| of.row().v1_target == Some(binary.target);
                (*msg_id, MessageType::all().find(is_meant))
            }
            (
                Some(Body::Datagram(Datagram { datagram: Some(DatagramMember::RpcCall(call)) })),
                _,
            ) => (call.id, words::named(&call.msg_type)),
            _ => return,
        };
        if let (Some(asked), Some(message)) = (self.asked.get_mut(self.on), message) {
            asked.insert(id, message);
        }
    }

    /// Bytes of the peer, as the node reads them.
    fn arrives(&mut self, bytes: Bytes) {
        self.party.arrives(self.on, self.now, bytes);
    }

    /// Takes down all that the node does.
    fn settle(&mut self) {
        self.party.settle(self.now);
        for index in 0..self.party.connections() {
            for _ in 0..OUTPUTS_MAX {
                let Some(seen) = self.party.poll(index) else { break };
                let line = self.line(index, seen);
                let where_else = if index == self.on { "" } else { ELSEWHERE };
                self.seen.push(where_else.to_owned() + &line);
            }
        }
    }

    fn line(&mut self, index: usize, seen: Seen) -> String {
        match seen {
            Seen::Line(line) => line,
            Seen::Asked(request, message) => {
                self.requests.push_back((request, message));
                format!("(asked {message})")
            }
            Seen::Frame(bytes) => match Frame::decode(self.peer, bytes) {
                Ok(frame) => {
                    let no_calls = BTreeMap::new();
                    let asked = self.asked.get(index).unwrap_or(&no_calls);
                    let (release, version) = (self.peer, self.setting.version);
                    Reader { release, version, asked }.frame(&frame)
                }
                Err(error) => format!("a frame that breaks the stream: {error}"),
            },
        }
    }
}

fn all(lines: &[String]) -> String {
    if lines.is_empty() { "nothing".to_owned() } else { lines.join("; ") }
}

fn any(outcomes: &[Vec<String>]) -> String {
    outcomes.iter().map(|lines| all(lines)).collect::<Vec<_>>().join("\nor ")
}

fn short_hex(bytes: &Bytes) -> String {
    if bytes.len() > 32 { format!("{} bytes", bytes.len()) } else { hex::encode(bytes) }
}
