//! The layer inside records: what each release writes into a log, and what the others read.

use bytes::Bytes;

use super::Checks;
use crate::fabric::log_records::apply::{self, Reaction};
use crate::fabric::log_records::{self, LogRecord};
use crate::fabric::release::Release;
use crate::suite::compare::{self, Difference};
use crate::suite::log_records::{Sample, samples};
use crate::suite::requirements;

/// Bodies of released servers: who wrote them, and the value (09 §2, §5).
const KNOWN: [(&str, &str, &str); 2] = [
    (
        "1.6.2",
        r#"{"command":{"TruncateOutbox":11},"header":{"dest":{"Processor":{"dedup":null,
            "partition_key":7}},"source":{"Processor":{"leader_epoch":5,"partition_id":null,
            "partition_key":7}}}}"#,
        "02a500000068656164657200736f757263650050726f636573736f7200706172746974696f6e5f69640070617274\
         6974696f6e5f6b6579006c65616465725f65706f636800030e2a1e03010305000708000801400101010b2464657374\
         0064656475700002073c02010200070008015c0101010924021d6b02010208252424636f6d6d616e64005472756e63\
         6174654f7574626f780001100101010b08021f9a02010208292424042401",
    ),
    (
        "1.7.6",
        r#"{"command":{"TruncateOutbox":11},"header":{"dest":{"Processor":{"dedup":null,
            "partition_key":7}},"source":{"Processor":{"leader_epoch":5,"partition_key":7}}}}"#,
        "029500000068656164657200736f757263650050726f636573736f7200706172746974696f6e5f6b6579006c65616\
         465725f65706f636800020e1d0201020507080801300101010924646573740064656475700002073902010200070008\
         014c0101010924021d5b02010208252424636f6d6d616e64005472756e636174654f7574626f780001100101010b080\
         21f8a02010208292424042401",
    ),
];

/// Runs the checks of log records.
pub fn run(checks: &mut Checks<'_>) {
    known(checks);
    for writer in Release::stable() {
        for sample in samples() {
            written(sample, writer, checks);
        }
    }
}

/// Records a check of one body.
fn record(
    check: &str,
    case: &str,
    release: Release,
    checks: &mut Checks<'_>,
    result: Result<(), Difference>,
) {
    let case = requirements::LOG_RECORD.case([check, release.name(), case]);
    checks.record(check, release, case, result);
}

/// Bodies that are known without our codec.
fn known(checks: &mut Checks<'_>) {
    let requirement = "the body of a released server is written and read";
    for (writer, value, hex) in KNOWN {
        let (Ok(writer), Ok(json), Ok(body)) =
            (writer.parse::<Release>(), serde_json::from_str(value), hex::decode(hex))
        else {
            continue;
        };
        let Ok(expected) = LogRecord::from_json(&json, writer) else { continue };
        let body = Bytes::from(body);
        let result = match checks.subject.encode_record(&expected, writer) {
            Ok(encoded) => compare::bytes(requirement, &body, &encoded, |_| None),
            Err(error) => Err(Difference::new(requirement, hex, error.to_string())),
        };
        let result = result.and_then(|()| match checks.subject.decode_record(&body, writer) {
            Ok(read) if read == expected => Ok(()),
            other => Err(Difference::new(requirement, value, format!("{other:?}"))),
        });
        record("known log records", "TruncateOutbox", writer, checks, result);
    }
}

/// What a release writes it reads again, the others read it as they do, and what it has no form for
/// it does not write.
fn written(sample: &Sample, writer: Release, checks: &mut Checks<'_>) {
    let Some(value) = sample.written_by(writer) else {
        let requirement = "what a release has no form for is not written";
        let Some(value) = sample.native() else { return };
        let result = match checks.subject.encode_record(&value, writer) {
            Err(_) => Ok(()),
            Ok(body) => Err(Difference::new(requirement, "an error", hex::encode(body))),
        };
        return record("log records refused", sample.case, writer, checks, result);
    };
    let requirement = "what a release writes into a log it reads as the same value";
    let body = match checks.subject.encode_record(&value, writer) {
        Ok(body) => body,
        Err(error) => {
            let result = Err(Difference::new(requirement, "a body", error.to_string()));
            return record("log records", sample.case, writer, checks, result);
        }
    };
    let result = match checks.subject.decode_record(&body, writer) {
        Ok(read) if read == value => Ok(()),
        other => Err(Difference::new(requirement, format!("{value:?}"), format!("{other:?}"))),
    };
    record("log records", sample.case, writer, checks, result);
    for reader in Release::lines() {
        let result = read(&value, &body, writer, reader, checks);
        record("log records across releases", sample.case, reader, checks, result);
    }
}

/// A reader makes of a body what its release does.
fn read(
    value: &LogRecord,
    body: &Bytes,
    writer: Release,
    reader: Release,
    checks: &Checks<'_>,
) -> Result<(), Difference> {
    let requirement = "what another release wrote is read, refused or waited for as it is";
    let Ok(right) = log_records::encode(value, writer) else { return Ok(()) };
    let expected = log_records::decode::<LogRecord>(&right, reader);
    let actual = checks.subject.decode_record(&right, reader);
    if expected.as_ref().ok() != actual.as_ref().ok() {
        return Err(Difference::new(requirement, format!("{expected:?}"), format!("{actual:?}")));
    }
    let said = [&right, body].map(|body| apply::react(body, reader));
    let [expected, actual] = said.map(|it| matches!(it, Reaction::Blocked { .. }));
    if expected == actual {
        return Ok(());
    }
    let words = |is_blocked: bool| if is_blocked { "blocked" } else { "not blocked" };
    Err(Difference::new(requirement, words(expected), words(actual)))
}

#[cfg(test)]
mod tests {
    use super::super::run_log_records;
    use crate::suite::planted::RECORD_BUGS;
    use crate::suite::subject::Fabric;

    #[test]
    fn every_planted_bug_of_log_records_is_seen() {
        let report = run_log_records(&Fabric);
        let findings: Vec<_> = report.findings().take(3).collect();
        assert!(report.is_ok(), "{findings:#?}");
        for bug in &RECORD_BUGS {
            assert!(!run_log_records(bug).is_ok(), "{}: {}", bug.id, bug.sentence);
        }
    }
}
