//! How each release fills the headers of what it sends (01 §3).

use super::*;

const VERSIONS: MetadataVersions =
    MetadataVersions { nodes_config: 3, logs: 4, schema: 5, partition_table: 6 };

fn informed(release: &str, id: u32) -> Local {
    let mut local = local(release, id);
    local.versions = VERSIONS;
    local
}

/// A call, its answer, and the end, between two nodes of a release.
fn conversation(release: &str, mut told: impl FnMut(&mut Local)) -> [Vec<Frame>; 2] {
    let (a, mut b) = (informed(release, 1), informed(release, 2));
    told(&mut b);
    let mut pair = Pair::of(a, b);
    pair.call(0, &get_node_state()).unwrap();
    if pair.sides[1].events.iter().any(|event| matches!(event, Event::Request(_))) {
        let request = pair.request(1);
        pair.reply(1, request, &Message::NodeStateResponse(NodeStateResponse::default()));
    }
    let side = &mut pair.sides[0];
    side.connection.drain(&mut side.local, pair.now, DrainReason::Drain);
    pair.settle();
    pair.sides.map(|side| side.sent)
}

fn header(msg_id: u64, in_response_to: Option<u64>) -> Header {
    Header {
        msg_id,
        in_response_to,
        my_nodes_config_version: Some(3),
        my_logs_version: Some(4),
        my_schema_version: Some(5),
        my_partition_table_version: Some(6),
        ..Header::default()
    }
}

fn headers(frames: &[Frame]) -> Vec<Option<Header>> {
    frames.iter().map(|frame| frame.header.clone()).collect()
}

#[test]
fn of_1_2_everything_has_a_number_but_control_frames_have_nothing() {
    let [dials, accepts] = conversation("1.2", |_| {});
    let early = |msg_id, in_response_to| Header {
        msg_id,
        in_response_to,
        my_nodes_config_version: Some(3),
        ..Header::default()
    };
    assert_eq!(headers(&dials), [Some(early(1, None)), Some(header(2, None)), None]);
    let [welcome, reply, ..] = &headers(&accepts)[..] else { panic!("{accepts:?}") };
    assert_eq!(*welcome, Some(early(1, Some(1))));
    assert_eq!(*reply, Some(header(2, Some(2))));
}

#[test]
fn of_1_3_messages_have_numbers() {
    let [dials, accepts] = conversation("1.3", |_| {});
    let plain = Some(header(0, None));
    // Hello, call, two control frames, and the answer to those of the other side.
    assert_eq!(
        headers(&dials)[..4],
        [&plain, &Some(header(1, None)), &plain, &plain].map(Clone::clone)
    );
    assert_eq!(
        headers(&accepts)[..3],
        [&plain, &Some(header(1, Some(1))), &plain].map(Clone::clone)
    );
}

#[test]
fn from_v2_on_nothing_has_a_number() {
    for release in ["1.4", "1.5", "1.6", "1.7"] {
        for sent in conversation(release, |_| {}) {
            assert!(sent.len() > 3, "{sent:?}");
            let plain = Some(header(0, None));
            assert!(headers(&sent).iter().all(|header| *header == plain), "{release} {sent:?}");
        }
    }
}

/// At V1, 1.4 counts the calls of each connection for itself, and its answers have no number.
#[test]
fn of_1_4_at_v1_calls_have_numbers() {
    let mut pair = Pair::of(informed("1.4", 2), informed("1.3", 1));
    // Other connections have had calls before.
    pair.sides[0].local.take_msg_id();
    pair.call(0, &get_node_state()).unwrap();
    assert_eq!(pair.sides[0].sent.last().unwrap().header, Some(header(1, None)));
    let mut pair = Pair::of(informed("1.3", 1), informed("1.4", 2));
    pair.call(0, &get_node_state()).unwrap();
    let request = pair.request(1);
    pair.reply(1, request, &Message::NodeStateResponse(NodeStateResponse::default()));
    assert_eq!(pair.sides[1].sent.last().unwrap().header, Some(header(0, Some(1))));
}

/// Where a call gets no further than the router, 1.4 says in the header which one it was.
#[test]
fn only_1_4_refers_to_a_call_in_the_header_of_a_status() {
    for (release, refers) in [("1.4", Some(1)), ("1.5", None), ("1.7", None)] {
        let [_, sent] = conversation(release, |local| local.services.states.clear());
        let status = sent.iter().find(|frame| matches!(frame.body, Some(Body::Datagram(_))));
        let status = status.unwrap().header.clone().unwrap();
        assert_eq!(status, header(0, refers), "{release}");
    }
}
