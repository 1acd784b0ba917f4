//! What goes into a session, and what comes out.

use std::fmt;

use thiserror::Error;

use super::local::MetadataVersions;
use super::open::DrainReason;
use super::quirk::Quirk;
use crate::catalogue::{Message, MessageType};
use crate::envelope::{EnvelopeError, GenerationalNodeId, Message as Frame, RpcStatus, Swimlane};
use crate::negotiation::{NoAgreement, Refusal, StatusCode};
use crate::payload::{DecodeError, EncodeError};
use crate::version::ProtocolVersion;

/// What a connection sees of the world.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// The time is one that [`deadline`](super::Connection::deadline) named, or later.
    Timeout,
    /// A frame, as the release of this side decodes it.
    Frame(&'a Frame),
    /// The peer has ended its half of the stream.
    Ended,
    /// The stream failed: an error of the transport, or a frame too long.
    Broken,
    /// Bytes that are no frame.
    Garbage,
    /// The call for the connection was answered, though not by a frame yet. Only the side that
    /// dialled sees it.
    Headers,
    /// The call for the connection failed with this status. Only the side that dialled sees it.
    Refused(StatusCode),
}

impl<'a> Input<'a> {
    /// What arrived, from what came of reading its bytes. A frame too long is the end of the stream,
    /// one that cannot be read is not quite (02 §4.2).
    pub fn of(read: Result<&'a Frame, &EnvelopeError>) -> Self {
        match read {
            Ok(frame) => Self::Frame(frame),
            Err(EnvelopeError::TooLarge { .. }) => Self::Broken,
            Err(_) => Self::Garbage,
        }
    }
}

/// What is to be done, in this order.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "one at a time, and mostly the large one")]
pub enum Output {
    /// Send a frame.
    Send(Frame),
    /// Fail the peer's call for a connection with the status of this refusal.
    Refuse(Refusal),
    /// End the stream. Nothing comes after it but events.
    Close,
    /// Tell the owner.
    Event(Event),
}

/// A call that this side made on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub(super) u64);

impl CallId {
    /// The call with this number, of a session that is elsewhere.
    pub const fn numbered(number: u64) -> Self {
        Self(number)
    }

    /// The number under which the peer knows the call.
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// A request that the peer made, until it is answered. Not the number on the wire: a peer may use
/// that again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub(super) u64);

impl RequestId {
    /// The request that a session which is elsewhere gave this number.
    pub const fn numbered(number: u64) -> Self {
        Self(number)
    }

    /// The same number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// A connection that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// The version, for all of its life.
    pub version: ProtocolVersion,
    /// Who is at the other end.
    pub peer: GenerationalNodeId,
    /// What it is for, as this side understands it.
    pub lane: Swimlane,
    /// Whether this side may send requests of its own.
    pub may_request: bool,
}

/// A request that wants a reply.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What to answer by.
    pub id: RequestId,
    /// What is asked.
    pub message: Message,
}

/// What became of a call. Every call has exactly one.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "one at a time, and mostly the large one")]
pub enum Outcome {
    /// The peer answered.
    Reply(Message),
    /// The peer said why it does not.
    Status(RpcStatus),
    /// The peer gave a status with a number that this release does not know, or 0, or none, which
    /// reads as 0.
    UnknownStatus(i32),
    /// The peer answered with something that is not the reply.
    Undecodable(DecodeError),
    /// The connection ended; the call may have been processed.
    ConnectionClosed,
    /// Nothing came in time; the call may have been processed.
    TimedOut,
}

/// Something that arrived and was let fall, the connection going on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Dropped {
    /// A payload that does not decode.
    #[error("{0}")]
    Undecodable(DecodeError),
    /// A request that cannot be routed.
    #[error("{msg_type:?} for service {service}: {status:?}")]
    Unroutable {
        /// Number of the service or target.
        service: i32,
        /// What it was, as far as it can be said.
        msg_type: String,
        /// What the peer is told, if it can be told anything.
        status: RpcStatus,
    },
    /// An answer to a call that is not open.
    #[error("a reply to the call {id}, which is not open")]
    UnknownCall {
        /// Number of the call.
        id: u64,
    },
    /// A call or ping after the peer said that there would be none.
    #[error("a request after the last one")]
    LateRequest,
    /// A frame that means nothing here: an unknown member, signal or message.
    #[error("nothing known: {0}")]
    Unknown(&'static str),
}

/// Why a connection is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Closed {
    /// Both sides have said all they had to say.
    #[error("drained")]
    Drained,
    /// Its owner gave it up before the handshake was done.
    #[error("given up before it was open")]
    GivenUp,
    /// The peer asks nothing more, and nothing came of the connection since.
    #[error("nothing more is asked")]
    Deserted,
    /// It was not drained in time.
    #[error("not drained in time")]
    DrainTimeout,
    /// The stream ended or failed.
    #[error("the stream ended")]
    StreamEnded,
    /// A frame without a body that this side knows.
    #[error("a frame without a body")]
    BodyMissing,
    /// A frame without a header.
    #[error("a frame without a header")]
    HeaderMissing,
    /// A Hello or Welcome after the handshake.
    #[error("a handshake frame after the handshake")]
    HandshakeAgain,
    /// The peer said that it could not decode something.
    #[error("the peer reports a codec error")]
    CodecErrorReported,
    /// A frame of the other wrapper: V1's on a later connection, or the other way round.
    #[error("a frame of another version's wrapper")]
    WrongWrapper,
    /// A target of V1 that cannot be translated.
    #[error("a target that nobody has")]
    UnknownTarget,
    /// The peer sent a signal, and this side ends on any.
    #[error("a signal")]
    Signal,
    /// A task of the connection panicked.
    #[error("a panic")]
    Panicked,
}

/// Something that the owner of a connection may want to know.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "one at a time")]
pub enum Event {
    /// The handshake succeeded.
    Opened(Opened),
    /// This side refused the peer's Hello.
    Refused(Refusal),
    /// This side did not get, or not take, a Welcome.
    NotAgreed(NoAgreement),
    /// The peer has higher versions of metadata than it had before.
    Observed(MetadataVersions),
    /// The peer asks.
    Request(Request),
    /// The peer tells, and wants no reply.
    Told(Message),
    /// A call has its outcome.
    Resolved(CallId, Outcome),
    /// The peer's process is going away.
    PeerGone(GenerationalNodeId),
    /// The connection takes no new calls.
    Draining(DrainReason),
    /// Something was let fall.
    Dropped(Dropped),
    /// Here the released server panics.
    Panicked {
        /// By which quirk.
        quirk: Quirk,
        /// On what.
        on: String,
    },
    /// The connection is over.
    Closed(Closed),
}

/// Why nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CallError {
    /// The handshake is not done, or the connection is over.
    #[error("the connection is not open")]
    NotOpen,
    /// The connection takes no new calls.
    #[error("the connection is draining")]
    Draining,
    /// The peer dialled for its own requests only.
    #[error("the connection is for the peer's requests only")]
    NotForRequests,
    /// The message is no call, or none that is answered.
    #[error("{0} is not sent this way")]
    WrongRole(MessageType),
    /// The version cannot carry the message, or the release not express it.
    #[error(transparent)]
    Incompatible(#[from] EncodeError),
    /// There is no such request any more.
    #[error("the request is not open")]
    NoSuchRequest,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reply(message) => write!(f, "{}", message.message_type()),
            Self::Status(status) => write!(f, "{status:?}"),
            Self::UnknownStatus(number) => write!(f, "unknown status {number}"),
            Self::Undecodable(error) => write!(f, "undecodable: {error}"),
            Self::ConnectionClosed => f.write_str("connection closed"),
            Self::TimedOut => f.write_str("timed out"),
        }
    }
}
