//! `skewproof decode`: bytes from the wire to the value that a release would read.

use std::io::Write;

use clap::Args;

use super::input::{BytesForm, Source};
use super::memory::{self, Need};
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use super::speaker::{SpeakerArgs, refusal};
use crate::suite::speaker::INPUT_LEN_MAX;

const AFTER_HELP: &str = "\
Examples:
  skewproof decode Trim --release 1.7 --protocol V2 0505040104f40204c202
  skewproof decode Store --release 1.4 --protocol V1 @store.bin --input raw
  skewproof decode LogRecord --release 1.6.2 @body.hex
  skewproof encode Gossip --release 1.6 --protocol V3 @gossip.json |
      skewproof decode Gossip --release 1.7 --protocol V3 -

Bytes that the release would not understand are refused with exit code 1 and the place of the fault.";

/// Decode the bytes of a message to the value, as JSON, that a release would read
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct DecodeArgs {
    /// Message, release and version.
    #[command(flatten)]
    pub speaker: SpeakerArgs,
    /// The form of the bytes in a file or on stdin
    #[arg(long, value_enum, value_name = "FORM", default_value_t)]
    pub input: BytesForm,
    /// The bytes: hexadecimal digits, `@FILE` to read them from a file, or `-` to read them from
    /// stdin
    #[arg(value_name = "HEX|@FILE|-")]
    pub bytes: Source,
}

/// Decodes one value.
///
/// # Errors
///
/// If the bytes cannot be read.
pub fn run(args: &DecodeArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let speaker = args.speaker.resolve()?;
    let bytes = args.bytes.read_bytes(args.input, INPUT_LEN_MAX)?;
    memory::check(Need::Value, bytes.len())?;
    match speaker.decode(bytes.into()) {
        Ok(value) => {
            output.stream(|to| {
                serde_json::to_writer_pretty(&mut *to, &value)?;
                writeln!(to)
            })?;
            Ok(Outcome::Good)
        }
        Err(error) => refusal(error),
    }
}
