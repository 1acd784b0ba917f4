//! `skewproof trophies`: the bugs that releases had, shown again.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use clap::Args;
use rayon::prelude::*;

use super::args::{ReportArgs, ReportFiles};
use super::files::{check_files, write_files};
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use super::progress::Progress;
use crate::suite::causes::about;
use crate::suite::trophies::{self, Ran, Runs, Shown, Trophy};

const AFTER_HELP: &str = "\
Examples:
  skewproof trophies                every bug that a command shows, shown again
  skewproof trophies R1 R60         two of them
  skewproof trophies --list         what shows each, or why nothing does

The numbers are those of docs/spec/04-bugs.md A and docs/spec/09-log-records.md §8.";

/// Show the bugs again that released servers had, each by its command
///
/// Every command runs in a folder of its own, and has to say what it is known for; one that plants its bug
/// must not say it without. A bug that no command shows is counted as skipped, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct TrophiesArgs {
    /// Only these; all if there are none
    #[arg(value_name = "NUMBER")]
    pub numbers: Vec<String>,
    /// List them, and run nothing
    #[arg(long)]
    pub list: bool,
    /// The report at the end.
    #[command(flatten)]
    pub report: ReportArgs,
    /// The report in files.
    #[command(flatten)]
    pub files: ReportFiles,
}

/// Shows them.
///
/// # Errors
///
/// If there is none of a number, or the program cannot be started again.
pub fn run(args: &TrophiesArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let output = &output.beside(&args.files);
    check_files(args.files.paths())?;
    let chosen = chosen(&args.numbers)?;
    if args.list {
        return output.table(&trophies::table(chosen), args.report.format);
    }
    let program = std::env::current_exe()
        .map_err(|error| CannotRun::new(format!("this program is not to be found: {error}")))?;
    let progress = Progress::start(output, "bugs", chosen.len() as u64);
    let ran: Result<Vec<_>, CannotRun> = chosen
        .into_par_iter()
        .map(|trophy| {
            let ran = shown(trophy, &program);
            progress.advance(1);
            Ok((trophy, ran?))
        })
        .collect();
    drop(progress);
    let report = trophies::judged(&ran?).explained(about);
    let outcome = output.report(&report, &args.report);
    write_files(&report, || None, &args.files).and(outcome)
}

fn chosen(numbers: &[String]) -> Result<Vec<&'static Trophy>, CannotRun> {
    let all = trophies::all()
        .map_err(|error| CannotRun::new(format!("expected/trophies.json: {error}")))?;
    if numbers.is_empty() {
        return Ok(all.iter().collect());
    }
    let named = |number: &String| {
        all.iter().find(|it| it.number == *number).ok_or_else(|| {
            CannotRun::new(format!("there is no bug {number:?}"))
                .hint("`skewproof trophies --list` has all")
        })
    };
    numbers.iter().map(named).collect()
}

/// What the commands of a bug come to; nothing if it has none.
fn shown(trophy: &Trophy, program: &Path) -> Result<Option<Runs>, CannotRun> {
    let Shown::By { arguments, .. } = &trophy.shown else { return Ok(None) };
    let ran = |arguments: &[String]| {
        ran(program, arguments)
            .map_err(|error| CannotRun::new(format!("{}: {error}", trophy.line())))
    };
    let without = trophy.shown.without_the_bug();
    let without = without.map(|arguments| ran(&arguments)).transpose()?;
    Ok(Some(Runs { with: ran(arguments)?, without }))
}

/// What a command comes to, in a folder of its own.
fn ran(program: &Path, arguments: &[String]) -> io::Result<Ran> {
    let folder = tempfile::tempdir()?;
    let mut command = Command::new(program);
    let output =
        command.args(arguments).current_dir(folder.path()).stdin(Stdio::null()).output()?;
    let said = [output.stdout, output.stderr].concat();
    Ok(Ran { said: String::from_utf8_lossy(&said).into_owned(), exit: output.status.code() })
}
