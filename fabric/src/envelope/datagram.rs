//! Data frames: the bodies that carry payloads. Each has one layout in all releases that know it
//! (01 §5), so the values here are their own wire shape.

use bytes::Bytes;
use serde_json::Value;

use super::enums::{RpcStatus, WatchStart};
use super::json::{Input, Json, JsonFault, json_choice, json_message};
use super::wire::Layout;
use crate::release::Release;

/// The data frame of V1 connections, up to 1.4.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct BinaryMessage {
    /// Raw number of the target that the payload is for.
    #[prost(int32, tag = "1")]
    pub target: i32,
    /// One message in flexbuffers.
    #[prost(bytes = "bytes", tag = "2")]
    pub payload: Bytes,
}

/// The data frame of V2 and later connections, from 1.4 on.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Datagram {
    /// What it is; nothing if the receiver knows no member of it.
    #[prost(oneof = "DatagramMember", tags = "1, 2, 3, 4, 5, 6, 100")]
    pub datagram: Option<DatagramMember>,
}

/// What a datagram is.
#[derive(Clone, PartialEq, Eq, Hash, prost::Oneof)]
pub enum DatagramMember {
    /// A request that wants a reply.
    #[prost(message, tag = "1")]
    RpcCall(RpcCall),
    /// The reply to a request.
    #[prost(message, tag = "2")]
    RpcReply(RpcReply),
    /// A request to be told of changes. No release has any.
    #[prost(message, tag = "3")]
    Watch(Watch),
    /// The answer to a watch. No release has any.
    #[prost(message, tag = "4")]
    WatchUpdate(WatchUpdate),
    /// A question whether the peer is there.
    #[prost(message, tag = "5")]
    Ping(Ping),
    /// The answer to a ping.
    #[prost(message, tag = "6")]
    Pong(Pong),
    /// A message without a reply.
    #[prost(message, tag = "100")]
    Unary(Unary),
}

/// A request that wants a reply.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct RpcCall {
    /// Number of the call, chosen by the sender, unique on its side of the connection.
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// Raw number of the service that the call is for.
    #[prost(int32, tag = "2")]
    pub service: i32,
    /// Name of the payload's type.
    #[prost(string, tag = "3")]
    pub msg_type: String,
    /// What the service is sharded by, if it is.
    #[prost(uint64, optional, tag = "4")]
    pub sort_code: Option<u64>,
    /// One message in the codec of the connection's version.
    #[prost(bytes = "bytes", tag = "100")]
    pub payload: Bytes,
}

/// A request to be told of changes; the layout is that of [`RpcCall`].
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Watch {
    /// Number of the watch.
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// Raw number of the service that the watch is for.
    #[prost(int32, tag = "2")]
    pub service: i32,
    /// Name of the payload's type.
    #[prost(string, tag = "3")]
    pub msg_type: String,
    /// What the service is sharded by, if it is.
    #[prost(uint64, optional, tag = "4")]
    pub sort_code: Option<u64>,
    /// One message in the codec of the connection's version.
    #[prost(bytes = "bytes", tag = "100")]
    pub payload: Bytes,
}

/// A message without a reply. Mind the numbers: the sort code comes before the type here.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Unary {
    /// Raw number of the service that the message is for.
    #[prost(int32, tag = "1")]
    pub service: i32,
    /// What the service is sharded by, if it is.
    #[prost(uint64, optional, tag = "2")]
    pub sort_code: Option<u64>,
    /// Name of the payload's type.
    #[prost(string, tag = "3")]
    pub msg_type: String,
    /// One message in the codec of the connection's version.
    #[prost(bytes = "bytes", tag = "100")]
    pub payload: Bytes,
}

/// The reply to the call with the same id.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct RpcReply {
    /// Number of the call.
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// The answer; a caller takes nothing at all for the status 0.
    #[prost(oneof = "RpcReplyBody", tags = "98, 99")]
    pub body: Option<RpcReplyBody>,
}

/// What a reply says.
#[derive(Clone, PartialEq, Eq, Hash, prost::Oneof)]
pub enum RpcReplyBody {
    /// Raw number of the reason why there is no answer.
    #[prost(int32, tag = "98")]
    Status(i32),
    /// The answer: one message in the codec of the connection's version.
    #[prost(bytes = "bytes", tag = "99")]
    Payload(Bytes),
}

/// The answer to the watch with the same id.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct WatchUpdate {
    /// Number of the watch.
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// What became of it.
    #[prost(oneof = "WatchUpdateBody", tags = "2, 3, 100")]
    pub body: Option<WatchUpdateBody>,
}

/// What became of a watch.
#[derive(Clone, PartialEq, Eq, Hash, prost::Oneof)]
pub enum WatchUpdateBody {
    /// Raw number of the reason why it did not start.
    #[prost(int32, tag = "2")]
    Start(i32),
    /// Raw number of the reason why it ended.
    #[prost(int32, tag = "3")]
    End(i32),
    /// A change: one message in the codec of the connection's version.
    #[prost(bytes = "bytes", tag = "100")]
    Update(Bytes),
}

/// A question whether the peer is there.
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Message)]
pub struct Ping {
    /// The sender's time, in a unit of its own.
    #[prost(uint64, tag = "1")]
    pub timestamp: u64,
}

/// The answer to a ping.
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Message)]
pub struct Pong {
    /// The timestamp of the ping.
    #[prost(uint64, tag = "1")]
    pub timestamp: u64,
}

impl RpcReply {
    /// The status as a release reads it, if the reply is one; a number that the release does not
    /// know reads as [`RpcStatus::Unknown`].
    pub fn status(&self, release: Release) -> Option<RpcStatus> {
        match self.body {
            Some(RpcReplyBody::Status(number)) => Some(RpcStatus::of(release, number)),
            _ => None,
        }
    }
}

impl WatchUpdate {
    /// Why the watch did not start, as a release reads it, if that is what the update says.
    pub fn start(&self, release: Release) -> Option<WatchStart> {
        match self.body {
            Some(WatchUpdateBody::Start(number)) => Some(WatchStart::of(release, number)),
            _ => None,
        }
    }
}

json_message!(BinaryMessage { target as Service, payload });
json_message!(RpcCall { id, service as Service, msg_type, sort_code, payload });
json_message!(Watch { id, service as Service, msg_type, sort_code, payload });
json_message!(Unary { service as Service, sort_code, msg_type, payload });
json_message!(RpcReply { id; body });
json_message!(WatchUpdate { id; body });
json_message!(Ping { timestamp });
json_message!(Pong { timestamp });
json_choice!(DatagramMember of Datagram {
    RpcCall = "rpc_call",
    RpcReply = "rpc_reply",
    Watch = "watch",
    WatchUpdate = "watch_update",
    Ping = "ping",
    Pong = "pong",
    Unary = "unary",
});
json_choice!(RpcReplyBody of RpcReply { Status as RpcStatus = "status", Payload = "payload" });
json_choice!(WatchUpdateBody of WatchUpdate {
    Start as WatchStart = "start",
    End as WatchEnd = "end",
    Update = "update",
});

/// A datagram has no field but its choice, and its form is that of the choice: null or an object
/// of one member.
impl Json for Datagram {
    fn to_json(&self, release: Release) -> Value {
        self.datagram.to_json(release)
    }

    fn from_json(input: Input<'_>) -> Result<Self, JsonFault> {
        Json::from_json(input).map(|datagram| Self { datagram })
    }
}

impl Layout for BinaryMessage {}
impl Layout for Datagram {}
impl Layout for Ping {}
impl Layout for Pong {}
impl Layout for RpcCall {}
impl Layout for RpcReply {}
impl Layout for Unary {}
impl Layout for Watch {}
impl Layout for WatchUpdate {}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message as _;

    #[test]
    fn zero_members_of_a_choice_are_written() {
        let reply = |body| RpcReply { id: 9, body: Some(body) }.encode_to_vec();
        assert_eq!(reply(RpcReplyBody::Status(0)), [0x08, 9, 0x90, 0x06, 0]);
        assert_eq!(reply(RpcReplyBody::Payload(Bytes::new())), [0x08, 9, 0x9a, 0x06, 0]);
        let update = |body| WatchUpdate { id: 0, body: Some(body) }.encode_to_vec();
        assert_eq!(update(WatchUpdateBody::Start(0)), [0x10, 0]);
        assert_eq!(update(WatchUpdateBody::End(0)), [0x18, 0]);
        assert_eq!(update(WatchUpdateBody::Update(Bytes::new())), [0xa2, 0x06, 0]);
    }

    #[test]
    fn call_and_unary_number_their_fields_differently() {
        let call = RpcCall { sort_code: Some(0), msg_type: "X".into(), ..RpcCall::default() };
        assert_eq!(call.encode_to_vec(), b"\x1a\x01X\x20\x00");
        let unary = Unary { sort_code: Some(0), msg_type: "X".into(), ..Unary::default() };
        assert_eq!(unary.encode_to_vec(), b"\x10\x00\x1a\x01X");
    }

    #[test]
    fn statuses_read_by_release() {
        let release = "1.7".parse().unwrap();
        let reply = |number| RpcReply { id: 1, body: Some(RpcReplyBody::Status(number)) };
        assert_eq!(reply(5).status(release), Some(RpcStatus::Dropped));
        assert_eq!(reply(99).status(release), Some(RpcStatus::Unknown));
        assert_eq!(RpcReply::default().status(release), None);
        let update = WatchUpdate { id: 1, body: Some(WatchUpdateBody::End(1)) };
        assert_eq!(update.start(release), None);
        let update = WatchUpdate { id: 1, body: Some(WatchUpdateBody::Start(6)) };
        assert_eq!(update.start(release), Some(WatchStart::LoadShedding));
    }
}
