//! `skewproof golden`: the fixtures that pin the wire.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use crate::harness::golden::{Store, StoreError};
use crate::suite::names::nearest;

pub mod adopt;
pub mod bless;
pub mod diff;
pub mod list;
pub mod show;
pub mod verify;

/// Where the fixtures are, seen from the folder of the project.
pub const FOLDER: &str = "golden";

const AFTER_HELP: &str = "\
Examples:
  skewproof golden verify                    hold the fabric to every fixture
  skewproof golden show v2/Gossip/typical    a value, its bytes, and who reads them how
  skewproof golden list v3                   what there is
  skewproof golden diff OLD NEW              what differs, field by field
  skewproof golden bless                     put what changed beside what is stored
  skewproof golden adopt RECORDING           what a recording has that no sample has";

/// Show, verify and change the golden fixtures: the bytes that pin the wire
///
/// A fixture is a text: a value, the bytes that some release lines write for it, explained one by
/// one, and what every other line makes of them. Fixtures of versions that have shipped are frozen.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct GoldenArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What can be done with fixtures.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
#[allow(missing_docs)]
pub enum Verb {
    List(list::ListArgs),
    Show(show::ShowArgs),
    Verify(verify::VerifyArgs),
    Bless(bless::BlessArgs),
    Diff(diff::DiffArgs),
    Adopt(adopt::AdoptArgs),
}

/// Where the fixtures are.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct FolderArgs {
    /// The folder of the golden store
    #[arg(long, value_name = "DIR", default_value = FOLDER)]
    pub golden: PathBuf,
}

/// Runs a verb.
///
/// # Errors
///
/// If the store cannot be read or written.
pub fn run(args: &GoldenArgs, output: &Output) -> Result<Outcome, CannotRun> {
    match &args.verb {
        Verb::List(args) => list::run(args, output),
        Verb::Show(args) => show::run(args, output),
        Verb::Verify(args) => verify::run(args, output),
        Verb::Bless(args) => bless::run(args, output),
        Verb::Diff(args) => diff::run(args, output),
        Verb::Adopt(args) => adopt::run(args, output),
    }
}

impl FolderArgs {
    /// Reads the store.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn open(&self) -> Result<Store, CannotRun> {
        Ok(Store::open(&self.golden)?)
    }

    /// Refuses a folder that is not there, unless it is the one that nobody has to name.
    ///
    /// # Errors
    ///
    /// If there is no such folder.
    pub fn check_named(&self) -> Result<(), CannotRun> {
        if self.golden == Path::new(FOLDER) || self.golden.is_dir() {
            return Ok(());
        }
        Err(StoreError::NoFolder(self.golden.clone()).into())
    }

    /// The names of fixtures as the user gives them: the folder of the store in front and the
    /// ending of the file are forgiven, so that a path can be completed by the shell.
    pub fn names(&self, given: &[String]) -> Vec<String> {
        given.iter().map(|name| bare(name, &self.golden)).collect()
    }
}

fn bare(given: &str, folder: &Path) -> String {
    let inner = Path::new(given).strip_prefix(folder).unwrap_or(Path::new(given));
    let steps: Vec<_> = inner.iter().map(|step| step.to_string_lossy()).collect();
    let name = steps.join("/");
    let name = name.strip_suffix(".new").unwrap_or(&name);
    name.strip_suffix(".snap").unwrap_or(name).to_owned()
}

/// That no fixture has a name that begins so, with names that are near.
fn nothing_called(only: &[String], names: &[&str]) -> CannotRun {
    let pattern = only.first().map_or("", String::as_str);
    let near = nearest(pattern, names.iter().map(|name| (*name).to_owned()));
    CannotRun::new(format!("no fixture has a name that begins with {}", only.join(" or ")))
        .hint(near.unwrap_or_else(|| "`skewproof golden list` has all".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_name_too() {
        let folder = FolderArgs { golden: "golden".into() };
        let given =
            ["v2/Gossip/typical", "golden/v2/Gossip/typical.snap", "v2/Gossip/typical.snap.new"];
        let names = folder.names(&given.map(str::to_owned));
        assert!(names.iter().all(|name| name == "v2/Gossip/typical"), "{names:?}");
    }
}
