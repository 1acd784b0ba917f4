//! Who a script is played to: a process with its connections, wherever it is.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;

use super::host::Host;
use super::sheet::PATIENCE;
use super::words;
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::envelope::{GenerationalNodeId, Message as Frame, RpcStatus, Swimlane};
use crate::fabric::release::Release;
use crate::fabric::session::{DrainReason, Event, Input, Output, RequestId, ServiceState};

/// What happens to a connection that is no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happens {
    /// The peer ends its half of the stream.
    Ends,
    /// The stream fails.
    Breaks,
    /// The call for the connection is answered, though not by a frame.
    Headers,
    /// Time has passed.
    Time,
}

/// What a party does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// It sends a frame.
    Frame(Bytes),
    /// The owner is asked something, and can answer by this number.
    Asked(u64, MessageType),
    /// Anything else, as scripts have it.
    Line(String),
}

/// The end of the stream, as scripts have it.
pub const END: &str = "end of the stream";

/// Something came of the time although the connection did not ask to be told of it.
const BEFORE_ITS_TIME: &str = "before its time:";
/// Nothing came of the time for which the connection asked.
const NOT_IN_TIME: &str = "nothing at its time";

/// A process with its connections, which are known by their index.
pub trait Party {
    /// How many connections there have been.
    fn connections(&self) -> usize;
    /// It dials a node.
    fn dial(&mut self, now: Duration, peer: GenerationalNodeId) -> usize;
    /// It is dialled by a node.
    fn incoming(&mut self, now: Duration, peer: GenerationalNodeId) -> usize;
    /// Bytes of the peer arrive.
    fn arrives(&mut self, index: usize, now: Duration, bytes: Bytes);
    /// Something else happens.
    fn happens(&mut self, index: usize, now: Duration, what: Happens);
    /// The owner asks the peer.
    ///
    /// # Errors
    ///
    /// If nothing was sent.
    fn call(&mut self, index: usize, now: Duration, message: &Message) -> Result<(), String>;
    /// The owner tells the peer something.
    ///
    /// # Errors
    ///
    /// If nothing was sent.
    fn tell(&mut self, index: usize, now: Duration, message: &Message) -> Result<(), String>;
    /// The owner answers a request.
    ///
    /// # Errors
    ///
    /// If the answer was not sent.
    fn reply(&mut self, request: u64, now: Duration, message: &Message) -> Result<(), String>;
    /// The owner gives a request up.
    ///
    /// # Errors
    ///
    /// If it is not open.
    fn fail(&mut self, request: u64, now: Duration, status: RpcStatus) -> Result<(), String>;
    /// The owner ends a connection in good order.
    fn drain(&mut self, index: usize, now: Duration, reason: DrainReason);
    /// A service changes; nothing takes it away.
    fn service(&mut self, service: i32, state: Option<ServiceState>);
    /// A service has nobody for a sort code.
    fn lacks(&mut self, service: i32, code: u64);
    /// How many of its calls a connection remembers, if that can be seen.
    fn remembered(&self, index: usize) -> Option<usize>;
    /// All that happened has happened: what a party does by itself is looked for.
    fn settle(&mut self, _now: Duration) {}
    /// What it does next on a connection.
    fn poll(&mut self, index: usize) -> Option<Seen>;
    /// Lines as far as such a party can be seen to do them.
    fn as_seen(&self, lines: Vec<String>) -> Vec<String> {
        lines
    }
    /// Whether it can be played to no more.
    fn is_gone(&self) -> bool {
        false
    }
}

/// A process of the model, in this one.
pub struct InProcess {
    host: Host,
    /// What was seen of a connection, and was not asked for yet.
    ahead: BTreeMap<usize, VecDeque<Seen>>,
    requests: BTreeMap<u64, (usize, RequestId)>,
    asked: u64,
}

impl InProcess {
    /// A process without connections.
    pub fn new(host: Host) -> Self {
        Self { host, ahead: BTreeMap::new(), requests: BTreeMap::new(), asked: 0 }
    }

    fn release(&self) -> Release {
        self.host.local.release()
    }

    fn request(&mut self, number: u64) -> Result<(usize, RequestId), String> {
        self.requests.remove(&number).ok_or_else(|| format!("there is no request {number}"))
    }

    /// Time has passed. A connection says when it is to be told so: before that nothing may come of it,
    /// and then something must.
    fn time_passes(&mut self, index: usize, now: Duration) {
        let deadline = self.host.connection(index).and_then(|connection| connection.deadline());
        let is_due = deadline.is_some_and(|deadline| deadline <= now);
        self.host.handle(index, now, Input::Timeout);
        let output = self.host.poll(index);
        let untimely = match (&output, is_due) {
            (Some(_), false) => Some(BEFORE_ITS_TIME),
            (None, true) => Some(NOT_IN_TIME),
            _ => None,
        };
        let untimely = untimely.map(|line| Seen::Line(line.to_owned()));
        let first = output.and_then(|output| self.seen(index, output));
        self.ahead.entry(index).or_default().extend(untimely.into_iter().chain(first));
    }

    fn seen(&mut self, index: usize, output: Output) -> Option<Seen> {
        Some(match output {
            Output::Close => Seen::Line(END.to_owned()),
            Output::Refuse(refusal) => {
                Seen::Line(format!("refused: {:?}", refusal.code(self.release())))
            }
            Output::Event(Event::Request(request)) => {
                self.asked += 1;
                self.requests.insert(self.asked, (index, request.id));
                Seen::Asked(self.asked, request.message.message_type())
            }
            Output::Event(event) => Seen::Line(words::event(&event)?),
            Output::Send(frame) => match frame.encode(self.release()) {
                Ok(bytes) => Seen::Frame(bytes.into()),
                Err(error) => Seen::Line(format!("a frame it cannot encode: {error}")),
            },
        })
    }
}

fn in_words<T>(result: Result<T, impl ToString>) -> Result<(), String> {
    result.map(|_| ()).map_err(|error| error.to_string())
}

impl Party for InProcess {
    fn connections(&self) -> usize {
        self.host.connections()
    }

    fn dial(&mut self, now: Duration, _: GenerationalNodeId) -> usize {
        self.host.dial(now, Swimlane::Gossip, None)
    }

    fn incoming(&mut self, now: Duration, _: GenerationalNodeId) -> usize {
        self.host.incoming(now)
    }

    fn arrives(&mut self, index: usize, now: Duration, bytes: Bytes) {
        let frame = Frame::decode(self.release(), bytes);
        self.host.handle(index, now, Input::of(frame.as_ref()));
    }

    fn happens(&mut self, index: usize, now: Duration, what: Happens) {
        let input = match what {
            Happens::Ends => Input::Ended,
            Happens::Breaks => Input::Broken,
            Happens::Headers => Input::Headers,
            Happens::Time => return self.time_passes(index, now),
        };
        self.host.handle(index, now, input);
    }

    fn call(&mut self, index: usize, now: Duration, message: &Message) -> Result<(), String> {
        in_words(self.host.call(index, now, message, PATIENCE))
    }

    fn tell(&mut self, index: usize, now: Duration, message: &Message) -> Result<(), String> {
        in_words(self.host.tell(index, now, message))
    }

    fn reply(&mut self, request: u64, now: Duration, message: &Message) -> Result<(), String> {
        let (index, request) = self.request(request)?;
        in_words(self.host.reply(index, now, request, message))
    }

    fn fail(&mut self, request: u64, now: Duration, status: RpcStatus) -> Result<(), String> {
        let (index, request) = self.request(request)?;
        in_words(self.host.fail(index, now, request, status))
    }

    fn drain(&mut self, index: usize, now: Duration, reason: DrainReason) {
        self.host.drain(index, now, reason);
    }

    fn service(&mut self, service: i32, state: Option<ServiceState>) {
        let states = &mut self.host.local.services.states;
        match state {
            Some(state) => states.insert(service, state),
            None => states.remove(&service),
        };
    }

    fn lacks(&mut self, service: i32, code: u64) {
        self.host.local.services.missing_shards.insert((service, code));
    }

    fn remembered(&self, index: usize) -> Option<usize> {
        self.host.connection(index).map(|connection| connection.remembered_calls())
    }

    fn poll(&mut self, index: usize) -> Option<Seen> {
        if let Some(seen) = self.ahead.get_mut(&index).and_then(VecDeque::pop_front) {
            return Some(seen);
        }
        loop {
            let output = self.host.poll(index)?;
            if let Some(seen) = self.seen(index, output) {
                return Some(seen);
            }
        }
    }
}
