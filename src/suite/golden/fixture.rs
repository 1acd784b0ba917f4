//! A fixture as text, and read back from it.
//!
//! The value has the form that the oldest of the named lines gives it: a line that comes later and
//! writes the same bytes joins the fixture without changing what is there.
//!
//! What is too long to be read by anybody is there by its SHA-256: a value as that of its sample,
//! bytes as those that the oldest line writes for the value. They are pinned all the same.

use bytes::Bytes;
use serde_json::Value as Json;

use super::later;
use super::reading::Reading;
use super::wire::Wire;
use crate::fabric::annotate;
use crate::fabric::release::Release;
use crate::harness::golden::{Digest, Document, Paragraph, Snapshot, SnapshotError};
use crate::harness::json;
use crate::suite::pretty;
use crate::suite::subject::Fabric;

/// Between the names of lines.
const AND: &str = ", ";
/// The field of the lines that put out the bytes.
pub const WRITTEN_BY: &str = "written by";
/// The field of the case.
pub const CASE: &str = "case";
/// How the title of the value begins.
pub const VALUE: &str = "value, as ";
/// Behind the name of a case, for the fixture of who refuses it.
pub const REFUSED: &str = ".refused";
/// The longest bytes that are dumped, and the longest JSON form that is shown, in bytes.
const DUMP_MAX: usize = 3 << 10;
const JSON_MAX: usize = 32 << 10;
/// How a line begins that stands for what is longer.
const BY_DIGEST: &str = "too long to show; SHA-256: ";
/// How the line of a refusal begins.
pub const REFUSED_BY: &str = "refused by ";

/// Bytes that some lines put out for a value, and what the others make of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Fixture<V> {
    /// The case.
    pub case: String,
    /// Who puts out the bytes, oldest first; never empty.
    pub lines: Vec<Release>,
    /// The value.
    pub value: V,
    /// The bytes.
    pub bytes: Bytes,
    /// What the other lines make of them.
    pub readings: Vec<Reading>,
}

/// A value that some lines refuse to encode.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusals<V> {
    /// The case.
    pub case: String,
    /// The oldest line that can hold the value.
    pub holder: Release,
    /// The value.
    pub value: V,
    /// Who refuses it, and in which words.
    pub refusals: Vec<(Release, String)>,
}

/// What is wrong with a fixture, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Damage {
    /// The line of the file, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

impl Damage {
    fn new(line: usize, what: impl Into<String>) -> Self {
        Self { line, what: what.into() }
    }
}

impl From<SnapshotError> for Damage {
    fn from(error: SnapshotError) -> Self {
        Self::new(error.line, error.problem.to_string())
    }
}

/// Fields with their values under each other.
fn write_fields(fields: &[(&str, String)]) -> String {
    let width = WRITTEN_BY.len() + 2;
    fields.iter().map(|(name, value)| format!("{:width$}{value}\n", format!("{name}:"))).collect()
}

fn write_value<W: Wire>(wire: W, value: &W::Value, line: Release) -> String {
    let json = wire.to_json(value, line).unwrap_or_default();
    let short = json.to_string();
    let text = if short.len() <= JSON_MAX {
        pretty::lines(&json)
    } else {
        format!("{BY_DIGEST}{}", Digest::of(short))
    };
    format!("\n{VALUE}{line} has it:\n{text}\n")
}

/// Whether a fixture has its value or bytes by digest.
pub fn is_by_digest(content: &str) -> bool {
    content.lines().any(|line| line.starts_with(BY_DIGEST))
}

fn write_bytes<W: Wire>(wire: W, bytes: &[u8], line: Release) -> String {
    let text = if bytes.len() <= DUMP_MAX {
        wire.dump(bytes, line)
    } else {
        format!("{BY_DIGEST}{}\n", Digest::of(bytes))
    };
    format!("\nbytes: {}\n{text}", bytes.len())
}

/// The digest that stands for something, and its line; none if the thing itself is there.
fn read_digest(paragraph: &Paragraph<'_>) -> Result<Option<Digest>, Damage> {
    let Some(text) = paragraph.body.trim_end().strip_prefix(BY_DIGEST) else { return Ok(None) };
    let digest = text.parse().map_err(|error| Damage::new(paragraph.line + 1, format!("{error}")));
    digest.map(Some)
}

/// The bytes of a paragraph, or those of the value if their digest is there.
fn read_bytes<W: Wire>(
    wire: W,
    dump: &Paragraph<'_>,
    value: &W::Value,
    oldest: Release,
) -> Result<Bytes, Damage> {
    let Some(digest) = read_digest(dump)? else {
        return annotate::read_back(dump.body)
            .map(Bytes::from)
            .map_err(|error| Damage::new(dump.line + error.line, error.problem.to_string()));
    };
    let made = wire.encode(&Fabric, value, oldest).ok();
    made.filter(|bytes| Digest::of(bytes) == digest).ok_or_else(|| {
        let what = format!("{oldest} does not write bytes with this digest for the value");
        Damage::new(dump.line + 1, what)
    })
}

impl<V: Clone + PartialEq> Fixture<V> {
    /// The content of the fixture.
    pub fn write<W: Wire<Value = V>>(&self, wire: W) -> String {
        let Some(&oldest) = self.lines.first() else { return String::new() };
        let said = later::shortened(wire, self);
        let lines: Vec<_> = said.lines.iter().map(ToString::to_string).collect();
        let mut fields = wire.fields();
        fields.extend([(CASE, self.case.clone()), (WRITTEN_BY, lines.join(AND))]);
        let mut text = write_fields(&fields);
        text.push_str(&write_value(wire, &self.value, oldest));
        text.push_str(&write_bytes(wire, &self.bytes, oldest));
        if !said.readings.is_empty() {
            text.push('\n');
            text.extend(said.readings.iter().map(Reading::write));
        }
        text
    }

    /// Reads a fixture.
    ///
    /// # Errors
    ///
    /// The first place where it is not one.
    pub fn read<W: Wire<Value = V>>(wire: W, snapshot: &Snapshot<'_>) -> Result<Self, Damage> {
        let document = Document::read(snapshot)?;
        let case = field(&document, snapshot, CASE)?.1.to_owned();
        let (line, names) = field(&document, snapshot, WRITTEN_BY)?;
        let lines: Vec<Release> = names
            .split(AND)
            .map(|name| name.parse().map_err(|error| Damage::new(line, format!("{error}"))))
            .collect::<Result<_, _>>()?;
        let is_oldest = |name: &Release| Some(name) == lines.first();
        let (oldest, value) = read_value(wire, &document, snapshot, &case, is_oldest)?;
        let dump = paragraph(&document, snapshot, 1, "bytes: ")?;
        let bytes = read_bytes(wire, dump, &value, oldest)?;
        let len: Option<usize> =
            dump.title.strip_prefix("bytes: ").and_then(|len| len.parse().ok());
        if len != Some(bytes.len()) {
            let what = format!("there are {} bytes below", bytes.len());
            return Err(Damage::new(dump.line, what));
        }
        let readings = match document.paragraphs.get(2) {
            None => Vec::new(),
            Some(last) => {
                let text = format!("{}\n{}", last.title, last.body);
                let readings = Reading::read_all(&text, last.line);
                readings.map_err(|(line, what)| Damage::new(line, what))?
            }
        };
        no_more(&document, 3)?;
        Ok(later::completed(wire, Self { case, lines, value, bytes, readings }))
    }
}

impl<V: Clone + PartialEq> Refusals<V> {
    /// The content of the fixture.
    pub fn write<W: Wire<Value = V>>(&self, wire: W) -> String {
        let mut fields = wire.fields();
        fields.push((CASE, self.case.clone()));
        let mut text = write_fields(&fields);
        text.push_str(&write_value(wire, &self.value, self.holder));
        text.push('\n');
        for (line, words) in &later::shortened_refusals(wire, self).refusals {
            text.push_str(&format!("{REFUSED_BY}{line}: {words}\n"));
        }
        text
    }

    /// Reads a fixture.
    ///
    /// # Errors
    ///
    /// The first place where it is not one.
    pub fn read<W: Wire<Value = V>>(wire: W, snapshot: &Snapshot<'_>) -> Result<Self, Damage> {
        let document = Document::read(snapshot)?;
        let case = field(&document, snapshot, CASE)?.1.to_owned();
        let (holder, value) = read_value(wire, &document, snapshot, &case, |_| true)?;
        let last = paragraph(&document, snapshot, 1, REFUSED_BY)?;
        let mut refusals = Vec::new();
        for (index, text) in std::iter::once(last.title).chain(last.body.lines()).enumerate() {
            let wrong = |what: String| Damage::new(last.line + index, what);
            let (name, words) = text
                .strip_prefix(REFUSED_BY)
                .and_then(|rest| rest.split_once(": "))
                .ok_or_else(|| wrong(format!("expected `{REFUSED_BY}`, a release and words")))?;
            let line = name.parse().map_err(|error| wrong(format!("{error}")))?;
            refusals.push((line, words.to_owned()));
        }
        no_more(&document, 2)?;
        Ok(later::completed_refusals(wire, Self { case, holder, value, refusals }))
    }
}

/// The line of the file behind its last one.
fn end(snapshot: &Snapshot<'_>) -> usize {
    snapshot.line + snapshot.content.lines().count()
}

fn field<'a>(
    document: &Document<'a>,
    snapshot: &Snapshot<'_>,
    name: &str,
) -> Result<(usize, &'a str), Damage> {
    let found = document.fields.iter().find(|field| field.name == name);
    found
        .map(|field| (field.line, field.value))
        .ok_or_else(|| Damage::new(snapshot.line, format!("there is no `{name}:`")))
}

fn paragraph<'a, 'b>(
    document: &'b Document<'a>,
    snapshot: &Snapshot<'_>,
    index: usize,
    start: &str,
) -> Result<&'b Paragraph<'a>, Damage> {
    match document.paragraphs.get(index) {
        Some(paragraph) if paragraph.title.starts_with(start) => Ok(paragraph),
        Some(other) => Err(Damage::new(other.line, format!("expected `{start}`"))),
        None => Err(Damage::new(end(snapshot), format!("expected `{start}`"))),
    }
}

fn no_more(document: &Document<'_>, len: usize) -> Result<(), Damage> {
    match document.paragraphs.get(len) {
        None => Ok(()),
        Some(paragraph) => Err(Damage::new(paragraph.line, "nothing belongs here")),
    }
}

/// The value, and the line whose form it has; the form must be that of a line that is asked for.
fn read_value<W: Wire>(
    wire: W,
    document: &Document<'_>,
    snapshot: &Snapshot<'_>,
    case: &str,
    is_due: impl Fn(&Release) -> bool,
) -> Result<(Release, W::Value), Damage> {
    let paragraph = paragraph(document, snapshot, 0, VALUE)?;
    let name = paragraph.title.strip_prefix(VALUE).and_then(|t| t.strip_suffix(" has it:"));
    let form = name.and_then(|name| name.parse().ok()).filter(|form| is_due(form));
    let form = form.ok_or_else(|| {
        Damage::new(paragraph.line, "expected `value, as`, the oldest line, and `has it:`")
    })?;
    if let Some(digest) = read_digest(paragraph)? {
        let is_it = |value: &W::Value| {
            let json = wire.to_json(value, form).unwrap_or_default();
            Digest::of(json.to_string()) == digest
        };
        let sample = wire.samples().into_iter().find(|(name, _)| *name == case);
        let value = sample.and_then(|(_, value)| wire.fitted(&value, form)).filter(is_it);
        let wrong = Damage::new(paragraph.line + 1, "no sample of this case has this digest");
        return Ok((form, value.ok_or(wrong)?));
    }
    let json: Json = json::read(paragraph.body).map_err(|error| {
        Damage::new(paragraph.line + error.line(), format!("not JSON: {error}"))
    })?;
    let value = wire
        .value_of(&json, form)
        .map_err(|what| Damage::new(paragraph.line + 1, format!("not a value: {what}")))?;
    Ok((form, value))
}
