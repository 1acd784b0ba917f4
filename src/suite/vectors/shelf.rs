//! The vectors of all files by what other lines call them. Lines are not kept: there are too many, and
//! each is judged alone, or with a vector that it names.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use bytes::Bytes;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use serde_json::Value as Json;

use super::kind::Kind;
use super::line::{DamagedLine, Line};
use super::{Source, Unusable, envelope, log_record, payload};

/// Files, and the vectors in them by what other lines call them.
#[derive(Default)]
pub struct Shelf {
    /// Each with what its text was when it was read first.
    sources: Vec<(Source, u64)>,
    len: usize,
    /// Payload vectors.
    pub(super) payloads: payload::Index,
    /// Envelope vectors.
    pub(super) envelopes: envelope::Index,
    /// Vectors of log records.
    pub(super) records: log_record::Index,
    /// Bytes that a release was given, by what the value that came out of them is called.
    inputs: HashMap<payload::Key, Result<Bytes, DamagedLine>>,
    /// The values of vectors, each once: releases and versions have most of them in common.
    values: HashSet<Arc<Json>>,
}

/// The vector that a line is.
enum Read {
    Payload(payload::Key, payload::PayloadVector),
    Envelope([String; 3], envelope::EnvelopeVector),
    Record([String; 3], log_record::RecordVector),
    Input(payload::Key, Result<Bytes, DamagedLine>),
    Other,
}

impl Shelf {
    /// Reads files.
    ///
    /// # Errors
    ///
    /// A file that cannot be read or has no line, or the first line that is not a JSON object. A line that is one
    /// and still not in the format is a finding of its own.
    pub fn read(sources: Vec<Source>) -> Result<Self, Unusable> {
        let mut shelf = Self::default();
        for source in sources {
            let text = source.text()?;
            shelf.add(source, &text)?;
        }
        Ok(shelf)
    }

    /// Adds a file with this text.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn add(&mut self, source: Source, text: &str) -> Result<(), Unusable> {
        let read =
            each(&source.name, text, &|kind, line: Line| read(kind, &line).unwrap_or(Read::Other))?;
        if read.is_empty() {
            return Err(Unusable::File(format!("{} has no vectors in it", source.name)));
        }
        self.len += read.len();
        read.into_iter().for_each(|read| self.place(read));
        self.sources.push((source, hash(text)));
        Ok(())
    }

    fn place(&mut self, read: Read) {
        match read {
            Read::Payload(key, mut vector) => {
                self.share(&mut vector.value);
                self.payloads.put(key, vector);
            }
            Read::Envelope(key, mut vector) => {
                self.share(&mut vector.value);
                self.envelopes.put(key, vector);
            }
            Read::Record(key, mut vector) => {
                self.share(&mut vector.value);
                self.records.put(key, vector);
            }
            Read::Input(key, bytes) => drop(self.inputs.insert(key, bytes)),
            Read::Other => {}
        }
    }

    fn share(&mut self, value: &mut Arc<Json>) {
        // Two that are equal are the same, but for zeros with a sign.
        if has_fraction(value) {
            return;
        }
        match self.values.get(&**value) {
            Some(known) => *value = Arc::clone(known),
            None => drop(self.values.insert(Arc::clone(value))),
        }
    }

    /// What somebody makes of every line, file by file, on all cores.
    pub(super) fn each<T: Send>(
        &self,
        look: impl Fn(Kind, Line) -> T + Sync,
    ) -> Result<Vec<T>, Unusable> {
        let mut all = Vec::with_capacity(self.len);
        for (source, known) in &self.sources {
            let text = source.text()?;
            if hash(&text) != *known {
                let words = format!("{} was changed while it was read", source.name);
                return Err(Unusable::File(words));
            }
            all.extend(each(&source.name, &text, &look)?);
        }
        Ok(all)
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no line.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes that a release was given, by what other lines call the value that came out of them.
    pub(super) fn input(&self, key: &payload::Key) -> Option<&Result<Bytes, DamagedLine>> {
        self.inputs.get(key)
    }
}

/// What tells one text from another.
fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn has_fraction(json: &Json) -> bool {
    match json {
        Json::Number(number) => number.is_f64(),
        Json::Array(elements) => elements.iter().any(has_fraction),
        Json::Object(members) => members.values().any(has_fraction),
        Json::Null | Json::Bool(_) | Json::String(_) => false,
    }
}

/// What somebody makes of every line of a text.
fn each<T: Send>(
    file: &str,
    text: &str,
    look: &(impl Fn(Kind, Line) -> T + Sync),
) -> Result<Vec<T>, DamagedLine> {
    let lines = text.lines().enumerate().filter(|(_, text)| !text.trim().is_empty());
    let seen: Vec<_> = lines
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|(index, text)| {
            let line = Line::parse(file, index + 1, text)?;
            Ok(look(Kind::of(&line), line))
        })
        .collect();
    seen.into_iter().collect()
}

fn read(kind: Kind, line: &Line) -> Result<Read, DamagedLine> {
    Ok(match kind {
        Kind::Payload => {
            Read::Payload(payload::Key::of(line, "release")?, payload::PayloadVector::read(line)?)
        }
        Kind::Envelope => {
            Read::Envelope(envelope::key(line, "release")?, envelope::EnvelopeVector::read(line)?)
        }
        Kind::LogRecord if line.has("hex") => {
            Read::Record(log_record::key(line, "release")?, log_record::RecordVector::read(line)?)
        }
        Kind::Foreign if line.has("input_hex") => {
            Read::Input(payload::Key::of(line, "release")?, line.bytes("input_hex"))
        }
        _ => Read::Other,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn a_file_that_is_changed_between_two_readings_is_told() {
        let line = r#"{"kind": "note"}"#;
        let is_first = AtomicBool::new(true);
        let text = move || match is_first.swap(false, Ordering::Relaxed) {
            true => Ok(format!("{line}\n{line}\n")),
            false => Ok(format!("{line}\n")),
        };
        let shelf = Shelf::read(vec![Source::new("lines", text)]).unwrap();
        let error = shelf.each(|_, _| ()).unwrap_err().to_string();
        assert_eq!(error, "lines was changed while it was read");
    }

    #[test]
    fn values_are_shared_where_they_are_the_same() {
        let mut shelf = Shelf::default();
        let mut shared = |text: &str| {
            let mut value = Arc::new(serde_json::from_str(text).unwrap());
            shelf.share(&mut value);
            value
        };
        let [one, other] = [(), ()].map(|()| shared(r#"{"a": [1, "x"]}"#));
        assert!(Arc::ptr_eq(&one, &other));
        let zeros = [shared("[0.0]"), shared("[-0.0]")];
        assert_eq!(zeros.map(|it| it.to_string()), ["[0.0]", "[-0.0]"]);
    }
}
