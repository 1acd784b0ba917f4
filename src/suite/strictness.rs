//! Where the fabric is stricter than the readers of released servers, on purpose: damaged bytes
//! that they take and that are refused here (06).
//!
//! A refusal that is not on this list is a finding wherever a real reader took the bytes; an entry
//! that no real answer shows is stale, and a finding too.

use crate::fabric::codec::fault::FaultKind;
use crate::fabric::payload::DecodeError;
use crate::harness::report::Table;
use crate::harness::verdict::{CaseId, Finding};

/// One kind of damage that is refused here and that a reader of released servers takes.
#[derive(Debug)]
pub struct Strictness {
    /// What is refused, in a few words.
    pub name: &'static str,
    /// What the real reader makes of it.
    pub real: &'static str,
    /// Why it is refused all the same.
    pub reason: &'static str,
    /// Whether a fault is this refusal.
    is_it: fn(&FaultKind) -> bool,
}

impl PartialEq for Strictness {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Strictness {}

/// Everything that is refused on purpose.
pub static STRICTNESS: [Strictness; 7] = [
    Strictness {
        name: "text without a NUL behind it",
        real: "reads as many bytes as the length says",
        reason: "writers always put the NUL; a length that does not lead to it is a wrong one",
        is_it: |fault| breaks(fault, "a string has no end"),
    },
    Strictness {
        name: "text that is not UTF-8, under a key that nobody asks for",
        real: "never looks at it",
        reason: "a buffer is verified as a whole before any of it is believed",
        is_it: |fault| matches!(fault, FaultKind::NotUtf8),
    },
    Strictness {
        name: "a type that there is not, under a key that nobody asks for",
        real: "never looks at it",
        reason: "a buffer is verified as a whole before any of it is believed",
        is_it: |fault| breaks(fault, "an unknown type"),
    },
    Strictness {
        name: "a number that says it is wider than its place",
        real: "reads another number than was written, or nothing",
        reason: "a wrong value is worse than none; a reader that believes the width leaves the buffer",
        is_it: |fault| breaks(fault, "a value is wider than its slot"),
    },
    Strictness {
        name: "a map with more or fewer keys than values",
        real: "believes the number of values",
        reason: "keys and values belong together in pairs; which ones do is a guess",
        is_it: |fault| breaks(fault, "a map has not as many keys as values"),
    },
    Strictness {
        name: "a vector that is longer than the buffer",
        real: "reads the first elements, if it wants no more",
        reason: "the same bytes make that reader allocate and invent elements (06)",
        is_it: |fault| breaks(fault, "a value lies outside the buffer"),
    },
    Strictness {
        name: "containers deeper than 64, or one that contains itself",
        real: "takes it where it looks at no element",
        reason: "where it does look, its stack overflows and the process ends (06)",
        is_it: |fault| matches!(fault, FaultKind::TooMuch { what: "levels of nesting", .. }),
    },
];

/// Whether a fault is a broken rule of flexbuffers, in these words.
fn breaks(fault: &FaultKind, rule: &str) -> bool {
    matches!(fault, FaultKind::NotFlexbuffers { what } if *what == rule)
}

/// The entry that an error falls under; none if no entry allows it.
pub fn entry_for(error: &DecodeError) -> Option<&'static Strictness> {
    let DecodeError::Malformed { fault, .. } = error else { return None };
    STRICTNESS.iter().find(|entry| (entry.is_it)(fault.kind()))
}

/// The finding that no real answer shows an entry any more.
pub fn stale(entry: &Strictness, case: CaseId) -> Finding {
    Finding {
        case,
        requirement: "every entry of the list of strictness is shown by a real answer".to_owned(),
        expected: format!(
            "bytes that a real reader takes and that are refused here: {}",
            entry.name
        ),
        actual: "none".to_owned(),
        place: None,
        repro: Some("skewproof list strictness".to_owned()),
    }
}

/// The list, to be shown.
pub fn listing() -> Table {
    let columns = ["what is refused", "a released server", "it is refused because"];
    let mut table = Table::new("refused on purpose, where released servers take it", columns);
    for Strictness { name, real, reason, .. } in &STRICTNESS {
        table.rows.push([*name, *real, *reason].map(str::to_owned).to_vec());
    }
    table
}
