//! What holds for annotations of any bytes, on bytes made from the shapes of all messages.

use std::thread;

use bytes::Bytes;

use super::*;
use crate::catalogue::Message;
use crate::codec::shape::{BilrostPlace, FieldShape};
use crate::version::ProtocolVersion;

pub(super) fn hex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    hex::decode(digits).unwrap()
}

pub(super) fn context(release: &str, version: i32) -> Context {
    let version = ProtocolVersion::from_number(version).unwrap();
    Context { release: release.parse().unwrap(), version }
}

/// The spans cover the bytes, and the text gives them back.
fn assert_sound(annotation: &Annotation<'_>) {
    let mut end = 0;
    for span in annotation.spans() {
        assert_eq!(span.start(), end, "{annotation}");
        assert!(span.len() > 0, "{annotation}");
        assert_eq!(annotation.span_at(end).map(|span| span.start()), Some(end));
        end += span.len();
        assert!(annotation.path_at(end - 1).is_some_and(|path| !path.is_empty()), "{annotation}");
    }
    assert_eq!(end, annotation.bytes().len(), "{annotation}");
    assert!(annotation.span_at(end).is_none());
    assert_eq!(read_back(&annotation.to_string()).unwrap(), annotation.bytes(), "{annotation}");
}

/// Makes a value in bilrost from a shape, and says nothing that the annotation does.
struct Maker {
    cx: Context,
    /// Which variants are taken, and whether lists have one element or two.
    seed: usize,
}

impl Maker {
    fn varint(mut value: u64, out: &mut Vec<u8>) {
        while value >= 0x80 {
            out.push((value & 0x7f) as u8 | 0x80);
            value = (value >> 7) - 1;
        }
        out.push(value as u8);
    }

    fn delimited(content: &[u8], out: &mut Vec<u8>) {
        Self::varint(content.len() as u64, out);
        out.extend_from_slice(content);
    }

    /// A value that is not its type's default, with its wire type.
    fn value(&mut self, shape: Shape) -> (u64, Vec<u8>) {
        let mut out = Vec::new();
        match shape.in_bilrost(self.cx.version) {
            Shape::Optional(inner) => return self.value(*inner),
            Shape::Bool => out.push(1),
            Shape::Uint(128) => Self::delimited(&[0, 1, 4, 2], &mut out),
            Shape::Uint(bits) => {
                Self::varint((300 + self.seed as u64) % (1 << (bits - 1)), &mut out)
            }
            Shape::Choice(choice) if choice.numbered => {
                let mut newest_first = choice.variants.iter().rev();
                let variant =
                    newest_first.find(|it| it.variant.gate.is_open(self.cx.release)).unwrap();
                Self::varint(variant.tag.unwrap().into(), &mut out);
            }
            Shape::Text(_) => Self::delimited("grün".as_bytes(), &mut out),
            Shape::Blob | Shape::Octets => Self::delimited(&[7; 20], &mut out),
            Shape::Bare(parts) => {
                let parts: Vec<_> = parts.iter().flat_map(|part| self.value(part.1).1).collect();
                Self::delimited(&parts, &mut out);
            }
            Shape::Packed(element) => {
                let elements: Vec<_> = (0..3).flat_map(|_| self.value(*element).1).collect();
                Self::delimited(&elements, &mut out);
            }
            Shape::Map(key, value) => {
                let entry = [self.value(*key).1, self.value(*value).1].concat();
                Self::delimited(&entry, &mut out);
            }
            Shape::Record(record)
                if record
                    .fields
                    .iter()
                    .all(|it| it.field.bilrost_place == BilrostPlace::Record)
                    && !record.fields.is_empty() =>
            {
                return self.value(record.fields[0].shape);
            }
            shape => Self::delimited(&self.message(shape), &mut out),
        }
        let is_varint = match shape.in_bilrost(self.cx.version) {
            Shape::Bool | Shape::Uint(..=64) => true,
            Shape::Choice(choice) => choice.numbered,
            _ => false,
        };
        (u64::from(!is_varint), out)
    }

    fn message(&mut self, shape: Shape) -> Vec<u8> {
        let mut fields: Vec<(u32, u64, Vec<u8>)> = Vec::new();
        match shape.in_bilrost(self.cx.version) {
            Shape::Record(record) => {
                let is_open = |it: &&FieldShape| it.field.gate.is_open(self.cx.release);
                for field in record.fields.iter().filter(is_open).collect::<Vec<_>>() {
                    match (field.tag, field.shape) {
                        (None, shape) => fields.extend(self.member(shape)),
                        (Some(tag), shape) => match field.field.bilrost_place {
                            BilrostPlace::Message(inner) => {
                                let mut content = vec![(inner << 2) as u8 | 1];
                                content.extend(self.value(shape).1);
                                let mut value = Vec::new();
                                Self::delimited(&content, &mut value);
                                fields.push((tag, 1, value));
                            }
                            _ => self.field(tag, shape, &mut fields),
                        },
                    }
                }
            }
            Shape::Choice(_) => fields.extend(self.member(shape)),
            Shape::Wrapped(tag, shape) => self.field(tag, *shape, &mut fields),
            Shape::Tuple(shapes) => {
                for (tag, shape) in (0..).zip(shapes) {
                    self.field(tag, *shape, &mut fields);
                }
            }
            other => panic!("{other:?} is no message"),
        }
        fields.sort_by_key(|field| field.0);
        let mut out = Vec::new();
        let mut previous = 0;
        for (tag, wire, value) in fields {
            Self::varint(u64::from(tag - previous) << 2 | wire, &mut out);
            out.extend(value);
            previous = tag;
        }
        out
    }

    fn field(&mut self, tag: u32, shape: Shape, fields: &mut Vec<(u32, u64, Vec<u8>)>) {
        let (element, count) = match shape {
            Shape::List(element) => (*element, 1 + self.seed % 2),
            other => (other, 1),
        };
        for _ in 0..count {
            let (wire, value) = self.value(element);
            // A nested message without content is left out, unless it stands in a list.
            if value != [0] || count > 1 || matches!(shape, Shape::Optional(_) | Shape::List(_)) {
                fields.push((tag, wire, value));
            }
        }
    }

    /// One of the members of a one-of; none for the empty one.
    fn member(&mut self, shape: Shape) -> Option<(u32, u64, Vec<u8>)> {
        let Shape::Choice(choice) = shape else { panic!("{shape:?} has no members") };
        let variant = &choice.variants[self.seed % choice.variants.len()];
        let tag = variant.tag.filter(|tag| *tag != 0)?;
        match variant.shape {
            Some(shape) => {
                let (wire, value) = self.value(shape);
                Some((tag, wire, value))
            }
            None => Some((tag, 1, vec![0])),
        }
    }
}

/// Payloads of all messages that have a bilrost form, in many variants, and the same values in
/// flexbuffers where a release still writes them.
fn samples() -> Vec<(MessageType, Context, Bytes)> {
    let mut samples = Vec::new();
    let contexts = [("1.4", 2), ("1.5", 2), ("1.6", 3), ("1.7", 2), ("1.7", 3)];
    for (release, version) in contexts {
        let cx = context(release, version);
        let rows = crate::catalogue::MESSAGES.iter();
        for row in rows.filter(|row| row.is_known_to(cx.release)) {
            if row.codec_at(cx.version) != Codec::Bilrost || row.min_version > cx.version {
                continue;
            }
            for seed in 0..9 {
                let shape = row.message_type.shape();
                let bytes = Bytes::from(Maker { cx, seed }.message(shape));
                samples.push((row.message_type, cx, bytes));
            }
        }
    }
    samples
}

#[test]
fn shapes_describe_the_bytes_that_the_codec_writes() {
    let samples = samples();
    assert!(samples.len() > 1000);
    for (message, cx, bytes) in samples {
        let number = cx.version.number();
        let value = Message::decode(message, &bytes, cx.release, number)
            .unwrap_or_else(|error| panic!("{error}\n{}", payload(message, cx, &bytes)));
        let annotation = payload(message, cx, &bytes);
        assert_sound(&annotation);
        assert_eq!(annotation.damage(), None, "{annotation}");
        for span in annotation.spans() {
            let is_known = !matches!(span.what(), What::Unknown { .. } | What::Unread);
            assert!(is_known && !span.is_foreign(), "{message} of {}\n{annotation}", cx.release);
        }
        let encoded = value.encode(cx.release, number).unwrap();
        assert_eq!(encoded, bytes, "{message}\n{annotation}{}", payload(message, cx, &encoded));
    }
}

/// Bytes of all formats, with what they are to be read as.
fn inputs() -> Vec<(Option<EnvelopeType>, MessageType, Context, Bytes)> {
    let mut inputs = Vec::new();
    for (message, cx, bytes) in samples() {
        let number = cx.version.number();
        let value = Message::decode(message, &bytes, cx.release, number).unwrap();
        inputs.push((None, message, cx, bytes));
        let v1 = context("1.4", 1);
        if cx.release == v1.release
            && let Ok(bytes) = value.encode(v1.release, 1)
        {
            inputs.push((None, message, v1, bytes));
        }
    }
    let frames = [
        "0a00 1a1f 0802 1003 1a0c746573742d636c7573746572 2204 0801 1002 2801 38959aef3a",
        "0a06 0808 1007 1803 c23e 08 080b 1204 04010203",
        "2a16 a20613 083e 1000 1a06476f73736970 a20604 04010203",
        "2a06 2204 0803 1000",
    ];
    for frame in frames {
        let frame = Bytes::from(hex(frame));
        inputs.push((Some(EnvelopeType::Message), MessageType::Gossip, context("1.4", 2), frame));
    }
    inputs
}

#[test]
fn values_at_v1_are_flexbuffers_without_a_byte_to_spare() {
    let mut count = 0;
    for (of, message, cx, bytes) in inputs() {
        if of.is_some() || cx.version != ProtocolVersion::V1 {
            continue;
        }
        count += 1;
        let annotation = payload(message, cx, &bytes);
        assert_sound(&annotation);
        assert_eq!(annotation.damage(), None, "{message}\n{annotation}");
        let is_spare = |what| matches!(what, What::Unreferenced | What::Continued | What::Unread);
        assert!(!annotation.spans().any(|span| is_spare(span.what())), "{message}\n{annotation}");
    }
    assert!(count > 200);
}

#[test]
fn any_bytes_are_covered() {
    let on_a_small_stack = thread::Builder::new().stack_size(2 << 20);
    let work = || {
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = |bound: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            (random % bound as u64) as usize
        };
        let check = |of, message, cx: Context, bytes: &[u8]| match of {
            Some(of) => assert_sound(&protobuf(of, cx.release, bytes, |_| Some((message, cx)))),
            None => assert_sound(&payload(message, cx, bytes)),
        };
        for (of, message, cx, bytes) in inputs() {
            for end in (0..bytes.len()).step_by(1 + bytes.len() / 16) {
                check(of, message, cx, &bytes[..end]);
            }
            for _ in 0..if bytes.is_empty() { 0 } else { 10 } {
                let mut damaged = bytes.to_vec();
                for _ in 0..=next(3) {
                    let at = next(damaged.len());
                    match next(3) {
                        0 => damaged[at] = next(256) as u8,
                        1 => damaged[at] ^= 1 << next(8),
                        _ => damaged.insert(at, next(256) as u8),
                    }
                }
                check(of, message, cx, &damaged);
                // What it is not.
                assert_sound(&flexbuffers(&damaged));
            }
        }
    };
    on_a_small_stack.spawn(work).unwrap().join().unwrap();
}

#[test]
fn what_is_too_long_is_not_looked_at() {
    let bytes = vec![0; INPUT_LEN_MAX + 1];
    let annotation = flexbuffers(&bytes);
    assert_eq!(annotation.spans().len(), 1);
    let damage = annotation.damage().unwrap();
    assert_eq!(damage.kind, FaultKind::TooMuch { what: "bytes", limit: INPUT_LEN_MAX });
}
