//! What bodies note of a run: numbers that are the same for runs of one kind.

use crate::fabric::codec::fault::{Fault, FaultKind};
use crate::fabric::payload::DecodeError;
pub(super) use crate::harness::fuzz::{mix, mix_name as name};

/// The number of bits of a length.
#[inline]
pub(super) fn magnitude(len: usize) -> u64 {
    u64::from(usize::BITS - len.leading_zeros())
}

/// A number for the reason why bytes were not decoded, and where.
pub(super) fn refusal(error: &DecodeError) -> u64 {
    match error {
        DecodeError::UnknownMessage { .. } => 1,
        DecodeError::UnknownVersion { .. } => 2,
        DecodeError::IncompatibleVersion { .. } => 3,
        DecodeError::TooLong { .. } => 4,
        DecodeError::Foreign { .. } => 5,
        DecodeError::Malformed { fault, .. } => self::fault(fault),
    }
}

/// A number for what is wrong with bytes, and where.
pub(super) fn fault(fault: &Fault) -> u64 {
    let place = fault.place().fields().fold(5, |hash, step| mix([hash, name(step)]));
    mix([place, kind(fault.kind())])
}

/// A number for a kind of fault.
fn kind(kind: &FaultKind) -> u64 {
    match kind {
        FaultKind::Truncated { what } => mix([1, name(what)]),
        FaultKind::Trailing { .. } => 2,
        FaultKind::OutOfRange { what } => mix([3, name(what)]),
        FaultKind::WrongType { expected, found } => mix([4, name(expected), name(found)]),
        FaultKind::Repeated => 5,
        FaultKind::Conflicting => 6,
        FaultKind::Missing => 7,
        FaultKind::UnknownNumber { name: of, .. } => mix([8, name(of)]),
        FaultKind::UnknownVariant { name: of, .. } => mix([9, name(of)]),
        FaultKind::UnknownField { .. } => 10,
        FaultKind::NotUtf8 => 11,
        FaultKind::Malformed { expected, .. } => mix([12, name(expected)]),
        FaultKind::WrongLength { expected, .. } => mix([13, *expected as u64]),
        FaultKind::Overlapping => 16,
        FaultKind::NotFlexbuffers { what } => mix([14, name(what)]),
        FaultKind::TooMuch { what, .. } => mix([15, name(what)]),
        FaultKind::Panics { known } => mix([16, name(known.name)]),
    }
}
