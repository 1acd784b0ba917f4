//! Bilrost: tagged fields with delta keys and bijective varints (03 §2).
//!
//! [`Bilrost`] is a value behind a key, [`BilrostField`] a field of a message, which may be left
//! out or repeated, and [`BilrostBody`] the fields of a message as a whole.

mod reader;
mod values;
pub mod varint;
mod writer;

pub use reader::Reader;
pub use writer::Writer;

use bytes::Bytes;

use super::fault::{Fault, FaultKind};
use super::tree::{Context, Unfit};

/// How a field's value is delimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the format")]
pub enum WireType {
    Varint,
    LengthDelimited,
    Fixed32,
    Fixed64,
}

impl WireType {
    const fn code(self) -> u64 {
        match self {
            Self::Varint => 0,
            Self::LengthDelimited => 1,
            Self::Fixed32 => 2,
            Self::Fixed64 => 3,
        }
    }

    /// What the key of a field says.
    pub const fn of_key(key: u64) -> Self {
        match key & 3 {
            0 => Self::Varint,
            1 => Self::LengthDelimited,
            2 => Self::Fixed32,
            _ => Self::Fixed64,
        }
    }

    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Varint => "a varint",
            Self::LengthDelimited => "a length-delimited value",
            Self::Fixed32 => "four bytes",
            Self::Fixed64 => "eight bytes",
        }
    }
}

/// A value that can stand behind a key. Its default is the value of a field that is left out.
pub trait Bilrost: Default {
    /// Its wire type.
    const WIRE: WireType;

    /// Whether a field with this value is left out.
    fn is_absent(&self) -> bool;

    /// Writes the value.
    fn put<'v>(&'v self, writer: &mut Writer<'v>, cx: Context);

    /// Reads a value into this one, which has its default. In place, because messages are large.
    fn get(&mut self, reader: &mut Reader<'_>, cx: Context) -> Result<(), Fault>;
}

/// A field of a message. Its default is what it is when it is left out.
pub trait BilrostField: Default {
    /// Whether the field would be left out.
    fn is_omitted(&self) -> bool;

    /// Writes keys and values; nothing if the field is left out.
    fn put_field<'v>(&'v self, tag: u32, writer: &mut Writer<'v>, cx: Context);

    /// Reads one occurrence; `is_seen` tells whether there was one before.
    fn get_field(
        &mut self,
        is_seen: &mut bool,
        wire: WireType,
        reader: &mut Reader<'_>,
        cx: Context,
    ) -> Result<(), Fault>;
}

/// The fields of a message.
pub trait BilrostBody: Default {
    /// Writes all fields, last one first.
    fn put_body<'v>(&'v self, writer: &mut Writer<'v>, cx: Context);

    /// Reads all fields up to the end of the message into this one, which has its default.
    fn get_body(&mut self, reader: &mut Reader<'_>, cx: Context) -> Result<(), Fault>;
}

/// A one-of whose members are fields of the message around it.
pub trait BilrostMember: Default {
    /// Writes the member that is set.
    fn put_member<'v>(&'v self, writer: &mut Writer<'v>, cx: Context);

    /// Reads one occurrence of a member; false if the tag is none of its members'. `is_seen` tells
    /// whether there was a member before.
    fn get_member(
        &mut self,
        is_seen: &mut bool,
        tag: u32,
        wire: WireType,
        reader: &mut Reader<'_>,
        cx: Context,
    ) -> Result<bool, Fault>;
}

/// Notes that a field that comes at most once is there.
#[inline(always)]
pub fn see(is_seen: &mut bool, reader: &Reader<'_>) -> Result<(), Fault> {
    if std::mem::replace(is_seen, true) {
        return Err(reader.fault(FaultKind::Repeated));
    }
    Ok(())
}

impl<T: Bilrost> BilrostField for T {
    #[inline]
    fn is_omitted(&self) -> bool {
        self.is_absent()
    }

    #[inline(always)]
    fn put_field<'v>(&'v self, tag: u32, writer: &mut Writer<'v>, cx: Context) {
        if !self.is_absent() {
            writer.start(tag, T::WIRE);
            self.put(writer, cx);
        }
    }

    #[inline(always)]
    fn get_field(
        &mut self,
        is_seen: &mut bool,
        wire: WireType,
        reader: &mut Reader<'_>,
        cx: Context,
    ) -> Result<(), Fault> {
        see(is_seen, reader)?;
        reader.expect(T::WIRE, wire)?;
        self.get(reader, cx)
    }
}

impl<T: Bilrost> BilrostField for Option<T> {
    #[inline]
    fn is_omitted(&self) -> bool {
        self.is_none()
    }

    #[inline(always)]
    fn put_field<'v>(&'v self, tag: u32, writer: &mut Writer<'v>, cx: Context) {
        if let Some(value) = self {
            writer.start(tag, T::WIRE);
            value.put(writer, cx);
        }
    }

    #[inline(always)]
    fn get_field(
        &mut self,
        is_seen: &mut bool,
        wire: WireType,
        reader: &mut Reader<'_>,
        cx: Context,
    ) -> Result<(), Fault> {
        see(is_seen, reader)?;
        reader.expect(T::WIRE, wire)?;
        self.insert(T::default()).get(reader, cx)
    }
}

impl<T: Bilrost> BilrostField for Vec<T> {
    #[inline]
    fn is_omitted(&self) -> bool {
        self.is_empty()
    }

    #[inline(always)]
    fn put_field<'v>(&'v self, tag: u32, writer: &mut Writer<'v>, cx: Context) {
        for element in self.iter().rev() {
            writer.start(tag, T::WIRE);
            element.put(writer, cx);
        }
    }

    #[inline(always)]
    fn get_field(
        &mut self,
        _: &mut bool,
        wire: WireType,
        reader: &mut Reader<'_>,
        cx: Context,
    ) -> Result<(), Fault> {
        push(self, reader, |element: &mut T, reader| {
            reader.expect(T::WIRE, wire)?;
            element.get(reader, cx)
        })
    }
}

/// Reads one more element of a list, in its place.
#[inline(always)]
fn push<T: Default>(
    list: &mut Vec<T>,
    reader: &mut Reader<'_>,
    get: impl FnOnce(&mut T, &mut Reader<'_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    reader.charge(size_of::<T>())?;
    let index = list.len();
    list.push(T::default());
    match list.last_mut() {
        Some(element) => get(element, reader).map_err(|fault| fault.in_element(index)),
        None => Ok(()),
    }
}

/// Writes a message.
pub fn encode<T: BilrostBody>(value: &T, cx: Context) -> Result<Bytes, Unfit> {
    writer::write(|writer| writer.message(|writer| value.put_body(writer, cx)))
}

/// Reads a message that fills the input.
pub fn decode<T: BilrostBody>(input: &Bytes, cx: Context) -> Result<T, Fault> {
    let mut value = T::default();
    value.get_body(&mut Reader::new(input), cx)?;
    Ok(value)
}

/// Writes a nested message: its length and its fields.
#[inline(always)]
pub fn put_nested<'v, T: BilrostBody>(value: &'v T, writer: &mut Writer<'v>, cx: Context) {
    writer.delimited(|writer| writer.message(|writer| value.put_body(writer, cx)));
}

/// Reads a nested message.
#[inline(always)]
pub fn get_nested<T: BilrostBody>(
    value: &mut T,
    reader: &mut Reader<'_>,
    cx: Context,
) -> Result<(), Fault> {
    reader.delimited(|reader| value.get_body(reader, cx))
}

/// Writes a list as one delimited value.
#[inline]
pub fn put_packed<'v, T>(
    list: &'v [T],
    writer: &mut Writer<'v>,
    put: impl Fn(&'v T, &mut Writer<'v>),
) {
    writer.delimited(|writer| {
        for element in list.iter().rev() {
            put(element, writer);
        }
    });
}

/// Reads a list from one delimited value.
#[inline]
pub fn get_packed<T: Default>(
    list: &mut Vec<T>,
    reader: &mut Reader<'_>,
    get: impl Fn(&mut T, &mut Reader<'_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    reader.delimited(|reader| {
        while !reader.is_at_end() {
            push(list, reader, &get)?;
        }
        Ok(())
    })
}
