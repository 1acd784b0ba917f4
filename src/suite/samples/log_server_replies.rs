//! Answers of log servers.

use super::Case;
use super::records::{self, LAST_KEY};
use crate::fabric::messages::ids::LogletOffset;
use crate::fabric::messages::log_server::{
    Digest, DigestEntry, DigestEntryStatus, Gap, LogServerResponseHeader, LogServerStatus,
    LogletInfo, MaybeRecord, Records, Released, Sealed, Stored, TailUpdated, Trimmed,
};
use crate::fabric::messages::records::{Keys, Record};

/// Every status that all releases know.
const STATUSES: [Case<LogServerStatus>; 8] = [
    ("status-Ok", LogServerStatus::Ok),
    ("status-Disabled", LogServerStatus::Disabled),
    ("status-Dropped", LogServerStatus::Dropped),
    ("status-Sealed", LogServerStatus::Sealed),
    ("status-Sealing", LogServerStatus::Sealing),
    ("status-SequencerMismatch", LogServerStatus::SequencerMismatch),
    ("status-OutOfBounds", LogServerStatus::OutOfBounds),
    ("status-Malformed", LogServerStatus::Malformed),
];

fn header(
    local_tail: u32,
    known_global_tail: u32,
    sealed: bool,
    status: LogServerStatus,
) -> LogServerResponseHeader {
    let [local_tail, known_global_tail] = [local_tail, known_global_tail].map(LogletOffset);
    LogServerResponseHeader { local_tail, known_global_tail, sealed, status }
}

fn header_max() -> LogServerResponseHeader {
    header(u32::MAX, u32::MAX, true, LogServerStatus::Malformed)
}

/// A header without offsets, and a status that all releases know.
fn header_zero() -> LogServerResponseHeader {
    header(0, 0, false, LogServerStatus::Ok)
}

/// Headers that every release can express.
fn headers() -> Vec<Case<LogServerResponseHeader>> {
    let statuses = STATUSES.map(|(case, status)| (case, header(15, 11, false, status)));
    let mut headers = vec![
        ("minimal", header_zero()),
        ("empty-disabled", header(0, 0, false, LogServerStatus::Disabled)),
        ("sealed", header(128, 127, true, LogServerStatus::Sealed)),
        ("sealed-varint", header(16_512, 16_511, true, LogServerStatus::Ok)),
        ("max", header_max()),
    ];
    headers.extend(statuses);
    headers
}

/// Headers, those included that only 1.4 and later have.
fn headers_since_1_4() -> Vec<Case<LogServerResponseHeader>> {
    let mut headers = headers();
    headers.push(("empty", LogServerResponseHeader::default()));
    headers.push(("status-Unknown", header(15, 11, false, LogServerStatus::Unknown)));
    headers
}

/// A header with each status.
fn statuses() -> impl Iterator<Item = Case<LogServerResponseHeader>> {
    headers_since_1_4().into_iter().filter(|(case, _)| case.starts_with("status-"))
}

pub(super) fn stored() -> Vec<Case<Stored>> {
    headers_since_1_4().into_iter().map(|(case, header)| (case, Stored { header })).collect()
}

pub(super) fn released() -> Vec<Case<Released>> {
    headers().into_iter().map(|(case, header)| (case, Released { header })).collect()
}

pub(super) fn sealed() -> Vec<Case<Sealed>> {
    headers_since_1_4().into_iter().map(|(case, header)| (case, Sealed { header })).collect()
}

pub(super) fn trimmed() -> Vec<Case<Trimmed>> {
    headers_since_1_4().into_iter().map(|(case, header)| (case, Trimmed { header })).collect()
}

pub(super) fn tail_updated() -> Vec<Case<TailUpdated>> {
    headers_since_1_4().into_iter().map(|(case, header)| (case, TailUpdated { header })).collect()
}

pub(super) fn loglet_info() -> Vec<Case<LogletInfo>> {
    let info = |header, trim_point| LogletInfo { header, trim_point: LogletOffset(trim_point) };
    let ok = LogServerStatus::Ok;
    let mut cases = vec![
        ("empty", LogletInfo::default()),
        ("minimal", info(header_zero(), 0)),
        ("typical", info(header(101, 100, false, ok), 40)),
        ("sealed", info(header(101, 101, true, ok), 0)),
        ("max", info(header_max(), u32::MAX)),
    ];
    cases.extend(statuses().map(|(case, header)| (case, info(header, 16_512))));
    cases
}

pub(super) fn records() -> Vec<Case<Records>> {
    use MaybeRecord::{ArchivalGap, Data, FilteredGap, TrimGap, Unknown};
    let read = |next_offset, records: Vec<(u32, MaybeRecord)>| Records {
        header: header(20, 19, false, LogServerStatus::Ok),
        next_offset: LogletOffset(next_offset),
        records: records
            .into_iter()
            .map(|(offset, record)| (LogletOffset(offset), record))
            .collect(),
    };
    let gap = || Gap { to: LogletOffset(11) };
    let kinds = || records::all_kinds().into_iter().map(Data);
    let mut cases = vec![
        ("empty", Records::default()),
        ("minimal", Records { header: header_zero(), ..Records::default() }),
        (
            "empty-disabled",
            Records {
                header: header(0, 0, false, LogServerStatus::Disabled),
                next_offset: LogletOffset(1),
                records: vec![],
            },
        ),
        ("one-data", read(12, vec![(11, Data(records::hello()))])),
        ("one-empty-data", read(12, vec![(11, Data(Record::default()))])),
        (
            "three-data",
            read(
                14,
                vec![
                    (11, Data(records::single())),
                    (12, Data(records::pair())),
                    (13, Data(records::range())),
                ],
            ),
        ),
        ("typed", read(12, vec![(11, Data(records::text()))])),
        ("range-zero", read(12, vec![(11, Data(records::range_zero()))])),
        ("range-max", read(12, vec![(11, Data(records::late(2, Keys::RangeInclusive(LAST_KEY))))])),
        ("trim-gap", read(12, vec![(1, TrimGap(gap()))])),
        ("archival-gap", read(12, vec![(1, ArchivalGap(gap()))])),
        ("filtered-gap", read(12, vec![(1, FilteredGap(gap()))])),
        ("gap-zero", read(1, vec![(0, TrimGap(Gap::default()))])),
        ("unknown", read(12, vec![(1, Unknown)])),
        // What reading a log that was trimmed and filtered looks like.
        (
            "typical",
            read(
                20,
                vec![
                    (1, TrimGap(gap())),
                    (12, Data(records::hello())),
                    (13, FilteredGap(Gap { to: LogletOffset(18) })),
                    (19, Data(records::range())),
                ],
            ),
        ),
        ("all-keys", read(19, (11..).zip(kinds()).collect())),
        ("one-data-70k", read(12, vec![(11, Data(records::long_70k()))])),
        (
            "max",
            Records {
                header: header_max(),
                ..read(
                    u32::MAX,
                    vec![
                        (u32::MAX, TrimGap(Gap { to: LogletOffset(u32::MAX) })),
                        (u32::MAX, Data(records::late(200, Keys::Pair((7, u64::MAX))))),
                    ],
                )
            },
        ),
    ];
    cases.extend(
        statuses().map(|(case, header)| (case, Records { header, ..read(16_512, vec![]) })),
    );
    cases
}

pub(super) fn digest() -> Vec<Case<Digest>> {
    use DigestEntryStatus::{Archived, Exists, Trimmed, Unknown};
    let entry = |from_offset, to_offset, status| DigestEntry {
        from_offset: LogletOffset(from_offset),
        to_offset: LogletOffset(to_offset),
        status,
    };
    let digest = |entries| Digest { header: header(500, 480, false, LogServerStatus::Ok), entries };
    let mut cases = vec![
        ("empty", Digest::default()),
        ("minimal", Digest { header: header_zero(), entries: vec![] }),
        ("one-default", digest(vec![DigestEntry::default()])),
        ("entry-Trimmed", digest(vec![entry(1, 127, Trimmed)])),
        ("entry-Archived", digest(vec![entry(128, 16_511, Archived)])),
        ("entry-Exists", digest(vec![entry(16_512, 16_513, Exists)])),
        ("entry-Unknown", digest(vec![entry(1, 10, Unknown)])),
        (
            "typical",
            digest(vec![entry(1, 10, Trimmed), entry(11, 20, Archived), entry(21, 499, Exists)]),
        ),
        ("many", digest((0..200).map(|i| entry(100 * i, 100 * i + 99, Exists)).collect())),
        (
            "max",
            Digest { header: header_max(), entries: vec![entry(u32::MAX, u32::MAX, Exists); 3] },
        ),
    ];
    cases.extend(statuses().map(|(case, header)| (case, Digest { header, entries: vec![] })));
    cases
}
