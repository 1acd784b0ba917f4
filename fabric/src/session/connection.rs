//! One connection as one side of it sees it: the handshake, and what becomes of it.

use std::collections::VecDeque;
use std::time::Duration;

use super::event::{CallError, CallId, Closed, Event, Input, Opened, Output, RequestId};
use super::local::Local;
use super::open::{DrainReason, Open, Turn};
use super::quirk::Quirk;
use crate::catalogue::Message;
use crate::envelope::{Body, GenerationalNodeId, Message as Frame, RpcStatus, Swimlane};
use crate::negotiation::{Accepted, Agreed, Answer, Arrival, Initiator, Life, Refusal};

/// How long either side waits for the other's first frame (02 §2, §3).
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(3);

/// One side of a connection.
#[derive(Debug, Clone)]
pub struct Connection {
    pub(super) stage: Stage,
    pub(super) outputs: VecDeque<Output>,
}

#[derive(Debug, Clone)]
pub(super) enum Stage {
    /// The Hello is sent. Without an end the peer's answer to the call is waited for.
    Dialled { initiator: Box<Initiator>, until: Option<Duration> },
    /// A stream has come in.
    Incoming { until: Duration },
    /// The version is settled.
    Open(Box<Open>),
    /// Nothing will happen any more.
    Over,
}

impl Connection {
    /// The side that dials, for one kind of traffic; with `peer`, only that run of a node will do.
    /// The Hello is the first output.
    pub fn dial(
        local: &mut Local,
        now: Duration,
        lane: Swimlane,
        peer: Option<GenerationalNodeId>,
    ) -> Self {
        let initiator = Initiator {
            release: local.release(),
            node_id: local.identity.node_id,
            cluster_name: local.identity.cluster_name.clone(),
            cluster_fingerprint: local.identity.cluster_fingerprint,
            swimlane: lane,
            expected_peer: peer,
            header: local.handshake_header(),
        };
        let hello = Output::Send(initiator.hello());
        let waits_forever = local.quirks.has(Quirk::WaitsForever);
        let until = (!waits_forever).then_some(now + HANDSHAKE_TIMEOUT);
        let stage = Stage::Dialled { initiator: Box::new(initiator), until };
        Self { stage, outputs: VecDeque::from([hello]) }
    }

    /// The side that is dialled. Up to 1.3 it refuses before the first frame if it is not ready.
    pub fn incoming(local: &Local, now: Duration) -> Self {
        let stage = Stage::Incoming { until: now + HANDSHAKE_TIMEOUT };
        let mut connection = Self { stage, outputs: VecDeque::new() };
        let refusal = local.dialect.accept(&local.identity, Arrival::Silence).err();
        if let Some(refusal @ Refusal::NotReady) = refusal {
            connection.refuse(refusal);
        }
        connection
    }

    /// Takes what happened. Before the outputs have been polled to the end nothing of it has been
    /// done.
    pub fn handle(&mut self, local: &mut Local, now: Duration, input: Input<'_>) {
        match &self.stage {
            Stage::Over => {}
            Stage::Incoming { until } => {
                let is_due = now >= *until;
                self.accept(local, now, input, is_due);
            }
            Stage::Dialled { initiator, until } => {
                let is_due = until.is_some_and(|until| now >= until);
                let initiator = initiator.clone();
                self.conclude(local, now, &initiator, input, is_due);
            }
            Stage::Open(_) => self.turn(local, now, |turn| turn.handle(input)),
        }
    }

    /// What is to be done next; nothing if all is done.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Timeout`] is due at the latest.
    pub fn deadline(&self) -> Option<Duration> {
        match &self.stage {
            Stage::Dialled { until, .. } => *until,
            Stage::Incoming { until } => Some(*until),
            Stage::Open(open) => open.deadline(),
            Stage::Over => None,
        }
    }

    /// What was agreed on, if the connection is open.
    pub fn opened(&self) -> Option<Opened> {
        match &self.stage {
            Stage::Open(open) => Some(open.opened),
            _ => None,
        }
    }

    /// Whether the connection takes calls of this side.
    pub fn takes_calls(&self) -> bool {
        match &self.stage {
            Stage::Open(open) => open.opened.may_request && !open.is_draining(),
            _ => false,
        }
    }

    /// Whether nothing will happen any more.
    pub fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    /// How many of its calls this side remembers.
    pub fn remembered_calls(&self) -> usize {
        match &self.stage {
            Stage::Open(open) => open.calls.len(),
            _ => 0,
        }
    }

    /// Asks the peer, and waits for `patience` at most. The outcome is an [`Event::Resolved`].
    ///
    /// # Errors
    ///
    /// If nothing was sent.
    pub fn call(
        &mut self,
        local: &mut Local,
        now: Duration,
        message: &Message,
        patience: Duration,
    ) -> Result<CallId, CallError> {
        self.try_turn(local, now, |turn| turn.call(message, patience))
    }

    /// Tells the peer something that is not answered.
    ///
    /// # Errors
    ///
    /// If nothing was sent.
    pub fn tell(
        &mut self,
        local: &mut Local,
        now: Duration,
        message: &Message,
    ) -> Result<(), CallError> {
        self.try_turn(local, now, |turn| turn.tell(message))
    }

    /// Answers a request, in the version of this connection.
    ///
    /// # Errors
    ///
    /// If the answer has no form there: the peer then gets a status, where there are any.
    pub fn reply(
        &mut self,
        local: &mut Local,
        now: Duration,
        request: RequestId,
        message: &Message,
    ) -> Result<(), CallError> {
        self.try_turn(local, now, |turn| turn.reply(request, message))
    }

    /// Answers a request with a status. At V1 there are none, and nothing is sent.
    ///
    /// # Errors
    ///
    /// If the request is not open.
    pub fn fail(
        &mut self,
        local: &mut Local,
        now: Duration,
        request: RequestId,
        status: RpcStatus,
    ) -> Result<(), CallError> {
        self.try_turn(local, now, |turn| turn.fail(request, status))
    }

    /// Ends the connection in good order: calls that are open get their answers.
    pub fn drain(&mut self, local: &mut Local, now: Duration, reason: DrainReason) {
        match self.stage {
            Stage::Open(_) => self.turn(local, now, |turn| turn.drain(reason)),
            Stage::Over => {}
            // The Hello is on its way, and is told that nobody is here for it any more (02 §2).
            Stage::Incoming { .. } if local.identity.life == Life::ShuttingDown => {}
            Stage::Dialled { .. } | Stage::Incoming { .. } => {
                self.end();
                self.outputs.push_back(Output::Event(Event::Closed(Closed::GivenUp)));
            }
        }
    }

    fn try_turn<T>(
        &mut self,
        local: &mut Local,
        now: Duration,
        body: impl FnOnce(&mut Turn<'_>) -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        if !matches!(self.stage, Stage::Open(_)) {
            return Err(CallError::NotOpen);
        }
        let mut result = Err(CallError::NotOpen);
        self.turn(local, now, |turn| result = body(turn));
        result
    }

    /// Lets something happen on the open connection, and ends it if that was its end.
    fn turn(&mut self, local: &mut Local, now: Duration, body: impl FnOnce(&mut Turn<'_>)) {
        let Stage::Open(open) = &mut self.stage else { return };
        let outputs = &mut self.outputs;
        let mut turn = Turn { open: open.as_mut(), local, outputs, now };
        body(&mut turn);
        if let Some(closed) = turn.conclude() {
            self.end();
            self.outputs.push_back(Output::Event(Event::Closed(closed)));
        }
    }

    fn end(&mut self) {
        self.outputs.push_back(Output::Close);
        self.stage = Stage::Over;
    }

    fn refuse(&mut self, refusal: Refusal) {
        self.outputs.push_back(Output::Refuse(refusal));
        self.outputs.push_back(Output::Event(Event::Refused(refusal)));
        self.stage = Stage::Over;
    }

    fn accept(&mut self, local: &mut Local, now: Duration, input: Input<'_>, is_due: bool) {
        let arrival = match input {
            Input::Timeout if !is_due => return,
            Input::Headers => return,
            Input::Timeout => Arrival::Silence,
            Input::Frame(frame) => Arrival::Frame(frame),
            Input::Ended | Input::Broken | Input::Garbage | Input::Refused(_) => Arrival::Ended,
        };
        local.identity.header = local.handshake_header();
        match local.dialect.clone().accept(&local.identity, arrival) {
            Err(refusal) => self.refuse(refusal),
            Ok(Accepted { version, peer, welcome, may_request }) => {
                let lane = lane_of(input, local);
                local.saw(peer);
                self.outputs.push_back(Output::Send(welcome));
                self.open(local, now, Opened { version, peer, lane, may_request }, input);
            }
        }
    }

    fn conclude(
        &mut self,
        local: &mut Local,
        now: Duration,
        initiator: &Initiator,
        input: Input<'_>,
        is_due: bool,
    ) {
        let answer = match input {
            Input::Timeout if !is_due => return,
            Input::Headers => return self.is_answered(now),
            Input::Timeout => Answer::Silence,
            Input::Frame(frame) => Answer::Frame(frame),
            Input::Ended | Input::Broken | Input::Garbage => Answer::Ended,
            Input::Refused(status) => Answer::Refused(status),
        };
        match local.dialect.clone().conclude(initiator, answer) {
            Err(reason) => {
                self.end();
                self.outputs.push_back(Output::Event(Event::NotAgreed(reason)));
            }
            Ok(agreed) => {
                let Agreed { version, peer, .. } = agreed;
                local.saw(peer);
                let lane = initiator.swimlane;
                let may_request = agreed.may_request(initiator.release);
                self.open(local, now, Opened { version, peer, lane, may_request }, input);
            }
        }
    }

    /// The call is answered: from now on the Welcome is waited for, and not for ever.
    fn is_answered(&mut self, now: Duration) {
        if let Stage::Dialled { until, .. } = &mut self.stage {
            until.get_or_insert(now + HANDSHAKE_TIMEOUT);
        }
    }

    /// The handshake is done. Its header counts as those of later frames do (02 §4.3).
    fn open(&mut self, local: &mut Local, now: Duration, opened: Opened, first: Input<'_>) {
        self.stage = Stage::Open(Box::new(Open::new(opened)));
        self.outputs.push_back(Output::Event(Event::Opened(opened)));
        if let Input::Frame(Frame { header: Some(header), .. }) = first {
            self.turn(local, now, |turn| turn.observe(header));
        }
    }
}

/// What the Hello asks the connection to be for.
fn lane_of(input: Input<'_>, local: &Local) -> Swimlane {
    match input {
        Input::Frame(Frame { body: Some(Body::Hello(hello)), .. }) => {
            hello.swimlane(local.release())
        }
        _ => Swimlane::General,
    }
}
