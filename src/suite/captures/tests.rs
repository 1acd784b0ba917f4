//! Recordings made by hand: who is who, and what is said where nobody knows.

use super::*;
use crate::fabric::catalogue::Message;
use crate::fabric::codec::tree::Context;
use crate::fabric::envelope::{
    Body, Datagram, DatagramMember, GenerationalNodeId, Header, Hello, Message as Frame, RpcCall,
    RpcReply, RpcReplyBody, Welcome,
};
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::harness::report::Grid;
use crate::suite::subject::Fabric;

fn release(name: &str) -> Release {
    name.parse().unwrap()
}

/// Metadata versions in every header.
const HEADER: Header = Header {
    msg_id: 0,
    in_response_to: None,
    my_nodes_config_version: Some(1),
    my_logs_version: None,
    my_schema_version: None,
    my_partition_table_version: None,
    span_context: None,
};

/// A recording in the making.
#[derive(Default)]
struct Tape(String);

impl Tape {
    /// 1.6.2 dials 1.5.3, and 1.5.3 dials 1.6.2.
    fn of_both_ways() -> Self {
        let mut tape = Self::default();
        let (newer, older) = (("1.6.2", (1, 1)), ("1.5.3", (2, 1)));
        tape.handshake(1, newer, older);
        tape.handshake(2, older, newer);
        tape
    }

    /// Adds a frame of a connection to a node of the release `acceptor`, as `writer` writes it.
    fn add(&mut self, conn: u64, acceptor: &str, dir: &str, writer: &str, body: Body) {
        let frame = Frame { header: Some(HEADER), body: Some(body) };
        let hex = hex::encode(frame.encode(release(writer)).unwrap());
        let n = self.0.lines().count();
        self.0 += &format!(
            r#"{{"n":{n},"conn":{conn},"stream":1,"dir":{dir:?},"acceptor_release":{acceptor:?},"hex":{hex:?}}}"#
        );
        self.0.push('\n');
    }

    /// A handshake between two processes, as (id, generation).
    fn handshake(&mut self, conn: u64, from: (&str, (u32, u32)), to: (&str, (u32, u32))) {
        let node = |(id, generation)| Some(GenerationalNodeId { id, generation });
        let hello = Hello {
            min_protocol_version: 2,
            max_protocol_version: 2,
            my_node_id: node(from.1),
            ..Hello::default()
        };
        let welcome = Welcome { protocol_version: 2, my_node_id: node(to.1), direction_ack: 0 };
        self.add(conn, to.0, "c2s", from.0, Body::Hello(hello));
        self.add(conn, to.0, "s2c", to.0, Body::Welcome(welcome));
    }

    /// A call of a message that has nothing in it, and its answer.
    fn call(&mut self, conn: u64, from: &str, to: &str, msg_type: &str, answer: RpcReplyBody) {
        let (id, msg_type) = (7, msg_type.to_owned());
        let call = RpcCall { id, service: 62, msg_type, ..RpcCall::default() };
        let reply = RpcReply { id, body: Some(answer) };
        let datagram = |member| Body::Datagram(Datagram { datagram: Some(member) });
        self.add(conn, to, "c2s", from, datagram(DatagramMember::RpcCall(call)));
        self.add(conn, to, "s2c", to, datagram(DatagramMember::RpcReply(reply)));
    }

    /// Adds the last line once more.
    fn stutter(&mut self) {
        let last = self.0.lines().last().unwrap().to_owned();
        self.0 += &format!("{last}\n");
    }

    fn recording(&self) -> Recording {
        Recording::parse("made", &self.0).unwrap()
    }

    /// What is passed, failed and skipped, and why it is skipped.
    fn replayed(&self) -> (u64, u64, Vec<(String, usize)>) {
        let report = replay(&[self.recording()], &Fabric, |_| {});
        let tally = report.tally();
        let skips = report.grids().iter().flat_map(Grid::skips);
        let skips = skips.map(|group| (group.reason.clone(), group.cases.len())).collect();
        (tally.passed, tally.failed, skips)
    }
}

/// The answer to a `GetMetadataRequest`, from 1.6 on: a nodes configuration with one node.
fn nodes_configuration(node: (u32, u32), binary_version: &str) -> RpcReplyBody {
    let json = serde_json::json!({ "container": { "NodesConfiguration": {
        "version": 1, "cluster_name": "c", "cluster_fingerprint": null, "name_lookup": {},
        "nodes": [[node.0, { "Node": {
            "name": "n", "current_generation": [node.0, node.1], "address": "http://n:5122/",
            "roles": [], "log_server_config": { "storage_state": "read-write" }, "location": "",
            "metadata_server_config": { "metadata_server_state": "member" },
            "worker_config": { "worker_state": "active" }, "binary_version": binary_version,
        }}]],
    }}});
    let cx = Context { release: release("1.6"), version: ProtocolVersion::V2 };
    let message = "MetadataUpdate".parse().unwrap();
    let update = Message::from_json(message, &json, cx).unwrap();
    RpcReplyBody::Payload(update.encode(cx.release, cx.version.number()).unwrap())
}

#[test]
fn a_node_is_known_by_id_and_generation() {
    // Node 2 is 1.5.3 at first, then 1.6.1, and then, rolled back, 1.5.3 again.
    let mut tape = Tape::default();
    for (conn, name) in [(1, "1.5.3"), (2, "1.6.1"), (3, "1.5.3")] {
        let generation = u32::try_from(conn).unwrap();
        tape.handshake(conn, ("1.5.3", (1, 1)), (name, (2, generation)));
        tape.handshake(conn + 10, (name, (2, generation)), ("1.5.3", (1, 1)));
    }
    let recording = tape.recording();
    let hellos = recording.frames.iter().filter(|it| it.stream.connection > 10);
    let writers: Vec<_> =
        hellos.step_by(2).map(|it| recording.release(it, it.side).unwrap().to_string()).collect();
    assert_eq!(writers, ["1.5.3", "1.6.1", "1.5.3"]);
    assert_eq!(tape.replayed(), (18, 0, vec![]));
}

#[test]
fn who_is_never_dialled_is_known_from_metadata() {
    let mut tape = Tape::default();
    tape.handshake(1, ("1.6.1", (3, 2)), ("1.6.2", (1, 1)));
    let untold = tape.recording();
    let why = untold.release(&untold.frames[0], untold.frames[0].side).unwrap_err();
    assert_eq!(why.to_string(), "N3:2 is never dialled, and no recorded metadata says its release");
    // The peer's reading of the Hello passes, and so do the Welcome and the version.
    assert_eq!(tape.replayed(), (3, 0, vec![(why.to_string(), 1)]));

    let answer = nodes_configuration((3, 2), "1.6.1");
    tape.call(1, "1.6.1", "1.6.2", "GetMetadataRequest", answer.clone());
    let told = tape.recording();
    assert_eq!(told.release(&told.frames[0], told.frames[0].side), Ok(release("1.6.1")));

    for (name, problem) in [
        ("1.9.0", "N3:2 says that it is \"1.9.0\": no such release is known here"),
        ("1.6.2-rc", "N3:2 says that it is \"1.6.2-rc\": no such release is known here"),
    ] {
        let mut tape = Tape::default();
        tape.handshake(1, ("1.6.1", (3, 2)), ("1.6.2", (1, 1)));
        tape.call(1, "1.6.1", "1.6.2", "GetMetadataRequest", nodes_configuration((3, 2), name));
        let told = tape.recording();
        let why = told.release(&told.frames[0], told.frames[0].side).unwrap_err();
        assert_eq!(why.to_string(), problem);
    }
}

#[test]
fn what_nobody_can_know_is_said() {
    let mut tape = Tape::default();
    let status = RpcReplyBody::Status(7);
    tape.call(1, "1.6.2", "1.6.2", "GetNodeState", status.clone());
    let why = "no Hello of the stream is recorded, so that nobody knows who dialled";
    let (_, failed, skipped) = tape.replayed();
    assert_eq!((failed, skipped[0].0.as_str()), (0, why));

    let mut tape = Tape::default();
    tape.handshake(1, ("1.5.3", (1, 1)), ("1.5.3", (2, 1)));
    tape.handshake(2, ("1.5.3", (1, 1)), ("1.6.1", (2, 1)));
    tape.handshake(3, ("1.6.1", (2, 1)), ("1.5.3", (1, 1)));
    let (_, failed, skipped) = tape.replayed();
    let why = "N2:1 is recorded as 1.5.3, and as 1.6.1".to_owned();
    assert_eq!((failed, skipped), (0, vec![(why, 1)]));

    let mut tape = Tape::default();
    tape.add(1, "1.5.3", "c2s", "1.5.3", Body::Hello(Hello::default()));
    let why = "the Hello of the stream does not name the node that dialled".to_owned();
    assert_eq!(tape.replayed(), (1, 0, vec![(why, 1)]));
}

#[test]
fn a_frame_that_is_there_twice_is_damage() {
    let mut tape = Tape::default();
    tape.handshake(1, ("1.5.3", (1, 1)), ("1.5.3", (2, 1)));
    tape.stutter();
    let damaged = Recording::parse("made", &tape.0).unwrap_err();
    assert_eq!(damaged.to_string(), "made:3: frame 1 is in line 2 already");
}

/// 1.6 asks 1.5 a question that came with 1.6, and is refused by its name (01 §5).
#[test]
fn a_message_that_the_peer_does_not_know_is_not_read() {
    let mut tape = Tape::of_both_ways();
    tape.call(1, "1.6.2", "1.5.3", "IngestRequest", RpcReplyBody::Status(7));
    assert_eq!(tape.replayed(), (9, 0, vec![]));
}

/// The same frames, changed: each change is found (02 §2 to §4).
#[test]
fn a_conversation_that_nobody_can_have_had_is_found() {
    let mut tape = Tape::of_both_ways();
    tape.call(1, "1.6.2", "1.5.3", "GetNodeState", RpcReplyBody::Status(7));
    assert_eq!(tape.replayed().1, 0);
    let failed = |text: String| Tape(text).replayed().1;
    let swapped = tape.0.replace("c2s", "?").replace("s2c", "c2s").replace('?', "s2c");
    assert_eq!(failed(swapped), 4);
    let with_hex = |hex: &str| {
        let lines = tape.0.lines().map(|line| {
            let (start, _) = line.split_once("\"hex\":").unwrap();
            format!("{start}\"hex\":{hex:?}}}\n")
        });
        lines.collect::<String>()
    };
    assert_eq!(failed(with_hex("")), 6, "neither header nor body");
    let again = tape.0.replace("\"n\":", "\"n\":1");
    assert_eq!(failed(tape.0.clone() + &again), 4, "a second handshake of each stream");
    // Of a known writer: a header without a body, and a body without a header.
    for hex in ["0a00", "2a042a020805"] {
        let line = with_hex(hex).lines().nth(4).unwrap().replace("\"n\":4", "\"n\":9");
        assert_eq!(failed(format!("{}{line}\n", tape.0)), 1, "{hex}");
    }
}
