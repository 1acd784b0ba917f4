//! Sides of connections that are somewhere else: in another process, which has the sessions of this node.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;

use super::ROUND;
use crate::catalogue::Message;
use crate::envelope::{GenerationalNodeId, Message as Frame, RpcStatus, Swimlane};
use crate::negotiation::{Life, NodeEntry, PeerRecord, StatusCode};
use crate::session::{
    CallError, CallId, Connection, DrainReason, Event, Input, Local, MetadataVersions, Opened,
    Output, RequestId,
};

/// What sessions have to know of their node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Who it is.
    pub me: GenerationalNodeId,
    /// The name of its cluster.
    pub cluster: String,
    /// The runs of nodes that the nodes configuration names.
    pub nodes: BTreeMap<u32, u32>,
    /// Its versions of metadata.
    pub versions: MetadataVersions,
    /// Whether its process goes away.
    pub is_leaving: bool,
}

impl Known {
    fn of(local: &Local) -> Self {
        let run = |(id, record): (&u32, &PeerRecord)| match record.entry {
            NodeEntry::Generation(generation) => Some((*id, generation)),
            NodeEntry::Unknown | NodeEntry::Tombstone => None,
        };
        Self {
            me: local.identity.node_id.unwrap_or(GenerationalNodeId::new(0, 0)),
            cluster: local.identity.cluster_name.clone(),
            nodes: local.identity.peers.iter().filter_map(run).collect(),
            versions: local.versions,
            is_leaving: local.identity.life == Life::ShuttingDown,
        }
    }
}

/// What happens to a session, and what its owner does.
#[derive(Debug, Clone, Copy)]
pub enum Happens<'a> {
    /// It is to dial, for some traffic; only that run of a node will do, if one is named.
    Dial(Swimlane, Option<GenerationalNodeId>),
    /// It is dialled.
    Incoming,
    /// The bytes of a frame arrive.
    Frame(&'a Bytes),
    /// The peer has ended its half of the stream.
    Ended,
    /// The stream failed.
    Broken,
    /// The peer refused.
    Refused(StatusCode),
    /// Time has passed.
    Time,
    /// The owner asks, and waits for so long.
    Call(&'a Message, Duration),
    /// The owner tells.
    Tell(&'a Message),
    /// The owner answers a request.
    Reply(RequestId, &'a Message),
    /// The owner answers a request with a status.
    Fail(RequestId, RpcStatus),
    /// The owner ends the connection in good order.
    Drain(DrainReason),
}

/// What a side wants done.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "one at a time")]
pub enum Said {
    /// Send the bytes of a frame.
    Send(Bytes),
    /// There is a frame that cannot be written, and why.
    Unwritten(String),
    /// End the stream.
    Close,
    /// Fail the call by which the stream came in.
    Refuse(StatusCode, String),
    /// Tell the owner.
    Event(Event),
}

impl Said {
    /// What a session of this process wants done, as it is said to an owner elsewhere.
    pub fn of(output: Output, local: &Local) -> Self {
        let release = local.release();
        match output {
            Output::Send(frame) => match frame.encode(release) {
                Ok(bytes) => Self::Send(bytes.into()),
                Err(error) => Self::Unwritten(error.to_string()),
            },
            Output::Close => Self::Close,
            Output::Refuse(refusal) => {
                Self::Refuse(refusal.code(release), refusal.text(release).to_string())
            }
            Output::Event(event) => Self::Event(event),
        }
    }
}

/// All sessions of a node, by the numbers of their streams.
pub trait Sessions: Send + Sync {
    /// A copy that goes its own way from now on.
    fn fork(&self) -> Box<dyn Sessions>;

    /// Something happens to a session. What it does then, in order; and the number of a call, or why nothing
    /// came of what its owner does.
    fn happens(
        &mut self,
        known: &Known,
        now: Duration,
        stream: u64,
        what: Happens<'_>,
    ) -> (Vec<Said>, Result<Option<CallId>, CallError>);
}

impl Clone for Box<dyn Sessions> {
    fn clone(&self) -> Self {
        self.fork()
    }
}

/// A node as its sides see it, wherever they are.
pub(super) struct Home<'a> {
    pub(super) local: &'a mut Local,
    pub(super) away: &'a mut Option<Box<dyn Sessions>>,
}

/// One side of a connection.
#[derive(Debug, Clone)]
pub(super) enum Side {
    /// In this process.
    Here(Connection),
    /// Elsewhere.
    Away(Away),
}

/// What is known of a side that is elsewhere.
#[derive(Debug, Clone)]
pub(super) struct Away {
    stream: u64,
    opened: Option<Opened>,
    is_draining: bool,
    is_over: bool,
    /// It is told the time at least as often as there are rounds.
    wake_at: Duration,
    said: VecDeque<Said>,
}

impl Away {
    fn new(stream: u64) -> Self {
        let (wake_at, said) = (Duration::ZERO, VecDeque::new());
        Self { stream, opened: None, is_draining: false, is_over: false, wake_at, said }
    }

    fn happens(
        &mut self,
        home: &mut Home<'_>,
        now: Duration,
        what: Happens<'_>,
    ) -> Result<Option<CallId>, CallError> {
        let Some(away) = home.away.as_mut().filter(|_| !self.is_over) else {
            return Err(CallError::NotOpen);
        };
        self.wake_at = now + ROUND;
        let known = Known::of(home.local);
        let (said, call) = away.happens(&known, now, self.stream, what);
        self.is_draining |= matches!(what, Happens::Drain(_));
        for said in &said {
            match said {
                Said::Event(Event::Opened(opened)) => {
                    home.local.saw(opened.peer);
                    self.opened = Some(*opened);
                }
                Said::Event(Event::PeerGone(peer)) => home.local.saw_going(*peer),
                Said::Event(Event::Draining(_)) => self.is_draining = true,
                Said::Close | Said::Refuse(..) => self.is_over = true,
                _ => {}
            }
        }
        self.said.extend(said);
        call
    }
}

impl Side {
    pub(super) fn incoming(home: &mut Home<'_>, now: Duration, stream: u64) -> Self {
        if home.away.is_none() {
            return Self::Here(Connection::incoming(home.local, now));
        }
        Self::begun(home, now, stream, Happens::Incoming)
    }

    pub(super) fn dial(
        home: &mut Home<'_>,
        now: Duration,
        stream: u64,
        lane: Swimlane,
        peer: Option<GenerationalNodeId>,
    ) -> Self {
        if home.away.is_none() {
            return Self::Here(Connection::dial(home.local, now, lane, peer));
        }
        Self::begun(home, now, stream, Happens::Dial(lane, peer))
    }

    fn begun(home: &mut Home<'_>, now: Duration, stream: u64, how: Happens<'_>) -> Self {
        let mut away = Away::new(stream);
        // What cannot even begin says nothing, and is over, as is what ends at once.
        let has_begun = away.happens(home, now, how).is_ok();
        away.is_over |= !has_begun;
        Self::Away(away)
    }

    pub(super) fn frame(&mut self, home: &mut Home<'_>, now: Duration, bytes: Bytes) {
        match self {
            Self::Here(connection) => {
                let frame = Frame::decode(home.local.release(), bytes);
                connection.handle(home.local, now, Input::of(frame.as_ref()));
            }
            Self::Away(away) => {
                // Whose side is over hears nothing more.
                let _ = away.happens(home, now, Happens::Frame(&bytes));
            }
        }
    }

    /// What is no frame.
    pub(super) fn handle(&mut self, home: &mut Home<'_>, now: Duration, input: Input<'_>) {
        match self {
            Self::Here(connection) => connection.handle(home.local, now, input),
            Self::Away(away) => {
                let what = match input {
                    Input::Ended => Happens::Ended,
                    Input::Refused(status) => Happens::Refused(status),
                    Input::Timeout => Happens::Time,
                    Input::Frame(_) | Input::Broken | Input::Garbage | Input::Headers => {
                        Happens::Broken
                    }
                };
                let _ = away.happens(home, now, what);
            }
        }
    }

    pub(super) fn poll(&mut self, local: &Local) -> Option<Said> {
        match self {
            Self::Here(connection) => connection.poll().map(|output| Said::of(output, local)),
            Self::Away(away) => away.said.pop_front(),
        }
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        match self {
            Self::Here(connection) => connection.deadline(),
            Self::Away(away) => (!away.is_over).then_some(away.wake_at),
        }
    }

    pub(super) fn opened(&self) -> Option<Opened> {
        match self {
            Self::Here(connection) => connection.opened(),
            Self::Away(away) => away.opened.filter(|_| !away.is_over),
        }
    }

    pub(super) fn takes_calls(&self) -> bool {
        match self {
            Self::Here(connection) => connection.takes_calls(),
            Self::Away(away) => {
                !away.is_draining && self.opened().is_some_and(|opened| opened.may_request)
            }
        }
    }

    /// Whether nothing will happen any more.
    pub(super) fn is_over(&self) -> bool {
        match self {
            Self::Here(connection) => connection.is_over(),
            Self::Away(away) => away.is_over && away.said.is_empty(),
        }
    }

    pub(super) fn call(
        &mut self,
        home: &mut Home<'_>,
        now: Duration,
        message: &Message,
        patience: Duration,
    ) -> Result<CallId, CallError> {
        match self {
            Self::Here(connection) => connection.call(home.local, now, message, patience),
            Self::Away(away) => {
                let call = away.happens(home, now, Happens::Call(message, patience))?;
                call.ok_or(CallError::NotOpen)
            }
        }
    }

    pub(super) fn tell(
        &mut self,
        home: &mut Home<'_>,
        now: Duration,
        message: &Message,
    ) -> Result<(), CallError> {
        match self {
            Self::Here(connection) => connection.tell(home.local, now, message),
            Self::Away(away) => away.happens(home, now, Happens::Tell(message)).map(|_| ()),
        }
    }

    pub(super) fn reply(
        &mut self,
        home: &mut Home<'_>,
        now: Duration,
        request: RequestId,
        message: &Message,
    ) -> Result<(), CallError> {
        match self {
            Self::Here(connection) => connection.reply(home.local, now, request, message),
            Self::Away(away) => {
                away.happens(home, now, Happens::Reply(request, message)).map(|_| ())
            }
        }
    }

    pub(super) fn fail(
        &mut self,
        home: &mut Home<'_>,
        now: Duration,
        request: RequestId,
        status: RpcStatus,
    ) -> Result<(), CallError> {
        match self {
            Self::Here(connection) => connection.fail(home.local, now, request, status),
            Self::Away(away) => away.happens(home, now, Happens::Fail(request, status)).map(|_| ()),
        }
    }

    pub(super) fn drain(&mut self, home: &mut Home<'_>, now: Duration, reason: DrainReason) {
        match self {
            Self::Here(connection) => connection.drain(home.local, now, reason),
            Self::Away(away) => {
                // Nothing is left to be ended where it is over.
                let _ = away.happens(home, now, Happens::Drain(reason));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ends every session as soon as anything happens to it.
    struct Ending;

    impl Sessions for Ending {
        fn fork(&self) -> Box<dyn Sessions> {
            Box::new(Self)
        }

        fn happens(
            &mut self,
            _: &Known,
            _: Duration,
            _: u64,
            _: Happens<'_>,
        ) -> (Vec<Said>, Result<Option<CallId>, CallError>) {
            (vec![Said::Close], Ok(None))
        }
    }

    #[test]
    fn what_ends_when_it_begins_is_over() {
        let id = GenerationalNodeId::new(1, 1);
        let mut local = Local::new("1.7".parse().unwrap(), id, "cluster");
        let mut away: Option<Box<dyn Sessions>> = Some(Box::new(Ending));
        let mut home = Home { local: &mut local, away: &mut away };
        let side = Side::incoming(&mut home, Duration::ZERO, 1);
        assert!(matches!(side, Side::Away(Away { is_over: true, .. })));
    }
}
