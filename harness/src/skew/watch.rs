//! Who is at work in an exchange, as it is seen from outside: should it never come to an end, it is theirs.

use std::sync::atomic::{AtomicU8, Ordering};

use super::outcome::Side;

const NOBODY: u8 = 0;
const SENDER: u8 = 1;
const RECEIVER: u8 = 2;

/// Who is at work in one exchange.
#[derive(Debug)]
pub struct Watch {
    at_work: AtomicU8,
    /// Whether the sender is asked for what its bytes are at other versions, where the receiver refuses
    /// them. That is nobody's fault.
    guesses: bool,
}

impl Default for Watch {
    fn default() -> Self {
        Self { at_work: AtomicU8::new(SENDER), guesses: true }
    }
}

impl Watch {
    /// Of an exchange in which nothing is asked beyond it.
    pub fn plain() -> Self {
        Self { guesses: false, ..Self::default() }
    }

    /// Who is at work; none if it is nobody's fault.
    pub fn at_work(&self) -> Option<Side> {
        match self.at_work.load(Ordering::Relaxed) {
            SENDER => Some(Side::Sender),
            RECEIVER => Some(Side::Receiver),
            _ => None,
        }
    }
}

/// A watch, on the way there or back.
#[derive(Clone, Copy)]
pub(super) struct Turn<'a> {
    watch: &'a Watch,
    is_back: bool,
}

impl<'a> Turn<'a> {
    pub(super) const fn of(watch: &'a Watch) -> Self {
        Self { watch, is_back: false }
    }

    /// The same where both sides have changed places.
    pub(super) const fn back(self) -> Self {
        Self { is_back: !self.is_back, ..self }
    }

    pub(super) const fn guesses(self) -> bool {
        self.watch.guesses
    }

    /// Says who is at work from now on.
    pub(super) fn is(self, side: Option<Side>) {
        let number = match (side, self.is_back) {
            (None, _) => NOBODY,
            (Some(Side::Sender), false) | (Some(Side::Receiver), true) => SENDER,
            (Some(Side::Receiver), false) | (Some(Side::Sender), true) => RECEIVER,
        };
        self.watch.at_work.store(number, Ordering::Relaxed);
    }
}
