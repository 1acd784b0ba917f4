//! What is drawn: everything that the shapes allow.

use std::collections::BTreeSet;

use super::source::EDGES;
use super::*;
use crate::suite::samples;
use crate::suite::samples::tests::facts::{demand, show};
use fastrand::Rng;

/// Values of each message and line that are drawn, unless everything was seen before.
const DRAWS_MAX: u64 = 20_000;

fn drawn(message: MessageType, release: Release, seed: u64) -> Option<Message> {
    let mut rng = Rng::with_seed(seed);
    let len = rng.usize(..300);
    let bytes: Vec<u8> = std::iter::repeat_with(|| rng.u8(..)).take(len).collect();
    super::message(Unstructured::new(&bytes), message, release).ok().map(|(value, _)| value)
}

#[test]
fn nothing_draws_the_simplest_value() {
    for message in MessageType::all() {
        let lines = Release::lines().filter(|line| message.row().is_known_to(*line));
        for line in lines {
            let value = super::message(Unstructured::new(&[]), message, line);
            assert!(value.is_ok(), "{message} of {line}");
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

/// What shapes allow and is not drawn: up to 1.3 a service must set its retention (07 §3.3), and one of
/// its handlers, which need not, is drawn with it.
const NOT_DRAWN: [&str; 3] = [
    "OldService.idempotency_retention is null",
    "StandingService.idempotency_retention is null",
    "TargetMeta.idempotency_retention is null",
];

/// Every variant, every field there and not, lists of each length, and every number at which something
/// turns, in each width that a message has.
#[test]
fn everything_that_a_shape_allows_is_drawn() {
    let mut missing = Vec::new();
    for message in MessageType::all() {
        let lines: Vec<_> = Release::lines().filter(|it| message.row().is_known_to(*it)).collect();
        let mut left = BTreeSet::new();
        for line in &lines {
            demand(message.shape(), "", *line, &EDGES, &mut left);
        }
        left.retain(|fact| !NOT_DRAWN.contains(&fact.as_str()));
        for seed in 0..DRAWS_MAX {
            for line in &lines {
                let cx = Context { release: *line, version: line.highest_version() };
                let Some(Ok(json)) = drawn(message, *line, seed).map(|it| it.to_json(cx)) else {
                    continue;
                };
                let mut shown = BTreeSet::new();
                show(message.shape(), "", &json, &mut shown);
                left.retain(|fact| !shown.contains(fact));
            }
            if left.is_empty() {
                break;
            }
        }
        missing.extend(left.into_iter().map(|fact| format!("{message}: {fact}")));
    }
    assert!(missing.is_empty(), "{missing:#?}");
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
        let least = if samples::samples(message_type).count() < 4 { 1 } else { 8 };
        assert!(distinct.len() >= least, "{message_type}: {}", distinct.len());
    }
}
