//! Reads verified flexbuffers.
//!
//! [`FlexBuffer::verified`] is the only way to a [`FlexNode`], so every node lies in the buffer.
//! Reads are checked all the same: what the verifier should have refused becomes a fault, not a
//! panic.

use std::cell::Cell;

use bytes::Bytes;

use super::entries::{FlexFields, FlexList, FlexMap, FlexName, Types};
use super::layout::{
    Packed, VectorForm, Width, code, follow, length_before, read_float, read_int, read_uint,
};
use super::verify::{Budgets, Root, verify};
use crate::codec::fault::{Fault, FaultKind};
use crate::codec::tree::{Form, Kind, Node};
use crate::limits::{INPUT_LEN_MAX, MEMORY_FLOOR, MEMORY_PER_BYTE};

/// A verified flexbuffer, and the memory that reading it may still take.
#[derive(Debug)]
pub struct FlexBuffer<'a> {
    bytes: &'a Bytes,
    /// The same, one step nearer.
    pub(super) buf: &'a [u8],
    root: Root,
    memory_left: Cell<usize>,
}

impl<'a> FlexBuffer<'a> {
    /// Verifies `bytes` within the budgets for their length.
    ///
    /// # Errors
    ///
    /// Those of [`verify`].
    #[inline]
    pub fn verified(bytes: &'a Bytes) -> Result<Self, Fault> {
        let buf: &[u8] = bytes;
        verify(buf, Budgets::of_len(buf.len()))?;
        Ok(Self {
            bytes,
            buf,
            root: Root::find(buf)?,
            memory_left: Cell::new(memory_max(bytes.len())),
        })
    }

    /// The value that the buffer holds.
    #[inline]
    pub fn root(&self) -> FlexNode<'_> {
        let Root { at, slot, packed } = self.root;
        FlexNode::new(self, at, slot, packed)
    }
}

fn memory_max(len: usize) -> usize {
    len.saturating_mul(MEMORY_PER_BYTE).saturating_add(MEMORY_FLOOR)
}

/// A value in a [`FlexBuffer`].
#[derive(Debug, Clone, Copy)]
pub struct FlexNode<'a> {
    buffer: &'a FlexBuffer<'a>,
    /// Offset of its slot. 32 bits are enough for [`INPUT_LEN_MAX`], and keep nodes small enough
    /// to be passed in registers.
    at: u32,
    /// Width of its slot.
    slot: Width,
    packed: Packed,
}

const _: () = assert!(INPUT_LEN_MAX <= u32::MAX as usize);

impl<'a> FlexNode<'a> {
    #[inline]
    pub(super) fn new(buffer: &'a FlexBuffer<'a>, at: usize, slot: Width, packed: Packed) -> Self {
        Self { buffer, at: at as u32, slot, packed }
    }

    /// Offset of its slot.
    #[inline]
    fn at(self) -> usize {
        self.at as usize
    }

    #[inline]
    fn buf(self) -> &'a [u8] {
        self.buffer.buf
    }

    /// Offset of what the slot refers to.
    #[inline]
    fn target(self) -> Option<usize> {
        follow(self.buf(), self.at(), self.slot)
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
            code::KEY => FlexName::new(self.buf().get(self.target()?..)?).str(),
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
            _ => Some((self.at(), self.slot)),
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

    #[inline(always)]
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

    #[inline(always)]
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

    /// An unsigned number that is not written as such in its slot, as all that we write are.
    #[cold]
    fn uint_of_other(self) -> Result<u64, Fault> {
        match self.packed.code() {
            code::INDIRECT_UINT => self.read_uint(),
            code::INT | code::INDIRECT_INT => match self.read_int().map(u64::try_from) {
                Some(Err(_)) => return Err(self.out_of_range(Kind::Uint.name())),
                value => value.and_then(Result::ok),
            },
            _ => None,
        }
        .ok_or_else(|| self.wrong(Kind::Uint.name()))
    }

    /// Text that is written as a blob, as none that we write is (07 §4).
    #[cold]
    fn text_of_blob(self) -> Result<&'a str, Fault> {
        match (self.packed.code(), self.run()) {
            (code::BLOB, Some(run)) => {
                str::from_utf8(run).map_err(|_| self.fault(FaultKind::NotUtf8))
            }
            _ => Err(self.wrong(Kind::Text.name())),
        }
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
        if self.packed.code() == code::UINT
            && let Some(value) = read_uint(self.buf(), self.at(), self.slot)
        {
            return Ok(value);
        }
        self.uint_of_other()
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
        match self.str() {
            Some(text) => Ok(text),
            None => self.text_of_blob(),
        }
    }

    #[inline]
    fn variant_name(self) -> Option<&'a str> {
        if self.packed.code() == code::STRING { self.str() } else { None }
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

    #[inline(always)]
    fn list(self) -> Result<FlexList<'a>, Fault> {
        self.elements().ok_or_else(|| self.wrong(Kind::List.name()))
    }

    #[inline(always)]
    fn map(self) -> Result<FlexMap<'a>, Fault> {
        self.fields().map(FlexMap::new)
    }

    #[inline(always)]
    fn fields(self) -> Result<FlexFields<'a>, Fault> {
        self.entries().ok_or_else(|| self.wrong(Kind::Map.name()))
    }

    #[cold]
    fn fault(self, kind: FaultKind) -> Fault {
        Fault::at(kind, self.at())
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
