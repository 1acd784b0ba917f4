//! Requests to log servers.

use super::records::{self, EVERY_KEY, LAST_KEY};
use super::{Case, NOW_MS};
use crate::fabric::messages::ids::{
    GenerationalNodeId, KeyRange, LogletId, LogletOffset, MillisSinceEpoch, NanosSinceEpoch,
    StoreFlags,
};
use crate::fabric::messages::log_server::{
    GetDigest, GetLogletInfo, GetRecords, LogServerRequestHeader, Release, Seal, Store, TailQuery,
    Trim, WaitForTail,
};
use crate::fabric::messages::records::{KeyFilter, Keys, Payloads, Record};

/// A loglet whose id needs more than 32 bits.
pub(super) const LOGLET: LogletId = LogletId(0x1_0000_0002);

const MAX_OFFSET: LogletOffset = LogletOffset(u32::MAX);

fn header(known_global_tail: u32) -> LogServerRequestHeader {
    let known_global_tail = LogletOffset(known_global_tail);
    LogServerRequestHeader { loglet_id: LOGLET, known_global_tail }
}

fn header_max() -> LogServerRequestHeader {
    LogServerRequestHeader { loglet_id: LogletId(u64::MAX), known_global_tail: MAX_OFFSET }
}

/// A loglet and an offset whose varints are as short as they can be for their length.
fn header_varint() -> LogServerRequestHeader {
    LogServerRequestHeader { loglet_id: LogletId(128), known_global_tail: LogletOffset(16_512) }
}

fn headers() -> Vec<Case<LogServerRequestHeader>> {
    vec![
        ("minimal", LogServerRequestHeader::default()),
        ("typical", header(500)),
        ("varint", header_varint()),
        ("max", header_max()),
    ]
}

pub(super) fn store() -> Vec<Case<Store>> {
    let node = GenerationalNodeId::new;
    let store = |records: Vec<Record>| Store {
        header: header(10),
        first_offset: LogletOffset(11),
        sequencer: node(1, 1),
        payloads: Payloads(records),
        ..Store::default()
    };
    let busy = |payloads| Store {
        header: header(1000),
        timeout_at: Some(MillisSinceEpoch(NOW_MS + 5_000)),
        first_offset: LogletOffset(1001),
        sequencer: node(1, 4),
        payloads,
        ..Store::default()
    };
    let third = |records: Vec<Record>| Store {
        timeout_at: Some(MillisSinceEpoch(NOW_MS + 5_000)),
        sequencer: node(3, 9),
        known_archived: LogletOffset(5),
        ..store(records)
    };
    vec![
        ("minimal", Store::default()),
        (
            "no-records",
            Store { timeout_at: Some(MillisSinceEpoch(NOW_MS + 1_000)), ..store(vec![]) },
        ),
        ("timeout-zero", Store { timeout_at: Some(MillisSinceEpoch(0)), ..store(vec![]) }),
        ("one-empty-record", store(vec![Record::default()])),
        ("one-record", store(vec![records::hello()])),
        ("one-record-single", store(vec![records::single()])),
        ("one-record-pair", store(vec![records::pair()])),
        ("one-record-range", store(vec![records::range()])),
        ("one-record-range-zero", store(vec![records::range_zero()])),
        ("typed-string", store(vec![records::text(), records::text_empty()])),
        ("typical", third(vec![records::hello(), records::single(), records::range()])),
        ("ignore-seal", Store { flags: StoreFlags::IGNORE_SEAL, ..store(vec![records::hello()]) }),
        ("all-keys", Store { flags: StoreFlags::IGNORE_SEAL, ..third(records::all_kinds()) }),
        (
            "max",
            Store {
                header: header_max(),
                timeout_at: Some(MillisSinceEpoch(u64::MAX - 1)),
                flags: StoreFlags(u32::MAX),
                first_offset: MAX_OFFSET,
                sequencer: node(u32::MAX, u32::MAX),
                known_archived: MAX_OFFSET,
                payloads: Payloads(vec![
                    records::late(32, Keys::Pair((7, u64::MAX))),
                    records::late(2, Keys::RangeInclusive(LAST_KEY)),
                ]),
            },
        ),
        // From 1.6 on there is no such time: it is read as a millisecond, or nanosecond, less.
        (
            "u64max-times",
            Store {
                header: LogServerRequestHeader {
                    loglet_id: LogletId(1),
                    known_global_tail: LogletOffset(1),
                },
                timeout_at: Some(MillisSinceEpoch(u64::MAX)),
                first_offset: LogletOffset(1),
                sequencer: node(1, 1),
                payloads: Payloads(vec![Record {
                    created_at: NanosSinceEpoch(u64::MAX),
                    body: "z".into(),
                    keys: Keys::Single(u64::MAX),
                }]),
                ..Store::default()
            },
        ),
        ("batch-10x1k", busy(records::batch_10x1k())),
        ("one-record-70k", busy(Payloads(vec![records::long_70k()]))),
    ]
}

pub(super) fn get_records() -> Vec<Case<GetRecords>> {
    let get = |filter, total_limit_in_bytes| GetRecords {
        header: header(100),
        total_limit_in_bytes,
        filter,
        from_offset: LogletOffset(1),
        to_offset: LogletOffset(100),
    };
    let within = |start, end| KeyFilter::Within(KeyRange { start, end });
    vec![
        ("minimal", GetRecords::default()),
        ("typical", get(KeyFilter::Any, Some(1 << 20))),
        ("limit-none", get(KeyFilter::Any, None)),
        ("limit-zero", get(KeyFilter::Any, Some(0))),
        ("limit-max", get(KeyFilter::Any, Some(u64::MAX))),
        ("include", get(KeyFilter::Include(42), None)),
        ("include-zero", get(KeyFilter::Include(0), None)),
        ("include-max", get(KeyFilter::Include(u64::MAX), None)),
        ("within", get(within(10, u64::MAX), None)),
        ("within-zero", get(within(0, 0), None)),
        ("within-all", get(KeyFilter::Within(EVERY_KEY), None)),
        (
            "max",
            GetRecords {
                header: header_max(),
                total_limit_in_bytes: Some(u64::MAX),
                filter: KeyFilter::Within(LAST_KEY),
                from_offset: MAX_OFFSET,
                to_offset: MAX_OFFSET,
            },
        ),
    ]
}

pub(super) fn release() -> Vec<Case<Release>> {
    headers().into_iter().map(|(case, header)| (case, Release { header })).collect()
}

pub(super) fn get_loglet_info() -> Vec<Case<GetLogletInfo>> {
    headers().into_iter().map(|(case, header)| (case, GetLogletInfo { header })).collect()
}

pub(super) fn seal() -> Vec<Case<Seal>> {
    let node = GenerationalNodeId::new;
    let seal = |header, sequencer| Seal { header, sequencer };
    vec![
        ("minimal", Seal::default()),
        ("typical", seal(header(500), node(1, 7))),
        ("varint", seal(header_varint(), node(127, 16_511))),
        ("max", seal(header_max(), node(u32::MAX, u32::MAX))),
    ]
}

pub(super) fn trim() -> Vec<Case<Trim>> {
    let trim = |header, trim_point| Trim { header, trim_point: LogletOffset(trim_point) };
    vec![
        ("minimal", Trim::default()),
        ("typical", trim(header(500), 450)),
        ("varint", trim(header_varint(), 128)),
        ("max", trim(header_max(), u32::MAX)),
    ]
}

pub(super) fn wait_for_tail() -> Vec<Case<WaitForTail>> {
    use TailQuery::{GlobalTail, LocalOrGlobal, LocalTail, Unknown};
    let wait = |query| WaitForTail { header: header(500), query };
    let at_end = |query| WaitForTail { header: header_max(), query };
    let beyond = LogletOffset(501);
    let zero = LogletOffset(0);
    vec![
        // What 1.4 and later understand when they are told nothing, or something new.
        ("empty", WaitForTail::default()),
        ("unknown", wait(Unknown)),
        (
            "minimal",
            WaitForTail { header: LogServerRequestHeader::default(), query: LocalTail(zero) },
        ),
        ("LocalTail", wait(LocalTail(beyond))),
        ("LocalTail-zero", wait(LocalTail(zero))),
        ("LocalTail-max", at_end(LocalTail(MAX_OFFSET))),
        ("GlobalTail", wait(GlobalTail(beyond))),
        ("GlobalTail-zero", wait(GlobalTail(zero))),
        ("GlobalTail-max", at_end(GlobalTail(MAX_OFFSET))),
        ("LocalOrGlobal", wait(LocalOrGlobal(beyond))),
        ("LocalOrGlobal-zero", wait(LocalOrGlobal(zero))),
        ("max", at_end(LocalOrGlobal(MAX_OFFSET))),
    ]
}

pub(super) fn get_digest() -> Vec<Case<GetDigest>> {
    let get = |header, from_offset, to_offset| GetDigest {
        header,
        from_offset: LogletOffset(from_offset),
        to_offset: LogletOffset(to_offset),
    };
    vec![
        ("minimal", GetDigest::default()),
        ("typical", get(header(500), 1, 499)),
        ("varint", get(header_varint(), 127, 16_511)),
        ("max", get(header_max(), u32::MAX, u32::MAX)),
    ]
}
