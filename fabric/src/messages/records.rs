//! Records of a log, in the two layouts that bilrost has for them (03 §6.2).

use bytes::Bytes;

use super::ids::{KeyRange, NanosSinceEpoch};
use crate::codec::describe::prelude::*;
use crate::codec::shape::DualShape;
use crate::version::ProtocolVersion;

one_of! {
    /// By which keys a record can be filtered.
    pub enum Keys: tag {
        None = 0,
        Single(u64) = 1,
        Pair((u64, u64)) = 2,
        RangeInclusive(KeyRange) = 3,
    }
}

one_of! {
    /// Which records a reader wants.
    pub enum KeyFilter: tag {
        Any = 0,
        Include(u64) = 1,
        Within(KeyRange) = 2,
    }
}

record_tree! {
    /// One record of a log. Its body is opaque here. The tags are those of the V2 layout.
    pub struct Record {
        created_at: NanosSinceEpoch = 1,
        body: Bytes = 2 [wrapped(1)],
        keys: Keys = 3,
    }
}

/// The shape of a record in the V3 layout.
const RECORD_V3: Shape = Shape::Record(&RecordShape {
    name: "Record",
    positional: false,
    rules: RecordRules::new(),
    fields: &[
        FieldShape {
            field: Field::of("Record", "created_at"),
            tag: Some(1),
            shape: NanosSinceEpoch::SHAPE,
        },
        FieldShape { field: Field::of("Record", "body"), tag: Some(3), shape: Bytes::SHAPE },
        FieldShape { field: Field::of("Record", "keys"), tag: Some(2), shape: Keys::SHAPE },
    ],
});

/// How a record stands in bilrost.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// `body` is field 2, a message that holds the bytes as its field 1; `keys` is field 3.
    V2,
    /// `keys` is field 2; `body` is field 3, the bytes themselves.
    V3,
}

impl Record {
    fn put_message<'v>(&'v self, layout: Layout, writer: &mut Writer<'v>, cx: Context) {
        writer.delimited(|writer| {
            writer.message(|writer| self.put_fields(layout, writer, cx));
        });
    }

    fn put_fields<'v>(&'v self, layout: Layout, writer: &mut Writer<'v>, cx: Context) {
        match layout {
            Layout::V2 => {
                self.keys.put_field(3, writer, cx);
                if !self.body.is_empty() {
                    writer.start(2, WireType::LengthDelimited);
                    writer.delimited(|writer| {
                        writer.message(|writer| self.body.put_field(1, writer, cx));
                    });
                }
            }
            Layout::V3 => {
                self.body.put_field(3, writer, cx);
                self.keys.put_field(2, writer, cx);
            }
        }
        self.created_at.put_field(1, writer, cx);
    }

    #[inline(always)]
    fn get_fields(
        &mut self,
        layout: Layout,
        reader: &mut Reader<'_>,
        cx: Context,
    ) -> Result<(), Fault> {
        let (mut created_at, mut keys, mut body) = (false, false, false);
        let mut tag = 0;
        while let Some(wire) = reader.key(&mut tag)? {
            match (tag, layout) {
                (1, _) => self
                    .created_at
                    .get_field(&mut created_at, wire, reader, cx)
                    .map_err(|fault| fault.in_field("created_at"))?,
                (3, Layout::V2) | (2, Layout::V3) => self
                    .keys
                    .get_field(&mut keys, wire, reader, cx)
                    .map_err(|fault| fault.in_field("keys"))?,
                (2, Layout::V2) => self
                    .get_wrapped_body(&mut body, wire, reader, cx)
                    .map_err(|fault| fault.in_field("body"))?,
                (3, Layout::V3) => self
                    .body
                    .get_field(&mut body, wire, reader, cx)
                    .map_err(|fault| fault.in_field("body"))?,
                _ => reader.skip(wire)?,
            }
        }
        Ok(())
    }

    /// The body in the layout of V2: a message with the bytes as field 1.
    #[inline(always)]
    fn get_wrapped_body(
        &mut self,
        is_seen: &mut bool,
        wire: WireType,
        reader: &mut Reader<'_>,
        cx: Context,
    ) -> Result<(), Fault> {
        bilrost::see(is_seen, reader)?;
        reader.expect(WireType::LengthDelimited, wire)?;
        reader.delimited(|reader| {
            let mut bytes = false;
            let mut tag = 0;
            while let Some(wire) = reader.key(&mut tag)? {
                match tag {
                    1 => self.body.get_field(&mut bytes, wire, reader, cx)?,
                    _ => reader.skip(wire)?,
                }
            }
            Ok(())
        })
    }
}

/// A record by itself, as in `Records`, has the V2 layout at every version.
impl Bilrost for Record {
    const WIRE: WireType = WireType::LengthDelimited;

    fn is_absent(&self) -> bool {
        *self == Self::default()
    }

    fn put<'v>(&'v self, writer: &mut Writer<'v>, cx: Context) {
        self.put_message(Layout::V2, writer, cx);
    }

    fn get(&mut self, reader: &mut Reader<'_>, cx: Context) -> Result<(), Fault> {
        reader.delimited(|reader| self.get_fields(Layout::V2, reader, cx))
    }
}

/// The records that `Store` and `Append` carry: a nested message with the list as field 0. At V2
/// every record is a field of its own; at V3 one field holds them all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Payloads(pub Vec<Record>);

impl Payloads {
    fn layout(cx: Context) -> Layout {
        if cx.version >= ProtocolVersion::V3 { Layout::V3 } else { Layout::V2 }
    }
}

impl Tree for Payloads {
    const SHAPE: Shape = Shape::Dual(&DualShape {
        tree: <Vec<Record> as Tree>::SHAPE,
        v2: Shape::Wrapped(0, &<Vec<Record> as Tree>::SHAPE),
        v3: Shape::Wrapped(0, &Shape::Packed(&RECORD_V3)),
    });

    of_inner!(Vec<Record>);
}

impl BilrostBody for Payloads {
    fn put_body<'v>(&'v self, writer: &mut Writer<'v>, cx: Context) {
        match Self::layout(cx) {
            Layout::V2 => self.0.put_field(0, writer, cx),
            Layout::V3 if self.0.is_empty() => {}
            Layout::V3 => {
                writer.start(0, WireType::LengthDelimited);
                bilrost::put_packed(&self.0, writer, |record, writer| {
                    record.put_message(Layout::V3, writer, cx);
                });
            }
        }
    }

    #[inline]
    fn get_body(&mut self, reader: &mut Reader<'_>, cx: Context) -> Result<(), Fault> {
        let mut is_seen = false;
        let mut tag = 0;
        while let Some(wire) = reader.key(&mut tag)? {
            match (tag, Self::layout(cx)) {
                (0, Layout::V2) => self.0.get_field(&mut is_seen, wire, reader, cx)?,
                (0, Layout::V3) => {
                    bilrost::see(&mut is_seen, reader)?;
                    reader.expect(WireType::LengthDelimited, wire)?;
                    bilrost::get_packed(&mut self.0, reader, |record, reader| {
                        reader.delimited(|reader| record.get_fields(Layout::V3, reader, cx))
                    })?;
                }
                _ => reader.skip(wire)?,
            }
        }
        Ok(())
    }
}

impl Bilrost for Payloads {
    const WIRE: WireType = WireType::LengthDelimited;

    fn is_absent(&self) -> bool {
        self.0.is_empty()
    }

    #[inline]
    fn put<'v>(&'v self, writer: &mut Writer<'v>, cx: Context) {
        bilrost::put_nested(self, writer, cx);
    }

    #[inline]
    fn get(&mut self, reader: &mut Reader<'_>, cx: Context) -> Result<(), Fault> {
        bilrost::get_nested(self, reader, cx)
    }
}
