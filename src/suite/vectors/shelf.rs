//! The lines of all files, and the vectors among them by what other lines call them.

use std::collections::HashMap;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::kind::Kind;
use super::line::{DamagedLine, Line};
use super::{Source, envelope, log_record, payload};
use crate::fabric::release::Release;

/// Lines, parsed, and the vectors among them by what other lines call them.
pub struct Shelf {
    /// Every line, file by file.
    pub(super) lines: Vec<(Kind, Line)>,
    /// Payload vectors.
    pub(super) payloads: payload::Index,
    /// Envelope vectors.
    pub(super) envelopes: envelope::Index,
    /// Vectors of log records.
    pub(super) records: log_record::Index,
    /// Bytes that a release was given, by what the value that came out of them is called.
    inputs: HashMap<payload::Key, usize>,
}

/// A line, and the vector that it is.
enum Read {
    Payload(payload::Key, payload::PayloadVector),
    Envelope([String; 3], envelope::EnvelopeVector),
    Record([String; 3], log_record::RecordVector),
    Input(payload::Key),
    Other,
}

impl Shelf {
    /// Reads files.
    ///
    /// # Errors
    ///
    /// The first line that is not a JSON object. A line that is one and still not in the format is
    /// kept: it is a finding of its own.
    pub fn read(sources: &[Source]) -> Result<Self, DamagedLine> {
        let texts: Vec<(&str, usize, &str)> = sources
            .iter()
            .flat_map(|source| {
                let lines = source.text.lines().enumerate();
                lines.map(|(index, text)| (source.name.as_str(), index + 1, text))
            })
            .filter(|(_, _, text)| !text.trim().is_empty())
            .collect();
        let read: Vec<_> = texts
            .into_par_iter()
            .map(|(file, number, text)| {
                let line = Line::parse(file, number, text)?;
                let kind = Kind::of(&line);
                let read = read(kind, &line).unwrap_or(Read::Other);
                Ok((kind, line, read))
            })
            .collect();
        let mut shelf = Self {
            lines: Vec::with_capacity(read.len()),
            payloads: HashMap::new(),
            envelopes: HashMap::new(),
            records: HashMap::new(),
            inputs: HashMap::new(),
        };
        for result in read {
            let (kind, line, read) = result?;
            shelf.lines.push((kind, line));
            shelf.place(read);
        }
        Ok(shelf)
    }

    fn place(&mut self, read: Read) {
        match read {
            Read::Payload(key, vector) => drop(self.payloads.insert(key, vector)),
            Read::Envelope(key, vector) => drop(self.envelopes.insert(key, vector)),
            Read::Record(key, vector) => drop(self.records.insert(key, vector)),
            Read::Input(key) => drop(self.inputs.insert(key, self.lines.len() - 1)),
            Read::Other => {}
        }
    }

    /// The same with those lines alone that say what a release writes or reads of payloads that are
    /// asked for, by the name of the message and the number of the version.
    #[must_use]
    pub fn of_release(mut self, release: Release, is_asked: impl Fn(&str, i32) -> bool) -> Self {
        self.lines.retain(|(kind, line)| {
            let reader = match kind {
                Kind::Payload => line.release("release"),
                Kind::CrossPayload => line.release("decoder"),
                _ => return false,
            };
            let is_asked =
                || Ok::<_, DamagedLine>(is_asked(line.text("message")?, line.version()?));
            reader.is_ok_and(|it| it == release) && is_asked().unwrap_or_default()
        });
        self
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is no line.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The line with the bytes that a release was given, by what other lines call the value that
    /// came out of them.
    pub(super) fn input(&self, key: &payload::Key) -> Option<&Line> {
        self.inputs.get(key).and_then(|&index| self.lines.get(index)).map(|(_, line)| line)
    }
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
        Kind::Foreign if line.has("input_hex") => Read::Input(payload::Key::of(line, "release")?),
        _ => Read::Other,
    })
}
