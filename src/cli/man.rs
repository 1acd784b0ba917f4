//! `skewproof man`: the help of every command as man pages.

use std::fs;
use std::io;
use std::path::PathBuf;

use clap::{Args, Command};
use clap_mangen::Man;

use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use super::public_command;
use crate::harness::files::replace;

const AFTER_HELP: &str = "\
Examples:
  skewproof man | man -l -                       the page of the program
  skewproof man ~/.local/share/man/man1          a page for every command";

/// Write the help of every command as man pages
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ManArgs {
    /// The folder for the pages, one for each command, as `skewproof-check.1`; without it the page of
    /// the program goes to stdout
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

/// Writes the pages.
///
/// # Errors
///
/// If a file or stdout cannot be written.
pub fn run(args: &ManArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let mut command = public_command();
    // Gives every command the name that it is called by, as `skewproof-golden-verify`.
    command.build();
    let Some(folder) = &args.folder else {
        let page = rendered(command).map_err(|error| CannotRun::new(error.to_string()))?;
        return output.bytes(&page).map(|()| Outcome::Good);
    };
    let cannot = |error: io::Error| CannotRun::new(format!("{}: {error}", folder.display()));
    fs::create_dir_all(folder).map_err(cannot)?;
    let mut commands = vec![command];
    let mut count = 0;
    while let Some(command) = commands.pop() {
        commands.extend(command.get_subcommands().filter(|it| it.get_name() != "help").cloned());
        let man = Man::new(command.clone());
        let name = man.get_filename();
        let page = rendered(command).map_err(cannot)?;
        replace(&folder.join(name), page).map_err(cannot)?;
        count += 1;
    }
    output.words(&format!("{count} pages in {}\n", folder.display()))?;
    Ok(Outcome::Good)
}

/// A command as a page.
fn rendered(command: Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(command).render(&mut page)?;
    Ok(page)
}
