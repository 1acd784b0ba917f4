//! Messages to and from sequencers.

use super::log_server::LOGLET;
use super::records::LAST_KEY;
use super::{Case, records};
use crate::fabric::messages::ids::{LogId, LogletId, LogletOffset, SegmentIndex};
use crate::fabric::messages::records::{Keys, Payloads, Record};
use crate::fabric::messages::sequencer::{
    Append, Appended, CommonRequestHeader, CommonResponseHeader, GetSequencerState, Refusal,
    SequencerError, SequencerState, SequencerStatus,
};

fn request(log_id: u32, segment_index: u32) -> CommonRequestHeader {
    CommonRequestHeader {
        log_id: LogId(log_id),
        segment_index: SegmentIndex(segment_index),
        loglet_id: LOGLET,
    }
}

fn request_max() -> CommonRequestHeader {
    CommonRequestHeader { loglet_id: LogletId(u64::MAX), ..request(u32::MAX, u32::MAX) }
}

pub(super) fn append() -> Vec<Case<Append>> {
    let append = |header, records| Append { header, payloads: Payloads(records) };
    let every_kind = [Record::default()].into_iter().chain(records::all_kinds()).collect();
    vec![
        ("minimal", Append::default()),
        ("no-records", append(request(1, 3), vec![])),
        ("one-empty-record", append(request(1, 3), vec![Record::default()])),
        ("one-record", append(request(1, 0), vec![records::hello()])),
        (
            "typical",
            append(request(1, 3), vec![records::single(), records::pair(), records::range()]),
        ),
        ("all-keys", append(request(23, 3), every_kind)),
        ("batch-10x1k", Append { header: request(1, 3), payloads: records::batch_10x1k() }),
        ("one-record-70k", append(request(1, 3), vec![records::long_70k()])),
        ("max", append(request_max(), vec![records::late(32, Keys::RangeInclusive(LAST_KEY))])),
    ]
}

pub(super) fn get_state() -> Vec<Case<GetSequencerState>> {
    let get = |header, force_seal_check| GetSequencerState { header, force_seal_check };
    vec![
        ("minimal", GetSequencerState::default()),
        ("unforced", get(request(1, 3), false)),
        ("typical", get(request(1, 3), true)),
        ("varint", get(request(16_511, 16_512), false)),
        ("max", get(request_max(), true)),
    ]
}

fn error(retryable: bool, message: &str) -> Refusal {
    Refusal::Error(SequencerError { retryable, message: message.to_owned() })
}

/// Every reason to refuse.
fn refusals() -> Vec<Case<Refusal>> {
    vec![
        // Bilrost says it with an empty message, 1.4 with an error at V1, and 1.3 cannot read it.
        ("status-Unknown", Refusal::Unknown),
        ("status-Sealed", Refusal::Sealed),
        ("status-Gone", Refusal::Gone),
        ("status-LogletIdMismatch", Refusal::LogletIdMismatch),
        ("status-UnknownLogId", Refusal::UnknownLogId),
        ("status-UnknownSegmentIndex", Refusal::UnknownSegmentIndex),
        ("status-NotSequencer", Refusal::NotSequencer),
        ("status-Shutdown", Refusal::Shutdown),
        ("status-Error", error(true, "ошибка: try again")),
        ("status-Error-empty", error(false, "")),
    ]
}

fn response(
    known_global_tail: Option<u32>,
    sealed: Option<bool>,
    status: SequencerStatus,
) -> CommonResponseHeader {
    CommonResponseHeader { known_global_tail: known_global_tail.map(LogletOffset), sealed, status }
}

fn response_max() -> CommonResponseHeader {
    let status = SequencerStatus::Refused(error(false, &"m".repeat(300)));
    response(Some(u32::MAX), Some(true), status)
}

pub(super) fn appended() -> Vec<Case<Appended>> {
    let appended =
        |header, last_offset| Appended { header, last_offset: LogletOffset(last_offset) };
    let ok = |tail, sealed| response(tail, sealed, SequencerStatus::Ok);
    let mut cases = vec![
        ("minimal", Appended::default()),
        ("typical", appended(ok(Some(100), Some(false)), 99)),
        ("tail-zero", appended(ok(Some(0), None), 0)),
        ("sealed", appended(ok(Some(16_512), Some(true)), 16_511)),
        ("max", appended(response_max(), u32::MAX)),
    ];
    cases.extend(refusals().into_iter().map(|(case, refusal)| {
        (case, appended(response(None, None, SequencerStatus::Refused(refusal)), 0))
    }));
    cases
}

pub(super) fn state() -> Vec<Case<SequencerState>> {
    let ok = |tail, sealed| SequencerState { header: response(tail, sealed, SequencerStatus::Ok) };
    let mut cases = vec![
        ("minimal", SequencerState::default()),
        ("typical", ok(Some(100), Some(true))),
        ("tail-zero", ok(Some(0), Some(false))),
        ("tail-only", ok(Some(128), None)),
        ("sealed-only", ok(None, Some(true))),
        ("max", SequencerState { header: response_max() }),
    ];
    cases.extend(refusals().into_iter().map(|(case, refusal)| {
        let status = SequencerStatus::Refused(refusal);
        (case, SequencerState { header: response(Some(77), Some(false), status) })
    }));
    cases
}
