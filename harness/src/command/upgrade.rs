//! `upgrade`: a cluster of a protocol in a rolling upgrade.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::args::ReportArgs;
use super::files::{check_files, write};
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use super::progress::Progress;
use crate::border::{Border, Protocol};
use crate::program;
use crate::render::quoted;
use crate::render::timeline::{html, text};
use crate::report::{Report, Table};
use crate::selection::Selection;
use crate::skew::Selection as Nodes;
use crate::upgrade::mesh::{Edition, Member, Mesh, Witness};
use crate::upgrade::{Lattice, Plan, Standing, Timeline, Walk, WalkFailure};
use crate::verdict::{CaseId, Finding, Verdict};

/// Moves that are simulated at most: beyond that it takes too long to be waited for.
const MOVES_MAX: u64 = 100_000;
/// What must hold.
const SENTENCE: &str =
    "whatever is sent in an upgrade arrives, loses what is listed, or is refused";

const AFTER_HELP: &str = "\
Examples:
  skewproof upgrade                              every order, three nodes
  skewproof upgrade 'n1:1.0 n2:1.0 n2=2.0 n1=2.0'

Each node dials those behind it. In a plan `n1:1.0` is a node with its release, `n1=2.0` upgrades it,
`crash(n1)`, `restart(n1)`, `partition(n1,n2)`, `heal()` and `wait(500)` are done to it.";

/// Upgrade a cluster one node after the other, in virtual time
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct UpgradeArgs {
    /// The nodes and what is done, step by step; without it, every order from the oldest release to the
    /// newest
    #[arg(value_name = "PLAN")]
    plan: Option<String>,
    /// How many nodes there are, without a plan
    #[arg(long, value_name = "N", default_value = "3", conflicts_with = "plan")]
    nodes: usize,
    /// Write the run of the plan as one HTML page
    #[arg(long, value_name = "FILE", requires = "plan")]
    html: Option<PathBuf>,
    /// The report at the end.
    #[command(flatten)]
    report: ReportArgs,
}

/// Runs a plan, or every order.
///
/// # Errors
///
/// If the plan is none, or there are too many orders.
pub fn run<P: Protocol>(
    border: &Border<P>,
    args: &UpgradeArgs,
    output: &Output,
) -> Result<Outcome, CannotRun> {
    check_files(args.html.iter())?;
    let mesh = Arc::new(mesh(border, output)?);
    match &args.plan {
        Some(plan) => one(&mesh, plan, args, output),
        None => all(&mesh, args, output),
    }
}

/// What the matrix says, less what is expected.
fn mesh<P: Protocol>(border: &Border<P>, output: &Output) -> Result<Mesh, CannotRun> {
    let progress = Progress::start(output, "exchanges", border.skew().steps(&Nodes::default()));
    let report = border.run(&Selection::All, None, &|| progress.advance(1));
    let report = report.map_err(|error| CannotRun::new(error.to_string()))?;
    let findings: std::collections::BTreeMap<&str, &str> =
        report.findings().map(|it| (it.case.as_str(), it.actual.as_str())).collect();
    let matrix = report.matrix().ok_or_else(|| CannotRun::new("nothing was paired"))?;
    Ok(Mesh::of(matrix, &|address| findings.get(address).map(|it| (*it).to_owned())))
}

fn one(
    mesh: &Arc<Mesh>,
    plan: &str,
    args: &UpgradeArgs,
    output: &Output,
) -> Result<Outcome, CannotRun> {
    let plan = Plan::parse(plan, |name| mesh.release(name)).map_err(|error| {
        CannotRun::new(error.to_string())
            .hint(format!("`{} list releases` has the releases", program::name()))
    })?;
    let run = mesh.runner(plan.names().len(), true).run(&plan, &mut Witness);
    let timeline = Timeline::of(program::name(), &plan, &run);
    output.text(&plan.tree::<Member>())?;
    output.words(&format!("\n{}", text::render(&timeline, output.colour())))?;
    let states = (0..=plan.steps.len()).map(|step| plan.nodes_after(step));
    let states = states.map(|nodes| nodes.iter().map(|(_, release)| release.index()).collect());
    let mut open: Vec<String> = states.filter_map(|it: Vec<_>| mesh.not_tried(&it)).collect();
    open.dedup();
    output.warnings(&open);
    if let Some(path) = &args.html {
        let page = html::render(&timeline).map_err(|error| CannotRun::new(error.to_string()))?;
        write(path, &page)?;
    }
    Ok(if run.failure.is_some() { Outcome::Findings } else { Outcome::Good })
}

fn all(mesh: &Arc<Mesh>, args: &UpgradeArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let path = mesh.releases();
    let lattice = Lattice { nodes: args.nodes, lines: path.len() };
    if args.nodes < 2 || path.len() < 2 || lattice.edges() > MOVES_MAX {
        let problem = format!(
            "{} nodes and {} releases have {} orders",
            args.nodes,
            path.len(),
            lattice.orders()
        );
        return Err(CannotRun::new(problem).hint("take two nodes or more, and not as many"));
    }
    let names: Vec<String> = (1..=args.nodes).map(|number| format!("n{number}")).collect();
    let progress = Progress::start(output, "moves", lattice.beginnings());
    let runner = mesh.runner(args.nodes, false);
    let walk = runner.walk(&names, path, 0, &Witness, &|| progress.advance(1));
    drop(progress);
    output.report(&told(mesh, &walk, &names), &args.report)
}

/// What came of every order.
fn told(mesh: &Mesh, walk: &Walk<Edition>, names: &[String]) -> Report {
    let path = mesh.releases();
    let mut report = Report::new(format!("{} upgrade", program::name()));
    let mut table = Table::new("every order, one node by one release", ["", ""]);
    let whole = walk.standing(Standing::Whole);
    let mut row = |name: &str, words: String| table.rows.push(vec![name.to_owned(), words]);
    let (first, last) =
        (path.first().map(ToString::to_string), path.last().map(ToString::to_string));
    row("nodes", format!("{}, each dials those behind it", names.join(", ")));
    row("from", format!("{} to {}", first.unwrap_or_default(), last.unwrap_or_default()));
    row("states", format!("{}, in {whole} of them every two nodes talk", walk.states.len()));
    row(
        "orders",
        format!("{}, {} of them through such states alone", walk.orders, walk.orders - walk.parted),
    );
    row(
        "as",
        match &walk.avoiding {
            Some(nodes) => nodes
                .iter()
                .filter_map(|node| names.get(*node))
                .cloned()
                .collect::<Vec<_>>()
                .join(", "),
            None => "none".to_owned(),
        },
    );
    report.add_table(table);
    let grid = report.grid("states that are passed through");
    for (state, standing) in &walk.states {
        let releases = state.iter().filter_map(|at| path.get(*at)).map(ToString::to_string);
        let releases: Vec<String> = releases.collect();
        let case = CaseId::from_segments(["upgrade", &releases.join("-")]);
        let failure = walk.failures.iter().find(|failure| failure.state == *state);
        let verdict = match (failure, mesh.not_tried(state)) {
            (Some(failure), _) => finding(&case, failure),
            (None, Some(words)) => Verdict::NotTried(words),
            (None, None) => Verdict::Pass,
        };
        grid.record("states", standing.word(), &case, verdict);
    }
    report
}

fn finding(case: &CaseId, failure: &WalkFailure<Edition>) -> Verdict {
    let seen: Vec<&str> = failure.violations.iter().map(|it| it.what.as_str()).collect();
    Verdict::from(Finding {
        case: case.clone(),
        requirement: SENTENCE.to_owned(),
        expected: "no violation".to_owned(),
        actual: seen.join("; "),
        place: None,
        repro: Some(format!("{} upgrade {}", program::name(), quoted(&failure.plan.to_string()))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boundary::Breach;
    use crate::render::sample;
    use crate::skew::matrix::Parting;
    use crate::skew::outcome::Side;
    use crate::skew::{Matrix, Outcome, Violation};

    /// How many states of two nodes passed, failed and were skipped.
    fn walked(matrix: &Matrix) -> (u64, u64, u64) {
        let mesh = Arc::new(Mesh::of(matrix, &|_| None));
        let names = ["n1", "n2"].map(str::to_owned);
        let walk = mesh.runner(2, false).walk(&names, mesh.releases(), 0, &Witness, &|| {});
        let tally = told(&mesh, &walk, &names).tally();
        (tally.passed, tally.failed, tally.skipped)
    }

    #[test]
    fn what_was_not_tried_is_neither_a_refusal_nor_a_loss() {
        let matrix = sample::with_matrix().matrix().unwrap().clone();
        assert_eq!(walked(&matrix), (4, 0, 0));
        // The old release dials the new one in one of four states.
        let mut shaken = matrix.clone();
        let pair = shaken.pairs.iter_mut().find(|it| (it.dialer, it.acceptor) == (0, 1)).unwrap();
        pair.handshakes[0].result = Err(Parting::NotTried);
        assert_eq!(walked(&shaken), (3, 0, 1));
        // What it sends the new one is sent in two of them.
        let mut sent = matrix;
        let breach = Breach::NotTried("it is gone".to_owned());
        let not_tried = Outcome::Violation(Violation::Breach(Side::Sender, breach));
        let of_old = |it: &&mut crate::skew::matrix::Block| (it.sender, it.receiver) == (0, 1);
        let block = sent.blocks.iter_mut().find(of_old).unwrap();
        block.cells = vec![vec![Some(not_tried), None, None].into()];
        assert_eq!(walked(&sent), (2, 0, 2));
    }
}
