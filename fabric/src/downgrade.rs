//! What becomes of a message that the version of a connection cannot carry (02 §6, 04 R1 and R30).
//!
//! Every message has one answer for every version, and it is data: [`FALLBACKS`] for those that are
//! replaced, the catalogue for all others.

use std::fmt;

use super::catalogue::{Message, MessageType};
use super::messages::node_state::GetNodeState;
use super::version::ProtocolVersion;

/// How a message goes to a peer at a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// In the form that the version has for it.
    OwnForm,
    /// Not at all: this message is sent in its place, and gives what the sender was after.
    Instead(MessageType),
    /// Not at all: the caller is told that the peer is incompatible.
    Incompatible,
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OwnForm => f.write_str("own form"),
            Self::Instead(message) => write!(f, "{message} instead"),
            Self::Incompatible => f.write_str("incompatible"),
        }
    }
}

/// A message that is replaced where it cannot be carried.
#[derive(Debug, Clone, Copy)]
pub struct Fallback {
    /// What cannot be carried.
    pub message: MessageType,
    /// What is sent in its place.
    pub instead: MessageType,
    /// A value of that.
    pub value: fn() -> Message,
    /// Why that will do.
    pub reason: &'static str,
}

/// Every message that is replaced.
pub static FALLBACKS: [Fallback; 1] = [Fallback {
    message: MessageType::Gossip,
    instead: MessageType::GetNodeState,
    value: || Message::GetNodeState(GetNodeState {}),
    reason: "who answers is alive, which is what gossip is for",
}];

/// What is sent in the place of a message to a peer at a version; nothing if the version carries the
/// message, or if nothing will do.
pub fn fallback(message: MessageType, version: ProtocolVersion) -> Option<&'static Fallback> {
    let is_carried = version >= message.row().min_version;
    FALLBACKS.iter().find(|fallback| fallback.message == message && !is_carried)
}

/// How a message goes to a peer at a version. Single values may still be refused: a version may
/// carry a message and not all of its variants.
pub fn way(message: MessageType, version: ProtocolVersion) -> Way {
    if version >= message.row().min_version {
        return Way::OwnForm;
    }
    fallback(message, version).map_or(Way::Incompatible, |fallback| Way::Instead(fallback.instead))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::Release;

    #[test]
    fn a_fallback_can_be_carried_where_the_message_cannot() {
        for Fallback { message, instead, value, .. } in FALLBACKS {
            assert_eq!(value().message_type(), instead);
            for version in ProtocolVersion::CODED {
                if way(message, version) != Way::OwnForm {
                    assert_eq!(way(message, version), Way::Instead(instead));
                    assert_eq!(way(instead, version), Way::OwnForm, "{instead} at {version}");
                }
            }
            // Whoever knows the message knows what it is replaced by.
            let knows = Release::all().filter(|line| message.row().is_known_to(*line));
            assert!(knows.into_iter().all(|line| instead.row().is_known_to(line)));
        }
    }

    #[test]
    fn what_is_not_replaced_is_reported() {
        assert_eq!(way(MessageType::GetClusterState, ProtocolVersion::V1), Way::Incompatible);
        assert_eq!(way(MessageType::IngestRequest, ProtocolVersion::V1), Way::Incompatible);
        assert_eq!(way(MessageType::Store, ProtocolVersion::V1), Way::OwnForm);
        assert_eq!(way(MessageType::Gossip, ProtocolVersion::V3), Way::OwnForm);
    }
}
