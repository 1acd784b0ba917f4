//! Stored fixtures beside each other: what the values of one have in other fields than those of another,
//! and where their bytes part: in which of their parts, where the release describes them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use thiserror::Error;

use super::describe::{Span, Spans};
use super::golden::READ_AS;
use super::node::{At, Protocol};
use super::spoken::Border;
use crate::golden::{Document, Snapshot, SnapshotError, Store};
use crate::json;
use crate::report::Table;
use crate::skew::{LossKind, changes};

/// Why fixtures are not compared.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DifferenceError {
    /// Nothing is stored under the name.
    #[error("nothing is stored under {0:?}")]
    Nothing(String),
    /// A fixture is no document.
    #[error("{file}: {error}")]
    Unreadable {
        /// The file, in the store.
        file: String,
        /// What is wrong with it.
        error: SnapshotError,
    },
}

/// Parts of bytes that are told of one value; the others are counted.
const PARTS_MAX: usize = 8;
/// Bytes of a part that are shown.
const SHOWN_MAX: usize = 8;

/// A part of the bytes of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    words: String,
    start: usize,
    bytes: Vec<u8>,
}

impl Part {
    fn shown(&self) -> String {
        let bytes: Vec<String> =
            self.bytes.iter().take(SHOWN_MAX).map(|byte| format!("{byte:02x}")).collect();
        let more = if self.bytes.len() > SHOWN_MAX { " …" } else { "" };
        format!("{}{more}", bytes.join(" "))
    }
}

/// What is stored of a value.
#[derive(Debug, Default, PartialEq)]
struct Stored<'a> {
    /// The value, as a release shows it.
    shown: &'a str,
    /// Its bytes; none if it is not sent.
    bytes: Vec<&'a str>,
    /// The same in parts, as the release describes them.
    parts: Vec<Part>,
    /// What is read of them, if that is something else.
    read: Option<&'a str>,
    /// What else is said of it: why it is not sent, or not read.
    words: Vec<&'a str>,
}

impl<'a> Stored<'a> {
    fn of(body: &'a str) -> Self {
        let (shown, rest) = body.split_once('\n').unwrap_or((body, ""));
        let mut stored = Self { shown, ..Self::default() };
        for line in rest.lines() {
            match line.split_once("  ") {
                Some((at, bytes)) if u64::from_str_radix(at, 16).is_ok() => {
                    stored.bytes.extend(bytes.split(' '));
                }
                _ if line.starts_with(READ_AS) => stored.read = Some(line),
                _ => stored.words.push(line),
            }
        }
        stored
    }

    /// What another one has in its place, in words.
    fn differences(&self, other: &Self) -> Vec<String> {
        let mut found = Vec::new();
        match [self.shown, other.shown].map(json::read) {
            [Ok(old), Ok(new)] => {
                let words = |(kind, place)| match kind {
                    LossKind::Dropped => format!("{place} is gone"),
                    LossKind::Changed => format!("{place} is another"),
                    LossKind::Added => format!("{place} is new"),
                };
                found.extend(changes(&old, &new, &Json::is_null).into_iter().map(words));
            }
            _ if self.shown == other.shown => {}
            _ => found.push("the value is another".to_owned()),
        }
        if self.bytes != other.bytes {
            let [old, new] = [self, other].map(|it| it.bytes.len());
            let alike = self.bytes.iter().zip(&other.bytes).take_while(|(a, b)| a == b).count();
            found.push(format!("{old} bytes are {new}, and part at byte {alike}"));
            let mut parts = parts(&self.parts, &other.parts);
            let more = parts.len().saturating_sub(PARTS_MAX);
            parts.truncate(PARTS_MAX);
            found.extend(parts);
            found.extend((more > 0).then(|| format!("and {more} parts more")));
        }
        match [self.read, other.read] {
            [old, new] if old == new => {}
            [_, None] => found.push("is read as it was written now".to_owned()),
            [None, _] => found.push("is not read as it was written any more".to_owned()),
            _ => found.push("is read as another".to_owned()),
        }
        let lacks = |other: &Self, line: &&&str| !other.words.contains(*line);
        found.extend(
            self.words.iter().filter(|line| lacks(other, line)).map(|it| format!("no more {it}")),
        );
        found.extend(
            other.words.iter().filter(|line| lacks(self, line)).map(|it| format!("now {it}")),
        );
        found
    }
}

/// What one has in other parts of its bytes than another: of those with the same words the first with the
/// first, and so on. Nothing where one of them is not described.
fn parts(old: &[Part], new: &[Part]) -> Vec<String> {
    if old.is_empty() || new.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut left: Vec<&Part> = new.iter().collect();
    for old in old {
        let words = &old.words;
        let same = left.iter().position(|new| new.words == *words);
        match same.map(|at| left.remove(at)) {
            Some(new) if new.bytes == old.bytes => {}
            Some(new) => {
                let at = (old.start, new.start);
                found.push((
                    at.0,
                    format!("byte {}, {words}: {} is {}", at.0, old.shown(), new.shown()),
                ));
            }
            None => {
                found.push((
                    old.start,
                    format!("byte {}, {words}: {} is gone", old.start, old.shown()),
                ));
            }
        }
    }
    found.extend(left.into_iter().map(|new| {
        (new.start, format!("byte {}, {}: {} is new", new.start, new.words, new.shown()))
    }));
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, words)| words).collect()
}

/// The bytes of a value in parts, as the release of a fixture describes them; nothing if it does not, or the
/// fixture is of none.
fn described<P: Protocol>(border: &Border<P>, fixture: &str, bytes: &[&str]) -> Vec<Part> {
    let described = || {
        let bytes: Option<Vec<u8>> =
            bytes.iter().map(|byte| u8::from_str_radix(byte, 16).ok()).collect();
        let (describe, at) = border.nodes().into_iter().find_map(|node| {
            let rest = fixture.strip_prefix(node.name())?.strip_prefix('/')?;
            let (version, message) = rest.split_once('/')?;
            let mut versions = node.versions(message).into_iter();
            let version = versions.find(|it| P::version(*it) == version)?;
            Some((node.describe()?, At { message, version }))
        })?;
        let bytes = bytes?;
        let spans = Spans::of(describe, at, &bytes);
        let part = |span: Span| Part {
            bytes: spans.bytes_of(&span).to_vec(),
            start: span.start,
            words: span.words(),
        };
        Some(spans.parts().into_iter().map(part).collect())
    };
    described().unwrap_or_default()
}

/// A row for each difference between what is stored under two names: two fixtures, or all of two releases,
/// or of a version of each. Fixtures with the same rest of their names are compared.
///
/// # Errors
///
/// If nothing is stored under one of them, or a fixture cannot be read.
pub fn difference<P: Protocol>(
    border: &Border<P>,
    store: &Store,
    [old, new]: [&str; 2],
) -> Result<Table, DifferenceError> {
    let [under_old, under_new] = [under(border, store, old)?, under(border, store, new)?];
    let mut table = Table::new("what differs", ["fixture", "value", "difference"]);
    let rests: BTreeSet<&&str> = under_old.keys().chain(under_new.keys()).collect();
    for rest in rests {
        let fixture = if rest.is_empty() { new } else { *rest };
        let mut add = |value: &str, words: String| {
            table.rows.push(vec![fixture.to_owned(), value.to_owned(), words]);
        };
        match (under_old.get(*rest), under_new.get(*rest)) {
            (Some(_), None) => add("", format!("nothing is stored of {new}")),
            (None, Some(_)) => add("", format!("nothing is stored of {old}")),
            (Some(old), Some(new)) => {
                let values: BTreeSet<&&str> = old.keys().chain(new.keys()).collect();
                for value in values {
                    match (old.get(*value), new.get(*value)) {
                        (Some(old), Some(new)) => {
                            old.differences(new).into_iter().for_each(|words| add(value, words));
                        }
                        (Some(_), None) => add(value, "is gone".to_owned()),
                        _ => add(value, "is new".to_owned()),
                    }
                }
            }
            (None, None) => {}
        }
    }
    Ok(table)
}

/// The values of fixtures by their names.
type Values<'a> = BTreeMap<&'a str, Stored<'a>>;

/// What is stored under a name, by what is left of the names of fixtures.
fn under<'s, P: Protocol>(
    border: &Border<P>,
    store: &'s Store,
    name: &str,
) -> Result<BTreeMap<&'s str, Values<'s>>, DifferenceError> {
    let mut found = BTreeMap::new();
    for (fixture, entry) in &store.entries {
        let Some(rest) = fixture.strip_prefix(name.trim_end_matches('/')) else { continue };
        if !rest.is_empty() && !rest.starts_with('/') {
            continue;
        }
        let unreadable =
            |error| DifferenceError::Unreadable { file: store.file_name(fixture), error };
        let snapshot = Snapshot::read(&entry.file).map_err(unreadable)?;
        let document = Document::read(&snapshot).map_err(unreadable)?;
        let stored = |body| {
            let stored = Stored::of(body);
            let parts = described(border, fixture, &stored.bytes);
            Stored { parts, ..stored }
        };
        let values = document.paragraphs.iter().map(|it| (it.title, stored(it.body))).collect();
        found.insert(rest.trim_start_matches('/'), values);
    }
    if found.is_empty() { Err(DifferenceError::Nothing(name.to_owned())) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_by_field_and_bytes_by_place() {
        let old = Stored::of("{\"a\":1,\"b\":[{\"c\":2}]}\n0000  01 02\n0020  03\nread as: {}\n");
        assert_eq!(old.bytes, ["01", "02", "03"]);
        let new = Stored::of("{\"a\":1,\"b\":[{\"c\":3,\"d\":4}]}\n0000  01 04\nrefused: no\n");
        assert_eq!(
            old.differences(&new),
            [
                "b[].c is another",
                "b[].d is new",
                "3 bytes are 2, and part at byte 1",
                "is read as it was written now",
                "now refused: no",
            ]
        );
        assert!(old.differences(&old).is_empty());
        // In parts, where both are described.
        let part = |words: &str, start, bytes: &[u8]| Part {
            words: words.to_owned(),
            start,
            bytes: bytes.to_vec(),
        };
        let old = [part("len", 0, &[2]), part("text", 1, b"ab"), part("end", 3, &[9])];
        let new = [part("len", 0, &[9]), part("text", 1, b"abcdefghi"), part("unit", 10, &[1])];
        let told = [
            "byte 0, len: 02 is 09",
            "byte 1, text: 61 62 is 61 62 63 64 65 66 67 68 …",
            "byte 3, end: 09 is gone",
            "byte 10, unit: 01 is new",
        ];
        assert_eq!(parts(&old, &new), told);
        assert!(parts(&old, &old).is_empty() && parts(&old, &[]).is_empty());
        // A value that is shown as a text of any kind.
        let [one, other] = ["Value(1)\n", "Value(2)\n"].map(Stored::of);
        assert_eq!(one.differences(&other), ["the value is another"]);
    }
}
