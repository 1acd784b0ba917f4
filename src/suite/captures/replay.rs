//! Going through a recording frame by frame, with what each stream has negotiated and asked.

use std::collections::HashMap;

use bytes::Bytes;

use super::bodies;
use super::content::{Content, Stream, frame_name};
use super::recording::{Frame, Recording, Side, StreamId};
use crate::fabric::catalogue::{Codec, Message, MessageType};
use crate::fabric::codec::shape::Shape;
use crate::fabric::codec::tree::Context;
use crate::fabric::envelope::{Body, Message as FrameMessage, Welcome};
use crate::fabric::payload::DecodeError;
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::harness::report::Report;
use crate::harness::requirement::Requirement;
use crate::harness::verdict::{CaseId, Finding, Verdict};
use crate::suite::compare::{self, Difference};
use crate::suite::subject::Subject;
use crate::suite::{repro, requirements};

/// What is added to the name of something that only its reader is asked about.
const AS_READ: &str = "as its peer reads it";
/// The row of frames that nobody is asked to write.
const AS_WRITTEN: &str = "as its writer writes it";

/// The line since which every frame has a header: 1.3.
const HEADER_SINCE: u8 = 3;

/// The name of a grid, and what it is of.
type GridOf = (&'static str, &'static Requirement);

const FRAMES: GridOf = ("frames", &requirements::CAPTURED_FRAMES);
const PAYLOADS: GridOf = ("payloads", &requirements::CAPTURED_PAYLOADS);
const RECORDS: GridOf = ("log records", &requirements::CAPTURED_RECORDS);
const NEGOTIATION: GridOf = ("negotiation", &requirements::CAPTURED_NEGOTIATION);

/// Who is asked about a frame.
#[derive(Clone, Copy)]
struct Ends {
    /// Its writer; where the recording does not tell which release that is, its reader.
    asked: Release,
    /// Whether it is the writer.
    is_writer: bool,
    /// The reader of what a known writer wrote, if that is known too.
    peer: Option<Release>,
}

/// Replays one recording into a report.
pub fn replay(
    recording: &Recording,
    subject: &dyn Subject,
    report: &mut Report,
    advance: &mut impl FnMut(u64),
) {
    let mut streams: HashMap<StreamId, Stream> = HashMap::new();
    let releases = bodies::releases(recording);
    for frame in &recording.frames {
        let stream = streams.entry(frame.stream).or_default();
        Replay { recording, releases: &releases, frame, subject, report }.replay_frame(stream);
        advance(1);
    }
}

/// One frame at work.
struct Replay<'a> {
    recording: &'a Recording,
    /// Of the nodes in it.
    releases: &'a [Release],
    frame: &'a Frame,
    subject: &'a dyn Subject,
    report: &'a mut Report,
}

impl Replay<'_> {
    fn replay_frame(&mut self, stream: &mut Stream) {
        let (own, other) = (self.frame.side, self.frame.side.other());
        let writer = self.recording.release(self.frame, own);
        let ends = Ends {
            asked: *writer.as_ref().unwrap_or(&self.frame.acceptor),
            is_writer: writer.is_ok(),
            peer: self.recording.release(self.frame, other).ok(),
        };
        let is_first = stream.spoken.insert(own);
        let verified = self.verify_frame(ends).and_then(|message| {
            self.verify_parts(&message, ends)?;
            self.verify_place(&message, is_first).map(|()| message)
        });
        let message = match verified {
            Ok(message) => message,
            Err(difference) => {
                return self.record_result(FRAMES, "frame", Err(difference), || None);
            }
        };
        let name = frame_name(&message);
        match writer {
            Ok(_) => self.record(FRAMES, name, Verdict::Pass),
            Err(untold) => {
                self.record(FRAMES, &format!("{name}, {AS_READ}"), Verdict::Pass);
                self.record(FRAMES, AS_WRITTEN, Verdict::Skip(untold.to_string()));
            }
        }
        match stream.content(&message, own, ends.asked) {
            Content::Nothing => {}
            Content::Unnamed(reason) => {
                self.record(PAYLOADS, "unnamed", Verdict::Skip(reason));
            }
            Content::Payload(message_type, payload) => {
                self.verify_payload(message_type, &payload, ends, stream);
            }
        }
        if let Some(Body::Welcome(welcome)) = &message.body {
            self.verify_negotiation(welcome, stream);
        }
    }

    /// The frame decodes, and encodes to the same bytes.
    fn verify_frame(&self, ends: Ends) -> Result<FrameMessage, Difference> {
        let bytes = &self.frame.bytes;
        let requirement = "every frame decodes";
        let message = FrameMessage::decode(ends.asked, bytes.clone())
            .map_err(|error| Difference::new(requirement, "a frame", error.to_string()))?;
        if !ends.is_writer {
            return Ok(message);
        }
        let requirement = "a frame encodes to the same bytes again";
        let encoded = message
            .encode(ends.asked)
            .map_err(|e| Difference::new(requirement, hex::encode(bytes), e.to_string()))?;
        let context = message.header.as_ref().and_then(|header| header.span_context.as_ref());
        let has_free_order =
            context.is_some_and(|context| context.fields.len() > 1) && encoded.len() == bytes.len();
        let is_same_value =
            || FrameMessage::decode(ends.asked, encoded.clone().into()).as_ref() == Ok(&message);
        if !(has_free_order && is_same_value()) {
            compare::bytes(requirement, bytes, &encoded, |_| None)?;
        }
        Ok(message)
    }

    /// A frame says something (02 §4), and from 1.3 on whoever writes one puts a header in front (01 §3).
    fn verify_parts(&self, message: &FrameMessage, ends: Ends) -> Result<(), Difference> {
        let requirement = "a frame has a body, and from 1.3 on a header";
        // A body that only its writer knows is none to whoever else reads it.
        let (has_header, has_body) = (message.header.is_some(), message.body.is_some());
        let has_none = !has_header && !has_body;
        let missing = match (has_none, ends.is_writer && ends.asked.minor() >= HEADER_SINCE) {
            (true, _) => "header and body",
            (false, true) if !has_header => "header",
            (false, _) if ends.is_writer && !has_body => "body",
            _ => return Ok(()),
        };
        Err(Difference::new(requirement, "what it says", format!("no {missing}")))
    }

    /// Hello is what the side that dialled says first, Welcome what the other side says first, and
    /// neither says it again (02 §2, §3, §4).
    fn verify_place(&self, message: &FrameMessage, is_first: bool) -> Result<(), Difference> {
        let requirement =
            "a stream begins with the Hello of who dialled and the Welcome of who accepted";
        let (name, side) = match &message.body {
            Some(Body::Hello(_)) => ("Hello", Side::Initiator),
            Some(Body::Welcome(_)) => ("Welcome", Side::Acceptor),
            _ => return Ok(()),
        };
        let of = |side| match side {
            Side::Initiator => "the side that dialled",
            Side::Acceptor => "the side that accepted",
        };
        let expected = format!("{name} as the first frame of {}", of(side));
        if self.frame.side != side {
            let seen = format!("{name} of {}", of(self.frame.side));
            return Err(Difference::new(requirement, expected, seen));
        }
        if !is_first {
            return Err(Difference::new(requirement, expected, "it comes after other frames"));
        }
        Ok(())
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
        self.record_result(NEGOTIATION, "version selected", result, || None);
    }

    /// The payload decodes on both sides, and encodes to the same bytes on the writer's.
    fn verify_payload(
        &mut self,
        message_type: MessageType,
        payload: &Bytes,
        ends: Ends,
        stream: &Stream,
    ) {
        let name = message_type.row().word();
        let version = stream.version.and_then(ProtocolVersion::from_number);
        let Some(version) = version else {
            let reason = "the recording has no Welcome of this stream".to_owned();
            return self.record(PAYLOADS, name, Verdict::Skip(reason));
        };
        let number = version.number();
        let decoded = self.subject.decode(message_type, payload, ends.asked, number);
        let result = self.exchange(message_type, payload, &decoded, version, ends);
        let row = match &result {
            Ok(Faith::Bytes) | Err(_) => name.to_owned(),
            Ok(Faith::Value) => format!("{name}, by value: maps in any order"),
            Ok(Faith::Read) => format!("{name}, {AS_READ}"),
            Ok(Faith::Unread) => format!("{name}, which the peer does not know"),
        };
        let repro = || Some(repro::decode(message_type, ends.asked, number, payload));
        self.record_result(PAYLOADS, &row, result.map(drop), repro);
        if let Ok(message) = decoded {
            for (row, result) in bodies::verify(&message, ends.asked, self.releases, self.subject) {
                self.record_result(RECORDS, &row, result, repro);
            }
        }
    }

    /// The writer's round trip, and what the peer makes of it.
    fn exchange(
        &self,
        message_type: MessageType,
        payload: &Bytes,
        decoded: &Result<Message, DecodeError>,
        version: ProtocolVersion,
        ends: Ends,
    ) -> Result<Faith, Difference> {
        let cx = Context { release: ends.asked, version };
        let (faith, reader) = if ends.is_writer {
            (round_trip(self.subject, decoded, payload, message_type, cx)?, ends.peer)
        } else {
            (Faith::Read, Some(ends.asked))
        };
        let Some(reader) = reader else { return Ok(faith) };
        if !message_type.row().is_known_to(reader) {
            return Ok(Faith::Unread);
        }
        let requirement = "the peer reads the payload";
        let difference =
            |error: &DecodeError| Difference::new(requirement, "a value", error.to_string());
        if reader == ends.asked {
            decoded.as_ref().map_err(difference)?;
        } else {
            let read = self.subject.decode(message_type, payload, reader, version.number());
            read.map_err(|error| difference(&error))?;
        }
        Ok(faith)
    }

    fn record_result(
        &mut self,
        grid: GridOf,
        row: &str,
        result: Result<(), Difference>,
        repro: impl FnOnce() -> Option<String>,
    ) {
        let verdict = match result {
            Ok(()) => Verdict::Pass,
            Err(difference) => Verdict::from(Finding {
                case: self.case(),
                requirement: difference.requirement.to_owned(),
                expected: difference.expected,
                actual: difference.actual,
                place: difference.place,
                repro: repro(),
            }),
        };
        self.record(grid, row, verdict);
    }

    fn record(&mut self, (grid, requirement): GridOf, row: &str, verdict: Verdict) {
        let case = self.case().of(requirement);
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
    /// Read by its peer: which release wrote it is not known.
    Read,
    /// Not read: the peer's release refuses it by its name, before it looks at it.
    Unread,
}

/// The payload decodes, and encodes to the same bytes.
fn round_trip(
    subject: &dyn Subject,
    decoded: &Result<Message, DecodeError>,
    payload: &Bytes,
    message_type: MessageType,
    cx: Context,
) -> Result<Faith, Difference> {
    let number = cx.version.number();
    let requirement = "every payload decodes as the message its call names";
    let message = decoded
        .as_ref()
        .map_err(|error| Difference::new(requirement, "a value", error.to_string()))?;
    let requirement = "a payload encodes to the same bytes again";
    let encoded = subject
        .encode(message, cx.release, number)
        .map_err(|e| Difference::new(requirement, hex::encode(payload), e.to_string()))?;
    let is_flexbuffers = message_type.row().codec_at(cx.version) == Codec::Flexbuffers;
    if encoded != *payload && is_flexbuffers && has_free_order(&message_type.shape()) {
        let again = subject.decode(message_type, &encoded, cx.release, number);
        if again.is_ok_and(|again| again == *message) {
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
