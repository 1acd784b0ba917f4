//! `skewproof repro`: one case again, from end to end.

use clap::Args;

use super::args::ReportArgs;
use super::corpus::{CorpusArgs, replay};
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use crate::suite::repro;

const AFTER_HELP: &str = "\
Examples:
  skewproof repro matrix/1.3.3-dev/1.3/V1/Gossip/typical
  skewproof repro matrix/1.7/1.6/V3/PartitionProcessorRpcRequest/append-scoped
  skewproof repro check/hello/1.7/no-id+other-cluster
  skewproof repro check/welcome/1.4+M68/version:4
  skewproof repro corpus/decode/regress-panic-0123abcd

An address is what findings show. Of the matrix: who sends, who receives, the version or `envelope`,
the message, the value. Of a handshake: what is heard, by which release, and what is otherwise than in
a plain one. A release may have a bug planted in it. Of the corpus: the target and the file, which is
replayed.

Exit codes: 0 as it should be, 1 a violation, a refusal without need or a wrong answer, 2 no such
case.";

/// Repeat one case and show everything: a value of the matrix, a handshake, or an input of the corpus
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ReproArgs {
    /// The address of the case
    #[arg(value_name = "ADDRESS")]
    pub address: String,
    /// Where the inputs of the corpus are.
    #[command(flatten)]
    pub corpus: CorpusArgs,
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
            files: vec![args.corpus.corpus.join(input)],
            target: None,
            corpus: args.corpus.clone(),
            report: ReportArgs::default(),
        };
        return replay::run(&replayed, output);
    }
    let story = repro::story(&args.address)?;
    output.text(&story.to_string())?;
    Ok(if story.is_foreseen { Outcome::Good } else { Outcome::Findings })
}
