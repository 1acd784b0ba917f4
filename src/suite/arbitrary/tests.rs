//! What is drawn: everything that the shapes allow.

use std::collections::BTreeSet;

use fastrand::Rng;
use serde_json::Value as Json;

use super::*;
use crate::fabric::codec::shape::Shape;
use crate::suite::samples;

/// Values of each message that are drawn.
const DRAWS: u64 = 6_000;

fn drawn(message: MessageType, release: Release, seed: u64) -> Option<Message> {
    let mut rng = Rng::with_seed(seed);
    let len = rng.usize(..300);
    let bytes: Vec<u8> = std::iter::repeat_with(|| rng.u8(..)).take(len).collect();
    from_bytes(message, release, &bytes, None)
}

#[test]
fn nothing_draws_the_simplest_value() {
    for message in MessageType::all() {
        let lines = Release::lines().filter(|line| message.row().is_known_to(*line));
        for line in lines {
            let value = from_bytes(message, line, &[], None);
            assert!(value.is_some(), "{message} of {line}");
        }
    }
}

#[test]
fn most_draws_are_values_and_equal_bytes_equal_values() {
    for message in MessageType::all() {
        for line in Release::lines().filter(|line| message.row().is_known_to(*line)) {
            let values = (0..200).filter(|seed| drawn(message, line, *seed).is_some()).count();
            assert!(values > 120, "{message} of {line}: {values} of 200");
            assert_eq!(drawn(message, line, 5), drawn(message, line, 5));
        }
    }
}

/// The paths of fields and variants in a JSON form.
fn paths(json: &Json, path: &str, seen: &mut BTreeSet<String>) {
    match json {
        Json::Object(members) => {
            for (name, member) in members {
                let path = format!("{path}.{name}");
                seen.insert(path.clone());
                paths(member, &path, seen);
            }
        }
        Json::Array(elements) => elements.iter().for_each(|it| paths(it, path, seen)),
        Json::String(text) => {
            seen.insert(format!("{path}={text}"));
        }
        Json::Null => {
            seen.insert(format!("{path}=null"));
        }
        _ => {}
    }
}

/// Names of the variants that a line has in a shape, each with the name of its type.
fn variants(shape: &Shape, line: Release, seen: &mut BTreeSet<(&'static str, &'static str)>) {
    match shape {
        Shape::Optional(it) | Shape::List(it) | Shape::Packed(it) | Shape::Wrapped(_, it) => {
            variants(it, line, seen);
        }
        Shape::Map(key, value) => {
            variants(key, line, seen);
            variants(value, line, seen);
        }
        Shape::Tuple(shapes) => shapes.iter().for_each(|shape| variants(shape, line, seen)),
        Shape::Record(record) => {
            let known = record.fields.iter().filter(|it| it.field.gate.is_open(line));
            known.for_each(|it| variants(&it.shape, line, seen));
        }
        Shape::Dual(dual) => variants(&dual.tree, line, seen),
        Shape::Choice(choice) => {
            for variant in choice.variants.iter().filter(|it| it.variant.gate.is_open(line)) {
                seen.insert((choice.name, variant.variant.name));
                variant.shape.iter().for_each(|shape| variants(shape, line, seen));
            }
        }
        _ => {}
    }
}

/// Each variant of each message is drawn, by its name in the JSON form.
#[test]
fn every_variant_is_drawn() {
    let mut missing = Vec::new();
    for message in MessageType::all() {
        let (mut expected, mut seen) = (BTreeSet::new(), BTreeSet::new());
        for line in Release::lines().filter(|line| message.row().is_known_to(*line)) {
            variants(&message.shape(), line, &mut expected);
            let cx = Context { release: line, version: line.highest_version() };
            for value in (0..DRAWS / 4).filter_map(|seed| drawn(message, line, seed)) {
                let Ok(json) = value.to_json(cx) else { continue };
                paths(&json, "", &mut seen);
            }
        }
        for (of, name) in expected {
            let (unit, member) = (format!("={name}"), format!(".{name}"));
            let is_there = |path: &String| path.ends_with(&unit) || path.ends_with(&member);
            if !seen.iter().any(is_there) {
                missing.push(format!("{message}: {of}::{name}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// What the samples show, arbitrary values show as well: each field that is set in one.
#[test]
fn every_field_of_the_samples_is_drawn() {
    let mut missing = Vec::new();
    for message in MessageType::all() {
        let (mut expected, mut seen) = (BTreeSet::new(), BTreeSet::new());
        for line in Release::lines().filter(|line| message.row().is_known_to(*line)) {
            let cx = Context { release: line, version: line.highest_version() };
            let json = |value: Message| value.fitted(cx).ok()?.to_json(cx).ok();
            for value in samples::samples(message).into_iter().filter_map(|it| json(it.message)) {
                paths(&value, "", &mut expected);
            }
            for seed in 0..DRAWS / 6 {
                if let Some(value) = drawn(message, line, seed).and_then(json) {
                    paths(&value, "", &mut seen);
                }
            }
        }
        // Texts are the samples' own, and so are the documents of schemas and keys of maps.
        let is_own = |path: &&String| {
            let maps = ["=", "Schema.", "metadata.", "name_lookup."];
            maps.iter().any(|map| path.contains(map))
        };
        let lost = expected.iter().filter(|path| !is_own(path) && !seen.contains(*path));
        missing.extend(lost.map(|path| format!("{message}{path}")));
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Numbers at the end of their type.
#[test]
fn boundary_values_are_drawn() {
    let release: Release = "1.5".parse().unwrap();
    let cx = Context { release, version: release.highest_version() };
    let mut seen = BTreeSet::new();
    for seed in 0..DRAWS {
        let Some(value) = drawn(MessageType::RemoteQueryScannerOpen, release, seed) else {
            continue;
        };
        let json = value.to_json(cx).unwrap();
        for name in ["partition_id", "limit", "batch_size"] {
            seen.extend(json.get(name).and_then(Json::as_u64).map(|number| (name, number)));
        }
    }
    for (name, number) in [
        ("partition_id", 0),
        ("partition_id", 255),
        ("partition_id", 256),
        ("partition_id", 65_535),
        ("limit", 0),
        ("limit", 16_512),
        ("limit", u64::MAX),
        ("batch_size", u64::from(u32::MAX) + 1),
        ("batch_size", 1 << 63),
    ] {
        assert!(seen.contains(&(name, number)), "{name} {number}");
    }
}

#[test]
fn a_seed_gives_one_value_and_seeds_give_many() {
    for message_type in MessageType::all() {
        let values: Vec<_> = (0..64).filter_map(|seed| from_seed(message_type, seed)).collect();
        let again: Vec<_> = (0..64).filter_map(|seed| from_seed(message_type, seed)).collect();
        assert_eq!(values, again, "{message_type}");
        let mut distinct: Vec<&Message> = Vec::new();
        for value in &values {
            if !distinct.contains(&value) {
                distinct.push(value);
            }
        }
        // A message without fields, or with few variants, has nothing else to say.
        let least = if samples::samples(message_type).len() < 4 { 1 } else { 8 };
        assert!(distinct.len() >= least, "{message_type}: {}", distinct.len());
    }
}
