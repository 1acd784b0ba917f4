//! The streams between nodes: who is at each end, and what is on its way or held back.

use bytes::Bytes;

use super::super::process::{End, StreamId};
use super::super::time::Time;

/// A side of a stream, also as index into pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Dialler,
    Acceptor,
}

impl Side {
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Dialler => Self::Acceptor,
            Self::Acceptor => Self::Dialler,
        }
    }
}

/// What goes over a stream.
#[derive(Debug, Clone)]
pub(super) enum Parcel<R> {
    Incoming,
    Frame(Bytes),
    End(End<R>),
}

/// A thing for each side.
#[derive(Debug, Clone, Default)]
pub(super) struct Pair<T>([T; 2]);

impl<T> Pair<T> {
    pub(super) const fn of(&self, side: Side) -> &T {
        match side {
            Side::Dialler => &self.0[0],
            Side::Acceptor => &self.0[1],
        }
    }

    pub(super) const fn of_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::Dialler => &mut self.0[0],
            Side::Acceptor => &mut self.0[1],
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Stream<R> {
    pub(super) id: StreamId,
    nodes: Pair<usize>,
    /// Whether the acceptor has heard of it.
    pub(super) is_accepted: bool,
    /// Which side sends no more.
    pub(super) closed: Pair<bool>,
    /// Which side knows that the other one sends no more.
    pub(super) has_ended: Pair<bool>,
    /// Which side takes no more.
    pub(super) is_deaf: Pair<bool>,
    /// When the last parcel to a side arrives: none overtakes it.
    pub(super) last_arrival: Pair<Time>,
    /// What is held back from a side by a partition.
    pub(super) held: Pair<Vec<Parcel<R>>>,
}

impl<R> Stream<R> {
    pub(super) const fn new(id: StreamId, dialler: usize, acceptor: usize) -> Self {
        Self {
            id,
            nodes: Pair([dialler, acceptor]),
            is_accepted: false,
            closed: Pair([false; 2]),
            has_ended: Pair([false; 2]),
            is_deaf: Pair([false; 2]),
            last_arrival: Pair([Time::ZERO; 2]),
            held: Pair([Vec::new(), Vec::new()]),
        }
    }

    pub(super) const fn node(&self, side: Side) -> usize {
        *self.nodes.of(side)
    }

    /// The side at which a node is.
    pub(super) fn side_of(&self, node: usize) -> Option<Side> {
        [Side::Dialler, Side::Acceptor].into_iter().find(|side| self.node(*side) == node)
    }

    pub(super) fn is_between(&self, a: usize, b: usize) -> bool {
        let (dialler, acceptor) = (self.node(Side::Dialler), self.node(Side::Acceptor));
        (dialler, acceptor) == (a, b) || (dialler, acceptor) == (b, a)
    }
}

/// Those that are there, in the order of their names.
#[derive(Debug, Clone)]
pub(super) struct Streams<R>(Vec<Stream<R>>);

impl<R> Streams<R> {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn add(&mut self, stream: Stream<R>) {
        let place = self.0.partition_point(|other| other.id < stream.id);
        self.0.insert(place, stream);
    }

    pub(super) fn get(&mut self, id: StreamId) -> Option<&mut Stream<R>> {
        let place = self.0.binary_search_by_key(&id, |stream| stream.id).ok()?;
        self.0.get_mut(place)
    }

    pub(super) fn remove(&mut self, id: StreamId) {
        if let Ok(place) = self.0.binary_search_by_key(&id, |stream| stream.id) {
            self.0.remove(place);
        }
    }

    /// Takes out those of which this holds.
    pub(super) fn take(&mut self, is_meant: impl Fn(&Stream<R>) -> bool) -> Vec<Stream<R>> {
        self.0.extract_if(.., |stream| is_meant(stream)).collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Stream<R>> {
        self.0.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Stream<R>> {
        self.0.iter_mut()
    }
}
