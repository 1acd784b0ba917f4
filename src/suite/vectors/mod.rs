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
mod index;
mod judge;
mod kind;
mod line;
mod log_record;
mod odd;
mod payload;
mod shelf;
mod summary;
#[cfg(test)]
mod tests;
mod words;

pub use causes::CAUSES;
pub use crossing::{Crossing, Recorded, crossings};
pub use line::{DamagedLine, Location};
pub use payload::same_value;
pub use shelf::Shelf;

use agreement::Agreement;
use bytes::Bytes;
use thiserror::Error;

use self::kind::Kind;
use self::line::Line;
use self::summary::Occurring;
use super::strictness::Strictness;
use super::subject::Subject;
use crate::fabric::catalogue::MessageType;
use crate::fabric::envelope::EnvelopeType;
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::harness::report::Report;

/// A file of vectors. Its text is many times as long as the file, so nobody keeps it: whoever goes
/// through the lines asks for it again.
pub struct Source {
    /// How findings name it.
    pub name: String,
    text: Box<dyn Fn() -> Result<String, String> + Send + Sync>,
}

/// Why files of vectors are not gone through.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unusable {
    /// A line is not a JSON object: nothing can be said then.
    #[error(transparent)]
    Line(#[from] DamagedLine),
    /// A file cannot be read, in these words.
    #[error("{0}")]
    File(String),
}

impl Source {
    /// A file whose text, one JSON object a line, can be had as often as somebody asks; or else words
    /// that say why not.
    pub fn new(
        name: impl Into<String>,
        text: impl Fn() -> Result<String, String> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), text: Box::new(text) }
    }

    /// What is in it.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn text(&self) -> Result<String, Unusable> {
        (self.text)().map_err(Unusable::File)
    }
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
///
/// # Errors
///
/// If a file cannot be read again, or is another one by then.
pub fn verify_shelf(
    shelf: &Shelf,
    subject: &dyn Subject,
    advance: impl Fn(u64) + Sync,
) -> Result<Verified, Unusable> {
    verify_asked(shelf, subject, advance, |_, _| true)
}

/// The same of those lines alone that say what a release writes or reads of payloads that are asked
/// for, by the name of the message and the number of the version.
///
/// # Errors
///
/// As [`verify_shelf`].
pub fn verify_release(
    shelf: &Shelf,
    subject: &dyn Subject,
    advance: impl Fn(u64) + Sync,
    release: Release,
    is_asked: impl Fn(&str, i32) -> bool + Sync,
) -> Result<Verified, Unusable> {
    verify_asked(shelf, subject, advance, |kind, line| {
        let reader = match kind {
            Kind::Payload => line.release("release"),
            Kind::CrossPayload => line.release("decoder"),
            _ => return false,
        };
        let is_asked = || Ok::<_, DamagedLine>(is_asked(line.text("message")?, line.version()?));
        reader.is_ok_and(|it| it == release) && is_asked().unwrap_or_default()
    })
}

fn verify_asked(
    shelf: &Shelf,
    subject: &dyn Subject,
    advance: impl Fn(u64) + Sync,
    is_asked: impl Fn(Kind, &Line) -> bool + Sync,
) -> Result<Verified, Unusable> {
    let lines = shelf.each(|kind, line| {
        let judged = is_asked(kind, &line).then(|| {
            (kind, summary::names(kind, &line), judge::judge(kind, &line, shelf, subject))
        });
        advance(1);
        judged
    })?;
    let mut occurring = Occurring::default();
    let mut judged = Vec::with_capacity(lines.len());
    for (kind, names, of_line) in lines.into_iter().flatten() {
        occurring.add(kind, names);
        judged.extend(of_line);
    }
    let refused_on_purpose = judged.iter().filter_map(|judged| match judged.agreement {
        Some(Agreement::Stricter(entry)) => Some(entry),
        _ => None,
    });
    let refused_on_purpose = refused_on_purpose.collect();
    Ok(Verified { report: summary::report(&occurring, judged), refused_on_purpose })
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
    let envelopes = shelf.envelopes.iter().filter_map(|([release, message, case], vector)| {
        let (origin, writer, bytes) = vector.written();
        let name = format!("{release} envelope {message} {case}");
        Some(Written { origin, release: writer, name, bytes: bytes? })
    });
    payloads.chain(envelopes).collect()
}
