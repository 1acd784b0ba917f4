//! What a side says and tells, in lines of words: the transcript that scripts are written in.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::fabric::catalogue::{MESSAGES, Message, MessageType};
use crate::fabric::envelope::{
    Body, Datagram, DatagramMember, EnumType, Header, Message as Frame, RpcReply, RpcReplyBody,
};
use crate::fabric::release::Release;
use crate::fabric::session::{Dropped, Event, MetadataVersions};
use crate::fabric::version::ProtocolVersion;

/// Who reads frames: a release on a connection, with the calls that it has made.
pub struct Reader<'a> {
    /// The release.
    pub release: Release,
    /// The version of the connection.
    pub version: ProtocolVersion,
    /// What it asked, by number.
    pub asked: &'a BTreeMap<u64, MessageType>,
}

impl Reader<'_> {
    /// A frame as it is read there.
    pub fn frame(&self, frame: &Frame) -> String {
        let bare = if frame.header.is_none() { " without a header" } else { "" };
        let words = match &frame.body {
            None => "a frame without a body".to_owned(),
            Some(Body::Hello(_)) => "a Hello".to_owned(),
            Some(Body::Welcome(welcome)) => format!("a Welcome to V{}", welcome.protocol_version),
            Some(Body::ConnectionControl(control)) => {
                let number = control.signal;
                let name = EnumType::Signal.name(self.release, number);
                let name = name.map_or_else(|| format!("signal {number}"), str::to_owned);
                if control.message.is_empty() {
                    name
                } else {
                    format!("{name} {:?}", control.message)
                }
            }
            Some(Body::Encoded(binary)) => {
                let header = frame.header.clone().unwrap_or_default();
                self.encoded(&header, binary.target, &binary.payload)
            }
            Some(Body::Datagram(Datagram { datagram: None })) => "an empty datagram".to_owned(),
            Some(Body::Datagram(Datagram { datagram: Some(member) })) => self.member(member),
        };
        words + bare
    }

    fn encoded(&self, header: &Header, target: i32, payload: &Bytes) -> String {
        let is_meant = |of: &MessageType| of.row().v1_target == Some(target);
        match header.in_response_to.filter(|id| *id > 0) {
            Some(id) => self.answer(id, payload),
            None => {
                let asks = MessageType::all().find(is_meant);
                let name = asks.map_or_else(|| format!("target {target}"), |of| of.to_string());
                format!("{}: {name}", header.msg_id)
            }
        }
    }

    fn member(&self, member: &DatagramMember) -> String {
        match member {
            DatagramMember::RpcCall(call) => format!("{}: {}", call.id, call.msg_type),
            DatagramMember::RpcReply(RpcReply { id, body }) => match body {
                Some(RpcReplyBody::Payload(payload)) => self.answer(*id, payload),
                Some(RpcReplyBody::Status(number)) => {
                    let name = EnumType::RpcStatus.name(self.release, *number);
                    format!("answer to {id}: {}", name.unwrap_or("an unknown status"))
                }
                None => format!("answer to {id}: nothing"),
            },
            DatagramMember::Watch(watch) => format!("watch {}: {}", watch.id, watch.msg_type),
            DatagramMember::WatchUpdate(update) => {
                let start = update.start(self.release).map(|start| format!("{start:?}"));
                format!("update of watch {}: {}", update.id, start.unwrap_or_default())
            }
            DatagramMember::Ping(ping) => format!("ping {}", ping.timestamp),
            DatagramMember::Pong(pong) => format!("pong {}", pong.timestamp),
            DatagramMember::Unary(unary) => unary.msg_type.clone(),
        }
    }

    fn answer(&self, id: u64, payload: &Bytes) -> String {
        let Some(asked) = self.asked.get(&id) else { return format!("answer to {id}") };
        let number = self.version.number();
        let decoded =
            reply_of(*asked).map(|reply| Message::decode(reply, payload, self.release, number));
        match decoded {
            Some(Ok(message)) => format!("answer to {id}: {}", message.message_type()),
            Some(Err(error)) => format!("answer to {id}: undecodable, {error}"),
            None => format!("answer to {id}"),
        }
    }
}

/// What answers a call.
pub fn reply_of(call: MessageType) -> Option<MessageType> {
    use crate::fabric::catalogue::Role;
    match call.row().role {
        Role::Call(reply) => reply,
        Role::Both => Some(call),
        Role::Reply => None,
    }
}

/// The message that a name stands for on the wire.
pub fn named(msg_type: &str) -> Option<MessageType> {
    MESSAGES.iter().find(|row| row.name == msg_type).map(|row| row.message_type)
}

/// What the owner of a connection is told; nothing if another line says the same.
pub fn event(event: &Event) -> Option<String> {
    Some(match event {
        Event::Opened(opened) => format!("(open at {})", opened.version),
        Event::Refused(_) | Event::Draining(_) | Event::Closed(_) => return None,
        Event::NotAgreed(reason) => format!("(no agreement: {reason})"),
        Event::Observed(versions) => {
            let MetadataVersions { nodes_config, logs, schema, partition_table } = versions;
            format!("(metadata {nodes_config}, {logs}, {schema}, {partition_table})")
        }
        Event::Request(request) => format!("(asked {})", request.message.message_type()),
        Event::Told(message) => format!("(told {})", message.message_type()),
        Event::Resolved(call, outcome) => {
            let outcome = match outcome {
                crate::fabric::session::Outcome::Undecodable(_) => "undecodable".to_owned(),
                outcome => outcome.to_string(),
            };
            format!("(call {}: {outcome})", call.number())
        }
        Event::PeerGone(peer) => format!("(peer {}:{} is gone)", peer.id, peer.generation),
        Event::Dropped(dropped) => format!("(dropped: {})", fallen(dropped)),
        Event::Panicked { quirk, .. } => format!("(panics, {quirk})"),
    })
}

fn fallen(dropped: &Dropped) -> String {
    match dropped {
        Dropped::Undecodable(_) => "undecodable".to_owned(),
        Dropped::Unroutable { .. } => "unroutable".to_owned(),
        Dropped::UnknownCall { id } => format!("answer to {id}"),
        Dropped::LateRequest => "late request".to_owned(),
        Dropped::Unknown(what) => (*what).to_owned(),
    }
}
