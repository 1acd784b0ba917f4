//! Bytes explained to people: what they are, if nobody says, and what every one of them means.
//!
//! The dump tells what each byte is; the decoder, which judges more than the dump, has its word
//! beside it. Where nobody says what the bytes are, what fits is tried: see [`Certainty`] for how
//! sure the answer is. Where somebody does, they are read as that and as nothing else; only of
//! release and version, if they are not given, those are taken that fit best.
//!
//! ```
//! use skewproof::suite::explain::{Hints, explain};
//!
//! let bytes = vec![0x05, 0x05, 0x04, 0x01, 0x04, 0xf4, 0x02, 0x04, 0xc2, 0x02].into();
//! let hints = Hints::new(Some("Trim"), None, Some(2))?;
//! let explanation = explain(&bytes, &hints);
//! assert!(!explanation.is_damaged());
//! assert!(explanation.to_text().contains("trim_point = 450"));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod candidates;
mod frame;
mod hints;
mod json;
mod ranking;
mod reading;
#[cfg(test)]
mod tests;
mod text;
mod truth;

use std::io;

use bytes::Bytes;

pub use self::frame::Unread;
pub use self::hints::Hints;
pub use self::ranking::{Certainty, Ranking};
pub use self::reading::{Grade, Reading};
pub use self::truth::{Layout, untrue};
use crate::fabric::annotate::Annotation;
use crate::suite::form::{Content, Form};
use crate::suite::log_records;
use crate::suite::value::ValueType;

/// Bytes, what they were read as, and what each of them means.
#[derive(Debug)]
pub struct Explanation<'a> {
    /// What they are.
    pub ranking: Ranking,
    /// What the payload in a frame is, if it has one.
    pub payload: Option<Ranking>,
    /// Why a payload in a frame is not read.
    pub unread: Option<Unread>,
    /// How many bytes stand before those that are explained: in a body the codec and a length.
    pub before: usize,
    /// Every byte.
    pub annotation: Annotation<'a>,
    /// The log records in the message, or the one that it is: where each stands, what it is, and what its reader does.
    pub records: Vec<[String; 3]>,
}

/// Explains bytes.
pub fn explain<'a>(bytes: &'a Bytes, hints: &Hints) -> Explanation<'a> {
    let ranking = Ranking::of(bytes, candidates::of(bytes, hints));
    let (payload, unread) = match frame::payload(&ranking, bytes, hints) {
        None => (None, None),
        Some(Ok(payload)) => (Some(payload), None),
        Some(Err(unread)) => (None, Some(unread)),
    };
    let (before, buffer) = ranking.best.form.buffer(bytes);
    let buffer = bytes.get(before..).and_then(|rest| rest.get(..buffer.len())).unwrap_or(bytes);
    let annotation = frame::annotated(&ranking.best, payload.as_ref(), buffer);
    let records = records(&ranking.best, bytes);
    Explanation { ranking, payload, unread, before, annotation, records }
}

/// The log records in a message that is read from bytes.
fn records(reading: &Reading, bytes: &Bytes) -> Vec<[String; 3]> {
    let Some(cx) = reading.context() else { return Vec::new() };
    match reading.form.decode(bytes, cx) {
        Ok(Content::Payload(message)) => log_records::listed(&message, cx.release),
        _ if reading.form == Form::Kept(ValueType::LogRecord) => {
            vec![log_records::listed_body("the body".to_owned(), bytes, cx.release)]
        }
        _ => Vec::new(),
    }
}

impl Explanation<'_> {
    /// Whether the bytes are not what they were taken for, or nothing fits.
    pub fn is_damaged(&self) -> bool {
        let is_bad = |it: &Ranking| it.verdict.is_err() || it.certainty == Certainty::Nothing;
        self.annotation.damage().is_some()
            || self.rankings().any(is_bad)
            || self.unread.as_ref().is_some_and(Unread::is_fault)
    }

    /// Whether something was taken for what explains it best, and nothing explains all of it.
    pub fn is_guess(&self) -> bool {
        self.rankings().any(|it| it.certainty == Certainty::Guess)
    }

    fn rankings(&self) -> impl Iterator<Item = &Ranking> {
        std::iter::once(&self.ranking).chain(&self.payload)
    }

    /// Writes the explanation for people.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write_text(&self, to: &mut impl io::Write) -> io::Result<()> {
        text::write(self, to)
    }

    /// Writes the explanation for programs: a JSON document, ending in a line break.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write_json(&self, to: &mut impl io::Write) -> io::Result<()> {
        json::write(self, to)
    }

    /// The explanation for people.
    pub fn to_text(&self) -> String {
        in_memory(|to| self.write_text(to))
    }

    /// The explanation for programs: a JSON document, ending in a line break.
    pub fn to_json(&self) -> String {
        in_memory(|to| self.write_json(to))
    }
}

fn in_memory(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
    let mut bytes = Vec::new();
    // Memory takes everything, and what is written is text.
    let _ = write(&mut bytes);
    String::from_utf8(bytes).unwrap_or_default()
}
