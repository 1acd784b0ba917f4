//! The fields of the envelope's messages, as a table (01 §2 to §6). The envelope's own types have
//! the same facts as types; a test compares the two, number by number.

use crate::fabric::envelope::{EnumType, EnvelopeType};
use crate::fabric::gates;
use crate::fabric::release::{Gate, Release};

/// A field of a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct FieldRow {
    pub(super) number: u32,
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// The releases that know it.
    gate: Gate,
}

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Uint32,
    Uint64,
    Enum(EnumType),
    Text,
    /// A message in a codec of its own.
    Payload,
    Message(EnvelopeType),
    /// One of many pairs of texts.
    Entry,
}

impl FieldRow {
    const fn new(owner: &str, number: u32, name: &'static str, kind: Kind) -> Self {
        Self { number, name, kind, gate: gates::member(owner, name) }
    }

    /// Whether a release knows the field.
    pub(super) fn is_known_to(&self, release: Release) -> bool {
        self.gate.is_open(release)
    }
}

const MESSAGE: &[FieldRow] = &[
    FieldRow::new("Message", 1, "header", Kind::Message(EnvelopeType::Header)),
    FieldRow::new(
        "Message",
        2,
        "connection_control",
        Kind::Message(EnvelopeType::ConnectionControl),
    ),
    FieldRow::new("Message", 3, "hello", Kind::Message(EnvelopeType::Hello)),
    FieldRow::new("Message", 4, "welcome", Kind::Message(EnvelopeType::Welcome)),
    FieldRow::new("Message", 5, "datagram", Kind::Message(EnvelopeType::Datagram)),
    FieldRow::new("Message", 1000, "encoded", Kind::Message(EnvelopeType::BinaryMessage)),
];

const HEADER: &[FieldRow] = &[
    FieldRow::new("Header", 1, "msg_id", Kind::Uint64),
    FieldRow::new("Header", 2, "in_response_to", Kind::Uint64),
    FieldRow::new("Header", 3, "my_nodes_config_version", Kind::Uint32),
    FieldRow::new("Header", 4, "my_logs_version", Kind::Uint32),
    FieldRow::new("Header", 5, "my_schema_version", Kind::Uint32),
    FieldRow::new("Header", 6, "my_partition_table_version", Kind::Uint32),
    FieldRow::new("Header", 7, "span_context", Kind::Message(EnvelopeType::SpanContext)),
];

const SPAN_CONTEXT: &[FieldRow] = &[FieldRow::new("SpanContext", 1, "fields", Kind::Entry)];

/// An entry of a map.
pub(super) const ENTRY: &[FieldRow] =
    &[FieldRow::new("Entry", 1, "key", Kind::Text), FieldRow::new("Entry", 2, "value", Kind::Text)];

const CONNECTION_CONTROL: &[FieldRow] = &[
    FieldRow::new("ConnectionControl", 1, "signal", Kind::Enum(EnumType::Signal)),
    FieldRow::new("ConnectionControl", 2, "message", Kind::Text),
];

const HELLO: &[FieldRow] = &[
    FieldRow::new("Hello", 1, "min_protocol_version", Kind::Enum(EnumType::ProtocolVersion)),
    FieldRow::new("Hello", 2, "max_protocol_version", Kind::Enum(EnumType::ProtocolVersion)),
    FieldRow::new("Hello", 3, "cluster_name", Kind::Text),
    FieldRow::new("Hello", 4, "my_node_id", Kind::Message(EnvelopeType::GenerationalNodeId)),
    FieldRow::new("Hello", 5, "direction", Kind::Enum(EnumType::ConnectionDirection)),
    FieldRow::new("Hello", 6, "swimlane", Kind::Enum(EnumType::Swimlane)),
    FieldRow::new("Hello", 7, "cluster_fingerprint", Kind::Uint64),
];

const WELCOME: &[FieldRow] = &[
    FieldRow::new("Welcome", 2, "protocol_version", Kind::Enum(EnumType::ProtocolVersion)),
    FieldRow::new("Welcome", 3, "my_node_id", Kind::Message(EnvelopeType::GenerationalNodeId)),
    FieldRow::new("Welcome", 4, "direction_ack", Kind::Enum(EnumType::ConnectionDirection)),
];

const BINARY_MESSAGE: &[FieldRow] = &[
    FieldRow::new("BinaryMessage", 1, "target", Kind::Enum(EnumType::Service)),
    FieldRow::new("BinaryMessage", 2, "payload", Kind::Payload),
];

const DATAGRAM: &[FieldRow] = &[
    FieldRow::new("Datagram", 1, "rpc_call", Kind::Message(EnvelopeType::RpcCall)),
    FieldRow::new("Datagram", 2, "rpc_reply", Kind::Message(EnvelopeType::RpcReply)),
    FieldRow::new("Datagram", 3, "watch", Kind::Message(EnvelopeType::Watch)),
    FieldRow::new("Datagram", 4, "watch_update", Kind::Message(EnvelopeType::WatchUpdate)),
    FieldRow::new("Datagram", 5, "ping", Kind::Message(EnvelopeType::Ping)),
    FieldRow::new("Datagram", 6, "pong", Kind::Message(EnvelopeType::Pong)),
    FieldRow::new("Datagram", 100, "unary", Kind::Message(EnvelopeType::Unary)),
];

/// Calls and watches.
const CALL: &[FieldRow] = &[
    FieldRow::new("RpcCall", 1, "id", Kind::Uint64),
    FieldRow::new("RpcCall", 2, "service", Kind::Enum(EnumType::Service)),
    FieldRow::new("RpcCall", 3, "msg_type", Kind::Text),
    FieldRow::new("RpcCall", 4, "sort_code", Kind::Uint64),
    FieldRow::new("RpcCall", 100, "payload", Kind::Payload),
];

const UNARY: &[FieldRow] = &[
    FieldRow::new("Unary", 1, "service", Kind::Enum(EnumType::Service)),
    FieldRow::new("Unary", 2, "sort_code", Kind::Uint64),
    FieldRow::new("Unary", 3, "msg_type", Kind::Text),
    FieldRow::new("Unary", 100, "payload", Kind::Payload),
];

const RPC_REPLY: &[FieldRow] = &[
    FieldRow::new("RpcReply", 1, "id", Kind::Uint64),
    FieldRow::new("RpcReply", 98, "status", Kind::Enum(EnumType::RpcStatus)),
    FieldRow::new("RpcReply", 99, "payload", Kind::Payload),
];

const WATCH_UPDATE: &[FieldRow] = &[
    FieldRow::new("WatchUpdate", 1, "id", Kind::Uint64),
    FieldRow::new("WatchUpdate", 2, "start", Kind::Enum(EnumType::WatchStart)),
    FieldRow::new("WatchUpdate", 3, "end", Kind::Enum(EnumType::WatchEnd)),
    FieldRow::new("WatchUpdate", 100, "update", Kind::Payload),
];

/// Pings and pongs.
const PING: &[FieldRow] = &[FieldRow::new("Ping", 1, "timestamp", Kind::Uint64)];

const RPC_REQUEST: &[FieldRow] = &[
    FieldRow::new("RpcRequest", 1, "header", Kind::Message(EnvelopeType::Header)),
    FieldRow::new("RpcRequest", 2, "rpc_call", Kind::Message(EnvelopeType::RpcCall)),
];

const RPC_RESPONSE: &[FieldRow] = &[
    FieldRow::new("RpcResponse", 1, "header", Kind::Message(EnvelopeType::Header)),
    FieldRow::new("RpcResponse", 2, "rpc_reply", Kind::Message(EnvelopeType::RpcReply)),
];

/// Nodes with and without a life.
const NODE_ID: &[FieldRow] = &[
    FieldRow::new("NodeId", 1, "id", Kind::Uint32),
    FieldRow::new("NodeId", 2, "generation", Kind::Uint32),
];

const VERSION: &[FieldRow] = &[FieldRow::new("Version", 1, "value", Kind::Uint32)];

/// Positions and epochs.
const NUMBER: &[FieldRow] = &[FieldRow::new("Lsn", 1, "value", Kind::Uint64)];

/// The fields of a message, in all releases together.
pub(super) const fn fields(of: EnvelopeType) -> &'static [FieldRow] {
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
    use crate::fabric::envelope::Envelope;

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
        for release in Release::all().chain(["1.5.5".parse().unwrap(), "1.6.0".parse().unwrap()]) {
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
