//! Differences for people.

use std::fmt::Write;

use super::{Change, Difference, Direction, Kind, Spot};

impl Kind {
    /// In one word.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Recoded => "recoded",
            Self::Renumbered => "renumbered",
            Self::Retyped => "retyped",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Rearranged => "rearranged",
        }
    }
}

/// The difference as text: both sides, each field that differs as it stands in either, the
/// verdict.
pub(super) fn render(difference: &Difference, changes_max: usize) -> String {
    let mut text = format!("old  {}\nnew  {}\n", difference.old, difference.new);
    for change in difference.changes.iter().take(changes_max) {
        push_change(&mut text, change);
    }
    let hidden = difference.changes.len().saturating_sub(changes_max);
    if hidden > 0 {
        let _ = write!(text, "\n… and {hidden} more\n");
    }
    if difference.is_sealed {
        text.push_str(
            "\npayloads are compared as bytes: their message and version are not both known\n",
        );
    }
    let _ = write!(text, "\n{}\n{}\n", summary(&difference.changes), closing(difference));
    text
}

fn push_change(text: &mut String, change: &Change) {
    let path = if change.path.is_empty() { "the value" } else { &change.path };
    let tags = match (change.kind, &change.old, &change.new) {
        (
            Kind::Renumbered,
            Some(Spot { tag: Some(old), .. }),
            Some(Spot { tag: Some(new), .. }),
        ) => {
            format!(": tag {old} -> tag {new}")
        }
        _ => String::new(),
    };
    let inner = match change.inner {
        0 => String::new(),
        1 => ", with 1 field in it".to_owned(),
        count => format!(", with {count} fields in it"),
    };
    let _ = writeln!(text, "\n{:<10}  {path}{tags}{inner}", change.kind.word());
    for (side, spot) in [("-", &change.old), ("+", &change.new)] {
        if let Some(Spot { offset, words, .. }) = spot {
            let _ = writeln!(text, "  {side} {offset:04}  {words}");
        }
    }
}

/// How many fields there are of each kind.
pub(super) fn summary(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "no byte differs".to_owned();
    }
    let kinds = [
        Kind::Recoded,
        Kind::Renumbered,
        Kind::Retyped,
        Kind::Added,
        Kind::Removed,
        Kind::Changed,
        Kind::Rearranged,
    ];
    let count = |kind: Kind| changes.iter().filter(|change| change.kind == kind).count();
    let parts: Vec<String> = kinds
        .into_iter()
        .map(|kind| (kind, count(kind)))
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| format!("{count} {}", kind.word()))
        .collect();
    parts.join(", ")
}

/// The verdict and its reasons, in one line.
pub(super) fn closing(difference: &Difference) -> String {
    let verdict = difference.verdict();
    if let Some(why) = &difference.unread {
        return format!("{verdict}: {why}");
    }
    let part = |reader: &str, read: &str, direction: &Direction| match direction {
        Ok(()) => format!("{reader} reads {read}"),
        Err(why) => format!("{reader} does not read {read} ({why})"),
    };
    let new = part("new", "old", &difference.new_reads_old);
    let old = part("old", "new", &difference.old_reads_new);
    format!("{verdict}: {new}; {old}")
}
