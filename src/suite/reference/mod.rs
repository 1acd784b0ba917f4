//! A second encoder of payloads: slow, plain, and made from the specification (03 §2, §3) and not
//! from the fabric's codec.
//!
//! It is driven by data only. The [`Shape`](crate::fabric::codec::shape::Shape) of a message says
//! which fields there are, its JSON form says what they hold, and everything in between is here:
//! bilrost from the inside out with whole byte strings, flexbuffers from a tree of values. Where the
//! fabric and this encoder agree, two roads lead to the same bytes. Both begin at the shape and the
//! JSON form, so a wrong tag in a shape, or a field that the JSON form should not have, is wrong in
//! both; only bytes of a released server tell.
//!
//! Its [`Rules`] can be broken one at a time, which is how bugs are planted. It does not judge
//! whether a message may be sent at a version, and it is not fast. It does not decode either; but
//! [`at_right_tags`] lets the fabric read what was written with other tags.
//!
//! ```
//! use skewproof::fabric::catalogue::{Message, MessageType};
//! use skewproof::fabric::codec::tree::Context;
//! use skewproof::fabric::version::ProtocolVersion;
//! use skewproof::suite::reference::{Rules, VarintForm, encode};
//!
//! let cx = Context { release: "1.7".parse()?, version: ProtocolVersion::V2 };
//! let json = serde_json::json!({"instance_ts": 300});
//! let gossip = Message::from_json(MessageType::Gossip, &json, cx)?;
//! assert_eq!(encode(&gossip, cx, &Rules::default())?[..], [0x04, 0xac, 0x01]);
//! let plain = Rules { varint: VarintForm::Plain, ..Rules::default() };
//! assert_eq!(encode(&gossip, cx, &plain)?[..], [0x04, 0xac, 0x02]);
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod bilrost;
mod flex_buffer;
mod flex_tree;
mod rules;
mod scalar;
mod tags;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use serde_json::Value as Json;
use thiserror::Error;

pub(super) use self::bilrost::varint;
pub use self::bilrost::{Fields, Written, encode as encode_message, message as write_message};
pub use self::flex_tree::Value;
pub use self::rules::{
    Base62, ByteStrings, Durations, FieldKey, KeyWriting, MapOrder, MetadataWrapper, Omission,
    OtherTag, RoleOrder, Rules, VarintForm,
};
pub use self::tags::{at_right_tags, read_message, take_value, take_varint};
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::shape::Shape;
use crate::fabric::codec::tree::{Context, Unfit};
use crate::fabric::version::ProtocolVersion;

/// The messages that are flexbuffers at every version (03 §1).
const FLEXBUFFERS: [MessageType; 9] = [
    MessageType::GetMetadataRequest,
    MessageType::MetadataUpdate,
    MessageType::ControlProcessors,
    MessageType::CreateSnapshotRequest,
    MessageType::CreateSnapshotResponse,
    MessageType::PartitionProcessorRpcRequest,
    MessageType::PartitionProcessorRpcResult,
    // These two exist at V1 only.
    MessageType::MetadataMessage,
    MessageType::Released,
];

/// The messages that are wrapped in a map with their name as its one key, at V1 (03 §8).
const WRAPPED: [MessageType; 2] = [MessageType::GetMetadataRequest, MessageType::MetadataUpdate];

/// Why there are no bytes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReferenceError {
    /// The value holds something that the release cannot express.
    #[error("the release has no {}", .0.what)]
    Unfit(Unfit),
    /// The JSON form of the value is not what its shape says.
    #[error("{place}: {problem}")]
    Misshapen {
        /// The path of the value, as `nodes.0.node_id`.
        place: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl ReferenceError {
    /// The fault of a value that is not what its shape says.
    fn misshapen(problem: &'static str) -> Self {
        Self::Misshapen { place: String::new(), problem }
    }

    /// The same fault, seen from the value around.
    fn within(self, step: impl std::fmt::Display) -> Self {
        match self {
            Self::Misshapen { place, problem } if place.is_empty() => {
                Self::Misshapen { place: step.to_string(), problem }
            }
            Self::Misshapen { place, problem } => {
                Self::Misshapen { place: format!("{step}.{place}"), problem }
            }
            unfit @ Self::Unfit(_) => unfit,
        }
    }
}

/// Encodes a value by these rules. Whether the message may be sent at the version is not asked.
///
/// # Errors
///
/// If the release cannot express the value, or the version has no form for it.
pub fn encode(message: &Message, cx: Context, rules: &Rules) -> Result<Bytes, ReferenceError> {
    let message_type = message.message_type();
    if is_bilrost(message_type, cx.version) {
        let json = message.to_json(cx).map_err(ReferenceError::Unfit)?;
        return bilrost::encode(&message_type.shape(), &json, cx, rules).map(Bytes::from);
    }
    Ok(encode_tree(message_type, tree(message, cx, rules)?, cx, rules))
}

/// The flexbuffers form of a value, before it is bytes. Without the wrapper of V1.
///
/// # Errors
///
/// As [`encode`].
pub fn tree(message: &Message, cx: Context, rules: &Rules) -> Result<Value, ReferenceError> {
    let json = message.to_json(cx).map_err(ReferenceError::Unfit)?;
    tree_of(message.message_type().shape(), &json, cx, rules)
}

/// The flexbuffers form of a value by its shape and its JSON form.
///
/// # Errors
///
/// If the JSON form is not what the shape says, or the release has no form for it.
pub fn tree_of(
    shape: Shape,
    json: &Json,
    cx: Context,
    rules: &Rules,
) -> Result<Value, ReferenceError> {
    flex_tree::value(&shape, json, cx, rules)
}

/// The body of what is kept in a log or in the metadata store (09 §1): the number of its codec, a
/// length, and the flexbuffer.
pub fn body(tree: &Value, rules: &Rules) -> Bytes {
    let buffer = flex_buffer::encode(tree, rules);
    let len = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
    [&[2], &len.to_le_bytes()[..], &buffer].concat().into()
}

/// The bytes of a message in flexbuffers form, whatever the form holds.
pub fn encode_tree(message_type: MessageType, tree: Value, cx: Context, rules: &Rules) -> Bytes {
    let is_wrapped = WRAPPED.contains(&message_type)
        && match rules.metadata_wrapper {
            MetadataWrapper::AtV1 => cx.version == ProtocolVersion::V1,
            MetadataWrapper::Never => false,
            MetadataWrapper::Always => true,
        };
    let value =
        if is_wrapped { Value::Map(vec![(message_type.name().to_owned(), tree)]) } else { tree };
    Bytes::from(flex_buffer::encode(&value, rules))
}

/// Whether the message is bilrost at the version (03 §1).
pub fn is_bilrost(message_type: MessageType, version: ProtocolVersion) -> bool {
    version != ProtocolVersion::V1 && !FLEXBUFFERS.contains(&message_type)
}
