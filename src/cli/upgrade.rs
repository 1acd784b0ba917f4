//! `skewproof upgrade`: rolling upgrades of simulated clusters.

use std::path::PathBuf;

use clap::Args;

use super::args::{Format, ReportArgs, ReportFiles};
use super::files::{check_apart, check_files, write, write_files};
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use super::progress::Progress;
use super::testees::{Asked, NamedArgs};
use crate::harness::render::timeline as render;
use crate::harness::report::{Grid, Report, Table};
use crate::harness::upgrade::timeline::Timeline;
use crate::suite::faults;
use crate::suite::upgrade::{
    Question, QuestionError, Scenario, cluster, moves, of_orders, of_plan, of_seeds, options,
    shares, verdicts, ways, windows,
};

const AFTER_HELP: &str = "\
Examples:
  skewproof upgrade --from 1.3 --to 1.4
  skewproof upgrade --from 1.3 --to 1.3.3-dev      the build of issue 3263
  skewproof upgrade --from 1.4 --to 1.3            back
  skewproof upgrade --from 1.3 --to 1.6 --straight without the lines between
  skewproof upgrade --from 1.4 --to 1.6 --order n3,n1,n2 --faults crash,partition --seed 7
  skewproof upgrade --from 1.3 --to 1.6 --faults all --seeds 1000
  skewproof upgrade --exhaustive                   every order over every four adjacent lines
  skewproof upgrade --from 1.3 --to 1.4 --repaired     as it should have gone
  skewproof upgrade --from 1.6 --to tree --testee tree=./testee    to a program of yours
  skewproof upgrade --plan 'seed(0) n1:1.3 n2:1.3 n1=1.4 break(n1,n2) n2=1.4'
  skewproof upgrade --plan 'n1:1.6.2 n2:1.6.2 n2=1.7.12 tell(n2,rule)'   an operator does something";

/// Simulate a rolling upgrade, and judge the cluster after every step
///
/// Nodes speak to each other in bytes, in virtual time: they shake hands, gossip or poll, exchange
/// metadata, and lead and follow partitions by a log. The plan is decided by the arguments and the
/// seed, and printed before it runs. A failure names its step, and ends with the shortest plan that
/// fails in the same way.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct UpgradeArgs {
    /// The release to begin with, as `1.3`
    #[arg(long, value_name = "RELEASE", requires = "to")]
    pub from: Option<String>,
    /// The release to end with, a later or an older one; it goes line by line
    #[arg(long, value_name = "RELEASE", requires = "from")]
    pub to: Option<String>,
    /// Straight from the one to the other, without the lines between
    #[arg(long, requires = "from")]
    pub straight: bool,
    /// How many nodes there are, up to 5
    #[arg(long, value_name = "N", default_value_t = 3, requires = "from")]
    pub nodes: usize,
    /// `forward`, `backward`, `drawn` by the seed, or nodes as `n2,n1,n3`; who is left out stays.
    /// Without it one plan goes forward, and those of --seeds are drawn
    #[arg(long, value_name = "ORDER", requires = "from")]
    pub order: Option<String>,
    /// Decides all that is left to chance
    #[arg(long, value_name = "SEED", default_value_t = 0, requires = "from")]
    pub seed: u64,
    /// So many plans, each with a seed of its own, from the given one on
    #[arg(long, value_name = "N", requires = "from", conflicts_with_all = ["plan", "exhaustive"])]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    pub seeds: Option<u64>,
    /// Kinds of trouble, as `crash,partition`, or `all`; the seed may leave some out
    #[arg(long, value_name = "KINDS", value_delimiter = ',', requires = "from")]
    pub faults: Vec<String>,
    /// Releases as they should be, instead of as they were released
    #[arg(long)]
    pub repaired: bool,
    /// Faults that nodes have besides, as `R21,R30`; a release has only those that it was shipped
    /// with. See `skewproof list quirks`
    #[arg(long, value_name = "FAULTS", value_delimiter = ',')]
    pub quirk: Vec<String>,
    /// A bug planted in the codec of every node; see `skewproof list bugs`
    #[arg(long, value_name = "BUG")]
    pub bug: Option<String>,
    /// A plan in one line, as a finding ends with
    #[arg(long, value_name = "PLAN")]
    #[arg(conflicts_with_all = ["from", "to", "straight", "nodes", "order", "seed", "faults"])]
    pub plan: Option<String>,
    /// Write the run as one HTML page to go through in time
    #[arg(long, value_name = "FILE", conflicts_with_all = ["exhaustive", "seeds"])]
    pub timeline: Option<PathBuf>,
    /// Every order, and every pair of nodes with every message in every state
    #[arg(long, conflicts_with_all = ["plan", "order", "seed", "faults"])]
    pub exhaustive: bool,
    /// A program that reads and writes the payloads of the nodes of its release, and has their sessions.
    #[command(flatten)]
    pub testees: NamedArgs,
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
            QuestionError::Name(error) => return error.into(),
            QuestionError::NoReleases => "--from 1.3 --to 1.4, or --exhaustive, or --plan",
            QuestionError::NoPath(_) => "two releases; the second may be the older one",
            QuestionError::Plan(_) => "as 'seed(0) n1:1.3 n2:1.3 n1=1.4 n2=1.4'",
            QuestionError::Told { .. } => "`skewproof list occasions` says what each is",
            QuestionError::Bug(_) => "`skewproof list bugs` has them all",
            QuestionError::Joiner(_) => "--nodes 4, or no join among --faults",
            QuestionError::Seeds { .. } => "a smaller --seed",
            QuestionError::Orders(_) => {
                "fewer --nodes, or releases nearer to each other; or some of them, by --seeds 1000"
            }
            QuestionError::SessionBug(id) => {
                let hint = format!("`skewproof session --release 1.4+{id}` plays scripts to it");
                return Self::new(error.to_string()).hint(hint);
            }
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
    let written = args.files.paths().chain(&args.timeline);
    check_files(written.clone())?;
    check_apart(written, args.testees.read()?.iter())?;
    let asked = Asked::of(&args.testees)?;
    let outcome = simulate(args, &asked, output);
    if let Some(testee) = asked.testee()
        && outcome.is_ok()
        && testee.testee().questions().is_empty()
    {
        let problem = format!("the testee was asked nothing: no node ran {}", testee.release());
        return Err(CannotRun::new(problem).hint("name it in the plan, as `--to NAME`"));
    }
    asked.to_the_end(outcome, output)
}

fn simulate(args: &UpgradeArgs, asked: &Asked, output: &Output) -> Result<Outcome, CannotRun> {
    let question = Question {
        from: args.from.as_deref(),
        to: args.to.as_deref(),
        is_straight: args.straight,
        nodes: args.nodes,
        order: args.order.as_deref(),
        seed: args.seed,
        seeds: args.seeds,
        exhaustive: args.exhaustive,
        faults: &args.faults,
        is_repaired: args.repaired,
        quirks: &args.quirk,
        bug: args.bug.as_deref(),
        plan: args.plan.as_deref(),
        testee: asked.testee(),
    };
    let output = &output.beside(&args.files);
    let mut report = Report::new("skewproof upgrade");
    if let Some(testee) = asked.testee() {
        let (table, grid) = shares(testee);
        report.add_table(table);
        if grid.tally().total() > 0 {
            report.add(grid);
        }
    }
    if args.exhaustive && args.from.is_none() {
        let cluster = cluster(&question)?;
        let options = options(&question, cluster.quirks);
        let windows = windows();
        let progress = Progress::start(output, "moves", moves(&windows));
        let walks = verdicts(&cluster, &windows, &options, &|| progress.advance(1));
        drop(progress);
        report.add_table(faults::table());
        walks.add_to(&mut report, true);
        report.add(faults::grid());
        return finish(args, output, &report);
    }
    let scenario = Scenario::new(&question)?;
    let left_out = scenario.left_out();
    if !left_out.is_empty() {
        let where_not = match scenario.seeds {
            Some(_) => "in none of the plans of these seeds",
            None => "not in the plan of this seed",
        };
        output.warnings(&[format!("{where_not}: {}", left_out.join(", "))]);
    }
    if args.exhaustive {
        let progress = Progress::start(output, "moves", scenario.moves());
        let walks = of_orders(&scenario, &|| progress.advance(1));
        drop(progress);
        walks.add_to(&mut report, true);
        finish(args, output, &report)
    } else if let Some(seeds) = scenario.seeds.clone() {
        let progress = Progress::start(output, "plans", args.seeds.unwrap_or_default());
        let verdicts = of_seeds(&scenario, seeds, &|| progress.advance(1));
        drop(progress);
        add(&mut report, verdicts);
        finish(args, output, &report)
    } else {
        run_plan(args, output, &scenario, report)
    }
}

/// Runs the one plan, shown as it goes. The page comes last: whoever cannot write it has the report.
fn run_plan(
    args: &UpgradeArgs,
    output: &Output,
    scenario: &Scenario,
    mut report: Report,
) -> Result<Outcome, CannotRun> {
    let is_text = args.report.format == Format::Text;
    if is_text {
        output.text(&(scenario.tree() + "\n"))?;
    }
    let run = scenario.cluster.run(&scenario.plan);
    let timeline = Timeline::of("skewproof upgrade", &scenario.plan, &run);
    if is_text {
        output.words(&(render::text::render(&timeline, output.colour()) + "\n"))?;
    }
    if !scenario.path.is_empty() {
        let [ways, unseen] = ways(scenario);
        report.add_table(ways);
        if !unseen.rows.is_empty() {
            report.add_table(unseen);
        }
    }
    add(&mut report, of_plan(scenario, &run));
    let outcome = finish(args, output, &report)?;
    if let Some(path) = &args.timeline {
        let page = render::html::render(&timeline);
        write(path, &page.map_err(|error| CannotRun::new(format!("the page: {error}")))?)?;
    }
    Ok(outcome)
}

fn add(report: &mut Report, (grid, table): (Grid, Table)) {
    if !table.rows.is_empty() {
        report.add_table(table);
    }
    report.add(grid);
}

fn finish(args: &UpgradeArgs, output: &Output, report: &Report) -> Result<Outcome, CannotRun> {
    let outcome = output.report(report, &args.report);
    write_files(report, || None, &args.files).and(outcome)
}

#[cfg(test)]
mod tests {
    use clap::{Args, Command};

    use super::*;

    fn is_refused(line: &str) -> bool {
        let command = UpgradeArgs::augment_args(Command::new("upgrade"));
        command.try_get_matches_from(line.split(' ')).is_err()
    }

    #[test]
    fn options_that_would_be_ignored_are_refused() {
        let (from, plan) = ("upgrade --from 1.3 --to 1.4", "upgrade --plan n1:1.3");
        for (line, option) in [
            (plan, "--from 1.3 --to 1.4"),
            (plan, "--nodes 9"),
            (plan, "--order n2"),
            (plan, "--seed 5"),
            (plan, "--seeds 5"),
            (plan, "--faults crash"),
            (plan, "--exhaustive"),
            ("upgrade --exhaustive", "--nodes 9"),
            ("upgrade --exhaustive", "--order n2"),
            ("upgrade --exhaustive", "--seed 5"),
            ("upgrade --exhaustive", "--seeds 5"),
            ("upgrade --exhaustive", "--faults crash"),
            ("upgrade --exhaustive", "--timeline t.html"),
            (from, "--exhaustive --order n2"),
            (from, "--exhaustive --seed 7"),
            (from, "--exhaustive --faults crash"),
            (from, "--seeds 5 --timeline t.html"),
            (from, "--seeds 0"),
            ("upgrade --from 1.3", "--nodes 2"),
            ("upgrade", "--seed 5"),
        ] {
            assert!(is_refused(&format!("{line} {option}")), "{line} {option}");
        }
        for (line, option) in [
            (from, "--nodes 2 --order n2 --seed 5 --faults crash,join --timeline t.html"),
            (from, "--seeds 5 --order n2 --seed 7 --faults all"),
            (from, "--exhaustive --nodes 2"),
            ("upgrade", "--exhaustive --repaired --quirk R22 --bug M02"),
            (plan, "--quirk R22 --bug M02 --timeline t.html"),
        ] {
            assert!(!is_refused(&format!("{line} {option}")), "{line} {option}");
        }
    }
}
