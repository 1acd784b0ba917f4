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
mod odd;
mod payload;
mod shelf;
mod summary;
mod words;

pub use crossing::{Crossing, Recorded, crossings};
pub use line::{DamagedLine, Location};
pub use payload::same_value;

use bytes::Bytes;
use envelope::EnvelopeVector;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use shelf::Shelf;

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
    let shelf = Shelf::read(sources)?;
    let judged: Vec<_> = shelf
        .lines
        .par_iter()
        .map(|(kind, line)| {
            let judged = judge::judge(*kind, line, &shelf, subject);
            advance(1);
            judged
        })
        .collect();
    Ok(summary::report(&shelf, judged.into_iter().flatten().collect()))
}

/// What bytes of a released server are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A payload of a message at a version.
    Payload(MessageType, ProtocolVersion),
    /// A message of the envelope.
    Envelope(EnvelopeType),
}

/// The bytes that released servers wrote, by whom and of what.
///
/// # Errors
///
/// A line that is not in the format of reference shelf.
pub fn written(sources: &[Source]) -> Result<Vec<(Origin, Release, Bytes)>, DamagedLine> {
    let shelf = Shelf::read(sources)?;
    let payloads = shelf.payloads.into_values().filter_map(|vector| {
        let origin = Origin::Payload(vector.message_type, vector.cx.version);
        Some((origin, vector.cx.release, vector.bytes?))
    });
    let envelopes = shelf.envelopes.into_values().map(EnvelopeVector::into_written);
    Ok(payloads.chain(envelopes).collect())
}

/// Lines in a set of files, for those who show progress.
pub fn count(sources: &[Source]) -> u64 {
    sources.iter().map(|source| source.text.lines().count() as u64).sum()
}
