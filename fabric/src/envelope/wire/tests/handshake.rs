//! Hello and Welcome.

use crate::envelope::{EnvelopeError, Hello, Welcome};

fn refused<T: std::fmt::Debug>(result: Result<T, EnvelopeError>) -> &'static str {
    match result {
        Err(EnvelopeError::NotCarried { field, .. }) => field,
        other => panic!("{other:?}"),
    }
}

#[test]
fn later_fields_are_refused_by_earlier_releases() {
    let (v1_2, v1_3) = ("1.2".parse().unwrap(), "1.3".parse().unwrap());
    let directed = Hello { direction: 2, ..Hello::default() };
    let in_lane = Hello { swimlane: 1, ..Hello::default() };
    let printed = Hello { cluster_fingerprint: 1, ..Hello::default() };
    assert_eq!(refused(directed.encode(v1_2)), "Hello.direction");
    assert_eq!(directed.encode(v1_3).unwrap(), [0x28, 2]);
    for old in [v1_2, v1_3] {
        assert_eq!(refused(in_lane.encode(old)), "Hello.swimlane");
        assert_eq!(refused(printed.encode(old)), "Hello.cluster_fingerprint");
    }
    let acked = Welcome { direction_ack: 1, ..Welcome::default() };
    assert_eq!(refused(acked.encode(v1_2)), "Welcome.direction_ack");
    assert_eq!(acked.encode(v1_3).unwrap(), [0x20, 1]);
}

#[test]
fn later_fields_are_skipped_by_earlier_releases() {
    let v1_4 = "1.4".parse().unwrap();
    let hello = Hello {
        max_protocol_version: -1,
        direction: 77,
        swimlane: 9,
        cluster_fingerprint: u64::MAX,
        ..Hello::default()
    };
    let bytes = bytes::Bytes::from(hello.encode(v1_4).unwrap());
    assert_eq!(Hello::decode(v1_4, bytes.clone()).unwrap(), hello);
    let v1_3 = Hello::decode("1.3".parse().unwrap(), bytes.clone()).unwrap();
    assert_eq!(v1_3, Hello { swimlane: 0, cluster_fingerprint: 0, ..hello });
    let v1_2 = Hello::decode("1.2".parse().unwrap(), bytes).unwrap();
    assert_eq!(v1_2, Hello { direction: 0, ..v1_3 });
}
