//! `skewproof golden verify`: the fabric is held to the fixtures.

use std::path::PathBuf;

use clap::Args;

use super::FolderArgs;
use crate::cli::args::ReportArgs;
use crate::cli::outcome::{CannotRun, Outcome};
use crate::cli::output::Output;
use crate::cli::testees::TesteeArgs;
use crate::cli::{captured, vectors};
use crate::harness::golden::count;
use crate::suite::golden::{self, Evidence, Scope};
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
    let evidence = match args.against.as_slice() {
        [] => captured::evidence(captured.as_ref()),
        folders => {
            let sources = vectors::read_folders(folders)?;
            Some(Evidence::of(&Shelf::read(sources).map_err(vectors::damaged)?))
        }
    };
    let only = args.folder.names(&args.only);
    if !only.is_empty() && golden::names(&store, &only).is_empty() {
        return Err(super::nothing_called(&only, &golden::names(&store, &[])));
    }
    // What the store says of who confirms it is said of what lies beside it.
    let confirmed = captured.filter(|_| args.against.is_empty()).and_then(|it| it.confirmed);
    let scope = Scope { only: &only, evidence: evidence.as_ref(), confirmed: confirmed.as_deref() };
    let asked = args.testees.asked()?;
    let report = golden::verify(&store, on_disk, asked.subject(), scope);
    let command = ["golden verify"].into_iter().chain(only.iter().map(String::as_str));
    let command = command.collect::<Vec<_>>().join(" ");
    let outcome = output.report(&asked.settled(report, &command), &args.report);
    asked.without_fault().and(outcome)
}
