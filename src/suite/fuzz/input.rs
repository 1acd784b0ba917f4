//! Inputs taken apart from the front: a few bytes that choose, then the rest.
//!
//! Every byte chooses something, and a byte that is not there is zero, so that any input is one.

use crate::fabric::catalogue::{MESSAGES, MessageType};
use crate::fabric::envelope::EnvelopeType;
use crate::fabric::release::{RELEASES, Release};

/// The numbers of versions that inputs name: those that a codec exists for, the one that is burned,
/// and some that nobody has heard of.
pub(super) const NUMBERS: [i32; 8] = [0, 1, 2, 3, 4, 5, -1, i32::MAX];

/// What is left of an input.
#[derive(Debug, Clone, Copy)]
pub(super) struct Input<'a>(pub(super) &'a [u8]);

impl Input<'_> {
    /// The next byte.
    #[inline]
    pub(super) fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                *first
            }
            None => 0,
        }
    }

    /// An index below `count`, from the next byte.
    #[inline]
    pub(super) fn below(&mut self, count: usize) -> usize {
        usize::from(self.byte()) % count.max(1)
    }

    /// A message.
    pub(super) fn message(&mut self) -> Option<MessageType> {
        let index = self.below(MESSAGES.len());
        MESSAGES.get(index).map(|row| row.message_type)
    }

    /// A release: the lines, then the variants.
    pub(super) fn release(&mut self) -> Option<Release> {
        let index = self.below(RELEASES.len());
        Release::all().nth(index)
    }

    /// The number of a version.
    pub(super) fn number(&mut self) -> i32 {
        let index = self.below(NUMBERS.len());
        NUMBERS.get(index).copied().unwrap_or_default()
    }

    /// A message of the envelope; the frame is the first.
    pub(super) fn envelope(&mut self) -> Option<EnvelopeType> {
        let index = self.below(EnvelopeType::ALL.len());
        EnvelopeType::ALL.get(index).copied()
    }

    /// An end of a range of versions: mostly small, sometimes at the end of its type.
    pub(super) fn range_end(&mut self) -> i32 {
        match self.byte() {
            0xff => i32::MAX,
            0xfe => i32::MIN,
            byte @ 0x80.. => i32::from(byte) - 0x100,
            byte => i32::from(byte) % 8,
        }
    }
}

/// The byte by which [`Input::message`] chooses a message.
pub(super) fn of_message(message: MessageType) -> u8 {
    message as u8
}

/// The byte by which [`Input::release`] chooses a release.
pub(super) fn of_release(release: Release) -> u8 {
    (0..).zip(Release::all()).find(|(_, it)| *it == release).map_or(0, |(byte, _)| byte)
}

/// The byte by which [`Input::number`] chooses a number.
pub(super) fn of_number(number: i32) -> u8 {
    (0..).zip(NUMBERS).find(|(_, it)| *it == number).map_or(0, |(byte, _)| byte)
}

/// The byte by which [`Input::envelope`] chooses a message of the envelope.
pub(super) fn of_envelope(of: EnvelopeType) -> u8 {
    of as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_choose_what_they_stand_for() {
        for message in MessageType::all() {
            assert_eq!(Input(&[of_message(message)]).message(), Some(message));
        }
        for release in Release::all() {
            assert_eq!(Input(&[of_release(release)]).release(), Some(release));
        }
        for number in NUMBERS {
            assert_eq!(Input(&[of_number(number)]).number(), number);
        }
        for of in EnvelopeType::ALL {
            assert_eq!(Input(&[of_envelope(*of)]).envelope(), Some(*of));
        }
        assert!(Input(&[]).message().is_some());
        assert_eq!(Input(&[0xff]).range_end(), i32::MAX);
        assert_eq!(Input(&[0xfd]).range_end(), -3);
    }
}
