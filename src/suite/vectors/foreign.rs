//! Versions and bytes that a release should not get, and what it did with them.

use bytes::Bytes;

use super::line::{DamagedLine, Line};
use super::payload::{Index, Key, message_type, same_value, without_typed_bodies};
use crate::fabric::catalogue::Message;
use crate::fabric::codec::tree::Context;
use crate::fabric::version::ProtocolVersion;
use crate::harness::boundary;
use crate::suite::compare::Difference;
use crate::suite::subject::Subject;

/// What the release did.
enum Outcome {
    Answered,
    Refused,
}

/// Verifies a line. None if it speaks of a value that is nowhere in the folder.
pub fn verify(
    line: &Line,
    index: &Index,
    subject: &dyn Subject,
) -> Result<Option<Result<(), Difference>>, DamagedLine> {
    if line.text("op")? == "encode" {
        verify_encoding(line, index, subject)
    } else {
        verify_decoding(line, subject).map(Some)
    }
}

/// A panic of the release counts as a refusal: we give an error there.
fn outcome(line: &Line) -> Result<Outcome, DamagedLine> {
    if line.get("panic").is_some() || line.get("error").is_some() {
        return Ok(Outcome::Refused);
    }
    match line.optional_text("outcome")? {
        None | Some("ok") => Ok(Outcome::Answered),
        Some("error" | "panic") => Ok(Outcome::Refused),
        Some(other) => Err(line.damaged(format!("unknown outcome {other:?}"))),
    }
}

fn verify_encoding(
    line: &Line,
    index: &Index,
    subject: &dyn Subject,
) -> Result<Option<Result<(), Difference>>, DamagedLine> {
    let release = line.release("release")?;
    let number = line.version()?;
    let message_type = message_type(line, "message")?;
    let Some(value) = line.get("value").or_else(|| value_elsewhere(line, index)) else {
        return Ok(None);
    };
    // The value is the same at every version; any that has a form for it will do to read it.
    let version = ProtocolVersion::from_number(number).unwrap_or(ProtocolVersion::V1);
    let message = Message::from_json(message_type, value, Context { release, version })
        .map_err(|fault| line.damaged(format!("value: {fault}")))?;
    let encoded = boundary::contain(|| subject.encode(&message, release, number));
    // At a version that nobody knows there is nothing to encode, whatever a release made of it.
    let is_unknown = !release.range().contains(number);
    let verdict = match (outcome(line)?, encoded) {
        (_, Err(panicked)) => Err(Difference::new(NO_PANIC, "an error", panicked.to_string())),
        (Outcome::Answered, Ok(Err(error))) if !is_unknown => {
            Err(Difference::new("what the release encodes is encoded", "bytes", error.to_string()))
        }
        (Outcome::Refused, Ok(Ok(bytes))) => {
            Err(Difference::new("what the release refuses is refused", "an error", hex(&bytes)))
        }
        (Outcome::Answered, Ok(Ok(bytes))) if is_unknown => Err(Difference::new(
            "nothing is encoded at an unknown version",
            "an error",
            hex(&bytes),
        )),
        (_, Ok(_)) => Ok(()),
    };
    Ok(Some(verdict))
}

const NO_PANIC: &str = "no input makes the codec panic";

/// The value of the vector with this release, message and case, at any version.
fn value_elsewhere<'a>(line: &Line, index: &'a Index) -> Option<&'a serde_json::Value> {
    let [release, message, case] = ["release", "message", "case"].map(|name| line.text(name).ok());
    ["V1", "V2", "V3"].iter().find_map(|protocol| {
        let key = Key {
            release: release?.to_owned(),
            protocol: (*protocol).to_owned(),
            message: message?.to_owned(),
            case: case?.to_owned(),
        };
        index.get(&key).map(|vector| &vector.value)
    })
}

fn verify_decoding(
    line: &Line,
    subject: &dyn Subject,
) -> Result<Result<(), Difference>, DamagedLine> {
    let release = line.release("release")?;
    let number = line.version()?;
    let message_type = message_type(line, "message")?;
    let bytes = line.bytes("input_hex")?;
    let decoded = boundary::contain(|| subject.decode(message_type, &bytes, release, number));
    let decoded = match decoded {
        Ok(decoded) => decoded,
        Err(panicked) => {
            return Ok(Err(Difference::new(NO_PANIC, "an error", panicked.to_string())));
        }
    };
    match (outcome(line)?, decoded) {
        (Outcome::Refused, Err(_)) => Ok(Ok(())),
        (Outcome::Refused, Ok(message)) => {
            let requirement = "bytes that the release does not accept are refused";
            Ok(Err(Difference::new(requirement, "an error", format!("{message:?}"))))
        }
        (Outcome::Answered, Err(error)) => {
            let requirement = "bytes that the release accepts are accepted";
            Ok(Err(Difference::new(requirement, "a value", error.to_string())))
        }
        (Outcome::Answered, Ok(message)) => {
            let (Some(value), Some(version)) =
                (line.get("value"), ProtocolVersion::from_number(number))
            else {
                return Ok(Ok(()));
            };
            let cx = Context { release, version };
            let expected = Message::from_json(message_type, &without_typed_bodies(value), cx)
                .map_err(|fault| line.damaged(format!("value: {fault}")))?;
            Ok(same_value("the bytes mean what the release read", &expected, &message, cx))
        }
    }
}

fn hex(bytes: &Bytes) -> String {
    hex::encode(bytes)
}
