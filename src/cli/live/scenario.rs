//! `skewproof live scenario`: one thing that goes wrong between two lines.

use clap::Args;

use super::{apply, builds, keep_logs, options};
use crate::cli::args::{ReportArgs, ReportFiles};
use crate::cli::files::{check_files, write_files};
use crate::cli::outcome::{CannotRun, Outcome};
use crate::cli::output::Output;
use crate::cli::signals::stop_on_signal;
use crate::live::{LiveError, Play, Shown, Stop};
use crate::suite::causes::about;
use crate::suite::live::Scenario;

const AFTER_HELP: &str = "\
Examples:
  skewproof live scenario leaves --server npm:1.5.3 --server npm:1.7.12
  skewproof live scenario sql --server npm:1.6.2 --server npm:1.7.12
  skewproof live scenario rule --server npm:1.6.2 --server ./built --release 1.6 --release 1.7

leaves     two nodes of the older line and one of the newer, which leads a partition, and leaves
rule       the same, after an operator has made a rule for limits on the newer node
sql        the same nodes; each is asked for all invocations, by SQL
schema     a Kafka cluster is made on the newer node, and a service changed on an older one
kafka      with a subscription on that Kafka cluster, and the service changed on the newer node
provision  the newer line makes the cluster, and a node of the older one joins
pins       partitions are pinned and frozen, and the newer node leaves, which leads some

Exit codes: 0 what is known is seen, or nothing goes wrong, 1 otherwise, 2 no cluster forms, or it does
not come to the point, and nothing else goes wrong.";

/// Play one thing of which it is known what it does to a cluster of two lines
///
/// What is known to go wrong is expected, with what avoids it. What is not seen any more fails: good news,
/// and a line to change in expected/live.json.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct LiveScenarioArgs {
    /// Which one
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The older server, then the newer one
    #[arg(long, value_name = "SERVER", required = true)]
    pub server: Vec<String>,
    /// The release that a server is held to, as `1.7`, instead of the one that it says; once for each
    #[arg(long, value_name = "RELEASE")]
    pub release: Vec<String>,
    /// The report at the end.
    #[command(flatten)]
    pub report: ReportArgs,
    /// The report in files.
    #[command(flatten)]
    pub files: ReportFiles,
}

/// Plays it.
///
/// # Errors
///
/// If there is none of the name, a server is not there or does not start, or it did not come to the point.
pub fn run(args: &LiveScenarioArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let output = &output.beside(&args.files);
    check_files(args.files.paths())?;
    let scenario = Scenario::named(&args.name).ok_or_else(|| {
        let names = Scenario::ALL.map(Scenario::name).join(", ");
        CannotRun::new(format!("there is no scenario {:?}", args.name))
            .hint(format!("there are {names}"))
    })?;
    if args.server.len() != 2 {
        return Err(CannotRun::new("a scenario has two servers")
            .hint("the older one first, as --server npm:1.6.2 --server npm:1.7.12"));
    }
    let stop = Stop(stop_on_signal()?);
    let builds = builds(&args.server, &args.release, &stop)?;
    let builds = <[_; 2]>::try_from(builds).map_err(|_| CannotRun::new("two servers are meant"))?;
    let repro =
        format!("skewproof live scenario {}{}", args.name, options(&args.server, &args.release));
    let play = Play::of(scenario, builds, stop);
    let Shown { staged, logs } = play.play()?;
    let mut report = scenario.judged(play.releases(), &staged, &repro).explained(about);
    report.note(scenario.sentence());
    // What could not be played says nothing of what is known.
    let missed = scenario.missed(&staged);
    let known = scenario.expected(play.releases()).map_err(LiveError::BadList)?;
    apply(&known, &mut report, missed.is_none());
    keep_logs(&report, &logs);
    let outcome = output.report(&report, &args.report);
    let outcome = write_files(&report, || None, &args.files).and(outcome)?;
    ended(outcome, missed)
}

/// Where nothing goes wrong, and it did not come to the point, nothing is known.
fn ended(outcome: Outcome, missed: Option<String>) -> Result<Outcome, CannotRun> {
    match (outcome, missed) {
        (Outcome::Good, Some(why)) => Err(CannotRun::new(why).hint("play it again")),
        (outcome, _) => Ok(outcome),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_come_to_the_point_is_not_good() {
        let missed = || Some("leaves did not come to its point".to_owned());
        assert_eq!(ended(Outcome::Good, None), Ok(Outcome::Good));
        assert!(ended(Outcome::Good, missed()).is_err());
        assert_eq!(ended(Outcome::Findings, missed()), Ok(Outcome::Findings));
    }
}
