//! Answers for programs.
//!
//! ```text
//! { "schema": "skewproof.ask/1",
//!   "releases": [string], "notes": [string],
//!   "ok": bool,                          all may be together, and go from each to the next
//!   "pairs": [{
//!     "from": string, "to": string,
//!     "step": bool,                      they were named one after the other
//!     "version": string or null,         what they speak with each other
//!     "together": Verdict, "there": Verdict, "back": Verdict,
//!     "by": [string],                    the lines or patches to go by, where the way is not open
//!     "back_at_most": string or null,    the line to which it may go back, where that is not all the way
//!     "before": [string],                what to do before the first node goes
//!     "reasons": [Reason],               what counts, the worst first
//!     "uncounted": [Reason] }] }         what nobody sends, or nobody notices
//!
//! Verdict: { "verdict": "safe" or "limits" or "avoid" or "breaks" or "cannot talk", "reasons": number that count,
//!            "worst": string or null,    how bad the worst is, without what is off by default
//!            "interrupts": bool }        requests fail by themselves while both are there
//! Reason:  the row as in expected/skew.json, with "writer", "reader", "shown_by" and
//!          "on": of "together", "there", "back"
//! ```

use serde_json::{Value as Json, json};

use super::answer::{Answer, Met, Pair};
use super::verdict::{Verdict, VerdictKind};

/// Names the layout of the document.
const SCHEMA: &str = "skewproof.ask/1";

/// An answer as a JSON document, ending in a line break.
pub fn json(answer: &Answer) -> String {
    let names: Vec<String> = answer.releases.iter().map(|it| it.exact_name()).collect();
    let document = json!({
        "schema": SCHEMA,
        "releases": names,
        "notes": answer.notes,
        "ok": answer.is_yes(),
        "pairs": answer.pairs.iter().map(pair).collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

fn pair(pair: &Pair) -> Json {
    json!({
        "from": pair.from.exact_name(),
        "to": pair.to.exact_name(),
        "step": pair.is_step,
        "version": pair.version.map(|version| version.to_string()),
        "together": verdict(&pair.together),
        "there": verdict(&pair.there),
        "back": verdict(&pair.back),
        "by": pair.ways_by(),
        "back_at_most": pair.back_at_most().map(|line| line.name()),
        "before": pair.before.iter().filter_map(|row| row.avoid.as_ref()).collect::<Vec<_>>(),
        "reasons": pair.reasons.iter().map(met).collect::<Vec<_>>(),
        "uncounted": pair.uncounted.iter().map(met).collect::<Vec<_>>(),
    })
}

fn verdict(verdict: &Verdict) -> Json {
    let word = match verdict.kind {
        VerdictKind::Safe => "safe",
        VerdictKind::Limits(_) | VerdictKind::Interrupted(_) => "limits",
        VerdictKind::Breaks => "breaks",
        VerdictKind::Avoid => "avoid",
        VerdictKind::CannotTalk => "cannot talk",
    };
    json!({
        "verdict": word,
        "reasons": verdict.reasons.len(),
        "worst": verdict.worst().map(|reason| reason.row.severity.to_string()),
        "interrupts": verdict.reasons.iter().any(|reason| reason.row.interrupts()),
    })
}

fn met(met: &Met) -> Json {
    let (writer, reader) = (met.reason.writer, met.reason.reader);
    let on: Vec<&str> = ["together", "there", "back"]
        .into_iter()
        .zip(met.on)
        .filter_map(|(name, on)| on.then_some(name))
        .collect();
    let row = met.reason.row;
    json!({
        "writer": writer.exact_name(),
        "reader": reader.exact_name(),
        "shown_by": row.shown_by(writer, reader),
        "on": on,
        "id": row.id,
        "kind": row.kind.word(),
        "from": row.from.to_string(),
        "to": row.to.to_string(),
        "both": row.is_mutual,
        "what": row.what,
        "sent": row.sent.word(),
        "when": row.when,
        "receiver": row.reader,
        "user": row.user,
        "severity": row.severity.to_string(),
        "avoid": row.avoid,
        "fixed": row.fixed,
        "issue": row.issue,
        "section": row.section,
        "findings": row.findings,
    })
}
