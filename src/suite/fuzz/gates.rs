//! Who may encode what, and at which version: said once more, apart from the codec.

use std::fmt::Display;

use super::came::Came;
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::payload::{DecodeError, EncodeError};
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::suite::expectations;

/// Why a release refuses a message before it looks at its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gate {
    /// It has no such message.
    UnknownMessage,
    /// It does not speak the version.
    UnknownVersion,
    /// The version has no form for the message before this one.
    Before(ProtocolVersion),
    /// It does not refuse.
    Open(ProtocolVersion),
}

impl Gate {
    fn of(message: MessageType, first: ProtocolVersion, release: Release, number: i32) -> Self {
        if !message.row().is_known_to(release) {
            return Self::UnknownMessage;
        }
        match ProtocolVersion::from_number(number).filter(|version| release.speaks(*version)) {
            None => Self::UnknownVersion,
            Some(version) if version < first => Self::Before(first),
            Some(version) => Self::Open(version),
        }
    }

    /// Of a value that is to be encoded.
    pub(super) fn of_value(message: &Message, release: Release, number: i32) -> Self {
        Self::of(message.message_type(), expectations::first_version(message), release, number)
    }

    /// Of bytes that are to be decoded. What the first version of a value is depends on the value
    /// for one message, whose bytes are read at every version (02 §6).
    pub(super) fn of_bytes(message: MessageType, release: Release, number: i32) -> Self {
        Self::of(message, message.row().min_version, release, number)
    }

    /// What it is called.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::UnknownMessage => "unknown message",
            Self::UnknownVersion => "unknown version",
            Self::Before(_) => "before its version",
            Self::Open(_) => "open",
        }
    }

    /// What came in the place of the answer that it gives.
    #[cold]
    pub(super) fn instead(self, seen: impl Display) -> Came {
        Came::words(format_args!("gate: {}", self.word()), format_args!("{self:?}"), seen)
    }

    /// Whether this is how the gate refuses to encode.
    pub(super) fn is_why_not_encoded(self, error: &EncodeError) -> bool {
        match (self, error) {
            (Self::UnknownMessage, EncodeError::UnknownMessage { .. })
            | (Self::UnknownVersion, EncodeError::UnknownVersion { .. })
            | (Self::Open(_), EncodeError::Unfit { .. }) => true,
            (Self::Before(first), EncodeError::IncompatibleVersion { min_required, .. }) => {
                first == *min_required
            }
            _ => false,
        }
    }

    /// Whether this is how the gate refuses to decode.
    pub(super) fn is_why_not_decoded(self, error: &DecodeError) -> bool {
        match (self, error) {
            (Self::UnknownMessage, DecodeError::UnknownMessage { .. })
            | (Self::UnknownVersion, DecodeError::UnknownVersion { .. })
            | (Self::Open(_), DecodeError::Malformed { .. } | DecodeError::TooLong { .. })
            | (_, DecodeError::Foreign { .. }) => true,
            (Self::Before(first), DecodeError::IncompatibleVersion { min_required, .. }) => {
                first == *min_required
            }
            _ => false,
        }
    }

    /// The context behind an open gate.
    pub(super) fn context(self, release: Release) -> Option<Context> {
        match self {
            Self::Open(version) => Some(Context { release, version }),
            _ => None,
        }
    }
}
