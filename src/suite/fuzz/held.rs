//! A value that a release holds: drawn from bytes, or written as its payload.

use std::fmt::{self, Debug};

use arbitrary::{Arbitrary, Error, Result, Unstructured};
use bytes::Bytes;

use super::case::{Choice, Chosen, byte_of};
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::release::Release;
use crate::harness::fuzz::{Features, literal};
use crate::suite::arbitrary::message;

/// Set in the byte of the release if a payload follows, at the release's highest version, instead
/// of bytes to draw from.
const IS_WRITTEN: u8 = 0x80;

/// A message, and the release that holds a value of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub(super) message: MessageType,
    pub(super) holder: Release,
    pub(super) is_written: bool,
}

impl<'a> Arbitrary<'a> for Held {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        let Chosen(message) = bytes.arbitrary()?;
        let byte: u8 = bytes.arbitrary()?;
        let Chosen(holder) = Chosen::of(byte & !IS_WRITTEN)?;
        Ok(Self { message, holder, is_written: byte & IS_WRITTEN != 0 })
    }
}

impl Held {
    /// How many bytes say it.
    pub(super) const HEAD_LEN: usize = 2;

    /// The bytes that say it.
    pub(super) fn head(self) -> [u8; Self::HEAD_LEN] {
        let flag = if self.is_written { IS_WRITTEN } else { 0 };
        [byte_of(self.message), byte_of(self.holder) | flag]
    }

    /// The value, from all bytes that are left.
    pub(super) fn value(self, bytes: &mut Unstructured<'_>) -> Result<Value> {
        let Self { message: of, holder, is_written } = self;
        let bytes = bytes.bytes(bytes.len())?;
        if !of.row().is_known_to(holder) {
            return Err(Error::IncorrectFormat);
        }
        if is_written {
            return Value::of_payload(of, holder, bytes).ok_or(Error::IncorrectFormat);
        }
        let (message, noted) = message(Unstructured::new(bytes), of, holder)?;
        Ok(Value { message, holder, noted })
    }
}

/// A value that a release holds.
#[derive(Clone)]
pub struct Value {
    pub(super) message: Message,
    pub(super) holder: Release,
    /// What its drawing came by.
    noted: Vec<u64>,
}

impl Value {
    /// The value of a release with a JSON form.
    pub fn json(of: MessageType, holder: Release, json: &str) -> Option<Self> {
        let json = serde_json::from_str(json).ok()?;
        let message = Message::from_json(of, &json, newest(holder)).ok()?;
        Some(Self { message, holder, noted: Vec::new() })
    }

    /// The value of a payload of a release, at its highest version.
    pub fn of_payload(of: MessageType, holder: Release, payload: &[u8]) -> Option<Self> {
        let number = holder.highest_version().number();
        let payload = Bytes::copy_from_slice(payload);
        let message = Message::decode(of, &payload, holder, number).ok()?;
        Some(Self { message, holder, noted: Vec::new() })
    }

    /// Notes how it was drawn.
    pub(super) fn note(&self, features: &mut Features) {
        self.noted.iter().for_each(|feature| features.note(*feature));
    }

    /// Its JSON form, if that says all of it.
    fn to_json(&self) -> Option<serde_json::Value> {
        let json = self.message.to_json(newest(self.holder)).ok()?;
        let read = Message::from_json(self.message.message_type(), &json, newest(self.holder));
        (read.as_ref() == Ok(&self.message)).then_some(json)
    }
}

fn newest(release: Release) -> Context {
    Context { release, version: release.highest_version() }
}

/// As what it is made of: its JSON form, or its payload where there is none, as of a number that is
/// not finite.
impl Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (of, holder) = (self.message.message_type().literal(), self.holder.literal());
        if let Some(json) = self.to_json() {
            let text = if f.alternate() { format!("{json:#}") } else { json.to_string() };
            let text = without_directions(&text);
            let mut hashes = "#".to_owned();
            while text.contains(&format!("\"{hashes}")) {
                hashes.push('#');
            }
            return write!(f, "Value::json({of}, {holder}, r{hashes}\"{text}\"{hashes}).unwrap()");
        }
        match self.message.encode(self.holder, self.holder.highest_version().number()) {
            Ok(bytes) => {
                let bytes = literal(&bytes);
                write!(f, "Value::of_payload({of}, {holder}, {bytes}).unwrap()")
            }
            Err(_) => self.message.fmt(f),
        }
    }
}

/// JSON without the characters that turn the direction of text, which Rust takes in no literal.
fn without_directions(json: &str) -> String {
    let escaped = |char| match char {
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => format!("\\u{:04x}", u32::from(char)),
        char => char.to_string(),
    };
    json.chars().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_turns_its_direction_is_escaped() {
        assert_eq!(without_directions("{\"\u{202e}a\": 1}"), "{\"\\u202ea\": 1}");
    }
}
