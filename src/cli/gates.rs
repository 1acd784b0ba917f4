//! `skewproof gates`: what one release line sends and another does not know.

use std::path::{Path, PathBuf};

use clap::Args;

use super::args::Format;
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use super::testees::{Asked, NamedArgs};
use crate::harness::files;
use crate::suite::gates::{self, Audit, Expected, FILE, Fixed};

const AFTER_HELP: &str = "\
Examples:
  skewproof gates
  skewproof gates --message LogRecord    what leaders write into logs
  skewproof gates --format json | jq '.findings[] | select(.outcome == \"refused\") | .finding'
  skewproof gates --expected mine.json
  skewproof gates --fix               then write the missing notes, and review the difference
  skewproof gates --testee tree=./testee    a program of yours in the place of its release

A finding that is not in the list, an entry that is stale, says something else or has no note: exit
code 1.";

/// Audit what one release line sends and another, at the same version, does not know
///
/// Every field, variant and message that came with a line or went with one, and every form that
/// changed, is encoded as one line and decoded as the other; what leaders write into logs, and what is
/// kept in the metadata store, as well. What becomes of it must stand in the list of expected findings, with a note that says why that is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct GatesArgs {
    /// The form of the audit
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// One message, or LogRecord or EpochMetadata
    #[arg(long, value_name = "MESSAGE", conflicts_with = "fix")]
    pub message: Option<String>,
    /// Another list of expected findings than the one that is built in
    #[arg(long, value_name = "FILE")]
    pub expected: Option<PathBuf>,
    /// Rewrite the list, which is `expected/gates.json` unless --expected names another: notes are
    /// kept, stale entries dropped, new ones added without a note
    #[arg(long, conflicts_with = "testee")]
    pub fix: bool,
    /// A program that writes and reads in its release's place.
    #[command(flatten)]
    pub testees: NamedArgs,
}

/// Audits all gates.
///
/// # Errors
///
/// If the list cannot be read or written, or is none.
pub fn run(args: &GatesArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let path = args.expected.as_deref().or(args.fix.then_some(Path::new(FILE)));
    let list = match path {
        Some(path) => read(path)?,
        None => gates::default_list()
            .map_err(|error| CannotRun::new(format!("the list that is built in, {error}")))?,
    };
    let asked = Asked::of(&args.testees)?;
    if let (Some(testee), Some(message)) = (asked.testee(), &args.message)
        && !testee.messages().any(|of| of.name() == message || of.row().word() == message)
    {
        let problem = format!("nothing was checked: the testee has no {message}");
        return Err(CannotRun::new(problem).hint("its hello names the messages that it has"));
    }
    let audit = gates::audit(asked.subject(), &list);
    let audit = match &args.message {
        Some(message) => audit.only(message)?,
        None => audit,
    };
    let outcome = match path {
        Some(path) if args.fix => fix(path, &audit, args.format, output),
        _ => show(&audit, args.format, output),
    };
    asked.to_the_end(outcome, output)
}

fn show(audit: &Audit, format: Format, output: &Output) -> Result<Outcome, CannotRun> {
    output.words(&match format {
        Format::Text => audit.to_text(),
        Format::Json => audit.to_json(),
    })?;
    Ok(if audit.is_ok() { Outcome::Good } else { Outcome::Findings })
}

fn read(path: &Path) -> Result<Vec<Expected>, CannotRun> {
    let text = files::read_text(path, files::LIST_LEN_MAX).map_err(|error| {
        CannotRun::new(format!("cannot read {}: {error}", path.display()))
            .hint("give a list of expected findings with --expected; `[]` is an empty one")
    })?;
    gates::read(&text).map_err(|error| {
        CannotRun::new(format!("{}, {error}", path.display()))
            .hint("the list is described in src/suite/gates/list.rs")
    })
}

/// Writes the list anew, and says what that changed. What is left to do is for the next audit.
fn fix(path: &Path, audit: &Audit, format: Format, output: &Output) -> Result<Outcome, CannotRun> {
    let fixed = gates::fix(audit);
    write(path, &gates::write(&fixed.list))?;
    let audit = gates::compare(gates::observed(audit), &fixed.list);
    if format == Format::Json {
        return show(&audit, format, output);
    }
    output.text(&words(path, &fixed))?;
    Ok(if audit.is_ok() { Outcome::Good } else { Outcome::Findings })
}

/// Writes beside the file first: whoever reads sees the old list or the new one.
fn write(path: &Path, text: &str) -> Result<(), CannotRun> {
    files::replace(path, text)
        .map_err(|error| CannotRun::new(format!("cannot write {}: {error}", path.display())))
}

fn words(path: &Path, fixed: &Fixed) -> String {
    let mut text = String::new();
    for (what, findings) in
        [("added", &fixed.added), ("changed", &fixed.changed), ("dropped", &fixed.dropped)]
    {
        findings.iter().for_each(|finding| text.push_str(&format!("{what:<8} {finding}\n")));
    }
    let (added, changed, dropped) = (fixed.added.len(), fixed.changed.len(), fixed.dropped.len());
    let kept = fixed.kept;
    let path = path.display();
    text.push_str(&format!(
        "{path}: {kept} kept, {changed} changed, {added} added, {dropped} dropped\n"
    ));
    let without_note = fixed.list.iter().filter(|entry| entry.note.is_empty()).count();
    match without_note {
        0 => {}
        1 => text.push_str("1 entry has no note yet: say why it is accepted\n"),
        _ => text.push_str(&format!(
            "{without_note} entries have no note yet: say why each is accepted\n"
        )),
    }
    text
}
