//! What a node notes, for people who follow it.

use std::borrow::Cow;

use crate::catalogue::MessageType;
use crate::session::Quirk;
use crate::version::ProtocolVersion;

/// Words of a note.
pub type Words = Cow<'static, str>;

/// Something that happened. Peers are plain node ids; 0 is somebody who has not said who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A handshake ended with a version.
    Connected {
        /// The other side.
        peer: u32,
        /// What was agreed on.
        version: ProtocolVersion,
        /// What the connection is for.
        lane: &'static str,
        /// Whether this side dialled.
        dialled: bool,
    },
    /// A handshake ended without one.
    Refused {
        /// The other side.
        peer: u32,
        /// Why.
        reason: Words,
    },
    /// A connection is over.
    Closed {
        /// The other side.
        peer: u32,
        /// What it was for; none if its handshake had not come to its end.
        lane: Option<&'static str>,
        /// Whether this side dialled.
        dialled: bool,
        /// Why.
        reason: Words,
    },
    /// A message went out.
    Sent {
        /// To whom.
        peer: u32,
        /// Which.
        message: MessageType,
        /// In the form of which version.
        version: ProtocolVersion,
    },
    /// A message was replaced.
    Instead {
        /// To whom.
        peer: u32,
        /// What cannot be carried.
        message: MessageType,
        /// What went out.
        fallback: MessageType,
    },
    /// A peer was found to be alive.
    Alive(u32),
    /// A peer was found to be dead.
    Dead(u32),
    /// Something got lost.
    Lost {
        /// Between this node and whom.
        peer: u32,
        /// What.
        what: Words,
    },
    /// Here the released server panics.
    Panicked {
        /// By which quirk.
        quirk: Quirk,
        /// On what.
        on: String,
    },
}
