//! Speaking as a release: values from JSON to bytes and back, for people at a terminal.

use std::fmt;

use bytes::Bytes;
use serde_json::Value as Json;
use thiserror::Error;

use crate::fabric::catalogue::{MESSAGES, Message, MessageType};
use crate::fabric::codec::fault::Fault;
use crate::fabric::codec::json::{Tape, from_json, to_tape};
use crate::fabric::codec::tree::Context;
pub use crate::fabric::limits::INPUT_LEN_MAX;
use crate::fabric::log_records::epoch::EpochMetadata;
use crate::fabric::log_records::{self, LogRecord};
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

/// A message, as one release speaks it at one version of the protocol; or what a release keeps in a
/// log or in the metadata store, where the version has no part.
#[derive(Debug, Clone, Copy)]
pub struct Speaker {
    spoken: Spoken,
    release: Release,
    number: i32,
}

/// What is spoken.
#[derive(Debug, Clone, Copy)]
enum Spoken {
    Message(MessageType),
    LogRecord,
    EpochMetadata,
}

impl Spoken {
    fn named(name: &str) -> Result<Self, SpeakError> {
        match name {
            LOG_RECORD => Ok(Self::LogRecord),
            EPOCH_METADATA => Ok(Self::EpochMetadata),
            name => message_named(name).map(Self::Message),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Message(message) => MESSAGES[message as usize].name,
            Self::LogRecord => LOG_RECORD,
            Self::EpochMetadata => EPOCH_METADATA,
        }
    }
}

/// The name of what is inside the records of `Store`, `Append` and `Records`.
pub const LOG_RECORD: &str = "LogRecord";
/// The name of the document of the epochs of a partition.
pub const EPOCH_METADATA: &str = "EpochMetadata";

impl Speaker {
    /// The speaker with these names.
    ///
    /// # Errors
    ///
    /// If the message or the release is unknown, or a message is without a version.
    pub fn new(
        message: &str,
        release: &str,
        number: impl Into<Option<i32>>,
    ) -> Result<Self, SpeakError> {
        let (spoken, release) = (Spoken::named(message)?, release_named(release)?);
        let number = match (spoken, number.into()) {
            (_, Some(number)) => number,
            (Spoken::LogRecord | Spoken::EpochMetadata, None) => release.range().max,
            (Spoken::Message(_), None) => {
                return Err(SpeakError::Misasked {
                    problem: format!("{message} has a form for each version of the protocol"),
                    hint: "give the version that the connection negotiated, as `--protocol V2`"
                        .to_owned(),
                });
            }
        };
        Ok(Self { spoken, release, number })
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
        let refused = |error: &dyn fmt::Display| SpeakError::Refused(error.to_string());
        match self.spoken {
            Spoken::Message(message_type) => self
                .value(Message::from_json(message_type, &json, self.context()))?
                .encode(self.release, self.number)
                .map_err(|error| refused(&error)),
            Spoken::LogRecord => {
                let record: LogRecord = self.value(from_json(&json, self.context()))?;
                log_records::encode(&record, self.release).map_err(|error| refused(&error))
            }
            Spoken::EpochMetadata => {
                let epoch: EpochMetadata = self.value(from_json(&json, self.context()))?;
                log_records::encode(&epoch, self.release).map_err(|error| refused(&error))
            }
        }
    }

    /// A value that was read from JSON, or what is wrong with the JSON.
    fn value<T>(&self, read: Result<T, Fault>) -> Result<T, SpeakError> {
        read.map_err(|fault| SpeakError::Misasked {
            problem: format!("no {} of release {}: {fault}", self.spoken.name(), self.release),
            hint: "decode a message to see the form of its values".to_owned(),
        })
    }

    /// Decodes bytes to the JSON form of the value.
    ///
    /// # Errors
    ///
    /// If the bytes are no value of the message for this release at this version.
    pub fn decode(&self, bytes: Bytes) -> Result<Tape, SpeakError> {
        let refused = |error: &dyn fmt::Display| SpeakError::Refused(error.to_string());
        let json = match self.spoken {
            Spoken::Message(message_type) => {
                Message::decode(message_type, &bytes, self.release, self.number)
                    .map_err(|error| refused(&error))?
                    .to_tape(self.context())
            }
            Spoken::LogRecord => {
                let record: LogRecord =
                    log_records::decode(&bytes, self.release).map_err(|error| refused(&error))?;
                to_tape(&record, self.context())
            }
            Spoken::EpochMetadata => {
                let epoch: EpochMetadata =
                    log_records::decode(&bytes, self.release).map_err(|error| refused(&error))?;
                to_tape(&epoch, self.context())
            }
        };
        json.map_err(|unfit| SpeakError::Refused(format!("no JSON form: {}", unfit.what)))
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
    name.parse().map_err(|_| SpeakError::Misasked {
        problem: format!("there is no release {name:?} here"),
        hint: format!(
            "did you mean {}? `skewproof list releases --patches` has the names",
            similar_releases(name)
        ),
    })
}

/// The names that have the longest beginning in common with another: at most three, newest first.
fn similar_releases(name: &str) -> String {
    let in_common = |known: &Release| {
        let pairs = known.name().chars().zip(name.trim_start_matches('v').chars());
        pairs.take_while(|(one, other)| one == other).count()
    };
    let most = Release::all().map(|known| in_common(&known)).max().unwrap_or(0);
    let mut known: Vec<Release> = Release::all().filter(|it| in_common(it) == most).collect();
    known.sort_by_key(|release| std::cmp::Reverse(release.number()));
    // A line before its patches: a short name is the more likely one.
    known.sort_by_key(|release| release.name().len());
    let names: Vec<&str> = known.iter().take(3).map(|release| release.name()).collect();
    names.join(" or ")
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
