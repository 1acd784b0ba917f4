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

            #[inline]
            fn is_absent(&self) -> bool {
                *self == 0
            }

            #[inline]
            fn put<'v>(&'v self, writer: &mut Writer<'v>, _: Context) {
                writer.varint(u64::from(*self));
            }

            #[inline]
            fn get(&mut self, reader: &mut Reader<'_>, _: Context) -> Result<(), Fault> {
                let wide = reader.varint("a number")?;
                *self = $int::try_from(wide)
                    .map_err(|_| reader.fault(FaultKind::OutOfRange { what: stringify!($int) }))?;
                Ok(())
            }
        }
    )*};
}

unsigned!(u8 u16 u32 u64);

impl Bilrost for bool {
    const WIRE: WireType = WireType::Varint;

    #[inline]
    fn is_absent(&self) -> bool {
        !*self
    }

    #[inline]
    fn put<'v>(&'v self, writer: &mut Writer<'v>, _: Context) {
        writer.varint(u64::from(*self));
    }

    #[inline]
    fn get(&mut self, reader: &mut Reader<'_>, _: Context) -> Result<(), Fault> {
        *self = match reader.varint("a bool")? {
            0 => false,
            1 => true,
            _ => return Err(reader.fault(FaultKind::OutOfRange { what: "bool" })),
        };
        Ok(())
    }
}

impl Bilrost for String {
    const WIRE: WireType = WireType::LengthDelimited;

    #[inline]
    fn is_absent(&self) -> bool {
        self.is_empty()
    }

    #[inline]
    fn put<'v>(&'v self, writer: &mut Writer<'v>, _: Context) {
        writer.delimited(|writer| writer.bytes(self.as_bytes()));
    }

    fn get(&mut self, reader: &mut Reader<'_>, _: Context) -> Result<(), Fault> {
        let bytes = reader.slice()?;
        match std::str::from_utf8(bytes) {
            Ok(text) => self.push_str(text),
            Err(_) => return Err(reader.fault_in(bytes, FaultKind::NotUtf8)),
        }
        Ok(())
    }
}

impl Bilrost for Bytes {
    const WIRE: WireType = WireType::LengthDelimited;

    #[inline]
    fn is_absent(&self) -> bool {
        self.is_empty()
    }

    #[inline]
    fn put<'v>(&'v self, writer: &mut Writer<'v>, _: Context) {
        writer.delimited(|writer| writer.bytes(self));
    }

    #[inline]
    fn get(&mut self, reader: &mut Reader<'_>, _: Context) -> Result<(), Fault> {
        *self = reader.bytes()?;
        Ok(())
    }
}

/// Seconds, then nanoseconds; zeros at the end are left out.
impl Bilrost for Duration {
    const WIRE: WireType = WireType::LengthDelimited;

    fn is_absent(&self) -> bool {
        self.is_zero()
    }

    fn put<'v>(&'v self, writer: &mut Writer<'v>, _: Context) {
        writer.delimited(|writer| {
            if self.subsec_nanos() != 0 {
                writer.varint(u64::from(self.subsec_nanos()));
            }
            if !self.is_zero() {
                writer.varint(self.as_secs());
            }
        });
    }

    fn get(&mut self, reader: &mut Reader<'_>, _: Context) -> Result<(), Fault> {
        reader.delimited(|reader| {
            let mut part = |what| {
                if reader.is_at_end() { Ok(0) } else { reader.varint(what) }
            };
            let secs = part("seconds")?;
            match part("nanoseconds")? {
                nanos @ 0..1_000_000_000 => *self = Self::new(secs, nanos as u32),
                _ => return Err(reader.fault(FaultKind::OutOfRange { what: "nanoseconds" })),
            }
            Ok(())
        })
    }
}

/// A message with the two halves as fields 0 and 1.
impl BilrostBody for u128 {
    fn put_body<'v>(&'v self, writer: &mut Writer<'v>, _: Context) {
        for (tag, half) in [(1, *self as u64), (0, (*self >> 64) as u64)] {
            if half != 0 {
                writer.start(tag, WireType::Varint);
                writer.varint(half);
            }
        }
    }

    fn get_body(&mut self, reader: &mut Reader<'_>, cx: Context) -> Result<(), Fault> {
        let mut halves = (0u64, 0u64);
        halves.get_body(reader, cx)?;
        *self = u128::from(halves.0) << 64 | u128::from(halves.1);
        Ok(())
    }
}

/// A message with fields 0 and 1.
impl<A: BilrostField, B: BilrostField> BilrostBody for (A, B) {
    fn put_body<'v>(&'v self, writer: &mut Writer<'v>, cx: Context) {
        self.1.put_field(1, writer, cx);
        self.0.put_field(0, writer, cx);
    }

    fn get_body(&mut self, reader: &mut Reader<'_>, cx: Context) -> Result<(), Fault> {
        let (mut first, mut second) = (false, false);
        let mut tag = 0;
        while let Some(wire) = reader.key(&mut tag)? {
            match tag {
                0 => self
                    .0
                    .get_field(&mut first, wire, reader, cx)
                    .map_err(|fault| fault.in_element(0))?,
                1 => self
                    .1
                    .get_field(&mut second, wire, reader, cx)
                    .map_err(|fault| fault.in_element(1))?,
                _ => reader.skip(wire)?,
            }
        }
        Ok(())
    }
}

impl<A: BilrostField, B: BilrostField> Bilrost for (A, B) {
    const WIRE: WireType = WireType::LengthDelimited;

    fn is_absent(&self) -> bool {
        self.0.is_omitted() && self.1.is_omitted()
    }

    fn put<'v>(&'v self, writer: &mut Writer<'v>, cx: Context) {
        put_nested(self, writer, cx);
    }

    fn get(&mut self, reader: &mut Reader<'_>, cx: Context) -> Result<(), Fault> {
        get_nested(self, reader, cx)
    }
}

impl Bilrost for u128 {
    const WIRE: WireType = WireType::LengthDelimited;

    fn is_absent(&self) -> bool {
        *self == 0
    }

    fn put<'v>(&'v self, writer: &mut Writer<'v>, cx: Context) {
        put_nested(self, writer, cx);
    }

    fn get(&mut self, reader: &mut Reader<'_>, cx: Context) -> Result<(), Fault> {
        get_nested(self, reader, cx)
    }
}
