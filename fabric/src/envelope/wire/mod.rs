//! The protobuf form of the envelope, as each release writes and reads it.
//!
//! Every message has one layout, the superset of all releases; [`super::fields`] says who knows
//! which field. Numbers that a release does not know are skipped whatever their wire type, and of
//! several members of a choice the last one that it knows stays (01 §1): what it does not know is
//! cut out before the rest is decoded. Encoding fails where a value holds something that the
//! release has no field for.

mod cut;
mod short;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use serde_json::Value;

use super::json::{Input, Json, JsonFault};
use super::{EnvelopeType, Message};
use crate::gates;
use crate::release::Release;

/// The message and field that a release does not have.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotCarried(pub(super) &'static str);

/// Whether 0 says nothing in the numbers of a header, so that it is neither written nor read
/// (01 §3). Before, a 0 that is there is another thing than one that is not.
pub(super) fn has_implicit_presence(release: Release) -> bool {
    const { gates::gate("header.zero_is_nothing") }.is_open(release)
}

/// A message of the envelope.
pub(super) trait Layout: prost::Message + Default + Clone + Json {
    /// The value with nothing in the place of a 0, in what has a header; none if it has no 0.
    fn implied(&self) -> Option<Self> {
        None
    }

    /// The value, if there is a short way to it.
    fn read_short(_: Release, _: &Bytes) -> Option<Self> {
        None
    }

    /// The bytes, if there is a short way to them.
    fn write_short(&self, _: Release) -> Option<Vec<u8>> {
        None
    }
}

/// Frames have a short way.
impl Layout for Message {
    fn implied(&self) -> Option<Self> {
        let header = self.header.as_ref()?.implied()?;
        Some(Self { header: Some(header), ..self.clone() })
    }

    fn read_short(release: Release, bytes: &Bytes) -> Option<Self> {
        short::read(release, bytes)
    }

    fn write_short(&self, release: Release) -> Option<Vec<u8>> {
        short::write(release, self)
    }
}

/// A value as a release has it, if that is another one.
fn implied<C: Layout>(value: &C, release: Release) -> Option<C> {
    if has_implicit_presence(release) { value.implied() } else { None }
}

/// Decodes what the release knows of the bytes.
pub(super) fn decode<C: Layout>(
    of: EnvelopeType,
    release: Release,
    bytes: Bytes,
) -> Result<C, prost::DecodeError> {
    match C::read_short(release, &bytes) {
        Some(value) => Ok(value),
        None => decode_long(of, release, bytes),
    }
}

fn decode_long<C: Layout>(
    of: EnvelopeType,
    release: Release,
    bytes: Bytes,
) -> Result<C, prost::DecodeError> {
    let value = C::decode(cut::known_part(of, release, bytes))?;
    Ok(implied(&value, release).unwrap_or(value))
}

/// Encodes a value that the release has fields for.
pub(super) fn encode<C: Layout>(
    of: EnvelopeType,
    release: Release,
    value: &C,
) -> Result<Vec<u8>, NotCarried> {
    match value.write_short(release) {
        Some(bytes) => Ok(bytes),
        None => encode_long(of, release, value),
    }
}

fn encode_long<C: Layout>(
    of: EnvelopeType,
    release: Release,
    value: &C,
) -> Result<Vec<u8>, NotCarried> {
    let bytes = implied(value, release).as_ref().unwrap_or(value).encode_to_vec();
    match cut::first_unknown(of, release, &bytes) {
        None => Ok(bytes),
        Some(path) => Err(NotCarried(path)),
    }
}

/// The JSON form of a value that the release has fields for.
pub(super) fn to_json<C: Layout>(
    of: EnvelopeType,
    release: Release,
    value: &C,
) -> Result<Value, NotCarried> {
    encode(of, release, value)?;
    Ok(implied(value, release).as_ref().unwrap_or(value).to_json(release))
}

/// The value of a JSON form.
pub(super) fn from_json<C: Layout>(release: Release, input: Input<'_>) -> Result<C, JsonFault> {
    let value = C::from_json(input)?;
    Ok(implied(&value, release).unwrap_or(value))
}
