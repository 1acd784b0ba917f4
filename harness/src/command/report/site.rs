//! `skewproof report site`: the history as a folder of pages.

use std::collections::BTreeSet;
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

/// The page to begin with.
const INDEX: &str = "index.html";
/// What stands in a page if it is ours.
const OURS: &str = "<meta name=\"generator\" content=\"skewproof\">";

/// What stands in the badge if it is ours.
const BADGE: &str = "\"label\": \"skewproof\"";
/// How names in a site end.
const SITE_ENDINGS: [&str; 2] = [".html", ".json"];

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
    if let Some(name) = stranger(folder).map_err(cannot)? {
        let problem = format!("{} has something else in it: {name}", folder.display());
        return Err(CannotRun::new(problem).hint("give a new folder, or that of the last site"));
    }
    let files = trend::site(&all);
    for (name, content) in &files {
        write(&folder.join(name), content)?;
    }
    output.words(&format!("{}: {} files, begin with {INDEX}\n", folder.display(), files.len()))?;
    Ok(Outcome::Good)
}

/// What is in a folder and is no file of a site of ours, if anything is: the first by name. A page is told
/// by what stands in it; a link is nobody's page. In the folder of a site other things may lie, such as
/// those of who publishes it, if they have no name that a page would have.
fn stranger(folder: &Path) -> io::Result<Option<String>> {
    let mut strangers = BTreeSet::new();
    let index = folder.join(INDEX);
    let is_site = index.symlink_metadata().is_ok_and(|it| it.is_file()) && is_ours(&index, INDEX);
    for item in fs::read_dir(folder)? {
        let item = item?;
        let name = item.file_name().to_string_lossy().into_owned();
        if is_site && !trend::is_of_site(&name) {
            continue;
        }
        if !item.file_type()?.is_file() || !is_ours(&item.path(), &name) {
            strangers.insert(name);
        }
    }
    Ok(strangers.pop_first())
}

fn is_ours(path: &Path, name: &str) -> bool {
    let has = |words: &str| {
        files::read_text(path, files::REPORT_LEN_MAX).is_ok_and(|text| text.contains(words))
    };
    if files::is_unfinished(path) {
        // What was kept from being written, with the name that it would have had in front.
        return SITE_ENDINGS.iter().any(|ending| {
            let end = name.find(ending).map(|at| at + ending.len());
            end.and_then(|end| name.get(..end)).is_some_and(trend::is_of_site)
        });
    }
    trend::is_of_site(name) && has(if name.ends_with(".html") { OURS } else { BADGE })
}
