//! What must hold of any protocol.

use crate::requirement::{Level, Requirement};

const fn must(part: &'static str, name: &'static str, sentence: &'static str) -> Requirement {
    Requirement { part, name, level: Level::Must, sentence, place: "", elsewhere: None }
}

/// Of a value that one release sends another.
pub static DELIVERED: Requirement = must(
    "matrix",
    "delivered",
    "what a release sends arrives at every other one, loses what is listed, or is refused with an error",
);
/// Of two releases that meet.
pub static NEGOTIATED: Requirement =
    must("matrix", "handshake", "two releases agree on one version, or one of them refuses");
/// Of the list of losses.
pub static LISTED: Requirement = must("matrix", "listed", "what is listed as expected happens");
/// Of a release that says of itself that it treats a message as another one does.
pub static KINDRED: Requirement =
    must("matrix", "kinds", "releases that are said to be of one kind treat a message alike");
/// Of a message.
pub static SENT: Requirement =
    must("matrix", "messages", "of every message there is a value that some release sends");
/// Of the bytes of a release.
pub static PINNED: Requirement =
    must("golden", "bytes", "a release writes the bytes that are stored, and reads them as it did");
/// Of a part of a message.
pub static GATED: Requirement = Requirement {
    elsewhere: Some("gates"),
    ..must(
        "gates",
        "parts",
        "what a release says is read by every release that knows it, and lost elsewhere as is listed",
    )
};
/// Of bytes of a release to come.
pub static EVOLVED: Requirement = Requirement {
    elsewhere: Some("future"),
    ..must(
        "future",
        "changes",
        "what a release to come may send is skipped or refused, and all that is known read as before",
    )
};
/// Of findings that are known.
pub static EXPECTED: Requirement =
    must("expected", "entries", "what is expected is seen, and in time");

/// All of them, in the order in which they are told.
pub fn all() -> impl Iterator<Item = &'static Requirement> {
    [&DELIVERED, &NEGOTIATED, &KINDRED, &SENT, &LISTED, &PINNED, &GATED, &EVOLVED, &EXPECTED]
        .into_iter()
}
