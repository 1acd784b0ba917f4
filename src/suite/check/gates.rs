//! What the lines do with what only some of them know, compared with the list of what is expected.

use super::Checks;
use crate::fabric::release::Release;
use crate::harness::verdict::CaseId;
use crate::suite::compare::Difference;
use crate::suite::{gates, requirements};

/// Checks every gate.
pub fn run(checks: &mut Checks<'_>) {
    match gates::default_list() {
        Ok(list) => checks.report.add(gates::grid(&gates::audit(checks.subject, &list))),
        Err(error) => unreadable(&error, checks),
    }
}

/// Without a list nothing is expected, and the audit says nothing.
fn unreadable(error: &gates::ListError, checks: &mut Checks<'_>) {
    let Some(newest) = Release::lines().last() else { return };
    let case = CaseId::from_segments(["gates", gates::FILE]).of(&requirements::GATE);
    let requirement = "the list of expected findings can be read";
    let result = Err(Difference::new(requirement, "a list", error.to_string()));
    checks.record_in(gates::GRID, "the list", newest, case, result);
}
