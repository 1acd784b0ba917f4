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
    let kind = kind.map(|kind| (value.message_type(), speaker.number(), kind, bytes.clone()));
    let is_known = kind.as_ref().is_some_and(|kind| checks.contained.contains(kind));
    let mut places = damaged(bytes, PLACES_MAX);
    let result = match is_known {
        true => Ok(()),
        false => places.try_for_each(|damaged| decode(speaker, value, &damaged, checks)),
    };
    if result.is_ok() {
        checks.contained.extend(kind);
    }
    let case = speaker.case(&requirements::DAMAGED, value.message_type());
    checks.record("damaged bytes contained", cx.release, case, result);
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
