//! `skewproof explain`: what bytes are, and what each of them means.

use clap::Args;

use super::args::Format;
use super::input::{BytesForm, Source};
use super::memory::{self, Need};
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use super::speaker::parse_protocol;
use crate::suite::explain::{Hints, explain};
use crate::suite::speaker::INPUT_LEN_MAX;

const AFTER_HELP: &str = "\
Examples:
  skewproof explain 0505040104f40204c202
  skewproof explain --message Store --protocol V1 @store.bin --input raw
  skewproof explain --frame --release 1.4 0a020807c23e08080a120404010203
  skewproof explain --format json @frame.hex | jq '.spans[] | select(.path == \"header.msg_id\")'

Without --message or --frame everything that fits is tried, and the answer says how sure it is:
  certain    nothing else explains every byte
  decodes as N messages that share this form
  guess      no reading explains every byte; the one that explains most is shown
Damaged bytes are explained up to the fault, and the rest is shown as it is.

Exit codes: 0 explained without damage, 1 damaged, only guessed, or nothing fits, 2 bad usage or
unreadable. With --message or --frame the bytes are what you say, nothing else is tried, and what
is wrong with them is said with its place. The answer in a frame of V2 or later does not say which
message it is: with --frame it stays as it is.";

/// Explain bytes: which message they are, and what each of them means
///
/// Prints one line for each field, with its offset, bytes, path and value, for flexbuffers, bilrost
/// and protobuf alike; the payload of a frame is explained in its place. The decoder has its word
/// beside the dump: the value it reads, or why it refuses.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ExplainArgs {
    /// The bytes are a frame: one protobuf message, without the prefix of gRPC
    #[arg(long, conflicts_with = "message")]
    pub frame: bool,
    /// The bytes are the payload of this message, as `Trim`; see `skewproof list messages`. Or
    /// `LogRecord`, the body of a record of Store, Append or Records, or `EpochMetadata`
    #[arg(long, value_name = "MESSAGE")]
    pub message: Option<String>,
    /// The version that the connection negotiated: `V1`, `V2` or `V3`
    #[arg(long, value_name = "VERSION", value_parser = parse_protocol, allow_negative_numbers = true)]
    pub protocol: Option<i32>,
    /// The release that wrote the bytes, as `1.7`; see `skewproof list releases`
    #[arg(long, value_name = "RELEASE")]
    pub release: Option<String>,
    /// The form of the bytes in a file or on stdin
    #[arg(long, value_enum, value_name = "FORM", default_value_t)]
    pub input: BytesForm,
    /// The form of the explanation
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// The bytes: hexadecimal digits, `@FILE` to read them from a file, or `-` to read them from
    /// stdin
    #[arg(value_name = "HEX|@FILE|-")]
    pub bytes: Source,
}

/// Explains bytes.
///
/// # Errors
///
/// If the bytes cannot be read, or are asked to be what does not exist.
pub fn run(args: &ExplainArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let (message, release) = (args.message.as_deref(), args.release.as_deref());
    let hints = if args.frame {
        Hints::frame(release, args.protocol)?
    } else {
        Hints::new(message, release, args.protocol)?
    };
    let bytes = args.bytes.read_bytes(args.input, INPUT_LEN_MAX)?;
    memory::check(Need::Explanation, bytes.len())?;
    let bytes = bytes.into();
    let explanation = explain(&bytes, &hints);
    output.stream(|to| match args.format {
        Format::Text => explanation.write_text(to),
        Format::Json => explanation.write_json(to),
    })?;
    let is_explained = !explanation.is_damaged() && !explanation.is_guess();
    Ok(if is_explained { Outcome::Good } else { Outcome::Findings })
}
