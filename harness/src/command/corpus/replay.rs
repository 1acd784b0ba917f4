//! `skewproof corpus replay`: inputs are run again.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{CorpusArgs, foreign, is_there, pick, program};
use crate::command::args::{Format, ReportArgs};
use crate::command::outcome::{CannotRun, Outcome};
use crate::command::output::Output;
use crate::files;
use crate::fuzz::Target;
use crate::fuzz::corpus::Folder;
use crate::fuzz::describe;
use crate::fuzz::driver::FuzzError;
use crate::fuzz::library::survey;
use crate::fuzz::results::{self, Oddity, Replayed};
use crate::fuzz::session::Place;

/// Which inputs.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ReplayArgs {
    /// Only these inputs, and show what they are; otherwise the whole corpus
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The target, if it is not the name of the folder that the files are in
    #[arg(long, value_name = "TARGET", requires = "files")]
    pub target: Option<String>,
    /// Where the corpus is.
    #[command(flatten)]
    pub corpus: CorpusArgs,
    /// The report at the end.
    #[command(flatten)]
    pub report: ReportArgs,
}

/// Replays inputs.
///
/// # Errors
///
/// If a file cannot be read, or nobody can tell whose input it is.
pub fn run(args: &ReplayArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let (mut targets, mut oddities) = (Vec::new(), Vec::new());
    let mut inputs: Vec<(Target, PathBuf, Vec<u8>)> = Vec::new();
    if args.files.is_empty() {
        let there = is_there(&args.corpus)?;
        targets = pick(&[])?;
        for target in &targets {
            let folder = Folder::open(&args.corpus.corpus, target.name)?;
            oddities.extend(folder.oddities().map(|(file, what)| Oddity {
                row: target.name,
                file,
                what,
            }));
            let place = |file: &str| folder.path(file);
            let entries = folder.entries.iter();
            inputs.extend(entries.map(|it| (*target, place(&it.file), it.bytes.clone())));
        }
        let others = foreign(&args.corpus, &there);
        oddities.extend(others.map(|(file, what)| Oddity { row: "no target", file, what }));
    }
    for file in &args.files {
        let bytes = read(file)?;
        let name = match (&args.target, folder_of(file)) {
            (Some(name), _) => name.clone(),
            (None, folder) if !folder.is_empty() => folder,
            (None, _) => {
                return Err(CannotRun::new(format!(
                    "{} is in no folder of a target",
                    file.display()
                ))
                .hint("say which with --target"));
            }
        };
        let target = pick(&[name])?;
        inputs.extend(target.iter().map(|target| (*target, file.clone(), bytes.clone())));
        targets.extend(target);
    }
    let program = program()?;
    if args.report.format == Format::Text && !args.files.is_empty() {
        for (target, file, bytes) in &inputs {
            let words = describe(target, Place::Process(&program), bytes);
            output.text(&format!("{}\n{}\n\n", file.display(), words.trim()))?;
        }
    }
    let mut report = results::replayed(&targets, &replay_all(&inputs, &program)?);
    results::odd(&oddities, &args.corpus.corpus, &mut report);
    program::expect(&mut report);
    output.report(&report, &args.report)
}

/// Runs inputs, all of one target in one go.
fn replay_all(
    inputs: &[(Target, PathBuf, Vec<u8>)],
    program: &Path,
) -> Result<Vec<Replayed>, CannotRun> {
    let mut replayed = Vec::new();
    for chunk in inputs.chunk_by(|a, b| a.0.name == b.0.name) {
        let Some((target, ..)) = chunk.first() else { continue };
        let all: Vec<&[u8]> = chunk.iter().map(|(.., bytes)| bytes.as_slice()).collect();
        let surveyed = survey(target, Place::Process(program), &all).map_err(FuzzError::from)?;
        replayed.extend(chunk.iter().zip(surveyed).map(|((target, file, _), it)| Replayed {
            target: target.name,
            file: file.clone(),
            found: it.found,
        }));
    }
    Ok(replayed)
}

/// The name of the folder that a file is in.
fn folder_of(file: &Path) -> String {
    let folder = file.parent().and_then(Path::file_name).unwrap_or_default();
    folder.to_string_lossy().into_owned()
}

/// Reads an input.
///
/// # Errors
///
/// If it cannot be read.
pub fn read(path: &Path) -> Result<Vec<u8>, CannotRun> {
    files::read(path, files::INPUT_LEN_MAX)
        .map_err(|error| CannotRun::new(format!("cannot read {}: {error}", path.display())))
}
