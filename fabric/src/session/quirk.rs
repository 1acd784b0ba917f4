//! Where released servers misbehave on a connection, by name (04 A).

use std::fmt;
use std::str::FromStr;

use crate::gates;
use crate::release::{Gate, Release};

/// A fault of a released server that a session can imitate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quirk {
    /// R18: control frames without a header are ignored.
    DeafToBareControl,
    /// R19: a frame without a header ends the connection at once.
    DropsBareFrames,
    /// R20: every signal ends the connection.
    EndsOnAnySignal,
    /// R21: a request that cannot be routed is answered with a datagram, even at V1.
    DatagramAtV1,
    /// R22: a Release of V1 goes to the wrong service.
    MisroutesRelease,
    /// R23: a payload of V1 that does not decode is a panic, before it is routed.
    PanicsOnSortCode,
    /// R24: a payload that does not decode is a panic.
    PanicsOnPayload,
    /// R25: a request that cannot be routed is answered twice.
    AnswersTwice,
    /// R26: calls that nobody waits for any more are remembered for ever.
    RemembersAbandoned,
    /// R27: watches are a panic.
    PanicsOnWatch,
    /// R30: nodes that cannot gossip are not asked whether they live.
    NeverPolls,
    /// 05 §4: a call for a connection that is not answered at all is waited for without an end.
    WaitsForever,
}

/// One row of the table of quirks.
#[derive(Debug, Clone, Copy)]
pub struct QuirkRow {
    /// Which quirk it describes.
    pub quirk: Quirk,
    /// Its number in 04 A; a Q where it has none and was seen on live servers (05).
    pub id: &'static str,
    /// The releases that were shipped with it.
    pub gate: Gate,
    /// What such a server does, in a sentence.
    pub sentence: &'static str,
}

const fn row(quirk: Quirk, id: &'static str, sentence: &'static str) -> QuirkRow {
    QuirkRow { quirk, id, gate: gates::member("quirk", id), sentence }
}

/// Every quirk, in the order of the enum.
pub const QUIRKS: [QuirkRow; 12] = [
    row(
        Quirk::DeafToBareControl,
        "R18",
        "a control frame without a header is ignored, and with it a shutdown",
    ),
    row(
        Quirk::DropsBareFrames,
        "R19",
        "a frame without a header, as 1.2 sends its control frames, ends the connection at once",
    ),
    row(
        Quirk::EndsOnAnySignal,
        "R20",
        "any signal ends the connection, also one that it does not know",
    ),
    row(
        Quirk::DatagramAtV1,
        "R21",
        "a request at V1 that cannot be routed is answered with a datagram of V2",
    ),
    row(
        Quirk::MisroutesRelease,
        "R22",
        "a Release at V1 goes to the data service of the log server instead of the meta service",
    ),
    row(
        Quirk::PanicsOnSortCode,
        "R23",
        "a payload at V1 is decoded to find its sort code, and must not fail",
    ),
    row(
        Quirk::PanicsOnPayload,
        "R24",
        "a payload that does not decode is a panic of the task that reads it",
    ),
    row(
        Quirk::AnswersTwice,
        "R25",
        "a request that cannot be routed is answered with its status, and again with DROPPED",
    ),
    row(
        Quirk::RemembersAbandoned,
        "R26",
        "calls that nobody waits for any more are never forgotten",
    ),
    row(Quirk::PanicsOnWatch, "R27", "a watch or its update is a panic"),
    row(
        Quirk::NeverPolls,
        "R30",
        "a peer at V1, which cannot gossip, is not asked for its state, and so taken for dead",
    ),
    row(
        Quirk::WaitsForever,
        "Q1",
        "who is dialled and does not even answer the call is waited for without an end",
    ),
];

impl Quirk {
    /// The row that describes it.
    pub fn row(self) -> &'static QuirkRow {
        &QUIRKS[self as usize]
    }
}

impl fmt::Display for Quirk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().id)
    }
}

/// A name that no quirk has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown quirk {name:?}; known are {}", QUIRKS.map(|row| row.id).join(", "))]
pub struct UnknownQuirk {
    /// What was asked for.
    pub name: String,
}

impl FromStr for Quirk {
    type Err = UnknownQuirk;

    fn from_str(name: &str) -> Result<Self, UnknownQuirk> {
        let row = QUIRKS.iter().find(|row| row.id.eq_ignore_ascii_case(name));
        row.map(|row| row.quirk).ok_or_else(|| UnknownQuirk { name: name.to_owned() })
    }
}

/// A set of quirks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Quirks(u16);

impl Quirks {
    /// None: a session that does everything right.
    pub const NONE: Self = Self(0);

    /// Those that a release was shipped with.
    pub fn of(release: Release) -> Self {
        let rows = QUIRKS.iter().filter(|row| row.gate.is_open(release));
        rows.fold(Self::NONE, |quirks, row| quirks.with(row.quirk))
    }

    /// The set with one more.
    #[must_use]
    pub const fn with(self, quirk: Quirk) -> Self {
        Self(self.0 | 1 << quirk as u16)
    }

    /// Those that are in both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether it is one of them.
    pub const fn has(self, quirk: Quirk) -> bool {
        self.0 & 1 << quirk as u16 != 0
    }
}

impl FromIterator<Quirk> for Quirks {
    fn from_iter<I: IntoIterator<Item = Quirk>>(quirks: I) -> Self {
        quirks.into_iter().fold(Self::NONE, Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_where_their_quirk_says_and_are_found_by_their_number() {
        for row in &QUIRKS {
            assert_eq!(row.quirk.row().id, row.id);
            assert_eq!(row.id.parse(), Ok(row.quirk));
        }
        assert!("R1".parse::<Quirk>().is_err());
    }

    #[test]
    fn releases_have_what_they_were_shipped_with() {
        let quirks = |release: &str| {
            let quirks = Quirks::of(release.parse().unwrap());
            let has = QUIRKS.iter().filter(|row| quirks.has(row.quirk));
            has.map(|row| row.id).collect::<Vec<_>>()
        };
        assert_eq!(quirks("1.2"), ["R20"]);
        assert_eq!(quirks("1.3"), ["R19"]);
        let all = ["R19", "R21", "R22", "R23", "R24", "R25", "R26", "R27", "R30"];
        assert_eq!(quirks("1.4"), all);
        assert_eq!(quirks("1.5"), ["R19", "R24", "R25", "R26", "R27", "Q1"]);
        assert_eq!(quirks("1.6.0"), ["R19", "R24", "R25", "R26", "R27", "Q1"]);
        assert_eq!(quirks("1.6.1"), ["R19", "R24", "R27", "Q1"]);
        assert_eq!(quirks("1.7"), ["R19", "R24", "R27", "Q1"]);
    }
}
