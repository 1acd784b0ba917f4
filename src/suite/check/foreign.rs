//! Damaged bytes give a value or an error, and never a panic.

use bytes::Bytes;

use super::{Checks, Speaker};
use crate::fabric::catalogue::Message;
use crate::harness::boundary;
use crate::suite::compare::Difference;
use crate::suite::requirements;

/// Most places of a payload at which it is damaged.
const PLACES_MAX: usize = 48;

const ROW: &str = "damaged bytes contained";

/// Checks cuts and flipped bits of a payload. What decodes must encode and decode to itself.
pub fn run(speaker: &Speaker, value: &Message, bytes: &Bytes, checks: &mut Checks<'_>) {
    let (message_type, release) = (value.message_type(), speaker.cx.release);
    let reader = (message_type, release);
    let check = |checks: &Checks<'_>| {
        let mut places = damaged(bytes, PLACES_MAX);
        places.try_for_each(|damaged| decode(speaker, value, &damaged, checks))
    };
    let result = checks.once_for_all_alike(ROW, speaker, message_type, reader, bytes, check);
    checks.record(ROW, release, speaker.case(&requirements::DAMAGED, message_type), result);
}

/// Bytes that end early or have a bit flipped, at so many places of them at most.
pub(super) fn damaged(bytes: &Bytes, places_max: usize) -> impl Iterator<Item = Bytes> {
    let step = bytes.len() / places_max + 1;
    (0..bytes.len()).step_by(step).flat_map(|place| {
        let mut flipped = bytes.to_vec();
        if let Some(byte) = flipped.get_mut(place) {
            *byte ^= 1 << (place % 8);
        }
        [bytes.slice(..place), Bytes::from(flipped)]
    })
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
