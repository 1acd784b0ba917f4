//! A badge: the endpoint format of shields, which any page can show.

use serde_json::json;

use crate::history::Entry;
use crate::render::requirements::counted;

/// The JSON of a badge for one run, ending in a line break.
pub fn badge(entry: &Entry) -> String {
    let [passed, ..] = entry.cases;
    let (message, colour) = match entry.is_ok {
        false => (counted(entry.findings.max(1), "finding"), "red"),
        true if passed == 0 => ("nothing verified".to_owned(), "lightgrey"),
        true => (format!("{passed} cases hold"), "brightgreen"),
    };
    let badge = json!({
        "schemaVersion": 1,
        "label": "skewproof",
        "message": message,
        "color": colour,
    });
    format!("{badge:#}\n")
}
