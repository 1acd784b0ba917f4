//! A tree of values as a flexbuffer, by the algorithm of 03 §3.2, step by step.
//!
//! No cache and no cleverness: every width is found by trying 1, 2, 4 and 8 bytes.

use std::collections::BTreeMap;

use super::flex_tree::Value;
use super::rules::{KeyWriting, MapOrder, Rules};

const NULL: u8 = 0;
const INT: u8 = 1;
const UINT: u8 = 2;
const FLOAT: u8 = 3;
const KEY: u8 = 4;
const STRING: u8 = 5;
const MAP: u8 = 9;
const VECTOR: u8 = 10;
const BLOB: u8 = 25;
const BOOL: u8 = 26;
const VECTOR_BOOL: u8 = 36;

/// The widths that a slot may have, in bytes.
const WIDTHS: [usize; 4] = [1, 2, 4, 8];

/// The buffer of a value.
pub fn encode(root: &Value, rules: &Rules) -> Vec<u8> {
    let mut builder =
        Builder { buffer: Vec::new(), keys: BTreeMap::new(), key_vectors: BTreeMap::new(), rules };
    let root = builder.value(root);
    builder.root(root)
}

/// A value, or a reference to one, that is to be put into a slot.
#[derive(Clone, Copy)]
struct Slot {
    code: u8,
    holds: Holds,
    /// The least width of an inline value; the width of the elements of what is referred to.
    width: usize,
}

#[derive(Clone, Copy)]
enum Holds {
    /// The value itself, as its eight bytes.
    Inline(u64),
    /// The offset in the buffer where it stands.
    Reference(usize),
}

/// What stands before the elements of a vector, each in a slot of its own.
enum Prefix {
    /// Nothing: the type says how long the vector is.
    None,
    /// The length.
    Length,
    /// The offset of the vector of keys, the width of its slots, and the length.
    Keys(Slot),
}

impl Prefix {
    const fn slots(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Length => 1,
            Self::Keys(_) => 3,
        }
    }
}

struct Builder<'a> {
    buffer: Vec<u8>,
    /// Where each key stands.
    keys: BTreeMap<String, usize>,
    /// The vectors of keys, by the places of their keys.
    key_vectors: BTreeMap<Vec<usize>, Slot>,
    rules: &'a Rules,
}

impl Builder<'_> {
    /// Writes what of a value does not go into its slot.
    fn value(&mut self, value: &Value) -> Slot {
        let inline = |code, bits, width| Slot { code, holds: Holds::Inline(bits), width };
        match value {
            Value::Null => inline(NULL, 0, 1),
            Value::Bool(value) => inline(BOOL, u64::from(*value), 1),
            Value::Uint(value) => inline(UINT, *value, width_of(*value)),
            Value::Int(value) => inline(INT, value.cast_unsigned(), signed_width_of(*value)),
            Value::Float(value) => inline(FLOAT, value.to_bits(), float_width_of(*value)),
            Value::Text(text) => self.string(STRING, text.as_bytes()),
            Value::Blob(bytes) => self.string(BLOB, bytes),
            Value::List(elements) => {
                let slots: Vec<Slot> = elements.iter().map(|element| self.value(element)).collect();
                self.list(&slots)
            }
            Value::Map(entries) => self.map(entries),
        }
    }

    /// Length, bytes, and NUL behind text.
    fn string(&mut self, code: u8, bytes: &[u8]) -> Slot {
        let len = bytes.len() as u64;
        let width = width_of(len);
        self.align(width);
        self.number(len, width);
        let holds = Holds::Reference(self.buffer.len());
        self.buffer.extend_from_slice(bytes);
        if code == STRING {
            self.buffer.push(0);
        }
        Slot { code, holds, width }
    }

    fn key(&mut self, key: &str) -> usize {
        if let Some(&at) = self.keys.get(key).filter(|_| self.rules.pools_keys) {
            return at;
        }
        let at = self.buffer.len();
        self.buffer.extend_from_slice(key.as_bytes());
        self.buffer.push(0);
        self.keys.insert(key.to_owned(), at);
        at
    }

    /// A vector of values; typed if all are of one kind that has such vectors.
    fn list(&mut self, slots: &[Slot]) -> Slot {
        let kind = slots.first().map(|slot| slot.code);
        let kind = kind.filter(|code| slots.iter().all(|slot| slot.code == *code));
        match kind {
            Some(code @ (INT | UINT | FLOAT))
                if self.rules.has_fixed_vectors && (2..=4).contains(&slots.len()) =>
            {
                let fixed = 16 + 3 * (slots.len() as u8 - 2) + (code - INT);
                self.vector(fixed, Prefix::None, slots, false)
            }
            Some(code @ (INT | UINT | FLOAT | KEY)) => {
                self.vector(VECTOR + code, Prefix::Length, slots, false)
            }
            Some(BOOL) => self.vector(VECTOR_BOOL, Prefix::Length, slots, false),
            _ => self.vector(VECTOR, Prefix::Length, slots, true),
        }
    }

    /// Keys are written when their field is visited, before its value; entries are sorted when all
    /// are there.
    fn map(&mut self, entries: &[(String, Value)]) -> Slot {
        let mut visited: Vec<&(String, Value)> = entries.iter().collect();
        if self.rules.key_writing == KeyWriting::Sorted {
            visited.sort_by_key(|(key, _)| key);
        }
        let mut written: Vec<(&str, usize, Slot)> = Vec::new();
        for (key, value) in visited {
            let at = self.key(key);
            written.push((key, at, self.value(value)));
        }
        match self.rules.map_order {
            MapOrder::Bytes => written.sort_by_key(|(key, ..)| *key),
            MapOrder::LengthThenBytes => written.sort_by_key(|(key, ..)| (key.len(), *key)),
        }
        let places: Vec<usize> = written.iter().map(|(_, at, _)| *at).collect();
        let values: Vec<Slot> = written.iter().map(|(.., value)| *value).collect();
        let keys = self.key_vector(places);
        self.vector(MAP, Prefix::Keys(keys), &values, true)
    }

    fn key_vector(&mut self, places: Vec<usize>) -> Slot {
        if let Some(&vector) = self.key_vectors.get(&places)
            && self.rules.shares_key_vectors
        {
            return vector;
        }
        let key = |&at: &usize| Slot { code: KEY, holds: Holds::Reference(at), width: 1 };
        let keys: Vec<Slot> = places.iter().map(key).collect();
        let vector = self.vector(VECTOR + KEY, Prefix::Length, &keys, false);
        self.key_vectors.insert(places, vector);
        vector
    }

    /// Prefix, slots and, where the type of the vector does not say it, the type of each slot.
    fn vector(&mut self, code: u8, prefix: Prefix, slots: &[Slot], has_types: bool) -> Slot {
        let width = self.width_for(&prefix, slots);
        self.align(width);
        if let Prefix::Keys(keys) = &prefix {
            self.slot(*keys, width);
            self.number(keys.width as u64, width);
        }
        if prefix.slots() > 0 {
            self.number(slots.len() as u64, width);
        }
        let holds = Holds::Reference(self.buffer.len());
        for slot in slots {
            self.slot(*slot, width);
        }
        if has_types {
            for slot in slots {
                self.buffer.push(packed_type(*slot, width));
            }
        }
        Slot { code, holds, width }
    }

    /// The root is one more slot, followed by its type and its width.
    fn root(mut self, root: Slot) -> Vec<u8> {
        let width = self.width_for(&Prefix::None, &[root]);
        self.align(width);
        self.slot(root, width);
        self.buffer.push(packed_type(root, width));
        self.buffer.push(width as u8);
        self.buffer
    }

    /// The least width at which everything in a vector fits that is about to be written.
    fn width_for(&self, prefix: &Prefix, slots: &[Slot]) -> usize {
        let fits = |width: &usize| {
            let start = self.buffer.len().next_multiple_of(*width);
            let fits_at = |index: usize, slot: &Slot| match slot.holds {
                Holds::Inline(_) => slot.width <= *width,
                Holds::Reference(target) => {
                    let offset = (start + index * width).saturating_sub(target);
                    width_of(offset as u64) <= *width
                }
            };
            let fits_before = match prefix {
                Prefix::None => true,
                Prefix::Length => width_of(slots.len() as u64) <= *width,
                Prefix::Keys(keys) => width_of(slots.len() as u64) <= *width && fits_at(0, keys),
            };
            let mut elements = (prefix.slots()..).zip(slots);
            fits_before && elements.all(|(index, slot)| fits_at(index, slot))
        };
        WIDTHS.into_iter().find(fits).unwrap_or(8)
    }

    /// Writes a slot at the end of the buffer.
    fn slot(&mut self, slot: Slot, width: usize) {
        match slot.holds {
            Holds::Inline(bits) if slot.code == FLOAT && width == 4 => {
                let single = f64::from_bits(bits) as f32;
                self.number(u64::from(single.to_bits()), width);
            }
            Holds::Inline(bits) => self.number(bits, width),
            Holds::Reference(target) => {
                self.number(self.buffer.len().saturating_sub(target) as u64, width);
            }
        }
    }

    /// Writes a number with so many bytes, the lowest first.
    fn number(&mut self, number: u64, width: usize) {
        self.buffer.extend(number.to_le_bytes().iter().take(width));
    }

    /// Fills up with zeros to a multiple of the width.
    fn align(&mut self, width: usize) {
        self.buffer.resize(self.buffer.len().next_multiple_of(width), 0);
    }
}

/// The type of a slot with its width: of what it refers to, or of itself.
fn packed_type(slot: Slot, slot_width: usize) -> u8 {
    let width = match slot.holds {
        Holds::Inline(_) => slot.width.max(slot_width),
        Holds::Reference(_) => slot.width,
    };
    slot.code << 2 | width.trailing_zeros() as u8
}

fn width_of(number: u64) -> usize {
    WIDTHS.into_iter().find(|width| number >> (8 * width - 1) >> 1 == 0).unwrap_or(8)
}

fn signed_width_of(number: i64) -> usize {
    let fits = |width: &usize| {
        let sign = number >> (8 * width - 1);
        sign == 0 || sign == -1
    };
    WIDTHS.into_iter().find(fits).unwrap_or(8)
}

/// There are floats of four and of eight bytes.
fn float_width_of(number: f64) -> usize {
    if f64::from(number as f32).to_bits() == number.to_bits() { 4 } else { 8 }
}
