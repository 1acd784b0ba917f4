//! Reading by other tags: bilrost bytes as a decoder with the tags of some [`Rules`] would see them.
//!
//! Not a decoder. What stands at the tags of the rules is moved to the tags of the shapes, messages
//! inside messages included, and what stands elsewhere is skipped, as unknown fields are. The result
//! is for the fabric to decode. Bytes that are no bilrost are left as they are: the fabric refuses
//! them.

use bytes::Bytes;

use super::bilrost::{Fields, Written, message};
use super::rules::Rules;
use crate::fabric::catalogue::MessageType;
use crate::fabric::codec::shape::{
    BilrostPlace, ChoiceShape, FieldShape, RecordShape, Shape, VariantShape,
};
use crate::fabric::codec::tree::Context;
use crate::fabric::version::ProtocolVersion;

/// The bytes of a message with all fields at their right tags, given bytes with the tags of `rules`.
/// Flexbuffers have no tags.
pub fn at_right_tags(
    message_type: MessageType,
    bytes: &Bytes,
    cx: Context,
    rules: &Rules,
) -> Bytes {
    if !super::is_bilrost(message_type, cx.version) {
        return bytes.clone();
    }
    let moved =
        Mover { cx, rules }.value(&message_type.shape(), Written::Delimited(bytes.to_vec()));
    match moved {
        Some(Written::Delimited(body)) => Bytes::from(body),
        Some(Written::Varint(_)) | None => bytes.clone(),
    }
}

/// A field that a message may have.
struct Member {
    found_at: u32,
    tag: u32,
    /// What it holds, where tags in it may have to be moved too.
    shape: Option<&'static Shape>,
}

struct Mover<'a> {
    cx: Context,
    rules: &'a Rules,
}

/// None for bytes that are no bilrost.
impl Mover<'_> {
    fn value(&self, shape: &Shape, value: Written) -> Option<Written> {
        let Written::Delimited(body) = &value else { return Some(value) };
        match shape {
            Shape::Optional(inner) | Shape::List(inner) => self.value(inner, value),
            Shape::Packed(element) => {
                let mut elements = body.as_slice();
                let mut moved = Vec::new();
                while !elements.is_empty() {
                    let element = self.value(element, take_value(1, &mut elements)?)?;
                    moved.extend(element.bytes(&Rules::RIGHT));
                }
                Some(Written::Delimited(moved))
            }
            Shape::Map(_, value_shape) => {
                let mut entries = body.as_slice();
                let mut moved = Vec::new();
                while !entries.is_empty() {
                    // The only map in bilrost goes from numbers to messages (03 §6.5).
                    moved.extend(take_value(0, &mut entries)?.bytes(&Rules::RIGHT));
                    let value = self.value(value_shape, take_value(1, &mut entries)?)?;
                    moved.extend(value.bytes(&Rules::RIGHT));
                }
                Some(Written::Delimited(moved))
            }
            Shape::Tuple(shapes) => {
                let member = |(tag, shape)| Member { found_at: tag, tag, shape: Some(shape) };
                self.message(body, &(0..).zip(*shapes).map(member).collect::<Vec<_>>())
            }
            Shape::Record(record) => match record.fields {
                [only] if only.field.bilrost_place == BilrostPlace::Record => {
                    self.value(&only.shape, value)
                }
                _ => self.message(body, &self.members_of_record(record)),
            },
            Shape::Choice(choice) => self.message(body, &self.members_of_choice(choice)),
            Shape::Dual(dual) if self.cx.version >= ProtocolVersion::V3 => {
                self.value(&dual.v3, value)
            }
            Shape::Dual(dual) => self.value(&dual.v2, value),
            Shape::Wrapped(tag, inner) => {
                let found_at = self.rules.wrapper_tag.unwrap_or(*tag);
                self.message(body, &[Member { found_at, tag: *tag, shape: Some(inner) }])
            }
            _ => Some(value),
        }
    }

    fn members_of_record(&self, record: &'static RecordShape) -> Vec<Member> {
        let is_known = |field: &&FieldShape| field.field.gate.is_open(self.cx.release);
        let mut members = Vec::new();
        for field in record.fields.iter().filter(is_known) {
            let other = self.rules.other_tag(record.name, field.field.name);
            match (field.tag, &field.shape, field.field.bilrost_place) {
                (Some(tag), _, BilrostPlace::Message(_)) => {
                    members.push(Member { found_at: other.unwrap_or(tag), tag, shape: None });
                }
                (Some(tag), shape, _) => {
                    let found_at = other.unwrap_or(tag);
                    members.push(Member { found_at, tag, shape: Some(shape) });
                }
                (None, Shape::Choice(one_of), _) => members.extend(self.members_of_choice(one_of)),
                (None, ..) => {}
            }
        }
        members
    }

    fn members_of_choice(&self, choice: &'static ChoiceShape) -> Vec<Member> {
        let member = |variant: &'static VariantShape| {
            let tag = variant.tag.filter(|tag| *tag != 0)?;
            let other = self.rules.other_tag(choice.name, variant.variant.name);
            let shape = variant.shape.as_ref();
            Some(Member { found_at: other.unwrap_or(tag), tag, shape })
        };
        choice.variants.iter().filter_map(member).collect()
    }

    fn message(&self, body: &[u8], members: &[Member]) -> Option<Written> {
        let mut fields = Fields::new();
        for (tag, value) in read_message(body)? {
            let Some(member) = members.iter().find(|member| member.found_at == tag) else {
                continue;
            };
            let value = match member.shape {
                Some(shape) => self.value(shape, value)?,
                None => value,
            };
            fields.push((member.tag, value));
        }
        Some(message(fields, &Rules::RIGHT))
    }
}

/// The fields of a message, if that is what the bytes are.
pub fn read_message(mut body: &[u8]) -> Option<Fields> {
    let mut fields = Fields::new();
    let mut tag = 0u32;
    while !body.is_empty() {
        let key = take_varint(&mut body)?;
        tag = tag.checked_add(u32::try_from(key >> 2).ok()?)?;
        fields.push((tag, take_value(key & 3, &mut body)?));
    }
    Some(fields)
}

/// Takes a value of a wire type off the front.
pub fn take_value(wire_type: u64, input: &mut &[u8]) -> Option<Written> {
    let number = take_varint(input)?;
    match wire_type {
        0 => Some(Written::Varint(number)),
        1 => {
            let (value, rest) = input.split_at_checked(usize::try_from(number).ok()?)?;
            *input = rest;
            Some(Written::Delimited(value.to_vec()))
        }
        _ => None,
    }
}

/// Takes a number off the front: each byte counts with all its bits (03 §2).
pub fn take_varint(input: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for index in 0..9 {
        let (&byte, rest) = input.split_first()?;
        *input = rest;
        let part = u64::from(byte).checked_mul(1 << (7 * index))?;
        number = number.checked_add(part)?;
        if byte < 0x80 {
            break;
        }
    }
    Some(number)
}
