//! Where a script is played: the node under test, the peer's bytes, a clock that the script moves.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;

use super::host::Host;
use super::sheet::{PATIENCE, Role, Setting, Sheet, Step};
use super::words::{self, Reader};
use crate::fabric::catalogue::MessageType;
use crate::fabric::codec::tree::Context;
use crate::fabric::envelope::{
    Body, Datagram, DatagramMember, GenerationalNodeId, Header, Message as Frame, Swimlane,
};
use crate::fabric::negotiation::{Acceptor, Arrival, Initiator, NodeEntry, PeerRecord};
use crate::fabric::release::Release;
use crate::fabric::session::{Event, Input, Local, Output, Quirks, RequestId};
use crate::suite::compare::Difference;
use crate::suite::session::frames;
use crate::suite::subject::Subject;

const CLUSTER: &str = "cluster";
/// The node under test.
pub const NODE: GenerationalNodeId = GenerationalNodeId::new(2, 7);
/// The peer, in its first run.
pub const PEER: GenerationalNodeId = GenerationalNodeId::new(1, 3);
/// Outputs after one step; more are a loop.
const OUTPUTS_MAX: usize = 1000;

/// One play.
pub struct Stage {
    setting: Setting,
    peer: Release,
    host: Host,
    /// The connection that steps are about.
    on: usize,
    now: Duration,
    /// What was seen since it was asked last.
    seen: Vec<String>,
    /// What the peer asked on each connection, by number.
    asked: Vec<BTreeMap<u64, MessageType>>,
    /// Requests of the peer that are open, the oldest first.
    requests: VecDeque<(usize, RequestId, MessageType)>,
}

/// Plays the steps on a node with some faults.
///
/// # Errors
///
/// The first time that something else is seen than is expected.
pub fn play(
    sheet: Sheet,
    subject: &dyn Subject,
    quirks: Quirks,
    requirement: &'static str,
) -> Result<(), Difference> {
    let setting = sheet.setting;
    let broken = || Difference::new(requirement, "a peer for this version", "none");
    let peer = setting.peer().ok_or_else(broken)?;
    let mut local = Local::new(setting.release, NODE, CLUSTER);
    let record =
        PeerRecord { entry: NodeEntry::Generation(PEER.generation), ..PeerRecord::default() };
    local.identity.peers.insert(PEER.id, record);
    local.quirks = quirks;
    let mut stage = Stage {
        setting,
        peer,
        host: subject.host(local),
        on: 0,
        now: Duration::ZERO,
        seen: Vec::new(),
        asked: Vec::new(),
        requests: VecDeque::new(),
    };
    stage.connect(PEER.generation);
    let opened = stage.host.connection(0).and_then(|connection| connection.opened());
    if opened.map(|opened| opened.version) != Some(setting.version) {
        let actual = stage.seen.join("\n");
        return Err(Difference::new(requirement, setting.version.to_string(), actual));
    }
    stage.seen.clear();
    stage.steps(sheet.into_steps(), requirement)
}

impl Stage {
    fn steps(&mut self, steps: Vec<Step>, requirement: &'static str) -> Result<(), Difference> {
        let mut done = "the connection is open".to_owned();
        let end = Step::Expect(vec![Vec::new()]);
        for step in steps.into_iter().chain([end]) {
            let difference = match &step {
                Step::Expect(outcomes) => {
                    let seen = std::mem::take(&mut self.seen);
                    (!outcomes.contains(&seen)).then(|| (any(outcomes), all(&seen)))
                }
                Step::Remembers(count) => {
                    let connection = self.host.connection(self.on);
                    let remembered = connection.map_or(0, |it| it.remembered_calls());
                    let words = |count: usize| format!("{count} calls are remembered");
                    (remembered != *count).then(|| (words(*count), words(remembered)))
                }
                _ => {
                    done = self.step(step);
                    None
                }
            };
            if let Some((expected, actual)) = difference {
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
                self.host.handle(on, now, Input::Ended);
                "the peer ends its half of the stream".to_owned()
            }
            Step::Dial => {
                self.asked.push(BTreeMap::new());
                self.on = self.host.dial(now, Swimlane::Gossip, None);
                "the node dials, and nobody answers".to_owned()
            }
            Step::Headers => {
                self.host.handle(on, now, Input::Headers);
                "the peer answers the call, and says no more".to_owned()
            }
            Step::Breaks => {
                self.host.handle(on, now, Input::Broken);
                "the stream fails".to_owned()
            }
            Step::Wait(time) => {
                self.now += time;
                for index in 0..self.host.connections() {
                    self.host.handle(index, self.now, Input::Timeout);
                }
                format!("{time:?} pass")
            }
            Step::Call(message) => {
                let result = self.host.call(on, now, &message, PATIENCE);
                self.note_error(result.map(|_| ()).err());
                format!("the node asks: {}", message.message_type())
            }
            Step::Tell(message) => {
                let result = self.host.tell(on, now, &message);
                self.note_error(result.err());
                format!("the node tells: {}", message.message_type())
            }
            Step::Answer => self.answer(),
            Step::Fail(status) => {
                let result = self
                    .requests
                    .pop_front()
                    .map(|(index, request, _)| self.host.fail(index, now, request, status));
                self.note_error(result.and_then(Result::err));
                format!("the node gives a request up: {status:?}")
            }
            Step::Drain(reason) => {
                self.host.drain(on, now, reason);
                format!("the node drains: {reason:?}")
            }
            Step::Service(service, state) => {
                let states = &mut self.host.local.services.states;
                match state {
                    Some(state) => states.insert(service, state),
                    None => states.remove(&service),
                };
                format!("service {service} is {state:?}")
            }
            Step::NoShard(service, code) => {
                self.host.local.services.missing_shards.insert((service, code));
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

    fn note_error(&mut self, error: Option<impl std::fmt::Display>) {
        self.seen.extend(error.map(|error| format!("error: {error}")));
    }

    fn answer(&mut self) -> String {
        let Some((index, request, asked)) = self.requests.pop_front() else {
            return "there is no request to answer".to_owned();
        };
        let cx = Context { release: self.setting.release, version: self.setting.version };
        let reply = words::reply_of(asked).and_then(frames::value);
        let Some(reply) = reply.and_then(|reply| reply.fitted(cx).ok()) else {
            return format!("{asked} has no answer");
        };
        let result = self.host.reply(index, self.now, request, &reply);
        self.note_error(result.err());
        format!("the node answers: {}", reply.message_type())
    }

    /// A new connection, with the handshake done.
    fn connect(&mut self, generation: u32) {
        let id = GenerationalNodeId::new(PEER.id, generation);
        self.asked.push(BTreeMap::new());
        match self.setting.role {
            Role::Accepts => {
                self.on = self.host.incoming(self.now);
                let mut initiator = Initiator::new(self.peer, id, CLUSTER);
                initiator.swimlane = Swimlane::Gossip;
                self.peer_sends(&initiator.hello());
            }
            Role::Dials => {
                self.on = self.host.dial(self.now, Swimlane::Gossip, None);
                while let Some(output) = self.host.poll(self.on) {
                    let Output::Send(hello) = output else { continue };
                    let bytes = hello.encode(self.setting.release).unwrap_or_default();
                    let acceptor = Acceptor::new(self.peer, id, CLUSTER);
                    let hello = Frame::decode(self.peer, bytes.into()).unwrap_or_default();
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
        let frame = Frame::decode(self.setting.release, bytes);
        self.host.handle(self.on, self.now, Input::of(frame.as_ref()));
    }

    /// Takes down all that the node does.
    fn settle(&mut self) {
        for index in 0..self.host.connections() {
            for _ in 0..OUTPUTS_MAX {
                let Some(output) = self.host.poll(index) else { break };
                let line = self.line(index, output);
                let where_else = if index == self.on { "" } else { "on another connection: " };
                self.seen.extend(line.map(|line| where_else.to_owned() + &line));
            }
        }
    }

    fn line(&mut self, index: usize, output: Output) -> Option<String> {
        match output {
            Output::Close => Some("end of the stream".to_owned()),
            Output::Refuse(refusal) => {
                Some(format!("refused: {:?}", refusal.code(self.setting.release)))
            }
            Output::Event(event) => {
                if let Event::Request(request) = &event {
                    let asked = request.message.message_type();
                    self.requests.push_back((index, request.id, asked));
                }
                words::event(&event)
            }
            Output::Send(frame) => {
                let bytes = match frame.encode(self.setting.release) {
                    Ok(bytes) => bytes,
                    Err(error) => return Some(format!("a frame it cannot encode: {error}")),
                };
                let frame = match Frame::decode(self.peer, bytes.into()) {
                    Ok(frame) => frame,
                    Err(error) => return Some(format!("a frame that breaks the stream: {error}")),
                };
                let no_calls = BTreeMap::new();
                let asked = self.asked.get(index).unwrap_or(&no_calls);
                let reader = Reader { release: self.peer, version: self.setting.version, asked };
                Some(reader.frame(&frame))
            }
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
