//! The main job: what the fabric must do, checked with nothing but the samples that are built in.
//!
//! Every check is a row, every release line a column; its patches count in it, by their own names. What only shows against bytes of a released
//! server is verified by [`super::vectors`].

mod across;
mod foreign;
mod future;
mod gates;
mod handshake;
mod known;
mod limits;
mod negotiation;
mod refusals;
mod round_trips;
pub(super) mod strangers;
mod tables;

use std::ops::ControlFlow;

pub use self::tables::tables;

use super::causes;
use super::compare::Difference;
use super::samples;
use super::session::{self, Plan};
use super::skew;
use super::subject::Subject;
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::release::Release;
use crate::harness::boundary;
use crate::harness::report::{Grid, Report};
use crate::harness::verdict::{CaseId, Finding, Verdict};

/// Runs every check. `advance` sees the report after every message and may end the run.
pub fn run(subject: &dyn Subject, mut advance: impl FnMut(&Report) -> ControlFlow<()>) -> Report {
    let report = Report::new("skewproof check").explained(causes::about);
    let mut checks = Checks { report, subject };
    negotiation::run(&mut checks);
    checks.contained("handshake", handshake::run);
    checks.report.merge(session::run(subject, &Plan::released()));
    checks.report.merge(session::run(subject, &Plan::repaired()));
    checks.report.add(Grid::new(GRID).with_columns(Release::lines().map(Release::name)));
    known::run(&mut checks);
    limits::run(&mut checks);
    checks.contained("strangers", strangers::run);
    for message_type in MessageType::all() {
        run_message(message_type, &mut checks);
        if advance(&checks.report).is_break() {
            return checks.report;
        }
    }
    gates::run(&mut checks);
    future::run(&mut checks);
    checks.report
}

/// What a release says and understands of some messages: the part of [`run`] that is theirs.
pub fn run_release(
    subject: &dyn Subject,
    release: Release,
    messages: impl IntoIterator<Item = MessageType>,
) -> Report {
    let mut checks = Checks { report: Report::new("skewproof check"), subject };
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
    MessageType::all().count() as u64
}

fn run_message(message_type: MessageType, checks: &mut Checks<'_>) {
    Release::stable().for_each(|release| run_spoken(message_type, release, checks));
}

fn run_spoken(message_type: MessageType, release: Release, checks: &mut Checks<'_>) {
    let name = message_type.row().word();
    checks.contained(name, |checks| refusals::run_numbers(message_type, release, checks));
    for version in release.versions() {
        for sample in samples::samples(message_type) {
            let speaker = Speaker { cx: Context { release, version }, case: sample.case };
            checks.contained(name, |checks| run_sample(&speaker, &sample.message, checks));
        }
    }
}

/// One value, spoken by one release at one version.
fn run_sample(speaker: &Speaker, message: &Message, checks: &mut Checks<'_>) {
    if refusals::run(speaker, message, checks) {
        return;
    }
    let Ok(value) = message.clone().fitted(speaker.cx) else { return };
    round_trips::run(speaker, &value, checks);
    across::run(speaker, &value, checks);
    foreign::run(speaker, &value, checks);
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

    fn case_id(&self, check: &str, message_type: MessageType) -> CaseId {
        let release = self.cx.release.name();
        let version = self.cx.version.to_string();
        CaseId::from_segments(["check", check, release, &version, message_type.name(), self.case])
    }
}

/// What was checked so far, and of whom.
struct Checks<'a> {
    report: Report,
    subject: &'a dyn Subject,
}

/// Repeats what has no command of its own: all of it.
const WHOLE: &str = "skewproof check";

/// The grid of checks by release line.
const GRID: &str = "checks, by the release line that speaks";

impl Checks<'_> {
    /// Runs a check behind the boundary: a panic is a finding about the subject.
    fn contained(&mut self, name: &str, check: impl FnOnce(&mut Self)) {
        let Err(panicked) = boundary::contain(|| check(self)) else { return };
        let case = CaseId::from_segments(["check", "panic", name]);
        let verdict = Verdict::from(Finding {
            case: case.clone(),
            requirement: "whatever is encoded or decoded, nothing panics".to_owned(),
            expected: "a value or an error".to_owned(),
            actual: panicked.to_string(),
            place: None,
            repro: Some(WHOLE.to_owned()),
        });
        self.report.grid(GRID).record("no panic", name, &case, verdict);
    }

    /// Records a check of what a release line says and understands.
    fn record(
        &mut self,
        check: &str,
        release: Release,
        case: CaseId,
        result: Result<(), Difference>,
        repro: impl FnOnce() -> Option<String>,
    ) {
        self.record_in(GRID, check, release, case, result, repro);
    }

    fn record_in(
        &mut self,
        grid: &str,
        check: &str,
        release: Release,
        case: CaseId,
        result: Result<(), Difference>,
        repro: impl FnOnce() -> Option<String>,
    ) {
        let verdict = match result {
            Ok(()) => Verdict::Pass,
            Err(difference) => Verdict::from(Finding {
                case: case.clone(),
                requirement: difference.requirement.to_owned(),
                expected: difference.expected,
                actual: difference.actual,
                place: difference.place,
                repro: repro().or_else(|| Some(WHOLE.to_owned())),
            }),
        };
        self.report.grid(grid).record(check, release.line().name(), &case, verdict);
    }
}

/// The command that encodes a value again.
fn repro(message: &Message, cx: Context) -> Option<String> {
    let json = message.to_json(cx).ok()?.to_string();
    let number = cx.version.number();
    Some(super::repro::encode(message.message_type(), cx.release, number, &json))
}
