//! The table for people and programs, as a whole or a part of it.

use super::row::{Kind, Row};
use super::table;
use super::words::in_full_length;
use crate::fabric::release::Release;
use crate::harness::render::fold::paragraph;
use crate::harness::report::Table;
use crate::suite::faults::Severity;
use crate::suite::speaker::{SpeakError, release_named};

/// A part of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing(Vec<&'static Row>);

/// The rows with a name, those that a release takes part in, and those that are so bad or worse.
/// A name is an id, the beginning of one up to a dash, or a kind.
///
/// # Errors
///
/// If there is no such release or severity, or no such row.
pub fn listing(
    name: Option<&str>,
    release: Option<&str>,
    severity: Option<&str>,
) -> Result<Listing, SpeakError> {
    let release = release.map(release_named).transpose()?;
    let least = severity.map(severity_named).transpose()?.unwrap_or(Severity::None);
    let is_named = |row: &Row| {
        name.is_none_or(|name| {
            let rest = row.id.strip_prefix(name);
            row.kind.word() == name || rest.is_some_and(|it| it.is_empty() || it.starts_with('-'))
        })
    };
    let takes_part = |row: &Row, release: Release| {
        row.from.has(release) || (row.kind != Kind::Release && row.to.has(release))
    };
    let is_meant = |row: &&'static Row| {
        is_named(row)
            && release.is_none_or(|release| takes_part(row, release))
            && row.severity >= least
    };
    let rows: Vec<&'static Row> = table().iter().filter(is_meant).collect();
    if rows.is_empty() {
        let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.word()).collect();
        return Err(SpeakError::Misasked {
            problem: "no row of the table is so".to_owned(),
            hint: format!("`skewproof list skew` has all ids; the kinds are {}", kinds.join(", ")),
        });
    }
    Ok(Listing(rows))
}

fn severity_named(word: &str) -> Result<Severity, SpeakError> {
    Severity::named(word).ok_or_else(|| SpeakError::Misasked {
        problem: format!("there is no severity {word:?}"),
        hint: format!("they are {}", Severity::ALL.map(|(_, word)| word).join(", ")),
    })
}

impl Listing {
    /// For people: a few in full, many as three lines each. Ends in a line break.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let is_short = self.0.len() > 3;
        for row in &self.0 {
            let (from, to) = (&row.from, &row.to);
            let head =
                format!("{} ({}, {}; {})", row.id, row.kind.word(), row.severity, row.sent.word());
            paragraph(&mut text, "", 2, &head);
            if is_short {
                paragraph(&mut text, "  ", 2, &format!("{from} → {to}: {}", row.what));
            } else {
                let between = if row.is_mutual { "both ways" } else { "one way" };
                let what = format!("{}; {from} → {to}, {between}", row.what);
                in_full_length(row, &what, &shown_by(row), &mut text);
            }
        }
        text
    }

    /// For programs.
    pub fn table(&self) -> Table {
        let columns = [
            "id", "kind", "from", "to", "both", "what", "sent", "when", "receiver", "user",
            "severity", "avoid", "fixed", "issue", "section", "findings",
        ];
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        let row = |row: &&Row| {
            vec![
                row.id.clone(),
                row.kind.word().to_owned(),
                row.from.to_string(),
                row.to.to_string(),
                row.is_mutual.to_string(),
                row.what.clone(),
                row.sent.word().to_owned(),
                row.when.clone(),
                row.reader.clone(),
                row.user.clone(),
                row.severity.to_string(),
                text(&row.avoid),
                text(&row.fixed),
                text(&row.issue),
                row.section.clone(),
                row.findings.join(" "),
            ]
        };
        let rows = self.0.iter().map(row).collect();
        Table { rows, ..Table::new("what one release writes and another meets", columns) }
    }
}

/// The command that shows it, between the newest two of its releases; nothing where that is the list.
fn shown_by(row: &Row) -> String {
    let newest = |is_it: &dyn Fn(Release) -> bool| Release::stable().filter(|it| is_it(*it)).last();
    let (writer, reader) = (newest(&|it| row.from.has(it)), newest(&|it| row.to.has(it)));
    match (writer, reader) {
        (Some(writer), Some(reader)) if !row.is_only_listed() => row.shown_by(writer, reader),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_named_by_id_kind_release_and_severity() {
        let ids = |name: Option<&str>, release: Option<&str>, severity: Option<&str>| {
            let listing = listing(name, release, severity).unwrap();
            listing.0.iter().map(|row| &*row.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(Some("S6"), None, None), ["S6", "S6-switch"]);
        assert_eq!(ids(Some("L1"), None, None), ["L1"]);
        assert!(ids(Some("log record"), Some("1.2"), None).contains(&"L9"));
        assert_eq!(ids(Some("release"), Some("1.6.1"), Some("data")), ["S17", "S19"]);
        assert_eq!(ids(None, None, None).len(), table().len());
        for wrong in
            [(Some("L99"), None, None), (None, Some("1.9"), None), (None, None, Some("dire"))]
        {
            assert!(listing(wrong.0, wrong.1, wrong.2).is_err());
        }
    }

    #[test]
    fn the_text_fits_a_terminal() {
        let all = listing(None, None, None).unwrap().to_text();
        for row in table() {
            let one = listing(Some(&row.id), None, None).unwrap().to_text();
            // A command to paste stays whole.
            let mut lines = all.lines().chain(one.lines());
            let is_too_wide =
                |line: &&str| line.chars().count() > 80 && !line.contains("skewproof");
            assert_eq!(lines.find(is_too_wide), None, "{}", row.id);
        }
        assert!(all.contains("L10 (log record, partition; always)"), "{all}");
    }
}
