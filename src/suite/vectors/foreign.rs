//! Versions and bytes that a release should not get, and what it did with them.

use bytes::Bytes;

use super::agreement::{ACCEPTED, Agreement, Answer, in_words, refused_or_stricter};
use super::line::{DamagedLine, Line};
use super::payload::{Key, message_type, same_value, without_typed_bodies};
use super::shelf::Shelf;
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::suite::compare::{self, Difference};
use crate::suite::subject::Subject;

/// What the release did.
pub enum Outcome {
    /// It gave a value, or bytes.
    Answered,
    /// It gave an error.
    Refused,
    /// It panicked, in these words.
    Panicked(String),
}

/// Who does something with which message, at which version.
struct Speaker {
    release: Release,
    number: i32,
    message_type: MessageType,
}

impl Speaker {
    fn of(line: &Line) -> Result<Self, DamagedLine> {
        Ok(Self {
            release: line.release("release")?,
            number: line.version()?,
            message_type: message_type(line, "message")?,
        })
    }

    /// The context in which a value is read. The value is the same at every version; any that has a
    /// form for it will do where there is none with the number.
    fn context(&self) -> Context {
        let version = ProtocolVersion::from_number(self.number).unwrap_or(ProtocolVersion::V1);
        Context { release: self.release, version }
    }
}

/// Verifies a line. None if it speaks of a value that is nowhere in the folder.
pub fn verify(
    line: &Line,
    shelf: &Shelf,
    subject: &dyn Subject,
) -> Result<Option<Answer>, DamagedLine> {
    let speaker = Speaker::of(line)?;
    let outcome = outcome(line)?;
    match line.text("op")? {
        "encode" => {}
        op if is_decoding(op) => {
            return verify_decoding(line, &speaker, outcome, subject).map(Some);
        }
        op => return Err(line.damaged(format!("unknown \"op\": {op:?}"))),
    }
    let written = Encoded::of(line)?;
    Ok(match value(line, shelf, &speaker, subject)? {
        None => None,
        Some(Err(difference)) => Some(Err(difference)),
        Some(Ok(message)) => Some(verify_encoding(&message, &speaker, outcome, written, subject)),
    })
}

/// Whether bytes are read, by whatever name: `decode`, `decode-mutated` and the like.
pub fn is_decoding(op: &str) -> bool {
    op == "decode" || op.starts_with("decode-")
}

/// What the release did, as the outcome says, and as an error or a panic does: they must not
/// contradict each other.
pub fn outcome(line: &Line) -> Result<Outcome, DamagedLine> {
    let [outcome, error, panic] = [
        line.optional_text("outcome")?,
        line.optional_text("error")?,
        line.optional_text("panic")?,
    ];
    match (outcome, error, panic) {
        (None | Some("ok"), None, None) => Ok(Outcome::Answered),
        (None | Some("error"), Some(_), None) | (Some("error"), None, None) => Ok(Outcome::Refused),
        (None | Some("panic"), None, Some(words)) => Ok(Outcome::Panicked(words.to_owned())),
        (Some("panic"), None, None) => Ok(Outcome::Panicked("(no words)".to_owned())),
        (Some(outcome @ ("ok" | "error" | "panic")), ..) => {
            let other = if error.is_some() { "error" } else { "panic" };
            Err(line.damaged(format!("\"outcome\" is {outcome:?}, and there is {other:?}")))
        }
        (Some(other), ..) => Err(line.damaged(format!("unknown outcome {other:?}"))),
        (None, ..) => Err(line.damaged("has both \"error\" and \"panic\"")),
    }
}

/// The bytes that a release made of a value, where the line has them.
struct Encoded {
    bytes: Option<Bytes>,
    is_nondeterministic: bool,
}

impl Encoded {
    fn of(line: &Line) -> Result<Self, DamagedLine> {
        let bytes = line.optional_bytes("hex")?;
        if bytes.is_some() && !matches!(outcome(line)?, Outcome::Answered) {
            return Err(line.damaged("has \"hex\" of what was not encoded"));
        }
        Ok(Self { bytes, is_nondeterministic: line.flag("nondeterministic")? })
    }
}

/// What is to be encoded: the value of the line, that of a vector with its name, or what comes out
/// of the bytes that the release was given under its name.
fn value(
    line: &Line,
    shelf: &Shelf,
    speaker: &Speaker,
    subject: &dyn Subject,
) -> Result<Option<Result<Message, Difference>>, DamagedLine> {
    if let Some(value) = line.get("value").or_else(|| value_elsewhere(line, shelf)) {
        let requirement = "the JSON form of the value is read";
        let value = without_typed_bodies(value);
        let message = Message::from_json(speaker.message_type, &value, speaker.context());
        return Ok(Some(
            message.map_err(|fault| {
                Difference::new(requirement, value.to_string(), fault.to_string())
            }),
        ));
    }
    if !line.has("case") {
        return Ok(None);
    }
    let Some(input) = shelf.input(&Key::of(line, "release")?) else { return Ok(None) };
    let bytes = input.as_ref().map_err(DamagedLine::clone)?;
    let decoded = subject.decode(speaker.message_type, bytes, speaker.release, speaker.number);
    Ok(Some(decoded.map_err(|error| Difference::new(ACCEPTED, "a value", error.to_string()))))
}

/// The value of the vector with this release, message and case, at any version.
fn value_elsewhere<'a>(line: &Line, shelf: &'a Shelf) -> Option<&'a serde_json::Value> {
    let [release, message, case] = ["release", "message", "case"].map(|name| line.text(name).ok());
    ["V1", "V2", "V3"].iter().find_map(|protocol| {
        let key = Key {
            release: release?.to_owned(),
            protocol: (*protocol).to_owned(),
            message: message?.to_owned(),
            case: case?.to_owned(),
        };
        shelf.payloads.get(&key).map(|vector| &*vector.value)
    })
}

fn verify_encoding(
    message: &Message,
    speaker: &Speaker,
    outcome: Outcome,
    written: Encoded,
    subject: &dyn Subject,
) -> Answer {
    let encoded = subject.encode(message, speaker.release, speaker.number);
    // At a version that nobody knows there is nothing to encode, whatever a release made of it.
    let is_unknown = !speaker.release.range().contains(speaker.number);
    match (outcome, encoded) {
        (Outcome::Answered, Err(error)) if !is_unknown => {
            Err(Difference::new("what the release encodes is encoded", "bytes", error.to_string()))
        }
        (Outcome::Answered, Ok(bytes)) if is_unknown => Err(Difference::new(
            "nothing is encoded at an unknown version",
            "an error",
            hex::encode(bytes),
        )),
        (Outcome::Refused, Ok(bytes)) => Err(Difference::new(
            "what the release refuses is refused",
            "an error",
            hex::encode(bytes),
        )),
        (Outcome::Panicked(words), Ok(bytes)) => Err(Difference::new(
            "where the release panics, an error is given",
            format!("an error; the release: {words}"),
            hex::encode(bytes),
        )),
        (Outcome::Panicked(words), Err(_)) => Ok(Agreement::KnownPanic(words)),
        (Outcome::Answered, Ok(actual)) if !written.is_nondeterministic => {
            let Some(expected) = written.bytes else { return Ok(Agreement::Same) };
            let requirement = "the value encodes to the bytes of the release";
            compare::bytes(requirement, &expected, &actual, |_| None).map(|()| Agreement::Same)
        }
        (_, _) => Ok(Agreement::Same),
    }
}

fn verify_decoding(
    line: &Line,
    speaker: &Speaker,
    outcome: Outcome,
    subject: &dyn Subject,
) -> Result<Answer, DamagedLine> {
    let bytes = line.bytes("input_hex")?;
    if !matches!(outcome, Outcome::Answered) && line.get("value").is_some() {
        return Err(line.damaged("has a \"value\" of what was not read"));
    }
    let decoded = subject.decode(speaker.message_type, &bytes, speaker.release, speaker.number);
    let message = match (outcome, decoded) {
        (Outcome::Refused, Err(_)) => return Ok(Ok(Agreement::Same)),
        (Outcome::Panicked(words), Err(_)) => return Ok(Ok(Agreement::KnownPanic(words))),
        (Outcome::Refused, Ok(message)) => {
            return Ok(Err(Difference::new(
                "bytes that the release does not accept are refused",
                line.optional_text("error")?.unwrap_or("an error"),
                in_words(&message, speaker.context()),
            )));
        }
        (Outcome::Panicked(words), Ok(message)) => {
            return Ok(Err(Difference::new(
                "where the release panics, an error is given",
                format!("an error; the release: {words}"),
                in_words(&message, speaker.context()),
            )));
        }
        (Outcome::Answered, Err(error)) => {
            let value = line.get("value").map_or("a value".to_owned(), ToString::to_string);
            return Ok(refused_or_stricter(&error, value));
        }
        (Outcome::Answered, Ok(message)) => message,
    };
    let Some(value) = line.get("value") else { return Ok(Ok(Agreement::Same)) };
    let cx = speaker.context();
    let value = without_typed_bodies(value);
    let expected = match Message::from_json(speaker.message_type, &value, cx) {
        Ok(expected) => expected,
        Err(fault) => {
            let requirement = "the JSON form of the value is read";
            return Ok(Err(Difference::new(requirement, value.to_string(), fault.to_string())));
        }
    };
    Ok(same_value("the bytes mean what the release read", &expected, &message, cx)
        .map(|()| Agreement::Same))
}
