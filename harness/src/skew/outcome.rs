//! What came of one value that one node sent to another.

use std::fmt;

use crate::boundary::Breach;

/// One of two nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The one that sends.
    Sender,
    /// The one that receives.
    Receiver,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sender => "sender",
            Self::Receiver => "receiver",
        })
    }
}

/// How something of a value did not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LossKind {
    /// It was there, and is not.
    Dropped,
    /// It is another one.
    Changed,
    /// It was not there, and is.
    Added,
}

impl fmt::Display for LossKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dropped => "drops",
            Self::Changed => "changes",
            Self::Added => "adds",
        })
    }
}

/// Something of a value that did not arrive as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Loss {
    /// How.
    pub kind: LossKind,
    /// The field, with `[]` for any index.
    pub path: String,
    /// Why it may happen; none if it may not.
    pub reason: Option<&'static str>,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.path)
    }
}

/// What must never happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// A node panicked, hung, or took too much memory.
    Breach(Side, Breach),
    /// The sender wrote a value that the version has no form for: bytes of another version.
    WrongVersion,
    /// The receiver understood another value than it should have.
    SilentChange(String),
    /// Something was lost that is on no list.
    UnlistedLoss(Vec<Loss>),
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Breach(side, breach) => write!(f, "the {side} {breach}"),
            Self::WrongVersion => f.write_str("sent in bytes of another version"),
            Self::SilentChange(place) => write!(f, "changed in silence: {place}"),
            Self::UnlistedLoss(losses) => write!(f, "lost, and on no list: {}", list(losses)),
        }
    }
}

/// What came of one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It arrived as it was sent.
    Equal,
    /// It arrived without what the receiver does not know, all of it on the list of what may be
    /// lost. Never empty.
    Lossy(Vec<Loss>),
    /// The sender refused to send it.
    Gated {
        /// In these words.
        words: String,
        /// Whether the version really has no form for it.
        is_foreseen: bool,
    },
    /// The receiver refused it.
    Refused {
        /// In these words.
        words: String,
        /// Whether the receiver really cannot know it.
        is_foreseen: bool,
    },
    /// The receiver panics on it in the place of refusing it, as its release is known to.
    Panicked {
        /// What it says, behind the number of the fault.
        words: String,
        /// Whether the receiver really cannot know it.
        is_foreseen: bool,
    },
    /// Something happened that must not.
    Violation(Violation),
}

/// The kinds of outcomes, from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Arrived as sent.
    Equal,
    /// Arrived with a loss that has a name.
    Lossy,
    /// Refused by the sender's gate.
    Gated,
    /// Refused by the receiver with an error.
    Refused,
    /// A panic of the receiver, by a known fault of its release.
    Panicked,
    /// What must not happen.
    Violation,
}

impl Class {
    /// All of them, from good to bad.
    pub const ALL: [Self; 6] =
        [Self::Equal, Self::Lossy, Self::Gated, Self::Refused, Self::Panicked, Self::Violation];

    /// Its sign in grids.
    pub const fn glyph(self) -> char {
        match self {
            Self::Equal => '=',
            Self::Lossy => '~',
            Self::Gated => '|',
            Self::Refused => 'x',
            Self::Panicked => '#',
            Self::Violation => '!',
        }
    }

    /// Its name in reports for programs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Lossy => "lossy",
            Self::Gated => "gated",
            Self::Refused => "refused",
            Self::Panicked => "panicked",
            Self::Violation => "violation",
        }
    }

    /// What it means, for a legend.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Equal => "delivered equal",
            Self::Lossy => "delivered with named loss",
            Self::Gated => "refused by the sender's gate",
            Self::Refused => "refused by the receiver with an error",
            Self::Panicked => "the receiver panics, a known fault",
            Self::Violation => "violation",
        }
    }
}

impl Outcome {
    /// Why it was not tried, if it was not.
    pub fn not_tried(&self) -> Option<&str> {
        match self {
            Self::Violation(Violation::Breach(_, Breach::NotTried(reason))) => Some(reason),
            _ => None,
        }
    }

    /// Its kind.
    pub const fn class(&self) -> Class {
        match self {
            Self::Equal => Class::Equal,
            Self::Lossy(_) => Class::Lossy,
            Self::Gated { .. } => Class::Gated,
            Self::Refused { .. } => Class::Refused,
            Self::Panicked { .. } => Class::Panicked,
            Self::Violation(_) => Class::Violation,
        }
    }

    /// Whether it is as it should be: no violation, and no refusal without need.
    pub const fn is_foreseen(&self) -> bool {
        match self {
            Self::Equal | Self::Lossy(_) => true,
            Self::Gated { is_foreseen, .. }
            | Self::Refused { is_foreseen, .. }
            | Self::Panicked { is_foreseen, .. } => *is_foreseen,
            Self::Violation(_) => false,
        }
    }
}

/// The reason, in words; nothing if all is well.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equal => Ok(()),
            Self::Lossy(losses) => f.write_str(&list(losses)),
            Self::Gated { words, .. }
            | Self::Refused { words, .. }
            | Self::Panicked { words, .. } => f.write_str(words),
            Self::Violation(violation) => violation.fmt(f),
        }
    }
}

fn list(losses: &[Loss]) -> String {
    losses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
