//! What is due, and how it reaches a process.

use std::cmp::{Ordering, Reverse};

use bytes::Bytes;

use super::super::process::{End, Input, Process, StreamId};
use super::super::time::Time;
use super::World;
use super::streams::{Parcel, Side, Stream};

/// Something that happens by itself when its time has come.
#[derive(Debug, Clone)]
pub(super) enum Due<R> {
    /// A parcel reaches a side of a stream.
    Arrival { stream: StreamId, to: Side, parcel: Parcel<R> },
    /// A process learns of the end of a stream that is no more.
    Ended { node: usize, generation: u32, stream: StreamId, is_dial: bool },
    /// The grace time of a process is over.
    Gone { node: usize, generation: u32 },
    /// Streams over a way that has been blocked all the time break.
    KeepAlive { from: usize, to: usize, partition: u64 },
}

/// With its time, and a number for the order within that.
#[derive(Debug, Clone)]
pub(super) struct Scheduled<R> {
    pub(super) at: Time,
    sequence: u64,
    due: Due<R>,
}

impl<R> Ord for Scheduled<R> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.sequence).cmp(&(other.at, other.sequence))
    }
}

impl<R> PartialOrd for Scheduled<R> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<R> PartialEq for Scheduled<R> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<R> Eq for Scheduled<R> {}

impl<P: Process> World<P> {
    pub(super) fn schedule(&mut self, at: Time, due: Due<P::Refusal>) {
        self.sequence += 1;
        self.queue.push(Reverse(Scheduled { at, sequence: self.sequence, due }));
    }

    /// Lets happen what is due next.
    pub(super) fn deliver_next(&mut self) {
        let Some(Reverse(scheduled)) = self.queue.pop() else { return };
        match scheduled.due {
            Due::Arrival { stream, to, parcel } => self.arrive(stream, to, parcel),
            Due::Ended { node, generation, stream, is_dial } => {
                if self.running(node) == Some(generation) {
                    let ended = Input::Ended { stream, how: End::Broken };
                    self.give(node, if is_dial { Input::Unreachable { stream } } else { ended });
                }
            }
            Due::Gone { node, generation } => {
                if self.running(node) == Some(generation) {
                    self.gone(node);
                }
            }
            Due::KeepAlive { from, to, partition } => {
                if self.network.blocked(from, to) == Some(partition) {
                    self.break_streams(from, to);
                }
            }
        }
    }

    pub(super) fn dial(&mut self, node: usize, stream: StreamId, peer: usize) {
        let now = self.clock;
        let Some(generation) = self.running(node) else { return };
        if let Some(it) = self.nodes.get_mut(node) {
            it.load.dial(now);
        }
        let is_there = peer != node && peer < self.nodes.len();
        let is_blocked = self.network.is_blocked(node, peer) || self.network.is_blocked(peer, node);
        if is_there && !is_blocked {
            self.streams.add(Stream::new(stream, node, peer));
            self.post(stream, Side::Acceptor, Parcel::Incoming);
        } else {
            let timeout = if is_there { self.network.timing.connect_timeout_ms } else { 0 };
            let failed = Due::Ended { node, generation, stream, is_dial: true };
            self.schedule(now.after(timeout), failed);
        }
    }

    pub(super) fn send(&mut self, node: usize, stream: StreamId, bytes: Bytes) {
        if let Some(side) = self.sending_side(node, stream) {
            self.post(stream, side.other(), Parcel::Frame(bytes));
        }
    }

    pub(super) fn close(&mut self, node: usize, stream: StreamId) {
        if let Some(side) = self.sending_side(node, stream) {
            self.post(stream, side.other(), Parcel::End(End::Clean));
            self.hush(stream, side);
        }
    }

    pub(super) fn refuse(&mut self, node: usize, stream: StreamId, refusal: P::Refusal) {
        self.abandon(node, stream, End::Refused(refusal));
    }

    /// A side neither sends nor takes any more; the other one learns how it ended.
    pub(super) fn abandon(&mut self, node: usize, id: StreamId, how: End<P::Refusal>) {
        let side = self.streams.get(id).and_then(|stream| stream.side_of(node));
        let Some(side) = side else { return };
        self.post(id, side.other(), Parcel::End(how));
        self.hush(id, side);
        if let Some(stream) = self.streams.get(id) {
            *stream.is_deaf.of_mut(side) = true;
        }
    }

    fn hush(&mut self, id: StreamId, side: Side) {
        if let Some(stream) = self.streams.get(id) {
            *stream.closed.of_mut(side) = true;
        }
    }

    /// The side of a node on a stream on which it may send.
    fn sending_side(&mut self, node: usize, stream: StreamId) -> Option<Side> {
        let stream = self.streams.get(stream)?;
        stream.side_of(node).filter(|side| !stream.closed.of(*side))
    }

    /// Sends a parcel on its way. None overtakes another.
    fn post(&mut self, id: StreamId, to: Side, parcel: Parcel<P::Refusal>) {
        let now = self.clock;
        let Some(stream) = self.streams.get(id) else { return };
        let (from, node) = (stream.node(to.other()), stream.node(to));
        let latency = self.network.latency_ms(from, node);
        let drawn = self.network.jitter_ms(now, from, node);
        let last = stream.last_arrival.of_mut(to);
        let at = now.after(latency).after(drawn).max(*last);
        *last = at;
        self.schedule(at, Due::Arrival { stream: id, to, parcel });
    }

    fn arrive(&mut self, id: StreamId, to: Side, parcel: Parcel<P::Refusal>) {
        let Some(stream) = self.streams.get(id) else { return };
        let (from, node) = (stream.node(to.other()), stream.node(to));
        if self.network.is_blocked(from, node) {
            stream.held.of_mut(to).push(parcel);
            return;
        }
        let is_deaf = *stream.is_deaf.of(to);
        match parcel {
            Parcel::Incoming if is_deaf => {}
            Parcel::Incoming => {
                stream.is_accepted = true;
                if self.running(node).is_none() {
                    return self.nobody_answers(id, from);
                }
                self.give(node, Input::Incoming { stream: id, from });
            }
            Parcel::Frame(_) if is_deaf => {}
            Parcel::Frame(bytes) => {
                let it = self.nodes.get_mut(node);
                if it.is_some_and(|it| it.is_running && it.crashes_now()) {
                    self.crash(node);
                } else {
                    self.give(node, Input::Frame { stream: id, bytes });
                }
            }
            Parcel::End(End::Clean) => {
                *stream.has_ended.of_mut(to) = true;
                if *stream.has_ended.of(to.other()) {
                    self.streams.remove(id);
                }
                if !is_deaf {
                    self.give(node, Input::Ended { stream: id, how: End::Clean });
                }
            }
            Parcel::End(how) => {
                let is_over = *stream.has_ended.of(to) && *stream.closed.of(to);
                self.streams.remove(id);
                if !is_deaf && !is_over {
                    self.give(node, Input::Ended { stream: id, how });
                }
            }
        }
    }

    /// The dialler learns that there is no process to dial.
    fn nobody_answers(&mut self, id: StreamId, dialler: usize) {
        let way_back = self.streams.get(id).map_or(dialler, |stream| stream.node(Side::Acceptor));
        let is_deaf = self.streams.get(id).is_some_and(|s| *s.is_deaf.of(Side::Dialler));
        self.streams.remove(id);
        if let (false, Some(generation)) = (is_deaf, self.running(dialler)) {
            let at = self.clock.after(self.network.latency_ms(way_back, dialler));
            self.schedule(at, Due::Ended { node: dialler, generation, stream: id, is_dial: true });
        }
    }
}
