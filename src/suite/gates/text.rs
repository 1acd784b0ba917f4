//! The audit for people: what is refused first, what one note explains together, and last how many
//! are expected.

use std::fmt::Write;

use super::{Audit, AuditEntry, Outcome, Standing};
use crate::harness::render::fold::paragraph;
use crate::harness::render::requirements::counted;
use crate::suite::marks::in_full;

/// The audit as text, ending in a line break.
pub(super) fn render(audit: &Audit) -> String {
    let mut text = String::from("gates between the lines\n");
    causes(audit, &mut text);
    for outcome in Outcome::ALL {
        let entries: Vec<&AuditEntry> =
            audit.entries.iter().filter(|entry| entry.finding.outcome == outcome).collect();
        if !entries.is_empty() {
            let _ = write!(text, "\n{outcome}: {}\n", entries.len());
            by_note(&entries, &mut text);
        }
    }
    stale(audit, &mut text);
    summary(audit, &mut text);
    text
}

/// What is not as the list says, by causes.
fn causes(audit: &Audit, text: &mut String) {
    let causes = audit.causes();
    if !causes.is_empty() {
        let _ = write!(text, "\nnot as the list says: {}\n", counted(causes.len(), "cause"));
    }
    for (sentence, cases) in causes {
        let count = cases.len();
        let entries = if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") };
        text.push('\n');
        paragraph(text, "  ", 2, &format!("✗ {sentence} ({entries})"));
    }
}

/// Entries that one note explains stand together below it. What nobody has explained comes first.
fn by_note(entries: &[&AuditEntry], text: &mut String) {
    let mut groups: Vec<(String, Vec<&AuditEntry>)> = Vec::new();
    for entry in entries {
        let note = note(entry);
        match groups.iter_mut().find(|(known, _)| *known == note) {
            Some((_, group)) => group.push(entry),
            None => groups.push((note, vec![entry])),
        }
    }
    groups.sort_by_key(|(_, group)| group.iter().any(|entry| entry.note.is_some()));
    for (note, group) in groups {
        text.push('\n');
        paragraph(text, "  ", 2, &in_full(&note));
        group.into_iter().for_each(|entry| self::entry(entry, text));
    }
}

fn note(entry: &AuditEntry) -> String {
    let words = entry.note.as_deref().unwrap_or("(no note)");
    match &entry.issue {
        Some(issue) => format!("{words} [{issue}]"),
        None => words.to_owned(),
    }
}

fn entry(entry: &AuditEntry, text: &mut String) {
    let finding = &entry.finding;
    let mark = if entry.is_expected() { ' ' } else { '✗' };
    let _ = writeln!(text, "  {mark} {}", finding.address());
    let pairs = finding.pairs_in_words();
    let change = format!("{}, {pairs}: {}", finding.change, finding.reason);
    paragraph(text, "        ", 8, &change);
    for row in finding.rows() {
        let (id, sent, severity) = (&row.id, row.sent.word(), row.severity);
        let between = format!("{} → {}", row.from, row.to);
        paragraph(
            text,
            "        ",
            8,
            &format!("sent: {sent}; severity: {severity} ({id}, {between})"),
        );
    }
    match &entry.standing {
        Standing::Expected => {}
        Standing::New => text.push_str("        new: it is not in the list\n"),
        Standing::WithoutNote => text.push_str("        its entry has no note\n"),
        Standing::Changed(deviations) => {
            for deviation in deviations {
                let (what, expected) = (deviation.what, &deviation.expected);
                let _ = writeln!(text, "        changed: the list has the {what} {expected:?}");
            }
        }
    }
}

fn stale(audit: &Audit, text: &mut String) {
    if !audit.stale.is_empty() {
        let _ = write!(text, "\nstale: {}\n\n", audit.stale.len());
    }
    for entry in &audit.stale {
        let _ = writeln!(text, "  ✗ {}", entry.finding);
        let (change, pairs, reason) = (&entry.change, &entry.pairs, &entry.reason);
        paragraph(
            text,
            "        ",
            8,
            &format!("in the list, but not seen: {change}, {pairs}: {reason}"),
        );
    }
}

fn summary(audit: &Audit, text: &mut String) {
    let count = audit.entries.len();
    let expected = audit.entries.iter().filter(|entry| entry.is_expected()).count();
    // Of what has no row nobody knows.
    let is_unsent = |entry: &&AuditEntry| {
        let rows = entry.finding.rows();
        !rows.is_empty() && !rows.iter().any(|row| row.is_sent())
    };
    let unsent = audit.entries.iter().filter(is_unsent).count();
    if unsent > 0 {
        let _ = write!(text, "\nno release sends {unsent} of them");
    }
    let (findings, stale) = (counted(count, "finding"), audit.stale.len());
    let entries = if stale == 1 { "entry" } else { "entries" };
    let unexpected = count - expected;
    let _ = writeln!(
        text,
        "\n{findings}: {expected} expected, {unexpected} not; {stale} stale {entries}"
    );
}
