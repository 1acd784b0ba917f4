//! Wrong ways to understand bytes, told as what the bytes are taken for.

use bytes::Bytes;

use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::fault::FaultKind;
use crate::fabric::codec::tree::Context;
use crate::fabric::payload::DecodeError;
use crate::suite::reference::{self, Rules};

/// A number that no variant has counts as 0. Only numbers of one byte, which all are.
pub fn unknown_numbers_are_zero(message: MessageType, bytes: &Bytes, cx: Context) -> Bytes {
    let is_unknown = |kind: &FaultKind| matches!(kind, FaultKind::UnknownNumber { .. });
    let mut patched = bytes.to_vec();
    let end = end_of_fault(message, bytes, cx, is_unknown);
    if let Some(byte) = end.and_then(|end| patched.get_mut(end.checked_sub(1)?)) {
        *byte = 0;
    }
    patched.into()
}

/// A trim point loses its upper half. It is behind everything that has a length.
pub fn wide_trim_points_are_cut(message: MessageType, bytes: &Bytes, cx: Context) -> Bytes {
    let is_wide = |kind: &FaultKind| matches!(kind, FaultKind::OutOfRange { .. });
    let end = end_of_fault(message, bytes, cx, is_wide).filter(|_| message == MessageType::Trim);
    let parts = end.and_then(|end| bytes.split_at_checked(end));
    let Some((head, tail)) = parts else { return bytes.clone() };
    // Before the number stands its key, which is one byte without a mark that more follow.
    let is_key = |byte: &u8| *byte < 0x80;
    let key = head.iter().rev().skip(1).position(is_key).map_or(0, |back| head.len() - back - 1);
    let (head, number) = head.split_at_checked(key).unwrap_or((head, &[]));
    let value =
        number.iter().rev().fold(0_u64, |sum, byte| (sum << 7).wrapping_add((*byte).into()));
    let cut = reference::varint(value & u64::from(u32::MAX), &Rules::RIGHT);
    [head, &cut, tail].concat().into()
}

/// Where it is that a decoder does not go on; behind a number that it has read.
pub(super) fn end_of_fault(
    message: MessageType,
    bytes: &Bytes,
    cx: Context,
    is_meant: impl FnOnce(&FaultKind) -> bool,
) -> Option<usize> {
    match Message::decode(message, bytes, cx.release, cx.version.number()) {
        Err(DecodeError::Malformed { fault, .. }) if is_meant(fault.kind()) => {
            fault.place().offset()
        }
        _ => None,
    }
}
