//! `skewproof repro`: one case again, from end to end.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::args::ReportArgs;
use super::check;
use super::corpus::adopt::WorkArgs;
use super::corpus::{CorpusArgs, replay};
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use super::testees::{TesteeArgs, without_fault};
use crate::harness::fuzz::corpus::Places;
use crate::harness::selection::Selection;
use crate::suite::repro;
use crate::suite::testee::Behind;

const AFTER_HELP: &str = "\
Examples:
  skewproof repro matrix/1.3.3-dev/1.3/V1/Gossip/typical
  skewproof repro matrix/1.7/1.6/V3/PartitionProcessorRpcRequest/append-scoped
  skewproof repro check/hello/1.7/no-id+other-cluster
  skewproof repro check/welcome/1.4+M68/version:4
  skewproof repro check/bytes/1.7/V3/Trim/typical
  skewproof repro session/1.4/watch
  skewproof repro golden/v2/Gossip/typical
  skewproof repro corpus/decode/regress-panic-0123abcd

An address is what findings and `skewproof check --list` show. Of the matrix: who sends, who receives,
the version or `envelope`, the message, the value. Of a handshake: what is heard, by which release, and
what is otherwise than in a plain one. A release may have a bug planted in it. Of the corpus: the target
and the file, which is replayed. Any other case of `skewproof check`: the part that it is of is run, and
the verdict is shown with the requirement. The beginning of an address stands for all that go on from it.

Exit codes: 0 as it should be, 1 a violation, a refusal without need or a wrong answer, 2 no such
case, or nothing was verified.";

/// Repeat one case by its address: a value of the matrix, a handshake, a session, a fixture, any other
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ReproArgs {
    /// The address of the case
    #[arg(value_name = "ADDRESS")]
    pub address: String,
    /// Programs that stand in the address.
    #[command(flatten)]
    pub testees: TesteeArgs,
    /// Show what the testees were asked instead, line by line, to be fed to them under a debugger
    #[arg(long, requires = "testee")]
    pub asks: bool,
    /// Where the inputs of the corpus are.
    #[command(flatten)]
    pub corpus: CorpusArgs,
    /// Where findings are.
    #[command(flatten)]
    pub work: WorkArgs,
}

/// What addresses of inputs begin with, wherever they are.
const CORPUS: &str = "corpus/";

/// Tells the story of a case.
///
/// # Errors
///
/// If there is no such case; if stdout cannot be written.
pub fn run(args: &ReproArgs, output: &Output) -> Result<Outcome, CannotRun> {
    if let Some(input) = args.address.strip_prefix(CORPUS) {
        let replayed = replay::ReplayArgs {
            files: vec![input_at(args, input)],
            target: None,
            corpus: args.corpus.clone(),
            report: ReportArgs::default(),
        };
        return replay::run(&replayed, output);
    }
    // As shells complete it.
    let address = args.address.trim_end_matches('/');
    if repro::tells(address) {
        let testees = args.testees.named.start()?;
        let story = repro::story(address, &testees)?;
        if args.asks {
            output.text(&questions(&testees))?;
        } else {
            output.text(&story.to_string())?;
        }
        without_fault(&testees)?;
        return Ok(if story.is_foreseen { Outcome::Good } else { Outcome::Findings });
    }
    if address.is_empty() {
        return Err(check::nothing_at(address));
    }
    // A fixture or a script has a case for each release: its address is the beginning of theirs.
    let those = Selection::Under(address.to_owned());
    let asked = args.testees.asked()?;
    let gathered = check::gather(&those, false, false, &asked, output)?;
    if gathered.report.tally().total() == 0 {
        return Err(check::nothing_at(address));
    }
    output.words(&repro::verdicts(&gathered.report))?;
    asked.without_fault()?;
    output.outcome(&gathered.report)
}

/// Where an input is: in the corpus, or among the findings.
fn input_at(args: &ReproArgs, input: &str) -> PathBuf {
    let places = Places { corpus: &args.corpus.corpus, work: &args.work.work };
    let reviewed = places.corpus.join(input);
    let finding = places.findings().join(input);
    if !reviewed.exists() && finding.exists() { finding } else { reviewed }
}

/// What testees were asked, line by line.
fn questions(testees: &[Arc<Behind>]) -> String {
    let asked = testees.iter().flat_map(|testee| testee.testee().questions());
    asked.map(|question| format!("{question}\n")).collect()
}
