//! One line of a file of reference vectors, and what is read out of it.

use std::fmt;

use bytes::Bytes;
use serde_json::{Map, Value as Json};
use thiserror::Error;

use crate::fabric::codec::json::bytes_of;
use crate::fabric::release::Release;
use crate::harness::json;
use crate::harness::verdict::CaseId;

/// Where a line stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file.
    pub file: String,
    /// The line in it, counted from 1.
    pub line: usize,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A line that cannot be understood: the vectors are damaged, and nothing can be said about the
/// subject.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{location}: {reason}")]
pub struct DamagedLine {
    /// Where.
    pub location: Location,
    /// What is wrong with it.
    pub reason: String,
}

/// One line: a JSON object.
pub struct Line {
    location: Location,
    object: Map<String, Json>,
}

impl Line {
    /// Reads a line.
    pub fn parse(file: &str, line: usize, text: &str) -> Result<Self, DamagedLine> {
        let location = Location { file: file.to_owned(), line };
        match json::read(text) {
            Ok(Json::Object(object)) => Ok(Self { location, object }),
            Ok(_) => Err(DamagedLine { location, reason: "not a JSON object".to_owned() }),
            Err(error) => Err(DamagedLine { location, reason: format!("not JSON: {error}") }),
        }
    }

    /// Whether the line has a member of this name.
    pub fn has(&self, name: &str) -> bool {
        self.object.contains_key(name)
    }

    /// A member, if it is there and not null.
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.object.get(name).filter(|value| !value.is_null())
    }

    /// A member, which must be there; it may be null.
    pub fn member(&self, name: &str) -> Result<&Json, DamagedLine> {
        self.object.get(name).ok_or_else(|| self.damaged(format!("has no {name:?}")))
    }

    /// Text that must be there.
    pub fn text(&self, name: &str) -> Result<&str, DamagedLine> {
        match self.member(name)? {
            Json::String(text) => Ok(text),
            other => Err(self.damaged(format!("{name:?} is not text: {other}"))),
        }
    }

    /// Text that may be missing or null.
    pub fn optional_text(&self, name: &str) -> Result<Option<&str>, DamagedLine> {
        self.get(name).map(|_| self.text(name)).transpose()
    }

    /// A truth value; false if it is missing.
    pub fn flag(&self, name: &str) -> Result<bool, DamagedLine> {
        match self.get(name) {
            None => Ok(false),
            Some(Json::Bool(flag)) => Ok(*flag),
            Some(other) => {
                Err(self.damaged(format!("{name:?} is neither true nor false: {other}")))
            }
        }
    }

    /// Whether a reader took the bytes, as `ok` says. What it took it did not refuse.
    pub fn is_taken(&self) -> Result<bool, DamagedLine> {
        if self.get("ok").is_none() {
            return Err(self.damaged("\"ok\" is neither true nor false"));
        }
        let is_taken = self.flag("ok")?;
        match ["error", "panic"].into_iter().find(|name| self.get(name).is_some()) {
            Some(name) if is_taken => {
                Err(self.damaged(format!("\"ok\" is true, and there is {name:?} too")))
            }
            _ => Ok(is_taken),
        }
    }

    /// The bytes that a release made of a value; none if it refused, and then there is the error.
    pub fn written(&self) -> Result<Option<Bytes>, DamagedLine> {
        match (self.optional_bytes("hex")?, self.optional_text("error")?) {
            (Some(_), Some(_)) => Err(self.damaged("has both \"hex\" and \"error\"")),
            (None, None) => Err(self.damaged("has neither \"hex\" nor \"error\"")),
            (bytes, _) => Ok(bytes),
        }
    }

    /// Bytes in hex that may be missing or null.
    pub fn optional_bytes(&self, name: &str) -> Result<Option<Bytes>, DamagedLine> {
        let Some(text) = self.optional_text(name)? else { return Ok(None) };
        let damaged = |error| self.damaged(format!("{name:?} is not hex: {error}"));
        bytes_of(text).map(Some).map_err(damaged)
    }

    /// Bytes in hex that must be there.
    pub fn bytes(&self, name: &str) -> Result<Bytes, DamagedLine> {
        self.optional_bytes(name)?.ok_or_else(|| self.damaged(format!("has no {name:?}")))
    }

    /// A release. A build is named by its first word; what follows describes it.
    pub fn release(&self, name: &str) -> Result<Release, DamagedLine> {
        let text = self.text(name)?;
        let word = text.split(' ').next().unwrap_or(text);
        word.parse().map_err(|error| self.damaged(format!("{name:?}: {error}")))
    }

    /// The number of a protocol version by its name; `Unknown` is 0.
    pub fn version(&self) -> Result<i32, DamagedLine> {
        let text = self.text("protocol")?;
        let number = if text == "Unknown" {
            Some(0)
        } else {
            text.strip_prefix('V').and_then(|number| number.parse().ok())
        };
        number.ok_or_else(|| self.damaged(format!("no protocol version: {text:?}")))
    }

    /// An address of the case, after these segments.
    pub fn case(&self, kind: &str, segments: &[&str]) -> CaseId {
        CaseId::from_segments(["vectors", kind].iter().chain(segments))
    }

    /// Where the line stands.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// An error about this line.
    pub fn damaged(&self, reason: impl Into<String>) -> DamagedLine {
        DamagedLine { location: self.location.clone(), reason: reason.into() }
    }
}
