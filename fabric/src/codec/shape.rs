//! Descriptions of message types as data: which fields and variants there are, under which names,
//! keys, tags and numbers, and which releases know them.

use super::tree::Form;
use crate::gates;
use crate::release::{Gate, Release};
use crate::version::ProtocolVersion;

/// What a type looks like on the wire.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// A truth value.
    Bool,
    /// An unsigned number of so many bits. Bilrost has 128 of them as a message: the high half is
    /// field 0, the low half field 1.
    Uint(u32),
    /// A signed number of so many bits.
    Int(u32),
    /// Text; the name says what it spells.
    Text(&'static str),
    /// Bytes: a blob in flexbuffers.
    Blob,
    /// Bytes: a vector of numbers in flexbuffers.
    Octets,
    /// A flexbuffers value of any kind, kept as it is.
    Any,
    /// A value or nothing.
    Optional(&'static Shape),
    /// Elements, one field each in bilrost.
    List(&'static Shape),
    /// Elements, in one field in bilrost.
    Packed(&'static Shape),
    /// Pairs of key and value.
    Map(&'static Shape, &'static Shape),
    /// Values by position.
    Tuple(&'static [Shape]),
    /// Fields by name.
    Record(&'static RecordShape),
    /// One of several variants.
    Choice(&'static ChoiceShape),
    /// Something else in bilrost than in the tree forms.
    Dual(&'static DualShape),
    /// Only in bilrost: a message that has the value as its one field, with this tag.
    Wrapped(u32, &'static Shape),
    /// Only in bilrost: values one after the other in one field, without keys; those at the end may
    /// be left out.
    Bare(&'static [(&'static str, Shape)]),
}

/// The shapes of a type that has another one in bilrost than in the tree forms.
#[derive(Debug)]
pub struct DualShape {
    /// In flexbuffers and JSON.
    pub tree: Shape,
    /// In bilrost at V2.
    pub v2: Shape,
    /// In bilrost at V3.
    pub v3: Shape,
}

impl Shape {
    /// The shape in the tree forms.
    pub const fn in_trees(self) -> Self {
        match self {
            Self::Dual(dual) => dual.tree,
            other => other,
        }
    }

    /// The shape in bilrost at a version.
    pub const fn in_bilrost(self, version: ProtocolVersion) -> Self {
        match (self, version) {
            (Self::Dual(dual), ProtocolVersion::V1 | ProtocolVersion::V2) => dual.v2,
            (Self::Dual(dual), ProtocolVersion::V3 | ProtocolVersion::V4) => dual.v3,
            (other, _) => other,
        }
    }
}

/// The fields of a record.
#[derive(Debug)]
pub struct RecordShape {
    /// The type's name.
    pub name: &'static str,
    /// Whether flexbuffers writes the fields by position instead of by key.
    pub positional: bool,
    /// How flexbuffers reads it.
    pub rules: RecordRules,
    /// The fields, in the order in which flexbuffers writes their keys.
    pub fields: &'static [FieldShape],
}

/// How a record with keys is read from flexbuffers (07 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordRules {
    /// Refuses keys that it does not know; all others ignore them.
    pub is_closed: bool,
    /// What a variant holds: a map, and never a list by position, which all others may be too.
    pub is_variant: bool,
}

impl RecordRules {
    /// A struct like most.
    pub const fn new() -> Self {
        Self { is_closed: false, is_variant: false }
    }

    /// Refuses unknown keys.
    #[must_use]
    pub const fn closed(self) -> Self {
        Self { is_closed: true, ..self }
    }

    /// Is what a variant holds.
    #[must_use]
    pub const fn variant(self) -> Self {
        Self { is_variant: true, ..self }
    }
}

impl Default for RecordRules {
    fn default() -> Self {
        Self::new()
    }
}

/// One field of a record.
#[derive(Debug)]
pub struct FieldShape {
    /// Names and gate.
    pub field: Field,
    /// Its bilrost tag; none if it has no bilrost form, is a one-of with tags of its own, or stands
    /// in the place of the record.
    pub tag: Option<u32>,
    /// What it holds.
    pub shape: Shape,
}

/// Where bilrost has the value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BilrostPlace {
    /// In the field.
    Field,
    /// In a message in the field, as the field of that message with this tag.
    Message(u32),
    /// In the place of the record, which has no other fields.
    Record,
}

/// The variants of an enum.
#[derive(Debug)]
pub struct ChoiceShape {
    /// The type's name.
    pub name: &'static str,
    /// Whether bilrost writes a number; otherwise a message with the variant's field.
    pub numbered: bool,
    /// The variants.
    pub variants: &'static [VariantShape],
}

/// One variant of an enum.
#[derive(Debug)]
pub struct VariantShape {
    /// Name and gate.
    pub variant: Variant,
    /// Its bilrost number or tag, if it has one; 0 is the empty variant.
    pub tag: Option<u32>,
    /// What it holds, if it holds anything.
    pub shape: Option<Shape>,
}

/// What a field is that is missing.
#[derive(Debug, Clone, Copy)]
pub enum Missing {
    /// An error.
    Error,
    /// Its default value.
    Default,
    /// Its default value, but an error for these releases.
    DefaultBut(Gate),
}

/// Names and rules of a field.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Name in Rust and in JSON.
    pub name: &'static str,
    /// Key in flexbuffers.
    pub key: &'static str,
    /// The releases that know it.
    pub gate: Gate,
    /// Not written when it has its default value.
    pub is_omitted_when_default: bool,
    /// What it is when it is missing.
    pub missing: Missing,
    /// Where bilrost has it.
    pub bilrost_place: BilrostPlace,
}

impl Field {
    /// A field of a type that is always written and must be there, with its gate in the table.
    pub const fn of(owner: &str, name: &'static str) -> Self {
        Self {
            name,
            key: name,
            gate: gates::member(owner, name),
            is_omitted_when_default: false,
            missing: Missing::Error,
            bilrost_place: BilrostPlace::Field,
        }
    }

    /// Its key in one of the tree forms.
    pub const fn key_in(&self, form: Form) -> &'static str {
        match form {
            Form::Flexbuffers => self.key,
            Form::Json => self.name,
        }
    }

    /// Another key in flexbuffers.
    #[must_use]
    pub const fn key(self, key: &'static str) -> Self {
        Self { key, ..self }
    }

    /// Bilrost wraps the value in a message of its own, as the field with this tag.
    #[must_use]
    pub const fn wrapped(self, tag: u32) -> Self {
        Self { bilrost_place: BilrostPlace::Message(tag), ..self }
    }

    /// Bilrost has the value in the place of the record, which has no other fields.
    #[must_use]
    pub const fn in_place(self) -> Self {
        Self { bilrost_place: BilrostPlace::Record, ..self }
    }

    /// Missing means default.
    #[must_use]
    pub const fn default_if_missing(self) -> Self {
        Self { missing: Missing::Default, ..self }
    }

    /// Missing means default, but for the releases of this rule in the table of gates.
    #[must_use]
    pub const fn default_if_missing_but(self, rule: &str) -> Self {
        Self { missing: Missing::DefaultBut(gates::gate(rule)), ..self }
    }

    /// Whether a release takes the default value when it is missing.
    pub const fn may_be_missing_for(&self, release: Release) -> bool {
        match self.missing {
            Missing::Error => false,
            Missing::Default => true,
            Missing::DefaultBut(gate) => !gate.is_open(release),
        }
    }

    /// Not written when default; missing means default.
    #[must_use]
    pub const fn omit_default(self) -> Self {
        Self { is_omitted_when_default: true, missing: Missing::Default, ..self }
    }
}

/// Name and gate of a variant.
#[derive(Debug, Clone, Copy)]
pub struct Variant {
    /// Name on the wire and in JSON.
    pub name: &'static str,
    /// The releases that know it.
    pub gate: Gate,
}

impl Variant {
    /// A variant of an enum, with its gate in the table.
    pub const fn of(owner: &str, name: &'static str) -> Self {
        Self { name, gate: gates::member(owner, name) }
    }

    /// Another name on the wire and in JSON than in Rust.
    #[must_use]
    pub const fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }
}
