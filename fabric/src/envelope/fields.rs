//! The fields of the envelope's messages, as a table (01 §2 to §6): names, numbers, what they hold,
//! and who knows them. The types have the same names and numbers; a test compares the two.

use super::{EnumType, EnvelopeType};
use crate::gates;
use crate::release::{Gate, Release};

/// A field of a message.
#[derive(Debug, Clone, Copy)]
pub struct FieldRow {
    /// The number on the wire.
    pub number: u32,
    /// The name.
    pub name: &'static str,
    /// Message and name, as `Hello.swimlane`.
    pub path: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// The releases that know it.
    pub gate: Gate,
}

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// An unsigned number of 32 bits.
    Uint32,
    /// An unsigned number of 64 bits.
    Uint64,
    /// A number of an enum.
    Enum(EnumType),
    /// Text.
    Text,
    /// A message in a codec of its own.
    Payload,
    /// A message of the envelope.
    Message(EnvelopeType),
    /// One of many pairs of texts.
    Entry,
}

impl FieldRow {
    /// Whether a release knows the field.
    #[inline]
    pub fn is_known_to(&self, release: Release) -> bool {
        self.gate.is_open(release)
    }
}

/// A row: message and field, number, kind.
macro_rules! field {
    ($message:ident.$field:ident = $number:literal, $kind:expr) => {
        FieldRow {
            number: $number,
            name: stringify!($field),
            path: concat!(stringify!($message), ".", stringify!($field)),
            kind: $kind,
            gate: gates::member(stringify!($message), stringify!($field)),
        }
    };
}

const MESSAGE: &[FieldRow] = &[
    field!(Message.header = 1, Kind::Message(EnvelopeType::Header)),
    field!(Message.connection_control = 2, Kind::Message(EnvelopeType::ConnectionControl)),
    field!(Message.hello = 3, Kind::Message(EnvelopeType::Hello)),
    field!(Message.welcome = 4, Kind::Message(EnvelopeType::Welcome)),
    field!(Message.datagram = 5, Kind::Message(EnvelopeType::Datagram)),
    field!(Message.encoded = 1000, Kind::Message(EnvelopeType::BinaryMessage)),
];

const HEADER: &[FieldRow] = &[
    field!(Header.msg_id = 1, Kind::Uint64),
    field!(Header.in_response_to = 2, Kind::Uint64),
    field!(Header.my_nodes_config_version = 3, Kind::Uint32),
    field!(Header.my_logs_version = 4, Kind::Uint32),
    field!(Header.my_schema_version = 5, Kind::Uint32),
    field!(Header.my_partition_table_version = 6, Kind::Uint32),
    field!(Header.span_context = 7, Kind::Message(EnvelopeType::SpanContext)),
];

const SPAN_CONTEXT: &[FieldRow] = &[field!(SpanContext.fields = 1, Kind::Entry)];

/// An entry of a map.
pub const ENTRY: &[FieldRow] =
    &[field!(Entry.key = 1, Kind::Text), field!(Entry.value = 2, Kind::Text)];

const CONNECTION_CONTROL: &[FieldRow] = &[
    field!(ConnectionControl.signal = 1, Kind::Enum(EnumType::Signal)),
    field!(ConnectionControl.message = 2, Kind::Text),
];

const HELLO: &[FieldRow] = &[
    field!(Hello.min_protocol_version = 1, Kind::Enum(EnumType::ProtocolVersion)),
    field!(Hello.max_protocol_version = 2, Kind::Enum(EnumType::ProtocolVersion)),
    field!(Hello.cluster_name = 3, Kind::Text),
    field!(Hello.my_node_id = 4, Kind::Message(EnvelopeType::GenerationalNodeId)),
    field!(Hello.direction = 5, Kind::Enum(EnumType::ConnectionDirection)),
    field!(Hello.swimlane = 6, Kind::Enum(EnumType::Swimlane)),
    field!(Hello.cluster_fingerprint = 7, Kind::Uint64),
];

const WELCOME: &[FieldRow] = &[
    field!(Welcome.protocol_version = 2, Kind::Enum(EnumType::ProtocolVersion)),
    field!(Welcome.my_node_id = 3, Kind::Message(EnvelopeType::GenerationalNodeId)),
    field!(Welcome.direction_ack = 4, Kind::Enum(EnumType::ConnectionDirection)),
];

const BINARY_MESSAGE: &[FieldRow] = &[
    field!(BinaryMessage.target = 1, Kind::Enum(EnumType::Service)),
    field!(BinaryMessage.payload = 2, Kind::Payload),
];

const DATAGRAM: &[FieldRow] = &[
    field!(Datagram.rpc_call = 1, Kind::Message(EnvelopeType::RpcCall)),
    field!(Datagram.rpc_reply = 2, Kind::Message(EnvelopeType::RpcReply)),
    field!(Datagram.watch = 3, Kind::Message(EnvelopeType::Watch)),
    field!(Datagram.watch_update = 4, Kind::Message(EnvelopeType::WatchUpdate)),
    field!(Datagram.ping = 5, Kind::Message(EnvelopeType::Ping)),
    field!(Datagram.pong = 6, Kind::Message(EnvelopeType::Pong)),
    field!(Datagram.unary = 100, Kind::Message(EnvelopeType::Unary)),
];

/// Calls and watches.
const CALL: &[FieldRow] = &[
    field!(RpcCall.id = 1, Kind::Uint64),
    field!(RpcCall.service = 2, Kind::Enum(EnumType::Service)),
    field!(RpcCall.msg_type = 3, Kind::Text),
    field!(RpcCall.sort_code = 4, Kind::Uint64),
    field!(RpcCall.payload = 100, Kind::Payload),
];

const UNARY: &[FieldRow] = &[
    field!(Unary.service = 1, Kind::Enum(EnumType::Service)),
    field!(Unary.sort_code = 2, Kind::Uint64),
    field!(Unary.msg_type = 3, Kind::Text),
    field!(Unary.payload = 100, Kind::Payload),
];

const RPC_REPLY: &[FieldRow] = &[
    field!(RpcReply.id = 1, Kind::Uint64),
    field!(RpcReply.status = 98, Kind::Enum(EnumType::RpcStatus)),
    field!(RpcReply.payload = 99, Kind::Payload),
];

const WATCH_UPDATE: &[FieldRow] = &[
    field!(WatchUpdate.id = 1, Kind::Uint64),
    field!(WatchUpdate.start = 2, Kind::Enum(EnumType::WatchStart)),
    field!(WatchUpdate.end = 3, Kind::Enum(EnumType::WatchEnd)),
    field!(WatchUpdate.update = 100, Kind::Payload),
];

/// Pings and pongs.
const PING: &[FieldRow] = &[field!(Ping.timestamp = 1, Kind::Uint64)];

const RPC_REQUEST: &[FieldRow] = &[
    field!(RpcRequest.header = 1, Kind::Message(EnvelopeType::Header)),
    field!(RpcRequest.rpc_call = 2, Kind::Message(EnvelopeType::RpcCall)),
];

const RPC_RESPONSE: &[FieldRow] = &[
    field!(RpcResponse.header = 1, Kind::Message(EnvelopeType::Header)),
    field!(RpcResponse.rpc_reply = 2, Kind::Message(EnvelopeType::RpcReply)),
];

/// Nodes with and without a life.
const NODE_ID: &[FieldRow] =
    &[field!(NodeId.id = 1, Kind::Uint32), field!(NodeId.generation = 2, Kind::Uint32)];

const VERSION: &[FieldRow] = &[field!(Version.value = 1, Kind::Uint32)];

/// Positions and epochs.
const NUMBER: &[FieldRow] = &[field!(Lsn.value = 1, Kind::Uint64)];

/// The fields of a message, in all releases together.
/// The fields of a message, in the order of the table.
pub const fn fields(of: EnvelopeType) -> &'static [FieldRow] {
    match of {
        EnvelopeType::Message => MESSAGE,
        EnvelopeType::Header => HEADER,
        EnvelopeType::SpanContext => SPAN_CONTEXT,
        EnvelopeType::ConnectionControl => CONNECTION_CONTROL,
        EnvelopeType::Hello => HELLO,
        EnvelopeType::Welcome => WELCOME,
        EnvelopeType::BinaryMessage => BINARY_MESSAGE,
        EnvelopeType::Datagram => DATAGRAM,
        EnvelopeType::RpcCall | EnvelopeType::Watch => CALL,
        EnvelopeType::RpcReply => RPC_REPLY,
        EnvelopeType::WatchUpdate => WATCH_UPDATE,
        EnvelopeType::Ping | EnvelopeType::Pong => PING,
        EnvelopeType::Unary => UNARY,
        EnvelopeType::RpcRequest => RPC_REQUEST,
        EnvelopeType::RpcResponse => RPC_RESPONSE,
        EnvelopeType::NodeId | EnvelopeType::GenerationalNodeId => NODE_ID,
        EnvelopeType::Version => VERSION,
        EnvelopeType::Lsn | EnvelopeType::LeaderEpoch => NUMBER,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::envelope::Envelope;

    /// Above every number that any message uses.
    const NUMBER_MAX: u32 = 1100;

    /// A field with a value that is not its default.
    fn sample(number: u32, wire: u32, value: &[u8]) -> Bytes {
        let mut bytes = Vec::new();
        prost::encoding::encode_varint(u64::from(number << 3 | wire), &mut bytes);
        bytes.extend_from_slice(value);
        bytes.into()
    }

    fn reencoded(of: EnvelopeType, release: Release, bytes: &Bytes) -> Option<Vec<u8>> {
        Envelope::decode(of, release, bytes.clone()).ok().map(|it| it.encode(release).unwrap())
    }

    #[test]
    fn the_table_and_the_types_of_the_envelope_agree() {
        for release in Release::all() {
            for of in EnvelopeType::ALL.iter().filter(|of| of.gate().is_open(release)) {
                for number in 1..=NUMBER_MAX {
                    let row = fields(*of).iter().find(|row| row.number == number);
                    let row = row.filter(|row| row.is_known_to(release));
                    let (varint, delimited) =
                        (sample(number, 0, &[1]), sample(number, 2, &[3, 0x0a, 1, b'x']));
                    let (varint, delimited) = (
                        reencoded(*of, release, &varint).map(|it| it == varint),
                        reencoded(*of, release, &delimited).map(|it| it == delimited),
                    );
                    // Kept as it is, dropped, or refused.
                    let expected = match row.map(|row| row.kind) {
                        None => (Some(false), Some(false)),
                        Some(Kind::Uint32 | Kind::Uint64 | Kind::Enum(_)) => (Some(true), None),
                        Some(Kind::Text | Kind::Payload | Kind::Entry) => (None, Some(true)),
                        // Known, but what is in it need not be.
                        Some(Kind::Message(_)) => (None, delimited),
                    };
                    assert_eq!((varint, delimited), expected, "{of} {number} of {release}");
                }
            }
        }
    }

    #[test]
    fn names_and_kinds_are_those_of_the_json_form() {
        for release in Release::lines() {
            for of in EnvelopeType::ALL.iter().filter(|of| of.gate().is_open(release)) {
                for row in fields(*of).iter().filter(|row| row.is_known_to(release)) {
                    let (bytes, value) = match row.kind {
                        // One more than fits, so that the width of the number shows.
                        Kind::Uint32 => (sample(row.number, 0, b"\x82\x80\x80\x80\x10"), "2"),
                        Kind::Uint64 => {
                            (sample(row.number, 0, b"\x82\x80\x80\x80\x10"), "4294967298")
                        }
                        Kind::Enum(_) => {
                            (sample(row.number, 0, &[77]), r#"{"name":null,"number":77}"#)
                        }
                        Kind::Text => (sample(row.number, 2, b"\x01x"), r#""x""#),
                        Kind::Payload => (sample(row.number, 2, b"\x01x"), r#"{"bytes_hex":"78"}"#),
                        Kind::Message(_) => (sample(row.number, 2, &[0]), ""),
                        Kind::Entry => (sample(row.number, 2, b"\x03\x0a\x01x"), r#"{"x":""}"#),
                    };
                    let decoded = Envelope::decode(*of, release, bytes).unwrap();
                    let json = decoded.to_json(release).unwrap().to_string();
                    let member = format!("\"{}\":{value}", row.name);
                    assert!(json.contains(&member), "{of} of {release}: {member} in {json}");
                }
            }
        }
    }
}
