//! The fabric with one of its functions replaced.

use bytes::Bytes;

use super::{Annotate, Misread, Restream, Rewrite, Select};
use crate::fabric::annotate::Annotation;
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::{Context, Unfit};
use crate::fabric::negotiation::NoCommonVersion;
use crate::fabric::payload::{DecodeError, EncodeError};
use crate::fabric::release::Release;
use crate::fabric::session::{Dialect, Local};
use crate::fabric::version::{ProtocolVersion, VersionRange};
use crate::suite::reference::{self, Rules};
use crate::suite::session::Host;
use crate::suite::session::planted::SessionBug;
use crate::suite::subject::{Fabric, Streamed, Subject};

/// Says something else of payloads.
pub struct Annotator {
    pub annotate: Annotate,
}

impl Dialect for Annotator {}

impl Subject for Annotator {
    fn annotate<'a>(&self, message: MessageType, cx: Context, bytes: &'a [u8]) -> Annotation<'a> {
        (self.annotate)(message, cx, bytes)
    }
}

/// Encodes by other rules. What the fabric refuses is refused in the same words.
pub struct OtherRules {
    pub rules: Rules,
}

impl Subject for OtherRules {}

impl Dialect for OtherRules {
    fn encode(
        &self,
        message: &Message,
        release: Release,
        number: i32,
    ) -> Result<Bytes, EncodeError> {
        let right = message.encode(release, number)?;
        let Some(version) = ProtocolVersion::from_number(number) else { return Ok(right) };
        reference::encode(message, Context { release, version }, &self.rules).map_err(|error| {
            let (message, unfit) =
                (message.message_type(), Unfit { what: error.to_string(), panic: None });
            EncodeError::Unfit { message, release, version, unfit }
        })
    }
}

/// Encodes by other tags, and decodes by the same.
pub struct OtherTags {
    pub rules: Rules,
}

impl Subject for OtherTags {}

impl Dialect for OtherTags {
    fn encode(
        &self,
        message: &Message,
        release: Release,
        number: i32,
    ) -> Result<Bytes, EncodeError> {
        OtherRules { rules: self.rules }.encode(message, release, number)
    }

    fn decode(
        &self,
        message_type: MessageType,
        bytes: &Bytes,
        release: Release,
        number: i32,
    ) -> Result<Message, DecodeError> {
        TagReader { rules: self.rules, since: 0 }.decode(message_type, bytes, release, number)
    }
}

/// Decodes by other tags, as a release from `1.since` on.
pub struct TagReader {
    pub rules: Rules,
    pub since: u8,
}

impl Subject for TagReader {}

impl Dialect for TagReader {
    fn decode(
        &self,
        message_type: MessageType,
        bytes: &Bytes,
        release: Release,
        number: i32,
    ) -> Result<Message, DecodeError> {
        match ProtocolVersion::from_number(number) {
            Some(version) if release.is_at_least(self.since) => {
                let cx = Context { release, version };
                let bytes = reference::at_right_tags(message_type, bytes, cx, &self.rules);
                Message::decode(message_type, &bytes, release, number)
            }
            _ => Message::decode(message_type, bytes, release, number),
        }
    }
}

/// Sends a message at a version that cannot carry it.
pub struct Ungated {
    pub message: MessageType,
    pub at: ProtocolVersion,
    pub as_if_at: ProtocolVersion,
}

impl Subject for Ungated {}

impl Dialect for Ungated {
    fn encode(
        &self,
        message: &Message,
        release: Release,
        number: i32,
    ) -> Result<Bytes, EncodeError> {
        match message.encode(release, number) {
            Err(EncodeError::IncompatibleVersion { .. })
                if message.message_type() == self.message && number == self.at.number() =>
            {
                message.encode(release, self.as_if_at.number())
            }
            result => result,
        }
    }
}

/// Understands another value than the bytes hold.
pub struct Misreader {
    pub misread: Misread,
}

impl Subject for Misreader {}

impl Dialect for Misreader {
    fn decode(
        &self,
        message_type: MessageType,
        bytes: &Bytes,
        release: Release,
        number: i32,
    ) -> Result<Message, DecodeError> {
        let right = Message::decode(message_type, bytes, release, number)?;
        match ProtocolVersion::from_number(number) {
            Some(version) => (self.misread)(right, bytes, Context { release, version }),
            None => Ok(right),
        }
    }
}

/// Takes the bytes for others.
pub struct Rewriter {
    pub rewrite: Rewrite,
}

impl Subject for Rewriter {}

impl Dialect for Rewriter {
    fn decode(
        &self,
        message_type: MessageType,
        bytes: &Bytes,
        release: Release,
        number: i32,
    ) -> Result<Message, DecodeError> {
        let bytes = match ProtocolVersion::from_number(number) {
            Some(version) => (self.rewrite)(message_type, bytes, Context { release, version }),
            None => bytes.clone(),
        };
        Message::decode(message_type, &bytes, release, number)
    }
}

/// Takes a stream for another.
pub struct Restreamer {
    pub restream: Restream,
}

impl Dialect for Restreamer {}

impl Subject for Restreamer {
    fn read_stream(&self, chunks: &mut dyn Iterator<Item = &[u8]>, release: Release) -> Streamed {
        (self.restream)(Fabric.read_stream(chunks, release))
    }
}

/// Wraps flexbuffers of a message in a field of bilrost, from V2 on, and expects them so.
pub struct Wrapper {
    pub message: MessageType,
}

/// What stands before bytes in a delimited field with the tag 1: key and length.
fn wrapping(len: usize) -> Vec<u8> {
    [vec![1 << 2 | 1], reference::varint(len as u64, &Rules::RIGHT)].concat()
}

impl Subject for Wrapper {}

impl Dialect for Wrapper {
    fn encode(
        &self,
        message: &Message,
        release: Release,
        number: i32,
    ) -> Result<Bytes, EncodeError> {
        let bytes = message.encode(release, number)?;
        if message.message_type() != self.message || number < ProtocolVersion::V2.number() {
            return Ok(bytes);
        }
        Ok([wrapping(bytes.len()), bytes.to_vec()].concat().into())
    }

    fn decode(
        &self,
        message_type: MessageType,
        bytes: &Bytes,
        release: Release,
        number: i32,
    ) -> Result<Message, DecodeError> {
        if message_type != self.message || number < ProtocolVersion::V2.number() {
            return Message::decode(message_type, bytes, release, number);
        }
        // Only key and length, which are in front, tell the two apart.
        let mut inners = (2..bytes.len().min(11)).map(|start| bytes.slice(start..));
        let inner = inners.find(|inner| {
            let head = wrapping(inner.len());
            bytes.starts_with(&head) && head.len() + inner.len() == bytes.len()
        });
        Message::decode(message_type, &inner.unwrap_or_default(), release, number)
    }
}

/// Selects by another rule.
pub struct Selector {
    pub select: Select,
}

impl Subject for Selector {}

impl Dialect for Selector {
    fn select(
        &self,
        acceptor: Release,
        offered: VersionRange,
    ) -> Result<ProtocolVersion, NoCommonVersion> {
        (self.select)(acceptor, offered)
    }
}

/// Has sessions with a bug.
pub struct Sessions {
    pub bug: SessionBug,
}

impl Dialect for Sessions {}

impl Subject for Sessions {
    fn host(&self, local: Local) -> Host {
        Host::with_bug(local, self.bug)
    }
}
