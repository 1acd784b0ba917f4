//! That the table is whole: every message, every variant, every field, named as promised.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::*;
use crate::fabric::codec::shape::{ChoiceShape, RecordShape, Shape};
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
        let samples = samples(message_type);
        let has = |case| samples.iter().any(|sample| sample.case == case);
        assert!(has("minimal"), "{message_type}");
        assert_eq!(has("max"), has_numbers(message_type.shape()), "{message_type}");
    }
}

#[test]
fn names_can_name_files_and_values_are_there_once() {
    for message_type in MessageType::all() {
        let samples = samples(message_type);
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
            demand(shape, "", cx.release, &mut demanded);
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

/// What can be seen of a value: `Store.timeout_at is null`, `Keys::Pair`. A place is the field or
/// variant that holds a value, whatever the way to it.
type Facts = BTreeSet<String>;

/// The facts of values of a shape, as far as a release can express them.
fn demand(shape: Shape, place: &str, release: Release, facts: &mut Facts) {
    let mut all = |names: &[&str]| facts.extend(names.iter().map(|name| format!("{place} {name}")));
    match shape.in_trees() {
        Shape::Optional(inner) => {
            all(&["is null", "is there"]);
            demand(*inner, place, release, facts);
        }
        Shape::List(inner) | Shape::Packed(inner) => {
            all(&["is empty", "has one", "has more"]);
            demand(*inner, place, release, facts);
        }
        Shape::Map(key, value) => {
            all(&["is empty", "has one", "has more"]);
            demand(*key, place, release, facts);
            demand(*value, place, release, facts);
        }
        Shape::Tuple(shapes) => {
            shapes.iter().for_each(|shape| demand(*shape, place, release, facts));
        }
        Shape::Record(record) => {
            for field in record.fields.iter().filter(|field| field.field.gate.is_open(release)) {
                let place = format!("{}.{}", record.name, field.field.name);
                facts.insert(format!("{place} is set"));
                demand(field.shape, &place, release, facts);
            }
        }
        Shape::Choice(choice) => {
            for variant in choice.variants.iter().filter(|v| v.variant.gate.is_open(release)) {
                let place = format!("{}::{}", choice.name, variant.variant.name);
                facts.insert(place.clone());
                if let Some(shape) = variant.shape {
                    demand(shape, &place, release, facts);
                }
            }
        }
        _ => {}
    }
}

/// The facts of one value.
fn show(shape: Shape, place: &str, json: &Json, facts: &mut Facts) {
    let elements = || json.as_array().into_iter().flatten();
    match shape.in_trees() {
        Shape::Optional(inner) if is_none(*inner, json) => {
            facts.insert(format!("{place} is null"));
        }
        Shape::Optional(inner) => {
            facts.insert(format!("{place} is there"));
            show(*inner, place, json, facts);
        }
        Shape::List(inner) | Shape::Packed(inner) => {
            show_count(elements().count(), place, facts);
            elements().for_each(|element| show(*inner, place, element, facts));
        }
        Shape::Map(key, value) => {
            let pairs = elements().filter_map(|pair| Some((pair.get(0)?.clone(), pair.get(1)?)));
            let named = json.as_object().into_iter().flatten();
            let named = named.map(|(key, value)| (Json::from(key.as_str()), value));
            let entries: Vec<_> = pairs.chain(named).collect();
            show_count(entries.len(), place, facts);
            for (entry_key, entry_value) in entries {
                show(*key, place, &entry_key, facts);
                show(*value, place, entry_value, facts);
            }
        }
        Shape::Tuple(shapes) => {
            shapes
                .iter()
                .zip(elements())
                .for_each(|(shape, json)| show(*shape, place, json, facts));
        }
        Shape::Record(record) => show_record(record, json, facts),
        Shape::Choice(choice) => show_choice(choice, json, facts),
        _ => {}
    }
}

fn show_count(count: usize, place: &str, facts: &mut Facts) {
    let fact = match count {
        0 => "is empty",
        1 => "has one",
        _ => "has more",
    };
    facts.insert(format!("{place} {fact}"));
}

fn show_record(record: &RecordShape, json: &Json, facts: &mut Facts) {
    for (index, field) in record.fields.iter().enumerate() {
        let place = format!("{}.{}", record.name, field.field.name);
        let name = field.field.name;
        let value = if record.positional { json.get(index) } else { json.get(name) };
        match (value, field.shape.in_trees()) {
            (Some(value), shape) => {
                if !is_default(shape, value) {
                    facts.insert(format!("{place} is set"));
                }
                show(shape, &place, value, facts);
            }
            // Left out, because it has its default value or the release does not know it.
            (None, Shape::Optional(_)) => drop(facts.insert(format!("{place} is null"))),
            (None, Shape::List(_) | Shape::Map(..)) => show_count(0, &place, facts),
            (None, _) => {}
        }
    }
}

fn show_choice(choice: &ChoiceShape, json: &Json, facts: &mut Facts) {
    let (name, value) = match json.as_object().and_then(|map| map.iter().next()) {
        Some((name, value)) => (name.as_str(), Some(value)),
        None => (json.as_str().unwrap(), None),
    };
    // The one variant whose name changed.
    let name = if name == "metadata-store" { "metadata-server" } else { name };
    let place = format!("{}::{name}", choice.name);
    let variant = choice.variants.iter().find(|variant| variant.variant.name == name);
    let variant = variant.unwrap_or_else(|| panic!("{place}"));
    if let (Some(shape), Some(value)) = (variant.shape, value) {
        show(shape, &place, value, facts);
    }
    facts.insert(place);
}

/// Up to 1.3 the status of a sequencer says `Ok` where it later says nothing.
fn is_none(inner: Shape, json: &Json) -> bool {
    let is_variant = |name| match inner {
        Shape::Choice(choice) => choice.variants.iter().any(|v| v.variant.name == name),
        _ => true,
    };
    json.is_null() || (json == "Ok" && !is_variant("Ok"))
}

/// Whether a value is the default of its shape, as far as its JSON form tells.
fn is_default(shape: Shape, json: &Json) -> bool {
    match shape.in_trees() {
        Shape::Optional(inner) => is_none(*inner, json),
        Shape::List(_) | Shape::Packed(_) | Shape::Map(..) => is_blank(json),
        Shape::Record(record) => record.fields.iter().enumerate().all(|(index, field)| {
            let name = field.field.name;
            let value = if record.positional { json.get(index) } else { json.get(name) };
            value.is_none_or(|value| is_default(field.shape, value))
        }),
        Shape::Choice(choice) => match choice.variants.first() {
            Some(first) if first.shape.is_none() => json == first.variant.name,
            Some(first) => json
                .get(first.variant.name)
                .zip(first.shape)
                .is_some_and(|(value, shape)| is_default(shape, value)),
            None => true,
        },
        _ => is_blank(json),
    }
}

/// Whether there is nothing in it but zeros.
fn is_blank(json: &Json) -> bool {
    match json {
        Json::Null => true,
        Json::Bool(value) => !value,
        Json::Number(number) => number.as_u64() == Some(0),
        Json::String(text) => text.is_empty() || text == "0",
        Json::Array(elements) => elements.is_empty(),
        Json::Object(map) => map.values().all(is_blank),
    }
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
            .flat_map(|cx| samples(message_type).into_iter().map(move |sample| (cx, sample)))
        {
            let tape = sample.message.to_tape(cx).map(|tape| tape.to_string());
            let json = sample.message.to_json(cx).map(|json| json.to_string());
            assert_eq!(tape, json, "{cx:?} {message_type}/{}", sample.case);
        }
    }
}
