//! What the leader of a partition writes into its log: the second layer, inside the bodies that
//! `Store`, `Append` and `Records` carry (09).
//!
//! A body is a byte that names its codec, and then a [`LogRecord`]: who wrote it and for whom
//! ([`header`]), and what every replica is to do ([`command`]). The types describe themselves with
//! the macros of the fabric, and stand in the one table of gates; no version of the protocol has a
//! part in it. [`apply`] says what the processor of a release makes of a body.

pub mod apply;
pub mod blobs;
pub mod command;
pub mod control;
pub mod custom;
pub mod effect;
pub mod epoch;
pub mod framing;
pub mod header;
pub mod invocation;
pub mod journal;
pub mod journal_v2;
pub mod optional;
pub mod second_form;
pub mod timer;
pub mod unordered;
pub mod yielding;

use bytes::Bytes;
use serde_json::Value as Json;

use self::command::Command;
use self::framing::{BodyError, StorageCodec};
use self::header::RecordHeader;
use crate::codec::describe::prelude::*;
use crate::codec::{flex, json};
use crate::limits::JSON_BODY_LEN_MAX;
use crate::release::Release;

record! {
    /// One record of the log of a partition.
    pub struct LogRecord {
        header: RecordHeader,
        command: Command,
    }
}

/// A value that a release cannot write into a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("release {release} has no {}", unfit.what)]
pub struct Unwritable {
    /// The release.
    pub release: Release,
    /// What it cannot express.
    pub unfit: Unfit,
}

/// The context of a release in this layer, where the version of the protocol has no part.
pub fn context(release: Release) -> Context {
    Context { release, version: release.highest_version() }
}

/// The body of a value in the codec that every release writes.
///
/// # Errors
///
/// What the release cannot express.
pub fn encode<T: Tree>(value: &T, release: Release) -> Result<Bytes, Unwritable> {
    let buffer =
        flex::to_flex(value, context(release)).map_err(|unfit| Unwritable { release, unfit })?;
    framing::framed(&buffer)
        .ok_or_else(|| Unwritable { release, unfit: Unfit::new("a body", "of more than 4 GiB") })
}

/// Reads a body as the reader of a release does. Up to 1.6 this is all that happens to it before it
/// is applied; for what the processor of 1.7 does see [`apply`].
///
/// # Errors
///
/// What is wrong with the bytes, or with the value for the release: see [`BodyError`].
pub fn decode<T: Tree>(body: &Bytes, release: Release) -> Result<T, BodyError> {
    let cx = context(release);
    let (codec, rest) = framing::split(body, release)?;
    match codec {
        StorageCodec::Flexbuffers => {
            let buffer = framing::unframed(&rest)?;
            flex::from_flex(&buffer, cx).map_err(BodyError::Malformed)
        }
        StorageCodec::Json => {
            let (len, len_max) = (rest.len(), JSON_BODY_LEN_MAX);
            if len > len_max {
                return Err(BodyError::TooLong { len, len_max });
            }
            let value: Json = serde_json::from_slice(&rest)
                .map_err(|error| BodyError::NotJson { reason: error.to_string() })?;
            json::from_json(&value, cx).map_err(BodyError::Malformed)
        }
        StorageCodec::Custom => Err(custom::refusal(&rest, release)),
        StorageCodec::Bincode => Err(BodyError::Bincode),
        StorageCodec::Protobuf | StorageCodec::RawBytes | StorageCodec::Bilrost => {
            Err(BodyError::UnsupportedCodec { codec })
        }
    }
}

impl LogRecord {
    /// The JSON form of the record, as a release has it.
    ///
    /// # Errors
    ///
    /// What the release cannot express.
    pub fn to_json(&self, release: Release) -> Result<Json, Unwritable> {
        json::to_json(self, context(release)).map_err(|unfit| Unwritable { release, unfit })
    }

    /// Reads a JSON form.
    ///
    /// # Errors
    ///
    /// What is wrong with it for the release, and where.
    pub fn from_json(value: &Json, release: Release) -> Result<Self, Fault> {
        json::from_json(value, context(release))
    }

    /// The record that a release would make of this one.
    ///
    /// # Errors
    ///
    /// What it has no form for.
    pub fn fitted(mut self, release: Release) -> Result<Self, Unwritable> {
        match self.fit(context(release)) {
            Ok(()) => Ok(self),
            Err(unfit) => Err(Unwritable { release, unfit }),
        }
    }
}

#[cfg(test)]
mod tests;
