//! What bodies note of a run: numbers that are the same for runs of one kind.

use crate::fabric::codec::fault::FaultKind;
use crate::fabric::payload::DecodeError;

/// A number for some numbers. Not a digest: it only spreads.
#[inline]
pub(super) fn mix<const N: usize>(parts: [u64; N]) -> u64 {
    parts.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, part| {
        (hash ^ part).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23)
    })
}

/// A number for a name.
#[inline]
pub(super) fn name(text: &str) -> u64 {
    text.bytes().fold(7, |hash, byte| mix([hash, u64::from(byte)]))
}

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
        DecodeError::Malformed { fault, .. } => {
            let place = fault.place().fields().fold(5, |hash, step| mix([hash, name(step)]));
            mix([place, kind(fault.kind())])
        }
    }
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
        FaultKind::NotFlexbuffers { what } => mix([14, name(what)]),
        FaultKind::TooMuch { what, .. } => mix([15, name(what)]),
    }
}
