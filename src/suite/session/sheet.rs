//! What a script is written on: steps, and what must be seen after them.

use std::time::Duration;

use bytes::Bytes;

use super::frames;
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::envelope::{Message as Frame, RpcReplyBody, RpcStatus};
use crate::fabric::release::{Release, ReleaseNumber};
use crate::fabric::session::{DrainReason, Quirk, Quirks, ServiceState};
use crate::fabric::version::ProtocolVersion;

/// How long the node waits for answers to its calls.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Which side of the connection the node under test is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// It is dialled.
    Accepts,
    /// It dials.
    Dials,
}

impl Role {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Accepts, Self::Dials];

    /// A word for addresses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Accepts => "accepts",
            Self::Dials => "dials",
        }
    }
}

/// Where a script is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// The release of the node under test.
    pub release: Release,
    /// The version of the connection.
    pub version: ProtocolVersion,
    /// Which side the node is.
    pub role: Role,
    /// The faults that are expected of it.
    pub expected: Quirks,
}

impl Setting {
    /// The release that the peer speaks as: one that has the version as its highest.
    pub fn peer(&self) -> Option<Release> {
        let name = match self.version {
            ProtocolVersion::V1 => "1.3",
            ProtocolVersion::V2 => "1.5",
            _ => "1.7",
        };
        name.parse().ok()
    }

    /// Whether the connection has the frames of V1.
    pub fn is_v1(&self) -> bool {
        self.version == ProtocolVersion::V1
    }

    /// Whether the node is `1.minor` or later.
    pub fn since(&self, minor: u8) -> bool {
        self.release.is_at_least(minor)
    }

    /// Whether the node is `1.minor.patch` or later.
    pub fn since_patch(&self, minor: u8, patch: u8) -> bool {
        self.release.number() >= ReleaseNumber::stable(minor, patch)
    }

    /// Whether the node is expected to have a fault.
    pub fn has(&self, quirk: Quirk) -> bool {
        self.expected.has(quirk)
    }
}

/// One step of a script.
#[derive(Debug, Clone)]
pub enum Step {
    /// The peer sends a frame, in the bytes of its release.
    Frame(Box<Frame>),
    /// The peer sends bytes.
    Bytes(Bytes),
    /// The peer ends its half of the stream.
    Ends,
    /// The stream fails.
    Breaks,
    /// The node dials once more, and nobody answers. What follows happens there.
    Dial,
    /// The node is dialled once more, and nobody speaks. What follows happens there.
    Incoming,
    /// The call for the connection is answered, though not by a frame.
    Headers,
    /// Time passes.
    Wait(Duration),
    /// The owner of the node asks the peer.
    Call(Box<Message>),
    /// The owner of the node tells the peer something.
    Tell(Box<Message>),
    /// The owner answers the oldest request that is open.
    Answer,
    /// The owner gives up the oldest request that is open.
    Fail(RpcStatus),
    /// The owner drains the connection.
    Drain(DrainReason),
    /// A service of the node changes; nothing takes it away.
    Service(i32, Option<ServiceState>),
    /// A service of the node has nobody for a sort code.
    NoShard(i32, u64),
    /// The peer makes a new connection, or is dialled, as another run of its process. What follows
    /// happens there.
    Connect(u32),
    /// What follows happens on another connection.
    On(usize),
    /// One of these was seen since it was asked last, and nothing else.
    Expect(Vec<Vec<String>>),
    /// So many calls are remembered.
    Remembers(usize),
}

/// What a script is written on.
#[derive(Debug)]
pub struct Sheet {
    /// Where it will be played.
    pub setting: Setting,
    steps: Vec<Step>,
    /// The number of the last call of the peer that was made to see that all is well.
    last_probe: u64,
    /// The number that the node gives its next call.
    next_call: u64,
    /// Why there is more than one outcome.
    left_open: Option<&'static str>,
}

impl Sheet {
    /// An empty one.
    pub fn new(setting: Setting) -> Self {
        // 1.2 numbers its Hello or Welcome, too.
        let next_call = if setting.since(3) { 1 } else { 2 };
        Self { setting, steps: Vec::new(), last_probe: 1000, next_call, left_open: None }
    }

    /// What is on it.
    pub fn into_steps(self) -> Vec<Step> {
        self.steps
    }

    /// One more step.
    pub fn then(&mut self, step: Step) {
        self.steps.push(step);
    }

    /// The peer sends a frame.
    pub fn peer(&mut self, frame: Frame) {
        self.then(Step::Frame(Box::new(frame)));
    }

    /// This is seen.
    pub fn sees<S: Into<String>>(&mut self, lines: impl IntoIterator<Item = S>) {
        self.then(Step::Expect(vec![lines.into_iter().map(Into::into).collect()]));
    }

    /// One of these is seen: released servers leave open which, for this reason.
    pub fn sees_one_of(&mut self, why: &'static str, outcomes: Vec<Vec<String>>) {
        self.left_open.get_or_insert(why);
        self.then(Step::Expect(outcomes));
    }

    /// Why released servers leave the outcome open, if they do.
    pub fn left_open(&self) -> Option<&'static str> {
        self.left_open
    }

    /// The peer sends a frame, and nothing comes of it but this.
    pub fn peer_sees<S: Into<String>>(&mut self, frame: Frame, lines: impl IntoIterator<Item = S>) {
        self.peer(frame);
        self.sees(lines);
    }

    /// A request of the peer as its version has them.
    pub fn request(&self, number: u64, message: MessageType) -> Frame {
        self.request_with(number, message, &self.payload(message))
    }

    /// The same with any payload.
    pub fn request_with(&self, number: u64, message: MessageType, payload: &[u8]) -> Frame {
        let row = message.row();
        if self.setting.is_v1() {
            frames::encoded(number, None, row.v1_target.unwrap_or_default(), payload)
        } else {
            frames::call(number, row.service, row.name, None, payload)
        }
    }

    /// An answer of the peer, as its version has them.
    pub fn answer(&self, number: u64, message: MessageType) -> Frame {
        self.answer_with(number, message, &self.payload(message))
    }

    /// The same with any payload.
    pub fn answer_with(&self, number: u64, message: MessageType, payload: &[u8]) -> Frame {
        if self.setting.is_v1() {
            let target = message.row().v1_target.unwrap_or_default();
            frames::encoded(0, Some(number), target, payload)
        } else {
            frames::reply(number, Some(RpcReplyBody::Payload(Bytes::copy_from_slice(payload))))
        }
    }

    /// Some payload of a message, as the peer writes it.
    pub fn payload(&self, message: MessageType) -> Bytes {
        let encode = |release| {
            let cx = crate::fabric::codec::tree::Context { release, version: self.setting.version };
            let value = frames::value(message)?.fitted(cx).ok()?;
            value.encode(release, self.setting.version.number()).ok()
        };
        self.setting.peer().and_then(encode).unwrap_or_default()
    }

    /// The peer asks for the node's state, which is left open.
    pub fn asks(&mut self, number: u64) {
        let frame = self.request(number, MessageType::GetNodeState);
        self.peer_sees(frame, ["(asked GetNodeState)"]);
    }

    /// The oldest request is answered, and the peer gets that.
    pub fn is_answered(&mut self, number: u64) {
        self.then(Step::Answer);
        self.sees([answered(number)]);
        if !self.setting.since(4) {
            // Answers are numbered, too.
            self.counts();
        }
    }

    /// The node asks for the peer's state; the number of the call.
    pub fn calls(&mut self) -> u64 {
        let number = self.next_call;
        self.next_call += 1;
        let message = frames::value(MessageType::GetNodeState);
        message.into_iter().for_each(|message| self.then(Step::Call(Box::new(message))));
        self.sees([format!("{number}: GetNodeState")]);
        number
    }

    /// Something takes a number from the counter of the node's calls.
    pub fn counts(&mut self) {
        self.next_call += 1;
    }

    /// Calls are numbered anew.
    pub fn counts_from(&mut self, number: u64) {
        self.next_call = number;
    }

    /// The number of the node's next call.
    pub fn next_call(&self) -> u64 {
        self.next_call
    }

    /// The peer answers a call of the node, which gets that.
    pub fn gets(&mut self, number: u64) {
        let frame = self.answer(number, MessageType::NodeStateResponse);
        self.peer_sees(frame, [format!("(call {number}: NodeStateResponse)")]);
    }

    /// Other traffic is unharmed: a call gets its one answer.
    pub fn unharmed(&mut self) {
        match self.setting.role {
            Role::Accepts => {
                self.last_probe += 1;
                let number = self.last_probe;
                self.asks(number);
                self.is_answered(number);
            }
            Role::Dials => {
                let number = self.calls();
                self.gets(number);
            }
        }
    }

    /// Whether the node is expected to have a fault.
    pub fn has(&self, quirk: Quirk) -> bool {
        self.setting.has(quirk)
    }
}

/// The line for an answer of the node about its state.
pub fn answered(number: u64) -> String {
    format!("answer to {number}: NodeStateResponse")
}
