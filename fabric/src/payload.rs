//! Payloads of messages to bytes and back: the codec that the negotiated version and the release
//! demand (03 §1).
//!
//! Decoding is total: any bytes, at any version number, of any message, give a value or an error
//! that says what was being read and where.

use bytes::Bytes;
use thiserror::Error;

use super::catalogue::{MessageRow, MessageType};
use super::codec::fault::Fault;
use super::codec::flex::{FlexBuffer, FlexWriter};
use super::codec::tree::{Context, Sink, Tree, Unfit};
use super::codec::trees::{first_entry, unknown_variant};
use super::limits::FrameLimits;
use super::release::Release;
use super::version::ProtocolVersion;

/// Why a value was not encoded. Nothing of it is to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// The message, or this value of it, has no form at the negotiated version.
    #[error(
        "message of type {message} requires peer to have minimum version {min_required} \
         but actual negotiated version is {negotiated}."
    )]
    IncompatibleVersion {
        /// The message.
        message: MessageType,
        /// The first version that can carry it.
        min_required: ProtocolVersion,
        /// The version of the connection.
        negotiated: ProtocolVersion,
    },
    /// The release does not speak a version with this number, or nobody can any more.
    #[error("{message}: release {release} speaks no protocol version {number}")]
    UnknownVersion {
        /// The message.
        message: MessageType,
        /// The release.
        release: Release,
        /// The number.
        number: i32,
    },
    /// The release has no such message.
    #[error("{message}: unknown to release {release}")]
    UnknownMessage {
        /// The message.
        message: MessageType,
        /// The release.
        release: Release,
    },
    /// The value holds something that the release cannot express.
    #[error("{message} at {version}: release {release} has no {}", unfit.what)]
    Unfit {
        /// The message.
        message: MessageType,
        /// The release.
        release: Release,
        /// The version of the connection.
        version: ProtocolVersion,
        /// What it cannot express.
        unfit: Unfit,
    },
}

/// Why bytes were not decoded.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The message has no form at the negotiated version.
    #[error("{message}: carried from {min_required} on, but the connection speaks {negotiated}")]
    IncompatibleVersion {
        /// The message.
        message: MessageType,
        /// The first version that can carry it.
        min_required: ProtocolVersion,
        /// The version of the connection.
        negotiated: ProtocolVersion,
    },
    /// The release does not speak a version with this number, or nobody can any more.
    #[error("{message}: release {release} speaks no protocol version {number}")]
    UnknownVersion {
        /// The message.
        message: MessageType,
        /// The release.
        release: Release,
        /// The number.
        number: i32,
    },
    /// The release has no such message.
    #[error("{message}: unknown to release {release}")]
    UnknownMessage {
        /// The message.
        message: MessageType,
        /// The release.
        release: Release,
    },
    /// More bytes than a frame of the release can hold.
    #[error("{message} at {version}: {len} bytes are more than {len_max}")]
    TooLong {
        /// The message.
        message: MessageType,
        /// The version of the connection.
        version: ProtocolVersion,
        /// How many bytes.
        len: usize,
        /// The most that a frame can hold.
        len_max: usize,
    },
    /// The bytes are not a value of this message.
    #[error("{message} at {version}: {fault}")]
    Malformed {
        /// The message.
        message: MessageType,
        /// The version of the connection.
        version: ProtocolVersion,
        /// What is wrong, and where.
        fault: Fault,
    },
    /// Another implementation refuses the bytes.
    #[error("{words}")]
    Foreign {
        /// The message.
        message: MessageType,
        /// In its own words.
        words: String,
    },
}

/// A type that travels as the payload of a message.
pub trait Payload: Tree {
    /// What the table of messages says of it.
    const ROW: MessageRow;
    /// Which message it is.
    const TYPE: MessageType = Self::ROW.message_type;

    /// The first version that can carry this very value.
    fn min_version(&self) -> ProtocolVersion {
        Self::ROW.min_version
    }

    /// Writes the value; the version can carry it.
    fn to_bytes(&self, cx: Context) -> Result<Bytes, Unfit>;

    /// Reads a value that fills the bytes; the version can carry it.
    fn from_bytes(bytes: &Bytes, cx: Context) -> Result<Self, Fault>;
}

/// The version with a number, if the release speaks it and it still has a codec.
fn spoken(release: Release, number: i32) -> Option<ProtocolVersion> {
    ProtocolVersion::from_number(number).filter(|version| release.speaks(*version))
}

/// Encodes a payload as a release does on a connection that negotiated the version with this
/// number.
///
/// # Errors
///
/// When the release or the version cannot carry the value: see [`EncodeError`].
#[inline]
pub fn encode<T: Payload>(value: &T, release: Release, number: i32) -> Result<Bytes, EncodeError> {
    let is_known = T::ROW.gate.is_open(release);
    match spoken(release, number).filter(|_| is_known) {
        Some(version) if version >= value.min_version() => {
            let bytes = value.to_bytes(Context { release, version });
            bytes.map_err(|unfit| is_unfit(T::TYPE, release, version, unfit))
        }
        _ => Err(not_carried(T::TYPE, release, number, value.min_version())),
    }
}

/// Why a value is not written at all. Apart, as is the other error: where they are made, results are
/// put together byte by byte.
#[cold]
fn not_carried(
    message: MessageType,
    release: Release,
    number: i32,
    min_required: ProtocolVersion,
) -> EncodeError {
    if !message.row().is_known_to(release) {
        return EncodeError::UnknownMessage { message, release };
    }
    match spoken(release, number) {
        None => EncodeError::UnknownVersion { message, release, number },
        Some(negotiated) => EncodeError::IncompatibleVersion { message, min_required, negotiated },
    }
}

#[cold]
fn is_unfit(
    message: MessageType,
    release: Release,
    version: ProtocolVersion,
    unfit: Unfit,
) -> EncodeError {
    EncodeError::Unfit { message, release, version, unfit }
}

/// Decodes a payload as a release does on a connection that negotiated the version with this
/// number. Byte strings in the value share the memory of `bytes`.
///
/// # Errors
///
/// When the release or the version has no such message, or the bytes are not one: see
/// [`DecodeError`].
#[inline]
pub fn decode<T: Payload>(bytes: &Bytes, release: Release, number: i32) -> Result<T, DecodeError> {
    let message = T::TYPE;
    if !T::ROW.gate.is_open(release) {
        return Err(DecodeError::UnknownMessage { message, release });
    }
    let Some(version) = spoken(release, number) else {
        return Err(DecodeError::UnknownVersion { message, release, number });
    };
    let min_required = T::ROW.min_version;
    if version < min_required {
        return Err(DecodeError::IncompatibleVersion {
            message,
            min_required,
            negotiated: version,
        });
    }
    let len = bytes.len();
    if let Some(len_max) = FrameLimits::exceeded(release, len) {
        return Err(DecodeError::TooLong { message, version, len, len_max });
    }
    T::from_bytes(bytes, Context { release, version }).map_err(|fault| DecodeError::Malformed {
        message,
        version,
        fault,
    })
}

/// The flexbuffer of a payload in its V1 wrapper: a map with the message's name as its one key.
pub(crate) fn to_wrapped_flex<T: Payload>(value: &T, cx: Context) -> Result<Bytes, Unfit> {
    let mut writer = FlexWriter::new();
    let map = writer.begin_map();
    writer.key(T::TYPE.name());
    value.write(&mut writer, cx);
    writer.end_map(map);
    writer.finish()
}

/// Reads a payload from its V1 wrapper.
pub(crate) fn from_wrapped_flex<T: Payload>(bytes: &Bytes, cx: Context) -> Result<T, Fault> {
    let buffer = FlexBuffer::verified(bytes)?;
    let root = buffer.root();
    let name = T::TYPE.name();
    match first_entry(root)? {
        (key, value) if key == name => T::read(value, cx).map_err(|fault| fault.in_field(name)),
        (key, _) => Err(unknown_variant(root, "MetadataMessage", key)),
    }
}

/// Makes the table of messages, the enum of their types, the enum of their values, and what goes
/// from one to the other.
///
/// A row names the forms that the type has (`tree`: flexbuffers at every version; `both`:
/// flexbuffers at V1, bilrost later; `bilrost`: no V1 form), the type, its name where it is another,
/// and its [`MessageRow`](super::catalogue::MessageRow).
macro_rules! payloads {
    ($($forms:ident $variant:ident $(($ty:ident))? $(named $name:ident)? = $row:expr;)*) => {
        /// A message of the fabric.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs)]
        pub enum MessageType {
            $($variant,)*
        }

        /// The messages: the one list that all others are compared with.
        pub static MESSAGES: [MessageRow; [$(MessageType::$variant),*].len()] =
            [$(<payloads!(@type $variant $($ty)?) as Payload>::ROW),*];

        /// A value of any message.
        #[derive(Debug, Clone, PartialEq)]
        #[allow(missing_docs)]
        #[allow(clippy::large_enum_variant, reason = "one at a time, and seldom moved")]
        pub enum Message {
            $($variant(payloads!(@type $variant $($ty)?)),)*
        }

        impl Message {
            /// Which message it is.
            pub fn message_type(&self) -> MessageType {
                match self {
                    $(Self::$variant(_) => MessageType::$variant,)*
                }
            }

            /// Encodes it: see [`payload::encode`](crate::payload::encode).
            pub fn encode(&self, release: Release, number: i32) -> Result<Bytes, EncodeError> {
                match self {
                    $(Self::$variant(value) => payload::encode(value, release, number),)*
                }
            }

            /// Decodes a message: see [`payload::decode`](crate::payload::decode).
            pub fn decode(
                message_type: MessageType,
                bytes: &Bytes,
                release: Release,
                number: i32,
            ) -> Result<Self, DecodeError> {
                match message_type {
                    $(MessageType::$variant => {
                        payload::decode(bytes, release, number).map(Self::$variant)
                    })*
                }
            }

            /// The JSON form of the value, as a release has it.
            pub fn to_json(&self, cx: Context) -> Result<Json, Unfit> {
                match self {
                    $(Self::$variant(value) => json::to_json(value, cx),)*
                }
            }

            /// The JSON form of the value, as a release has it, in little memory.
            pub fn to_tape(&self, cx: Context) -> Result<Tape, Unfit> {
                match self {
                    $(Self::$variant(value) => json::to_tape(value, cx),)*
                }
            }

            /// Reads the JSON form of a value.
            pub fn from_json(
                message_type: MessageType,
                json: &Json,
                cx: Context,
            ) -> Result<Self, Fault> {
                match message_type {
                    $(MessageType::$variant => json::from_json(json, cx).map(Self::$variant),)*
                }
            }

            /// Reads the tree form of a value.
            pub fn read<'a, N: Node<'a>>(
                message_type: MessageType,
                node: N,
                cx: Context,
            ) -> Result<Self, Fault> {
                match message_type {
                    $(MessageType::$variant => Tree::read(node, cx).map(Self::$variant),)*
                }
            }

            /// The value that a release would understand of this one.
            pub fn fitted(mut self, cx: Context) -> Result<Self, Unfit> {
                match &mut self {
                    $(Self::$variant(value) => value.fit(cx)?,)*
                }
                Ok(self)
            }
        }

        impl MessageType {
            /// The description of its fields and variants.
            pub fn shape(self) -> Shape {
                match self {
                    $(Self::$variant => <payloads!(@type $variant $($ty)?) as Tree>::SHAPE,)*
                }
            }
        }

        $(
            impl Payload for payloads!(@type $variant $($ty)?) {
                const ROW: MessageRow = MessageRow {
                    message_type: MessageType::$variant,
                    name: payloads!(@name $variant $($name)?),
                    codec: payloads!(@codec $forms),
                    gate: gates::whole(stringify!($variant)),
                    ..$row
                };

                payloads!(@forms $forms);
                payloads!(@special $variant);
            }
        )*
    };

    (@codec tree) => { Codec::Flexbuffers };
    (@codec both) => { Codec::Bilrost };
    (@codec bilrost) => { Codec::Bilrost };
    (@name $variant:ident) => { stringify!($variant) };
    (@name $variant:ident $name:ident) => { $name };
    (@type $variant:ident) => { $variant };
    (@type $variant:ident $ty:ident) => { $ty };

    (@forms both) => {
        fn to_bytes(&self, cx: Context) -> Result<Bytes, Unfit> {
            if cx.version == ProtocolVersion::V1 {
                flex::to_flex(self, cx)
            } else {
                bilrost::encode(self, cx)
            }
        }

        fn from_bytes(bytes: &Bytes, cx: Context) -> Result<Self, Fault> {
            if cx.version == ProtocolVersion::V1 {
                flex::from_flex(bytes, cx)
            } else {
                bilrost::decode(bytes, cx)
            }
        }
    };
    (@forms bilrost) => {
        fn to_bytes(&self, cx: Context) -> Result<Bytes, Unfit> {
            bilrost::encode(self, cx)
        }

        fn from_bytes(bytes: &Bytes, cx: Context) -> Result<Self, Fault> {
            bilrost::decode(bytes, cx)
        }
    };
    (@forms tree) => {
        fn to_bytes(&self, cx: Context) -> Result<Bytes, Unfit> {
            if Self::ROW.is_wrapped_at_v1 && cx.version == ProtocolVersion::V1 {
                payload::to_wrapped_flex(self, cx)
            } else {
                flex::to_flex(self, cx)
            }
        }

        fn from_bytes(bytes: &Bytes, cx: Context) -> Result<Self, Fault> {
            if Self::ROW.is_wrapped_at_v1 && cx.version == ProtocolVersion::V1 {
                payload::from_wrapped_flex(bytes, cx)
            } else {
                flex::from_flex(bytes, cx)
            }
        }
    };

    (@special PartitionProcessorRpcRequest) => {
        fn min_version(&self) -> ProtocolVersion {
            self.first_version()
        }
    };
    (@special $other:ident) => {};
}

pub(crate) use payloads;
