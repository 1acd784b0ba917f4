//! Whom a process dialled, when, and who refused.

use std::collections::{BTreeMap, VecDeque};

use super::machine::Rejection;
use crate::harness::upgrade::time::Time;

/// How many dials to a peer are remembered: more than any node has reason to in the time that a
/// judge looks back.
const REMEMBERED_MAX: usize = 64;

/// The dials of one process, by the index of the node that was dialled.
#[derive(Debug, Clone, Default)]
pub(super) struct Dials {
    /// Streams that were dialled and have not ended.
    open: BTreeMap<u64, usize>,
    made: BTreeMap<usize, VecDeque<Time>>,
    /// Peers whose last word on a dial was a refusal.
    refused: BTreeMap<usize, (Time, Rejection)>,
}

impl Dials {
    /// A peer is dialled.
    pub(super) fn dialled(&mut self, now: Time, stream: u64, peer: usize) {
        self.open.insert(stream, peer);
        let made = self.made.entry(peer).or_default();
        if made.len() == REMEMBERED_MAX {
            made.pop_front();
        }
        made.push_back(now);
    }

    /// A stream is over, by a refusal or otherwise. Nothing happens if it was not dialled here.
    pub(super) fn ended(&mut self, now: Time, stream: u64, rejection: Option<Rejection>) {
        let Some(peer) = self.open.remove(&stream) else { return };
        match rejection {
            Some(rejection) => self.refused.insert(peer, (now, rejection)),
            None => self.refused.remove(&peer),
        };
    }

    /// How often a peer was dialled from this moment on.
    pub(super) fn since(&self, peer: usize, from: Time) -> usize {
        self.made.get(&peer).map_or(0, |made| made.iter().filter(|at| **at >= from).count())
    }

    /// How a peer refused, if it did when it was last dialled, not earlier than at this moment.
    pub(super) fn refusal(&self, peer: usize, from: Time) -> Option<&Rejection> {
        let (at, rejection) = self.refused.get(&peer)?;
        (*at >= from).then_some(rejection)
    }
}
