//! The byte that says what a body is, and what follows it (09 §1).

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};
use thiserror::Error;

use crate::codec::fault::{Fault, FaultKind};
use crate::gates::rule;
use crate::limits::INPUT_LEN_MAX;
use crate::panics::KnownPanic;
use crate::release::Release;

/// How a body is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StorageCodec {
    /// A protobuf message. Nobody writes it.
    Protobuf,
    /// A length of four bytes and a flexbuffer: what every release writes.
    Flexbuffers,
    /// A length of four bytes and so many bytes. Nobody writes it.
    RawBytes,
    /// Bincode. Nobody writes it, and nobody can read it.
    Bincode,
    /// A JSON document. Nobody writes it.
    Json,
    /// A bilrost message. Nobody writes it.
    Bilrost,
    /// A form of this layer alone: see [`super::custom`]. Nobody writes it.
    Custom,
}

impl StorageCodec {
    /// The codec of a first byte, as far as the release knows it.
    pub const fn of(byte: u8, release: Release) -> Option<Self> {
        match byte {
            1 => Some(Self::Protobuf),
            2 => Some(Self::Flexbuffers),
            3 => Some(Self::RawBytes),
            4 if rule!("record_codec.bincode", release) => Some(Self::Bincode),
            5 => Some(Self::Json),
            6 if rule!("record_codec.bilrost", release) => Some(Self::Bilrost),
            7 if rule!("record_codec.custom", release) => Some(Self::Custom),
            _ => None,
        }
    }
}

/// As the released servers call it.
impl fmt::Display for StorageCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Protobuf => "Protobuf",
            Self::Flexbuffers => "FlexbuffersSerde",
            Self::RawBytes => "LengthPrefixedRawBytes",
            Self::Bincode => "BincodeSerde",
            Self::Json => "Json",
            Self::Bilrost => "Bilrost",
            Self::Custom => "Custom",
        })
    }
}

/// Why a body is not read. Texts about the frame are those of the released servers.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BodyError {
    /// There is not even a first byte.
    #[error("remaining bytes in buf '0' < version bytes '1'")]
    Empty,
    /// More bytes than are looked at in this codec.
    #[error("{len} bytes are more than {len_max}")]
    TooLong {
        /// How many.
        len: usize,
        /// The most that is looked at.
        len_max: usize,
    },
    /// The first byte names no codec that the release knows.
    #[error("failed reading codec: unknown discriminant '{byte}'")]
    UnknownCodec {
        /// The byte.
        byte: u8,
    },
    /// The release knows the codec, but not for this.
    #[error("unsupported codec kind: {codec}")]
    UnsupportedCodec {
        /// The codec.
        codec: StorageCodec,
    },
    /// The length ends before its fourth byte.
    #[error("insufficient data: expecting 4 bytes for length")]
    NoLength,
    /// The length is more than there is.
    #[error("insufficient data: expecting {len} bytes for flexbuffers")]
    Short {
        /// The length.
        len: u32,
    },
    /// A body in bincode, which no value of this layer has.
    #[error("a body in bincode, which no record has")]
    Bincode,
    /// A body in JSON that is none.
    #[error("not JSON: {reason}")]
    NotJson {
        /// What is wrong with it.
        reason: String,
    },
    /// A body in the first custom form. Nobody wrote one, and what it would hold is not specified.
    #[error("a record in the custom form of 1.4 and 1.5, which nobody writes")]
    Unwritten,
    /// A pair of producer and number that the processor of 1.7 makes nothing of.
    #[error("invalid deduplication information")]
    Deduplication,
    /// The bytes are not a value of this layer.
    #[error("{0}")]
    Malformed(Fault),
    /// The processor panics on it.
    #[error("the partition processor panics here: {}", known.what)]
    Panics {
        /// What it panics on.
        known: &'static KnownPanic,
    },
}

impl BodyError {
    /// What a released server panics on where this is said.
    pub fn known_panic(&self) -> Option<&'static KnownPanic> {
        match self {
            Self::Panics { known } => Some(known),
            Self::Malformed(fault) => match fault.kind() {
                FaultKind::Panics { known } => Some(known),
                _ => None,
            },
            _ => None,
        }
    }
}

/// The codec of a body, and what follows its first byte.
pub(super) fn split(body: &Bytes, release: Release) -> Result<(StorageCodec, Bytes), BodyError> {
    let (len, len_max) = (body.len(), INPUT_LEN_MAX);
    if len > len_max {
        return Err(BodyError::TooLong { len, len_max });
    }
    let byte = *body.first().ok_or(BodyError::Empty)?;
    let codec = StorageCodec::of(byte, release).ok_or(BodyError::UnknownCodec { byte })?;
    Ok((codec, body.slice(1..)))
}

/// The flexbuffer behind its length; what follows it is ignored.
pub(super) fn unframed(bytes: &Bytes) -> Result<Bytes, BodyError> {
    let Some((len, rest)) = bytes.split_first_chunk::<4>() else { return Err(BodyError::NoLength) };
    let len = u32::from_le_bytes(*len);
    match usize::try_from(len).ok().and_then(|len| rest.get(..len)) {
        Some(buffer) => Ok(bytes.slice_ref(buffer)),
        None => Err(BodyError::Short { len }),
    }
}

/// A body with a flexbuffer in it; none if its length has more than four bytes.
pub(super) fn framed(buffer: &[u8]) -> Option<Bytes> {
    let len = u32::try_from(buffer.len()).ok()?;
    let mut body = BytesMut::with_capacity(buffer.len() + 5);
    body.put_u8(2);
    body.put_u32_le(len);
    body.put_slice(buffer);
    Some(body.freeze())
}
