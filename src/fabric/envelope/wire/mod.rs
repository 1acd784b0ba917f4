//! Wire shapes: what each generation of releases puts on the wire, field by field.
//!
//! Most messages never changed, and their canonical values are their own shape. Those that did
//! change have one shape per generation, here and nowhere else:
//!
//! | file | messages |
//! |---|---|
//! | `header` | `Header` |
//! | `handshake` | `Hello`, `Welcome` |
//! | `frame` | `Message`, by what its body may be; `RpcRequest`, `RpcResponse`, by their header |
//!
//! A shape decodes as the generated code of its releases does: numbers that it does not have are
//! skipped whatever their wire type, and of several members of a choice the last one that it knows
//! stays (01 §1). Reading a shape gives the canonical value; laying a canonical value out as a
//! shape fails where it holds something that the shape has no field for.

mod frame;
mod handshake;
mod header;

use bytes::Bytes;
use serde_json::Value;

use super::datagram::{
    BinaryMessage, Datagram, Ping, Pong, RpcCall, RpcReply, Unary, Watch, WatchUpdate,
};
use super::ids::{GenerationalNodeId, LeaderEpoch, Lsn, NodeId, SpanContext, Version};
use super::json::{Input, Json, JsonFault};
use super::message::{ConnectionControl, Header, Hello, Message, RpcRequest, RpcResponse, Welcome};
use crate::fabric::gates;
use crate::fabric::release::Release;

/// The releases that lay out every message alike, named by the first of them in the main line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Generation {
    V1_2,
    V1_3,
    V1_4,
    V1_5,
    V1_6_1,
}

impl Generation {
    /// Generations follow the order of releases.
    fn of(release: Release) -> Self {
        if !const { gates::gate("Header.span_context") }.is_open(release) {
            Self::V1_6_1
        } else if !const { gates::gate("Header.msg_id") }.is_open(release) {
            Self::V1_5
        } else if const { gates::gate("Hello.swimlane") }.is_open(release) {
            Self::V1_4
        } else if const { gates::gate("Hello.direction") }.is_open(release) {
            Self::V1_3
        } else {
            Self::V1_2
        }
    }
}

/// The message and field that a shape does not have.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotCarried(pub(super) &'static str);

/// Passes if a value says nothing, so that a shape without `field` loses nothing.
fn absent<T: Default + PartialEq>(field: &'static str, value: &T) -> Result<(), NotCarried> {
    if *value == T::default() { Ok(()) } else { Err(NotCarried(field)) }
}

/// How some releases lay out the message `Canonical`.
trait Shape: prost::Message + Default + Json {
    type Canonical;

    /// Lays a value out, unless it holds something that there is no field for.
    fn lay(value: &Self::Canonical) -> Result<Self, NotCarried>;

    /// The value that was laid out.
    fn read(self) -> Self::Canonical;
}

/// The four ways between a message and its outer forms, in the shape of one release.
pub(super) struct Codec<C> {
    pub(super) decode: fn(Bytes) -> Result<C, prost::DecodeError>,
    pub(super) encode: fn(&C) -> Result<Vec<u8>, NotCarried>,
    pub(super) to_json: fn(&C, Release) -> Result<Value, NotCarried>,
    pub(super) from_json: fn(Input<'_>) -> Result<C, JsonFault>,
}

impl<C> Codec<C> {
    fn of<S: Shape<Canonical = C>>() -> Self {
        Self {
            decode: |bytes| S::decode(bytes).map(S::read),
            encode: |value| Ok(S::lay(value)?.encode_to_vec()),
            to_json: |value, release| Ok(S::lay(value)?.to_json(release)),
            from_json: |input| S::from_json(input).map(S::read),
        }
    }
}

/// A message whose shape follows from the release.
pub(super) trait Layout: Sized {
    /// The shape of a release that knows the message.
    fn codec(release: Release) -> Codec<Self>;
}

/// Messages with one layout in all releases: each is its own shape.
macro_rules! unchanged {
    ($($message:ty),* $(,)?) => {$(
        impl Shape for $message {
            type Canonical = Self;

            fn lay(value: &Self) -> Result<Self, NotCarried> {
                Ok(value.clone())
            }

            fn read(self) -> Self {
                self
            }
        }

        impl Layout for $message {
            fn codec(_: Release) -> Codec<Self> {
                Codec::of::<Self>()
            }
        }
    )*};
}

unchanged! {
    BinaryMessage, ConnectionControl, Datagram, GenerationalNodeId, LeaderEpoch, Lsn, NodeId, Ping,
    Pong, RpcCall, RpcReply, SpanContext, Unary, Version, Watch, WatchUpdate,
}

/// Messages whose layout changed: the shape of each generation.
macro_rules! changed {
    ($($message:ty { $($($generation:ident)|+ => $shape:ty),* $(,)? })*) => {$(
        impl Layout for $message {
            fn codec(release: Release) -> Codec<Self> {
                match Generation::of(release) {
                    $($(Generation::$generation)|+ => Codec::of::<$shape>(),)*
                }
            }
        }
    )*};
}

changed! {
    Header {
        V1_2 | V1_3 => header::HeaderV1_2,
        V1_4 => header::HeaderV1_4,
        V1_5 => header::HeaderV1_5,
        V1_6_1 => header::HeaderV1_6_1,
    }
    Hello {
        V1_2 => handshake::HelloV1_2,
        V1_3 => handshake::HelloV1_3,
        V1_4 | V1_5 | V1_6_1 => handshake::HelloV1_4,
    }
    Welcome {
        V1_2 => handshake::WelcomeV1_2,
        V1_3 | V1_4 | V1_5 | V1_6_1 => handshake::WelcomeV1_3,
    }
    Message {
        V1_2 => frame::v1_2::Message,
        V1_3 => frame::v1_3::Message,
        V1_4 => frame::v1_4::Message,
        V1_5 => frame::v1_5::Message,
        V1_6_1 => frame::v1_6_1::Message,
    }
    // The first two generations do not know these messages and never get here: the gate is asked
    // first.
    RpcRequest {
        V1_2 | V1_3 | V1_4 => frame::RpcRequestOf<header::HeaderV1_4>,
        V1_5 => frame::RpcRequestOf<header::HeaderV1_5>,
        V1_6_1 => frame::RpcRequestOf<header::HeaderV1_6_1>,
    }
    RpcResponse {
        V1_2 | V1_3 | V1_4 => frame::RpcResponseOf<header::HeaderV1_4>,
        V1_5 => frame::RpcResponseOf<header::HeaderV1_5>,
        V1_6_1 => frame::RpcResponseOf<header::HeaderV1_6_1>,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generations_begin_with_the_release_they_are_named_for() {
        let of = |name: &str| Generation::of(name.parse().unwrap());
        assert_eq!(of("1.2"), Generation::V1_2);
        assert_eq!(of("1.3.0"), Generation::V1_3);
        assert_eq!(of("1.4-dev"), Generation::V1_4);
        assert_eq!(of("1.5.0"), Generation::V1_5);
        assert_eq!(of("1.6.0"), Generation::V1_5);
        assert_eq!(of("1.6.1"), Generation::V1_6_1);
        assert_eq!(of("1.5.6"), Generation::V1_5);
        assert_eq!(of("1.7.0-rc.3"), Generation::V1_6_1);
    }
}
