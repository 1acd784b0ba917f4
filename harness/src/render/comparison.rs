//! What changed between two runs, in words and for programs.

use serde_json::{Map, Value, json};

use super::fold::{WIDTH, folded};
use super::ink::{Colour, Ink};
use super::printable::printable;
use crate::causes::{About, Cause};
use crate::comparison::{Change, Comparison};
use crate::verdict::Finding;

/// Names the layout of the JSON document.
///
/// ```text
/// { "schema": "skewproof.comparison/1",
///   "ok": bool,                                no regression
///   "regressions": [Change], "improvements": [Change], "changed": [Change],
///   "added": [Change], "removed": [Change],
///   "causes": { name of a list: [{ "sentence": string, "cases": [string] }] } }
///
/// Change: { "case": string, "old": string or null, "new": string or null,
///           "reason": string, "repro": string or null }
/// ```
pub const SCHEMA: &str = "skewproof.comparison/1";

/// Characters of a reason that are shown.
const REASON_WIDTH: usize = 300;

/// Tells what a change is about.
type Explain = fn(&Finding) -> About;

/// The comparison as text: lists of at most `max` causes each, regressions first, and last of all
/// one line with the numbers. Of a cause one change is shown, the others are counted.
pub fn render(comparison: &Comparison, max: usize, colour: Colour, about: Explain) -> String {
    let mut text = String::new();
    for (name, changes) in comparison.lists().into_iter().filter(|(_, c)| !c.is_empty()) {
        let ink = match name {
            "regressions" => Ink::Bad,
            "improvements" => Ink::Good,
            _ => Ink::Strong,
        };
        let causes = comparison.causes(changes, about);
        let count = counted(causes.len(), changes.len());
        text.push_str(&colour.paint(ink, format_args!("{name}  {count}")));
        text.push('\n');
        causes.iter().take(max).for_each(|it| cause(it, changes, colour, &mut text));
        if let Some(hidden @ 1..) = causes.len().checked_sub(max) {
            text.push_str(&format!("  … and {hidden} more (--findings N shows more)\n"));
        }
        text.push('\n');
    }
    text.push_str(&closing_line(comparison, about));
    text.push('\n');
    text
}

/// A cause by its decisive change.
fn cause(cause: &Cause, changes: &[Change], colour: Colour, text: &mut String) {
    let Some((decisive, others)) = cause.members.split_first() else { return };
    if !others.is_empty() {
        let cases = others.len() + 1;
        let sentence = printable(&cause.sentence);
        text.push_str(&folded("  ", &format!("{sentence} ({cases} cases), as"), WIDTH));
    }
    if let Some(change) = changes.get(*decisive) {
        line(change, colour, text);
    }
}

/// How many causes, and in how many cases they show where that is more.
fn counted(causes: usize, cases: usize) -> String {
    if causes == cases { causes.to_string() } else { format!("{causes} (in {cases} cases)") }
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

/// The last line, as `1 regression, 2 improvements, 0 changed, 3 added (in 40 cases), 0 removed`.
fn closing_line(comparison: &Comparison, about: Explain) -> String {
    let parts = comparison.lists().map(|(name, changes)| {
        let causes = comparison.causes(changes, about).len();
        let name = if causes == 1 { name.trim_end_matches('s') } else { name };
        let cases = if causes == changes.len() {
            String::new()
        } else {
            format!(" (in {} cases)", changes.len())
        };
        format!("{causes} {name}{cases}")
    });
    parts.join(", ")
}

/// The comparison as a JSON document, ending in a line break. Nothing is cut.
pub fn render_json(comparison: &Comparison, about: Explain) -> String {
    let (mut document, mut causes) = (Map::new(), Map::new());
    document.insert("schema".to_owned(), SCHEMA.into());
    document.insert("ok".to_owned(), comparison.is_ok().into());
    for (name, changes) in comparison.lists() {
        document.insert(name.to_owned(), changes.iter().map(value).collect());
        let case = |at: &usize| changes.get(*at).map(|change| change.case.as_str());
        let cause = |cause: Cause| {
            let cases: Vec<_> = cause.members.iter().filter_map(case).collect();
            json!({ "sentence": cause.sentence, "cases": cases })
        };
        let found = comparison.causes(changes, about).into_iter().map(cause).collect();
        causes.insert(name.to_owned(), found);
    }
    document.insert("causes".to_owned(), Value::Object(causes));
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
