//! Every byte of what a release wrote is explained, and so are bytes that are damaged: truly, and as
//! the decoder reads them.

use std::collections::HashSet;

use bytes::Bytes;

use super::foreign::damaged;
use super::{Checks, GRID};
use crate::fabric::annotate::{self, Annotation, What};
use crate::fabric::catalogue::MessageType;
use crate::fabric::codec::tree::Context;
use crate::fabric::envelope::EnvelopeType;
use crate::fabric::payload::DecodeError;
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::harness::boundary;
use crate::harness::fuzz::{Features, Objection};
use crate::harness::verdict::CaseId;
use crate::suite::compare::Difference;
use crate::suite::fuzz::case::{Case, Chosen, Differential, Explain, Raw, Taken};
use crate::suite::requirements;
use crate::suite::samples::{self, Sample};
use crate::suite::subject::Subject;

/// Most places at which bytes are damaged, and of long ones, which take as much time again for each.
const PLACES_MAX: usize = 8;
const PLACES_OF_LONG_MAX: usize = 2;
/// Bytes below which every one is damaged.
const SHORT_LEN: usize = 64;
/// Bytes from which on they are long.
const LONG_LEN: usize = 512;

/// What older lines wrote: the same bytes are not damaged again, but for the newest line.
type Seen = HashSet<(Taken, i32, bool, Bytes)>;

/// Checks the samples of every message and frame, as every line writes them.
pub fn run(checks: &mut Checks<'_>) {
    let mut seen = Seen::default();
    for release in Release::lines() {
        for version in release.versions() {
            for sample in samples::all() {
                let cx = Context { release, version };
                payload(&sample, cx, &mut seen, checks);
            }
        }
        for of in EnvelopeType::ALL.iter().copied().filter(|of| of.gate().is_open(release)) {
            for (name, sample) in samples::envelope::samples(of) {
                let Ok(bytes) = checks.subject.encode_envelope(&sample, release) else { continue };
                let taken = Taken::Frame(Chosen(of));
                let number = release.range().max;
                let result = contained(|| {
                    is_plain(&annotate::protobuf(of, release, &bytes, |_| None))?;
                    hold(taken, release, number, &bytes, &mut seen, checks)
                });
                let case = requirements::EXPLAINED.case([release.name(), "frame", of.word(), name]);
                record(release, case, result, checks);
            }
        }
        let case = requirements::EXPLAINED.case([release.name(), "frame", "carried"]);
        record(release, case, is_named(release, checks.subject), checks);
    }
}

/// What a frame carries is known by what the frame says of it, where one of its samples says it.
fn is_named(release: Release, subject: &dyn Subject) -> Result<(), Difference> {
    let of = match release.speaks(ProtocolVersion::V1) {
        true => EnvelopeType::BinaryMessage,
        false => EnvelopeType::RpcCall,
    };
    let mut named = Vec::new();
    for (_, sample) in samples::envelope::samples(of) {
        let Ok(bytes) = subject.encode_envelope(&sample, release) else { continue };
        annotate::protobuf(of, release, &bytes, |carried| {
            named.extend(carried.message_type());
            None
        });
    }
    match named.is_empty() {
        true => Err(Difference::new("what a frame carries is named", of.word(), "nothing")),
        false => Ok(()),
    }
}

fn payload(sample: &Sample, cx: Context, seen: &mut Seen, checks: &mut Checks<'_>) {
    let (release, number) = (cx.release, cx.version.number());
    let Ok(value) = sample.message.clone().fitted(cx) else { return };
    let message = value.message_type();
    let Ok(bytes) = checks.subject.encode(&value, release, number) else { return };
    let taken = Taken::Payload(Chosen(message));
    let result = contained(|| {
        is_plain(&checks.subject.annotate(message, cx, &bytes))?;
        hold(taken, release, number, &bytes, seen, checks)
    });
    let version = cx.version.to_string();
    let name = [release.name(), &version, message.name(), sample.case];
    record(release, requirements::EXPLAINED.case(name), result, checks);
}

fn record(release: Release, case: CaseId, result: Result<(), Difference>, checks: &mut Checks<'_>) {
    checks.record_in(GRID, "every byte explained", release, case, result);
}

/// What comes of a check, or that it panicked.
fn contained(check: impl FnOnce() -> Result<(), Difference>) -> Result<(), Difference> {
    boundary::contain(check).unwrap_or_else(|panicked| {
        let requirement = "bytes are explained without a panic";
        Err(Difference::new(requirement, "an explanation", panicked.to_string()))
    })
}

/// What a release wrote has no fault, and nothing that it does not know.
fn is_plain(own: &Annotation<'_>) -> Result<(), Difference> {
    let requirement = "what a release wrote is explained whole";
    if let Some(damage) = own.damage() {
        return Err(Difference::new(requirement, "no fault", damage.to_string()));
    }
    let is_odd = |what| {
        matches!(what, What::Unknown { .. } | What::Unread | What::Continued | What::Unreferenced)
    };
    match own.spans().find(|span| span.is_foreign() || is_odd(span.what())) {
        Some(span) => Err(Difference::new(requirement, "a field", span.to_string())),
        None => Ok(()),
    }
}

/// What is said of a payload is true, and as the decoder reads it.
pub(super) fn is_true(
    of: MessageType,
    cx: Context,
    bytes: &Bytes,
    subject: &dyn Subject,
) -> Result<(), Difference> {
    holds(Taken::Payload(Chosen(of)), cx.release, cx.version.number(), bytes, subject)?;
    same_fault(of, cx, bytes, subject)
}

/// What fuzzing asks of any bytes holds of these, whole and damaged.
fn hold(
    taken: Taken,
    release: Release,
    number: i32,
    bytes: &Bytes,
    seen: &mut Seen,
    checks: &Checks<'_>,
) -> Result<(), Difference> {
    let places_max = match bytes.len() {
        len @ 1..SHORT_LEN => len,
        ..LONG_LEN => PLACES_MAX,
        _ => PLACES_OF_LONG_MAX,
    };
    let is_newest = Release::lines().last() == Some(release);
    let is_new = seen.insert((taken, number, is_newest, bytes.clone()));
    let damaged = is_new.then(|| damaged(bytes, places_max)).into_iter().flatten();
    [bytes.clone()].into_iter().chain(damaged).try_for_each(|bytes| {
        holds(taken, release, number, &bytes, checks.subject)?;
        match (taken, ProtocolVersion::from_number(number)) {
            (Taken::Payload(Chosen(of)), Some(version)) => {
                same_fault(of, Context { release, version }, &bytes, checks.subject)
            }
            _ => Ok(()),
        }
    })
}

fn holds(
    taken: Taken,
    release: Release,
    number: i32,
    bytes: &Bytes,
    subject: &dyn Subject,
) -> Result<(), Difference> {
    let mut features = Features::unwanted();
    let (release, number) = (Chosen(release), Chosen(number));
    let explain = Explain { taken, release, number, bytes: Raw(bytes.clone()) };
    let differential = Differential { taken, release, number, bytes: Raw(bytes.clone()) };
    explain
        .holds(subject, &mut features)
        .and_then(|()| differential.holds(subject, &mut features))
        .map_err(|objection| difference(objection, bytes))
}

/// A fault that the decoder and the explanation both see lies at the same byte for both. Of what lies
/// outside of a flexbuffer there may be several values: each sees another one first.
fn same_fault(
    of: MessageType,
    cx: Context,
    bytes: &Bytes,
    subject: &dyn Subject,
) -> Result<(), Difference> {
    let annotation = subject.annotate(of, cx, bytes);
    let decoded = subject.decode(of, bytes, cx.release, cx.version.number());
    let Err(DecodeError::Malformed { fault, .. }) = decoded else { return Ok(()) };
    let requirement = "a fault is explained where the decoder meets it";
    let Some(damage) = annotation.damage() else { return Ok(()) };
    if fault.kind().is_outside()
        || *fault.kind() != damage.kind
        || fault.place().offset() == Some(damage.offset)
    {
        return Ok(());
    }
    let actual = format!("{damage}, of {}", hex::encode(bytes));
    Err(Difference::new(requirement, fault.to_string(), actual))
}

fn difference(objection: Objection, bytes: &Bytes) -> Difference {
    let Objection { kind, place, words, .. } = objection;
    let actual = format!("{kind}: {}, of {}", words.seen, hex::encode(bytes));
    let requirement = "bytes are explained as they are, and as the decoder reads them";
    Difference { place: Some(place), ..Difference::new(requirement, words.expected, actual) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fabric::session::Dialect;
    use crate::harness::report::Report;
    use crate::suite::subject::Fabric;

    /// What is wrong with what is said of bytes.
    enum Other {
        LeavesOneOut,
        TakesThemForAnotherFormat,
        TakesThemForThoseOfAnother,
        SpeaksOfOthers,
    }

    impl Dialect for Other {}

    impl Subject for Other {
        fn annotate<'a>(
            &self,
            message: MessageType,
            cx: Context,
            bytes: &'a [u8],
        ) -> Annotation<'a> {
            const OTHERS: &[u8] = &[0x04, 0x01, 0x04, 0x01];
            match self {
                Self::LeavesOneOut => {
                    let len = bytes.len().saturating_sub(1);
                    annotate::payload(message, cx, bytes.get(..len).unwrap_or_default())
                }
                Self::TakesThemForAnotherFormat => annotate::flexbuffers(bytes),
                Self::TakesThemForThoseOfAnother => annotate::payload(MessageType::Trim, cx, bytes),
                Self::SpeaksOfOthers => annotate::payload(message, cx, OTHERS),
            }
        }
    }

    fn objections(subject: &dyn Subject) -> usize {
        let mut checks = Checks::new(Report::new("explained"), subject);
        let release = "1.7".parse().unwrap();
        let cx = Context { release, version: ProtocolVersion::V3 };
        for sample in samples::samples(MessageType::Gossip) {
            payload(&sample, cx, &mut Seen::default(), &mut checks);
        }
        checks.report.findings().count()
    }

    #[test]
    fn what_is_said_of_bytes_and_is_not_so_is_seen() {
        assert_eq!(objections(&Fabric), 0);
        for other in [
            Other::LeavesOneOut,
            Other::TakesThemForAnotherFormat,
            Other::TakesThemForThoseOfAnother,
            Other::SpeaksOfOthers,
        ] {
            assert!(objections(&other) > 0);
        }
    }
}
