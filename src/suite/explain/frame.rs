//! What a frame carries.

use bytes::Bytes;
use thiserror::Error;

use super::candidates::{Candidate, Candidates, Given, Names};
use super::hints::Hints;
use super::ranking::Ranking;
use super::reading::Reading;
use crate::fabric::annotate::{self, Annotation, Carried};
use crate::fabric::catalogue::{MESSAGES, MessageRow, MessageType, Role};
use crate::fabric::codec::tree::Context;
use crate::fabric::envelope::{
    Body, Datagram, DatagramMember, Envelope, EnvelopeType, RpcReplyBody, WatchUpdateBody,
};
use crate::fabric::version::ProtocolVersion;
use crate::suite::form::{Content, Form};

/// Why the payload in a frame is not read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unread {
    /// From V2 on an answer does not say which message it is, and nobody wants a guess.
    #[error(
        "{len} bytes of an answer: the call names it; explain them by themselves with --message"
    )]
    Answer {
        /// Number of its bytes.
        len: usize,
    },
    /// No message has the name or the target.
    #[error("{len} bytes of {name}, which no release knows")]
    Unknown {
        /// Number of its bytes.
        len: usize,
        /// How the frame names it.
        name: String,
    },
    /// The releases that the frame may be of do not have the message at a version in question.
    #[error("{len} bytes of {name}, which does not exist in what the frame is read as")]
    Misplaced {
        /// Number of its bytes.
        len: usize,
        /// How the frame names it.
        name: String,
    },
}

impl Unread {
    /// Whether something is wrong with the frame.
    pub fn is_fault(&self) -> bool {
        !matches!(self, Self::Answer { .. })
    }
}

/// A payload, and what its frame says about it.
struct Sealed {
    bytes: Bytes,
    named: Named,
}

/// How a frame names its payload.
enum Named {
    /// By the target of V1; a message and its answer may have the same.
    Target { target: i32, is_answer: bool },
    /// By the name of the message.
    Message(String),
    /// Not at all: it answers a call, which names it.
    Reply,
}

impl Named {
    /// The messages that it may be.
    fn rows(&self) -> Vec<&'static MessageRow> {
        let mut rows: Vec<_> = MESSAGES.iter().filter(|row| self.may_be(row)).collect();
        if let (Self::Target { is_answer, .. }, 2..) = (self, rows.len()) {
            rows.retain(|row| (row.role == Role::Reply) == *is_answer);
        }
        rows
    }

    fn may_be(&self, row: &MessageRow) -> bool {
        match self {
            Self::Target { target, .. } => row.v1_target == Some(*target),
            Self::Message(name) => name.parse() == Ok(row.message_type),
            Self::Reply => row.role == Role::Reply,
        }
    }

    fn is_at(&self, version: ProtocolVersion) -> bool {
        (version == ProtocolVersion::V1) == matches!(self, Self::Target { .. })
    }

    fn words(&self) -> String {
        match self {
            Self::Target { target, .. } => format!("target {target}"),
            Self::Message(name) => format!("{name:?}"),
            Self::Reply => "an answer".to_owned(),
        }
    }
}

/// What the payload is that the best reading has, if that is a frame with one; or why it is not
/// read.
pub(super) fn payload(
    ranking: &Ranking,
    bytes: &Bytes,
    hints: &Hints,
) -> Option<Result<Ranking, Unread>> {
    let frame = &ranking.best;
    let Ok(Content::Envelope(value)) = frame.form.decode(bytes, frame.context()?) else {
        return None;
    };
    let Sealed { bytes, named } = sealed(value)?;
    let releases: Vec<_> = frame.contexts.iter().map(|cx| cx.release).collect();
    let candidate = |row: &MessageRow| {
        let form = Form::Payload(row.message_type);
        let may_be = |cx: &Context| named.is_at(cx.version) && releases.contains(&cx.release);
        Candidate { form, contexts: hints.contexts(form).filter(may_be).collect() }
    };
    let (len, rows) = (bytes.len(), named.rows());
    if hints.has_kind() && matches!(named, Named::Reply) {
        return Some(Err(Unread::Answer { len }));
    }
    if rows.is_empty() {
        return Some(Err(Unread::Unknown { len, name: named.words() }));
    }
    let list = rows.into_iter().map(candidate).filter(|it| !it.contexts.is_empty());
    let list: Vec<_> = list.collect();
    if list.is_empty() {
        return Some(Err(Unread::Misplaced { len, name: named.words() }));
    }
    let given = if list.len() == 1 { Given::Named } else { Given::Open };
    let names = Names::at_root(&bytes);
    Some(Ok(Ranking::of(&bytes, Candidates { list, names, given })))
}

/// The payload in a message of the envelope.
fn sealed(value: Envelope) -> Option<Sealed> {
    let member = match value {
        Envelope::Message(frame) => match frame.body? {
            Body::Encoded(it) => {
                let header = frame.header.as_ref();
                let is_answer = header.and_then(|it| it.in_response_to).unwrap_or(0) > 0;
                let named = Named::Target { target: it.target, is_answer };
                return Some(Sealed { bytes: it.payload, named });
            }
            Body::Datagram(Datagram { datagram }) => datagram?,
            _ => return None,
        },
        Envelope::RpcRequest(request) => DatagramMember::RpcCall(request.rpc_call?),
        Envelope::RpcResponse(response) => DatagramMember::RpcReply(response.rpc_reply?),
        _ => return None,
    };
    let named = |bytes, name| Some(Sealed { bytes, named: Named::Message(name) });
    let reply = |bytes| Some(Sealed { bytes, named: Named::Reply });
    match member {
        DatagramMember::RpcCall(call) => named(call.payload, call.msg_type),
        DatagramMember::Watch(watch) => named(watch.payload, watch.msg_type),
        DatagramMember::Unary(unary) => named(unary.payload, unary.msg_type),
        DatagramMember::RpcReply(it) => match it.body? {
            RpcReplyBody::Payload(bytes) => reply(bytes),
            RpcReplyBody::Status(_) => None,
        },
        DatagramMember::WatchUpdate(it) => match it.body? {
            WatchUpdateBody::Update(bytes) => reply(bytes),
            WatchUpdateBody::Start(_) | WatchUpdateBody::End(_) => None,
        },
        DatagramMember::Ping(_) | DatagramMember::Pong(_) => None,
    }
}

/// Every byte, with the payload in its place.
pub(super) fn annotated<'a>(
    best: &Reading,
    payload: Option<&Ranking>,
    bytes: &'a [u8],
) -> Annotation<'a> {
    let payload = payload.map(|ranking| &ranking.best);
    let opened = payload.and_then(|reading| match reading.form {
        Form::Payload(message) => Some((message, reading.context()?)),
        _ => None,
    });
    let cx = opened.map(|(_, cx)| cx).or_else(|| best.context());
    let Some(cx) = cx else { return annotate::flexbuffers(bytes) };
    best.form.annotate(bytes, cx, &mut |carried| opened.or_else(|| named_by(carried, cx)))
}

/// What a payload is by the word of a frame that does not decode as a whole.
fn named_by(carried: &Carried<'_>, cx: Context) -> Option<(MessageType, Context)> {
    let message = carried.message_type()?;
    let version = match carried.carrier {
        EnvelopeType::BinaryMessage => ProtocolVersion::V1,
        _ => cx.version,
    };
    let cx = Context { version, ..cx };
    Form::Payload(message).exists_at(cx).then_some((message, cx))
}
