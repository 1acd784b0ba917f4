//! The elements and entries of verified vectors and maps.

use std::slice;

use super::layout::{Packed, Width, code, follow, key_len};
use super::reader::{FlexBuffer, FlexNode};
use crate::codec::tree::Name;

/// The elements of a vector.
#[derive(Debug, Clone)]
pub struct FlexList<'a> {
    pub(super) buffer: &'a FlexBuffer<'a>,
    /// Offset of the next element's slot.
    pub(super) at: usize,
    pub(super) width: Width,
    pub(super) types: Types<'a>,
}

/// The types of the elements that are left.
#[derive(Debug, Clone)]
pub(super) enum Types<'a> {
    Each(slice::Iter<'a, u8>),
    All { packed: Packed, len: usize },
}

impl<'a> FlexList<'a> {
    /// The elements as they are in the buffer, if each is one of its bytes.
    pub(super) fn single_bytes(&self) -> Option<&'a [u8]> {
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
        let node = FlexNode::new(self.buffer, self.at, self.width, packed);
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

impl<'a> FlexMap<'a> {
    #[inline]
    pub(super) fn new(fields: FlexFields<'a>) -> Self {
        Self(fields)
    }
}

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
    pub(super) buffer: &'a FlexBuffer<'a>,
    /// Offset of the next key's slot.
    pub(super) keys_at: usize,
    pub(super) keys_width: Width,
    /// Offset of the next value's slot.
    pub(super) at: usize,
    pub(super) width: Width,
    /// The types of the values that are left.
    pub(super) types: slice::Iter<'a, u8>,
}

impl<'a> Iterator for FlexFields<'a> {
    type Item = (FlexName<'a>, FlexNode<'a>);

    #[inline]
    fn next(&mut self) -> Option<(FlexName<'a>, FlexNode<'a>)> {
        let packed = Packed(*self.types.next()?);
        let buf = self.buffer.buf;
        let name = FlexName::new(buf.get(follow(buf, self.keys_at, self.keys_width)?..)?);
        let value = FlexNode::new(self.buffer, self.at, self.width, packed);
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
pub struct FlexName<'a> {
    rest: &'a [u8],
    /// Its first eight bytes, with what comes behind its end.
    head: u64,
}

impl<'a> FlexName<'a> {
    #[inline]
    pub(super) fn new(rest: &'a [u8]) -> Self {
        Self { rest, head: head(rest) }
    }

    #[inline]
    pub(super) fn str(self) -> Option<&'a str> {
        str::from_utf8(self.rest.get(..key_len(self.rest)?)?).ok()
    }
}

/// The first eight bytes, or as many as there are and zeros.
#[inline]
fn head(bytes: &[u8]) -> u64 {
    match bytes.first_chunk() {
        Some(head) => u64::from_le_bytes(*head),
        None => bytes.iter().rev().fold(0, |head, &byte| head << 8 | u64::from(byte)),
    }
}

impl<'a> Name<'a> for FlexName<'a> {
    /// Names are constants, of which one comparison of words remains.
    #[inline]
    fn is(self, name: &str) -> bool {
        // No field has a NUL in its name, so the one behind it ends the key.
        match name.len() {
            len @ 0..8 => self.head << (56 - 8 * len) == head(name.as_bytes()) << (56 - 8 * len),
            len => {
                self.head == head(name.as_bytes())
                    && self.rest.get(len) == Some(&0)
                    && self.rest.starts_with(name.as_bytes())
            }
        }
    }

    #[inline]
    fn text(self) -> &'a str {
        // Verified keys have an end, and are UTF-8.
        self.str().unwrap_or_default()
    }
}
