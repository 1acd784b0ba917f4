//! The protobuf envelope: the frames that two nodes exchange and what they are made of, as any
//! release from 1.2 on encodes and decodes them (01). Payloads stay opaque bytes here; nothing
//! here knows what a frame does to a session.
//!
//! A canonical value is a superset of what all releases have. Encoding is always for a release, and
//! fails if the value holds something that the release cannot carry; decoding gives what that
//! release's own generated code would have seen.
//!
//! ```
//! use skewproof_fabric::envelope::{Header, Message};
//! use skewproof_fabric::release::Release;
//!
//! let (old, new): (Release, Release) = ("1.4".parse()?, "1.7".parse()?);
//! let header = Header { msg_id: 7, ..Header::default() };
//! let frame = Message { header: Some(header), body: None };
//! let bytes = frame.encode(old)?;
//! assert_eq!(bytes, [0x0a, 2, 0x08, 7]);
//! // 1.7 has reserved the field of the message id: it skips it, and cannot send it.
//! let seen = Message::decode(new, bytes.into())?;
//! assert_eq!(seen.header, Some(Header::default()));
//! assert!(frame.encode(new).is_err());
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod datagram;
mod enums;
mod error;
pub mod fields;
mod ids;
mod json;
mod message;
mod services;
mod wire;

use std::fmt;

use bytes::Bytes;
use serde_json::Value;

pub use datagram::{
    BinaryMessage, Datagram, DatagramMember, Ping, Pong, RpcCall, RpcReply, RpcReplyBody, Unary,
    Watch, WatchUpdate, WatchUpdateBody,
};
pub use enums::{
    ConnectionDirection, EnumRow, EnumType, RpcStatus, Signal, Swimlane, WatchEnd, WatchStart,
};
pub use error::{EnvelopeError, JsonProblem, REASON_LEN_MAX};
pub use ids::{GenerationalNodeId, LeaderEpoch, Lsn, NodeId, SpanContext, Version};
pub use message::{
    Body, ConnectionControl, Header, Hello, Message, RpcRequest, RpcResponse, Welcome,
};

use crate::gates;
use crate::limits::FrameLimits;
use crate::release::{Gate, Release};
use wire::Layout;

/// Declares the registry: every message with its full name and its releases, a value that is any
/// of them, and the ways in and out of each.
macro_rules! envelope_types {
    ($($message:ident = $name:literal;)*) => {
        /// A message of the envelope.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum EnvelopeType {
            $(
                #[doc = concat!("`", $name, "`.")]
                $message,
            )*
        }

        impl EnvelopeType {
            /// Every message.
            pub const ALL: &'static [Self] = &[$(Self::$message),*];

            /// Its full name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$message => $name,)*
                }
            }

            /// Its name without the package: one word.
            pub fn word(self) -> &'static str {
                self.name().rsplit_once('.').map_or(self.name(), |(_, word)| word)
            }

            /// The releases that know it.
            pub const fn gate(self) -> Gate {
                match self {
                    $(Self::$message => const { gates::whole(stringify!($message)) },)*
                }
            }
        }

        /// A value of any message of the envelope.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Envelope {
            $(
                #[doc = concat!("A [`", stringify!($message), "`].")]
                $message($message),
            )*
        }

        impl Envelope {
            /// Which message it is.
            pub const fn envelope_type(&self) -> EnvelopeType {
                match self {
                    $(Self::$message(_) => EnvelopeType::$message,)*
                }
            }

            /// The message `of` that `bytes` are to a release.
            pub fn decode(
                of: EnvelopeType,
                release: Release,
                bytes: Bytes,
            ) -> Result<Self, EnvelopeError> {
                match of {
                    $(EnvelopeType::$message => {
                        $message::decode(release, bytes).map(Self::$message)
                    })*
                }
            }

            /// The bytes that a release writes for it.
            pub fn encode(&self, release: Release) -> Result<Vec<u8>, EnvelopeError> {
                match self {
                    $(Self::$message(message) => message.encode(release),)*
                }
            }

            /// Its JSON form for a release.
            pub fn to_json(&self, release: Release) -> Result<Value, EnvelopeError> {
                match self {
                    $(Self::$message(message) => message.to_json(release),)*
                }
            }

            /// The message `of` with this JSON form for a release. A missing key is the field's
            /// default, an unknown one an error that names it.
            pub fn from_json(
                of: EnvelopeType,
                release: Release,
                json: &Value,
            ) -> Result<Self, EnvelopeError> {
                match of {
                    $(EnvelopeType::$message => {
                        $message::from_json(release, json).map(Self::$message)
                    })*
                }
            }
        }

        $(
            impl From<$message> for Envelope {
                fn from(message: $message) -> Self {
                    Self::$message(message)
                }
            }

            impl $message {
                /// The message that `bytes` are to a release. Payloads share their memory.
                pub fn decode(release: Release, bytes: Bytes) -> Result<Self, EnvelopeError> {
                    decode(EnvelopeType::$message, release, bytes)
                }

                /// The bytes that a release writes for it.
                pub fn encode(&self, release: Release) -> Result<Vec<u8>, EnvelopeError> {
                    encode(EnvelopeType::$message, release, self)
                }

                /// Its JSON form for a release.
                pub fn to_json(&self, release: Release) -> Result<Value, EnvelopeError> {
                    to_json(EnvelopeType::$message, release, self)
                }

                /// The message with this JSON form for a release.
                pub fn from_json(release: Release, json: &Value) -> Result<Self, EnvelopeError> {
                    from_json(EnvelopeType::$message, release, json)
                }
            }
        )*
    };
}

envelope_types! {
    Message = "restate.network.Message";
    Header = "restate.network.Header";
    SpanContext = "restate.network.SpanContext";
    ConnectionControl = "restate.network.ConnectionControl";
    Hello = "restate.network.Hello";
    Welcome = "restate.network.Welcome";
    BinaryMessage = "restate.network.BinaryMessage";
    Datagram = "restate.network.Datagram";
    RpcCall = "restate.network.RpcCall";
    RpcReply = "restate.network.RpcReply";
    Watch = "restate.network.Watch";
    WatchUpdate = "restate.network.WatchUpdate";
    Ping = "restate.network.Ping";
    Pong = "restate.network.Pong";
    Unary = "restate.network.Unary";
    RpcRequest = "restate.core_node_svc.RpcRequest";
    RpcResponse = "restate.core_node_svc.RpcResponse";
    NodeId = "restate.common.NodeId";
    GenerationalNodeId = "restate.common.GenerationalNodeId";
    Version = "restate.common.Version";
    Lsn = "restate.common.Lsn";
    LeaderEpoch = "restate.common.LeaderEpoch";
}

impl EnvelopeType {
    /// The message with this name. Only the last part of a full name is compared: the packages are
    /// not on the wire and have changed between releases (01 §1).
    pub fn from_name(name: &str) -> Option<Self> {
        fn last_part(name: &str) -> &str {
            name.rsplit_once('.').map_or(name, |(_, last)| last)
        }
        Self::ALL.iter().copied().find(|of| last_part(of.name()) == last_part(name))
    }
}

impl fmt::Display for EnvelopeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Passes if the release knows the message.
fn known(message: EnvelopeType, release: Release) -> Result<(), EnvelopeError> {
    if message.gate().is_open(release) {
        Ok(())
    } else {
        Err(EnvelopeError::UnknownMessage { message, release })
    }
}

fn decode<C: Layout>(
    message: EnvelopeType,
    release: Release,
    bytes: Bytes,
) -> Result<C, EnvelopeError> {
    known(message, release)?;
    let len = bytes.len();
    if let Some(len_max) = FrameLimits::exceeded(release, len) {
        return Err(EnvelopeError::TooLarge { message, release, len, len_max });
    }
    wire::decode(message, release, bytes).map_err(|error| {
        let reason = error::bounded_reason(&error);
        EnvelopeError::Malformed { message, release, reason }
    })
}

fn encode<C: Layout>(
    message: EnvelopeType,
    release: Release,
    value: &C,
) -> Result<Vec<u8>, EnvelopeError> {
    known(message, release)?;
    wire::encode(message, release, value)
        .map_err(|wire::NotCarried(field)| EnvelopeError::NotCarried { message, release, field })
}

fn to_json<C: Layout>(
    message: EnvelopeType,
    release: Release,
    value: &C,
) -> Result<Value, EnvelopeError> {
    known(message, release)?;
    wire::to_json(message, release, value)
        .map_err(|wire::NotCarried(field)| EnvelopeError::NotCarried { message, release, field })
}

fn from_json<C: Layout>(
    message: EnvelopeType,
    release: Release,
    json: &Value,
) -> Result<C, EnvelopeError> {
    known(message, release)?;
    wire::from_json(release, json::Input::root(json, release)).map_err(|fault| {
        let json::JsonFault { path, problem } = fault;
        EnvelopeError::Json { message, release, path, problem }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn release(name: &str) -> Release {
        name.parse().unwrap()
    }

    #[test]
    fn messages_are_found_by_the_last_part_of_their_name() {
        for of in EnvelopeType::ALL {
            assert_eq!(EnvelopeType::from_name(of.name()), Some(*of));
        }
        let older = EnvelopeType::from_name("restate.node.Hello");
        assert_eq!(older, Some(EnvelopeType::Hello));
        assert_eq!(EnvelopeType::from_name("Datagram"), Some(EnvelopeType::Datagram));
        assert_eq!(EnvelopeType::from_name("restate.network.Nothing"), None);
        assert_eq!(EnvelopeType::from_name(""), None);
    }

    #[test]
    fn every_message_is_empty_bytes_in_the_releases_that_know_it() {
        for release in Release::all() {
            for of in EnvelopeType::ALL {
                let value = Envelope::decode(*of, release, Bytes::new());
                if !of.gate().is_open(release) {
                    let unknown = EnvelopeError::UnknownMessage { message: *of, release };
                    assert_eq!(value, Err(unknown));
                    continue;
                }
                let value = value.unwrap();
                assert_eq!(value.envelope_type(), *of);
                assert_eq!(value.encode(release).unwrap(), [0; 0]);
                let json = value.to_json(release).unwrap();
                assert_eq!(Envelope::from_json(*of, release, &json).unwrap(), value);
                if json.is_object() {
                    assert_eq!(Envelope::from_json(*of, release, &json!({})).unwrap(), value);
                }
            }
        }
        let request = Envelope::from(RpcRequest::default());
        assert!(request.encode(release("1.3")).is_err());
    }

    #[test]
    fn oversized_frames_are_refused_unread() {
        for (name, len_max) in [("1.2", 33_554_432), ("1.5", 33_554_432), ("1.6", 34_603_008)] {
            let release = release(name);
            let garbage = |len| Bytes::from(vec![0xff; len]);
            let fits = Message::decode(release, garbage(len_max));
            assert!(matches!(fits, Err(EnvelopeError::Malformed { .. })), "{fits:?}");
            let large = Message::decode(release, garbage(len_max + 1));
            let message = EnvelopeType::Message;
            let len = len_max + 1;
            assert_eq!(large, Err(EnvelopeError::TooLarge { message, release, len, len_max }));
        }
    }

    #[test]
    fn nested_groups_of_an_unknown_field_are_an_error() {
        let mut bytes = vec![0x53; 17_000];
        bytes.extend(vec![0x54; 17_000]);
        for release in Release::all() {
            for of in EnvelopeType::ALL.iter().filter(|of| of.gate().is_open(release)) {
                let error = Envelope::decode(*of, release, bytes.clone().into()).unwrap_err();
                let text = error.to_string();
                assert!(text.contains(of.name()) && text.contains("recursion limit"), "{text}");
                assert!(text.len() < 400);
            }
        }
    }

    #[test]
    fn payloads_share_the_memory_of_the_frame() {
        let release = release("1.7");
        let payload = Bytes::from(vec![7; 1000]);
        let unary = Unary { payload: payload.clone(), ..Unary::default() };
        let datagram = Datagram { datagram: Some(DatagramMember::Unary(unary)) };
        let frame = Message { header: None, body: Some(Body::Datagram(datagram)) };
        let bytes = Bytes::from(frame.encode(release).unwrap());
        let range = bytes.as_ptr_range();
        let decoded = Message::decode(release, bytes.clone()).unwrap();
        let Some(Body::Datagram(Datagram { datagram: Some(DatagramMember::Unary(unary)) })) =
            decoded.body
        else {
            panic!("{decoded:?}");
        };
        assert_eq!(unary.payload, payload);
        assert!(range.contains(&unary.payload.as_ptr()));
    }

    #[test]
    fn errors_stay_small() {
        assert!(size_of::<EnvelopeError>() <= 128);
    }
}
