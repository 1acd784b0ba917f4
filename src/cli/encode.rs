//! `skewproof encode`: a value from JSON to the bytes that a release would send.

use clap::Args;

use super::input::{BytesForm, Source};
use super::memory::{self, Need};
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use super::speaker::{SpeakerArgs, refusal};
use crate::suite::speaker::INPUT_LEN_MAX;

const AFTER_HELP: &str = "\
Examples:
  skewproof encode Trim --release 1.7 --protocol V2 \\
      '{\"header\": {\"loglet_id\": 1, \"known_global_tail\": 500}, \"trim_point\": 450}'
  skewproof encode Store --release 1.4 --protocol V1 @store.json --output raw > store.bin
  skewproof encode Gossip --release 1.6 --protocol V3 < gossip.json

A value that the version cannot carry is refused with exit code 1, as the release would refuse it.";

/// Bytes in JSON take two digits each, numbers up to twenty.
const JSON_LEN_MAX: usize = 8 * INPUT_LEN_MAX;

/// Encode a message from JSON to the bytes that a release would send
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct EncodeArgs {
    /// Message, release and version.
    #[command(flatten)]
    pub speaker: SpeakerArgs,
    /// The form of the bytes on stdout
    #[arg(long, value_enum, value_name = "FORM", default_value_t)]
    pub output: BytesForm,
    /// The value: JSON, `@FILE` to read it from a file, or `-` to read it from stdin
    #[arg(value_name = "JSON|@FILE|-", default_value = "-")]
    pub value: Source,
}

/// Encodes one value.
///
/// # Errors
///
/// If the value cannot be read, or is none of the message.
pub fn run(args: &EncodeArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let speaker = args.speaker.resolve()?;
    let json = args.value.read_text(JSON_LEN_MAX)?;
    memory::check(Need::Value, json.len())?;
    match speaker.encode(&json) {
        Ok(bytes) => {
            match args.output {
                BytesForm::Hex => output.text(&format!("{}\n", hex::encode(&bytes)))?,
                BytesForm::Raw => output.bytes(&bytes)?,
            }
            Ok(Outcome::Good)
        }
        Err(error) => refusal(error),
    }
}
