//! Explanations for programs: one JSON document, nothing cut.
//!
//! The schema is named in the document, `"schema": "skewproof.explain/1"`. Members may be added
//! under the same name; one that is removed or changes its meaning makes it `/2`.
//!
//! ```text
//! { "schema": "skewproof.explain/1",
//!   "len": number,
//!   "before": number,                      bytes before those that spans and damage count
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

use std::io;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};

use super::Explanation;
use super::ranking::{Certainty, Ranking};
use super::reading::{Grade, Reading};
use crate::fabric::annotate::{Annotation, Span};

/// Names the layout of the document.
const SCHEMA: &str = "skewproof.explain/1";

/// Writes the explanation as a JSON document, ending in a line break.
pub(super) fn write(explanation: &Explanation<'_>, to: &mut impl io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *to, explanation)?;
    writeln!(to)
}

impl Serialize for Explanation<'_> {
    /// Part by part: nothing of it is in memory as a whole.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Explanation { ranking, payload, unread, before, annotation, .. } = self;
        let damage = annotation.damage().map(|damage| {
            let (offset, path, fault) = (damage.offset, &damage.path, damage.kind.to_string());
            json!({ "offset": offset, "path": path, "fault": fault })
        });
        let mut document = serializer.serialize_map(None)?;
        document.serialize_entry("before", before)?;
        document.serialize_entry("damage", &damage)?;
        document.serialize_entry("len", &ranking.len)?;
        document.serialize_entry("payload", payload)?;
        document.serialize_entry("reading", ranking)?;
        document.serialize_entry("schema", SCHEMA)?;
        document.serialize_entry("spans", &Spans(annotation))?;
        document.serialize_entry("unread", &unread.as_ref().map(ToString::to_string))?;
        document.end()
    }
}

struct Spans<'a>(&'a Annotation<'a>);

impl Serialize for Spans<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.spans().map(|span| span_value(&span)))
    }
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

impl Serialize for Ranking {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let cx = self.best.context();
        let candidates = std::iter::once(&self.best).chain(&self.others);
        let candidates: Vec<Value> = candidates.map(|it| candidate_value(it, self.len)).collect();
        let certainty = match self.certainty {
            Certainty::Asked => "asked",
            Certainty::Named => "named",
            Certainty::Certain => "certain",
            Certainty::Shared(_) => "shared",
            Certainty::Likely => "likely",
            Certainty::Guess => "guess",
            Certainty::Nothing => "nothing",
        };
        let mut ranking = serializer.serialize_map(None)?;
        ranking.serialize_entry("candidates", &candidates)?;
        ranking.serialize_entry("certainty", certainty)?;
        let codec = cx.map(|cx| self.best.form.codec_at(cx.version));
        ranking.serialize_entry("codec", &codec)?;
        ranking.serialize_entry("form", self.best.form.word())?;
        ranking.serialize_entry("refused", &self.verdict.as_ref().err())?;
        ranking.serialize_entry("release", &cx.map(|cx| cx.release.to_string()))?;
        ranking.serialize_entry("value", &self.verdict.as_ref().ok())?;
        ranking.serialize_entry("version", &cx.map(|cx| cx.version.to_string()))?;
        ranking.end()
    }
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
