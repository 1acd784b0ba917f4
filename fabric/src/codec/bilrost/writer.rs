//! Writing from the end to the start.
//!
//! Lengths stand before what they measure and keys count from the field before, so bytes are
//! written last one first: every length is known when it is due, and nothing is measured twice.
//! Long byte strings are not written but remembered, and copied once, to their final place.

use bytes::Bytes;

use super::super::tree::Unfit;
use super::WireType;
use super::varint;

/// Bytes that are written before they have to move away.
const ROOM_LEN: usize = 384;
/// Byte strings from this length on are remembered; shorter ones are written like all else.
const BLOB_LEN_MIN: usize = 128;
/// How many of them there is space for at first.
const BLOBS_FIRST: usize = 16;
/// No key is pending.
const NO_KEY: u64 = u64::MAX;

/// Writes what `message` writes.
#[inline]
pub(super) fn write<'v>(message: impl FnOnce(&mut Writer<'v>)) -> Result<Bytes, Unfit> {
    let mut writer = Writer::new();
    message(&mut writer);
    writer.finish()
}

/// Room that fills up from its end, and what had to make way for more.
pub struct Writer<'v> {
    room: [u8; ROOM_LEN],
    /// Where in the room the bytes begin.
    head: usize,
    /// Byte strings that are remembered, last one first, each with where it stands in the room.
    blobs: Vec<(usize, &'v [u8])>,
    /// What stands behind the room, last piece first.
    pieces: Vec<Vec<u8>>,
    /// Bytes of all blobs and pieces.
    away_len: usize,
    /// Tag and wire type, as a key, of the field written last. Its delta is known once the field
    /// before it comes.
    pending: u64,
    unfit: Option<Unfit>,
}

impl<'v> Writer<'v> {
    #[inline(always)]
    fn new() -> Self {
        Self {
            room: [0; ROOM_LEN],
            head: ROOM_LEN,
            blobs: Vec::new(),
            pieces: Vec::new(),
            away_len: 0,
            pending: NO_KEY,
            unfit: None,
        }
    }

    /// Begins a field, whose value is written next. Fields come in descending order of tags.
    #[inline(always)]
    pub fn start(&mut self, tag: u32, wire: WireType) {
        self.flush(tag);
        self.pending = u64::from(tag) << 2 | wire.code();
    }

    /// Writes the fields of a message, which have keys that count from zero.
    #[inline(always)]
    pub fn message(&mut self, fields: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.pending, NO_KEY);
        fields(self);
        self.flush(0);
        self.pending = outer;
    }

    /// Writes a value and its length in front of it.
    #[inline(always)]
    pub fn delimited(&mut self, value: impl FnOnce(&mut Self)) {
        let end = self.len();
        value(self);
        self.varint((self.len() - end) as u64);
    }

    /// Writes a number.
    #[inline(always)]
    pub fn varint(&mut self, value: u64) {
        if value < 0x80 {
            self.byte(value as u8);
        } else {
            self.long_varint(value);
        }
    }

    #[inline]
    fn long_varint(&mut self, value: u64) {
        if self.head < varint::LEN_MAX {
            self.make_room();
        }
        let room = self.room.get_mut(..self.head);
        self.head -= room.and_then(|room| varint::write_long(value, room)).unwrap_or_default();
    }

    #[inline(always)]
    fn byte(&mut self, byte: u8) {
        // One comparison for both: the head is never beyond the room.
        let head = self.head.wrapping_sub(1);
        match self.room.get_mut(head) {
            Some(room) => {
                *room = byte;
                self.head = head;
            }
            None => self.byte_of_next_room(byte),
        }
    }

    #[cold]
    #[inline(never)]
    fn byte_of_next_room(&mut self, byte: u8) {
        self.make_room();
        self.byte(byte);
    }

    /// Writes bytes of the value.
    #[inline]
    pub fn bytes(&mut self, bytes: &'v [u8]) {
        if bytes.len() >= BLOB_LEN_MIN {
            return self.remember(bytes);
        }
        if self.head < bytes.len() {
            self.make_room();
        }
        let start = self.head - bytes.len();
        if let Some(room) = self.room.get_mut(start..self.head) {
            room.copy_from_slice(bytes);
        }
        self.head = start;
    }

    fn remember(&mut self, bytes: &'v [u8]) {
        if self.blobs.is_empty() {
            self.blobs.reserve(BLOBS_FIRST);
        }
        self.blobs.push((self.head, bytes));
        self.away_len += bytes.len();
    }

    /// The value cannot be expressed. The first report counts.
    #[cold]
    pub fn refuse(&mut self, unfit: Unfit) {
        self.unfit.get_or_insert(unfit);
    }

    /// Moves what is in the room, with the blobs in their places, to a piece of its own.
    #[cold]
    fn make_room(&mut self) {
        let piece = self.assembled();
        self.away_len += ROOM_LEN - self.head;
        self.pieces.push(piece);
        self.blobs.clear();
        self.head = ROOM_LEN;
    }

    /// What is in the room, with the blobs in their places.
    #[inline]
    fn assembled(&self) -> Vec<u8> {
        let blobs_len: usize = self.blobs.iter().map(|(_, blob)| blob.len()).sum();
        let mut all = Vec::with_capacity(ROOM_LEN - self.head + blobs_len);
        let mut from = self.head;
        for &(at, blob) in self.blobs.iter().rev() {
            all.extend_from_slice(self.room.get(from..at).unwrap_or_default());
            all.extend_from_slice(blob);
            from = at;
        }
        all.extend_from_slice(self.room.get(from..).unwrap_or_default());
        all
    }

    /// Everything in its place.
    #[inline]
    fn finish(&mut self) -> Result<Bytes, Unfit> {
        if let Some(unfit) = self.unfit.take() {
            return Err(unfit);
        }
        if self.away_len == 0 {
            return Ok(Bytes::copy_from_slice(self.room.get(self.head..).unwrap_or_default()));
        }
        let mut all = self.assembled();
        if !self.pieces.is_empty() {
            all.reserve_exact(self.pieces.iter().map(Vec::len).sum());
            self.pieces.iter().rev().for_each(|piece| all.extend_from_slice(piece));
        }
        Ok(Bytes::from(all))
    }

    #[inline(always)]
    fn len(&self) -> usize {
        ROOM_LEN - self.head + self.away_len
    }

    /// Writes the pending key, now that the tag before it is known.
    #[inline(always)]
    fn flush(&mut self, previous: u32) {
        if self.pending != NO_KEY {
            self.varint(self.pending - (u64::from(previous) << 2));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the writer makes must not depend on where it puts things in the meantime.
    #[test]
    fn any_length_comes_out_in_order() {
        for (count, len) in [(0, 0), (1, 1), (1, 127), (1, 128), (3, 100), (3, 500), (40, 200)] {
            let blobs: Vec<Vec<u8>> = (0..count).map(|number| vec![number as u8; len]).collect();
            let written = write(|writer| {
                writer.message(|writer| {
                    writer.start(300, WireType::Varint);
                    writer.varint(u64::MAX);
                    for blob in blobs.iter().rev() {
                        writer.start(2, WireType::LengthDelimited);
                        writer.delimited(|writer| {
                            writer.bytes(blob);
                            writer.bytes(&[0xee]);
                        });
                    }
                    writer.start(1, WireType::Varint);
                    writer.varint(300);
                });
            });
            let mut expected = vec![0x04, 0xac, 0x01];
            for (number, blob) in blobs.iter().enumerate() {
                expected.push(if number == 0 { 0x05 } else { 0x01 });
                expected.extend(varint(len as u64 + 1));
                expected.push(0xee);
                expected.extend(blob);
            }
            expected.extend(varint(if count == 0 { 299 << 2 } else { 298 << 2 }));
            expected.extend([0xff, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe]);
            assert_eq!(written.unwrap(), expected, "{count} of {len}");
        }
    }

    fn varint(value: u64) -> Vec<u8> {
        write(|writer| writer.varint(value)).unwrap().to_vec()
    }
}
