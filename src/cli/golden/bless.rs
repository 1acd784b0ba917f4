//! `skewproof golden bless`: changes wait, are accepted, or amend what is frozen.

use clap::Args;

use super::FolderArgs;
use crate::cli::args::Format;
use crate::cli::outcome::{CannotRun, Outcome};
use crate::cli::output::Output;
use crate::cli::{captured, files};
use crate::harness::golden::Store;
use crate::suite::golden::bless::{self, Acts};
use crate::suite::golden::{Evidence, witnesses};

const AFTER_HELP: &str = "\
Examples:
  skewproof golden bless              write what changed as `.snap.new`, beside what is stored
  diff -u golden/v2/Gossip/typical.snap{,.new}
  skewproof golden bless --accept     make it the fixture; what is frozen stays as it is
  skewproof golden bless --amend v2/Gossip/typical --reason \"1.4 never sent this\"

`cargo insta test --review` does the same with the same files, but knows nothing of what is frozen:
`skewproof golden verify` and the tests do.";

/// Propose changes of fixtures, and accept them
///
/// Nothing is overwritten unless it is accepted, and what is frozen is not touched unless it is
/// amended by name and with a reason, which the manifest keeps.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct BlessArgs {
    /// Accept the changes that wait
    #[arg(long, conflicts_with = "amend")]
    pub accept: bool,
    /// Change or remove these frozen fixtures
    #[arg(long, value_name = "FIXTURE", requires = "reason", num_args = 1..)]
    pub amend: Vec<String>,
    /// Why what is frozen has to change
    #[arg(long, value_name = "WHY", requires = "amend")]
    pub reason: Option<String>,
    /// Where the fixtures are. A new store begins as an empty folder.
    #[command(flatten)]
    pub folder: FolderArgs,
    /// The form of the list of what was done
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Changes the store, or proposes to.
///
/// # Errors
///
/// If the store cannot be read or written, or there is nothing to amend.
pub fn run(args: &BlessArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let mut store = args.folder.open()?;
    // Before anything is changed: with less at hand, less would be confirmed.
    let evidence = match args.accept || args.reason.is_some() {
        true => captured::evidence(captured::read_whole(&args.folder.golden)?.as_ref()),
        false => None,
    };
    if let Some(reason) = &args.reason {
        if reason.trim().is_empty() {
            return Err(CannotRun::new("an amendment needs a reason"));
        }
        for name in args.folder.names(&args.amend) {
            let acts = bless::amend(&mut store, &name, reason)?.ok_or_else(|| {
                CannotRun::new(format!("{name} is not frozen, or has not changed"))
                    .hint("`skewproof golden bless` lists what changed")
            })?;
            show(&acts, args, output)?;
        }
        let open = bless::open(&store);
        if open > 0 && args.format == Format::Text {
            output.text(&left(open))?;
        }
        return settle(&store, open, evidence.as_ref(), args);
    }
    let acts = if args.accept { bless::accept(&mut store)? } else { bless::propose(&mut store)? };
    show(&acts, args, output)?;
    let (count, open) = acts.count();
    if args.format == Format::Text {
        output.text(&format!("{count} fixtures, {open} of them open\n"))?;
        if args.accept && open > 0 {
            output.text(&left(open))?;
        }
    }
    if args.accept {
        return settle(&store, open, evidence.as_ref(), args);
    }
    // A proposal is no finding, unless it is one that cannot be accepted.
    Ok(if acts.touches_frozen() { Outcome::Findings } else { Outcome::Good })
}

/// What is to be done about what is still open.
fn left(open: usize) -> String {
    format!(
        "{} not what the samples make: `skewproof golden bless` puts beside them what would be; \
         what confirms fixtures is written when none is left\n",
        if open == 1 { "1 fixture is".to_owned() } else { format!("{open} fixtures are") }
    )
}

/// What comes of a store that was changed: once nothing is open, it is written which bytes of released
/// servers the fixtures have, where there are such bytes.
fn settle(
    store: &Store,
    open: usize,
    evidence: Option<&Evidence>,
    args: &BlessArgs,
) -> Result<Outcome, CannotRun> {
    if open > 0 {
        return Ok(Outcome::Findings);
    }
    if let Some(evidence) = evidence {
        let text = witnesses::write(&witnesses::of(store, evidence));
        files::write(&captured::confirmed_path(&args.folder.golden), &text)?;
    }
    Ok(Outcome::Good)
}

fn show(acts: &Acts, args: &BlessArgs, output: &Output) -> Result<(), CannotRun> {
    let is_silent = acts.count().0 == 0 && args.format == Format::Text;
    if is_silent { Ok(()) } else { output.table(&acts.table(), args.format).map(drop) }
}
