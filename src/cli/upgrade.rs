//! `skewproof upgrade`: rolling upgrades of simulated clusters.

use std::path::PathBuf;

use clap::Args;

use super::args::{Format, ReportArgs, ReportFiles};
use super::files::{check_files, write, write_files};
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use super::progress::Progress;
use crate::harness::render::timeline as render;
use crate::harness::report::{Grid, Report, Table};
use crate::harness::upgrade::timeline::Timeline;
use crate::suite::upgrade::{
    NO_QUIRKS, Question, QuestionError, Scenario, cluster, of_orders, of_plan, of_seeds, options,
    verdicts,
};

const AFTER_HELP: &str = "\
Examples:
  skewproof upgrade --from 1.3 --to 1.4
  skewproof upgrade --from 1.3 --to 1.4-dev        the build of issue 3263
  skewproof upgrade --from 1.4 --to 1.6 --order n3,n1,n2 --faults crash,partition --seed 7
  skewproof upgrade --from 1.3 --to 1.6 --faults all --seeds 1000
  skewproof upgrade --exhaustive                   every order over every four adjacent lines
  skewproof upgrade --from 1.3 --to 1.4 --quirk R30   a fault of the released servers
  skewproof upgrade --plan 'seed(0) n1:1.3 n2:1.3 n1=1.4 break(n1,n2) n2=1.4'";

/// Simulate a rolling upgrade, and judge the cluster after every step
///
/// Nodes speak to each other in bytes, in virtual time: they shake hands, gossip or poll, exchange
/// metadata and keep a log. The plan is decided by the arguments and the seed, and printed before
/// it runs. A failure names its step, and ends with the shortest plan that fails in the same way.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct UpgradeArgs {
    /// The release to begin with, as `1.3`
    #[arg(long, value_name = "RELEASE", requires = "to")]
    pub from: Option<String>,
    /// The release to end with; the lines between the two are not left out
    #[arg(long, value_name = "RELEASE", requires = "from")]
    pub to: Option<String>,
    /// How many nodes there are, up to 5
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub nodes: usize,
    /// `forward`, `backward`, `drawn` by the seed, or nodes as `n2,n1,n3`; who is left out stays
    #[arg(long, value_name = "ORDER", default_value = "forward")]
    pub order: String,
    /// Decides all that is left to chance
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub seed: u64,
    /// So many plans, each with a seed of its own, from the given one on
    #[arg(long, value_name = "N", requires = "from", conflicts_with_all = ["plan", "exhaustive"])]
    pub seeds: Option<u64>,
    /// Kinds of trouble, as `crash,partition`, or `all`
    #[arg(long, value_name = "KINDS", value_delimiter = ',', conflicts_with = "plan")]
    pub faults: Vec<String>,
    /// Faults of released servers: `none`, `released` for what each was shipped with, or some, as
    /// `R21,R30`; see `skewproof list quirks`
    #[arg(long, value_name = "QUIRKS", default_value = NO_QUIRKS)]
    pub quirk: String,
    /// A bug planted in the codec of every node; see `skewproof list bugs`
    #[arg(long, value_name = "BUG")]
    pub bug: Option<String>,
    /// A plan in one line, as a finding ends with
    #[arg(long, value_name = "PLAN", conflicts_with_all = ["from", "to"])]
    pub plan: Option<String>,
    /// Write the run as one HTML page to go through in time
    #[arg(long, value_name = "FILE", conflicts_with_all = ["exhaustive", "seeds"])]
    pub timeline: Option<PathBuf>,
    /// Every order, and every pair of nodes with every message in every state
    #[arg(long, conflicts_with_all = ["plan", "faults"])]
    pub exhaustive: bool,
    /// The report at the end.
    #[command(flatten)]
    pub report: ReportArgs,
    /// The report in files.
    #[command(flatten)]
    pub files: ReportFiles,
}

impl From<QuestionError> for CannotRun {
    fn from(error: QuestionError) -> Self {
        let hint = match error {
            QuestionError::Quirk(error) => return error.into(),
            QuestionError::NoReleases => "--from 1.3 --to 1.4, or --exhaustive, or --plan",
            QuestionError::NoPath { .. } => "the second release must be the later one",
            QuestionError::Plan(_) => "as 'seed(0) n1:1.3 n2:1.3 n1=1.4 n2=1.4'",
            QuestionError::Bug(_) => "`skewproof list bugs` has them all",
            _ => return Self::new(error.to_string()),
        };
        Self::new(error.to_string()).hint(hint)
    }
}

/// Simulates what is asked for.
///
/// # Errors
///
/// If it makes no sense.
pub fn run(args: &UpgradeArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let question = Question {
        from: args.from.as_deref(),
        to: args.to.as_deref(),
        nodes: args.nodes,
        order: &args.order,
        seed: args.seed,
        faults: &args.faults,
        quirks: &args.quirk,
        bug: args.bug.as_deref(),
        plan: args.plan.as_deref(),
    };
    check_files(&args.files)?;
    let mut report = Report::new("skewproof upgrade");
    if args.exhaustive && args.from.is_none() {
        add(&mut report, verdicts(&cluster(&question)?, &options(&question)));
        return finish(args, output, &report);
    }
    let scenario = Scenario::new(&question)?;
    if args.exhaustive {
        add(&mut report, of_orders(&scenario));
    } else if let Some(count) = args.seeds {
        let progress = Progress::start(output, "plans", count);
        let seeds = args.seed..args.seed.saturating_add(count);
        let grid = of_seeds(&scenario, seeds, &|| progress.advance(1));
        drop(progress);
        report.add(grid);
    } else {
        if args.report.format == Format::Text {
            output.write(scenario.plan.tree() + "\n")?;
        }
        let run = scenario.cluster.run(&scenario.plan);
        let timeline = Timeline::of("skewproof upgrade", &scenario.plan, &run);
        if args.report.format == Format::Text {
            output.write(render::text::render(&timeline, output.colour()) + "\n")?;
        }
        if let Some(path) = &args.timeline {
            let page = render::html::render(&timeline);
            let page = page.map_err(|error| CannotRun::new(format!("the page: {error}")))?;
            write(path, &page)?;
        }
        report.add(of_plan(&scenario, &run));
    }
    finish(args, output, &report)
}

fn add(report: &mut Report, (grid, table): (Grid, Table)) {
    report.add_table(table);
    report.add(grid);
}

fn finish(args: &UpgradeArgs, output: &Output, report: &Report) -> Result<Outcome, CannotRun> {
    let outcome = output.report(report, &args.report)?;
    write_files(report, || None, &args.files)?;
    Ok(outcome)
}
