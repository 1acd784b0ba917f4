//! Bytes explained: every byte of a payload or frame belongs to a span that says which field it is
//! part of and what it means (03 §2 and §3, 01 §2 to §6).
//!
//! Annotating never fails. Damaged bytes are explained up to the fault, which is named, and what
//! comes after it is one span that was not read. What this is not: a decoder. Bytes without a fault
//! may still be refused: a flexbuffer is read without knowing its message, and in bilrost neither
//! the keys of maps are compared nor nanoseconds counted.
//!
//! ```
//! use skewproof_fabric::annotate;
//!
//! let annotation = annotate::flexbuffers(&[5, 8, 1]);
//! assert_eq!(annotation.to_string(), "\
//! 0000  05                        (root) = 5
//! 0001  08                        root type UInt, width 1
//! 0002  01                        root width 1
//! ");
//! assert_eq!(annotate::read_back(&annotation.to_string()).unwrap(), [5, 8, 1]);
//! ```

mod bilrost;
mod flex;
mod members;
mod place;
mod protobuf;
mod text;
mod what;

use std::fmt;
use std::ops::Range;

use crate::catalogue::{Codec, MessageType};
use crate::codec::fault::FaultKind;
use crate::codec::shape::Shape;
use crate::codec::tree::Context;
use crate::envelope::EnvelopeType;
use crate::limits::INPUT_LEN_MAX;
use crate::release::Release;
use place::{PlaceId, Places, Step};
use text::ROOT;

pub use protobuf::Carried;
pub use text::{ReadBackError, ReadBackProblem, read_back};
pub use what::{Key, Value, What, Wire};

/// Annotates the payload of a message, in the codec that it has at `cx.version`.
pub fn payload(message: MessageType, cx: Context, bytes: &[u8]) -> Annotation<'_> {
    Draft::annotate(bytes, |draft| draft.payload(message, cx, 0..bytes.len(), PlaceId::ROOT))
}

/// Annotates a message in bilrost, as its shape describes it. Fields that `cx.release` does not
/// know are named and marked.
pub fn bilrost(shape: Shape, cx: Context, bytes: &[u8]) -> Annotation<'_> {
    Draft::annotate(bytes, |draft| draft.bilrost(shape, cx, 0..bytes.len(), PlaceId::ROOT))
}

/// Annotates a flexbuffer, which needs no description.
pub fn flexbuffers(bytes: &[u8]) -> Annotation<'_> {
    Draft::annotate(bytes, |draft| draft.flexbuffers(0..bytes.len(), PlaceId::ROOT))
}

/// Annotates a message of the envelope. Fields that `release` does not know are named and marked.
///
/// `open` is asked for each payload; what it answers, a message and the release and version to read
/// it with, is annotated in the payload's place. `|_| None` leaves payloads as bytes.
pub fn protobuf<'a>(
    of: EnvelopeType,
    release: Release,
    bytes: &'a [u8],
    mut open: impl FnMut(&Carried<'_>) -> Option<(MessageType, Context)>,
) -> Annotation<'a> {
    Draft::annotate(bytes, |draft| {
        let mut walk = protobuf::Walk::new(draft, release, &mut open, 0..bytes.len());
        if let Err(stop) = walk.message(of, PlaceId::ROOT) {
            draft.stop(stop, bytes.len());
        }
    })
}

/// Bytes and the spans that cover them.
#[derive(Debug)]
pub struct Annotation<'a> {
    bytes: &'a [u8],
    pieces: Vec<Piece>,
    places: Places,
    damage: Option<Damage>,
}

/// One run of bytes with one meaning.
#[derive(Debug, Clone, Copy)]
pub struct Span<'a> {
    annotation: &'a Annotation<'a>,
    piece: &'a Piece,
}

/// A span without its bytes and places.
#[derive(Debug, Clone, Copy)]
struct Piece {
    start: usize,
    len: usize,
    place: PlaceId,
    what: What,
    /// The release does not know the field or variant.
    is_foreign: bool,
}

/// Where bytes ceased to make sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// What is wrong.
    pub kind: FaultKind,
    /// Offset in the annotated bytes.
    pub offset: usize,
    /// The field, as [`Span::path`] spells it.
    pub path: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "the value" } else { &self.path };
        write!(f, "{path} (byte {}): {}", self.offset, self.kind)
    }
}

impl std::error::Error for Damage {}

impl<'a> Annotation<'a> {
    /// The annotated bytes.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The spans, in the order of the bytes, without gaps and without overlaps.
    pub fn spans(&self) -> impl ExactSizeIterator<Item = Span<'_>> {
        self.pieces.iter().map(|piece| Span { annotation: self, piece })
    }

    /// The span that the byte at `offset` belongs to; none behind the end.
    pub fn span_at(&self, offset: usize) -> Option<Span<'_>> {
        let index = self.pieces.partition_point(|piece| piece.start + piece.len <= offset);
        self.pieces.get(index).map(|piece| Span { annotation: self, piece })
    }

    /// The path of the field that the byte at `offset` belongs to, or the role of the byte if it
    /// belongs to none; nothing behind the end.
    pub fn path_at(&self, offset: usize) -> Option<String> {
        let span = self.span_at(offset)?;
        let names = [span.path(), span.role()];
        Some(names.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| ROOT.to_owned()))
    }

    /// The first fault, if the bytes are damaged.
    pub fn damage(&self) -> Option<&Damage> {
        self.damage.as_ref()
    }
}

impl<'a> Span<'a> {
    /// Offset of the first byte.
    pub fn start(&self) -> usize {
        self.piece.start
    }

    /// Number of bytes; never 0.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.piece.len
    }

    /// The bytes.
    pub fn bytes(&self) -> &'a [u8] {
        let Piece { start, len, .. } = *self.piece;
        self.annotation.bytes.get(start..).and_then(|rest| rest.get(..len)).unwrap_or_default()
    }

    /// The place in the value, as `nodes[0].instance_ts`; empty for the value as a whole.
    pub fn path(&self) -> String {
        self.annotation.places.path(self.piece.place, self.annotation.bytes)
    }

    /// What the bytes are.
    pub fn what(&self) -> What {
        self.piece.what
    }

    /// Whether it is a field or variant that the release does not know.
    pub fn is_foreign(&self) -> bool {
        self.piece.is_foreign
    }

    /// The value in words, if the bytes hold one; a long one is cut.
    pub fn value(&self) -> Option<String> {
        self.piece.what.value().map(|value| value.words(self.annotation.bytes))
    }

    /// The role of the bytes in words, as `tag 1, varint`.
    pub fn role(&self) -> String {
        let mut role = self.piece.what.words(self.annotation.bytes);
        if self.piece.is_foreign {
            let separator = if role.is_empty() { "" } else { ", " };
            role.push_str(separator);
            role.push_str("unknown to the release");
        }
        role
    }
}

/// Why reading stops at a place.
#[derive(Debug)]
struct Stop {
    kind: FaultKind,
    offset: usize,
    place: PlaceId,
}

impl Stop {
    /// A length that stands before an offset, as a number of bytes; and why to stop, if so many do
    /// not follow.
    fn at_length(len: u64, room: usize, offset: usize, place: PlaceId) -> (usize, Option<Self>) {
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let kind = FaultKind::Truncated { what: "a length-delimited value" };
        (len, (len > room).then_some(Self { kind, offset, place }))
    }
}

/// An annotation in the making. Each format adds the pieces of its range, in order.
#[derive(Debug)]
struct Draft<'a> {
    annotation: Annotation<'a>,
}

impl<'a> Draft<'a> {
    fn annotate(bytes: &'a [u8], work: impl FnOnce(&mut Self)) -> Annotation<'a> {
        let places = Places::default();
        let mut draft =
            Self { annotation: Annotation { bytes, pieces: Vec::new(), places, damage: None } };
        if bytes.len() > INPUT_LEN_MAX {
            let kind = FaultKind::TooMuch { what: "bytes", limit: INPUT_LEN_MAX };
            draft.stop(Stop { kind, offset: 0, place: PlaceId::ROOT }, bytes.len());
        } else {
            work(&mut draft);
        }
        draft.annotation
    }

    /// The end of what has been annotated.
    fn end(&self) -> usize {
        self.annotation.pieces.last().map_or(0, |piece| piece.start + piece.len)
    }

    /// Adds the piece from the end of the last one up to `end`.
    fn add(&mut self, end: usize, place: PlaceId, what: What, is_foreign: bool) {
        let start = self.end();
        if let Some(len) = end.checked_sub(start).filter(|&len| len > 0) {
            self.annotation.pieces.push(Piece { start, len, place, what, is_foreign });
        }
    }

    /// Gives up the bytes up to `end`.
    fn stop(&mut self, stop: Stop, end: usize) {
        self.add(end, stop.place, What::Unread, false);
        self.blame(stop);
    }

    /// Remembers the first fault.
    fn blame(&mut self, Stop { kind, offset, place }: Stop) {
        if self.annotation.damage.is_none() {
            let path = self.annotation.places.path(place, self.annotation.bytes);
            self.annotation.damage = Some(Damage { kind, offset, path });
        }
    }

    /// What has been added so far: the number of pieces, and whether there was a fault.
    fn mark(&self) -> (usize, bool) {
        (self.annotation.pieces.len(), self.annotation.damage.is_some())
    }

    /// Takes back what was added after the mark.
    fn rewind(&mut self, (len, was_damaged): (usize, bool)) {
        self.annotation.pieces.truncate(len);
        if !was_damaged {
            self.annotation.damage = None;
        }
    }

    fn step(&mut self, parent: PlaceId, step: Step) -> PlaceId {
        self.annotation.places.step(parent, step)
    }

    fn payload(&mut self, message: MessageType, cx: Context, range: Range<usize>, place: PlaceId) {
        match message.row().codec_at(cx.version) {
            Codec::Flexbuffers => self.flexbuffers(range, place),
            Codec::Bilrost => self.bilrost(message.shape(), cx, range, place),
        }
    }

    fn bilrost(&mut self, shape: Shape, cx: Context, range: Range<usize>, place: PlaceId) {
        let end = range.end;
        if let Err(stop) = bilrost::Walk::new(self, cx, range).message(shape, place) {
            self.stop(stop, end);
        }
    }

    fn flexbuffers(&mut self, range: Range<usize>, place: PlaceId) {
        flex::annotate(self, range, place);
    }
}

#[cfg(test)]
mod tests;
