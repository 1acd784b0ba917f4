//! A protocol as the matrix asks it: versions are layers, a value goes with the name of its message.

use std::fmt::Debug;
use std::sync::{Arc, OnceLock};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use serde_json::Value as Json;

use super::describe::explained;
use super::names::BorderError;
use super::node::{At, Message, Node, Prediction, Protocol};
use crate::fuzz::Seed;
use crate::skew::peer::{Accepted, Offer, Refusal};
use crate::skew::{Layer, Matrix, Peer, Selection, Skew, Topic};
use crate::version::{Notation, Version};

/// The one lane of a protocol that knows of none.
const LANE: &str = "all";
/// The status of a refusal that has none.
const STATUS: i32 = 1;

/// A value, and which message it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Named<V> {
    /// The message.
    pub message: &'static str,
    /// The value.
    pub value: V,
}

/// A node of a protocol in the matrix.
#[derive(Clone)]
pub struct Spoken<V> {
    node: Arc<dyn Node<V>>,
    /// The versions that it has for anything.
    versions: Vec<i32>,
    notation: Notation,
}

impl<V> Spoken<V> {
    /// The node itself.
    pub fn node(&self) -> &dyn Node<V> {
        &*self.node
    }

    fn at(layer: Layer, sent: &Named<V>) -> At<'static> {
        let version = match layer {
            Layer::Version(version) | Layer::Rewritten(version) => version.number(),
            Layer::Envelope => 0,
        };
        At { message: sent.message, version }
    }

    /// What it dials with where the protocol has no handshake: its versions.
    fn listed(&self, only: Option<i32>) -> Bytes {
        let mut bytes = BytesMut::new();
        let offered = self.versions.iter().filter(|version| only.is_none_or(|it| it == **version));
        offered.for_each(|version| bytes.put_i32(*version));
        bytes.freeze()
    }

    fn highest(&self, mut listed: Bytes) -> Option<i32> {
        let mut highest = None;
        while let Ok(version) = listed.try_get_i32() {
            if self.versions.contains(&version) {
                highest = highest.max(Some(version));
            }
        }
        highest
    }
}

impl<V: Clone + Debug + PartialEq + Send + Sync + 'static> Peer for Spoken<V> {
    type Value = Named<V>;

    fn name(&self) -> &str {
        self.node.name()
    }

    fn version(&self, number: i32) -> Version {
        Version::new(number, self.notation)
    }

    fn speaks(&self, message: &str, other: &Self, agreed: i32) -> Option<i32> {
        self.node.speaks(message, other.node(), agreed)
    }

    fn layers(&self) -> Vec<Layer> {
        self.versions.iter().map(|number| Layer::Version(self.version(*number))).collect()
    }

    fn lanes(&self) -> Vec<&'static str> {
        vec![LANE]
    }

    fn has(&self, message: &str, layer: Layer) -> bool {
        let has = |version: Version| self.node.versions(message).contains(&version.number());
        matches!(layer, Layer::Version(version) if has(version))
    }

    fn kind(&self, message: &str) -> Option<Vec<bool>> {
        self.node.kind(message)
    }

    fn lane_of(&self, _: &Named<V>) -> &'static str {
        LANE
    }

    fn dial(&self, offer: Offer) -> Result<Bytes, String> {
        match self.node.negotiate() {
            Some(negotiate) => negotiate.dial(offer.pinned),
            None => Ok(self.listed(offer.pinned)),
        }
    }

    fn accept(&self, hello: &Bytes) -> Result<Accepted, Refusal> {
        let (version, answer) = match self.node.negotiate() {
            Some(negotiate) => negotiate.accept(hello),
            None => match self.highest(hello.clone()) {
                Some(version) => Ok((version, Bytes::copy_from_slice(&version.to_be_bytes()))),
                None => Err("no version that both have".to_owned()),
            },
        }
        .map_err(|text| Refusal { status: STATUS, text })?;
        Ok(Accepted { version, lane: LANE, answer })
    }

    fn conclude(&self, answer: Result<&Bytes, &Refusal>) -> Result<i32, String> {
        let answer = answer.map_err(|refusal| refusal.text.as_str());
        match self.node.negotiate() {
            Some(negotiate) => negotiate.conclude(answer),
            None => answer?.clone().try_get_i32().map_err(|error| error.to_string()),
        }
    }

    fn hold(&self, layer: Layer, value: &Named<V>) -> Option<Named<V>> {
        let held = self.node.hold(Self::at(layer, value), &value.value)?;
        Some(Named { message: value.message, value: held })
    }

    fn is_carried(&self, layer: Layer, value: &Named<V>) -> bool {
        self.node.is_carried(Self::at(layer, value), &value.value)
    }

    fn encode(&self, layer: Layer, value: &Named<V>) -> Result<Bytes, String> {
        self.node.encode(Self::at(layer, value), &value.value)
    }

    fn decode(&self, layer: Layer, sent: &Named<V>, bytes: &Bytes) -> Result<Named<V>, String> {
        let value = self.node.decode(Self::at(layer, sent), bytes)?;
        Ok(Named { message: sent.message, value })
    }

    fn panics_by(&self, _: Layer, _: &Named<V>) -> Option<String> {
        None
    }

    fn predicts(&self, layer: Layer, sent: &Named<V>, sender: &Self) -> bool {
        self.node.predict(Self::at(layer, sent), &sent.value, sender.node()).is_some()
    }

    fn understood(&self, layer: Layer, sent: &Named<V>, sender: &Self) -> Option<Named<V>> {
        match self.node.predict(Self::at(layer, sent), &sent.value, sender.node())? {
            Prediction::Value(value) => Some(Named { message: sent.message, value }),
            Prediction::Refused => None,
        }
    }

    fn is_absent(&self, part: &Json) -> bool {
        self.node.is_absent(part)
    }

    fn show(&self, layer: Layer, value: &Named<V>) -> Json {
        self.node.show(Self::at(layer, value), &value.value)
    }

    fn explain(&self, layer: Layer, value: &Named<V>, bytes: &Bytes) -> String {
        explained(self.node(), Self::at(layer, value), bytes)
    }
}

/// A protocol with its nodes and messages, made once.
pub struct Border<P: Protocol> {
    /// The protocol.
    pub protocol: P,
    skew: Skew<Spoken<P::Value>>,
    /// What fuzzing begins with, once somebody has asked for it.
    pub(super) seeds: OnceLock<Vec<Seed>>,
}

impl<P: Protocol> Border<P> {
    /// The border of a protocol: it is asked for its nodes and messages now.
    pub fn new(protocol: P) -> Self {
        let messages = protocol.messages();
        let nodes = protocol.nodes().into_iter().map(|node| spoken(node, &messages, P::version));
        let topic = |Message { name, samples }| {
            let named = |(sample, value)| (sample, Named { message: name, value });
            Topic { name, is_envelope: false, samples: samples.into_iter().map(named).collect() }
        };
        let nodes = nodes.collect();
        let topics = messages.into_iter().map(topic).collect();
        let skew = Skew::new(nodes, topics, protocol.losses());
        Self { protocol, skew, seeds: OnceLock::new() }
    }

    /// Nodes and messages, to be paired.
    pub fn skew(&self) -> &Skew<Spoken<P::Value>> {
        &self.skew
    }

    /// Its nodes, oldest first.
    pub fn nodes(&self) -> Vec<&dyn Node<P::Value>> {
        self.skew.peers().map(Spoken::node).collect()
    }

    /// Its messages.
    pub fn messages(&self) -> &[Topic<Named<P::Value>>] {
        self.skew.topics()
    }

    /// The matrix of one message.
    ///
    /// # Errors
    ///
    /// If there is no such message.
    pub fn part(&self, message: &str) -> Result<Matrix, BorderError> {
        let message = Some(self.message(message)?);
        Ok(self.skew.run(&Selection { message, ..Selection::default() }, &|| {}))
    }

    /// The index of a message.
    pub(super) fn message(&self, name: &str) -> Result<usize, BorderError> {
        self.messages().iter().position(|topic| topic.name == name).ok_or_else(|| {
            let known = self.messages().iter().map(|topic| topic.name).collect();
            BorderError::NoMessage { name: name.to_owned(), known }
        })
    }

    /// The index of a release.
    pub(super) fn release(&self, name: &str) -> Result<usize, BorderError> {
        self.skew.peer_named(name).ok_or_else(|| {
            let known = self.skew.peers().map(|peer| peer.name().to_owned()).collect();
            BorderError::NoRelease { name: name.to_owned(), known }
        })
    }

    /// What every node understands of what every other one sends. `advance` is called after every block.
    pub fn matrix(&self, advance: &(dyn Fn() + Sync)) -> Matrix {
        self.skew.run(&Selection::default(), advance)
    }
}

fn spoken<V>(node: Arc<dyn Node<V>>, messages: &[Message<V>], notation: Notation) -> Spoken<V> {
    let of_all = messages.iter().flat_map(|message| node.versions(message.name));
    let mut versions: Vec<i32> = of_all.collect();
    versions.sort_unstable();
    versions.dedup();
    Spoken { node, versions, notation }
}
