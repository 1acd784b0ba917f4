//! Stored fixtures beside each other: what the values of one have in other fields than those of another,
//! and where their bytes part.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use thiserror::Error;

use super::golden::READ_AS;
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

/// What is stored of a value.
#[derive(Debug, Default, PartialEq)]
struct Stored<'a> {
    /// The value, as a release shows it.
    shown: &'a str,
    /// Its bytes; none if it is not sent.
    bytes: Vec<&'a str>,
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

/// A row for each difference between what is stored under two names: two fixtures, or all of two releases,
/// or of a version of each. Fixtures with the same rest of their names are compared.
///
/// # Errors
///
/// If nothing is stored under one of them, or a fixture cannot be read.
pub fn difference(store: &Store, [old, new]: [&str; 2]) -> Result<Table, DifferenceError> {
    let [under_old, under_new] = [under(store, old)?, under(store, new)?];
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
fn under<'s>(
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
        let values = document.paragraphs.iter().map(|it| (it.title, Stored::of(it.body))).collect();
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
        // A value that is shown as a text of any kind.
        let [one, other] = ["Value(1)\n", "Value(2)\n"].map(Stored::of);
        assert_eq!(one.differences(&other), ["the value is another"]);
    }
}
