//! What is claimed of bytes, read again.
//!
//! The annotator reads by the shapes of messages; this reader knows no message. It takes each span
//! by itself, reads key, length and value from its bytes by the layout of the format alone (01 §2,
//! 03 §2 and §3.2), and compares them with what the span says.

use crate::fabric::annotate::{Annotation, Key, Span, Value, What, Wire};
use crate::suite::reference::take_varint;

/// How bytes are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Keys with the tag and a wire type of three bits, numbers in groups of seven bits.
    Protobuf,
    /// Keys with the distance to the tag before and a wire type of two bits, numbers of which each
    /// is written in one way only.
    Bilrost,
    /// Slots that refer backwards.
    Flexbuffers,
}

/// The first span of which its bytes say something else.
pub fn untrue<'a>(annotation: &'a Annotation<'_>, layout: Layout) -> Option<Span<'a>> {
    untrue_of(annotation.bytes(), annotation, layout)
}

/// The same, of other bytes in the place of those that were annotated.
fn untrue_of<'a>(bytes: &[u8], annotation: &'a Annotation<'_>, layout: Layout) -> Option<Span<'a>> {
    let mut open = vec![Message { end: annotation.bytes().len(), tag: 0 }];
    annotation.spans().find(|span| {
        let is_true = match (span.what(), layout) {
            (What::Unread, _) => annotation.damage().is_some(),
            (_, Layout::Flexbuffers) => Slots(bytes).bear_out(span),
            (_, Layout::Protobuf) => is_field(bytes, span, Tags::Absolute, &mut open),
            (_, Layout::Bilrost) => is_field(bytes, span, Tags::Distances, &mut open),
        };
        !is_true
    })
}

/// A message whose fields are being read.
struct Message {
    end: usize,
    /// The tag of the last field.
    tag: u32,
}

/// How a key says its tag.
#[derive(Clone, Copy, PartialEq)]
enum Tags {
    Absolute,
    Distances,
}

impl Tags {
    /// A number, and what stands behind it.
    fn varint(self, mut bytes: &[u8]) -> Option<(u64, &[u8])> {
        if self == Self::Distances {
            return take_varint(&mut bytes).map(|number| (number, bytes));
        }
        let last = bytes.iter().take(10).position(|byte| *byte < 0x80)?;
        let (number, rest) = bytes.split_at_checked(last + 1)?;
        let number = (0..)
            .zip(number)
            .fold(0, |sum, (place, byte)| sum | u128::from(byte & 0x7f) << (7 * place));
        Some((u64::try_from(number).ok()?, rest))
    }

    fn key(self, bytes: &[u8], before: u32) -> Option<(Key, &[u8])> {
        let (number, rest) = self.varint(bytes)?;
        let (tag, wire) = match self {
            Self::Absolute => (number >> 3, number & 7),
            Self::Distances => (u64::from(before) + (number >> 2), number & 3),
        };
        let wire = match (self, wire) {
            (_, 0) => Wire::Varint,
            (Self::Absolute, 1) | (Self::Distances, 3) => Wire::Fixed64,
            (Self::Absolute, 2) | (Self::Distances, 1) => Wire::Delimited,
            (Self::Absolute, 3) => Wire::Group,
            (Self::Absolute, 5) | (Self::Distances, 2) => Wire::Fixed32,
            _ => return None,
        };
        Some((Key { tag: u32::try_from(tag).ok()?, wire }, rest))
    }
}

/// The bytes of a span, in these.
fn bytes_of<'b>(bytes: &'b [u8], span: &Span<'_>) -> &'b [u8] {
    bytes.get(span.start()..).and_then(|rest| rest.get(..span.len())).unwrap_or_default()
}

/// Whether a span of a format with tags is what it says.
fn is_field(bytes: &[u8], span: &Span<'_>, tags: Tags, open: &mut Vec<Message>) -> bool {
    while open.len() > 1 && open.last().is_some_and(|message| message.end <= span.start()) {
        open.pop();
    }
    let Some(message) = open.last_mut() else { return false };
    let (key, what) = match span.what() {
        What::Value { key, value } => (key, Some(value)),
        What::Unknown { key, value } => (Some(key), Some(value)),
        What::Open { key, .. } => (key, None),
        _ => return false,
    };
    let mut rest = bytes_of(bytes, span);
    if let Some(claimed) = key {
        match tags.key(rest, message.tag) {
            Some((key, behind)) if key == claimed => rest = behind,
            _ => return false,
        }
        message.tag = claimed.tag;
    }
    let outer_end = message.end;
    match (span.what(), what) {
        (What::Open { len, .. }, _) => {
            let end = (span.start() + span.len()).saturating_add(len);
            open.push(Message { end: end.min(outer_end), tag: 0 });
            tags.varint(rest) == Some((len as u64, &[]))
        }
        (_, Some(value)) => is_value(value, key.map(|key| key.wire), rest, span, tags),
        _ => false,
    }
}

/// Whether the bytes behind a key hold a value. Without a key the value says how it is written.
fn is_value(value: Value, wire: Option<Wire>, bytes: &[u8], span: &Span<'_>, tags: Tags) -> bool {
    let number = tags.varint(bytes).filter(|(_, rest)| rest.is_empty()).map(|(number, _)| number);
    let run = tags.varint(bytes).filter(|(len, rest)| *len == rest.len() as u64);
    let run = run.map(|(_, rest)| rest);
    let is_delimited = matches!(wire, None | Some(Wire::Delimited));
    let is_varint = matches!(wire, None | Some(Wire::Varint));
    match value {
        Value::Bool(truth) => is_varint && number == Some(truth.into()),
        // The field is perhaps narrower than the number.
        Value::Uint(claimed) if tags == Tags::Absolute => {
            let is_cut = number.is_some_and(|it| it & u64::from(u32::MAX) == claimed);
            is_varint && (is_cut || number == Some(claimed))
        }
        Value::Uint(claimed) => is_varint && number == Some(claimed),
        Value::Unnamed(claimed) => is_varint && number.is_some_and(|it| it as i32 == claimed),
        // What is called so is a number, or a message without fields.
        Value::Name(_) if wire == Some(Wire::Delimited) => run.is_some_and(<[u8]>::is_empty),
        Value::Name(_) => number.is_some(),
        Value::Text { at, len } => {
            let is_there = at + len == span.start() + span.len();
            is_delimited && is_there && run.is_some_and(|it| it.len() == len)
        }
        Value::Bytes(len) => match wire {
            None | Some(Wire::Delimited) => run.is_some_and(|it| it.len() == len),
            Some(Wire::Fixed32) => len == 4 && bytes.len() == len,
            Some(Wire::Fixed64) => len == 8 && bytes.len() == len,
            Some(Wire::Group) => bytes.len() == len,
            Some(Wire::Varint) => false,
        },
        Value::Null | Value::Int(_) | Value::Float(_) | Value::Numbers { .. } => false,
    }
}

/// All bytes of a flexbuffer. What is shared is cut off where the span of another begins: so a claim
/// is read from where its span begins, and not from the span alone.
struct Slots<'a>(&'a [u8]);

impl Slots<'_> {
    fn bear_out(&self, span: &Span<'_>) -> bool {
        let (at, bytes) = (span.start(), bytes_of(self.0, span));
        let is_slot = |number| self.widths(span).any(|width| self.uint(at, width) == Some(number));
        let refers = |to: usize| at.checked_sub(to).is_some_and(|back| is_slot(back as u64));
        let behind = self.0.len() - at;
        match span.what() {
            What::Value { key: None, value } => self.is_value(value, span),
            What::Reference { to, .. } | What::KeysReference { to } | What::KeyReference { to } => {
                refers(to)
            }
            What::Type(byte) => bytes == [byte],
            What::RootType(byte) => bytes == [byte] && behind == 2,
            What::RootWidth(byte) => bytes == [byte] && behind == 1,
            What::Length(number) | What::KeysWidth(number) => is_slot(number),
            What::KeyText { at: key, len } => key == at && self.is_key(at, len),
            What::Padding => is_padding(bytes, at),
            What::Unreferenced => !is_padding(bytes, at),
            What::Continued => true,
            _ => false,
        }
    }

    fn is_value(&self, value: Value, span: &Span<'_>) -> bool {
        let start = span.start();
        let mut widths = self.widths(span);
        // The length before the bytes of a run.
        let is_counted = |at: usize, len: usize| {
            let prefix = at.checked_sub(start).filter(|width| *width > 0);
            prefix.is_some_and(|width| self.uint(start, width) == Some(len as u64))
        };
        match value {
            Value::Null => true,
            Value::Bool(truth) => {
                widths.any(|width| self.uint(start, width).is_some_and(|it| (it != 0) == truth))
            }
            Value::Uint(number) => widths.any(|width| self.uint(start, width) == Some(number)),
            Value::Int(number) => widths.any(|width| {
                let unused = 64 - 8 * width as u32;
                let signed = self.uint(start, width).map(|it| ((it << unused) as i64) >> unused);
                signed == Some(number)
            }),
            Value::Float(number) => widths.any(|width| {
                let bits = self.uint(start, width).unwrap_or_default();
                let read = match width {
                    4 => f64::from(f32::from_bits(bits as u32)),
                    _ => f64::from_bits(bits),
                };
                width >= 4 && (read == number || read.is_nan() && number.is_nan())
            }),
            // A key has no length before it.
            Value::Text { at, len } if at == start => self.is_key(at, len),
            Value::Text { at, len } => is_counted(at, len) && self.0.get(at + len) == Some(&0),
            Value::Bytes(len) => [1, 2, 4, 8].into_iter().any(|it| is_counted(start + it, len)),
            // Vectors of a fixed length have none before them.
            Value::Numbers { at, len, .. } if at == start => (2..=4).contains(&len),
            Value::Numbers { at, len, .. } => is_counted(at, len),
            Value::Name(_) | Value::Unnamed(_) => false,
        }
    }

    /// The widths that the slot of a span may have.
    fn widths(&self, span: &Span<'_>) -> impl Iterator<Item = usize> + use<> {
        let len = span.len();
        [1, 2, 4, 8].into_iter().filter(move |width| *width >= len)
    }

    fn uint(&self, at: usize, width: usize) -> Option<u64> {
        let bytes = self.0.get(at..)?.get(..width)?;
        Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn is_key(&self, at: usize, len: usize) -> bool {
        let key = self.0.get(at..).and_then(|rest| rest.get(..=len));
        key.is_some_and(|key| key.iter().position(|byte| *byte == 0) == Some(len))
    }
}

/// Whether a writer leaves these bytes before a slot that it aligns: zeros, fewer than the slot is wide.
fn is_padding(bytes: &[u8], at: usize) -> bool {
    let width = [2, 4, 8].into_iter().find(|width| bytes.len() < *width);
    let is_aligned = width.is_some_and(|width| (at + bytes.len()).is_multiple_of(width));
    is_aligned && bytes.iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fabric::annotate;
    use crate::fabric::catalogue::MessageType;
    use crate::fabric::codec::tree::Context;
    use crate::fabric::envelope::EnvelopeType;
    use crate::fabric::version::ProtocolVersion;

    /// How many of the bytes cannot be one more without a span that is untrue.
    fn seen(annotation: &Annotation<'_>, layout: Layout) -> usize {
        assert_eq!(untrue(annotation, layout).map(|it| it.to_string()), None);
        let is_seen = |place: &usize| {
            let mut others = annotation.bytes().to_vec();
            others[*place] = others[*place].wrapping_add(1);
            untrue_of(&others, annotation, layout).is_some()
        };
        (0..annotation.bytes().len()).filter(is_seen).count()
    }

    #[test]
    fn what_bytes_do_not_bear_out_is_untrue() {
        // A header, and a text, which may have any bytes; and the number of a name.
        let frame = hex::decode("0a021803120908011205736f727279").unwrap();
        let release = "1.7".parse().unwrap();
        let explained = annotate::protobuf(EnvelopeType::Message, release, &frame, |_| None);
        assert_eq!(seen(&explained, Layout::Protobuf), frame.len() - "sorry".len() - 1);
        for other in [Layout::Bilrost, Layout::Flexbuffers] {
            assert!(untrue(&explained, other).is_some());
        }
        // All but the letters of the key.
        let buffer = hex::decode("4f6b0001040101010108022401").unwrap();
        let explained = annotate::flexbuffers(&buffer);
        assert_eq!(seen(&explained, Layout::Flexbuffers), buffer.len() - "Ok".len());
        assert!(untrue(&explained, Layout::Protobuf).is_some());
        let cx = Context { release, version: ProtocolVersion::V3 };
        let digest = hex::decode("050804f40204e0020801050604010414").unwrap();
        let explained = annotate::payload(MessageType::Digest, cx, &digest);
        // All but the number of a name.
        assert_eq!(seen(&explained, Layout::Bilrost), digest.len() - 1);
    }

    #[test]
    fn a_length_beyond_all_bytes_is_no_overflow() {
        let frame = hex::decode("0affffffffffffffffff01").unwrap();
        let release = "1.7".parse().unwrap();
        let explained = annotate::protobuf(EnvelopeType::Message, release, &frame, |_| None);
        assert!(explained.damage().is_some());
        assert_eq!(untrue(&explained, Layout::Protobuf).map(|it| it.to_string()), None);
    }

    #[test]
    fn numbers_are_read_as_their_format_writes_them() {
        let read = |tags: Tags, bytes: &[u8]| tags.varint(bytes).map(|(number, _)| number);
        assert_eq!(read(Tags::Absolute, &[0xac, 0x02]), Some(300));
        assert_eq!(read(Tags::Distances, &[0xac, 0x01]), Some(300));
        assert_eq!(read(Tags::Absolute, &[0x80]), None);
        let most = [[0xff; 9].as_slice(), &[1]].concat();
        assert_eq!(read(Tags::Absolute, &most), Some(u64::MAX));
        let most = [0xff, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe];
        assert_eq!(read(Tags::Distances, &most), Some(u64::MAX));
    }
}
