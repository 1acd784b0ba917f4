//! Bilrost by its shape (03 §2): keys with their absolute tags, values by name, nested messages
//! opened.

use std::ops::Range;

use super::members::{Content, Member, empty_variant, resolve, wire_of};
use super::place::{PlaceId, Step};
use super::what::{Key, Value, What, Wire};
use super::{Draft, Stop};
use crate::codec::bilrost::WireType;
use crate::codec::bilrost::varint::{self, Unreadable};
use crate::codec::fault::FaultKind;
use crate::codec::shape::{Shape, VariantShape};
use crate::codec::tree::Context;

/// A position in the bytes and the end of the message that is being read.
///
/// Shapes are not recursive, so nesting needs no bound of its own.
pub(super) struct Walk<'d, 'a> {
    draft: &'d mut Draft<'a>,
    cx: Context,
    position: usize,
    end: usize,
}

impl<'d, 'a> Walk<'d, 'a> {
    pub(super) fn new(draft: &'d mut Draft<'a>, cx: Context, range: Range<usize>) -> Self {
        Self { draft, cx, position: range.start, end: range.end }
    }

    /// Reads the fields of a message up to its end.
    pub(super) fn message(&mut self, shape: Shape, place: PlaceId) -> Result<(), Stop> {
        self.fields(Content::Value(resolve(shape, self.cx)), place)
    }

    fn fields(&mut self, message: Content, place: PlaceId) -> Result<(), Stop> {
        let mut tag = 0u32;
        // How many times the tag has come: elements of one list follow each other.
        let mut count = 0u32;
        let mut is_first = true;
        let mut has_one_of = false;
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
            match Member::find(message, tag, self.cx) {
                Some(member) if member.is_foreign => {
                    // The release passes over it, whatever it is.
                    let mark = self.draft.mark();
                    let (position, end) = (self.position, self.end);
                    if self.known(key, wire, member, place, count).is_err() {
                        self.draft.rewind(mark);
                        (self.position, self.end) = (position, end);
                        self.unknown(key, wire, place)?;
                    }
                }
                Some(member) if member.is_one_of && has_one_of => {
                    return Err(self.stop_at(FaultKind::Conflicting, start, place));
                }
                Some(member) => {
                    has_one_of |= member.is_one_of;
                    self.known(key, wire, member, place, count)?;
                }
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
            content = Content::Value(resolve(*element, self.cx));
            place = self.draft.step(place, Step::Index(count));
        } else if count > 0 {
            return Err(self.stop(FaultKind::Repeated, place));
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
        self.content(None, Content::Value(resolve(shape, self.cx)), place, false)
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
        let (len, cut) = self.length_or_cut(place)?;
        let room = len.min(self.end - self.position);
        match cut {
            // What is cut off makes no whole value, but the parts before the cut do.
            Some(stop) if !has_parts(content) => return Err(stop),
            Some(stop) => self.draft.blame(stop),
            None => {
                if let Some(value) = self.leaf(content, len, place)? {
                    self.add(place, What::Value { key, value }, is_foreign);
                    return Ok(());
                }
            }
        }
        self.add(place, What::Open { key, len }, is_foreign);
        let outer_end = std::mem::replace(&mut self.end, self.position + room);
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
                Some(name) => Value::Name(name),
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

    fn varint(&mut self, what: &'static str, place: PlaceId) -> Result<u64, Stop> {
        let rest = self.draft.annotation.bytes.get(self.position..self.end).unwrap_or_default();
        match varint::read(rest) {
            Ok((value, after)) => {
                self.position += rest.len() - after.len();
                Ok(value)
            }
            Err(Unreadable::Truncated) => Err(self.stop(FaultKind::Truncated { what }, place)),
            Err(Unreadable::Overflow) => Err(self.stop(FaultKind::OutOfRange { what }, place)),
        }
    }

    /// A length that lies within the message.
    fn length(&mut self, place: PlaceId) -> Result<usize, Stop> {
        let (len, cut) = self.length_or_cut(place)?;
        cut.map_or(Ok(len), Err)
    }

    /// A length, and the fault if it passes the end of the message.
    fn length_or_cut(&mut self, place: PlaceId) -> Result<(usize, Option<Stop>), Stop> {
        let len = self.varint("a length", place)?;
        Ok(Stop::at_length(len, self.end - self.position, self.position, place))
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

/// Whether a delimited value is made of others, and not one by itself.
fn has_parts(content: Content) -> bool {
    let is_leaf = matches!(
        content,
        Content::Value(Shape::Text(_) | Shape::Blob | Shape::Octets | Shape::Any)
            | Content::Unit(_)
    );
    !is_leaf
}

fn public_wire(wire: WireType) -> Wire {
    match wire {
        WireType::Varint => Wire::Varint,
        WireType::LengthDelimited => Wire::Delimited,
        WireType::Fixed32 => Wire::Fixed32,
        WireType::Fixed64 => Wire::Fixed64,
    }
}

#[cfg(test)]
mod tests {
    use crate::annotate::tests::{context, hex};
    use crate::annotate::{Annotation, payload};
    use crate::catalogue::MessageType;

    fn text(message: MessageType, release: &str, version: i32, bytes: &str) -> String {
        payload(message, context(release, version), &hex(bytes)).to_string()
    }

    #[test]
    fn a_digest() {
        let bytes = "0508 04f402 04e002 0801 0506 0401 040a 0401 0106 040b 0414 0402";
        let expected = "\
0000  05 08                     header: tag 1, delimited, 8 bytes
0002  04 f4 02                  header.local_tail = 500  (tag 1, varint)
0005  04 e0 02                  header.known_global_tail = 480  (tag 2, varint)
0008  08 01                     header.status = Ok  (tag 4, varint)
0010  05 06                     entries[0]: tag 2, delimited, 6 bytes
0012  04 01                     entries[0].from_offset = 1  (tag 1, varint)
0014  04 0a                     entries[0].to_offset = 10  (tag 2, varint)
0016  04 01                     entries[0].status = Trimmed  (tag 3, varint)
0018  01 06                     entries[1]: tag 2, delimited, 6 bytes
0020  04 0b                     entries[1].from_offset = 11  (tag 1, varint)
0022  04 14                     entries[1].to_offset = 20  (tag 2, varint)
0024  04 02                     entries[1].status = Archived  (tag 3, varint)
";
        assert_eq!(text(MessageType::Digest, "1.7", 2, bytes), expected);
    }

    #[test]
    fn omitted_fields_leave_no_trace() {
        let bytes = "0508 0482fffefe0e 0464 0400 0801 0464";
        let expected = "\
0000  05 08                     header: tag 1, delimited, 8 bytes
0002  04 82 ff fe fe 0e         header.loglet_id = 4294967298  (tag 1, varint)
0008  04 64                     header.known_global_tail = 100  (tag 2, varint)
0010  04 00                     total_limit_in_bytes = 0  (tag 2, varint)
0012  08 01                     from_offset = 1  (tag 4, varint)
0014  04 64                     to_offset = 100  (tag 5, varint)
";
        assert_eq!(text(MessageType::GetRecords, "1.7", 3, bytes), expected);
        assert_eq!(text(MessageType::GetRecords, "1.7", 3, ""), "(no bytes)\n");
    }

    #[test]
    fn both_layouts_of_records() {
        let v2 = "050804010882fffefe0e 0515 0113 04959992faceb5dcaa17 0507 0505 68656c6c6f";
        let expected = "\
0000  05 08                     header: tag 1, delimited, 8 bytes
0002  04 01                     header.log_id = 1  (tag 1, varint)
0004  08 82 ff fe fe 0e         header.loglet_id = 4294967298  (tag 3, varint)
0010  05 15                     payloads: tag 2, delimited, 21 bytes
0012  01 13                     payloads[0]: tag 0, delimited, 19 bytes
0014  04 95 99 92 fa ce b5 dc   payloads[0].created_at = 1754000000123456789  (tag 1, varint)
0022  aa 17
0024  05 07                     payloads[0].body: tag 2, delimited, 7 bytes
0026  05 05 68 65 6c 6c 6f      payloads[0].body = 5 bytes  (tag 1, delimited)
";
        assert_eq!(text(MessageType::Append, "1.6", 2, v2), expected);
        let v3 = "050804010882fffefe0e 0514 0112 11 04959992faceb5dcaa17 0905 68656c6c6f";
        let expected = "\
0000  05 08                     header: tag 1, delimited, 8 bytes
0002  04 01                     header.log_id = 1  (tag 1, varint)
0004  08 82 ff fe fe 0e         header.loglet_id = 4294967298  (tag 3, varint)
0010  05 14                     payloads: tag 2, delimited, 20 bytes
0012  01 12                     payloads: tag 0, delimited, 18 bytes
0014  11                        payloads[0]: 17 bytes
0015  04 95 99 92 fa ce b5 dc   payloads[0].created_at = 1754000000123456789  (tag 1, varint)
0023  aa 17
0025  09 05 68 65 6c 6c 6f      payloads[0].body = 5 bytes  (tag 3, delimited)
";
        assert_eq!(text(MessageType::Append, "1.6", 3, v3), expected);
        let misread = "\
0014  04                        payloads[0]: 4 bytes
0015  95 99 92 fa ce b5 dc aa   payloads[0]: not read
0023  17 05 07 05 05 68 65 6c 6c 6f
! payloads[0] (byte 15): the input ends inside a key
";
        let text = text(MessageType::Append, "1.6", 3, v2);
        assert!(text.ends_with(misread), "{text}");
    }

    #[test]
    fn members_of_a_one_of() {
        let line =
            |message, bytes| text(message, "1.7", 3, bytes).lines().last().map(str::to_owned);
        let cases = [
            (MessageType::WaitForTail, "1000", "query.LocalOrGlobal = 0  (tag 4, varint)"),
            (MessageType::Appended, "0502 0d00", "header.status = Unknown  (tag 3, delimited)"),
            (
                MessageType::SequencerState,
                "0504 0d02 0900",
                "header.status = Sealed  (tag 2, delimited)",
            ),
            (MessageType::IngestResponse, "0502 0500", "status = Ack  (tag 1, delimited)"),
            (
                MessageType::RemoteQueryScannerOpened,
                "0504 0502 0401",
                "Success.node.generation = 1  (tag 1, varint)",
            ),
        ];
        for (message, bytes, expected) in cases {
            let line = line(message, bytes).unwrap();
            assert!(line.ends_with(&format!("   {expected}")), "{line}");
        }
    }

    #[test]
    fn what_a_release_does_not_know_is_named_and_marked() {
        // detailed_effective_mode came with 1.7.3; tag 40 with none.
        let bytes = hex("0509 0007 4404 5c2a 0102 09");
        let of = |release| payload(MessageType::NodeStateResponse, context(release, 2), &bytes);
        let line = |annotation: &Annotation<'_>, index| {
            annotation.to_string().lines().nth(index).unwrap_or_default().to_owned()
        };
        let mode = "partition_processor_state[0].value.detailed_effective_mode = Leader";
        let new = of("1.7");
        assert!(line(&new, 3).ends_with(&format!("{mode}  (tag 17, varint)")), "{new}");
        let old = of("1.6");
        let marked = format!("{mode}  (tag 17, varint, unknown to the release)");
        assert!(line(&old, 3).ends_with(&marked), "{old}");
        let unknown = "partition_processor_state[0].value: unknown tag 40, varint: 42";
        assert!(line(&new, 4).ends_with(unknown), "{new}");
    }

    #[test]
    fn a_field_that_the_release_does_not_know_may_hold_anything() {
        // Tag 13 as bytes, where newer releases have a number.
        let bytes = hex("0506 0004 3502 ffff");
        let of = |release| payload(MessageType::NodeStateResponse, context(release, 2), &bytes);
        assert!(of("1.7").damage().is_some());
        let old = of("1.6");
        assert_eq!(old.damage(), None);
        let role = "unknown tag 13, delimited: 2 bytes";
        assert_eq!(old.span_at(7).unwrap().role(), role);
    }

    #[test]
    fn what_is_cut_off_is_read_up_to_the_end() {
        let expected = "\
0000  05 09                     header: tag 1, delimited, 9 bytes
0002  04 82 ff fe fe 0e         header.loglet_id = 4294967298  (tag 1, varint)
! header (byte 2): the input ends inside a length-delimited value
";
        assert_eq!(text(MessageType::Trim, "1.7", 2, "0509 0482fffefe0e"), expected);
    }

    #[test]
    fn faults_are_named_where_they_are() {
        let cases = [
            (MessageType::Trim, "05", "header (byte 1): the input ends inside a length"),
            (MessageType::Trim, "0900", "trim_point (byte 1): expected a varint"),
            (MessageType::Trim, "0801 0002", "trim_point (byte 3): the field is there twice"),
            (MessageType::WaitForTail, "0801 0402", "the value (byte 2): two members"),
            (MessageType::Digest, "0504 1009", "header (byte 2): the input ends inside a length"),
            (MessageType::Digest, "0502 1009", "header.status (byte 4): 9 is no variant"),
        ];
        for (message, bytes, expected) in cases {
            let bytes = hex(bytes);
            let annotation = payload(message, context("1.7", 2), &bytes);
            let damage = annotation.damage().map(ToString::to_string).unwrap_or_default();
            assert!(damage.starts_with(expected), "{damage} instead of {expected}");
        }
    }
}
