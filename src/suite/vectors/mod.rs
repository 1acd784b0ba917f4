//! Reference vectors: bytes that released servers wrote, values that they read, and what they
//! refused.
//!
//! What a line is about is told by its members, so that nothing depends on the names of files or
//! cases. Lines refer to each other by release, version, message and case, across all files that
//! are given at once. Whatever a line says that cannot be understood, or has no form here, is a
//! finding of that line.

mod agreement;
mod causes;
mod cell;
mod cross;
mod crossing;
mod differences;
mod envelope;
mod foreign;
mod judge;
mod kind;
mod line;
mod log_record;
mod odd;
mod payload;
mod shelf;
mod summary;
mod words;

pub use causes::CAUSES;
pub use crossing::{Crossing, Recorded, crossings};
pub use line::{DamagedLine, Location};
pub use payload::same_value;
pub use shelf::Shelf;

use agreement::Agreement;
use bytes::Bytes;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::strictness::Strictness;
use super::subject::Subject;
use crate::fabric::catalogue::MessageType;
use crate::fabric::envelope::EnvelopeType;
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::harness::report::Report;

/// A file of vectors.
pub struct Source {
    /// How findings name it.
    pub name: String,
    /// What is in it: one JSON object a line.
    pub text: String,
}

/// Verifies everything that the files say, on all cores. `advance` is told of every line that is
/// done.
///
/// # Errors
///
/// A line that is not a JSON object: nothing can be said then.
pub fn verify(
    sources: &[Source],
    subject: &dyn Subject,
    advance: impl Fn(u64) + Sync,
) -> Result<Report, DamagedLine> {
    Ok(verify_shelf(&Shelf::read(sources)?, subject, advance).report)
}

/// What came of all lines.
pub struct Verified {
    /// The verdicts.
    pub report: Report,
    /// What real readers took and the subject refused on purpose, in the order of the lines, as
    /// often as it was.
    pub refused_on_purpose: Vec<&'static Strictness>,
}

/// Verifies everything that lines say, on all cores. `advance` is told of every line that is done.
pub fn verify_shelf(
    shelf: &Shelf,
    subject: &dyn Subject,
    advance: impl Fn(u64) + Sync,
) -> Verified {
    let judged: Vec<_> = shelf
        .lines
        .par_iter()
        .map(|(kind, line)| {
            let judged = judge::judge(*kind, line, shelf, subject);
            advance(1);
            judged
        })
        .collect();
    let judged: Vec<_> = judged.into_iter().flatten().collect();
    let refused_on_purpose = judged.iter().filter_map(|judged| match judged.agreement {
        Some(Agreement::Stricter(entry)) => Some(entry),
        _ => None,
    });
    let refused_on_purpose = refused_on_purpose.collect();
    Verified { report: summary::report(shelf, judged), refused_on_purpose }
}

/// What bytes of a released server are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A payload of a message at a version.
    Payload(MessageType, ProtocolVersion),
    /// A message of the envelope.
    Envelope(EnvelopeType),
}

/// Bytes that a released server wrote.
#[derive(Debug, Clone)]
pub struct Written {
    /// What they are.
    pub origin: Origin,
    /// Who wrote them.
    pub release: Release,
    /// Which vector they are: release, version, message and case, as the line spells them.
    pub name: String,
    /// The bytes.
    pub bytes: Bytes,
}

/// The bytes that released servers wrote.
pub fn written(shelf: &Shelf) -> Vec<Written> {
    let payloads = shelf.payloads.iter().filter_map(|(key, vector)| {
        Some(Written {
            origin: Origin::Payload(vector.message_type, vector.cx.version),
            release: vector.cx.release,
            name: format!("{} {} {} {}", key.release, key.protocol, key.message, key.case),
            bytes: vector.bytes.clone()?,
        })
    });
    let envelopes = shelf.envelopes.iter().map(|([release, message, case], vector)| {
        let (origin, writer, bytes) = vector.written();
        let name = format!("{release} envelope {message} {case}");
        Written { origin, release: writer, name, bytes }
    });
    payloads.chain(envelopes).collect()
}

/// Lines in a set of files, for those who show progress.
pub fn count(sources: &[Source]) -> u64 {
    sources.iter().map(|source| source.text.lines().count() as u64).sum()
}
