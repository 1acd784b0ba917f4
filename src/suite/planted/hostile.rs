//! Bugs that only damaged bytes show (04 D, M10 and F1 to F8; one more is of the annotator): no
//! sample has what they are about, so no check can see them, and each is for a fuzz target to find.
//!
//! Most accept what is to be refused. Where a decoder stops, the bytes are made what the wrong one
//! would take them for, and read again.

use std::hint::black_box;
use std::ops::Range;

use bytes::Bytes;

use super::rewrites::end_of_fault;
use super::{Bug, Planted, Rewrite};
use crate::fabric::annotate::{self, Annotation, What};
use crate::fabric::catalogue::{Codec, MessageType};
use crate::fabric::codec::bilrost::WireType;
use crate::fabric::codec::bilrost::varint;
use crate::fabric::codec::fault::FaultKind;
use crate::fabric::codec::flex::{Budgets, verify};
use crate::fabric::codec::tree::Context;
use crate::fabric::limits::FLEX_DEPTH_MAX;
use crate::fabric::stream::StreamError;
use crate::suite::reference::{self, Rules};
use crate::suite::subject::Streamed;

/// Every one of them, by their numbers.
pub const FUZZ_BUGS: &[Planted] = &[
    rewrite(
        "F1",
        "Room is made for every length that a message announces.",
        every_length_is_believed,
    ),
    rewrite("F2", "Flexbuffers may be nested without end.", nesting_has_no_end),
    rewrite(
        "F3",
        "The keys of a flexbuffers map may lie before the buffer.",
        keys_are_before_the_buffer,
    ),
    rewrite("F4", "A flexbuffers key need not be UTF-8.", keys_are_any_bytes),
    rewrite(
        "F5",
        "Flexbuffers values are visited as often as something refers to them.",
        visits_have_no_bound,
    ),
    rewrite("F6", "A root of flexbuffers that is three bytes wide is read.", width_3_is_2),
    Planted {
        id: "F7",
        sentence: "A frame that is too large is taken for the end of the stream.",
        bug: Bug::Restream(too_large_is_the_end),
    },
    rewrite("F8", "Of a field that comes twice the last one counts.", last_one_wins),
    Planted {
        id: "F9",
        sentence: "An explanation of a payload leaves out its last byte.",
        bug: Bug::Annotate(the_last_byte_is_left_out),
    },
    rewrite("M10", "A number of more than 64 bits loses those above.", numbers_wrap),
];

const fn rewrite(id: &'static str, sentence: &'static str, rewrite: Rewrite) -> Planted {
    Planted { id, sentence, bug: Bug::Rewrite(rewrite) }
}

fn the_last_byte_is_left_out(message: MessageType, cx: Context, bytes: &[u8]) -> Annotation<'_> {
    let all_but_one = bytes.len().saturating_sub(1);
    annotate::payload(message, cx, bytes.get(..all_but_one).unwrap_or_default())
}

/// The most room that is made: enough to be seen, and never written to.
const ROOM_MAX: usize = 1 << 30;

/// Bytes that are supposed to lie before a buffer.
const BEFORE: usize = 256;

/// Values that are visited before there is an end after all, long after whoever waits has given up.
const VISITS_MAX: usize = 1 << 34;
/// Values that are visited inside each other: too many for any stack, and done in no time.
const NESTED_MAX: usize = 1 << 20;

/// How many times one payload is made another: each removes one cause.
const ROUNDS: usize = 8;

fn every_length_is_believed(message: MessageType, bytes: &Bytes, cx: Context) -> Bytes {
    if message.row().codec_at(cx.version) == Codec::Bilrost {
        for field in fields(bytes) {
            let len = usize::try_from(field.announced).unwrap_or(ROOM_MAX).min(ROOM_MAX);
            let mut room: Vec<u8> = Vec::new();
            // If there is no room, nothing is shown.
            let _ = room.try_reserve_exact(len);
            black_box(&mut room);
        }
    }
    bytes.clone()
}

fn nesting_has_no_end(message: MessageType, bytes: &Bytes, cx: Context) -> Bytes {
    visit(message, bytes, cx, u32::MAX, NESTED_MAX)
}

fn visits_have_no_bound(message: MessageType, bytes: &Bytes, cx: Context) -> Bytes {
    visit(message, bytes, cx, FLEX_DEPTH_MAX, VISITS_MAX)
}

/// Visits what a reader with such bounds would.
fn visit(message: MessageType, bytes: &Bytes, cx: Context, depth: u32, nodes: usize) -> Bytes {
    if message.row().codec_at(cx.version) == Codec::Flexbuffers {
        let budgets = Budgets { depth, nodes, text: usize::MAX, keys: usize::MAX };
        // What is wrong is for the decoder to say.
        let _ = black_box(verify(bytes, budgets));
    }
    bytes.clone()
}

fn keys_are_before_the_buffer(message: MessageType, bytes: &Bytes, cx: Context) -> Bytes {
    let before = |kind: &FaultKind| matches!(kind, FaultKind::NotFlexbuffers { what } if what.contains("before"));
    let padded = [&[0; BEFORE], bytes.as_ref()].concat();
    let at = end_of_fault(message, bytes, cx, before);
    match at.and_then(|at| what_is_at(&padded, BEFORE + at)) {
        Some(What::KeysReference { .. }) => padded.into(),
        _ => bytes.clone(),
    }
}

fn keys_are_any_bytes(message: MessageType, bytes: &Bytes, cx: Context) -> Bytes {
    let not_utf8 = |kind: &FaultKind| *kind == FaultKind::NotUtf8;
    repeatedly(bytes, |bytes| {
        let at = end_of_fault(message, bytes, cx, not_utf8)?;
        let mut patched = bytes.to_vec();
        let key = patched.get_mut(at..)?.split_mut(|byte| *byte == 0).next()?;
        key.iter_mut().filter(|byte| **byte >= 0x80).for_each(|byte| *byte = b'?');
        matches!(what_is_at(&patched, at)?, What::KeyText { .. }).then_some(patched)
    })
}

/// As the width is made of a logarithm, which is rounded.
fn width_3_is_2(message: MessageType, bytes: &Bytes, cx: Context) -> Bytes {
    let mut patched = bytes.to_vec();
    if let (Codec::Flexbuffers, Some(width @ 3)) =
        (message.row().codec_at(cx.version), patched.last_mut())
    {
        *width = 2;
    }
    patched.into()
}

fn too_large_is_the_end(mut streamed: Streamed) -> Streamed {
    if let Err(StreamError::TooLarge { .. }) = streamed.end {
        streamed.end = Ok(());
    }
    streamed
}

/// Of the fields of the message itself, not of those inside.
fn last_one_wins(message: MessageType, bytes: &Bytes, cx: Context) -> Bytes {
    let repeated = |kind: &FaultKind| *kind == FaultKind::Repeated;
    repeatedly(bytes, |bytes| {
        let at = end_of_fault(message, bytes, cx, repeated)?;
        let fields = fields(bytes);
        let mut pairs = fields.iter().zip(fields.iter().skip(1));
        let (first, again) = pairs.find(|(_, again)| again.range.contains(&at))?;
        // The distance from the tag before is that of the first one.
        let key = first.key & !3 | again.key & 3;
        let parts = [
            bytes.get(..first.range.start)?,
            &reference::varint(key, &Rules::RIGHT),
            bytes.get(again.behind_key..)?,
        ];
        Some(parts.concat())
    })
}

/// Of numbers of the message itself: those inside have lengths around them, which would be others.
fn numbers_wrap(message: MessageType, bytes: &Bytes, cx: Context) -> Bytes {
    let too_large = |kind: &FaultKind| matches!(kind, FaultKind::OutOfRange { .. });
    repeatedly(bytes, |bytes| {
        let at = end_of_fault(message, bytes, cx, too_large)?;
        let (number, behind) = bytes.get(at..)?.split_first_chunk::<9>()?;
        let is_long = number.iter().take(8).all(|byte| *byte >= 0x80);
        let parts =
            number.iter().zip((0..).step_by(7)).map(|(byte, bits)| u64::from(*byte) << bits);
        let wrapped = parts.fold(0, u64::wrapping_add);
        let front = bytes.get(..at)?;
        is_long.then(|| [front, &reference::varint(wrapped, &Rules::RIGHT), behind].concat())
    })
}

/// Makes bytes others until there is nothing to do.
fn repeatedly(bytes: &Bytes, change: impl Fn(&Bytes) -> Option<Vec<u8>>) -> Bytes {
    let changed = |bytes: &Bytes| change(bytes).map(Bytes::from);
    let rounds = std::iter::successors(Some(bytes.clone()), changed);
    rounds.take(ROUNDS).last().unwrap_or_default()
}

fn what_is_at(flexbuffer: &[u8], offset: usize) -> Option<What> {
    annotate::flexbuffers(flexbuffer).span_at(offset).map(|span| span.what())
}

/// A field of a bilrost message, as far as its bytes are there.
struct Field {
    key: u64,
    range: Range<usize>,
    behind_key: usize,
    /// How many bytes it says that it has.
    announced: u64,
}

/// The fields of a message, up to what cannot be read.
fn fields(bytes: &[u8]) -> Vec<Field> {
    let (mut rest, mut fields) = (bytes, Vec::new());
    let position = |rest: &[u8]| bytes.len() - rest.len();
    while let Ok((key, after)) = varint::read(rest) {
        let (start, behind_key) = (position(rest), position(after));
        let value = match WireType::of_key(key) {
            WireType::Varint => varint::read(after).map(|(_, behind)| (0, behind)),
            WireType::LengthDelimited => varint::read(after),
            WireType::Fixed32 => Ok((4, after)),
            WireType::Fixed64 => Ok((8, after)),
        };
        let Ok((announced, value)) = value else { break };
        let len = usize::try_from(announced).unwrap_or(usize::MAX);
        rest = value.get(len..).unwrap_or_default();
        fields.push(Field { key, range: start..position(rest), behind_key, announced });
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fabric::catalogue::Message;
    use crate::suite::planted::find;
    use crate::suite::subject::{Fabric, Subject};

    /// What the fabric and the fabric with a bug say to bytes.
    fn read(id: &str, message: MessageType, number: i32, hex: &str) -> [Option<Message>; 2] {
        let bytes = Bytes::from(hex::decode(hex.replace(' ', "")).unwrap());
        let release = if number == 1 { "1.2" } else { "1.7" }.parse().unwrap();
        let planted = find(id).unwrap().subject();
        [&Fabric as &dyn Subject, planted.as_ref()]
            .map(|subject| subject.decode(message, &bytes, release, number).ok())
    }

    /// Each accepts what the fabric refuses, and reads it as something else.
    #[test]
    fn they_accept_what_is_to_be_refused() {
        let trim = |id, hex: &str, same: &str| {
            let [right, wrong] = read(id, MessageType::Trim, 2, hex);
            assert_eq!(right, None, "{id}");
            assert_eq!(wrong, read(id, MessageType::Trim, 2, same)[0], "{id}");
            assert!(wrong.is_some(), "{id}");
        };
        // The trim point again; 2^64 + 7 as one.
        trim("F8", "08 05 00 09", "08 09");
        trim("F8", "08 05 00 09 00 0b", "08 0b");
        trim("M10", "08 87 ff fe fe fe fe fe fe fe", "08 07");
    }
}
