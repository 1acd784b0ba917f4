//! Who knows what, since when and until when: the one table of gates, [`GATES`], down to the patch.
//!
//! A row names what a release may know or not know by its path: a message (`Gossip`), a field or
//! variant of a type of payloads (`Chain.state`), a message of the envelope or a field of one
//! (`Hello.swimlane`), an enum of the envelope or one of its numbers (`Swimlane.DATAFUSION`), a
//! fault of released servers (`quirk.R25`), or a rule of
//! behaviour (`limits.configured`).
//! What has no row is known to all. Nothing else in the fabric says since when.
//!
//! ```
//! use skewproof_fabric::gates;
//! use skewproof_fabric::release::Release;
//!
//! let state = gates::member("Chain", "state");
//! assert!(state.is_open("1.4.2".parse::<Release>()?));
//! assert!(!state.is_open("1.4.3".parse::<Release>()?));
//! # Ok::<_, skewproof_fabric::release::UnknownRelease>(())
//! ```

mod moves;
mod table;

/// Whether a row of the table is open for a release; that there is such a row is known at compile
/// time.
#[macro_export]
macro_rules! rule {
    ($path:literal, $release:expr) => {
        const { $crate::gates::gate($path) }.is_open($release)
    };
}
pub use rule;

pub use moves::{Edge, GateMove};
pub use table::GATES;

use super::release::{Gate, ReleaseNumber};

/// One row of [`GATES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GateRow {
    /// What the row is about.
    pub path: &'static str,
    /// The first release that knows it.
    pub first: ReleaseNumber,
    /// The last release that knows it.
    pub last: ReleaseNumber,
}

impl GateRow {
    /// Whether it is a rule of behaviour, and not about a part of messages: its path begins small,
    /// as `quirk.R25` and `session.stays_on_garbage`.
    pub fn is_rule(&self) -> bool {
        self.path.starts_with(|first: char| first.is_ascii_lowercase())
    }
}

/// A row: path, first and last release, `-` for no end on that side. `1.5.x` stands for the last
/// patch of its line, whichever that will be.
const fn row(path: &'static str, first: &str, last: &str) -> GateRow {
    GateRow {
        path,
        first: edge(first, ReleaseNumber::FIRST, 0),
        last: edge(last, ReleaseNumber::LAST, u8::MAX),
    }
}

/// A release as a row names it: `-`, or `1.minor.patch`, with its pre-releases if stage is 0.
const fn edge(text: &str, open: ReleaseNumber, stage: u8) -> ReleaseNumber {
    match text.as_bytes() {
        b"-" => open,
        [b'1', b'.', minor @ b'0'..=b'9', b'.', b'x'] => {
            ReleaseNumber::staged(*minor - b'0', u8::MAX, stage)
        }
        [b'1', b'.', minor @ b'0'..=b'9', b'.', patch @ b'0'..=b'9'] => {
            ReleaseNumber::staged(*minor - b'0', *patch - b'0', stage)
        }
        other => {
            assert!(other.is_empty(), "a row has `-`, `1.minor.patch` or `1.minor.x`");
            open
        }
    }
}

/// Rows by the [`mark`] of their paths: the compiler looks up thousands of gates, each among a few.
struct Index {
    /// One more than the last row of each mark; 0 if there is none.
    last: [usize; MARKS],
    /// The same of the row before with the mark of a row.
    before: [usize; GATES.len()],
}

const MARKS: usize = 256;

const INDEX: &Index = &{
    let mut index = Index { last: [0; MARKS], before: [0; GATES.len()] };
    let mut row = 0;
    while row < GATES.len() {
        let path = GATES[row].path.as_bytes();
        let mark = mark(path.len(), path[0], path[path.len() - 1]);
        index.before[row] = index.last[mark];
        row += 1;
        index.last[mark] = row;
    }
    index
};

/// What is known of a path before it is compared: its length, first and last byte.
const fn mark(len: usize, first: u8, last: u8) -> usize {
    (len + 7 * first as usize + 31 * last as usize) % MARKS
}

/// The gate of a member of a type; open for all if it has no row.
pub const fn member(owner: &str, member: &str) -> Gate {
    let (owner, member) = (owner.as_bytes(), member.as_bytes());
    let (Some(first), Some(last)) = (owner.first(), member.last()) else { return Gate::ALWAYS };
    let mut row = INDEX.last[mark(owner.len() + 1 + member.len(), *first, *last)];
    while row > 0 {
        row -= 1;
        if is_member(GATES[row].path.as_bytes(), owner, member) {
            return Gate::of_row(row);
        }
        row = INDEX.before[row];
    }
    Gate::ALWAYS
}

/// The gate of a number of an enum of the envelope: its own, or else that of the whole enum.
pub const fn number(owner: &str, name: &str) -> Gate {
    let own = member(owner, name);
    if own.is_always() { whole(owner) } else { own }
}

/// The gate of a message or of a whole enum; open for all if it has no row.
pub const fn whole(path: &str) -> Gate {
    let path = path.as_bytes();
    let (Some(first), Some(last)) = (path.first(), path.last()) else { return Gate::ALWAYS };
    let mut row = INDEX.last[mark(path.len(), *first, *last)];
    while row > 0 {
        row -= 1;
        if is_same(GATES[row].path.as_bytes(), path) {
            return Gate::of_row(row);
        }
        row = INDEX.before[row];
    }
    Gate::ALWAYS
}

/// The gate of what stands in the table under this path.
///
/// # Panics
///
/// At compile time, if there is no such row.
pub const fn gate(path: &str) -> Gate {
    let gate = whole(path);
    assert!(!gate.is_always(), "there is no such row in the table of gates");
    gate
}

const fn is_member(path: &[u8], owner: &[u8], member: &[u8]) -> bool {
    if path.len() != owner.len() + 1 + member.len() {
        return false;
    }
    let (before, rest) = path.split_at(owner.len());
    match rest {
        [b'.', after @ ..] => is_same(before, owner) && is_same(after, member),
        _ => false,
    }
}

const fn is_same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut index = 0;
    while index < a.len() {
        if a[index] != b[index] {
            return false;
        }
        index += 1;
    }
    true
}
