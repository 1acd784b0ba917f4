//! `skewproof conform`: a program of somebody's, held to a release in everything at once.

use std::iter;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use clap::Args;

use super::args::ScreenArgs;
use super::files::{check_apart, check_files, check_outside, write_files};
use super::fuzz::parse_time;
use super::golden::FolderArgs;
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use super::progress::Progress;
use super::testees::{TesteeArgs, beside_released, excuse, note_ends, without_fault};
use super::{built_in, captured};
use crate::harness::fuzz::Target;
use crate::harness::fuzz::session::Budget;
use crate::harness::report::{Grid, Report};
use crate::harness::verdict::Verdict;
use crate::suite::causes::about;
use crate::suite::skew::{self, Plan, Question, tables};
use crate::suite::testee::{self, Agreement, Behind, Feed, HOSTILE, Held, screen};
use crate::suite::vectors;
use crate::suite::{fuzz, repro, requirements, session};

const AFTER_HELP: &str = "\
Examples:
  skewproof conform --testee tree=./testee
  skewproof conform --testee tree=./testee --release 1.7 --junit report.xml
  skewproof conform --testee 'py=python3 examples/testees/python/testee.py' --time 30s

The program answers questions on its standard input: docs/testee.md. Exit codes: 0 it is as its
release, 1 it differs, 2 it could not be asked.";

/// Hold a program of yours to a release: its bytes, its meeting with all others, hostile bytes
///
/// What the release wrote and read, value by value and byte by byte; what the next release may change;
/// every other release in the matrix, both ways, with handshakes if the program has them; scripts of peers
/// are played to its sessions, if it has whole ones; then some seconds of fuzzing, in which the
/// program has to make of any bytes what its release makes of them.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ConformArgs {
    /// The program.
    #[command(flatten)]
    pub testees: TesteeArgs,
    /// The release that it is held to, as `1.7`, instead of the one that it says
    #[arg(long, value_name = "RELEASE")]
    pub release: Option<String>,
    /// How long it is fuzzed, as `10s` or `5m`
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse_time)]
    pub time: Duration,
    /// The seed of all changes
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub seed: u64,
    /// Where bytes of released servers are.
    #[command(flatten)]
    pub folder: FolderArgs,
    /// What is shown, and where else it goes.
    #[command(flatten)]
    pub shown: ScreenArgs,
}

/// Holds a testee to its release.
///
/// # Errors
///
/// If there is no testee, or it is at fault itself.
pub fn run(args: &ConformArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let begun = Instant::now();
    let output = &output.beside(&args.shown.files);
    check_files(args.shown.files.paths())?;
    args.folder.check_named()?;
    check_apart(args.shown.files.paths(), args.testees.read()?.iter())?;
    check_outside(args.shown.files.paths(), iter::once(args.folder.golden.clone()))?;
    let expected = args.testees.expected()?;
    let mut testees = args.testees.named.start_as(args.release.as_deref())?;
    let (Some(testee), None) = (testees.pop(), testees.pop()) else {
        return Err(CannotRun::new("expected one testee")
            .hint("name it with --testee, as `--testee tree=./testee`"));
    };
    let plan = Plan::with_testees(&Question::default(), vec![Arc::clone(&testee)])?;
    let mut report = Report::new("skewproof conform").explained(about);
    report.add(testee::bytes(&testee));
    captured_bytes(args, &testee, &mut report, output)?;
    report.add(testee::changed(&testee));
    played(&testee, &mut report)?;
    let agreements = meet(&plan, &mut report, output);
    let inputs = fuzzed(args, &testee, &mut report)?;
    excuse(&expected, &mut report, true);
    note_ends(plan.testees(), &mut report);
    let outcome = output.screen(&report, &args.shown, || {
        let agreement = agreements.first();
        screen(&report, &Held { testee: &testee, agreement, inputs, took: begun.elapsed() })
    });
    let details = || report.matrix().map(|matrix| plan.skew().details(matrix));
    write_files(&report, details, &args.shown.files)?;
    without_fault(plan.testees())?;
    outcome
}

/// What the release wrote and read: the bytes that lie beside a golden store, or those that are built in.
fn captured_bytes(
    args: &ConformArgs,
    testee: &Arc<Behind>,
    report: &mut Report,
    output: &Output,
) -> Result<(), CannotRun> {
    let captured =
        captured::read_whole(&args.folder.golden)?.map_or_else(built_in::captured, Ok)?;
    let is_asked = |message: &str, number| {
        testee.messages().any(|it| it.row().word() == message && testee.has_payload(it, number))
    };
    let shelf = &captured.shelf;
    let progress = Progress::start(output, "lines of released servers", shelf.len() as u64);
    let advance = |lines| progress.advance(lines);
    let verified = vectors::verify_release(shelf, &**testee, advance, testee.release(), is_asked);
    let verified = verified.map_err(super::vectors::damaged)?;
    drop(progress);
    if verified.report.tally().total() == 0 {
        let reason = format!("no bytes of {} are at hand", testee.release());
        let case = requirements::TESTEE_READS.case(["captured"]);
        report.grid("bytes of released servers").record(
            "lines",
            "all",
            &case,
            Verdict::Skip(reason),
        );
        return Ok(());
    }
    let again = repro::command("conform", testee);
    for grid in verified.report.grids() {
        report.add(grid.clone().repeated_by(|_| again.clone()));
    }
    Ok(())
}

/// Plays scripts to its sessions, if it has whole ones.
fn played(testee: &Arc<Behind>, report: &mut Report) -> Result<(), CannotRun> {
    if !testee.has_sessions() {
        return Ok(());
    }
    let (scripts, quirks) = (&[][..], &[][..]);
    let of_testee =
        session::Question { scripts, node: None, is_repaired: false, quirks, testee: Some(testee) };
    for grid in session::answer(&of_testee)?.grids() {
        report.add(grid.clone().repeated_by(|case| repro::script(case, testee)));
    }
    Ok(())
}

/// Feeds it bytes that nobody sends; gives how many.
fn fuzzed(args: &ConformArgs, testee: &Arc<Behind>, report: &mut Report) -> Result<u64, CannotRun> {
    let mut grid = Grid::new(HOSTILE);
    let target = fuzz::of_testee(Arc::clone(testee)).and_then(<[Target]>::first);
    let Some(target) = target else { return Ok(0) };
    let (budget, stop) = (Budget::Time(args.time), AtomicBool::new(false));
    let feed = Feed { target, inputs: Vec::new(), budget, seed: args.seed, stop: &stop };
    let fed = testee::hostile(testee, feed, &mut grid)
        .map_err(|error| CannotRun::new(format!("cannot fuzz: {error}")))?;
    report.add(grid);
    Ok(fed.asked)
}

/// The matrix with all releases.
fn meet(plan: &Plan, report: &mut Report, output: &Output) -> Vec<Agreement> {
    let progress = Progress::start(output, "exchanges", plan.skew().steps(plan.selection()));
    let matrix = plan.run(&|| progress.advance(1));
    drop(progress);
    report.add_table(tables::overview(&matrix));
    report.add(skew::verdicts(&matrix, false, plan.testees()));
    let agreements = beside_released(plan.testees(), (&matrix, false), report);
    report.set_matrix(matrix);
    agreements
}
