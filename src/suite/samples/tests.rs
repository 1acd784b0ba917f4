//! That the table is whole: every message, every variant, every field, named as promised.

pub(in crate::suite) mod facts;

use std::collections::{BTreeMap, BTreeSet};

use self::facts::{demand, show};
use super::*;
use crate::fabric::codec::shape::Shape;
use crate::fabric::codec::tree::Context;
use crate::fabric::release::Release;

/// The lines at their versions, in which a message can be spoken of at all.
fn contexts(message_type: MessageType) -> impl Iterator<Item = Context> {
    let row = message_type.row();
    Release::lines()
        .flat_map(|release| release.versions().map(move |version| Context { release, version }))
        .filter(move |cx| row.is_known_to(cx.release) && row.min_version <= cx.version)
}

#[test]
fn every_message_has_its_least_and_its_most() {
    for message_type in MessageType::all() {
        let samples: Vec<_> = samples(message_type).collect();
        let has = |case| samples.iter().any(|sample| sample.case == case);
        assert!(has("minimal"), "{message_type}");
        assert_eq!(has("max"), has_numbers(message_type.shape()), "{message_type}");
    }
}

#[test]
fn names_can_name_files_and_values_are_there_once() {
    for message_type in MessageType::all() {
        let samples: Vec<_> = samples(message_type).collect();
        let mut names = BTreeSet::new();
        for (index, Sample { case, message }) in samples.iter().enumerate() {
            assert_eq!(message.message_type(), message_type, "{case}");
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            assert!(case.chars().all(is_plain) && !case.starts_with(['.', '-']), "{case:?}");
            assert!(names.insert(case.to_ascii_lowercase()), "{message_type}/{case} twice");
            let twin = samples.iter().take(index).find(|other| other.message == *message);
            assert_eq!(twin.map(|twin| twin.case), None, "{message_type}/{case}");
        }
    }
}

#[test]
fn every_sample_can_be_said_by_a_line() {
    for Sample { case, message } in all() {
        let message_type = message.message_type();
        let is_said = contexts(message_type).any(|cx| {
            let fitted = message.clone().fitted(cx);
            fitted.is_ok_and(|m| m.encode(cx.release, cx.version.number()).is_ok())
        });
        assert!(is_said, "{message_type}/{case}");
    }
}

/// What the shape allows and no value of the message has: up to 1.3 a service must set its retention
/// (07 §3.3).
const IMPOSSIBLE: [(MessageType, &str); 2] = [
    (MessageType::MetadataMessage, "OldService.idempotency_retention is null"),
    (MessageType::MetadataMessage, "StandingService.idempotency_retention is null"),
];

/// A variant, field or element that no sample shows is named here.
#[test]
fn samples_show_every_variant_and_every_field() {
    let mut missing = BTreeMap::new();
    for message_type in MessageType::all() {
        let shape = message_type.shape();
        let (mut demanded, mut shown) = (BTreeSet::new(), BTreeSet::new());
        for cx in contexts(message_type) {
            demand(shape, "", cx.release, &[], &mut demanded);
            for sample in samples(message_type) {
                let json = sample.message.fitted(cx).and_then(|fitted| fitted.to_json(cx));
                if let Ok(json) = json {
                    show(shape, "", &json, &mut shown);
                }
            }
        }
        let impossible = IMPOSSIBLE.iter().filter(|(it, _)| *it == message_type);
        for (_, fact) in impossible {
            assert!(demanded.remove(*fact) && !shown.contains(*fact), "{message_type}: {fact}");
        }
        let rest: Vec<_> = demanded.difference(&shown).cloned().collect();
        if !rest.is_empty() {
            missing.insert(message_type, rest);
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

fn has_numbers(shape: Shape) -> bool {
    match shape.in_trees() {
        Shape::Uint(_) | Shape::Int(_) => true,
        Shape::Optional(inner) | Shape::List(inner) | Shape::Packed(inner) => has_numbers(*inner),
        Shape::Map(key, value) => has_numbers(*key) || has_numbers(*value),
        Shape::Tuple(shapes) => shapes.iter().any(|shape| has_numbers(*shape)),
        Shape::Record(record) => record.fields.iter().any(|field| has_numbers(field.shape)),
        Shape::Choice(choice) => {
            choice.variants.iter().filter_map(|variant| variant.shape).any(has_numbers)
        }
        _ => false,
    }
}

#[test]
fn both_json_forms_of_a_sample_are_the_same_text() {
    for message_type in MessageType::all() {
        for (cx, sample) in contexts(message_type)
            .flat_map(|cx| samples(message_type).map(move |sample| (cx, sample)))
        {
            let tape = sample.message.to_tape(cx).map(|tape| tape.to_string());
            let json = sample.message.to_json(cx).map(|json| json.to_string());
            assert_eq!(tape, json, "{cx:?} {message_type}/{}", sample.case);
        }
    }
}
