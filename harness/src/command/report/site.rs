//! `skewproof report site`: the history as a folder of pages.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use super::super::files::write;
use super::super::outcome::{CannotRun, Outcome};
use super::super::output::Output;
use super::history;
use crate::files;
use crate::history::History;
use crate::render::trend;

/// The page that shows whose folder it is.
const INDEX: &str = "index.html";
/// What stands in it if it is ours.
const OURS: &str = "<meta name=\"generator\" content=\"skewproof\">";

/// Where to, and of which histories.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct SiteArgs {
    /// The folder of the site
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// The histories; of several, the runs are put in the order of their days
    #[arg(value_name = "HISTORY", required = true)]
    pub histories: Vec<PathBuf>,
}

/// Writes the site.
///
/// # Errors
///
/// If a history cannot be read, none has a run, the folder has something else in it, or a page
/// cannot be written.
pub fn run(args: &SiteArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let mut all = History { entries: Vec::new(), whole_len: 0, unfinished: None };
    for path in &args.histories {
        for entry in history::read(path, output)?.entries {
            let line = all.line_of(&entry).map_err(|error| {
                let run = entry.short();
                CannotRun::new(format!("{}, run {run}: {error}", path.display()))
                    .hint("a run is shown once; leave out what says otherwise")
            })?;
            if line.is_none() {
                all.entries.push(entry);
            }
        }
    }
    if all.entries.is_empty() {
        return Err(
            CannotRun::new("there is no run to show").hint("add one with `skewproof report add`")
        );
    }
    if args.histories.len() > 1 {
        all.entries.sort_by(|one, other| one.date.cmp(&other.date));
    }
    let folder = &args.folder;
    let cannot =
        |error: io::Error| CannotRun::new(format!("cannot write {}: {error}", folder.display()));
    fs::create_dir_all(folder).map_err(cannot)?;
    if !is_free(folder).map_err(cannot)? {
        let problem = format!("{} has something else in it", folder.display());
        return Err(CannotRun::new(problem).hint("give a new folder, or that of the last site"));
    }
    let files = trend::site(&all);
    for (name, content) in &files {
        write(&folder.join(name), content)?;
    }
    output.words(&format!("{}: {} files, begin with {INDEX}\n", folder.display(), files.len()))?;
    Ok(Outcome::Good)
}

/// Whether a folder is empty, or has a site of ours.
fn is_free(folder: &Path) -> io::Result<bool> {
    if fs::read_dir(folder)?.next().is_none() {
        return Ok(true);
    }
    Ok(files::read_text(&folder.join(INDEX), files::REPORT_LEN_MAX)
        .is_ok_and(|page| page.contains(OURS)))
}
