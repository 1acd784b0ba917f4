//! `skewproof check`: the main job, which needs nothing but this program.

use std::collections::HashSet;
use std::iter;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use clap::Args;

use super::args::{Format, ScreenArgs};
use super::files::{check_apart, check_files, check_outside, write_files};
use super::golden::FOLDER;
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use super::progress::Progress;
use super::testees::{Asked, TesteeArgs, beside_released, note_ends};
use super::{built_in, captured};
use crate::harness::golden::Store;
use crate::harness::render::json;
use crate::harness::report::{Report, Table};
use crate::harness::requirement::Requirement;
use crate::harness::selection::Selection;
use crate::suite::captured as suite_captured;
use crate::suite::check::Part;
use crate::suite::compatibility::adjacent;
use crate::suite::golden::Scope;
use crate::suite::skew::{self, Plan, Question, tables};
use crate::suite::subject::Fabric;
use crate::suite::upgrade::{self, Cluster};
use crate::suite::{causes, check, faults, golden, requirements, screen};

const AFTER_HELP: &str = "\
Examples:
  skewproof check
  skewproof check session/watch          one requirement; `skewproof list requirements` has all
  skewproof check 'check/pair/1.6*'      cases by their addresses
  skewproof check 'golden/*' --list      the addresses of all cases of the fixtures
  skewproof check --fail-fast            ends soon after the first finding
  skewproof check --testee tree=./testee a program of yours in the place of its release
  skewproof check --format json | jq .tally";

/// Check every release, version and message over built-in sample values
///
/// Negotiates every ordered pair of releases, encodes every sample value of every message as each
/// release does at each version it speaks, decodes the bytes again and compares. Walks every order in
/// which three simulated nodes can be upgraded over four adjacent lines. The golden fixtures are
/// verified too, where the current folder has them, and everything that released servers wrote, read and
/// said to each other, as far as it lies beside the fixtures; no other file is read. With a testee it is
/// the cases in which the testee is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct CheckArgs {
    /// Only cases of requirements, or with addresses, that have this in them; with `*` and `?`, that
    /// are like it as a whole
    #[arg(value_name = "PATTERN")]
    pub pattern: Option<String>,
    /// List the addresses of the cases, instead of what came of them
    #[arg(long, conflicts_with_all = ["verbose", "findings", "json", "junit", "html", "markdown"])]
    pub list: bool,
    /// Stop early, soon after something is found
    #[arg(long, conflicts_with_all = ["list", "testee"])]
    pub fail_fast: bool,
    /// A program that speaks in its release's place.
    #[command(flatten)]
    pub testees: TesteeArgs,
    /// What is shown, and where else it goes.
    #[command(flatten)]
    pub shown: ScreenArgs,
}

/// Runs every check.
///
/// # Errors
///
/// If stdout or a file cannot be written.
pub fn run(args: &CheckArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let begun = Instant::now();
    let output = &output.beside(&args.shown.files);
    check_files(args.shown.files.paths())?;
    check_apart(args.shown.files.paths(), args.testees.read()?.iter())?;
    check_outside(args.shown.files.paths(), iter::once(FOLDER.into()))?;
    let selection = args.pattern.clone().map_or(Selection::All, Selection::Like);
    // A document has all tables, wherever it goes; a terminal has no room.
    let is_whole = args.shown.report.format == Format::Json;
    let asked = args.testees.asked()?;
    let with_tables = is_whole || args.shown.files.are_asked_for();
    let mut gathered = gather(&selection, args.fail_fast, with_tables, &asked, output)?;
    if let Some(pattern) = &args.pattern
        && gathered.report.tally().total() == 0
    {
        return Err(nothing_like(pattern));
    }
    if args.list {
        return list(&gathered.report, args.shown.report.format, output);
    }
    let tables = std::mem::take(&mut gathered.tables);
    let (shown, beside) = if is_whole { (tables, Vec::new()) } else { (Vec::new(), tables) };
    shown.into_iter().for_each(|table| gathered.report.add_table(table));
    let outcome = if args.pattern.is_some() || args.fail_fast || asked.testee().is_some() {
        output.report(&gathered.report, &args.shown.report)
    } else {
        output.screen(&gathered.report, &args.shown, || {
            screen::text(&gathered.report, begun.elapsed())
        })
    };
    beside.into_iter().for_each(|table| gathered.report.add_table(table));
    let report = &gathered.report;
    let details = || report.matrix().map(|matrix| gathered.plan.skew().details(matrix));
    // Where nothing was verified, the files say why.
    write_files(report, details, &args.shown.files).and(asked.without_fault()).and(outcome)
}

/// What a run of the main job leaves.
pub struct Gathered {
    /// The verdicts on the cases that were asked for.
    pub report: Report,
    /// What is too long for a terminal, if it was asked for.
    tables: Vec<Table>,
    /// The matrix, to be run again cell by cell.
    plan: Plan,
}

/// Runs every part in which cases may be that are asked for, and keeps those cases. Where a testee is
/// asked, those are the cases in which it is. With `is_fast` little is run after something is found, and that
/// is noted.
///
/// # Errors
///
/// If the bytes of released servers are there and cannot be read, or a testee has the name of a release.
pub fn gather(
    selection: &Selection,
    is_fast: bool,
    with_tables: bool,
    asked: &Asked,
    output: &Output,
) -> Result<Gathered, CannotRun> {
    // No address has one: that is known without a run.
    if selection.beginning().contains(char::is_control) {
        return Err(nothing_like(selection.beginning()));
    }
    let testees: Vec<_> = asked.testee().into_iter().cloned().collect();
    let plan = match testees.as_slice() {
        [] => Plan::everything(),
        _ => Plan::with_testees(&Question::default(), testees)?,
    };
    if Part::Messages.is_in(selection) || Part::Matrix.is_in(selection) {
        plan.testees().iter().for_each(|testee| testee.foresee_samples(|_| true));
    }
    // What is found beside the cases that were asked for ends nothing.
    let is_over = |report: &Report| {
        let mut cases = report.findings().map(|finding| &finding.case);
        is_fast && cases.any(|case| selection.has(case.as_str(), case.requirement()))
    };
    let mut report = spoken(selection, asked, output, &is_over)?;
    let mut tables = Vec::new();
    if Part::Matrix.is_in(selection) && !is_over(&report) {
        let matrix = if plan.testees().is_empty() {
            skew::whole().clone()
        } else {
            let progress =
                Progress::start(output, "exchanges", plan.skew().steps(plan.selection()));
            plan.run(&|| progress.advance(1))
        };
        report.add_table(tables::overview(&matrix).of(skew::GRID));
        report.add_table(tables::legend().of(skew::GRID));
        report.add(skew::verdicts(&matrix, plan.testees().is_empty(), plan.testees()));
        beside_released(plan.testees(), (&matrix, false), &mut report);
        if with_tables && plan.testees().is_empty() {
            tables = check::tables(&matrix);
        }
        report.set_matrix(matrix);
    }
    if plan.testees().is_empty() && !is_over(&report) {
        of_clusters(selection, output, &mut report);
    }
    if *selection != Selection::All {
        report.retain(&|address, requirement| selection.has(address, requirement));
    }
    if is_over(&report) {
        report.note("ended at a finding: not all that comes behind it was looked at");
    }
    note_ends(plan.testees(), &mut report);
    Ok(Gathered { report, tables, plan })
}

/// What each release says and understands, and what it did.
fn spoken(
    selection: &Selection,
    asked: &Asked,
    output: &Output,
    is_over: &dyn Fn(&Report) -> bool,
) -> Result<Report, CannotRun> {
    let mut report =
        Report::new("skewproof check").explained(causes::about).requiring(requirements::all());
    let progress = Progress::start(output, "messages", check::steps());
    report.merge(check::run_selected(asked.subject(), selection, |report| {
        progress.advance(1);
        if is_over(report) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }));
    drop(progress);
    if is_over(&report) {
        return Ok(asked.settled(report, "check"));
    }
    if *selection == Selection::All && asked.testee().is_none() {
        adjacent().for_each(|verdict| report.add_verdict(verdict));
    }
    stored(selection, asked, output, &mut report)?;
    Ok(asked.settled(report, "check"))
}

/// What becomes of clusters, and the known faults.
fn of_clusters(selection: &Selection, output: &Output, report: &mut Report) {
    if Part::Upgrades.is_in(selection) {
        let windows = upgrade::windows_of(selection);
        let progress = Progress::start(output, "moves", upgrade::moves(&windows));
        let walks = upgrade::verdicts(&Cluster::default(), &windows, "", &|| progress.advance(1));
        drop(progress);
        walks.add_to(report, false);
    }
    if Part::Faults.is_in(selection) {
        report.add_table(faults::table());
        report.add(faults::grid());
    }
}

/// The fixtures, and the bytes of released servers.
fn stored(
    selection: &Selection,
    asked: &Asked,
    output: &Output,
    report: &mut Report,
) -> Result<(), CannotRun> {
    let [golden_is_asked, captured_is_asked] =
        [Part::Golden, Part::Captured].map(|part| part.is_in(selection));
    // `conform` asks a testee of what its release wrote.
    let captured_is_asked = captured_is_asked && asked.testee().is_none();
    if !golden_is_asked && !captured_is_asked {
        return Ok(());
    }
    let read = captured::read(Path::new(FOLDER))?;
    if golden_is_asked {
        let evidence = captured::evidence(read.as_ref());
        let only = golden::narrowed(selection);
        let beside = read.as_ref().map(|captured| &captured.folder).into();
        let evidence = evidence.as_ref();
        let scope = Scope { only: &only, evidence, beside, elsewhere: None };
        let mut fixtures = golden::check(Path::new(FOLDER), asked.subject(), scope);
        if *selection != Selection::All {
            fixtures.retain(&|address, requirement| selection.has(address, requirement));
        }
        // Without a case that was asked for there is nothing to note either.
        if *selection == Selection::All || fixtures.tally().total() > 0 {
            report.merge(fixtures);
        }
    }
    if captured_is_asked {
        let all = read.map_or_else(built_in::captured, Ok)?;
        let progress = Progress::start(output, "lines of released servers", all.len());
        let verified = suite_captured::verify(&all, &Fabric, &|lines| progress.advance(lines));
        report.merge(verified.map_err(captured::damaged)?);
    }
    Ok(())
}

/// The addresses of cases, each once.
fn list(report: &Report, format: Format, output: &Output) -> Result<Outcome, CannotRun> {
    let (mut cases, mut seen) = (Vec::new(), HashSet::new());
    for grid in report.grids() {
        grid.each_case(|case| {
            if seen.insert(case.address.to_owned()) {
                cases.push(case.address.to_owned());
            }
        });
    }
    let text = match format {
        Format::Text => cases.iter().map(|address| format!("{address}\n")).collect(),
        Format::Json => json::render_names(&cases.iter().map(String::as_str).collect::<Vec<_>>()),
    };
    output.text(&text)?;
    Ok(Outcome::Good)
}

/// That no case is like a pattern, with the command that tests it, or the names that are nearest.
fn nothing_like(pattern: &str) -> CannotRun {
    requirements::elsewhere(pattern)
        .map(elsewhere)
        .or_else(|| requirements::like(pattern).map(without_case))
        .unwrap_or_else(|| {
            CannotRun::new(format!("no case and no requirement is like {pattern:?}"))
                .hint(near(pattern))
        })
}

/// The same of an address, which is no pattern.
pub fn nothing_at(address: &str) -> CannotRun {
    match requirements::elsewhere(address).filter(|(it, _)| it.to_string() == address) {
        Some(tested) => elsewhere(tested),
        None => CannotRun::new(format!("no case has an address that begins with {address:?}"))
            .hint(near(address)),
    }
}

fn elsewhere((requirement, command): (&Requirement, &str)) -> CannotRun {
    CannotRun::new(format!("no case of `check` is about {requirement}"))
        .hint(format!("`{command}` tests it"))
}

fn without_case(requirement: &Requirement) -> CannotRun {
    let hint = match requirement.part {
        "golden" | "vectors" | "captures" => {
            "what it is tested with is looked for in the folder `golden`"
        }
        _ => "`skewproof list requirements` says what it is about",
    };
    CannotRun::new(format!("there is no case of {requirement} here")).hint(hint)
}

/// The fixtures or requirements that may have been meant.
fn near(address: &str) -> String {
    let store = address.starts_with("golden/").then(|| Store::open(Path::new(FOLDER)).ok());
    let asked = store.flatten().and_then(|store| golden::nearest(&store, address));
    asked.unwrap_or_else(|| requirements::hint(address))
}
