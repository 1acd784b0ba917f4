//! What a frame does to an open connection (02 §4, §5; 01 §9).

use bytes::Bytes;

use super::event::{Closed, Dropped, Event, Outcome, Request, RequestId};
use super::local::ServiceState;
use super::open::{DrainReason, OUTSTANDING_MAX, Turn};
use super::quirk::Quirk;
use super::route::{message_at, reply_of, route, service_of, sort_code};
use super::undecodable::Fate;
use crate::catalogue::{Message, MessageType, SortCode};
use crate::envelope::{
    BinaryMessage, Body, ConnectionControl, Datagram, DatagramMember, EnumType, Header,
    Message as Frame, Ping, Pong, RpcCall, RpcReply, RpcReplyBody, RpcStatus, Signal, Unary, Watch,
    WatchStart, WatchUpdate, WatchUpdateBody,
};
use crate::gates::rule;
use crate::messages::metadata::MetadataMessage;
use crate::messages::node_state::GetNodeState;
use crate::payload::DecodeError;
use crate::release::Release;
use crate::version::ProtocolVersion;

const BODY_MISSING: &str = "Body is missing on message";
const HEADER_MISSING: &str = "Header is missing on message";
const HANDSHAKE_AGAIN: &str = "Hello/Welcome are not allowed after handshake";

impl Turn<'_> {
    pub(super) fn frame(&mut self, frame: &Frame) {
        let Some(body) = &frame.body else {
            return self.unreadable(BODY_MISSING, Closed::BodyMissing);
        };
        match (body, &frame.header) {
            (Body::ConnectionControl(control), header) => self.control(control, header.as_ref()),
            (Body::Hello(_) | Body::Welcome(_), _) => self.handshake_again(),
            (_, None) => self.header_missing(),
            (Body::Encoded(binary), Some(header)) => {
                self.observe(header);
                self.encoded(header, binary);
            }
            (Body::Datagram(datagram), Some(header)) => {
                self.observe(header);
                self.datagram(datagram);
            }
        }
    }

    /// The peer is told what was wrong. 1.2 then ends, later releases drain.
    fn unreadable(&mut self, text: &'static str, reason: Closed) {
        if !rule!("session.drains", self.local.release()) {
            self.close(reason);
        }
        self.drain(DrainReason::CodecError(text));
    }

    fn handshake_again(&mut self) {
        self.close(Closed::HandshakeAgain);
        if rule!("session.drains_on_a_second_handshake", self.local.release()) {
            self.drain(DrainReason::CodecError(HANDSHAKE_AGAIN));
        }
    }

    fn header_missing(&mut self) {
        if self.has(Quirk::DropsBareFrames) {
            self.close(Closed::HeaderMissing);
        } else {
            self.unreadable(HEADER_MISSING, Closed::HeaderMissing);
        }
    }

    fn control(&mut self, control: &ConnectionControl, header: Option<&Header>) {
        match header {
            None if self.has(Quirk::DropsBareFrames) => return self.close(Closed::HeaderMissing),
            None if self.has(Quirk::DeafToBareControl) => {
                return self.drop_it(Dropped::Unknown("a control frame without a header"));
            }
            None => {}
            Some(header) => self.observe(header),
        }
        let signal = control.signal(self.local.release());
        if signal == Signal::Shutdown {
            let peer = self.open.opened.peer;
            self.local.saw_going(peer);
            self.tell_owner(Event::PeerGone(peer));
        }
        if self.has(Quirk::EndsOnAnySignal) {
            return self.close(Closed::Signal);
        }
        match signal {
            Signal::Unknown => self.drop_it(Dropped::Unknown("a signal")),
            Signal::CodecError => self.close(Closed::CodecErrorReported),
            Signal::RequestStreamDrained => self.last_request(),
            Signal::Shutdown | Signal::DrainConnection | Signal::ResponseStreamDrained => {
                self.drain(DrainReason::Drain);
            }
        }
    }

    /// A frame of V1.
    fn encoded(&mut self, header: &Header, binary: &BinaryMessage) {
        if self.version() != ProtocolVersion::V1 {
            return self.close(Closed::WrongWrapper);
        }
        let release = self.local.release();
        // Zero is absence from 1.4 on.
        let answers = header.in_response_to;
        let answers = answers.filter(|id| *id > 0 || !rule!("header.zero_is_nothing", release));
        match answers {
            Some(id) => self.reply_at_v1(id, binary),
            None => self.request_at_v1(header.msg_id, binary),
        }
    }

    /// Up to 1.3 the target says what the reply is; 1.4 looks only at whom it answers.
    fn reply_at_v1(&mut self, id: u64, binary: &BinaryMessage) {
        let release = self.local.release();
        if rule!("session.replies_have_targets", release) {
            let Some(named) = message_at(release, binary.target) else {
                return self.turn_away(binary.target, "", RpcStatus::ServiceNotFound);
            };
            if self.open.calls.get(&id).is_some_and(|call| call.expects != named) {
                return self.drop_it(Dropped::UnknownCall { id });
            }
        }
        self.answered(id, &binary.payload);
    }

    fn request_at_v1(&mut self, number: u64, binary: &BinaryMessage) {
        let release = self.local.release();
        let Some(message_type) = message_at(release, binary.target) else {
            if rule!("session.closes_on_an_unknown_target", release) {
                return self.close(Closed::UnknownTarget);
            }
            return self.turn_away(binary.target, "", RpcStatus::ServiceNotFound);
        };
        let Some(reply) = reply_of(release, message_type) else {
            return self.drop_it(Dropped::UnknownCall { id: 0 });
        };
        let message = match self.decode(message_type, &binary.payload) {
            Ok(message) => message,
            Err(error) => {
                // Only where there is a sort code to be found does 1.4 look before the handler.
                let has_code = message_type.row().sort_code != SortCode::None;
                let quirk = if has_code { Quirk::PanicsOnSortCode } else { Quirk::PanicsOnPayload };
                self.undecodable(error, quirk);
                if quirk == Quirk::PanicsOnPayload && self.has(quirk) {
                    // At V1 nobody can be told.
                    self.wreck(message_type);
                }
                return;
            }
        };
        if rule!("session.routes_at_v1", release) {
            let (service, code) = (service_of(self.local, message_type), sort_code(&message));
            if let Err(status) = route(self.local, service, message_type.name(), code) {
                self.turn_away(service, message_type.name(), status);
                if reply.is_some() && is_of_router(status) && self.has(Quirk::DatagramAtV1) {
                    self.send_status_at_v1(number, status);
                }
                return;
            }
        }
        let is_answered = reply.is_some() && !is_update(&message);
        if is_answered && self.open.has_last_request {
            return self.drop_it(Dropped::LateRequest);
        }
        self.deliver(message, is_answered.then_some(number));
    }

    /// A frame of V2 and later.
    fn datagram(&mut self, datagram: &Datagram) {
        if self.version() == ProtocolVersion::V1 {
            return self.close(Closed::WrongWrapper);
        }
        match &datagram.datagram {
            None => self.drop_it(Dropped::Unknown("a datagram")),
            Some(DatagramMember::RpcCall(call)) => self.rpc_call(call),
            Some(DatagramMember::RpcReply(reply)) => self.rpc_reply(reply),
            Some(DatagramMember::Watch(watch)) => self.watch(watch),
            Some(DatagramMember::WatchUpdate(update)) => self.watch_update(update),
            Some(DatagramMember::Ping(ping)) => self.ping(*ping),
            Some(DatagramMember::Pong(_)) => {}
            Some(DatagramMember::Unary(unary)) => self.unary(unary),
        }
    }

    fn rpc_call(&mut self, call: &RpcCall) {
        if self.open.has_last_request {
            return self.drop_it(Dropped::LateRequest);
        }
        let service = EnumType::Service.getter(self.local.release(), call.service);
        let is_full = self.open.requests.len() >= OUTSTANDING_MAX;
        let routed = match route(self.local, service, &call.msg_type, call.sort_code) {
            Ok(_) if is_full => Err(RpcStatus::LoadShedding),
            routed => routed,
        };
        match routed {
            Ok(message_type) => match self.decode(message_type, &call.payload) {
                Ok(message) => self.deliver(message, Some(call.id)),
                Err(error) => {
                    self.undecodable(error, Quirk::PanicsOnPayload);
                    let status = if self.has(Quirk::PanicsOnPayload) {
                        self.wreck(message_type)
                    } else {
                        Some(RpcStatus::MessageUnrecognized)
                    };
                    status.into_iter().for_each(|status| self.send_status(call.id, status));
                }
            },
            Err(status) => {
                self.turn_away(call.service, &call.msg_type, status);
                if !is_of_router(status) {
                    return self.send_status(call.id, status);
                }
                self.send_routing_status(call.id, status);
                if self.has(Quirk::AnswersTwice) {
                    self.send_status(call.id, RpcStatus::Dropped);
                }
            }
        }
    }

    fn unary(&mut self, unary: &Unary) {
        let service = EnumType::Service.getter(self.local.release(), unary.service);
        match route(self.local, service, &unary.msg_type, unary.sort_code) {
            Err(status) => self.turn_away(unary.service, &unary.msg_type, status),
            Ok(message_type) => match self.decode(message_type, &unary.payload) {
                Ok(message) => self.deliver(message, None),
                Err(error) => {
                    self.undecodable(error, Quirk::PanicsOnPayload);
                    if self.has(Quirk::PanicsOnPayload) {
                        self.wreck(message_type);
                    }
                }
            },
        }
    }

    /// What the panic on a request takes with it (05 §5); the status by which a call is answered all
    /// the same. That a loglet gives this status from then on is not imitated.
    fn wreck(&mut self, message_type: MessageType) -> Option<RpcStatus> {
        match Fate::of(message_type, self.local.release()) {
            Fate::Unread | Fate::Dropped => None,
            Fate::Task | Fate::Loglet => Some(RpcStatus::Dropped),
            Fate::Service => {
                let state = self.local.services.states.get_mut(&message_type.row().service);
                state.into_iter().for_each(|state| *state = ServiceState::Stopped);
                None
            }
            Fate::Process => {
                self.close(Closed::Panicked);
                Some(RpcStatus::Dropped)
            }
        }
    }

    fn rpc_reply(&mut self, reply: &RpcReply) {
        match &reply.body {
            Some(RpcReplyBody::Payload(payload)) => self.answered(reply.id, payload),
            Some(RpcReplyBody::Status(number)) => {
                let outcome = match RpcStatus::of(self.local.release(), *number) {
                    RpcStatus::Unknown => Outcome::UnknownStatus(*number),
                    status => Outcome::Status(status),
                };
                self.outcome(reply.id, outcome);
            }
            None => self.outcome(reply.id, Outcome::UnknownStatus(0)),
        }
    }

    /// A payload that answers a call. Where it does not decode, the call has that for its outcome;
    /// up to 1.3 the answer is let fall and the call waits on (02 §6).
    fn answered(&mut self, id: u64, payload: &Bytes) {
        let Some(expects) = self.waiting(id) else { return };
        match self.decode(expects, payload) {
            Ok(message) => self.resolve(id, Outcome::Reply(message)),
            Err(error) => {
                if rule!("session.undecodable_replies_resolve", self.local.release()) {
                    self.resolve(id, Outcome::Undecodable(error.clone()));
                }
                self.undecodable(error, Quirk::PanicsOnPayload);
            }
        }
    }

    fn outcome(&mut self, id: u64, outcome: Outcome) {
        if self.waiting(id).is_some() {
            self.resolve(id, outcome);
        }
    }

    /// What a call waits for that is being answered; without such a call the answer is let fall.
    fn waiting(&mut self, id: u64) -> Option<MessageType> {
        let call = self.open.calls.get(&id).copied();
        let waiting = call.filter(|call| !call.is_abandoned);
        if waiting.is_none() {
            self.open.calls.remove(&id);
            self.drop_it(Dropped::UnknownCall { id });
        }
        waiting.map(|call| call.expects)
    }

    /// No release has watches. Who asks for one is told so.
    fn watch(&mut self, watch: &Watch) {
        if self.has(Quirk::PanicsOnWatch) {
            return self.panic_on_watch("a watch");
        }
        self.drop_it(Dropped::Unknown("a watch"));
        let start = WatchUpdateBody::Start(WatchStart::ServiceNotFound.number());
        self.send_datagram(DatagramMember::WatchUpdate(WatchUpdate {
            id: watch.id,
            body: Some(start),
        }));
    }

    fn watch_update(&mut self, _update: &WatchUpdate) {
        if self.has(Quirk::PanicsOnWatch) {
            return self.panic_on_watch("the update of a watch");
        }
        self.drop_it(Dropped::Unknown("the update of a watch"));
    }

    fn panic_on_watch(&mut self, on: &str) {
        self.tell_owner(Event::Panicked { quirk: Quirk::PanicsOnWatch, on: on.to_owned() });
        self.close(Closed::Panicked);
    }

    fn ping(&mut self, ping: Ping) {
        if self.open.has_last_request {
            return self.drop_it(Dropped::LateRequest);
        }
        self.send_datagram(DatagramMember::Pong(Pong { timestamp: ping.timestamp }));
    }

    fn decode(&self, message: MessageType, payload: &Bytes) -> Result<Message, DecodeError> {
        let (release, number) = (self.local.release(), self.version().number());
        let decoded = self.local.dialect.decode(message, payload, release, number);
        match decoded {
            // There is nothing in it, so that nobody looks (05 §3).
            Err(_) if is_never_read(message, release) => Ok(Message::GetNodeState(GetNodeState {})),
            decoded => decoded,
        }
    }

    /// A payload is let fall; with the quirk the released server panics on it.
    fn undecodable(&mut self, error: DecodeError, quirk: Quirk) {
        if self.has(quirk) {
            self.tell_owner(Event::Panicked { quirk, on: error.to_string() });
        } else {
            self.drop_it(Dropped::Undecodable(error));
        }
    }

    /// Hands a message to the owner; with a number on the wire it is to be answered.
    fn deliver(&mut self, message: Message, number: Option<u64>) {
        let Some(number) = number else { return self.tell_owner(Event::Told(message)) };
        if self.open.requests.len() >= OUTSTANDING_MAX {
            // Only at V1, where nobody can be told: later calls are turned away with a status.
            let (service, name) =
                (message.message_type().row().service, message.message_type().name());
            return self.turn_away(service, name, RpcStatus::LoadShedding);
        }
        self.open.last_request += 1;
        let id = self.open.last_request;
        self.open.requests.insert(id, number);
        self.tell_owner(Event::Request(Request { id: RequestId(id), message }));
    }
}

/// Whether a request got no further than the router. What a service itself turns away is another
/// matter: released servers answer that once, and say nothing of it at V1 (05 §3).
fn is_of_router(status: RpcStatus) -> bool {
    matches!(
        status,
        RpcStatus::ServiceNotFound
            | RpcStatus::ServiceNotReady
            | RpcStatus::ServiceStopped
            | RpcStatus::LoadShedding
    )
}

fn is_never_read(message: MessageType, release: Release) -> bool {
    message == MessageType::GetNodeState && Fate::of(message, release) == Fate::Unread
}

/// Up to 1.3 one message both asks for metadata and brings it.
fn is_update(message: &Message) -> bool {
    matches!(message, Message::MetadataMessage(MetadataMessage::MetadataUpdate(_)))
}
