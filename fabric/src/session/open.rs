//! A connection after its handshake: what it remembers, and how it ends (02 §4).

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::event::{CallId, Closed, Dropped, Event, Input, Opened, Outcome, Output};
use super::local::{Local, MetadataVersions};
use super::quirk::Quirk;
use crate::catalogue::MessageType;
use crate::envelope::{Body, ConnectionControl, Header, Message as Frame, RpcStatus, Signal};
use crate::gates;
use crate::gates::rule;
use crate::release::Release;
use crate::version::ProtocolVersion;

/// How long a connection may take to be drained, and how long one is kept on which the peer asks
/// nothing more (02 §4.2).
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(15);
/// How long what is left to be sent may take, when the peer sends nothing more either (02 §4.2).
pub const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);
/// Requests of a peer that are remembered at the same time; more are turned away.
pub const OUTSTANDING_MAX: usize = 1000;

/// Why a connection takes no new calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DrainReason {
    /// The process is going away.
    Shutdown,
    /// The connection is not wanted any more, or the stream has ended.
    Drain,
    /// The peer sent something that could not be read, in the words it is told.
    CodecError(&'static str),
}

impl DrainReason {
    fn control(self) -> ConnectionControl {
        let (signal, message) = match self {
            Self::Shutdown => (Signal::Shutdown, "Node is shutting down"),
            Self::Drain => (Signal::DrainConnection, "Connection is draining and will be dropped"),
            Self::CodecError(text) => (Signal::CodecError, text),
        };
        ConnectionControl { signal: signal.number(), message: message.to_owned() }
    }
}

/// A call of this side.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    /// What the answer should be.
    pub(super) expects: MessageType,
    /// Until when it is waited for.
    pub(super) until: Duration,
    /// Nobody waits any more.
    pub(super) is_abandoned: bool,
}

/// Whether bytes that are no frame leave the peer of a release without the word that it has all its
/// answers, and the connection open until the drain has taken too long (05 §3).
pub const fn stays_on_garbage(release: Release) -> bool {
    const { gates::gate("session.stays_on_garbage") }.is_open(release)
}

/// What an open connection remembers.
#[derive(Debug, Clone)]
pub(super) struct Open {
    pub(super) opened: Opened,
    /// The number of the last call, or message where those are numbered, too.
    pub(super) last_id: u64,
    pub(super) calls: BTreeMap<u64, Call>,
    pub(super) last_request: u64,
    /// Requests of the peer that are not answered, with their numbers on the wire.
    pub(super) requests: BTreeMap<u64, u64>,
    pub(super) seen: MetadataVersions,
    /// Until when it may take to be drained, from when on it is.
    pub(super) drain: Option<Duration>,
    /// Until when it is kept, from when on the peer asks nothing more.
    pub(super) deserted: Option<Duration>,
    /// The peer has said that it sends no more requests, or its half of the stream is over.
    pub(super) has_last_request: bool,
    /// The peer was told that it has all its answers.
    pub(super) has_answered_all: bool,
    pub(super) has_ended: bool,
    /// Nothing is read any more.
    pub(super) is_deaf: bool,
    pub(super) closed: Option<Closed>,
}

impl Open {
    pub(super) fn new(opened: Opened) -> Self {
        Self {
            opened,
            last_id: 0,
            calls: BTreeMap::new(),
            last_request: 0,
            requests: BTreeMap::new(),
            seen: MetadataVersions::default(),
            drain: None,
            deserted: None,
            has_last_request: false,
            has_answered_all: false,
            has_ended: false,
            is_deaf: false,
            closed: None,
        }
    }

    pub(super) fn is_draining(&self) -> bool {
        self.drain.is_some()
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        let waiting = self.calls.values().filter(|call| !call.is_abandoned);
        let calls = waiting.map(|call| call.until).min();
        [self.drain, self.deserted, calls].into_iter().flatten().min()
    }
}

/// Something happens on an open connection.
pub(super) struct Turn<'a> {
    pub(super) open: &'a mut Open,
    pub(super) local: &'a mut Local,
    pub(super) outputs: &'a mut VecDeque<Output>,
    pub(super) now: Duration,
}

impl Turn<'_> {
    pub(super) fn version(&self) -> ProtocolVersion {
        self.open.opened.version
    }

    /// Whether the model is to do what the released server did.
    pub(super) fn has(&self, quirk: Quirk) -> bool {
        self.local.quirks.has(quirk)
    }

    pub(super) fn send(&mut self, header: Option<Header>, body: Body) {
        self.outputs.push_back(Output::Send(Frame { header, body: Some(body) }));
    }

    pub(super) fn tell_owner(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    pub(super) fn drop_it(&mut self, dropped: Dropped) {
        self.tell_owner(Event::Dropped(dropped));
    }

    /// The first reason to end it is the one that counts.
    pub(super) fn close(&mut self, reason: Closed) {
        self.open.closed.get_or_insert(reason);
    }

    pub(super) fn handle(&mut self, input: Input<'_>) {
        match input {
            Input::Frame(_) if self.open.is_deaf => {}
            Input::Frame(frame) => self.frame(frame),
            Input::Timeout | Input::Headers => {}
            Input::Garbage => self.garbage(),
            Input::Ended | Input::Broken | Input::Refused(_) => self.stream_ended(),
        }
        self.expire();
    }

    /// The peer's versions of metadata, if one is higher than any that it showed before.
    pub(super) fn observe(&mut self, header: &Header) {
        let seen = self.open.seen.max(MetadataVersions::of(header));
        if seen != self.open.seen {
            self.open.seen = seen;
            self.tell_owner(Event::Observed(seen));
        }
    }

    pub(super) fn resolve(&mut self, id: u64, outcome: Outcome) {
        if self.open.calls.remove(&id).is_some_and(|call| !call.is_abandoned) {
            self.tell_owner(Event::Resolved(CallId(id), outcome));
        }
    }

    /// Calls whose time is over. What comes later finds nobody; where that is remembered for ever,
    /// so are they.
    fn expire(&mut self) {
        let is_due = |call: &Call| call.until <= self.now && !call.is_abandoned;
        let calls = self.open.calls.iter().filter(|(_, call)| is_due(call));
        let due: Vec<(u64, Call)> = calls.map(|(id, call)| (*id, *call)).collect();
        for (id, call) in due {
            self.resolve(id, Outcome::TimedOut);
            if self.has(Quirk::RemembersAbandoned) {
                self.open.calls.insert(id, Call { is_abandoned: true, ..call });
            }
        }
        let is_due = |until: Option<Duration>| until.is_some_and(|until| until <= self.now);
        let (is_drain_due, is_deserted) = (is_due(self.open.drain), is_due(self.open.deserted));
        if is_drain_due {
            self.close(Closed::DrainTimeout);
        } else if is_deserted {
            self.close(Closed::Deserted);
        }
    }

    /// The peer asks nothing more. On its own that is no drain: the peer is told when it has all its
    /// answers, and the connection is kept for a while.
    pub(super) fn last_request(&mut self) {
        self.open.has_last_request = true;
        if !self.open.is_draining() {
            self.open.deserted.get_or_insert(self.now + DRAIN_TIMEOUT);
        }
    }

    /// Nothing can be read any more.
    fn garbage(&mut self) {
        if !stays_on_garbage(self.local.release()) {
            return self.stream_ended();
        }
        self.open.is_deaf = true;
        self.abandon_calls();
        self.drain(DrainReason::Drain);
    }

    /// No more frames of the peer: what it has not answered it never will.
    fn stream_ended(&mut self) {
        self.open.has_ended = true;
        self.open.has_last_request = true;
        self.abandon_calls();
        if self.open.is_draining() || !rule!("session.outlives_the_stream", self.local.release()) {
            self.close(Closed::StreamEnded);
        } else if let Some(until) = self.open.deserted {
            self.open.deserted = Some(until.min(self.now + FLUSH_TIMEOUT));
        } else {
            self.drain(DrainReason::Drain);
        }
    }

    fn abandon_calls(&mut self) {
        let ids: Vec<u64> = self.open.calls.keys().copied().collect();
        ids.into_iter().for_each(|id| self.resolve(id, Outcome::ConnectionClosed));
    }

    /// Takes no new calls, says so, and goes on until those that are open are done. 1.2 says so and
    /// ends.
    pub(super) fn drain(&mut self, reason: DrainReason) {
        if self.open.is_draining() {
            return;
        }
        self.open.drain = Some(self.now + DRAIN_TIMEOUT);
        self.tell_owner(Event::Draining(reason));
        self.signal(reason.control());
        if rule!("session.drains", self.local.release()) {
            self.signal(marker(Signal::RequestStreamDrained));
        } else {
            self.close(Closed::Drained);
        }
    }

    fn signal(&mut self, control: ConnectionControl) {
        let header = self.local.control_header();
        self.send(header, Body::ConnectionControl(control));
    }

    /// Says what is to be said at the end; the reason if it is the end.
    pub(super) fn conclude(&mut self) -> Option<Closed> {
        self.end_drain();
        let closed = self.open.closed?;
        self.abandon_calls();
        Some(closed)
    }

    /// The peer has its answers, and is told so. In a drain that is the end if this side has its
    /// own.
    fn end_drain(&mut self) {
        if self.open.closed.is_some() {
            return;
        }
        let answered_all = self.open.has_last_request && self.open.requests.is_empty();
        if answered_all && !self.open.has_answered_all {
            self.open.has_answered_all = true;
            self.signal(marker(Signal::ResponseStreamDrained));
        }
        let waits = self.open.calls.values().any(|call| !call.is_abandoned);
        if answered_all && self.open.is_draining() && !waits {
            let reason = if self.open.has_ended { Closed::StreamEnded } else { Closed::Drained };
            self.close(reason);
        }
    }

    /// A request is turned away. At V1 there is no way to say so.
    pub(super) fn turn_away(&mut self, service: i32, msg_type: &str, status: RpcStatus) {
        let msg_type = msg_type.to_owned();
        self.drop_it(Dropped::Unroutable { service, msg_type, status });
    }
}

/// The word that one of the two queues has nothing more.
fn marker(signal: Signal) -> ConnectionControl {
    ConnectionControl { signal: signal.number(), message: String::new() }
}
