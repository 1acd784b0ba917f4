//! Changes of streams: of the message in a frame, whose length follows; of a prefix; of how many
//! frames there are, and where the stream ends.

use fastrand::Rng;

use super::plain;
use super::wire::{self, Format};
use crate::fabric::stream::{PREFIX_LEN, write};

/// Changes a stream.
pub(super) fn change(stream: &mut Vec<u8>, rng: &mut Rng) {
    let frames = prefixes(stream);
    let Some(&(start, len)) = rng.choice(&frames) else { return begin(stream, rng) };
    let end = start + PREFIX_LEN + len;
    match rng.u8(..8) {
        0 => plain::change(stream, rng),
        1 => {
            // A flag that is another, or a length that lies.
            if let Some(byte) = stream.get_mut(start + rng.usize(..PREFIX_LEN)) {
                *byte = if rng.bool() { rng.u8(..) } else { *byte ^ 1 << rng.u8(..8) };
            }
        }
        2 => stream.truncate(start + rng.usize(..PREFIX_LEN + len)),
        3 => {
            let again = stream.get(start..end).unwrap_or_default().to_vec();
            stream.splice(end..end, again);
        }
        4 => drop(stream.drain(start..end)),
        _ => {
            let mut message = stream.get(start + PREFIX_LEN..end).unwrap_or_default().to_vec();
            wire::change(&mut message, Format::Protobuf, rng);
            let mut frame = Vec::new();
            if write(&message, &mut frame).is_ok() {
                stream.splice(start..end, frame);
            }
        }
    }
}

/// Makes the bytes the first message of a stream.
fn begin(stream: &mut Vec<u8>, rng: &mut Rng) {
    let mut message = std::mem::take(stream);
    if rng.bool() {
        wire::change(&mut message, Format::Protobuf, rng);
    }
    if write(&message, stream).is_err() {
        *stream = message;
    }
}

/// Where the whole frames begin, and how long their messages are.
fn prefixes(stream: &[u8]) -> Vec<(usize, usize)> {
    let (mut at, mut rest, mut frames) = (0, stream, Vec::new());
    while let [_, a, b, c, d, behind @ ..] = rest {
        let len = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        let Some(next) = behind.get(len..) else { break };
        frames.push((at, len));
        (at, rest) = (at + PREFIX_LEN + len, next);
    }
    frames
}
