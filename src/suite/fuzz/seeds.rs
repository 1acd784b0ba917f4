//! Inputs to begin with: samples as every line writes them, frames, and conversations of our own two
//! state machines.
//!
//! Of all there are, those are kept that go where a smaller one has not been.

use std::collections::BTreeSet;

use super::case::byte_of;
use super::held::Held;
use super::{
    CROSS, DECODE, DIFFERENTIAL, EXPLAIN, FRAME, HANDSHAKE, NEGOTIATE, ROUNDTRIP, SESSION,
    differential, handshake, negotiate,
};
use crate::fabric::catalogue::MessageType;
use crate::fabric::envelope::EnvelopeType;
use crate::fabric::log_records::encode;
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::harness::fuzz::{Features, Seed, Target};
use crate::suite::{log_records, samples};

/// Most seeds of a target.
pub(super) const COUNT_MAX: usize = 256;
/// Longest seed, in bytes: a larger one shows nothing that a smaller one does not.
const LEN_MAX: usize = 1500;

/// The smallest of each message, then the smallest that go where none has been, then others, from
/// small to large, as far as there is room.
fn chosen(target: &Target, mut all: Vec<Seed>) -> Vec<Seed> {
    all.retain(|seed| seed.bytes.len() <= LEN_MAX.min(target.len_max));
    all.sort_by(|a, b| (a.bytes.len(), &a.bytes, &a.name).cmp(&(b.bytes.len(), &b.bytes, &b.name)));
    all.dedup_by(|a, b| a.bytes == b.bytes);
    let mut shown = BTreeSet::new();
    let message = |seed: &Seed| seed.name.split('-').next().unwrap_or_default().to_owned();
    let (mut kept, rest): (Vec<Seed>, Vec<Seed>) =
        all.into_iter().partition(|seed| shown.insert(message(seed)));
    let mut features = Features::new();
    let mut is_new = |seed: &Seed| {
        // What does not hold of a seed is for the replay to say.
        let _ = (target.body)(&seed.bytes, &mut features);
        features.take_new()
    };
    kept.iter().for_each(|seed| {
        is_new(seed);
    });
    let (new, others): (Vec<Seed>, Vec<Seed>) = rest.into_iter().partition(is_new);
    for more in [new, others] {
        let room = COUNT_MAX.saturating_sub(kept.len());
        let step = more.len().div_ceil(room.max(1)).max(1);
        kept.extend(more.into_iter().step_by(step).take(room));
    }
    kept
}

/// A line and a version of it, with what samples of a message it can write: the oldest and the
/// newest line at each version.
fn written(message: MessageType) -> impl Iterator<Item = (String, Release, i32, Vec<u8>)> {
    let speakers = ProtocolVersion::CODED.into_iter().flat_map(move |version| {
        let speaks = |line: &Release| line.speaks(version) && message.row().is_known_to(*line);
        let mut lines: Vec<Release> = Release::lines().filter(speaks).collect();
        if lines.len() > 2 {
            lines.drain(1..lines.len() - 1);
        }
        lines.into_iter().map(move |line| (line, version))
    });
    speakers.flat_map(move |(release, version)| {
        let cx = crate::fabric::codec::tree::Context { release, version };
        samples::samples(message).filter_map(move |sample| {
            let value = sample.message.fitted(cx).ok()?;
            let bytes = value.encode(release, version.number()).ok()?;
            let name = format!("{}-{}", message.row().word(), sample.case);
            Some((name, release, version.number(), bytes.to_vec()))
        })
    })
}

fn payloads() -> impl Iterator<Item = (MessageType, String, Release, i32, Vec<u8>)> {
    MessageType::all().flat_map(|message| {
        written(message)
            .map(move |(name, release, number, bytes)| (message, name, release, number, bytes))
    })
}

fn seed(name: String, head: &[u8], bytes: &[u8]) -> Seed {
    Seed { name, bytes: [head, bytes].concat() }
}

/// Of `decode`.
pub(super) fn decode() -> Vec<Seed> {
    let seeds = payloads().map(|(message, name, release, number, bytes)| {
        seed(name, &[byte_of(message), byte_of(release), byte_of(number)], &bytes)
    });
    chosen(&DECODE, seeds.collect())
}

/// Of `roundtrip`: every sample as its holder writes it, at each version of each line.
pub(super) fn roundtrip() -> Vec<Seed> {
    let seeds = held().flat_map(|(name, held, bytes)| {
        let speakers = [("1.2", 1), ("1.4", 2), ("1.7", 3)];
        let speakers = speakers
            .into_iter()
            .filter_map(|(name, number)| Some((name.parse::<Release>().ok()?, number)));
        let seeds: Vec<Seed> = speakers
            .map(|(release, number)| {
                let head = [&held.head()[..], &[byte_of(release), byte_of(number)]].concat();
                seed(name.clone(), &head, &bytes)
            })
            .collect();
        seeds
    });
    chosen(&ROUNDTRIP, seeds.collect())
}

/// Of `cross`: neighbours among the lines, both ways.
pub(super) fn cross() -> Vec<Seed> {
    let pairs = [
        ("1.2", "1.4", 1),
        ("1.4", "1.3", 1),
        ("1.4", "1.7", 2),
        ("1.7", "1.4", 2),
        ("1.6", "1.7", 3),
        ("1.7", "1.6", 3),
    ];
    let seeds = held().chain(records()).flat_map(|(name, held, bytes)| {
        let pairs = pairs.into_iter().filter_map(|(from, to, number)| {
            Some([from.parse::<Release>().ok()?, to.parse().ok()?].map(byte_of))
                .map(|it| (it, number))
        });
        let seeds: Vec<Seed> = pairs
            .map(|(pair, number)| {
                let head = [&held.head()[..], &pair, &[byte_of(number)]].concat();
                seed(name.clone(), &head, &bytes)
            })
            .collect();
        seeds
    });
    chosen(&CROSS, seeds.collect())
}

/// Values that are written as the highest version of some line, and some that are drawn.
fn held() -> impl Iterator<Item = (String, Held, Vec<u8>)> {
    let is_highest = |release: Release, number| release.highest_version().number() == number;
    let written =
        payloads().filter(move |(_, _, release, number, _)| is_highest(*release, *number));
    let written = written.map(|(message, name, holder, _, bytes)| {
        (name, Held { message, holder, is_written: true }, bytes)
    });
    let drawn = MessageType::all().flat_map(|message| {
        let knows = move |line: &Release| message.row().is_known_to(*line);
        Release::lines().filter(knows).map(move |holder| {
            let mut rng = fastrand::Rng::with_seed(u64::from(byte_of(message)));
            let bytes = std::iter::repeat_with(|| rng.u8(..)).take(48).collect();
            let name = format!("{}-drawn", message.row().word());
            (name, Held { message, holder, is_written: false }, bytes)
        })
    });
    written.chain(drawn)
}

/// Log records of the newest line and of the bridge, in a message that carries them.
fn records() -> impl Iterator<Item = (String, Held, Vec<u8>)> {
    let holders = ["1.4", "1.7"].into_iter().filter_map(|name| name.parse::<Release>().ok());
    holders.flat_map(|holder| {
        log_records::all().filter_map(move |sample| {
            let body = encode(&sample.written_by(holder)?, holder).ok()?;
            let held = Held { message: MessageType::Store, holder, is_written: true };
            Some((format!("Store-{}", sample.case), held, super::records::carried(body, holder)?))
        })
    })
}

/// Frames of the oldest and the newest line, and of the bridge between them.
fn frames() -> impl Iterator<Item = (EnvelopeType, String, Release, Vec<u8>)> {
    let lines = || ["1.2", "1.4", "1.7"].into_iter().filter_map(|name| name.parse().ok());
    EnvelopeType::ALL.iter().flat_map(move |of| {
        samples::envelope::samples(*of).into_iter().flat_map(move |(case, value)| {
            lines().filter_map(move |release: Release| {
                let bytes = value.encode(release).ok()?;
                Some((*of, format!("{}-{case}", of.word()), release, bytes))
            })
        })
    })
}

/// Of `frame`.
pub(super) fn frame() -> Vec<Seed> {
    let seeds = frames()
        .map(|(of, name, release, bytes)| seed(name, &[byte_of(release), byte_of(of), 1], &bytes));
    chosen(&FRAME, seeds.collect())
}

/// Of `explain`: payloads, frames, flexbuffers, and some as whatever they are.
pub(super) fn explain() -> Vec<Seed> {
    let payloads = payloads().flat_map(|(message, name, release, number, bytes)| {
        let choice = [byte_of(message), byte_of(release), byte_of(number)];
        let kinds: &[u8] = if bytes.len() < 40 { &[0, 2, 3] } else { &[0, 2] };
        let seeds: Vec<Seed> = kinds
            .iter()
            .map(|kind| seed(name.clone(), &[&[*kind], &choice[..]].concat(), &bytes))
            .collect();
        seeds
    });
    let frames = frames().map(|(of, name, release, bytes)| {
        seed(name, &[1, byte_of(of), byte_of(release), byte_of(2)], &bytes)
    });
    chosen(&EXPLAIN, payloads.chain(frames).collect())
}

/// Of `differential`.
pub(super) fn differential() -> Vec<Seed> {
    let payloads = payloads().map(|(message, name, release, number, bytes)| {
        seed(name, &[byte_of(message), byte_of(release), byte_of(number)], &bytes)
    });
    let frames = frames().map(|(of, name, release, bytes)| {
        let byte = byte_of(of) | differential::IS_ENVELOPE;
        seed(name, &[byte, byte_of(release), byte_of(2)], &bytes)
    });
    chosen(&DIFFERENTIAL, payloads.chain(frames).collect())
}

/// Of `negotiate`: every pair of releases as they are, and each fault.
pub(super) fn negotiate() -> Vec<Seed> {
    let pairs =
        Release::all().flat_map(|dials| Release::all().map(move |accepts| (dials, accepts)));
    let seeds = pairs.flat_map(|(dials, accepts)| {
        let faults = [0, 1, 2, 4, 0x08, 0x10, 0x18, 0x20, 0x28, 0x40, 0x80];
        faults.map(|faults| Seed {
            name: format!("{dials}-to-{accepts}"),
            bytes: negotiate::agreeing(dials, accepts, faults).to_vec(),
        })
    });
    chosen(&NEGOTIATE, seeds.collect())
}

/// Of `handshake`: what each release says to each, and the faults of the Hello.
pub(super) fn handshake() -> Vec<Seed> {
    let pairs =
        Release::all().flat_map(|dials| Release::all().map(move |accepts| (dials, accepts)));
    let seeds = pairs.flat_map(|(dials, accepts)| {
        let faults = [0, 1, 2, 4, 0x08, 0x10, 0x18, 0x20, 0x28, 0x40, 0x80];
        faults.into_iter().filter_map(move |faults| {
            let head = negotiate::agreeing(dials, accepts, faults);
            let name = format!("{dials}-to-{accepts}");
            Some(seed(name, &head, &handshake::script(&head)?))
        })
    });
    chosen(&HANDSHAKE, seeds.collect())
}

/// Of `session`: conversations of every pair of lines that can talk, and one with each frame.
pub(super) fn session() -> Vec<Seed> {
    use super::session::{
        BREAK, CALL, DIAL, DRAIN, FAIL, INJECT, REPLY, SERVICE, SETTLE, TELL, WAIT,
    };
    /// The second process.
    const B: u8 = 1 << 4;
    const STORIES: [(&str, &[u8]); 9] = [
        ("answered", &[SETTLE, CALL, 0, SETTLE, REPLY | B, SETTLE]),
        ("given-up", &[SETTLE, CALL, 1, SETTLE, FAIL | B, 5, SETTLE]),
        ("told", &[SETTLE, TELL, 2, TELL, 4, SETTLE]),
        ("timed-out", &[SETTLE, CALL, 0, SETTLE, WAIT, 20, REPLY | B, SETTLE]),
        ("drained", &[SETTLE, CALL, 56, SETTLE, DRAIN | B, 1, SETTLE, REPLY | B, SETTLE]),
        ("shut-down", &[SETTLE, DRAIN, 0, SETTLE, DIAL, 0, SETTLE]),
        ("two", &[SETTLE, DIAL, 0, SETTLE, CALL, 0, CALL | 1 << 5, 0, SETTLE, REPLY | B | 1 << 5]),
        ("no-service", &[SETTLE, SERVICE | B, 6, CALL, 0, SETTLE]),
        ("broken", &[SETTLE, CALL, 0, BREAK]),
    ];
    let pairs = Release::lines().flat_map(|dials| Release::lines().map(move |it| (dials, it)));
    let told = pairs.flat_map(|(dials, accepts)| {
        let head = [byte_of(dials), byte_of(accepts), 0];
        STORIES.map(|(name, steps)| seed(format!("{dials}-to-{accepts}-{name}"), &head, steps))
    });
    let injected = frames().filter_map(|(of, name, release, bytes)| {
        let head = [byte_of(release), byte_of(release), 0, SETTLE, INJECT];
        let frame = [&[u8::try_from(bytes.len()).ok()?][..], &bytes].concat();
        (of == EnvelopeType::Message).then(|| seed(name, &head, &frame))
    });
    chosen(&SESSION, told.chain(injected).collect())
}
