//! Changes of inputs where they hurt: inside what is nested, with the lengths made right again.

mod flex;
mod stream;
mod wire;

use arbitrary::{Arbitrary, Unstructured};
use fastrand::Rng;

use self::wire::Format;
use super::case::{Case, Decode, Differential, Explain, Framed, Taken, byte_of};
use super::held::Held;
use super::{cross, explain, handshake, negotiate, records, roundtrip, session};
use crate::fabric::catalogue::{Codec, MessageType};
use crate::fabric::log_records;
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::harness::fuzz::mutate as plain;
use crate::suite::arbitrary::{message as drawn, record as drawn_record};

/// What an input holds behind its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Fields(Format),
    Flexbuffer,
    /// Frames, each with its prefix.
    Stream,
    /// Choices, one by one.
    Choices,
}

impl Content {
    /// Of a payload.
    fn of(message: MessageType, number: i32) -> Self {
        let version = ProtocolVersion::from_number(number).unwrap_or(ProtocolVersion::V2);
        match message.row().codec_at(version) {
            Codec::Flexbuffers => Self::Flexbuffer,
            Codec::Bilrost => Self::Fields(Format::Bilrost),
        }
    }

    fn change(self, bytes: &mut Vec<u8>, rng: &mut Rng) {
        match self {
            Self::Fields(format) => wire::change(bytes, format, rng),
            Self::Flexbuffer => flex::change(bytes, rng),
            Self::Stream => stream::change(bytes, rng),
            Self::Choices => plain::change(bytes, rng),
        }
    }
}

/// Changes the first bytes, which choose, or what is behind them.
fn change(input: &mut Vec<u8>, head_len: usize, content: Content, rng: &mut Rng) {
    if input.len() < head_len {
        input.resize(head_len, 0);
    }
    if rng.u8(..8) == 0 {
        let index = rng.usize(..head_len.max(1));
        if let Some(byte) = input.get_mut(index) {
            *byte = rng.u8(..);
        }
        return;
    }
    let mut rest = input.split_off(head_len);
    content.change(&mut rest, rng);
    input.append(&mut rest);
}

/// Of `decode`: the payload, in its format. Now and then the same for another release or version
/// that there is.
pub(super) fn decode(input: &mut Vec<u8>, rng: &mut Rng) {
    let Some(Decode { message, number, .. }) = Decode::of(input) else { return };
    match rng.u8(..32) {
        0 | 1 => speak_as_another(input, 1, rng),
        2 => begin_anew(input, message.0, rng),
        _ => change(input, Decode::HEAD_LEN, Content::of(message.0, number.0), rng),
    }
}

/// Puts a value that is drawn in the place of the payload, written by a release that can.
fn begin_anew(input: &mut Vec<u8>, message: MessageType, rng: &mut Rng) {
    let knows = |release: &Release| message.row().is_known_to(*release);
    let Some(release) = rng.choice(Release::all().filter(knows).collect::<Vec<_>>()) else {
        return;
    };
    let number = rng.i32(release.range().min..=release.range().max);
    let len = rng.usize(..160);
    let bytes: Vec<u8> = std::iter::repeat_with(|| rng.u8(..)).take(len).collect();
    let value = drawn(Unstructured::new(&bytes), message, release);
    if let Ok(Ok(bytes)) = value.map(|(value, _)| value.encode(release, number)) {
        *input = vec![byte_of(message), byte_of(release), byte_of(number)];
        input.extend_from_slice(&bytes);
    }
}

/// Makes the two bytes at `at`, which choose release and number, another pair that there is.
fn speak_as_another(input: &mut Vec<u8>, at: usize, rng: &mut Rng) {
    if input.len() < at + 2 {
        input.resize(at + 2, 0);
    }
    let Some(release) = rng.choice(Release::all().collect::<Vec<_>>()) else { return };
    let range = release.range();
    let number = rng.i32(range.min..=range.max);
    if let Some([release_byte, number_byte]) = input.get_mut(at..at + 2) {
        (*release_byte, *number_byte) = (byte_of(release), byte_of(number));
    }
}

/// Of `frame`: its fields, and the payload in it; of a stream the frames.
pub(super) fn frame(input: &mut Vec<u8>, rng: &mut Rng) {
    let is_stream = Framed::of(input).is_some_and(|case| case.is_stream());
    let content = if is_stream { Content::Stream } else { Content::Fields(Format::Protobuf) };
    change(input, Framed::HEAD_LEN, content, rng);
}

/// Of `explain`: what it is taken for.
pub(super) fn explain(input: &mut Vec<u8>, rng: &mut Rng) {
    let Some(Explain { taken, number, .. }) = Explain::of(input) else { return };
    let content = match taken {
        Taken::Payload(message) => Content::of(message.0, number.0),
        Taken::Frame(_) => Content::Fields(Format::Protobuf),
        Taken::Flexbuffer(_) => Content::Flexbuffer,
        Taken::Anything => Content::Choices,
    };
    change(input, explain::HEAD_LEN, content, rng);
}

/// Of `differential`: the payload or the envelope.
pub(super) fn differential(input: &mut Vec<u8>, rng: &mut Rng) {
    match Differential::of(input).map(|case| case.taken) {
        Some(Taken::Frame(_)) => {
            change(input, Decode::HEAD_LEN, Content::Fields(Format::Protobuf), rng);
        }
        _ => decode(input, rng),
    }
}

/// Of `roundtrip`: what the value is drawn from, or is written as.
pub(super) fn roundtrip(input: &mut Vec<u8>, rng: &mut Rng) {
    if rng.u8(..8) == 0 {
        speak_as_another(input, Held::HEAD_LEN, rng);
    } else {
        held(input, roundtrip::HEAD_LEN, rng);
    }
}

/// Of `cross`: the same, pairs of lines that share a version, and log records.
pub(super) fn cross(input: &mut Vec<u8>, rng: &mut Rng) {
    match rng.u8(..16) {
        0 | 1 => {}
        2 => return record(input, rng),
        _ => return held(input, cross::HEAD_LEN, rng),
    }
    let number = rng.i32(1..=3);
    let speaks = |line: &Release| line.range().contains(number);
    let speakers: Vec<Release> = Release::lines().filter(speaks).collect();
    let (Some(writer), Some(reader)) = (rng.choice(&speakers), rng.choice(&speakers)) else {
        return;
    };
    if input.len() < cross::HEAD_LEN {
        input.resize(cross::HEAD_LEN, 0);
    }
    if let Some(place) = input.get_mut(Held::HEAD_LEN..cross::HEAD_LEN) {
        place.copy_from_slice(&[byte_of(*writer), byte_of(*reader), byte_of(number)]);
    }
}

/// Begins anew with a log record that is drawn, in a message that carries it.
fn record(input: &mut Vec<u8>, rng: &mut Rng) {
    let releases: Vec<Release> = Release::all().collect();
    let Some(holder) = rng.choice(&releases).copied() else { return };
    let len = rng.usize(..96);
    let bytes: Vec<u8> = std::iter::repeat_with(|| rng.u8(..)).take(len).collect();
    let Ok(record) = drawn_record(Unstructured::new(&bytes), holder) else { return };
    let Ok(body) = log_records::encode(&record, holder) else { return };
    let Some(payload) = records::carried(body, holder) else { return };
    let mut another = |one: Release| match rng.bool() {
        true => byte_of(one),
        false => rng.choice(&releases).copied().map_or(0, byte_of),
    };
    let (writer, reader) = (another(holder), another(holder));
    *input = Held { message: MessageType::Store, holder, is_written: true }.head().to_vec();
    input.extend([writer, reader, byte_of(holder.highest_version().number())]);
    input.extend_from_slice(&payload);
}

fn held(input: &mut Vec<u8>, head_len: usize, rng: &mut Rng) {
    let content = match Held::arbitrary(&mut Unstructured::new(input)) {
        Ok(Held { message, holder, is_written: true }) => {
            Content::of(message, holder.highest_version().number())
        }
        _ => Content::Choices,
    };
    change(input, head_len, content, rng);
}

/// Of `negotiate`: choices.
pub(super) fn choices(input: &mut Vec<u8>, rng: &mut Rng) {
    plain::change(input, rng);
}

/// Of `handshake`: another conversation, the choices, or some of the frames.
pub(super) fn handshake(input: &mut Vec<u8>, rng: &mut Rng) {
    match rng.u8(..8) {
        0 => converse(input, rng),
        1 | 2 => plain::change(input, rng),
        _ if input.len() <= handshake::HEAD_LEN => converse(input, rng),
        _ => frames(input, rng),
    }
}

/// Begins anew with what two sides say to each other, who now and then do not agree.
fn converse(input: &mut Vec<u8>, rng: &mut Rng) {
    let releases: Vec<Release> = Release::all().collect();
    let (Some(dials), Some(accepts)) = (rng.choice(&releases), rng.choice(&releases)) else {
        return;
    };
    let mut head = negotiate::agreeing(*dials, *accepts, 0);
    for byte in head.iter_mut().skip(2) {
        if rng.u8(..4) == 0 {
            *byte = rng.u8(..);
        }
    }
    if let Some(mut script) = handshake::script(&head) {
        *input = head.to_vec();
        input.append(&mut script);
    }
}

/// Changes some of the frames, their lengths made right again.
fn frames(input: &mut Vec<u8>, rng: &mut Rng) {
    let (head, mut steps) = input.split_at(handshake::HEAD_LEN.min(input.len()));
    let mut out = head.to_vec();
    while let Some((&kind, rest)) = steps.split_first() {
        let is_frame = matches!(kind, handshake::TO_ACCEPTOR | handshake::TO_INITIATOR);
        let Some((&len, rest)) = rest.split_first().filter(|_| is_frame) else {
            out.push(kind);
            steps = rest;
            continue;
        };
        let (frame, behind) = rest.split_at(usize::from(len).min(rest.len()));
        let mut frame = frame.to_vec();
        if rng.bool() {
            wire::change(&mut frame, Format::Protobuf, rng);
        }
        frame.truncate(usize::from(u8::MAX));
        let len = u8::try_from(frame.len()).unwrap_or(u8::MAX);
        out.extend([kind, len]);
        out.append(&mut frame);
        steps = behind;
    }
    *input = out;
}

/// Of `session`: operations, some of them whole.
pub(super) fn session(input: &mut Vec<u8>, rng: &mut Rng) {
    if input.len() < session::HEAD_LEN {
        input.resize(session::HEAD_LEN, 0);
        pair(input, rng);
    }
    match rng.u8(..8) {
        0 => pair(input, rng),
        1 | 2 => plain::change(input, rng),
        _ => {
            let at = rng.usize(session::HEAD_LEN..=input.len());
            let count = rng.usize(1..4);
            let operations = (0..count).flat_map(|_| operation(rng)).collect::<Vec<u8>>();
            input.splice(at..at, operations);
        }
    }
}

/// Makes the two releases another pair.
fn pair(input: &mut [u8], rng: &mut Rng) {
    let releases: Vec<Release> = Release::all().collect();
    for byte in input.iter_mut().take(2) {
        *byte = rng.choice(&releases).copied().map_or(0, byte_of);
    }
}

/// Something that happens, and mostly that it arrives.
fn operation(rng: &mut Rng) -> Vec<u8> {
    let kind = rng.u8(..16);
    let who = rng.u8(..2) << 4 | if rng.bool() { 0 } else { rng.u8(..4) << 5 };
    let mut bytes = vec![kind | who];
    match kind {
        session::INJECT if rng.bool() => {
            // A word about the connection.
            let frame = [0x0a, 0, 0x12, 2, 8, rng.u8(..16)];
            let skipped = if rng.bool() { 2 } else { 0 };
            bytes.push(6 - skipped);
            bytes.extend(frame.into_iter().skip(skipped.into()));
        }
        session::INJECT => {
            let len = rng.u8(..24);
            bytes.push(len);
            bytes.extend(std::iter::repeat_with(|| rng.u8(..)).take(len.into()));
        }
        session::TAMPER => bytes.extend([rng.u8(..), rng.u8(..)]),
        session::DELIVER..session::CALL | session::REPLY..session::FAIL | session::BREAK => {}
        session::SETTLE => {}
        _ => bytes.push(rng.u8(..)),
    }
    if rng.bool() {
        bytes.push(session::SETTLE);
    }
    bytes
}

#[cfg(test)]
mod tests;
