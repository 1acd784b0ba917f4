//! `skewproof golden diff`: two encodings compared field by field.

use std::collections::BTreeMap;
use std::path::Path;

use clap::Args;

use crate::cli::input::Source;
use crate::cli::memory::{self, Need};
use crate::cli::outcome::{CannotRun, Outcome};
use crate::cli::output::Output;
use crate::cli::speaker::parse_protocol;
use crate::harness::files;
use crate::suite::difference::{Side, between, between_folders};
use crate::suite::speaker::INPUT_LEN_MAX;

const AFTER_HELP: &str = "\
Examples:
  skewproof golden diff old/v2/Trim/typical.snap golden/v2/Trim/typical.snap
  skewproof golden diff old/golden golden
  skewproof golden diff golden/v2/Trim/typical.snap 0505040104f40204c202
  skewproof golden diff --message Trim --protocol V2 08c202 08c302

The last line is the verdict, from decoders that were tried in both directions:
  FULL      old and new read each other
  BACKWARD  new reads old, but old does not read new
  FORWARD   old reads new, but new does not read old
  BROKEN    neither reads the other, or a line does not read what it is said to write

Exit codes: 0 identical, 1 different, 2 could not run.";

/// Fixtures of two folders whose fields are shown.
const FIXTURES_MAX: usize = 10;

/// Compare two fixtures, two folders of them, or a fixture and bytes
///
/// Names the fields that were added, removed, renumbered or retyped, and values that changed, with
/// their place on both sides; and tries whether the release lines that stand behind either side
/// read the other.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct DiffArgs {
    /// The old side: a fixture, a folder, hexadecimal digits, or `@FILE` with such
    #[arg(value_name = "A")]
    pub old: String,
    /// The new side
    #[arg(value_name = "B")]
    pub new: String,
    /// The message, if neither side is a fixture
    #[arg(long, value_name = "MESSAGE")]
    pub message: Option<String>,
    /// The version of the bytes, if neither side is a fixture
    #[arg(long, value_name = "VERSION", value_parser = parse_protocol, requires = "message")]
    pub protocol: Option<i32>,
    /// The release behind the bytes, if neither side is a fixture
    #[arg(long, value_name = "RELEASE", requires = "message")]
    pub release: Option<String>,
    /// Show at most this many fields of a fixture
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub changes: usize,
}

/// What an argument stands for.
enum Given {
    Folder(BTreeMap<String, String>),
    Fixture(Box<Side>),
    Bytes(Vec<u8>),
}

/// Compares.
///
/// # Errors
///
/// If a side cannot be read, or it cannot be told what it is.
pub fn run(args: &DiffArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let (text, is_identical) = match (read(&args.old)?, read(&args.new)?) {
        (Given::Folder(old), Given::Folder(new)) => {
            let difference = between_folders(&old, &new);
            (difference.to_text(FIXTURES_MAX, args.changes), difference.is_identical())
        }
        (Given::Folder(_), _) | (_, Given::Folder(_)) => {
            return Err(CannotRun::new("a folder can only be compared with a folder")
                .hint("name a fixture in it"));
        }
        (old, new) => {
            let (old, new) = sides(args, old, new)?;
            memory::check(Need::Difference, old.bytes.len() + new.bytes.len())?;
            let difference = between(&old, &new);
            (difference.to_text(args.changes), difference.is_identical())
        }
    };
    output.text(&text)?;
    Ok(if is_identical { Outcome::Good } else { Outcome::Findings })
}

/// Bytes are the message that the other side is, or that the user says.
fn sides(args: &DiffArgs, old: Given, new: Given) -> Result<(Side, Side), CannotRun> {
    let of_bytes = |name: &str, bytes: Vec<u8>| match &args.message {
        Some(message) => {
            let release = args.release.as_deref();
            Side::of_bytes(name, bytes.into(), message, release, args.protocol)
                .map_err(CannotRun::from)
        }
        None => Err(CannotRun::new("it is not said what these bytes are")
            .hint("add --message, and --protocol or --release, or compare with a fixture")),
    };
    Ok(match (old, new) {
        (Given::Fixture(old), Given::Fixture(new)) => (*old, *new),
        (Given::Fixture(old), Given::Bytes(bytes)) => {
            let new = old.with_bytes("bytes", bytes.into());
            (*old, new)
        }
        (Given::Bytes(bytes), Given::Fixture(new)) => {
            let old = new.with_bytes("bytes", bytes.into());
            (old, *new)
        }
        (Given::Bytes(old), Given::Bytes(new)) => (of_bytes("old", old)?, of_bytes("new", new)?),
        (Given::Folder(_), _) | (_, Given::Folder(_)) => {
            return Err(CannotRun::new("a folder is no fixture"));
        }
    })
}

fn read(argument: &str) -> Result<Given, CannotRun> {
    let path = Path::new(argument);
    match path.metadata() {
        Ok(there) if there.is_dir() => return Ok(Given::Folder(read_folder(path)?)),
        Ok(_) => {
            let side = Side::of_fixture(argument, &read_text(path)?);
            let side = side.map_err(|error| CannotRun::new(error.to_string()))?;
            return Ok(Given::Fixture(Box::new(side)));
        }
        Err(_) if argument.contains('/') && !argument.starts_with('@') => {
            return Err(CannotRun::new(format!("there is no file or folder {argument}")));
        }
        Err(_) => {}
    }
    let Ok(source) = argument.parse::<Source>();
    let bytes = source.read_hex(INPUT_LEN_MAX).map_err(|error| {
        let hint = "a side is the path of a fixture or folder, hexadecimal digits, or `@FILE`";
        CannotRun::new(format!("{argument}: {error}")).hint(hint)
    })?;
    Ok(Given::Bytes(bytes))
}

/// The snapshots below a folder, by their path in it.
fn read_folder(root: &Path) -> Result<BTreeMap<String, String>, CannotRun> {
    let mut documents = BTreeMap::new();
    for path in files::walk(root, None)? {
        if path.extension().is_some_and(|it| it == "snap") {
            let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            documents.insert(name, read_text(&path)?);
        }
    }
    Ok(documents)
}

fn read_text(path: &Path) -> Result<String, CannotRun> {
    files::read_text(path, files::DOCUMENT_LEN_MAX)
        .map_err(|error| CannotRun::new(format!("cannot read {}: {error}", path.display())))
}
