//! A value that a release holds: drawn from bytes, or written as its payload.

use bytes::Bytes;

use super::input::{Input, of_message, of_release};
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::release::Release;
use crate::harness::fuzz::Features;
use crate::suite::arbitrary;

/// Set in the byte of the release if a payload follows, at the release's highest version, instead
/// of bytes to draw from.
const IS_WRITTEN: u8 = 0x80;

/// A message, and the release that holds a value of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub(super) message: MessageType,
    pub(super) holder: Release,
    pub(super) is_written: bool,
}

impl Held {
    /// How many bytes say it.
    pub(super) const HEAD_LEN: usize = 2;

    pub(super) fn of(input: &mut Input<'_>) -> Option<Self> {
        let message = input.message()?;
        let byte = input.byte();
        let holder = Input(&[byte & !IS_WRITTEN]).release()?;
        Some(Self { message, holder, is_written: byte & IS_WRITTEN != 0 })
    }

    /// The bytes that say it.
    pub(super) fn head(self) -> [u8; Self::HEAD_LEN] {
        let flag = if self.is_written { IS_WRITTEN } else { 0 };
        [of_message(self.message), of_release(self.holder) | flag]
    }

    /// The value; none if the bytes are none.
    pub(super) fn value(self, bytes: &[u8], features: &mut Features) -> Option<Message> {
        if !self.message.row().is_known_to(self.holder) {
            return None;
        }
        if self.is_written {
            let number = self.holder.highest_version().number();
            let bytes = Bytes::copy_from_slice(bytes);
            Message::decode(self.message, &bytes, self.holder, number).ok()
        } else {
            arbitrary::from_bytes(self.message, self.holder, bytes, Some(features))
        }
    }
}
