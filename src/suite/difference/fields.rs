//! The fields of a dump, as far as they can be compared.

use crate::fabric::annotate::{Annotation, Key, Span, Value, What};

use super::Spot;

/// A field, or a part of one.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) path: String,
    pub(super) key: Option<Key>,
    /// The type on the wire, in a word.
    pub(super) wire: String,
    pub(super) holds: Holds,
    /// The path of the message whose field it is, if that can be told.
    pub(super) message: String,
    /// The release knows it.
    pub(super) is_known: bool,
    pub(super) spot: Spot,
    /// First and last offset of what is in it, if that follows as fields of its own.
    pub(super) parts: Option<(usize, usize)>,
}

/// What a field holds, in full.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Holds {
    /// Something whose width does not matter.
    Scalar(Value),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Fields of its own, in the bytes that are given where they stand together.
    Parts(Vec<u8>),
}

impl Holds {
    /// Whether two hold the same, as far as it is theirs: parts are compared by themselves.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Parts(_), Self::Parts(_))) || self == other
    }

    /// Whether it is nothing.
    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Scalar(Value::Null))
    }
}

impl Field {
    /// Whether it holds fields of its own.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.holds, Holds::Parts(_))
    }
}

/// The fields of a dump, in the order of the bytes.
pub(super) fn of(dump: &Annotation<'_>) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    // The messages that are open at a byte: where each ends, and its path.
    let mut open: Vec<(usize, String)> = Vec::new();
    for span in dump.spans() {
        open.retain(|(end, _)| *end > span.start());
        let message = open.last().map(|(_, path)| path.clone()).unwrap_or_default();
        let path = span.path();
        let end = span.start() + span.len();
        if let What::Open { len, .. } = span.what() {
            open.push((end + len, path.clone()));
        }
        let field = field(dump, &span, path, message);
        // The value as a whole is no field, if it has some.
        fields.extend(field.filter(|it| !(it.path.is_empty() && it.is_open())));
    }
    // A value that a slot refers to has a span of its own, which the slot's field repeats.
    let referred: Vec<String> = fields
        .iter()
        .filter(|field| field.key.is_none() && field.wire.starts_with(REFERRED))
        .map(|field| field.path.clone())
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    fields.retain(|field| {
        field.key.is_some()
            || field.wire.starts_with(REFERRED)
            || referred.binary_search(&field.path).is_err()
    });
    fields
}

/// Marks the type of a value that stands elsewhere.
const REFERRED: char = '→';

fn field(dump: &Annotation<'_>, span: &Span<'_>, path: String, message: String) -> Option<Field> {
    let bytes = dump.bytes();
    let end = span.start() + span.len();
    let (key, wire, holds) = match span.what() {
        What::Value { key, value } => (key, wire(key, value), holds(span, bytes, value)),
        What::Unknown { key, value } => {
            (Some(key), wire(Some(key), value), holds(span, bytes, value))
        }
        What::Open { key, len } => {
            let parts = bytes.get(end..end.saturating_add(len)).unwrap_or_default();
            let wire = key.map_or_else(|| "parts".to_owned(), |key| key.wire.name().to_owned());
            (key, wire, Holds::Parts(parts.to_vec()))
        }
        What::Reference { to, .. } => {
            let role = span.role();
            let wire = format!("{REFERRED}{}", role.rsplit(' ').next().unwrap_or_default());
            let target = dump.span_at(to)?;
            let held = match target.what() {
                What::Value { value, .. } => holds(&target, bytes, value),
                _ => Holds::Parts(Vec::new()),
            };
            (None, wire, held)
        }
        What::Unread => (None, "not read".to_owned(), Holds::Bytes(span.bytes().to_vec())),
        _ => return None,
    };
    let parts = matches!(span.what(), What::Open { .. }).then_some(match &holds {
        Holds::Parts(parts) => (end, end + parts.len()),
        _ => (end, end),
    });
    let is_known = !matches!(span.what(), What::Unknown { .. } | What::Unread);
    let tag = key.map(|key| key.tag);
    let spot = Spot { offset: span.start(), tag, words: span.to_string() };
    Some(Field { path, key, wire, holds, message, is_known, spot, parts })
}

fn wire(key: Option<Key>, value: Value) -> String {
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
    .to_owned()
}

/// All of a value, not the words for it, which may be cut.
fn holds(span: &Span<'_>, bytes: &[u8], value: Value) -> Holds {
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
    Holds::Bytes(found.unwrap_or_default().to_vec())
}
