//! What should have come and what came, and the field in which the two part.

use std::fmt::{Debug, Display};

use crate::fabric::annotate::Annotation;
use crate::fabric::codec::fault::{Fault, FaultKind};
use crate::fabric::payload::{DecodeError, EncodeError};
use crate::harness::fuzz::Words;
use crate::suite::parting::without_indices;

/// What came of a run in the place of something else.
pub(super) struct Came {
    /// Where the cause is, the same for all that have it.
    pub(super) place: String,
    pub(super) words: Words,
}

impl Came {
    /// Something in the place of something else, in words.
    #[cold]
    pub(super) fn words(place: impl Display, expected: impl Display, seen: impl Display) -> Self {
        let (expected, seen) = (expected.to_string(), seen.to_string());
        let place = plain(&place.to_string());
        Self { place, words: Words { expected, seen, bytes: String::new() } }
    }

    /// A value in the place of another; the cause is in the first field that differs.
    #[cold]
    pub(super) fn value(expected: &impl Debug, seen: &impl Debug) -> Self {
        let (expected, seen) = (format!("{expected:?}"), format!("{seen:?}"));
        let place = parting(&expected, &seen);
        Self { place, words: Words { expected, seen, bytes: String::new() } }
    }

    /// A refusal in the place of something.
    #[cold]
    pub(super) fn refusal(expected: impl Display, error: &impl Refusal) -> Self {
        let place = without_indices(&error.place());
        Self { place, ..Self::words("", expected, error) }
    }

    /// Bytes in the place of others, which are annotated.
    #[cold]
    pub(super) fn bytes(expected: &Annotation<'_>, seen: &[u8]) -> Self {
        let alike = expected.bytes().iter().zip(seen).take_while(|(a, b)| a == b).count();
        let path = expected.path_at(alike).unwrap_or_default();
        let (right, wrong) = (hex::encode(expected.bytes()), hex::encode(seen));
        let place = without_indices(&path);
        Self { place, ..Self::words("", right, wrong) }.in_bytes(expected)
    }

    /// The same, with the bytes that it came of: the field is marked, if it has a span of its own.
    #[cold]
    pub(super) fn in_bytes(mut self, annotation: &Annotation<'_>) -> Self {
        let is_there = |path: &str| without_indices(path) == self.place;
        let span = annotation.spans().find(|span| !self.place.is_empty() && is_there(&span.path()));
        let at = span.map(|span| (span.start(), span.start() + span.len()));
        self.words.bytes = marked(annotation.bytes(), at);
        self
    }

    /// The same, with the bytes that it came of.
    #[cold]
    pub(super) fn of_bytes(mut self, bytes: &[u8]) -> Self {
        self.words.bytes = marked(bytes, None);
        self
    }
}

/// Bytes as hexadecimal digits, with brackets around some.
fn marked(bytes: &[u8], at: Option<(usize, usize)>) -> String {
    let parts = at.and_then(|(start, end)| {
        Some([bytes.get(..start)?, bytes.get(start..end)?, bytes.get(end..)?].map(hex::encode))
    });
    match parts {
        Some([before, field, after]) => format!("{before}[{field}]{after}"),
        None => hex::encode(bytes),
    }
}

/// An error that says where it lies.
pub(super) trait Refusal: Display {
    /// The field; words if there is none.
    fn place(&self) -> String;
}

impl Refusal for Fault {
    fn place(&self) -> String {
        let path = self.place().path();
        if path.is_empty() { kind(self.kind()) } else { path }
    }
}

impl Refusal for DecodeError {
    fn place(&self) -> String {
        match self {
            Self::Malformed { fault, .. } => Refusal::place(fault),
            Self::IncompatibleVersion { .. } => "incompatible version".to_owned(),
            Self::UnknownVersion { .. } => "unknown version".to_owned(),
            Self::UnknownMessage { .. } => "unknown message".to_owned(),
            Self::TooLong { .. } => "too long".to_owned(),
            Self::Foreign { words, .. } => plain(words),
        }
    }
}

impl Refusal for EncodeError {
    fn place(&self) -> String {
        match self {
            Self::Unfit { unfit, .. } => unfit.what.clone(),
            Self::IncompatibleVersion { .. } => "incompatible version".to_owned(),
            Self::UnknownVersion { .. } => "unknown version".to_owned(),
            Self::UnknownMessage { .. } => "unknown message".to_owned(),
        }
    }
}

/// Words without numbers and without what is quoted: the same for all inputs.
pub(super) fn plain(words: &str) -> String {
    let outside = words.split('"').step_by(2).flat_map(str::split_whitespace);
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    let kept = outside.map(|word| if is_number(word) { "so many" } else { word });
    kept.collect::<Vec<_>>().join(" ")
}

/// What is wrong, in words that are the same for all inputs.
pub(super) fn kind(kind: &FaultKind) -> String {
    match kind {
        FaultKind::NotFlexbuffers { what } => format!("not a flexbuffer: {what}"),
        kind => plain(&kind.to_string()),
    }
}

/// The field in which the debug forms of two values of one type part; of different variants both names.
fn parting(expected: &str, seen: &str) -> String {
    let alike = expected.bytes().zip(seen.bytes()).take_while(|(a, b)| a == b).count();
    let path = fields_around(expected.as_bytes(), alike);
    if path.is_empty() {
        return format!("{}, not {}", variant(seen), variant(expected));
    }
    path.join(".")
}

/// The names of the fields around an offset of a debug form.
fn fields_around(form: &[u8], offset: usize) -> Vec<&str> {
    let (mut path, mut word, mut at) = (vec![""], 0, 0);
    while at < offset.min(form.len()) {
        match form[at] {
            b'"' => at = end_of_text(form, at),
            b'{' | b'(' | b'[' => path.push(""),
            b'}' | b')' | b']' => {
                path.pop();
            }
            b',' => path.iter_mut().last().into_iter().for_each(|it| *it = ""),
            b':' => {
                let name = str::from_utf8(&form[word..at]).unwrap_or_default();
                let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
                path.iter_mut().last().filter(|_| is_name).into_iter().for_each(|it| *it = name);
            }
            _ => {}
        }
        let is_of_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        if !form.get(at).is_some_and(is_of_word) {
            word = at + 1;
        }
        at += 1;
    }
    path.retain(|name| !name.is_empty());
    path
}

/// The closing quote of a text that begins at an offset.
fn end_of_text(form: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < form.len() && form[at] != b'"' {
        at += if form[at] == b'\\' { 2 } else { 1 };
    }
    at
}

/// The name of a variant; of an error, with the name of that.
fn variant(form: &str) -> String {
    let mut names = form.split(|c: char| !(c.is_alphabetic() || c == '_'));
    match (names.next(), names.next()) {
        (Some("Err"), Some(name)) => format!("Err({name})"),
        (Some(name), _) if !name.is_empty() => name.to_owned(),
        _ => "another".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone)]
    struct Value {
        name: String,
        parts: Vec<Part>,
        last: Option<u8>,
    }

    #[derive(Debug, Clone)]
    #[expect(dead_code, reason = "its debug form is looked at")]
    enum Part {
        Empty,
        Full { len: u32, of: (u8, u8) },
    }

    #[test]
    fn values_part_in_a_field_and_results_in_their_variant() {
        let full = |len, of| Part::Full { len, of: (of, 0) };
        let name = r#"a "name": {[( \"#.to_owned();
        let value = Value { name, parts: vec![Part::Empty, full(1, 2)], last: None };
        let with = |change: &dyn Fn(&mut Value)| {
            let mut other = value.clone();
            change(&mut other);
            Came::value(&value, &other).place
        };
        assert_eq!(with(&|it| it.name.push('x')), "name");
        assert_eq!(with(&|it| it.parts[1] = full(7, 2)), "parts.len");
        assert_eq!(with(&|it| it.parts[1] = full(1, 7)), "parts.of");
        assert_eq!(with(&|it| it.parts[0] = full(1, 7)), "parts");
        assert_eq!(with(&|it| it.last = Some(1)), "last");
        let result: Result<u8, Part> = Err(Part::Empty);
        assert_eq!(Came::value(&Ok::<u8, Part>(1), &result).place, "Err(Empty), not Ok");
    }

    #[test]
    fn words_are_the_same_for_all_inputs() {
        assert_eq!(plain(r#"more than 12 of "a 3 b" left"#), "more than so many of left");
    }
}
