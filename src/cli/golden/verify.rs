//! `skewproof golden verify`: the fabric is held to the fixtures.

use std::path::{Path, PathBuf};
use std::slice;

use clap::Args;

use super::{FOLDER, FolderArgs};
use crate::cli::args::ReportArgs;
use crate::cli::outcome::{CannotRun, Outcome};
use crate::cli::output::Output;
use crate::cli::testees::TesteeArgs;
use crate::cli::{captured, vectors};
use crate::harness::cases::Case;
use crate::harness::golden::count;
use crate::harness::report::Report;
use crate::suite::golden::{self, Beside, Evidence, Scope};
use crate::suite::vectors::Shelf;

const AFTER_HELP: &str = "\
Examples:
  skewproof golden verify
  skewproof golden verify v2/Store v3/Store
  skewproof golden verify --against DIR     which bytes did a released server write?
  skewproof golden verify --testee tree=./testee      a program of yours speaks in its release's place";

/// Hold the fabric to every fixture: bytes, values, and what each line makes of another's
///
/// Bytes and values are read from the fixtures. The lines that a fixture names must write exactly
/// these bytes and read exactly this value; every other line that shares the version must make of
/// them what the fixture says. A frozen fixture must be as it was, and none may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct VerifyArgs {
    /// Only fixtures whose names begin so, as `v2` or `v2/Gossip`
    #[arg(value_name = "FIXTURE")]
    pub only: Vec<String>,
    /// Where the fixtures are.
    #[command(flatten)]
    pub folder: FolderArgs,
    /// Folders of reference vectors, in the place of those in the store: says which fixtures they
    /// confirm
    #[arg(long, value_name = "DIR")]
    pub against: Vec<PathBuf>,
    /// A program that speaks in its release's place.
    #[command(flatten)]
    pub testees: TesteeArgs,
    /// The report at the end.
    #[command(flatten)]
    pub report: ReportArgs,
}

/// Verifies the store.
///
/// # Errors
///
/// If the store or the reference vectors cannot be read.
pub fn run(args: &VerifyArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let store = args.folder.open()?;
    let on_disk = count(&args.folder.golden)?;
    let captured = captured::read(&args.folder.golden)?;
    let (evidence, beside) = match args.against.as_slice() {
        [] => {
            let folder = captured.as_ref().map(|captured| &captured.folder);
            (captured::evidence(captured.as_ref()), folder.into())
        }
        // What the store says of who confirms it is said of what lies beside it.
        folders => (Some(written(folders)?), Beside::NotAsked),
    };
    let only = args.folder.names(&args.only);
    let elsewhere = Some(args.folder.golden.as_path()).filter(|it| *it != Path::new(FOLDER));
    let scope = Scope { only: &only, evidence: evidence.as_ref(), beside, elsewhere };
    let asked = args.testees.asked()?;
    let report = golden::verify(&store, on_disk, asked.subject(), scope);
    if let Some(nothing) = only.iter().find(|start| !is_about(&report, start)) {
        let nothing = slice::from_ref(nothing);
        return Err(super::nothing_called(nothing, &golden::names(&store, &[])));
    }
    let command = ["golden verify"].into_iter().chain(only.iter().map(String::as_str));
    let command = command.collect::<Vec<_>>().join(" ");
    let outcome = output.report(&asked.settled(report, &command), &args.report);
    asked.without_fault().and(outcome)
}

/// What released servers wrote, in folders of vectors.
fn written(folders: &[PathBuf]) -> Result<Evidence, CannotRun> {
    let shelf = Shelf::read(vectors::read_folders(folders)?).map_err(vectors::damaged)?;
    let evidence = Evidence::of(&shelf);
    if evidence.is_empty() {
        return Err(vectors::nothing_in(folders, "nothing that a released server wrote"));
    }
    Ok(evidence)
}

/// Whether a fixture with a name that begins so was looked at, or missed.
fn is_about(report: &Report, start: &str) -> bool {
    let start = format!("golden/{start}");
    let mut is_about = false;
    let mut look = |case: Case<'_>| is_about |= case.address.starts_with(&start);
    report.grids().iter().for_each(|grid| grid.each_case(&mut look));
    is_about
}
