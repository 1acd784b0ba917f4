//! A release understands its own bytes, a second encoder makes the same ones, and the JSON form
//! says the whole value.

use bytes::Bytes;

use super::{Checks, Speaker};
use crate::fabric::catalogue::Message;
use crate::fabric::payload::EncodeError;
use crate::suite::compare::{self, Difference};
use crate::suite::reference::{self, Rules};
use crate::suite::requirements;
use crate::suite::vectors::same_value;

/// Checks one value that the release and the version can carry, and what it is encoded as. Its own bytes
/// every release is asked to read: that is what shows whether those that should be alike are.
pub fn run(
    speaker: &Speaker,
    value: &Message,
    encoded: &Result<Bytes, EncodeError>,
    checks: &mut Checks<'_>,
) {
    let (message_type, release) = (value.message_type(), speaker.cx.release);
    let reader = (message_type, release);
    let none = Bytes::new();
    let row = "JSON form reads back";
    let result = checks.once_for_all_alike(row, speaker, message_type, reader, &none, |_| {
        json_round_trip(speaker, value)
    });
    checks.record(row, release, speaker.case(&requirements::JSON, message_type), result);
    let result = byte_round_trip(speaker, value, encoded, checks);
    let case = speaker.case(&requirements::BYTES, message_type);
    checks.record("own bytes read back", release, case, result);
    let row = "second encoder agrees";
    let bytes = encoded.as_ref().unwrap_or(&none);
    let result = checks.once_for_all_alike(row, speaker, message_type, reader, bytes, |_| {
        second_encoder(speaker, value, encoded)
    });
    checks.record(row, release, speaker.case(&requirements::ENCODER, message_type), result);
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
    encoded: &Result<Bytes, EncodeError>,
    checks: &Checks<'_>,
) -> Result<(), Difference> {
    let cx = speaker.cx;
    let requirement = "a value that the version can carry is encoded";
    let bytes = encoded
        .as_ref()
        .map_err(|error| Difference::new(requirement, "bytes", error.to_string()))?;
    let requirement = "a release reads its own bytes as the value that it wrote";
    let again = checks
        .subject
        .decode(value.message_type(), bytes, cx.release, speaker.number())
        .map_err(|error| Difference::new(requirement, "the value", error.to_string()))?;
    same_value(requirement, value, &again, cx)?;
    let requirement = "encoding is a function of the value";
    let bytes_again = checks
        .subject
        .encode(&again, cx.release, speaker.number())
        .map_err(|error| Difference::new(requirement, hex::encode(bytes), error.to_string()))?;
    compare::payload_bytes(requirement, value.message_type(), cx, bytes, &bytes_again)
}

fn second_encoder(
    speaker: &Speaker,
    value: &Message,
    encoded: &Result<Bytes, EncodeError>,
) -> Result<(), Difference> {
    let requirement =
        "a second encoder, written from the specification alone, makes the same bytes";
    let cx = speaker.cx;
    let expected = reference::encode(value, cx, &Rules::default())
        .map_err(|error| Difference::new(requirement, "bytes", error.to_string()))?;
    let actual = encoded
        .as_ref()
        .map_err(|e| Difference::new(requirement, hex::encode(&expected), e.to_string()))?;
    compare::payload_bytes(requirement, value.message_type(), cx, &expected, actual)
}
