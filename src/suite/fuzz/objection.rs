//! What bodies say when something does not hold.

use super::came::Came;
use crate::fabric::catalogue::MessageType;
use crate::fabric::release::Release;
use crate::harness::fuzz::{Objection, Shower};

/// An objection that a message of a release at a version has shown.
#[cold]
pub(super) fn at(
    kind: &'static str,
    (message, release, number): (MessageType, Release, i32),
    came: Came,
) -> Objection {
    let version = ("version", format!("V{number}"));
    of(kind, [("message", message.row().word().to_owned()), self::release(release), version], came)
}

/// An objection that something else has shown.
#[cold]
pub(super) fn of(
    kind: &'static str,
    shown_by: impl IntoIterator<Item = Shower>,
    came: Came,
) -> Objection {
    let Came { place, words } = came;
    Objection { kind, place, shown_by: shown_by.into_iter().collect(), words: Box::new(words) }
}

/// A release that has shown something.
pub(super) fn release(release: Release) -> Shower {
    ("release", release.name().to_owned())
}
