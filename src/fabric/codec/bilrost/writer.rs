//! Writing from the end to the start.
//!
//! Lengths stand before what they measure and keys count from the field before, so bytes are
//! written last one first: every length is known when it is due, nothing is measured twice, and
//! nothing moves.

use bytes::Bytes;

use super::super::tree::Unfit;
use super::WireType;
use super::varint::Varint;

/// Room on the stack, in bytes: small messages need no more, and are copied out once.
const STACK_LEN: usize = 256;

/// Writes what `message` writes, of about `len_hint` bytes.
pub(super) fn write(len_hint: usize, message: impl Fn(&mut Writer<'_>)) -> Result<Bytes, Unfit> {
    if len_hint > STACK_LEN {
        return write_to_heap(len_hint, message);
    }
    let mut room = [0; STACK_LEN];
    let mut writer = Writer::new(&mut room);
    message(&mut writer);
    let len = writer.finish()?;
    match room.len().checked_sub(len).and_then(|start| room.get(start..)) {
        Some(bytes) => Ok(Bytes::copy_from_slice(bytes)),
        None => write_to_heap(len, message),
    }
}

/// As [`write`]. If the room falls short, the length is known afterwards, and the second time it
/// fits.
fn write_to_heap(mut room_len: usize, message: impl Fn(&mut Writer<'_>)) -> Result<Bytes, Unfit> {
    loop {
        let mut room = vec![0; room_len];
        let mut writer = Writer::new(&mut room);
        message(&mut writer);
        let len = writer.finish()?;
        match room_len.checked_sub(len) {
            Some(0) => return Ok(Bytes::from(room)),
            Some(start) => return Ok(Bytes::from(room).slice(start..)),
            None => room_len = len,
        }
    }
}

/// Room that fills up from its end. When it is full, bytes are only counted.
pub(crate) struct Writer<'a> {
    room: &'a mut [u8],
    written: usize,
    /// The key of the field written last. Its delta is known once the field before it comes.
    pending: Option<(u32, WireType)>,
    unfit: Option<Unfit>,
}

impl<'a> Writer<'a> {
    fn new(room: &'a mut [u8]) -> Self {
        Self { room, written: 0, pending: None, unfit: None }
    }

    /// Begins a field, whose value is written next. Fields come in descending order of tags.
    #[inline]
    pub(crate) fn start(&mut self, tag: u32, wire: WireType) {
        self.flush(tag);
        self.pending = Some((tag, wire));
    }

    /// Writes the fields of a message, which have keys that count from zero.
    #[inline]
    pub(crate) fn message(&mut self, fields: impl FnOnce(&mut Self)) {
        let outer = self.pending.take();
        fields(self);
        self.flush(0);
        self.pending = outer;
    }

    /// Writes a value and its length in front of it.
    #[inline]
    pub(crate) fn delimited(&mut self, value: impl FnOnce(&mut Self)) {
        let end = self.written;
        value(self);
        self.varint((self.written - end) as u64);
    }

    /// Writes a number.
    #[inline]
    pub(crate) fn varint(&mut self, value: u64) {
        if value < 0x80 {
            self.byte(value as u8);
        } else {
            self.long_varint(value);
        }
    }

    fn long_varint(&mut self, value: u64) {
        let Varint { word, word_len, ninth } = Varint::new(value);
        if let Some(ninth) = ninth {
            self.byte(ninth);
        }
        // Eight bytes in one go; what is in front of those that count is written over later.
        let bytes = word.to_le_bytes();
        let end = self.room.len().checked_sub(self.written);
        match end.and_then(|end| self.room.get_mut(end.checked_sub(8)?..end)) {
            Some(room) => {
                room.copy_from_slice(&bytes);
                self.written += word_len;
            }
            None => self.bytes(&bytes[8 - word_len..]),
        }
    }

    #[inline]
    fn byte(&mut self, byte: u8) {
        self.written += 1;
        let at = self.room.len().wrapping_sub(self.written);
        if let Some(room) = self.room.get_mut(at) {
            *room = byte;
        }
    }

    /// Writes bytes.
    #[inline]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.written += bytes.len();
        let start = self.room.len().checked_sub(self.written);
        let room = start.and_then(|start| self.room.get_mut(start..start + bytes.len()));
        if let Some(room) = room {
            room.copy_from_slice(bytes);
        }
    }

    /// The value cannot be expressed. The first report counts.
    #[cold]
    pub(crate) fn refuse(&mut self, unfit: Unfit) {
        self.unfit.get_or_insert(unfit);
    }

    /// How many bytes it took.
    fn finish(self) -> Result<usize, Unfit> {
        match self.unfit {
            Some(unfit) => Err(unfit),
            None => Ok(self.written),
        }
    }

    /// Writes the pending key, now that the tag before it is known.
    #[inline]
    fn flush(&mut self, previous: u32) {
        if let Some((tag, wire)) = self.pending.take() {
            self.varint(u64::from(tag - previous) << 2 | wire.code());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the writer makes must not depend on the room it starts with.
    #[test]
    fn any_room_gives_the_same_bytes() {
        for body_len in [0, 1, 100, 200, 240, 250, 260, 1000] {
            let body = vec![7; body_len];
            let message = |writer: &mut Writer<'_>| {
                writer.message(|writer| {
                    writer.start(300, WireType::Varint);
                    writer.varint(u64::MAX);
                    writer.start(2, WireType::LengthDelimited);
                    writer.delimited(|writer| writer.bytes(&body));
                    writer.start(1, WireType::Varint);
                    writer.varint(300);
                });
            };
            let expected = write(0, message).unwrap();
            for len_hint in [1, 20, 255, 257, expected.len(), expected.len() + 1, 5000] {
                assert_eq!(write(len_hint, message).unwrap(), expected, "{body_len} {len_hint}");
            }
            assert_eq!(expected[..4], [0x04, 0xac, 0x01, 0x05]);
            assert!(expected.ends_with(&[0xff, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe]));
        }
    }
}
