//! What 1.7 keeps in bilrost inside the blobs of its commands (09 §3.3): every reader that knows the command
//! reads the record, and what is in the blob when it applies it.

use bytes::Bytes;

use crate::fabric::codec::fault::Fault;
use crate::fabric::codec::tree::Context;
use crate::fabric::log_records::blobs::{Content, blob};
use crate::fabric::log_records::encode;
use crate::suite::value::Value;

/// The blob of a record.
pub(super) struct Blob {
    /// Where it stands in the record.
    pub(super) place: String,
    /// What is in it.
    pub(super) bytes: Bytes,
}

impl Blob {
    /// That of a value, if it has one.
    pub(super) fn of(value: &Value) -> Option<Self> {
        let Value::LogRecord(record) = value else { return None };
        let mut command = record.command.clone();
        let bytes = blob(&mut command)?.0.clone();
        let place = format!("command.{}.blob", command.variant_name());
        Some(Self { place, bytes })
    }

    /// What is in the blob of a value, as a release reads it when it applies it.
    pub(super) fn read(&self, value: &Value, cx: Context) -> Result<Option<Content>, Fault> {
        match value {
            Value::LogRecord(record) => Content::of(&record.command, cx),
            _ => Ok(None),
        }
    }

    /// The bytes of a value with something else in its blob.
    pub(super) fn within(&self, value: &Value, changed: Vec<u8>, cx: Context) -> Option<Bytes> {
        let Value::LogRecord(record) = value else { return None };
        let mut record = record.clone();
        blob(&mut record.command)?.0 = changed.into();
        encode(&record, cx.release).ok()
    }
}
