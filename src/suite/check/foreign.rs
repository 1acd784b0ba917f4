//! Damaged bytes give a value or an error, and never a panic.

use bytes::Bytes;

use super::{Checks, Speaker};
use crate::fabric::catalogue::Message;
use crate::harness::boundary;
use crate::suite::compare::Difference;
use crate::suite::requirements;
use crate::suite::value::ValueType;

/// Most places of a payload at which it is damaged.
const PLACES_MAX: usize = 48;

/// Checks cuts and flipped bits of a payload. What decodes must encode and decode to itself. Of releases
/// that treat the message alike, one stands for all, as long as nothing is wrong.
pub fn run(speaker: &Speaker, value: &Message, bytes: &Bytes, checks: &mut Checks<'_>) {
    let cx = speaker.cx;
    let kind = checks.subject.kind(ValueType::Message(value.message_type()), cx.release);
    let kind = kind.map(|kind| (value.message_type(), speaker.case, speaker.number(), kind));
    let is_known = kind.as_ref().is_some_and(|kind| checks.contained.contains(kind));
    let result = if is_known { Ok(()) } else { damaged(speaker, value, bytes, checks) };
    if result.is_ok() {
        checks.contained.extend(kind);
    }
    let case = speaker.case(&requirements::DAMAGED, value.message_type());
    checks.record("damaged bytes contained", cx.release, case, result);
}

fn damaged(
    speaker: &Speaker,
    value: &Message,
    bytes: &Bytes,
    checks: &Checks<'_>,
) -> Result<(), Difference> {
    let step = bytes.len() / PLACES_MAX + 1;
    for place in (0..bytes.len()).step_by(step) {
        let cut = bytes.slice(..place);
        decode(speaker, value, &cut, checks)?;
        let mut flipped = bytes.to_vec();
        if let Some(byte) = flipped.get_mut(place) {
            *byte ^= 1 << (place % 8);
        }
        decode(speaker, value, &Bytes::from(flipped), checks)?;
    }
    Ok(())
}

fn decode(
    speaker: &Speaker,
    value: &Message,
    damaged: &Bytes,
    checks: &Checks<'_>,
) -> Result<(), Difference> {
    let (release, number) = (speaker.cx.release, speaker.number());
    let message_type = value.message_type();
    let decode = |bytes: &Bytes| checks.subject.decode(message_type, bytes, release, number);
    let requirement = "damaged bytes never make a decoder panic";
    let decoded = boundary::contain(|| decode(damaged)).map_err(|panicked| {
        Difference::new(requirement, "a value or an error", panicked.to_string())
    })?;
    let Ok(message) = decoded else { return Ok(()) };
    let requirement = "what was decoded from damaged bytes is a value like any other";
    let failed = |what: String| Difference::new(requirement, hex::encode(damaged), what);
    let encoded = checks.subject.encode(&message, release, number);
    // A value may be decoded that the encoder's gate refuses.
    let Ok(encoded) = encoded else { return Ok(()) };
    let again = decode(&encoded).map_err(|error| failed(error.to_string()))?;
    if again == message { Ok(()) } else { Err(failed(format!("{again:?} from {message:?}"))) }
}
