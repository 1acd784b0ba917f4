//! A small report with one of everything, for the tests of the renderers.

use crate::harness::report::{Grid, Report};
use crate::harness::verdict::{CaseId, Finding, Verdict};

/// Rows with passed, failed, skipped and no cases; one long finding and one short.
pub(super) fn report() -> Report {
    let mut grid = Grid::new("codecs").with_columns(["1.6", "1.7"]);
    let mut record = |release: &str, message: &str, name: &str, make: fn(CaseId) -> Verdict| {
        let case = CaseId::from_segments(["test", release, message, name]);
        grid.record(message, release, &case, make(case.clone()));
    };
    record("1.6", "Ping", "1", |_| Verdict::Pass);
    record("1.7", "Ping", "1", |_| Verdict::Pass);
    record("1.7", "Ping", "2", not_carried);
    record("1.6", "Store", "1", long_finding);
    record("1.7", "Store", "1", short_finding);
    record("1.7", "Store", "2", |_| Verdict::Pass);
    record("1.7", "Lost", "1", not_carried);
    let mut report = Report::new("sample run");
    report.add(grid);
    report.note("1.8 is not known yet");
    report
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
        repro: Some("skewproof encode Store --release 1.6 --protocol V2 @store.json".into()),
    })
}

fn short_finding(case: CaseId) -> Verdict {
    Verdict::from(Finding {
        case,
        requirement: "Trailing bytes are refused.".into(),
        expected: "an error".into(),
        actual: "a value".into(),
        place: None,
        repro: None,
    })
}
