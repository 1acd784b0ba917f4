//! Protocol versions and ranges of them.
//!
//! Negotiation works on raw numbers, because a peer may offer numbers that this build has never
//! heard of; [`ProtocolVersion`] is what remains once both sides agree.

use std::fmt;

/// A version of the fabric's protocol that some release has spoken (01 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProtocolVersion {
    /// Number 1: flexbuffers for everything. Unknown to 1.5 and later.
    V1,
    /// Number 2: datagrams; bilrost for all but seven message types.
    V2,
    /// Number 3: as V2, with another layout of the records in `Store` and `Append`.
    V3,
    /// Number 4: spoken only by the pre-release 1.7.0-rc.3 and withdrawn. It has a number, for
    /// negotiation, but no codec, and the number must never be used again.
    V4,
}

impl ProtocolVersion {
    /// Every version there ever was, in ascending order.
    pub const ALL: [Self; 4] = [Self::V1, Self::V2, Self::V3, Self::V4];

    /// Every version that has a payload codec, in ascending order.
    pub const CODED: [Self; 3] = [Self::V1, Self::V2, Self::V3];

    /// The number that travels in `Hello` and `Welcome`.
    pub const fn number(self) -> i32 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
            Self::V3 => 3,
            Self::V4 => 4,
        }
    }

    /// The version with this number, if any release has spoken it.
    pub const fn from_number(number: i32) -> Option<Self> {
        match number {
            1 => Some(Self::V1),
            2 => Some(Self::V2),
            3 => Some(Self::V3),
            4 => Some(Self::V4),
            _ => None,
        }
    }

    /// Whether the number was withdrawn and no payload codec exists for it.
    pub const fn is_burned(self) -> bool {
        matches!(self, Self::V4)
    }
}

impl fmt::Display for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "V{}", self.number())
    }
}

/// A range of protocol versions as raw numbers, both ends included. Nothing about it is checked:
/// what a peer sends may be empty, inverted or negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VersionRange {
    /// The lowest number that the node speaks.
    pub min: i32,
    /// The highest number that the node speaks.
    pub max: i32,
}

impl VersionRange {
    /// The range from `min` to `max`.
    pub const fn new(min: i32, max: i32) -> Self {
        Self { min, max }
    }

    /// Whether `number` lies in the range.
    pub const fn contains(self, number: i32) -> bool {
        self.min <= number && number <= self.max
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}:{}]", self.min, self.max)
    }
}
