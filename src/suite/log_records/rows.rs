//! The known skews of log records, each shown on values (09 §8).

use bytes::Bytes;

use super::samples::sample;
use crate::fabric::log_records::apply::{self, Reaction};
use crate::fabric::log_records::encode;
use crate::fabric::release::Release;

/// A known skew of log records, and the records that show it.
#[derive(Debug, Clone, Copy)]
pub struct LogRow {
    /// Its number.
    pub id: &'static str,
    /// What it is, in a sentence.
    pub what: &'static str,
    writer: &'static str,
    cases: &'static [&'static str],
    /// Readers and what they do with each of the records.
    readers: &'static [(&'static str, &'static str)],
}

/// What one reader does with one record of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Who writes.
    pub writer: String,
    /// Which sample.
    pub case: &'static str,
    /// Who reads.
    pub reader: &'static str,
    /// What is expected of it.
    pub expected: &'static str,
    /// What it does.
    pub reaction: Reaction,
}

const fn row(
    id: &'static str,
    what: &'static str,
    writer: &'static str,
    cases: &'static [&'static str],
    readers: &'static [(&'static str, &'static str)],
) -> LogRow {
    LogRow { id, what, writer, cases, readers }
}

/// All of them.
#[rustfmt::skip]
pub static ROWS: [LogRow; 22] = [
    row("L1", "1.4.0 wants a retention in calls that 1.3 does not write", "1.3.2", &["effect-v2-call"], &[("1.4.0", "stops"), ("1.4.1", "applied")]),
    row("L2", "the cleaner of 1.4 purges journals, which 1.3 does not know", "1.4.4", &["purge-journal"], &[("1.3.2", "stops"), ("1.4.0", "applied")]),
    row("L3", "durability is not known before 1.4.2", "1.4.4", &["durability"], &[("1.3.2", "stops"), ("1.4.1", "stops"), ("1.4.2", "applied")]),
    row("L4", "operators' resume and restart came with 1.5", "1.5.6", &["resume", "restart"], &[("1.4.4", "stops"), ("1.5.0", "applied")]),
    row("L5", "pausing after the last attempt came with 1.5", "1.5.6", &["effect-paused"], &[("1.4.4", "stops"), ("1.5.0", "applied")]),
    row("L6", "events and protocol V6 came with 1.5", "1.5.6", &["effect-event", "effect-pinned-v6"], &[("1.4.4", "stops"), ("1.5.0", "applied")]),
    row("L7", "1.5 reads what 1.6 writes by default", "1.6.2", &["announce", "durability", "effect-paused", "effect-event", "effect-pinned-v6"], &[("1.5.6", "applied")]),
    row("L8", "producers came with 1.6, and are the default of 1.7", "1.7.6", &["dedup-producer"], &[("1.5.6", "stops"), ("1.6.0", "applied")]),
    row("L9", "1.4 reads no record of 1.6 and later, whatever its command", "1.6.2", &["truncate", "announce", "invoke"], &[("1.4.4", "stops"), ("1.5.0", "applied")]),
    row("L10", "the schema of 1.7 in the log, behind a barrier that 1.5 reads", "1.7.6", &["schema"], &[("1.5.6", "stops"), ("1.6.0", "applied")]),
    row("L11", "1.6 reads what 1.7 writes by default", "1.7.6", &["barrier-default", "effect-raw-call", "invoke", "announce"], &[("1.6.2", "applied")]),
    row("L12", "a rule of 1.7 has no barrier before it", "1.7.6", &["rule-book"], &[("1.6.2", "stops"), ("1.7.0", "applied")]),
    row("L13", "queues of 1.7, behind their switch", "1.7.6", &["vq-decisions", "pause", "effect-yield"], &[("1.6.2", "stops"), ("1.7.0", "applied")]),
    row("L14", "protocol V7, behind its switch", "1.7.6", &["effect-suspended-v3", "effect-pinned-v7"], &[("1.6.2", "stops"), ("1.7.0", "applied")]),
    row("L15", "barriers before queues and unique seeds stop 1.6 with a clear text", "1.7.6", &["barrier-vqueues", "barrier-unique-seeds"], &[("1.6.2", "blocked"), ("1.5.6", "blocked"), ("1.7.0", "applied")]),
    row("L16", "a barrier with a change of 1.7.5 stops earlier patches", "1.7.6", &["barrier-skip-completed"], &[("1.7.2", "blocked"), ("1.7.4", "blocked"), ("1.7.5", "applied")]),
    row("L17", "patches of 1.7 read each other: the fault is in applying", "1.7.2", &["announce", "invoke", "effect-raw-call", "schema", "rule-book"], &[("1.7.6", "applied")]),
    row("L18", "queues of 1.6 are forgotten in 1.7", "1.6.2", &["vq-waiting", "vq-yield"], &[("1.7.0", "stops"), ("1.6.0", "applied")]),
    row("L19", "events of 1.4 as entries of the journal, behind a switch", "1.4.4", &["effect-v2-event"], &[("1.5.0", "stops"), ("1.4.0", "applied")]),
    row("L20", "a trace state that is no list", "1.5.6", &["invoke-trace-state"], &[("1.4.4", "panics"), ("1.3.2", "panics"), ("1.5.0", "applied")]),
    row("L21", "a body in JSON, which nobody writes", JSON, &["truncate"], &[("1.7.6", "panics"), ("1.6.2", "applied")]),
    row("L22", "a body in the second custom form, which nobody writes yet", SECOND_FORM, &["truncate"], &[("1.6.2", "stops"), ("1.5.6", "stops"), ("1.7.0", "applied")]),
];

/// The writer of JSON: none, so it is said of 1.6.
const JSON: &str = "nobody, in JSON";
/// The writer of the second form: none up to 1.7.
const SECOND_FORM: &str = "nobody, in the second form";

/// An outbox that is truncated, in the second form.
const TRUNCATION: [u8; 18] = [7, 10, 10, 9, 0, 0, 0, 6, 6, 0, 0, 0, 4, 11, 5, 2, 4, 7];

impl LogRow {
    /// What every reader of the row does with every record of it. A record that the writer has no
    /// form for is left out.
    pub fn show(&self) -> Vec<Shown> {
        let shown = |case: &'static str| {
            let body = self.body(case)?;
            Some(self.readers.iter().filter_map(move |(reader, expected)| {
                let release: Release = reader.parse().ok()?;
                Some(Shown {
                    writer: self.writer.to_owned(),
                    case,
                    reader,
                    expected,
                    reaction: apply::react(&body, release),
                })
            }))
        };
        self.cases.iter().filter_map(|case| shown(case)).flatten().collect()
    }

    /// What every reader of the row must do with every record of it: the record, the reader, and a word
    /// for what it does.
    pub fn expects(&self) -> impl Iterator<Item = [&'static str; 3]> {
        let of_case = |case: &'static str| {
            self.readers.iter().map(move |(reader, does)| [case, *reader, *does])
        };
        self.cases.iter().flat_map(move |case| of_case(case))
    }

    fn body(&self, case: &str) -> Option<Bytes> {
        match self.writer {
            JSON => {
                let writer: Release = "1.6.2".parse().ok()?;
                let json = sample(case)?.written_by(writer)?.to_json(writer).ok()?;
                Some([&[5], json.to_string().as_bytes()].concat().into())
            }
            SECOND_FORM => Some(Bytes::from_static(&TRUNCATION)),
            writer => {
                let writer: Release = writer.parse().ok()?;
                encode(&sample(case)?.written_by(writer)?, writer).ok()
            }
        }
    }
}

/// The row with a number, as `L12`.
pub fn show(id: &str) -> Option<&'static LogRow> {
    ROWS.iter().find(|row| row.id == id)
}
