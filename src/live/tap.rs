//! One direction of a connection of HTTP/2, read along while it passes: the messages of gRPC on its
//! streams, and where they end. What it cannot read it passes over.

use std::collections::HashMap;

use bytes::{Buf, Bytes, BytesMut};

use crate::fabric::limits::FrameLimits;
use crate::fabric::release::Release;
use crate::fabric::stream::{FrameReader, StreamError};

/// What a client says first.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Bytes of the head of a frame: its length in three, its type, its flags, its stream in four.
const HEAD_LEN: usize = 9;
/// Types of frames.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
/// Flags of frames.
const END_STREAM: u8 = 1;
const PADDED: u8 = 8;

/// Something that passed on a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Passed {
    /// A whole message.
    Message(u32, Bytes),
    /// A compressed message; nothing more is read of this direction.
    Compressed(u32),
    /// What cannot be read; neither is what follows.
    Unreadable(u32),
    /// The end of this direction.
    End(u32),
    /// The end of both.
    Reset(u32),
}

/// What is read along.
pub(super) struct Tap {
    bytes: BytesMut,
    /// How much of a preface is to come, and whether all of it came so far.
    preface: &'static [u8],
    is_http2: bool,
    limits: FrameLimits,
    /// Streams whose messages are read; none if they cannot be.
    readers: HashMap<u32, Option<FrameReader>>,
}

impl Tap {
    /// What a client says; messages are as long as a release takes them.
    pub(super) fn of_client(newest: Release) -> Self {
        Self { preface: PREFACE, ..Self::of_server(newest) }
    }

    /// What a server says.
    pub(super) fn of_server(newest: Release) -> Self {
        Self {
            bytes: BytesMut::new(),
            preface: &[],
            is_http2: true,
            limits: FrameLimits::of(newest),
            readers: HashMap::new(),
        }
    }

    /// Reads bytes along, in any chunks.
    pub(super) fn reads(&mut self, chunk: &[u8]) -> Vec<Passed> {
        if !self.is_http2 {
            return Vec::new();
        }
        self.bytes.extend_from_slice(chunk);
        let len = self.preface.len().min(self.bytes.len());
        let (due, rest) = self.preface.split_at(len);
        if !self.bytes.starts_with(due) {
            self.is_http2 = false;
            self.bytes.clear();
            return Vec::new();
        }
        self.preface = rest;
        self.bytes.advance(len);
        let mut passed = Vec::new();
        while let Some((head, payload)) = self.next_frame() {
            self.frame(head, payload, &mut passed);
        }
        passed
    }

    fn next_frame(&mut self) -> Option<(Head, Bytes)> {
        let head = *self.bytes.first_chunk::<HEAD_LEN>()?;
        let [a, b, c, kind, flags, d, e, f, g] = head;
        let len = u32::from_be_bytes([0, a, b, c]) as usize;
        if self.bytes.len() < HEAD_LEN + len {
            return None;
        }
        self.bytes.advance(HEAD_LEN);
        // The highest bit means nothing.
        let stream = u32::from_be_bytes([d & 0x7f, e, f, g]);
        Some((Head { kind, flags, stream }, self.bytes.split_to(len).freeze()))
    }

    fn frame(&mut self, head: Head, payload: Bytes, passed: &mut Vec<Passed>) {
        let Head { kind, flags, stream } = head;
        if kind == DATA {
            let reader = self.readers.entry(stream);
            let slot = reader.or_insert_with(|| Some(FrameReader::within(self.limits)));
            if let Some(reader) = slot {
                reader.push(&without_padding(&payload, flags));
                loop {
                    match reader.next_frame() {
                        Ok(Some(message)) => passed.push(Passed::Message(stream, message)),
                        Ok(None) => break,
                        Err(error) => {
                            *slot = None;
                            let is_compressed = matches!(error, StreamError::Compressed { .. });
                            let why =
                                if is_compressed { Passed::Compressed } else { Passed::Unreadable };
                            passed.push(why(stream));
                            break;
                        }
                    }
                }
            }
        }
        let is_end = matches!(kind, DATA | HEADERS) && flags & END_STREAM != 0;
        if is_end || kind == RESET {
            self.readers.remove(&stream);
            passed.push(if is_end { Passed::End(stream) } else { Passed::Reset(stream) });
        }
    }
}

/// The head of a frame.
#[derive(Clone, Copy)]
struct Head {
    kind: u8,
    flags: u8,
    stream: u32,
}

/// Data behind the length of its padding, and before the padding.
fn without_padding(payload: &Bytes, flags: u8) -> Bytes {
    match payload.split_first() {
        Some((padding, _)) if flags & PADDED != 0 => {
            let end = payload.len().saturating_sub(usize::from(*padding));
            payload.slice(1..end.max(1))
        }
        _ => payload.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn newest() -> Release {
        Release::lines().last().unwrap()
    }

    fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
        let len = u8::try_from(payload.len()).unwrap();
        [&[0, 0, len, kind, flags, 0, 0, 0, stream], payload].concat()
    }

    #[test]
    fn messages_come_out_of_frames_in_any_chunks() {
        let mut bytes = PREFACE.to_vec();
        bytes.extend(frame(4, 0, 0, &[]));
        bytes.extend(frame(HEADERS, 4, 1, b"whatever it says"));
        // A message in two frames, of which one is padded, and another stream between them.
        bytes.extend(frame(DATA, 0, 1, &[0, 0, 0, 0, 3, b'o']));
        bytes.extend(frame(DATA, END_STREAM, 3, &[0, 0, 0, 0, 1, b'x']));
        bytes.extend(frame(DATA, PADDED, 1, &[2, b'n', b'e', 0, 0]));
        bytes.extend(frame(RESET, 0, 1, &[0, 0, 0, 8]));
        let passed = [
            Passed::Message(3, Bytes::from_static(b"x")),
            Passed::End(3),
            Passed::Message(1, Bytes::from_static(b"one")),
            Passed::Reset(1),
        ];
        for len in [1, 7, bytes.len()] {
            let mut tap = Tap::of_client(newest());
            let seen: Vec<Passed> = bytes.chunks(len).flat_map(|chunk| tap.reads(chunk)).collect();
            assert_eq!(seen, passed, "in chunks of {len}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_said_once_and_passed_over() {
        let mut tap = Tap::of_server(newest());
        let compressed = frame(DATA, 0, 1, &[1, 0, 0, 0, 1, b'x']);
        assert_eq!(tap.reads(&compressed), [Passed::Compressed(1)]);
        assert_eq!(tap.reads(&compressed), []);
        assert_eq!(tap.reads(&frame(DATA, 0, 3, &[2])), [Passed::Unreadable(3)]);
        let mut tap = Tap::of_client(newest());
        assert_eq!(tap.reads(b"GET /metrics HTTP/1.1\r\n"), []);
        assert_eq!(tap.reads(&frame(DATA, 0, 1, &[0, 0, 0, 0, 1, b'x'])), []);
        assert_eq!(without_padding(&Bytes::from_static(&[9, 1]), PADDED), Bytes::new());
    }
}
