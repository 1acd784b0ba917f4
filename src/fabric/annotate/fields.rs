//! The fields of the envelope's messages, as a table (01 §2 to §6). The envelope's own types have
//! the same facts as types; a test compares the two, number by number.

use crate::fabric::envelope::{EnumType, EnvelopeType};
use crate::fabric::release::{Gate, Release};

/// A field of a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct FieldRow {
    pub(super) number: u32,
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// The releases that know it: those of any of the gates.
    gates: &'static [Gate],
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
    const fn new(number: u32, name: &'static str, kind: Kind) -> Self {
        Self { number, name, kind, gates: ALWAYS }
    }

    const fn known_to(self, gates: &'static [Gate]) -> Self {
        Self { gates, ..self }
    }

    /// Whether a release knows the field.
    pub(super) fn is_known_to(&self, release: Release) -> bool {
        self.gates.iter().any(|gate| gate.is_open(release))
    }
}

const ALWAYS: &[Gate] = &[Gate::ALWAYS];
const UNTIL_1_4: &[Gate] = &[Gate::ALWAYS.until(4, u8::MAX)];
const SINCE_1_3: &[Gate] = &[Gate::ALWAYS.since(3, 0)];
const SINCE_1_4: &[Gate] = &[Gate::ALWAYS.since(4, 0)];
const UNTIL_1_6_0: &[Gate] = &[Gate::ALWAYS.until(6, 0)];

const MESSAGE: &[FieldRow] = &[
    FieldRow::new(1, "header", Kind::Message(EnvelopeType::Header)),
    FieldRow::new(2, "connection_control", Kind::Message(EnvelopeType::ConnectionControl)),
    FieldRow::new(3, "hello", Kind::Message(EnvelopeType::Hello)),
    FieldRow::new(4, "welcome", Kind::Message(EnvelopeType::Welcome)),
    FieldRow::new(5, "datagram", Kind::Message(EnvelopeType::Datagram)).known_to(SINCE_1_4),
    FieldRow::new(1000, "encoded", Kind::Message(EnvelopeType::BinaryMessage)).known_to(UNTIL_1_4),
];

const HEADER: &[FieldRow] = &[
    FieldRow::new(1, "msg_id", Kind::Uint64).known_to(UNTIL_1_4),
    FieldRow::new(2, "in_response_to", Kind::Uint64).known_to(UNTIL_1_4),
    FieldRow::new(3, "my_nodes_config_version", Kind::Uint32),
    FieldRow::new(4, "my_logs_version", Kind::Uint32),
    FieldRow::new(5, "my_schema_version", Kind::Uint32),
    FieldRow::new(6, "my_partition_table_version", Kind::Uint32),
    FieldRow::new(7, "span_context", Kind::Message(EnvelopeType::SpanContext))
        .known_to(UNTIL_1_6_0),
];

const SPAN_CONTEXT: &[FieldRow] = &[FieldRow::new(1, "fields", Kind::Entry)];

/// An entry of a map.
pub(super) const ENTRY: &[FieldRow] =
    &[FieldRow::new(1, "key", Kind::Text), FieldRow::new(2, "value", Kind::Text)];

const CONNECTION_CONTROL: &[FieldRow] = &[
    FieldRow::new(1, "signal", Kind::Enum(EnumType::Signal)),
    FieldRow::new(2, "message", Kind::Text),
];

const HELLO: &[FieldRow] = &[
    FieldRow::new(1, "min_protocol_version", Kind::Enum(EnumType::ProtocolVersion)),
    FieldRow::new(2, "max_protocol_version", Kind::Enum(EnumType::ProtocolVersion)),
    FieldRow::new(3, "cluster_name", Kind::Text),
    FieldRow::new(4, "my_node_id", Kind::Message(EnvelopeType::GenerationalNodeId)),
    FieldRow::new(5, "direction", Kind::Enum(EnumType::ConnectionDirection)).known_to(SINCE_1_3),
    FieldRow::new(6, "swimlane", Kind::Enum(EnumType::Swimlane)).known_to(SINCE_1_4),
    FieldRow::new(7, "cluster_fingerprint", Kind::Uint64).known_to(SINCE_1_4),
];

const WELCOME: &[FieldRow] = &[
    FieldRow::new(2, "protocol_version", Kind::Enum(EnumType::ProtocolVersion)),
    FieldRow::new(3, "my_node_id", Kind::Message(EnvelopeType::GenerationalNodeId)),
    FieldRow::new(4, "direction_ack", Kind::Enum(EnumType::ConnectionDirection))
        .known_to(SINCE_1_3),
];

const BINARY_MESSAGE: &[FieldRow] = &[
    FieldRow::new(1, "target", Kind::Enum(EnumType::Service)),
    FieldRow::new(2, "payload", Kind::Payload),
];

const DATAGRAM: &[FieldRow] = &[
    FieldRow::new(1, "rpc_call", Kind::Message(EnvelopeType::RpcCall)),
    FieldRow::new(2, "rpc_reply", Kind::Message(EnvelopeType::RpcReply)),
    FieldRow::new(3, "watch", Kind::Message(EnvelopeType::Watch)),
    FieldRow::new(4, "watch_update", Kind::Message(EnvelopeType::WatchUpdate)),
    FieldRow::new(5, "ping", Kind::Message(EnvelopeType::Ping)),
    FieldRow::new(6, "pong", Kind::Message(EnvelopeType::Pong)),
    FieldRow::new(100, "unary", Kind::Message(EnvelopeType::Unary)),
];

/// Calls and watches.
const CALL: &[FieldRow] = &[
    FieldRow::new(1, "id", Kind::Uint64),
    FieldRow::new(2, "service", Kind::Enum(EnumType::Service)),
    FieldRow::new(3, "msg_type", Kind::Text),
    FieldRow::new(4, "sort_code", Kind::Uint64),
    FieldRow::new(100, "payload", Kind::Payload),
];

const UNARY: &[FieldRow] = &[
    FieldRow::new(1, "service", Kind::Enum(EnumType::Service)),
    FieldRow::new(2, "sort_code", Kind::Uint64),
    FieldRow::new(3, "msg_type", Kind::Text),
    FieldRow::new(100, "payload", Kind::Payload),
];

const RPC_REPLY: &[FieldRow] = &[
    FieldRow::new(1, "id", Kind::Uint64),
    FieldRow::new(98, "status", Kind::Enum(EnumType::RpcStatus)),
    FieldRow::new(99, "payload", Kind::Payload),
];

const WATCH_UPDATE: &[FieldRow] = &[
    FieldRow::new(1, "id", Kind::Uint64),
    FieldRow::new(2, "start", Kind::Enum(EnumType::WatchStart)),
    FieldRow::new(3, "end", Kind::Enum(EnumType::WatchEnd)),
    FieldRow::new(100, "update", Kind::Payload),
];

/// Pings and pongs.
const PING: &[FieldRow] = &[FieldRow::new(1, "timestamp", Kind::Uint64)];

const RPC_REQUEST: &[FieldRow] = &[
    FieldRow::new(1, "header", Kind::Message(EnvelopeType::Header)),
    FieldRow::new(2, "rpc_call", Kind::Message(EnvelopeType::RpcCall)),
];

const RPC_RESPONSE: &[FieldRow] = &[
    FieldRow::new(1, "header", Kind::Message(EnvelopeType::Header)),
    FieldRow::new(2, "rpc_reply", Kind::Message(EnvelopeType::RpcReply)),
];

/// Nodes with and without a life.
const NODE_ID: &[FieldRow] =
    &[FieldRow::new(1, "id", Kind::Uint32), FieldRow::new(2, "generation", Kind::Uint32)];

const VERSION: &[FieldRow] = &[FieldRow::new(1, "value", Kind::Uint32)];

/// Positions and epochs.
const NUMBER: &[FieldRow] = &[FieldRow::new(1, "value", Kind::Uint64)];

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
        for release in Release::all().chain(["1.6.0".parse().unwrap()]) {
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
