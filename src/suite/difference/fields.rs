//! The fields of a dump, as far as they can be compared.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::fabric::annotate::{Annotation, Key, Span, Value, What};

use super::Spot;

/// A field, or a part of one.
#[derive(Debug, Clone)]
pub(super) struct Field<'a> {
    pub(super) path: String,
    pub(super) key: Option<Key>,
    /// The type on the wire, in a word.
    pub(super) wire: Cow<'static, str>,
    pub(super) holds: Holds<'a>,
    /// Where the message begins whose field it is, if that can be told.
    pub(super) message: Option<usize>,
    /// The release knows it.
    pub(super) is_known: bool,
    span: Span<'a>,
    /// First and last offset of what is in it, if that follows as fields of its own.
    pub(super) parts: Option<(usize, usize)>,
}

/// What a field holds, in full.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Holds<'a> {
    /// Something whose width does not matter.
    Scalar(Value),
    /// Bytes.
    Bytes(&'a [u8]),
    /// Fields of its own, in the bytes that are given where they stand together.
    Parts(&'a [u8]),
}

impl Holds<'_> {
    /// Whether two hold the same, as far as it is theirs: parts are compared by themselves.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Parts(_), Self::Parts(_))) || self == other
    }

    /// Whether it is nothing.
    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Scalar(Value::Null))
    }
}

impl Field<'_> {
    /// Whether it holds fields of its own.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.holds, Holds::Parts(_))
    }

    /// Offset of its first byte.
    pub(super) fn offset(&self) -> usize {
        self.span.start()
    }

    /// Where it is, in words.
    pub(super) fn spot(&self) -> Spot {
        let tag = self.key.map(|key| key.tag);
        Spot { offset: self.offset(), tag, words: self.span.to_string() }
    }
}

/// The fields of a dump, in the order of the bytes.
pub(super) fn of<'a>(dump: &'a Annotation<'a>) -> Vec<Field<'a>> {
    let mut fields: Vec<Field<'a>> = Vec::new();
    // The messages that are open at a byte: where each ends and begins.
    let mut open: Vec<(usize, usize)> = Vec::new();
    for span in dump.spans() {
        open.retain(|(end, _)| *end > span.start());
        let message = open.last().map(|(_, start)| *start);
        let end = span.start() + span.len();
        if let What::Open { len, .. } = span.what() {
            open.push((end + len, end));
        }
        let field = field(dump, span, message);
        // The value as a whole is no field, if it has some.
        fields.extend(field.filter(|it| !(it.path.is_empty() && it.is_open())));
    }
    // A value that a slot refers to has a span of its own, which the slot's field repeats.
    let is_slot = |field: &Field<'_>| field.key.is_none() && field.wire.starts_with(REFERRED);
    let slots = fields.iter().filter(|field| is_slot(field));
    let referred: HashSet<String> = slots.map(|field| field.path.clone()).collect();
    fields.retain(|field| field.key.is_some() || is_slot(field) || !referred.contains(&field.path));
    fields
}

/// Marks the type of a value that stands elsewhere.
const REFERRED: char = '→';

fn field<'a>(
    dump: &'a Annotation<'a>,
    span: Span<'a>,
    message: Option<usize>,
) -> Option<Field<'a>> {
    let bytes = dump.bytes();
    let end = span.start() + span.len();
    let (key, wire, holds) = match span.what() {
        What::Value { key, value } => (key, wire(key, value).into(), holds(&span, bytes, value)),
        What::Unknown { key, value } => {
            (Some(key), wire(Some(key), value).into(), holds(&span, bytes, value))
        }
        What::Open { key, len } => {
            let parts = bytes.get(end..end.saturating_add(len)).unwrap_or_default();
            (key, key.map_or("parts", |key| key.wire.name()).into(), Holds::Parts(parts))
        }
        What::Reference { to, .. } => {
            let role = span.role();
            let wire = format!("{REFERRED}{}", role.rsplit(' ').next().unwrap_or_default());
            let target = dump.span_at(to)?;
            let held = match target.what() {
                What::Value { value, .. } => holds(&target, bytes, value),
                _ => Holds::Parts(&[]),
            };
            (None, wire.into(), held)
        }
        What::Unread => (None, "not read".into(), Holds::Bytes(span.bytes())),
        _ => return None,
    };
    let parts = matches!(span.what(), What::Open { .. }).then_some(match &holds {
        Holds::Parts(parts) => (end, end + parts.len()),
        _ => (end, end),
    });
    let is_known = !matches!(span.what(), What::Unknown { .. } | What::Unread);
    Some(Field { path: span.path(), key, wire, holds, message, is_known, span, parts })
}

fn wire(key: Option<Key>, value: Value) -> &'static str {
    match (key, value) {
        (Some(key), _) => key.wire.name(),
        (None, Value::Null) => "Null",
        (None, Value::Bool(_)) => "Bool",
        (None, Value::Uint(_)) => "UInt",
        (None, Value::Int(_)) => "Int",
        (None, Value::Float(_)) => "Float",
        (None, Value::Name(_) | Value::Unnamed(_)) => "variant",
        (None, Value::Text { .. }) => "text",
        (None, Value::Bytes(_)) => "bytes",
        (None, Value::Numbers { .. }) => "numbers",
    }
}

/// All of a value, not the words for it, which may be cut.
fn holds<'a>(span: &Span<'a>, bytes: &'a [u8], value: Value) -> Holds<'a> {
    let part = |at: usize, len: usize| bytes.get(at..).and_then(|rest| rest.get(..len));
    let found = match value {
        Value::Text { at, len } => part(at, len),
        // The value is the end of the span, behind its key and length.
        Value::Bytes(len) => {
            span.bytes().len().checked_sub(len).and_then(|start| span.bytes().get(start..))
        }
        Value::Numbers { at, .. } => {
            (span.start() + span.len()).checked_sub(at).and_then(|len| part(at, len))
        }
        scalar => return Holds::Scalar(scalar),
    };
    Holds::Bytes(found.unwrap_or_default())
}
