//! What the reference encoder does, as data: the right way, and for each rule one way to break it.
//!
//! A knob is one small edit that somebody could make to a right encoder without noticing (04 D). It
//! says nothing of who sets it: that is the business of [`crate::suite::planted`].

use crate::fabric::version::ProtocolVersion;

/// The rules of the reference encoder. [`Rules::RIGHT`], which is also the default, makes the bytes
/// of the released servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    // Bilrost (03 §2).
    /// How a number becomes bytes.
    pub varint: VarintForm,
    /// What the key of a field holds.
    pub field_key: FieldKey,
    /// Tags that differ from those of the shapes.
    pub tags: &'static [OtherTag],
    /// The tag of the list inside the message that wraps it.
    pub wrapper_tag: Option<u32>,
    /// The type whose packed lists are written with one field for each element.
    pub unpacked: Option<&'static str>,
    /// What is left out of a message.
    pub omission: Omission,
    /// Whether the nanoseconds of a duration are left out when they are zero.
    pub drops_zero_tail: bool,
    /// The version that decides on the layout of records, if not the negotiated one.
    pub record_layout: Option<ProtocolVersion>,
    /// Whether the records of `Records` follow those of `Store` and `Append` to a new layout.
    pub replies_follow_record_layout: bool,

    // Flexbuffers (03 §3).
    /// In which order the keys of a struct enter the buffer.
    pub key_writing: KeyWriting,
    /// Whether a key that is in the buffer already is used again.
    pub pools_keys: bool,
    /// Whether a vector of keys that is in the buffer already is used again.
    pub shares_key_vectors: bool,
    /// In which order a map has its entries.
    pub map_order: MapOrder,
    /// Whether short vectors of numbers have their length in their type.
    pub has_fixed_vectors: bool,
    /// What byte strings become.
    pub byte_strings: ByteStrings,
    /// Whether signed numbers are written as such.
    pub has_signed_numbers: bool,
    /// Whether a field without a value is left out instead of null.
    pub omits_none: bool,
    /// Whether variants without a value are maps too.
    pub unit_variants_are_maps: bool,
    /// What a duration becomes.
    pub durations: Durations,
    /// Whether durations that are to be left out when zero are written all the same.
    pub writes_zero_durations: bool,

    // Single types (03 §5 to §8).
    /// The messages that have the metadata wrapper.
    pub metadata_wrapper: MetadataWrapper,
    /// Whether the status of a sequencer's answer is null at V1 when all is well.
    pub ok_is_null_at_v1: bool,
    /// Whether a ULID is written in lower case.
    pub ulids_are_lower_case: bool,
    /// How base 62 is written.
    pub base62: Base62,
    /// In which order roles are written.
    pub role_order: RoleOrder,
    /// Whether the metadata role is called as in 1.2.
    pub roles_have_old_name: bool,
    /// Whether a replication is always text.
    pub replication_is_text: bool,
}

impl Rules {
    /// What the released servers do.
    pub const RIGHT: Self = Self {
        varint: VarintForm::Bijective,
        field_key: FieldKey::Delta,
        tags: &[],
        wrapper_tag: None,
        unpacked: None,
        omission: Omission::Defaults,
        drops_zero_tail: true,
        record_layout: None,
        replies_follow_record_layout: false,
        key_writing: KeyWriting::Declared,
        pools_keys: true,
        shares_key_vectors: false,
        map_order: MapOrder::Bytes,
        has_fixed_vectors: true,
        byte_strings: ByteStrings::AsDeclared,
        has_signed_numbers: true,
        omits_none: false,
        unit_variants_are_maps: false,
        durations: Durations::Parts,
        writes_zero_durations: false,
        metadata_wrapper: MetadataWrapper::AtV1,
        ok_is_null_at_v1: false,
        ulids_are_lower_case: false,
        base62: Base62::Swapped,
        role_order: RoleOrder::OfRelease,
        roles_have_old_name: false,
        replication_is_text: false,
    };

    /// The tag of a field or variant, where it is another than that of the shape.
    pub(super) fn other_tag(&self, owner: &str, member: &str) -> Option<u32> {
        let is_it = |other: &&OtherTag| other.owner == owner && other.member == member;
        self.tags.iter().find(is_it).map(|other| other.tag)
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::RIGHT
    }
}

/// A tag that differs from that of the shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherTag {
    /// Name of the record or enum.
    pub owner: &'static str,
    /// Name of the field or variant.
    pub member: &'static str,
    /// Its tag.
    pub tag: u32,
}

impl OtherTag {
    /// The tag of a field or variant.
    pub const fn new(owner: &'static str, member: &'static str, tag: u32) -> Self {
        Self { owner, member, tag }
    }
}

/// How a number becomes bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VarintForm {
    /// Every number in one way only, nine bytes at most. Right.
    Bijective,
    /// Seven bits to a byte: LEB128.
    Plain,
}

/// What the key of a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKey {
    /// By how much the tag is greater than that of the field before. Right.
    Delta,
    /// The tag.
    Absolute,
}

/// What is left out of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Omission {
    /// Fields with their default value; what is optional and there, and elements of lists, are
    /// written whatever they hold. Right.
    Defaults,
    /// Optional defaults too.
    DefaultsEvenIfOptional,
    /// Default elements too.
    DefaultsEvenInLists,
    /// Defaults, but not nested messages.
    DefaultsButNotMessages,
}

/// In which order the keys of a struct enter the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyWriting {
    /// As the fields are declared. Right.
    Declared,
    /// Sorted.
    Sorted,
}

/// In which order a map has its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapOrder {
    /// By the bytes of the keys. Right.
    Bytes,
    /// Shorter keys first.
    LengthThenBytes,
}

/// What byte strings become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteStrings {
    /// Blobs or vectors of numbers, as the type has it. Right.
    AsDeclared,
    /// Blobs.
    Blobs,
    /// Vectors of numbers.
    Vectors,
}

/// What a duration becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durations {
    /// Seconds and nanoseconds. Right.
    Parts,
    /// Seconds with a fraction.
    Fraction,
}

/// The messages that have the metadata wrapper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetadataWrapper {
    /// Those of V1. Right.
    AtV1,
    /// None.
    Never,
    /// All.
    Always,
}

/// How base 62 is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base62 {
    /// Of the number with its bytes reversed, capitals last. Right.
    Swapped,
    /// Of the number as it is.
    Unswapped,
    /// Capitals before small letters.
    CapitalsFirst,
}

/// In which order roles are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleOrder {
    /// As the release declares them. Right.
    OfRelease,
    /// As the releases on the other side of 1.6 declare them.
    OfOtherReleases,
}
