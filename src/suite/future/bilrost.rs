//! Changes of a message in bilrost form: it is taken apart along its shape, and put together again.

use super::rules::Change;
use super::sites::{FLAGS, Sites};
use crate::fabric::codec::shape::{BilrostPlace, ChoiceShape, FieldShape, RecordShape, Shape};
use crate::fabric::codec::tree::Context;
use crate::suite::reference::{Fields, Rules, Written, read_message, take_value, write_message};

/// Visits every place of a message that can be changed. None if the bytes are no such message.
pub fn walk(shape: Shape, body: &[u8], cx: Context, sites: &mut Sites) -> Option<Vec<u8>> {
    match (Walk { cx, sites }).value(shape, Written::Delimited(body.to_vec()))? {
        Written::Delimited(body) => Some(body),
        Written::Varint(_) => None,
    }
}

struct Walk<'a> {
    cx: Context,
    sites: &'a mut Sites,
}

impl Walk<'_> {
    fn value(&mut self, shape: Shape, value: Written) -> Option<Written> {
        match (shape.in_bilrost(self.cx.version), value) {
            (Shape::Optional(inner) | Shape::List(inner), value) => self.value(*inner, value),
            (Shape::Uint(_), Written::Varint(number))
                if self.sites.is_at(FLAGS.0) && self.sites.offer(Change::FlagBit) =>
            {
                Some(Written::Varint(number | FLAGS.1))
            }
            (Shape::Uint(bits @ 1..64), Written::Varint(number)) => {
                let is_widened = self.sites.offer(Change::Widen);
                Some(Written::Varint(if is_widened { 1 << bits | 5 } else { number }))
            }
            (Shape::Choice(choice), Written::Varint(number)) if choice.numbered => {
                let is_next = self.sites.offer(Change::AddNumbered);
                Some(Written::Varint(if is_next { next_tag(choice).into() } else { number }))
            }
            (Shape::Packed(element), Written::Delimited(body)) => self.packed(*element, &body),
            (Shape::Map(key, value), Written::Delimited(body)) => self.pairs([*key, *value], &body),
            (Shape::Tuple(shapes), Written::Delimited(body)) => {
                let mut fields = read_message(&body)?;
                if self.sites.offer(Change::AddElement) {
                    fields.push((u32::try_from(shapes.len()).ok()?, Written::Varint(7)));
                }
                for (index, (tag, shape)) in (0..).zip(shapes).enumerate() {
                    self.occurrences(tag, &mut fields, |walk, value| {
                        walk.element(index, *shape, value)
                    })?;
                }
                Some(write(fields))
            }
            (Shape::Record(record), Written::Delimited(body)) => match record.fields {
                [only] if only.field.bilrost_place == BilrostPlace::Record => {
                    let Self { cx, sites } = self;
                    let cx = *cx;
                    sites.enter(only.field.name, |sites| {
                        Walk { cx, sites }.value(only.shape, Written::Delimited(body))
                    })
                }
                _ => self.record(record, read_message(&body)?),
            },
            (Shape::Choice(choice), Written::Delimited(body)) => {
                let mut fields = read_message(&body)?;
                self.member(choice, next_tag(choice), &mut fields)?;
                Some(write(fields))
            }
            (Shape::Wrapped(tag, inner), Written::Delimited(body)) => {
                self.wrapped(tag, *inner, &body)
            }
            (_, value) => Some(value),
        }
    }

    fn record(&mut self, record: &RecordShape, mut fields: Fields) -> Option<Written> {
        let next = next_tag_of_record(record);
        let nested = || write(vec![(1, Written::Varint(7))]);
        if self.sites.offer(if record.positional { Change::AddElement } else { Change::AddNumber })
        {
            fields.push((next, Written::Varint(7)));
        }
        if !record.positional && self.sites.offer(Change::AddRecord) {
            fields.push((next, nested()));
        }
        let release = self.cx.release;
        for field in record.fields.iter().filter(|field| field.field.gate.is_open(release)) {
            self.field(field, next, &mut fields)?;
        }
        Some(write(fields))
    }

    fn field(&mut self, field: &FieldShape, next: u32, fields: &mut Fields) -> Option<()> {
        let Self { cx, sites } = self;
        let cx = *cx;
        sites.enter(field.field.name, |sites| {
            let mut walk = Walk { cx, sites };
            match (field.tag, field.shape) {
                (Some(tag), shape) if fields.iter().any(|(other, _)| *other == tag) => {
                    walk.present(tag, field, shape, fields)
                }
                (Some(tag), Shape::Optional(inner)) => {
                    if walk.sites.offer(Change::Require) {
                        fields.push((tag, default(inner.in_bilrost(cx.version))));
                    }
                    Some(())
                }
                (None, Shape::Choice(one_of)) => walk.member(one_of, next, fields),
                _ => Some(()),
            }
        })
    }

    /// A field that is there, once or as a list.
    fn present(
        &mut self,
        tag: u32,
        field: &FieldShape,
        shape: Shape,
        fields: &mut Fields,
    ) -> Option<()> {
        let is_optional = matches!(shape, Shape::Optional(_));
        let stop = if is_optional { Change::StopOptional } else { Change::StopRequired };
        if self.sites.offer(stop) {
            fields.retain(|(other, _)| *other != tag);
            return Some(());
        }
        let is_list = matches!(shape, Shape::List(_));
        let mut index = 0;
        self.occurrences(tag, fields, |walk, value| {
            index += 1;
            match (field.field.bilrost_place, value) {
                (BilrostPlace::Message(inner), Written::Delimited(body)) => {
                    walk.wrapped(inner, shape, &body)
                }
                (_, value) if is_list => walk.element(index - 1, shape, value),
                (_, value) => walk.value(shape, value),
            }
        })
    }

    /// The member of a one-of among the fields of the message around it.
    fn member(&mut self, choice: &ChoiceShape, next: u32, fields: &mut Fields) -> Option<()> {
        let known = || choice.variants.iter().filter(|v| v.variant.gate.is_open(self.cx.release));
        let empty = known().find(|v| v.tag == Some(0)).map(|v| v.variant.name);
        let is_there = |tag: Option<u32>| fields.iter().any(|(other, _)| Some(*other) == tag);
        let Some(variant) = known().find(|v| v.tag != Some(0) && is_there(v.tag)) else {
            return Some(());
        };
        let tag = variant.tag?;
        for (change, value) in [
            (Change::AddUnit, Written::Delimited(Vec::new())),
            (Change::AddHolder, Written::Varint(7)),
        ] {
            if self.sites.offer_variant(change, empty) {
                fields.retain(|(other, _)| *other != tag);
                fields.push((next, value));
                return Some(());
            }
        }
        let Some(shape) = variant.shape else { return Some(()) };
        let Self { cx, sites } = self;
        let cx = *cx;
        sites.enter(variant.variant.name, |sites| {
            Walk { cx, sites }.occurrences(tag, fields, |walk, value| walk.value(shape, value))
        })
    }

    /// A message that has a value as its one field; it does not show in the place.
    fn wrapped(&mut self, tag: u32, inner: Shape, body: &[u8]) -> Option<Written> {
        let mut fields = read_message(body)?;
        if self.sites.offer(Change::AddNumber) {
            fields.push((tag + 1, Written::Varint(7)));
        }
        let is_list = matches!(inner, Shape::List(_));
        let mut index = 0;
        self.occurrences(tag, &mut fields, |walk, value| {
            index += 1;
            if is_list { walk.element(index - 1, inner, value) } else { walk.value(inner, value) }
        })?;
        Some(write(fields))
    }

    fn packed(&mut self, shape: Shape, mut body: &[u8]) -> Option<Written> {
        let mut changed = Vec::new();
        let mut index = 0;
        while !body.is_empty() {
            let element = self.element(index, shape, take_value(1, &mut body)?)?;
            changed.extend(element.bytes(&Rules::RIGHT));
            index += 1;
        }
        Some(Written::Delimited(changed))
    }

    /// A map goes to messages, from numbers (03 §6.5) or from texts (09 §3.3).
    fn pairs(&mut self, [key, value]: [Shape; 2], mut body: &[u8]) -> Option<Written> {
        let of_key = u64::from(matches!(key, Shape::Text(_)));
        let mut changed = Vec::new();
        let mut index = 0;
        while !body.is_empty() {
            let (number, message) = (take_value(of_key, &mut body)?, take_value(1, &mut body)?);
            let Self { cx, sites } = self;
            let cx = *cx;
            let (number, message) = sites.element(index, |sites| {
                let mut walk = Walk { cx, sites };
                Some((walk.element(0, key, number)?, walk.element(1, value, message)?))
            })?;
            changed.extend(number.bytes(&Rules::RIGHT));
            changed.extend(message.bytes(&Rules::RIGHT));
            index += 1;
        }
        Some(Written::Delimited(changed))
    }

    fn element(&mut self, index: usize, shape: Shape, value: Written) -> Option<Written> {
        let Self { cx, sites } = self;
        let cx = *cx;
        sites.element(index, |sites| Walk { cx, sites }.value(shape, value))
    }

    /// Every field with this tag.
    fn occurrences(
        &mut self,
        tag: u32,
        fields: &mut Fields,
        mut visit: impl FnMut(&mut Self, Written) -> Option<Written>,
    ) -> Option<()> {
        for (_, value) in fields.iter_mut().filter(|(other, _)| *other == tag) {
            let taken = std::mem::replace(value, Written::Varint(0));
            *value = visit(self, taken)?;
        }
        Some(())
    }
}

fn write(fields: Fields) -> Written {
    write_message(fields, &Rules::RIGHT)
}

/// The default of a type, when it is there.
fn default(shape: Shape) -> Written {
    match shape {
        Shape::Uint(128) => Written::Delimited(Vec::new()),
        Shape::Bool | Shape::Uint(_) => Written::Varint(0),
        Shape::Choice(choice) if choice.numbered => Written::Varint(0),
        _ => Written::Delimited(Vec::new()),
    }
}

/// The number or tag that a new variant would get.
fn next_tag(choice: &ChoiceShape) -> u32 {
    choice.variants.iter().filter_map(|variant| variant.tag).max().map_or(0, |tag| tag + 1)
}

/// The tag that a new field would get.
fn next_tag_of_record(record: &RecordShape) -> u32 {
    let next = |field: &FieldShape| match (field.tag, field.shape) {
        (Some(tag), _) => tag + 1,
        (None, Shape::Choice(one_of)) => next_tag(one_of),
        (None, _) => 0,
    };
    record.fields.iter().map(next).max().unwrap_or(1)
}
