//! Sample values of the envelope: frames and what they are made of.
//!
//! Names follow those of [`samples`](crate::suite::samples): `empty`, `typical`, `max`, and what a
//! value shows. Each stays the same for good. What [`frames`] are made of has the name of the frame.

mod frames;
mod parts;

use bytes::Bytes;

pub use self::parts::parts;
use crate::fabric::envelope::{
    BinaryMessage, Body, ConnectionControl, Datagram, DatagramMember, Envelope, EnvelopeType,
    GenerationalNodeId, Header, Hello, LeaderEpoch, Lsn, Message, NodeId, Ping, Pong, RpcCall,
    RpcReply, RpcReplyBody, RpcRequest, RpcResponse, SpanContext, Unary, Version, Watch,
    WatchUpdate, WatchUpdateBody, Welcome,
};

/// A value with its name.
type Case<T> = (&'static str, T);

/// Milliseconds since the Unix epoch, of the day that the samples play on.
const NOW_MS: u64 = 1_754_000_000_123;

/// The samples of a message of the envelope: those of its own, and what frames have of it. A value
/// is there once, under the first of its names.
pub fn samples(of: EnvelopeType) -> Vec<Case<Envelope>> {
    let mut samples = own(of);
    let frames = frames::frames().into_iter().map(|(case, frame)| (case, Envelope::from(frame)));
    for (case, value) in frames.chain(frames::node_service()) {
        for part in parts(&value).into_iter().chain([value]) {
            let is_known = samples.iter().any(|(_, known)| *known == part);
            if part.envelope_type() == of && !is_known {
                samples.push((case, part));
            }
        }
    }
    samples
}

fn own(of: EnvelopeType) -> Vec<Case<Envelope>> {
    use EnvelopeType as T;
    match of {
        T::Message => cases(messages()),
        T::Header => cases(headers()),
        T::SpanContext => cases(vec![("empty", SpanContext::default()), ("typical", span())]),
        T::ConnectionControl => cases(controls()),
        T::Hello => cases(hellos()),
        T::Welcome => cases(welcomes()),
        T::BinaryMessage => cases(vec![
            ("empty", BinaryMessage::default()),
            ("typical", BinaryMessage { target: 60, payload: payload() }),
            ("unknown-target", BinaryMessage { target: i32::MAX, payload: Bytes::new() }),
        ]),
        T::Datagram => cases(datagrams()),
        T::RpcCall => cases(vec![
            ("empty", RpcCall::default()),
            ("typical", call()),
            ("sort-code-zero", RpcCall { sort_code: Some(0), ..call() }),
            ("sort-code-max", RpcCall { id: u64::MAX, sort_code: Some(u64::MAX), ..call() }),
        ]),
        T::RpcReply => cases(replies()),
        T::Watch => cases(vec![("empty", Watch::default()), ("typical", watch())]),
        T::WatchUpdate => cases(updates()),
        T::Ping => cases(vec![("empty", Ping::default()), ("typical", Ping { timestamp: NOW_MS })]),
        T::Pong => cases(vec![("empty", Pong::default()), ("typical", Pong { timestamp: NOW_MS })]),
        T::Unary => cases(vec![
            ("empty", Unary::default()),
            ("typical", unary()),
            ("sort-code-zero", Unary { sort_code: Some(0), ..unary() }),
        ]),
        T::RpcRequest => cases(vec![
            ("empty", RpcRequest::default()),
            ("typical", RpcRequest { header: Some(header()), rpc_call: Some(call()) }),
        ]),
        T::RpcResponse => cases(vec![
            ("empty", RpcResponse::default()),
            ("typical", RpcResponse { header: Some(header()), rpc_reply: Some(reply()) }),
        ]),
        T::NodeId => cases(vec![
            ("empty", NodeId::default()),
            ("plain", NodeId { id: 3, generation: None }),
            ("generation-zero", NodeId { id: 3, generation: Some(0) }),
            ("max", NodeId { id: u32::MAX, generation: Some(u32::MAX) }),
        ]),
        T::GenerationalNodeId => cases(vec![
            ("empty", GenerationalNodeId::default()),
            ("typical", node()),
            ("max", GenerationalNodeId::new(u32::MAX, u32::MAX)),
        ]),
        T::Version => {
            cases(vec![("empty", Version::default()), ("max", Version { value: u32::MAX })])
        }
        T::Lsn => cases(vec![("empty", Lsn::default()), ("max", Lsn { value: u64::MAX })]),
        T::LeaderEpoch => {
            cases(vec![("empty", LeaderEpoch::default()), ("max", LeaderEpoch { value: u64::MAX })])
        }
    }
}

fn cases<T: Into<Envelope>>(cases: Vec<Case<T>>) -> Vec<Case<Envelope>> {
    cases.into_iter().map(|(case, value)| (case, value.into())).collect()
}

fn node() -> GenerationalNodeId {
    GenerationalNodeId::new(1, 7)
}

fn payload() -> Bytes {
    Bytes::from_static(&[0, 0, 1, 0, 0, 0x24, 1])
}

fn span() -> SpanContext {
    parent_span(&[("tracestate", "a=1")])
}

/// A span with a parent, and what else is said of it.
fn parent_span(more: &[(&str, &str)]) -> SpanContext {
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let pairs = [("traceparent", parent)].into_iter().chain(more.iter().copied());
    SpanContext { fields: pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect() }
}

/// What every line can say.
fn header() -> Header {
    Header {
        my_nodes_config_version: Some(4),
        my_logs_version: Some(9),
        my_schema_version: Some(2),
        my_partition_table_version: Some(3),
        ..Header::default()
    }
}

fn headers() -> Vec<Case<Header>> {
    let zero = Header {
        my_nodes_config_version: Some(0),
        my_logs_version: Some(0),
        my_schema_version: Some(0),
        my_partition_table_version: Some(0),
        ..Header::default()
    };
    let mut headers = vec![
        ("empty", Header::default()),
        ("typical", header()),
        ("zero", zero),
        ("msg-id", Header { msg_id: 42, ..header() }),
        ("in-response-to", Header { msg_id: 43, in_response_to: Some(42), ..header() }),
        ("in-response-to-zero", Header { in_response_to: Some(0), ..Header::default() }),
        ("span-context", Header { span_context: Some(span()), ..header() }),
    ];
    headers.extend(frames::headers());
    headers
}

fn hello() -> Hello {
    Hello {
        min_protocol_version: 1,
        max_protocol_version: 1,
        cluster_name: "localcluster".to_owned(),
        my_node_id: Some(node()),
        direction: 0,
        swimlane: 0,
        cluster_fingerprint: 0,
    }
}

fn hellos() -> Vec<Case<Hello>> {
    let newest = Hello {
        min_protocol_version: 2,
        max_protocol_version: 3,
        direction: 2,
        cluster_fingerprint: 0x1234_5678_9abc_def0,
        ..hello()
    };
    vec![
        ("empty", Hello::default()),
        ("typical", hello()),
        ("forward", Hello { direction: 2, ..hello() }),
        ("range-2-3", Hello { min_protocol_version: 2, max_protocol_version: 3, ..hello() }),
        ("range-negative", Hello { min_protocol_version: -1, max_protocol_version: 99, ..hello() }),
        ("gossip", Hello { direction: 1, swimlane: 1, ..newest.clone() }),
        ("bifrost-reads", Hello { swimlane: 4, ..newest.clone() }),
        ("unknown-swimlane", Hello { swimlane: 77, ..newest.clone() }),
        ("fingerprint", newest),
        ("nobody", Hello { my_node_id: None, ..hello() }),
        ("unicode", Hello { cluster_name: "größe 集群".to_owned(), ..hello() }),
        frames::hello_with_fingerprint(),
    ]
}

fn welcomes() -> Vec<Case<Welcome>> {
    let welcome =
        |number| Welcome { protocol_version: number, my_node_id: Some(node()), direction_ack: 0 };
    vec![
        ("empty", Welcome::default()),
        ("V1", welcome(1)),
        ("V2", welcome(2)),
        ("V3", welcome(3)),
        ("V4", welcome(4)),
        ("forward", Welcome { direction_ack: 2, ..welcome(2) }),
        ("nobody", Welcome { my_node_id: None, ..welcome(1) }),
    ]
}

fn controls() -> Vec<Case<ConnectionControl>> {
    let control = |signal, message: &str| ConnectionControl { signal, message: message.to_owned() };
    vec![
        ("empty", control(0, "")),
        ("shutdown", control(1, "shutting down")),
        ("drain", control(2, "")),
        ("codec-error", control(3, "cannot decode")),
        ("request-stream-drained", control(4, "")),
        ("response-stream-drained", control(5, "")),
        ("unknown-signal", control(-7, "")),
    ]
}

fn call() -> RpcCall {
    RpcCall {
        id: 17,
        service: 26,
        msg_type: "GetNodeState".to_owned(),
        sort_code: None,
        payload: payload(),
    }
}

fn watch() -> Watch {
    Watch {
        id: 5,
        service: 100,
        msg_type: "Watched".to_owned(),
        sort_code: Some(1),
        payload: payload(),
    }
}

fn unary() -> Unary {
    Unary { service: 62, sort_code: None, msg_type: "Gossip".to_owned(), payload: payload() }
}

fn reply() -> RpcReply {
    RpcReply { id: 17, body: Some(RpcReplyBody::Payload(payload())) }
}

fn replies() -> Vec<Case<RpcReply>> {
    let status = |number| RpcReply { id: 17, body: Some(RpcReplyBody::Status(number)) };
    let no_payload = RpcReply { id: 17, body: Some(RpcReplyBody::Payload(Bytes::new())) };
    vec![
        ("empty", RpcReply::default()),
        ("typical", reply()),
        ("payload-empty", no_payload),
        ("status-unknown", status(0)),
        ("status-service-not-found", status(1)),
        ("status-load-shedding", status(6)),
        ("status-of-the-future", status(99)),
    ]
}

fn updates() -> Vec<Case<WatchUpdate>> {
    let update = |body| WatchUpdate { id: 5, body: Some(body) };
    vec![
        ("empty", WatchUpdate::default()),
        ("start", update(WatchUpdateBody::Start(1))),
        ("end", update(WatchUpdateBody::End(1))),
        ("update", update(WatchUpdateBody::Update(payload()))),
    ]
}

fn datagrams() -> Vec<Case<Datagram>> {
    let datagram = |member| Datagram { datagram: Some(member) };
    vec![
        ("empty", Datagram::default()),
        ("call", datagram(DatagramMember::RpcCall(call()))),
        ("reply", datagram(DatagramMember::RpcReply(reply()))),
        ("watch", datagram(DatagramMember::Watch(watch()))),
        ("watch-update", datagram(DatagramMember::WatchUpdate(WatchUpdate::default()))),
        ("ping", datagram(DatagramMember::Ping(Ping { timestamp: NOW_MS }))),
        ("pong", datagram(DatagramMember::Pong(Pong::default()))),
        ("unary", datagram(DatagramMember::Unary(unary()))),
    ]
}

fn messages() -> Vec<Case<Message>> {
    let frame = |body| Message { header: Some(header()), body: Some(body) };
    let data = |member| frame(Body::Datagram(Datagram { datagram: Some(member) }));
    let headless = |body| Message { header: None, body: Some(body) };
    let control = ConnectionControl { signal: 2, message: "bye".to_owned() };
    let welcome = Welcome { protocol_version: 1, my_node_id: Some(node()), direction_ack: 0 };
    let encoded = BinaryMessage { target: 60, payload: payload() };
    vec![
        ("empty", Message::default()),
        ("header", Message { header: Some(header()), body: None }),
        ("hello", frame(Body::Hello(hello()))),
        ("welcome", frame(Body::Welcome(welcome))),
        ("control", frame(Body::ConnectionControl(control.clone()))),
        ("control-without-header", headless(Body::ConnectionControl(control))),
        ("encoded", frame(Body::Encoded(encoded))),
        ("call", data(DatagramMember::RpcCall(call()))),
        ("reply", data(DatagramMember::RpcReply(reply()))),
        ("ping", data(DatagramMember::Ping(Ping { timestamp: NOW_MS }))),
        ("unary", data(DatagramMember::Unary(unary()))),
    ]
}
