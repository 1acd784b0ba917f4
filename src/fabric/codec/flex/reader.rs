//! Reads verified flexbuffers.
//!
//! [`FlexBuffer::verified`] is the only way to a [`FlexNode`], so every node lies in the buffer.
//! Reads are checked all the same: what the verifier should have refused becomes a fault, not a
//! panic.

use std::cell::Cell;
use std::slice;

use bytes::Bytes;

use super::layout::{
    Packed, VectorForm, Width, code, follow, key_len, length_before, read_float, read_int,
    read_uint,
};
use super::verify::{Budgets, Root, verify_root};
use crate::fabric::codec::fault::{Fault, FaultKind};
use crate::fabric::codec::tree::{Form, Kind, Name, Node};
use crate::fabric::limits::{MEMORY_FLOOR, MEMORY_PER_BYTE};

/// A verified flexbuffer, and the memory that reading it may still take.
#[derive(Debug)]
pub struct FlexBuffer<'a> {
    bytes: &'a Bytes,
    /// The same, one step nearer.
    buf: &'a [u8],
    root: Root,
    memory_left: Cell<usize>,
}

impl<'a> FlexBuffer<'a> {
    /// Verifies `bytes` within the budgets for their length.
    ///
    /// # Errors
    ///
    /// Those of [`super::verify`].
    pub fn verified(bytes: &'a Bytes) -> Result<Self, Fault> {
        let root = verify_root(bytes, Budgets::of_len(bytes.len()))?;
        Ok(Self { bytes, buf: bytes, root, memory_left: Cell::new(memory_max(bytes.len())) })
    }

    /// The value that the buffer holds.
    pub fn root(&self) -> FlexNode<'_> {
        let Root { at, slot, packed } = self.root;
        FlexNode { buffer: self, at, slot, packed }
    }
}

fn memory_max(len: usize) -> usize {
    len.saturating_mul(MEMORY_PER_BYTE).saturating_add(MEMORY_FLOOR)
}

/// A value in a [`FlexBuffer`].
#[derive(Debug, Clone, Copy)]
pub struct FlexNode<'a> {
    buffer: &'a FlexBuffer<'a>,
    /// Offset of its slot.
    at: usize,
    /// Width of its slot.
    slot: Width,
    packed: Packed,
}

impl<'a> FlexNode<'a> {
    #[inline]
    fn buf(self) -> &'a [u8] {
        self.buffer.buf
    }

    /// Offset of what the slot refers to.
    #[inline]
    fn target(self) -> Option<usize> {
        follow(self.buf(), self.at, self.slot)
    }

    /// The bytes of a string or blob.
    #[inline]
    fn run(self) -> Option<&'a [u8]> {
        let (buf, at) = (self.buf(), self.target()?);
        let len = length_before(buf, at, self.packed.width())?;
        buf.get(at..)?.get(..len)
    }

    #[inline]
    fn str(self) -> Option<&'a str> {
        match self.packed.code() {
            code::STRING => str::from_utf8(self.run()?).ok(),
            code::KEY => FlexName(self.buf().get(self.target()?..)?).str(),
            _ => None,
        }
    }

    /// Where a number is, and its width: in the slot, or where that refers to.
    #[inline]
    fn number_place(self) -> Option<(usize, Width)> {
        match self.packed.code() {
            code::INDIRECT_INT | code::INDIRECT_UINT | code::INDIRECT_FLOAT => {
                Some((self.target()?, self.packed.width()))
            }
            _ => Some((self.at, self.slot)),
        }
    }

    #[inline]
    fn read_uint(self) -> Option<u64> {
        let (at, width) = self.number_place()?;
        read_uint(self.buf(), at, width)
    }

    #[inline]
    fn read_int(self) -> Option<i64> {
        let (at, width) = self.number_place()?;
        read_int(self.buf(), at, width)
    }

    #[inline]
    fn elements(self) -> Option<FlexList<'a>> {
        let (buf, width) = (self.buf(), self.packed.width());
        let form = VectorForm::from_code(self.packed.code())?;
        let at = self.target()?;
        let len = match form {
            VectorForm::Fixed(_, len) => len,
            _ => length_before(buf, at, width)?,
        };
        let end = at.checked_add(len.checked_mul(width.bytes())?)?;
        let types = match form {
            VectorForm::Untyped => Types::Each(buf.get(end..)?.get(..len)?.iter()),
            VectorForm::Typed(code) | VectorForm::Fixed(code, _) => {
                Types::All { packed: Packed::new(code, width), len }
            }
        };
        Some(FlexList { buffer: self.buffer, at, width, types })
    }

    #[inline]
    fn entries(self) -> Option<FlexFields<'a>> {
        if self.packed.code() != code::MAP {
            return None;
        }
        let (buf, at, width) = (self.buf(), self.target()?, self.packed.width());
        let len = length_before(buf, at, width)?;
        let keys_slot = at.checked_sub(3 * width.bytes())?;
        let keys_at = follow(buf, keys_slot, width)?;
        let keys_width = read_uint(buf, keys_slot + width.bytes(), width)?;
        let end = at.checked_add(len.checked_mul(width.bytes())?)?;
        let types = buf.get(end..)?.get(..len)?.iter();
        let keys_width = Width::from_bytes(keys_width)?;
        Some(FlexFields { buffer: self.buffer, keys_at, keys_width, at, width, types })
    }

    /// A slice of the input, without copying.
    fn share(self, part: &[u8]) -> Bytes {
        // `part` was cut out of these very bytes.
        self.buffer.bytes.slice_ref(part)
    }

    #[cold]
    fn wrong(self, expected: &'static str) -> Fault {
        self.fault(FaultKind::WrongType { expected, found: self.kind().name() })
    }

    #[cold]
    fn out_of_range(self, what: &'static str) -> Fault {
        self.fault(FaultKind::OutOfRange { what })
    }
}

impl<'a> Node<'a> for FlexNode<'a> {
    const FORM: Form = Form::Flexbuffers;
    type List = FlexList<'a>;
    type Map = FlexMap<'a>;
    type Name = FlexName<'a>;
    type Fields = FlexFields<'a>;

    #[inline]
    fn kind(self) -> Kind {
        match self.packed.code() {
            code::INT | code::INDIRECT_INT => Kind::Int,
            code::UINT | code::INDIRECT_UINT => Kind::Uint,
            code::FLOAT | code::INDIRECT_FLOAT => Kind::Float,
            code::KEY | code::STRING => Kind::Text,
            code::MAP => Kind::Map,
            code::BLOB => Kind::Blob,
            code::BOOL => Kind::Bool,
            code => VectorForm::from_code(code).map_or(Kind::Null, |_| Kind::List),
        }
    }

    #[inline]
    fn is_null(self) -> bool {
        self.packed.code() == code::NULL
    }

    #[inline]
    fn bool(self) -> Result<bool, Fault> {
        match (self.packed.code(), self.read_uint()) {
            (code::BOOL, Some(value)) => Ok(value != 0),
            _ => Err(self.wrong(Kind::Bool.name())),
        }
    }

    #[inline]
    fn uint(self) -> Result<u64, Fault> {
        match self.packed.code() {
            code::UINT => read_uint(self.buf(), self.at, self.slot),
            code::INDIRECT_UINT => self.read_uint(),
            code::INT | code::INDIRECT_INT => match self.read_int().map(u64::try_from) {
                Some(Err(_)) => return Err(self.out_of_range(Kind::Uint.name())),
                value => value.and_then(Result::ok),
            },
            _ => None,
        }
        .ok_or_else(|| self.wrong(Kind::Uint.name()))
    }

    #[inline]
    fn int(self) -> Result<i64, Fault> {
        match self.kind() {
            Kind::Int => self.read_int(),
            Kind::Uint => match self.read_uint().map(i64::try_from) {
                Some(Err(_)) => return Err(self.out_of_range(Kind::Int.name())),
                value => value.and_then(Result::ok),
            },
            _ => None,
        }
        .ok_or_else(|| self.wrong(Kind::Int.name()))
    }

    fn float(self) -> Result<f64, Fault> {
        match (self.kind(), self.number_place()) {
            (Kind::Float, Some((at, width))) => read_float(self.buf(), at, width),
            _ => None,
        }
        .ok_or_else(|| self.wrong(Kind::Float.name()))
    }

    #[inline]
    fn text(self) -> Result<&'a str, Fault> {
        self.str().ok_or_else(|| self.wrong(Kind::Text.name()))
    }

    #[inline]
    fn as_text(self) -> Option<&'a str> {
        self.str()
    }

    #[inline]
    fn blob(self) -> Result<Bytes, Fault> {
        match (self.packed.code(), self.run()) {
            (code::BLOB, Some(run)) => Ok(self.share(run)),
            _ => Err(self.wrong(Kind::Blob.name())),
        }
    }

    fn octets(self) -> Result<Bytes, Fault> {
        let list = self.elements().ok_or_else(|| self.wrong("a list of bytes"))?;
        if let Some(run) = list.single_bytes() {
            return Ok(self.share(run));
        }
        self.charge(list.len())?;
        let byte = |node: Self| u8::try_from(node.uint()?).map_err(|_| node.out_of_range("a byte"));
        list.map(byte).collect::<Result<Vec<u8>, Fault>>().map(Bytes::from)
    }

    #[inline]
    fn list(self) -> Result<FlexList<'a>, Fault> {
        self.elements().ok_or_else(|| self.wrong(Kind::List.name()))
    }

    #[inline]
    fn map(self) -> Result<FlexMap<'a>, Fault> {
        self.fields().map(FlexMap)
    }

    #[inline]
    fn fields(self) -> Result<FlexFields<'a>, Fault> {
        self.entries().ok_or_else(|| self.wrong(Kind::Map.name()))
    }

    #[cold]
    fn fault(self, kind: FaultKind) -> Fault {
        Fault::at(kind, self.at)
    }

    /// An entry's key is written before its value, if the key is new to the buffer, and what the
    /// value refers to right behind. An entry of which neither is new leaves no trace in the buffer.
    fn written_order(self, key: &'a str) -> usize {
        let refers = matches!(self.kind(), Kind::Text | Kind::Blob | Kind::List | Kind::Map);
        let key_at = (key.as_ptr() as usize).saturating_sub(self.buf().as_ptr() as usize);
        self.target().filter(|_| refers).unwrap_or(key_at)
    }

    #[inline]
    fn charge(self, bytes: usize) -> Result<(), Fault> {
        match self.buffer.memory_left.get().checked_sub(bytes) {
            Some(left) => {
                self.buffer.memory_left.set(left);
                Ok(())
            }
            None => {
                let limit = memory_max(self.buf().len());
                Err(self.fault(FaultKind::TooMuch { what: "bytes of memory", limit }))
            }
        }
    }
}

/// The elements of a vector.
#[derive(Debug, Clone)]
pub struct FlexList<'a> {
    buffer: &'a FlexBuffer<'a>,
    /// Offset of the next element's slot.
    at: usize,
    width: Width,
    types: Types<'a>,
}

/// The types of the elements that are left.
#[derive(Debug, Clone)]
enum Types<'a> {
    Each(slice::Iter<'a, u8>),
    All { packed: Packed, len: usize },
}

impl<'a> FlexList<'a> {
    /// The elements as they are in the buffer, if each is one of its bytes.
    fn single_bytes(&self) -> Option<&'a [u8]> {
        let Types::All { packed, len } = self.types else { return None };
        if self.width != Width::ONE {
            return None;
        }
        let run = self.buffer.buf.get(self.at..)?.get(..len)?;
        match packed.code() {
            code::UINT => Some(run),
            code::INT => run.is_ascii().then_some(run),
            _ => None,
        }
    }
}

impl<'a> Iterator for FlexList<'a> {
    type Item = FlexNode<'a>;

    #[inline]
    fn next(&mut self) -> Option<FlexNode<'a>> {
        let packed = match &mut self.types {
            Types::Each(types) => Packed(*types.next()?),
            Types::All { packed, len } => {
                *len = len.checked_sub(1)?;
                *packed
            }
        };
        let node = FlexNode { buffer: self.buffer, at: self.at, slot: self.width, packed };
        self.at += self.width.bytes();
        Some(node)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = match &self.types {
            Types::Each(types) => types.len(),
            Types::All { len, .. } => *len,
        };
        (len, Some(len))
    }
}

impl ExactSizeIterator for FlexList<'_> {}

/// The entries of a map, in the order of the buffer: sorted by key, if its writer was honest.
#[derive(Debug, Clone)]
pub struct FlexMap<'a>(FlexFields<'a>);

impl<'a> Iterator for FlexMap<'a> {
    type Item = (&'a str, FlexNode<'a>);

    #[inline]
    fn next(&mut self) -> Option<(&'a str, FlexNode<'a>)> {
        self.0.next().map(|(name, value)| (name.text(), value))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

/// The entries of a map whose keys are names of fields.
#[derive(Debug, Clone)]
pub struct FlexFields<'a> {
    buffer: &'a FlexBuffer<'a>,
    /// Offset of the next key's slot.
    keys_at: usize,
    keys_width: Width,
    /// Offset of the next value's slot.
    at: usize,
    width: Width,
    /// The types of the values that are left.
    types: slice::Iter<'a, u8>,
}

impl<'a> Iterator for FlexFields<'a> {
    type Item = (FlexName<'a>, FlexNode<'a>);

    #[inline]
    fn next(&mut self) -> Option<(FlexName<'a>, FlexNode<'a>)> {
        let packed = Packed(*self.types.next()?);
        let buf = self.buffer.buf;
        let name = FlexName(buf.get(follow(buf, self.keys_at, self.keys_width)?..)?);
        let value = FlexNode { buffer: self.buffer, at: self.at, slot: self.width, packed };
        self.keys_at += self.keys_width.bytes();
        self.at += self.width.bytes();
        Some((name, value))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.types.size_hint()
    }
}

/// A key: the buffer from its first byte on, so that comparing it needs no search for its end.
#[derive(Debug, Clone, Copy)]
pub struct FlexName<'a>(&'a [u8]);

impl<'a> FlexName<'a> {
    #[inline]
    fn str(self) -> Option<&'a str> {
        str::from_utf8(self.0.get(..key_len(self.0)?)?).ok()
    }
}

impl<'a> Name<'a> for FlexName<'a> {
    #[inline]
    fn is(self, name: &str) -> bool {
        // No field has a NUL in its name, so the one behind it ends the key.
        self.0.get(name.len()) == Some(&0) && self.0.starts_with(name.as_bytes())
    }

    #[inline]
    fn text(self) -> &'a str {
        // Verified keys have an end, and are UTF-8.
        self.str().unwrap_or_default()
    }
}
