//! Nodes that treat a message alike share its cells: they are computed once, and shown for each.

use std::collections::HashMap;
use std::hash::Hash;

use super::matrix::Block;
use super::peer::Peer;
use super::run::{Place, Skew};

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
