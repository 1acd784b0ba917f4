//! `skewproof golden show`: a fixture as it is stored.

use clap::Args;

use super::FolderArgs;
use crate::cli::outcome::{CannotRun, Outcome};
use crate::cli::output::Output;
use crate::suite::golden;

const AFTER_HELP: &str = "\
Examples:
  skewproof golden show v2/Gossip/typical
  skewproof golden show golden/v1/Gossip/typical.refused.snap";

/// Names that are offered when there is no fixture of the one that was given.
const OFFERED_MAX: usize = 8;

/// Show a fixture: the value, its bytes explained, and what every line makes of them
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ShowArgs {
    /// The fixture, by name or by its path
    #[arg(value_name = "FIXTURE")]
    pub fixture: String,
    /// Where the fixtures are.
    #[command(flatten)]
    pub folder: FolderArgs,
}

/// Shows one fixture.
///
/// # Errors
///
/// If the store cannot be read, or has no such fixture.
pub fn run(args: &ShowArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let store = args.folder.open()?;
    let given = args.folder.names(std::slice::from_ref(&args.fixture));
    let exact = given.iter().find_map(|name| store.entries.get(name));
    if let Some(entry) = exact {
        return output.text(&entry.file).map(|()| Outcome::Good);
    }
    let cannot = CannotRun::new(format!("there is no fixture {}", given.join(" ")));
    let near = golden::names(&store, &given);
    Err(match near.len() {
        0 => cannot.hint("`skewproof golden list` has the names"),
        count => {
            let offered = near.iter().take(OFFERED_MAX).copied().collect::<Vec<_>>().join(", ");
            cannot.hint(format!("{count} begin so, as {offered}"))
        }
    })
}
