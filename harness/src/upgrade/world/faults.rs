//! What is done to nodes and the network from outside.

use super::super::event::Change;
use super::super::process::{End, Process};
use super::World;
use super::deliver::Due;
use super::streams::{Side, Stream};

impl<P: Process> World<P> {
    /// A node is gone without a word. Its streams break: peers learn of it as of any frame.
    pub fn crash(&mut self, node: usize) {
        if self.running(node).is_some() {
            self.record(node, || Change::Crashed);
            self.end(node);
            self.nodes.get_mut(node).into_iter().for_each(|it| it.has_crashed = true);
        }
    }

    /// A node crashes in the place of taking the `frame`-th frame from now on.
    pub fn crash_at_frame(&mut self, node: usize, frame: u32) {
        if let Some(it) = self.nodes.get_mut(node).filter(|_| frame > 0) {
            it.crash_at_frame = Some(frame);
        }
    }

    /// No node crashes at a frame any more.
    pub fn disarm(&mut self) {
        for node in &mut self.nodes {
            node.crash_at_frame = None;
        }
    }

    /// Holds back what one node sends to another. What is held for longer than the keep-alive time
    /// is lost with its stream, and dials between the two fail.
    pub fn partition(&mut self, from: usize, to: usize) {
        let partition = self.network.block(from, to);
        self.record(from, || Change::Partitioned { to });
        let at = self.clock.after(self.network.timing.keep_alive_ms);
        self.schedule(at, Due::KeepAlive { from, to, partition });
    }

    /// Makes all that one node sends to another take longer.
    pub fn slow(&mut self, from: usize, to: usize, by_ms: u64) {
        self.network.slow(from, to, by_ms);
        self.record(from, || Change::Slowed { to, by_ms });
    }

    /// Whether what one node sends to another takes longer than usual.
    pub fn is_slowed(&self, from: usize, to: usize) -> bool {
        self.network.slower_by_ms(from, to) > 0
    }

    /// Partitions and slow ways are over. What was held back arrives now, in its order.
    pub fn heal(&mut self) {
        self.disturbed_at = self.last_disturbed();
        for (from, to) in self.network.heal() {
            self.record(from, || Change::Healed { to });
            let mut arrivals = Vec::new();
            for stream in self.streams.iter_mut() {
                let Some(side) =
                    stream.side_of(to).filter(|side| stream.node(side.other()) == from)
                else {
                    continue;
                };
                let held = std::mem::take(stream.held.of_mut(side));
                let id = stream.id;
                arrivals.extend(held.into_iter().map(|parcel| Due::Arrival {
                    stream: id,
                    to: side,
                    parcel,
                }));
            }
            for arrival in arrivals {
                self.schedule(self.clock, arrival);
            }
        }
    }

    /// All streams between two nodes break, for both of them at once.
    pub fn break_connections(&mut self, a: usize, b: usize) {
        self.record(a, || Change::Broken { peer: b });
        self.break_streams(a, b);
    }

    pub(super) fn break_streams(&mut self, a: usize, b: usize) {
        for stream in self.streams.take(|stream| stream.is_between(a, b)) {
            for side in [Side::Dialler, Side::Acceptor] {
                self.tell_broken(&stream, side);
            }
        }
    }

    /// A side that still listens learns that the stream broke; one that has not heard of it is not
    /// told.
    fn tell_broken(&mut self, stream: &Stream<P::Refusal>, side: Side) {
        let is_concerned = side == Side::Dialler || stream.is_accepted;
        let node = stream.node(side);
        if let (true, Some(generation)) =
            (is_concerned && !stream.is_deaf.of(side), self.running(node))
        {
            let is_dial = !stream.is_accepted;
            let id = stream.id;
            self.schedule(self.clock, Due::Ended { node, generation, stream: id, is_dial });
        }
    }

    /// The grace time of a node is over.
    pub(super) fn gone(&mut self, node: usize) {
        self.record(node, || Change::Stopped);
        self.end(node);
    }

    /// Takes a process down with all its streams.
    pub(super) fn end(&mut self, node: usize) {
        let Some(it) = self.nodes.get_mut(node) else { return };
        it.is_running = false;
        it.wake = None;
        it.crash_at_frame = None;
        let streams: Vec<_> = self
            .streams
            .iter()
            .filter(|stream| stream.side_of(node).is_some_and(|side| !stream.is_deaf.of(side)))
            .map(|stream| stream.id)
            .collect();
        for stream in streams {
            self.abandon(node, stream, End::Broken);
        }
    }
}
