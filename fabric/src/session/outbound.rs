//! What this side sends on an open connection, in the wrapper and codec of its version (01 §3, §5,
//! §9).

use std::time::Duration;

use bytes::Bytes;

use super::event::{CallError, CallId, RequestId};
use super::open::{Call, Turn};
use super::route::{reply_of, sort_code};
use crate::catalogue::{Message, MessageType, Role};
use crate::envelope::{
    BinaryMessage, Body, Datagram, DatagramMember, Header, RpcCall, RpcReply, RpcReplyBody,
    RpcStatus, Unary,
};
use crate::gates::rule;
use crate::payload::EncodeError;
use crate::version::ProtocolVersion;

impl Turn<'_> {
    pub(super) fn call(
        &mut self,
        message: &Message,
        patience: Duration,
    ) -> Result<CallId, CallError> {
        let message_type = message.message_type();
        let expects = reply_of(self.local.release(), message_type).flatten();
        let expects = expects.ok_or(CallError::WrongRole(message_type))?;
        let payload = self.encode_request(message)?;
        let id = if self.is_v1() {
            self.send_v1_request(message_type, payload)
        } else {
            let id = self.take_id();
            self.send_datagram(DatagramMember::RpcCall(RpcCall {
                id,
                service: message_type.row().service,
                msg_type: message_type.name().to_owned(),
                sort_code: sort_code(message),
                payload,
            }));
            id
        };
        let call = Call { expects, until: self.now + patience, is_abandoned: false };
        self.open.calls.insert(id, call);
        Ok(CallId(id))
    }

    pub(super) fn tell(&mut self, message: &Message) -> Result<(), CallError> {
        let message_type = message.message_type();
        if reply_of(self.local.release(), message_type) != Some(None) {
            return Err(CallError::WrongRole(message_type));
        }
        let payload = self.encode_request(message)?;
        if self.is_v1() {
            self.send_v1_request(message_type, payload);
            return Ok(());
        }
        // 1.4 counts these, too.
        if rule!("session.counts_unary", self.local.release()) {
            self.take_id();
        }
        self.send_datagram(DatagramMember::Unary(Unary {
            service: message_type.row().service,
            sort_code: sort_code(message),
            msg_type: message_type.name().to_owned(),
            payload,
        }));
        Ok(())
    }

    pub(super) fn reply(&mut self, request: RequestId, message: &Message) -> Result<(), CallError> {
        let message_type = message.message_type();
        if !matches!(message_type.row().role, Role::Reply | Role::Both) {
            return Err(CallError::WrongRole(message_type));
        }
        let number = self.take_request(request)?;
        let payload = match self.encode(message) {
            Ok(payload) => payload,
            Err(error) => {
                self.send_status(number, RpcStatus::Dropped);
                return Err(error.into());
            }
        };
        if self.is_v1() {
            self.send_v1_reply(number, message_type, payload);
        } else {
            let body = Some(RpcReplyBody::Payload(payload));
            self.send_datagram(DatagramMember::RpcReply(RpcReply { id: number, body }));
        }
        Ok(())
    }

    pub(super) fn fail(&mut self, request: RequestId, status: RpcStatus) -> Result<(), CallError> {
        let number = self.take_request(request)?;
        self.send_status(number, status);
        Ok(())
    }

    fn take_request(&mut self, request: RequestId) -> Result<u64, CallError> {
        self.open.requests.remove(&request.0).ok_or(CallError::NoSuchRequest)
    }

    fn is_v1(&self) -> bool {
        self.version() == ProtocolVersion::V1
    }

    fn take_id(&mut self) -> u64 {
        self.open.last_id += 1;
        self.open.last_id
    }

    /// The payload of a request, if this side may send any.
    fn encode_request(&self, message: &Message) -> Result<Bytes, CallError> {
        if !self.open.opened.may_request {
            return Err(CallError::NotForRequests);
        }
        if self.open.is_draining() {
            return Err(CallError::Draining);
        }
        Ok(self.encode(message)?)
    }

    fn encode(&self, message: &Message) -> Result<Bytes, EncodeError> {
        let (release, number) = (self.local.release(), self.version().number());
        self.local.dialect.encode(message, release, number)
    }

    /// A request in the wrapper of V1, and the number that its reply will refer to.
    fn send_v1_request(&mut self, message: MessageType, payload: Bytes) -> u64 {
        let is_own_counter = rule!("session.counts_per_connection", self.local.release());
        let msg_id = if is_own_counter { self.take_id() } else { self.local.take_msg_id() };
        let header = Header { msg_id, ..self.local.header() };
        self.send_encoded(header, message, payload);
        msg_id
    }

    /// Up to 1.3 replies are numbered, too.
    fn send_v1_reply(&mut self, number: u64, message: MessageType, payload: Bytes) {
        let is_numbered = rule!("session.numbers_replies", self.local.release());
        let msg_id = if is_numbered { self.local.take_msg_id() } else { 0 };
        let header = Header { msg_id, in_response_to: Some(number), ..self.local.header() };
        self.send_encoded(header, message, payload);
    }

    fn send_encoded(&mut self, header: Header, message: MessageType, payload: Bytes) {
        // What has no target has no form at V1, and does not come so far.
        let target = message.row().v1_target.unwrap_or_default();
        self.send(Some(header), Body::Encoded(BinaryMessage { target, payload }));
    }

    pub(super) fn send_datagram(&mut self, member: DatagramMember) {
        let header = self.local.header();
        self.send(Some(header), Body::Datagram(Datagram { datagram: Some(member) }));
    }

    /// Why a request gets no reply. V1 has no words for it.
    pub(super) fn send_status(&mut self, id: u64, status: RpcStatus) {
        if !self.is_v1() {
            self.send_datagram(DatagramMember::RpcReply(status_reply(id, status)));
        }
    }

    /// The same, where the request was not routed: 1.4 also refers to it in the header.
    pub(super) fn send_routing_status(&mut self, id: u64, status: RpcStatus) {
        if rule!("session.status_refers_in_header", self.local.release()) {
            self.send_referring_status(id, status);
        } else {
            self.send_status(id, status);
        }
    }

    /// What 1.4 sends at V1, where nobody can read it.
    pub(super) fn send_status_at_v1(&mut self, id: u64, status: RpcStatus) {
        self.send_referring_status(id, status);
    }

    fn send_referring_status(&mut self, id: u64, status: RpcStatus) {
        let header = Header { in_response_to: Some(id), ..self.local.header() };
        let member = DatagramMember::RpcReply(status_reply(id, status));
        self.send(Some(header), Body::Datagram(Datagram { datagram: Some(member) }));
    }
}

fn status_reply(id: u64, status: RpcStatus) -> RpcReply {
    RpcReply { id, body: Some(RpcReplyBody::Status(status.number())) }
}
