//! `skewproof corpus adopt`: what fuzzing has kept is taken into the corpus, as far as it reaches new code.

use std::path::PathBuf;

use clap::Args;

use super::{CorpusArgs, pick, program};
use crate::command::args::Format;
use crate::command::outcome::{CannotRun, Outcome};
use crate::command::output::Output;
use crate::fuzz::adopt::{Adopted, Sight, adopt};
use crate::fuzz::corpus::{Folder, Places, WORK};
use crate::fuzz::libfuzzer::cover;
use crate::fuzz::session::Place;
use crate::report::Table;

/// Inputs of each target that are taken in one go, if nobody says otherwise: so many can be reviewed.
const COUNT_MAX: &str = "40";
/// Where cargo-fuzz builds, if nothing else is set.
const BUILDS: &str = "fuzz/target";

const AFTER_HELP: &str = "\
Examples:
  skewproof corpus adopt
  skewproof corpus adopt decode --most 500

Nothing that is in the corpus is changed or removed, and no target has more than 1 MiB there. What
inputs reach is seen by the programs that `cargo fuzz build` makes, in `fuzz/target` or the folder that
CARGO_TARGET_DIR names; without them, by what the targets note.";

/// Take what fuzzing has kept into the corpus: what reaches new code, and what showed a bug that is gone
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct AdoptArgs {
    /// Only these targets
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    /// So many new inputs of each target at most
    #[arg(long, value_name = "N", default_value = COUNT_MAX)]
    pub most: usize,
    /// What was kept.
    #[command(flatten)]
    pub work: WorkArgs,
    /// Where the inputs are taken to.
    #[command(flatten)]
    pub corpus: CorpusArgs,
    /// The form of the list
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Where fuzzing writes to.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct WorkArgs {
    /// The folder that fuzzing writes to: new inputs below `corpus`, findings below `artifacts`
    #[arg(long, value_name = "DIR", default_value = WORK)]
    pub work: PathBuf,
}

/// The program of a target in which libFuzzer is, if cargo-fuzz has built it.
pub fn instrumented(target: &str) -> Option<PathBuf> {
    let builds = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| BUILDS.into(), PathBuf::from);
    cover::program(&builds, target)
}

/// Takes it.
///
/// # Errors
///
/// If there is no such target, or a folder cannot be read or written.
pub fn run(args: &AdoptArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let places = Places { corpus: &args.corpus.corpus, work: &args.work.work };
    let program = program()?;
    let (mut inputs, mut open) = (Table::new("adopted", ["input", "bytes", "adds"]), Vec::new());
    let columns = ["target", "offered", "adopted", "left", "reached before", "after", "seen by"];
    let mut table = Table::new("corpus", columns);
    for target in pick(&args.targets)? {
        let instrumented = instrumented(target.name);
        let sight = Sight { place: Place::Process(&program), program: instrumented.as_deref() };
        let mut folder = Folder::open(places.corpus, target.name)?;
        let from = [places.kept(), places.findings()];
        let from = from.map(|from| Folder::open_any(&from, target.name));
        let [kept, findings] = from;
        let adopted = adopt(&target, sight, &mut folder, &[kept?, findings?], args.most)?;
        inputs.rows.extend(adopted.taken.iter().map(|it| {
            let adds = it.adds.map_or("showed a bug".to_owned(), |adds| adds.to_string());
            vec![it.file.display().to_string(), it.len.to_string(), adds]
        }));
        open.extend(adopted.open.iter().map(|(file, key)| {
            format!("{}: still shows {key}, and is not adopted", file.display())
        }));
        let by = if instrumented.is_some() { "edges" } else { "notes of the target" };
        table.rows.push(row(target.name, &adopted, by));
    }
    output.table(&inputs, args.format)?;
    if args.format == Format::Text {
        output.text("\n")?;
        output.table(&table, args.format)?;
    }
    output.warnings(&open);
    Ok(Outcome::Good)
}

fn row(target: &str, adopted: &Adopted, by: &str) -> Vec<String> {
    let adds = adopted.taken.iter().filter_map(|it| it.adds).sum::<usize>();
    let numbers =
        [adopted.offered, adopted.taken.len(), adopted.left, adopted.before, adopted.before + adds];
    let mut row = vec![target.to_owned()];
    row.extend(numbers.map(|number| number.to_string()));
    row.push(by.to_owned());
    row
}
