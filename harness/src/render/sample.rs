//! A small report with one of everything, for the tests of the renderers.

use crate::report::{Grid, Report};
use crate::skew::matrix::{Agreement, Block, Handshake, Node, Pair, Row};
use crate::skew::outcome::{Loss, LossKind, Violation};
use crate::skew::{Layer, Matrix, Outcome};
use crate::verdict::{CaseId, Finding, Verdict};
use crate::version::Version;

/// Rows with passed, failed, skipped and no cases; one long finding and one short.
pub(crate) fn report() -> Report {
    let mut grid = Grid::new("codecs").with_columns(["1.6", "1.7"]);
    let mut record = |release: &str, message: &str, name: &str, make: fn(CaseId) -> Verdict| {
        let case = CaseId::from_segments(["test", release, message, name]);
        grid.record(message, release, &case, make(case.clone()));
    };
    record("1.6", "Ping", "1", |_| Verdict::Pass);
    record("1.7", "Ping", "1", |_| Verdict::Pass);
    record("1.7", "Ping", "2", not_carried);
    record("1.6", "Write", "1", long_finding);
    record("1.7", "Write", "1", short_finding);
    record("1.7", "Write", "2", |_| Verdict::Pass);
    record("1.7", "Lost", "1", not_carried);
    let mut report = Report::new("sample run");
    report.add(grid);
    report.note("1.8 is not known yet");
    report
}

/// The same with a matrix of two nodes, in which something came out of a hostile place.
pub(crate) fn with_matrix() -> Report {
    let mut report = report();
    let matrix = matrix();
    let bad = matrix.cells().find(|cell| !cell.outcome.is_foreseen());
    if let Some(cell) = bad {
        let case = cell.address();
        let found = Finding {
            repro: Some(format!("skewproof repro {case}")),
            ..finding(case.clone(), cell.outcome.to_string())
        };
        report.grid("pairs").record("new", "old", &case, Verdict::from(found));
    }
    report.set_matrix(matrix);
    report
}

/// What happens to the hostile value.
pub(crate) const HOSTILE: &str = "</script><b>\u{1}\u{202e}&amp;";

fn matrix() -> Matrix {
    let written = |number| Version::new(number, |number| ["V", &number.to_string()].concat());
    let (one, two) = (Layer::Version(written(1)), Layer::Version(written(2)));
    let loss = Loss { kind: LossKind::Dropped, path: "scope".into(), reason: Some("new in 2") };
    let gated = Outcome::Gated { words: "needs V2".into(), is_foreseen: true };
    let violation = Outcome::Violation(Violation::SilentChange(HOSTILE.into()));
    let block = |sender, receiver, layer, outcomes: [Option<Outcome>; 3]| Block {
        sender,
        receiver,
        layer,
        cells: vec![outcomes.into()],
        weighed: [].into(),
    };
    let equal = || [Some(Outcome::Equal), Some(Outcome::Equal), Some(Outcome::Equal)];
    let pair = |dialer: usize, acceptor: usize| {
        let agreement = |version| Ok(Agreement { version: written(version), lane: "GENERAL" });
        let version = if (dialer, acceptor) == (1, 1) { 2 } else { 1 };
        let handshakes = vec![Handshake { lane: "GENERAL", result: agreement(version) }];
        let pinned = (1..=version).map(|version| (written(version), agreement(version))).collect();
        Pair { dialer, acceptor, handshakes, pinned, ..Pair::default() }
    };
    Matrix {
        nodes: vec![
            Node { name: "old".into(), layers: vec![one] },
            Node { name: "new".into(), layers: vec![one, two] },
        ],
        rows: vec![Row {
            name: "Ping",
            is_envelope: false,
            samples: ["plain", "scoped", "hostile"].map(str::to_owned).to_vec(),
            lanes: vec!["GENERAL", "GENERAL"],
        }],
        pairs: vec![pair(0, 0), pair(0, 1), pair(1, 0), pair(1, 1)],
        blocks: vec![
            block(0, 0, one, equal()),
            block(0, 1, one, [Some(Outcome::Equal), None, Some(Outcome::Equal)]),
            block(1, 0, one, [Some(gated), Some(Outcome::Lossy(vec![loss])), Some(violation)]),
            block(1, 1, one, equal()),
            block(1, 1, two, equal()),
        ],
        weights: vec![],
    }
}

fn not_carried(_: CaseId) -> Verdict {
    Verdict::Skip("not carried at V1".into())
}

fn long_finding(case: CaseId) -> Verdict {
    let common = "0a1b2c3d".repeat(100);
    Verdict::from(Finding {
        case,
        requirement: "A value encodes to the bytes that the release sends.".into(),
        expected: format!("{common}00{common}"),
        actual: format!("{common}ff{common}"),
        place: Some("records[3].body (byte 400)".into()),
        repro: Some("skewproof encode Write --release 1.6 --protocol V2 @write.json".into()),
    })
}

fn short_finding(case: CaseId) -> Verdict {
    Verdict::from(finding(case, "a value".into()))
}

/// A finding without a line that repeats it.
pub(crate) fn finding(case: CaseId, actual: String) -> Finding {
    Finding {
        case,
        requirement: "Trailing bytes are refused.".into(),
        expected: "an error".into(),
        actual,
        place: None,
        repro: None,
    }
}
