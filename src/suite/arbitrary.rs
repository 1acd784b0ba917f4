//! Arbitrary values: samples with other numbers, other lists, and parts of each other.
//!
//! Made from the JSON form, so that whatever comes out is a value of the message. A seed always
//! gives the same value.

use fastrand::Rng;
use serde_json::{Map, Value as Json};

use super::samples::{Sample, samples};
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;

/// Numbers at which something turns: widths of integers, lengths of varints, ends of types.
const EDGES: [u64; 16] = [
    0,
    1,
    127,
    128,
    255,
    256,
    16_511,
    16_512,
    65_535,
    65_536,
    1 << 31,
    u32::MAX as u64,
    1 << 32,
    i64::MAX as u64,
    u64::MAX - 1,
    u64::MAX,
];

/// Changes that give no value of the message are tried again so often.
const TRIES: usize = 16;

/// An arbitrary value of a message; none if every try went wrong, as for a message that has only
/// one value.
pub fn message(message_type: MessageType, seed: u64) -> Option<Message> {
    let mut rng = Rng::with_seed(seed);
    let samples = samples(message_type);
    (0..TRIES).find_map(|_| attempt(message_type, &samples, &mut rng))
}

fn attempt(message_type: MessageType, samples: &[Sample], rng: &mut Rng) -> Option<Message> {
    let cx = context(message_type, rng)?;
    let mut json = shown(rng.choice(samples)?, cx)?;
    let donor = shown(rng.choice(samples)?, cx)?;
    change(&mut json, Some(&donor), rng);
    let message = Message::from_json(message_type, &json, cx).ok()?;
    let is_new = samples.iter().all(|sample| sample.message != message);
    is_new.then_some(message)
}

/// A line that knows the message, at one of its versions.
fn context(message_type: MessageType, rng: &mut Rng) -> Option<Context> {
    let lines = Release::lines().filter(|line| message_type.row().is_known_to(*line));
    let release = rng.choice(lines.collect::<Vec<_>>())?;
    let spoken = |v: &ProtocolVersion| !v.is_burned() && release.range().contains(v.number());
    let version =
        rng.choice(ProtocolVersion::ALL.into_iter().filter(spoken).collect::<Vec<_>>())?;
    Some(Context { release, version })
}

fn shown(sample: &Sample, cx: Context) -> Option<Json> {
    sample.message.clone().fitted(cx).ok()?.to_json(cx).ok()
}

/// Changes about a third of what is in a value. `donor` has the same place in another value.
fn change(value: &mut Json, donor: Option<&Json>, rng: &mut Rng) {
    if let Some(donor) = donor
        && rng.u8(..8) == 0
    {
        donor.clone_into(value);
    }
    let is_changed = rng.u8(..3) == 0;
    match value {
        Json::Number(number) if is_changed => *number = arbitrary_number(rng).into(),
        Json::Bool(value) if is_changed => *value = !*value,
        // Numbers that JSON has no room for.
        Json::String(text) if is_changed && text.parse::<u128>().is_ok() => {
            let halves = [arbitrary_number(rng), arbitrary_number(rng)].map(u128::from);
            *text = (halves[0] << 64 | halves[1]).to_string();
        }
        Json::Array(elements) => {
            if is_changed {
                resize(elements, rng);
            }
            for (index, element) in elements.iter_mut().enumerate() {
                change(element, donor.and_then(|donor| donor.get(index)), rng);
            }
        }
        Json::Object(members) => change_members(members, donor, rng),
        _ => {}
    }
}

fn change_members(members: &mut Map<String, Json>, donor: Option<&Json>, rng: &mut Rng) {
    for (name, member) in members {
        change(member, donor.and_then(|donor| donor.get(name)), rng);
    }
}

fn arbitrary_number(rng: &mut Rng) -> u64 {
    match rng.u8(..4) {
        0 => rng.u64(..) >> rng.u32(..64),
        _ => rng.choice(EDGES).unwrap_or_default(),
    }
}

fn resize(elements: &mut Vec<Json>, rng: &mut Rng) {
    match rng.u8(..3) {
        0 => elements.clear(),
        1 => drop(elements.pop()),
        _ => elements.extend(rng.choice(&*elements).cloned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_one_value_and_seeds_give_many() {
        for message_type in MessageType::all() {
            let values: Vec<_> = (0..64).filter_map(|seed| message(message_type, seed)).collect();
            let again: Vec<_> = (0..64).filter_map(|seed| message(message_type, seed)).collect();
            assert_eq!(values, again, "{message_type}");
            let mut distinct: Vec<&Message> = Vec::new();
            for value in &values {
                if !distinct.contains(&value) {
                    distinct.push(value);
                }
            }
            // A message without fields, or with few variants, has nothing else to say.
            let least = if samples(message_type).len() < 4 { 0 } else { 4 };
            assert!(distinct.len() >= least, "{message_type}: {}", distinct.len());
        }
    }
}
