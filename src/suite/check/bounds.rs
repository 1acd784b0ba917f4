//! What is as long, or takes as much memory, as is looked at, and what is beyond that (02 §7, 06 §3).

use bytes::Bytes;

use super::{Checks, columns};
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::fault::FaultKind;
use crate::fabric::codec::tree::Context;
use crate::fabric::log_records::LogRecord;
use crate::fabric::log_records::framing::BodyError;
use crate::fabric::payload::DecodeError;
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::harness::report::Grid;
use crate::suite::compare::Difference;
use crate::suite::log_records;
use crate::suite::reference::{self, Rules, Value};
use crate::suite::requirements;
use crate::suite::samples;
use crate::suite::session;
use crate::suite::subject::Subject;

/// The grid of these checks.
const GRID: &str = "bounds, by the release that reads";

/// Checks every release.
pub fn run(checks: &mut Checks<'_>) {
    checks.report.add(Grid::new(GRID).with_columns(columns()));
    for release in Release::stable() {
        for version in release.versions().filter(|version| !version.is_burned()) {
            let cx = Context { release, version };
            let version = version.to_string();
            let of_payload = payload(cx, checks.subject);
            record(checks, "payloads", release, &["payload", &version], of_payload);
            let of_memory = memory(cx, checks.subject);
            record(checks, "memory", release, &["memory", &version], of_memory);
        }
        let of_record = log_record(release, checks.subject);
        record(checks, "log records", release, &["log-record"], of_record);
        if !release.is_at_least(7) {
            let of_json = json_record(release, checks.subject);
            record(checks, "log records in JSON", release, &["log-record-in-json"], of_json);
        }
    }
}

fn record(
    checks: &mut Checks<'_>,
    check: &str,
    release: Release,
    what: &[&str],
    result: Result<(), Difference>,
) {
    let case = requirements::BOUND.case([&[release.name()], what].concat());
    checks.record_in(GRID, check, release, case, result);
}

const MIB: usize = 1 << 20;
/// The longest log record that is looked at: the longest payload of any release.
const RECORD_MAX: usize = 33 * MIB;
/// The longest log record in JSON that is looked at.
const JSON_RECORD_MAX: usize = MIB;

/// The longest payload of a release: its longest frame (02 L1, L3).
fn payload_max(release: Release) -> usize {
    if release.is_at_least(6) { 33 * MIB } else { 32 * MIB }
}

fn other(expected: impl Into<String>, actual: impl Into<String>) -> Difference {
    Difference::new(requirements::BOUND.sentence, expected, actual)
}

/// A payload as long as the longest frame is read, whatever of it nobody refers to, and none that is
/// longer.
fn payload(cx: Context, subject: &dyn Subject) -> Result<(), Difference> {
    let Context { release, version } = cx;
    let (of, number) = (MessageType::ControlProcessors, version.number());
    let value = Message::from_json(of, &serde_json::json!({}), cx);
    let value = value.map_err(|fault| other("a value", fault.to_string()))?;
    let bytes = subject.encode(&value, release, number);
    let bytes = bytes.map_err(|error| other("a payload", error.to_string()))?;
    let most = payload_max(release);
    let read = |len: usize| subject.decode(of, &session::pages(len, &[], &bytes), release, number);
    let is_read = read(most);
    if is_read.as_ref() != Ok(&value) {
        return Err(other(format!("{most} bytes are read"), format!("{is_read:?}")));
    }
    match read(most + 1) {
        Err(DecodeError::TooLong { len, len_max, .. }) if [len, len_max] == [most + 1, most] => {
            Ok(())
        }
        beyond => Err(other(format!("no more than {most} bytes"), format!("{beyond:?}"))),
    }
}

/// Elements of a list that are few, and those of one that takes more memory than its bytes allow.
const FEW: usize = 1000;
const MANY: usize = 60_000;

/// The elements of a list take no more than a mebibyte and sixteen bytes for each byte of the payload.
fn memory(cx: Context, subject: &dyn Subject) -> Result<(), Difference> {
    let Context { release, version } = cx;
    let (of, list): (_, fn(Context, usize) -> Option<Bytes>) = match version {
        ProtocolVersion::V1 => (MessageType::Records, truth_values),
        _ => (MessageType::Gossip, empty_partitions),
    };
    let fault = |count| {
        let bytes = list(cx, count).unwrap_or_default();
        let kind = match subject.decode(of, &bytes, release, version.number()) {
            Err(DecodeError::Malformed { fault, .. }) => Some(fault.kind().clone()),
            _ => None,
        };
        (bytes.len(), kind)
    };
    let few = fault(FEW).1;
    if matches!(few, Some(FaultKind::TooMuch { .. })) {
        return Err(other(format!("{FEW} elements are looked at"), format!("{few:?}")));
    }
    let (len, many) = fault(MANY);
    let expected = FaultKind::TooMuch { what: "bytes of memory", limit: MIB + 16 * len };
    if many.as_ref() == Some(&expected) {
        return Ok(());
    }
    let expected = format!("{MANY} elements in {len} bytes: {expected:?}");
    Err(other(expected, format!("{many:?}")))
}

/// A list of partitions of which nothing is said, in two bytes each (03 §6.6).
fn empty_partitions(_: Context, count: usize) -> Option<Bytes> {
    let (first, next) = ([0x15, 0], [1, 0]);
    Some([first].into_iter().chain(vec![next; count - 1]).flatten().collect())
}

/// A list of truth values in the place of records, in two bytes each.
fn truth_values(cx: Context, count: usize) -> Option<Bytes> {
    let of = MessageType::Records;
    let values = samples::samples(of).filter_map(|it| it.message.fitted(cx).ok());
    let mut trees = values.filter_map(|value| reference::tree(&value, cx, &Rules::RIGHT).ok());
    let mut tree = trees.next()?;
    let Value::Map(entries) = &mut tree else { return None };
    let (_, records) = entries.iter_mut().find(|(key, _)| key == "records")?;
    *records = Value::List(vec![Value::Bool(true); count]);
    Some(reference::encode_tree(of, tree, cx, &Rules::RIGHT))
}

/// A log record as long as the bound is read, whatever stands behind its length, and none that is longer.
fn log_record(release: Release, subject: &dyn Subject) -> Result<(), Difference> {
    let value = some_record(release)?;
    let body = subject.encode_record(&value, release);
    let body = body.map_err(|error| other("a body", error.to_string()))?;
    let read = |most: usize| subject.decode_record(&session::pages(most, &body, &[]), release);
    is_bounded(&value, RECORD_MAX, read)
}

/// The same in JSON, for which it is another bound (09 K5).
fn json_record(release: Release, subject: &dyn Subject) -> Result<(), Difference> {
    let value = some_record(release)?;
    let json = value.to_json(release).map_err(|error| other("a value", error.to_string()))?;
    let json = json.to_string();
    // The byte of the codec does not count.
    let read = |len: usize| {
        let spaces = " ".repeat(len.saturating_sub(json.len()));
        subject.decode_record(&["\u{5}", &json, &spaces].concat().into(), release)
    };
    is_bounded(&value, JSON_RECORD_MAX, read)
}

fn some_record(release: Release) -> Result<LogRecord, Difference> {
    let sample = log_records::sample("truncate").and_then(|it| it.written_by(release));
    sample.ok_or_else(|| other("a log record", "none"))
}

/// What is read at a length is the value, and one byte more is refused by number.
fn is_bounded(
    value: &LogRecord,
    most: usize,
    read: impl Fn(usize) -> Result<LogRecord, BodyError>,
) -> Result<(), Difference> {
    let is_read = read(most);
    if is_read.as_ref() != Ok(value) {
        return Err(other(format!("{most} bytes are read"), format!("{is_read:?}")));
    }
    let (beyond, expected) = (read(most + 1), BodyError::TooLong { len: most + 1, len_max: most });
    if beyond == Err(expected) {
        return Ok(());
    }
    Err(other(format!("no more than {most} bytes"), format!("{beyond:?}")))
}

#[cfg(test)]
mod tests {
    use super::super::objections;
    use super::*;
    use crate::fabric::session::Dialect;
    use crate::suite::subject::Fabric;

    /// What is wrong with a fabric that has other bounds.
    enum Other {
        TakesLongPayloads,
        TakesLongRecords,
        HasNoBudget,
    }

    impl Dialect for Other {
        fn decode(
            &self,
            message_type: MessageType,
            bytes: &Bytes,
            release: Release,
            number: i32,
        ) -> Result<Message, DecodeError> {
            let decoded = Message::decode(message_type, bytes, release, number);
            match (self, &decoded) {
                (Self::TakesLongPayloads, Err(DecodeError::TooLong { .. }))
                | (Self::HasNoBudget, Err(DecodeError::Malformed { .. })) => {
                    let version = ProtocolVersion::from_number(number).unwrap();
                    let cx = Context { release, version };
                    Ok(Message::from_json(message_type, &serde_json::json!({}), cx).unwrap())
                }
                _ => decoded,
            }
        }
    }

    impl Subject for Other {
        fn decode_record(&self, body: &Bytes, release: Release) -> Result<LogRecord, BodyError> {
            match (self, Fabric.decode_record(body, release)) {
                (Self::TakesLongRecords, Err(BodyError::TooLong { .. })) => {
                    Ok(LogRecord::default())
                }
                (_, read) => read,
            }
        }
    }

    #[test]
    fn bounds_are_kept_and_others_are_seen() {
        assert!(objections(run, &Fabric).is_empty(), "{:?}", objections(run, &Fabric));
        for (other, cases) in [
            (
                Other::TakesLongPayloads,
                ["check/bound/1.2/payload/V1", "check/bound/1.7/payload/V3"],
            ),
            (
                Other::TakesLongRecords,
                ["check/bound/1.6/log-record", "check/bound/1.2/log-record-in-json"],
            ),
            (Other::HasNoBudget, ["check/bound/1.4/memory/V1", "check/bound/1.5/memory/V2"]),
        ] {
            let found = objections(run, &other);
            for case in cases {
                assert!(found.iter().any(|found| found == case), "{case}: {found:?}");
            }
        }
    }
}
