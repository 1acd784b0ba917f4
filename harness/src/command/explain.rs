//! `explain`: which messages bytes can be, and what each of them is.

use clap::Args;

use super::args::Format;
use super::input::{BytesForm, Source};
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use crate::border::{Border, ExplainError, Hints, Protocol};
use crate::program;

/// Bytes that are explained at most.
const LEN_MAX: usize = 1 << 20;

const AFTER_HELP: &str = "\
Examples:
  skewproof explain 300f000c
  skewproof explain @message.bin --input raw --message MESSAGE

Exit codes: 0 some release reads them, 1 none does or one comes to no end of it, 2 bad usage or
unreadable.";

/// Show which messages, versions and releases can read bytes, and what each byte is
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ExplainArgs {
    /// The bytes: hexadecimal digits, `@FILE` to read them from a file, or `-` to read them from stdin
    #[arg(value_name = "HEX|@FILE|-")]
    bytes: Source,
    /// Only as this message
    #[arg(long, value_name = "MESSAGE")]
    message: Option<String>,
    /// Only at this version
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    /// Only by this release
    #[arg(long, value_name = "RELEASE")]
    release: Option<String>,
    /// The form of the bytes in a file or on stdin
    #[arg(long, value_enum, value_name = "FORM", default_value_t)]
    input: BytesForm,
    /// The form of the explanation
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Explains bytes.
///
/// # Errors
///
/// If the bytes cannot be read, or are asked to be what there is not.
pub fn run<P: Protocol>(
    border: &Border<P>,
    args: &ExplainArgs,
    output: &Output,
) -> Result<Outcome, CannotRun> {
    let bytes = args.bytes.read_bytes(args.input, LEN_MAX)?.into();
    let hints = Hints {
        message: args.message.clone(),
        version: args.version.clone(),
        release: args.release.clone(),
    };
    let program = std::env::current_exe().map_err(|error| {
        CannotRun::new(format!("the program cannot start itself again: {error}"))
    })?;
    let explanation = border.explain(&bytes, &hints, Some(&program)).map_err(|error| {
        let cannot = CannotRun::new(error.to_string());
        match error {
            ExplainError::Nothing => {
                cannot.hint(format!("`{} list messages` has the versions", program::name()))
            }
            _ => cannot,
        }
    })?;
    match args.format {
        Format::Text => output.words(&explanation.to_text())?,
        Format::Json => output.text(&explanation.to_json())?,
    }
    Ok(if explanation.is_ok() { Outcome::Good } else { Outcome::Findings })
}
