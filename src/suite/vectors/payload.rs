//! Payload vectors: a value, and the bytes that a release made of it at a version.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value as Json};

use super::index::{self, Vector};
use super::line::{DamagedLine, Line};
use crate::fabric::catalogue::{Message, MessageType, Role};
use crate::fabric::codec::tree::Context;
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::suite::compare::{self, Difference};
use crate::suite::subject::Subject;

/// Which value of which message, by whom and at which version: how other lines refer to a vector.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// The release, as the files spell it.
    pub release: String,
    /// The version, as the files spell it.
    pub protocol: String,
    /// The message.
    pub message: String,
    /// The value.
    pub case: String,
}

/// What a release made of a value.
#[derive(Debug, Clone)]
pub struct PayloadVector {
    /// The message.
    pub message_type: MessageType,
    /// Who encodes, at which version.
    pub cx: Context,
    /// The value, in its JSON form.
    pub value: Arc<Json>,
    /// The bytes; none if the release refused.
    pub bytes: Option<Bytes>,
    /// Whether the bytes are one of several that the release may make.
    pub is_nondeterministic: bool,
}

/// Vectors by what other lines call them.
pub type Index = index::Index<Key, PayloadVector>;

impl Key {
    /// The key of the vector that a line is, or refers to; `release` names the member with the
    /// release.
    pub fn of(line: &Line, release: &str) -> Result<Self, DamagedLine> {
        Ok(Self {
            release: line.text(release)?.to_owned(),
            protocol: line.text("protocol")?.to_owned(),
            message: line.text("message")?.to_owned(),
            case: line.text("case")?.to_owned(),
        })
    }
}

/// Reads the message that a line is about.
pub fn message_type(line: &Line, name: &str) -> Result<MessageType, DamagedLine> {
    line.text(name)?.parse().map_err(|error| line.damaged(format!("{error}")))
}

/// Reads the version of a line, which must be one with a codec.
pub fn version(line: &Line) -> Result<ProtocolVersion, DamagedLine> {
    let number = line.version()?;
    ProtocolVersion::from_number(number)
        .filter(|version| !version.is_burned())
        .ok_or_else(|| line.damaged(format!("no payload has version {number}")))
}

impl Vector for PayloadVector {
    fn is_free(&self) -> bool {
        self.is_nondeterministic
    }

    fn is_same(&self, other: &Self) -> bool {
        self.value == other.value && self.bytes == other.bytes
    }
}

impl PayloadVector {
    /// Reads a line.
    pub fn read(line: &Line) -> Result<Self, DamagedLine> {
        let cx = Context { release: line.release("release")?, version: version(line)? };
        Ok(Self {
            message_type: message_type(line, "message")?,
            cx,
            value: Arc::new(without_typed_bodies(line.member("value")?)),
            bytes: line.written()?,
            is_nondeterministic: line.flag("nondeterministic")?,
        })
    }

    /// The value.
    pub fn message(&self) -> Result<Message, Difference> {
        let requirement = "the JSON form of the value is read";
        Message::from_json(self.message_type, &self.value, self.cx)
            .map_err(|fault| Difference::new(requirement, "a value", fault.to_string()))
    }

    /// The number of the version.
    pub fn number(&self) -> i32 {
        self.cx.version.number()
    }

    /// Everything that the line says must hold of the subject.
    pub fn verify(&self, line: &Line, subject: &dyn Subject) -> Result<(), Difference> {
        self.verify_catalogue(line)?;
        let message = self.message()?;
        let requirement = "the JSON form of a value reads back as it was written";
        let json = message
            .to_json(self.cx)
            .map_err(|unfit| Difference::new(requirement, self.value.to_string(), unfit.what))?;
        if self.bytes.is_none() {
            // Of what is refused a line need not say all.
            compare::json(requirement, &self.value, &as_far_as(&self.value, json))?;
        } else if !self.is_nondeterministic {
            compare::json(requirement, &self.value, &json)?;
        }
        match &self.bytes {
            None => self.verify_refusal(line, &message, subject),
            Some(bytes) if is_unreadable(line) => self.verify_unreadable(&message, bytes, subject),
            Some(bytes) => {
                self.verify_encoding(&message, bytes, subject)?;
                self.verify_decoding(message, bytes, subject)
            }
        }
    }

    /// The release writes what it cannot read itself (07 §7): we do neither.
    fn verify_unreadable(
        &self,
        message: &Message,
        bytes: &Bytes,
        subject: &dyn Subject,
    ) -> Result<(), Difference> {
        let requirement = "what a release writes and cannot read is neither written nor read";
        if let Ok(actual) = subject.encode(message, self.cx.release, self.number()) {
            return Err(Difference::new(requirement, "an error", hex::encode(actual)));
        }
        match subject.decode(self.message_type, bytes, self.cx.release, self.number()) {
            Err(_) => Ok(()),
            Ok(message) => Err(Difference::new(requirement, "an error", format!("{message:?}"))),
        }
    }

    fn verify_encoding(
        &self,
        message: &Message,
        expected: &Bytes,
        subject: &dyn Subject,
    ) -> Result<(), Difference> {
        let requirement = "the value encodes to the bytes of the release";
        let actual = subject
            .encode(message, self.cx.release, self.number())
            .map_err(|e| Difference::new(requirement, hex::encode(expected), e.to_string()))?;
        if self.is_nondeterministic {
            // The order of the entries is free, so only the value can be compared.
            return self.verify_decoding(message.clone(), &actual, subject);
        }
        compare::payload_bytes(requirement, self.message_type, self.cx, expected, &actual)
    }

    /// The bytes decode to the value.
    pub fn verify_decoding(
        &self,
        message: Message,
        bytes: &Bytes,
        subject: &dyn Subject,
    ) -> Result<(), Difference> {
        let requirement = "the bytes decode to the value";
        let expected = message
            .fitted(self.cx)
            .map_err(|unfit| Difference::new(requirement, self.value.to_string(), unfit.what))?;
        let actual = subject
            .decode(self.message_type, bytes, self.cx.release, self.number())
            .map_err(|e| Difference::new(requirement, self.value.to_string(), e.to_string()))?;
        same_value(requirement, &expected, &actual, self.cx)
    }

    fn verify_refusal(
        &self,
        line: &Line,
        message: &Message,
        subject: &dyn Subject,
    ) -> Result<(), Difference> {
        let requirement = "what the release refuses to encode is refused, in the same words";
        let text = line.get("error").and_then(Json::as_str).unwrap_or("an error");
        let expected = text.strip_prefix("EncodeError: ").unwrap_or(text);
        match subject.encode(message, self.cx.release, self.number()) {
            Ok(bytes) => Err(Difference::new(requirement, expected, hex::encode(bytes))),
            Err(error) if error.to_string() == expected => Ok(()),
            Err(error) => Err(Difference::new(requirement, expected, error.to_string())),
        }
    }

    /// The codec, the kind and the `msg_type` of a line must be those of the catalogue.
    fn verify_catalogue(&self, line: &Line) -> Result<(), Difference> {
        let row = self.message_type.row();
        let requirement = "the catalogue says of the message what the release does";
        let same = |what: &str, expected: &Json, actual: Json| {
            let name = format!("{}: {what}", row.name);
            let as_member = |value| Json::Object(Map::from_iter([(name.clone(), value)]));
            compare::json(requirement, &as_member(expected.clone()), &as_member(actual))
        };
        if let Some(codec) = line.get("codec") {
            same("codec", codec, row.codec_at(self.cx.version).to_string().into())?;
        }
        if let Some(kind) = line.get("kind").and_then(Json::as_str) {
            // What follows the kind explains it.
            let kind = kind.split(' ').next().unwrap_or(kind);
            same("kind", &kind.into(), kind_of(self.message_type, self.cx.release).into())?;
        }
        match line.get("msg_type") {
            Some(msg_type) => same("msg_type", msg_type, row.name.into()),
            None => Ok(()),
        }
    }
}

/// Those members of a value that another one has too.
fn as_far_as(said: &Json, value: Json) -> Json {
    match (said, value) {
        (Json::Object(said), Json::Object(members)) => {
            let of = |(name, member)| {
                let said = said.get(&name)?;
                let member = as_far_as(said, member);
                Some((name, member))
            };
            Json::Object(members.into_iter().filter_map(of).collect())
        }
        (_, value) => value,
    }
}

/// Whether the release says that it cannot read what it wrote.
fn is_unreadable(line: &Line) -> bool {
    let is_read = line.get("self_decode").and_then(|read| read.get("ok"));
    is_read.and_then(Json::as_bool) == Some(false)
}

/// The kind of a message in the words of the vectors. A call whose reply the release does not have
/// goes unanswered.
fn kind_of(message_type: MessageType, release: Release) -> &'static str {
    match message_type.row().role {
        Role::Call(Some(reply)) if reply.row().is_known_to(release) => "rpc-request",
        Role::Call(_) => "unary",
        Role::Reply => "rpc-response",
        Role::Both => "rpc-request+rpc-response",
    }
}

/// Compares values; their JSON forms lead to the place.
pub fn same_value(
    requirement: &'static str,
    expected: &Message,
    actual: &Message,
    cx: Context,
) -> Result<(), Difference> {
    if expected == actual {
        return Ok(());
    }
    let json = |message: &Message| {
        message.to_json(cx).unwrap_or_else(|unfit| format!("no JSON form: {}", unfit.what).into())
    };
    compare::json(requirement, &json(expected), &json(actual)).and(Err(Difference::new(
        requirement,
        format!("{expected:?}"),
        format!("{actual:?}"),
    )))
}

/// Record bodies that were held as typed strings, as the bytes that they are on the wire.
pub fn without_typed_bodies(value: &Json) -> Json {
    match value {
        Json::Object(object) => match object.get("storage_encoded_bytes_hex") {
            Some(hex) => Json::Object(Map::from_iter([("bytes_hex".to_owned(), hex.clone())])),
            None => {
                let member =
                    |(key, value): (&String, &Json)| (key.clone(), without_typed_bodies(value));
                Json::Object(object.iter().map(member).collect())
            }
        },
        Json::Array(list) => Json::Array(list.iter().map(without_typed_bodies).collect()),
        other => other.clone(),
    }
}
