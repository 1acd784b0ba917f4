//! Whether releases get along: the one table of what one writes and another meets, with who sends
//! it, what users notice and what avoids it; and the verdicts that it gives.
//!
//! The table is `expected/skew.json`. It has what bytes show, which is every finding of the audit of
//! [gates](super::gates), and what bytes cannot show: records in logs, SQL, documents that an older
//! node writes back, markers in data directories, faults of single patches.
//!
//! ```
//! use skewproof::suite::compatibility::{VerdictKind, verdict};
//!
//! let (old, new) = ("1.5.3".parse()?, "1.7".parse()?);
//! let verdict = verdict(old, new);
//! assert_eq!(verdict.kind, VerdictKind::Breaks);
//! assert!(verdict.reasons.iter().any(|reason| reason.row.id == "L10"));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod adjacent;
mod answer;
mod json;
mod listing;
mod row;
#[cfg(test)]
mod tests;
mod verdict;
mod window;
mod words;

use std::sync::LazyLock;

pub use self::adjacent::adjacent;
pub use self::answer::{Answer, Met, Pair, answer, back_at_most};
pub use self::json::json;
pub use self::listing::{Listing, listing};
pub use self::row::{Kind, Move, Row, Sent, TableError, read};
use self::verdict::rank;
pub use self::verdict::{Reason, Verdict, VerdictKind, reasons, together, verdict, version};
pub use self::window::{Span, Window};
pub use self::words::{markdown, text};
use crate::fabric::release::Release;

/// Where the table lies, seen from the folder of the project.
pub const FILE: &str = "expected/skew.json";

/// The table that the program was built with.
const DEFAULT: &str = include_str!("../../../expected/skew.json");

static TABLE: LazyLock<Result<Vec<Row>, TableError>> = LazyLock::new(|| read(DEFAULT));

/// The table that the program was built with. Empty if it is none, which a test keeps it from being.
pub fn table() -> &'static [Row] {
    TABLE.as_deref().unwrap_or_default()
}

/// The row of a finding of the audit of gates, by its address without the version, between two
/// releases; of several the one that weighs most.
pub fn of_finding(address: &str, writer: Release, reader: Release) -> Option<&'static Row> {
    let is_it = |row: &&Row| row.is_about(address) && row.holds(writer, reader);
    table().iter().filter(is_it).min_by_key(|row| rank(row))
}

/// The row of what a receiver says of a message that it refuses or panics on. Of several rows it is the
/// one that weighs most.
pub fn of_refusal(
    message: &str,
    words: &str,
    writer: Release,
    reader: Release,
) -> Option<&'static Row> {
    on_refusal(message, words, writer, reader).min_by_key(|row| rank(row))
}

/// The rows about what a receiver says of a message that it refuses or panics on. Words name the place
/// and the variant, as findings do; a finding without a place is the message as a whole.
pub fn on_refusal<'a>(
    message: &'a str,
    words: &'a str,
    writer: Release,
    reader: Release,
) -> impl Iterator<Item = &'static Row> + 'a {
    // Findings go by the name of today.
    let message = if message == "MetadataMessage" { "MetadataUpdate" } else { message };
    let is_it = move |finding: &String| match finding.split_once('/') {
        None => finding == message,
        Some((of, path)) => of == message && says(words, path),
    };
    let is_met = move |row: &&Row| row.findings.iter().any(is_it) && row.holds(writer, reader);
    table().iter().filter(is_met)
}

/// Whether words are about the last step of a path: a variant by its name, a field by its place.
fn says(words: &str, path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or(path);
    let begins = |before: &str| !before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
    let ends = |rest: &str| rest.starts_with([':', '[', ' ']);
    words.contains(&format!("\"{last}\""))
        || words.match_indices(last).any(|(at, _)| {
            words.get(..at).is_some_and(begins) && words.get(at + last.len()..).is_some_and(ends)
        })
}
