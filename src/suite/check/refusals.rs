//! What a release or a version cannot carry is refused with the right error, and nothing is dropped
//! in silence.

use bytes::Bytes;

use super::{Checks, Speaker};
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::payload::{DecodeError, EncodeError};
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::suite::compare::Difference;
use crate::suite::expectations;
use crate::suite::requirements;
use crate::suite::samples;

const CHECK: &str = "refused in time";

/// Checks what is to be refused of this value; true if all of it is.
pub fn run(speaker: &Speaker, message: &Message, checks: &mut Checks<'_>) -> bool {
    let cx = speaker.cx;
    let encoded = checks.subject.encode(message, cx.release, speaker.number());
    let min_required = expectations::first_version(message);
    let is_known = message.message_type().row().is_known_to(cx.release);
    let (result, is_refused) = if !is_known {
        let requirement = "a release does not encode a message that it does not know";
        (expect(requirement, encoded, |e| matches!(e, EncodeError::UnknownMessage { .. })), true)
    } else if cx.version < min_required {
        let requirement = "what the version cannot carry is refused as incompatible";
        let incompatible = |error: &EncodeError| match error {
            EncodeError::IncompatibleVersion { min_required: required, negotiated, .. } => {
                *required == min_required && *negotiated == cx.version
            }
            _ => false,
        };
        (expect(requirement, encoded, incompatible), true)
    } else {
        match message.clone().fitted(cx) {
            Ok(fitted) => {
                (not_dropped_in_silence(speaker, message, &fitted, encoded, checks), false)
            }
            Err(_) => {
                let requirement = "what the release has no form for is refused";
                (expect(requirement, encoded, |e| matches!(e, EncodeError::Unfit { .. })), true)
            }
        }
    };
    let case = speaker.case(&requirements::REFUSED, message.message_type());
    checks.record(CHECK, cx.release, case, result);
    is_refused
}

fn expect(
    requirement: &'static str,
    encoded: Result<Bytes, EncodeError>,
    is_expected: impl FnOnce(&EncodeError) -> bool,
) -> Result<(), Difference> {
    match encoded {
        Err(error) if is_expected(&error) => Ok(()),
        Err(error) => Err(Difference::new(requirement, "that error", error.to_string())),
        Ok(bytes) => Err(Difference::new(requirement, "an error", hex::encode(bytes))),
    }
}

/// A value that the release holds only a part of is refused, or has a declared stand-in.
fn not_dropped_in_silence(
    speaker: &Speaker,
    message: &Message,
    fitted: &Message,
    encoded: Result<Bytes, EncodeError>,
    checks: &Checks<'_>,
) -> Result<(), Difference> {
    if message == fitted {
        return Ok(());
    }
    let requirement = "nothing of a value is dropped in silence";
    match encoded {
        Err(EncodeError::Unfit { .. }) => Ok(()),
        Err(error) => Err(Difference::new(requirement, "an unfit value", error.to_string())),
        Ok(bytes) => {
            let (release, number) = (speaker.cx.release, speaker.number());
            match checks.subject.decode(message.message_type(), &bytes, release, number) {
                Ok(decoded)
                    if decoded == *fitted && expectations::has_stand_in(message, speaker.cx) =>
                {
                    Ok(())
                }
                _ => Err(Difference::new(requirement, "an error", hex::encode(bytes))),
            }
        }
    }
}

/// Checks that numbers of versions which the release does not speak are refused, both ways.
pub fn run_numbers(message_type: MessageType, release: Release, checks: &mut Checks<'_>) {
    let Some(sample) = samples::samples(message_type).next() else { return };
    let spoken = |number| {
        ProtocolVersion::from_number(number).is_some_and(|version| release.speaks(version))
    };
    for number in [i32::MIN, -1, 0, 1, 2, 3, 4, 5, i32::MAX].into_iter().filter(|n| !spoken(*n)) {
        let encoded = checks.subject.encode(&sample.message, release, number);
        let decoded = checks.subject.decode(message_type, &Bytes::new(), release, number);
        let requirement = "a version that the release does not speak is refused";
        let result = match (encoded, decoded) {
            (
                Err(EncodeError::UnknownVersion { .. } | EncodeError::UnknownMessage { .. }),
                Err(DecodeError::UnknownVersion { .. } | DecodeError::UnknownMessage { .. }),
            ) => Ok(()),
            (encoded, decoded) => Err(Difference::new(
                requirement,
                "an error each",
                format!("encoding: {encoded:?}, decoding: {decoded:?}"),
            )),
        };
        let number = number.to_string();
        let case = requirements::NUMBER.case([release.name(), &number, message_type.name()]);
        checks.record(CHECK, release, case, result);
    }
}
