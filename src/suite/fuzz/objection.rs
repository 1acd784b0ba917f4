//! What bodies say when something does not hold.

use std::fmt::Display;

use crate::fabric::catalogue::MessageType;
use crate::fabric::release::Release;
use crate::harness::fuzz::Objection;

/// An objection about a message of a release at a version.
#[cold]
pub(super) fn at(
    kind: &'static str,
    (message, release, number): (MessageType, Release, i32),
    seen: impl Display,
) -> Objection {
    let place = format!("{}-{}-V{number}", message.row().word(), release.name());
    Objection { kind, place, seen: seen.to_string() }
}

/// An objection about something else.
#[cold]
pub(super) fn of(kind: &'static str, place: impl Display, seen: impl Display) -> Objection {
    Objection { kind, place: place.to_string(), seen: seen.to_string() }
}
