//! Arbitrary values: drawn from the bytes that a seed gives, by the shapes of their types. A seed
//! always gives the same value.

use fastrand::Rng;

use super::fuzz::value;
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;

/// The most bytes that a value is drawn from: lists end when they have run out.
const LEN_MAX: usize = 512;

/// An arbitrary value of a message; none if the seed draws something that is none, as the same key
/// twice.
pub fn message(message_type: MessageType, seed: u64) -> Option<Message> {
    let mut rng = Rng::with_seed(seed);
    let lines = Release::lines().filter(|line| message_type.row().is_known_to(*line));
    let release = rng.choice(lines.collect::<Vec<_>>())?;
    let mut bytes = vec![0; rng.usize(..LEN_MAX)];
    rng.fill(&mut bytes);
    // What has no JSON form, as a number that is not finite, cannot be shown.
    let version = ProtocolVersion::from_number(release.range().max)?;
    let is_shown = |message: &Message| message.to_json(Context { release, version }).is_ok();
    value(message_type, release, &bytes).filter(is_shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::samples::samples;

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
            let least = if samples(message_type).len() < 4 { 1 } else { 8 };
            assert!(distinct.len() >= least, "{message_type}: {}", distinct.len());
        }
    }
}
