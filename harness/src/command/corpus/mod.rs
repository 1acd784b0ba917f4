//! `skewproof corpus`: the inputs of the fuzz targets.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::args::Format;
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use crate::files;
use crate::fuzz::Target;
use crate::fuzz::adopt::thin_out;
use crate::fuzz::corpus::{CorpusError, FOLDER, Folder, Origin, folders};
use crate::fuzz::driver::FuzzError;
use crate::fuzz::library;
use crate::fuzz::session::Place;
use crate::fuzz::words;
use crate::program;
use crate::report::Table;

pub mod adopt;
pub mod aside;
pub mod replay;

const AFTER_HELP: &str = "\
Examples:
  skewproof corpus stats                       how many inputs each target has
  skewproof corpus seed                        add what is known without fuzzing
  skewproof corpus replay                      run every input
  skewproof corpus replay corpus/decode/FILE   run one, and show what it is
  skewproof corpus adopt                       take what fuzzing has kept, and reaches new code
  skewproof corpus dictionary decode > decode.dict";

/// Show, replay and change the corpus: the inputs of the fuzz targets
///
/// A folder for each target. Names say what an input is: `seed-WHAT-HASH`, `found-HASH`, or
/// `regress-WHAT-HASH` for what once showed a bug, with a note beside it.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct CorpusCommandArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What can be done with a corpus.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Verb {
    /// Count the inputs of each target
    Stats(TargetsArgs),
    /// Add the inputs that are known without fuzzing
    Seed(TargetsArgs),
    /// Add files as inputs of a target
    Add(AddArgs),
    /// Take what fuzzing has kept: what reaches new code, and what showed a bug that is gone
    Adopt(adopt::AdoptArgs),
    /// Drop the inputs that reach no code alone; `seed-…` and `regress-…` stay
    Min(TargetsArgs),
    /// Print the words of a target, in the form that libFuzzer and AFL++ read
    Dictionary(DictionaryArgs),
    /// Run inputs, and show what is found
    Replay(replay::ReplayArgs),
}

/// Where the corpus is.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct CorpusArgs {
    /// The folder of the corpus
    #[arg(long, value_name = "DIR", default_value = FOLDER)]
    pub corpus: PathBuf,
}

/// Which targets.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct TargetsArgs {
    /// Only these targets
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    /// Where the inputs are.
    #[command(flatten)]
    pub corpus: CorpusArgs,
    /// The form of the list
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Which files for which target.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct AddArgs {
    /// The target
    #[arg(value_name = "TARGET")]
    pub target: String,
    /// The inputs
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// What they are: they become seeds of this name
    #[arg(long, value_name = "WHAT", default_value = "added")]
    pub name: String,
    /// Where the inputs are.
    #[command(flatten)]
    pub corpus: CorpusArgs,
}

/// Whose words.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct DictionaryArgs {
    /// The target
    #[arg(value_name = "TARGET")]
    pub target: String,
}

/// Runs a verb.
///
/// # Errors
///
/// If there is no such target, or the corpus cannot be read or written.
pub fn run(args: &CorpusCommandArgs, output: &Output) -> Result<Outcome, CannotRun> {
    match &args.verb {
        Verb::Stats(args) => stats(args, output),
        Verb::Seed(args) => {
            each(args, output, "new", |folder, target| Ok(library::seed(folder, target)?))
        }
        Verb::Add(args) => add(args, output),
        Verb::Min(args) => {
            is_there(&args.corpus)?;
            // All before the first is changed.
            for target in pick(&args.targets)? {
                instrumented(&target)?;
            }
            each(args, output, "dropped", |folder, target| {
                Ok(thin_out(folder, &instrumented(target)?)?)
            })
        }
        Verb::Adopt(args) => adopt::run(args, output),
        Verb::Dictionary(args) => dictionary(args, output),
        Verb::Replay(args) => replay::run(args, output),
    }
}

/// The targets of these names; all if there are none.
///
/// # Errors
///
/// If there is no such target.
pub fn pick(names: &[String]) -> Result<Vec<Target>, CannotRun> {
    let all = program::targets();
    let mut picked: Vec<Target> = Vec::new();
    for name in names {
        let target = program::target(name).ok_or_else(|| {
            let known: Vec<&str> = all.iter().map(|target| target.name).collect();
            CannotRun::new(format!("there is no target `{name}`"))
                .hint(format!("the targets are {}", known.join(", ")))
        })?;
        if !picked.iter().any(|it| it.name == target.name) {
            picked.push(target);
        }
    }
    Ok(if picked.is_empty() { all } else { picked })
}

impl CorpusArgs {
    /// Refuses a corpus that is not there, unless it is the one that nobody has to name.
    ///
    /// # Errors
    ///
    /// If there is no such folder, or a link that leads nowhere is in its place.
    pub fn check_named(&self) -> Result<(), CannotRun> {
        if files::is_there(&self.corpus)? || self.corpus == Path::new(FOLDER) {
            return Ok(());
        }
        Err(CorpusError::NoFolder(self.corpus.clone()).into())
    }
}

/// An absent corpus is an error, unless something is to be put into it.
fn is_there(corpus: &CorpusArgs) -> Result<Vec<String>, CannotRun> {
    Ok(folders(&corpus.corpus)?)
}

fn stats(args: &TargetsArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let there = is_there(&args.corpus)?;
    let columns =
        ["target", "inputs", "seeds", "found", "regress", "bytes", "longest", "limit", "about"];
    let mut table = Table::new("corpus", columns);
    let mut oddities = Vec::new();
    for target in pick(&args.targets)? {
        let folder = Folder::open(&args.corpus.corpus, target.name)?;
        table.rows.push(row(&target, &folder));
        oddities.extend(folder.oddities().chain(folder.lacking()));
    }
    oddities.extend(foreign(&args.corpus, &there));
    output.table(&table, args.format)?;
    let say = |(file, what): &(PathBuf, &str)| format!("{}: {what}", file.display());
    let oddities: Vec<String> = oddities.iter().map(say).collect();
    Ok(if output.warnings(&oddities) { Outcome::Findings } else { Outcome::Good })
}

/// The folders that are no target's, of those that are in a corpus.
fn foreign(corpus: &CorpusArgs, there: &[String]) -> impl Iterator<Item = (PathBuf, &'static str)> {
    let is_ours = |name: &&String| program::targets().iter().any(|target| target.name == **name);
    let foreign = there.iter().filter(move |name| !is_ours(name));
    foreign.map(|name| (corpus.corpus.join(name), "no target has this name"))
}

fn row(target: &Target, folder: &Folder) -> Vec<String> {
    let count =
        |is: fn(&Origin) -> bool| folder.entries.iter().filter(|entry| is(&entry.origin)).count();
    let longest = folder.entries.iter().map(|entry| entry.bytes.len()).max();
    let numbers = [
        folder.entries.len(),
        count(|it| matches!(it, Origin::Seed(_))),
        count(|it| matches!(it, Origin::Found)),
        count(|it| matches!(it, Origin::Regress(_))),
        folder.size(),
        longest.unwrap_or_default(),
        target.len_max,
    ];
    let mut row = vec![target.name.to_owned()];
    row.extend(numbers.map(|number| number.to_string()));
    row.push(target.about.to_owned());
    row
}

/// Changes the folder of each target, and shows by how much.
fn each(
    args: &TargetsArgs,
    output: &Output,
    what: &str,
    change: impl Fn(&mut Folder, &Target) -> Result<usize, CannotRun>,
) -> Result<Outcome, CannotRun> {
    let mut table = Table::new("corpus", ["target", "before", what, "after", "bytes"]);
    for target in pick(&args.targets)? {
        let mut folder = Folder::open(&args.corpus.corpus, target.name)?;
        let before = folder.entries.len();
        let changed = change(&mut folder, &target)?;
        let numbers = [before, changed, folder.entries.len(), folder.size()];
        let words = numbers.map(|number| number.to_string());
        table.rows.push(std::iter::once(target.name.to_owned()).chain(words).collect());
    }
    output.table(&table, args.format)
}

/// The program that shows what inputs of a target reach.
fn instrumented(target: &Target) -> Result<PathBuf, CannotRun> {
    adopt::instrumented(target.name).ok_or_else(|| {
        CannotRun::new(format!("nobody can see what inputs of `{}` reach", target.name))
            .hint("build the targets with `cargo fuzz build --sanitizer none`")
    })
}

/// This program, which inputs are run in a process of.
fn program() -> Result<PathBuf, CannotRun> {
    Ok(std::env::current_exe().map_err(FuzzError::NoWorker)?)
}

/// Adds files; one that shows a bug is a finding, and added all the same.
fn add(args: &AddArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let inputs = args.files.iter().map(|path| replay::read(path)).collect::<Result<Vec<_>, _>>()?;
    let program = program()?;
    let mut warnings = Vec::new();
    for target in pick(std::slice::from_ref(&args.target))? {
        if let Some((path, bytes)) =
            args.files.iter().zip(&inputs).find(|(_, bytes)| bytes.len() > target.len_max)
        {
            let (path, len, len_max) = (path.display(), bytes.len(), target.len_max);
            return Err(CannotRun::new(format!(
                "{path} has {len} bytes, and an input of `{}` has {len_max} at most",
                target.name
            )));
        }
        let mut folder = Folder::open(&args.corpus.corpus, target.name)?;
        for (path, bytes) in args.files.iter().zip(&inputs) {
            let added = folder.add(Origin::Seed(args.name.clone()), bytes)?;
            let said = match added {
                Some(file) => format!("{}\n", folder.path(&file).display()),
                None => format!("{}: is there already\n", path.display()),
            };
            output.text(&said)?;
        }
        let all: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
        let surveyed = library::survey(&target, Place::Process(&program), &all);
        let surveyed = surveyed.map_err(FuzzError::from)?;
        warnings.extend(args.files.iter().zip(surveyed).filter_map(|(path, it)| {
            let found = it.found?;
            Some(format!("{}: {}: {}", path.display(), found.key, found.words.seen))
        }));
    }
    Ok(if output.warnings(&warnings) { Outcome::Findings } else { Outcome::Good })
}

fn dictionary(args: &DictionaryArgs, output: &Output) -> Result<Outcome, CannotRun> {
    for target in pick(std::slice::from_ref(&args.target))? {
        output.text(&words::render(&(target.dictionary)()))?;
    }
    Ok(Outcome::Good)
}

impl From<CorpusError> for CannotRun {
    fn from(error: CorpusError) -> Self {
        let cannot = Self::new(error.to_string());
        match error {
            CorpusError::NoFolder(_) => cannot.hint(format!(
                "run it where the folder `corpus` is, name the folder with --corpus, or make one with \
                 `{} corpus seed`",
                program::name()
            )),
            _ => cannot,
        }
    }
}
