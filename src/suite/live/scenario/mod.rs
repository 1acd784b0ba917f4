//! Clusters of two lines in which something is known to go wrong: what is done, and what must not come
//! of it (08). What does is a known fault, with what avoids it; one that is gone is good news and a line
//! to change.

mod rows;
pub mod store;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use self::rows::{Question, again, missing};
use super::calls::finding;
use super::life::{Life, fates};
use crate::fabric::release::Release;
use crate::harness::report::{Grid, Report};
use crate::harness::verdict::Verdict;
use crate::suite::requirements;
use crate::suite::upgrade::Kind;

/// The grid of scenarios.
const GRID: &str = "what two lines do to each other";
/// Why a point has no verdict that nothing else tells of.
const UNREACHED: &str = "it did not come to this: something went wrong before";
/// Partitions of the cluster: enough for each node to lead one.
pub const PARTITIONS: u16 = 6;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// A node of the newer line joins two of the older one, leads, and leaves again (08 L10).
    Leaves,
    /// The same, with a rule that an operator makes before (08 L12).
    Rule,
    /// Nodes are asked by SQL for what other nodes have (08 §3.3).
    Sql,
    /// The schema has what only the newer line knows, and is changed by the older one (08 S2).
    Schema,
    /// A subscription on a Kafka cluster that only the newer line knows, then a change of the schema
    /// (08 S3).
    Kafka,
    /// A cluster that the newer line makes, and a node of the older one joins (08 S1).
    Provision,
    /// Partitions are pinned and frozen, and the node leaves that leads some (08 S5).
    Pins,
}

/// A moment at which something must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// Every partition takes something.
    GoesOn,
    /// What an operator has made is there.
    Kept,
    /// Every process runs.
    Runs,
    /// The features of the cluster are those that it was made with.
    Features,
    /// Keys of requests that were accepted are known.
    Known(Through),
    /// A node, as index, answers a question by SQL.
    Answer(usize, Question),
}

/// Through whom somebody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Through {
    /// The node that was asked before.
    Newer,
    /// The node of the older line.
    Older,
    /// The node that was asked before, started again.
    Restarted,
}

/// A scenario that was played.
#[derive(Debug, Clone, Default)]
pub struct Staged {
    /// Every process, in the order in which they started.
    pub lives: Vec<Life>,
    /// What was seen at each point: nothing, or what is otherwise than it must be.
    pub seen: BTreeMap<Point, Option<String>>,
    /// What went wrong on the way.
    pub broken: Option<(Kind, String)>,
    /// Why it did not come to its points, if nothing went wrong.
    pub unreached: Option<String>,
}

impl Scenario {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Leaves,
        Self::Rule,
        Self::Sql,
        Self::Schema,
        Self::Kafka,
        Self::Provision,
        Self::Pins,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Leaves => "leaves",
            Self::Rule => "rule",
            Self::Sql => "sql",
            Self::Schema => "schema",
            Self::Kafka => "kafka",
            Self::Provision => "provision",
            Self::Pins => "pins",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// What is done, in a sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Leaves => {
                "two nodes of the older line and one of the newer; the newer one leads a partition, \
                 and leaves"
            }
            Self::Rule => {
                "the same, and before it leaves, an operator makes a rule for limits on the newer node"
            }
            Self::Sql => {
                "two nodes of the older line and one of the newer; each is asked for all \
                 invocations, by SQL"
            }
            Self::Schema => {
                "a Kafka cluster is made on the newer node, then a service is changed on an older one"
            }
            Self::Kafka => {
                "a Kafka cluster and a subscription are made on the newer node, then a service is \
                 changed there"
            }
            Self::Provision => {
                "two nodes of the newer line make a cluster and take requests with keys; one of the \
                 older line joins and is sent the same, and so is the first node, started again"
            }
            Self::Pins => {
                "an operator pins and freezes all partitions; the newer node leads some, and leaves"
            }
        }
    }

    /// The moments that matter, in order.
    pub fn points(self) -> Vec<Point> {
        match self {
            Self::Leaves | Self::Rule => vec![Point::GoesOn],
            Self::Sql => {
                let of_node =
                    |node| Question::ALL.into_iter().map(move |it| Point::Answer(node, it));
                [0, super::rolling::NODES - 1].into_iter().flat_map(of_node).collect()
            }
            Self::Schema | Self::Pins => vec![Point::Kept],
            Self::Kafka => vec![Point::Runs],
            Self::Provision => vec![
                Point::Known(Through::Newer),
                Point::Features,
                Point::Known(Through::Older),
                Point::Known(Through::Restarted),
            ],
        }
    }

    /// That a scenario did not come to all of its points, and why not, as a sentence.
    pub fn missed(self, staged: &Staged) -> Option<String> {
        let points = self.points();
        let count = points.iter().filter(|point| !staged.seen.contains_key(point)).count();
        let (name, all, why) = (self.name(), points.len(), staged.why());
        let what =
            if all == 1 { "its point".to_owned() } else { format!("{count} of its {all} points") };
        (count > 0).then(|| format!("{name} did not come to {what}: {why}"))
    }

    /// What is made of it. `repro` is the line that repeats it.
    pub fn judged(self, [older, newer]: [Release; 2], staged: &Staged, repro: &str) -> Report {
        let names = [older, newer].map(|release| release.exact_name());
        let case = |rest: &str| {
            let case = requirements::LIVE_SCENARIO.case([&names[0], &names[1]]).child(self.name());
            rest.split('/').fold(case, |case, segment| case.child(segment))
        };
        let mut grid = Grid::new(GRID);
        let mut record = |rest: &str, due: &str, came: Result<Option<String>, &str>| {
            let case = case(rest);
            let verdict = match came {
                Ok(None) => Verdict::Pass,
                Ok(Some(actual)) => finding(case.clone(), due.to_owned(), actual),
                Err(why) => Verdict::Skip(why.to_owned()),
            };
            grid.record(self.name(), &names.join(" and "), &case, verdict);
        };
        for point in self.points() {
            let came = staged.seen.get(&point).cloned().ok_or(staged.why());
            record(&point.name(&names), point.due(), came);
        }
        for (place, fate, wrong) in fates(&staged.lives) {
            record(&format!("{place}/{}", fate.name()), fate.requirement(), Ok(wrong));
        }
        if let Some((kind, words)) = &staged.broken {
            let rest = format!("whole/{}", kind.name().replace(' ', "-"));
            record(&rest, kind.requirement(), Ok(Some(words.clone())));
        }
        let mut report = Report::new("skewproof live scenario");
        report.add(grid.repeated_by(|_| repro.to_owned()));
        report
    }
}

impl Staged {
    /// Why it did not come to its points.
    fn why(&self) -> &str {
        self.unreached.as_deref().unwrap_or(UNREACHED)
    }
}

impl Point {
    /// As it stands in addresses, behind the name of the scenario.
    fn name(self, [older, newer]: &[String; 2]) -> String {
        match self {
            Self::GoesOn => "goes-on".to_owned(),
            Self::Kept => "kept".to_owned(),
            Self::Runs => "runs".to_owned(),
            Self::Features => "features".to_owned(),
            Self::Known(Through::Newer) => "known/newer".to_owned(),
            Self::Known(Through::Older) => "known/older".to_owned(),
            Self::Known(Through::Restarted) => "known/restarted".to_owned(),
            Self::Answer(0, question) => format!("n1-{older}/{}", question.name()),
            Self::Answer(node, question) => format!("n{}-{newer}/{}", node + 1, question.name()),
        }
    }

    /// What must hold.
    const fn due(self) -> &'static str {
        match self {
            Self::GoesOn => "every partition goes on without the node",
            Self::Kept => "what an operator has made stays until an operator takes it away",
            Self::Runs => "a change of the schema ends no process",
            Self::Features => "a cluster keeps the features that it was made with",
            Self::Known(_) => "a request whose key was accepted is the same invocation ever after",
            Self::Answer(..) => "every node has the rows of every partition",
        }
    }
}
