//! What bytes can be read as: a message of the envelope or a payload, by a release at a version; or
//! the body of what is kept in a log or in the metadata store, by a release.

use std::fmt;

use bytes::Bytes;
use serde_json::Value as Json;

use crate::fabric::annotate::{self, Annotation, Carried};
use crate::fabric::catalogue::{Codec, Message, MessageType};
use crate::fabric::codec::json::Tape;
use crate::fabric::codec::shape::Shape;
use crate::fabric::codec::tree::Context;
use crate::fabric::envelope::{Envelope, EnvelopeType};
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::suite::subject::Fabric;
use crate::suite::value::{Value, ValueType};

/// What bytes are read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// A message of the envelope, in protobuf.
    Envelope(EnvelopeType),
    /// The payload of a message.
    Payload(MessageType),
    /// The body of a log record, or of a document of the metadata store.
    Kept(ValueType),
    /// A flexbuffer, whatever message it is.
    Flexbuffer,
}

/// What stands before the flexbuffer in a body: the number of its codec and a length (09 §1).
const BODY_HEAD_LEN: usize = 5;
/// The codec in which every release writes a body.
const FLEXBUFFERS: u8 = 2;

/// A value of a form that has values.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A message of the envelope.
    Envelope(Envelope),
    /// A payload.
    Payload(Box<Message>),
    /// What is kept.
    Kept(Box<Value>),
}

/// Asked what a payload in a frame is.
pub type Opener<'o> = &'o mut dyn FnMut(&Carried<'_>) -> Option<(MessageType, Context)>;

impl Form {
    /// Its name, in one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Envelope(EnvelopeType::Message) => "frame",
            Self::Envelope(of) => of.name().rsplit('.').next().unwrap_or_default(),
            Self::Payload(message) => message.row().word(),
            Self::Kept(of) => of.word(),
            Self::Flexbuffer => "flexbuffer",
        }
    }

    /// Its encoding at a version, in one word.
    pub fn codec_at(self, version: ProtocolVersion) -> &'static str {
        match self {
            Self::Envelope(_) => "protobuf",
            _ if self.is_flexbuffers_at(version) => "flexbuffers",
            _ => "bilrost",
        }
    }

    /// Whether its encoding at a version is flexbuffers.
    pub fn is_flexbuffers_at(self, version: ProtocolVersion) -> bool {
        match self {
            Self::Envelope(_) => false,
            Self::Payload(message) => message.row().codec_at(version) == Codec::Flexbuffers,
            Self::Kept(_) | Self::Flexbuffer => true,
        }
    }

    /// How many fields it has at its root. Of messages that share the form of some bytes, the one
    /// that leaves fewer fields out is the likelier one.
    pub fn field_count(self) -> usize {
        let shape = match self {
            Self::Payload(message) => message.shape(),
            Self::Kept(of) => of.shape(),
            Self::Envelope(_) | Self::Flexbuffer => return 0,
        };
        match shape.in_trees() {
            Shape::Record(record) => record.fields.len(),
            _ => 1,
        }
    }

    /// Whether there is such a thing in a release at a version.
    pub fn exists_at(self, cx: Context) -> bool {
        cx.release.speaks(cx.version)
            && match self {
                Self::Envelope(of) => of.gate().is_open(cx.release),
                Self::Payload(message) => {
                    let row = message.row();
                    row.is_known_to(cx.release) && row.min_version <= cx.version
                }
                // The version has no part in it: one will do.
                Self::Kept(_) => cx.version == cx.release.highest_version(),
                Self::Flexbuffer => true,
            }
    }

    /// The part of the bytes that is explained, and how many stand before it.
    pub fn buffer(self, bytes: &Bytes) -> (usize, Bytes) {
        let head = bytes.first_chunk::<BODY_HEAD_LEN>();
        match (self, head) {
            (Self::Kept(_), Some([FLEXBUFFERS, len @ ..])) => {
                let len = usize::try_from(u32::from_le_bytes(*len)).unwrap_or(usize::MAX);
                let rest = bytes.slice(BODY_HEAD_LEN..);
                (BODY_HEAD_LEN, rest.slice(..len.min(rest.len())))
            }
            _ => (0, bytes.clone()),
        }
    }

    /// The value that a release reads, or the decoder's words why there is none.
    pub fn decode(self, bytes: &Bytes, cx: Context) -> Result<Content, String> {
        match self {
            Self::Envelope(of) => Envelope::decode(of, cx.release, bytes.clone())
                .map(Content::Envelope)
                .map_err(|error| error.to_string()),
            Self::Payload(message) => {
                Message::decode(message, bytes, cx.release, cx.version.number())
                    .map(|message| Content::Payload(Box::new(message)))
                    .map_err(|error| error.to_string())
            }
            Self::Kept(of) => Value::decode(of, bytes, (cx.release, cx.version.number()), &Fabric)
                .map(|value| Content::Kept(Box::new(value)))
                .map_err(|error| error.to_string()),
            Self::Flexbuffer => Err(match annotate::flexbuffers(bytes).damage() {
                Some(damage) => damage.to_string(),
                None => "a sound flexbuffer, but no message of the fabric".to_owned(),
            }),
        }
    }

    /// The value with this JSON form.
    pub fn content_from_json(self, json: &Json, cx: Context) -> Result<Content, String> {
        match self {
            Self::Envelope(of) => Envelope::from_json(of, cx.release, json)
                .map(Content::Envelope)
                .map_err(|error| error.to_string()),
            Self::Payload(message) => Message::from_json(message, json, cx)
                .map(|message| Content::Payload(Box::new(message)))
                .map_err(|fault| fault.to_string()),
            Self::Kept(of) => Value::from_json(of, json, cx)
                .map(|value| Content::Kept(Box::new(value)))
                .map_err(|fault| fault.to_string()),
            Self::Flexbuffer => Err("a flexbuffer of no message has no value".to_owned()),
        }
    }

    /// The bytes explained, which are [those to explain](Self::buffer). Payloads in a frame stay bytes,
    /// unless `open` says what they are.
    pub fn annotate<'a>(self, bytes: &'a [u8], cx: Context, open: Opener<'_>) -> Annotation<'a> {
        match self {
            Self::Envelope(of) => annotate::protobuf(of, cx.release, bytes, open),
            Self::Payload(message) => annotate::payload(message, cx, bytes),
            Self::Kept(_) | Self::Flexbuffer => annotate::flexbuffers(bytes),
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Content {
    /// The bytes that a release writes for it.
    pub fn encode(&self, cx: Context) -> Result<Bytes, String> {
        match self {
            Self::Envelope(value) => {
                value.encode(cx.release).map(Bytes::from).map_err(|error| error.to_string())
            }
            Self::Payload(value) => {
                value.encode(cx.release, cx.version.number()).map_err(|error| error.to_string())
            }
            Self::Kept(value) => value.encode(cx.release, cx.version.number(), &Fabric),
        }
    }

    /// Its JSON form for a release, in little memory.
    pub fn to_tape(&self, cx: Context) -> Result<Tape, String> {
        match self {
            Self::Envelope(_) => self.to_json(cx).map(|json| Tape::of(&json)),
            Self::Payload(value) => {
                value.to_tape(cx).map_err(|unfit| format!("the release has no {}", unfit.what))
            }
            Self::Kept(value) => {
                value.to_tape(cx).map_err(|unfit| format!("the release has no {}", unfit.what))
            }
        }
    }

    /// Its JSON form for a release.
    pub fn to_json(&self, cx: Context) -> Result<Json, String> {
        match self {
            Self::Envelope(value) => value.to_json(cx.release).map_err(|error| error.to_string()),
            Self::Payload(value) => {
                value.to_json(cx).map_err(|unfit| format!("the release has no {}", unfit.what))
            }
            Self::Kept(value) => {
                value.to_json(cx).map_err(|unfit| format!("the release has no {}", unfit.what))
            }
        }
    }
}

/// Where a form is read: the newest first, by version, as `V3 of 1.6, 1.7; V2 of 1.4 to 1.7`. A
/// message of the envelope does not depend on the version: for it the releases alone.
pub fn places(form: Form, contexts: &[Context]) -> String {
    if matches!(form, Form::Envelope(_) | Form::Kept(_)) {
        return releases(contexts.iter().map(|cx| cx.release));
    }
    let mut versions: Vec<ProtocolVersion> = contexts.iter().map(|cx| cx.version).collect();
    versions.sort();
    versions.dedup();
    let at = |version| {
        let there = contexts.iter().filter(move |cx| cx.version == version);
        format!("{version} of {}", releases(there.map(|cx| cx.release)))
    };
    versions.into_iter().rev().map(at).collect::<Vec<_>>().join("; ")
}

/// Releases, oldest first; three or more neighbours among the lines as a range.
fn releases(releases: impl Iterator<Item = Release>) -> String {
    let mut given: Vec<Release> = releases.collect();
    given.sort_by_key(|release| release.number());
    given.dedup();
    let lines: Vec<Release> = Release::lines().collect();
    let is_next = |[a, b]: [&Release; 2]| lines.windows(2).any(|pair| pair == [*a, *b]);
    given
        .chunk_by(|a, b| is_next([a, b]))
        .flat_map(|run| match run {
            [first, _, .., last] => vec![format!("{first} to {last}")],
            few => few.iter().map(ToString::to_string).collect(),
        })
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(release: &str, version: ProtocolVersion) -> Context {
        Context { release: release.parse().unwrap(), version }
    }

    #[test]
    fn places_are_short() {
        use ProtocolVersion::{V2, V3};
        let contexts = [("1.7", V3), ("1.6", V3), ("1.7", V2), ("1.6", V2), ("1.5", V2)]
            .map(|(r, v)| context(r, v));
        let trim = Form::Payload(MessageType::Trim);
        assert_eq!(places(trim, &contexts), "V3 of 1.6, 1.7; V2 of 1.5 to 1.7");
        let frame = Form::Envelope(EnvelopeType::Message);
        assert_eq!(places(frame, &contexts), "1.5 to 1.7");
        assert_eq!(places(trim, &[context("1.3.3-dev", V2)]), "V2 of 1.3.3-dev");
    }

    #[test]
    fn a_form_exists_where_it_can_be_sent() {
        let gossip = Form::Payload(MessageType::Gossip);
        assert!(gossip.exists_at(context("1.4", ProtocolVersion::V2)));
        assert!(!gossip.exists_at(context("1.4", ProtocolVersion::V1)));
        assert!(!gossip.exists_at(context("1.7", ProtocolVersion::V1)));
        assert!(!gossip.exists_at(context("1.7.0-rc.3", ProtocolVersion::V4)));
        assert!(
            Form::Envelope(EnvelopeType::Message).exists_at(context("1.2", ProtocolVersion::V1))
        );
    }
}
