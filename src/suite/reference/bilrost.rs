//! The bilrost form of a value (03 §2), from its shape and its JSON form.
//!
//! Works from the inside out with whole byte strings: a message is the list of its fields, sorted
//! by tag, and its length is known once it is there.

use serde_json::Value as Json;

use super::ReferenceError;
use super::rules::{FieldKey, Omission, Rules, VarintForm};
use super::scalar::{bytes, find_variant, list, pair, text, uint, uint128, variant};
use crate::fabric::codec::shape::{
    BilrostPlace, ChoiceShape, DualShape, FieldShape, RecordShape, Shape,
};
use crate::fabric::codec::tree::{Context, Tree};
use crate::fabric::messages::records::Payloads;
use crate::fabric::version::ProtocolVersion;

/// The bytes of a message.
pub fn encode(
    shape: &Shape,
    json: &Json,
    cx: Context,
    rules: &Rules,
) -> Result<Vec<u8>, ReferenceError> {
    match (Encoder { cx, rules }).value(shape, json)? {
        Written::Delimited(body) => Ok(body),
        Written::Varint(_) => Err(ReferenceError::misshapen("a number is no message")),
    }
}

/// A value without the key of its field.
pub enum Written {
    /// Wire type 0.
    Varint(u64),
    /// Wire type 1: what follows the length.
    Delimited(Vec<u8>),
}

impl Written {
    fn is_default(&self) -> bool {
        match self {
            Self::Varint(number) => *number == 0,
            Self::Delimited(body) => body.is_empty(),
        }
    }

    const fn wire_type(&self) -> u64 {
        match self {
            Self::Varint(_) => 0,
            Self::Delimited(_) => 1,
        }
    }

    /// The bytes that stand behind the key of its field.
    pub fn bytes(&self, rules: &Rules) -> Vec<u8> {
        match self {
            Self::Varint(number) => varint(*number, rules),
            Self::Delimited(body) => [varint(body.len() as u64, rules), body.clone()].concat(),
        }
    }
}

/// The fields of a message.
pub type Fields = Vec<(u32, Written)>;

/// A message with these fields.
pub fn message(mut fields: Fields, rules: &Rules) -> Written {
    fields.sort_by_key(|(tag, _)| *tag);
    let mut body = Vec::new();
    let mut previous = 0;
    for (tag, value) in &fields {
        let number = match rules.field_key {
            FieldKey::Delta => tag - previous,
            FieldKey::Absolute => *tag,
        };
        body.extend(varint(u64::from(number) << 2 | value.wire_type(), rules));
        body.extend(value.bytes(rules));
        previous = *tag;
    }
    Written::Delimited(body)
}

/// A number: the first byte below 0x80 ends it, or the ninth, which has all eight bits.
pub fn varint(mut number: u64, rules: &Rules) -> Vec<u8> {
    let mut bytes = Vec::new();
    let is_bijective = rules.varint == VarintForm::Bijective;
    while number >= 0x80 && !(is_bijective && bytes.len() == 8) {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number = (number >> 7) - u64::from(is_bijective);
    }
    bytes.push(number as u8);
    bytes
}

/// Whether bilrost has the field in a message of its own.
fn is_in_a_message(field: &FieldShape) -> bool {
    matches!(field.field.bilrost_place, BilrostPlace::Message(_))
}

/// The shape that the records of `Store` and `Append` have at V3 (03 §6.2).
fn record_in_requests_at_v3() -> Option<&'static Shape> {
    match Payloads::SHAPE {
        Shape::Dual(DualShape { v3: Shape::Wrapped(_, Shape::Packed(record)), .. }) => Some(record),
        _ => None,
    }
}

struct Encoder<'a> {
    cx: Context,
    rules: &'a Rules,
}

impl Encoder<'_> {
    fn value(&self, shape: &Shape, json: &Json) -> Result<Written, ReferenceError> {
        let no_form = |problem| Err(ReferenceError::misshapen(problem));
        match shape {
            Shape::Bool => match json.as_bool() {
                Some(value) => Ok(Written::Varint(value.into())),
                None => no_form("no truth value"),
            },
            Shape::Uint(128) => {
                let number = uint128(json)?;
                let halves = [(0, (number >> 64) as u64), (1, number as u64)].into_iter();
                let fields = halves.filter(|(_, half)| *half != 0);
                let fields = fields.map(|(tag, half)| (tag, Written::Varint(half))).collect();
                Ok(message(fields, self.rules))
            }
            Shape::Uint(_) => uint(json).map(Written::Varint),
            Shape::Text(_) => Ok(Written::Delimited(text(json)?.as_bytes().to_vec())),
            Shape::Blob | Shape::Octets => bytes(json).map(Written::Delimited),
            Shape::Packed(element) => {
                let element = |json| Ok(self.value(element, json)?.bytes(self.rules));
                let elements = list(json)?.iter().map(element);
                let elements = elements.collect::<Result<Vec<_>, ReferenceError>>()?;
                Ok(Written::Delimited(elements.concat()))
            }
            Shape::Map(key_shape, value_shape) => {
                let mut body = Vec::new();
                for entry in list(json)? {
                    let [key, value] = pair(entry)?;
                    body.extend(self.value(key_shape, key)?.bytes(self.rules));
                    body.extend(self.value(value_shape, value)?.bytes(self.rules));
                }
                Ok(Written::Delimited(body))
            }
            Shape::Tuple(shapes) => {
                let mut fields = Fields::new();
                for ((tag, shape), element) in (0..).zip(*shapes).zip(list(json)?) {
                    self.field(tag, shape, element, &mut fields).map_err(|e| e.within(tag))?;
                }
                Ok(message(fields, self.rules))
            }
            Shape::Record(record) => self.record(record, json),
            Shape::Choice(choice) if choice.numbered => {
                let (name, _) = variant(json)?;
                self.tag_of(choice, name).map(|number| Written::Varint(number.into()))
            }
            Shape::Choice(choice) => {
                let mut fields = Fields::new();
                self.member(choice, json, &mut fields)?;
                Ok(message(fields, self.rules))
            }
            Shape::Dual(dual) => match self.rules.record_layout.unwrap_or(self.cx.version) {
                ProtocolVersion::V1 => no_form("V1 has no bilrost"),
                ProtocolVersion::V2 => self.value(&dual.v2, json),
                ProtocolVersion::V3 | ProtocolVersion::V4 => self.value(&dual.v3, json),
            },
            Shape::Wrapped(tag, inner) => {
                let mut fields = Fields::new();
                let tag = self.rules.wrapper_tag.unwrap_or(*tag);
                self.field(tag, inner, json, &mut fields)?;
                Ok(message(fields, self.rules))
            }
            Shape::Bare(parts) => self.bare(parts, json),
            Shape::Int(_) => no_form("bilrost has no form of a signed number here"),
            Shape::Any => no_form("bilrost has no form of any value"),
            Shape::Optional(_) | Shape::List(_) => no_form("this has a form only as a field"),
        }
    }

    /// Adds a value as a field, unless it is left out.
    fn field(
        &self,
        tag: u32,
        shape: &Shape,
        json: &Json,
        fields: &mut Fields,
    ) -> Result<(), ReferenceError> {
        match shape {
            Shape::Optional(_) if json.is_null() => {}
            Shape::Optional(inner) => {
                let value = self.value(inner, json)?;
                let omits = self.rules.omission == Omission::DefaultsEvenIfOptional;
                if !(omits && value.is_default()) {
                    fields.push((tag, value));
                }
            }
            Shape::List(element) => self.elements(tag, element, json, fields)?,
            Shape::Packed(element @ Shape::Record(record))
                if self.rules.unpacked == Some(record.name) =>
            {
                self.elements(tag, element, json, fields)?;
            }
            _ => {
                let value = self.value(shape, json)?;
                let writes = self.rules.omission == Omission::DefaultsButNotMessages
                    && matches!(shape, Shape::Record(_) | Shape::Tuple(_) | Shape::Wrapped(..));
                if writes || !value.is_default() {
                    fields.push((tag, value));
                }
            }
        }
        Ok(())
    }

    /// Adds each element of a list as a field.
    fn elements(
        &self,
        tag: u32,
        shape: &Shape,
        json: &Json,
        fields: &mut Fields,
    ) -> Result<(), ReferenceError> {
        for (index, element) in list(json)?.iter().enumerate() {
            let value = self.value(shape, element).map_err(|e| e.within(index))?;
            let omits = self.rules.omission == Omission::DefaultsEvenInLists;
            if !(omits && value.is_default()) {
                fields.push((tag, value));
            }
        }
        Ok(())
    }

    fn record(&self, record: &RecordShape, json: &Json) -> Result<Written, ReferenceError> {
        if self.rules.replies_follow_record_layout
            && self.cx.version == ProtocolVersion::V3
            && record.fields.iter().any(is_in_a_message)
            && let Some(record) = record_in_requests_at_v3()
        {
            return self.value(record, json);
        }
        let mut fields = Fields::new();
        for (index, field) in record.fields.iter().enumerate() {
            let name = field.field.name;
            if !field.field.gate.is_open(self.cx.release) {
                continue;
            }
            let value = if record.positional { json.get(index) } else { json.get(name) };
            let value = value.ok_or_else(|| ReferenceError::misshapen("missing").within(name))?;
            if field.field.bilrost_place == BilrostPlace::Record {
                return self.value(&field.shape, value).map_err(|e| e.within(name));
            }
            self.record_field(record, field, value, &mut fields).map_err(|e| e.within(name))?;
        }
        Ok(message(fields, self.rules))
    }

    fn record_field(
        &self,
        record: &RecordShape,
        field: &FieldShape,
        json: &Json,
        fields: &mut Fields,
    ) -> Result<(), ReferenceError> {
        let tag = self.rules.other_tag(record.name, field.field.name).or(field.tag);
        match (tag, &field.shape, field.field.bilrost_place) {
            (None, Shape::Choice(one_of), _) => self.member(one_of, json, fields),
            (None, ..) => Err(ReferenceError::misshapen("a field without a tag")),
            (Some(tag), shape, BilrostPlace::Message(inner_tag)) => {
                let mut inner = Fields::new();
                self.field(inner_tag, shape, json, &mut inner)?;
                if !inner.is_empty() {
                    fields.push((tag, message(inner, self.rules)));
                }
                Ok(())
            }
            (Some(tag), shape, _) => self.field(tag, shape, json, fields),
        }
    }

    /// Adds the member of a one-of to the fields of the message around it. The empty variant adds
    /// nothing; every other one is written, whatever it holds.
    fn member(
        &self,
        choice: &ChoiceShape,
        json: &Json,
        fields: &mut Fields,
    ) -> Result<(), ReferenceError> {
        let (name, value) = variant(json)?;
        let tag = self.tag_of(choice, name)?;
        let value = match (&find_variant(choice, name, self.cx)?.shape, value) {
            (Some(shape), Some(value)) => self.value(shape, value).map_err(|e| e.within(name))?,
            (None, None) => Written::Delimited(Vec::new()),
            _ => return Err(ReferenceError::misshapen("a variant with too little or too much")),
        };
        if tag != 0 {
            fields.push((tag, value));
        }
        Ok(())
    }

    /// The tag or number of a variant.
    fn tag_of(&self, choice: &ChoiceShape, name: &str) -> Result<u32, ReferenceError> {
        let variant = find_variant(choice, name, self.cx)?;
        let tag = self.rules.other_tag(choice.name, name).or(variant.tag);
        tag.ok_or_else(|| ReferenceError::misshapen("a variant without a tag"))
    }

    /// Values without keys; zeros at the end are left out.
    fn bare(&self, parts: &[(&str, Shape)], json: &Json) -> Result<Written, ReferenceError> {
        let mut values = Vec::new();
        for (name, shape) in parts {
            let part = json.get(name).ok_or_else(|| ReferenceError::misshapen("missing"));
            values.push(part.and_then(|json| self.value(shape, json)).map_err(|e| e.within(name))?);
        }
        let is_default = values.iter().all(Written::is_default);
        while (self.rules.drops_zero_tail || is_default)
            && values.pop_if(|value| value.is_default()).is_some()
        {}
        Ok(Written::Delimited(values.iter().flat_map(|value| value.bytes(self.rules)).collect()))
    }
}
