//! Bugs of the session layer (04 D, M78 to M84): what a process does to frames before its sessions
//! see them, and after.

use std::borrow::Cow;

use crate::fabric::envelope::{
    Body, Datagram, DatagramMember, EnumType, Message as Frame, RpcReply, RpcReplyBody, RpcStatus,
    Signal,
};
use crate::fabric::release::Release;
use crate::fabric::session::{QUIRKS, Quirk, Quirks};

/// A bug that the sessions of a process can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SessionBug {
    /// Frames without a header end a connection exactly where they should not.
    MixesUpBareFrames,
    /// A signal with an unknown number is a shutdown.
    ShutsDownOnUnknownSignals,
    /// The fault of another release.
    Has(Quirk),
    /// Nobody is told that there is no such service.
    HidesUnknownServices,
    /// The calls of all connections are in one table.
    SharesCalls,
    /// Answers are not looked at after the peer has sent its last request.
    ForgetsCalls,
}

impl SessionBug {
    /// The faults that the sessions imitate then.
    pub fn quirks(self, quirks: Quirks) -> Quirks {
        match self {
            Self::MixesUpBareFrames => {
                let flipped =
                    |quirk: &Quirk| quirks.has(*quirk) != (*quirk == Quirk::DropsBareFrames);
                QUIRKS.iter().map(|row| row.quirk).filter(flipped).collect()
            }
            Self::Has(quirk) => quirks.with(quirk),
            _ => quirks,
        }
    }

    /// What a frame is taken for.
    pub(super) fn understood(self, frame: &Frame, release: Release) -> Cow<'_, Frame> {
        let Some(Body::ConnectionControl(control)) = &frame.body else {
            return Cow::Borrowed(frame);
        };
        let is_unknown = EnumType::Signal.name(release, control.signal).is_none();
        if self != Self::ShutsDownOnUnknownSignals || !is_unknown {
            return Cow::Borrowed(frame);
        }
        let mut frame = frame.clone();
        if let Some(Body::ConnectionControl(control)) = &mut frame.body {
            control.signal = Signal::Shutdown.number();
        }
        Cow::Owned(frame)
    }

    /// Whether a frame is not sent.
    pub(super) fn hides(self, frame: &Frame) -> bool {
        let status = match reply(frame) {
            Some(RpcReply { body: Some(RpcReplyBody::Status(status)), .. }) => Some(*status),
            _ => None,
        };
        self == Self::HidesUnknownServices && status == Some(RpcStatus::ServiceNotFound.number())
    }
}

/// The number of the call that a frame answers.
pub fn reply_number(frame: &Frame) -> Option<u64> {
    match (&frame.body, &frame.header) {
        (Some(Body::Encoded(_)), Some(header)) => header.in_response_to.filter(|id| *id > 0),
        _ => reply(frame).map(|reply| reply.id),
    }
}

/// The number of the call that a frame is.
pub fn request_number(frame: &Frame) -> Option<u64> {
    match (&frame.body, &frame.header) {
        (Some(Body::Encoded(_)), Some(header)) if header.in_response_to.unwrap_or(0) == 0 => {
            Some(header.msg_id)
        }
        (Some(Body::Datagram(Datagram { datagram: Some(DatagramMember::RpcCall(call)) })), _) => {
            Some(call.id)
        }
        _ => None,
    }
}

/// Whether the sender says that there will be no more requests.
pub(super) fn is_last_request(frame: &Frame) -> bool {
    let last = Signal::RequestStreamDrained.number();
    matches!(&frame.body, Some(Body::ConnectionControl(control)) if control.signal == last)
}

fn reply(frame: &Frame) -> Option<&RpcReply> {
    match &frame.body {
        Some(Body::Datagram(Datagram { datagram: Some(DatagramMember::RpcReply(reply)) })) => {
            Some(reply)
        }
        _ => None,
    }
}
