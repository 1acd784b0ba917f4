//! Clusters of two lines in which something is known to go wrong: what is done, and what must not come
//! of it (08). What does is a known fault, with what avoids it; one that is gone is good news and a line
//! to change.

use super::calls::finding;
use crate::fabric::release::Release;
use crate::harness::report::{Grid, Report};
use crate::harness::verdict::Verdict;
use crate::suite::requirements;

/// The grid of scenarios.
const GRID: &str = "what two lines do to each other";
/// Partitions of the cluster: enough for each node to lead one.
pub const PARTITIONS: u16 = 6;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// A node of the newer line joins two of the older one, leads, and leaves again (08 L10).
    Leaves,
    /// Nodes are asked by SQL for what other nodes have (08 §3.3).
    Sql,
}

impl Scenario {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Leaves, Self::Sql];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Leaves => "leaves",
            Self::Sql => "sql",
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
            Self::Sql => {
                "two nodes of the older line and one of the newer; each is asked for all \
                 invocations, by SQL"
            }
        }
    }

    /// What must come of it.
    const fn due(self) -> &'static str {
        match self {
            Self::Leaves => "every partition goes on without the node",
            Self::Sql => "every node has the rows of every partition",
        }
    }

    /// The questions of [`Self::Sql`].
    pub const QUESTIONS: [&str; 3] = [
        "SELECT id FROM sys_invocation_status",
        "SELECT * FROM sys_invocation_status",
        super::KEPT,
    ];

    /// What is made of it: what was seen instead of what is due, or why it was not seen.
    pub fn judged(
        self,
        [older, newer]: [Release; 2],
        came: Result<Option<String>, String>,
        repro: &str,
    ) -> Report {
        let names = [older, newer].map(|release| release.exact_name());
        let case = requirements::LIVE_SCENARIO.case([names[0].as_str(), &names[1], self.name()]);
        let verdict = match came {
            Ok(None) => Verdict::Pass,
            Ok(Some(actual)) => finding(case.clone(), self.due().to_owned(), actual),
            Err(why) => Verdict::Skip(why),
        };
        let mut grid = Grid::new(GRID);
        grid.record(self.name(), &names.join(" and "), &case, verdict);
        let mut report = Report::new("skewproof live scenario");
        report.add(grid.repeated_by(|_| repro.to_owned()));
        report
    }
}
