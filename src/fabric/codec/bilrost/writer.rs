//! Writing from the end to the start.
//!
//! Lengths stand before what they measure and keys count from the field before, so bytes are
//! written last one first: every length is known when it is due, and nothing is measured twice.
//! Long byte strings are not written but remembered, and copied once, to their final place.

use bytes::Bytes;

use super::super::tree::Unfit;
use super::WireType;
use super::varint;

/// Room on the stack, in bytes, for all but long byte strings.
const STACK_LEN: usize = 512;
/// Byte strings from this length on are remembered; shorter ones are written like all else.
const BLOB_LEN_MIN: usize = 128;
/// How many byte strings there is room for at first.
const BLOBS_FIRST: usize = 16;

/// Writes what `message` writes.
pub(super) fn write<'v>(message: impl Fn(&mut Writer<'_, 'v>)) -> Result<Bytes, Unfit> {
    let mut room = [0; STACK_LEN];
    let mut writer = Writer::new(&mut room);
    message(&mut writer);
    let room_len = writer.written;
    if let Some(bytes) = writer.finish()? {
        return Ok(bytes);
    }
    // The room fell short, but bytes were counted: the second time they fit.
    let mut room = vec![0; room_len];
    let mut writer = Writer::new(&mut room);
    message(&mut writer);
    Ok(writer.finish()?.unwrap_or_default())
}

/// A byte string that is remembered, and how many bytes had been written before it.
type Blob<'v> = (usize, &'v [u8]);

/// Room that fills up from its end. When it is full, bytes are only counted.
pub(crate) struct Writer<'r, 'v> {
    room: &'r mut [u8],
    /// Bytes written, or counted, without blobs.
    written: usize,
    blobs: Vec<Blob<'v>>,
    /// Bytes of all blobs.
    blobs_len: usize,
    /// The key of the field written last. Its delta is known once the field before it comes.
    pending: Option<(u32, WireType)>,
    unfit: Option<Unfit>,
}

impl<'r, 'v> Writer<'r, 'v> {
    fn new(room: &'r mut [u8]) -> Self {
        Self { room, written: 0, blobs: Vec::new(), blobs_len: 0, pending: None, unfit: None }
    }

    /// Begins a field, whose value is written next. Fields come in descending order of tags.
    #[inline(always)]
    pub(crate) fn start(&mut self, tag: u32, wire: WireType) {
        self.flush(tag);
        self.pending = Some((tag, wire));
    }

    /// Writes the fields of a message, which have keys that count from zero.
    #[inline(always)]
    pub(crate) fn message(&mut self, fields: impl FnOnce(&mut Self)) {
        let outer = self.pending.take();
        fields(self);
        self.flush(0);
        self.pending = outer;
    }

    /// Writes a value and its length in front of it.
    #[inline(always)]
    pub(crate) fn delimited(&mut self, value: impl FnOnce(&mut Self)) {
        let end = self.len();
        value(self);
        self.varint((self.len() - end) as u64);
    }

    /// Writes a number.
    #[inline(always)]
    pub(crate) fn varint(&mut self, value: u64) {
        if value < 0x80 {
            self.byte(value as u8);
        } else {
            self.long_varint(value);
        }
    }

    #[inline]
    fn long_varint(&mut self, value: u64) {
        let end = self.room.len().wrapping_sub(self.written);
        let room = self.room.get_mut(..end);
        let len = room.and_then(|room| varint::write_long(value, room));
        self.written += len.unwrap_or_else(|| varint::len(value));
    }

    #[inline(always)]
    fn byte(&mut self, byte: u8) {
        self.written += 1;
        let at = self.room.len().wrapping_sub(self.written);
        if let Some(room) = self.room.get_mut(at) {
            *room = byte;
        }
    }

    /// Writes bytes that may be forgotten.
    #[inline(always)]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.written += bytes.len();
        let start = self.room.len().checked_sub(self.written);
        let room = start.and_then(|start| self.room.get_mut(start..start + bytes.len()));
        if let Some(room) = room {
            room.copy_from_slice(bytes);
        }
    }

    /// Writes bytes of the value.
    #[inline]
    pub(crate) fn blob(&mut self, bytes: &'v [u8]) {
        if bytes.len() < BLOB_LEN_MIN {
            return self.bytes(bytes);
        }
        if self.blobs.is_empty() {
            self.blobs.reserve(BLOBS_FIRST);
        }
        self.blobs.push((self.written, bytes));
        self.blobs_len += bytes.len();
    }

    /// The value cannot be expressed. The first report counts.
    #[cold]
    pub(crate) fn refuse(&mut self, unfit: Unfit) {
        self.unfit.get_or_insert(unfit);
    }

    /// Everything in its place; none if the room fell short.
    fn finish(self) -> Result<Option<Bytes>, Unfit> {
        if let Some(unfit) = self.unfit {
            return Err(unfit);
        }
        let Some(start) = self.room.len().checked_sub(self.written) else { return Ok(None) };
        let mut all = Vec::with_capacity(self.written + self.blobs_len);
        let mut rest = self.room.get(start..).unwrap_or_default();
        for (written_before, blob) in self.blobs.iter().rev() {
            let (before, behind) = rest.split_at(rest.len() - written_before);
            all.extend_from_slice(before);
            all.extend_from_slice(blob);
            rest = behind;
        }
        all.extend_from_slice(rest);
        Ok(Some(Bytes::from(all)))
    }

    #[inline(always)]
    fn len(&self) -> usize {
        self.written + self.blobs_len
    }

    /// Writes the pending key, now that the tag before it is known.
    #[inline(always)]
    fn flush(&mut self, previous: u32) {
        if let Some((tag, wire)) = self.pending.take() {
            self.varint(u64::from(tag - previous) << 2 | wire.code());
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
                            writer.blob(blob);
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
        let mut room = [0; 16];
        let mut writer = Writer::new(&mut room);
        writer.varint(value);
        writer.finish().unwrap().unwrap().to_vec()
    }
}
