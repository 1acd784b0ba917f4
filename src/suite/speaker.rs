//! Speaking as a release: values from JSON to bytes and back, for people at a terminal.

use bytes::Bytes;
use serde_json::Value as Json;
use thiserror::Error;

use crate::fabric::catalogue::MessageType;
use crate::fabric::codec::json::Tape;
use crate::fabric::codec::tree::Context;
pub use crate::fabric::limits::INPUT_LEN_MAX;
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::harness::json;
use crate::suite::subject::Fabric;
use crate::suite::value::{Value, ValueType};

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
    spoken: ValueType,
    release: Release,
    number: i32,
}

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
        let (spoken, release) = (value_type_named(message)?, release_named(release)?);
        let number = match (spoken, number.into()) {
            (_, Some(number)) => number,
            (ValueType::LogRecord | ValueType::EpochMetadata, None) => release.range().max,
            (ValueType::Message(_), None) => {
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
        let value = Value::from_json(self.spoken, &json, self.context());
        let value = value.map_err(|fault| SpeakError::Misasked {
            problem: format!("no {} of release {}: {fault}", self.spoken.name(), self.release),
            hint: "decode a message to see the form of its values".to_owned(),
        })?;
        value.encode(self.release, self.number, &Fabric).map_err(SpeakError::Refused)
    }

    /// Decodes bytes to the JSON form of the value.
    ///
    /// # Errors
    ///
    /// If the bytes are no value of the message for this release at this version.
    pub fn decode(&self, bytes: Bytes) -> Result<Tape, SpeakError> {
        let value = Value::decode(self.spoken, &bytes, (self.release, self.number), &Fabric);
        let value = value.map_err(|error| SpeakError::Refused(error.to_string()))?;
        let json = value.to_tape(self.context());
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

/// The type of values with a name: a message, or what is kept in logs and in the metadata store.
///
/// # Errors
///
/// If there is none; one with a similar name is suggested.
pub(super) fn value_type_named(name: &str) -> Result<ValueType, SpeakError> {
    let kept = ValueType::KEPT.into_iter().find(|it| it.name() == name);
    kept.map_or_else(|| message_named(name).map(ValueType::Message), Ok)
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
        problem: match last_line().filter(|last| is_later(name, last)) {
            Some(last) => format!("{name} was not read: what is known here ends with {last}"),
            None => format!("there is no release {name:?} here"),
        },
        hint: format!(
            "did you mean {}? `skewproof list releases --patches` has the names",
            similar_releases(name)
        ),
    })
}

/// The newest line, by its last patch that was read.
fn last_line() -> Option<&'static str> {
    Release::lines().last().map(|line| line.row().exact)
}

/// Whether a name is that of a line after all that are known.
fn is_later(name: &str, last: &str) -> bool {
    let minor = |name: &str| -> Option<u8> {
        name.trim_start_matches('v').strip_prefix("1.")?.split('.').next()?.parse().ok()
    };
    minor(name) > minor(last)
}

/// The names that have the longest beginning in common with another: at most three, newest first. Where
/// that is no more than a line, it is the line.
fn similar_releases(name: &str) -> String {
    let name = name.trim_start_matches(['v', 'V']);
    let in_common = |known: &Release| {
        let pairs = known.name().chars().zip(name.chars());
        pairs.take_while(|(one, other)| one == other).count()
    };
    let most = Release::all().map(|known| in_common(&known)).max().unwrap_or(0);
    let is_of_it = |line: &Release| {
        let rest = name.strip_prefix(line.name());
        rest.is_some_and(|rest| rest.starts_with('.')) && most == line.name().len() + 1
    };
    if let Some(line) = Release::lines().find(is_of_it) {
        return format!("{line} or {}", line.exact_name());
    }
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
