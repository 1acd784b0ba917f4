//! What mutators do to inputs.

use super::*;
use crate::fabric::envelope::{Body, DatagramMember, EnvelopeType, Message as Frame};
use crate::suite::fuzz::targets;

#[test]
fn frames_stay_frames_and_payloads_change() {
    let release: Release = "1.7".parse().unwrap();
    let of = EnvelopeType::Message;
    let (mut frames, mut payloads) = (0, 0);
    let mut rng = Rng::with_seed(7);
    for (_, sample) in crate::suite::samples::envelope::samples(of) {
        let Ok(bytes) = sample.encode(release) else { continue };
        let before = payload(&bytes, release);
        for _ in 0..200 {
            let mut input = vec![byte_of(release), byte_of(of), 0];
            input.extend(&bytes);
            frame(&mut input, &mut rng);
            let rest = input.get(3..).unwrap_or_default();
            if Frame::decode(release, rest.to_vec().into()).is_ok() && rest != bytes {
                frames += 1;
                payloads += usize::from(payload(rest, release) != before);
            }
        }
    }
    assert!(frames > 2000, "{frames}");
    assert!(payloads > 200, "{payloads} of {frames}");
}

fn payload(bytes: &[u8], release: Release) -> Option<bytes::Bytes> {
    match Frame::decode(release, bytes.to_vec().into()).ok()?.body? {
        Body::Datagram(datagram) => match datagram.datagram? {
            DatagramMember::RpcCall(call) => Some(call.payload),
            DatagramMember::Unary(unary) => Some(unary.payload),
            _ => None,
        },
        _ => None,
    }
}

/// From nothing, and from seeds, by seed.
#[test]
fn mutations_are_functions_of_the_seed_and_never_end_in_a_panic() {
    for target in targets() {
        let run = |seed| {
            let mut rng = Rng::with_seed(seed);
            let mut input = Vec::new();
            let seeds = (target.seeds)();
            for step in 0..300 {
                if step % 20 == 10 {
                    input = rng.choice(&seeds).map(|seed| seed.bytes.clone()).unwrap_or_default();
                }
                (target.mutate)(&mut input, &mut rng);
                input.truncate(target.len_max);
            }
            input
        };
        assert_eq!(run(3), run(3), "{}", target.name);
        assert_ne!(run(3), run(4), "{}", target.name);
    }
}
