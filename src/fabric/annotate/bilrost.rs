//! Bilrost by its shape (03 §2): keys with their absolute tags, values by name, nested messages
//! opened.

use std::ops::Range;

use super::place::{PlaceId, Step};
use super::what::{Key, Value, What, Wire};
use super::{Draft, Stop};
use crate::fabric::codec::bilrost::WireType;
use crate::fabric::codec::bilrost::varint::{self, Unreadable};
use crate::fabric::codec::fault::FaultKind;
use crate::fabric::codec::shape::{
    BilrostPlace, ChoiceShape, FieldShape, RecordShape, Shape, VariantShape,
};
use crate::fabric::codec::tree::Context;

/// A position in the bytes and the end of the message that is being read.
///
/// Shapes are not recursive, so nesting needs no bound of its own.
pub(super) struct Walk<'d, 'a> {
    draft: &'d mut Draft<'a>,
    cx: Context,
    position: usize,
    end: usize,
}

/// What a message has under a tag.
struct Member {
    /// The way to it from the message.
    steps: [Option<Step>; 2],
    content: Content,
    is_foreign: bool,
}

/// What stands behind a key.
#[derive(Clone, Copy)]
enum Content {
    Value(Shape),
    /// A message with the value as the field with this tag.
    Wrapped(u32, Shape),
    /// A variant without a value.
    Unit(&'static str),
}

impl Member {
    fn new(steps: [Option<Step>; 2], shape: Shape) -> Self {
        Self { steps, content: Content::Value(shape), is_foreign: false }
    }
}

/// The two halves of a number of 128 bits.
const HALVES: [&str; 2] = ["high", "low"];

impl<'d, 'a> Walk<'d, 'a> {
    pub(super) fn new(draft: &'d mut Draft<'a>, cx: Context, range: Range<usize>) -> Self {
        Self { draft, cx, position: range.start, end: range.end }
    }

    /// Reads the fields of a message up to its end.
    pub(super) fn message(&mut self, shape: Shape, place: PlaceId) -> Result<(), Stop> {
        self.fields(Content::Value(self.resolve(shape)), place)
    }

    fn fields(&mut self, message: Content, place: PlaceId) -> Result<(), Stop> {
        let mut tag = 0u32;
        // How many times the tag has come: elements of one list follow each other.
        let mut count = 0u32;
        let mut is_first = true;
        while self.position < self.end {
            let start = self.position;
            let raw = self.varint("a key", place)?;
            let delta = u32::try_from(raw >> 2).ok();
            let Some(next) = delta.and_then(|delta| tag.checked_add(delta)) else {
                return Err(self.stop_at(FaultKind::OutOfRange { what: "a tag" }, start, place));
            };
            count = if next == tag && !is_first { count.saturating_add(1) } else { 0 };
            (tag, is_first) = (next, false);
            let wire = WireType::of_key(raw);
            let key = Key { tag, wire: public_wire(wire) };
            match self.member(message, tag) {
                Some(member) => self.known(key, wire, member, place, count)?,
                None => self.unknown(key, wire, place)?,
            }
        }
        Ok(())
    }

    /// Reads the value of a field, whose key has been read.
    fn known(
        &mut self,
        key: Key,
        wire: WireType,
        member: Member,
        parent: PlaceId,
        count: u32,
    ) -> Result<(), Stop> {
        let mut place = parent;
        for step in member.steps.into_iter().flatten() {
            place = self.draft.step(place, step);
        }
        let mut content = member.content;
        if let Content::Value(Shape::List(element)) = content {
            content = Content::Value(self.resolve(*element));
            place = self.draft.step(place, Step::Index(count));
        }
        let expected = wire_of(content);
        if wire != expected {
            let kind = FaultKind::WrongType { expected: expected.name(), found: wire.name() };
            return Err(self.stop(kind, place));
        }
        self.content(Some(key), content, place, member.is_foreign)
    }

    /// Passes over a field that the message does not have.
    fn unknown(&mut self, key: Key, wire: WireType, place: PlaceId) -> Result<(), Stop> {
        let value = match wire {
            WireType::Varint => Value::Uint(self.varint("an unknown number", place)?),
            WireType::LengthDelimited => {
                let len = self.length(place)?;
                self.take(len, place)?;
                Value::Bytes(len)
            }
            WireType::Fixed32 => self.fixed(4, place)?,
            WireType::Fixed64 => self.fixed(8, place)?,
        };
        self.add(place, What::Unknown { key, value }, false);
        Ok(())
    }

    /// Reads a value without a key.
    fn bare(&mut self, shape: Shape, place: PlaceId) -> Result<(), Stop> {
        self.content(None, Content::Value(self.resolve(shape)), place, false)
    }

    /// Reads what stands behind a key, or in its place in a list.
    fn content(
        &mut self,
        key: Option<Key>,
        content: Content,
        place: PlaceId,
        is_foreign: bool,
    ) -> Result<(), Stop> {
        if wire_of(content) == WireType::Varint {
            let number = self.varint("a number", place)?;
            let (value, is_foreign_too) = self.number(content, number, place)?;
            self.add(place, What::Value { key, value }, is_foreign || is_foreign_too);
            return Ok(());
        }
        let len = self.length(place)?;
        if let Some(value) = self.leaf(content, len, place)? {
            self.add(place, What::Value { key, value }, is_foreign);
            return Ok(());
        }
        self.add(place, What::Open { key, len }, is_foreign);
        let outer_end = std::mem::replace(&mut self.end, self.position + len);
        self.parts(content, place)?;
        self.end = outer_end;
        Ok(())
    }

    /// What a number means.
    fn number(&self, content: Content, number: u64, place: PlaceId) -> Result<(Value, bool), Stop> {
        let out_of = |what| self.stop(FaultKind::OutOfRange { what }, place);
        match content {
            Content::Value(Shape::Bool) => match number {
                0 | 1 => Ok((Value::Bool(number == 1), false)),
                _ => Err(out_of("bool")),
            },
            Content::Value(Shape::Uint(bits)) if bits < 64 && number >> bits != 0 => {
                Err(out_of(if bits == 16 { "u16" } else { "u32" }))
            }
            Content::Value(Shape::Choice(choice)) => {
                let mut variants = choice.variants.iter();
                match variants.find(|variant| variant.tag.map(u64::from) == Some(number)) {
                    Some(VariantShape { variant, .. }) => {
                        let is_foreign = !variant.gate.is_open(self.cx.release);
                        Ok((Value::Name(variant.name), is_foreign))
                    }
                    None => {
                        Err(self
                            .stop(FaultKind::UnknownNumber { name: choice.name, number }, place))
                    }
                }
            }
            _ => Ok((Value::Uint(number), false)),
        }
    }

    /// The value of so many bytes, which are read, if it has no parts of its own.
    fn leaf(
        &mut self,
        content: Content,
        len: usize,
        place: PlaceId,
    ) -> Result<Option<Value>, Stop> {
        let at = self.position;
        let value = match content {
            Content::Value(Shape::Text(_)) => {
                let text = self.draft.annotation.bytes.get(at..at + len).unwrap_or_default();
                if std::str::from_utf8(text).is_err() {
                    return Err(self.stop(FaultKind::NotUtf8, place));
                }
                Value::Text { at, len }
            }
            Content::Value(Shape::Blob | Shape::Octets | Shape::Any) => Value::Bytes(len),
            Content::Unit(_) if len > 0 => {
                return Err(self.stop(FaultKind::Trailing { count: len }, place));
            }
            Content::Unit(name) => Value::Name(name),
            Content::Value(Shape::Choice(choice)) if len == 0 => match empty_variant(choice) {
                Some(variant) => Value::Name(variant.variant.name),
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        self.take(len, place)?;
        Ok(Some(value))
    }

    /// Reads the parts of a delimited value up to its end.
    fn parts(&mut self, content: Content, place: PlaceId) -> Result<(), Stop> {
        match content {
            Content::Value(Shape::Packed(element)) => {
                for index in 0.. {
                    if self.position >= self.end {
                        break;
                    }
                    let element_place = self.draft.step(place, Step::Index(index));
                    self.bare(*element, element_place)?;
                }
                Ok(())
            }
            Content::Value(Shape::Map(key, value)) => {
                for index in 0.. {
                    if self.position >= self.end {
                        break;
                    }
                    let entry = self.draft.step(place, Step::Index(index));
                    let key_place = self.draft.step(entry, Step::Field("key"));
                    self.bare(*key, key_place)?;
                    let value_place = self.draft.step(entry, Step::Field("value"));
                    self.bare(*value, value_place)?;
                }
                Ok(())
            }
            Content::Value(Shape::Bare(parts)) => {
                for (name, shape) in parts {
                    if self.position < self.end {
                        let part = self.draft.step(place, Step::Field(name));
                        self.bare(*shape, part)?;
                    }
                }
                match self.end - self.position {
                    0 => Ok(()),
                    count => Err(self.stop(FaultKind::Trailing { count }, place)),
                }
            }
            _ => self.fields(content, place),
        }
    }

    /// What a message has under a tag.
    fn member(&self, message: Content, tag: u32) -> Option<Member> {
        let shape = match message {
            Content::Value(shape) => shape,
            Content::Wrapped(own, shape) => {
                return (tag == own).then(|| Member::new([None, None], self.resolve(shape)));
            }
            Content::Unit(_) => return None,
        };
        match shape {
            Shape::Record(record) => record.fields.iter().find_map(|field| self.field(field, tag)),
            Shape::Choice(choice) => self.variant(choice, tag, None),
            Shape::Wrapped(own, shape) => {
                (tag == own).then(|| Member::new([None, None], self.resolve(*shape)))
            }
            Shape::Tuple(shapes) => shapes
                .get(tag as usize)
                .map(|shape| Member::new([Some(Step::Index(tag)), None], self.resolve(*shape))),
            Shape::Uint(128) => HALVES
                .get(tag as usize)
                .map(|name| Member::new([Some(Step::Field(name)), None], Shape::Uint(64))),
            _ => None,
        }
    }

    /// The member under a tag, if it is this field or one of its members.
    fn field(&self, shape: &'static FieldShape, tag: u32) -> Option<Member> {
        let step = Some(Step::Field(shape.field.name));
        let is_foreign = !shape.field.gate.is_open(self.cx.release);
        match (shape.tag, shape.shape) {
            (None, Shape::Choice(choice)) => self.variant(choice, tag, step),
            (Some(own), _) if own == tag => {
                let value = self.resolve(shape.shape);
                let content = match shape.field.bilrost_place {
                    BilrostPlace::Message(inner) => Content::Wrapped(inner, value),
                    BilrostPlace::Field | BilrostPlace::Record => Content::Value(value),
                };
                Some(Member { steps: [step, None], content, is_foreign })
            }
            _ => None,
        }
    }

    /// The variant with a tag, which is not 0.
    fn variant(&self, choice: &ChoiceShape, tag: u32, step: Option<Step>) -> Option<Member> {
        let mut variants = choice.variants.iter();
        let found = variants.find(|variant| tag != 0 && variant.tag == Some(tag))?;
        let is_foreign = !found.variant.gate.is_open(self.cx.release);
        Some(match found.shape {
            Some(shape) => Member {
                steps: [step, Some(Step::Field(found.variant.name))],
                content: Content::Value(self.resolve(shape)),
                is_foreign,
            },
            None => Member {
                steps: [step, None],
                content: Content::Unit(found.variant.name),
                is_foreign,
            },
        })
    }

    /// The form that a shape has in bilrost at this version.
    fn resolve(&self, shape: Shape) -> Shape {
        match shape.in_bilrost(self.cx.version) {
            Shape::Optional(inner) => self.resolve(*inner),
            Shape::Record(RecordShape { fields: [only], .. })
                if only.field.bilrost_place == BilrostPlace::Record =>
            {
                self.resolve(only.shape)
            }
            other => other,
        }
    }

    fn varint(&mut self, what: &'static str, place: PlaceId) -> Result<u64, Stop> {
        let rest = self.draft.annotation.bytes.get(self.position..self.end).unwrap_or_default();
        match varint::read(rest) {
            Ok((value, len)) => {
                self.position += len;
                Ok(value)
            }
            Err(Unreadable::Truncated) => Err(self.stop(FaultKind::Truncated { what }, place)),
            Err(Unreadable::Overflow) => Err(self.stop(FaultKind::OutOfRange { what }, place)),
        }
    }

    /// A length that lies within the message.
    fn length(&mut self, place: PlaceId) -> Result<usize, Stop> {
        let len = self.varint("a length", place)?;
        match usize::try_from(len) {
            Ok(len) if len <= self.end - self.position => Ok(len),
            _ => {
                let what = "a length-delimited value";
                Err(self.stop(FaultKind::Truncated { what }, place))
            }
        }
    }

    fn take(&mut self, len: usize, place: PlaceId) -> Result<(), Stop> {
        if len > self.end - self.position {
            return Err(self.stop(FaultKind::Truncated { what: "a value" }, place));
        }
        self.position += len;
        Ok(())
    }

    fn fixed(&mut self, len: usize, place: PlaceId) -> Result<Value, Stop> {
        self.take(len, place)?;
        Ok(Value::Bytes(len))
    }

    fn add(&mut self, place: PlaceId, what: What, is_foreign: bool) {
        self.draft.add(self.position, place, what, is_foreign);
    }

    fn stop(&self, kind: FaultKind, place: PlaceId) -> Stop {
        self.stop_at(kind, self.position, place)
    }

    fn stop_at(&self, kind: FaultKind, offset: usize, place: PlaceId) -> Stop {
        Stop { kind, offset, place }
    }
}

/// The variant that writes nothing.
fn empty_variant(choice: &'static ChoiceShape) -> Option<&'static VariantShape> {
    choice.variants.iter().find(|variant| variant.tag == Some(0))
}

fn wire_of(content: Content) -> WireType {
    match content {
        Content::Value(Shape::Bool | Shape::Uint(..=64) | Shape::Int(_)) => WireType::Varint,
        Content::Value(Shape::Choice(ChoiceShape { numbered: true, .. })) => WireType::Varint,
        _ => WireType::LengthDelimited,
    }
}

fn public_wire(wire: WireType) -> Wire {
    match wire {
        WireType::Varint => Wire::Varint,
        WireType::LengthDelimited => Wire::Delimited,
        WireType::Fixed32 => Wire::Fixed32,
        WireType::Fixed64 => Wire::Fixed64,
    }
}
