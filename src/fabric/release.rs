//! The releases that the fabric can speak as: one table, [`RELEASES`], and the order of releases
//! by which fields, variants and messages come and go.
//!
//! What a release knows of each message is not repeated here: every field and variant carries its
//! own [`Gate`], and [`crate::fabric::catalogue`] has the gate of each message.

use std::fmt;
use std::str::FromStr;

use super::version::{ProtocolVersion, VersionRange};

/// The place of a release in the order of releases: `1.minor.patch`, pre-releases before their
/// release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReleaseNumber(u32);

impl ReleaseNumber {
    /// Stage of a stable release; pre-releases have smaller ones.
    const STABLE: u8 = u8::MAX;
    /// Before every release there is.
    pub const FIRST: Self = Self::staged(0, 0, 0);
    /// After every release there will be.
    pub const LAST: Self = Self::staged(u8::MAX, u8::MAX, u8::MAX);

    /// The stable release `1.minor.patch`.
    pub const fn stable(minor: u8, patch: u8) -> Self {
        Self::staged(minor, patch, Self::STABLE)
    }

    /// A pre-release of `1.minor.patch`; stage 0 stands for the development build.
    pub const fn staged(minor: u8, patch: u8, stage: u8) -> Self {
        Self((minor as u32) << 16 | (patch as u32) << 8 | stage as u32)
    }

    /// Comparison that works in constants.
    const fn le(self, other: Self) -> bool {
        self.0 <= other.0
    }
}

/// The releases that know something: from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gate {
    since: ReleaseNumber,
    until: ReleaseNumber,
}

impl Gate {
    /// Known to every release.
    pub const ALWAYS: Self = Self { since: ReleaseNumber::FIRST, until: ReleaseNumber::LAST };

    /// Known from `1.minor.patch` on, its pre-releases included.
    #[must_use]
    pub const fn since(self, minor: u8, patch: u8) -> Self {
        Self { since: ReleaseNumber::staged(minor, patch, 0), ..self }
    }

    /// Known up to and including `1.minor.patch`.
    #[must_use]
    pub const fn until(self, minor: u8, patch: u8) -> Self {
        Self { until: ReleaseNumber::stable(minor, patch), ..self }
    }

    /// Whether this release knows it.
    #[inline]
    pub const fn is_open(self, release: Release) -> bool {
        self.since.le(release.number) && release.number.le(self.until)
    }

    /// Whether every release knows it.
    pub const fn is_always(self) -> bool {
        self.since.le(ReleaseNumber::FIRST) && ReleaseNumber::LAST.le(self.until)
    }
}

/// How a release selects the protocol version when it accepts a connection (02 §1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NegotiationRule {
    /// Both ends of the peer's range are first mapped through the enum, so that a number from the
    /// future becomes 0. 1.2.x and 1.3.0.
    A,
    /// Numeric comparison of the raw numbers. From 1.3.1 on.
    B,
}

/// A line of releases, or one build of a line that behaves otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReleaseKind {
    /// A line of stable releases.
    Line,
    /// A single build that differs from its line.
    Variant,
}

/// One row of [`RELEASES`].
#[derive(Debug, PartialEq, Eq)]
pub struct ReleaseRow {
    /// The name by which a user selects it.
    pub name: &'static str,
    /// The exact release that the facts, and the reference vectors, come from.
    pub exact: &'static str,
    /// Other spellings under which reference data names this build.
    pub aliases: &'static [&'static str],
    /// A line, or a variant of one.
    pub kind: ReleaseKind,
    /// Where the exact release stands in the order of releases.
    pub number: ReleaseNumber,
    /// The protocol versions it offers and accepts.
    pub range: VersionRange,
    /// The version numbers that its enum has a variant for, 0 (unknown) left out.
    pub known_numbers: &'static [i32],
    /// How it selects a version as acceptor.
    pub rule: NegotiationRule,
    /// The build of issue 3263: it sends Gossip, which has no V1 form, to a V1 peer, and its codec
    /// asserts instead of refusing (04 R1).
    pub gossips_to_v1: bool,
    /// What a reader should know about it.
    pub note: &'static str,
}

/// Every release that can be selected: the one list that all others are compared with.
pub static RELEASES: [ReleaseRow; 9] = [
    ReleaseRow {
        name: "1.2",
        exact: "1.2.3",
        aliases: &[],
        kind: ReleaseKind::Line,
        number: ReleaseNumber::stable(2, 3),
        range: VersionRange::new(1, 1),
        known_numbers: &[1],
        rule: NegotiationRule::A,
        gossips_to_v1: false,
        note: "control frames carry no header",
    },
    ReleaseRow {
        name: "1.3",
        exact: "1.3.2",
        aliases: &[],
        kind: ReleaseKind::Line,
        number: ReleaseNumber::stable(3, 2),
        range: VersionRange::new(1, 1),
        known_numbers: &[1],
        rule: NegotiationRule::B,
        gossips_to_v1: false,
        note: "first line that accepts a newer peer's range",
    },
    ReleaseRow {
        name: "1.4",
        exact: "1.4.4",
        aliases: &[],
        kind: ReleaseKind::Line,
        number: ReleaseNumber::stable(4, 4),
        range: VersionRange::new(1, 2),
        known_numbers: &[1, 2],
        rule: NegotiationRule::B,
        gossips_to_v1: false,
        note: "introduces V2, still speaks V1: the bridge",
    },
    ReleaseRow {
        name: "1.5",
        exact: "1.5.6",
        aliases: &[],
        kind: ReleaseKind::Line,
        number: ReleaseNumber::stable(5, 6),
        range: VersionRange::new(2, 2),
        known_numbers: &[2],
        rule: NegotiationRule::B,
        gossips_to_v1: false,
        note: "V1 removed, its number reserved",
    },
    ReleaseRow {
        name: "1.6",
        exact: "1.6.2",
        aliases: &[],
        kind: ReleaseKind::Line,
        number: ReleaseNumber::stable(6, 2),
        range: VersionRange::new(2, 3),
        known_numbers: &[2, 3],
        rule: NegotiationRule::B,
        gossips_to_v1: false,
        note: "introduces V3 and ingest",
    },
    ReleaseRow {
        name: "1.7",
        exact: "1.7.6",
        aliases: &[],
        kind: ReleaseKind::Line,
        number: ReleaseNumber::stable(7, 6),
        range: VersionRange::new(2, 3),
        known_numbers: &[2, 3],
        rule: NegotiationRule::B,
        gossips_to_v1: false,
        note: "scope, new status fields, two more swimlanes",
    },
    ReleaseRow {
        name: "1.3.0",
        exact: "1.3.0",
        aliases: &[],
        kind: ReleaseKind::Variant,
        number: ReleaseNumber::stable(3, 0),
        range: VersionRange::new(1, 1),
        known_numbers: &[1],
        rule: NegotiationRule::A,
        gossips_to_v1: false,
        note: "still the old rule: refuses a 1.4 node's range",
    },
    ReleaseRow {
        name: "1.4-dev",
        exact: "1.4-dev",
        aliases: &["1.3.3-dev", "8b4f6701b"],
        kind: ReleaseKind::Variant,
        number: ReleaseNumber::staged(4, 0, 0),
        range: VersionRange::new(1, 2),
        known_numbers: &[1, 2],
        rule: NegotiationRule::B,
        gossips_to_v1: true,
        note: "the build of issue 3263: sends Gossip to a V1 peer",
    },
    ReleaseRow {
        name: "1.7.0-rc.3",
        exact: "1.7.0-rc.3",
        aliases: &[],
        kind: ReleaseKind::Variant,
        number: ReleaseNumber::staged(7, 0, 3),
        range: VersionRange::new(2, 4),
        known_numbers: &[2, 3, 4],
        rule: NegotiationRule::B,
        gossips_to_v1: false,
        note: "offered V4, withdrawn in the next candidate",
    },
];

/// A release to speak as: a row of [`RELEASES`] and the exact place within its line.
///
/// Small, because it goes along with every value that is encoded or decoded.
#[derive(Debug, Clone, Copy)]
pub struct Release {
    number: ReleaseNumber,
    /// Its row's index in the table.
    index: u8,
}

impl Release {
    /// The six release lines, oldest first.
    pub fn lines() -> impl Iterator<Item = Self> + Clone {
        Self::all().filter(|release| release.row().kind == ReleaseKind::Line)
    }

    /// Every selectable release: the lines, then the variants.
    pub fn all() -> impl Iterator<Item = Self> + Clone {
        (0..).zip(&RELEASES).map(|(index, row)| Self { number: row.number, index })
    }

    /// The row of the table that describes it.
    pub const fn row(self) -> &'static ReleaseRow {
        &RELEASES[self.index as usize]
    }

    /// Its name in the table.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// Its place in the order of releases.
    pub const fn number(self) -> ReleaseNumber {
        self.number
    }

    /// The protocol versions it offers and accepts.
    pub const fn range(self) -> VersionRange {
        self.row().range
    }

    /// Whether it speaks a version that has a payload codec.
    #[inline]
    pub const fn speaks(self, version: ProtocolVersion) -> bool {
        !version.is_burned() && self.range().contains(version.number())
    }

    /// The versions that it [speaks](Self::speaks), in ascending order.
    pub fn versions(self) -> impl DoubleEndedIterator<Item = ProtocolVersion> + Clone {
        ProtocolVersion::CODED.into_iter().filter(move |version| self.speaks(*version))
    }

    /// The highest version that it [speaks](Self::speaks). Every release has one.
    pub fn highest_version(self) -> ProtocolVersion {
        self.versions().next_back().unwrap_or(ProtocolVersion::V1)
    }

    /// Whether it is `1.minor.0` or later, pre-releases of that release included.
    #[inline]
    pub const fn is_at_least(self, minor: u8) -> bool {
        ReleaseNumber::staged(minor, 0, 0).le(self.number)
    }
}

impl PartialEq for Release {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Release {}

/// The name in the table, or the exact release where it is another of the same line.
impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.number == self.row().number {
            f.write_str(self.name())
        } else {
            let [_, minor, patch, _] = self.number.0.to_be_bytes();
            write!(f, "1.{minor}.{patch}")
        }
    }
}

/// A release name that stands for no release of the table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown release {name:?}; known are {}", known_names())]
pub struct UnknownRelease {
    /// What was asked for.
    pub name: String,
}

fn known_names() -> String {
    let names: Vec<_> = RELEASES.iter().map(|r| r.name).collect();
    names.join(", ")
}

impl FromStr for Release {
    type Err = UnknownRelease;

    /// Accepts a name of the table (`1.6`), its exact release (`1.6.2`), an alias, or any stable
    /// patch release of a line (`1.7.12`), each with or without a leading `v`.
    fn from_str(text: &str) -> Result<Self, UnknownRelease> {
        let unknown = || UnknownRelease { name: text.to_owned() };
        let name = text.strip_prefix('v').unwrap_or(text);
        let named = |r: &ReleaseRow| r.name == name || r.exact == name || r.aliases.contains(&name);
        if let Some(release) = Self::all().find(|release| named(release.row())) {
            return Ok(release);
        }
        let (line, patch) = name.rsplit_once('.').ok_or_else(unknown)?;
        let patch: u8 = patch.parse().map_err(|_| unknown())?;
        let minor: u8 = line.strip_prefix("1.").and_then(|m| m.parse().ok()).ok_or_else(unknown)?;
        let line = Self::all().find(|release| release.name() == line).ok_or_else(unknown)?;
        Ok(Self { number: ReleaseNumber::stable(minor, patch), ..line })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(name: &str) -> Release {
        name.parse().unwrap()
    }

    #[test]
    fn every_spelling_of_a_release_is_found() {
        for row in &RELEASES {
            for name in [row.name, row.exact].into_iter().chain(row.aliases.iter().copied()) {
                assert_eq!(release(name).row(), row);
                assert_eq!(release(&format!("v{name}")).row(), row);
            }
        }
        assert_eq!(release("1.7.12").name(), "1.7");
        assert_eq!(release("1.7.12").to_string(), "1.7.12");
        assert_eq!(release("1.7.6").to_string(), "1.7");
        assert!(release("1.7.12").number() > release("1.7").number());
        assert!(release("1.3.1").row().rule == NegotiationRule::B);
        for wrong in ["", "1", "1.1", "1.8", "1.8.0", "1.7.x", "1.7.256", "2.6.1", "1.7.0-rc.4"] {
            assert!(wrong.parse::<Release>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn gates_follow_the_order_of_releases() {
        let since_1_4 = Gate::ALWAYS.since(4, 0);
        assert!(!since_1_4.is_open(release("1.3")));
        assert!(since_1_4.is_open(release("1.4-dev")));
        let until_1_4_2 = Gate::ALWAYS.until(4, 2);
        assert!(until_1_4_2.is_open(release("1.4.2")));
        assert!(!until_1_4_2.is_open(release("1.4")));
        assert!(Gate::ALWAYS.since(7, 0).is_open(release("1.7.0-rc.3")));
        assert!(!Gate::ALWAYS.since(7, 3).is_open(release("1.7.0-rc.3")));
        assert!(!Gate::ALWAYS.since(7, 3).is_open(release("1.7.2")));
    }
}
