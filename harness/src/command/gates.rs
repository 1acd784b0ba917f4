//! `gates`: what one release says and another does not read as it was said.

use clap::Args;

use super::args::ScreenArgs;
use super::files::{check_files, write_files};
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use super::progress::Progress;
use crate::border::gates::Audit;
use crate::border::{Border, Protocol};
use crate::report::Grid;
use crate::skew::Selection as Nodes;

/// Show what one release says and another does not read, by causes: who knows it, and what becomes of it
///
/// Every value is sent between every two releases, at every version that both have. What is lost has to be on
/// the list of losses, and what is refused foreseen; what both sides know has to arrive.
#[derive(Debug, Args)]
pub struct GatesArgs {
    /// Only this message
    #[arg(value_name = "MESSAGE")]
    message: Option<String>,
    /// What is shown, and where else it goes.
    #[command(flatten)]
    screen: ScreenArgs,
}

/// Audits the gates.
///
/// # Errors
///
/// If there is no such message.
pub fn run<P: Protocol>(
    border: &Border<P>,
    args: &GatesArgs,
    output: &Output,
) -> Result<Outcome, CannotRun> {
    let output = &output.beside(&args.screen.files);
    check_files(args.screen.files.paths())?;
    let audit = audited(border, args.message.as_deref(), output)?;
    let outcome = output.screen(&audit.report, &args.screen, || audit.to_text());
    write_files(&audit.report, || None, &args.screen.files).and(outcome)
}

/// One gate again, or all of a message, by an address; none if it is of no message.
///
/// # Errors
///
/// If there is no such gate.
pub fn repro<P: Protocol>(
    border: &Border<P>,
    address: &str,
    output: &Output,
) -> Result<Option<Outcome>, CannotRun> {
    let mut segments = address.splitn(3, '/').skip(1);
    let topic = segments.next();
    let Some(topic) = border.messages().iter().find(|it| Some(it.name) == topic) else {
        return Ok(None);
    };
    let audit = audited(border, Some(topic.name), output)?;
    let audit = if segments.next().is_some() { audit.only(address) } else { audit };
    if audit.report.tally().total() == 0 {
        return Ok(None);
    }
    output.words(&audit.to_text())?;
    let is_expected = audit.report.grids().iter().flat_map(Grid::skips).any(|it| !it.is_open);
    if is_expected && audit.report.is_ok() {
        return Ok(Some(Outcome::Good));
    }
    output.outcome(&audit.report).map(Some)
}

fn audited<P: Protocol>(
    border: &Border<P>,
    message: Option<&str>,
    output: &Output,
) -> Result<Audit, CannotRun> {
    let progress = Progress::start(output, "exchanges", border.skew().steps(&Nodes::default()));
    let audit = border.gates(message, &|| progress.advance(1));
    audit.map_err(|error| CannotRun::new(error.to_string()))
}
