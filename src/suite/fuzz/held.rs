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
        let (message, marks) = message(Unstructured::new(bytes), of, holder)?;
        Ok(Value { message, holder, marks })
    }
}

/// A value that a release holds.
#[derive(Clone)]
pub struct Value {
    pub(super) message: Message,
    pub(super) holder: Release,
    /// What its drawing came by.
    marks: Vec<u64>,
}

impl Value {
    /// The value of a release with a JSON form.
    pub fn json(of: MessageType, holder: Release, json: &str) -> Option<Self> {
        let json = serde_json::from_str(json).ok()?;
        let message = Message::from_json(of, &json, newest(holder)).ok()?;
        Some(Self { message, holder, marks: Vec::new() })
    }

    /// The value of a payload of a release, at its highest version.
    pub fn of_payload(of: MessageType, holder: Release, payload: &[u8]) -> Option<Self> {
        let number = holder.highest_version().number();
        let payload = Bytes::copy_from_slice(payload);
        let message = Message::decode(of, &payload, holder, number).ok()?;
        Some(Self { message, holder, marks: Vec::new() })
    }

    /// Notes how it was drawn.
    pub(super) fn note(&self, features: &mut Features) {
        self.marks.iter().for_each(|mark| features.note(*mark));
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
        let number = self.holder.highest_version().number();
        match (self.to_json(), self.message.encode(self.holder, number)) {
            (Some(json), _) => {
                let text = if f.alternate() { format!("{json:#}") } else { json.to_string() };
                let mut hashes = "#".to_owned();
                while text.contains(&format!("\"{hashes}")) {
                    hashes.push('#');
                }
                write!(f, "Value::json({of}, {holder}, r{hashes}\"{text}\"{hashes}).unwrap()")
            }
            (None, Ok(bytes)) => {
                let bytes = literal(&bytes);
                write!(f, "Value::of_payload({of}, {holder}, {bytes}).unwrap()")
            }
            (None, Err(_)) => self.message.fmt(f),
        }
    }
}
