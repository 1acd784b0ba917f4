//! Going through a recording frame by frame, with what each stream has negotiated and asked.

use std::collections::HashMap;

use bytes::Bytes;

use super::recording::{Frame, Recording, Side, StreamId};
use crate::fabric::catalogue::{Codec, MESSAGES, MessageType, Role};
use crate::fabric::codec::shape::Shape;
use crate::fabric::codec::tree::Context;
use crate::fabric::envelope::{
    BinaryMessage, Body, Datagram, DatagramMember, Message as FrameMessage, RpcReplyBody, Welcome,
};
use crate::fabric::release::Release;
use crate::fabric::version::{ProtocolVersion, VersionRange};
use crate::harness::report::Report;
use crate::harness::verdict::{CaseId, Finding, Verdict};
use crate::suite::compare::{self, Difference};
use crate::suite::repro;
use crate::suite::subject::Subject;

/// What is known of a stream so far.
#[derive(Default)]
struct Stream {
    offered: Option<VersionRange>,
    version: Option<i32>,
    /// Calls that await their reply, by who made them and under which number.
    calls: HashMap<(Side, u64), MessageType>,
}

/// A payload in a frame.
enum Content {
    /// None: a word about the connection, or a call's status.
    Nothing,
    /// The payload of this message.
    Payload(MessageType, Bytes),
    /// A payload that cannot be named, and why.
    Unnamed(String),
}

/// Replays one recording into a report.
pub fn replay(
    recording: &Recording,
    subject: &dyn Subject,
    report: &mut Report,
    advance: &mut impl FnMut(u64),
) {
    let mut streams: HashMap<StreamId, Stream> = HashMap::new();
    for frame in &recording.frames {
        let stream = streams.entry(frame.stream).or_default();
        Replay { recording, frame, subject, report }.replay_frame(stream);
        advance(1);
    }
}

/// One frame at work.
struct Replay<'a> {
    recording: &'a Recording,
    frame: &'a Frame,
    subject: &'a dyn Subject,
    report: &'a mut Report,
}

impl Replay<'_> {
    fn replay_frame(&mut self, stream: &mut Stream) {
        let Some(writer) = self.recording.release(self.frame, self.frame.side) else {
            let reason = "written by a node whose release the recording does not tell";
            return self.record("frames", "unknown writer", Verdict::Skip(reason.to_owned()));
        };
        let message = match self.verify_frame(writer) {
            Ok(message) => message,
            Err(difference) => return self.record_result("frames", "frame", Err(difference), None),
        };
        self.record("frames", frame_name(&message), Verdict::Pass);
        match content(&message, self.frame.side, writer, stream) {
            Content::Nothing => {}
            Content::Unnamed(reason) => {
                self.record("payloads", "unnamed", Verdict::Skip(reason));
            }
            Content::Payload(message_type, payload) => {
                self.verify_payload(message_type, &payload, writer, stream);
            }
        }
        if let Some(Body::Welcome(welcome)) = &message.body {
            self.verify_negotiation(welcome, stream);
        }
    }

    /// The frame decodes, and encodes to the same bytes.
    fn verify_frame(&self, writer: Release) -> Result<FrameMessage, Difference> {
        let bytes = &self.frame.bytes;
        let requirement = "every frame decodes";
        let message = FrameMessage::decode(writer, bytes.clone())
            .map_err(|error| Difference::new(requirement, "a frame", error.to_string()))?;
        let requirement = "a frame encodes to the same bytes again";
        let encoded = message
            .encode(writer)
            .map_err(|e| Difference::new(requirement, hex::encode(bytes), e.to_string()))?;
        let has_free_order = message
            .header
            .as_ref()
            .and_then(|header| header.span_context.as_ref())
            .is_some_and(|context| context.fields.len() > 1);
        if !has_free_order {
            compare::bytes(requirement, bytes, &encoded, |_| None)?;
        }
        Ok(message)
    }

    /// The acceptor selected the version that its rule demands of the range it was offered.
    fn verify_negotiation(&mut self, welcome: &Welcome, stream: &Stream) {
        let Some(offered) = stream.offered else { return };
        let requirement = "the acceptor selects the version that its rule demands";
        let selected = self.subject.select(self.frame.acceptor, offered);
        let result = match selected {
            Ok(version) if version.number() == welcome.protocol_version => Ok(()),
            other => Err(Difference::new(
                requirement,
                format!("{} of {offered}", welcome.protocol_version),
                other.map_or_else(|error| error.to_string(), |version| version.to_string()),
            )),
        };
        self.record_result("negotiation", "version selected", result, None);
    }

    /// The payload decodes on both sides, and encodes to the same bytes on the writer's.
    fn verify_payload(
        &mut self,
        message_type: MessageType,
        payload: &Bytes,
        writer: Release,
        stream: &Stream,
    ) {
        let name = message_type.row().word();
        let version = stream.version.and_then(ProtocolVersion::from_number);
        let Some(version) = version else {
            let reason = "the recording has no Welcome of this stream".to_owned();
            return self.record("payloads", name, Verdict::Skip(reason));
        };
        let cx = Context { release: writer, version };
        let reader = self.recording.release(self.frame, self.frame.side.other());
        let result = round_trip(self.subject, message_type, payload, cx).and_then(|faith| {
            if let Some(reader) = reader {
                let requirement = "the peer reads the payload";
                self.subject
                    .decode(message_type, payload, reader, version.number())
                    .map_err(|error| Difference::new(requirement, "a value", error.to_string()))?;
            }
            Ok(faith)
        });
        let row = match &result {
            Ok(Faith::Value) => format!("{name}, by value: maps in any order"),
            _ => name.to_owned(),
        };
        let repro = repro::decode(message_type, writer, version.number(), payload);
        self.record_result("payloads", &row, result.map(drop), Some(repro));
    }

    fn record_result(
        &mut self,
        grid: &str,
        row: &str,
        result: Result<(), Difference>,
        repro: Option<String>,
    ) {
        let verdict = match result {
            Ok(()) => Verdict::Pass,
            Err(difference) => Verdict::from(Finding {
                case: self.case(),
                requirement: difference.requirement.to_owned(),
                expected: difference.expected,
                actual: difference.actual,
                place: difference.place,
                repro,
            }),
        };
        self.record(grid, row, verdict);
    }

    fn record(&mut self, grid: &str, row: &str, verdict: Verdict) {
        let case = self.case();
        self.report.grid(grid).record(row, &self.recording.name, &case, verdict);
    }

    fn case(&self) -> CaseId {
        let StreamId { connection, stream } = self.frame.stream;
        let place = format!("line {}", self.frame.line);
        CaseId::from_segments(["captures", &self.recording.name, &place]).child(format_args!(
            "connection {connection} stream {stream} frame {}",
            self.frame.number
        ))
    }
}

/// How faithfully a payload came back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Faith {
    /// As the same bytes.
    Bytes,
    /// As the same value: it has maps that are written in any order.
    Value,
}

/// The payload decodes, and encodes to the same bytes.
fn round_trip(
    subject: &dyn Subject,
    message_type: MessageType,
    payload: &Bytes,
    cx: Context,
) -> Result<Faith, Difference> {
    let number = cx.version.number();
    let requirement = "every payload decodes as the message its call names";
    let message = subject
        .decode(message_type, payload, cx.release, number)
        .map_err(|error| Difference::new(requirement, "a value", error.to_string()))?;
    let requirement = "a payload encodes to the same bytes again";
    let encoded = subject
        .encode(&message, cx.release, number)
        .map_err(|e| Difference::new(requirement, hex::encode(payload), e.to_string()))?;
    let is_flexbuffers = message_type.row().codec_at(cx.version) == Codec::Flexbuffers;
    if encoded != *payload && is_flexbuffers && has_free_order(&message_type.shape()) {
        let again = subject.decode(message_type, &encoded, cx.release, number);
        if again.is_ok_and(|again| again == message) {
            return Ok(Faith::Value);
        }
    }
    compare::payload_bytes(requirement, message_type, cx, payload, &encoded).map(|()| Faith::Bytes)
}

/// Whether the released servers write some map of the message in no fixed order: a hash map, which
/// only flexbuffers messages have.
fn has_free_order(shape: &Shape) -> bool {
    match shape {
        Shape::Map(..) | Shape::Any => true,
        Shape::Optional(inner) | Shape::List(inner) | Shape::Packed(inner) => has_free_order(inner),
        Shape::Tuple(elements) => elements.iter().any(has_free_order),
        Shape::Record(record) => record.fields.iter().any(|field| has_free_order(&field.shape)),
        Shape::Choice(choice) => {
            choice.variants.iter().filter_map(|v| v.shape.as_ref()).any(has_free_order)
        }
        _ => false,
    }
}

/// What a frame carries. Learns from handshakes and calls.
fn content(message: &FrameMessage, side: Side, writer: Release, stream: &mut Stream) -> Content {
    match &message.body {
        Some(Body::Hello(hello)) => {
            stream.offered = Some(hello.offered());
            Content::Nothing
        }
        Some(Body::Welcome(welcome)) => {
            stream.version = Some(welcome.protocol_version);
            Content::Nothing
        }
        Some(Body::Encoded(encoded)) => {
            let header = message.header.as_ref();
            let is_reply = header.and_then(|h| h.in_response_to).unwrap_or(0) > 0;
            binary_content(encoded, is_reply, writer)
        }
        Some(Body::Datagram(Datagram { datagram: Some(member) })) => {
            datagram_content(member, side, stream)
        }
        _ => Content::Nothing,
    }
}

fn datagram_content(member: &DatagramMember, side: Side, stream: &mut Stream) -> Content {
    match member {
        DatagramMember::RpcCall(call) => match call.msg_type.parse() {
            Ok(message_type) => {
                stream.calls.insert((side, call.id), message_type);
                Content::Payload(message_type, call.payload.clone())
            }
            Err(error) => Content::Unnamed(error.to_string()),
        },
        DatagramMember::Unary(unary) => match unary.msg_type.parse() {
            Ok(message_type) => Content::Payload(message_type, unary.payload.clone()),
            Err(error) => Content::Unnamed(error.to_string()),
        },
        DatagramMember::RpcReply(reply) => {
            let call = stream.calls.remove(&(side.other(), reply.id));
            let answer = call.map(|message_type| message_type.row().role);
            match (&reply.body, answer) {
                (Some(RpcReplyBody::Payload(payload)), Some(Role::Call(Some(answer)))) => {
                    Content::Payload(answer, payload.clone())
                }
                (Some(RpcReplyBody::Payload(_)), _) => {
                    Content::Unnamed("answers a call that the recording does not have".to_owned())
                }
                _ => Content::Nothing,
            }
        }
        _ => Content::Nothing,
    }
}

/// The payload of a V1 frame: the target names the message.
fn binary_content(encoded: &BinaryMessage, is_reply: bool, writer: Release) -> Content {
    let named = MESSAGES.iter().find(|row| {
        row.v1_target == Some(encoded.target)
            && row.is_known_to(writer)
            && (row.role != Role::Reply || is_reply)
    });
    match named {
        Some(row) => Content::Payload(row.message_type, encoded.payload.clone()),
        None => Content::Unnamed(format!("no message has the target {}", encoded.target)),
    }
}

/// What a frame is, for counting.
fn frame_name(message: &FrameMessage) -> &'static str {
    match &message.body {
        None => "no body",
        Some(Body::ConnectionControl(_)) => "ConnectionControl",
        Some(Body::Hello(_)) => "Hello",
        Some(Body::Welcome(_)) => "Welcome",
        Some(Body::Encoded(_)) => "BinaryMessage",
        Some(Body::Datagram(datagram)) => match &datagram.datagram {
            None => "Datagram without a member",
            Some(DatagramMember::RpcCall(_)) => "RpcCall",
            Some(DatagramMember::RpcReply(_)) => "RpcReply",
            Some(DatagramMember::Watch(_)) => "Watch",
            Some(DatagramMember::WatchUpdate(_)) => "WatchUpdate",
            Some(DatagramMember::Ping(_)) => "Ping",
            Some(DatagramMember::Pong(_)) => "Pong",
            Some(DatagramMember::Unary(_)) => "Unary",
        },
    }
}
