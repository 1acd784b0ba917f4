//! `skewproof list`: the names that other commands take.

use clap::{Args, ValueEnum};

use super::args::Format;
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use crate::harness::selection::is_like;
use crate::suite::names::nearest;
use crate::suite::speaker::release_named;
use crate::suite::{compatibility, fields, listing, requirements, strictness};

const AFTER_HELP: &str = "\
Examples:
  skewproof list releases --patches
  skewproof list messages --format json
  skewproof list fields MetadataUpdate --release 1.7.2
  skewproof list requirements session/
  skewproof list bugs
  skewproof list quirks
  skewproof list faults
  skewproof list occasions
  skewproof list strictness
  skewproof list skew --release 1.6 --severity node
  skewproof list skew L10";

/// What can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Subject {
    /// Releases, with the versions they speak and how they negotiate.
    Releases,
    /// Messages, with the releases and versions that carry them.
    Messages,
    /// Requirements: what must hold, how binding it is, where that stands, and what tests it.
    Requirements,
    /// Bugs that can be planted in a release, as `1.4+M24` for `matrix` and `repro`; their numbers
    /// are rows of docs/spec/04-bugs.md D. Those of log records are for `upgrade --bug`.
    Bugs,
    /// Fields, variants, numbers and rules, with the first and the last release that knows each.
    Fields,
    /// Faults of released sessions, for `session`, each with the script that shows it; their
    /// numbers are rows of docs/spec/04-bugs.md A.
    Quirks,
    /// Known faults of released servers, with what users notice, the issue, and what shows each.
    Faults,
    /// What nodes can be told in a plan of `upgrade`, as `tell(n1,rule)`: settings, which they find
    /// when they next start, and actions of operators and clients.
    Occasions,
    /// What one release writes and another meets: who sends it, what users notice, what avoids it;
    /// what `skewproof ask` answers by.
    Skew,
    /// What is refused on purpose although released servers take it, with the reasons.
    Strictness,
}

/// List the names that the other commands take
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ListArgs {
    /// What to list
    #[arg(value_enum, value_name = "WHAT")]
    pub subject: Subject,
    /// Of `fields`: the message, frame or enum, as `MetadataUpdate`, `Hello`, `Swimlane`. Of `skew`:
    /// an id or a kind, as `L10`, `"log record"`. Of the rest: only rows with this in their name; with
    /// `*` and `?`, whose name is like it
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Of `fields`: only what this release knows, as `1.7.2`. Of `skew`: what it takes part in
    #[arg(long, value_name = "RELEASE")]
    pub release: Option<String>,
    /// Of `skew`: what is so bad or worse, as `node`
    #[arg(long, value_name = "SEVERITY")]
    pub severity: Option<String>,
    /// Of `releases`: with the patches of each line that differ on the wire, and what changed where
    #[arg(long)]
    pub patches: bool,
    /// The form of the list
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Lists names.
///
/// # Errors
///
/// If there is no such message or release; if stdout cannot be written.
pub fn run(args: &ListArgs, output: &Output) -> Result<Outcome, CannotRun> {
    only_where_it_applies(args)?;
    let name = args.name.as_deref();
    let mut listing = match args.subject {
        Subject::Skew => return skew(args, output),
        Subject::Releases => listing::releases(args.patches),
        Subject::Messages => listing::messages(),
        Subject::Bugs => listing::bugs(),
        Subject::Fields => {
            let release = args.release.as_deref().map(release_named).transpose()?;
            fields::table(name, release)?
        }
        Subject::Requirements => requirements::table(),
        Subject::Quirks => listing::quirks(),
        Subject::Faults => listing::faults(),
        Subject::Occasions => listing::occasions(),
        Subject::Strictness => strictness::listing(),
    };
    if let Some(name) = name.filter(|_| args.subject != Subject::Fields) {
        let is_asked = |row: &Vec<String>| row.first().is_some_and(|it| is_like(name, it));
        let known = std::mem::take(&mut listing.rows);
        let names: Vec<String> = known.iter().filter_map(|row| row.first()).cloned().collect();
        listing.rows.extend(known.into_iter().filter(is_asked));
        if listing.rows.is_empty() {
            let problem = format!("nothing in the list is called like {name:?}");
            let hint = nearest(name, names);
            let all = || "without a name all are listed".to_owned();
            return Err(CannotRun::new(problem).hint(hint.unwrap_or_else(all)));
        }
    }
    let outcome = output.table(&listing, args.format)?;
    let part = match args.subject {
        Subject::Bugs => "04 D",
        Subject::Quirks => "04 A",
        _ => return Ok(outcome),
    };
    if args.format == Format::Text {
        output.words(&format!("\nThe numbers are those of {part}.\n"))?;
    }
    Ok(outcome)
}

/// Refuses an option that is about another list.
fn only_where_it_applies(args: &ListArgs) -> Result<(), CannotRun> {
    let options = [
        ("--release", args.release.is_some(), &["fields", "skew"][..]),
        ("--severity", args.severity.is_some(), &["skew"]),
        ("--patches", args.patches, &["releases"]),
    ];
    let subject = args.subject.to_possible_value();
    let subject = subject.as_ref().map_or("", |it| it.get_name());
    let misplaced =
        options.into_iter().find(|(_, is_given, of)| *is_given && !of.contains(&subject));
    misplaced.map_or(Ok(()), |(option, _, of)| {
        Err(CannotRun::new(format!("`list {subject}` has no {option}"))
            .hint(format!("it is an option of `list {}`", of.join("` and of `list "))))
    })
}

/// The table of what one release writes and another meets.
fn skew(args: &ListArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let (name, release) = (args.name.as_deref(), args.release.as_deref());
    let listing = compatibility::listing(name, release, args.severity.as_deref())?;
    match args.format {
        Format::Json => output.table(&listing.table(), args.format),
        Format::Text => output.words(&listing.to_text()).map(|()| Outcome::Good),
    }
}
