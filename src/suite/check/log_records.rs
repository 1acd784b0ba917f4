//! The layer inside records: what each release writes into a log, and what the others read.

use std::fmt::Debug;

use bytes::Bytes;

use super::Checks;
use crate::fabric::log_records::apply::{self, Feature, Reaction};
use crate::fabric::log_records::framing::BodyError;
use crate::fabric::log_records::{self, LogRecord};
use crate::fabric::release::Release;
use crate::suite::compare::{self, Difference};
use crate::suite::log_records::{ROWS, Sample, Shown, all, understood};
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

/// What the first byte of a body is to the lines from 1.2 to 1.7 (09 §1): no codec, one that is not for
/// this, or one that is read by.
const CODECS: [(u8, &[Codec]); 9] = {
    use Codec::{Other as O, Unknown as U, Unsupported as N};
    [
        (0, &[U, U, U, U, U, U]),
        (1, &[N, N, N, N, N, N]),
        (2, &[O, O, O, O, O, O]),
        (3, &[N, N, N, N, N, N]),
        (4, &[O, O, O, O, U, U]),
        (5, &[O, O, O, O, O, O]),
        (6, &[U, U, N, N, N, N]),
        // From 1.7 on it is another form, which is read elsewhere.
        (7, &[U, U, O, O, N]),
        (8, &[U, U, U, U, U, U]),
    ]
};

/// What a first byte is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Codec {
    Unknown,
    Unsupported,
    Other,
}

/// The numbers of features, and the patch that knows them first (09 §5).
const FEATURES: [(u16, Option<&str>); 6] = [
    (0, None),
    (1, Some("1.7.0")),
    (2, Some("1.7.0")),
    (3, Some("1.7.0")),
    (4, Some("1.7.5")),
    (5, None),
];

/// Words that the reason has why a reader stops at a record (09 §1, §2.1, §5, §8): the row, the record, the
/// reader, and the words.
const REASONS: [(&str, &str, &str, &str); 14] = [
    ("L1", "effect-v2-call", "1.4.0", "journal_retention_duration"),
    ("L2", "purge-journal", "1.3.2", "PurgeJournal"),
    ("L4", "resume", "1.4.4", "ResumeInvocation"),
    ("L4", "restart", "1.4.4", "RestartAsNewInvocation"),
    ("L8", "dedup-producer", "1.5.6", "Producer"),
    ("L9", "truncate", "1.4.4", "partition_id"),
    ("L9", "invoke", "1.4.4", "partition_id"),
    ("L10", "schema", "1.5.6", "UpsertSchema"),
    ("L12", "rule-book", "1.6.2", "UpsertRuleBook"),
    ("L15", "barrier-vqueues", "1.6.2", "1.7.0"),
    ("L16", "barrier-skip-completed", "1.7.4", "1.7.5"),
    ("L18", "vq-waiting", "1.7.0", "VQWaitingToRunning"),
    ("L19", "effect-v2-event", "1.5.0", "Event"),
    ("L22", "truncate", "1.6.2", "unsupported codec kind: Custom"),
];

/// Runs the checks of log records.
pub fn run(checks: &mut Checks<'_>) {
    known(checks);
    numbers(checks);
    rows(checks);
    for writer in Release::stable() {
        for sample in all() {
            written(sample, writer, checks);
        }
    }
}

/// Every known skew shows: each reader does with each record what its row says, for the reason that is known
/// (09 §8).
fn rows(checks: &mut Checks<'_>) {
    let requirement = "a known skew of log records is as the specification has it";
    for row in &ROWS {
        let shown = row.show();
        for [case, reader, expected] in row.expects() {
            let Ok(release) = reader.parse::<Release>() else { continue };
            let is_it = |it: &&Shown| it.case == case && it.reader == reader;
            let reaction = shown.iter().find(is_it).map(|it| &it.reaction);
            let does = reaction.map_or_else(|| "no record".to_owned(), ToString::to_string);
            let why = reaction.map(Reaction::reason).unwrap_or_default();
            let is_named = |(id, of, by, _): &&(&str, &str, &str, &str)| {
                [*id, *of, *by] == [row.id, case, reader]
            };
            let words = REASONS.iter().find(is_named).map_or("", |(.., words)| words);
            let result = if does == expected && why.contains(words) {
                Ok(())
            } else {
                let [expected, actual] = [(expected, words), (&does, &why)]
                    .map(|(does, why)| format!("{does} {why}").trim().to_owned());
                Err(Difference::new(requirement, expected, actual))
            };
            let case = requirements::LOG_RECORD.case(["row", row.id, case, reader]);
            checks.record("known skews of log records", release, case, result);
        }
    }
}

/// One record, and who writes it.
struct Written<'a> {
    case: &'a str,
    writer: Release,
}

impl Written<'_> {
    /// Records a check of it, in words and with the part of the address that comes before the writer.
    fn record(
        &self,
        [check, part]: [&str; 2],
        reader: Option<Release>,
        checks: &mut Checks<'_>,
        result: Result<(), Difference>,
    ) {
        let mut case = requirements::LOG_RECORD.case([part, &self.writer.exact_name(), self.case]);
        if let Some(reader) = reader {
            case = case.child(reader.exact_name());
        }
        checks.record(check, reader.unwrap_or(self.writer), case, result);
    }
}

/// Bodies that are known without our codec.
fn known(checks: &mut Checks<'_>) {
    let requirement = "the body of a released server is written and read";
    for (writer, value, hex) in KNOWN {
        let Ok(writer) = writer.parse::<Release>() else { continue };
        let result = read_known(value, hex, writer).and_then(|(expected, body)| {
            let encoded = checks.subject.encode_record(&expected, writer);
            let encoded =
                encoded.map_err(|error| Difference::new(requirement, hex, error.to_string()))?;
            compare::bytes(requirement, &body, &encoded, |_| None)?;
            match checks.subject.decode_record(&body, writer) {
                Ok(read) if read == expected => Ok(()),
                other => Err(Difference::new(requirement, value, format!("{other:?}"))),
            }
        });
        let written = Written { case: "TruncateOutbox", writer };
        written.record(["known log records", "known"], None, checks, result);
    }
}

/// Numbers of codecs and features are what the specification says, release by release.
fn numbers(checks: &mut Checks<'_>) {
    for release in Release::stable_patches() {
        let line = usize::from(release.minor().saturating_sub(2));
        for (byte, expected) in CODECS {
            let Some(expected) = expected.get(line) else { continue };
            let seen = match checks.subject.decode_record(&vec![byte].into(), release) {
                Err(BodyError::UnknownCodec { .. }) => Codec::Unknown,
                Err(BodyError::UnsupportedCodec { .. }) => Codec::Unsupported,
                _ => Codec::Other,
            };
            number(("codec", byte.into()), release, [&seen, expected], checks);
        }
        for (feature, first) in FEATURES {
            let first = first.and_then(|first| first.parse::<Release>().ok());
            let expected = first.is_some_and(|first| release >= first);
            let seen = Feature::of(feature, release).is_some();
            number(("feature", feature), release, [&seen, &expected], checks);
        }
    }
}

fn number<T: Debug + PartialEq>(
    (part, number): (&str, u16),
    release: Release,
    [seen, expected]: [&T; 2],
    checks: &mut Checks<'_>,
) {
    let requirement = "numbers in log records are those of the specification";
    let [shown, wanted] = [seen, expected].map(|it| format!("{part} {number}: {it:?}"));
    let result =
        if seen == expected { Ok(()) } else { Err(Difference::new(requirement, wanted, shown)) };
    let segments = [part, &release.exact_name(), &number.to_string()];
    checks.record(
        "numbers in log records",
        release,
        requirements::LOG_RECORD.case(segments),
        result,
    );
}

/// A value and its bytes as they stand above.
fn read_known(value: &str, hex: &str, writer: Release) -> Result<(LogRecord, Bytes), Difference> {
    let wrong = |error: String| Difference::new("a known body can be read here", value, error);
    let json = serde_json::from_str(value).map_err(|error| wrong(error.to_string()))?;
    let record = LogRecord::from_json(&json, writer).map_err(|fault| wrong(fault.to_string()))?;
    let body = hex::decode(hex).map_err(|error| wrong(error.to_string()))?;
    Ok((record, body.into()))
}

/// What a release writes it reads again, the others read it as they do, and what it has no form for
/// it does not write.
fn written(sample: &Sample, writer: Release, checks: &mut Checks<'_>) {
    let written = Written { case: sample.case, writer };
    let Some(headed) = sample.headed_by(writer) else { return };
    let value = match headed.clone().fitted(writer) {
        Ok(value) => value,
        Err(_) => {
            let requirement = "what a release has no form for is not written";
            let result = match checks.subject.encode_record(&headed, writer) {
                Err(_) => Ok(()),
                Ok(body) => Err(Difference::new(requirement, "an error", hex::encode(body))),
            };
            return written.record(["log records refused", "refused"], None, checks, result);
        }
    };
    let requirement = "what a release writes into a log it reads as the same value";
    let body = checks.subject.encode_record(&value, writer);
    let body = body.map_err(|error| Difference::new(requirement, "a body", error.to_string()));
    let result = body.as_ref().map_err(Clone::clone).and_then(|body| {
        match checks.subject.decode_record(body, writer) {
            Ok(read) if read == value => Ok(()),
            other => Err(Difference::new(requirement, format!("{value:?}"), format!("{other:?}"))),
        }
    });
    written.record(["log records", "own"], None, checks, result);
    let (Ok(body), Ok(right)) = (body, log_records::encode(&value, writer)) else { return };
    for reader in Release::stable_patches() {
        let result = read(&value, [&right, &body], [writer, reader], checks);
        written.record(["log records across releases", "across"], Some(reader), checks, result);
    }
}

/// A reader makes of a body what its release does: of the right one, and of what the subject wrote.
fn read(
    value: &LogRecord,
    [right, body]: [&Bytes; 2],
    [writer, reader]: [Release; 2],
    checks: &Checks<'_>,
) -> Result<(), Difference> {
    let requirement = "what another release wrote is read, refused or waited for as it is";
    let expected = understood(value, writer, reader);
    let actual = checks.subject.decode_record(right, reader);
    if expected.as_ref() != actual.as_ref().ok() {
        return Err(Difference::new(requirement, format!("{expected:?}"), format!("{actual:?}")));
    }
    let said = [right, body].map(|body| apply::react(body, reader));
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
    use super::*;
    use crate::suite::log_records::LogRow;
    use crate::suite::planted::RECORD_BUGS;
    use crate::suite::subject::Fabric;

    #[test]
    fn every_reason_is_that_of_a_case_and_every_reader_is_a_release() {
        for (id, case, reader, _) in REASONS {
            let row = ROWS.iter().find(|row| row.id == id).unwrap();
            assert!(row.expects().any(|it| it[..2] == [case, reader]), "{id} {case} {reader}");
        }
        for [_, reader, _] in ROWS.iter().flat_map(LogRow::expects) {
            assert!(reader.parse::<Release>().is_ok(), "{reader}");
        }
    }

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
