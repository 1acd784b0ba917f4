//! The releases that the fabric can speak as: one table, [`RELEASES`], and the order of releases
//! by which fields, variants and messages come and go.
//!
//! What a release knows of each message is not repeated here: every field and variant carries its
//! own [`Gate`], and [`crate::catalogue`] has the gate of each message.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use super::gates::{self, GATES, GateMove, GateRow};
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

    /// The number from which on its pre-releases count as well.
    pub(super) const fn with_pre_releases(self) -> Self {
        Self(self.0 & !(Self::STABLE as u32))
    }

    /// Comparison that works in constants.
    const fn le(self, other: Self) -> bool {
        self.0 <= other.0
    }
}

/// `1.4.2`; `1.4.x` for the last patch of a line, whichever that is, and `-` for no end.
impl fmt::Display for ReleaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [_, minor, patch, _] = self.0.to_be_bytes();
        match (*self, patch) {
            (Self::FIRST | Self::LAST, _) => f.write_str("-"),
            (_, u8::MAX) => write!(f, "1.{minor}.x"),
            _ => write!(f, "1.{minor}.{patch}"),
        }
    }
}

/// The releases that know something: from the first to the last, both included. Every gate but
/// [`Gate::ALWAYS`] is a row of [`GATES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gate {
    first: ReleaseNumber,
    last: ReleaseNumber,
    /// The index of its row, or [`Gate::NO_ROW`].
    row: u16,
}

impl Gate {
    const NO_ROW: u16 = u16::MAX;

    /// Known to every release.
    pub const ALWAYS: Self =
        Self { first: ReleaseNumber::FIRST, last: ReleaseNumber::LAST, row: Self::NO_ROW };

    /// The gate of a row of the table.
    pub(super) const fn of_row(index: usize) -> Self {
        let GateRow { first, last, .. } = GATES[index];
        Self { first, last, row: index as u16 }
    }

    /// Whether this release knows it.
    #[inline]
    pub const fn is_open(self, release: Release) -> bool {
        match release.moved {
            // The usual gate is none: known when compiled, it leaves nothing to do at run time.
            _ if self.is_always() => true,
            Some(moved) if moved.row() == self.row => moved.is_open(self, release.number),
            _ => self.holds(release.number),
        }
    }

    /// Whether a place in the order of releases is between first and last.
    #[inline]
    pub(super) const fn holds(self, number: ReleaseNumber) -> bool {
        self.first.le(number) && number.le(self.last)
    }

    /// Whether every release knows it.
    pub const fn is_always(self) -> bool {
        self.row == Self::NO_ROW
    }

    /// The same row with other ends.
    pub(super) const fn between(self, first: ReleaseNumber, last: ReleaseNumber) -> Self {
        Self { first, last, ..self }
    }

    /// The first release that knows it; [`ReleaseNumber::FIRST`] if all before do.
    pub const fn first(self) -> ReleaseNumber {
        self.first
    }

    /// The last release that knows it; [`ReleaseNumber::LAST`] if all after do.
    pub const fn last(self) -> ReleaseNumber {
        self.last
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

/// What a row of [`RELEASES`] stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReleaseKind {
    /// A line of stable releases, spoken as its last known patch.
    Line,
    /// A patch of a line: the first or the last of those that are alike on the wire (07 §1).
    Patch,
    /// A single build that was no stable release.
    Variant,
}

/// One row of [`RELEASES`].
#[derive(Debug, PartialEq, Eq)]
pub struct ReleaseRow {
    /// The name by which a user selects it.
    pub name: &'static str,
    /// The exact release that it is; of a line, its last known patch.
    pub exact: &'static str,
    /// Other spellings under which reference data names this build.
    pub aliases: &'static [&'static str],
    /// A line, a patch of one, or a build beside them.
    pub kind: ReleaseKind,
    /// Where the exact release stands in the order of releases.
    pub number: ReleaseNumber,
    /// The protocol versions it offers and accepts.
    pub range: VersionRange,
    /// The version numbers that its enum has a variant for, 0 (unknown) left out.
    pub known_numbers: &'static [i32],
    /// The build of issue 3263: it sends Gossip, which has no V1 form, to a V1 peer, and its codec
    /// asserts instead of refusing (04 R1).
    pub gossips_to_v1: bool,
    /// What a reader should know about it; of a patch, what is new or what it is the last of.
    pub note: &'static str,
}

impl ReleaseRow {
    /// A line that speaks up to the last of the numbers that it knows.
    const fn line(
        name: &'static str,
        exact: &'static str,
        number: ReleaseNumber,
        range: VersionRange,
        known_numbers: &'static [i32],
        note: &'static str,
    ) -> Self {
        Self {
            name,
            exact,
            aliases: &[],
            kind: ReleaseKind::Line,
            number,
            range,
            known_numbers,
            gossips_to_v1: false,
            note,
        }
    }

    /// A stable patch of the line.
    const fn patch(&self, name: &'static str, minor: u8, patch: u8, note: &'static str) -> Self {
        Self {
            name,
            exact: name,
            aliases: &[],
            kind: ReleaseKind::Patch,
            number: ReleaseNumber::stable(minor, patch),
            range: self.range,
            known_numbers: self.known_numbers,
            gossips_to_v1: false,
            note,
        }
    }
}

const LINE_1_2: ReleaseRow = ReleaseRow::line(
    "1.2",
    "1.2.3",
    ReleaseNumber::stable(2, 3),
    VersionRange::new(1, 1),
    &[1],
    "control frames carry no header",
);
const LINE_1_3: ReleaseRow = ReleaseRow::line(
    "1.3",
    "1.3.2",
    ReleaseNumber::stable(3, 2),
    VersionRange::new(1, 1),
    &[1],
    "first line that accepts a newer peer's range",
);
const LINE_1_4: ReleaseRow = ReleaseRow::line(
    "1.4",
    "1.4.4",
    ReleaseNumber::stable(4, 4),
    VersionRange::new(1, 2),
    &[1, 2],
    "introduces V2, still speaks V1: the bridge",
);
const LINE_1_5: ReleaseRow = ReleaseRow::line(
    "1.5",
    "1.5.6",
    ReleaseNumber::stable(5, 6),
    VersionRange::new(2, 2),
    &[2],
    "V1 removed, its number reserved",
);
const LINE_1_6: ReleaseRow = ReleaseRow::line(
    "1.6",
    "1.6.2",
    ReleaseNumber::stable(6, 2),
    VersionRange::new(2, 3),
    &[2, 3],
    "introduces V3 and ingest",
);
const LINE_1_7: ReleaseRow = ReleaseRow::line(
    "1.7",
    "1.7.6",
    ReleaseNumber::stable(7, 6),
    VersionRange::new(2, 3),
    &[2, 3],
    "scope, new status fields, two more swimlanes",
);

/// Every release that can be selected: the one list that all others are compared with.
///
/// Of the patches of a line that are alike on the wire the first and the last stand here (07 §1),
/// so that a gate one patch off its place shows. Inputs of fuzz targets name a release by its place
/// in this list: new rows go to the end.
pub static RELEASES: [ReleaseRow; 25] = [
    LINE_1_2,
    LINE_1_3,
    LINE_1_4,
    LINE_1_5,
    LINE_1_6,
    LINE_1_7,
    LINE_1_3.patch("1.3.0", 3, 0, "still the old rule: refuses a 1.4 node's range"),
    ReleaseRow {
        aliases: &["1.4-dev", "8b4f6701b"],
        kind: ReleaseKind::Variant,
        number: ReleaseNumber::staged(4, 0, 0),
        gossips_to_v1: true,
        ..LINE_1_4.patch("1.3.3-dev", 4, 0, "the build of issue 3263: sends Gossip to a V1 peer")
    },
    ReleaseRow {
        kind: ReleaseKind::Variant,
        number: ReleaseNumber::staged(7, 0, 3),
        range: VersionRange::new(2, 4),
        known_numbers: &[2, 3, 4],
        ..LINE_1_7.patch("1.7.0-rc.3", 7, 0, "offered V4, withdrawn in the next candidate")
    },
    LINE_1_2.patch("1.2.0", 2, 0, "no uptime; a made snapshot is its bare id"),
    LINE_1_2.patch("1.2.1", 2, 1, "uptime; a made snapshot is a structure"),
    LINE_1_2.patch("1.2.2", 2, 2, "min_target_lsn; no limit on what a client sends"),
    LINE_1_3.patch("1.3.1", 3, 1, "the new rule"),
    LINE_1_4.patch("1.4.0", 4, 0, "first of the line"),
    LINE_1_4.patch("1.4.2", 4, 2, "last that cannot read sealed chains; chains have a state"),
    LINE_1_4.patch("1.4.3", 4, 3, "reads sealed chains; chains have no state"),
    LINE_1_5.patch("1.5.0", 5, 0, "first of the line"),
    LINE_1_6.patch("1.6.0", 6, 0, "last with a trace in headers and two answers to one call"),
    LINE_1_6.patch("1.6.1", 6, 1, "no trace in headers, one answer to a call"),
    LINE_1_7.patch("1.7.0", 7, 0, "first of the line"),
    LINE_1_7.patch("1.7.2", 7, 2, "last with num_skipped_records; ids may have a tail"),
    LINE_1_7.patch("1.7.3", 7, 3, "status fields 17 and 18, sent_at; ids without a tail"),
    LINE_1_7.patch("1.7.4", 7, 4, "as 1.7.3"),
    LINE_1_7.patch("1.7.5", 7, 5, "enabled_features has vqueues_skip_completed"),
    LINE_1_4.patch("1.4.1", 4, 1, "reads calls of 1.3 in its log again"),
];

/// A release to speak as: a row of [`RELEASES`] and the exact place within its line.
///
/// Small, because it goes along with every value that is encoded or decoded.
#[derive(Debug, Clone, Copy)]
pub struct Release {
    number: ReleaseNumber,
    /// The gate that it takes for another than it is; released servers take none.
    moved: Option<GateMove>,
    /// Its row's index in the table.
    index: u8,
}

impl Release {
    /// The six release lines, oldest first.
    pub fn lines() -> impl Iterator<Item = Self> + Clone {
        Self::all().filter(|release| release.row().kind == ReleaseKind::Line)
    }

    /// The lines and their patches, oldest first: what was released as stable.
    pub fn stable() -> impl Iterator<Item = Self> + Clone {
        let is_stable = |release: &Self| release.row().kind != ReleaseKind::Variant;
        let mut releases: Vec<_> = Self::all().filter(is_stable).collect();
        releases.sort_by_key(|release| release.number);
        releases.into_iter()
    }

    /// Every stable patch that the lines have had, oldest first.
    pub fn stable_patches() -> impl Iterator<Item = Self> + Clone {
        Self::lines().flat_map(Self::patches)
    }

    /// The line that it belongs to; a build beside the lines stands for itself.
    pub fn line(self) -> Self {
        let is_its_line = |line: &Self| {
            self.name().strip_prefix(line.name()).is_some_and(|it| it.starts_with('.'))
        };
        match self.row().kind {
            ReleaseKind::Patch => Self::lines().find(is_its_line).unwrap_or(self),
            ReleaseKind::Line | ReleaseKind::Variant => self,
        }
    }

    /// Every selectable release, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> + Clone {
        (0..).zip(&RELEASES).map(|(index, row)| Self { number: row.number, moved: None, index })
    }

    /// Every stable patch of its line up to its own, oldest first.
    pub fn patches(self) -> impl Iterator<Item = Self> + Clone {
        let [_, minor, last, _] = self.number.0.to_be_bytes();
        (0..=last).filter_map(move |patch| format!("1.{minor}.{patch}").parse().ok())
    }

    /// The release with one gate at another place: a mistake in the table, to see that it shows.
    #[must_use]
    pub const fn with_moved(self, moved: GateMove) -> Self {
        Self { moved: Some(moved), ..self }
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

    /// The number of its line: 4 of any release of 1.4.
    pub const fn minor(self) -> u8 {
        let [_, minor, _, _] = self.number.0.to_be_bytes();
        minor
    }

    /// How it selects a version as acceptor (02 §1).
    pub const fn rule(self) -> NegotiationRule {
        if const { gates::gate("negotiation.closed_enum") }.is_open(self) {
            NegotiationRule::A
        } else {
            NegotiationRule::B
        }
    }

    /// The exact release: `1.7.6` for the line 1.7.
    pub fn exact_name(&self) -> String {
        let row = self.row();
        if self.number == row.number { row.exact.to_owned() } else { self.number.to_string() }
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

/// In the order of releases.
impl PartialOrd for Release {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.number.cmp(&other.number))
    }
}

/// The name in the table, or the exact release where it is another of the same line.
impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.number == self.row().number { f.write_str(self.name()) } else { self.number.fmt(f) }
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
        // 255 stands for all that come after, and 01 is no name.
        let is_written_so = |number: &u8| *number < u8::MAX && number.to_string() == patch;
        let patch: u8 = patch.parse().ok().filter(is_written_so).ok_or_else(unknown)?;
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
        assert_eq!(release("1.3.0").rule(), NegotiationRule::A);
        assert_eq!(release("1.3.1").rule(), NegotiationRule::B);
        for wrong in [
            "",
            "1",
            "1.1",
            "1.8",
            "1.8.0",
            "1.7.x",
            "1.7.255",
            "1.7.256",
            "1.6.01",
            "1.6.+1",
            "2.6.1",
            "1.7.0-rc.4",
        ] {
            assert!(wrong.parse::<Release>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn gates_follow_the_order_of_releases() {
        let gossip = gates::gate("Gossip");
        assert!(!gossip.is_open(release("1.3")));
        assert!(gossip.is_open(release("1.3.3-dev")));
        let state = gates::gate("Chain.state");
        assert!(state.is_open(release("1.4.2")));
        assert!(!state.is_open(release("1.4")));
        assert!(gates::gate("NodesConfiguration.features").is_open(release("1.7.0-rc.3")));
        let mode = gates::gate("PartitionProcessorStatus.detailed_effective_mode");
        assert!(!mode.is_open(release("1.7.0-rc.3")));
        assert!(!mode.is_open(release("1.7.2")));
    }

    #[test]
    fn a_patch_speaks_as_its_line_and_as_itself() {
        for patch in Release::all().filter(|it| it.row().kind == ReleaseKind::Patch) {
            let line = patch.line();
            assert_eq!(line.row().kind, ReleaseKind::Line);
            assert_eq!(patch.range(), line.range());
            assert!(patch.number() < line.number());
            assert!(line.patches().any(|it| it == patch));
        }
        assert_eq!(release("1.7").patches().count(), 7);
        assert_eq!(release("1.7").exact_name(), "1.7.6");
        assert_eq!(release("1.7.1").exact_name(), "1.7.1");
    }
}
