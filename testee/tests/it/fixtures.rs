//! The libraries of the servers on the golden fixtures: what a release wrote is read and written again,
//! as bytes and by way of its value, and the same bytes come out.

use std::path::Path;

use serde_json::Value as Json;
use skewproof_testee::{At, Content, Testee};

use crate::{counter, fabric};

const MESSAGES: [&str; 10] = [
    "ClusterStateReply",
    "ControlProcessors",
    "CreateSnapshotRequest",
    "CreateSnapshotResponse",
    "Digest",
    "Seal",
    "Sealed",
    "Trim",
    "Trimmed",
    "WaitForTail",
];

/// What 1.2 and 1.3 wrote is without `current_version`, and 1.4 writes it.
const GROWS: [&str; 4] = [
    "v1/ControlProcessors/many.snap",
    "v1/ControlProcessors/max.snap",
    "v1/ControlProcessors/one-default.snap",
    "v1/ControlProcessors/typical.snap",
];

/// A fixture that holds bytes.
pub struct Fixture {
    /// Its folder and file, as `v2/Trim/max.snap`.
    name: String,
    pub version: i32,
    pub message: &'static str,
    value: Json,
    pub bytes: Vec<u8>,
}

/// The fixtures of the ten messages, without those of refusals.
pub fn fixtures() -> Vec<Fixture> {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden");
    let mut fixtures = Vec::new();
    for (version, message) in (1..=3).flat_map(|version| MESSAGES.map(|it| (version, it))) {
        let folder = format!("v{version}/{message}");
        for entry in golden.join(&folder).read_dir().unwrap() {
            let path = entry.unwrap().path();
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            if let Some((value, bytes)) = held(&text) {
                let name = format!("{folder}/{file}");
                fixtures.push(Fixture { name, version, message, value, bytes });
            }
        }
    }
    fixtures.sort_by(|a, b| a.name.cmp(&b.name));
    fixtures
}

/// The value and the bytes of a document: rows of an offset, digits, and what they are.
fn held(text: &str) -> Option<(Json, Vec<u8>)> {
    let (head, rows) = text.split_once("\nbytes: ")?;
    let (_, value) = head.split_once(" has it:\n")?;
    let (count, rows) = rows.split_once('\n').unwrap_or((rows, ""));
    let rows = rows.lines().take_while(|row| row.starts_with(|first: char| first.is_ascii_digit()));
    let digits: String = rows.filter_map(|row| row.split("  ").nth(1)).collect();
    let bytes = hex::decode(digits.replace(' ', "")).unwrap();
    if text.contains("too long to show") {
        return None;
    }
    assert_eq!(bytes.len(), count.trim().parse::<usize>().unwrap());
    Some((serde_json::from_str(value).unwrap(), bytes))
}

#[test]
fn the_libraries_write_what_the_releases_wrote() {
    let (mut equal, mut grown) = (0, Vec::new());
    for Fixture { name, version, message, bytes, .. } in fixtures() {
        let mut testee = fabric::testee(if version == 1 { "1.4" } else { "1.7" });
        let at = At { message, version: Some(version) };
        let written = testee.reencode(at, &bytes).unwrap_or_else(|no| panic!("{name}: {no:?}"));
        if written == bytes {
            equal += 1;
        } else {
            grown.push(name);
        }
    }
    assert_eq!(grown, GROWS);
    assert!(equal > 200, "{equal}");
}

#[test]
fn values_of_the_libraries_are_those_of_the_fixtures() {
    for Fixture { name, version, message, value, bytes } in fixtures() {
        let mut testee = fabric::testee(if version == 1 { "1.4" } else { "1.7" });
        let at = At { message, version: Some(version) };
        if GROWS.contains(&name.as_str()) {
            continue;
        }
        assert_eq!(testee.decode(at, &bytes).unwrap(), value, "{name}");
        assert_eq!(testee.encode(at, &value).unwrap(), bytes, "{name}");
    }
}

#[test]
fn ten_messages_at_the_versions_of_each_release() {
    for (release, first, last) in [("1.4", 1, 2), ("1.7", 2, 3)] {
        let mut messages = fabric::testee(release).hello().messages;
        messages.sort_by(|a, b| a.name.cmp(&b.name));
        let names: Vec<&str> = messages.iter().map(|message| message.name.as_str()).collect();
        assert_eq!(names, MESSAGES, "each is there once");
        for message in messages {
            let first = if message.name == "ClusterStateReply" { 2 } else { first };
            assert_eq!(message.versions, Some(first..=last), "{}", message.name);
        }
    }
}

#[test]
fn samples_of_the_counter_are_values_that_it_writes() {
    let mut testee = counter::testee();
    let at = At { message: "Count", version: Some(2) };
    let samples = testee.samples(at).unwrap();
    assert_eq!(samples.len(), 2);
    for sample in samples {
        let Content::Value(value) = sample.content else { panic!("bytes: {}", sample.name) };
        let bytes = testee.encode(at, &value).unwrap();
        assert_eq!(testee.decode(at, &bytes).unwrap(), value);
    }
}
