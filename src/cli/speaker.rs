//! Which codec is meant, and what it refuses.

use std::io::{self, Write};

use clap::Args;

use super::outcome::{CannotRun, Outcome};
use crate::harness::render::printable::printable;
use crate::suite::speaker::{SpeakError, Speaker};

/// Which codec is meant: a message, as one release speaks it at one version of the protocol.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct SpeakerArgs {
    /// The message, as `Trim`; see `skewproof list messages`. Or `LogRecord`, what the records of
    /// Store, Append and Records hold, or `EpochMetadata`
    #[arg(value_name = "MESSAGE")]
    pub message: String,
    /// The release that speaks, as `1.7`; see `skewproof list releases`
    #[arg(long, value_name = "RELEASE")]
    pub release: String,
    /// The version that the connection negotiated: `V1`, `V2`, `V3`, or any number, to see what
    /// becomes of one that nobody knows. Log records and documents have none
    #[arg(long, value_name = "VERSION", value_parser = parse_protocol, allow_negative_numbers = true)]
    pub protocol: Option<i32>,
}

/// A version of the protocol: `V2`, `v2` or `2`. Any number will do: what nobody knows is for the
/// codec to refuse, not for the parser.
pub(super) fn parse_protocol(text: &str) -> Result<i32, String> {
    let number = text.strip_prefix(['V', 'v']).unwrap_or(text);
    number.parse().map_err(|_| "expected `V2`, or a number of 32 bits".to_owned())
}

impl SpeakerArgs {
    /// Looks the names up.
    ///
    /// # Errors
    ///
    /// If there is no such message or release.
    pub fn resolve(&self) -> Result<Speaker, CannotRun> {
        Speaker::new(&self.message, &self.release, self.protocol).map_err(CannotRun::from)
    }
}

/// A question that makes no sense is one that cannot be answered.
impl From<SpeakError> for CannotRun {
    fn from(error: SpeakError) -> Self {
        match error {
            SpeakError::Misasked { problem, hint } => Self::new(problem).hint(hint),
            SpeakError::Refused(reason) => Self::new(reason),
        }
    }
}

/// Says on stderr that the codec refuses: a finding, as on a connection.
///
/// # Errors
///
/// If it was not the codec that refused, but the question made no sense.
pub fn refusal(error: SpeakError) -> Result<Outcome, CannotRun> {
    match error {
        SpeakError::Refused(reason) => {
            let _ = writeln!(io::stderr(), "refused: {}", printable(&reason));
            Ok(Outcome::Findings)
        }
        misasked => Err(misasked.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_three_spellings() {
        assert_eq!(["V2", "v2", "2"].map(parse_protocol), [Ok(2), Ok(2), Ok(2)]);
        assert_eq!(parse_protocol("2147483647"), Ok(i32::MAX));
        assert!(
            ["", "V", "VV2", "2.0", "2147483648"].map(parse_protocol).iter().all(Result::is_err)
        );
    }
}
