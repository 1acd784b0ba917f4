//! The fuzz targets that every protocol has. An input is a node, another one, a message and a version, a
//! byte each, then the bytes of the message; or, where the protocol draws values and a bit of the second byte
//! says so, bytes that a value is drawn from.

use arbitrary::Unstructured;
use bytes::Bytes;
use fastrand::Rng;
use serde_json::Value as Json;

use super::node::{At, Protocol};
use super::seeds::{dictionary, seeds};
use super::shown::shown;
use super::spoken::{Border, Named, Spoken};
use crate::boundary::contain;
use crate::fuzz::{Features, Objection, Target, Words, mix, mix_name};
use crate::render::dump;
use crate::skew::{Exchange, LIMITS, Layer, Outcome, Peer, Watch};

/// Bytes before those of the message.
const HEAD_LEN: usize = 4;
/// The bit of the byte of the other node that says: a value is drawn from what follows.
pub(super) const DRAWN: u8 = 0x80;
/// The longest input.
const LEN_MAX: usize = 4096;
/// Elements of a list that tell values apart.
const ELEMENTS_MAX: usize = 3;

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
    /// The value that is drawn; none if one is read.
    drawn: Option<P::Value>,
}

impl<P: Protocol> Case<P> {
    fn of(input: &[u8], features: &mut Features) -> Option<Self> {
        let (head, bytes) = input.split_first_chunk::<HEAD_LEN>()?;
        let [node, mut other, message, version] = head.map(usize::from);
        let border = P::border();
        let messages = border.messages();
        let message = messages.get(message % messages.len().max(1))?.name;
        let is_drawn = head.get(1).is_some_and(|it| it & DRAWN > 0);
        let drawn = is_drawn.then(|| drawn(border, message, bytes)).flatten();
        if drawn.is_some() {
            other &= usize::from(!DRAWN);
        }
        let peers: Vec<_> = border.skew().peers().collect();
        let among = |index: usize| peers.get(index % peers.len().max(1)).copied();
        let (node, other) = (among(node)?, among(other)?);
        let versions = node.node().versions(message);
        let version = *versions.get(version % versions.len().max(1))?;
        features.note(mix([
            mix_name(message),
            mix_name(node.name()),
            version.unsigned_abs().into(),
        ]));
        let bytes = Bytes::copy_from_slice(bytes);
        Some(Self { border, node, other, message, version, bytes, drawn })
    }

    /// A value that the first node has: one that is drawn, as far as it can hold it, or one that it reads.
    fn value(&self, features: &mut Features) -> Option<P::Value> {
        let Some(drawn) = &self.drawn else { return self.read(features) };
        let held = self.node.node().hold(self.at(), drawn)?;
        features
            .note(mix([mix_name(self.message), shape(&self.node.node().show(self.at(), &held))]));
        Some(held)
    }

    fn at(&self) -> At<'static> {
        At { message: self.message, version: self.version }
    }

    /// What the first node reads, with what was seen on the way.
    fn read(&self, features: &mut Features) -> Option<P::Value> {
        let read = self.node.node().decode(self.at(), &self.bytes);
        let seen = match &read {
            Ok(value) => shape(&self.node.node().show(self.at(), value)),
            // Why it was refused, and not the bytes that are told there.
            Err(words) => mix_name(words.split(is_told).next().unwrap_or_default()),
        };
        features.note(mix([mix_name(self.message), seen]));
        read.ok()
    }

    fn objection(&self, kind: &'static str, place: String, words: Words) -> Objection {
        let shown_by = vec![
            ("message", self.message.to_owned()),
            ("release", self.node.name().to_owned()),
            ("version", P::version(self.version)),
        ];
        Objection { kind, place, shown_by, words: Box::new(words) }
    }
}

/// The value of a message that the protocol draws from bytes; none if it draws nothing. What panics there is
/// none either: it is no node's.
pub(super) fn drawn<P: Protocol>(
    border: &Border<P>,
    message: &str,
    bytes: &[u8],
) -> Option<P::Value> {
    let draw = || border.protocol.arbitrary(message, &mut Unstructured::new(bytes));
    contain(draw).ok()?
}

/// Whether what follows in the words of a refusal is of the input.
fn is_told(c: char) -> bool {
    c.is_ascii_digit() || "\"'`(:=".contains(c)
}

/// A number for a value with its numbers and texts left out: which fields there are, and what kinds of
/// values in them.
fn shape(value: &Json) -> u64 {
    match value {
        Json::Null => 1,
        Json::Bool(is_so) => 2 + u64::from(*is_so),
        Json::Number(number) => 4 + u64::from(number.as_u64() == Some(0)),
        Json::String(text) => 6 + u64::from(text.is_empty()),
        // One element more or less is the same once there are some.
        Json::Array(elements) => {
            elements.iter().take(ELEMENTS_MAX).fold(8, |shaped, it| mix([shaped, shape(it)]))
        }
        Json::Object(fields) => fields
            .iter()
            .fold(9, |shaped, (name, field)| mix([shaped, mix_name(name), shape(field)])),
    }
}

fn decode<P: Protocol>(input: &[u8], features: &mut Features) -> Result<(), Objection> {
    if let Some(case) = Case::<P>::of(input, features) {
        case.read(features);
    }
    Ok(())
}

fn roundtrip<P: Protocol>(input: &[u8], features: &mut Features) -> Result<(), Objection> {
    let Some(case) = Case::<P>::of(input, features) else { return Ok(()) };
    let Some(value) = case.value(features) else { return Ok(()) };
    let (node, at) = (case.node.node(), case.at());
    let value = match &case.drawn {
        None => value,
        // What is drawn need not be anything that is sent; what is sent is read.
        Some(_) => {
            let Ok(sent) = node.encode(at, &value) else { return Ok(()) };
            node.decode(at, &sent).map_err(|error| {
                let expected = node.show(at, &value).to_string();
                let seen = format!("refused: {error}");
                let words = Words { expected, seen, bytes: dump(&sent) };
                case.objection("not-read", error, words)
            })?
        }
    };
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
    let layer = Layer::Version(case.node.version(case.version));
    if !case.other.has(case.message, layer) {
        return Ok(());
    }
    let Some(value) = case.value(features) else { return Ok(()) };
    let exchange = Exchange {
        sender: case.node,
        receiver: case.other,
        layer,
        allowances: case.border.protocol.losses(),
        memory: LIMITS.memory,
    };
    let named = Named { message: case.message, value };
    let Some(trace) = exchange.run(case.message, &named, &Watch::default()) else {
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

fn describe<P: Protocol>(_: &str, input: &[u8]) -> String {
    let mut features = Features::unwanted();
    let Some(case) = Case::<P>::of(input, &mut features) else {
        return "too short to ask for anything".to_owned();
    };
    // Nothing is read of it: that may be what ends the process.
    let drawn = case.drawn.as_ref().map(|value| format!("\ndrawn: {:#}", shown(value)));
    format!(
        "{} at {}, from {} to {}{}\n{}",
        case.message,
        P::version(case.version),
        case.node.name(),
        case.other.name(),
        drawn.unwrap_or_default(),
        dump(&case.bytes),
    )
}
