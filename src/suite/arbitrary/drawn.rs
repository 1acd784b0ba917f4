//! A tree that is drawn while it is read.

use std::slice;

use bytes::Bytes;

use super::source::Source;
use super::texts;
use crate::fabric::codec::fault::{Fault, FaultKind};
use crate::fabric::codec::shape::{ChoiceShape, FieldShape, Shape, VariantShape};
use crate::fabric::codec::tree::{Form, Kind, Node};
use crate::fabric::gates;
use crate::fabric::messages::metadata::logs::NodesetSize;
use crate::harness::fuzz::{mix, mix_name};

/// Values of any kind are nested no deeper.
const ANY_DEPTH_MAX: u8 = 4;

/// Keys of maps that have text for keys.
const KEYS: [&str; 12] =
    ["", "a", "k", "key", "version", "Größe", "id", "b", "c", "services", "z", "\u{7f}"];

/// A place in the tree. Its kind is drawn when the place is reached, so that it stays the same.
#[derive(Clone, Copy)]
pub(super) struct Drawn<'a> {
    source: &'a Source<'a>,
    what: What<'a>,
}

/// What a place holds.
#[derive(Clone, Copy)]
enum What<'a> {
    Null,
    Bool(bool),
    Uint(u64),
    Int(i64),
    Float(f64),
    Text(&'a str),
    Bytes(&'a [u8]),
    /// Bytes as a list of numbers, where any kind of value may stand.
    Numbers(&'a [u8]),
    List(Elements),
    Fields(&'static [FieldShape]),
    Variant(&'static str, Shape),
    /// What the keys spell, the shape of the values, and how many there are.
    Map(&'static str, Shape, usize),
    AnyMap(u8, usize),
}

/// The elements of a list: their shapes, or how deep they are if they are of any kind.
#[derive(Clone, Copy)]
enum Elements {
    Same(Shape, usize),
    /// The name is that of the variant or field around it.
    Tuple(&'static [Shape], &'static str),
    Positional(&'static [FieldShape]),
    Pairs(Shape, Shape, usize),
    Pair(Shape, Shape),
    Any(u8, usize),
    /// Bytes, which stand beside.
    Numbers(usize),
}

impl<'a> Drawn<'a> {
    /// Draws a value of a shape; `owner` is the name of the field or variant that has it.
    pub(super) fn of(source: &'a Source<'a>, shape: Shape, owner: &'static str) -> Self {
        let what = match shape.in_trees() {
            Shape::Bool => What::Bool(source.byte() & 1 == 1),
            Shape::Uint(128) => What::Text(special(source, "a number of 128 bits")),
            Shape::Uint(bits) => What::Uint(uint(source, bits, owner)),
            Shape::Int(bits) => {
                let unused = 64_u32.saturating_sub(bits);
                What::Int(source.number().cast_signed() << unused >> unused)
            }
            Shape::Text(what) => What::Text(text(source, what)),
            Shape::Blob => What::Bytes(octets(source, None)),
            Shape::Octets => What::Bytes(octets(source, octets_len(owner))),
            Shape::Any => any(source, 0),
            Shape::Optional(inner) => optional(source, *inner, owner),
            Shape::List(element) | Shape::Packed(element) => {
                What::List(Elements::Same(*element, source.len()))
            }
            Shape::Map(Shape::Text(keys), value) => What::Map(keys, *value, source.len()),
            Shape::Map(key, value) => What::List(Elements::Pairs(*key, *value, source.len())),
            Shape::Tuple(shapes) => What::List(Elements::Tuple(shapes, owner)),
            Shape::Record(record) if record.positional => {
                What::List(Elements::Positional(record.fields))
            }
            Shape::Record(record) => {
                if owner == "key_range" {
                    source.begin_range();
                }
                What::Fields(record.fields)
            }
            Shape::Choice(choice) => variant(source, choice),
            // A dual shape has another one in trees; these two are in bilrost only.
            Shape::Dual(_) | Shape::Wrapped(..) | Shape::Bare(_) => What::Null,
        };
        Self { source, what }
    }

    fn new(source: &'a Source<'a>, what: What<'a>) -> Self {
        Self { source, what }
    }

    fn wrong(self, expected: Kind) -> Fault {
        let (expected, found) = (expected.name(), self.kind().name());
        Fault::new(FaultKind::WrongType { expected, found })
    }
}

fn uint(source: &Source<'_>, bits: u32, owner: &str) -> u64 {
    let number = source.number();
    match (bits, owner) {
        (_, "nanos") => number % 1_000_000_000,
        (_, "target_nodeset_size") => number % (u64::from(NodesetSize::MAX.0) + 1),
        // A table without partitions gets so many.
        (_, "num_partitions") => number & 0x3f,
        (_, "cluster_fingerprint" | "modified_at" | "created_at") => number.max(1),
        (_, "start") => source.start(number),
        (_, "end") => source.end(number),
        (..64, _) => number & ((1 << bits) - 1),
        _ => number,
    }
}

/// How long bytes must be, where the type has room for so many only.
fn octets_len(owner: &str) -> Option<usize> {
    match owner {
        "trace_id" => Some(16),
        "span_id" | "Parent" => Some(8),
        _ => None,
    }
}

fn octets<'a>(source: &Source<'a>, len: Option<usize>) -> &'a [u8] {
    const ZEROS: [u8; 300] = [0; 300];
    if let Some(len) = len {
        let drawn = source.take(len);
        let zeros = ZEROS.get(..len).unwrap_or_default();
        return if drawn.len() == len { drawn } else { zeros };
    }
    match source.byte() {
        0xff => &ZEROS,
        0xfe => ZEROS.get(..128).unwrap_or_default(),
        byte => source.take(usize::from(byte & 0x1f)),
    }
}

fn text<'a>(source: &Source<'a>, what: &str) -> &'a str {
    if what != "text" {
        return special(source, what);
    }
    match source.byte() {
        0 => "",
        byte @ ..0x80 => texts::plain(byte),
        byte => {
            let drawn = source.take(usize::from(byte & 0x1f));
            match std::str::from_utf8(drawn) {
                Ok(text) => text,
                Err(error) => drawn
                    .get(..error.valid_up_to())
                    .and_then(|valid| std::str::from_utf8(valid).ok())
                    .unwrap_or_default(),
            }
        }
    }
}

fn special(source: &Source<'_>, what: &str) -> &'static str {
    texts::special(what, source.byte()).unwrap_or_default()
}

/// A value or nothing. The status of a sequencer is `"Ok"` instead of nothing in flexbuffers, and
/// has one variant that is not in flexbuffers at all (03 §6.4).
fn optional<'a>(source: &'a Source<'a>, inner: Shape, owner: &'static str) -> What<'a> {
    let is_status = matches!(inner, Shape::Choice(choice) if choice.name == "Refusal");
    let is_none = source.byte() & 3 == 0 && !must_be_set(source, owner);
    if !is_status {
        return if is_none { What::Null } else { Drawn::of(source, inner, owner).what };
    }
    if is_none {
        return What::Text("Ok");
    }
    match Drawn::of(source, inner, owner).what {
        What::Text("Unknown") => {
            source.is_status_unknown.set(true);
            What::Text("Ok")
        }
        what => what,
    }
}

/// Whether a release wants a value where later ones may have none: up to 1.3 a service must set its
/// retention (07 §3.3).
fn must_be_set(source: &Source<'_>, field: &str) -> bool {
    let needs_retention = const { gates::gate("schema.needs_retention") };
    field == "idempotency_retention" && needs_retention.is_open(source.holder)
}

fn variant<'a>(source: &Source<'a>, choice: &'static ChoiceShape) -> What<'a> {
    let is_open = |it: &&VariantShape| it.variant.gate.is_open(source.holder);
    let count = choice.variants.iter().filter(is_open).count();
    let index = source.below(count);
    let Some(variant) = choice.variants.iter().filter(is_open).nth(index) else {
        return What::Null;
    };
    source.note(mix([mix_name(choice.name), index as u64]));
    match variant.shape {
        Some(shape) => What::Variant(variant.variant.name, shape),
        None => What::Text(variant.variant.name),
    }
}

/// A value of any kind. A list of numbers below 256 alone is another kind than other lists, so no
/// element of those is an unsigned number.
fn any<'a>(source: &Source<'a>, depth: u8) -> What<'a> {
    let kinds = if depth < ANY_DEPTH_MAX { 10 } else { 8 };
    match source.below(kinds) {
        0 => What::Null,
        1 => What::Bool(source.byte() & 1 == 1),
        2 => What::Uint(source.number()),
        3 => What::Int(source.number().cast_signed()),
        4 => What::Float(f64::from_bits(source.number())),
        5 => What::Text(text(source, "text")),
        6 => What::Bytes(octets(source, None)),
        7 => What::Numbers(octets(source, None)),
        8 => What::List(Elements::Any(depth + 1, source.len())),
        _ => What::AnyMap(depth + 1, source.len()),
    }
}

impl<'a> Node<'a> for Drawn<'a> {
    const FORM: Form = Form::Flexbuffers;
    type List = DrawnList<'a>;
    type Map = DrawnMap<'a>;
    type Name = &'a str;
    type Fields = DrawnMap<'a>;

    fn kind(self) -> Kind {
        match self.what {
            What::Null => Kind::Null,
            What::Bool(_) => Kind::Bool,
            What::Uint(_) => Kind::Uint,
            What::Int(_) => Kind::Int,
            What::Float(_) => Kind::Float,
            What::Text(_) => Kind::Text,
            What::Bytes(_) => Kind::Blob,
            What::List(_) | What::Numbers(_) => Kind::List,
            What::Fields(_) | What::Variant(..) | What::Map(..) | What::AnyMap(..) => Kind::Map,
        }
    }

    fn is_null(self) -> bool {
        matches!(self.what, What::Null)
    }

    fn bool(self) -> Result<bool, Fault> {
        if let What::Bool(value) = self.what { Ok(value) } else { Err(self.wrong(Kind::Bool)) }
    }

    fn uint(self) -> Result<u64, Fault> {
        if let What::Uint(value) = self.what { Ok(value) } else { Err(self.wrong(Kind::Uint)) }
    }

    fn int(self) -> Result<i64, Fault> {
        if let What::Int(value) = self.what { Ok(value) } else { Err(self.wrong(Kind::Int)) }
    }

    fn float(self) -> Result<f64, Fault> {
        if let What::Float(value) = self.what { Ok(value) } else { Err(self.wrong(Kind::Float)) }
    }

    fn text(self) -> Result<&'a str, Fault> {
        if let What::Text(text) = self.what { Ok(text) } else { Err(self.wrong(Kind::Text)) }
    }

    fn variant_name(self) -> Option<&'a str> {
        if let What::Text(text) = self.what { Some(text) } else { None }
    }

    fn blob(self) -> Result<Bytes, Fault> {
        match self.what {
            What::Bytes(bytes) => Ok(Bytes::copy_from_slice(bytes)),
            _ => Err(self.wrong(Kind::Blob)),
        }
    }

    fn octets(self) -> Result<Bytes, Fault> {
        match self.what {
            What::Bytes(bytes) | What::Numbers(bytes) => Ok(Bytes::copy_from_slice(bytes)),
            _ => Err(self.wrong(Kind::List)),
        }
    }

    fn list(self) -> Result<DrawnList<'a>, Fault> {
        let (elements, bytes): (_, &[u8]) = match self.what {
            What::List(elements) => (elements, &[]),
            What::Bytes(bytes) | What::Numbers(bytes) => (Elements::Numbers(bytes.len()), bytes),
            _ => return Err(self.wrong(Kind::List)),
        };
        Ok(DrawnList { source: self.source, elements, bytes, at: 0, len: elements.len() })
    }

    fn map(self) -> Result<DrawnMap<'a>, Fault> {
        let entries = match self.what {
            What::Fields(fields) => Entries::Fields(fields.iter()),
            What::Variant(name, shape) => Entries::Variant(Some((name, shape))),
            What::Map(keys, shape, len) => Entries::Same(keys, shape, self.source.byte(), len),
            What::AnyMap(depth, len) => Entries::Any(depth, self.source.byte(), len),
            _ => return Err(self.wrong(Kind::Map)),
        };
        Ok(DrawnMap { source: self.source, entries })
    }

    fn fields(self) -> Result<DrawnMap<'a>, Fault> {
        self.map()
    }

    fn written_order(self, _: &'a str) -> usize {
        0
    }

    fn fault(self, kind: FaultKind) -> Fault {
        Fault::new(kind)
    }

    /// What is drawn is bounded already.
    fn charge(self, _: usize) -> Result<(), Fault> {
        Ok(())
    }
}

impl Elements {
    fn len(self) -> usize {
        match self {
            Self::Same(_, len) | Self::Pairs(_, _, len) | Self::Any(_, len) => len,
            Self::Numbers(len) => len,
            Self::Tuple(shapes, _) => shapes.len(),
            Self::Positional(fields) => fields.len(),
            Self::Pair(..) => 2,
        }
    }
}

/// The elements of a list.
pub(super) struct DrawnList<'a> {
    source: &'a Source<'a>,
    elements: Elements,
    bytes: &'a [u8],
    at: usize,
    len: usize,
}

impl<'a> Iterator for DrawnList<'a> {
    type Item = Drawn<'a>;

    fn next(&mut self) -> Option<Drawn<'a>> {
        if self.at >= self.len {
            return None;
        }
        let (source, at) = (self.source, self.at);
        self.at += 1;
        Some(match self.elements {
            Elements::Same(shape, _) => Drawn::of(source, shape, ""),
            Elements::Tuple(shapes, owner) => {
                let owner = match (owner, at) {
                    ("Linked", 0) => "trace_id",
                    ("Linked", _) => "span_id",
                    _ => "",
                };
                Drawn::of(source, *shapes.get(at)?, owner)
            }
            Elements::Positional(fields) => {
                let field = fields.get(at)?;
                Drawn::of(source, field.shape, field.field.name)
            }
            Elements::Pairs(key, value, _) => {
                Drawn::new(source, What::List(Elements::Pair(key, value)))
            }
            Elements::Pair(key, value) => Drawn::of(source, if at == 0 { key } else { value }, ""),
            Elements::Any(depth, _) => {
                let what = match any(source, depth) {
                    What::Uint(number) => What::Int(number.cast_signed()),
                    what => what,
                };
                Drawn::new(source, what)
            }
            Elements::Numbers(_) => Drawn::new(source, What::Uint(u64::from(*self.bytes.get(at)?))),
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.len - self.at;
        (left, Some(left))
    }
}

impl ExactSizeIterator for DrawnList<'_> {}

/// The entries of a map.
pub(super) struct DrawnMap<'a> {
    source: &'a Source<'a>,
    entries: Entries,
}

enum Entries {
    Fields(slice::Iter<'static, FieldShape>),
    Variant(Option<(&'static str, Shape)>),
    /// What the keys spell, the shape of the values, the index of the next key, and how many are
    /// left.
    Same(&'static str, Shape, u8, usize),
    Any(u8, u8, usize),
}

/// The next of so many keys, none of which comes twice.
fn next_key(index: &mut u8, left: &mut usize) -> Option<&'static str> {
    *left = left.checked_sub(1)?.min(KEYS.len() - 1);
    *index = index.wrapping_add(1) % KEYS.len() as u8;
    KEYS.get(usize::from(*index)).copied()
}

impl<'a> Iterator for DrawnMap<'a> {
    type Item = (&'a str, Drawn<'a>);

    fn next(&mut self) -> Option<(&'a str, Drawn<'a>)> {
        let source = self.source;
        match &mut self.entries {
            Entries::Fields(fields) => {
                let is_there = |field: &&FieldShape| {
                    let rules = &field.field;
                    rules.gate.is_open(source.holder)
                        && (!rules.may_be_missing_for(source.holder)
                            || must_be_set(source, rules.name)
                            || source.byte() & 3 != 0)
                };
                let field = fields.find(is_there)?;
                let name = field.field.key_in(Form::Flexbuffers);
                Some((name, Drawn::of(source, field.shape, field.field.name)))
            }
            Entries::Variant(variant) => {
                let (name, shape) = variant.take()?;
                Some((name, Drawn::of(source, shape, name)))
            }
            Entries::Same(keys, shape, index, left) => {
                let key = next_key(index, left)?;
                let key = texts::special(keys, *index).unwrap_or(key);
                Some((key, Drawn::of(source, *shape, "")))
            }
            Entries::Any(depth, index, left) => {
                let key = next_key(index, left)?;
                Some((key, Drawn::new(source, any(source, *depth))))
            }
        }
    }
}
