//! The fuzz targets that every protocol has. An input is a node, another one, a message and a version, a
//! byte each, then the bytes of the message.

use std::sync::atomic::AtomicBool;

use bytes::Bytes;
use fastrand::Rng;

use super::node::{At, Node, Protocol};
use super::spoken::{Border, Named, Spoken};
use crate::fuzz::{Features, Objection, Seed, Target, Words, mix, mix_name};
use crate::render::dump;
use crate::skew::{Exchange, LIMITS, Layer, Outcome, Peer};

/// Bytes before those of the message.
const HEAD_LEN: usize = 4;
/// The longest input.
const LEN_MAX: usize = 4096;
/// Words of the dictionary at most.
const WORDS_MAX: usize = 2000;

/// The targets of a protocol.
pub fn targets<P: Protocol>() -> Vec<Target> {
    let target = |name, about, body| Target {
        name,
        about,
        body,
        mutate,
        seeds: seeds::<P>,
        dictionary: dictionary::<P>,
        len_max: LEN_MAX,
        describe: describe::<P>,
    };
    vec![
        target("decode", "any bytes are a value of any message, or an error", decode::<P>),
        target("roundtrip", "what is read, written and read again is the same", roundtrip::<P>),
        target("cross", "what one release reads and sends on, another one understands", cross::<P>),
    ]
}

/// What an input asks for.
struct Case<P: Protocol> {
    border: &'static Border<P>,
    node: &'static Spoken<P::Value>,
    other: &'static Spoken<P::Value>,
    message: &'static str,
    version: i32,
    bytes: Bytes,
}

impl<P: Protocol> Case<P> {
    fn of(input: &[u8], features: &mut Features) -> Option<Self> {
        let (head, bytes) = input.split_first_chunk::<HEAD_LEN>()?;
        let [node, other, message, version] = head.map(usize::from);
        let border = P::border();
        let peers: Vec<_> = border.skew().peers().collect();
        let among = |index: usize| peers.get(index % peers.len().max(1)).copied();
        let (node, other) = (among(node)?, among(other)?);
        let messages = border.messages();
        let message = messages.get(message % messages.len().max(1))?.name;
        let versions = node.node().versions(message);
        let version = *versions.get(version % versions.len().max(1))?;
        features.note(mix([
            mix_name(message),
            mix_name(node.name()),
            version.unsigned_abs().into(),
        ]));
        let bytes = Bytes::copy_from_slice(bytes);
        Some(Self { border, node, other, message, version, bytes })
    }

    fn at(&self) -> At<'static> {
        At { message: self.message, version: self.version }
    }

    /// What the first node reads, with what was seen on the way.
    fn read(&self, features: &mut Features) -> Option<P::Value> {
        let read = self.node.node().decode(self.at(), &self.bytes);
        let seen = match &read {
            Ok(value) => mix_name(&shape(self.node.node(), self.at(), value)),
            // Where it was refused, but not the bytes that are told there.
            Err(words) => mix_name(&words.replace(|c: char| c.is_ascii_digit(), "")),
        };
        features.note(mix([mix_name(self.message), seen]));
        read.ok()
    }

    fn objection(&self, kind: &'static str, place: String, words: Words) -> Objection {
        let shown_by = vec![
            ("message", self.message.to_owned()),
            ("release", self.node.name().to_owned()),
            ("version", format!("V{}", self.version)),
        ];
        Objection { kind, place, shown_by, words: Box::new(words) }
    }
}

/// A value with its numbers and texts left out: which fields there are, and how many elements.
fn shape<V>(node: &dyn Node<V>, at: At<'_>, value: &V) -> String {
    node.show(at, value).to_string().replace(|c: char| c.is_ascii_digit(), "")
}

fn decode<P: Protocol>(input: &[u8], features: &mut Features) -> Result<(), Objection> {
    if let Some(case) = Case::<P>::of(input, features) {
        case.read(features);
    }
    Ok(())
}

fn roundtrip<P: Protocol>(input: &[u8], features: &mut Features) -> Result<(), Objection> {
    let Some(case) = Case::<P>::of(input, features) else { return Ok(()) };
    let Some(value) = case.read(features) else { return Ok(()) };
    let (node, at) = (case.node.node(), case.at());
    let words = |bytes: &[u8], seen: String| Words {
        expected: node.show(at, &value).to_string(),
        seen,
        bytes: dump(bytes),
    };
    let written = node.encode(at, &value).map_err(|error| {
        let words = words(&case.bytes, format!("not written: {error}"));
        case.objection("not-written", error, words)
    })?;
    match node.decode(at, &written) {
        Ok(again) if again == value => Ok(()),
        Ok(again) => {
            let words = words(&written, node.show(at, &again).to_string());
            Err(case.objection("read-otherwise", String::new(), words))
        }
        Err(error) => {
            let words = words(&written, format!("refused: {error}"));
            Err(case.objection("not-read", error, words))
        }
    }
}

fn cross<P: Protocol>(input: &[u8], features: &mut Features) -> Result<(), Objection> {
    let Some(case) = Case::<P>::of(input, features) else { return Ok(()) };
    let layer = Layer::Version(case.version);
    if !case.other.has(case.message, layer) {
        return Ok(());
    }
    let Some(value) = case.read(features) else { return Ok(()) };
    let exchange = Exchange {
        sender: case.node,
        receiver: case.other,
        layer,
        allowances: case.border.protocol.losses(),
        memory: LIMITS.memory,
    };
    let named = Named { message: case.message, value };
    let Some(trace) = exchange.run(case.message, &named, &AtomicBool::new(false)) else {
        return Ok(());
    };
    features.note(mix([mix_name(case.message), trace.outcome.class() as u64]));
    // What the sender does not send is for the round trip to judge.
    if trace.outcome.is_foreseen() || matches!(trace.outcome, Outcome::Gated { .. }) {
        return Ok(());
    }
    let seen = trace.outcome.to_string();
    let words = Words {
        expected: case.node.show(layer, &trace.sent).to_string(),
        seen: seen.clone(),
        bytes: trace.bytes.as_deref().map(dump).unwrap_or_default(),
    };
    let mut objection = case.objection(trace.outcome.class().word(), seen, words);
    objection.shown_by.push(("receiver", case.other.name().to_owned()));
    Err(objection)
}

/// Changes a byte, or takes some away, or puts some in, behind the head or in it.
fn mutate(input: &mut Vec<u8>, rng: &mut Rng) {
    if input.len() <= HEAD_LEN {
        input.resize(HEAD_LEN + 1, 0);
    }
    let at = rng.usize(..input.len());
    match rng.u8(..4) {
        0 => input.iter_mut().take(HEAD_LEN).for_each(|byte| {
            if rng.bool() {
                *byte = rng.u8(..);
            }
        }),
        1 => drop(input.drain(at.max(HEAD_LEN)..)),
        2 => input.insert(at.max(HEAD_LEN), rng.u8(..)),
        _ => {
            let any = rng.u8(..);
            if let Some(byte) = input.get_mut(at) {
                *byte = rng.choice([0, 1, 0x7f, 0x80, 0xff, any]).unwrap_or(any);
            }
        }
    }
}

/// The first value of each message, as each node writes it at its newest version.
fn seeds<P: Protocol>() -> Vec<Seed> {
    let border = P::border();
    let mut seeds = Vec::new();
    for (node, peer) in (0_u8..).zip(border.skew().peers()) {
        for (message, topic) in (0_u8..=u8::MAX).zip(border.messages()) {
            let versions = peer.node().versions(topic.name);
            let version = versions.last().zip(u8::try_from(versions.len().saturating_sub(1)).ok());
            let Some((version, index)) = version else { continue };
            let at = At { message: topic.name, version: *version };
            for (sample, value) in &topic.samples {
                let held = peer.node().hold(at, &value.value);
                let Some(Ok(written)) = held.map(|held| peer.node().encode(at, &held)) else {
                    continue;
                };
                let bytes = [node, node, message, index].into_iter().chain(written).collect();
                seeds.push(Seed { name: format!("{}-{sample}", topic.name.to_lowercase()), bytes });
                break;
            }
        }
    }
    seeds
}

/// Names and texts of the values, as they are shown.
fn dictionary<P: Protocol>() -> Vec<Vec<u8>> {
    let mut words = std::collections::BTreeSet::new();
    for seed in seeds::<P>() {
        let texts = seed.bytes.split(|byte| !byte.is_ascii_alphanumeric());
        words.extend(texts.filter(|text| text.len() > 2).map(<[u8]>::to_vec));
    }
    words.into_iter().take(WORDS_MAX).collect()
}

fn describe<P: Protocol>(_: &str, input: &[u8]) -> String {
    let mut features = Features::unwanted();
    let Some(case) = Case::<P>::of(input, &mut features) else {
        return "too short to ask for anything".to_owned();
    };
    // Nothing is read of it: that may be what ends the process.
    format!(
        "{} at V{}, from {} to {}\n{}",
        case.message,
        case.version,
        case.node.name(),
        case.other.name(),
        dump(&case.bytes),
    )
}
