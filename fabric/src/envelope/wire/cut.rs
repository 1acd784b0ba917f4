//! Bytes of a message without the fields that a release does not know.

use bytes::Bytes;
use prost::encoding::{
    DecodeContext, WireType, decode_key, decode_varint, encode_varint, skip_field,
};

use crate::envelope::EnvelopeType;
use crate::envelope::fields::{FieldRow, Kind, fields};
use crate::release::Release;

/// The bytes without what the release does not know; as they are where nothing is to be cut. What
/// is damaged stays, with all that follows: decoding says what is wrong with it.
pub(super) fn known_part(of: EnvelopeType, release: Release, bytes: Bytes) -> Bytes {
    match first_unknown(of, release, &bytes).and_then(|_| cut(of, release, &bytes)) {
        None => bytes,
        Some(known) => known.into(),
    }
}

/// The path of the first field that the release does not know.
pub(super) fn first_unknown(
    of: EnvelopeType,
    release: Release,
    bytes: &[u8],
) -> Option<&'static str> {
    if is_known_to_all(of) {
        return None;
    }
    Fields { rest: bytes }.find_map(|field| match field.row(of)? {
        row if !row.is_known_to(release) => Some(row.path),
        FieldRow { kind: Kind::Message(inner), .. } => {
            first_unknown(*inner, release, field.content?)
        }
        _ => None,
    })
}

/// The bytes without what the release does not know, if that is less.
fn cut(of: EnvelopeType, release: Release, bytes: &[u8]) -> Option<Vec<u8>> {
    if is_known_to_all(of) {
        return None;
    }
    let mut known = Vec::new();
    let mut is_cut = false;
    let mut read = Fields { rest: bytes };
    for field in read.by_ref() {
        match field.row(of) {
            Some(row) if !row.is_known_to(release) => is_cut = true,
            Some(FieldRow { kind: Kind::Message(inner), .. }) => {
                match field.content.and_then(|content| cut(*inner, release, content)) {
                    None => known.extend_from_slice(field.bytes),
                    Some(content) => {
                        is_cut = true;
                        field.write_with(&content, &mut known);
                    }
                }
            }
            _ => known.extend_from_slice(field.bytes),
        }
    }
    known.extend_from_slice(read.rest);
    is_cut.then_some(known)
}

/// For each message of the envelope, whether there is a field in it that some release does not know.
static GATED: [bool; EnvelopeType::ALL.len()] = {
    let mut gated = [false; EnvelopeType::ALL.len()];
    let mut index = 0;
    while index < gated.len() {
        gated[index] = is_gated(EnvelopeType::ALL[index]);
        index += 1;
    }
    gated
};

const fn is_gated(of: EnvelopeType) -> bool {
    let rows = fields(of);
    let mut index = 0;
    while index < rows.len() {
        let is_inside = match rows[index].kind {
            Kind::Message(inner) => is_gated(inner),
            _ => false,
        };
        if is_inside || !rows[index].gate.is_always() {
            return true;
        }
        index += 1;
    }
    false
}

/// Whether every release knows all that can be in a message.
fn is_known_to_all(of: EnvelopeType) -> bool {
    GATED.get(of as usize) == Some(&false)
}

/// A field of a message, as it stands in the bytes.
struct RawField<'a> {
    number: u32,
    /// Key and value.
    bytes: &'a [u8],
    /// What is behind the length, of a field that has one.
    content: Option<&'a [u8]>,
}

impl RawField<'_> {
    fn row(&self, of: EnvelopeType) -> Option<&'static FieldRow> {
        fields(of).iter().find(|row| row.number == self.number)
    }

    /// Writes the field with another content.
    fn write_with(&self, content: &[u8], to: &mut Vec<u8>) {
        prost::encoding::encode_key(self.number, WireType::LengthDelimited, to);
        encode_varint(content.len() as u64, to);
        to.extend_from_slice(content);
    }
}

/// The fields of a message up to the first that is damaged, which is left with what follows it.
struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Fields<'a> {
    type Item = RawField<'a>;

    fn next(&mut self) -> Option<RawField<'a>> {
        let start = self.rest;
        let mut rest = start;
        // An error costs an allocation.
        if start.is_empty() {
            return None;
        }
        let (number, wire) = decode_key(&mut rest).ok()?;
        let content = if wire == WireType::LengthDelimited {
            let len = decode_varint(&mut rest).ok()?;
            let (content, behind) = rest.split_at_checked(usize::try_from(len).ok()?)?;
            rest = behind;
            Some(content)
        } else {
            skip_field(wire, number, &mut rest, DecodeContext::default()).ok()?;
            None
        };
        let bytes = start.get(..start.len().checked_sub(rest.len())?)?;
        self.rest = rest;
        Some(RawField { number, bytes, content })
    }
}
