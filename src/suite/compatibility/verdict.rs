//! Verdicts on two releases: what the table says of them, ranked by what it does to users.

use std::cmp::Reverse;
use std::fmt;

use super::row::{Kind, Move, Row};
use super::table;
use crate::fabric::negotiation::handshake;
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;

/// What comes of two releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VerdictKind {
    /// Nothing that users notice, unless somebody switches on what is off by default.
    Safe,
    /// All goes on, with so many known limits, none of which anybody meets who does nothing special.
    Limits(usize),
    /// Nothing is lost, but requests fail by themselves while both are there; with so many known limits.
    Interrupted(usize),
    /// Data, nodes or partitions are lost by themselves.
    Breaks,
    /// Nothing breaks by itself, but one of the two is no release for a cluster that matters.
    Avoid,
    /// No connection comes about in either direction.
    CannotTalk,
}

impl VerdictKind {
    /// Whether the answer is yes.
    pub const fn is_yes(self) -> bool {
        matches!(self, Self::Safe | Self::Limits(_) | Self::Interrupted(_))
    }
}

impl fmt::Display for VerdictKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Safe => f.write_str("safe"),
            Self::Limits(count) => write!(f, "works, with {}", Count(*count)),
            Self::Interrupted(count) => {
                write!(f, "requests fail meanwhile; {}", Count(*count))
            }
            Self::Breaks => f.write_str("breaks"),
            Self::Avoid => f.write_str("to be avoided"),
            Self::CannotTalk => f.write_str("cannot talk"),
        }
    }
}

/// So many known limits, in words.
struct Count(usize);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("1 known limit"),
            count => write!(f, "{count} known limits"),
        }
    }
}

/// A row of the table that two releases meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// The row.
    pub row: &'static Row,
    /// Who writes or sends it.
    pub writer: Release,
    /// Who meets it.
    pub reader: Release,
}

/// What comes of two releases, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What comes of them.
    pub kind: VerdictKind,
    /// What counts, the worst first.
    pub reasons: Vec<Reason>,
}

impl Verdict {
    /// The worst that is to be known: what is off by default counts only where there is nothing else.
    pub fn worst(&self) -> Option<&Reason> {
        let is_off = |reason: &&Reason| reason.row.is_off();
        let (off, on): (Vec<&Reason>, Vec<&Reason>) = self.reasons.iter().partition(is_off);
        // Of those that are alike the first one ranks highest.
        let all = if on.is_empty() { off } else { on };
        all.into_iter().rev().max_by_key(|reason| reason.row.severity)
    }
}

/// May a cluster of one release go to another, node by node? To a newer one that is an upgrade, to
/// an older one it is going back.
pub fn verdict(from: Release, to: Release) -> Verdict {
    of(if from > to { Move::Back } else { Move::Upgrade }, from, to)
}

/// May nodes of two releases be in one cluster?
pub fn together(one: Release, other: Release) -> Verdict {
    of(Move::Together, one, other)
}

/// The answer to one question about two releases.
pub(super) fn of(question: Move, from: Release, to: Release) -> Verdict {
    let reasons = reasons(question, from, to);
    let reasons: Vec<Reason> = reasons.into_iter().filter(|it| it.row.counts()).collect();
    let is_by_itself = |reason: &Reason| !reason.row.is_off();
    let kind = if version(from, to).is_none() {
        VerdictKind::CannotTalk
    } else if reasons.iter().any(|reason| reason.row.breaks()) {
        VerdictKind::Breaks
    } else if reasons.iter().any(|reason| reason.row.kind == Kind::Candidate) {
        VerdictKind::Avoid
    } else if reasons.iter().any(|reason| reason.row.interrupts()) {
        VerdictKind::Interrupted(reasons.len())
    } else if reasons.iter().any(is_by_itself) {
        VerdictKind::Limits(reasons.len())
    } else {
        VerdictKind::Safe
    };
    Verdict { kind, reasons }
}

/// The version that two releases speak with each other, whoever dials; none if no connection comes
/// about in either direction.
pub fn version(one: Release, other: Release) -> Option<ProtocolVersion> {
    handshake(one, other).or_else(|_| handshake(other, one)).ok()
}

/// Every row that two releases meet, whether it counts or not, the worst first.
pub fn reasons(question: Move, from: Release, to: Release) -> Vec<Reason> {
    let is_connected = version(from, to).is_some();
    let met = |row: &'static Row| {
        // Without a connection only what keeps it from coming about is met, and what is on disk.
        let is_felt = row.kind == Kind::Start || (row.kind == Kind::Session && row.breaks());
        if !row.moves.contains(&question) || !(is_connected || is_felt) {
            return None;
        }
        if row.kind == Kind::Release {
            // What is gained by the move; what either has by itself is no matter of the two.
            let is_gained = question != Move::Together && row.from.has(to) && !row.from.has(from);
            return is_gained.then_some(Reason { row, writer: to, reader: from });
        }
        let is_so = |[writer, reader]: &[Release; 2]| row.holds(*writer, *reader);
        let [writer, reader] = [[from, to], [to, from]].into_iter().find(is_so)?;
        Some(Reason { row, writer, reader })
    };
    let mut reasons: Vec<Reason> = table().iter().filter_map(met).collect();
    reasons.sort_by_key(|reason| rank(reason.row));
    reasons
}

/// The parts of an answer, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// What breaks by itself, or is no release.
    Breaks,
    /// Requests that fail by themselves.
    Interrupts,
    /// What else counts without a switch.
    Known,
    /// What is off by default.
    Switched,
    /// What does not count.
    Uncounted,
}

impl Part {
    /// The part that a row belongs to.
    pub(super) fn of(row: &Row) -> Self {
        match row {
            row if row.breaks() || row.kind == Kind::Candidate => Self::Breaks,
            row if row.interrupts() => Self::Interrupts,
            row if !row.counts() => Self::Uncounted,
            row if row.is_off() => Self::Switched,
            _ => Self::Known,
        }
    }
}

/// The parts one after the other, and in each of them the worst first.
pub(super) fn rank(row: &Row) -> impl Ord + use<> {
    let part = Part::of(row);
    // What a node refuses to start on is a consequence, and a fault of one release is no skew.
    let is_aside = matches!(row.kind, Kind::Start | Kind::Storage | Kind::Release);
    let is_consequence = part == Part::Breaks && is_aside;
    (part, is_consequence, Reverse(row.severity), is_aside, row.sent)
}
