//! Bugs of the session layer (04 D, M78 to M84; those with an S are of what was measured later, 05):
//! what a process does to frames before its sessions see them, and after.

use std::borrow::Cow;

use crate::fabric::catalogue::MessageType;
use crate::fabric::envelope::{
    Body, Datagram, DatagramMember, EnumType, Message as Frame, RpcCall, RpcReply, RpcReplyBody,
    RpcStatus, Signal,
};
use crate::fabric::release::Release;
use crate::fabric::session::{Input, QUIRKS, Quirk, Quirks};

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
    /// The peer's last request is the beginning of a drain.
    DrainsOnLastRequest,
    /// Nobody is told that all is answered.
    HidesLastAnswer,
    /// Every payload is looked at.
    LooksAtEverything,
    /// Nobody is told that a message is not known.
    HidesUnrecognised,
    /// Bytes that are no frame are the end of the stream, and the end is garbage.
    MixesUpEnds,
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

    /// What arrived is taken for.
    pub(super) fn taken_for<'a>(self, input: Input<'a>) -> Input<'a> {
        match (self, input) {
            (Self::MixesUpEnds, Input::Garbage) => Input::Broken,
            (Self::MixesUpEnds, Input::Broken | Input::Ended) => Input::Garbage,
            (_, input) => input,
        }
    }

    /// What a frame is taken for.
    pub(super) fn understood(self, frame: &Frame, release: Release) -> Cow<'_, Frame> {
        let mut frame = Cow::Borrowed(frame);
        match &frame.body {
            Some(Body::ConnectionControl(control)) => {
                let name = EnumType::Signal.name(release, control.signal);
                let is_last = control.signal == Signal::RequestStreamDrained.number();
                let signal = match self {
                    Self::ShutsDownOnUnknownSignals if name.is_none() => Signal::Shutdown,
                    Self::DrainsOnLastRequest if is_last && name.is_some() => {
                        Signal::DrainConnection
                    }
                    _ => return frame,
                };
                if let Some(Body::ConnectionControl(control)) = &mut frame.to_mut().body {
                    control.signal = signal.number();
                }
            }
            Some(Body::Datagram(Datagram { datagram: Some(DatagramMember::RpcCall(call)) }))
                if self == Self::LooksAtEverything && !call.payload.is_empty() =>
            {
                let member = RpcCall { msg_type: String::new(), ..call.clone() };
                let is_read = call.msg_type == MessageType::GetNodeState.name();
                let datagram = Some(DatagramMember::RpcCall(member)).filter(|_| is_read);
                if datagram.is_some() {
                    frame.to_mut().body = Some(Body::Datagram(Datagram { datagram }));
                }
            }
            _ => {}
        }
        frame
    }

    /// Whether a frame is not sent.
    pub(super) fn hides(self, frame: &Frame) -> bool {
        let status = match reply(frame) {
            Some(RpcReply { body: Some(RpcReplyBody::Status(status)), .. }) => Some(*status),
            _ => None,
        };
        let is = |hidden: RpcStatus| status == Some(hidden.number());
        match self {
            Self::HidesUnknownServices => is(RpcStatus::ServiceNotFound),
            Self::HidesUnrecognised => is(RpcStatus::MessageUnrecognized),
            Self::HidesLastAnswer => is_signal(frame, Signal::ResponseStreamDrained),
            _ => false,
        }
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
    is_signal(frame, Signal::RequestStreamDrained)
}

fn is_signal(frame: &Frame, signal: Signal) -> bool {
    let number = signal.number();
    matches!(&frame.body, Some(Body::ConnectionControl(control)) if control.signal == number)
}

fn reply(frame: &Frame) -> Option<&RpcReply> {
    match &frame.body {
        Some(Body::Datagram(Datagram { datagram: Some(DatagramMember::RpcReply(reply)) })) => {
            Some(reply)
        }
        _ => None,
    }
}
