//! `skewproof fuzz --testee`: a program of somebody's is fed, and held to its release.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::{EngineChoice, FuzzArgs, FuzzCommandArgs};
use crate::cli::files::{check_apart, check_files, check_outside, write_files};
use crate::cli::outcome::{CannotRun, Outcome};
use crate::cli::output::Output;
use crate::cli::testees::{excuse, note_ends, without_fault};
use crate::harness::fuzz::Target;
use crate::harness::fuzz::corpus::Folder;
use crate::harness::fuzz::driver::share;
use crate::harness::fuzz::session::Budget;
use crate::harness::report::{Grid, Report};
use crate::suite::causes::about;
use crate::suite::fuzz;
use crate::suite::testee::{Behind, Fed, Feed, HOSTILE, hostile};

/// Feeds one testee, of each target first what is in the corpus.
///
/// # Errors
///
/// If there are several testees, or testees are not asked inputs of a target; if the testee is at fault.
pub fn run(whole: &FuzzCommandArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let FuzzCommandArgs { run: args, testees } = whole;
    if args.engine != EngineChoice::Embedded {
        return Err(CannotRun::new("a testee is fed by the engine that is built in")
            .hint("leave out `--engine`"));
    }
    let output = &output.beside(&args.files);
    check_files(args.files.paths())?;
    check_apart(args.files.paths(), testees.read()?.iter())?;
    check_outside(args.files.paths(), args.read())?;
    args.corpus.check_named()?;
    let expected = testees.expected()?;
    let testee = testees.named.one()?.ok_or_else(|| CannotRun::new("expected one testee"))?;
    let targets = fuzz::of_testee(Arc::clone(&testee)).unwrap_or_default();
    let targets = picked(targets, &args.targets)?;
    let mut grid = Grid::new(HOSTILE).with_rows(targets.iter().map(|target| target.name));
    let mut report = Report::new("skewproof fuzz").explained(about);
    for target in &targets {
        let left = feed(args, &testee, target, &mut grid, targets.len())?.left;
        if left > 0 {
            let name = target.name;
            report.note(format!("{left} inputs of {name} were not tried: give it more `--time`"));
        }
    }
    report.add(grid);
    excuse(&expected, &mut report, args.targets.is_empty());
    note_ends(std::slice::from_ref(&testee), &mut report);
    let outcome = output.report(&report, &args.report);
    write_files(&report, || None, &args.files)?;
    without_fault(std::slice::from_ref(&testee))?;
    outcome
}

/// The targets with these names; all if there are none.
fn picked(targets: &'static [Target], names: &[String]) -> Result<Vec<&'static Target>, CannotRun> {
    let known = || targets.iter().map(|target| target.name).collect::<Vec<_>>().join(", ");
    let named = |name: &String| {
        targets.iter().find(|target| target.name == name).ok_or_else(|| {
            CannotRun::new(format!("testees are not asked inputs of {name:?}"))
                .hint(format!("they are asked those of {}", known()))
        })
    };
    if names.is_empty() { Ok(targets.iter().collect()) } else { names.iter().map(named).collect() }
}

fn feed(
    args: &FuzzArgs,
    testee: &Arc<Behind>,
    target: &'static Target,
    grid: &mut Grid,
    targets: usize,
) -> Result<Fed, CannotRun> {
    let folder = Folder::open(&args.corpus.corpus, target.name)?;
    let stop = AtomicBool::new(false);
    let feed = Feed {
        target,
        // By their names: what was made on purpose first, then what showed a bug.
        inputs: folder.entries.into_iter().rev().map(|entry| entry.bytes).collect(),
        budget: args.runs.map_or(Budget::Time(share(args.time, targets, 1)), Budget::Runs),
        seed: args.seed,
        stop: &stop,
    };
    hostile(testee, feed, grid).map_err(|error| CannotRun::new(format!("cannot fuzz: {error}")))
}
