//! Against what released servers wrote, said to each other, and choked on: the reference data
//! beside the project, where it is there.

use std::time::Duration;

use bytes::Bytes;
use skewproof::fabric::catalogue::{Codec, Message, MessageType};
use skewproof::fabric::payload::DecodeError;
use skewproof::fabric::release::Release;
use skewproof::fabric::version::ProtocolVersion;
use skewproof::suite::captures::{self, Recording};
use skewproof::suite::subject::Fabric;
use skewproof::suite::vectors::Source;

use crate::captured::verified;
use crate::reference;

/// A thread whose stack is as small as any that a server gives its tasks.
const STACK_LEN: usize = 2 * 1024 * 1024;

#[test]
fn every_vector_holds() {
    let Some(folder) = reference::folder("vectors") else { return };
    let files = reference::files(&folder, "jsonl").into_iter();
    let sources: Vec<_> =
        files.map(|(name, text)| Source::new(name, move || Ok(text.clone()))).collect();
    let report = verified(sources, &Fabric).unwrap();
    let findings: Vec<_> = report.findings().take(5).collect();
    assert!(report.is_ok(), "{findings:#?}");
    assert!(report.tally().passed > 0);
}

#[test]
fn every_recorded_conversation_replays() {
    let Some(folder) = reference::folder("captures") else { return };
    let mut files = reference::files(&folder, "jsonl");
    files.extend(reference::files(&folder.join("more"), "jsonl"));
    let recordings: Vec<_> =
        files.into_iter().map(|(name, text)| Recording::parse(&name, &text).unwrap()).collect();
    let report = captures::replay(&recordings, &Fabric, |_| {});
    let findings: Vec<_> = report.findings().take(5).collect();
    assert!(report.is_ok(), "{findings:#?}");
    assert_eq!(report.tally().skipped, 0);
}

/// What is proposed of a recording are vectors that hold, and nothing twice.
#[test]
fn values_of_recordings_become_vectors() {
    let Some(folder) = reference::folder("captures") else { return };
    let files = reference::files(&folder, "jsonl").into_iter();
    let recordings: Vec<_> =
        files.map(|(name, text)| Recording::parse(&name, &text).unwrap()).collect();
    let proposed = captures::proposals(&recordings);
    assert!(!proposed.is_empty() && proposed.len() < 100, "{}", proposed.len());
    let text: String = proposed.iter().map(|it| it.line() + "\n").collect();
    let source = Source::new("adopted.jsonl", move || Ok(text.clone()));
    let report = verified(vec![source], &Fabric).unwrap();
    let findings: Vec<_> = report.findings().take(5).collect();
    assert!(report.is_ok(), "{findings:#?}");
    assert!(report.tally().passed >= proposed.len() as u64);
    let twice = [recordings[0].name.as_str(); 2].map(|name| {
        let (_, text) =
            reference::files(&folder, "jsonl").into_iter().find(|it| it.0 == name).unwrap();
        Recording::parse(name, &text).unwrap()
    });
    let once = captures::proposals(&recordings[..1]).len();
    assert_eq!(captures::proposals(&twice).len(), once);
}

/// Bytes that make other decoders panic, overflow their stack, hang or eat memory.
#[test]
fn hostile_bytes_are_an_error_for_every_message() {
    let Some(folder) = reference::folder("hostile") else { return };
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let bytes = Bytes::from(std::fs::read(&path).unwrap());
        let name = path.display().to_string();
        let refused = std::thread::Builder::new().stack_size(STACK_LEN).spawn(move || {
            let start = std::time::Instant::now();
            let refused = every_reading(&bytes).all(|decoded| decoded.is_err());
            assert!(start.elapsed() < Duration::from_secs(10), "a hang, not a slow machine");
            refused
        });
        assert!(refused.unwrap().join().unwrap(), "{name} is taken for a flexbuffers payload");
    }
}

/// What every release makes of the bytes, as every message that is flexbuffers to it.
fn every_reading(bytes: &Bytes) -> impl Iterator<Item = Result<Message, DecodeError>> + '_ {
    Release::all().flat_map(move |release| {
        MessageType::all().flat_map(move |message_type| {
            let is_flexbuffers = move |version: &ProtocolVersion| {
                message_type.row().codec_at(*version) == Codec::Flexbuffers
            };
            ProtocolVersion::ALL
                .into_iter()
                .filter(is_flexbuffers)
                .map(move |version| Message::decode(message_type, bytes, release, version.number()))
        })
    })
}
