//! Streams cut into chunks: what comes out is what a plain reading of the whole finds.

use fastrand::Rng;

use super::came::Came;
use super::frame::Framed;
use super::notes;
use super::objection;
use crate::fabric::limits::FrameLimits;
use crate::fabric::stream::{PREFIX_LEN, Reading, StreamError, write};
use crate::harness::fuzz::{Features, Objection};
use crate::suite::subject::{Streamed, Subject};

/// Chunks that a stream is cut into, about.
const CHUNKS: usize = 8;

/// The message in a frame arrives, in whatever chunks; and so does what the bytes are as a stream.
pub(super) fn comes_out_as_it_is(
    subject: &(impl Subject + ?Sized),
    case: &Framed,
    features: &mut Features,
) -> Result<(), Objection> {
    if case.is_stream() {
        return agrees(subject, case, &case.bytes.0, features);
    }
    let mut stream = Vec::with_capacity(PREFIX_LEN + case.bytes.0.len());
    match write(&case.bytes.0, &mut stream) {
        Ok(()) => agrees(subject, case, &stream, features),
        Err(error) => {
            let came = Came::words(error, "a frame", error).of_bytes(&case.bytes.0);
            Err(objection::of("has-no-frame", [objection::release(case.release.0)], came))
        }
    }
}

fn agrees(
    subject: &(impl Subject + ?Sized),
    case: &Framed,
    stream: &[u8],
    features: &mut Features,
) -> Result<(), Objection> {
    let mut chunks = Chunks::of(stream, case.cut());
    let Streamed { messages, end } = subject.read_stream(&mut chunks, case.release.0);
    let mut plain = Plain { stream, at: 0, len_max: FrameLimits::of(case.release.0).inbound };
    let object = |kind, came: Came| {
        let place = format!("a stream that {}", HOW.get(how(&end)).copied().unwrap_or_default());
        let came = Came { place, ..came.of_bytes(stream) };
        Err(objection::of(kind, [objection::release(case.release.0)], came))
    };
    for message in &messages {
        match plain.next() {
            Some(Ok(expected)) if expected == message => {}
            expected => {
                let expected = format_args!("{expected:02x?}");
                let came = Came::words("", expected, hex::encode(message));
                return object("message-of-no-frame", came);
            }
        }
    }
    let expected = match plain.next() {
        Some(Ok(missing)) => {
            return object("message-lost", Came::words("", hex::encode(missing), "nothing"));
        }
        Some(Err(error)) => Err(error),
        None => Ok(()),
    };
    features.note(notes::mix([7, messages.len().min(4) as u64, how(&end) as u64]));
    if end == expected { Ok(()) } else { object("ends-otherwise", Came::value(&expected, &end)) }
}

/// How a stream ended, by [`how`].
const HOW: [&str; 6] = [
    "ends",
    "has a compressed frame",
    "has an unknown flag",
    "has a frame that is too large",
    "is cut off in a prefix",
    "is cut off in a message",
];

/// A number for how a stream ended.
fn how(end: &Result<(), StreamError>) -> usize {
    match end {
        Ok(()) => 0,
        Err(StreamError::Compressed { .. }) => 1,
        Err(StreamError::UnknownFlag { .. }) => 2,
        Err(StreamError::TooLarge { .. }) => 3,
        Err(StreamError::CutOff { reading: Reading::Prefix, .. }) => 4,
        Err(StreamError::CutOff { reading: Reading::Message, .. }) => 5,
    }
}

/// A stream in chunks of lengths that the number decides, with empty ones among them.
struct Chunks<'a> {
    rest: &'a [u8],
    len_max: usize,
    rng: Rng,
}

impl<'a> Chunks<'a> {
    fn of(stream: &'a [u8], cut: u8) -> Self {
        let rng = Rng::with_seed(notes::mix([cut.into(), stream.len() as u64]));
        Self { rest: stream, len_max: (2 * stream.len() / CHUNKS).max(PREFIX_LEN + 2), rng }
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let len = self.rng.usize(..self.len_max).min(self.rest.len());
        let (chunk, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(chunk)
    }
}

/// The messages of a stream that is there as a whole; after an error nothing.
struct Plain<'a> {
    stream: &'a [u8],
    at: usize,
    len_max: usize,
}

impl<'a> Iterator for Plain<'a> {
    type Item = Result<&'a [u8], StreamError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.stream.get(self.at..)?;
        let (at, end) = (self.at as u64, self.stream.len() as u64);
        let cut_off = |reading| Some(Err(StreamError::CutOff { at: end, reading }));
        match rest {
            [] => None,
            [1, ..] => Some(Err(StreamError::Compressed { at })),
            [flag, ..] if *flag != 0 => Some(Err(StreamError::UnknownFlag { at, flag: *flag })),
            [_, a, b, c, d, rest @ ..] => {
                let len = u32::from_be_bytes([*a, *b, *c, *d]);
                let size = len as usize;
                if size > self.len_max {
                    let len_max = self.len_max;
                    return Some(Err(StreamError::TooLarge { at, len, len_max }));
                }
                match rest.get(..size) {
                    Some(message) => {
                        self.at += PREFIX_LEN + size;
                        Some(Ok(message))
                    }
                    None => cut_off(Reading::Message),
                }
            }
            _ => cut_off(Reading::Prefix),
        }
    }
}
