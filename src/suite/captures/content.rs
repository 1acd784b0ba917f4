//! What frames carry, as what their streams have said before tells.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;

use super::recording::Side;
use crate::fabric::catalogue::{MESSAGES, MessageType, Role};
use crate::fabric::envelope::{
    BinaryMessage, Body, Datagram, DatagramMember, Message as FrameMessage, RpcReplyBody,
};
use crate::fabric::release::Release;
use crate::fabric::version::VersionRange;

/// What is known of a stream so far.
#[derive(Default)]
pub(super) struct Stream {
    pub(super) offered: Option<VersionRange>,
    pub(super) version: Option<i32>,
    /// The sides that have said something.
    pub(super) spoken: HashSet<Side>,
    /// Calls that await their reply, by who made them and under which number.
    calls: HashMap<(Side, u64), MessageType>,
}

/// A payload in a frame.
pub(super) enum Content {
    /// None: a word about the connection, or a call's status.
    Nothing,
    /// The payload of this message.
    Payload(MessageType, Bytes),
    /// A payload that cannot be named, and why.
    Unnamed(String),
}

impl Stream {
    /// What a frame carries, as `release` names it. Learns from handshakes and calls.
    pub(super) fn content(
        &mut self,
        message: &FrameMessage,
        side: Side,
        release: Release,
    ) -> Content {
        match &message.body {
            Some(Body::Hello(hello)) => {
                self.offered = Some(hello.offered());
                Content::Nothing
            }
            Some(Body::Welcome(welcome)) => {
                self.version = Some(welcome.protocol_version);
                Content::Nothing
            }
            Some(Body::Encoded(encoded)) => {
                let header = message.header.as_ref();
                let is_reply = header.and_then(|h| h.in_response_to).unwrap_or(0) > 0;
                binary_content(encoded, is_reply, release)
            }
            Some(Body::Datagram(Datagram { datagram: Some(member) })) => {
                datagram_content(member, side, self)
            }
            _ => Content::Nothing,
        }
    }
}

fn datagram_content(member: &DatagramMember, side: Side, stream: &mut Stream) -> Content {
    match member {
        DatagramMember::RpcCall(call) => match call.msg_type.parse() {
            Ok(message_type) => {
                stream.calls.insert((side, call.id), message_type);
                Content::Payload(message_type, call.payload.clone())
            }
            Err(error) => Content::Unnamed(error.to_string()),
        },
        DatagramMember::Unary(unary) => match unary.msg_type.parse() {
            Ok(message_type) => Content::Payload(message_type, unary.payload.clone()),
            Err(error) => Content::Unnamed(error.to_string()),
        },
        DatagramMember::RpcReply(reply) => {
            let call = stream.calls.remove(&(side.other(), reply.id));
            let answer = call.map(|message_type| message_type.row().role);
            match (&reply.body, answer) {
                (Some(RpcReplyBody::Payload(payload)), Some(Role::Call(Some(answer)))) => {
                    Content::Payload(answer, payload.clone())
                }
                (Some(RpcReplyBody::Payload(_)), _) => {
                    Content::Unnamed("answers a call that the recording does not have".to_owned())
                }
                _ => Content::Nothing,
            }
        }
        _ => Content::Nothing,
    }
}

/// The payload of a V1 frame: the target names the message.
fn binary_content(encoded: &BinaryMessage, is_reply: bool, release: Release) -> Content {
    let named = MESSAGES.iter().find(|row| {
        row.v1_target == Some(encoded.target)
            && row.is_known_to(release)
            && (row.role != Role::Reply || is_reply)
    });
    match named {
        Some(row) => Content::Payload(row.message_type, encoded.payload.clone()),
        None => Content::Unnamed(format!("no message has the target {}", encoded.target)),
    }
}

/// What a frame is, for counting.
pub(super) fn frame_name(message: &FrameMessage) -> &'static str {
    match &message.body {
        None => "no body",
        Some(Body::ConnectionControl(_)) => "ConnectionControl",
        Some(Body::Hello(_)) => "Hello",
        Some(Body::Welcome(_)) => "Welcome",
        Some(Body::Encoded(_)) => "BinaryMessage",
        Some(Body::Datagram(datagram)) => match &datagram.datagram {
            None => "Datagram without a member",
            Some(DatagramMember::RpcCall(_)) => "RpcCall",
            Some(DatagramMember::RpcReply(_)) => "RpcReply",
            Some(DatagramMember::Watch(_)) => "Watch",
            Some(DatagramMember::WatchUpdate(_)) => "WatchUpdate",
            Some(DatagramMember::Ping(_)) => "Ping",
            Some(DatagramMember::Pong(_)) => "Pong",
            Some(DatagramMember::Unary(_)) => "Unary",
        },
    }
}
