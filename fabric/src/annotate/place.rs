//! Where in a value a span belongs: a tree of steps, so that a million spans do not have a million
//! paths, however long those are.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::codec::fault::FaultKind;

/// Longest path that is spelled in full, in bytes. Of a longer one the middle is left out: keys are
/// the sender's choice.
const PATH_LEN_MAX: usize = 240;

/// A place in the tree of places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PlaceId(u32);

impl PlaceId {
    /// The value as a whole.
    pub(super) const ROOT: Self = Self(0);
}

/// What leads from one place to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A field or variant.
    Field(&'static str),
    /// An element.
    Index(u32),
    /// A key of a self-describing map: where it stands in the bytes.
    Key { at: u32, len: u32 },
}

/// A step as it is kept, in sixteen bytes with the place before it: a field is a number in the list
/// of names.
#[derive(Debug, Clone, Copy)]
enum Kept {
    Field(u32),
    Index(u32),
    Key { at: u32, len: u32 },
}

/// All places of an annotation.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Parent and step of all places but the root.
    steps: Vec<(PlaceId, Kept)>,
    names: Vec<&'static str>,
    numbers: HashMap<&'static str, u32>,
}

impl Places {
    /// The place that a step leads to.
    pub(super) fn step(&mut self, parent: PlaceId, step: Step) -> PlaceId {
        let kept = match step {
            Step::Field(name) => Kept::Field(self.number(name)),
            Step::Index(index) => Kept::Index(index),
            Step::Key { at, len } => Kept::Key { at, len },
        };
        self.steps.push((parent, kept));
        // More places than that do not fit into memory.
        PlaceId(u32::try_from(self.steps.len()).unwrap_or(u32::MAX))
    }

    fn number(&mut self, name: &'static str) -> u32 {
        *self.numbers.entry(name).or_insert_with(|| {
            self.names.push(name);
            // There are as many names as fields of messages.
            self.names.len() as u32 - 1
        })
    }

    /// The place as text: `nodes[0].instance_ts`; empty for the root.
    pub(super) fn path(&self, place: PlaceId, bytes: &[u8]) -> String {
        let mut steps = Vec::new();
        let mut place = place;
        while let Some(&(parent, step)) =
            (place.0 as usize).checked_sub(1).and_then(|index| self.steps.get(index))
        {
            steps.push(step);
            place = parent;
        }
        let mut path = String::new();
        for step in steps.into_iter().rev() {
            match step {
                Kept::Field(number) => {
                    push_name(&mut path, self.names.get(number as usize).copied().unwrap_or("?"));
                }
                Kept::Index(index) => {
                    let _ = write!(path, "[{index}]");
                }
                Kept::Key { at, len } => {
                    let key = bytes.get(at as usize..).and_then(|rest| rest.get(..len as usize));
                    push_key(&mut path, key.unwrap_or_default());
                }
            }
        }
        shorten(path)
    }
}

fn push_name(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(name);
}

/// A key that reads like a name stands like one; any other is quoted.
fn push_key(path: &mut String, key: &[u8]) {
    let key = String::from_utf8_lossy(key);
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let excerpt = FaultKind::excerpt(&key);
    if !key.is_empty() && excerpt.len() == key.len() && key.chars().all(is_name) {
        push_name(path, &key);
    } else {
        let mark = if excerpt.len() == key.len() { "" } else { "…" };
        path.push_str(&format!("[{excerpt:?}{mark}]"));
    }
}

fn shorten(path: String) -> String {
    if path.len() <= PATH_LEN_MAX {
        return path;
    }
    let head = path.floor_char_boundary(PATH_LEN_MAX / 2);
    let tail = path.ceil_char_boundary(path.len() - PATH_LEN_MAX / 2);
    match (path.get(..head), path.get(tail..)) {
        (Some(head), Some(tail)) => format!("{head}…{tail}"),
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_like_the_value() {
        let mut places = Places::default();
        let nodes = places.step(PlaceId::ROOT, Step::Field("nodes"));
        let first = places.step(nodes, Step::Index(0));
        let name = places.step(first, Step::Key { at: 0, len: 3 });
        let odd = places.step(first, Step::Key { at: 3, len: 3 });
        let bytes = b"abca b";
        assert_eq!(places.path(PlaceId::ROOT, bytes), "");
        assert_eq!(places.path(first, bytes), "nodes[0]");
        assert_eq!(places.path(name, bytes), "nodes[0].abc");
        assert_eq!(places.path(odd, bytes), "nodes[0][\"a b\"]");
    }

    #[test]
    fn no_path_is_longer_than_a_line() {
        let mut places = Places::default();
        let bytes = "ü".repeat(1000);
        let mut place = PlaceId::ROOT;
        for len in [10, 40, 2000] {
            for _ in 0..64 {
                place = places.step(place, Step::Key { at: 0, len });
            }
        }
        assert!(places.path(place, bytes.as_bytes()).len() <= PATH_LEN_MAX + "…".len());
    }
}
