//! Ingest and its deduplication.

use bytes::Bytes;

use super::Case;
use super::records::{EVERY_KEY, LAST_KEY};
use crate::fabric::messages::ids::PartitionId;
use crate::fabric::messages::ingest::{
    DedupSequenceNrQueryRequest, DedupSequenceNrQueryResponse, IngestRecord, IngestRecords,
    IngestRequest, IngestResponse, InternalError, NotLeader, ProducerId, ResponseStatus,
};
use crate::fabric::messages::records::Keys;

pub(super) fn request() -> Vec<Case<IngestRequest>> {
    let one = |keys, record: Bytes| IngestRecord { keys, record };
    let all = |records| IngestRequest { records: IngestRecords(records) };
    let number = |i: u8| one(Keys::Single(i.into()), vec![i].into());
    vec![
        ("minimal", IngestRequest::default()),
        ("one-empty", all(vec![IngestRecord::default()])),
        ("one", all(vec![one(Keys::None, "payload".into())])),
        ("single", all(vec![one(Keys::Single(42), "payload".into())])),
        ("pair", all(vec![one(Keys::Pair((7, u64::MAX)), "payload".into())])),
        ("range", all(vec![one(Keys::RangeInclusive(EVERY_KEY), "payload".into())])),
        (
            "typical",
            all(vec![
                one(Keys::None, "payload".into()),
                one(Keys::Single(0), Bytes::new()),
                one(Keys::Pair((0, 0)), "Grüße 世界".into()),
                one(Keys::RangeInclusive(EVERY_KEY), vec![0x00, 0xff, 0x80].into()),
            ]),
        ),
        ("many", all((0..130).map(number).collect())),
        (
            "long",
            all(vec![
                one(Keys::Single(1), vec![b'x'; 300].into()),
                one(Keys::Single(2), vec![b'y'; 70_000].into()),
            ]),
        ),
        ("max", all(vec![one(Keys::RangeInclusive(LAST_KEY), vec![0xff; 200].into())])),
    ]
}

/// How a request can go, and a name for it.
fn statuses() -> Vec<Case<ResponseStatus>> {
    let not_leader = |id| ResponseStatus::NotLeader(NotLeader { of: PartitionId(id) });
    let internal = |msg: &str| ResponseStatus::Internal(InternalError { msg: msg.to_owned() });
    vec![
        ("minimal", ResponseStatus::Unknown),
        ("Ack", ResponseStatus::Ack),
        ("NotLeader-zero", not_leader(0)),
        ("NotLeader", not_leader(128)),
        ("Internal-zero", internal("")),
        ("Internal-unicode", internal("ошибка")),
        ("Internal-long", internal(&"m".repeat(300))),
    ]
}

/// Led elsewhere, and the partition is the last there can be.
fn last_led_elsewhere() -> ResponseStatus {
    ResponseStatus::NotLeader(NotLeader { of: PartitionId(u16::MAX) })
}

pub(super) fn response() -> Vec<Case<IngestResponse>> {
    let mut cases = statuses();
    cases.push(("max", last_led_elsewhere()));
    cases.into_iter().map(|(case, status)| (case, IngestResponse { status })).collect()
}

pub(super) fn dedup_request() -> Vec<Case<DedupSequenceNrQueryRequest>> {
    let ask = |producer_id| DedupSequenceNrQueryRequest { producer_id };
    let text = |name: &str| ask(ProducerId::String(name.to_owned()));
    let number = |number| ask(ProducerId::Numeric(number));
    vec![
        ("minimal", ask(ProducerId::Unknown)),
        ("typical", text("kafka/topic-1/0/ü")),
        ("string-empty", text("")),
        ("string-long", text(&"p".repeat(300))),
        ("numeric", number(42)),
        ("numeric-zero", number(0)),
        ("numeric-u64max", number(u64::MAX.into())),
        // Only the upper half of the number is there.
        ("numeric-2pow64", number(1 << 64)),
        ("max", number(u128::MAX)),
    ]
}

pub(super) fn dedup_response() -> Vec<Case<DedupSequenceNrQueryResponse>> {
    let answer = |status, sequence_number| DedupSequenceNrQueryResponse { status, sequence_number };
    let mut cases: Vec<_> =
        statuses().into_iter().map(|(case, status)| (case, answer(status, None))).collect();
    cases.extend([
        ("ack-zero", answer(ResponseStatus::Ack, Some(0))),
        ("typical", answer(ResponseStatus::Ack, Some(16_512))),
        ("max", answer(ResponseStatus::Ack, Some(u64::MAX))),
        ("NotLeader-max", answer(last_led_elsewhere(), None)),
        ("NotLeader-sequence", answer(last_led_elsewhere(), Some(7))),
    ]);
    cases
}
