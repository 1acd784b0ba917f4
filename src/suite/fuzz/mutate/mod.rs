//! Changes of inputs where they hurt: inside what is nested, with the lengths made right again.

mod flex;
mod plain;
mod wire;

use fastrand::Rng;

use self::wire::Format;
use super::decode;
use super::differential::IS_ENVELOPE;
use super::explain::{self, Taken};
use super::frame;
use super::handshake;
use super::input::{Input, of_number, of_release};
use crate::fabric::catalogue::{Codec, MessageType};
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;

/// What an input holds behind its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Fields(Format),
    Flexbuffer,
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
    let mut head = Input(input);
    let (message, _, number) = (head.message(), head.release(), head.number());
    let content = message.map_or(Content::Choices, |message| Content::of(message, number));
    if rng.u8(..16) == 0 {
        speak_as_another(input, 1, rng);
        return;
    }
    change(input, decode::Case::HEAD_LEN, content, rng);
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
        (*release_byte, *number_byte) = (of_release(release), of_number(number));
    }
}

/// Of `frame`: its fields, and the payload in it.
pub(super) fn frame(input: &mut Vec<u8>, rng: &mut Rng) {
    change(input, frame::Case::HEAD_LEN, Content::Fields(Format::Protobuf), rng);
}

/// Of `explain`: what it is taken for.
pub(super) fn explain(input: &mut Vec<u8>, rng: &mut Rng) {
    let mut head = Input(input);
    let taken = Taken::of(head.byte());
    let (message, _, number) = (head.message(), head.release(), head.number());
    let content = match (taken, message) {
        (Taken::Payload, Some(message)) => Content::of(message, number),
        (Taken::Frame, _) => Content::Fields(Format::Protobuf),
        (Taken::Flexbuffer, _) => Content::Flexbuffer,
        _ => Content::Choices,
    };
    change(input, explain::HEAD_LEN, content, rng);
}

/// Of `differential`: the payload or the envelope.
pub(super) fn differential(input: &mut Vec<u8>, rng: &mut Rng) {
    let mut head = Input(input);
    let byte = head.byte();
    let message = Input(&[byte & !IS_ENVELOPE]).message();
    let _ = head.release();
    let number = head.number();
    let content = match message {
        Some(message) if byte & IS_ENVELOPE == 0 => Content::of(message, number),
        _ => Content::Fields(Format::Protobuf),
    };
    change(input, decode::Case::HEAD_LEN, content, rng);
}

/// Of `roundtrip`, `cross` and `negotiate`: choices.
pub(super) fn choices(input: &mut Vec<u8>, rng: &mut Rng) {
    plain::change(input, rng);
}

/// Of `handshake`: one of the frames, its length made right again, or the choices.
pub(super) fn handshake(input: &mut Vec<u8>, rng: &mut Rng) {
    let (head, mut steps) = input.split_at(handshake::HEAD_LEN.min(input.len()));
    if steps.is_empty() || rng.u8(..4) == 0 {
        plain::change(input, rng);
        return;
    }
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

#[cfg(test)]
mod tests;
