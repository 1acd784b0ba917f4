//! The main job: what the fabric must do, checked with nothing but the samples that are built in.
//!
//! Every check is a row, every release line a column; its patches count in it, by their own names. What only shows against bytes of a released
//! server is verified by [`super::vectors`].

mod accepted;
mod across;
mod alike;
mod apart;
mod asked;
mod bounds;
mod explained;
mod foreign;
mod frames;
mod gates;
mod handshake;
mod known;
mod lengths;
mod limits;
mod log_records;
mod names;
mod negotiation;
mod nodes;
mod parts;
mod refusals;
mod round_trips;
mod second_form;
mod since;
mod statuses;
pub(super) mod strangers;
mod streams;
mod tables;
mod town;
mod understood;

use std::ops::ControlFlow;

use self::alike::Alike;
pub use self::parts::Part;
pub use self::tables::tables;

use super::causes;
use super::compare::Difference;
use super::future;
use super::requirements;
use super::samples;
use super::session::{self, Plan};
use super::skew;
use super::subject::Subject;
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::release::Release;
use crate::harness::boundary;
use crate::harness::report::{Grid, Report};
use crate::harness::requirement::Requirement;
use crate::harness::selection::Selection;
use crate::harness::verdict::{CaseId, Finding, Verdict};

/// Runs every check. `advance` sees the report after the handshakes and sessions and after every message,
/// and may end the run.
pub fn run(subject: &dyn Subject, advance: impl FnMut(&Report) -> ControlFlow<()>) -> Report {
    run_selected(subject, &Selection::All, advance)
}

/// Runs the checks in which cases may be that are asked for, and those at least.
pub fn run_selected(
    subject: &dyn Subject,
    selection: &Selection,
    mut advance: impl FnMut(&Report) -> ControlFlow<()>,
) -> Report {
    let report = Report::new("skewproof check").explained(causes::about);
    let mut checks = Checks::new(report, subject);
    // Of a subject that speaks as one release nothing else is asked.
    let is_whole = Release::stable().all(|release| subject.speaks_as(release));
    let is_in = |part: Part| is_whole && part.is_in(selection);
    if is_in(Part::Negotiation) {
        negotiation::run(&mut checks);
    }
    if is_in(Part::Handshake) {
        checks.contained("handshake", handshake::run);
        checks.contained("understood", understood::run);
        checks.contained("statuses", statuses::run);
    }
    if is_in(Part::Nodes) {
        checks.contained("nodes", nodes::run);
    }
    if Part::Sessions.is_in(selection) {
        // A testee that has sessions has the faults of its release.
        let repaired = Some(Plan::repaired()).filter(|_| subject.sessions().is_none());
        for mut plan in [Plan::released()].into_iter().chain(repaired) {
            plan.releases.retain(|release| subject.speaks_as(*release));
            checks.report.merge(session::run(subject, &plan.narrowed(selection)));
        }
    }
    checks.report.add(Grid::new(GRID).with_columns(Release::lines().map(Release::name)));
    if advance(&checks.report).is_break() {
        return checks.report;
    }
    if is_in(Part::Known) {
        known::run(&mut checks);
        checks.contained("names", names::run);
        checks.contained("since", since::run);
    }
    if is_in(Part::Limits) {
        limits::run(&mut checks);
        checks.contained("bounds", bounds::run);
        checks.contained("asked", asked::run);
        checks.contained("streams", streams::run);
    }
    if is_in(Part::Strangers) {
        checks.contained("strangers", strangers::run);
        checks.contained("accepted", accepted::run);
    }
    if is_in(Part::LogRecords) {
        checks.contained("log records", log_records::run);
        checks.contained("second form", second_form::run);
    }
    if is_in(Part::Messages) {
        checks.contained("frames", frames::run);
        checks.contained("lengths", lengths::run);
    }
    if Part::Messages.is_in(selection) {
        for message_type in MessageType::all().filter(|it| is_asked(*it, selection)) {
            run_message(message_type, &mut checks);
            if advance(&checks.report).is_break() {
                return checks.report;
            }
        }
    }
    if is_in(Part::Explained) {
        checks.contained("explained", explained::run);
    }
    if Part::Gates.is_in(selection) {
        gates::run(&mut checks);
    }
    if Part::Future.is_in(selection) {
        checks.report.add(future::grid(subject));
    }
    if is_in(Part::Future) {
        checks.report.add(future::negotiation::grid(subject));
    }
    checks.report
}

/// Whether a case of a message may be asked for.
fn is_asked(message: MessageType, selection: &Selection) -> bool {
    let word = message.row().word();
    let is_named = |segment| selection.segment(segment).is_none_or(|it| it == message.name());
    selection.segment(2).is_some_and(|it| it == word) || is_named(4)
}

/// What every release writes into logs and reads there: the part of [`run`] that is theirs.
pub fn run_log_records(subject: &dyn Subject) -> Report {
    let mut checks = Checks::new(Report::new("skewproof check"), subject);
    checks.report.add(Grid::new(GRID).with_columns(Release::lines().map(Release::name)));
    checks.contained("log records", log_records::run);
    checks.report
}

/// What a release says and understands of some messages: the part of [`run`] that is theirs.
pub fn run_release(
    subject: &dyn Subject,
    release: Release,
    messages: impl IntoIterator<Item = MessageType>,
) -> Report {
    let mut checks = Checks::new(Report::new("skewproof check"), subject);
    checks.report.add(Grid::new(GRID).with_columns(Release::lines().map(Release::name)));
    messages.into_iter().for_each(|message| run_spoken(message, release, &mut checks));
    checks.report
}

/// A column for each release line and for each build beside the lines, in the order of releases.
fn columns() -> Vec<&'static str> {
    let releases = skew::releases().into_iter();
    releases.filter(|release| *release == release.line()).map(Release::name).collect()
}

/// How often `advance` is called.
pub fn steps() -> u64 {
    MessageType::all().count() as u64 + 1
}

fn run_message(message_type: MessageType, checks: &mut Checks<'_>) {
    let subject = checks.subject;
    let releases = Release::stable().filter(|release| subject.speaks_as(*release));
    releases.for_each(|release| run_spoken(message_type, release, checks));
}

fn run_spoken(message_type: MessageType, release: Release, checks: &mut Checks<'_>) {
    let name = message_type.row().word();
    let mut is_calm =
        checks.contained(name, |checks| refusals::run_numbers(message_type, release, checks));
    for version in release.versions() {
        for sample in samples::samples(message_type) {
            let speaker = Speaker { cx: Context { release, version }, case: sample.case };
            is_calm &=
                checks.contained(name, |checks| run_sample(&speaker, &sample.message, checks));
        }
    }
    if is_calm {
        let case = requirements::PANIC.case([name, release.name()]);
        checks.record(NO_PANIC, release, case, Ok(()));
    }
}

/// One value, spoken by one release at one version.
fn run_sample(speaker: &Speaker, message: &Message, checks: &mut Checks<'_>) {
    if refusals::run(speaker, message, checks) {
        return;
    }
    let Ok(value) = message.clone().fitted(speaker.cx) else { return };
    let encoded = checks.subject.encode(&value, speaker.cx.release, speaker.number());
    round_trips::run(speaker, &value, &encoded, checks);
    let Ok(bytes) = encoded else { return };
    across::run(speaker, &value, &bytes, checks);
    foreign::run(speaker, &value, &bytes, checks);
}

/// Who speaks, and which sample.
struct Speaker {
    cx: Context,
    case: &'static str,
}

impl Speaker {
    fn number(&self) -> i32 {
        self.cx.version.number()
    }

    fn case(&self, requirement: &'static Requirement, message_type: MessageType) -> CaseId {
        let version = self.cx.version.to_string();
        requirement.case([self.cx.release.name(), &version, message_type.name(), self.case])
    }
}

/// What was checked so far, and of whom.
struct Checks<'a> {
    report: Report,
    subject: &'a dyn Subject,
    alike: Alike,
}

/// The cases in which a part of the main job objects to a subject.
#[cfg(test)]
fn objections(run: fn(&mut Checks<'_>), subject: &dyn Subject) -> Vec<String> {
    let mut checks = Checks::new(Report::new("a part"), subject);
    run(&mut checks);
    checks.report.findings().map(|finding| finding.case.to_string()).collect()
}

/// The row of what must hold of all of them.
const NO_PANIC: &str = "no panic";

/// The grid of checks by release line.
const GRID: &str = "checks, by the release line that speaks";

impl<'a> Checks<'a> {
    fn new(report: Report, subject: &'a dyn Subject) -> Self {
        Self { report, subject, alike: Alike::default() }
    }

    /// Runs a check behind the boundary: a panic is a finding about the subject. Whether there was none.
    fn contained(&mut self, name: &str, check: impl FnOnce(&mut Self)) -> bool {
        let Err(panicked) = boundary::contain(|| check(self)) else { return true };
        let case = requirements::PANIC.case([name]);
        let verdict = Verdict::from(Finding {
            case: case.clone(),
            requirement: requirements::PANIC.sentence.to_owned(),
            expected: "a value or an error".to_owned(),
            actual: panicked.to_string(),
            place: None,
            repro: Some(super::repro::case(&case)),
        });
        self.report.grid(GRID).record(NO_PANIC, name, &case, verdict);
        false
    }

    /// Records a check of what a release line says and understands.
    fn record(
        &mut self,
        check: &str,
        release: Release,
        case: CaseId,
        result: Result<(), Difference>,
    ) {
        self.record_in(GRID, check, release, case, result);
    }

    fn record_in(
        &mut self,
        grid: &str,
        check: &str,
        release: Release,
        case: CaseId,
        result: Result<(), Difference>,
    ) {
        let verdict = match result {
            Ok(()) => Verdict::Pass,
            Err(difference) => Verdict::from(Finding {
                case: case.clone(),
                requirement: difference.requirement.to_owned(),
                expected: difference.expected,
                actual: difference.actual,
                place: difference.place,
                repro: Some(super::repro::case(&case)),
            }),
        };
        self.report.grid(grid).record(check, release.line().name(), &case, verdict);
    }
}

/// The command that encodes the value of a case again, if the address has one in it.
pub fn encoding(address: &str) -> Option<String> {
    let mut segments = address.strip_prefix("check/")?.split('/').skip(1);
    let release: Release = segments.next()?.parse().ok()?;
    let mut versions = release.versions();
    let version = segments.next()?;
    let version = versions.find(|it| it.to_string() == version)?;
    let message_type: MessageType = segments.next()?.parse().ok()?;
    let case = segments.next()?;
    let sample = samples::samples(message_type).find(|it| it.case == case)?;
    let json = sample.message.to_json(Context { release, version }).ok()?.to_string();
    Some(super::repro::encode(message_type, release, version.number(), &json))
}
