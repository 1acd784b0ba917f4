//! Records between releases: what each side of a boundary writes and reads.

use bytes::Bytes;
use serde_json::{Value as Json, json};

use super::apply::{self, Reaction};
use super::framing::BodyError;
use super::*;
use crate::codec::json::from_json;

/// A release, in this layer.
pub(super) fn context(release: &str) -> Context {
    super::context(release.parse().unwrap())
}

fn release(name: &str) -> Release {
    name.parse().unwrap()
}

/// A record of a leader with this command, as a release has it.
fn record(command: Json, writer: &str) -> LogRecord {
    let mut source = json!({"partition_key": 7, "leader_epoch": 5});
    let minor = release(writer).minor();
    if minor < 7 {
        source["partition_id"] = json!(3);
    }
    if minor < 6 {
        source["node_id"] = json!(1);
    }
    let dest = json!({"Processor": {"partition_key": 7, "dedup": null}});
    let header = json!({"source": {"Processor": source}, "dest": dest});
    let json = json!({"header": header, "command": command});
    LogRecord::from_json(&json, release(writer)).unwrap()
}

fn body(command: Json, writer: &str) -> Bytes {
    encode(&record(command, writer), release(writer)).unwrap()
}

fn read(body: &Bytes, reader: &str) -> Result<LogRecord, BodyError> {
    decode(body, release(reader))
}

fn effect(kind: Json) -> Json {
    json!({"InvokerEffect": {
        "invocation_id": "inv_10GJfy0GGPIZ6za9Yb9WDRfnNAjaW0tf3P", "kind": kind,
    }})
}

/// A call in a journal, as 1.4 and 1.3 write it.
fn call(writer: &str) -> Bytes {
    let metadata =
        json!({"CallOrSend": {"completion_retention_duration": {"secs": 0, "nanos": 0}}});
    let inner = json!({"Command": {"ty": "Call", "command_specific_metadata": metadata}});
    let entry = json!({"header": {"append_time": 1}, "inner": inner});
    body(effect(json!({"JournalEntryV2": {"entry": entry}})), writer)
}

#[test]
fn calls_of_1_3_end_1_4_0_and_no_other() {
    let body = call("1.3.2");
    for reader in ["1.2.0", "1.3.2", "1.4.1", "1.4.2", "1.5.6"] {
        read(&body, reader).unwrap();
    }
    let error = read(&body, "1.4.0").unwrap_err().to_string();
    assert!(error.contains("journal_retention_duration"), "{error}");
    read(&call("1.4.0"), "1.4.0").unwrap();
}

#[test]
fn records_of_1_6_and_1_7_are_not_for_1_4() {
    let truncate = json!({"TruncateOutbox": 1});
    for (writer, missing) in [("1.6.2", "node_id"), ("1.7.6", "partition_id")] {
        let body = body(truncate.clone(), writer);
        let error = read(&body, "1.4.4").unwrap_err().to_string();
        assert!(error.contains(missing), "{error}");
        read(&body, "1.5.0").unwrap();
    }
    read(&body(truncate, "1.5.6"), "1.2.0").unwrap();
}

#[test]
fn durability_came_with_a_patch() {
    let durability = json!({"UpdatePartitionDurability": {}});
    let body = body(durability, "1.4.2");
    read(&body, "1.4.2").unwrap();
    read(&body, "1.4.1").unwrap_err();
}

#[test]
fn an_entry_may_be_null_beside_its_other_form() {
    let raw = json!({"Command": {"ty": "Input", "command_specific_metadata": "None"}});
    let both = json!({"JournalEntryV2": {"entry": null, "raw_entry": raw}});
    let body = body(effect(both), "1.4.2");
    for (reader, is_read) in [("1.4.1", false), ("1.4.2", true), ("1.5.6", true), ("1.6.0", false)]
    {
        assert_eq!(read(&body, reader).is_ok(), is_read, "{reader}");
    }
}

#[test]
fn an_announcement_may_be_bare_up_to_1_4() {
    let bare = json!({"AnnounceLeader": {"node_id": null, "partition_key_range": null}});
    let record = record(bare, "1.4.4");
    let body = encode(&record, release("1.4.4")).unwrap();
    assert_eq!(read(&body, "1.2.0").unwrap(), record);
    read(&body, "1.5.0").unwrap_err();
    encode(&record, release("1.5.0")).unwrap_err();
}

#[test]
fn barriers_stop_what_is_older() {
    let barrier = |version: &str, features: Json| {
        json!({"VersionBarrier": {
            "version": version, "partition_key_range": "None", "feature_changes": features,
        }})
    };
    let react = |body: &Bytes, reader: &str| apply::react(body, release(reader)).to_string();
    let old = body(barrier("1.6.0-dev", json!([1])), "1.7.6");
    assert_eq!(react(&old, "1.5.6"), "blocked");
    assert_eq!(react(&old, "1.6.0"), "applied");
    let new = body(barrier("1.7.5-dev", json!([4])), "1.7.6");
    assert_eq!(react(&new, "1.7.4"), "blocked");
    assert_eq!(react(&new, "1.7.5"), "applied");
    let odd = body(barrier("1.6.0+any", json!([9])), "1.7.6");
    assert_eq!(react(&odd, "1.6.2"), "applied");
    assert_eq!(react(&odd, "1.7.6"), "stops");
}

#[test]
fn odd_codecs_are_errors_and_end_the_processor_of_1_7() {
    let json = LogRecord::default().to_json(release("1.7")).unwrap().to_string();
    let body = Bytes::from([&[5], json.as_bytes()].concat());
    assert_eq!(read(&body, "1.6").unwrap(), LogRecord::default());
    assert!(matches!(apply::react(&body, release("1.6.2")), Reaction::Applied));
    assert!(matches!(apply::react(&body, release("1.7.0")), Reaction::Panics { .. }));
    for (byte, reader, text) in [
        (0, "1.2", "failed reading codec: unknown discriminant '0'"),
        (1, "1.7", "unsupported codec kind: Protobuf"),
        (4, "1.6", "failed reading codec: unknown discriminant '4'"),
        (6, "1.3", "failed reading codec: unknown discriminant '6'"),
        (6, "1.4", "unsupported codec kind: Bilrost"),
        (7, "1.3", "failed reading codec: unknown discriminant '7'"),
        (7, "1.6", "unsupported codec kind: Custom"),
    ] {
        let error = read(&Bytes::from(vec![byte, 1, 2, 3]), reader).unwrap_err();
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn the_second_form_is_applied_by_1_7() {
    let header = |kind: u8| vec![7, 10, 10, kind, 0, 0, 0, 6, 6, 0, 0, 0];
    let react = |kind: u8, payload: &[u8], reader: &str| {
        let body = [header(kind), payload.to_vec()].concat().into();
        apply::react(&body, release(reader)).reason()
    };
    let truncation = [4, 11, 5, 2, 4, 7];
    assert_eq!(react(9, &truncation, "1.7.0"), "");
    assert_eq!(react(9, &truncation, "1.6.2"), "unsupported codec kind: Custom");
    for unknown in [0, 26] {
        assert_eq!(react(unknown, &truncation, "1.7.6"), "Unsupported command kind");
    }
    assert!(react(8, &[], "1.7.6").contains("ends"), "{}", react(8, &[], "1.7.6"));
    let barrier = [&[5, 5], "9.0.0".as_bytes()].concat();
    assert_eq!(react(2, &barrier, "1.7.6"), "the barrier asks for 9.0.0");
}

#[test]
fn a_number_of_the_second_form_comes_once() {
    let nested = |bytes: Vec<u8>| [vec![5, bytes.len() as u8], bytes].concat();
    let epoch = [3, 1, 0, 0, 0, 0, 0, 0, 0];
    let read = |proposal: Vec<u8>| {
        let header = nested(nested(proposal));
        custom::SecondForm::decode(&[vec![header.len() as u8], header].concat().into())
    };
    let dedup = apply::Deduplication::SelfProposal { leader_epoch: 1, seq: 0 };
    assert_eq!(read(epoch.to_vec()).unwrap().dedup, dedup);
    assert_eq!(read([epoch, epoch].concat()).unwrap_err().kind(), &FaultKind::Repeated);
}

#[test]
fn a_pair_without_meaning_stops_1_7_before_it_looks_at_a_barrier() {
    let command = json!({"VersionBarrier": {"version": "9.0.0", "partition_key_range": "None"}});
    let mut record = record(command, "1.7");
    let header::Destination::Processor(dest) = &mut record.header.dest;
    dest.dedup = Some(header::DedupInformation {
        producer_id: header::ProducerId::Partition(Default::default()),
        sequence_number: header::DedupSequenceNumber::Esn(Default::default()),
    });
    let body = encode(&record, release("1.7")).unwrap();
    let reason = |reader: &str| apply::react(&body, release(reader)).reason();
    assert_eq!(reason("1.7"), "invalid deduplication information");
    assert_eq!(reason("1.6.2"), "the barrier asks for 9.0.0");
}

#[test]
fn a_body_in_json_is_not_looked_at_beyond_its_bound() {
    let len_max = crate::limits::JSON_BODY_LEN_MAX;
    let body = Bytes::from([vec![5], vec![b' '; len_max + 1]].concat());
    assert_eq!(read(&body, "1.6"), Err(BodyError::TooLong { len: len_max + 1, len_max }));
    assert!(matches!(read(&body.slice(..=len_max), "1.6"), Err(BodyError::NotJson { .. })));
}

#[test]
fn lengths_that_are_wrong_are_named() {
    let short =
        |bytes: &'static [u8]| read(&Bytes::from_static(bytes), "1.7").unwrap_err().to_string();
    assert_eq!(short(&[]), "remaining bytes in buf '0' < version bytes '1'");
    assert_eq!(short(&[2]), "insufficient data: expecting 4 bytes for length");
    assert_eq!(short(&[2, 9, 0, 0, 0, 1]), "insufficient data: expecting 9 bytes for flexbuffers");
    let mut body = body(json!({"TruncateOutbox": 1}), "1.7.6").to_vec();
    body.extend([1, 2, 3]);
    read(&Bytes::from(body), "1.7").unwrap();
}

#[test]
fn only_the_reason_of_a_yield_may_be_unknown() {
    let reason = |name: &str| -> Result<yielding::YieldReason, Fault> {
        from_json(&json!({"reason": name, "more": [1]}), context("1.7"))
    };
    assert_eq!(reason("Later").unwrap(), yielding::YieldReason::Unknown);
    assert_eq!(
        reason("PartitionLeaderChange").unwrap(),
        yielding::YieldReason::PartitionLeaderChange
    );
    reason("ExhaustedMemoryBudget").unwrap_err();
}

#[test]
fn epochs_before_1_4_have_the_number_of_their_version() {
    let old = json!({"version": 5, "leader_metadata": {"partition_id": 3, "node_id": [2, 5]}});
    let old: epoch::EpochMetadata = from_json(&old, context("1.3")).unwrap();
    let body = encode(&old, release("1.3")).unwrap();
    let new: epoch::EpochMetadata = decode(&body, release("1.4")).unwrap();
    assert_eq!(new.epoch.unwrap().0, 5);
    let nobody = epoch::EpochMetadata { leader_metadata: optional::Leader(None), ..new };
    let body = encode(&nobody, release("1.4")).unwrap();
    decode::<epoch::EpochMetadata>(&body, release("1.3")).unwrap_err();
}
