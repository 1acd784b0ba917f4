//! The bilrost form of numbers, text, bytes and what the standard library composes of them.

use std::time::Duration;

use bytes::Bytes;

use super::super::fault::{Fault, FaultKind};
use super::super::tree::Context;
use super::{Bilrost, BilrostBody, BilrostField, Reader, WireType, Writer, get_nested, put_nested};

macro_rules! unsigned {
    ($($int:ident)*) => {$(
        impl Bilrost for $int {
            const WIRE: WireType = WireType::Varint;

            fn absent() -> Self {
                0
            }

            #[inline]
            fn is_absent(&self) -> bool {
                *self == 0
            }

            #[inline]
            fn put<'v>(&'v self, writer: &mut Writer<'_, 'v>, _: Context) {
                writer.varint(u64::from(*self));
            }

            #[inline]
            fn get(reader: &mut Reader<'_>, _: Context) -> Result<Self, Fault> {
                let wide = reader.varint("a number")?;
                $int::try_from(wide)
                    .map_err(|_| reader.fault(FaultKind::OutOfRange { what: stringify!($int) }))
            }
        }
    )*};
}

unsigned!(u16 u32 u64);

impl Bilrost for bool {
    const WIRE: WireType = WireType::Varint;

    fn absent() -> Self {
        false
    }

    #[inline]
    fn is_absent(&self) -> bool {
        !*self
    }

    #[inline]
    fn put<'v>(&'v self, writer: &mut Writer<'_, 'v>, _: Context) {
        writer.varint(u64::from(*self));
    }

    #[inline]
    fn get(reader: &mut Reader<'_>, _: Context) -> Result<Self, Fault> {
        match reader.varint("a bool")? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(reader.fault(FaultKind::OutOfRange { what: "bool" })),
        }
    }
}

impl Bilrost for String {
    const WIRE: WireType = WireType::LengthDelimited;

    fn absent() -> Self {
        Self::new()
    }

    #[inline]
    fn is_absent(&self) -> bool {
        self.is_empty()
    }

    fn put<'v>(&'v self, writer: &mut Writer<'_, 'v>, _: Context) {
        writer.delimited(|writer| writer.bytes(self.as_bytes()));
    }

    fn get(reader: &mut Reader<'_>, _: Context) -> Result<Self, Fault> {
        let bytes = reader.slice()?;
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err(reader.fault(FaultKind::NotUtf8)),
        }
    }
}

impl Bilrost for Bytes {
    const WIRE: WireType = WireType::LengthDelimited;

    fn absent() -> Self {
        Self::new()
    }

    #[inline]
    fn is_absent(&self) -> bool {
        self.is_empty()
    }

    #[inline]
    fn put<'v>(&'v self, writer: &mut Writer<'_, 'v>, _: Context) {
        writer.delimited(|writer| writer.blob(self));
    }

    #[inline]
    fn get(reader: &mut Reader<'_>, _: Context) -> Result<Self, Fault> {
        reader.bytes()
    }
}

/// Seconds, then nanoseconds; zeros at the end are left out.
impl Bilrost for Duration {
    const WIRE: WireType = WireType::LengthDelimited;

    fn absent() -> Self {
        Self::ZERO
    }

    fn is_absent(&self) -> bool {
        self.is_zero()
    }

    fn put<'v>(&'v self, writer: &mut Writer<'_, 'v>, _: Context) {
        writer.delimited(|writer| {
            if self.subsec_nanos() != 0 {
                writer.varint(u64::from(self.subsec_nanos()));
            }
            if !self.is_zero() {
                writer.varint(self.as_secs());
            }
        });
    }

    fn get(reader: &mut Reader<'_>, _: Context) -> Result<Self, Fault> {
        reader.delimited(|reader| {
            let mut part = |what| {
                if reader.is_at_end() { Ok(0) } else { reader.varint(what) }
            };
            let secs = part("seconds")?;
            match part("nanoseconds")? {
                nanos @ 0..1_000_000_000 => Ok(Self::new(secs, nanos as u32)),
                _ => Err(reader.fault(FaultKind::OutOfRange { what: "nanoseconds" })),
            }
        })
    }
}

/// A message with the two halves as fields 0 and 1.
impl BilrostBody for u128 {
    fn put_body<'v>(&'v self, writer: &mut Writer<'_, 'v>, _: Context) {
        for (tag, half) in [(1, *self as u64), (0, (*self >> 64) as u64)] {
            if half != 0 {
                writer.start(tag, WireType::Varint);
                writer.varint(half);
            }
        }
    }

    fn get_body(reader: &mut Reader<'_>, cx: Context) -> Result<Self, Fault> {
        let (high, low) = <(u64, u64)>::get_body(reader, cx)?;
        Ok(u128::from(high) << 64 | u128::from(low))
    }
}

/// A message with fields 0 and 1.
impl<A: BilrostField, B: BilrostField> BilrostBody for (A, B) {
    fn put_body<'v>(&'v self, writer: &mut Writer<'_, 'v>, cx: Context) {
        self.1.put_field(1, writer, cx);
        self.0.put_field(0, writer, cx);
    }

    fn get_body(reader: &mut Reader<'_>, cx: Context) -> Result<Self, Fault> {
        let mut first = None;
        let mut second = None;
        while let Some((tag, wire)) = reader.key()? {
            match tag {
                0 => A::get_field(&mut first, wire, reader, cx).map_err(|f| f.in_element(0))?,
                1 => B::get_field(&mut second, wire, reader, cx).map_err(|f| f.in_element(1))?,
                _ => reader.skip(wire)?,
            }
        }
        Ok((first.unwrap_or_else(A::omitted), second.unwrap_or_else(B::omitted)))
    }
}

impl<A: BilrostField, B: BilrostField> Bilrost for (A, B) {
    const WIRE: WireType = WireType::LengthDelimited;

    fn absent() -> Self {
        (A::omitted(), B::omitted())
    }

    fn is_absent(&self) -> bool {
        self.0.is_omitted() && self.1.is_omitted()
    }

    fn put<'v>(&'v self, writer: &mut Writer<'_, 'v>, cx: Context) {
        put_nested(self, writer, cx);
    }

    fn get(reader: &mut Reader<'_>, cx: Context) -> Result<Self, Fault> {
        get_nested(reader, cx)
    }
}

impl Bilrost for u128 {
    const WIRE: WireType = WireType::LengthDelimited;

    fn absent() -> Self {
        0
    }

    fn is_absent(&self) -> bool {
        *self == 0
    }

    fn put<'v>(&'v self, writer: &mut Writer<'_, 'v>, cx: Context) {
        put_nested(self, writer, cx);
    }

    fn get(reader: &mut Reader<'_>, cx: Context) -> Result<Self, Fault> {
        get_nested(reader, cx)
    }
}
