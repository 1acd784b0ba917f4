//! Frames as released servers send them: each value here is also among the reference vectors, so
//! that the bytes of its fixture can be confirmed.
//!
//! What a frame is made of has a fixture of its own, under the name of the frame; see
//! [`parts`](super::parts).

use bytes::Bytes;

use super::{Case, parent_span};
use crate::fabric::envelope::{
    BinaryMessage, Body, ConnectionControl, Datagram, DatagramMember, Envelope, GenerationalNodeId,
    Header, Hello, Message, Ping, RpcCall, RpcReply, RpcReplyBody, RpcRequest, RpcResponse, Unary,
    Watch, WatchUpdate, WatchUpdateBody, Welcome,
};

/// Every frame, with its name.
pub fn frames() -> Vec<Case<Message>> {
    let mut frames = vec![("nodes-config-version", Message { header: Some(nodes(3)), body: None })];
    frames.extend(hellos());
    frames.extend(welcomes());
    frames.extend(controls());
    frames
        .extend(calls().into_iter().map(|(case, call)| bare(case, DatagramMember::RpcCall(call))));
    frames.extend(replies());
    frames.extend(watches());
    frames.extend(others());
    frames.extend(encoded());
    frames
}

/// What is sent in the calls of the node service.
pub fn node_service() -> [Case<Envelope>; 2] {
    let rpc_call = Some(call(1, 62, "GetNodeState"));
    let rpc_reply = Some(RpcReply { id: 1, body: Some(RpcReplyBody::Payload(payload())) });
    let header = || Some(nodes(3));
    [
        ("get-node-state", RpcRequest { header: header(), rpc_call }.into()),
        ("get-node-state", RpcResponse { header: header(), rpc_reply }.into()),
    ]
}

/// Headers with one field set, and with all.
pub fn headers() -> Vec<Case<Header>> {
    let header = Header::default;
    let numbered = Header {
        msg_id: 77,
        in_response_to: Some(76),
        my_nodes_config_version: Some(3),
        my_logs_version: Some(300),
        my_schema_version: Some(1),
        my_partition_table_version: Some(16_384),
        span_context: None,
    };
    let all = Header { span_context: Some(parent_span(&[])), ..numbered.clone() };
    vec![
        ("msg-id-alone", Header { msg_id: 5, ..header() }),
        ("msg-id-max", Header { msg_id: u64::MAX, ..header() }),
        ("in-response-to-max", Header { in_response_to: Some(u64::MAX), ..header() }),
        ("nodes-config-zero", nodes(0)),
        ("nodes-config-max", nodes(u32::MAX)),
        ("logs-zero", Header { my_logs_version: Some(0), ..header() }),
        ("logs-max", Header { my_logs_version: Some(u32::MAX), ..header() }),
        ("schema-alone", Header { my_schema_version: Some(5), ..header() }),
        ("partition-table-zero", Header { my_partition_table_version: Some(0), ..header() }),
        ("partition-table-alone", Header { my_partition_table_version: Some(5), ..header() }),
        ("numbers", numbered),
        ("span-alone", Header { span_context: Some(parent_span(&[])), ..header() }),
        (
            "span-two",
            Header { span_context: Some(parent_span(&[("tracestate", "a=b")])), ..header() },
        ),
        ("all", all),
    ]
}

/// A Hello that stands in no frame here.
pub fn hello_with_fingerprint() -> Case<Hello> {
    let hello = Hello {
        min_protocol_version: 2,
        max_protocol_version: 3,
        cluster_name: "c".to_owned(),
        my_node_id: Some(GenerationalNodeId::new(1, 1)),
        direction: 1,
        swimlane: 0,
        cluster_fingerprint: u64::MAX,
    };
    ("fingerprint-max", hello)
}

fn payload() -> Bytes {
    Bytes::from_static(&[4, 1, 2, 3])
}

/// A payload whose length takes two bytes.
fn long_payload() -> Bytes {
    Bytes::from_static(&[0xff; 300])
}

fn nodes(version: u32) -> Header {
    Header { my_nodes_config_version: Some(version), ..Header::default() }
}

fn versions() -> Header {
    Header {
        my_nodes_config_version: Some(3),
        my_logs_version: Some(5),
        my_schema_version: Some(1),
        my_partition_table_version: Some(2),
        ..Header::default()
    }
}

fn with(header: Header, body: Body) -> Message {
    Message { header: Some(header), body: Some(body) }
}

fn datagram(member: DatagramMember) -> Body {
    Body::Datagram(Datagram { datagram: Some(member) })
}

/// A datagram without a header, as nodes send them from V2 on.
fn bare(case: &'static str, member: DatagramMember) -> Case<Message> {
    (case, Message { header: None, body: Some(datagram(member)) })
}

fn hellos() -> Vec<Case<Message>> {
    let hello = Hello {
        min_protocol_version: 2,
        max_protocol_version: 2,
        cluster_name: "test-cluster".to_owned(),
        my_node_id: Some(GenerationalNodeId::new(1, 2)),
        direction: 1,
        swimlane: 0,
        cluster_fingerprint: 123_456_789,
    };
    let range = |min_protocol_version, max_protocol_version| Hello {
        min_protocol_version,
        max_protocol_version,
        ..hello.clone()
    };
    let direction = |direction| Hello { direction, ..hello.clone() };
    let swimlane = |swimlane| Hello { swimlane, ..hello.clone() };
    let node = |id, generation, cluster_fingerprint| Hello {
        my_node_id: Some(GenerationalNodeId::new(id, generation)),
        direction: 2,
        cluster_fingerprint,
        ..range(1, 2)
    };
    let first = Hello { direction: 1, swimlane: 1, ..node(1, 1, 0) };
    let short = Hello { cluster_name: "c".to_owned(), direction: 1, ..node(3, 4, 0) };
    // What 1.3 can say, and 1.2.
    let of_1_3 = |hello| Hello { swimlane: 0, cluster_fingerprint: 0, ..hello };
    let of_1_2 = |hello| Hello { direction: 0, ..of_1_3(hello) };
    let hellos = [
        ("hello-1.2-range-1-2", of_1_2(range(1, 2))),
        ("hello-1.2-range-2-3", of_1_2(range(2, 3))),
        ("hello-1.2-range-1-99", of_1_2(range(1, 99))),
        ("hello-1.2-node-zero", of_1_2(node(0, 0, 0))),
        ("hello-1.2-node-max", of_1_2(node(u32::MAX, u32::MAX, 0))),
        ("hello-1.3-range-1-2", of_1_3(range(1, 2))),
        ("hello-1.3-range-2-3", of_1_3(range(2, 3))),
        ("hello-1.3-range-99-100", of_1_3(range(99, 100))),
        ("hello-1.3-node-max", of_1_3(node(u32::MAX, u32::MAX, 0))),
        ("hello-1.3-reverse", of_1_3(direction(3))),
        ("hello-range-1-2", range(1, 2)),
        ("hello-range-2-2", range(2, 2)),
        ("hello-range-2-3", range(2, 3)),
        ("hello-range-3-3", range(3, 3)),
        ("hello-range-1-99", range(1, 99)),
        ("hello-range-99-100", range(99, 100)),
        ("hello-direction-unknown", direction(0)),
        ("hello-direction-forward", direction(2)),
        ("hello-direction-reverse", direction(3)),
        ("hello-direction-of-the-future", direction(77)),
        ("hello-gossip", swimlane(1)),
        ("hello-bifrost-reads", swimlane(4)),
        ("hello-data-fusion", swimlane(5)),
        ("hello-swimlane-of-the-future", swimlane(9)),
        ("hello-node-zero", node(0, 0, 0)),
        ("hello-node-max", node(u32::MAX, u32::MAX, u64::MAX)),
        ("hello-no-fingerprint", first),
        ("hello-empty", Hello::default()),
    ];
    let frame = |(case, hello)| (case, with(Header::default(), Body::Hello(hello)));
    let mut frames: Vec<_> = hellos.into_iter().map(frame).collect();
    frames.push(("hello-with-versions", with(versions(), Body::Hello(short))));
    frames
}

fn welcomes() -> Vec<Case<Message>> {
    let welcome = |protocol_version| Welcome {
        protocol_version,
        my_node_id: Some(GenerationalNodeId::new(2, 9)),
        direction_ack: 1,
    };
    let max = GenerationalNodeId::new(u32::MAX, u32::MAX);
    let of_1_2 = |welcome| Welcome { direction_ack: 0, ..welcome };
    let welcomes = [
        ("welcome-1.2-V1", of_1_2(welcome(1))),
        ("welcome-1.2-V2", of_1_2(welcome(2))),
        ("welcome-1.2-of-the-future", of_1_2(welcome(50))),
        ("welcome-unknown", welcome(0)),
        ("welcome-V1", welcome(1)),
        ("welcome-V2", welcome(2)),
        ("welcome-V3", welcome(3)),
        ("welcome-of-the-future", welcome(50)),
        ("welcome-forward", Welcome { direction_ack: 2, ..welcome(2) }),
        ("welcome-nobody", Welcome { my_node_id: None, ..welcome(2) }),
        ("welcome-max", Welcome { direction_ack: 3, my_node_id: Some(max), ..welcome(2) }),
    ];
    let frame = |(case, welcome)| (case, with(Header::default(), Body::Welcome(welcome)));
    welcomes.into_iter().map(frame).collect()
}

fn controls() -> Vec<Case<Message>> {
    let control = |signal, message: &str| {
        Body::ConnectionControl(ConnectionControl { signal, message: message.to_owned() })
    };
    let signals = [
        ("control-drain", 2),
        ("control-codec-error", 3),
        ("control-request-stream-drained", 4),
        ("control-response-stream-drained", 5),
    ];
    let frame = |(case, signal)| {
        (case, Message { header: None, body: Some(control(signal, "Node is shutting down")) })
    };
    let mut frames: Vec<_> = signals.into_iter().map(frame).collect();
    let unicode = control(3, "ошибка кодека");
    frames.push(("control-unicode", with(Header::default(), unicode)));
    frames
}

fn call(id: u64, service: i32, msg_type: &str) -> RpcCall {
    RpcCall { id, service, msg_type: msg_type.to_owned(), sort_code: None, payload: payload() }
}

fn calls() -> Vec<Case<RpcCall>> {
    let to = |service| RpcCall { payload: Bytes::new(), ..call(1, service, "X") };
    let max = RpcCall {
        sort_code: Some(u64::MAX),
        payload: long_payload(),
        ..call(u64::MAX, 100, "GetMetadataRequest")
    };
    vec![
        ("call-empty", RpcCall::default()),
        (
            "call-sort-code",
            RpcCall { sort_code: Some(17), ..call(1, 55, "PartitionProcessorRpcRequest") },
        ),
        ("call-max", max),
        ("call-unknown-service", call(1, 1234, "GetNodeState")),
        ("call-log-server", to(26)),
        ("call-sequencer", to(44)),
        ("call-partition-manager", to(54)),
        ("call-gossip", to(62)),
        ("call-data-fusion", to(86)),
        ("call-metadata-manager", to(100)),
    ]
}

fn replies() -> Vec<Case<Message>> {
    let reply = |id, body| DatagramMember::RpcReply(RpcReply { id, body: Some(body) });
    let status = |(case, number)| bare(case, reply(9, RpcReplyBody::Status(number)));
    let statuses = [
        ("reply-unknown", 0),
        ("reply-service-not-found", 1),
        ("reply-service-stopped", 2),
        ("reply-service-not-ready", 3),
        ("reply-dropped", 5),
        ("reply-load-shedding", 6),
        ("reply-message-unrecognized", 7),
    ];
    let stored = datagram(reply(1, RpcReplyBody::Payload(payload())));
    let mut frames = vec![
        ("reply-payload", with(Header::default(), stored)),
        bare("reply-max", reply(u64::MAX, RpcReplyBody::Payload(long_payload()))),
    ];
    frames.extend(statuses.map(status));
    frames
}

fn watches() -> Vec<Case<Message>> {
    let watch =
        Watch { id: 1, service: 62, msg_type: "W".to_owned(), sort_code: None, payload: payload() };
    let update = |body| DatagramMember::WatchUpdate(WatchUpdate { id: 3, body: Some(body) });
    let start = |(case, number)| bare(case, update(WatchUpdateBody::Start(number)));
    let starts = [
        ("watch-start-service-not-found", 1),
        ("watch-start-service-not-ready", 3),
        ("watch-start-sort-code-not-found", 4),
        ("watch-start-dropped", 5),
        ("watch-start-load-shedding", 6),
    ];
    let mut frames = vec![
        bare("watch", DatagramMember::Watch(watch)),
        bare("watch-end-unknown", update(WatchUpdateBody::End(0))),
    ];
    frames.extend(starts.map(start));
    frames
}

/// Datagrams that nobody answers, and what stands around one.
fn others() -> Vec<Case<Message>> {
    let gossip = |sort_code| Unary {
        service: 62,
        sort_code,
        msg_type: "Gossip".to_owned(),
        payload: payload(),
    };
    let ping = |timestamp| DatagramMember::Ping(Ping { timestamp });
    let nothing = Body::Datagram(Datagram::default());
    let store = datagram(DatagramMember::RpcCall(call(300, 26, "Store")));
    vec![
        ("datagram-empty", Message { header: None, body: Some(nothing) }),
        ("call-with-versions", with(versions(), store)),
        bare("ping-zero", ping(0)),
        bare("ping-max", ping(u64::MAX)),
        ("unary-gossip", with(Header::default(), datagram(DatagramMember::Unary(gossip(None))))),
        bare("unary-sort-code", DatagramMember::Unary(gossip(Some(9)))),
        bare("unary-sort-code-zero", DatagramMember::Unary(gossip(Some(0)))),
        bare("unary-empty", DatagramMember::Unary(Unary::default())),
    ]
}

/// Payloads as V1 has them, in the order of their targets.
fn encoded() -> Vec<Case<Message>> {
    let encoded = |target, payload| Body::Encoded(BinaryMessage { target, payload });
    let numbered = |msg_id| Header { msg_id, ..Header::default() };
    let targets = [
        ("encoded-metadata", 1),
        ("encoded-store", 10),
        ("encoded-stored", 11),
        ("encoded-release", 12),
        ("encoded-seal", 14),
        ("encoded-sealed", 15),
        ("encoded-loglet-info", 17),
        ("encoded-records", 19),
        ("encoded-trim", 20),
        ("encoded-tail-updated", 23),
        ("encoded-digest", 25),
        ("encoded-append", 40),
        ("encoded-get-sequencer-state", 42),
        ("encoded-create-snapshot-request", 50),
        ("encoded-processor-response", 53),
        ("encoded-get-node-state", 60),
        ("encoded-node-state-response", 61),
        ("encoded-scanner-open", 80),
        ("encoded-scanner-closed", 85),
    ];
    let frame = |(case, target)| (case, with(numbered(7), encoded(target, payload())));
    let mut frames: Vec<_> = targets.into_iter().map(frame).collect();
    let response = Header { in_response_to: Some(7), ..Header { msg_id: 8, ..nodes(3) } };
    frames.extend([
        ("encoded-response", with(response, encoded(11, payload()))),
        ("encoded-empty", with(numbered(8), encoded(0, Bytes::new()))),
        ("encoded-unknown-target", with(numbered(8), encoded(4321, payload()))),
    ]);
    frames
}
