//! All pairs, all messages, all samples: the matrix is made here, in parallel.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rayon::prelude::*;

use super::exchange::{Exchange, Trace};
use super::fates::{Fate, Fates};
use super::kinds::shared;
use super::matrix::{Block, Matrix, Node, Row};
use super::outcome::{Outcome, Violation};
use super::peer::{Allowance, Layer, Layers, Peer, Topic};
use super::watch::Watch;
use crate::boundary::{Breach, Limits, supervise};

/// What one exchange may take. A few microseconds and kilobytes are usual.
pub const LIMITS: Limits = Limits { time: Duration::from_secs(5), memory: 64 << 20 };

/// Nodes, and what they have to say to each other.
pub struct Skew<P: Peer> {
    pub(super) peers: Vec<Arc<P>>,
    pub(super) topics: Arc<[Topic<P::Value>]>,
    allowances: &'static [Allowance],
    /// Whether nodes of one kind share their cells.
    pub(super) shares_cells: bool,
    limits: Limits,
    fates: Fates,
}

/// Which part of the matrix is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only this node dials, by its index.
    pub dialer: Option<usize>,
    /// Only this node is dialled.
    pub acceptor: Option<usize>,
    /// Only these layers.
    pub layers: Option<Layers>,
    /// Only pairs in which one of these nodes is; all if there are none.
    pub among: Vec<usize>,
    /// Only this message is sent.
    pub message: Option<usize>,
}

/// Where a block is: who sends, who receives, the layer.
pub type Place = (usize, usize, Layer);

impl<P: Peer> Skew<P> {
    /// A matrix of these nodes over these messages.
    pub fn new(
        peers: Vec<P>,
        topics: Vec<Topic<P::Value>>,
        allowances: &'static [Allowance],
    ) -> Self {
        let peers = peers.into_iter().map(Arc::new).collect();
        Self {
            peers,
            topics: topics.into(),
            allowances,
            shares_cells: true,
            limits: LIMITS,
            fates: Fates::default(),
        }
    }

    /// The same, in which every cell is computed, also where nodes of one kind would share it.
    #[must_use]
    pub fn without_sharing(self) -> Self {
        Self { shares_cells: false, ..self }
    }

    /// The same, in which an exchange may take something else than [`LIMITS`].
    #[must_use]
    pub fn within(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// What is known of its exchanges.
    pub fn fates(&self) -> &Fates {
        &self.fates
    }

    /// The index of a node.
    pub fn peer_named(&self, name: &str) -> Option<usize> {
        self.peers.iter().position(|peer| peer.name() == name)
    }

    /// The nodes, in order.
    pub fn peers(&self) -> impl Iterator<Item = &P> {
        self.peers.iter().map(Arc::as_ref)
    }

    /// The messages, in order.
    pub fn topics(&self) -> &[Topic<P::Value>] {
        &self.topics
    }

    /// Makes the matrix. `advance` is called after every block, from any thread.
    pub fn run(&self, selection: &Selection, advance: &(dyn Fn() + Sync)) -> Matrix {
        let pairs = self.pairs(selection);
        let places = self.places(&pairs, selection.layers);
        let owners = self.owners(&places);
        let blocks: Vec<Block> = (places.into_par_iter().zip(&owners).enumerate())
            .map(|(index, (place, owners))| {
                let is_asked = |topic| selection.message.is_none_or(|only| only == topic);
                let is_owner = |topic: usize| owners.get(topic) == Some(&index);
                let block = self.block(place, |topic| is_asked(topic) && is_owner(topic));
                advance();
                block
            })
            .collect();
        self.fates.count();
        let blocks = shared(blocks, &owners);
        let pairs = pairs.into_par_iter().map(|(d, a)| self.pair(d, a)).collect();
        Matrix { nodes: self.nodes(), rows: self.rows(), pairs, blocks, weights: Vec::new() }
    }

    /// How often `advance` is called.
    pub fn steps(&self, selection: &Selection) -> u64 {
        self.all_places(selection).len() as u64
    }

    /// Where blocks are.
    pub fn all_places(&self, selection: &Selection) -> Vec<Place> {
        self.places(&self.pairs(selection), selection.layers)
    }

    /// Sends one value again, and keeps everything.
    ///
    /// # Errors
    ///
    /// The violation, if it does not come to an end. None if the sender cannot hold the value, or
    /// there is no such cell.
    pub fn trace(
        &self,
        (sender, receiver, layer): Place,
        topic: usize,
        sample: usize,
    ) -> Option<Result<Trace<P::Value>, Violation>> {
        let place = (sender, receiver, layer);
        if !self.calls(place).contains(&(topic, sample)) {
            return None;
        }
        self.traces(place, vec![(topic, sample)], |_, _, trace| trace).pop().flatten()
    }

    fn nodes(&self) -> Vec<Node> {
        let node = |peer: &P| Node { name: peer.name().to_owned(), layers: peer.layers() };
        self.peers().map(node).collect()
    }

    fn rows(&self) -> Vec<Row> {
        let row = |topic: &Topic<_>| Row {
            name: topic.name,
            is_envelope: topic.is_envelope,
            samples: topic.samples.iter().map(|(name, _)| name.clone()).collect(),
            lanes: match topic.samples.first() {
                Some((_, value)) => self.peers().map(|peer| peer.lane_of(value)).collect(),
                None => Vec::new(),
            },
        };
        self.topics.iter().map(row).collect()
    }

    fn pairs(&self, selection: &Selection) -> Vec<(usize, usize)> {
        let chosen = |only: Option<usize>| {
            (0..self.peers.len()).filter(move |index| only.is_none_or(|only| only == *index))
        };
        chosen(selection.dialer)
            .flat_map(|dialer| chosen(selection.acceptor).map(move |acceptor| (dialer, acceptor)))
            .filter(|(dialer, acceptor)| {
                let mut among = selection.among.iter();
                selection.among.is_empty() || among.any(|it| it == dialer || it == acceptor)
            })
            .collect()
    }

    /// The blocks of pairs, both ways, each once.
    fn places(&self, pairs: &[(usize, usize)], only: Option<Layers>) -> Vec<Place> {
        let both = pairs
            .iter()
            .flat_map(|(dialer, acceptor)| [(*dialer, *acceptor), (*acceptor, *dialer)]);
        let mut places: Vec<Place> = both
            .flat_map(|(sender, receiver)| {
                let shared = self.with_rewritten(self.shared(sender, receiver)).into_iter();
                shared.map(move |layer| (sender, receiver, layer))
            })
            .filter(|(_, _, layer)| only.is_none_or(|only| only.contains(*layer)))
            .collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    /// The layers that both nodes have.
    pub(super) fn shared(&self, one: usize, other: usize) -> Vec<Layer> {
        let layers = |index: usize| self.peers.get(index).map(|p| p.layers()).unwrap_or_default();
        let others = layers(other);
        layers(one).into_iter().filter(|layer| others.contains(layer)).collect()
    }

    /// The layers, and the way there and back at each version if anything takes it.
    fn with_rewritten(&self, mut layers: Vec<Layer>) -> Vec<Layer> {
        if self.topics.iter().any(|topic| self.is_rewritten(topic)) {
            let rewritten = layers.clone().into_iter().filter_map(|layer| match layer {
                Layer::Version(version) => Some(Layer::Rewritten(version)),
                Layer::Envelope | Layer::Rewritten(_) => None,
            });
            layers.extend(rewritten);
        }
        layers
    }

    /// Whether nodes keep what a message brings, and write it back.
    fn is_rewritten(&self, topic: &Topic<P::Value>) -> bool {
        let is_kept = |value: &P::Value| self.peers().any(|peer| peer.rewrite(value).is_some());
        topic.samples.iter().any(|(_, value)| is_kept(value))
    }

    /// Makes calls, one after the other, but for those of which it is known what they come to.
    pub(super) fn supervised<C: Send + Sync + 'static, T: Send + 'static>(
        &self,
        calls: Vec<Result<C, Breach>>,
        make: impl Fn(&C) -> T + Send + Sync + 'static,
    ) -> Vec<Result<T, Breach>> {
        let (mut open, mut known) = (Vec::new(), Vec::new());
        for call in calls {
            known.push(match call {
                Ok(call) => {
                    open.push(call);
                    None
                }
                Err(breach) => Some(breach),
            });
        }
        let count = open.len();
        let call = move |index: usize| open.get(index).map(&make);
        let mut tried = supervise(count, self.limits, Arc::new(call)).into_iter();
        let settle = |known: Option<Breach>| known.map(Err).or_else(|| tried.next()?.transpose());
        known.into_iter().filter_map(settle).collect()
    }

    /// What comes of the messages that this block is to send itself, by their indices.
    pub(super) fn block(&self, place: Place, is_owner: impl Fn(usize) -> bool) -> Block {
        let (sender, receiver, layer) = place;
        let mut calls = self.calls(place);
        calls.retain(|(topic, _)| is_owner(*topic));
        let outcomes = self.traces(place, calls.clone(), |_, _, trace| trace.outcome);
        let mut cells: Vec<Vec<Option<Outcome>>> = vec![Vec::new(); self.topics.len()];
        for ((topic, _), outcome) in calls.into_iter().zip(outcomes) {
            if let Some(cells) = cells.get_mut(topic) {
                cells.push(outcome.map(|o| o.unwrap_or_else(Outcome::Violation)));
            }
        }
        let cells = cells.into_iter().map(Arc::from).collect();
        Block { sender, receiver, layer, cells, weighed: BTreeMap::new() }
    }

    /// What is sent in a block: topics and samples, by their indices.
    pub fn calls(&self, (sender, receiver, layer): Place) -> Vec<(usize, usize)> {
        let has = |node: usize, topic: &Topic<_>| {
            self.peers.get(node).is_some_and(|peer| peer.has(topic.name, layer.spoken()))
        };
        let is_at = |topic: &Topic<_>| match layer {
            Layer::Version(_) => !topic.is_envelope,
            Layer::Envelope => topic.is_envelope,
            Layer::Rewritten(_) => self.is_rewritten(topic),
        };
        let is_at = |topic: &Topic<_>| is_at(topic) && has(sender, topic) && has(receiver, topic);
        (0..)
            .zip(self.topics.iter())
            .filter(|(_, topic)| is_at(topic))
            .flat_map(|(index, topic)| (0..topic.samples.len()).map(move |sample| (index, sample)))
            .collect()
    }

    /// Sends values, and takes of each trace what `take` takes, which is told who sends and who
    /// receives. What is known to come to no end is not tried.
    pub(crate) fn traces<T: Send + 'static>(
        &self,
        place: Place,
        calls: Vec<(usize, usize)>,
        take: impl Fn(&P, &P, Trace<P::Value>) -> T + Send + Sync + 'static,
    ) -> Vec<Option<Result<T, Violation>>> {
        let (sender, receiver, layer) = place;
        let spot = |(topic, sample): (usize, usize)| (sender, receiver, layer, topic, sample);
        let fates: Vec<Option<Fate>> = calls.iter().map(|call| self.fate(place, *call)).collect();
        let watch = |fate: &Option<Fate>| match fate {
            None => Some(Watch::default()),
            Some(Fate::Plain(_)) => Some(Watch::plain()),
            Some(Fate::Ends(..)) => None,
        };
        let open = calls.iter().zip(fates.iter().map(watch));
        let open: Vec<_> = open.filter_map(|(call, watch)| Some((*call, watch?))).collect();
        let take: Take<P, T> = Arc::new(take);
        let mut outcomes = self.tried(place, open, &take).into_iter();
        let settle = |(call, fate): ((usize, usize), Option<Fate>)| {
            if let Some(violation) = fate.and_then(Fate::violation) {
                return Some(Err(violation));
            }
            let (outcome, at_work) = outcomes.next()?;
            let (breach, side) = match (outcome, at_work) {
                (Ok(traced), _) => return traced.map(Ok),
                (Err(breach), Some(side)) => (breach, side),
                (Err(breach), None) => {
                    self.fates.note(spot(call), Fate::Plain(breach));
                    let again = self.tried(place, vec![(call, Watch::plain())], &take).pop()?;
                    match again {
                        (Ok(traced), _) => return traced.map(Ok),
                        (Err(breach), side) => (breach, side?),
                    }
                }
            };
            if matches!(breach, Breach::Hung(_)) {
                self.fates.note(spot(call), Fate::Ends(side, breach.clone()));
            }
            Some(Err(Violation::Breach(side, breach)))
        };
        calls.into_iter().zip(fates).map(settle).collect()
    }

    /// What is known of an exchange.
    pub(super) fn fate(
        &self,
        (sender, receiver, layer): Place,
        (topic, sample): (usize, usize),
    ) -> Option<Fate> {
        let name = |node: usize| self.peers.get(node).map_or("", |peer| peer.name());
        self.fates.of((sender, receiver, layer, topic, sample), (name(sender), name(receiver)))
    }

    /// Asks the node that sends at a place about values alone, one after the other. Those of which it is
    /// known that they come to no end there are not tried.
    pub fn alone<T: Send + 'static>(
        &self,
        (node, _, layer): Place,
        calls: Vec<(usize, usize)>,
        ask: impl Fn(&P, &P::Value) -> Option<T> + Send + Sync + 'static,
    ) -> Vec<Result<Option<T>, Breach>> {
        let Some(peer) = self.peers.get(node).cloned() else { return Vec::new() };
        let known = |call| self.fate((node, node, layer), call).map(Fate::breach);
        let calls = calls.into_iter().map(|call| known(call).map_or(Ok(call), Err)).collect();
        let topics = Arc::clone(&self.topics);
        self.supervised(calls, move |(topic, sample)| {
            let (_, value) = topics.get(*topic)?.samples.get(*sample)?;
            ask(&peer, value)
        })
    }

    /// Tries exchanges, one after the other; gives what came of each, and who was at work last.
    fn tried<T: Send + 'static>(
        &self,
        (sender, receiver, layer): Place,
        calls: Vec<((usize, usize), Watch)>,
        take: &Take<P, T>,
    ) -> Vec<Tried<T>> {
        let (Some(sender), Some(receiver)) =
            (self.peers.get(sender).cloned(), self.peers.get(receiver).cloned())
        else {
            return Vec::new();
        };
        let (topics, allowances, limits) = (Arc::clone(&self.topics), self.allowances, self.limits);
        let (calls, take) = (Arc::new(calls), Arc::clone(take));
        let watched = Arc::clone(&calls);
        let call = move |index: usize| {
            let ((topic, sample), watch) = calls.get(index)?;
            let topic = topics.get(*topic)?;
            let (_, value) = topic.samples.get(*sample)?;
            let (sender, receiver) = (sender.as_ref(), receiver.as_ref());
            let memory = limits.memory;
            let exchange = Exchange { sender, receiver, layer, allowances, memory };
            exchange.run(topic.name, value, watch).map(|trace| take(sender, receiver, trace))
        };
        let outcomes = supervise(watched.len(), limits, Arc::new(call));
        let at_work = watched.iter().map(|(_, watch)| watch.at_work());
        outcomes.into_iter().zip(at_work).collect()
    }
}

/// What is taken of a trace.
type Take<P, T> = Arc<dyn Fn(&P, &P, Trace<<P as Peer>::Value>) -> T + Send + Sync>;
/// What came of an exchange, and who was at work in it last.
type Tried<T> = (Result<Option<T>, Breach>, Option<super::outcome::Side>);
