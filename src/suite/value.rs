//! What releases write and read: messages of the fabric, and what they keep in logs and in the metadata
//! store, where the version of the protocol has no part.

use bytes::Bytes;
use serde_json::Value as Json;
use thiserror::Error;

use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::fault::Fault;
use crate::fabric::codec::json::{Tape, from_json, to_json, to_tape};
use crate::fabric::codec::shape::Shape;
use crate::fabric::codec::tree::{Context, Tree, Unfit};
use crate::fabric::log_records::LogRecord;
use crate::fabric::log_records::epoch::EpochMetadata;
use crate::fabric::log_records::framing::BodyError;
use crate::fabric::payload::DecodeError;
use crate::fabric::release::Release;
use crate::suite::subject::Subject;
use crate::suite::{log_records, samples};

/// A type of values that releases write and read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueType {
    /// A message of the fabric.
    Message(MessageType),
    /// What is inside the records of `Store`, `Append` and `Records`.
    LogRecord,
    /// The document of the epochs of a partition, in the metadata store.
    EpochMetadata,
}

impl ValueType {
    /// Those that are no messages.
    pub const KEPT: [Self; 2] = [Self::LogRecord, Self::EpochMetadata];

    /// Every one.
    pub fn all() -> impl Iterator<Item = Self> {
        MessageType::all().map(Self::Message).chain(Self::KEPT)
    }

    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Message(message) => message.name(),
            Self::LogRecord => "LogRecord",
            Self::EpochMetadata => "EpochMetadata",
        }
    }

    /// The name of today, as addresses have it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Message(message) => message.row().word(),
            kept => kept.name(),
        }
    }

    /// What is in it.
    pub fn shape(self) -> Shape {
        match self {
            Self::Message(message) => message.shape(),
            Self::LogRecord => LogRecord::SHAPE,
            Self::EpochMetadata => EpochMetadata::SHAPE,
        }
    }

    /// Whether a release has it at all.
    pub fn is_known_to(self, release: Release) -> bool {
        match self {
            Self::Message(message) => message.row().is_known_to(release),
            Self::LogRecord | Self::EpochMetadata => true,
        }
    }

    /// The samples of it, each as a release would write it; what it has no form for is left out.
    pub fn written_by(self, cx: Context) -> Vec<Value> {
        match self {
            Self::Message(message) => samples::samples(message)
                .filter_map(|sample| sample.message.fitted(cx).ok())
                .map(Value::Message)
                .collect(),
            Self::LogRecord => log_records::all()
                .filter_map(|sample| sample.written_by(cx.release))
                .map(Value::LogRecord)
                .collect(),
            Self::EpochMetadata => {
                let fitted = |mut epoch: EpochMetadata| epoch.fit(cx).is_ok().then_some(epoch);
                let epochs = log_records::epochs().into_iter().filter_map(fitted);
                epochs.map(Value::EpochMetadata).collect()
            }
        }
    }
}

/// A value of one of the types.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "there is one at a time")]
pub enum Value {
    /// Of a message.
    Message(Message),
    /// Of a log record.
    LogRecord(LogRecord),
    /// Of the document of the epochs of a partition.
    EpochMetadata(EpochMetadata),
}

/// What a subject says instead of bytes, in words.
pub type Refusal = String;

/// Why a subject reads nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unread {
    /// It is no message to it.
    #[error("{0}")]
    Message(DecodeError),
    /// It is nothing that it keeps.
    #[error("{0}")]
    Kept(BodyError),
}

impl Value {
    /// Of which type it is.
    pub fn value_type(&self) -> ValueType {
        match self {
            Self::Message(message) => ValueType::Message(message.message_type()),
            Self::LogRecord(_) => ValueType::LogRecord,
            Self::EpochMetadata(_) => ValueType::EpochMetadata,
        }
    }

    /// Reads the JSON form of a value, as a release has it.
    ///
    /// # Errors
    ///
    /// What is wrong with it for the release, and where.
    pub fn from_json(of: ValueType, json: &Json, cx: Context) -> Result<Self, Fault> {
        match of {
            ValueType::Message(message) => Message::from_json(message, json, cx).map(Self::Message),
            ValueType::LogRecord => from_json(json, cx).map(Self::LogRecord),
            ValueType::EpochMetadata => from_json(json, cx).map(Self::EpochMetadata),
        }
    }

    /// The JSON form of the value, as a release has it.
    ///
    /// # Errors
    ///
    /// What the release cannot express.
    pub fn to_json(&self, cx: Context) -> Result<Json, Unfit> {
        match self {
            Self::Message(message) => message.to_json(cx),
            Self::LogRecord(record) => to_json(record, cx),
            Self::EpochMetadata(epoch) => to_json(epoch, cx),
        }
    }

    /// The same in little memory.
    ///
    /// # Errors
    ///
    /// As [`Self::to_json`].
    pub fn to_tape(&self, cx: Context) -> Result<Tape, Unfit> {
        match self {
            Self::Message(message) => message.to_tape(cx),
            Self::LogRecord(record) => to_tape(record, cx),
            Self::EpochMetadata(epoch) => to_tape(epoch, cx),
        }
    }

    /// The bytes that a release of the subject makes of it; at the version with this number, if it is
    /// a message.
    ///
    /// # Errors
    ///
    /// Why it makes none.
    pub fn encode(
        &self,
        release: Release,
        number: i32,
        subject: &dyn Subject,
    ) -> Result<Bytes, Refusal> {
        match self {
            Self::Message(message) => {
                subject.encode(message, release, number).map_err(|error| error.to_string())
            }
            Self::LogRecord(record) => {
                subject.encode_record(record, release).map_err(|error| error.to_string())
            }
            Self::EpochMetadata(epoch) => {
                subject.encode_epoch(epoch, release).map_err(|error| error.to_string())
            }
        }
    }

    /// What a release of the subject reads; at the version with this number, if it is a message.
    ///
    /// # Errors
    ///
    /// Why it reads nothing.
    pub fn decode(
        of: ValueType,
        bytes: &Bytes,
        (release, number): (Release, i32),
        subject: &dyn Subject,
    ) -> Result<Self, Unread> {
        match of {
            ValueType::Message(message) => subject
                .decode(message, bytes, release, number)
                .map(Self::Message)
                .map_err(Unread::Message),
            ValueType::LogRecord => {
                subject.decode_record(bytes, release).map(Self::LogRecord).map_err(Unread::Kept)
            }
            ValueType::EpochMetadata => {
                subject.decode_epoch(bytes, release).map(Self::EpochMetadata).map_err(Unread::Kept)
            }
        }
    }
}
