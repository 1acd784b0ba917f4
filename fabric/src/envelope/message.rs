//! The frame and the messages that changed between releases, as canonical values: a superset of
//! what each release has. Which release has which field is in the table of gates.
//!
//! Absence: `None`, 0, the empty text and an enum's value 0 all say nothing, so a release without
//! the field carries them. `Some(0)` differs from `None` only in releases with explicit presence
//! (1.2 and 1.3); later ones write neither and read `None`.

use super::datagram::{BinaryMessage, Datagram, RpcCall, RpcReply};
use super::enums::{ConnectionDirection, EnumType, Signal, Swimlane};
use super::ids::{GenerationalNodeId, SpanContext};
use super::json::{json_choice, json_message};
use super::wire::Layout;
use crate::release::Release;
use crate::version::VersionRange;

/// One frame of the stream between two nodes, in either direction (01 §2).
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Message {
    /// What every frame says about its sender; from 1.3 on present in each.
    #[prost(message, optional, tag = "1")]
    pub header: Option<Header>,
    /// What the frame is; nothing if the receiver knows no such body.
    #[prost(oneof = "Body", tags = "2, 3, 4, 5, 1000")]
    pub body: Option<Body>,
}

/// What a frame is.
#[derive(Clone, PartialEq, Eq, prost::Oneof)]
pub enum Body {
    /// A word about the connection itself.
    #[prost(message, tag = "2")]
    ConnectionControl(ConnectionControl),
    /// The first frame of the side that dialled.
    #[prost(message, tag = "3")]
    Hello(Hello),
    /// The first frame of the side that was dialled.
    #[prost(message, tag = "4")]
    Welcome(Welcome),
    /// Data of a V1 connection: field 1000, up to 1.4.
    #[prost(message, tag = "1000")]
    Encoded(BinaryMessage),
    /// Data of a later connection: field 5, from 1.4 on.
    #[prost(message, tag = "5")]
    Datagram(Datagram),
}

/// What every frame says about its sender (01 §3).
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Header {
    /// Number of this message, up to 1.4.
    #[prost(uint64, tag = "1")]
    pub msg_id: u64,
    /// Number of the message that this one answers, up to 1.4.
    #[prost(uint64, optional, tag = "2")]
    pub in_response_to: Option<u64>,
    /// Version of the sender's nodes configuration.
    #[prost(uint32, optional, tag = "3")]
    pub my_nodes_config_version: Option<u32>,
    /// Version of the sender's log chains.
    #[prost(uint32, optional, tag = "4")]
    pub my_logs_version: Option<u32>,
    /// Version of the sender's schema.
    #[prost(uint32, optional, tag = "5")]
    pub my_schema_version: Option<u32>,
    /// Version of the sender's partition table.
    #[prost(uint32, optional, tag = "6")]
    pub my_partition_table_version: Option<u32>,
    /// The trace that the frame belongs to, up to 1.6.0.
    #[prost(message, optional, tag = "7")]
    pub span_context: Option<SpanContext>,
}

/// The first frame of the side that dialled (01 §4).
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Hello {
    /// Raw number of the lowest protocol version that the sender speaks.
    #[prost(int32, tag = "1")]
    pub min_protocol_version: i32,
    /// Raw number of the highest protocol version that the sender speaks.
    #[prost(int32, tag = "2")]
    pub max_protocol_version: i32,
    /// Name of the sender's cluster.
    #[prost(string, tag = "3")]
    pub cluster_name: String,
    /// Who the sender is.
    #[prost(message, optional, tag = "4")]
    pub my_node_id: Option<GenerationalNodeId>,
    /// Raw number of the direction that the sender wants, from 1.3 on.
    #[prost(int32, tag = "5")]
    pub direction: i32,
    /// Raw number of what the connection is for, from 1.4 on.
    #[prost(int32, tag = "6")]
    pub swimlane: i32,
    /// Fingerprint of the sender's cluster, from 1.4 on; 0 is not known.
    #[prost(uint64, tag = "7")]
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
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Welcome {
    /// Raw number of the protocol version that the sender has selected.
    #[prost(int32, tag = "2")]
    pub protocol_version: i32,
    /// Who the sender is.
    #[prost(message, optional, tag = "3")]
    pub my_node_id: Option<GenerationalNodeId>,
    /// Raw number of the direction that the sender understood, from 1.3 on.
    #[prost(int32, tag = "4")]
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
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct RpcRequest {
    /// What the request says about its sender.
    #[prost(message, optional, tag = "1")]
    pub header: Option<Header>,
    /// The call.
    #[prost(message, optional, tag = "2")]
    pub rpc_call: Option<RpcCall>,
}

/// The response to a [`RpcRequest`].
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct RpcResponse {
    /// What the response says about its sender.
    #[prost(message, optional, tag = "1")]
    pub header: Option<Header>,
    /// The reply.
    #[prost(message, optional, tag = "2")]
    pub rpc_reply: Option<RpcReply>,
}

json_message!(Message { header, body });
json_choice!(Body of Message {
    ConnectionControl = "connection_control",
    Hello = "hello",
    Welcome = "welcome",
    Encoded = "encoded",
    Datagram = "datagram"
});
json_message!(Header {
    msg_id,
    in_response_to as Presence,
    my_nodes_config_version as Presence,
    my_logs_version as Presence,
    my_schema_version as Presence,
    my_partition_table_version as Presence,
    span_context
});
json_message!(Hello {
    min_protocol_version as ProtocolVersion,
    max_protocol_version as ProtocolVersion,
    cluster_name,
    my_node_id,
    direction as ConnectionDirection,
    swimlane as Swimlane,
    cluster_fingerprint
});
json_message!(Welcome {
    protocol_version as ProtocolVersion,
    my_node_id,
    direction_ack as ConnectionDirection
});
json_message!(RpcRequest { header, rpc_call });
json_message!(RpcResponse { header, rpc_reply });
json_message!(ConnectionControl { signal as Signal, message });

impl Layout for Header {
    fn implied(&self) -> Option<Self> {
        let mut header = self.clone();
        let mut has_zero = header.in_response_to.take_if(|number| *number == 0).is_some();
        for version in [
            &mut header.my_nodes_config_version,
            &mut header.my_logs_version,
            &mut header.my_schema_version,
            &mut header.my_partition_table_version,
        ] {
            has_zero |= version.take_if(|number| *number == 0).is_some();
        }
        has_zero.then_some(header)
    }
}

/// What is implied of a message that has a header is what is implied of the header.
macro_rules! with_header {
    ($($message:ident),*) => {$(
        impl Layout for $message {
            fn implied(&self) -> Option<Self> {
                let header = self.header.as_ref()?.implied()?;
                Some(Self { header: Some(header), ..self.clone() })
            }
        }
    )*};
}

with_header!(RpcRequest, RpcResponse);

impl Layout for Hello {}
impl Layout for Welcome {}
impl Layout for ConnectionControl {}

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
