//! One cell, told from end to end.

use std::sync::Arc;

use super::peer::{Node, Spoken};
use super::question::{ARBITRARY, BEHIND_A_PIPE, arbitrary_value, node_named};
use super::{allowed, topics};
use crate::harness::boundary::Breach;
use crate::harness::skew::matrix::{ROOT, address};
use crate::harness::skew::outcome::{Outcome, Violation};
use crate::harness::skew::peer::Peer;
use crate::harness::skew::{Layer, Layers, Selection, Skew, Trace};
use crate::suite::marks::in_full;
use crate::suite::speaker::SpeakError;
use crate::suite::story::Story;
use crate::suite::testee::Behind;

/// Tells the story of the cell with an address.
///
/// # Errors
///
/// If there is no such cell.
pub fn story(cell: &str, testees: &[Arc<Behind>]) -> Result<Story, SpeakError> {
    let Address { sender, receiver, layer, message, sample } = Address::parse(cell)?;
    let mut topics = topics();
    topics.retain(|topic| topic.name == message);
    let seed = sample.strip_prefix(ARBITRARY).and_then(|seed| seed.parse().ok());
    if let (Some(topic), Some(seed)) = (topics.first_mut(), seed) {
        topic.samples.extend(arbitrary_value(message, seed).map(|it| (sample.to_owned(), it)));
    }
    let samples = topics.first().map(|topic| topic.samples.as_slice()).unwrap_or_default();
    let Some(index) = samples.iter().position(|(name, _)| name == sample) else {
        let names: Vec<_> = samples.iter().map(|(name, _)| name.as_str()).collect();
        return Err(match names.as_slice() {
            [] => misasked(format!("unknown message {message:?}"), "`skewproof list messages`"),
            names => misasked(format!("no value {sample:?} of {message}"), &names.join(", ")),
        });
    };
    let nodes = vec![node_among(sender, testees)?, node_among(receiver, testees)?];
    let skew = Skew::new(nodes, topics, allowed()).within(BEHIND_A_PIPE);
    let traced = skew.trace((0, 1, layer), 0, index).ok_or_else(|| {
        misasked(format!("{sender} never sends {message}/{sample} at {layer}"), "another value")
    })?;
    let nodes: Vec<&Node> = skew.peers().collect();
    let agreed =
        skew.run(&Selection { layers: Some(Layers::One(layer)), ..Selection::default() }, &|| {});
    let pair = agreed.pairs.iter().find(|pair| (pair.dialer, pair.acceptor) == (0, 1));
    let agreed = match pair.map(|pair| pair.negotiated()) {
        Some(Ok(version)) => format!("V{version}"),
        Some(Err(parting)) => format!("no version: {}", parting.words()),
        None => "nothing".to_owned(),
    };
    let cell = address(sender, receiver, layer, message, sample).to_string();
    let mut chapters = vec![
        ("cell", cell),
        ("agreed", format!("{agreed}, when {sender} dials {receiver}; this is sent at {layer}")),
    ];
    let outcome = match traced {
        Ok(trace) => tell(&nodes, layer.spoken(), trace, &mut chapters),
        Err(violation) => Outcome::Violation(violation),
    };
    let reason = Some(outcome.to_string()).filter(|reason| !reason.is_empty());
    chapters.push(("verdict", outcome.class().meaning().to_owned()));
    chapters.extend(reason.map(|reason| ("reason", reason)));
    if let Outcome::Lossy(losses) = &outcome {
        let why = losses.iter().filter_map(|loss| Some((loss, loss.reason?)));
        let why: Vec<_> =
            why.map(|(loss, reason)| format!("{}: {}", loss.path, in_full(reason))).collect();
        chapters.push(("why", why.join("\n")));
    }
    if let Outcome::Violation(Violation::Breach(_, Breach::Panicked(panicked))) = &outcome {
        chapters.push(("where", panicked.location.clone()));
    }
    Ok(Story { chapters, is_foreseen: outcome.is_foreseen() })
}

/// A testee, or the node with a name.
fn node_among(name: &str, testees: &[Arc<Behind>]) -> Result<Node, SpeakError> {
    let testee = testees.iter().find(|testee| testee.testee().name() == name);
    testee.map_or_else(|| node_named(name), |testee| Ok(Node::testee(Arc::clone(testee))))
}

fn tell(
    nodes: &[&Node],
    layer: Layer,
    trace: Trace<Spoken>,
    chapters: &mut Vec<(&'static str, String)>,
) -> Outcome {
    let [sender, receiver] = nodes else { return trace.outcome };
    chapters.push(("sent", format!("{:#}", sender.show(layer, &trace.sent))));
    if let Some(bytes) = &trace.bytes {
        let dump = sender.explain(layer, &trace.sent, bytes);
        chapters.push(("bytes", format!("{}\n{}", hex::encode(bytes), dump.trim_end())));
    }
    if let Some(received) = &trace.received {
        chapters.push(("received", format!("{:#}", receiver.show(layer, received))));
    }
    if let Some(back) = &trace.back {
        if let Some(bytes) = &back.bytes {
            let dump = receiver.explain(layer, &back.written, bytes);
            chapters.push(("sent back", format!("{}\n{}", hex::encode(bytes), dump.trim_end())));
        }
        if let Some(read) = &back.read {
            chapters.push(("came back", format!("{:#}", sender.show(layer, read))));
        }
    }
    trace.outcome
}

/// The parts of the address of a cell.
struct Address<'a> {
    sender: &'a str,
    receiver: &'a str,
    layer: Layer,
    message: &'a str,
    sample: &'a str,
}

impl<'a> Address<'a> {
    fn parse(cell: &'a str) -> Result<Self, SpeakError> {
        let bare = cell.strip_prefix(ROOT).and_then(|rest| rest.strip_prefix('/')).unwrap_or(cell);
        let parts: Vec<&str> = bare.split('/').collect();
        let [sender, receiver, layer, message, sample] = parts[..] else {
            let example = "matrix/1.4/1.3/V1/Gossip/typical";
            return Err(misasked(format!("{cell:?} is no address of a cell"), example));
        };
        let layer = layer_named(layer)
            .ok_or_else(|| misasked(format!("unknown layer {layer:?}"), LAYERS))?;
        Ok(Self { sender, receiver, layer, message, sample })
    }
}

/// What layers go by.
pub const LAYERS: &str = "V1, V2, V3, rewritten-V1, rewritten-V2, rewritten-V3 or envelope";

/// The layers with a name: one, or `rewritten` for what comes back at every version.
pub fn layers_named(name: &str) -> Option<Layers> {
    match name {
        "rewritten" => Some(Layers::Rewritten),
        name => layer_named(name).map(Layers::One),
    }
}

/// The layer with a name: `V2`, `2`, `rewritten-V2` or `envelope`.
fn layer_named(name: &str) -> Option<Layer> {
    if name == Layer::Envelope.to_string() {
        return Some(Layer::Envelope);
    }
    let number = |name: &str| name.strip_prefix(['V', 'v']).unwrap_or(name).parse().ok();
    match name.strip_prefix("rewritten-") {
        Some(name) => number(name).map(Layer::Rewritten),
        None => number(name).map(Layer::Version),
    }
}

fn misasked(problem: String, hint: &str) -> SpeakError {
    SpeakError::Misasked { problem, hint: hint.to_owned() }
}
