//! A program for one protocol: check, repro, gates, explain, future, golden, fuzz, corpus, report, list.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use super::args::{Format, ReportArgs, ReportFiles};
use super::corpus::{self, aside};
use super::files::{check_files, check_outside, write_files};
use super::fuzz::{self, worker};
use super::outcome::{CannotRun, Outcome, ended};
use super::output::{ColourChoice, Output};
use super::progress::Progress;
use super::{explain, future, gates, report, upgrade};
use crate::border::{
    self, Border, Node, Protocol, expect, golden, guarded, requirements, screen, targets::targets,
};
use crate::golden::Store;
use crate::program::{self, Program};
use crate::report::{Report, Table};
use crate::selection::Selection;
use crate::skew::Selection as Nodes;

/// Whether releases of a protocol can talk, or part politely.
#[derive(Debug, Parser)]
#[command(max_term_width = 80)]
struct Cli {
    /// Colours: `always`, `never`, or `auto`: on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t)]
    color: ColourChoice,
    #[command(subcommand)]
    command: Option<Command>,
}

impl Cli {
    /// Whether nodes are asked in this process. Fuzzing has processes for that.
    fn asks_nodes(&self) -> bool {
        match &self.command {
            None => true,
            Some(
                Command::Check(_)
                | Command::Repro(_)
                | Command::Future(_)
                | Command::Gates(_)
                | Command::Golden(_)
                | Command::Upgrade(_),
            ) => true,
            Some(_) => false,
        }
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(CheckArgs),
    Repro(ReproArgs),
    Gates(gates::GatesArgs),
    Explain(explain::ExplainArgs),
    Future(future::FutureArgs),
    Golden(GoldenArgs),
    Fuzz(fuzz::FuzzArgs),
    FuzzWorker(worker::WorkerArgs),
    FuzzAside(aside::AsideArgs),
    Corpus(corpus::CorpusCommandArgs),
    Report(report::ReportCommandArgs),
    Upgrade(upgrade::UpgradeArgs),
    List(ListArgs),
}

/// Pair every release with every other, and compare with the fixtures; what runs without a command
#[derive(Debug, Default, Args)]
struct CheckArgs {
    /// Only cases whose address has this in it; with `*` and `?`, that are like it as a whole
    #[arg(value_name = "PATTERN")]
    pattern: Option<String>,
    /// Where the fixtures are
    #[command(flatten)]
    fixtures: Fixtures,
    /// The report at the end.
    #[command(flatten)]
    report: ReportArgs,
    /// The report in files.
    #[command(flatten)]
    files: ReportFiles,
}

/// Where the fixtures are.
#[derive(Debug, Default, Args)]
struct Fixtures {
    /// The folder of the fixtures; `golden` if nothing else is said
    #[arg(long, value_name = "DIR")]
    golden: Option<PathBuf>,
}

impl Fixtures {
    fn folder(&self) -> &Path {
        self.golden.as_deref().unwrap_or(Path::new(golden::FOLDER))
    }

    /// The store; none if there is none, unless it was named.
    fn store(&self) -> Result<Option<Store>, CannotRun> {
        if self.golden.is_some() {
            return Ok(Some(Store::open(self.folder())?));
        }
        Ok(golden::stored(self.folder())?)
    }
}

/// Repeat one case by its address
#[derive(Debug, Args)]
struct ReproArgs {
    /// The address, as `matrix/1.0/2.0/1/MESSAGE/VALUE`
    #[arg(value_name = "ADDRESS")]
    address: String,
    /// Where the fixtures are
    #[command(flatten)]
    fixtures: Fixtures,
}

/// The bytes that each release writes, stored to be compared
#[derive(Debug, Args)]
struct GoldenArgs {
    #[command(subcommand)]
    verb: GoldenVerb,
}

#[derive(Debug, Subcommand)]
enum GoldenVerb {
    /// Compare what is stored with what releases write and read now
    Verify(Stored),
    /// Show by field what one release has stored otherwise than another, or one fixture than another
    Diff {
        /// A release, a release and a version, or a fixture: `1.0`, `1.0/1` or `1.0/1/MESSAGE`
        #[arg(value_name = "OLD")]
        old: String,
        /// What it is compared with, by the same part of the name
        #[arg(value_name = "NEW")]
        new: String,
        /// Where the fixtures are
        #[command(flatten)]
        fixtures: Fixtures,
    },
    /// Write what would change beside what is stored, as `.snap.new`, to be looked at
    Propose(Fixtures),
    /// Store what releases write now; what is frozen stays, and is a finding
    Bless(Fixtures),
    /// Change or remove a frozen fixture; the manifest keeps the reason
    Amend {
        /// The fixture, as `1.0/1/MESSAGE`
        #[arg(value_name = "FIXTURE")]
        fixture: String,
        /// Why what is frozen has to change
        #[arg(long, value_name = "WHY")]
        reason: String,
        /// Where the fixtures are
        #[command(flatten)]
        fixtures: Fixtures,
    },
    /// Freeze the fixtures of a release that has shipped: they never change again
    Freeze {
        /// The release
        #[arg(value_name = "RELEASE")]
        release: String,
        /// Where the fixtures are
        #[command(flatten)]
        fixtures: Fixtures,
    },
}

#[derive(Debug, Args)]
struct Stored {
    #[command(flatten)]
    fixtures: Fixtures,
    #[command(flatten)]
    report: ReportArgs,
}

/// List the names that other commands take
#[derive(Debug, Args)]
struct ListArgs {
    /// Of what
    #[arg(value_enum)]
    what: Listed,
    /// The form of the list
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Listed {
    /// Its releases, oldest first
    Releases,
    /// Its messages, with versions by release
    Messages,
    /// What must hold
    Requirements,
    /// What may be lost between two releases
    Losses,
}

/// The program of a protocol: reads the command line, does what it says, and gives the exit code. 0 all
/// good, 1 findings, 2 it could not run.
pub fn main<P: Protocol>() -> ExitCode {
    let border = P::border();
    let name = border.protocol.name();
    program::set(Program {
        expect: expect::<P>,
        hidden: || vec![screen::target::<P>()],
        version: border.protocol.release(),
        ..Program::new(name, targets::<P>)
    });
    let command = match border.protocol.release() {
        Some(release) => Cli::command().version(release),
        None => Cli::command(),
    };
    let command = named(command.name(name).bin_name(name), name);
    let parsed = command.try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    match parsed {
        Ok(cli) if cli.asks_nodes() => guarded::<P>(|| ended(execute(border, &cli))),
        Ok(cli) => ended(execute(border, &cli)),
        Err(usage) => {
            let _ = usage.print();
            u8::try_from(usage.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
        }
    }
}

/// A command whose help has the name of this program.
fn named(mut command: clap::Command, name: &'static str) -> clap::Command {
    let said = |text: &clap::builder::StyledStr| {
        text.to_string().replace("skewproof ", &format!("{name} "))
    };
    if let Some(examples) = command.get_after_help().map(said) {
        command = command.after_help(examples);
    }
    command = command.mut_args(|arg| match arg.get_help().map(said) {
        Some(help) => arg.help(help),
        None => arg,
    });
    let inner: Vec<String> = command.get_subcommands().map(|it| it.get_name().to_owned()).collect();
    inner
        .into_iter()
        .fold(command, |command, inner| command.mut_subcommand(inner, |inner| named(inner, name)))
}

fn execute<P: Protocol>(border: &Border<P>, cli: &Cli) -> Result<Outcome, CannotRun> {
    border.named().map_err(|error| CannotRun::new(error.to_string()))?;
    let output = Output::new(cli.color);
    match &cli.command {
        None => check(border, &CheckArgs::default(), &output),
        Some(Command::Check(args)) => check(border, args, &output),
        Some(Command::Repro(args)) => repro(border, args, &output),
        Some(Command::Gates(args)) => gates::run(border, args, &output),
        Some(Command::Future(args)) => future::run(border, args, &output),
        Some(Command::Explain(args)) => explain::run(border, args, &output),
        Some(Command::Golden(args)) => stored(border, &args.verb, &output),
        Some(Command::Fuzz(args)) => fuzz::run(args, &output),
        Some(Command::FuzzWorker(args)) => worker::run(args),
        Some(Command::FuzzAside(args)) => aside::run(args),
        Some(Command::Corpus(args)) => corpus::run(args, &output),
        Some(Command::Report(args)) => report::run(args, &output),
        Some(Command::Upgrade(args)) => upgrade::run(border, args, &output),
        Some(Command::List(args)) => list(border, args, &output),
    }
}

fn check<P: Protocol>(
    border: &Border<P>,
    args: &CheckArgs,
    output: &Output,
) -> Result<Outcome, CannotRun> {
    let output = &output.beside(&args.files);
    check_files(args.files.paths())?;
    check_outside(args.files.paths(), std::iter::once(args.fixtures.folder().to_owned()))?;
    let selection = args.pattern.clone().map_or(Selection::All, Selection::Like);
    let report = run(border, &selection, &args.fixtures, output)?;
    if report.tally().total() == 0 {
        return Err(CannotRun::new("no case is like that").hint("without a pattern all are run"));
    }
    let outcome = output.report(&report, &args.report);
    let details = || report.matrix().map(|matrix| border.skew().details(matrix));
    write_files(&report, details, &args.files).and(outcome)
}

fn run<P: Protocol>(
    border: &Border<P>,
    selection: &Selection,
    fixtures: &Fixtures,
    output: &Output,
) -> Result<Report, CannotRun> {
    let steps = border.skew().steps(&Nodes::default());
    let progress = Progress::start(output, "exchanges", steps);
    border
        .run(selection, fixtures.store()?.as_ref(), &|| progress.advance(1))
        .map_err(|error| CannotRun::new(error.to_string()))
}

fn repro<P: Protocol>(
    border: &Border<P>,
    args: &ReproArgs,
    output: &Output,
) -> Result<Outcome, CannotRun> {
    if let Some(story) = border.story(&args.address) {
        output.text(&story.to_string())?;
        return Ok(if story.is_foreseen { Outcome::Good } else { Outcome::Findings });
    }
    if border::gates::is_own(&args.address)
        && let Some(outcome) = gates::repro(border, &args.address, output)?
    {
        return Ok(outcome);
    }
    if border::future::is_own(&args.address)
        && let Some(outcome) = future::repro(border, &args.address, output)?
    {
        return Ok(outcome);
    }
    let those = Selection::Under(args.address.clone());
    let report = run(border, &those, &args.fixtures, output)?;
    if report.tally().total() == 0 {
        return Err(CannotRun::new(format!("there is no case {:?}", args.address))
            .hint("an address is what findings show, as matrix/1.0/2.0/1/MESSAGE/VALUE"));
    }
    output.report(&report, &ReportArgs::default())
}

fn stored<P: Protocol>(
    border: &Border<P>,
    verb: &GoldenVerb,
    output: &Output,
) -> Result<Outcome, CannotRun> {
    match verb {
        GoldenVerb::Verify(args) => {
            let mut report = Report::new(format!("{} golden verify", program::name()));
            report.add(golden::verify(border, &Store::open(args.fixtures.folder())?));
            output.report(&report, &args.report)
        }
        GoldenVerb::Diff { old, new, fixtures } => {
            let store = Store::open(fixtures.folder())?;
            let table = golden::difference(border, &store, [old, new]).map_err(|error| {
                CannotRun::new(error.to_string())
                    .hint("a name is the path of a fixture, or its beginning: 1.0/1/MESSAGE, 1.0")
            })?;
            if table.rows.is_empty() {
                output.text("no difference\n")?;
                return Ok(Outcome::Good);
            }
            output.table(&table, Format::Text)?;
            Ok(Outcome::Findings)
        }
        GoldenVerb::Propose(fixtures) => {
            changed(golden::propose(border, fixtures.folder())?, output)
        }
        GoldenVerb::Bless(fixtures) => changed(golden::bless(border, fixtures.folder())?, output),
        GoldenVerb::Amend { fixture, reason, fixtures } => {
            if reason.trim().is_empty() {
                return Err(CannotRun::new("an amendment needs a reason"));
            }
            if let Err(why) = golden::amend(border, fixtures.folder(), fixture, reason)? {
                return Err(CannotRun::new(format!("{fixture} is left as it is: {why}"))
                    .hint(format!("`{} golden propose` lists what would", program::name())));
            }
            output.text(&format!("{fixture} is amended\n"))?;
            Ok(Outcome::Good)
        }
        GoldenVerb::Freeze { release, fixtures } => {
            if border.skew().peer_named(release).is_none() {
                return Err(CannotRun::new(format!("there is no release {release:?}"))
                    .hint(format!("`{} list releases`", program::name())));
            }
            let count = golden::freeze(fixtures.folder(), release)?;
            if count == 0 {
                return Err(CannotRun::new(format!("no fixture of {release} is stored"))
                    .hint(format!("`{} golden bless` stores them", program::name())));
            }
            output.text(&format!("{count} fixtures of {release} are frozen\n"))?;
            Ok(Outcome::Good)
        }
    }
}

/// What has become of fixtures, or would.
fn changed((table, is_left): (Table, bool), output: &Output) -> Result<Outcome, CannotRun> {
    if table.rows.is_empty() {
        output.text("all fixtures are as releases write them\n")?;
    } else {
        output.table(&table, Format::Text)?;
    }
    Ok(if is_left { Outcome::Findings } else { Outcome::Good })
}

fn list<P: Protocol>(
    border: &Border<P>,
    args: &ListArgs,
    output: &Output,
) -> Result<Outcome, CannotRun> {
    let nodes = border.nodes();
    let table = match args.what {
        Listed::Releases => {
            let mut table = Table::new("releases", ["release", "messages"]);
            for node in nodes {
                let known =
                    border.messages().iter().filter(|it| !node.versions(it.name).is_empty());
                table.rows.push(vec![node.name().to_owned(), known.count().to_string()]);
            }
            table
        }
        Listed::Messages => {
            let names = nodes.iter().map(|node| node.name());
            let mut table = Table::new("messages", std::iter::once("message").chain(names));
            for topic in border.messages() {
                let of = |node: &&dyn Node<P::Value>| span::<P>(&node.versions(topic.name));
                let row = std::iter::once(topic.name.to_owned()).chain(nodes.iter().map(of));
                table.rows.push(row.collect());
            }
            table
        }
        Listed::Requirements => {
            let mut table = Table::new("requirements", ["requirement", "level", "what must hold"]);
            table.rows.extend(
                requirements()
                    .map(|it| vec![it.to_string(), it.level.to_string(), it.sentence.to_owned()]),
            );
            table
        }
        Listed::Losses => {
            let mut table = Table::new("losses", ["message", "field", "why"]);
            table.rows.extend(
                border.protocol.losses().iter().map(|it| {
                    vec![it.message.to_owned(), it.field.to_owned(), it.reason.to_owned()]
                }),
            );
            table
        }
    };
    output.table(&table, args.format)
}

/// Versions from the first to the last, as `1 to 3`.
fn span<P: Protocol>(versions: &[i32]) -> String {
    match versions {
        [] => "-".to_owned(),
        [one] => P::version(*one),
        [first, .., last] => format!("{} to {}", P::version(*first), P::version(*last)),
    }
}
