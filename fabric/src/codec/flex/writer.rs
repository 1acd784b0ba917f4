//! Writes flexbuffers, byte for byte as the released servers do (03 §3.2).
//!
//! The buffer grows only at its end. Values wait on a stack until their container ends, then the
//! container is written with slots just wide enough for all of them.

use bytes::Bytes;

use super::layout::{Packed, VectorForm, Width, code, key_len};
use super::pool::{KeyPool, prefix};
use crate::codec::tree::{Form, Sink, Unfit};

/// A [`Sink`] that makes a flexbuffer.
#[derive(Debug)]
pub struct FlexWriter {
    buf: Vec<u8>,
    /// Values whose container has not ended.
    values: Vec<Slot>,
    /// Keys of the maps that have not ended.
    keys: Vec<Key>,
    pool: KeyPool,
    refused: Option<Unfit>,
}

/// What [`FlexWriter`] remembers of a map or list that has begun.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    values: usize,
    keys: usize,
}

/// A value that waits for the slot it is written to.
#[derive(Debug, Clone, Copy)]
struct Slot {
    /// The value itself, or the offset of what the slot refers to.
    payload: u64,
    code: u8,
    /// For a value its own, for a reference that of what it refers to.
    width: Width,
}

impl Slot {
    const NULL: Self = Self { payload: 0, code: code::NULL, width: Width::ONE };

    #[inline]
    fn is_reference(self) -> bool {
        !matches!(self.code, code::NULL | code::INT | code::UINT | code::FLOAT | code::BOOL)
    }

    /// The packed type beside a slot of width `slot`.
    #[inline]
    fn packed(self, slot: Width) -> Packed {
        Packed::new(self.code, if self.is_reference() { self.width } else { slot })
    }

    /// The bits of a slot of width `slot` at `slot_at`.
    #[inline]
    fn bits(self, slot_at: usize, slot: Width) -> u64 {
        if self.is_reference() {
            slot_at as u64 - self.payload
        } else if self.code == code::FLOAT && slot == Width::FOUR {
            u64::from((f64::from_bits(self.payload) as f32).to_bits())
        } else {
            self.payload
        }
    }
}

/// A key that waits for the end of its map.
#[derive(Debug, Clone, Copy)]
struct Key {
    /// Its first eight bytes, which mostly decide the order.
    prefix: u64,
    at: u32,
    len: u32,
    /// The value's place on the stack.
    value: usize,
}

impl Key {
    /// What of the key is behind its prefix.
    #[inline]
    fn suffix(self, buf: &[u8]) -> &[u8] {
        let (at, len) = (self.at as usize, self.len as usize);
        &buf[at + len.min(8)..at + len]
    }
}

impl FlexWriter {
    /// A writer without a value.
    pub fn new() -> Self {
        Self {
            buf: Vec::with_capacity(512),
            values: Vec::with_capacity(32),
            keys: Vec::with_capacity(32),
            pool: KeyPool::new(),
            refused: None,
        }
    }

    /// The buffer with the one value that was written.
    ///
    /// # Errors
    ///
    /// What a type reported as impossible to express; a key with a NUL inside; a buffer of more
    /// than 4 GiB.
    pub fn finish(mut self) -> Result<Bytes, Unfit> {
        if let Some(unfit) = self.refused {
            return Err(unfit);
        }
        debug_assert!(self.values.len() == 1, "one value makes a buffer");
        let root = self.values.pop().unwrap_or(Slot::NULL);
        let mut width = Width::ONE;
        self.widen(&mut width, root, 0);
        self.pad(width);
        let bits = root.bits(self.buf.len(), width);
        self.put(bits, width);
        self.buf.push(root.packed(width).0);
        self.buf.push(width.bytes() as u8);
        Ok(self.buf.into())
    }

    #[inline]
    fn push(&mut self, code: u8, payload: u64, width: Width) {
        self.values.push(Slot { payload, code, width });
    }

    /// Zeros up to a multiple of `width`.
    #[inline]
    fn pad(&mut self, width: Width) {
        self.buf.resize(self.buf.len().next_multiple_of(width.bytes()), 0);
    }

    /// A number, cut to `width`.
    #[inline]
    fn put(&mut self, bits: u64, width: Width) {
        match width.bytes() {
            1 => self.buf.push(bits as u8),
            2 => self.buf.extend_from_slice(&(bits as u16).to_le_bytes()),
            4 => self.buf.extend_from_slice(&(bits as u32).to_le_bytes()),
            _ => self.buf.extend_from_slice(&bits.to_le_bytes()),
        }
    }

    /// Widens `width` until the slot number `index` of a vector written next holds `slot`.
    ///
    /// Offsets grow with the width, because the slots before are wider too, but slower than what
    /// the width can hold: one that fits keeps fitting.
    #[inline]
    fn widen(&self, width: &mut Width, slot: Slot, index: usize) {
        if slot.is_reference() {
            self.widen_offset(width, slot.payload as usize, index);
        } else {
            *width = slot.width.max(*width);
        }
    }

    #[inline]
    fn widen_offset(&self, width: &mut Width, target: usize, index: usize) {
        let start = self.buf.len();
        loop {
            let slot_at = start.next_multiple_of(width.bytes()) + index * width.bytes();
            if Width::of_uint((slot_at - target) as u64) <= *width {
                return;
            }
            *width = width.next();
        }
    }

    /// Writes the elements from `first` on as a vector, whose slot it returns.
    #[inline]
    fn vector(&mut self, first: usize) -> Slot {
        let values = std::mem::take(&mut self.values);
        let elements = &values[first..];
        let len = elements.len();
        let form = match elements.split_first() {
            Some((head, tail)) if tail.iter().all(|slot| slot.code == head.code) => {
                VectorForm::of(head.code, len)
            }
            _ => VectorForm::Untyped,
        };
        let prefix_slots = usize::from(!matches!(form, VectorForm::Fixed(..)));
        let mut width = if prefix_slots == 0 { Width::ONE } else { Width::of_uint(len as u64) };
        for (index, &slot) in elements.iter().enumerate() {
            self.widen(&mut width, slot, prefix_slots + index);
        }
        self.pad(width);
        self.buf.reserve((prefix_slots + len) * width.bytes() + len);
        if prefix_slots == 1 {
            self.put(len as u64, width);
        }
        let at = self.buf.len();
        for &slot in elements {
            let bits = slot.bits(self.buf.len(), width);
            self.put(bits, width);
        }
        if form == VectorForm::Untyped {
            self.buf.extend(elements.iter().map(|slot| slot.packed(width).0));
        }
        self.values = values;
        Slot { payload: at as u64, code: form.code(), width }
    }

    /// Writes the entries from `first` on as a map, whose slot it returns.
    #[inline]
    fn map(&mut self, first: usize) -> Slot {
        let mut all_keys = std::mem::take(&mut self.keys);
        let keys = &mut all_keys[first..];
        sort(keys, &self.buf);
        let len = keys.len();

        let mut keys_width = Width::of_uint(len as u64);
        for (index, key) in keys.iter().enumerate() {
            self.widen_offset(&mut keys_width, key.at as usize, 1 + index);
        }
        self.pad(keys_width);
        self.buf.reserve((1 + len) * keys_width.bytes());
        self.put(len as u64, keys_width);
        let keys_at = self.buf.len();
        for key in keys.iter() {
            let offset = self.buf.len() as u64 - u64::from(key.at);
            self.put(offset, keys_width);
        }

        let mut width = Width::of_uint(len as u64);
        self.widen_offset(&mut width, keys_at, 0);
        for (index, key) in keys.iter().enumerate() {
            self.widen(&mut width, self.values[key.value], 3 + index);
        }
        self.pad(width);
        self.buf.reserve((3 + len) * width.bytes() + len);
        let offset = (self.buf.len() - keys_at) as u64;
        self.put(offset, width);
        self.put(keys_width.bytes() as u64, width);
        self.put(len as u64, width);
        let at = self.buf.len();
        for key in keys.iter() {
            let bits = self.values[key.value].bits(self.buf.len(), width);
            self.put(bits, width);
        }
        self.buf.extend(keys.iter().map(|key| self.values[key.value].packed(width).0));
        self.keys = all_keys;
        Slot { payload: at as u64, code: code::MAP, width }
    }

    /// Writes a length and the bytes behind it, and returns their offset and the length's width.
    #[inline]
    fn run(&mut self, value: &[u8]) -> (u64, Width) {
        let width = Width::of_uint(value.len() as u64);
        self.buf.reserve(value.len() + 2 * width.bytes());
        self.pad(width);
        self.put(value.len() as u64, width);
        let at = self.buf.len() as u64;
        self.buf.extend_from_slice(value);
        (at, width)
    }
}

/// Sorts entries by the bytes of their keys. Equal keys, which maps of message types have not,
/// stay in the order in which they came.
#[inline]
fn sort(keys: &mut [Key], buf: &[u8]) {
    keys.sort_by(|a, b| {
        // Keys have no NUL, so equal prefixes of short keys are equal keys.
        a.prefix.cmp(&b.prefix).then_with(|| a.suffix(buf).cmp(b.suffix(buf)))
    });
}

impl Default for FlexWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl Sink for FlexWriter {
    const FORM: Form = Form::Flexbuffers;
    type Mark = Mark;

    #[inline]
    fn null(&mut self) {
        self.values.push(Slot::NULL);
    }

    #[inline]
    fn bool(&mut self, value: bool) {
        self.push(code::BOOL, u64::from(value), Width::ONE);
    }

    #[inline]
    fn uint(&mut self, value: u64) {
        self.push(code::UINT, value, Width::of_uint(value));
    }

    #[inline]
    fn int(&mut self, value: i64) {
        self.push(code::INT, value as u64, Width::of_int(value));
    }

    #[inline]
    fn float(&mut self, value: f64) {
        self.push(code::FLOAT, value.to_bits(), Width::of_float(value));
    }

    #[inline]
    fn text(&mut self, value: &str) {
        let (at, width) = self.run(value.as_bytes());
        self.buf.push(0);
        self.push(code::STRING, at, width);
    }

    #[inline]
    fn blob(&mut self, value: &[u8]) {
        let (at, width) = self.run(value);
        self.push(code::BLOB, at, width);
    }

    /// The vector that a list of these numbers makes, without a slot for each of them.
    #[inline]
    fn octets(&mut self, value: &[u8]) {
        let element = if value.is_empty() { code::NULL } else { code::UINT };
        let form = VectorForm::of(element, value.len());
        if let VectorForm::Fixed(..) = form {
            let at = self.buf.len() as u64;
            self.buf.extend_from_slice(value);
            self.push(form.code(), at, Width::ONE);
        } else if value.len() <= usize::from(u8::MAX) {
            let (at, width) = self.run(value);
            self.push(form.code(), at, width);
        } else {
            // The length needs a wider slot, and so all elements have one.
            let width = Width::of_uint(value.len() as u64);
            self.pad(width);
            self.put(value.len() as u64, width);
            let at = self.buf.len();
            self.buf.resize(at + value.len() * width.bytes(), 0);
            let slots = self.buf[at..].chunks_exact_mut(width.bytes());
            for (slot, &byte) in slots.zip(value) {
                slot[0] = byte;
            }
            self.push(form.code(), at as u64, width);
        }
    }

    #[inline]
    fn begin_list(&mut self, _: usize) -> Mark {
        Mark { values: self.values.len(), keys: self.keys.len() }
    }

    #[inline]
    fn end_list(&mut self, mark: Mark) {
        let list = self.vector(mark.values);
        self.values.truncate(mark.values);
        self.values.push(list);
    }

    #[inline]
    fn begin_map(&mut self) -> Mark {
        Mark { values: self.values.len(), keys: self.keys.len() }
    }

    #[inline]
    fn key(&mut self, key: &str) {
        let key = key.as_bytes();
        let (prefix, value) = (prefix(key), self.values.len());
        match self.pool.place(&mut self.buf, key) {
            Some(at) if key_len(key).is_none() => {
                self.keys.push(Key { prefix, at, len: key.len() as u32, value });
            }
            Some(_) => self.refuse(Unfit::nul_in_key()),
            None => self.refuse(Unfit::new("flexbuffers", "a buffer of more than 4 GiB")),
        }
    }

    #[inline]
    fn end_map(&mut self, mark: Mark) {
        let map = self.map(mark.keys);
        self.keys.truncate(mark.keys);
        self.values.truncate(mark.values);
        self.values.push(map);
    }

    #[cold]
    fn refuse(&mut self, unfit: Unfit) {
        self.refused.get_or_insert(unfit);
    }
}
