//! Nodes that treat a message alike share its cells: they are computed once, and shown for each.

use std::collections::HashMap;
use std::hash::Hash;

use rayon::prelude::*;

use super::matrix::Block;
use super::outcome::Outcome;
use super::peer::{Layer, Peer};
use super::run::{Place, Skew};

/// A node that says it treats a message as another one does, looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kindred {
    /// The node.
    pub node: usize,
    /// The one whose cells are shown for it.
    pub first: usize,
    /// The message.
    pub topic: usize,
    /// Where it does otherwise; none if it does not.
    pub difference: Option<Difference>,
}

/// A cell that is not what is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Who sends, who receives, the layer.
    pub place: Place,
    /// The sample.
    pub sample: usize,
    /// What is shown: what comes of it where the first node is on both sides; none if it is not sent.
    pub shown: Option<Outcome>,
    /// What comes of it.
    pub own: Option<Outcome>,
}

impl<P: Peer> Skew<P> {
    /// For each block and message the first block with the same cells, by its index: both senders, and
    /// both receivers, are of one kind ([`Peer::kind`]).
    pub(super) fn owners(&self, places: &[Place]) -> Vec<Vec<usize>> {
        self.firsts(places, |sender, receiver| (sender, receiver))
    }

    /// For each block and message the first block in which the same is sent. It owns its cells.
    pub(super) fn origins(&self, places: &[Place]) -> Vec<Vec<usize>> {
        self.firsts(places, |sender, _| sender)
    }

    /// For each block and message the first block at its layer with the same key, made of what stands for
    /// the kinds of its sender and of its receiver.
    fn firsts<K: Eq + Hash>(
        &self,
        places: &[Place],
        key: impl Fn(usize, usize) -> K,
    ) -> Vec<Vec<usize>> {
        let kinds = self.kinds();
        let kind = |node: usize, topic: usize| {
            kinds.get(node).and_then(|kinds| kinds.get(topic)).copied().unwrap_or(node)
        };
        let mut firsts = HashMap::new();
        (0..)
            .zip(places)
            .map(|(index, (sender, receiver, layer))| {
                (0..self.topics().len())
                    .map(|topic| {
                        let key = key(kind(*sender, topic), kind(*receiver, topic));
                        *firsts.entry((*layer, topic, key)).or_insert(index)
                    })
                    .collect()
            })
            .collect()
    }

    /// Looks whether nodes of one kind are alike: each sends all values of the message to the first node of its
    /// kind, and is sent all by it, and that has to come to what it comes to between that node and itself.
    pub fn kindred(&self) -> Vec<Kindred> {
        let kinds = self.kinds();
        let of_node = |(node, kinds): (usize, &Vec<usize>)| {
            let others = kinds.iter().copied().enumerate().filter(move |(_, first)| *first != node);
            others.map(move |(topic, first)| (node, first, topic)).collect::<Vec<_>>()
        };
        let all: Vec<_> = kinds.iter().enumerate().flat_map(of_node).collect();
        let look = |(node, first, topic)| {
            let mut layers = self.shared(node, first).into_iter();
            let difference = layers.find_map(|layer| self.difference(node, first, topic, layer));
            Kindred { node, first, topic, difference }
        };
        all.into_par_iter().map(look).collect()
    }

    /// The first cell at a layer that is another one.
    fn difference(
        &self,
        node: usize,
        first: usize,
        topic: usize,
        layer: Layer,
    ) -> Option<Difference> {
        let cells = |place| self.block(place, |it| it == topic).cells.get(topic).cloned();
        let shown = cells((first, first, layer))?;
        [(node, first, layer), (first, node, layer)].into_iter().find_map(|place| {
            let own = cells(place)?;
            let is_known = |it: &Option<Outcome>| {
                it.as_ref().is_none_or(|outcome| outcome.not_tried().is_none())
            };
            let mut samples = shown.iter().zip(own.iter()).enumerate();
            let is_other = |(_, (shown, own)): &(usize, (&Option<Outcome>, &Option<Outcome>))| {
                shown != own && is_known(shown) && is_known(own)
            };
            let (sample, (shown, own)) = samples.find(is_other)?;
            Some(Difference { place, sample, shown: shown.clone(), own: own.clone() })
        })
    }

    /// For each node and message the first node of the same kind, by its index.
    fn kinds(&self) -> Vec<Vec<usize>> {
        let mut firsts = HashMap::new();
        let first = |(index, peer): (usize, &P)| {
            let of = |(topic, it): (usize, &super::Topic<P::Value>)| {
                let kind = peer.kind(it.name).filter(|_| self.shares_cells);
                kind.map_or(index, |kind| *firsts.entry((topic, kind)).or_insert(index))
            };
            self.topics().iter().enumerate().map(of).collect()
        };
        self.peers().enumerate().map(first).collect()
    }
}

/// The blocks, each with the cells of the others that it shares.
pub(super) fn shared(mut blocks: Vec<Block>, owners: &[Vec<usize>]) -> Vec<Block> {
    for (index, owners) in owners.iter().enumerate() {
        for (topic, owner) in owners.iter().enumerate().filter(|(_, owner)| **owner != index) {
            let cells = blocks.get(*owner).and_then(|block| block.cells.get(topic)).cloned();
            let own = blocks.get_mut(index).and_then(|block| block.cells.get_mut(topic));
            if let (Some(own), Some(cells)) = (own, cells) {
                *own = cells;
            }
        }
    }
    blocks
}
