//! Everything that can go wrong between an envelope message and its bytes or its JSON form.

use super::EnvelopeType;
use crate::release::Release;

/// The longest reason text that [`EnvelopeError::Malformed`] carries, in bytes. The protobuf
/// library repeats the path for each level of nesting, and the nesting is the sender's choice.
pub const REASON_LEN_MAX: usize = 200;

/// Why an envelope message has no value, no bytes or no JSON form for a release.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// The release has no such message.
    #[error("{message} is unknown to release {release}")]
    UnknownMessage {
        /// What was to be encoded or decoded.
        message: EnvelopeType,
        /// The release to speak as.
        release: Release,
    },
    /// The bytes exceed what the release accepts as one frame; they were not looked at.
    #[error("{message} of {len} bytes is too large: release {release} accepts {len_max} bytes")]
    TooLarge {
        /// What was to be decoded.
        message: EnvelopeType,
        /// The release to speak as.
        release: Release,
        /// Length of the input in bytes.
        len: usize,
        /// The most that the release accepts, in bytes.
        len_max: usize,
    },
    /// Another implementation refuses.
    #[error("{words}")]
    Foreign {
        /// What was to be encoded or decoded.
        message: EnvelopeType,
        /// In its own words.
        words: String,
    },
    /// The bytes are not such a message, as this release reads it.
    #[error("malformed {message} of release {release}: {reason}")]
    Malformed {
        /// What was to be decoded.
        message: EnvelopeType,
        /// The release to speak as.
        release: Release,
        /// The place and the fault, at most [`REASON_LEN_MAX`] bytes.
        reason: String,
    },
    /// The value holds something that the release has no field for.
    #[error("{message} of release {release} cannot carry {field}")]
    NotCarried {
        /// What was to be encoded.
        message: EnvelopeType,
        /// The release to speak as.
        release: Release,
        /// The message and the field that the release does not have.
        field: &'static str,
    },
    /// The JSON value is not the form of such a message.
    #[error("JSON form of {message} of release {release}: at {path}: {problem}")]
    Json {
        /// What was to be read.
        message: EnvelopeType,
        /// The release to speak as.
        release: Release,
        /// Where, `$` being the whole value.
        path: String,
        /// What is wrong there.
        problem: JsonProblem,
    },
}

/// What is wrong at one place of a JSON value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonProblem {
    /// The release has no field of this name.
    #[error("unknown key")]
    UnknownKey,
    /// Another kind of value, or one out of range.
    #[error("expected {0}")]
    Expected(&'static str),
    /// The release's enum has no such name.
    #[error("no such name in this enum")]
    UnknownName,
    /// Name and number of an enum value disagree.
    #[error("the name belongs to number {0}")]
    WrongNumber(i32),
    /// Fields of which one at most may be set.
    #[error("only one of {} may be set", .0.join(", "))]
    SeveralMembers(&'static [&'static str]),
}

/// Cuts the protobuf library's text to [`REASON_LEN_MAX`], its constant preamble removed.
pub(super) fn bounded_reason(error: &prost::DecodeError) -> String {
    let text = error.to_string();
    let reason = text.strip_prefix("failed to decode Protobuf message: ").unwrap_or(&text);
    let end = reason.floor_char_boundary(REASON_LEN_MAX);
    reason.get(..end).unwrap_or(reason).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_bounded() {
        let mut error = prost::encoding::decode_varint(&mut [0xff_u8; 11].as_slice()).unwrap_err();
        assert_eq!(bounded_reason(&error), "invalid varint");
        for _ in 0..10_000 {
            error.push("Message", "größe");
        }
        let reason = bounded_reason(&error);
        assert!(reason.len() <= REASON_LEN_MAX && reason.len() > REASON_LEN_MAX - 4);
    }
}
