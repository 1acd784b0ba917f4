//! Reading keys and values within the bounds of a message.

use bytes::Bytes;

use super::super::fault::{Fault, FaultKind};
use super::WireType;
use super::varint::{self, Unreadable};
use crate::limits::{MEMORY_FLOOR, MEMORY_PER_BYTE};

/// What is left of the message that is being read.
///
/// The message types are not recursive and unknown fields are skipped in one step, so nesting needs
/// no bound of its own.
pub(crate) struct Reader<'a> {
    input: &'a Bytes,
    /// What is left of the message.
    rest: &'a [u8],
    /// Where the message ends in the input.
    end: usize,
    /// Tag of the field before.
    tag: u32,
    /// Bytes of memory that list elements may still take.
    memory_left: usize,
}

impl<'a> Reader<'a> {
    /// A reader of a message that fills the input.
    pub(crate) fn new(input: &'a Bytes) -> Self {
        let memory_left = memory_max(input.len());
        Self { input, rest: input, end: input.len(), tag: 0, memory_left }
    }

    /// The next field's tag and wire type; none at the end of the message.
    #[inline(always)]
    pub(crate) fn key(&mut self) -> Result<Option<(u32, WireType)>, Fault> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let start = self.position();
        let key = self.varint("a key")?;
        let tag = u32::try_from(key >> 2).ok().and_then(|delta| self.tag.checked_add(delta));
        match tag {
            Some(tag) => {
                self.tag = tag;
                Ok(Some((tag, WireType::of_key(key))))
            }
            None => Err(Fault::at(FaultKind::OutOfRange { what: "a tag" }, start)),
        }
    }

    /// A number in four bytes.
    pub(crate) fn fixed32(&mut self) -> Result<u32, Fault> {
        let bytes = self.take(4)?.try_into().unwrap_or_default();
        Ok(u32::from_le_bytes(bytes))
    }

    /// A number in eight bytes.
    pub(crate) fn fixed64(&mut self) -> Result<u64, Fault> {
        let bytes = self.take(8)?.try_into().unwrap_or_default();
        Ok(u64::from_le_bytes(bytes))
    }

    /// Passes over a field that this release does not know.
    pub(crate) fn skip(&mut self, wire: WireType) -> Result<(), Fault> {
        match wire {
            WireType::Varint => self.varint("an unknown number").map(drop),
            WireType::LengthDelimited => self.slice().map(drop),
            WireType::Fixed32 => self.take(4).map(drop),
            WireType::Fixed64 => self.take(8).map(drop),
        }
    }

    /// Checks the wire type of a field that is about to be read.
    #[inline(always)]
    pub(crate) fn expect(&self, expected: WireType, found: WireType) -> Result<(), Fault> {
        if expected == found { Ok(()) } else { Err(self.wrong_type(expected, found)) }
    }

    #[cold]
    fn wrong_type(&self, expected: WireType, found: WireType) -> Fault {
        self.fault(FaultKind::WrongType { expected: expected.name(), found: found.name() })
    }

    /// Reads a number; `what` names it in the error.
    #[inline(always)]
    pub(crate) fn varint(&mut self, what: &'static str) -> Result<u64, Fault> {
        match varint::read(self.rest) {
            Ok((value, rest)) => {
                self.rest = rest;
                Ok(value)
            }
            Err(unreadable) => Err(self.unreadable(unreadable, what)),
        }
    }

    #[cold]
    fn unreadable(&self, unreadable: Unreadable, what: &'static str) -> Fault {
        self.fault(match unreadable {
            Unreadable::Truncated => FaultKind::Truncated { what },
            Unreadable::Overflow => FaultKind::OutOfRange { what },
        })
    }

    /// Reads the length of a value and its bytes, without copying them.
    #[inline(always)]
    pub(crate) fn bytes(&mut self) -> Result<Bytes, Fault> {
        let len = self.slice()?.len();
        let end = self.position();
        Ok(self.input.slice(end - len..end))
    }

    /// Reads the length of a value and looks at its bytes.
    #[inline(always)]
    pub(crate) fn slice(&mut self) -> Result<&'a [u8], Fault> {
        let len = self.varint("a length")?;
        match usize::try_from(len) {
            Ok(len) => self.take(len),
            Err(_) => Err(self.fault(FaultKind::Truncated { what: "a value" })),
        }
    }

    /// Reads a value with its length in front, which must be used up exactly.
    #[inline(always)]
    pub(crate) fn delimited<T>(
        &mut self,
        value: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let inner = self.slice()?;
        let (outer_rest, outer_end, outer_tag) = (self.rest, self.end, self.tag);
        self.end = self.position();
        self.rest = inner;
        self.tag = 0;
        let result = value(self);
        if result.is_ok() && !self.is_at_end() {
            return Err(self.fault(FaultKind::Trailing { count: self.rest.len() }));
        }
        (self.rest, self.end, self.tag) = (outer_rest, outer_end, outer_tag);
        result
    }

    /// Whether the message, or delimited value, is used up.
    #[inline(always)]
    pub(crate) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// A fault at this position.
    #[cold]
    pub(crate) fn fault(&self, kind: FaultKind) -> Fault {
        Fault::at(kind, self.position())
    }

    /// Accounts for the memory of a list element.
    #[inline(always)]
    pub(crate) fn charge(&mut self, bytes: usize) -> Result<(), Fault> {
        match self.memory_left.checked_sub(bytes) {
            Some(left) => {
                self.memory_left = left;
                Ok(())
            }
            None => {
                let limit = memory_max(self.input.len());
                Err(self.fault(FaultKind::TooMuch { what: "bytes of memory", limit }))
            }
        }
    }

    /// Where the reader stands in the input.
    #[inline]
    fn position(&self) -> usize {
        self.end - self.rest.len()
    }

    #[inline(always)]
    fn take(&mut self, len: usize) -> Result<&'a [u8], Fault> {
        match self.rest.split_at_checked(len) {
            Some((bytes, rest)) => {
                self.rest = rest;
                Ok(bytes)
            }
            None => Err(self.fault(FaultKind::Truncated { what: "a value" })),
        }
    }
}

/// Memory that the lists of a value may take, for an input of this length.
fn memory_max(input_len: usize) -> usize {
    MEMORY_FLOOR.saturating_add(input_len.saturating_mul(MEMORY_PER_BYTE))
}
