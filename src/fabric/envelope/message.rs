//! The frame and the messages that changed between releases, as canonical values: a superset of
//! what each release has. Which release has which field is written in [`super::wire`].
//!
//! Absence: `None`, 0, the empty text and an enum's value 0 all say nothing, so a release without
//! the field carries them. `Some(0)` differs from `None` only in releases with explicit presence
//! (1.2 and 1.3); later ones write neither and read `None`.

use super::datagram::{BinaryMessage, Datagram, RpcCall, RpcReply};
use super::enums::{ConnectionDirection, EnumType, Signal, Swimlane};
use super::ids::{GenerationalNodeId, SpanContext};
use super::json::json_message;
use crate::fabric::release::Release;
use crate::fabric::version::VersionRange;

/// One frame of the stream between two nodes, in either direction (01 §2).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// What every frame says about its sender; from 1.3 on present in each.
    pub header: Option<Header>,
    /// What the frame is; nothing if the receiver knows no such body.
    pub body: Option<Body>,
}

/// What a frame is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A word about the connection itself.
    ConnectionControl(ConnectionControl),
    /// The first frame of the side that dialled.
    Hello(Hello),
    /// The first frame of the side that was dialled.
    Welcome(Welcome),
    /// Data of a V1 connection: field 1000, up to 1.4.
    Encoded(BinaryMessage),
    /// Data of a later connection: field 5, from 1.4 on.
    Datagram(Datagram),
}

/// What every frame says about its sender (01 §3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// Number of this message, up to 1.4.
    pub msg_id: u64,
    /// Number of the message that this one answers, up to 1.4.
    pub in_response_to: Option<u64>,
    /// Version of the sender's nodes configuration.
    pub my_nodes_config_version: Option<u32>,
    /// Version of the sender's log chains.
    pub my_logs_version: Option<u32>,
    /// Version of the sender's schema.
    pub my_schema_version: Option<u32>,
    /// Version of the sender's partition table.
    pub my_partition_table_version: Option<u32>,
    /// The trace that the frame belongs to, up to 1.6.0.
    pub span_context: Option<SpanContext>,
}

/// The first frame of the side that dialled (01 §4).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hello {
    /// Raw number of the lowest protocol version that the sender speaks.
    pub min_protocol_version: i32,
    /// Raw number of the highest protocol version that the sender speaks.
    pub max_protocol_version: i32,
    /// Name of the sender's cluster.
    pub cluster_name: String,
    /// Who the sender is.
    pub my_node_id: Option<GenerationalNodeId>,
    /// Raw number of the direction that the sender wants, from 1.3 on.
    pub direction: i32,
    /// Raw number of what the connection is for, from 1.4 on.
    pub swimlane: i32,
    /// Fingerprint of the sender's cluster, from 1.4 on; 0 is not known.
    pub cluster_fingerprint: u64,
}

impl Hello {
    /// The protocol versions that the sender offers, as raw numbers.
    pub const fn offered(&self) -> VersionRange {
        VersionRange::new(self.min_protocol_version, self.max_protocol_version)
    }

    /// The direction as a release reads it.
    pub fn direction(&self, release: Release) -> ConnectionDirection {
        ConnectionDirection::of(release, self.direction)
    }

    /// The swimlane as a release reads it.
    pub fn swimlane(&self, release: Release) -> Swimlane {
        Swimlane::of(release, self.swimlane)
    }
}

/// The first frame of the side that was dialled (01 §4).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Welcome {
    /// Raw number of the protocol version that the sender has selected.
    pub protocol_version: i32,
    /// Who the sender is.
    pub my_node_id: Option<GenerationalNodeId>,
    /// Raw number of the direction that the sender understood, from 1.3 on.
    pub direction_ack: i32,
}

impl Welcome {
    /// Number of the selected version as a release reads it: 0 if it does not know the number.
    pub fn protocol_version(&self, release: Release) -> i32 {
        EnumType::ProtocolVersion.getter(release, self.protocol_version)
    }

    /// The acknowledged direction as a release reads it.
    pub fn direction_ack(&self, release: Release) -> ConnectionDirection {
        ConnectionDirection::of(release, self.direction_ack)
    }
}

/// A word about the connection itself (01 §4). One layout in all releases.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct ConnectionControl {
    /// Raw number of the signal.
    #[prost(int32, tag = "1")]
    pub signal: i32,
    /// Something for the peer's log.
    #[prost(string, tag = "2")]
    pub message: String,
}

impl ConnectionControl {
    /// The signal as a release reads it.
    pub fn signal(&self, release: Release) -> Signal {
        Signal::of(release, self.signal)
    }
}

/// The request of a single call outside any stream, from 1.4 on (01 §6). No release can answer
/// it: their handlers panic.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RpcRequest {
    /// What the request says about its sender.
    pub header: Option<Header>,
    /// The call.
    pub rpc_call: Option<RpcCall>,
}

/// The response to a [`RpcRequest`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RpcResponse {
    /// What the response says about its sender.
    pub header: Option<Header>,
    /// The reply.
    pub rpc_reply: Option<RpcReply>,
}

json_message!(ConnectionControl { signal as Signal, message });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_by_release() {
        let (v1_3, v1_5) = ("1.3".parse().unwrap(), "1.5".parse().unwrap());
        let hello = Hello { direction: 3, swimlane: 1, ..Hello::default() };
        assert_eq!(hello.direction(v1_3), ConnectionDirection::Reverse);
        assert_eq!(hello.direction("1.2".parse().unwrap()), ConnectionDirection::Unknown);
        assert_eq!(hello.swimlane(v1_3), Swimlane::General);
        assert_eq!(hello.swimlane(v1_5), Swimlane::Gossip);
        let welcome = Welcome { protocol_version: 1, direction_ack: 2, ..Welcome::default() };
        assert_eq!(welcome.protocol_version(v1_3), 1);
        assert_eq!(welcome.protocol_version(v1_5), 0);
        assert_eq!(welcome.direction_ack(v1_5), ConnectionDirection::Forward);
        let control = ConnectionControl { signal: 3, message: String::new() };
        assert_eq!(control.signal(v1_5), Signal::CodecError);
    }
}
