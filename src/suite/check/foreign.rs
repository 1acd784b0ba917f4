//! Damaged bytes give a value or an error, and never a panic.

use bytes::Bytes;

use super::{Checks, Speaker};
use crate::fabric::catalogue::Message;
use crate::harness::boundary;
use crate::suite::compare::Difference;
use crate::suite::requirements;

/// Most places of a payload at which it is damaged.
const PLACES_MAX: usize = 48;

/// Checks cuts and flipped bits of a payload. What decodes must encode and decode to itself.
pub fn run(speaker: &Speaker, value: &Message, checks: &mut Checks<'_>) {
    let cx = speaker.cx;
    let Ok(bytes) = checks.subject.encode(value, cx.release, speaker.number()) else { return };
    let step = bytes.len() / PLACES_MAX + 1;
    let mut result = Ok(());
    for place in (0..bytes.len()).step_by(step) {
        let cut = bytes.slice(..place);
        result = result.and_then(|()| decode(speaker, value, &cut, checks));
        let mut flipped = bytes.to_vec();
        if let Some(byte) = flipped.get_mut(place) {
            *byte ^= 1 << (place % 8);
        }
        result = result.and_then(|()| decode(speaker, value, &Bytes::from(flipped), checks));
    }
    let case = speaker.case(&requirements::DAMAGED, value.message_type());
    checks.record("damaged bytes contained", cx.release, case, result);
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
