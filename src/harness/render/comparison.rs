//! What changed between two runs, in words and for programs.

use serde_json::{Map, Value, json};

use super::ink::{Colour, Ink};
use super::printable::printable;
use crate::harness::comparison::{Change, Comparison};

/// Names the layout of the JSON document.
///
/// ```text
/// { "schema": "skewproof.comparison/1",
///   "ok": bool,                                no regression
///   "regressions": [Change], "improvements": [Change], "changed": [Change],
///   "added": [Change], "removed": [Change] }
///
/// Change: { "case": string, "old": string or null, "new": string or null,
///           "reason": string, "repro": string or null }
/// ```
pub const SCHEMA: &str = "skewproof.comparison/1";

/// Characters of a reason that are shown.
const REASON_WIDTH: usize = 300;

/// The comparison as text: lists of at most `max` changes each, regressions first, and last of all
/// one line with the numbers.
pub fn render(comparison: &Comparison, max: usize, colour: Colour) -> String {
    let mut text = String::new();
    for (name, changes) in comparison.lists().into_iter().filter(|(_, c)| !c.is_empty()) {
        let ink = match name {
            "regressions" => Ink::Bad,
            "improvements" => Ink::Good,
            _ => Ink::Strong,
        };
        text.push_str(&colour.paint(ink, format_args!("{name}  {}", changes.len())));
        text.push('\n');
        changes.iter().take(max).for_each(|change| line(change, colour, &mut text));
        if let Some(hidden @ 1..) = changes.len().checked_sub(max) {
            text.push_str(&format!("  … and {hidden} more\n"));
        }
        text.push('\n');
    }
    text.push_str(&closing_line(comparison));
    text.push('\n');
    text
}

fn line(change: &Change, colour: Colour, text: &mut String) {
    let state = |state: &Option<String>| {
        state.as_deref().map_or("nothing".to_owned(), |it| printable(it).into_owned())
    };
    let (old, new) = (state(&change.old), state(&change.new));
    text.push_str(&format!("  {}  {old} → {new}\n", printable(&change.case)));
    let mut field = |label: &str, words: &str| {
        let label = colour.paint(Ink::Faint, format_args!("    {label:<8}"));
        text.push_str(&format!("{label}{words}\n"));
    };
    if !change.reason.is_empty() {
        field("because", &cut(&printable(&change.reason)));
    }
    if let Some(repro) = &change.repro {
        field("repeat", &printable(repro));
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(REASON_WIDTH) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

/// The last line, as `1 regressions, 2 improvements, 0 changed, 3 added, 0 removed`.
fn closing_line(comparison: &Comparison) -> String {
    let parts = comparison.lists().map(|(name, changes)| format!("{} {name}", changes.len()));
    parts.join(", ")
}

/// The comparison as a JSON document, ending in a line break. Nothing is cut.
pub fn render_json(comparison: &Comparison) -> String {
    let mut document = Map::new();
    document.insert("schema".to_owned(), SCHEMA.into());
    document.insert("ok".to_owned(), comparison.is_ok().into());
    for (name, changes) in comparison.lists() {
        document.insert(name.to_owned(), changes.iter().map(value).collect());
    }
    format!("{:#}\n", Value::Object(document))
}

fn value(change: &Change) -> Value {
    json!({
        "case": change.case,
        "old": change.old,
        "new": change.new,
        "reason": change.reason,
        "repro": change.repro,
    })
}
