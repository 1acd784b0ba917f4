//! One line held against the subject.

use super::agreement::{Agreement, Answer};
use super::cell::{Cell, Judged};
use super::kind::Kind;
use super::line::{DamagedLine, Line};
use super::payload::PayloadVector;
use super::shelf::Shelf;
use super::{cross, differences, envelope, foreign, log_record, odd, payload};
use crate::harness::boundary::{self, Breach};
use crate::suite::compare::Difference;
use crate::suite::subject::Subject;

/// Everything that a line says of the subject. A line that cannot be understood is a finding, and so
/// is a panic of the subject.
pub fn judge(kind: Kind, line: &Line, shelf: &Shelf, subject: &dyn Subject) -> Vec<Judged> {
    if let Some(reason) = kind.reason_to_skip(line) {
        return vec![Cell::of_other(line, "not verified").skipped(reason)];
    }
    let broken = |requirement, expected: &str, actual: String| {
        let difference = Difference::new(requirement, expected, actual);
        vec![Cell::of_other(line, "not understood").judged(line, Some(Err(difference)))]
    };
    match boundary::caught(|| verdicts(kind, line, shelf, subject)) {
        Ok(Ok(judged)) => judged,
        Ok(Err(damaged)) => {
            broken("a line says what it is about", "a line of its kind", damaged.reason)
        }
        Err(Breach::NotTried(reason)) => vec![Cell::of_other(line, "not tried").skipped(reason)],
        Err(breach) => {
            let seen = match breach {
                Breach::Panicked(panicked) => panicked.to_string(),
                other => other.to_string(),
            };
            broken("no input makes the codec panic", "a value or an error", seen)
        }
    }
}

fn verdicts(
    kind: Kind,
    line: &Line,
    shelf: &Shelf,
    subject: &dyn Subject,
) -> Result<Vec<Judged>, DamagedLine> {
    let (cell, answer) = match kind {
        Kind::Payload => {
            let vector = PayloadVector::read(line)?;
            let undisputed = shelf.payloads.undisputed(&payload::Key::of(line, "release")?);
            let result = undisputed.and_then(|()| vector.verify(line, subject));
            (Cell::of_payload(line, &vector)?, Some(same(result)))
        }
        Kind::Envelope => {
            let vector = envelope::EnvelopeVector::read(line)?;
            let undisputed = shelf.envelopes.undisputed(&envelope::key(line, "release")?);
            (Cell::of_envelope(line)?, Some(same(undisputed.and_then(|()| vector.verify(line)))))
        }
        Kind::EnumTable => {
            let cell = Cell::of_tables(line, "enum tables", &["enum", line.text("enum")?])?;
            (cell, Some(same(envelope::verify_enum(line)?)))
        }
        Kind::Constants => {
            let cell = Cell::of_tables(line, "version range", &["range"])?;
            (cell, Some(same(envelope::verify_constants(line)?)))
        }
        Kind::CrossPayload => {
            (Cell::of_cross(line)?, cross::verify(line, &shelf.payloads, subject)?)
        }
        Kind::CrossEnvelope => {
            (Cell::of_cross(line)?, envelope::verify_cross(line, &shelf.envelopes)?.map(same))
        }
        Kind::Library => (Cell::of_odd(line)?, Some(odd::verify(line, subject)?)),
        Kind::Foreign => (Cell::of_foreign(line)?, foreign::verify(line, shelf, subject)?),
        Kind::LogRecord => {
            (Cell::of_log_record(line)?, log_record::verify(line, &shelf.records, subject)?)
        }
        Kind::Differences => return differing(line, shelf, subject),
        Kind::Speed | Kind::OtherLayer | Kind::Recorded | Kind::Unknown => return Ok(Vec::new()),
    };
    Ok(vec![cell.judged(line, answer)])
}

/// A line about several releases: a verdict on each.
fn differing(
    line: &Line,
    shelf: &Shelf,
    subject: &dyn Subject,
) -> Result<Vec<Judged>, DamagedLine> {
    let verdicts = differences::verify(line, &shelf.payloads, subject)?;
    let judged = verdicts.into_iter().map(|(release, verdict)| {
        Ok(Cell::of_difference(line, &release)?.judged(line, verdict.map(same)))
    });
    judged.collect()
}

fn same(result: Result<(), Difference>) -> Answer {
    result.map(|()| Agreement::Same)
}
