//! What bytes are: their role and, if they hold one, their value. Data first; the words for them
//! are below.

use std::fmt;

use crate::codec::fault::FaultKind;
use crate::codec::flex::layout::{Packed, VectorForm, Width, code};
use crate::codec::flex::layout::{read_float, read_int, read_uint};

/// Elements of a list of numbers that are spelled; of a longer list the rest is left out.
const NUMBERS_SPELLED_MAX: usize = 16;

/// How protobuf or bilrost delimit a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// A number in groups of seven bits.
    Varint,
    /// A length and so many bytes.
    Delimited,
    /// Four bytes.
    Fixed32,
    /// Eight bytes.
    Fixed64,
    /// Fields up to an end mark; protobuf only.
    Group,
}

/// The key in front of a field: its tag, in bilrost the absolute one, and its wire type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The tag.
    pub tag: u32,
    /// The wire type.
    pub wire: Wire,
}

/// A value, as far as the format tells. Positions are offsets in the annotated bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number.
    Uint(u64),
    /// A signed number.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// A variant by its name.
    Name(&'static str),
    /// A number of an enum that has no name for it.
    Unnamed(i32),
    /// Text: where it begins, and its length.
    Text {
        /// Offset.
        at: usize,
        /// Length in bytes.
        len: usize,
    },
    /// So many bytes without a meaning of their own.
    Bytes(usize),
    /// Numbers of one type, one after the other.
    Numbers {
        /// Offset of the first.
        at: usize,
        /// How many.
        len: usize,
        /// The flexbuffers type byte of each.
        packed: u8,
    },
}

/// The role of the bytes of a span.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum What {
    /// A value with all that belongs to it: key and length in protobuf and bilrost, length and NUL
    /// in flexbuffers.
    Value {
        /// The key, if there is one.
        key: Option<Key>,
        /// The value.
        value: Value,
    },
    /// Key and length of a value whose parts follow as spans of their own.
    Open {
        /// The key, if there is one.
        key: Option<Key>,
        /// Length of the parts in bytes.
        len: usize,
    },
    /// A field that the message does not have.
    Unknown {
        /// Its key.
        key: Key,
        /// What can be told of its value.
        value: Value,
    },
    /// A slot that refers to a value.
    Reference {
        /// Offset of the value.
        to: usize,
        /// The flexbuffers type byte of the value.
        packed: u8,
    },
    /// The type byte of an element.
    Type(u8),
    /// The number of elements.
    Length(u64),
    /// A slot that refers to the keys of a map.
    KeysReference {
        /// Offset of the first slot of the keys.
        to: usize,
    },
    /// The width of the slots of the keys of a map, in bytes.
    KeysWidth(u64),
    /// A slot that refers to a key.
    KeyReference {
        /// Offset of the key.
        to: usize,
    },
    /// A key and its NUL.
    KeyText {
        /// Offset of the key.
        at: usize,
        /// Its length without the NUL.
        len: usize,
    },
    /// The type byte of the root.
    RootType(u8),
    /// The width of the root's slot, in bytes.
    RootWidth(u8),
    /// More of a value that shares its first bytes with another.
    Continued,
    /// Zeros that align what follows.
    Padding,
    /// Bytes that nothing refers to.
    Unreferenced,
    /// Bytes that were not read, because of a fault before.
    Unread,
}

impl Wire {
    /// What renderings call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Varint => "varint",
            Self::Delimited => "delimited",
            Self::Fixed32 => "fixed32",
            Self::Fixed64 => "fixed64",
            Self::Group => "group",
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tag {}, {}", self.tag, self.wire.name())
    }
}

impl Value {
    /// The value in words; long ones as an excerpt with their length.
    pub(super) fn words(self, bytes: &[u8]) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Uint(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Float(value) => format!("{value:?}"),
            Self::Name(name) => name.to_owned(),
            Self::Unnamed(number) => format!("{number} (no such name)"),
            Self::Text { at, len } => text(bytes, at, len),
            Self::Bytes(len) => count(len, "byte"),
            Self::Numbers { at, len, packed } => numbers(bytes, at, len, Packed(packed)),
        }
    }
}

impl What {
    /// The value, if the bytes hold one.
    pub fn value(self) -> Option<Value> {
        match self {
            Self::Value { value, .. } => Some(value),
            _ => None,
        }
    }

    /// The role in words, beside the value; empty if there is nothing to add to it.
    pub(super) fn words(self, bytes: &[u8]) -> String {
        match self {
            Self::Value { key: Some(key), .. } => key.to_string(),
            Self::Value { key: None, .. } => String::new(),
            Self::Open { key: Some(key), len } => format!("{key}, {}", count(len, "byte")),
            Self::Open { key: None, len } => count(len, "byte"),
            Self::Unknown { key, value } => format!("unknown {key}: {}", value.words(bytes)),
            Self::Reference { to, packed } => format!("-> {to:04} {}", kind(Packed(packed))),
            Self::Type(packed) => format!("type {}", type_words(Packed(packed))),
            Self::Length(len) => format!("length {len}"),
            Self::KeysReference { to } => format!("-> {to:04} keys"),
            Self::KeysWidth(width) => format!("width of keys {width}"),
            Self::KeyReference { to } => format!("-> {to:04} key"),
            Self::KeyText { at, len } => format!("key {}", text(bytes, at, len)),
            Self::RootType(packed) => format!("root type {}", type_words(Packed(packed))),
            Self::RootWidth(width) => format!("root width {width}"),
            Self::Continued => "continued".to_owned(),
            Self::Padding => "padding".to_owned(),
            Self::Unreferenced => "unreferenced".to_owned(),
            Self::Unread => "not read".to_owned(),
        }
    }
}

pub(super) fn count(count: usize, unit: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

/// Quoted text, or an excerpt of it.
fn text(bytes: &[u8], at: usize, len: usize) -> String {
    let bytes = bytes.get(at..).and_then(|rest| rest.get(..len)).unwrap_or_default();
    let all = String::from_utf8_lossy(bytes);
    let excerpt = FaultKind::excerpt(&all);
    if excerpt.len() == all.len() {
        format!("{excerpt:?}")
    } else {
        format!("{excerpt:?}… of {}", count(len, "byte"))
    }
}

/// The name of a type and, where it says more than that, its width.
fn type_words(packed: Packed) -> String {
    match packed.code() {
        code::NULL | code::BOOL | code::KEY => kind(packed).to_owned(),
        _ => format!("{}, width {}", kind(packed), packed.width().bytes()),
    }
}

/// The name of a type (03 §3.2).
fn kind(packed: Packed) -> &'static str {
    const NAMES: [&str; 27] = [
        "Null",
        "Int",
        "UInt",
        "Float",
        "Key",
        "String",
        "IndirectInt",
        "IndirectUInt",
        "IndirectFloat",
        "Map",
        "Vector",
        "VectorInt",
        "VectorUInt",
        "VectorFloat",
        "VectorKey",
        "VectorString",
        "VectorInt2",
        "VectorUInt2",
        "VectorFloat2",
        "VectorInt3",
        "VectorUInt3",
        "VectorFloat3",
        "VectorInt4",
        "VectorUInt4",
        "VectorFloat4",
        "Blob",
        "Bool",
    ];
    match packed.code() {
        code::VECTOR_BOOL => "VectorBool",
        code => NAMES.get(usize::from(code)).copied().unwrap_or("unknown"),
    }
}

/// Numbers in brackets, or the first of them.
fn numbers(bytes: &[u8], at: usize, len: usize, packed: Packed) -> String {
    let spelled: Vec<String> = (0..len.min(NUMBERS_SPELLED_MAX))
        .map_while(|index| inline(bytes, at + index * packed.width().bytes(), packed))
        .map(|value| value.words(bytes))
        .collect();
    let list = spelled.join(", ");
    if len > NUMBERS_SPELLED_MAX { format!("[{list}, …] of {len}") } else { format!("[{list}]") }
}

/// The value of a slot that does not refer to one; the slot is as wide as the packed width.
pub(super) fn inline(bytes: &[u8], at: usize, packed: Packed) -> Option<Value> {
    let width = packed.width();
    Some(match packed.code() {
        code::NULL => Value::Null,
        code::INT => Value::Int(read_int(bytes, at, width)?),
        code::UINT => Value::Uint(read_uint(bytes, at, width)?),
        code::FLOAT => Value::Float(read_float(bytes, at, width)?),
        code::BOOL => Value::Bool(read_uint(bytes, at, width)? != 0),
        _ => return None,
    })
}

/// The type code of the elements of a vector, if they are all numbers, or all truth values.
pub(super) fn scalars(form: VectorForm) -> Option<u8> {
    match form {
        VectorForm::Fixed(element, _) => Some(element),
        VectorForm::Typed(element) if element != code::KEY && element != code::STRING => {
            Some(element)
        }
        _ => None,
    }
}

/// The type byte of an element with this code in slots of this width.
pub(super) const fn packed(element: u8, width: Width) -> Packed {
    Packed::new(element, width)
}
