//! One cell, told from end to end.

use std::sync::Arc;

use super::peer::Node;
use super::question::{ARBITRARY, BEHIND_A_PIPE, arbitrary_value, node_named};
use super::{allowed, topics, version};
use crate::harness::skew::matrix::{ROOT, address};
use crate::harness::skew::{Layer, Layers, Selection, Skew};
use crate::harness::story::Story;
use crate::suite::speaker::SpeakError;
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
        Some(Ok(version)) => version.to_string(),
        Some(Err(parting)) => format!("no version: {}", parting.words()),
        None => "nothing".to_owned(),
    };
    let cell = address(sender, receiver, layer, message, sample).to_string();
    let chapters = vec![
        ("cell", cell),
        ("agreed", format!("{agreed}, when {sender} dials {receiver}; this is sent at {layer}")),
    ];
    let [sender, receiver] = nodes[..] else {
        return Err(misasked(format!("{sender} and {receiver} are no pair"), "two releases"));
    };
    let story = Story { chapters, is_foreseen: true };
    Ok(story.with_trace((sender, receiver), layer.spoken(), traced))
}

/// A testee, or the node with a name.
fn node_among(name: &str, testees: &[Arc<Behind>]) -> Result<Node, SpeakError> {
    let testee = testees.iter().find(|testee| testee.testee().name() == name);
    testee.map_or_else(|| node_named(name), |testee| Ok(Node::testee(Arc::clone(testee))))
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
    let number =
        |name: &str| name.strip_prefix(['V', 'v']).unwrap_or(name).parse().ok().map(version);
    match name.strip_prefix("rewritten-") {
        Some(name) => number(name).map(Layer::Rewritten),
        None => number(name).map(Layer::Version),
    }
}

fn misasked(problem: String, hint: &str) -> SpeakError {
    SpeakError::Misasked { problem, hint: hint.to_owned() }
}
