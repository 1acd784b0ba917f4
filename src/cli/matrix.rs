//! `skewproof matrix`: every pair of releases, every message, every version.

use std::path::PathBuf;

use clap::Args;

use super::args::{ReportArgs, ReportFiles};
use super::files::{check_apart, check_files, check_outside, write_files};
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use super::progress::Progress;
use super::testees::{TesteeArgs, beside_released, excuse, note_ends, without_fault};
use super::vectors;
use crate::harness::report::Report;
use crate::harness::skew::Layers;
use crate::suite::causes::about;
use crate::suite::skew::{self, Plan, Question, tables};

const AFTER_HELP: &str = "\
Examples:
  skewproof matrix
  skewproof matrix --from 1.4 --to 1.3
  skewproof matrix --from 1.3.3-dev --to 1.3 --message Gossip
  skewproof matrix --from 1.6+M57 --to 1.5     a bug planted in 1.6; see `skewproof list bugs`
  skewproof matrix --testee tree=./testee      a program of yours against every release
  skewproof matrix --arbitrary 100 --seed 7    other values than the built-in ones
  skewproof matrix --against DIR               are the cells what released servers did?";

/// Arbitrary values of each message: all of them are held in memory.
const ARBITRARY_MAX: u64 = 10_000;

/// Pair every release with every other, and send each all that it can say
///
/// Of each ordered pair the first dials the second; then messages go both ways, at every version
/// that both speak. Each value arrives equal, arrives with a loss that has a name, is refused by
/// the sender's gate, is refused by the receiver with an error, is a panic of the receiver as its
/// release is known to have, or is a violation: any other panic, a hang, too much memory, a change in
/// silence, bytes of another version.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct MatrixArgs {
    /// Only pairs in which this release dials, as `1.4`; `1.4+M24` has a bug planted in it
    #[arg(long, value_name = "RELEASE")]
    pub from: Option<String>,
    /// Only pairs in which this release is dialled
    #[arg(long, value_name = "RELEASE")]
    pub to: Option<String>,
    /// Only this message, as `Gossip`, or a part of the envelope, as `Hello`
    #[arg(long, value_name = "MESSAGE")]
    pub message: Option<String>,
    /// Only what is sent at this version, in the `envelope`, or comes back `rewritten`
    #[arg(long, value_name = "VERSION", value_parser = parse_layers)]
    pub protocol: Option<Layers>,
    /// Releases as they should be, instead of as they were released: they refuse where those panic
    #[arg(long)]
    pub repaired: bool,
    /// So many arbitrary values of each message, up to 10000, beside the built-in ones
    #[arg(long, value_name = "N", default_value_t = 0)]
    #[arg(value_parser = clap::value_parser!(u64).range(..=ARBITRARY_MAX))]
    pub arbitrary: u64,
    /// The seed of the first arbitrary value; it is part of their names
    #[arg(long, value_name = "SEED", default_value_t = 0, requires = "arbitrary")]
    pub seed: u64,
    /// Folders of reference vectors: compares cells with exchanges of released servers
    #[arg(long, value_name = "DIR")]
    pub against: Vec<PathBuf>,
    /// Programs beside the releases.
    #[command(flatten)]
    pub testees: TesteeArgs,
    /// The report at the end.
    #[command(flatten)]
    pub report: ReportArgs,
    /// The report in files.
    #[command(flatten)]
    pub files: ReportFiles,
}

fn parse_layers(text: &str) -> Result<Layers, String> {
    skew::layers_named(text).ok_or_else(|| {
        "expected `V2`, a number, `rewritten`, `rewritten-V2`, or `envelope`".to_owned()
    })
}

/// Makes the matrix.
///
/// # Errors
///
/// If there is no such release or message; if the reference vectors cannot be read.
pub fn run(args: &MatrixArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let question = Question {
        from: args.from.as_deref(),
        to: args.to.as_deref(),
        message: args.message.as_deref(),
        layers: args.protocol,
        seeds: args.seed..args.seed.saturating_add(args.arbitrary),
        is_repaired: args.repaired,
    };
    check_files(args.files.paths())?;
    check_outside(args.files.paths(), args.against.iter().cloned())?;
    check_apart(args.files.paths(), args.against.iter().chain(&args.testees.read()?))?;
    let expected = args.testees.expected()?;
    let plan = Plan::with_testees(&question, args.testees.named.start()?)?;
    let output = &output.beside(&args.files);
    let mut report = Report::new("skewproof matrix").explained(about);
    if !args.against.is_empty() {
        let sources = vectors::read_folders(&args.against)?;
        let crossings = crate::suite::vectors::crossings(sources).map_err(vectors::damaged)?;
        if crossings.is_empty() {
            return Err(vectors::nothing_in(&args.against, "no exchange of released servers"));
        }
        let (grid, table) = skew::agreement(&crossings);
        report.add_table(table);
        report.add(grid);
    }
    let progress = Progress::start(output, "exchanges", plan.skew().steps(plan.selection()));
    let matrix = plan.run(&|| progress.advance(1));
    drop(progress);
    let mut shown = vec![tables::overview(&matrix), tables::legend()];
    if plan.is_one_pair() {
        let of_a_pair = [tables::handshakes, tables::messages, tables::reasons];
        shown.extend(of_a_pair.map(|table| table(&matrix)));
    }
    if plan.is_whole() {
        shown.push(tables::patches(&matrix));
    }
    shown.push(tables::known(&matrix));
    shown.into_iter().filter(|table| !table.rows.is_empty()).for_each(|t| report.add_table(t));
    report.add(skew::verdicts(&matrix, plan.is_whole(), plan.testees()));
    beside_released(plan.testees(), (&matrix, args.repaired), &mut report);
    excuse(&expected, &mut report, question == Question::default());
    note_ends(plan.testees(), &mut report);
    report.set_matrix(matrix);
    let outcome = output.report(&report, &args.report);
    let details = || report.matrix().map(|matrix| plan.skew().details(matrix));
    write_files(&report, details, &args.files)?;
    without_fault(plan.testees())?;
    outcome
}
