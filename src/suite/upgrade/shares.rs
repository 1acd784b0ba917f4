//! What of a node a testee is, and what its release is in its place.

use crate::harness::report::{Grid, Table};
use crate::harness::verdict::Verdict;
use crate::suite::requirements;
use crate::suite::testee::Behind;

/// The grid of what a testee cannot be asked in a cluster.
const NOT_ASKED: &str = "what the testee was not asked";

/// Who does what in the nodes of a testee's release; and what it might have done, as a case that is not
/// tried.
pub fn shares(testee: &Behind) -> (Table, Grid) {
    let (name, release) = (testee.testee().name(), testee.release().name());
    let mut table = Table::new(format!("nodes of {release}"), ["what", "is", "because"]);
    let mut grid = Grid::new(NOT_ASKED);
    let asked = testee.messages().count();
    let known = testee.known().count();
    let payloads = format!("its hello has {asked} of the {known} messages of {release}");
    let sessions = testee.has_informed_sessions();
    let of_sessions = if sessions {
        String::new()
    } else {
        "its hello does not have all of open, feed, drop, send, wake and inform".to_owned()
    };
    let no_verb = || "no verb is about it".to_owned();
    for (what, is, because) in [
        ("payloads", if asked == 0 { release } else { name }, payloads),
        ("handshakes, frames, connections", if sessions { name } else { release }, of_sessions),
        ("whom it dials, what it knows, says and answers", release, no_verb()),
        ("what is inside of log records", release, no_verb()),
    ] {
        table.rows.push([what, is, because.as_str()].map(str::to_owned).into());
    }
    if !sessions {
        let reason =
            format!("{name} has no sessions for it: handshakes and frames are {release}'s");
        let case = requirements::UPGRADE_PLAN.case([name, "sessions"]);
        grid.record("connections", name, &case, Verdict::Skip(reason));
    }
    (table, grid)
}
