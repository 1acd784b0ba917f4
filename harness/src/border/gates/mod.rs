//! The audit of gates: what one release says and another does not read as it was said, by causes.
//!
//! Nothing is known of gates beforehand. What a release reads from itself, it knows; what it does not read
//! from another one is found by sending every value between every two releases, at every version that both
//! have. A gate is a part of a message for which that differs. What is lost there has to be on the
//! [list](Protocol::losses), and what is refused foreseen; where both sides know the part and it gets lost all
//! the same, no list explains it. Findings that are known are [expected](Protocol::expected) by addresses that
//! begin with `gates/`.
//!
//! Two releases of a protocol that sends a number, of which the second one knows a unit too:
//!
//! ```
//! # use std::sync::Arc;
//! # use bytes::Bytes;
//! # use skewproof_harness::border::{Allowance, At, Message, Node, Protocol};
//! # #[derive(Clone, Debug, PartialEq)]
//! # struct Length { number: u8, unit: Option<u8> }
//! # struct Release(&'static str);
//! # impl Node<Length> for Release {
//! #     fn name(&self) -> &str { self.0 }
//! #     fn versions(&self, _: &str) -> Vec<i32> { vec![1] }
//! #     fn encode(&self, _: At<'_>, length: &Length) -> Result<Bytes, String> {
//! #         let unit = length.unit.filter(|_| self.0 == "2.0");
//! #         Ok([length.number].into_iter().chain(unit).collect())
//! #     }
//! #     fn decode(&self, _: At<'_>, bytes: &Bytes) -> Result<Length, String> {
//! #         let number = *bytes.first().ok_or("nothing")?;
//! #         let unit = bytes.get(1).copied().filter(|_| self.0 == "2.0");
//! #         Ok(Length { number, unit })
//! #     }
//! # }
//! # struct Lengths;
//! # impl Protocol for Lengths {
//! #     type Value = Length;
//! #     skewproof_harness::border!(Lengths);
//! #     fn name(&self) -> &'static str { "lengths" }
//! #     fn nodes(&self) -> Vec<Arc<dyn Node<Length>>> {
//! #         vec![Arc::new(Release("1.0")), Arc::new(Release("2.0"))]
//! #     }
//! #     fn messages(&self) -> Vec<Message<Length>> {
//! #         let metres = Length { number: 7, unit: Some(1) };
//! #         vec![Message::new("Length", [("metres", metres)])]
//! #     }
//! #     fn losses(&self) -> &'static [Allowance] {
//! #         const UNIT: Allowance = Allowance::new("Length", "unit", "1.0 has metres alone");
//! #         &[UNIT]
//! #     }
//! # }
//! let audit = Lengths::border().gates(None, &|| {})?;
//! assert_eq!(audit.gates[0].address(), "gates/Length/unit");
//! assert_eq!(audit.gates[0].known, "from release 2.0 on");
//! assert!(audit.report.is_ok());
//! # Ok::<_, skewproof_harness::border::BorderError>(())
//! ```

mod observe;
mod screen;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use self::observe::{Observed, Part, Spot, observe};
use super::check::{apply, finding};
use super::names::BorderError;
use super::node::Protocol;
use super::requirements::{GATED, LISTED};
use super::spoken::Border;
use crate::expected::{self, Expected};
use crate::gates::{Met, Outcome, Pair, Release, gather, pairs_in_words};
use crate::report::{Grid, Report, Table};
use crate::skew::{Allowance, Layer, Peer};
use crate::verdict::{CaseId, Verdict};
use crate::version::Version;

/// The first segment of all addresses.
pub(super) const ROOT: &str = "gates";
/// The segment of what is said of the list of losses.
const LISTS: &str = "lists";
/// The grid.
const GRID: &str = "gates, by what becomes of what is sent";

/// Why something does not come through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// Both releases know it.
    BothKnow,
    /// The receiver does not know it, and a later release does.
    NotYet,
    /// The receiver does not know it, and no later release does.
    NoMore,
    /// The sender does not read it from itself at this version either.
    NoForm,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BothKnow => "both know it",
            Self::NotYet => "not known there yet",
            Self::NoMore => "not known there any more",
            Self::NoForm => "the sender does not get it to itself either",
        })
    }
}

/// What becomes of a part of a message where it does not come through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    /// What the receivers do.
    pub outcome: Outcome,
    /// Why.
    pub why: Why,
    /// At which versions, and between whom, in words.
    pub place: String,
    /// What is said of it beyond that, by a receiver that refuses, or of a value.
    pub reason: String,
    /// What the list of losses says, or that it was foreseen; none if nothing explains it.
    pub note: Option<String>,
}

impl Fate {
    /// Whether it is as it should be.
    pub fn is_expected(&self) -> bool {
        self.note.is_some() && (self.why != Why::BothKnow || self.outcome == Outcome::Refused)
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { outcome, why, place, reason, .. } = self;
        write!(f, "{outcome} {place}: {why}")?;
        if reason.is_empty() { Ok(()) } else { write!(f, "; {reason}") }
    }
}

/// A part of a message that does not come through everywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// The message.
    pub message: &'static str,
    /// The part, with `[]` for any index; empty for all of it.
    pub path: String,
    /// To whom it is known, in words.
    pub known: String,
    /// What becomes of it, the worst first.
    pub fates: Vec<Fate>,
}

impl Gate {
    /// Its address.
    pub fn address(&self) -> String {
        match &*self.path {
            "" => format!("{ROOT}/{}", self.message),
            path => format!("{ROOT}/{}/{path}", self.message),
        }
    }

    fn case(&self) -> CaseId {
        CaseId::from_segments([self.address()]).of(&GATED)
    }

    fn verdict(&self) -> Verdict {
        let bad = self.fates.iter().filter(|fate| !fate.is_expected());
        let bad: Vec<String> = bad.map(ToString::to_string).collect();
        if bad.is_empty() {
            return Verdict::Pass;
        }
        let expected = format!("known {}; lost as the list of losses says", self.known);
        finding(&self.case(), GATED.sentence, &expected, &bad.join("; "))
    }
}

/// What is known of all gates.
#[derive(Debug)]
pub struct Audit {
    /// Each of them, by message and path.
    pub gates: Vec<Gate>,
    /// The verdicts, less what is expected.
    pub report: Report,
}

impl Audit {
    /// The part of it that is about one address.
    #[must_use]
    pub fn only(mut self, address: &str) -> Self {
        self.gates.retain(|gate| gate.address() == address);
        self.report.retain(&|case, _| case == address);
        self
    }
}

impl<P: Protocol> Border<P> {
    /// Audits the gates of one message, or of all. `advance` is called after every block of the matrix.
    ///
    /// # Errors
    ///
    /// If there is no such message, two things have one name, or the list of what is expected is none.
    pub fn gates(
        &self,
        message: Option<&str>,
        advance: &(dyn Fn() + Sync),
    ) -> Result<Audit, BorderError> {
        self.named()?;
        let asked = message.map(|name| self.message(name)).transpose()?;
        let expected = expected::read(self.protocol.expected())?;
        let Observed { seen, foreseen, known, not_tried } = observe(self, asked, advance);
        let gates = Gates { border: self, known, foreseen }.of(seen);
        let title = format!("{} {ROOT}", self.protocol.name());
        let mut report = Report::new(title).requiring([&GATED]);
        report.add_table(table(&gates).of(GRID));
        let mut grid = Grid::new(GRID);
        for gate in &gates {
            let outcome = gate.fates.first().map_or("", |fate| fate.outcome.words());
            grid.record(gate.message, outcome, &gate.case(), gate.verdict());
        }
        let is_asked = |at: usize| asked.is_none_or(|asked| asked == at);
        for (at, topic) in self.messages().iter().enumerate().filter(|(at, _)| is_asked(*at)) {
            if not_tried.iter().any(|(topic, _)| *topic == at) {
                let case = CaseId::from_segments([ROOT, topic.name]).of(&GATED);
                let reason = "a release panics, hangs, or ends the process: the matrix tells which";
                let verdict = Verdict::NotTried(reason.to_owned());
                grid.record(topic.name, "not tried", &case, verdict);
            } else if !gates.iter().any(|gate| gate.message == topic.name) {
                let case = CaseId::from_segments([ROOT, topic.name]).of(&GATED);
                grid.record(topic.name, "none", &case, Verdict::Pass);
            }
        }
        if asked.is_none() {
            let open = |entry: &Allowance| {
                not_tried.iter().any(|(topic, layer)| {
                    self.messages().get(*topic).is_some_and(|it| entry.is_about(it.name))
                        && entry.is_at(*layer)
                })
            };
            self.stale(&gates, open, &mut grid);
        }
        report.add(grid);
        let own: Vec<Expected> = expected.into_iter().filter(|it| is_own(&it.address)).collect();
        apply(&own, &mut report, asked.is_none());
        Ok(Audit { gates, report })
    }

    /// Entries of the list of losses that no gate needs.
    fn stale(&self, gates: &[Gate], open: impl Fn(&Allowance) -> bool, grid: &mut Grid) {
        for entry in self.protocol.losses() {
            let is_lost = |gate: &&Gate| {
                gate.fates.iter().any(|fate| fate.outcome != Outcome::Refused)
                    && entry.covers(gate.message, &gate.path, false)
            };
            let case = CaseId::from_segments([ROOT, LISTS, entry.message, entry.field]);
            let case = case.of(&LISTED);
            let verdict = if gates.iter().any(|gate| is_lost(&gate)) {
                Verdict::Pass
            } else if open(entry) {
                Verdict::NotTried("what may lose it was not tried".to_owned())
            } else {
                let actual = "no gate needs it: take the entry off the list";
                finding(&case, LISTED.sentence, entry.reason, actual)
            };
            grid.record(LISTS, LISTS, &case, verdict);
        }
    }
}

/// Whether an address is of a gate.
pub(crate) fn is_own(address: &str) -> bool {
    address.strip_prefix(ROOT).is_some_and(|rest| rest.starts_with('/'))
}

fn table(gates: &[Gate]) -> Table {
    let mut table = Table::new("gates", ["part", "known", "what becomes of it", "listed"]);
    for gate in gates {
        for fate in &gate.fates {
            let part = gate.address().split_off(ROOT.len() + 1);
            let note = fate.note.clone().unwrap_or_default();
            table.rows.push(vec![part, gate.known.clone(), fate.to_string(), note]);
        }
    }
    table
}

/// What was observed, on its way to gates.
struct Gates<'a, P: Protocol> {
    border: &'a Border<P>,
    known: BTreeMap<(usize, String), BTreeSet<Spot>>,
    foreseen: BTreeSet<(Part, Pair)>,
}

/// What becomes of a part at some versions.
struct At {
    why: Why,
    versions: Vec<i32>,
    met: Met<()>,
    is_foreseen: bool,
}

impl<P: Protocol> Gates<'_, P> {
    /// The gates, by message and path.
    fn of(&self, seen: Vec<crate::gates::Seen<Part>>) -> Vec<Gate> {
        let seen = seen.into_iter().map(|seen| {
            let is_foreseen = self.foreseen.contains(&(seen.what.clone(), seen.pair));
            let why = self.why(&seen.what, seen.pair);
            let (topic, path, version) = seen.what;
            crate::gates::Seen {
                what: ((topic, path), version, why, is_foreseen),
                outcome: seen.outcome,
                reason: seen.reason,
                pair: seen.pair,
            }
        });
        let mut parts: BTreeMap<(usize, String), Vec<At>> = BTreeMap::new();
        for met in gather(seen.collect()) {
            let Met { what: (part, version, why, is_foreseen), outcome, reason, pairs } = met;
            let met = Met { what: (), outcome, reason, pairs };
            let fates = parts.entry(part).or_default();
            let same =
                |it: &&mut At| it.met == met && (it.why, it.is_foreseen) == (why, is_foreseen);
            match fates.iter_mut().find(same) {
                Some(known) => known.versions.push(version),
                None => fates.push(At { why, versions: vec![version], met, is_foreseen }),
            }
        }
        parts.into_iter().filter_map(|(part, fates)| self.gate(part, fates)).collect()
    }

    fn gate(&self, part: (usize, String), mut fates: Vec<At>) -> Option<Gate> {
        let message = self.border.messages().get(part.0)?.name;
        fates.sort_by_key(|fate| (fate.met.outcome, fate.why));
        let none = BTreeSet::new();
        let known = self.who_knows(message, self.known.get(&part).unwrap_or(&none));
        let fate = |it: At| Fate {
            outcome: it.met.outcome,
            why: it.why,
            place: format!(
                "at {}, {}",
                self.versions(message, &it.versions),
                self.pairs(message, &it)
            ),
            note: match it.met.outcome {
                Outcome::Refused => it.is_foreseen.then(|| "foreseen".to_owned()),
                _ => self.listed(message, &part.1, &it.versions),
            },
            reason: it.met.reason,
        };
        let fates = fates.into_iter().map(fate).collect();
        Some(Gate { message, path: part.1.clone(), known, fates })
    }

    fn knows(&self, (topic, path, version): &Part, node: usize) -> bool {
        let known = self.known.get(&(*topic, path.clone()));
        known.is_some_and(|known| known.contains(&(node, *version)))
    }

    fn why(&self, part: &Part, (from, to): Pair) -> Why {
        if !self.knows(part, from) {
            return Why::NoForm;
        }
        if self.knows(part, to) {
            return Why::BothKnow;
        }
        let known = self.known.get(&(part.0, part.1.clone()));
        let is_later = known.is_some_and(|known| known.iter().any(|(node, _)| *node > to));
        if is_later { Why::NotYet } else { Why::NoMore }
    }

    /// What the list says of a loss at all of these versions.
    fn listed(&self, message: &str, path: &str, versions: &[i32]) -> Option<String> {
        let mut list = self.border.protocol.losses().iter();
        let entry = list.find(|entry| {
            let is_at = |version| entry.is_at(Layer::Version(Version::plain(version)));
            versions.iter().copied().all(is_at) && entry.covers(message, path, false)
        })?;
        Some(entry.reason.to_owned())
    }

    /// All releases that have a message, at each of their versions.
    fn spots(&self, message: &str) -> BTreeSet<Spot> {
        let nodes = self.border.nodes().into_iter().enumerate();
        nodes
            .flat_map(|(at, node)| node.versions(message).into_iter().map(move |it| (at, it)))
            .collect()
    }

    /// Who knows it, in as few words as it takes.
    fn who_knows(&self, message: &str, known: &BTreeSet<Spot>) -> String {
        let all = self.spots(message);
        let since = |is_later: &dyn Fn(&Spot) -> bool| {
            all.iter().filter(|spot| is_later(spot)).eq(known.iter())
        };
        let releases = self.border.releases();
        let name = |at: usize| releases.get(at).map_or("", |release| &release.name);
        let (Some((release, _)), Some(version)) =
            (known.first(), known.iter().map(|(_, version)| *version).min())
        else {
            return "to none".to_owned();
        };
        if *known == all {
            return "to all".to_owned();
        }
        if since(&|(_, it)| *it >= version) {
            return format!("from version {} on", P::version(version));
        }
        if since(&|(it, _)| it >= release) {
            return format!("from release {} on", name(*release));
        }
        let mut of_nodes: BTreeMap<usize, Vec<i32>> = BTreeMap::new();
        for (node, version) in known {
            of_nodes.entry(*node).or_default().push(*version);
        }
        let words = |(node, versions): (usize, Vec<i32>)| {
            format!("{} at {}", name(node), self.versions(message, &versions))
        };
        let words: Vec<String> = of_nodes.into_iter().map(words).collect();
        format!("to {}", words.join(", "))
    }

    /// Versions of a message in words: those that follow each other as `1 to 3`.
    fn versions(&self, message: &str, versions: &[i32]) -> String {
        let all: BTreeSet<i32> = self.spots(message).into_iter().map(|(_, it)| it).collect();
        let mut runs: Vec<(i32, i32)> = Vec::new();
        let mut is_open = false;
        for version in all {
            let is_there = versions.contains(&version);
            match runs.last_mut() {
                Some((_, last)) if is_there && is_open => *last = version,
                _ if is_there => runs.push((version, version)),
                _ => {}
            }
            is_open = is_there;
        }
        let words = |(first, last): (i32, i32)| match first == last {
            true => P::version(first),
            false => format!("{} to {}", P::version(first), P::version(last)),
        };
        runs.into_iter().map(words).collect::<Vec<_>>().join(", ")
    }

    /// Between whom, in words.
    fn pairs(&self, message: &str, at: &At) -> String {
        let spots = self.spots(message);
        let have = |version: i32| {
            let nodes = spots.iter().filter(move |it| it.1 == version).map(|it| it.0);
            let nodes: Vec<usize> = nodes.collect();
            nodes.iter().flat_map(|from| nodes.iter().map(|to| (*from, *to))).collect::<Vec<_>>()
        };
        if at.versions.iter().all(|version| have(*version) == at.met.pairs) {
            return "between all".to_owned();
        }
        format!("from {}", pairs_in_words(&self.border.releases(), &at.met.pairs))
    }
}

impl<P: Protocol> Border<P> {
    /// The names of the releases: each is a line of its own.
    fn releases(&self) -> Vec<Release> {
        self.skew().peers().map(|peer| Release::alone(peer.name())).collect()
    }
}
