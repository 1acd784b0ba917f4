//! A release understands its own bytes, a second encoder makes the same ones, and the JSON form
//! says the whole value.

use super::{Checks, Speaker};
use crate::fabric::catalogue::Message;
use crate::suite::compare::{self, Difference};
use crate::suite::reference::{self, Rules};
use crate::suite::requirements;
use crate::suite::vectors::same_value;

/// Checks one value that the release and the version can carry.
pub fn run(speaker: &Speaker, value: &Message, checks: &mut Checks<'_>) {
    let cx = speaker.cx;
    let message_type = value.message_type();
    let record = |checks: &mut Checks<'_>, check: &str, requirement, result| {
        let case = speaker.case(requirement, message_type);
        checks.record(check, cx.release, case, result);
    };
    let result = json_round_trip(speaker, value);
    record(checks, "JSON form reads back", &requirements::JSON, result);
    let result = byte_round_trip(speaker, value, checks);
    record(checks, "own bytes read back", &requirements::BYTES, result);
    let result = second_encoder(speaker, value, checks);
    record(checks, "second encoder agrees", &requirements::ENCODER, result);
}

fn json_round_trip(speaker: &Speaker, value: &Message) -> Result<(), Difference> {
    let requirement = "the JSON form of a value reads back as the value";
    let cx = speaker.cx;
    let json = value
        .to_json(cx)
        .map_err(|unfit| Difference::new(requirement, "a JSON form", unfit.what))?;
    let tape = value.to_tape(cx).ok().and_then(|tape| serde_json::to_value(tape).ok());
    compare::json(requirement, &json, &tape.unwrap_or_default())?;
    let again = Message::from_json(value.message_type(), &json, cx)
        .map_err(|fault| Difference::new(requirement, json.to_string(), fault.to_string()))?;
    same_value(requirement, value, &again, cx)
}

fn byte_round_trip(
    speaker: &Speaker,
    value: &Message,
    checks: &Checks<'_>,
) -> Result<(), Difference> {
    let cx = speaker.cx;
    let requirement = "a value that the version can carry is encoded";
    let bytes = checks
        .subject
        .encode(value, cx.release, speaker.number())
        .map_err(|error| Difference::new(requirement, "bytes", error.to_string()))?;
    let requirement = "a release reads its own bytes as the value that it wrote";
    let again = checks
        .subject
        .decode(value.message_type(), &bytes, cx.release, speaker.number())
        .map_err(|error| Difference::new(requirement, "the value", error.to_string()))?;
    same_value(requirement, value, &again, cx)?;
    let requirement = "encoding is a function of the value";
    let bytes_again = checks
        .subject
        .encode(&again, cx.release, speaker.number())
        .map_err(|error| Difference::new(requirement, hex::encode(&bytes), error.to_string()))?;
    compare::payload_bytes(requirement, value.message_type(), cx, &bytes, &bytes_again)
}

fn second_encoder(
    speaker: &Speaker,
    value: &Message,
    checks: &Checks<'_>,
) -> Result<(), Difference> {
    let requirement =
        "a second encoder, written from the specification alone, makes the same bytes";
    let cx = speaker.cx;
    let expected = reference::encode(value, cx, &Rules::default())
        .map_err(|error| Difference::new(requirement, "bytes", error.to_string()))?;
    let actual = checks
        .subject
        .encode(value, cx.release, speaker.number())
        .map_err(|e| Difference::new(requirement, hex::encode(&expected), e.to_string()))?;
    compare::payload_bytes(requirement, value.message_type(), cx, &expected, &actual)
}
