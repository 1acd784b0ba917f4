//! A badge: the endpoint format of shields, which any page can show.

use serde_json::json;

use crate::harness::history::Entry;

/// The JSON of a badge for one run, ending in a line break.
pub fn badge(entry: &Entry) -> String {
    let [passed, ..] = entry.cases;
    let (message, colour) = match entry.findings {
        _ if !entry.is_ok => {
            let findings = entry.findings.max(1);
            let s = if findings == 1 { "" } else { "s" };
            (format!("{findings} finding{s}"), "red")
        }
        _ if passed == 0 => ("nothing verified".to_owned(), "lightgrey"),
        _ => (format!("{passed} cases hold"), "brightgreen"),
    };
    let badge = json!({
        "schemaVersion": 1,
        "label": "skewproof",
        "message": message,
        "color": colour,
    });
    format!("{badge:#}\n")
}
