//! Sessions on trial: a scripted peer against one side of a connection of each release.
//!
//! A [`Script`] says what the peer sends and what must come back. Both are written down from the
//! specification, with the faults that released servers have, and for a node as it should be: what
//! one node is expected to do can be played to another, which has more faults or fewer.
//!
//! ```
//! use skewproof::suite::session::{self, WithQuirks, Plan};
//! use skewproof::suite::subject::Fabric;
//!
//! let mut plan = Plan::released();
//! assert!(session::run(&Fabric, &plan).is_ok());
//! plan.quirks = WithQuirks::REPAIRED;
//! assert!(!session::run(&Fabric, &plan).is_ok());
//! ```

mod frames;
mod host;
mod party;
mod piped;
pub mod planted;
mod question;
mod scripts;
mod sheet;
mod stage;
#[cfg(test)]
mod tests;
mod wire;
mod words;

use std::collections::BTreeMap;
use std::fmt;

#[cfg(test)]
pub use self::frames::reply;
pub use self::frames::{call, control, datagram, encoded, padded, pages, unary};
pub use self::host::Host;
use self::party::InProcess;
pub use self::question::{Question, answer, quirks};
pub use self::scripts::{Script, scripts};
use self::sheet::{Role, Setting, Sheet};
pub use self::wire::{Move, OnWire};
pub use self::words::{named, reply_of};
use crate::fabric::release::Release;
use crate::fabric::session::{QUIRKS, Quirk, QuirkRow, Quirks};
use crate::harness::boundary::{self, Breach};
use crate::harness::report::{Grid, Report, Table};
use crate::harness::selection::Selection;
use crate::harness::testee::No;
use crate::harness::verdict::{CaseId, Finding, Verdict};
use crate::suite::compare::Difference;
use crate::suite::subject::Subject;
use crate::suite::{repro, skew};

/// Which faults of released servers a node has: by default those that its release was shipped with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WithQuirks {
    /// Whether releases are repaired: as they should be, instead of as they were released.
    pub is_repaired: bool,
    /// Some besides, of which a release has those that it was shipped with. What only candidates had,
    /// the first line after them has.
    pub added: Quirks,
}

impl WithQuirks {
    /// Every release as it was released.
    pub const RELEASED: Self = Self { is_repaired: false, added: Quirks::NONE };
    /// No release with any fault.
    pub const REPAIRED: Self = Self { is_repaired: true, added: Quirks::NONE };

    /// The same with some more.
    #[must_use]
    pub const fn with(self, added: Quirks) -> Self {
        Self { added, ..self }
    }

    /// The faults of one release.
    pub fn of(self, release: Release) -> Quirks {
        let is_had = |row: &&QuirkRow| {
            let is_asked_for = self.added.has(row.quirk);
            let is_shipped = row.gate.is_open(release);
            is_shipped && !self.is_repaired || is_asked_for && (is_shipped || is_left(row, release))
        };
        QUIRKS.iter().filter(is_had).map(|row| row.quirk).collect()
    }
}

/// Whether no line has a fault, and the release is the first of them.
fn is_left(row: &QuirkRow, release: Release) -> bool {
    Release::lines().all(|line| !row.gate.is_open(line)) && Release::lines().next() == Some(release)
}

/// The options of commands that ask for them, each behind a space.
impl fmt::Display for WithQuirks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_repaired {
            f.write_str(" --repaired")?;
        }
        let named = QUIRKS.iter().filter(|row| self.added.has(row.quirk));
        let named: Vec<&str> = named.map(|row| row.id).collect();
        if named.is_empty() { Ok(()) } else { write!(f, " --quirk {}", named.join(",")) }
    }
}

/// What is played, and to whom.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The scripts, by name; all if there are none.
    pub scripts: Vec<String>,
    /// The releases of the node under test.
    pub releases: Vec<Release>,
    /// The faults that the node has.
    pub quirks: WithQuirks,
    /// The faults that are expected of it.
    pub expected: WithQuirks,
    /// A bug that is planted in it, for the lines that repeat a case.
    pub bug: Option<&'static str>,
}

impl Plan {
    /// Every script to every release as it was, which must have its faults and no others.
    pub fn released() -> Self {
        Self::of(WithQuirks::RELEASED)
    }

    /// The same to every release as it should be.
    pub fn repaired() -> Self {
        Self::of(WithQuirks::REPAIRED)
    }

    fn of(faults: WithQuirks) -> Self {
        Self {
            scripts: Vec::new(),
            releases: skew::releases(),
            quirks: faults,
            expected: faults,
            bug: None,
        }
    }

    /// The same, with no more than what a case that is asked for needs.
    #[must_use]
    pub fn narrowed(mut self, selection: &Selection) -> Self {
        if let Some(release) = selection.segment(1) {
            self.releases.retain(|it| it.name() == release);
        }
        self.scripts.extend(selection.segment(2).map(str::to_owned));
        self
    }

    fn has(&self, script: &Script) -> bool {
        self.scripts.is_empty() || self.scripts.iter().any(|name| name == script.name())
    }

    /// The command that repeats a case: by its address, or what was added to the release is said again.
    fn repro(&self, case: &CaseId, script: &Script, release: Release) -> String {
        if self.bug.is_none() && self.quirks.added == Quirks::NONE {
            return repro::case(case);
        }
        let bug = self.bug.map(|bug| format!("+{bug}")).unwrap_or_default();
        format!("skewproof session {} --release {release}{bug}{}", script.name(), self.quirks)
    }
}

/// The grid of scripts with the faults that were released.
const GRID: &str = "sessions, by the release that is played to";
/// The grid of scripts as they should go.
const REPAIRED_GRID: &str = "sessions repaired, by the release that is played to";

/// Of the cases that passed, those in which several outcomes are right.
const OPEN: &str = "sessions that released servers end in several ways: any of them is right";
/// The same without the faults that were released.
const OPEN_REPAIRED: &str =
    "repaired sessions that servers end in several ways: any of them is right";

/// Plays what is planned.
pub fn run(subject: &dyn Subject, plan: &Plan) -> Report {
    let mut report = Report::new("skewproof session");
    let is_repaired = plan.expected.is_repaired;
    let title = if is_repaired { REPAIRED_GRID } else { GRID };
    report.add(Grid::new(title).with_columns(plan.releases.iter().map(|it| it.name())));
    let mut open: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for script in scripts().filter(|script| plan.has(script)) {
        for &release in &plan.releases {
            for version in release.versions().filter(|version| !version.is_burned()) {
                for role in Role::BOTH {
                    let expected = plan.expected.of(release);
                    let setting = Setting { release, version, role, expected };
                    let Some(sheet) = script.sheet(setting) else { continue };
                    let left_open = sheet.left_open();
                    let result = play(script, sheet, subject, plan);
                    let case = CaseId::from_segments([
                        if is_repaired { "session-repaired" } else { "session" },
                        release.name(),
                        script.name(),
                        &version.to_string(),
                        role.word(),
                    ])
                    .of(&script.requirement);
                    let repro = || plan.repro(&case, script, release);
                    if let (Some(why), Played::Well) = (left_open, &result) {
                        *open.entry((script.name(), why)).or_default() += 1;
                    }
                    let verdict = verdict(&case, result, repro);
                    report.grid(title).record(script.topic, release.name(), &case, verdict);
                }
            }
        }
    }
    if !open.is_empty() {
        let of_open = if is_repaired { OPEN_REPAIRED } else { OPEN };
        let mut table = Table::new(of_open, ["script", "cases", "why"]).of(title);
        let rows = open.into_iter().map(|((script, why), cases)| {
            vec![script.to_owned(), cases.to_string(), why.to_owned()]
        });
        table.rows.extend(rows);
        report.add_table(table);
    }
    report
}

/// Why a script says nothing of a testee that reads and writes payloads alone.
const NOT_ASKED: &str = "it has no sessions of its own, and none of its messages is in the script";

/// What came of a script that was played.
enum Played {
    Well,
    Otherwise(Difference),
    /// It was not, and why.
    Not(String),
}

/// Plays one script in one setting. A panic is a finding.
fn play(script: &Script, sheet: Sheet, subject: &dyn Subject, plan: &Plan) -> Played {
    let (release, sentence) = (sheet.setting.release, script.requirement.sentence);
    let played = boundary::caught(|| match subject.sessions() {
        Some(testee) => piped::play(sheet, testee, sentence),
        None => {
            let local = stage::local(release, plan.quirks.of(release));
            let mut party = InProcess::new(subject.host(local));
            let before = subject.asked();
            let played = stage::play(sheet, &mut party, sentence);
            match before.filter(|before| subject.asked() == Some(*before)) {
                Some(_) => Err(No::Broke(Breach::NotTried(NOT_ASKED.to_owned()))),
                None => Ok(played),
            }
        }
    });
    let otherwise = |expected: &str, actual: String| {
        Played::Otherwise(Difference::new(sentence, expected, actual))
    };
    match played {
        Ok(Ok(Ok(()))) => Played::Well,
        Ok(Ok(Err(difference))) => Played::Otherwise(difference),
        Ok(Err(No::Refused(words))) => otherwise("an answer", format!("refused: {words}")),
        Ok(Err(No::Broke(Breach::NotTried(reason)))) => Played::Not(reason),
        Ok(Err(No::Broke(breach))) => otherwise("an answer", breach.to_string()),
        Err(breach) => otherwise("no panic", breach.to_string()),
    }
}

fn verdict(case: &CaseId, played: Played, repro: impl FnOnce() -> String) -> Verdict {
    let difference = match played {
        Played::Well => return Verdict::Pass,
        Played::Not(reason) => return Verdict::NotTried(reason),
        Played::Otherwise(difference) => difference,
    };
    Verdict::from(Finding {
        case: case.clone(),
        requirement: difference.requirement.to_owned(),
        expected: difference.expected,
        actual: difference.actual,
        place: difference.place,
        repro: Some(repro()),
    })
}

/// The script that shows a fault. That of the cluster is not seen on one connection.
pub fn shown_by(quirk: Quirk) -> Option<&'static str> {
    Some(match quirk {
        Quirk::DeafToBareControl | Quirk::DropsBareFrames => "bare-shutdown",
        Quirk::EndsOnAnySignal => "request-stream-drained",
        Quirk::DatagramAtV1 => "no-service-at-v1",
        Quirk::MisroutesRelease => "release-at-v1",
        Quirk::PanicsOnSortCode => "undecodable-at-v1",
        Quirk::PanicsOnPayload => "undecodable-call",
        Quirk::AnswersTwice => "unknown-service",
        Quirk::RemembersAbandoned => "abandoned",
        Quirk::PanicsOnWatch => "watch",
        Quirk::WaitsForever => "no-headers",
        Quirk::NeverPolls => return None,
    })
}
