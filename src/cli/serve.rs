//! `skewproof serve`: the model of a release, on a socket.

use std::io::Write;

use clap::Args;

use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use super::probe::of_this_machine;
use super::signals::stop_on_signal;
use crate::live::{Stop, serve};
use crate::suite::live::Model;

const AFTER_HELP: &str = "\
Examples:
  skewproof serve 127.0.0.1:5122 --release 1.7
  skewproof serve 127.0.0.1:0 --release 1.6+M70    with a planted bug, at any port

It serves until Ctrl-C.";

/// Be a server: the model of a release, for a dialler of yours, or to try `probe`
///
/// Handshakes, sessions and their faults are those of the release. Calls are answered by sample values,
/// and the metadata is that of a cluster of one.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ServeArgs {
    /// Where it listens, as `127.0.0.1:5122`; port 0 is any that is free
    #[arg(value_name = "ADDRESS")]
    pub address: String,
    /// The release, as `1.7`, or with a planted bug, as `1.7+M72`
    #[arg(long, value_name = "RELEASE")]
    pub release: String,
    /// The name of its cluster
    #[arg(long, value_name = "NAME", default_value = "skewproof")]
    pub cluster: String,
    /// An address that others can reach is meant
    #[arg(long)]
    pub yes_this_server_is_mine: bool,
}

/// Serves.
///
/// # Errors
///
/// If there is no such release, or the address cannot be had.
pub fn run(args: &ServeArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let address = of_this_machine(&args.address, args.yes_this_server_is_mine)?;
    let model = Model::named(&args.release, &args.cluster)?;
    let stop = Stop(stop_on_signal()?);
    let mut said = Ok(());
    let listens = |socket| {
        let ServeArgs { release, cluster, .. } = args;
        said = output.words(&format!("{release} of the cluster {cluster:?} at {socket}\n"));
    };
    let compressed = || {
        let words = "a peer compresses what it says, which is not spoken here, and is refused\n\
             start it with networking.disable-compression=true";
        let _ = writeln!(std::io::stderr(), "{words}");
    };
    serve(&address, model, &args.cluster, &stop, listens, compressed)?;
    said.map(|()| Outcome::Good)
}
