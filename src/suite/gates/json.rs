//! The audit for programs.
//!
//! ```text
//! { "schema": "skewproof.gates/1",
//!   "ok": bool,                      everything found is expected, everything expected is found
//!   "causes": [{ "sentence": string, "cases": [string] }],   what is not as the list says
//!   "findings": [{
//!     "finding": string,             the address
//!     "version": string,             or "log", "store": how it comes from one to the other
//!     "message": string, "path": string,
//!     "change": string,
//!     "from": [string], "to": [string], "pairs": string,
//!     "outcome": "refused" or "altered" or "dropped",
//!     "reason": string,
//!     "note": string or null, "issue": string or null,
//!     "sent": [{                     what expected/skew.json says of it: a row, or one for each pair
//!       "id": string, "from": string, "to": string,
//!       "sent": string, "when": string, "severity": string, "user": string }],
//!     "standing": "expected" or "new" or "changed" or "without a note",
//!     "deviations": [{ "what": string, "expected": string, "actual": string }] }],
//!   "stale": [Entry] }               entries of the list, as they stand there
//! ```

use serde_json::{Value as Json, json};

use super::{Audit, AuditEntry, Standing, list};
use crate::fabric::release::Release;
use crate::suite::compatibility::Row;

/// Names the layout of the document.
const SCHEMA: &str = "skewproof.gates/1";

/// The audit as a JSON document, ending in a line break.
pub(super) fn render(audit: &Audit) -> String {
    let document = json!({
        "schema": SCHEMA,
        "ok": audit.is_ok(),
        "causes": audit.causes().iter().map(cause).collect::<Vec<_>>(),
        "findings": audit.entries.iter().map(entry).collect::<Vec<_>>(),
        "stale": audit.stale.iter().map(list::to_json).collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

fn cause((sentence, cases): &(String, Vec<String>)) -> Json {
    json!({ "sentence": sentence, "cases": cases })
}

fn entry(entry: &AuditEntry) -> Json {
    let AuditEntry { finding, note, issue, standing } = entry;
    let (words, deviations) = match standing {
        Standing::Expected => ("expected", &[][..]),
        Standing::New => ("new", &[][..]),
        Standing::WithoutNote => ("without a note", &[][..]),
        Standing::Changed(deviations) => ("changed", &deviations[..]),
    };
    let deviations: Vec<Json> = deviations
        .iter()
        .map(|it| json!({ "what": it.what, "expected": it.expected, "actual": it.actual }))
        .collect();
    json!({
        "finding": finding.address(),
        "version": finding.road.to_string(),
        "message": finding.of.name(),
        "path": finding.path,
        "change": finding.change.words(),
        "from": names(&finding.from()),
        "to": names(&finding.to()),
        "pairs": finding.pairs_in_words(),
        "outcome": finding.outcome.words(),
        "reason": finding.reason,
        "note": note,
        "issue": issue,
        "sent": finding.rows().iter().map(|row| sent(row)).collect::<Vec<_>>(),
        "standing": words,
        "deviations": deviations,
    })
}

fn sent(row: &Row) -> Json {
    json!({
        "id": row.id,
        "from": row.from.to_string(),
        "to": row.to.to_string(),
        "sent": row.sent.word(),
        "when": row.when,
        "severity": row.severity.to_string(),
        "user": row.user,
    })
}

fn names(releases: &[Release]) -> Vec<&'static str> {
    releases.iter().map(|release| release.name()).collect()
}
