//! What is pinned: payloads of a message at a version, and messages of the envelope. Fixtures are
//! made and verified alike for both; here is what differs.

use bytes::Bytes;
use serde_json::Value as Json;

use crate::fabric::annotate;
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::envelope::{Envelope, EnvelopeError, EnvelopeType};
use crate::fabric::payload::EncodeError;
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::suite::expectations;
use crate::suite::samples;
use crate::suite::subject::Subject;

/// Why a line does not encode a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The error, in words.
    pub text: String,
    /// Whether the line does not even know the message: the same for every value.
    pub is_unknown: bool,
}

/// A kind of bytes: all lines that share it can be handed each other's.
pub trait Wire: Copy {
    /// A value of it.
    type Value: Clone + PartialEq;

    /// The folder of its fixtures, as `v2/Gossip`.
    fn folder(self) -> String;

    /// What a fixture says of it at its head.
    fn fields(self) -> Vec<(&'static str, String)>;

    /// The release lines that share it, oldest first.
    fn lines(self) -> Vec<Release>;

    /// The samples of it, simple ones first.
    fn samples(self) -> Vec<(&'static str, Self::Value)>;

    /// What a line writes for a value.
    fn encode(
        self,
        subject: &dyn Subject,
        value: &Self::Value,
        line: Release,
    ) -> Result<Bytes, Refused>;

    /// What a line reads.
    fn decode(
        self,
        subject: &dyn Subject,
        bytes: &Bytes,
        line: Release,
    ) -> Result<Self::Value, String>;

    /// The JSON form that a line has of a value, if it has one.
    fn to_json(self, value: &Self::Value, line: Release) -> Option<Json>;

    /// The value of a line's JSON form.
    fn value_of(self, json: &Json, line: Release) -> Result<Self::Value, String>;

    /// The value as far as a line can hold it; none if it holds nothing of the kind.
    fn fitted(self, value: &Self::Value, line: Release) -> Option<Self::Value>;

    /// A value under the name that a reader has for it.
    fn as_read_by(self, value: &Self::Value, reader: Release) -> (Self, Self::Value);

    /// Whether a line knows the message at all.
    fn is_known_to(self, line: Release) -> bool;

    /// The name of the message, one word.
    fn name(self) -> &'static str;

    /// The bytes explained, as the lines of a dump.
    fn dump(self, bytes: &[u8], line: Release) -> String;

    /// The field that has an offset in bytes that a line wrote.
    fn path_at(self, bytes: &[u8], line: Release, offset: usize) -> Option<String>;
}

/// Payloads of a message at a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayloadWire {
    /// The message.
    pub message: MessageType,
    /// The version.
    pub version: ProtocolVersion,
}

impl PayloadWire {
    /// A context for a line. A line that does not speak the version is asked at one that it does:
    /// it may still be the one that can say a value that others refuse.
    fn cx(self, line: Release) -> Context {
        let first = ProtocolVersion::from_number(line.range().min);
        let version = match first {
            Some(first) if !line.range().contains(self.version.number()) => first,
            _ => self.version,
        };
        Context { release: line, version }
    }
}

impl Wire for PayloadWire {
    type Value = Message;

    fn folder(self) -> String {
        format!("v{}/{}", self.version.number(), self.name())
    }

    fn fields(self) -> Vec<(&'static str, String)> {
        let codec = self.message.row().codec_at(self.version);
        vec![
            ("message", self.message.name().to_owned()),
            ("version", self.version.to_string()),
            ("codec", codec.to_string()),
        ]
    }

    fn lines(self) -> Vec<Release> {
        Release::lines().filter(|line| line.range().contains(self.version.number())).collect()
    }

    fn samples(self) -> Vec<(&'static str, Message)> {
        let samples = samples::samples(self.message);
        samples.map(|sample| (sample.case, sample.message)).collect()
    }

    fn encode(
        self,
        subject: &dyn Subject,
        value: &Message,
        line: Release,
    ) -> Result<Bytes, Refused> {
        subject.encode(value, line, self.version.number()).map_err(|error| Refused {
            text: error.to_string(),
            is_unknown: matches!(error, EncodeError::UnknownMessage { .. }),
        })
    }

    fn decode(
        self,
        subject: &dyn Subject,
        bytes: &Bytes,
        line: Release,
    ) -> Result<Message, String> {
        let decoded = subject.decode(self.message, bytes, line, self.version.number());
        decoded.map_err(|error| error.to_string())
    }

    fn to_json(self, value: &Message, line: Release) -> Option<Json> {
        value.to_json(self.cx(line)).ok()
    }

    fn value_of(self, json: &Json, line: Release) -> Result<Message, String> {
        Message::from_json(self.message, json, self.cx(line)).map_err(|fault| fault.to_string())
    }

    fn fitted(self, value: &Message, line: Release) -> Option<Message> {
        value.clone().fitted(self.cx(line)).ok()
    }

    fn as_read_by(self, value: &Message, reader: Release) -> (Self, Message) {
        match expectations::counterpart(value, self.cx(reader)) {
            Some(found) => (Self { message: found.message_type, ..self }, found.value),
            None => (self, value.clone()),
        }
    }

    fn is_known_to(self, line: Release) -> bool {
        self.message.row().is_known_to(line)
    }

    fn name(self) -> &'static str {
        self.message.row().word()
    }

    fn dump(self, bytes: &[u8], line: Release) -> String {
        annotate::payload(self.message, self.cx(line), bytes).to_string()
    }

    fn path_at(self, bytes: &[u8], line: Release, offset: usize) -> Option<String> {
        annotate::payload(self.message, self.cx(line), bytes).path_at(offset)
    }
}

/// A message of the envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnvelopeWire(pub EnvelopeType);

impl Wire for EnvelopeWire {
    type Value = Envelope;

    fn folder(self) -> String {
        format!("envelope/{}", self.name())
    }

    fn fields(self) -> Vec<(&'static str, String)> {
        vec![("message", self.0.name().to_owned()), ("codec", "protobuf".to_owned())]
    }

    fn lines(self) -> Vec<Release> {
        Release::lines().collect()
    }

    fn samples(self) -> Vec<(&'static str, Envelope)> {
        samples::envelope::samples(self.0)
    }

    fn encode(
        self,
        subject: &dyn Subject,
        value: &Envelope,
        line: Release,
    ) -> Result<Bytes, Refused> {
        subject.encode_envelope(value, line).map_err(|error| Refused {
            text: error.to_string(),
            is_unknown: matches!(error, EnvelopeError::UnknownMessage { .. }),
        })
    }

    fn decode(
        self,
        subject: &dyn Subject,
        bytes: &Bytes,
        line: Release,
    ) -> Result<Envelope, String> {
        subject.decode_envelope(self.0, bytes, line).map_err(|error| error.to_string())
    }

    fn to_json(self, value: &Envelope, line: Release) -> Option<Json> {
        value.to_json(line).ok()
    }

    fn value_of(self, json: &Json, line: Release) -> Result<Envelope, String> {
        Envelope::from_json(self.0, line, json).map_err(|error| error.to_string())
    }

    /// What a line reads of what it writes: presence that it does not keep is lost.
    fn fitted(self, value: &Envelope, line: Release) -> Option<Envelope> {
        let bytes = value.encode(line).ok()?;
        Envelope::decode(self.0, line, bytes.into()).ok()
    }

    fn as_read_by(self, value: &Envelope, _: Release) -> (Self, Envelope) {
        (self, value.clone())
    }

    fn is_known_to(self, line: Release) -> bool {
        self.0.gate().is_open(line)
    }

    fn name(self) -> &'static str {
        let name = self.0.name();
        name.rsplit_once('.').map_or(name, |(_, last)| last)
    }

    fn dump(self, bytes: &[u8], line: Release) -> String {
        annotate::protobuf(self.0, line, bytes, |_| None).to_string()
    }

    fn path_at(self, bytes: &[u8], line: Release, offset: usize) -> Option<String> {
        annotate::protobuf(self.0, line, bytes, |_| None).path_at(offset)
    }
}
