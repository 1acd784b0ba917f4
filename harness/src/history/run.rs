//! An entry made of the JSON document of a run.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Entry;
use crate::comparison::{DocumentError, document};
use crate::golden::Digest;

/// What the document of a run does not say of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Added {
    /// The day of the run, as `2026-11-29`.
    pub date: String,
    /// Which build of ours ran.
    pub release: String,
    /// What else was measured, by the name of the measure.
    pub measures: BTreeMap<String, f64>,
}

/// What is remembered of a run.
///
/// # Errors
///
/// If the text is no document of a run.
pub fn entry(text: &str, added: Added) -> Result<Entry, DocumentError> {
    let document = document(text)?;
    let title = document.get("title").and_then(Value::as_str);
    let is_ok = document.get("ok").and_then(Value::as_bool);
    let tally = document.get("tally").ok_or(DocumentError::Damaged("tally"))?;
    let count = |name: &'static str| {
        tally.get(name).and_then(Value::as_u64).ok_or(DocumentError::Damaged(name))
    };
    let cases = [count("passed")?, count("failed")?, count("skipped")?];
    // Documents from before causes were told have none.
    let causes = document.get("causes").and_then(Value::as_array).map(|causes| causes.len() as u64);
    let requirements = document.get("requirements").and_then(|them| them.get("rows"));
    let entry = Entry {
        digest: Digest::of(text).to_string(),
        date: added.date,
        release: added.release,
        title: title.ok_or(DocumentError::Damaged("title"))?.to_owned(),
        is_ok: is_ok.ok_or(DocumentError::Damaged("ok"))?,
        cases,
        findings: causes.unwrap_or(cases[1]),
        pairs: named(document.get("verdicts"), "pair", "word"),
        requirements: named(requirements, "id", "standing"),
        measures: added.measures,
    };
    if entry.is_consistent() {
        Ok(entry)
    } else {
        Err(DocumentError::Damaged("whether it is ok, against its findings"))
    }
}

/// Of a list of objects, one member by another; empty where there is no list.
fn named(list: Option<&Value>, key: &str, value: &str) -> BTreeMap<String, String> {
    let items = list.and_then(Value::as_array).into_iter().flatten();
    let text = |item: &Value, name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
    items.filter_map(|item| Some((text(item, key)?, text(item, value)?))).collect()
}
