//! What a next release may put around payloads: new messages, services and wrappers. What becomes of
//! them is shown by scripts of sessions, played to every release as it was released (02 §5, 05 §3).

use crate::harness::report::{Grid, Table};
use crate::suite::session::{self, Plan};
use crate::suite::subject::Subject;

/// A change, what a released reader does, when a release may make it, and the script that shows it.
type Row = [&'static str; 4];

const GATED: &str = "only behind a new version";

/// What may be changed around payloads.
const ROWS: [Row; 9] = [
    [
        "a new call in a service that is there",
        "answered by a status that depends on service and release",
        "safe if the sender takes any of them for a no",
        "unknown-message",
    ],
    [
        "a new message in a service, without a reply",
        "let fall",
        "safe, and lost",
        "unroutable-unary",
    ],
    [
        "a new service",
        "answered by SERVICE_NOT_FOUND",
        "safe if the sender can do without",
        "unknown-service",
    ],
    ["a new target at V1", "let fall up to 1.3; 1.4 parts", "never", "unknown-target"],
    ["a new body of frames", "taken for none: CODEC_ERROR and a drain", GATED, "unknown-body"],
    [
        "a message or reply in another wrapper",
        "taken for no body: CODEC_ERROR and a drain; 1.4 parts",
        GATED,
        "other-wrapper",
    ],
    [
        "a reply to a call by the target of another",
        "let fall up to 1.3; 1.4 takes it for the reply",
        "never",
        "answer-by-another-target",
    ],
    ["a new member of datagrams", "ignored", "safe, and lost", "unknown-member"],
    ["a new signal", "ignored; 1.2 parts", "safe from 1.3 on", "unknown-signal"],
];

/// The changes as a table, each with the number of cases that show it, and the verdicts on these.
pub fn trial(subject: &dyn Subject) -> (Table, Vec<Grid>) {
    let title = "what the next release may change around payloads";
    let heads = ["change", "a released reader", "cases", "verdict", "script"];
    let (mut table, mut grids) = (Table::new(title, heads), Vec::new());
    for [change, reader, verdict, script] in ROWS {
        let plan = Plan { scripts: vec![script.to_owned()], ..Plan::released() };
        let report = session::run(subject, &plan);
        let cases = report.tally().passed.to_string();
        let row = [change, reader, &cases, verdict, script].map(str::to_owned);
        table.rows.push(row.to_vec());
        grids.extend(report.grids().iter().cloned());
    }
    (table, grids)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::planted;
    use crate::suite::subject::Fabric;

    #[test]
    fn every_change_is_shown_and_a_reader_that_does_otherwise_is_seen() {
        let failed = |subject: &dyn Subject| {
            let (_, grids) = trial(subject);
            grids.iter().map(|grid| grid.tally().failed).sum::<u64>()
        };
        assert_eq!(failed(&Fabric), 0);
        let (table, _) = trial(&Fabric);
        assert!(table.rows.iter().all(|row| row.get(2).is_some_and(|cases| cases != "0")));
        assert!(failed(planted::find("M81").unwrap().subject().as_ref()) > 0);
        assert!(failed(planted::find("M79").unwrap().subject().as_ref()) > 0);
    }
}
