//! `gates`: what one release says and another does not read as it was said.

use clap::Args;

use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use super::part::PartArgs;
use super::progress::Progress;
use crate::border::gates::Audit;
use crate::border::{Border, Protocol};
use crate::skew::Selection as Nodes;

/// Show what one release says and another does not read, by causes: who knows it, and what becomes of it
///
/// Every value is sent between every two releases, at every version that both have. What is lost has to be on
/// the list of losses, and what is refused foreseen; what both sides know has to arrive.
#[derive(Debug, Args)]
pub struct GatesArgs {
    /// Of what.
    #[command(flatten)]
    part: PartArgs,
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
    args.part.run(output, |message, output| {
        let audit = audited(border, message, output)?;
        let text = audit.to_text();
        Ok((audit.report, text))
    })
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
    if audit.report.excused() > 0 && audit.report.is_ok() {
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
