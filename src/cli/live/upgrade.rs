//! `skewproof live upgrade`: a rolling upgrade of real servers.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;

use super::{builds, each, keep_logs, options, says};
use crate::cli::args::{Format, ReportArgs, ReportFiles};
use crate::cli::files::{check_files, write, write_files};
use crate::cli::outcome::{CannotRun, Outcome};
use crate::cli::output::Output;
use crate::cli::signals::stop_on_signal;
use crate::harness::render::timeline as render;
use crate::harness::report::Report;
use crate::live::{Stop, Upgrade, Upgraded};
use crate::suite::causes::about;
use crate::suite::live::rolling::{NODES, judged, label, order_name, tree};

const AFTER_HELP: &str = "\
Examples:
  skewproof live upgrade --server npm:1.6.2 --server npm:1.7.12
  skewproof live upgrade --server npm:1.6.2 --server npm:1.7.12 --rollback --order n2,n1,n3
  skewproof live upgrade --server npm:1.5.3 --server npm:1.6.2 --recording up.jsonl
  skewproof live upgrade --server npm:1.6.2 --server ./built --release 1.6 --release 1.7

The servers are those of `live check`. Exit codes: 0 nothing was violated, 1 something was, such as a
server that does not come back, 2 the cluster does not form.";

/// Upgrade a cluster of real servers node by node, under load, and judge it as a simulated one
///
/// Three nodes, each behind a proxy that records what they say to each other; clients ask all the time for
/// invocations in an hour. After each step every node has to see every node alive, and something has to be
/// taken; in the end all that was taken has to be there.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct LiveUpgradeArgs {
    /// The servers, from the first to the last: programs, or released versions as `npm:1.6.2`
    #[arg(long, value_name = "SERVER", required = true)]
    pub server: Vec<String>,
    /// The release that a server is held to, as `1.7`, instead of the one that it says; once for each
    #[arg(long, value_name = "RELEASE")]
    pub release: Vec<String>,
    /// The node that goes first goes back once
    #[arg(long)]
    pub rollback: bool,
    /// The order of the nodes, as `n2,n1,n3`; who is left out stays. `all` plays every order
    #[arg(long, value_name = "ORDER", default_value = "n1,n2,n3")]
    pub order: String,
    /// Write what nodes said to each other, as `captures` reads it
    #[arg(long, value_name = "FILE")]
    pub recording: Option<PathBuf>,
    /// Write the run as one HTML page to go through in time
    #[arg(long, value_name = "FILE")]
    pub timeline: Option<PathBuf>,
    /// The report at the end.
    #[command(flatten)]
    pub report: ReportArgs,
    /// The report in files.
    #[command(flatten)]
    pub files: ReportFiles,
}

/// Upgrades.
///
/// # Errors
///
/// If a server is not there or does not start, or somebody wants an end.
pub fn run(args: &LiveUpgradeArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let output = &output.beside(&args.files);
    check_files(args.files.paths().chain(&args.timeline).chain(&args.recording))?;
    let orders = orders(&args.order)?;
    if orders.len() > 1 && (args.recording.is_some() || args.timeline.is_some()) {
        return Err(CannotRun::new("a recording and a timeline are of one order")
            .hint("name the order, as `--order n1,n2,n3`"));
    }
    if args.server.len() < 2 {
        return Err(CannotRun::new("an upgrade has two servers at least")
            .hint("as --server npm:1.6.2 --server npm:1.7.12"));
    }
    let stop = Stop(stop_on_signal()?);
    let builds = builds(&args.server, &args.release, &stop)?;
    let mut all = Report::new("skewproof live upgrade").explained(about);
    let cannot = each(&orders, &mut all, |order| {
        let upgrade = Upgrade::of(&builds, order, args.rollback, stop.clone())?;
        played(args, &upgrade, order, output)
    })?;
    let outcome = output.report(&all, &args.report);
    write_files(&all, || None, &args.files).and(cannot.map_or(outcome, Err))
}

/// One upgrade: its plan, then what came of it.
fn played(
    args: &LiveUpgradeArgs,
    upgrade: &Upgrade,
    order: &[usize],
    output: &Output,
) -> Result<Report, CannotRun> {
    let is_text = args.report.format == Format::Text;
    let plan = &upgrade.plan;
    if is_text {
        output.text(&(tree(plan) + "\n"))?;
    }
    let Upgraded { played, logs } = upgrade.play(&|step| {
        if output.shows_progress() {
            says(&format!("{step}. {}", label(plan, step)));
        }
    })?;
    let (report, timeline) = judged(plan, &order_name(order), &played, &repro(args, order));
    if is_text {
        output.words(&(render::text::render(&timeline, output.colour()) + "\n"))?;
    }
    if let Some(path) = &args.recording {
        write(path, &played.recording())?;
    }
    if let Some(path) = &args.timeline {
        let page = render::html::render(&timeline);
        write(path, &page.map_err(|error| CannotRun::new(format!("the page: {error}")))?)?;
    }
    keep_logs(&report, &logs);
    Ok(report)
}

/// The line that repeats it.
fn repro(args: &LiveUpgradeArgs, order: &[usize]) -> String {
    let servers = options(&args.server, &args.release);
    let rollback = if args.rollback { " --rollback" } else { "" };
    format!("skewproof live upgrade{servers}{rollback} --order {}", order_name(order))
}

/// The orders that are meant.
fn orders(text: &str) -> Result<Vec<Vec<usize>>, CannotRun> {
    let nodes: Vec<usize> = (0..NODES).collect();
    if text == "all" {
        return Ok(permutations(&nodes));
    }
    let index = |name: &str| nodes.iter().copied().find(|it| name == format!("n{}", it + 1));
    let order: Option<Vec<usize>> = text.split(',').map(index).collect();
    let is_each_once = |it: &Vec<usize>| it.iter().collect::<BTreeSet<_>>().len() == it.len();
    let order = order.filter(is_each_once);
    let none =
        || CannotRun::new(format!("{text:?} is no order of nodes")).hint("as n2,n1,n3, or all");
    Ok(vec![order.ok_or_else(none)?])
}

/// Every order of some nodes.
fn permutations(nodes: &[usize]) -> Vec<Vec<usize>> {
    if nodes.is_empty() {
        return vec![Vec::new()];
    }
    let first = nodes.iter().flat_map(|first| {
        let rest: Vec<usize> = nodes.iter().copied().filter(|it| it != first).collect();
        permutations(&rest).into_iter().map(|rest| [vec![*first], rest].concat())
    });
    first.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_of_nodes_that_there_are() {
        assert_eq!(orders("n3,n1").unwrap(), [[2, 0]]);
        assert_eq!(orders("all").unwrap().len(), 6);
        for order in orders("all").unwrap() {
            assert_eq!(orders(&order_name(&order)).unwrap(), [order], "as it is named");
        }
        for wrong in ["", "n4", "n1,n1", "forward"] {
            assert!(orders(wrong).is_err(), "{wrong}");
        }
    }
}
