//! The parts of the main job, by the addresses of their cases.

use crate::harness::selection::Selection;

/// A part that can be run without the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Versions that are agreed on.
    Negotiation,
    /// Both sides of a handshake.
    Handshake,
    /// A node in a cluster.
    Nodes,
    /// Scripted sessions.
    Sessions,
    /// The examples of the specification, names, and since when there is what.
    Known,
    /// Streams and their frames, what is as long as anything is looked at, and what is asked.
    Limits,
    /// Bytes that nobody knows.
    Strangers,
    /// What leaders write into logs.
    LogRecords,
    /// Every sample of every message.
    Messages,
    /// What is said of bytes.
    Explained,
    /// The audit of gates.
    Gates,
    /// What a next release may change.
    Future,
    /// Every pair of releases.
    Matrix,
    /// The fixtures.
    Golden,
    /// Bytes of released servers.
    Captured,
    /// Every order of an upgrade.
    Upgrades,
    /// Known faults.
    Faults,
}

impl Part {
    const ALL: [Self; 17] = [
        Self::Negotiation,
        Self::Handshake,
        Self::Nodes,
        Self::Sessions,
        Self::Known,
        Self::Limits,
        Self::Strangers,
        Self::LogRecords,
        Self::Messages,
        Self::Explained,
        Self::Gates,
        Self::Future,
        Self::Matrix,
        Self::Golden,
        Self::Captured,
        Self::Upgrades,
        Self::Faults,
    ];

    /// What the addresses of its cases begin with.
    pub const fn roots(self) -> &'static [&'static str] {
        match self {
            Self::Negotiation => &["check/pair", "check/offer"],
            Self::Handshake => {
                &["check/hello", "check/welcome", "check/understood", "check/refusal"]
            }
            Self::Nodes => &["check/node"],
            Self::Sessions => &["session", "session-repaired"],
            Self::Known => &["check/known", "check/name", "check/since"],
            Self::Limits => &["check/limit", "check/bound", "check/asked", "check/stream"],
            Self::Strangers => &["check/stranger", "check/accepted"],
            Self::LogRecords => &["check/log-record"],
            Self::Messages => &[
                "check/number",
                "check/refused",
                "check/json",
                "check/bytes",
                "check/encoder",
                "check/across",
                "check/damaged",
                "check/panic",
            ],
            Self::Explained => &["check/explained"],
            Self::Gates => &["gates"],
            Self::Future => &["future"],
            Self::Matrix => &["matrix"],
            Self::Golden => &["golden"],
            Self::Captured => &["vectors", "captures", "strictness"],
            Self::Upgrades => &["upgrade"],
            Self::Faults => &["faults"],
        }
    }

    /// Whether a case of it may be asked for.
    pub fn is_in(self, selection: &Selection) -> bool {
        let all: Vec<&str> = Self::ALL.iter().flat_map(|part| part.roots()).copied().collect();
        selection.may_have(self.roots(), &all)
    }
}
