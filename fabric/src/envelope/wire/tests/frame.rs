//! Frames.

use bytes::Bytes;

use crate::envelope::wire::{Layout, decode_long, encode_long};
use crate::envelope::*;
use crate::release::Release;

fn release(name: &str) -> Release {
    name.parse().unwrap()
}

fn bytes(hex: &str) -> Bytes {
    let hex: String = hex.split_whitespace().collect();
    let pairs = hex.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

/// In each of the releases: the value becomes these bytes, the bytes that value.
fn golden(releases: &[&str], hex: &str, value: impl Into<Envelope>) {
    let value = value.into();
    for name in releases {
        let (release, bytes) = (release(name), bytes(hex));
        assert_eq!(value.encode(release).unwrap(), bytes, "{name}");
        let of = value.envelope_type();
        assert_eq!(Envelope::decode(of, release, bytes).unwrap(), value, "{name}");
    }
}

fn frame(header: impl Into<Option<Header>>, body: Body) -> Message {
    Message { header: header.into(), body: Some(body) }
}

fn encoded(target: i32) -> Body {
    Body::Encoded(BinaryMessage { target, payload: PAYLOAD })
}

fn datagram(member: DatagramMember) -> Body {
    Body::Datagram(Datagram { datagram: Some(member) })
}

const PAYLOAD: Bytes = Bytes::from_static(&[4, 1, 2, 3]);

#[test]
fn golden_frames_of_v1() {
    let hello = Hello {
        min_protocol_version: 1,
        max_protocol_version: 1,
        cluster_name: "test-cluster".into(),
        my_node_id: Some(GenerationalNodeId::new(1, 2)),
        ..Hello::default()
    };
    let hex = "0a00 1a18 0801 1001 1a0c746573742d636c7573746572 2204 0801 1002";
    golden(&["1.2", "1.3"], hex, frame(Header::default(), Body::Hello(hello)));
    let welcome = Welcome {
        protocol_version: 1,
        my_node_id: Some(GenerationalNodeId::new(2, 9)),
        direction_ack: 0,
    };
    let hex = "0a00 2208 1001 1a04 0802 1009";
    golden(&["1.2", "1.3"], hex, frame(Header::default(), Body::Welcome(welcome)));
    let message = "Node is shutting down".to_owned();
    let control = Body::ConnectionControl(ConnectionControl { signal: 1, message });
    let hex = "1219 0801 1215 4e6f6465206973207368757474696e6720646f776e";
    golden(&["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"], hex, frame(None, control));
    let v1 = &["1.2", "1.3", "1.3.3-dev", "1.4"];
    let request = Header { msg_id: 7, ..Header::default() };
    golden(v1, "0a02 0807 c23e 08 080a 1204 04010203", frame(request, encoded(10)));
    let reply = Header {
        msg_id: 8,
        in_response_to: Some(7),
        my_nodes_config_version: Some(3),
        ..Header::default()
    };
    golden(v1, "0a06 0808 1007 1803 c23e 08 080b 1204 04010203", frame(reply, encoded(11)));
    let empty = Header { msg_id: 8, ..Header::default() };
    let body = Body::Encoded(BinaryMessage::default());
    golden(v1, "0a02 0808 c23e 00", frame(empty, body));
}

#[test]
fn golden_frames_of_v2() {
    let v2 = &["1.3.3-dev", "1.4", "1.5", "1.6.0", "1.6", "1.7.0-rc.3", "1.7"];
    let hello = Hello {
        min_protocol_version: 2,
        max_protocol_version: 3,
        cluster_name: "test-cluster".into(),
        my_node_id: Some(GenerationalNodeId::new(1, 2)),
        direction: ConnectionDirection::Bidirectional.number(),
        swimlane: Swimlane::General.number(),
        cluster_fingerprint: 123_456_789,
    };
    let hex = "0a00 1a1f 0802 1003 1a0c746573742d636c7573746572 2204 0801 1002 2801
        38959aef3a";
    golden(v2, hex, frame(Header::default(), Body::Hello(hello)));
    let welcome = Welcome {
        protocol_version: 2,
        my_node_id: Some(GenerationalNodeId::new(2, 9)),
        direction_ack: 1,
    };
    let hex = "0a00 220a 1002 1a04 0802 1009 2001";
    golden(v2, hex, frame(Header::default(), Body::Welcome(welcome)));
    let gossip = |sort_code| {
        let unary = Unary { service: 62, sort_code, msg_type: "Gossip".into(), payload: PAYLOAD };
        datagram(DatagramMember::Unary(unary))
    };
    let hex = "0a00 2a14 a20611 083e 1a06476f73736970 a20604 04010203";
    golden(v2, hex, frame(Header::default(), gossip(None)));
    let hex = "2a16 a20613 083e 1000 1a06476f73736970 a20604 04010203";
    golden(v2, hex, frame(None, gossip(Some(0))));
    golden(v2, "2a02 2a00", frame(None, datagram(DatagramMember::Ping(Ping::default()))));
    let update = WatchUpdate { id: 3, body: Some(WatchUpdateBody::Start(0)) };
    let hex = "2a06 2204 0803 1000";
    golden(v2, hex, frame(None, datagram(DatagramMember::WatchUpdate(update))));
    let header = Some(Header { my_nodes_config_version: Some(3), ..Header::default() });
    let rpc_call = Some(RpcCall {
        id: 1,
        service: 62,
        msg_type: "GetNodeState".into(),
        sort_code: None,
        payload: PAYLOAD,
    });
    let hex = "0a02 1803 1219 0801 103e 1a0c4765744e6f64655374617465 a20604 04010203";
    golden(v2, hex, RpcRequest { header: header.clone(), rpc_call });
    let rpc_reply = Some(RpcReply { id: 1, body: Some(RpcReplyBody::Payload(PAYLOAD)) });
    golden(v2, "0a02 1803 1209 0801 9a0604 04010203", RpcResponse { header, rpc_reply });
}

#[test]
fn bodies_that_a_release_has_no_field_for_are_refused() {
    let refused = |name: &str, body: Body| match frame(None, body).encode(release(name)) {
        Err(EnvelopeError::NotCarried { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    for name in ["1.2", "1.3.0", "1.3"] {
        assert_eq!(refused(name, Body::Datagram(Datagram::default())), "Message.datagram");
    }
    for name in ["1.5", "1.6.0", "1.6", "1.7"] {
        assert_eq!(refused(name, encoded(1)), "Message.encoded");
    }
}

#[test]
fn the_last_body_that_the_release_knows_stays() {
    // A datagram, then an encoded message.
    let both = bytes("2a02 2a00 c23e 02 0801");
    let body = |name: &str| Message::decode(release(name), both.clone()).unwrap().body;
    let ping = datagram(DatagramMember::Ping(Ping::default()));
    let one = Body::Encoded(BinaryMessage { target: 1, payload: Bytes::new() });
    for (name, expected) in [("1.2", &one), ("1.3", &one), ("1.4", &one), ("1.5", &ping)] {
        assert_eq!(body(name).as_ref(), Some(expected), "{name}");
    }
    assert_eq!(body("1.7"), Some(ping));
    let alone = |name: &str, hex| Message::decode(release(name), bytes(hex)).unwrap().body;
    assert_eq!(alone("1.3", "2a02 2a00"), None);
    assert_eq!(alone("1.5", "c23e 02 0801"), None);
}

#[test]
fn repeated_bodies_of_one_kind_merge() {
    let twice = bytes("1a02 0801 1a02 1002");
    let merged = Message::decode(release("1.7"), twice).unwrap().body;
    let hello = Hello { min_protocol_version: 1, max_protocol_version: 2, ..Hello::default() };
    assert_eq!(merged, Some(Body::Hello(hello)));
}

#[test]
fn a_wrong_wire_type_is_an_error_only_where_the_field_is_known() {
    // Field 5 and field 1000 as numbers.
    let (datagram, encoded) = (bytes("2801"), bytes("c03e 01"));
    for name in ["1.2", "1.3"] {
        assert!(Message::decode(release(name), datagram.clone()).is_ok());
        assert!(Message::decode(release(name), encoded.clone()).is_err());
    }
    for name in ["1.5", "1.7"] {
        assert!(Message::decode(release(name), encoded.clone()).is_ok());
    }
    let error = Message::decode(release("1.7"), datagram).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("malformed restate.network.Message of release 1.7: Message.body"));
}

#[test]
fn truncations_of_a_frame_never_panic() {
    let hex = "0a02 1803 2a14 a20611 083e 1a06476f73736970 a20604 04010203";
    let whole = bytes(hex);
    for len in 0..whole.len() {
        for release in Release::all() {
            let value = Message::decode(release, whole.slice(..len));
            // Whole fields are a shorter message, everything else an error.
            assert_eq!(value.is_ok(), len == 0 || len == 4, "{release} {len}");
        }
    }
}

/// Data frames as they are, at their longest, and with a zero that may be nothing.
fn data_frames() -> Vec<Message> {
    let header = |version| Header {
        my_nodes_config_version: Some(version),
        my_partition_table_version: Some(u32::MAX),
        ..Header::default()
    };
    let payload = Bytes::from(vec![7; 200]);
    let call = |msg_type: &str, number| RpcCall {
        id: number,
        service: number as i32,
        msg_type: msg_type.into(),
        sort_code: Some(number),
        payload: payload.clone(),
    };
    let unary =
        Unary { service: 62, sort_code: Some(0), msg_type: "Gossip".into(), payload: PAYLOAD };
    let reply = |payload| RpcReply { id: 300, body: Some(RpcReplyBody::Payload(payload)) };
    vec![
        frame(header(3), datagram(DatagramMember::RpcCall(call("Store", 17)))),
        frame(header(0), datagram(DatagramMember::RpcCall(call(&"x".repeat(64), u64::MAX)))),
        frame(None, datagram(DatagramMember::RpcCall(call(&"x".repeat(65), 1)))),
        frame(Header::default(), datagram(DatagramMember::RpcCall(RpcCall::default()))),
        frame(header(16_384), datagram(DatagramMember::RpcReply(reply(PAYLOAD)))),
        frame(None, datagram(DatagramMember::RpcReply(reply(Bytes::new())))),
        frame(header(3), datagram(DatagramMember::Unary(unary))),
    ]
}

#[test]
fn the_short_way_writes_what_the_long_one_does() {
    let of = EnvelopeType::Message;
    for frame in data_frames() {
        for release in Release::all() {
            let long = encode_long(of, release, &frame);
            match frame.write_short(release) {
                Some(bytes) => assert_eq!(long, Ok(bytes), "{release} {frame:?}"),
                None => assert!(long.is_err() || format!("{frame:?}").contains(&"x".repeat(65))),
            }
        }
    }
}

#[test]
fn the_short_way_reads_what_the_long_one_does() {
    let of = EnvelopeType::Message;
    let mut short_count = 0;
    for frame in data_frames() {
        let whole = encode_long(of, release("1.4"), &frame).unwrap();
        for release in ["1.3", "1.4", "1.7"].map(release) {
            // Each byte of the front as each that it could be, and the frame without what follows.
            for (at, byte) in
                (0..whole.len().min(90)).flat_map(|at| (0..=255).map(move |b| (at, b)))
            {
                let mut bytes = whole.clone();
                bytes[at] = byte;
                for bytes in [Bytes::copy_from_slice(&bytes[..=at]), Bytes::from(bytes)] {
                    if let Some(value) = Message::read_short(release, &bytes) {
                        let long = decode_long(of, release, bytes.clone());
                        assert_eq!(long, Ok(value), "{release} {bytes:?}");
                        short_count += 1;
                    }
                }
            }
        }
    }
    assert!(short_count > 10_000, "{short_count}");
}
