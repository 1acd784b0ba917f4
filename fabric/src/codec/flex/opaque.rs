//! Values of any kind, carried without knowing their type: what the specification leaves out on
//! purpose (03 §9).

use bytes::Bytes;

use crate::codec::fault::{Fault, FaultKind};
use crate::codec::shape::Shape;
use crate::codec::tree::{Context, Form, Kind, Node, Sink, Tree, Unfit};
use crate::limits::FLEX_DEPTH_MAX;

/// A value of any kind. Written back, it makes the bytes that it came from.
///
/// JSON tells less apart than flexbuffers: there a blob is a list of numbers, and a number that is
/// not negative is unsigned.
#[derive(Debug, Clone, Default)]
pub enum Opaque {
    /// Nothing.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// A signed number.
    Int(i64),
    /// An unsigned number.
    Uint(u64),
    /// A floating-point number.
    Float(f64),
    /// Text.
    Text(String),
    /// Bytes as one opaque value.
    Blob(Bytes),
    /// A list that has elements, all of them unsigned numbers below 256.
    Octets(Bytes),
    /// Any other list.
    List(Vec<Opaque>),
    /// Values by key, in the order in which they were written, no key twice.
    Map(Vec<(String, Opaque)>),
}

/// Floating-point numbers are compared by their bits, so that every value equals itself, and maps
/// without regard to the order of their entries.
impl PartialEq for Opaque {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Uint(a), Self::Uint(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Blob(a), Self::Blob(b)) | (Self::Octets(a), Self::Octets(b)) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Map(a), Self::Map(b)) => by_key(a) == by_key(b),
            _ => false,
        }
    }
}

impl Eq for Opaque {}

impl Opaque {
    fn read_at<'a, N: Node<'a>>(node: N, depth: u32) -> Result<Self, Fault> {
        Ok(match node.kind() {
            Kind::Null => Self::Null,
            Kind::Bool => Self::Bool(node.bool()?),
            Kind::Int => Self::Int(node.int()?),
            Kind::Uint => Self::Uint(node.uint()?),
            Kind::Float => Self::Float(node.float()?),
            Kind::Text => {
                let text = node.text()?;
                node.charge(text.len())?;
                Self::Text(text.to_owned())
            }
            Kind::Blob => Self::Blob(node.blob()?),
            Kind::List => Self::read_list(node, enter(node, depth)?)?,
            Kind::Map => Self::read_map(node, enter(node, depth)?)?,
        })
    }

    fn read_list<'a, N: Node<'a>>(node: N, depth: u32) -> Result<Self, Fault> {
        let list = node.list()?;
        if list.len() > 0 && are_octets(node.list()?) {
            return Ok(Self::Octets(node.octets()?));
        }
        node.charge(list.len().saturating_mul(size_of::<Self>()))?;
        let mut elements = Vec::with_capacity(list.len());
        for (index, element) in list.enumerate() {
            elements.push(Self::read_at(element, depth).map_err(|f| f.in_element(index))?);
        }
        Ok(Self::List(elements))
    }

    fn read_map<'a, N: Node<'a>>(node: N, depth: u32) -> Result<Self, Fault> {
        let mut entries = Vec::new();
        for (key, value) in node.map()? {
            value.charge(size_of::<(usize, String, Self)>().saturating_add(key.len()))?;
            let order = value.written_order(key);
            entries.push((order, (key.to_owned(), Self::read_at(value, depth)?)));
        }
        entries.sort_by_key(|(order, _)| *order);
        let entries: Vec<_> = entries.into_iter().map(|(_, entry)| entry).collect();
        if by_key(&entries).windows(2).any(|pair| matches!(pair, [(a, _), (b, _)] if a == b)) {
            return Err(node.fault(FaultKind::Repeated));
        }
        Ok(Self::Map(entries))
    }
}

/// The entries of a map, sorted by key.
fn by_key(entries: &[(String, Opaque)]) -> Vec<(&str, &Opaque)> {
    let mut sorted: Vec<_> = entries.iter().map(|(key, value)| (key.as_str(), value)).collect();
    sorted.sort_by_key(|(key, _)| *key);
    sorted
}

/// Whether each element is an unsigned number below 256.
fn are_octets<'a, N: Node<'a>>(mut list: impl Iterator<Item = N>) -> bool {
    list.all(|node| node.kind() == Kind::Uint && node.uint().is_ok_and(|value| value <= 0xff))
}

/// The depth that is left inside a list or map.
fn enter<'a, N: Node<'a>>(node: N, depth: u32) -> Result<u32, Fault> {
    let (what, limit) = ("levels of nesting", FLEX_DEPTH_MAX as usize);
    depth.checked_sub(1).ok_or_else(|| node.fault(FaultKind::TooMuch { what, limit }))
}

impl Tree for Opaque {
    const SHAPE: Shape = Shape::Any;

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        match self {
            Self::Null => sink.null(),
            Self::Bool(value) => sink.bool(*value),
            Self::Int(value) => sink.int(*value),
            Self::Uint(value) => sink.uint(*value),
            Self::Float(value) => sink.float(*value),
            Self::Text(value) => sink.text(value),
            Self::Blob(value) if S::FORM == Form::Flexbuffers => sink.blob(value),
            Self::Octets(value) if S::FORM == Form::Flexbuffers => sink.octets(value),
            Self::Blob(value) | Self::Octets(value) => {
                let mark = sink.begin_list(value.len());
                value.iter().for_each(|&byte| sink.uint(u64::from(byte)));
                sink.end_list(mark);
            }
            Self::List(elements) => {
                let mark = sink.begin_list(elements.len());
                elements.iter().for_each(|element| element.write(sink, cx));
                sink.end_list(mark);
            }
            Self::Map(entries) => {
                let mark = sink.begin_map();
                for (key, value) in entries {
                    sink.key(key);
                    value.write(sink, cx);
                }
                sink.end_map(mark);
            }
        }
    }

    fn read<'a, N: Node<'a>>(node: N, _: Context) -> Result<Self, Fault> {
        Self::read_at(node, FLEX_DEPTH_MAX)
    }

    fn fit(&mut self, _: Context) -> Result<(), Unfit> {
        Ok(())
    }
}
