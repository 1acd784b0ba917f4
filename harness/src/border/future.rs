//! Tomorrow's peer: what a release to come may send, given to every release that there is.
//!
//! The newest release of a message that [knows](Evolve) how its bytes can grow writes each value, and changes
//! its bytes. Every release reads them: it skips what it does not know, or refuses, and what it knows stays as
//! it was.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value as Json;
use thiserror::Error;

use super::check::{apply, finding};
use super::explain::Candidate;
use super::names::BorderError;
use super::node::{At, Protocol};
use super::requirements::EVOLVED;
use super::spoken::{Border, Spoken};
use crate::boundary::{Breach, contain, supervise};
use crate::expected::{self, Expected};
use crate::report::{Grid, Report, Table};
use crate::skew::{LIMITS, Layer, LossKind, Selection, changes};
use crate::verdict::{CaseId, Verdict};

/// The first segment of all addresses.
const ROOT: &str = "future";
/// What is asked of the release that writes.
const MADE: &str = "what may come";
/// The grid.
const GRID: &str = "what a release to come may send, by the release that reads it";

/// How the bytes of a release can grow. From it follows `future`.
///
/// A message that is a number, and behind it whatever else there is some day:
///
/// ```
/// use std::sync::Arc;
///
/// use bytes::Bytes;
/// use skewproof_harness::border::{At, Evolve, Message, Node, Protocol, Tomorrow};
///
/// struct Release(&'static str);
///
/// impl Evolve for Release {
///     fn evolve(&self, _: At<'_>, bytes: &Bytes) -> Vec<Tomorrow> {
///         let longer = bytes.iter().copied().chain([1]).collect();
///         vec![Tomorrow::new("a byte more", longer).skipped()]
///     }
/// }
///
/// impl Node<u8> for Release {
/// #   fn name(&self) -> &str { self.0 }
/// #   fn versions(&self, _: &str) -> Vec<i32> { vec![1] }
/// #   fn encode(&self, _: At<'_>, number: &u8) -> Result<Bytes, String> { Ok(vec![*number].into()) }
///     fn decode(&self, _: At<'_>, bytes: &Bytes) -> Result<u8, String> {
///         match (self.0, bytes.as_ref()) {
///             ("1.0", [number]) | ("2.0", [number, ..]) => Ok(*number),
///             _ => Err(format!("{} bytes", bytes.len())),
///         }
///     }
///     fn evolve(&self) -> Option<&dyn Evolve> {
///         Some(self)
///     }
///     // …
/// }
///
/// # struct Numbers;
/// # impl Protocol for Numbers {
/// #     type Value = u8;
/// #     skewproof_harness::border!(Numbers);
/// #     fn name(&self) -> &'static str { "numbers" }
/// #     fn nodes(&self) -> Vec<Arc<dyn Node<u8>>> {
/// #         vec![Arc::new(Release("1.0")), Arc::new(Release("2.0"))]
/// #     }
/// #     fn messages(&self) -> Vec<Message<u8>> { vec![Message::new("Number", [("seven", 7)])] }
/// # }
/// let report = Numbers::border().future(None, None)?;
/// let found: Vec<String> = report.findings().map(|it| it.case.to_string()).collect();
/// assert_eq!(found, ["future/1.0/1/Number/seven/a-byte-more"]);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub trait Evolve {
    /// Bytes that a release to come may send in the place of these, which this one has written; each change
    /// with a name of its own. It is asked in this process: what ends one here ends the run.
    fn evolve(&self, at: At<'_>, bytes: &Bytes) -> Vec<Tomorrow>;
}

/// Bytes of a release to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tomorrow {
    /// What is changed, as `an unknown field`.
    pub change: String,
    /// The bytes.
    pub bytes: Bytes,
    /// Whether who does not know it has to read the rest, and may not refuse.
    pub is_skipped: bool,
}

impl Tomorrow {
    /// Bytes that may be refused, or read without what is new in them.
    pub fn new(change: impl Into<String>, bytes: Bytes) -> Self {
        Self { change: change.into(), bytes, is_skipped: false }
    }

    /// The same, where they have to be read.
    #[must_use]
    pub fn skipped(self) -> Self {
        Self { is_skipped: true, ..self }
    }
}

/// Why nothing is known of the future.
#[derive(Debug, Error)]
pub enum FutureError {
    /// The protocol cannot be tested as it is.
    #[error(transparent)]
    Named(#[from] BorderError),
    /// No process can be had.
    #[error("cannot try it in a process of its own: {0}")]
    Process(#[from] io::Error),
    /// No release says how its bytes can grow, of this message or any.
    #[error("no release says what the next one may send of {0}")]
    Nothing(String),
}

/// What a release does with bytes of a release to come.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Came {
    /// It reads what it knows as before.
    Skipped,
    /// It refuses them, in these words.
    Refused(String),
    /// It reads something that it knows otherwise.
    Changed(String),
    /// It does not read today's bytes.
    NotToday(String),
}

impl Came {
    const fn word(&self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Refused(_) => "refused",
            Self::Changed(_) => "changed",
            Self::NotToday(_) => "not read today",
        }
    }
}

impl fmt::Display for Came {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Skipped => f.write_str(self.word()),
            Self::Refused(words) => write!(f, "refused: {words}"),
            Self::Changed(words) => write!(f, "what it knows is another: {words}"),
            Self::NotToday(words) => write!(f, "it does not read what is sent today: {words}"),
        }
    }
}

/// Bytes of today, and one of what they may be tomorrow, for a release to read.
struct Trial {
    candidate: Candidate,
    sample: usize,
    today: Bytes,
    tomorrow: Tomorrow,
}

/// A value of which a release did not say how its bytes can grow: it panicked, or had no end.
struct Unmade {
    candidate: Candidate,
    sample: usize,
    breach: Breach,
}

impl<P: Protocol> Border<P> {
    /// Gives every release what the next one may send; of one message, or of all. What ends a process that
    /// reads it is tried in processes of a program first, if one is given, which serves them as
    /// [`guarded`](super::guarded) does.
    ///
    /// # Errors
    ///
    /// If there is no such message, no release says how its bytes can grow, or no process can be had.
    pub fn future(
        &self,
        message: Option<&str>,
        program: Option<&Path>,
    ) -> Result<Report, FutureError> {
        self.named()?;
        let asked = message.map(|name| self.message(name)).transpose()?;
        let expected = expected::read(self.protocol.expected()).map_err(BorderError::from)?;
        let (trials, unmade) = self.trials(asked);
        if trials.is_empty() && unmade.is_empty() {
            return Err(FutureError::Nothing(message.unwrap_or("any message").to_owned()));
        }
        // What could not be made nobody was given: it may be expected of others.
        let is_whole = asked.is_none() && unmade.is_empty();
        let came = self.came(&trials, program)?;
        let mut report =
            Report::new(format!("{} {ROOT}", self.protocol.name())).requiring([&EVOLVED]);
        report.add_table(self.table(&trials, &came).of(GRID));
        let mut grid = Grid::new(GRID).with_columns(self.nodes().iter().map(|node| node.name()));
        for (trial, came) in trials.iter().zip(came) {
            self.record(trial, came, &mut grid);
        }
        for Unmade { candidate, sample, breach } in unmade {
            let expected = "bytes that the next release may send";
            self.record_as(candidate, sample, MADE, &mut grid, |case| match breach {
                Breach::NotTried(reason) => Verdict::NotTried(reason),
                breach => finding(case, EVOLVED.sentence, expected, &breach.to_string()),
            });
        }
        report.add(grid);
        let own = expected.into_iter().filter(|entry| is_own(&entry.address));
        apply(&own.collect::<Vec<Expected>>(), &mut report, is_whole);
        Ok(report)
    }

    /// What the newest releases write, and what that may be tomorrow, for each release that has the message.
    fn trials(&self, message: Option<usize>) -> (Vec<Trial>, Vec<Unmade>) {
        let skew = self.skew();
        let (mut trials, mut unmade) = (Vec::new(), Vec::new());
        for place in skew.all_places(&Selection::default()) {
            let (writer, receiver, Layer::Version(version)) = place else { continue };
            if writer != receiver {
                continue;
            }
            let version = version.number();
            let is_newest = |topic: usize| self.writer(topic, version) == Some(writer);
            let mut calls = skew.calls(place);
            calls.retain(|(topic, _)| {
                message.is_none_or(|only| only == *topic) && is_newest(*topic)
            });
            let written = skew.alone(place, calls.clone(), move |peer, value| {
                let (node, at) = (peer.node(), At { message: value.message, version });
                let today = node.encode(at, &node.hold(at, &value.value)?).ok()?;
                Some((node.evolve()?.evolve(at, &today), today))
            });
            for ((topic, sample), written) in calls.into_iter().zip(written) {
                let (tomorrow, today) = match written {
                    Ok(Some(written)) => written,
                    // Who cannot write it today is told by the matrix.
                    Ok(None) => continue,
                    Err(breach) => {
                        let candidate = (writer, topic, version);
                        unmade.push(Unmade { candidate, sample, breach });
                        continue;
                    }
                };
                for reader in self.readers(topic, version) {
                    trials.extend(tomorrow.iter().map(|tomorrow| Trial {
                        candidate: (reader, topic, version),
                        sample,
                        today: today.clone(),
                        tomorrow: tomorrow.clone(),
                    }));
                }
            }
        }
        (trials, unmade)
    }

    /// Who has a message at a version, oldest first.
    fn readers(&self, topic: usize, version: i32) -> Vec<usize> {
        let Some(message) = self.messages().get(topic).map(|topic| topic.name) else {
            return Vec::new();
        };
        let nodes = self.nodes().into_iter().enumerate();
        let has = nodes.filter(|(_, node)| node.versions(message).contains(&version));
        has.map(|(index, _)| index).collect()
    }

    /// The newest of them that says how its bytes can grow.
    fn writer(&self, topic: usize, version: i32) -> Option<usize> {
        let nodes = self.nodes();
        let grows = |index: &usize| nodes.get(*index).is_some_and(|node| node.evolve().is_some());
        self.readers(topic, version).into_iter().rfind(grows)
    }

    /// What comes of each trial.
    fn came(
        &self,
        trials: &[Trial],
        program: Option<&Path>,
    ) -> io::Result<Vec<Result<Came, Breach>>> {
        let mut lost = BTreeMap::new();
        if let Some(program) = program {
            let both = |it: &Trial| [&it.today, &it.tomorrow.bytes].map(|it| it.clone());
            let readings: Vec<(Candidate, Bytes)> =
                trials.iter().flat_map(|it| both(it).map(|bytes| (it.candidate, bytes))).collect();
            for (at, breach) in self.lost_readings(program, &readings)? {
                // Two by two: those of today, then those of tomorrow.
                let breach = match at % 2 {
                    0 => Breach::NotTried(Came::NotToday(breach.to_string()).to_string()),
                    _ => breach,
                };
                lost.entry(at / 2).or_insert(breach);
            }
        }
        let nodes: Vec<Spoken<P::Value>> = self.skew().peers().cloned().collect();
        let names: Vec<&'static str> = self.messages().iter().map(|topic| topic.name).collect();
        let open = trials.iter().enumerate().filter(|(at, _)| !lost.contains_key(at));
        let asked: Vec<(Candidate, Bytes, Bytes)> = open
            .map(|(_, it)| (it.candidate, it.today.clone(), it.tomorrow.bytes.clone()))
            .collect();
        let count = asked.len();
        let read = move |index: usize| {
            let ((node, topic, version), today, tomorrow) = asked.get(index)?;
            let at = At { message: names.get(*topic)?, version: *version };
            Some(read(nodes.get(*node)?, at, today, tomorrow))
        };
        let mut tried = supervise(count, LIMITS, Arc::new(read)).into_iter();
        let came = |at: usize| match lost.remove(&at) {
            Some(breach) => Some(Err(breach)),
            None => tried.next()?.transpose(),
        };
        Ok((0..trials.len()).filter_map(came).collect())
    }

    fn record(&self, trial: &Trial, came: Result<Came, Breach>, grid: &mut Grid) {
        let Trial { candidate, sample, tomorrow, .. } = trial;
        let expected = if tomorrow.is_skipped {
            "what is new is skipped, and all else read as before"
        } else {
            "it is refused, or what is new skipped, and all else read as before"
        };
        self.record_as(*candidate, *sample, &tomorrow.change, grid, |case| match came {
            Ok(Came::Skipped) => Verdict::Pass,
            Ok(Came::Refused(_)) if !tomorrow.is_skipped => Verdict::Pass,
            Ok(came @ Came::NotToday(_)) => Verdict::NotTried(came.to_string()),
            Ok(came) => finding(case, EVOLVED.sentence, expected, &came.to_string()),
            Err(Breach::NotTried(reason)) => Verdict::NotTried(reason),
            Err(breach) => finding(case, EVOLVED.sentence, expected, &breach.to_string()),
        });
    }

    /// Records what becomes of a change of a value at a release.
    fn record_as(
        &self,
        (node, topic, version): Candidate,
        sample: usize,
        change: &str,
        grid: &mut Grid,
        verdict: impl FnOnce(&CaseId) -> Verdict,
    ) {
        let nodes = self.nodes();
        let (Some(node), Some(topic)) = (nodes.get(node), self.messages().get(topic)) else {
            return;
        };
        let sample = topic.samples.get(sample).map_or("", |(name, _)| name);
        let (version, of) = (P::version(version), change.replace([' ', '/'], "-"));
        let segments = [ROOT, node.name(), &version, topic.name, sample, &of];
        let case = CaseId::from_segments(segments).of(&EVOLVED);
        grid.record(change, node.name(), &case, verdict(&case));
    }

    /// Whether a release says how its bytes can grow.
    pub(super) fn can_grow(&self) -> bool {
        self.nodes().iter().any(|node| node.evolve().is_some())
    }

    /// How many do what, by change and release.
    fn table(&self, trials: &[Trial], came: &[Result<Came, Breach>]) -> Table {
        let nodes = self.nodes();
        let names = nodes.iter().map(|node| node.name());
        let columns = ["change", "has to be"].into_iter().chain(names);
        let mut table = Table::new("what the next release may send", columns);
        let mut rows: BTreeMap<(&str, bool), Vec<BTreeMap<&str, usize>>> = BTreeMap::new();
        for (trial, came) in trials.iter().zip(came) {
            let key = (trial.tomorrow.change.as_str(), trial.tomorrow.is_skipped);
            let row = rows.entry(key).or_insert_with(|| vec![BTreeMap::new(); nodes.len()]);
            let word = came.as_ref().map_or("no end", Came::word);
            if let Some(cell) = row.get_mut(trial.candidate.0) {
                *cell.entry(word).or_default() += 1;
            }
        }
        for ((change, is_skipped), cells) in rows {
            let rule = if is_skipped { "skipped" } else { "skipped or refused" };
            let words = |cell: BTreeMap<&str, usize>| {
                let words = cell.into_iter().map(|(word, count)| format!("{word} {count}"));
                let words: Vec<String> = words.collect();
                if words.is_empty() { "·".to_owned() } else { words.join(", ") }
            };
            let row = [change.to_owned(), rule.to_owned()].into_iter();
            table.rows.push(row.chain(cells.into_iter().map(words)).collect());
        }
        table
    }
}

/// Whether an address is of such a case.
pub(crate) fn is_own(address: &str) -> bool {
    address.strip_prefix(ROOT).is_some_and(|rest| rest.starts_with('/'))
}

/// What a release does with the bytes of tomorrow that reads those of today.
fn read<V>(node: &Spoken<V>, at: At<'_>, today: &Bytes, tomorrow: &Bytes) -> Came
where
    V: fmt::Debug + PartialEq,
{
    let node = node.node();
    let known = match contain(|| node.decode(at, today)) {
        Ok(Ok(known)) => known,
        Ok(Err(words)) => return Came::NotToday(words),
        Err(panicked) => return Came::NotToday(panicked.to_string()),
    };
    match node.decode(at, tomorrow) {
        Ok(read) if read == known => Came::Skipped,
        Ok(read) => compared(&node.show(at, &known), &node.show(at, &read)),
        Err(words) => Came::Refused(words),
    }
}

/// What of a value is another one now. What is new may be kept and shown, where nothing was; what was there
/// stays, if it was what a missing part is, too.
fn compared(known: &Json, read: &Json) -> Came {
    if known == read {
        return Came::Changed("what is not shown".to_owned());
    }
    let changes = changes(known, read, &Json::is_null).into_iter();
    let lost = changes.filter(|(kind, _)| *kind != LossKind::Added);
    let lost: Vec<String> = lost.map(|(kind, path)| format!("{kind} {path}")).collect();
    if lost.is_empty() { Came::Skipped } else { Came::Changed(lost.join(", ")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_new_may_be_shown_and_what_is_known_stays() {
        let tags = [json!({"id": 1}), json!({"id": 1, "tags": {"9": 1}})];
        assert_eq!(compared(&tags[0], &tags[1]), Came::Skipped);
        for [known, read] in [
            [json!({"id": 0}), json!({"id": 7})],
            [json!({"name": ""}), json!({"name": "!"})],
            [json!({"is_new": false}), json!({"is_new": true})],
            [json!({"id": 1, "ids": [1]}), json!({"id": 1})],
            [json!(3), json!(3)],
        ] {
            assert!(matches!(compared(&known, &read), Came::Changed(_)), "{known} {read}");
        }
    }
}
