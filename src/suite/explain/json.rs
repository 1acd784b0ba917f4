//! Explanations for programs: one JSON document, nothing cut.
//!
//! The schema is named in the document, `"schema": "skewproof.explain/1"`. Members may be added
//! under the same name; one that is removed or changes its meaning makes it `/2`.
//!
//! ```text
//! { "schema": "skewproof.explain/1",
//!   "len": number,
//!   "damage": null or { "offset": number, "path": string, "fault": string },
//!   "spans": [{ "offset": number, "len": number, "hex": string, "path": string,
//!               "role": string, "value": string or null }],
//!   "reading": Ranking,
//!   "payload": Ranking or null,            what a frame carries
//!   "unread": string or null }             why that is not read
//!
//! Ranking: { "form": string, "release": string or null, "version": string or null,
//!            "codec": string or null, "certainty": string,
//!            "value": any or null, "refused": string or null,
//!            "candidates": [{ "form": string, "places": string, "grade": string,
//!                             "explained": number }] }       the best first
//! ```

use serde_json::{Value, json};

use super::Explanation;
use super::ranking::{Certainty, Ranking};
use super::reading::{Grade, Reading};
use crate::fabric::annotate::Span;

/// Names the layout of the document.
const SCHEMA: &str = "skewproof.explain/1";

/// The explanation as a JSON document, ending in a line break.
pub(super) fn render(explanation: &Explanation<'_>) -> String {
    let Explanation { ranking, payload, unread, annotation } = explanation;
    let document = json!({
        "schema": SCHEMA,
        "len": ranking.len,
        "damage": annotation.damage().map(|damage| json!({
            "offset": damage.offset,
            "path": damage.path,
            "fault": damage.kind.to_string(),
        })),
        "spans": annotation.spans().map(|span| span_value(&span)).collect::<Vec<_>>(),
        "reading": ranking_value(ranking),
        "payload": payload.as_ref().map(ranking_value),
        "unread": unread.as_ref().map(ToString::to_string),
    });
    format!("{document:#}\n")
}

fn span_value(span: &Span<'_>) -> Value {
    json!({
        "offset": span.start(),
        "len": span.len(),
        "hex": hex::encode(span.bytes()),
        "path": span.path(),
        "role": span.role(),
        "value": span.value(),
    })
}

fn ranking_value(ranking: &Ranking) -> Value {
    let cx = ranking.best.context();
    let candidates = std::iter::once(&ranking.best).chain(&ranking.others);
    json!({
        "form": ranking.best.form.word(),
        "release": cx.map(|cx| cx.release.to_string()),
        "version": cx.map(|cx| cx.version.to_string()),
        "codec": cx.map(|cx| ranking.best.form.codec_at(cx.version)),
        "certainty": match ranking.certainty {
            Certainty::Asked => "asked",
            Certainty::Named => "named",
            Certainty::Certain => "certain",
            Certainty::Shared(_) => "shared",
            Certainty::Likely => "likely",
            Certainty::Guess => "guess",
            Certainty::Nothing => "nothing",
        },
        "value": ranking.verdict.as_ref().ok(),
        "refused": ranking.verdict.as_ref().err(),
        "candidates": candidates.map(|it| candidate_value(it, ranking.len)).collect::<Vec<_>>(),
    })
}

fn candidate_value(reading: &Reading, len: usize) -> Value {
    let (grade, explained) = match reading.grade {
        Grade::Exact => ("exact", len),
        Grade::SameValue => ("same value", len),
        Grade::Partial { decodes: true, explained } => ("partial", explained),
        Grade::Partial { decodes: false, explained } => ("refused", explained),
    };
    json!({
        "form": reading.form.word(),
        "places": reading.places(),
        "grade": grade,
        "explained": explained,
    })
}
