//! Writing from the end to the start.
//!
//! Lengths stand before what they measure and keys count from the field before, so bytes are
//! written last one first: every length is known when it is due, nothing is measured twice, and
//! nothing moves.

use bytes::Bytes;

use super::super::tree::Unfit;
use super::WireType;
use super::varint::Varint;

/// A buffer that grows towards its start.
pub(crate) struct Writer {
    /// What is written stands at the end of it, from `head` on.
    buffer: Vec<u8>,
    head: usize,
    /// The key of the field written last. Its delta is known once the field before it comes.
    pending: Option<(u32, WireType)>,
    unfit: Option<Unfit>,
}

impl Writer {
    /// A writer with room for so many bytes.
    pub(super) fn with_capacity(len: usize) -> Self {
        Self { buffer: vec![0; len], head: len, pending: None, unfit: None }
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
        let end = self.written();
        value(self);
        self.varint((self.written() - end) as u64);
    }

    /// Writes a number.
    #[inline]
    pub(crate) fn varint(&mut self, value: u64) {
        if value < 0x80 {
            self.bytes(&[value as u8]);
        } else {
            self.bytes(Varint::new(value).as_slice());
        }
    }

    /// Writes bytes.
    #[inline]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        if self.head < bytes.len() {
            self.grow(bytes.len());
        }
        let end = self.head;
        self.head -= bytes.len();
        self.buffer[self.head..end].copy_from_slice(bytes);
    }

    /// The value cannot be expressed. The first report counts.
    #[cold]
    pub(crate) fn refuse(&mut self, unfit: Unfit) {
        self.unfit.get_or_insert(unfit);
    }

    /// The bytes that were written.
    pub(super) fn finish(self) -> Result<Bytes, Unfit> {
        match self.unfit {
            Some(unfit) => Err(unfit),
            None => Ok(Bytes::from(self.buffer).slice(self.head..)),
        }
    }

    fn written(&self) -> usize {
        self.buffer.len() - self.head
    }

    /// Writes the pending key, now that the tag before it is known.
    #[inline]
    fn flush(&mut self, previous: u32) {
        if let Some((tag, wire)) = self.pending.take() {
            self.varint(u64::from(tag - previous) << 2 | wire.code());
        }
    }

    #[cold]
    fn grow(&mut self, by: usize) {
        let written = self.written();
        let len = (self.buffer.len() * 2).max(written + by).max(64);
        let mut buffer = vec![0; len];
        buffer[len - written..].copy_from_slice(&self.buffer[self.head..]);
        self.buffer = buffer;
        self.head = len - written;
    }
}
