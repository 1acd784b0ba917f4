//! Changes of a message in flexbuffers form.

use super::rules::Change;
use super::sites::{FLAGS, Sites};
use crate::fabric::codec::shape::{ChoiceShape, Field, FieldShape, RecordShape, Shape};
use crate::fabric::gates;
use crate::fabric::release::Release;
use crate::suite::reference::Value;

/// The name of what no release has yet.
const NEXT: &str = "next_release";
/// Names of what no release has yet, before and behind all that there are.
const FIRST: &str = "!next_release";
const LAST: &str = "~next_release";

/// Visits every place of a value that can be changed.
pub fn walk(shape: Shape, value: &mut Value, release: Release, sites: &mut Sites) {
    match (shape.in_trees(), value) {
        (Shape::Optional(inner), value @ Value::Null) => {
            if let Some(default) = default(*inner, release)
                && sites.offer(Change::Require)
            {
                *value = default;
            }
        }
        (Shape::Optional(inner), value) => walk(*inner, value, release, sites),
        (Shape::List(shape) | Shape::Packed(shape), Value::List(elements)) => {
            if is_of_names(shape.in_trees()) && sites.offer(Change::AddName) {
                return elements.push(Value::Text(NEXT.to_owned()));
            }
            for (index, element) in elements.iter_mut().enumerate() {
                sites.element(index, |sites| walk(*shape, element, release, sites));
            }
        }
        (Shape::Map(Shape::Text(_), shape), Value::Map(entries)) => {
            for (index, (_, entry)) in entries.iter_mut().enumerate() {
                sites.element(index, |sites| walk(*shape, entry, release, sites));
            }
        }
        (Shape::Map(key, value), Value::List(pairs)) => {
            for (index, pair) in pairs.iter_mut().enumerate() {
                let Value::List(halves) = pair else { continue };
                sites.element(index, |sites| tuple([*key, *value], halves, release, sites));
            }
        }
        (Shape::Tuple(shapes), Value::List(elements)) => {
            tuple(shapes.iter().copied(), elements, release, sites);
        }
        (Shape::Record(record), Value::List(elements)) if record.positional => {
            if sites.offer(Change::AddElement) {
                return elements.push(Value::Uint(7));
            }
            for (field, element) in record.fields.iter().zip(elements) {
                sites.enter(field.field.name, |sites| walk(field.shape, element, release, sites));
            }
        }
        (Shape::Record(shape), value @ Value::Map(_)) => keyed(shape, value, release, sites),
        (Shape::Choice(shape), value @ (Value::Text(_) | Value::Map(_))) => {
            choice(shape, value, release, sites);
        }
        (Shape::Uint(_), Value::Uint(number))
            if sites.is_at(FLAGS.0) && sites.offer(Change::FlagBit) =>
        {
            *number |= FLAGS.1;
        }
        (Shape::Uint(bits @ 1..64), Value::Uint(number)) if sites.offer(Change::Widen) => {
            *number = 1 << bits | 5;
        }
        (Shape::Int(bits @ 1..63), Value::Int(number)) if sites.offer(Change::Widen) => {
            *number = 1 << bits | 5;
        }
        _ => {}
    }
}

fn tuple(
    shapes: impl IntoIterator<Item = Shape>,
    elements: &mut Vec<Value>,
    release: Release,
    sites: &mut Sites,
) {
    if sites.offer(Change::AddElement) {
        return elements.push(Value::Uint(7));
    }
    for (index, (shape, element)) in shapes.into_iter().zip(elements).enumerate() {
        sites.element(index, |sites| walk(shape, element, release, sites));
    }
}

/// Whether all that something can be is a name.
fn is_of_names(shape: Shape) -> bool {
    matches!(shape, Shape::Choice(choice) if choice.variants.iter().all(|it| it.shape.is_none()))
}

/// A record with keys, which may be written by position instead.
fn keyed(shape: &RecordShape, value: &mut Value, release: Release, sites: &mut Sites) {
    let Value::Map(entries) = value else { return };
    let change = if shape.rules.is_variant { Change::HeldByPosition } else { Change::ByPosition };
    if let Some(values) = by_position(shape, entries, release)
        && sites.offer(change)
    {
        *value = Value::List(values);
        return;
    }
    record(shape, entries, release, sites);
}

/// The values of a record in the order of its fields; none if one is missing that has to be there.
fn by_position(
    shape: &RecordShape,
    entries: &[(String, Value)],
    release: Release,
) -> Option<Vec<Value>> {
    let known = shape.fields.iter().filter(|field| field.field.gate.is_open(release));
    let values = known.map(|FieldShape { field, shape, .. }| {
        let value = entries.iter().find(|(key, _)| key == field.key).map(|(_, value)| value);
        let is_optional = matches!(shape.in_trees(), Shape::Optional(_));
        value.cloned().or_else(|| is_optional.then_some(Value::Null))
    });
    let values: Vec<Value> = values.collect::<Option<_>>()?;
    (!values.is_empty()).then_some(values)
}

fn record(
    record: &RecordShape,
    entries: &mut Vec<(String, Value)>,
    release: Release,
    sites: &mut Sites,
) {
    let nested = Value::Map(vec![(NEXT.to_owned(), Value::Uint(7))]);
    let open: &[(Change, Value)] = &[
        (Change::AddNumber, Value::Uint(7)),
        (Change::AddRecord, nested),
        (Change::AddNull, Value::Null),
    ];
    let closed: &[(Change, Value)] = &[(Change::AddToClosed, Value::Null)];
    for (change, value) in if record.rules.is_closed { closed } else { open } {
        if sites.offer(*change) {
            return entries.push((NEXT.to_owned(), value.clone()));
        }
    }
    for FieldShape { field, shape, .. } in record.fields {
        let Some(index) = entries.iter().position(|(key, _)| key == field.key) else { continue };
        let Some((_, value)) = entries.get_mut(index) else { continue };
        let is_optional =
            field.may_be_missing_for(release) || matches!(shape.in_trees(), Shape::Optional(_));
        let is_optional = is_optional && !must_be_set(record, field, release);
        let stop = if is_optional { Change::StopOptional } else { Change::StopRequired };
        let is_stopped = sites.enter(field.name, |sites| {
            let is_stopped = *value != Value::Null && sites.offer(stop);
            walk(*shape, value, release, sites);
            is_stopped
        });
        if is_stopped {
            entries.remove(index);
        }
    }
}

/// Whether a release wants a field where others do without: up to 1.3 a service must set its
/// retention (07 §3.3), and in logs some must say what others may leave open (09 §2.1, §3.1, §4, §9.1).
fn must_be_set(record: &RecordShape, field: &Field, release: Release) -> bool {
    let needs_retention = const { gates::gate("schema.needs_retention") };
    let may_be_silent = const { gates::gate("source.details_may_be_missing") };
    let may_be_bare = const { gates::gate("announcement.may_be_bare") };
    let may_be_null = const { gates::gate("journal_entry.may_be_null") };
    let may_have_no_leader = const { gates::gate("leader_metadata.may_be_null") };
    match (record.name, field.name) {
        ("OldService" | "StandingService", "idempotency_retention") => {
            needs_retention.is_open(release)
        }
        ("SourceProcessor", "partition_id" | "node_id") | ("SourceIngress", _) => {
            !may_be_silent.is_open(release)
        }
        ("AnnounceLeader", "node_id" | "partition_key_range") => !may_be_bare.is_open(release),
        ("JournalEntryV2", "entry") => !may_be_null.is_open(release),
        ("EpochMetadata", "leader_metadata") => !may_have_no_leader.is_open(release),
        _ => false,
    }
}

fn choice(choice: &ChoiceShape, value: &mut Value, release: Release, sites: &mut Sites) {
    if sites.offer(Change::AddUnit) {
        *value = Value::Text(NEXT.to_owned());
        return;
    }
    if sites.offer(Change::AddHolder) {
        *value = Value::Map(vec![(NEXT.to_owned(), Value::Uint(7))]);
        return;
    }
    if let Value::Text(name) = value
        && sites.offer(Change::UnitValue)
    {
        *value = Value::Map(vec![(std::mem::take(name), Value::Uint(7))]);
        return;
    }
    let Value::Map(entries) = value else { return };
    for (change, name) in [(Change::EntryAfter, LAST), (Change::EntryBefore, FIRST)] {
        if sites.offer(change) {
            return entries.push((name.to_owned(), Value::Uint(7)));
        }
    }
    let [(name, held)] = entries.as_mut_slice() else { return };
    let known = choice.variants.iter().find(|variant| variant.variant.name == name);
    if let Some(shape) = known.and_then(|known| known.shape) {
        sites.enter(name, |sites| walk(shape, held, release, sites));
    }
}

/// The default of a type, as a release writes it. None where the shape does not tell.
fn default(shape: Shape, release: Release) -> Option<Value> {
    let zeros =
        |prefix: &str, digits: usize| Some(Value::Text(prefix.to_owned() + &"0".repeat(digits)));
    match shape.in_trees() {
        Shape::Bool => Some(Value::Bool(false)),
        Shape::Uint(_) => Some(Value::Uint(0)),
        Shape::Int(_) => Some(Value::Int(0)),
        // The spellings of 03 §5.
        Shape::Text("a ULID") => zeros("", 26),
        Shape::Text("an invocation id") => zeros("inv_1", 33),
        Shape::Text("a deployment id") => zeros("dp_1", 22),
        Shape::Text("a snapshot id") => zeros("snap_1", 22),
        Shape::Text("a subscription id") => zeros("sub_1", 22),
        Shape::Text("a duration") => Some(Value::Text("0s".to_owned())),
        Shape::Text("text") => zeros("", 0),
        Shape::Blob => Some(Value::Blob(Vec::new())),
        Shape::List(_) | Shape::Packed(_) => Some(Value::List(Vec::new())),
        Shape::Optional(_) => Some(Value::Null),
        Shape::Tuple(shapes) => {
            let elements = shapes.iter().map(|shape| default(*shape, release));
            elements.collect::<Option<_>>().map(Value::List)
        }
        Shape::Record(record) if record.positional => {
            let elements = record.fields.iter().map(|field| default(field.shape, release));
            elements.collect::<Option<_>>().map(Value::List)
        }
        Shape::Record(record) => {
            let known = record.fields.iter().filter(|field| field.field.gate.is_open(release));
            let entry = |field: &FieldShape| {
                Some((field.field.key.to_owned(), default(field.shape, release)?))
            };
            known.map(entry).collect::<Option<_>>().map(Value::Map)
        }
        Shape::Choice(choice) => {
            let mut known = choice.variants.iter().filter(|v| v.variant.gate.is_open(release));
            let first = known.next()?;
            let name = first.variant.name.to_owned();
            match first.shape {
                None => Some(Value::Text(name)),
                Some(shape) => Some(Value::Map(vec![(name, default(shape, release)?)])),
            }
        }
        _ => None,
    }
}
