//! `skewproof golden list`: what is in the store.

use clap::Args;

use super::FolderArgs;
use crate::cli::args::Format;
use crate::cli::captured;
use crate::cli::outcome::{CannotRun, Outcome};
use crate::cli::output::Output;
use crate::suite::golden;

const AFTER_HELP: &str = "\
Examples:
  skewproof golden list
  skewproof golden list v2/Gossip v3/Store --format json";

/// List the fixtures: who writes the bytes, how many they are, what is frozen, and which vector of a
/// released server has the same bytes
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ListArgs {
    /// Only fixtures whose names begin so, as `v2` or `v2/Gossip`
    #[arg(value_name = "FIXTURE")]
    pub only: Vec<String>,
    /// Where the fixtures are.
    #[command(flatten)]
    pub folder: FolderArgs,
    /// The form of the list
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Lists fixtures.
///
/// # Errors
///
/// If the store cannot be read.
pub fn run(args: &ListArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let store = args.folder.open()?;
    let confirmed = captured::confirmed(&args.folder.golden)?;
    let only = args.folder.names(&args.only);
    let listed = golden::list(&store, &only, confirmed.as_deref());
    if listed.rows.is_empty() && !only.is_empty() {
        let names = golden::names(&store, &[]);
        return Err(super::nothing_called(&only, &names));
    }
    output.table(&listed, args.format)
}
