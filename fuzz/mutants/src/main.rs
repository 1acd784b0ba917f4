//! How many small mistakes in the fabric the suite sees: every mutant is in one program, and a variable
//! of the environment switches one on.

mod report;
mod sites;
mod tree;
mod trial;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;

use crate::report::{Equivalents, Report};
use crate::tree::Tree;

/// Grade the suite by mutants of the fabric
///
/// The sources are copied, all mutants are put into the copy, and each of a sample is switched on in turn:
/// `check` in an empty folder, `check` with the repository's data, and fuzzing are asked until one objects.
/// Exit codes: 0 each is seen or is equivalent, 1 some survive, 2 it could not be done.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many mutants are tried; 0 for all
    #[arg(long, value_name = "N", default_value_t = 400)]
    sample: usize,
    /// How long: what was not tried by then is left out, and the rest is a smaller sample
    #[arg(long, value_name = "MINUTES")]
    minutes: Option<u64>,
    /// Which ones
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    seed: u64,
    /// Only those with this in their names
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// Only those that `check` did not see in an earlier run, by what `--json` wrote of it
    #[arg(long, value_name = "FILE", conflicts_with = "sample")]
    again: Option<PathBuf>,
    /// How many at the same time
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: usize,
    /// Where the copy is made and built
    #[arg(long, value_name = "FOLDER", default_value = "target/mutants")]
    work: PathBuf,
    /// List the mutants of the sample, and try none
    #[arg(long)]
    list: bool,
    /// Write all that was seen
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<bool, String> {
    let project = Path::new(".");
    let equivalents = Equivalents::read(&project.join("fuzz/mutants/equivalent.json"))?;
    std::fs::create_dir_all(&arguments.work).map_err(|error| error.to_string())?;
    let work = arguments.work.canonicalize().map_err(|error| error.to_string())?;
    let tree = Tree::planted(project, &work)?;
    let named: Vec<String> = report::names(&tree.sites);
    let mut numbers: Vec<usize> = tree.viable.iter().copied().collect();
    numbers.retain(|number| named.get(*number).is_some_and(|it| it.contains(&arguments.only)));
    if let Some(path) = &arguments.again {
        let survived = report::unseen(path)?;
        numbers.retain(|number| named.get(*number).is_some_and(|it| survived.contains(it)));
        eprintln!("{} of {} that `check` did not see are there still", numbers.len(), survived.len());
    }
    let population = numbers.len();
    fastrand::Rng::with_seed(arguments.seed).shuffle(&mut numbers);
    if arguments.sample > 0 && arguments.again.is_none() {
        numbers.truncate(arguments.sample);
    }
    if arguments.list {
        numbers.sort_unstable();
        for number in numbers {
            println!("{number:5} {}", named.get(number).map_or("", String::as_str));
        }
        return Ok(true);
    }
    tree.compile()?;
    let empty = tempfile::tempdir().map_err(|error| error.to_string())?;
    let (program, folders) = (tree.program(), [empty.path(), tree.root()]);
    let plain = trial::plain(&program, folders)?;
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let (begun, longest) =
        (Instant::now(), arguments.minutes.map(|it| Duration::from_secs(60 * it)));
    let is_over = || longest.is_some_and(|longest| begun.elapsed() >= longest);
    std::thread::scope(|scope| {
        for _ in 0..arguments.jobs.max(1) {
            scope.spawn(|| {
                while let Some(number) = numbers.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if is_over() {
                        break;
                    }
                    let outcome = trial::run(&program, folders, *number, &plain);
                    if outcome.seen.is_none() {
                        let word = if outcome.is_reached { "survives" } else { "not reached" };
                        let name = named.get(*number).map_or("", String::as_str);
                        eprintln!("\r{word}: {number} {name}");
                    }
                    let mut done = done.lock().unwrap_or_else(|it| it.into_inner());
                    done.push((*number, outcome));
                    eprint!("\r{} of {} mutants", done.len(), numbers.len());
                }
            });
        }
    });
    eprintln!();
    let mut done = done.into_inner().unwrap_or_else(|it| it.into_inner());
    done.sort_by_key(|(number, _)| *number);
    let report = Report::of(&tree.sites, &named, population, done, &equivalents);
    print!("{}", report.markdown());
    if let Some(path) = &arguments.json {
        std::fs::write(path, report.json())
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(report.is_good())
}
