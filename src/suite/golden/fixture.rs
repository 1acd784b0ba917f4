//! A fixture as text, and read back from it.
//!
//! The value has the form that the oldest of the named lines gives it: a line that comes later and
//! writes the same bytes joins the fixture without changing what is there.

use bytes::Bytes;
use serde_json::Value as Json;

use super::pretty;
use super::reading::Reading;
use super::wire::Wire;
use crate::fabric::annotate;
use crate::fabric::release::Release;
use crate::harness::golden::{Document, Paragraph, Snapshot, SnapshotError};

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
    format!("\n{VALUE}{line} has it:\n{}\n", pretty::lines(&json))
}

impl<V: Clone + PartialEq> Fixture<V> {
    /// The content of the fixture.
    pub fn write<W: Wire<Value = V>>(&self, wire: W) -> String {
        let Some(&oldest) = self.lines.first() else { return String::new() };
        let lines: Vec<_> = self.lines.iter().map(ToString::to_string).collect();
        let mut fields = wire.fields();
        fields.extend([(CASE, self.case.clone()), (WRITTEN_BY, lines.join(AND))]);
        let mut text = write_fields(&fields);
        text.push_str(&write_value(wire, &self.value, oldest));
        text.push_str(&format!("\nbytes: {}\n", self.bytes.len()));
        text.push_str(&wire.dump(&self.bytes, oldest));
        if !self.readings.is_empty() {
            text.push('\n');
            text.extend(self.readings.iter().map(Reading::write));
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
        let value = read_value(wire, &document, snapshot, |name| Some(name) == lines.first())?.1;
        let dump = paragraph(&document, snapshot, 1, "bytes: ")?;
        let bytes = annotate::read_back(dump.body)
            .map_err(|error| Damage::new(dump.line + error.line, error.problem.to_string()))?;
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
        Ok(Self { case, lines, value, bytes: bytes.into(), readings })
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
        for (line, words) in &self.refusals {
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
        let (holder, value) = read_value(wire, &document, snapshot, |_| true)?;
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
        Ok(Self { case, holder, value, refusals })
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
    is_due: impl Fn(&Release) -> bool,
) -> Result<(Release, W::Value), Damage> {
    let paragraph = paragraph(document, snapshot, 0, VALUE)?;
    let name = paragraph.title.strip_prefix(VALUE).and_then(|t| t.strip_suffix(" has it:"));
    let form = name.and_then(|name| name.parse().ok()).filter(|form| is_due(form));
    let form = form.ok_or_else(|| {
        Damage::new(paragraph.line, "expected `value, as`, the oldest line, and `has it:`")
    })?;
    let json: Json = serde_json::from_str(paragraph.body).map_err(|error| {
        Damage::new(paragraph.line + error.line(), format!("not JSON: {error}"))
    })?;
    let value = wire
        .value_of(&json, form)
        .map_err(|what| Damage::new(paragraph.line + 1, format!("not a value: {what}")))?;
    Ok((form, value))
}
