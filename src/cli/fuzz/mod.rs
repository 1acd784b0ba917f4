//! `skewproof fuzz`: the nightly run, of the fabric or of a program of somebody's.

use clap::Args;

use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use super::testees::TesteeArgs;
use crate::harness::command::fuzz;

pub use crate::harness::command::fuzz::{EngineChoice, FuzzArgs, parse_time, worker};

mod foreign;

const AFTER_HELP: &str = "\
Examples:
  skewproof fuzz                                 all targets, a minute in all
  skewproof fuzz --time 10m --jobs 2
  skewproof fuzz negotiate frame --runs 100000   the same runs each time
  skewproof fuzz decode --time 1h --engine libfuzzer --sanitizer address
  skewproof fuzz --testee tree=./testee          a program of yours, beside its release

New inputs and findings are written at once: Ctrl-C ends the run and loses nothing; another one, a
second later, ends it without a report. The corpus is only read: `skewproof corpus adopt` takes new
inputs into it.";

/// Feed arbitrary messages and version pairs through negotiation and codec
///
/// Inputs that go where none has been are kept in `fuzz/corpus`; what is found is minimised, and written
/// to `fuzz/artifacts` as `regress-WHAT-HASH` with a note beside it. A testee is fed the corpus of
/// `decode`, `roundtrip`, `cross` and `differential` and what is made of it, and has to make of every
/// input what its release makes of it; nothing is kept.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct FuzzCommandArgs {
    /// What is run, and how long.
    #[command(flatten)]
    pub run: FuzzArgs,
    /// A program that is fed, instead of the fabric.
    #[command(flatten)]
    pub testees: TesteeArgs,
}

/// Fuzzes.
///
/// # Errors
///
/// If there is no such target, the corpus cannot be read or written, or the engine is not there.
pub fn run(args: &FuzzCommandArgs, output: &Output) -> Result<Outcome, CannotRun> {
    if args.testees.named.is_given() {
        return foreign::run(args, output);
    }
    fuzz::run(&args.run, output)
}
