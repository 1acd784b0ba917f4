//! Our bilrost decoder against the library: on damaged bytes both give the same value, or both an
//! error.

use bilrost::{Message, OwnedMessage};
use bytes::Bytes;
use skewproof::fabric::messages::sequencer::Append;
use skewproof::fabric::payload::{self, Payload};
use skewproof::fabric::release::Release;

#[path = "../../benches/codec/plain.rs"]
#[allow(dead_code, reason = "the benchmark uses all of it")]
mod plain;

/// How many damaged forms of each message are tried.
const ROUNDS: usize = 100_000;
/// Damage is done up to here: the fields, not the whole of long bodies.
const DAMAGED_LEN: u64 = 160;

#[test]
fn damaged_bytes_mean_the_same_to_the_library() {
    let mut store = plain::store();
    store.payloads.0.truncate(3);
    store.payloads.0.iter_mut().for_each(|record| record.body = Bytes::from_static(b"hello"));
    let append = Append { payloads: store.payloads.clone(), ..plain::append() };
    // 1.5 has no narrowed times, which the plain structs have not either.
    let release = "1.5".parse().unwrap();
    assert_agreement::<_, plain::Store>(&store, release);
    assert_agreement::<Append, plain::Append>(&append, release);
}

fn assert_agreement<Ours: Payload, Bare: Message + OwnedMessage>(seed: &Ours, release: Release) {
    let seed = payload::encode(seed, release, 2).unwrap();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut both = 0;
    for _ in 0..ROUNDS {
        let damaged = Bytes::from(random.damage(&seed));
        let ours = payload::decode::<Ours>(&damaged, release, 2);
        match (ours, Bare::decode(damaged.clone())) {
            (Ok(ours), Ok(bare)) => {
                both += 1;
                let ours = payload::encode(&ours, release, 2).unwrap();
                assert_eq!(ours, bare.encode_to_vec(), "{}", hex::encode(&damaged));
            }
            (Err(_), Err(_)) => {}
            (ours, bare) => panic!(
                "ours: {:?}, the library's: {:?}, of {}",
                ours.err().map(|error| error.to_string()),
                bare.err().map(|error| error.to_string()),
                hex::encode(&damaged)
            ),
        }
    }
    assert!(both > ROUNDS / 100, "only {both} inputs were still messages");
}

/// A generator of numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    /// A few bytes flipped, replaced, removed or inserted; sometimes the end cut off.
    fn damage(&mut self, seed: &[u8]) -> Vec<u8> {
        const TELLING: [u8; 8] = [0, 1, 2, 3, 4, 5, 0x80, 0xff];
        let mut bytes = seed.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(DAMAGED_LEN.min(bytes.len() as u64)) as usize;
            match self.below(4) {
                0 => bytes[at] ^= 1 << self.below(8),
                1 => bytes[at] = self.below(256) as u8,
                2 => drop(bytes.remove(at)),
                _ => bytes.insert(at, TELLING[self.below(8) as usize]),
            }
        }
        if self.below(10) == 0 {
            bytes.truncate(self.below(DAMAGED_LEN) as usize);
        }
        bytes
    }
}
