//! The flexbuffers form of a value as a tree (03 §3.1), from its shape and its JSON form.
//!
//! The JSON form has the structure of the flexbuffer, but not its keys, nor its order, nor the kinds
//! of its numbers and bytes; and of three types it says something else (03 §6.4, §8).

use serde_json::Value as Json;

use super::ReferenceError;
use super::rules::{ByteStrings, Durations, RoleOrder, Rules};
use super::scalar::{bytes, find_variant, list, pair, spelling, text, uint, variant};
use crate::fabric::codec::shape::{ChoiceShape, FieldShape, RecordShape, Shape};
use crate::fabric::codec::tree::Context;

/// A flexbuffers value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A signed number.
    Int(i64),
    /// An unsigned number.
    Uint(u64),
    /// A floating-point number.
    Float(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
    /// Values by position.
    List(Vec<Value>),
    /// Values by key, in the order in which they are visited.
    Map(Vec<(String, Value)>),
}

/// The tree of a value.
pub fn value(
    shape: &Shape,
    json: &Json,
    cx: Context,
    rules: &Rules,
) -> Result<Value, ReferenceError> {
    Grower { cx, rules }.value(shape, json)
}

/// The order of roles up to 1.5, and the order since (03 §8).
const ROLES_UNTIL_1_5: [&str; 5] = ["worker", "admin", METADATA_ROLE, "log-server", "http-ingress"];
const ROLES_SINCE_1_6: [&str; 5] = ["http-ingress", "admin", "worker", "log-server", METADATA_ROLE];

/// The metadata role, and what 1.2 calls it.
const METADATA_ROLE: &str = "metadata-server";
const METADATA_ROLE_IN_1_2: &str = "metadata-store";

/// What stands for a sequencer status without a V1 form (03 §6.4).
const UNKNOWN_STATUS: &str = "Unknown error";

struct Grower<'a> {
    cx: Context,
    rules: &'a Rules,
}

impl Grower<'_> {
    fn value(&self, shape: &Shape, json: &Json) -> Result<Value, ReferenceError> {
        let wrong = ReferenceError::misshapen;
        match shape {
            Shape::Bool => json.as_bool().map(Value::Bool).ok_or_else(|| wrong("no truth value")),
            Shape::Uint(128) => Err(wrong("flexbuffers has no number of 128 bits")),
            Shape::Uint(_) => uint(json).map(Value::Uint),
            Shape::Int(_) => match json.as_i64() {
                Some(number) if self.rules.has_signed_numbers => Ok(Value::Int(number)),
                Some(number) => Ok(Value::Uint(number.cast_unsigned())),
                None => Err(wrong("no signed number")),
            },
            Shape::Text(what) => self.text(what, json),
            Shape::Blob => bytes(json).map(|bytes| self.byte_string(bytes, ByteStrings::Blobs)),
            Shape::Octets => bytes(json).map(|bytes| self.byte_string(bytes, ByteStrings::Vectors)),
            Shape::Any => any(json),
            Shape::Optional(_) if json.is_null() => Ok(Value::Null),
            Shape::Optional(inner) => self.value(inner, json),
            Shape::List(Shape::Choice(choice)) if choice.name == "Role" => self.roles(json),
            Shape::List(element) | Shape::Packed(element) => self.list(element, json),
            Shape::Map(Shape::Text(_), value_shape) => {
                let entries = json.as_object().ok_or_else(|| wrong("no map"))?;
                let entry = |(key, value): (&String, &Json)| {
                    let value = self.value(value_shape, value).map_err(|e| e.within(key))?;
                    Ok((key.clone(), value))
                };
                entries.iter().map(entry).collect::<Result<_, _>>().map(Value::Map)
            }
            Shape::Map(key_shape, value_shape) => {
                let entry = |entry| {
                    let [key, value] = pair(entry)?;
                    let key = self.value(key_shape, key)?;
                    Ok(Value::List(vec![key, self.value(value_shape, value)?]))
                };
                list(json)?.iter().map(entry).collect::<Result<_, _>>().map(Value::List)
            }
            Shape::Tuple(shapes) => {
                let elements = shapes.iter().zip(list(json)?).enumerate();
                let element = |(index, (shape, json)): (usize, (&Shape, &Json))| {
                    self.value(shape, json).map_err(|e| e.within(index))
                };
                elements.map(element).collect::<Result<_, _>>().map(Value::List)
            }
            Shape::Record(record) if record.positional => {
                let elements = record.fields.iter().zip(list(json)?);
                let element = |(field, json): (&FieldShape, &Json)| {
                    self.value(&field.shape, json).map_err(|e| e.within(field.field.name))
                };
                elements.map(element).collect::<Result<_, _>>().map(Value::List)
            }
            // 1.2.0 has the only field that it knows of in the place of the struct (07 §1.1).
            Shape::Record(RecordShape { name: "Snapshot", fields: [id, ..], .. })
                if json.is_string() =>
            {
                self.value(&id.shape, json)
            }
            Shape::Record(record) => self.record(record, json),
            Shape::Choice(choice) => self.choice(choice, json),
            Shape::Dual(dual) => self.value(&dual.tree, json),
            Shape::Wrapped(..) | Shape::Bare(_) => Err(wrong("this has a form in bilrost only")),
        }
    }

    /// Text; a replication is a number where it can be one (03 §8).
    fn text(&self, what: &str, json: &Json) -> Result<Value, ReferenceError> {
        match json.as_u64() {
            Some(nodes) if self.rules.replication_is_text => {
                Ok(Value::Text(format!("{{node: {nodes}}}")))
            }
            Some(nodes) => Ok(Value::Uint(nodes)),
            None => Ok(Value::Text(spelling(what, text(json)?, self.rules))),
        }
    }

    /// Bytes whose type declares them as blobs or as vectors.
    fn byte_string(&self, bytes: Vec<u8>, declared: ByteStrings) -> Value {
        let form = match self.rules.byte_strings {
            ByteStrings::AsDeclared => declared,
            form => form,
        };
        match form {
            ByteStrings::Vectors => {
                Value::List(bytes.into_iter().map(|byte| Value::Uint(byte.into())).collect())
            }
            ByteStrings::Blobs | ByteStrings::AsDeclared => Value::Blob(bytes),
        }
    }

    fn list(&self, shape: &Shape, json: &Json) -> Result<Value, ReferenceError> {
        let elements = list(json)?.iter().enumerate();
        let element =
            |(index, json)| self.value(shape, json).map_err(|e: ReferenceError| e.within(index));
        elements.map(element).collect::<Result<_, _>>().map(Value::List)
    }

    fn record(&self, record: &RecordShape, json: &Json) -> Result<Value, ReferenceError> {
        let mut entries = Vec::new();
        for field in record.fields {
            let name = field.field.name;
            if !field.field.gate.is_open(self.cx.release) {
                continue;
            }
            let value = match json.get(name) {
                Some(value) => self.field(record, field, value).map_err(|e| e.within(name))?,
                None if field.field.is_omitted_when_default => self.omitted(field),
                None => return Err(ReferenceError::misshapen("missing").within(name)),
            };
            entries.extend(value.map(|value| (field.field.key.to_owned(), value)));
        }
        // What the specification leaves out of a struct is carried as it is (07 §3.3).
        let is_field = |name: &str| record.fields.iter().any(|it| it.field.name == name);
        for (key, value) in json.as_object().into_iter().flatten().filter(|(key, _)| !is_field(key))
        {
            entries.push((key.clone(), any(value)?));
        }
        match record.name {
            // Up to 1.3 the version of a schema is declared first (03 §8).
            "Schema" if !self.cx.release.is_at_least(4) => {
                entries.sort_by_key(|(key, _)| key != "version");
                Ok(Value::Map(entries))
            }
            "SecsNanos" if self.rules.durations == Durations::Fraction => Ok(fraction(&entries)),
            _ => Ok(Value::Map(entries)),
        }
    }

    /// The value of a field, if it is written.
    fn field(
        &self,
        record: &RecordShape,
        field: &FieldShape,
        json: &Json,
    ) -> Result<Option<Value>, ReferenceError> {
        match (&field.shape, (record.name, field.field.name)) {
            (Shape::Optional(inner), ("CommonResponseHeader", "status")) => {
                self.sequencer_status(inner, json).map(Some)
            }
            (Shape::Optional(_), _) if self.rules.omits_none && json.is_null() => Ok(None),
            (shape, _) => self.value(shape, json).map(Some),
        }
    }

    /// What is written of a field that the JSON form leaves out because it has its default value.
    fn omitted(&self, field: &FieldShape) -> Option<Value> {
        let Shape::Dual(dual) = &field.shape else { return None };
        let Shape::Record(duration) = &dual.tree else { return None };
        let is_written = self.rules.writes_zero_durations && duration.name == "SecsNanos";
        let zero = |part: &FieldShape| (part.field.key.to_owned(), Value::Uint(0));
        is_written.then(|| Value::Map(duration.fields.iter().map(zero).collect()))
    }

    /// Always a value at V1: `"Ok"` where later versions have none, and an error in the place of
    /// `Unknown` (03 §6.4).
    fn sequencer_status(&self, refusal: &Shape, json: &Json) -> Result<Value, ReferenceError> {
        match json.as_str() {
            None if json.is_null() && self.rules.ok_is_null_at_v1 => Ok(Value::Null),
            Some("Ok") if self.rules.ok_is_null_at_v1 => Ok(Value::Null),
            None if json.is_null() => Ok(Value::Text("Ok".to_owned())),
            Some("Ok") => Ok(Value::Text("Ok".to_owned())),
            Some("Unknown") => {
                let error = serde_json::json!({"retryable": false, "message": UNKNOWN_STATUS});
                self.value(refusal, &serde_json::json!({"Error": error}))
            }
            _ => self.value(refusal, json),
        }
    }

    /// Roles, in the order and under the names of the release (03 §8).
    fn roles(&self, json: &Json) -> Result<Value, ReferenceError> {
        let is_new = self.cx.release.is_at_least(6);
        let order = match self.rules.role_order {
            RoleOrder::OfRelease if is_new => ROLES_SINCE_1_6,
            RoleOrder::OfRelease => ROLES_UNTIL_1_5,
            RoleOrder::OfOtherReleases if is_new => ROLES_UNTIL_1_5,
            RoleOrder::OfOtherReleases => ROLES_SINCE_1_6,
        };
        let mut places = Vec::new();
        for role in list(json)? {
            let name = match text(role)? {
                METADATA_ROLE_IN_1_2 => METADATA_ROLE,
                name => name,
            };
            let place = order.iter().position(|role| *role == name);
            places.push(place.ok_or_else(|| ReferenceError::misshapen("an unknown role"))?);
        }
        places.sort_unstable();
        let has_old_name = self.rules.roles_have_old_name || !self.cx.release.is_at_least(3);
        let name = |role: &str| match role {
            METADATA_ROLE if has_old_name => METADATA_ROLE_IN_1_2.to_owned(),
            role => role.to_owned(),
        };
        let roles = places.into_iter().filter_map(|place| order.get(place));
        Ok(Value::List(roles.map(|role| Value::Text(name(role))).collect()))
    }

    fn choice(&self, choice: &ChoiceShape, json: &Json) -> Result<Value, ReferenceError> {
        let (name, value) = variant(json)?;
        match (&find_variant(choice, name, self.cx)?.shape, value) {
            (Some(shape), Some(value)) => {
                let value = self.value(shape, value).map_err(|e| e.within(name))?;
                Ok(Value::Map(vec![(name.to_owned(), value)]))
            }
            (None, None) if self.rules.unit_variants_are_maps => {
                Ok(Value::Map(vec![(name.to_owned(), Value::Null)]))
            }
            (None, None) => Ok(Value::Text(name.to_owned())),
            _ => Err(ReferenceError::misshapen("a variant with too little or too much")),
        }
    }
}

/// The parts of a duration as seconds with a fraction.
fn fraction(parts: &[(String, Value)]) -> Value {
    match parts {
        [(_, Value::Uint(secs)), (_, Value::Uint(nanos))] => {
            Value::Float(*secs as f64 + *nanos as f64 / 1e9)
        }
        _ => Value::Null,
    }
}

/// A value of any kind: what JSON says it is.
fn any(json: &Json) -> Result<Value, ReferenceError> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(number), ..) => Value::Uint(number),
            (None, Some(number), _) => Value::Int(number),
            (None, None, Some(number)) => Value::Float(number),
            (None, None, None) => return Err(ReferenceError::misshapen("no number")),
        },
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(elements) => Value::List(elements.iter().map(any).collect::<Result<_, _>>()?),
        Json::Object(members) => {
            let member = |(key, value): (&String, &Json)| Ok((key.clone(), any(value)?));
            Value::Map(members.iter().map(member).collect::<Result<_, ReferenceError>>()?)
        }
    })
}
