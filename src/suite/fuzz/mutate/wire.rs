//! Changes of fields behind keys, in bilrost and protobuf: other tags and wire types, other numbers,
//! fields that are gone or come again, and whatever is inside a field, whose length follows.

use std::ops::Range;

use fastrand::Rng;

use super::{flex, plain};
use crate::fabric::codec::bilrost::varint;
use crate::suite::reference::{self, Rules};

/// How fields are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Bilrost,
    Protobuf,
}

/// Deepest nesting that is gone into.
const DEPTH_MAX: u32 = 8;

/// Numbers at which something turns, in varints.
const EDGES: [u64; 14] = [
    0,
    1,
    2,
    127,
    128,
    255,
    256,
    16_511,
    16_512,
    u16::MAX as u64 + 1,
    u32::MAX as u64,
    u32::MAX as u64 + 1,
    u64::MAX - 1,
    u64::MAX,
];

/// One field. Ranges are those of the bytes.
#[derive(Debug, Clone)]
struct Field {
    key: u64,
    start: usize,
    /// Its value, without the length.
    value: Range<usize>,
    is_varint: bool,
    is_delimited: bool,
}

impl Format {
    fn read(self, bytes: &[u8]) -> Option<(u64, usize)> {
        match self {
            Self::Bilrost => {
                let (number, rest) = varint::read(bytes).ok()?;
                Some((number, bytes.len() - rest.len()))
            }
            Self::Protobuf => {
                let mut rest = bytes;
                let number = prost::encoding::decode_varint(&mut rest).ok()?;
                Some((number, bytes.len() - rest.len()))
            }
        }
    }

    fn write(self, number: u64, out: &mut Vec<u8>) {
        match self {
            Self::Bilrost => out.append(&mut reference::varint(number, &Rules::RIGHT)),
            Self::Protobuf => prost::encoding::encode_varint(number, out),
        }
    }

    /// Bits of a key that are the wire type.
    fn wire_bits(self) -> u32 {
        match self {
            Self::Bilrost => 2,
            Self::Protobuf => 3,
        }
    }

    fn field(self, bytes: &[u8], start: usize) -> Option<Field> {
        let (key, key_len) = self.read(bytes.get(start..)?)?;
        let at = start + key_len;
        let wire = key & ((1 << self.wire_bits()) - 1);
        let (value, is_varint, is_delimited) = match (self, wire) {
            (_, 0) => (at..at + self.read(bytes.get(at..)?)?.1, true, false),
            (Self::Bilrost, 1) | (Self::Protobuf, 2) => {
                let (len, len_len) = self.read(bytes.get(at..)?)?;
                let at = at + len_len;
                (at..at.checked_add(usize::try_from(len).ok()?)?, false, true)
            }
            (Self::Bilrost, 2) | (Self::Protobuf, 5) => (at..at + 4, false, false),
            (Self::Bilrost, _) | (Self::Protobuf, 1) => (at..at + 8, false, false),
            _ => return None,
        };
        (value.end <= bytes.len()).then_some(Field { key, start, value, is_varint, is_delimited })
    }

    /// The fields of a message, if the bytes are some.
    fn fields(self, bytes: &[u8]) -> Option<Vec<Field>> {
        let mut fields = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let field = self.field(bytes, at)?;
            at = field.value.end;
            fields.push(field);
        }
        (!fields.is_empty()).then_some(fields)
    }
}

/// Changes a message.
pub(super) fn change(bytes: &mut Vec<u8>, format: Format, rng: &mut Rng) {
    if rng.u8(..10) == 0 {
        return plain::change(bytes, rng);
    }
    *bytes = changed(bytes, format, rng, DEPTH_MAX);
}

fn changed(bytes: &[u8], format: Format, rng: &mut Rng, depth: u32) -> Vec<u8> {
    let fields = format.fields(bytes).filter(|_| depth > 0);
    let Some(fields) = fields else { return without_fields(bytes, format, rng) };
    let Some(field) = rng.choice(&fields) else { return bytes.to_vec() };
    let mut out = bytes.get(..field.start).unwrap_or_default().to_vec();
    let whole = bytes.get(field.start..field.value.end).unwrap_or_default();
    let value = bytes.get(field.value.clone()).unwrap_or_default();
    match rng.u8(..12) {
        0 => {
            // A field with another tag, or another wire type.
            let flip = match rng.u8(..3) {
                0 => 1 << rng.u32(..format.wire_bits()),
                1 => 1 << (format.wire_bits() + rng.u32(..3)),
                _ => 1 << rng.u32(..12),
            };
            format.write(field.key ^ flip, &mut out);
            out.extend(whole.get(key_len(format, whole)..).unwrap_or_default());
        }
        1 => out.extend_from_slice(whole.repeat(2).as_slice()),
        2 => {
            // Once more in the place of the next: for bilrost a key that adds nothing.
            out.extend_from_slice(whole);
            let again = match format {
                Format::Bilrost => field.key & 3,
                Format::Protobuf => field.key,
            };
            format.write(again, &mut out);
            out.extend(whole.get(key_len(format, whole)..).unwrap_or_default());
        }
        3 => {}
        4 if field.is_delimited => {
            // A length that lies.
            format.write(field.key, &mut out);
            let len = match rng.u8(..3) {
                0 => value.len() as u64 ^ 1 << rng.u32(..6),
                1 => u64::MAX >> rng.u32(..64),
                _ => rng.u64(..64),
            };
            format.write(len, &mut out);
            out.extend_from_slice(value);
        }
        _ if field.is_varint => {
            format.write(field.key, &mut out);
            let (number, _) = format.read(value).unwrap_or_default();
            let number = match rng.u8(..4) {
                0 => rng.choice(EDGES).unwrap_or_default(),
                1 => number.wrapping_add(rng.u64(..8)).wrapping_sub(4),
                2 => number ^ 1 << rng.u32(..64),
                _ => rng.u64(..) >> rng.u32(..64),
            };
            if rng.u8(..16) == 0 {
                // More than 64 bits, or an end that does not come.
                out.extend([0xff; 8]);
                out.push(rng.u8(0x80..));
            } else {
                format.write(number, &mut out);
            }
        }
        _ if field.is_delimited => {
            format.write(field.key, &mut out);
            let inner = changed(value, format, rng, depth - 1);
            format.write(inner.len() as u64, &mut out);
            out.extend(inner);
        }
        _ => {
            let mut fixed = whole.to_vec();
            plain::change(&mut fixed, rng);
            out.append(&mut fixed);
        }
    }
    out.extend(bytes.get(field.value.end..).unwrap_or_default());
    out
}

fn key_len(format: Format, field: &[u8]) -> usize {
    format.read(field).map_or(0, |(_, len)| len)
}

/// What has no fields: text, numbers in a row, or the payload of a frame in another format.
fn without_fields(bytes: &[u8], format: Format, rng: &mut Rng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let is_payload = format == Format::Protobuf && rng.bool();
    if bytes.is_empty() {
        // A field to begin with.
        format.write(rng.u64(..64), &mut bytes);
        format.write(rng.u64(..200), &mut bytes);
    } else if is_payload && Format::Bilrost.fields(&bytes).is_some() {
        bytes = changed(&bytes, Format::Bilrost, rng, 2);
    } else if is_payload {
        flex::change(&mut bytes, rng);
    } else {
        plain::change(&mut bytes, rng);
    }
    bytes
}
