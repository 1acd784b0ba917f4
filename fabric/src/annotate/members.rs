//! What a message has under a tag, as its shape says for a release and a version (03 §2).

use super::place::Step;
use crate::codec::bilrost::WireType;
use crate::codec::shape::{BilrostPlace, ChoiceShape, FieldShape, RecordShape, Shape};
use crate::codec::tree::Context;

/// What stands behind a key.
#[derive(Clone, Copy)]
pub(super) enum Content {
    Value(Shape),
    /// A message with the value as the field with this tag.
    Wrapped(u32, Shape),
    /// A variant without a value.
    Unit(&'static str),
}

/// What a message has under a tag.
pub(super) struct Member {
    /// The way to it from the message.
    pub(super) steps: [Option<Step>; 2],
    pub(super) content: Content,
    /// The release does not know it.
    pub(super) is_foreign: bool,
    /// One of several members, at most one of which may be there.
    pub(super) is_one_of: bool,
}

impl Member {
    fn new(steps: [Option<Step>; 2], shape: Shape) -> Self {
        Self { steps, content: Content::Value(shape), is_foreign: false, is_one_of: false }
    }

    /// What a message has under a tag.
    pub(super) fn find(message: Content, tag: u32, cx: Context) -> Option<Self> {
        let shape = match message {
            Content::Value(shape) => shape,
            Content::Wrapped(own, shape) => {
                return (tag == own).then(|| Self::new([None, None], resolve(shape, cx)));
            }
            Content::Unit(_) => return None,
        };
        match shape {
            Shape::Record(record) => {
                record.fields.iter().find_map(|field| Self::of_field(field, tag, cx))
            }
            Shape::Choice(choice) => Self::of_choice(choice, tag, None, cx),
            Shape::Wrapped(own, shape) => {
                (tag == own).then(|| Self::new([None, None], resolve(*shape, cx)))
            }
            Shape::Tuple(shapes) => shapes
                .get(tag as usize)
                .map(|shape| Self::new([Some(Step::Index(tag)), None], resolve(*shape, cx))),
            Shape::Uint(128) => HALVES
                .get(tag as usize)
                .map(|name| Self::new([Some(Step::Field(name)), None], Shape::Uint(64))),
            _ => None,
        }
    }

    /// The member under a tag, if it is this field or one of its members.
    fn of_field(shape: &'static FieldShape, tag: u32, cx: Context) -> Option<Self> {
        let step = Some(Step::Field(shape.field.name));
        let is_foreign = !shape.field.gate.is_open(cx.release);
        match (shape.tag, shape.shape) {
            (None, Shape::Choice(choice)) => Self::of_choice(choice, tag, step, cx),
            (Some(own), _) if own == tag => {
                let value = resolve(shape.shape, cx);
                let content = match shape.field.bilrost_place {
                    BilrostPlace::Message(inner) => Content::Wrapped(inner, value),
                    BilrostPlace::Field | BilrostPlace::Record => Content::Value(value),
                };
                Some(Self { steps: [step, None], content, is_foreign, is_one_of: false })
            }
            _ => None,
        }
    }

    /// The variant with a tag, which is not 0.
    fn of_choice(choice: &ChoiceShape, tag: u32, step: Option<Step>, cx: Context) -> Option<Self> {
        let mut variants = choice.variants.iter();
        let found = variants.find(|variant| tag != 0 && variant.tag == Some(tag))?;
        let is_foreign = !found.variant.gate.is_open(cx.release);
        Some(match found.shape {
            Some(shape) => Self {
                steps: [step, Some(Step::Field(found.variant.name))],
                content: Content::Value(resolve(shape, cx)),
                is_foreign,
                is_one_of: true,
            },
            None => Self {
                steps: [step, None],
                content: Content::Unit(found.variant.name),
                is_foreign,
                is_one_of: true,
            },
        })
    }
}

/// The two halves of a number of 128 bits.
const HALVES: [&str; 2] = ["high", "low"];

/// The form that a shape has in bilrost at this version.
pub(super) fn resolve(shape: Shape, cx: Context) -> Shape {
    match shape.in_bilrost(cx.version) {
        Shape::Optional(inner) => resolve(*inner, cx),
        Shape::Record(RecordShape { fields: [only], .. })
            if only.field.bilrost_place == BilrostPlace::Record =>
        {
            resolve(only.shape, cx)
        }
        other => other,
    }
}

/// The name of the variant that writes nothing.
pub(super) fn empty_variant(choice: &ChoiceShape) -> Option<&'static str> {
    let empty = choice.variants.iter().find(|variant| variant.tag == Some(0));
    empty.map(|variant| variant.variant.name)
}

/// The wire type of a value.
pub(super) fn wire_of(content: Content) -> WireType {
    match content {
        Content::Value(Shape::Bool | Shape::Uint(..=64)) => WireType::Varint,
        Content::Value(Shape::Choice(ChoiceShape { numbered: true, .. })) => WireType::Varint,
        _ => WireType::LengthDelimited,
    }
}
