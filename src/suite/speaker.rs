//! Speaking as a release: values from JSON to bytes and back, for people at a terminal.

use bytes::Bytes;
use serde_json::Value as Json;
use thiserror::Error;

use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::json::Tape;
use crate::fabric::codec::tree::Context;
pub use crate::fabric::limits::INPUT_LEN_MAX;
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::harness::json;

/// Why there is no result.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SpeakError {
    /// The question makes no sense: an unknown name, or JSON that is no value of the message.
    #[error("{problem}")]
    Misasked {
        /// What is wrong.
        problem: String,
        /// What would be right.
        hint: String,
    },
    /// The codec refuses, as it would on a connection.
    #[error("{0}")]
    Refused(String),
}

/// A message, as one release speaks it at one version of the protocol.
#[derive(Debug, Clone, Copy)]
pub struct Speaker {
    message_type: MessageType,
    release: Release,
    number: i32,
}

impl Speaker {
    /// The speaker with these names.
    ///
    /// # Errors
    ///
    /// If the message or the release is unknown.
    pub fn new(message: &str, release: &str, number: i32) -> Result<Self, SpeakError> {
        let (message_type, release) = (message_named(message)?, release_named(release)?);
        Ok(Self { message_type, release, number })
    }

    /// Encodes the JSON form of a value.
    ///
    /// # Errors
    ///
    /// If the text is no value of the message, or the release or the version cannot carry it.
    pub fn encode(&self, text: &str) -> Result<Bytes, SpeakError> {
        let json: Json = json::read(text).map_err(|error| SpeakError::Misasked {
            problem: format!("not JSON: {error}"),
            hint: "give the value as one JSON document".to_owned(),
        })?;
        let message =
            Message::from_json(self.message_type, &json, self.context()).map_err(|fault| {
                SpeakError::Misasked {
                    problem: format!(
                        "no {} of release {}: {fault}",
                        self.message_type, self.release
                    ),
                    hint: "decode a message to see the form of its values".to_owned(),
                }
            })?;
        message
            .encode(self.release, self.number)
            .map_err(|error| SpeakError::Refused(error.to_string()))
    }

    /// Decodes bytes to the JSON form of the value.
    ///
    /// # Errors
    ///
    /// If the bytes are no value of the message for this release at this version.
    pub fn decode(&self, bytes: Bytes) -> Result<Tape, SpeakError> {
        Message::decode(self.message_type, &bytes, self.release, self.number)
            .map_err(|error| SpeakError::Refused(error.to_string()))?
            .to_tape(self.context())
            .map_err(|unfit| SpeakError::Refused(format!("no JSON form: {}", unfit.what)))
    }

    /// The JSON form of a value hardly depends on the version: at a number without a codec, the one
    /// of the release's highest version will do, and the codec then refuses the number.
    fn context(&self) -> Context {
        let known = |number| ProtocolVersion::from_number(number).filter(|v| !v.is_burned());
        let version = known(self.number)
            .or_else(|| known(self.release.range().max))
            .unwrap_or(ProtocolVersion::V3);
        Context { release: self.release, version }
    }
}

/// The message with a name.
///
/// # Errors
///
/// If there is none; one with a similar name is suggested.
pub(super) fn message_named(name: &str) -> Result<MessageType, SpeakError> {
    name.parse().map_err(|_| SpeakError::Misasked {
        problem: format!("unknown message {name:?}"),
        hint: match similar(name) {
            Some(name) => format!("did you mean {name}? `skewproof list messages` has all"),
            None => "`skewproof list messages` has the names".to_owned(),
        },
    })
}

/// The release with a name.
///
/// # Errors
///
/// If there is none.
pub fn release_named(name: &str) -> Result<Release, SpeakError> {
    name.parse().map_err(|error| SpeakError::Misasked {
        problem: format!("{error}"),
        hint: "`skewproof list releases` says more of each".to_owned(),
    })
}

/// The name of a message that only differs in case, or begins like this one.
fn similar(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let names = || MessageType::all().map(MessageType::name);
    names()
        .find(|known| known.to_ascii_lowercase() == name)
        .or_else(|| names().find(|known| known.to_ascii_lowercase().starts_with(&name)))
        .filter(|_| !name.is_empty())
}
