//! How the subject can agree with a released server.

use crate::fabric::catalogue::Message;
use crate::fabric::codec::tree::Context;
use crate::fabric::payload::DecodeError;
use crate::suite::compare::Difference;
use crate::suite::strictness::{self, Strictness};

/// How the subject agrees with what a release did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Agreement {
    /// It does the same.
    Same,
    /// The release panics, in these words; the subject gives an error.
    KnownPanic(String),
    /// The line is cut off, so that it says nothing.
    CutOff,
    /// The release takes what is refused on purpose.
    Stricter(&'static Strictness),
}

/// What a real reader takes is taken.
pub const ACCEPTED: &str = "bytes that the real reader accepts are accepted";

/// What came of a line.
pub type Answer = Result<Agreement, Difference>;

/// A refusal of what a real reader takes: on the list, or a difference.
pub fn refused_or_stricter(error: &DecodeError, expected: impl Into<String>) -> Answer {
    match strictness::entry_for(error) {
        Some(entry) => Ok(Agreement::Stricter(entry)),
        None => Err(Difference::new(ACCEPTED, expected, error.to_string())),
    }
}

/// A value in words.
pub fn in_words(message: &Message, cx: Context) -> String {
    match message.to_json(cx) {
        Ok(json) => json.to_string(),
        Err(unfit) => format!("a value with {}", unfit.what),
    }
}
