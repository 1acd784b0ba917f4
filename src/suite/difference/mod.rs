//! Two encodings compared field by field, and whether old and new still read each other.
//!
//! Fields are found by the dump of [`crate::fabric::annotate`] and compared by what they hold, byte
//! for byte; whether one side reads the other is tried with the decoders of the lines that each
//! side names.
//!
//! ```
//! use skewproof::suite::difference::{Side, Verdict, between};
//!
//! let side = |name, bytes: &[u8]| Side::of_bytes(name, bytes.to_vec().into(), "Trim", None, Some(2));
//! let old = side("old", &[0x08, 0x01])?;
//! let new = side("new", &[0x08, 0x02])?;
//! let difference = between(&old, &new);
//! assert_eq!(difference.changes.len(), 1);
//! assert_eq!(difference.changes[0].path, "trim_point");
//! assert_eq!(difference.verdict(), Verdict::Full);
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod directions;
mod fields;
mod folders;
mod matching;
mod side;
#[cfg(test)]
mod tests;
mod text;

pub use self::directions::{Direction, Verdict};
pub use self::folders::{FolderDifference, FolderItem, between_folders};
pub use self::side::{NotAFixture, Side};
use crate::fabric::annotate::Annotation;

/// What became of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The encoding of the whole is another one.
    Recoded,
    /// It has another tag.
    Renumbered,
    /// It has another type on the wire.
    Retyped,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It holds another value.
    Changed,
    /// No field differs, but the bytes do: their order, or what is shared.
    Rearranged,
}

/// A field on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// Offset of its first byte.
    pub offset: usize,
    /// Its tag, if it has one.
    pub tag: Option<u32>,
    /// What is there, as in a dump.
    pub words: String,
}

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What became of it.
    pub kind: Kind,
    /// The field; empty for the value as a whole.
    pub path: String,
    /// Where it was.
    pub old: Option<Spot>,
    /// Where it is.
    pub new: Option<Spot>,
    /// Fields within it that came or went with it.
    pub inner: usize,
}

/// What two encodings have not in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The old side in a few words.
    pub old: String,
    /// The new side in a few words.
    pub new: String,
    /// The fields that differ, in the order of the bytes.
    pub changes: Vec<Change>,
    /// Whether the payload of a frame was compared as bytes.
    pub is_sealed: bool,
    /// Why the lines that are said to write one side do not read it themselves, if so.
    pub unread: Option<String>,
    /// Whether the lines of the new side read the old bytes.
    pub new_reads_old: Direction,
    /// Whether the lines of the old side read the new bytes.
    pub old_reads_new: Direction,
}

/// Compares an old with a new encoding.
pub fn between(old: &Side, new: &Side) -> Difference {
    let mut changes = Vec::new();
    let mut is_sealed = false;
    if old.bytes != new.bytes || old.codec() != new.codec() {
        let ((old_dump, old_is_sealed), (new_dump, new_is_sealed)) =
            (old.annotation(), new.annotation());
        is_sealed = old_is_sealed || new_is_sealed;
        let is_recoded = old.codec() != new.codec();
        let is_same_value = old.value.is_some() && old.value == new.value;
        if is_recoded {
            changes.push(recoded(old, new));
        }
        let (old_fields, new_fields) = (fields::of(&old_dump), fields::of(&new_dump));
        changes.extend(matching::changes(&old_fields, &new_fields, is_recoded, is_same_value));
        if changes.is_empty() {
            changes.push(rearranged(&old_dump, &new_dump));
        }
    }
    Difference {
        old: old.words(),
        new: new.words(),
        changes,
        is_sealed,
        unread: unread(old, "old").or_else(|| unread(new, "new")),
        new_reads_old: directions::read(new, old),
        old_reads_new: directions::read(old, new),
    }
}

impl Difference {
    /// Whether the bytes are the same.
    pub fn is_identical(&self) -> bool {
        self.changes.is_empty()
    }

    /// In the words of schema registries, whether old and new read each other.
    pub fn verdict(&self) -> Verdict {
        Verdict::of(self)
    }

    /// The difference for people. Shows so many changes and counts the rest.
    pub fn to_text(&self, changes_max: usize) -> String {
        text::render(self, changes_max)
    }
}

fn unread(side: &Side, name: &str) -> Option<String> {
    let why = directions::read(side, side).err()?;
    Some(format!("the lines that write the {name} bytes do not read them: {why}"))
}

fn recoded(old: &Side, new: &Side) -> Change {
    let spot = |side: &Side| Spot { offset: 0, tag: None, words: side.codec().to_owned() };
    let (old, new) = (Some(spot(old)), Some(spot(new)));
    Change { kind: Kind::Recoded, path: String::new(), old, new, inner: 0 }
}

/// The first byte that differs where no field does.
fn rearranged(old: &Annotation<'_>, new: &Annotation<'_>) -> Change {
    let offset = old.bytes().iter().zip(new.bytes()).take_while(|(a, b)| a == b).count();
    let spot = |dump: &Annotation<'_>| {
        let span = dump.span_at(offset)?;
        Some(Spot { offset: span.start(), tag: None, words: span.to_string() })
    };
    let path = old.span_at(offset).map(|span| span.path()).unwrap_or_default();
    Change { kind: Kind::Rearranged, path, old: spot(old), new: spot(new), inner: 0 }
}
