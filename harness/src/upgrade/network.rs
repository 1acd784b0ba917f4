//! The network: how long frames take, and what does not get through.

use super::time::Time;

/// Times of the network and of shutting down, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// What every frame takes, at least.
    pub latency_ms: u64,
    /// What a frame takes longer, at most: drawn for each way and each moment.
    pub jitter_ms: u64,
    /// After this a dial that nobody answers fails.
    pub connect_timeout_ms: u64,
    /// Streams that are blocked for so long break.
    pub keep_alive_ms: u64,
    /// What a process has to shut down in good order.
    pub grace_ms: u64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            latency_ms: 2,
            jitter_ms: 3,
            connect_timeout_ms: 1_000,
            keep_alive_ms: 3_000,
            grace_ms: 300,
        }
    }
}

/// What is wrong with the way from one node to another.
#[derive(Debug, Clone, Copy)]
struct Way {
    from: usize,
    to: usize,
    /// When it was blocked, as a number that is never used again.
    blocked: Option<u64>,
    slower_by_ms: u64,
}

/// The ways between nodes, each direction for itself.
#[derive(Debug, Clone)]
pub(super) struct Network {
    pub(super) timing: Timing,
    /// Those with something wrong; they are few.
    ways: Vec<Way>,
    blocks: u64,
    seed: u64,
}

impl Network {
    pub(super) const fn new(timing: Timing, seed: u64) -> Self {
        Self { timing, ways: Vec::new(), blocks: 0, seed }
    }

    fn way(&self, from: usize, to: usize) -> Option<&Way> {
        self.ways.iter().find(|way| (way.from, way.to) == (from, to))
    }

    fn change(&mut self, from: usize, to: usize, change: impl FnOnce(&mut Way)) {
        let mut way = Way { from, to, blocked: None, slower_by_ms: 0 };
        match self.ways.iter_mut().find(|way| (way.from, way.to) == (from, to)) {
            Some(way) => change(way),
            None => {
                change(&mut way);
                self.ways.push(way);
            }
        }
    }

    /// What a frame takes, without jitter.
    pub(super) fn latency_ms(&self, from: usize, to: usize) -> u64 {
        self.timing.latency_ms.saturating_add(self.slower_by_ms(from, to))
    }

    /// What a frame takes longer that is sent now. It depends on nothing that was before: what two
    /// worlds did in the past does not keep them apart.
    pub(super) fn jitter_ms(&self, now: Time, from: usize, to: usize) -> u64 {
        let drawn = [now.ms(), from as u64, to as u64]
            .into_iter()
            .fold(self.seed, |seed, it| fastrand::Rng::with_seed(seed ^ it).u64(..));
        fastrand::Rng::with_seed(drawn).u64(0..=self.timing.jitter_ms)
    }

    pub(super) fn slower_by_ms(&self, from: usize, to: usize) -> u64 {
        self.way(from, to).map_or(0, |way| way.slower_by_ms)
    }

    /// Whether any way is not as it was at first.
    pub(super) const fn is_disturbed(&self) -> bool {
        !self.ways.is_empty()
    }

    pub(super) fn is_blocked(&self, from: usize, to: usize) -> bool {
        self.blocked(from, to).is_some()
    }

    /// The number of the partition that blocks this way.
    pub(super) fn blocked(&self, from: usize, to: usize) -> Option<u64> {
        self.way(from, to)?.blocked
    }

    /// Blocks a way; gives the number of the partition.
    pub(super) fn block(&mut self, from: usize, to: usize) -> u64 {
        let number = self.blocked(from, to).unwrap_or_else(|| {
            self.blocks += 1;
            self.blocks
        });
        self.change(from, to, |way| way.blocked = Some(number));
        number
    }

    pub(super) fn slow(&mut self, from: usize, to: usize, by_ms: u64) {
        self.change(from, to, |way| way.slower_by_ms = by_ms);
    }

    /// All ways are as they were at first. Gives those that were blocked.
    pub(super) fn heal(&mut self) -> Vec<(usize, usize)> {
        let ways = std::mem::take(&mut self.ways);
        ways.iter().filter(|way| way.blocked.is_some()).map(|way| (way.from, way.to)).collect()
    }
}
