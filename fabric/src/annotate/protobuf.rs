//! The envelope by the table of its fields (01 §2 to §6), and the payloads in it as far as somebody
//! says what they are.

use std::ops::Range;

use super::place::{PlaceId, Step};
use super::what::{Key, Value, What, Wire};
use super::{Draft, Stop};
use crate::catalogue::{MESSAGES, MessageType};
use crate::codec::fault::FaultKind;
use crate::codec::tree::Context;
use crate::envelope::EnvelopeType;
use crate::envelope::fields::{self, FieldRow, Kind};
use crate::release::Release;

/// Deepest nesting of groups in an unknown field that is passed over; the protobuf library's own.
const GROUP_DEPTH_MAX: usize = 100;
/// Bytes of the longest varint.
const VARINT_LEN_MAX: usize = 10;

/// A payload, and what the frame has said about it up to there.
#[derive(Debug, Clone, Copy)]
pub struct Carried<'a> {
    /// The message of the envelope that has it.
    pub carrier: EnvelopeType,
    /// Number of the call.
    pub id: Option<u64>,
    /// Number of the service, or of the V1 target.
    pub service: Option<i32>,
    /// Name of the message.
    pub msg_type: Option<&'a str>,
}

impl Carried<'_> {
    /// Which message the frame itself says it is. Replies do not say it from V2 on: it follows from
    /// the call with the same id.
    pub fn message_type(&self) -> Option<MessageType> {
        match (self.carrier, self.service) {
            (EnvelopeType::BinaryMessage, Some(target)) => {
                let mut rows = MESSAGES.iter();
                rows.find(|row| row.v1_target == Some(target)).map(|row| row.message_type)
            }
            _ => self.msg_type.and_then(|name| name.parse().ok()),
        }
    }
}

/// Says what a payload is, or nothing, if it is to be left as bytes.
pub(super) type Opener<'o> = &'o mut dyn FnMut(&Carried<'_>) -> Option<(MessageType, Context)>;

/// A position in the bytes and the end of the message that is being read. Messages are not nested
/// in themselves, so nesting needs no bound of its own.
pub(super) struct Walk<'d, 'a, 'o> {
    draft: &'d mut Draft<'a>,
    release: Release,
    open: Opener<'o>,
    position: usize,
    end: usize,
}

impl<'d, 'a, 'o> Walk<'d, 'a, 'o> {
    pub(super) fn new(
        draft: &'d mut Draft<'a>,
        release: Release,
        open: Opener<'o>,
        range: Range<usize>,
    ) -> Self {
        Self { draft, release, open, position: range.start, end: range.end }
    }

    /// Reads the fields of a message up to its end.
    pub(super) fn message(&mut self, of: EnvelopeType, place: PlaceId) -> Result<(), Stop> {
        let carried = Carried { carrier: of, id: None, service: None, msg_type: None };
        self.fields(fields::fields(of), carried, place)
    }

    fn fields(
        &mut self,
        rows: &'static [FieldRow],
        mut carried: Carried<'a>,
        place: PlaceId,
    ) -> Result<(), Stop> {
        let mut entries = 0;
        while self.position < self.end {
            let key = self.key(place)?;
            let Some(row) = rows.iter().find(|row| row.number == key.tag) else {
                let value = self.skip(key, place)?;
                self.add(place, What::Unknown { key, value }, false);
                continue;
            };
            let mut field = self.draft.step(place, Step::Field(row.name));
            if matches!(row.kind, Kind::Entry) {
                field = self.draft.step(field, Step::Index(entries));
                entries += 1;
            }
            if row.is_known_to(self.release) {
                self.known(row, key, &mut carried, field)?;
                continue;
            }
            // The release passes over it, whatever it is.
            let mark = self.draft.mark();
            let (position, end) = (self.position, self.end);
            if self.known(row, key, &mut carried, field).is_err() {
                self.draft.rewind(mark);
                (self.position, self.end) = (position, end);
                let value = self.skip(key, place)?;
                self.add(place, What::Unknown { key, value }, false);
            }
        }
        Ok(())
    }

    fn known(
        &mut self,
        row: &FieldRow,
        key: Key,
        carried: &mut Carried<'a>,
        place: PlaceId,
    ) -> Result<(), Stop> {
        let expected = match row.kind {
            Kind::Uint32 | Kind::Uint64 | Kind::Enum(_) => Wire::Varint,
            _ => Wire::Delimited,
        };
        if key.wire != expected {
            let (expected, found) = (expected.name(), key.wire.name());
            return Err(self.stop(FaultKind::WrongType { expected, found }, place));
        }
        let is_foreign = !row.is_known_to(self.release);
        if expected == Wire::Varint {
            let number = self.varint("a number", place)?;
            let value = self.number(row, number, carried);
            self.add(place, What::Value { key: Some(key), value }, is_foreign);
            return Ok(());
        }
        let (len, cut) = self.length_or_cut(place)?;
        let range = self.position..self.position + len.min(self.end - self.position);
        let opened = match row.kind {
            Kind::Payload => (self.open)(carried),
            _ => None,
        };
        if let Some(stop) = cut {
            // What is cut off makes no whole value, but the fields before the cut do.
            let is_leaf = matches!(row.kind, Kind::Text | Kind::Payload) && opened.is_none();
            if is_leaf {
                return Err(stop);
            }
            self.draft.blame(stop);
        }
        let value = match row.kind {
            Kind::Text => {
                let text = self.text(range.clone(), place)?;
                if row.name == "msg_type" {
                    carried.msg_type = Some(text);
                }
                Some(Value::Text { at: range.start, len })
            }
            Kind::Payload if opened.is_none() => Some(Value::Bytes(len)),
            _ => None,
        };
        if let Some(value) = value {
            self.position = range.end;
            self.add(place, What::Value { key: Some(key), value }, is_foreign);
            return Ok(());
        }
        self.add(place, What::Open { key: Some(key), len }, is_foreign);
        let outer_end = std::mem::replace(&mut self.end, range.end);
        match (row.kind, opened) {
            (Kind::Message(of), _) => self.message(of, place)?,
            (_, Some((message, cx))) => self.draft.payload(message, cx, range.clone(), place),
            _ => self.fields(fields::ENTRY, *carried, place)?,
        }
        self.end = outer_end;
        self.position = range.end;
        Ok(())
    }

    /// What a number means. It is cut to the width of its field, as the protobuf library does.
    fn number(&self, row: &FieldRow, number: u64, carried: &mut Carried<'a>) -> Value {
        match row.kind {
            Kind::Enum(of) => {
                let number = number as i32;
                if matches!(row.name, "service" | "target") {
                    carried.service = Some(number);
                }
                match of.name(self.release, number) {
                    Some(name) => Value::Name(name),
                    None => Value::Unnamed(number),
                }
            }
            Kind::Uint32 => Value::Uint(u64::from(number as u32)),
            _ => {
                if row.name == "id" {
                    carried.id = Some(number);
                }
                Value::Uint(number)
            }
        }
    }

    fn text(&self, range: Range<usize>, place: PlaceId) -> Result<&'a str, Stop> {
        let bytes: &'a [u8] = self.draft.annotation.bytes.get(range).unwrap_or_default();
        std::str::from_utf8(bytes).map_err(|_| self.stop(FaultKind::NotUtf8, place))
    }

    /// Passes over the value of an unknown field; what can be told of it.
    fn skip(&mut self, key: Key, place: PlaceId) -> Result<Value, Stop> {
        let start = self.position;
        match key.wire {
            Wire::Varint => return Ok(Value::Uint(self.varint("an unknown number", place)?)),
            Wire::Delimited => {
                let len = self.length(place)?;
                self.position += len;
                return Ok(Value::Bytes(len));
            }
            Wire::Fixed32 => self.take(4, place)?,
            Wire::Fixed64 => self.take(8, place)?,
            Wire::Group => self.skip_group(key.tag, place)?,
        }
        Ok(Value::Bytes(self.position - start))
    }

    /// Passes over the fields of a group, its end included.
    fn skip_group(&mut self, tag: u32, place: PlaceId) -> Result<(), Stop> {
        let mut open_groups = vec![tag];
        while let Some(&innermost) = open_groups.last() {
            let (tag, code) = self.raw_key(place)?;
            match (wire(code), code) {
                (Some(Wire::Group), _) if open_groups.len() >= GROUP_DEPTH_MAX => {
                    let (what, limit) = ("levels of nesting", GROUP_DEPTH_MAX);
                    return Err(self.stop(FaultKind::TooMuch { what, limit }, place));
                }
                (Some(Wire::Group), _) => open_groups.push(tag),
                (Some(wire), _) => drop(self.skip(Key { tag, wire }, place)?),
                (None, END_GROUP) if tag == innermost => drop(open_groups.pop()),
                (None, _) => return Err(self.no_wire_type(place)),
            }
        }
        Ok(())
    }

    fn key(&mut self, place: PlaceId) -> Result<Key, Stop> {
        let (tag, code) = self.raw_key(place)?;
        match wire(code) {
            Some(wire) => Ok(Key { tag, wire }),
            None => Err(self.no_wire_type(place)),
        }
    }

    /// The tag of a key and the number of its wire type.
    fn raw_key(&mut self, place: PlaceId) -> Result<(u32, u64), Stop> {
        let offset = self.position;
        let key = self.varint("a key", place)?;
        match u32::try_from(key) {
            Ok(key) if key >> 3 > 0 => Ok((key >> 3, u64::from(key & 7))),
            _ => Err(Stop { kind: FaultKind::OutOfRange { what: "a tag" }, offset, place }),
        }
    }

    fn no_wire_type(&self, place: PlaceId) -> Stop {
        let (expected, found) = ("a wire type", "the end of a group, or no wire type");
        self.stop(FaultKind::WrongType { expected, found }, place)
    }

    fn varint(&mut self, what: &'static str, place: PlaceId) -> Result<u64, Stop> {
        let rest = self.draft.annotation.bytes.get(self.position..self.end).unwrap_or_default();
        let mut value = 0;
        for (index, &byte) in rest.iter().take(VARINT_LEN_MAX).enumerate() {
            if index == VARINT_LEN_MAX - 1 && byte > 1 {
                return Err(self.stop(FaultKind::OutOfRange { what }, place));
            }
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte < 0x80 {
                self.position += index + 1;
                return Ok(value);
            }
        }
        Err(self.stop(FaultKind::Truncated { what }, place))
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

    fn add(&mut self, place: PlaceId, what: What, is_foreign: bool) {
        self.draft.add(self.position, place, what, is_foreign);
    }

    fn stop(&self, kind: FaultKind, place: PlaceId) -> Stop {
        Stop { kind, offset: self.position, place }
    }
}

/// What ends a group, in the place of a wire type.
const END_GROUP: u64 = 4;

/// The wire type with a number.
fn wire(code: u64) -> Option<Wire> {
    Some(match code {
        0 => Wire::Varint,
        1 => Wire::Fixed64,
        2 => Wire::Delimited,
        3 => Wire::Group,
        5 => Wire::Fixed32,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::annotate::protobuf;
    use crate::annotate::tests::{context, hex};
    use crate::envelope::EnvelopeType;

    fn text(release: &str, bytes: &str) -> String {
        let of = EnvelopeType::Message;
        protobuf(of, release.parse().unwrap(), &hex(bytes), |_| None).to_string()
    }

    #[test]
    fn a_hello() {
        let bytes = "0a00 1a1f 0802 1003 1a0c746573742d636c7573746572 2204 0801 1002 2801
            38959aef3a";
        let expected = "\
0000  0a 00                     header: tag 1, delimited, 0 bytes
0002  1a 1f                     hello: tag 3, delimited, 31 bytes
0004  08 02                     hello.min_protocol_version = V2  (tag 1, varint)
0006  10 03                     hello.max_protocol_version = V3  (tag 2, varint)
0008  1a 0c 74 65 73 74 2d 63   hello.cluster_name = \"test-cluster\"  (tag 3, delimited)
0016  6c 75 73 74 65 72
0022  22 04                     hello.my_node_id: tag 4, delimited, 4 bytes
0024  08 01                     hello.my_node_id.id = 1  (tag 1, varint)
0026  10 02                     hello.my_node_id.generation = 2  (tag 2, varint)
0028  28 01                     hello.direction = BIDIRECTIONAL  (tag 5, varint)
0030  38 95 9a ef 3a            hello.cluster_fingerprint = 123456789  (tag 7, varint)
";
        assert_eq!(text("1.7", bytes), expected);
    }

    #[test]
    fn data_of_v1() {
        let bytes = "0a06 0808 1007 1803 c23e 08 080b 1204 04010203";
        let expected = "\
0000  0a 06                     header: tag 1, delimited, 6 bytes
0002  08 08                     header.msg_id = 8  (tag 1, varint)
0004  10 07                     header.in_response_to = 7  (tag 2, varint)
0006  18 03                     header.my_nodes_config_version = 3  (tag 3, varint)
0008  c2 3e 08                  encoded: tag 1000, delimited, 8 bytes
0011  08 0b                     encoded.target = LOG_SERVER_STORED  (tag 1, varint)
0013  12 04 04 01 02 03         encoded.payload = 4 bytes  (tag 2, delimited)
";
        assert_eq!(text("1.3", bytes), expected);
        let unknown = "encoded: tag 1000, delimited, 8 bytes, unknown to the release";
        assert!(text("1.5", bytes).contains(unknown));
    }

    #[test]
    fn payloads_are_opened_in_their_place() {
        let bytes = hex("2a15 a20612 083e 1a06476f73736970 a20605 0482 0404 01");
        let release = "1.7".parse().unwrap();
        let annotation = protobuf(EnvelopeType::Message, release, &bytes, |carried| {
            assert_eq!(carried.carrier, EnvelopeType::Unary);
            assert_eq!((carried.id, carried.service), (None, Some(62)));
            assert_eq!(carried.msg_type, Some("Gossip"));
            carried.message_type().map(|message| (message, context("1.7", 3)))
        });
        let tail = "\
0015  a2 06 05                  datagram.unary.payload: tag 100, delimited, 5 bytes
0018  04 82 04                  datagram.unary.payload.instance_ts = 642  (tag 1, varint)
0021  04 01                     datagram.unary.payload.sent_at = 1  (tag 2, varint)
";
        assert!(annotation.to_string().ends_with(tail), "{annotation}");
    }

    #[test]
    fn a_damaged_payload_does_not_hide_what_comes_after_it() {
        // A call whose payload ends inside its header; then the header of the frame.
        let bytes = hex("2a0e 0a0c 1a045365616c a20603 0508 04 0a02 1803");
        let release = "1.7".parse().unwrap();
        let annotation = protobuf(EnvelopeType::Message, release, &bytes, |carried| {
            carried.message_type().map(|message| (message, context("1.7", 3)))
        });
        let text = annotation.to_string();
        assert!(text.contains("datagram.rpc_call.payload.header.loglet_id: not read"), "{text}");
        assert!(text.contains("header.my_nodes_config_version = 3"), "{text}");
        assert!(text.contains("! datagram.rpc_call.payload.header (byte "), "{text}");
    }

    #[test]
    fn unknown_fields_of_every_wire_type_are_passed_over() {
        // Field 9 as number, eight bytes, bytes, group, four bytes.
        let bytes = "4807 490102030405060708 4a0101 4b 0801 53 54 4c 4d01020304";
        let text = text("1.7", bytes);
        for role in [
            "unknown tag 9, varint: 7",
            "unknown tag 9, fixed64: 8 bytes",
            "unknown tag 9, delimited: 1 byte",
            "unknown tag 9, group: 5 bytes",
            "unknown tag 9, fixed32: 4 bytes",
        ] {
            assert!(text.contains(role), "{role} in {text}");
        }
        assert!(!text.contains("! "), "{text}");
    }

    #[test]
    fn nested_groups_are_bounded() {
        let text = text("1.7", &"53".repeat(1000));
        assert!(text.contains("more than 100 levels of nesting"), "{text}");
    }
}
