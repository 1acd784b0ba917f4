//! The `skewproof` command: what the user types, and where the words go.
//!
//! One file per command; each reads its arguments, asks the suite, and hands the result to
//! [`output::Output`]. No logic of the protocol or of the checks lives here.
//!
//! Exit codes: 0 all good, 1 findings, 2 could not run.

use std::borrow::Cow;
use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use self::outcome::{CannotRun, Outcome};
use self::output::{ColourChoice, Output};
use crate::harness::program::{self, Program};
use crate::harness::render::printable::lines;
use crate::suite::{causes, fuzz as fuzz_targets, marks};

pub use crate::harness::command::{
    args, corpus, files, input, memory, outcome, output, progress, report, signals,
};

pub mod ask;
pub mod built_in;
pub mod captured;
pub mod captures;
pub mod check;
pub mod completions;
pub mod conform;
pub mod decode;
pub mod encode;
pub mod explain;
pub mod future;
pub mod fuzz;
pub mod gates;
pub mod golden;
pub mod list;
#[cfg(feature = "live")]
pub mod live;
pub mod man;
pub mod matrix;
#[cfg(feature = "live")]
pub mod probe;
#[cfg(feature = "live")]
pub mod record;
pub mod records;
pub mod repro;
#[cfg(feature = "live")]
pub mod serve;
pub mod session;
pub mod speaker;
pub mod testee;
pub mod testees;
pub mod texts;
pub mod trophies;
pub mod upgrade;
pub mod vectors;

const AFTER_HELP: &str = "\
Examples:
  skewproof                       the main job, with nothing but this program
  skewproof ask 1.5.3 1.6.2       may these run together, and one become the other
  skewproof matrix                pair every release with every other
  skewproof conform --testee tree=PROGRAM   a program of yours, held to a release
  skewproof probe ADDRESS         a server that runs, held to its release
  skewproof vectors DIR           compare with bytes that released servers wrote
  skewproof captures FILE.jsonl   replay recorded conversations
  skewproof upgrade --from 1.3 --to 1.4   simulate a rolling upgrade
  skewproof golden verify         compare with the fixtures that pin the wire
  skewproof fuzz --time 10m       arbitrary messages and version pairs
  skewproof report diff OLD NEW   what changed between two runs
  skewproof gates                 what one release line sends and another does not know
  skewproof records               what leaders write into logs, and who reads it
  skewproof future                what the next release may safely change
  skewproof session               what frames do to a connection, release by release
  skewproof list releases         the names that --release takes

Exit codes:
  0  all good
  1  findings: something that must hold does not
  2  could not run: bad usage, a file that is missing or unreadable";

/// Proves that two releases of a node can talk, or part politely.
///
/// Speaks the node-to-node fabric of every supported release, at every version of its protocol,
/// and compares it with what each release does. Without a command it runs `check`.
#[derive(Debug, Parser)]
#[command(name = "skewproof", version, after_help = AFTER_HELP, max_term_width = 80)]
struct Cli {
    /// Colours: `always`, `never`, or `auto`: on a terminal, unless NO_COLOR is set
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t,
        hide_possible_values = true
    )]
    color: ColourChoice,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::CheckArgs),
    Ask(ask::AskArgs),
    Matrix(matrix::MatrixArgs),
    Conform(conform::ConformArgs),
    #[cfg(feature = "live")]
    Probe(probe::ProbeArgs),
    #[cfg(feature = "live")]
    Serve(serve::ServeArgs),
    #[cfg(feature = "live")]
    Live(live::LiveCommandArgs),
    #[cfg(feature = "live")]
    Record(record::RecordArgs),
    Repro(repro::ReproArgs),
    Upgrade(upgrade::UpgradeArgs),
    Vectors(vectors::VectorsArgs),
    Captures(captures::CapturesArgs),
    Encode(encode::EncodeArgs),
    Decode(decode::DecodeArgs),
    Golden(golden::GoldenArgs),
    Gates(gates::GatesArgs),
    Records(records::RecordsArgs),
    Future(future::FutureArgs),
    Session(session::SessionArgs),
    Testee(testee::TesteeCommandArgs),
    Trophies(trophies::TrophiesArgs),
    Explain(explain::ExplainArgs),
    Fuzz(fuzz::FuzzCommandArgs),
    FuzzWorker(fuzz::worker::WorkerArgs),
    FuzzAside(corpus::aside::AsideArgs),
    Corpus(corpus::CorpusCommandArgs),
    Report(report::ReportCommandArgs),
    List(list::ListArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// What the harness is told of this program.
const PROGRAM: Program = Program {
    name: "skewproof",
    version: Some(env!("CARGO_PKG_VERSION")),
    spell: marks::in_full,
    about: causes::about,
    targets: || fuzz_targets::targets().to_vec(),
    // The model has no findings that are known.
    expect: |_| {},
    hidden: || fuzz_targets::planted().to_vec(),
};

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    program::set(PROGRAM);
    match Cli::try_parse() {
        Ok(cli) => {
            let _ending = testees::Ending;
            outcome::ended(execute(&cli))
        }
        Err(usage) => {
            // Help goes to stdout, complaints to stderr; if nobody reads either, so be it.
            let words = usage.render().to_string();
            let _ = match lines(&words) {
                Cow::Borrowed(_) => usage.print(),
                // An argument that would be something else on a terminal.
                Cow::Owned(visible) => std::io::stderr().write_all(visible.as_bytes()),
            };
            u8::try_from(usage.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
        }
    }
}

/// The command line as users are told of it: without the processes that the tool starts by itself.
fn public_command() -> clap::Command {
    let whole = Cli::command();
    let public = whole.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    let public: Vec<clap::Command> = public.collect();
    let root = clap::Command::new("skewproof").version(env!("CARGO_PKG_VERSION"));
    let root = root.args(whole.get_arguments()).subcommands(public).after_help(AFTER_HELP);
    let about = whole.get_about().cloned().unwrap_or_default();
    let long = whole.get_long_about().cloned().unwrap_or_default();
    root.about(about).long_about(long)
}

fn execute(cli: &Cli) -> Result<Outcome, CannotRun> {
    let output = Output::new(cli.color);
    match &cli.command {
        None => check::run(&check::CheckArgs::default(), &output),
        Some(Command::Check(args)) => check::run(args, &output),
        Some(Command::Ask(args)) => ask::run(args, &output),
        Some(Command::Matrix(args)) => matrix::run(args, &output),
        Some(Command::Conform(args)) => conform::run(args, &output),
        #[cfg(feature = "live")]
        Some(Command::Probe(args)) => probe::run(args, &output),
        #[cfg(feature = "live")]
        Some(Command::Serve(args)) => serve::run(args, &output),
        #[cfg(feature = "live")]
        Some(Command::Live(args)) => live::run(args, &output),
        #[cfg(feature = "live")]
        Some(Command::Record(args)) => record::run(args, &output),
        Some(Command::Repro(args)) => repro::run(args, &output),
        Some(Command::Upgrade(args)) => upgrade::run(args, &output),
        Some(Command::Vectors(args)) => vectors::run(args, &output),
        Some(Command::Captures(args)) => captures::run(args, &output),
        Some(Command::Encode(args)) => encode::run(args, &output),
        Some(Command::Decode(args)) => decode::run(args, &output),
        Some(Command::Golden(args)) => golden::run(args, &output),
        Some(Command::Gates(args)) => gates::run(args, &output),
        Some(Command::Records(args)) => records::run(args, &output),
        Some(Command::Future(args)) => future::run(args, &output),
        Some(Command::Session(args)) => session::run(args, &output),
        Some(Command::Testee(args)) => testee::run(args),
        Some(Command::Trophies(args)) => trophies::run(args, &output),
        Some(Command::Explain(args)) => explain::run(args, &output),
        Some(Command::Fuzz(args)) => fuzz::run(args, &output),
        Some(Command::FuzzWorker(args)) => fuzz::worker::run(args),
        Some(Command::FuzzAside(args)) => corpus::aside::run(args),
        Some(Command::Corpus(args)) => corpus::run(args, &output),
        Some(Command::Report(args)) => report::run(args, &output),
        Some(Command::List(args)) => list::run(args, &output),
        Some(Command::Completions(args)) => completions::run(args, &output),
        Some(Command::Man(args)) => man::run(args, &output),
    }
}

#[cfg(test)]
mod tests {
    use clap::error::ErrorKind;

    use super::args::Format;
    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split(' '))
    }

    #[test]
    fn the_parser_is_well_formed_and_every_command_teaches_by_example() {
        Cli::command().debug_assert();
        for command in Cli::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let example = format!("skewproof {}", command.get_name());
            assert!(help.contains(&example), "{} has no example", command.get_name());
        }
    }

    #[test]
    fn no_command_is_needed() {
        assert!(parse("skewproof").unwrap().command.is_none());
        assert!(parse("skewproof --color never").unwrap().command.is_none());
    }

    #[test]
    fn colours_may_be_chosen_before_and_behind_the_command() {
        for line in ["skewproof --color never check", "skewproof check --color never"] {
            assert_eq!(parse(line).unwrap().color, ColourChoice::Never);
        }
    }

    #[test]
    fn the_defaults_of_check_are_those_of_its_parser() {
        let Some(Command::Check(parsed)) = parse("skewproof check").unwrap().command else {
            panic!("check");
        };
        assert_eq!(parsed, check::CheckArgs::default());
        let Some(Command::Check(parsed)) =
            parse("skewproof check --format json --findings 3").unwrap().command
        else {
            panic!("check");
        };
        assert_eq!((parsed.shown.report.format, parsed.shown.report.findings), (Format::Json, 3));
    }

    #[test]
    fn a_codec_command_takes_any_version_number() {
        for (protocol, number) in [("V2", 2), ("v3", 3), ("0", 0), ("-7", -7), ("99", 99)] {
            let line = format!("skewproof decode Trim --release 1.7 --protocol {protocol} 00");
            let Some(Command::Decode(parsed)) = parse(&line).unwrap().command else {
                panic!("decode");
            };
            assert_eq!(parsed.speaker.protocol, Some(number));
        }
    }

    #[test]
    fn bad_usage_is_refused() {
        let kind = |line: &str| parse(line).unwrap_err().kind();
        assert_eq!(kind("skewproof vectors"), ErrorKind::MissingRequiredArgument);
        assert_eq!(kind("skewproof encode Trim"), ErrorKind::MissingRequiredArgument);
        assert_eq!(kind("skewproof list rivers"), ErrorKind::InvalidValue);
        assert_eq!(kind("skewproof check --list --json x"), ErrorKind::ArgumentConflict);
        assert_eq!(
            kind("skewproof decode Trim --release 1.7 --protocol Vx 00"),
            ErrorKind::ValueValidation
        );
    }
}
