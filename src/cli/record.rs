//! `skewproof record`: nodes that talk to each other, recorded.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use super::probe::of_this_machine;
use super::signals::stop_on_signal;
use crate::harness::render::requirements::counted;
use crate::live::{Address, Note, Record, Recorded, Stop, record};
use crate::suite::live::Taped;
use crate::suite::speaker::release_named;

const AFTER_HELP: &str = "\
Examples:
  skewproof record 127.0.0.1:6122 127.0.0.1:5122 --to nodes.jsonl
  skewproof record 127.0.0.1:6122 127.0.0.1:5122 127.0.0.1:5123 --to nodes.jsonl
  skewproof captures nodes.jsonl

A node is recorded if the others reach it here: let it advertise this address. It has to be told not to
compress, by networking.disable-compression=true. It records until Ctrl-C.";

/// Stand between nodes, and record what they say to each other
///
/// What passes is passed on byte by byte, and read along: the streams on which nodes talk, in the form that
/// `captures` replays. Each node is asked which release it is, when somebody dials it.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct RecordArgs {
    /// Where the first node is reached from now on; the next ones have the next ports
    #[arg(value_name = "LISTEN")]
    pub listen: String,
    /// The nodes
    #[arg(value_name = "UPSTREAM", required = true)]
    pub upstream: Vec<String>,
    /// The recording, a new file
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
    /// The release of the nodes, as `1.5.3`, instead of what they turn out to be
    #[arg(long, value_name = "RELEASE")]
    pub release: Option<String>,
    /// Addresses that are not of this machine are meant
    #[arg(long)]
    pub yes_this_server_is_mine: bool,
}

/// Records.
///
/// # Errors
///
/// If an address cannot be had, or the file cannot be written.
pub fn run(args: &RecordArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let named = |text: &str| of_this_machine(text, args.yes_this_server_is_mine);
    let listen = named(&args.listen)?;
    let mut ways = Vec::new();
    for (offset, upstream) in (0_u16..).zip(&args.upstream) {
        ways.push((beside(&listen, offset)?, named(upstream)?));
    }
    let release = args.release.as_deref().map(release_named).transpose()?;
    let mut file = created(&args.to)?;
    let asked = Record { ways, release, stop: Stop(stop_on_signal()?) };
    let mut said = Ok(());
    let listens = |here: &[Address]| {
        let lines = here.iter().zip(&args.upstream);
        let lines = lines.map(|(here, there)| format!("{here} stands for {there}\n"));
        said = output.words(&lines.collect::<String>());
    };
    let notes = |node: usize, note: Note| {
        if let Some(named) = args.upstream.get(node) {
            let _ = writeln!(std::io::stderr(), "{}", in_words(named, &note));
        }
    };
    let recorded = record(&asked, listens, notes, |frames| written(&mut file, &args.to, &frames))?;
    said?;
    output.words(&ends(&args.to, recorded))?;
    Ok(Outcome::Good)
}

/// What was recorded, and what was not.
fn ends(to: &Path, Recorded { frames, unreadable, unknown }: Recorded) -> String {
    let compressed = (unreadable > 0).then(|| counted(unreadable, "compressed direction"));
    let unknown = (unknown > 0)
        .then(|| format!("{}, compressed before any Hello", counted(unknown, "direction")));
    let left_out: Vec<String> = compressed.into_iter().chain(unknown).collect();
    let unread = match left_out.as_slice() {
        [] => String::new(),
        left_out => format!(
            "; left out of streams: {}: see networking.disable-compression",
            left_out.join(", and ")
        ),
    };
    format!("{} in {}{unread}\n", counted(frames, "frame"), to.display())
}

/// Why something that a node says is not recorded, and what to do.
fn in_words(named: &str, note: &Note) -> String {
    match note {
        Note::Unnamed(why) => format!(
            "nothing of {named} is recorded, whose release is not known: {why}\n\
             name it, as --release 1.7"
        ),
        Note::Compressed => format!(
            "what {named} hears or says is compressed, and is left out\n\
             start the nodes with networking.disable-compression=true"
        ),
    }
}

/// An address some ports further; any free one stays one.
fn beside(listen: &Address, offset: u16) -> Result<Address, CannotRun> {
    let mut socket = listen.socket;
    let port = socket.port();
    let further = if port == 0 { Some(0) } else { port.checked_add(offset) };
    let further = further.ok_or_else(|| CannotRun::new("there are not so many ports"))?;
    socket.set_port(further);
    Ok(Address::from(socket))
}

fn created(path: &Path) -> Result<BufWriter<File>, CannotRun> {
    let file = File::create_new(path);
    let problem = |error| CannotRun::new(format!("cannot write {}: {error}", path.display()));
    file.map(BufWriter::new).map_err(problem)
}

/// What was recorded is there, whatever happens then.
fn written(file: &mut BufWriter<File>, path: &Path, frames: &[Taped]) -> Result<(), CannotRun> {
    let mut lines = frames.iter().map(Taped::line);
    let written = lines.try_for_each(|line| writeln!(file, "{line}")).and_then(|()| file.flush());
    written.map_err(|error| CannotRun::new(format!("cannot write {}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_said() {
        let words = |unreadable, unknown| {
            let words = ends(Path::new("a"), Recorded { frames: 3, unreadable, unknown });
            words.trim_end().strip_prefix("3 frames in a").map(str::to_owned).unwrap()
        };
        let left_out = |what: &str| {
            format!("; left out of streams: {what}: see networking.disable-compression")
        };
        assert_eq!(words(0, 0), "");
        assert_eq!(words(1, 0), left_out("1 compressed direction"));
        let both = "1 compressed direction, and 2 directions, compressed before any Hello";
        assert_eq!(words(1, 2), left_out(both));
        assert_eq!(words(0, 2), left_out("2 directions, compressed before any Hello"));
    }
}
