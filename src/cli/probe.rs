//! `skewproof probe`: a server that somebody runs.

use std::time::{Instant, SystemTime};

use clap::Args;

use super::args::ScreenArgs;
use super::files::{check_files, write_files};
use super::live::excuse;
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use super::progress::Progress;
use super::signals::stop_on_signal;
use crate::harness::render::quoted;
use crate::harness::selection::Selection;
use crate::live::{Address, LiveError, NoAddress, NoNode, Probe, Probed, Stop, probe};
use crate::suite::causes::about;
use crate::suite::live::{Manners, screen};
use crate::suite::speaker::release_named;

const AFTER_HELP: &str = "\
Examples:
  skewproof probe 127.0.0.1:5122
  skewproof probe 127.0.0.1:5122 --junit report.xml
  skewproof probe 127.0.0.1:5122 'check/hello/*offers:3..3*'
  skewproof probe 10.0.0.7:5122 --yes-this-server-is-mine

The address is the one on which nodes talk to each other. Exit codes: 0 the server does what its release
did, 1 it does otherwise, 2 it could not be spoken to.";

/// Ask a server that runs: which release line it is, and whether it does what that did
///
/// Every case of a handshake that can be made over a wire, from peers that the cluster does not have, and
/// calls that change nothing. What would make the server believe something is left out unless
/// `--intrusive` asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ProbeArgs {
    /// Where it is, as `127.0.0.1:5122`
    #[arg(value_name = "ADDRESS")]
    pub address: String,
    /// Only cases whose address has this in it; with `*` and `?`, that are like it as a whole
    #[arg(value_name = "PATTERN")]
    pub pattern: Option<String>,
    /// The release that it is held to, as `1.5.3`, instead of the one that it turns out to be
    #[arg(long, value_name = "RELEASE")]
    pub release: Option<String>,
    /// The name of its cluster, instead of the one that it tells
    #[arg(long, value_name = "NAME")]
    pub cluster: Option<String>,
    /// Play what changes what the server believes, too: only to one that was started for it
    #[arg(long)]
    pub intrusive: bool,
    /// An address that is not of this machine is meant
    #[arg(long)]
    pub yes_this_server_is_mine: bool,
    /// What is shown, and where else it goes.
    #[command(flatten)]
    pub shown: ScreenArgs,
}

/// Plays to a server.
///
/// # Errors
///
/// If it cannot be spoken to.
pub fn run(args: &ProbeArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let begun = Instant::now();
    let output = &output.beside(&args.shown.files);
    check_files(args.shown.files.paths())?;
    let address = of_this_machine(&args.address, args.yes_this_server_is_mine)?;
    let selection = args.pattern.clone().map_or(Selection::All, Selection::Like);
    let release = args.release.as_deref().map(release_named).transpose()?;
    let options = options(args);
    let progress = Progress::start(output, "cases played", 0);
    let run =
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let asked = Probe {
        address,
        cluster: args.cluster.clone(),
        release,
        manners: if args.intrusive { Manners::Intrusive } else { Manners::Harmless },
        run,
        repro: &|case| format!("skewproof probe {options} {}", quoted(case.as_str())),
        is_asked: &|case| selection.has(case.as_str(), case.requirement()),
        stop: Stop(stop_on_signal()?),
    };
    let Probed { known, mut report } = probe(&asked, &|done, of| progress.reach(done, of))?;
    drop(progress);
    // What costs a server something is played to none that somebody runs, nor missed here.
    excuse(&mut report, &known, false)?;
    let report = report.explained(about);
    let outcome = output.screen(&report, &args.shown, || screen(&report, &known, begun.elapsed()));
    write_files(&report, || None, &args.shown.files).and(outcome)
}

/// The server again, with all that is said of it.
fn options(args: &ProbeArgs) -> String {
    let mut options = quoted(&args.address);
    for (name, value) in [("release", &args.release), ("cluster", &args.cluster)] {
        if let Some(value) = value {
            options.push_str(&format!(" --{name} {}", quoted(value)));
        }
    }
    for (flag, is_set) in [
        ("--intrusive", args.intrusive),
        ("--yes-this-server-is-mine", args.yes_this_server_is_mine),
    ] {
        if is_set {
            options.push_str(&format!(" {flag}"));
        }
    }
    options
}

/// An address of this machine, or one that is meant.
///
/// # Errors
///
/// If it is none, or of another machine and nobody says that it is meant.
pub(super) fn of_this_machine(named: &str, is_meant: bool) -> Result<Address, CannotRun> {
    let address = Address::read(named)?;
    if address.is_loopback() || is_meant {
        return Ok(address);
    }
    let problem = format!("{address} is not of this machine");
    Err(CannotRun::new(problem)
        .hint("if the server is yours, say so with --yes-this-server-is-mine"))
}

impl From<NoAddress> for CannotRun {
    fn from(error: NoAddress) -> Self {
        Self::new(error.to_string()).hint("give host and port, as 127.0.0.1:5122")
    }
}

impl From<LiveError> for CannotRun {
    fn from(error: LiveError) -> Self {
        let hint = match &error {
            LiveError::NoCluster(_) => Some("name it, as --cluster NAME"),
            LiveError::NoNode(NoNode::NoPlace(_)) => {
                Some("TMPDIR names another folder for servers")
            }
            LiveError::Unnamed { .. } => Some("say what it is to be held to, as --release 1.7"),
            _ => None,
        };
        let it = Self::new(error.to_string());
        match hint {
            Some(hint) => it.hint(hint),
            None => it,
        }
    }
}
