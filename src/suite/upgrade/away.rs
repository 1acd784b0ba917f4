//! The sessions of a node that a testee has: what it sends, how its sessions stand and what their owner is
//! told, as the events that the node goes by.
//!
//! Of what is told the payloads are in frames that came before, which are read here; by the testee's own
//! codec.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value as Json, json};

use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::envelope::{
    Body, ConnectionDirection, Datagram, DatagramMember, EnumType, GenerationalNodeId, Header,
    Message as Frame, RpcReplyBody, Signal, Swimlane,
};
use crate::fabric::negotiation::{
    Acceptor, Agreed, Answer, Arrival, Initiator, Life, NoAgreement, NodeEntry, PeerRecord,
    StatusCode,
};
use crate::fabric::node::{Happens, Known, Said, Sessions};
use crate::fabric::payload::DecodeError;
use crate::fabric::release::Release;
use crate::fabric::session::{
    CallError, CallId, Closed, Dialect, DrainReason, Dropped, Event, Opened, Outcome, Request,
    RequestId,
};
use crate::fabric::version::ProtocolVersion;
use crate::harness::boundary::{Breach, Panicked, raise};
use crate::harness::testee::{Conversation, No};
use crate::suite::session::named;
use crate::suite::session::planted::{reply_number, request_number};
use crate::suite::skew::lanes;
use crate::suite::testee::{
    Behind, Contained, Done, Stands, status_named, versions_json, versions_of,
};

/// Frames of a connection that are kept until their owner is told of them.
const UNTOLD_MAX: usize = 64;

/// The sessions of one process of a node.
#[derive(Clone)]
pub(super) struct Away {
    testee: Arc<Behind>,
    conversation: Conversation,
    /// When its first session was opened.
    begun: Option<Duration>,
    /// The time that it was told last, and what it knows.
    now: Duration,
    known: Option<Known>,
    streams: BTreeMap<u64, Stream>,
}

/// One connection, as far as it was told of.
#[derive(Clone, Default)]
struct Stream {
    /// What for and whom it dials, if it does.
    dials: Option<(Swimlane, Option<GenerationalNodeId>)>,
    stands: Stands,
    opened: Option<Opened>,
    /// What has come, and the owner was not told of.
    untold: VecDeque<Frame>,
}

impl Stream {
    /// Takes out a frame of some kind: the last one, of which whoever does not wait tells at once, or else
    /// the first.
    fn take(&mut self, is_it: impl Fn(&Frame) -> bool) -> Option<Frame> {
        if self.untold.back().is_some_and(&is_it) {
            return self.untold.pop_back();
        }
        let index = self.untold.iter().position(is_it)?;
        self.untold.remove(index)
    }
}

impl Away {
    pub(super) fn new(testee: Arc<Behind>) -> Self {
        let (conversation, streams) = (testee.conversation(), BTreeMap::new());
        Self { testee, conversation, begun: None, now: Duration::ZERO, known: None, streams }
    }

    fn release(&self) -> Release {
        self.testee.release()
    }

    /// Milliseconds since its first session was opened.
    fn ms(&self, now: Duration) -> u64 {
        let since = now.saturating_sub(self.begun.unwrap_or(now));
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    /// Asks one question, or several, about a session.
    fn ask(&mut self, stream: u64, known: &Known, what: Happens<'_>) -> Result<Done, No> {
        let ms = self.ms(self.now);
        let version = self.streams.get(&stream).and_then(|it| it.opened);
        let version = version.map_or(self.release().highest_version(), |it| it.version);
        let session = usize::try_from(stream).unwrap_or(usize::MAX);
        let release = self.release();
        let lane = |lane: Swimlane| lanes::name(release, lane.number());
        let testee = Arc::clone(&self.testee);
        let config = |peer: Option<GenerationalNodeId>| {
            let mut config = config_of(known, None);
            config.insert("cluster".to_owned(), known.cluster.as_str().into());
            config.insert("node".to_owned(), known.me.to_string().into());
            config.extend(peer.map(|peer| ("peer".to_owned(), peer.to_string().into())));
            Json::Object(config)
        };
        testee.talk_in(&mut self.conversation, |talk| match what {
            Happens::Dial(swimlane, peer) => {
                talk.open(session, "initiator", Some(lane(swimlane)), &config(peer))
            }
            Happens::Incoming => talk.open(session, "acceptor", None, &config(None)),
            Happens::Frame(bytes) => talk.feed(session, ("frame", hex::encode(bytes).into())),
            Happens::Ended => talk.feed(session, ("close", true.into())),
            Happens::Broken => talk.feed(session, ("break", true.into())),
            Happens::Refused(status) => {
                let refused = json!({ "status": status.number(), "words": status.to_string() });
                talk.feed(session, ("refused", refused))
            }
            Happens::Time => talk.wake(session, ms),
            Happens::Call(message, patience) => {
                let patience = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
                let more = Some(("patience_ms", patience.into()));
                talk.send(session, "call", message, version, more)
            }
            Happens::Tell(message) => talk.send(session, "tell", message, version, None),
            Happens::Reply(request, message) => {
                let more = Some(("request", request.number().into()));
                talk.send(session, "reply", message, version, more)
            }
            Happens::Fail(request, status) => talk.fail(session, request.number(), status),
            Happens::Drain(reason) => talk.drain(session, reason),
        })
    }

    /// Tells it the time, if it has gone on or the session is to be told, and what its node has learned since
    /// it was told last.
    fn catch_up(
        &mut self,
        known: &Known,
        (now, is_told): (Duration, bool),
        stream: u64,
        said: &mut Vec<Said>,
    ) -> Result<(), No> {
        if now > self.now || is_told {
            self.now = now;
            let done = self.ask(stream, known, Happens::Time)?;
            self.take_down(known, stream, Happens::Time, done, said);
        }
        if self.known.as_ref() != Some(known) {
            let news = config_of(known, self.known.as_ref());
            let session = usize::try_from(stream).unwrap_or(usize::MAX);
            let testee = Arc::clone(&self.testee);
            let done =
                testee.talk_in(&mut self.conversation, |talk| talk.inform(session, news.into()))?;
            self.known = Some(known.clone());
            self.take_down(known, stream, Happens::Time, done, said);
        }
        Ok(())
    }

    /// Takes down what a session does; the number of a call that it has made.
    fn take_down(
        &mut self,
        known: &Known,
        stream: u64,
        what: Happens<'_>,
        done: Done,
        said: &mut Vec<Said>,
    ) -> Option<CallId> {
        let Done { frames, stands, lane, words, told } = done;
        let release = self.release();
        let mut call = None;
        for bytes in frames {
            let frame = Frame::decode(release, bytes.clone()).ok();
            call = frame.as_ref().and_then(request_number).or(call);
            said.push(Said::Send(bytes));
        }
        let before = self.streams.get(&stream).map(|it| it.stands).unwrap_or_default();
        if stands != before {
            self.stands(known, stream, what, (stands, lane, words), said);
        }
        for told in &told {
            let event = self.event(stream, told);
            said.extend(event.map(Said::Event));
        }
        call.map(CallId::numbered)
    }

    /// A session stands otherwise than before.
    fn stands(
        &mut self,
        known: &Known,
        stream: u64,
        what: Happens<'_>,
        (stands, lane, words): (Stands, Option<String>, String),
        said: &mut Vec<Said>,
    ) {
        let Some(it) = self.streams.get_mut(&stream) else { return };
        let was_open = it.opened.is_some();
        it.stands = stands;
        let (is_dialled, first) = (it.dials.is_none(), it.untold.front().cloned());
        match stands {
            Stands::Waiting => {}
            Stands::Agreed(number) => {
                let opened = self.opened(stream, number, lane.as_deref());
                if let Some(it) = self.streams.get_mut(&stream) {
                    it.opened = Some(opened);
                    // What began it is no news for the owner.
                    it.take(is_greeting);
                }
                said.push(Said::Event(Event::Opened(opened)));
            }
            Stands::Refused(status) if is_dialled && !was_open => {
                let code = status.and_then(|status| u8::try_from(status).ok());
                let code = code.and_then(StatusCode::from_number).unwrap_or(StatusCode::Internal);
                said.push(Said::Refuse(code, words));
                let acceptor = acceptor(known, self.release());
                let arrival = first.as_ref().map_or(Arrival::Silence, Arrival::Frame);
                let refusal = acceptor.accept(arrival).err();
                let refusal = refusal.filter(|it| it.code(self.release()) == code);
                said.extend(refusal.map(|refusal| Said::Event(Event::Refused(refusal))));
            }
            Stands::Refused(_) | Stands::Ended => {
                said.push(Said::Close);
                let event = if was_open || is_dialled {
                    Event::Closed(closed(&words, was_open))
                } else {
                    Event::NotAgreed(self.not_agreed(known, stream, what, first.as_ref()))
                };
                said.push(Said::Event(event));
            }
        }
    }

    /// What was agreed on: the version is what the testee says, the rest is in the first frame of its peer.
    fn opened(&self, stream: u64, number: i32, lane: Option<&str>) -> Opened {
        let release = self.release();
        let version = ProtocolVersion::from_number(number).unwrap_or_else(|| {
            self.testee.misanswered(&format!("it agrees on V{number}, which is no version"))
        });
        let it = self.streams.get(&stream);
        let dials = it.and_then(|it| it.dials);
        let nobody = GenerationalNodeId::new(0, 0);
        let first = it.and_then(|it| it.untold.iter().find(|frame| is_greeting(frame)));
        match first.and_then(|frame| frame.body.as_ref()) {
            Some(Body::Welcome(welcome)) => {
                let peer = welcome.my_node_id.unwrap_or(nobody);
                let agreed =
                    Agreed { version, peer, direction_ack: welcome.direction_ack(release) };
                let lane = dials.map_or(Swimlane::General, |(lane, _)| lane);
                Opened { version, peer, lane, may_request: agreed.may_request(release) }
            }
            Some(Body::Hello(hello)) => {
                let named = lane.and_then(|name| EnumType::Swimlane.number(release, name));
                let lane =
                    named.map_or_else(|| hello.swimlane(release), |it| Swimlane::of(release, it));
                let may_request = hello.direction(release) != ConnectionDirection::Forward;
                let peer = hello.my_node_id.unwrap_or(nobody);
                Opened { version, peer, lane, may_request }
            }
            _ => {
                let (lane, peer) = dials.unwrap_or((Swimlane::General, None));
                Opened { version, peer: peer.unwrap_or(nobody), lane, may_request: true }
            }
        }
    }

    /// Why its release would have dropped the connection; nothing but an end, if that would not.
    fn not_agreed(
        &self,
        known: &Known,
        stream: u64,
        what: Happens<'_>,
        first: Option<&Frame>,
    ) -> NoAgreement {
        let expected_peer =
            self.streams.get(&stream).and_then(|it| it.dials).and_then(|(_, peer)| peer);
        let initiator =
            Initiator { expected_peer, ..Initiator::new(self.release(), known.me, &known.cluster) };
        let answer = match (what, first) {
            (Happens::Refused(status), _) => Answer::Refused(status),
            (Happens::Time, _) => Answer::Silence,
            (_, Some(frame)) => Answer::Frame(frame),
            (_, None) => Answer::Ended,
        };
        initiator.conclude(answer).err().unwrap_or(NoAgreement::PeerDropped)
    }

    /// What the owner is told. What is not known is for people.
    fn event(&mut self, stream: u64, told: &Json) -> Option<Event> {
        let text = |member: &str| told.get(member).and_then(Json::as_str).unwrap_or_default();
        let number = |member: &str| told.get(member).and_then(Json::as_u64).unwrap_or_default();
        let message = MessageType::all().find(|of| of.row().word() == text("message"));
        let is_asked = |frame: &Frame| message.is_some_and(|message| asks(frame, message));
        let undecodable = |error| Some(Event::Dropped(Dropped::Undecodable(error)));
        match text("is") {
            "asked" => match self.read(stream, message?, is_asked) {
                Ok(message) => {
                    let id = RequestId::numbered(number("request"));
                    Some(Event::Request(Request { id, message }))
                }
                Err(error) => undecodable(error),
            },
            "told" => match self.read(stream, message?, is_asked) {
                Ok(message) => Some(Event::Told(message)),
                Err(error) => undecodable(error),
            },
            "answered" => {
                let call = number("call");
                let is_answer = |frame: &Frame| reply_number(frame) == Some(call);
                let outcome = match self.read(stream, message?, is_answer) {
                    Ok(message) => Outcome::Reply(message),
                    Err(error) => Outcome::Undecodable(error),
                };
                Some(Event::Resolved(CallId::numbered(call), outcome))
            }
            "failed" => {
                let outcome = failed(text("words"));
                Some(Event::Resolved(CallId::numbered(number("call")), outcome))
            }
            "gone" => {
                let opened = self.streams.get(&stream).and_then(|it| it.opened);
                opened.map(|opened| Event::PeerGone(opened.peer))
            }
            "newer" => Some(Event::Observed(versions_of(told.get("metadata")?))),
            "misread" => {
                let last = self.streams.get_mut(&stream).and_then(|it| it.untold.pop_back());
                let is_it = |of: &MessageType| last.as_ref().is_some_and(|last| asks(last, *of));
                let message = MessageType::all().find(is_it).unwrap_or(MessageType::GetNodeState);
                undecodable(DecodeError::Foreign { message, words: text("words").to_owned() })
            }
            "panicked" => {
                let message = text("words").to_owned();
                raise(Breach::Panicked(Panicked { message, location: String::new() }))
            }
            _ => None,
        }
    }

    /// The payload of the first frame of some kind, as the testee reads it.
    fn read(
        &mut self,
        stream: u64,
        message: MessageType,
        is_it: impl Fn(&Frame) -> bool,
    ) -> Result<Message, DecodeError> {
        let release = self.release();
        let unseen = || DecodeError::Foreign {
            message,
            words: format!("tells of {message}, and no frame has brought any"),
        };
        let it = self.streams.get_mut(&stream).ok_or_else(unseen)?;
        let frame = it.take(is_it).ok_or_else(unseen)?;
        let version = it.opened.map_or(release.highest_version(), |opened| opened.version);
        let payload = payload_of(&frame).ok_or_else(unseen)?;
        let subject = Contained(Arc::clone(&self.testee));
        subject.decode(message, &payload, release, version.number())
    }

    /// Why nothing came of what the owner wanted: it is the testee that says no, and its release that says
    /// why.
    fn refused(&self, stream: u64, what: Happens<'_>) -> CallError {
        let Some(opened) = self.streams.get(&stream).and_then(|it| it.opened) else {
            return CallError::NotOpen;
        };
        let gated = |message: &Message| {
            message.encode(self.release(), opened.version.number()).err().map(CallError::from)
        };
        match what {
            Happens::Call(message, _) | Happens::Tell(message) => {
                gated(message).unwrap_or(CallError::Draining)
            }
            Happens::Reply(_, message) => gated(message).unwrap_or(CallError::NoSuchRequest),
            Happens::Fail(..) => CallError::NoSuchRequest,
            _ => CallError::NotOpen,
        }
    }
}

impl Sessions for Away {
    fn fork(&self) -> Box<dyn Sessions> {
        Box::new(self.clone())
    }

    fn happens(
        &mut self,
        known: &Known,
        now: Duration,
        stream: u64,
        what: Happens<'_>,
    ) -> (Vec<Said>, Result<Option<CallId>, CallError>) {
        let mut said = Vec::new();
        let dials = match what {
            Happens::Dial(lane, peer) => Some(Some((lane, peer))),
            Happens::Incoming => Some(None),
            _ => None,
        };
        if let Some(dials) = dials {
            if self.begun.is_none() {
                (self.begun, self.now) = (Some(now), now);
            }
            self.known = Some(known.clone());
            self.streams.insert(stream, Stream { dials, ..Stream::default() });
        } else {
            let is_told = matches!(what, Happens::Time);
            self.catch_up(known, (now, is_told), stream, &mut said).unwrap_or_else(broken);
            if is_told {
                return (said, Ok(None));
            }
        }
        if let Happens::Frame(bytes) = what {
            self.arrives(stream, bytes, &mut said);
        }
        match self.ask(stream, known, what) {
            Ok(done) => {
                let call = self.take_down(known, stream, what, done, &mut said);
                (said, Ok(call))
            }
            Err(No::Refused(_)) if is_of_owner(what) => (said, Err(self.refused(stream, what))),
            // What nobody can refuse: it wants no more of it.
            Err(No::Refused(_)) => {
                said.push(Said::Close);
                said.push(Said::Event(Event::Closed(Closed::GivenUp)));
                (said, Ok(None))
            }
            Err(no) => broken(no),
        }
    }
}

impl Away {
    /// Keeps a frame until the owner is told of it, and notes that the peer drains.
    fn arrives(&mut self, stream: u64, bytes: &Bytes, said: &mut Vec<Said>) {
        let Ok(frame) = Frame::decode(self.release(), bytes.clone()) else { return };
        let Some(it) = self.streams.get_mut(&stream) else { return };
        if let Some(Body::ConnectionControl(control)) = &frame.body {
            let ends = [Signal::Shutdown, Signal::DrainConnection, Signal::CodecError];
            if it.opened.is_some() && ends.iter().any(|end| end.number() == control.signal) {
                said.push(Said::Event(Event::Draining(DrainReason::Drain)));
            }
            return;
        }
        it.untold.push_back(frame);
        if it.untold.len() > UNTOLD_MAX {
            it.untold.pop_front();
        }
    }
}

/// What it broke comes out of the node.
fn broken<T>(no: No) -> T {
    match no {
        No::Broke(breach) => raise(breach),
        No::Refused(words) => {
            raise(Breach::Unreadable(format!("it refuses what nobody can: {words}")))
        }
    }
}

fn is_of_owner(what: Happens<'_>) -> bool {
    matches!(
        what,
        Happens::Call(..)
            | Happens::Tell(_)
            | Happens::Reply(..)
            | Happens::Fail(..)
            | Happens::Drain(_)
    )
}

fn is_greeting(frame: &Frame) -> bool {
    matches!(frame.body, Some(Body::Hello(_) | Body::Welcome(_)))
}

/// What a node knows, as members of `config`; of what has changed since, if it was told before.
fn config_of(known: &Known, before: Option<&Known>) -> Map<String, Json> {
    let mut config = Map::new();
    if before.is_none_or(|before| before.nodes != known.nodes) {
        let name = |(id, run): (&u32, &u32)| GenerationalNodeId::new(*id, *run).to_string();
        config.insert("nodes".to_owned(), known.nodes.iter().map(name).collect());
    }
    if before.is_none_or(|before| before.versions != known.versions) {
        config.insert("metadata".to_owned(), versions_json(known.versions));
    }
    if before.map_or(known.is_leaving, |before| before.is_leaving != known.is_leaving) {
        config.insert("leaving".to_owned(), known.is_leaving.into());
    }
    config
}

/// The side that is dialled as its release would be it, as far as it is known.
fn acceptor(known: &Known, release: Release) -> Acceptor {
    let record = |(id, run): (&u32, &u32)| {
        (*id, PeerRecord { entry: NodeEntry::Generation(*run), ..PeerRecord::default() })
    };
    Acceptor {
        life: if known.is_leaving { Life::ShuttingDown } else { Life::Alive },
        header: Header {
            my_nodes_config_version: Some(known.versions.nodes_config),
            ..Header::default()
        },
        peers: known.nodes.iter().map(record).collect(),
        ..Acceptor::new(release, known.me, &known.cluster)
    }
}

/// Why a connection ended, by the words for it.
fn closed(words: &str, was_open: bool) -> Closed {
    let all = [
        Closed::Drained,
        Closed::GivenUp,
        Closed::Deserted,
        Closed::DrainTimeout,
        Closed::BodyMissing,
        Closed::HeaderMissing,
        Closed::HandshakeAgain,
        Closed::CodecErrorReported,
        Closed::WrongWrapper,
        Closed::UnknownTarget,
        Closed::Signal,
        Closed::Panicked,
    ];
    let other = if was_open { Closed::StreamEnded } else { Closed::GivenUp };
    all.into_iter().find(|closed| closed.to_string() == words).unwrap_or(other)
}

/// How a call ended that was not answered.
fn failed(words: &str) -> Outcome {
    let foreign = |words: &str| {
        let message = MessageType::GetNodeState;
        Outcome::Undecodable(DecodeError::Foreign { message, words: words.to_owned() })
    };
    match words {
        "timed out" => Outcome::TimedOut,
        "connection closed" => Outcome::ConnectionClosed,
        name => match (status_named(name), name.strip_prefix("unknown status ")) {
            (Some(status), _) => Outcome::Status(status),
            (None, Some(number)) => {
                number.parse().map_or_else(|_| foreign(words), Outcome::UnknownStatus)
            }
            (None, None) => foreign(words),
        },
    }
}

/// Whether a frame asks or tells a message. At V1 several have one number.
fn asks(frame: &Frame, message: MessageType) -> bool {
    match &frame.body {
        Some(Body::Encoded(binary)) => {
            reply_number(frame).is_none() && message.row().v1_target == Some(binary.target)
        }
        Some(Body::Datagram(Datagram { datagram: Some(DatagramMember::RpcCall(call)) })) => {
            named(&call.msg_type) == Some(message)
        }
        Some(Body::Datagram(Datagram { datagram: Some(DatagramMember::Unary(unary)) })) => {
            named(&unary.msg_type) == Some(message)
        }
        _ => false,
    }
}

fn payload_of(frame: &Frame) -> Option<Bytes> {
    match &frame.body {
        Some(Body::Encoded(binary)) => Some(binary.payload.clone()),
        Some(Body::Datagram(Datagram { datagram: Some(member) })) => match member {
            DatagramMember::RpcCall(call) => Some(call.payload.clone()),
            DatagramMember::Unary(unary) => Some(unary.payload.clone()),
            DatagramMember::RpcReply(reply) => match &reply.body {
                Some(RpcReplyBody::Payload(payload)) => Some(payload.clone()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}
