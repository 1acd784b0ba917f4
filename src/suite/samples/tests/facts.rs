//! What can be seen of values, and what could be: for tests that nothing is left out.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::fabric::codec::shape::{ChoiceShape, RecordShape, Shape};
use crate::fabric::release::Release;

/// What can be seen of a value: `Store.timeout_at is null`, `Keys::Pair`. A place is the field or
/// variant that holds a value, whatever the way to it.
pub type Facts = BTreeSet<String>;

/// The facts of values of a shape, as far as a release can express them, with numbers at edges.
pub fn demand(shape: Shape, place: &str, release: Release, edges: &[u64], facts: &mut Facts) {
    let mut all = |names: &[&str]| facts.extend(names.iter().map(|name| format!("{place} {name}")));
    match shape.in_trees() {
        Shape::Optional(inner) => {
            all(&["is null", "is there"]);
            demand(*inner, place, release, edges, facts);
        }
        Shape::List(inner) | Shape::Packed(inner) => {
            all(&["is empty", "has one", "has more"]);
            demand(*inner, place, release, edges, facts);
        }
        Shape::Map(key, value) => {
            all(&["is empty", "has one", "has more"]);
            demand(*key, place, release, edges, facts);
            demand(*value, place, release, edges, facts);
        }
        Shape::Tuple(shapes) => {
            shapes.iter().for_each(|shape| demand(*shape, place, release, edges, facts));
        }
        Shape::Record(record) => {
            for field in record.fields.iter().filter(|field| field.field.gate.is_open(release)) {
                let place = format!("{}.{}", record.name, field.field.name);
                facts.insert(format!("{place} is set"));
                demand(field.shape, &place, release, edges, facts);
            }
        }
        Shape::Choice(choice) => {
            for variant in choice.variants.iter().filter(|v| v.variant.gate.is_open(release)) {
                let place = format!("{}::{}", choice.name, variant.variant.name);
                facts.insert(place.clone());
                if let Some(shape) = variant.shape {
                    demand(shape, &place, release, edges, facts);
                }
            }
        }
        Shape::Uint(bits @ ..=64) | Shape::Int(bits) => {
            facts
                .extend(edges.iter().map(|edge| number(shape, edge << (64 - bits) >> (64 - bits))));
        }
        _ => {}
    }
}

/// A number of the width of a shape, wherever in the message.
fn number(shape: Shape, bits: u64) -> String {
    format!("{shape:?} {bits}")
}

/// The facts of one value.
pub fn show(shape: Shape, place: &str, json: &Json, facts: &mut Facts) {
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
        Shape::Uint(_) => facts.extend(json.as_u64().map(|it| number(shape, it))),
        Shape::Int(bits) => {
            let bits = json.as_i64().map(|it| it.cast_unsigned() << (64 - bits) >> (64 - bits));
            facts.extend(bits.map(|bits| number(shape, bits)));
        }
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
