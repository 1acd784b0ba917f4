//! Who still reads whom, by trying.

use std::fmt;

use serde_json::Value as Json;

use super::Difference;
use super::side::Side;
use crate::fabric::catalogue::Message;
use crate::fabric::codec::tree::Context;
use crate::suite::compare;
use crate::suite::form::{Content, Form};

/// Whether the lines of one side read the bytes of the other, as the value that they stand for.
pub type Direction = Result<(), String>;

/// How far old and new are compatible, in the words of schema registries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Each reads the other.
    Full,
    /// New reads old.
    Backward,
    /// Old reads new.
    Forward,
    /// Neither reads the other; or the lines that are said to write one side do not read it, and
    /// what others make of it is chance.
    Broken,
}

impl Verdict {
    pub(super) fn of(difference: &Difference) -> Self {
        let Difference { unread: None, new_reads_old, old_reads_new, .. } = difference else {
            return Self::Broken;
        };
        match (new_reads_old, old_reads_new) {
            (Ok(()), Ok(())) => Self::Full,
            (Ok(()), Err(_)) => Self::Backward,
            (Err(_), Ok(())) => Self::Forward,
            (Err(_), Err(_)) => Self::Broken,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "FULL",
            Self::Backward => "BACKWARD",
            Self::Forward => "FORWARD",
            Self::Broken => "BROKEN",
        })
    }
}

/// Tries whether every line of the reader's side reads the writer's bytes.
pub(super) fn read(reader: &Side, writer: &Side) -> Direction {
    if reader.form != writer.form {
        return Err(format!("{} is not {}", writer.form, reader.form));
    }
    let (content, cx) = writer.content()?;
    reader.contexts.iter().try_for_each(|other| reads_as(writer, *other, &content, cx))
}

/// Whether a line reads the bytes of a side as a value.
fn reads_as(writer: &Side, reader: Context, content: &Content, cx: Context) -> Direction {
    let who = match writer.form {
        Form::Envelope(_) => reader.release.to_string(),
        _ => format!("{} at {}", reader.release, reader.version),
    };
    let read = writer.form.decode(&writer.bytes, reader).map_err(|why| format!("{who}: {why}"))?;
    let expected = match content {
        Content::Payload(message) => {
            let fitted = Message::clone(message).fitted(reader);
            let fitted =
                fitted.map_err(|unfit| format!("{who}: the line has no {}", unfit.what))?;
            let fitted = Content::Payload(Box::new(fitted));
            // What is equal need not be spelled.
            if fitted == read {
                return Ok(());
            }
            fitted.to_json(reader)
        }
        // A line that has no field for something of it passes that over.
        Content::Envelope(_) | Content::Kept(_) => {
            content.to_json(reader).or_else(|_| content.to_json(cx))
        }
    };
    let expected = expected.map_err(|why| format!("{who}: {why}"))?;
    let found = read.to_json(reader).map_err(|why| format!("{who}: {why}"))?;
    let expected = match content {
        Content::Envelope(_) | Content::Kept(_) => in_common(&expected, &found),
        Content::Payload(_) => expected,
    };
    compare::json("a value is read as it was written", &expected, &found).map_err(|other| {
        format!("{who} reads another value at {}", other.place.unwrap_or_default())
    })
}

/// The members of `expected` that `found` has too: an envelope's reader has no word for fields that
/// its release does not know.
fn in_common(expected: &Json, found: &Json) -> Json {
    match (expected, found) {
        (Json::Object(expected), Json::Object(found)) => {
            let known = |(key, found): (&String, &Json)| {
                let member = expected.get(key).map(|expected| in_common(expected, found));
                (key.clone(), member.unwrap_or_else(|| found.clone()))
            };
            Json::Object(found.iter().map(known).collect())
        }
        // A line that does not keep whether a number is there reads 0.
        (Json::Null, Json::Number(number)) if number.as_u64() == Some(0) => found.clone(),
        _ => expected.clone(),
    }
}
