//! What went wrong in a run, as a finding that can be read and repeated.

use crate::fabric::release::Release;
use crate::harness::upgrade::event::Violation;
use crate::harness::upgrade::plan::Plan;
use crate::harness::upgrade::run::{Failure, releases};
use crate::harness::verdict::{CaseId, Finding};

use super::Kind;

/// The requirement that a violation is against.
fn requirement(violation: &Violation) -> &'static str {
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == violation.kind);
    match (kind, violation.kind) {
        (Some(kind), _) => kind.requirement(),
        (None, Violation::PANIC) => "no node panics, whatever it is sent",
        (None, _) => "no node does more than it has reason to",
    }
}

/// The words in which a step of a plan is found.
pub fn found(failure: &Failure<Release>) -> String {
    format!(
        "step {} ({}), seed {}: before it {}; after it {}",
        failure.step,
        failure.label,
        failure.seed,
        releases(&failure.before),
        releases(&failure.after)
    )
}

/// The finding of a plan that fails; `options` are those of the command that repeats it.
pub fn finding(plan: &Plan<Release>, failure: &Failure<Release>, options: &str) -> Finding {
    let seen: Vec<&str> = failure.violations.iter().map(|it| it.what.as_str()).collect();
    let first = failure.violations.first();
    let kind = first.map_or("violation", |violation| violation.kind).replace(' ', "-");
    let last = failure.step.to_string();
    let path = [failure.before.as_slice(), failure.after.as_slice()].concat();
    let names: Vec<String> = path.iter().map(|(_, release)| release.to_string()).collect();
    let from = names.first().cloned().unwrap_or_default();
    let to = names.last().cloned().unwrap_or_default();
    Finding {
        case: CaseId::from_segments(["upgrade", &from, &to, &kind, &last]),
        requirement: first.map_or("nothing is violated", requirement).to_owned(),
        expected: "no violation".to_owned(),
        actual: seen.join("\n"),
        place: Some(found(failure)),
        repro: Some(format!("skewproof upgrade --plan '{plan}'{options}")),
    }
}
