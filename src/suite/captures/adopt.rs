//! Which values of recordings show something that no sample has: a member that is there, a variant, a
//! list that is not empty. Such a value becomes a line of reference vectors, with the bytes that its
//! release wrote.

use std::collections::{BTreeSet, HashMap};

use bytes::Bytes;
use serde_json::{Value as Json, json};

use super::content::{Content, Stream};
use super::recording::{Recording, StreamId};
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::envelope::Message as Frame;
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::harness::report::Table;
use crate::suite::samples;

/// What is shown of what is new in one value.
const SHOWN_MAX: usize = 3;
/// Letters of a name that is taken for a variant, at most.
const VARIANT_LEN_MAX: usize = 40;

/// A value that shows something new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The recording, and the number of the frame in it.
    pub frame: (String, u64),
    /// The release that wrote it.
    pub release: Release,
    /// The version of its stream.
    pub version: ProtocolVersion,
    /// The message.
    pub message: MessageType,
    /// What no sample has.
    pub shows: BTreeSet<String>,
    value: Json,
    bytes: Bytes,
}

impl Proposal {
    /// The value as a line of vectors.
    pub fn line(&self) -> String {
        let (recording, number) = &self.frame;
        let stem = recording.split(".jsonl").next().unwrap_or(recording);
        json!({
            "release": self.release.exact_name(),
            "protocol": self.version.to_string(),
            "message": self.message.row().word(),
            "case": format!("recorded-{stem}-{number}"),
            "value": self.value,
            "hex": hex::encode(&self.bytes),
        })
        .to_string()
    }
}

/// The values of recordings that show something new, each only what those before it do not.
pub fn proposals(recordings: &[Recording]) -> Vec<Proposal> {
    let mut known = HashMap::new();
    recordings.iter().flat_map(|recording| of(recording, &mut known)).collect()
}

/// What is proposed, as a table.
pub fn table(proposals: &[Proposal]) -> Table {
    let columns = ["message", "version", "release", "frame", "what no sample has"];
    let mut table = Table::new("values that no sample has", columns);
    for it in proposals {
        let more = it.shows.len().saturating_sub(SHOWN_MAX);
        let mut shows = it.shows.iter().take(SHOWN_MAX).cloned().collect::<Vec<_>>().join(", ");
        if more > 0 {
            shows.push_str(&format!(" and {more} more"));
        }
        let (recording, number) = &it.frame;
        table.rows.push(vec![
            it.message.row().word().to_owned(),
            it.version.to_string(),
            it.release.exact_name(),
            format!("{recording} {number}"),
            shows,
        ]);
    }
    table
}

/// What is known of a message as a release has it at a version.
type Known = HashMap<(MessageType, ProtocolVersion, &'static str), BTreeSet<String>>;

fn of(recording: &Recording, known: &mut Known) -> Vec<Proposal> {
    let mut streams: HashMap<StreamId, Stream> = HashMap::new();
    let mut proposals = Vec::new();
    for frame in &recording.frames {
        let Ok(release) = recording.release(frame, frame.side) else { continue };
        let Ok(decoded) = Frame::decode(release, frame.bytes.clone()) else { continue };
        let stream = streams.entry(frame.stream).or_default();
        let content = stream.content(&decoded, frame.side, release);
        let version = stream.version.and_then(ProtocolVersion::from_number);
        let (Content::Payload(message, bytes), Some(version)) = (content, version) else {
            continue;
        };
        let cx = Context { release, version };
        let Some(value) = faithful(message, &bytes, cx) else { continue };
        let key = (message, version, release.name());
        let known = known.entry(key).or_insert_with(|| of_samples(message, cx));
        let shows: BTreeSet<String> = features(&value).difference(known).cloned().collect();
        if !shows.is_empty() {
            known.extend(shows.iter().cloned());
            let frame = (recording.name.clone(), frame.number);
            proposals.push(Proposal { frame, release, version, message, shows, value, bytes });
        }
    }
    proposals
}

/// The JSON form of bytes that are the only ones of their value.
fn faithful(message: MessageType, bytes: &Bytes, cx: Context) -> Option<Json> {
    let number = cx.version.number();
    let value = Message::decode(message, bytes, cx.release, number).ok()?;
    let again = value.encode(cx.release, number).ok()?;
    (again == *bytes).then(|| value.to_json(cx).ok())?
}

fn of_samples(message: MessageType, cx: Context) -> BTreeSet<String> {
    let samples = samples::samples(message);
    let fitted = samples.filter_map(|sample| sample.message.fitted(cx).ok()?.to_json(cx).ok());
    fitted.flat_map(|value| features(&value)).collect()
}

/// What a value has in it, by places: what is there, what is empty, and which variant.
fn features(value: &Json) -> BTreeSet<String> {
    let mut features = BTreeSet::new();
    walk(value, "", &mut features);
    features
}

fn walk(value: &Json, place: &str, features: &mut BTreeSet<String>) {
    let mut is = |what: &str| {
        features.insert(format!("{place}{what}"));
    };
    match value {
        Json::Null => is(" null"),
        Json::Bool(it) => is(&format!(" {it}")),
        Json::Number(it) => is(if it.as_f64() == Some(0.0) { " zero" } else { " number" }),
        Json::String(it) if is_variant(it) => is(&format!(" {it}")),
        Json::String(it) => is(if it.is_empty() { " no text" } else { " text" }),
        Json::Array(it) => {
            is(if it.is_empty() { " empty" } else { " elements" });
            it.iter().for_each(|it| walk(it, &format!("{place}[]"), features));
        }
        Json::Object(it) => {
            let dot = if place.is_empty() { "" } else { "." };
            it.iter().for_each(|(name, it)| walk(it, &format!("{place}{dot}{name}"), features));
        }
    }
}

/// Whether a text looks as names of variants do.
fn is_variant(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.len() <= VARIANT_LEN_MAX
        && text.chars().all(|c| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_value_shows_is_told_by_places() {
        let value = json!({ "a": [{ "b": "Dead" }, { "b": "n1" }], "c": null, "d": 0, "e": [] });
        let due = ["a elements", "a[].b Dead", "a[].b text", "c null", "d zero", "e empty"];
        assert_eq!(features(&value).into_iter().collect::<Vec<_>>(), due);
    }
}
