//! Values as self-describing trees.
//!
//! Flexbuffers and the JSON form of a value have the same structure: maps, lists, numbers, text
//! and bytes (03 §3.1). A type describes itself once, as a [`Tree`], and is written to any
//! [`Sink`] and read from any [`Node`]. Where the two forms differ, and only there, the type asks
//! for the [`Form`].

use bytes::Bytes;

use super::fault::Fault;
use super::shape::Shape;
use crate::panics::KnownPanic;
use crate::release::{Gate, Release};
use crate::version::ProtocolVersion;

/// Who speaks, and at which version of the protocol: what the form of every value depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// The release that encodes or decodes.
    pub release: Release,
    /// The version that the connection negotiated.
    pub version: ProtocolVersion,
}

impl Context {
    /// Whether the release knows what has this gate, for readers: of a gate that is asked where bytes
    /// ask for it, nothing is worked out before.
    #[inline(always)]
    pub fn knows(&self, gate: Gate) -> bool {
        #[inline(never)]
        fn is_open(gate: Gate, cx: &Context) -> bool {
            gate.is_open(cx.release)
        }
        gate.is_always() || is_open(gate, self)
    }
}

/// Which of the two tree forms is being written or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Bytes on the wire.
    Flexbuffers,
    /// The JSON form, which people read and type.
    Json,
}

/// A value that a release has no way to express; it is never dropped or altered in silence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// The type and its field or variant, as `Hello.swimlane`.
    pub what: String,
    /// Whether the release would panic instead of refusing it, and on what.
    pub panic: Option<&'static KnownPanic>,
}

impl Unfit {
    /// A release has no such member of a type.
    #[cold]
    pub fn new(owner: &str, member: &str) -> Self {
        Self { what: format!("{owner}.{member}"), panic: None }
    }

    /// The key of a map in flexbuffers, which ends at a NUL and so cannot hold one.
    #[cold]
    pub(crate) fn nul_in_key() -> Self {
        Self::new("flexbuffers", "a key with a NUL")
    }

    /// Whether it is a text with a NUL that would be the key of a map.
    pub fn is_nul_in_key(&self) -> bool {
        *self == Self::nul_in_key()
    }

    /// A value on which the release panics.
    #[cold]
    pub(crate) fn panics(owner: &str, member: &str, panic: &'static KnownPanic) -> Self {
        Self { panic: Some(panic), ..Self::new(owner, member) }
    }
}

/// Receives a value, in the order in which its type visits its fields.
pub trait Sink {
    /// The form that this sink makes.
    const FORM: Form;
    /// What is remembered between begin and end of a map or list.
    type Mark;

    /// Nothing.
    fn null(&mut self);
    /// A truth value.
    fn bool(&mut self, value: bool);
    /// An unsigned number.
    fn uint(&mut self, value: u64);
    /// A signed number.
    fn int(&mut self, value: i64);
    /// A floating-point number.
    fn float(&mut self, value: f64);
    /// Text.
    fn text(&mut self, value: &str);
    /// Bytes as one opaque value.
    fn blob(&mut self, value: &[u8]);
    /// Bytes as a list of numbers.
    fn octets(&mut self, value: &[u8]);
    /// Begins a list of `len` elements.
    fn begin_list(&mut self, len: usize) -> Self::Mark;
    /// Ends the list that `mark` began.
    fn end_list(&mut self, mark: Self::Mark);
    /// Begins a map.
    fn begin_map(&mut self) -> Self::Mark;
    /// The key of the value that comes next.
    fn key(&mut self, key: &str);
    /// Ends the map that `mark` began.
    fn end_map(&mut self, mark: Self::Mark);
    /// The value cannot be expressed; the first report counts, what is written is thrown away.
    fn refuse(&mut self, unfit: Unfit);
}

/// What a place in a tree holds, as far as its form tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing.
    Null,
    /// A truth value.
    Bool,
    /// A signed number.
    Int,
    /// An unsigned number.
    Uint,
    /// A floating-point number.
    Float,
    /// Text.
    Text,
    /// Bytes as one opaque value; JSON has none.
    Blob,
    /// Elements by position.
    List,
    /// Values by key.
    Map,
}

impl Kind {
    /// What messages call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "a truth value",
            Self::Int => "a signed number",
            Self::Uint => "an unsigned number",
            Self::Float => "a floating-point number",
            Self::Text => "text",
            Self::Blob => "a blob",
            Self::List => "a list",
            Self::Map => "a map",
        }
    }
}

/// The key of a map entry, as it is compared with the name of a field.
pub trait Name<'a>: Copy {
    /// Whether it is this one.
    fn is(self, name: &str) -> bool;
    /// Its text.
    fn text(self) -> &'a str;
}

impl<'a> Name<'a> for &'a str {
    fn is(self, name: &str) -> bool {
        self == name
    }

    fn text(self) -> &'a str {
        self
    }
}

/// A place in a tree that can be read.
pub trait Node<'a>: Copy {
    /// The form that is read.
    const FORM: Form;
    /// The elements of a list, in order.
    type List: ExactSizeIterator<Item = Self>;
    /// The entries of a map.
    type Map: Iterator<Item = (&'a str, Self)>;
    /// The key of an entry of a map whose keys are names of fields.
    type Name: Name<'a>;
    /// The entries of such a map.
    type Fields: Iterator<Item = (Self::Name, Self)>;

    /// What is here, for values that are kept without knowing their type.
    fn kind(self) -> Kind;
    /// Whether nothing is here.
    fn is_null(self) -> bool;
    /// A truth value.
    fn bool(self) -> Result<bool, Fault>;
    /// An unsigned number.
    fn uint(self) -> Result<u64, Fault>;
    /// A signed number.
    fn int(self) -> Result<i64, Fault>;
    /// A floating-point number.
    fn float(self) -> Result<f64, Fault>;
    /// Text.
    fn text(self) -> Result<&'a str, Fault>;
    /// The name of a variant that stands here alone, without a value.
    fn variant_name(self) -> Option<&'a str>;
    /// Bytes as one opaque value.
    fn blob(self) -> Result<Bytes, Fault>;
    /// Bytes as a list of numbers.
    fn octets(self) -> Result<Bytes, Fault>;
    /// The elements of a list.
    fn list(self) -> Result<Self::List, Fault>;
    /// The entries of a map.
    fn map(self) -> Result<Self::Map, Fault>;
    /// The entries of a map whose keys are names of fields: as [`Self::map`], but comparing a key
    /// is cheaper than reading it.
    fn fields(self) -> Result<Self::Fields, Fault>;
    /// Where this value of a map, with this key, stands in the order in which the writer wrote the
    /// entries: a map lists them by key. The same for all where the form does not tell.
    fn written_order(self, key: &'a str) -> usize;
    /// A fault at this place.
    fn fault(self, kind: super::fault::FaultKind) -> Fault;
    /// Accounts for the memory of list elements; an error once the budget is spent.
    fn charge(self, bytes: usize) -> Result<(), Fault>;
}

/// A type with a tree form.
pub trait Tree: Sized {
    /// The description of the type.
    const SHAPE: Shape;

    /// Writes the value as `cx.release` would.
    fn write<S: Sink>(&self, sink: &mut S, cx: Context);

    /// Reads a value as `cx.release` would.
    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault>;

    /// The value that `cx.release` takes for a field that is not there, for types whose absence is a
    /// value.
    fn absent(_cx: Context) -> Option<Self> {
        None
    }

    /// Whether `cx.release` writes a value also where a field would leave it out as its default.
    fn is_always_written(_cx: Context) -> bool {
        false
    }

    /// Drops and narrows what `cx.release` cannot hold: the value that it would understand. An
    /// error where it has no such value.
    fn fit(&mut self, cx: Context) -> Result<(), Unfit>;
}
