//! Reading keys and values within the bounds of a message.

use std::slice;

use bytes::Bytes;

use super::super::fault::{Fault, FaultKind};
use super::WireType;
use super::varint::{self, Unreadable};
use crate::limits::{MEMORY_FLOOR, MEMORY_PER_BYTE};

/// What is left of the message that is being read.
///
/// The message types are not recursive and unknown fields are skipped in one step, so nesting needs
/// no bound of its own.
pub struct Reader<'a> {
    input: &'a Bytes,
    /// What is left of the message: a part of the input, with its place in it. Of an iterator, one
    /// word moves with what is read, of a slice two.
    rest: slice::Iter<'a, u8>,
    /// Bytes of memory that list elements may still take.
    memory_left: usize,
}

impl<'a> Reader<'a> {
    /// A reader of a message that fills the input.
    pub fn new(input: &'a Bytes) -> Self {
        Self { input, rest: input.iter(), memory_left: memory_max(input.len()) }
    }

    /// The next field's wire type; none at the end of the message. `tag` is that of the field
    /// before, 0 at first, and becomes its own.
    #[inline(always)]
    pub fn key(&mut self, tag: &mut u32) -> Result<Option<WireType>, Fault> {
        let mut rest = self.rest.clone();
        let Some(&key) = rest.next() else { return Ok(None) };
        let (own, wire) = match tag.checked_add(u32::from(key >> 2)) {
            Some(own) if key < 0x80 => {
                self.rest = rest;
                (own, WireType::of_key(key.into()))
            }
            // Not by reference, which would keep the tag out of registers.
            _ => self.long_key(*tag)?,
        };
        *tag = own;
        Ok(Some(wire))
    }

    #[inline(never)]
    fn long_key(&mut self, tag: u32) -> Result<(u32, WireType), Fault> {
        let before = self.rest.clone();
        let key = self.varint("a key")?;
        match u32::try_from(key >> 2).ok().and_then(|delta| tag.checked_add(delta)) {
            Some(own) => Ok((own, WireType::of_key(key))),
            None => {
                self.rest = before;
                Err(self.fault(FaultKind::OutOfRange { what: "a tag" }))
            }
        }
    }

    /// A number in four bytes.
    pub fn fixed32(&mut self) -> Result<u32, Fault> {
        let bytes = self.take(4)?.try_into().unwrap_or_default();
        Ok(u32::from_le_bytes(bytes))
    }

    /// A number in eight bytes.
    pub fn fixed64(&mut self) -> Result<u64, Fault> {
        let bytes = self.take(8)?.try_into().unwrap_or_default();
        Ok(u64::from_le_bytes(bytes))
    }

    /// Passes over a field that this release does not know.
    pub fn skip(&mut self, wire: WireType) -> Result<(), Fault> {
        match wire {
            WireType::Varint => self.varint("an unknown number").map(drop),
            WireType::LengthDelimited => self.slice().map(drop),
            WireType::Fixed32 => self.take(4).map(drop),
            WireType::Fixed64 => self.take(8).map(drop),
        }
    }

    /// Checks the wire type of a field that is about to be read.
    #[inline(always)]
    pub fn expect(&self, expected: WireType, found: WireType) -> Result<(), Fault> {
        if expected == found { Ok(()) } else { Err(self.wrong_type(expected, found)) }
    }

    #[cold]
    fn wrong_type(&self, expected: WireType, found: WireType) -> Fault {
        self.fault(FaultKind::WrongType { expected: expected.name(), found: found.name() })
    }

    /// Reads a number; `what` names it in the error.
    #[inline(always)]
    pub fn varint(&mut self, what: &'static str) -> Result<u64, Fault> {
        let mut rest = self.rest.clone();
        if let Some(&byte) = rest.next()
            && byte < 0x80
        {
            self.rest = rest;
            return Ok(u64::from(byte));
        }
        // The result of the longer way is looked at here: that of one byte, the usual one, needs no look.
        let value = self.long_varint(what)?;
        Ok(value)
    }

    #[inline(never)]
    fn long_varint(&mut self, what: &'static str) -> Result<u64, Fault> {
        let mut rest = self.rest.clone();
        if let (Some(&first), Some(&second)) = (rest.next(), rest.next())
            && second < 0x80
        {
            self.rest = rest;
            return Ok(u64::from(first) + (u64::from(second) << 7));
        }
        match varint::read_long(self.rest.as_slice()) {
            Ok((value, rest)) => {
                self.rest = rest.iter();
                Ok(value)
            }
            Err(unreadable) => Err(self.unreadable(what, unreadable)),
        }
    }

    #[cold]
    #[inline(never)]
    fn unreadable(&self, what: &'static str, unreadable: Unreadable) -> Fault {
        self.fault(match unreadable {
            Unreadable::Truncated => FaultKind::Truncated { what },
            Unreadable::Overflow => FaultKind::OutOfRange { what },
        })
    }

    /// Reads the length of a value and its bytes, without copying them.
    #[inline(always)]
    pub fn bytes(&mut self) -> Result<Bytes, Fault> {
        let len = self.slice()?.len();
        let end = self.position();
        Ok(self.input.slice(end - len..end))
    }

    /// Reads the length of a value and looks at its bytes.
    #[inline(always)]
    pub fn slice(&mut self) -> Result<&'a [u8], Fault> {
        let len = self.varint("a length")?;
        match usize::try_from(len) {
            Ok(len) => self.take(len),
            Err(_) => Err(self.fault(FaultKind::Truncated { what: "a value" })),
        }
    }

    /// Reads a value with its length in front, which must be used up exactly.
    #[inline(always)]
    pub fn delimited<T>(
        &mut self,
        value: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let inner = self.slice()?;
        let outer = std::mem::replace(&mut self.rest, inner.iter());
        // Who has met a fault reads no further.
        let value = value(self)?;
        if !self.is_at_end() {
            return Err(self.fault(FaultKind::Trailing { count: self.rest.len() }));
        }
        self.rest = outer;
        Ok(value)
    }

    /// Whether the message, or delimited value, is used up.
    #[inline(always)]
    pub fn is_at_end(&self) -> bool {
        self.rest.len() == 0
    }

    /// A fault at this position.
    #[cold]
    pub fn fault(&self, kind: FaultKind) -> Fault {
        Fault::at(kind, self.position())
    }

    /// A fault in what was read last, at where it begins.
    #[cold]
    pub fn fault_in(&self, last: &[u8], kind: FaultKind) -> Fault {
        Fault::at(kind, self.position().saturating_sub(last.len()))
    }

    /// Accounts for the memory of a list element.
    #[inline(always)]
    pub fn charge(&mut self, bytes: usize) -> Result<(), Fault> {
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
        self.rest.as_slice().as_ptr() as usize - self.input.as_ptr() as usize
    }

    #[inline(always)]
    fn take(&mut self, len: usize) -> Result<&'a [u8], Fault> {
        match self.rest.as_slice().split_at_checked(len) {
            Some((bytes, rest)) => {
                self.rest = rest.iter();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_ends_within_its_message() {
        for len in 1..9 {
            let mut input = vec![len];
            input.extend(vec![0x80; usize::from(len)]);
            // What follows the message would end the number.
            input.extend([0x01; 9]);
            let input = Bytes::from(input);
            let fault = Reader::new(&input).delimited(|reader| reader.varint("a number"));
            let fault = fault.unwrap_err();
            assert_eq!(fault.kind(), &FaultKind::Truncated { what: "a number" }, "{len}");
            assert_eq!(fault.place().offset(), Some(1), "{len}");
        }
    }
}
