//! The processors of partitions on one node: they follow the log, and lead.
//!
//! There are as many partitions as nodes, and each node is to lead one of them. All partitions have
//! the one log, in which records are told apart by their key. Who leads is who was announced last.
//! The node that a partition belongs to claims it as soon as it can; of the others one does if the
//! partition is silent for long while the log goes on: the next node, or, if that says nothing
//! either, the one after it. A processor that does not get past a record does not lead, and tries
//! again when its node is restarted; what barriers it has passed it must then pass again.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::layer::Layer;
use super::machine::index_of;
use crate::fabric::log_records::apply::Reaction;
use crate::fabric::messages::ids::{GenerationalNodeId, NanosSinceEpoch};
use crate::fabric::messages::records::{Keys, Record};
use crate::fabric::node::{Disk, Raw};
use crate::fabric::release::Release;
use crate::harness::upgrade::outlook::Outlook;
use crate::harness::upgrade::time::Time;
use crate::suite::log_records::Occasion;

/// Leaders of a partition write every second: one that is silent for so long is lost, in
/// milliseconds of virtual time.
const SILENCE_MS: u64 = 2_500;
/// The time between two claims of one node.
const CLAIM_MS: u64 = 3_000;
/// The samples of calls, which leaders write all the time: one that comes, and one in a journal.
const CALLS: [&str; 3] = ["invoke", "effect-v2-call", "effect-raw-call"];

/// Where a processor stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stop {
    /// When the record was written.
    pub(super) at: Time,
    /// Who wrote it, as far as the log says.
    pub(super) writer: Option<usize>,
    /// What is in it.
    pub(super) title: String,
    /// What the processor makes of it.
    pub(super) reaction: Reaction,
}

/// The processor of one partition.
#[derive(Debug, Clone, Default)]
pub(super) struct Processor {
    /// The last offset that it is past.
    pub(super) read_to: u32,
    /// Where it stopped, if it did.
    pub(super) stop: Option<Stop>,
    /// Who was announced last.
    pub(super) leader: Option<GenerationalNodeId>,
    /// The barriers that it has passed, and who wrote them.
    barriers: Vec<(Record, Option<GenerationalNodeId>)>,
    /// When the last of its records was written.
    heard_at: Time,
    claimed_at: Option<Time>,
}

/// All processors of a node.
#[derive(Debug, Clone)]
pub(super) struct Processors {
    partitions: Vec<Processor>,
    /// When the last record of the log was written.
    log_at: Time,
    /// The end of the log when it was last followed.
    end: u32,
}

/// What processors are looked at by.
pub(super) struct View<'a> {
    pub(super) now: Time,
    /// Records up to this offset are on every disk.
    pub(super) settled: u32,
    pub(super) disk: &'a Disk,
    pub(super) release: Release,
    pub(super) layer: &'a Layer,
    /// Of which release a node was at some moment.
    pub(super) release_at: &'a dyn Fn(usize, Time) -> Option<Release>,
}

/// Who proposes.
pub(super) struct Leader<'a> {
    pub(super) me: GenerationalNodeId,
    pub(super) release: Release,
    pub(super) layer: &'a Layer,
    pub(super) settings: &'a [&'static Occasion],
    pub(super) actions: &'a [&'static Occasion],
}

impl Processors {
    /// For a cluster of so many nodes.
    pub(super) fn new(nodes: usize) -> Self {
        Self { partitions: vec![Processor::default(); nodes], log_at: Time::ZERO, end: 0 }
    }

    /// All of them, with the numbers of their partitions.
    pub(super) fn all(&self) -> impl Iterator<Item = (u64, &Processor)> {
        (1..).zip(&self.partitions)
    }

    /// The same after a restart.
    pub(super) fn restarted(&self, release: Release, layer: &Layer) -> Self {
        let restarted = |processor: &Processor| processor.restarted(release, layer);
        let partitions = self.partitions.iter().map(restarted).collect();
        Self { partitions, end: 0, ..*self }
    }

    /// Says all that their future depends on; offsets as seen from one that every disk is past, and of who
    /// wrote a record, of which release it was then.
    pub(super) fn outlook(&self, view: &View<'_>, outlook: &mut Outlook) {
        let View { now, settled, disk, release, layer, release_at } = view;
        let Self { partitions, log_at, end } = self;
        let offset = |offset: u32| i64::from(offset) - i64::from(*settled);
        outlook.say((log_at, offset(*end)));
        let longest =
            SILENCE_MS.saturating_mul(u64::try_from(partitions.len()).unwrap_or(u64::MAX));
        for (partition, processor) in (1..).zip(partitions) {
            let Processor { read_to, stop, leader, barriers, heard_at, claimed_at } = processor;
            let silence = log_at.since(*heard_at).min(longest);
            let is_recent = |at: &Time| now.since(*at) < CLAIM_MS;
            // Longer than this nobody waits.
            outlook.say((leader, silence, claimed_at.filter(is_recent)));
            if let Some(Stop { at, writer, title, reaction }) = stop {
                let release = writer.and_then(|writer| release_at(writer, *at));
                outlook.say((writer, release, title, reaction));
            }
            for (record, writer) in barriers {
                let index = writer.map(|writer| index_of(writer.id.0));
                let release = index.and_then(|index| release_at(index, written_at(record)));
                outlook.say((Raw(&record.body), index, release));
            }
            // Where it stopped it goes on, some day. What it does not stop at when it comes for the first
            // time it does not stop at later.
            let mut known: BTreeSet<&Bytes> = BTreeSet::new();
            let (mut leader, mut last) = (*leader, None);
            let unread = disk.records_after(*read_to);
            for (_, record) in unread.filter(|(_, it)| it.keys == Keys::Single(partition)) {
                let reading = layer.read(&record.body, *release);
                leader = reading.announces.or(leader);
                last = Some(log_at.since(written_at(record)).min(longest));
                if known.insert(&record.body) || reading.announces.is_some() {
                    let index = leader.map(|leader| index_of(leader.id.0));
                    let release = index.and_then(|index| release_at(index, written_at(record)));
                    outlook.say((Raw(&record.body), leader, release));
                }
            }
            outlook.say((last, stop.is_none().then(|| offset(*read_to))));
        }
    }

    /// Reads what is new; where a processor stopped by it.
    pub(super) fn follow(
        &mut self,
        disk: &Disk,
        release: Release,
        layer: &Layer,
    ) -> Vec<(u64, &Stop)> {
        if disk.end() == self.end {
            return Vec::new();
        }
        self.log_at =
            disk.records_after(self.end).map(|(_, it)| written_at(it)).fold(self.log_at, Time::max);
        self.end = disk.end();
        let mut stopped = Vec::new();
        for (partition, processor) in (1..).zip(&mut self.partitions) {
            if processor.stop.is_none() {
                processor.follow(partition, disk, release, layer);
                stopped.extend(processor.stop.as_ref().map(|stop| (partition, stop)));
            }
        }
        stopped
    }

    /// What a node appends next, and whether it leads a partition. Who leads nothing appends a record
    /// that is of no partition.
    pub(super) fn propose(&mut self, now: Time, leader: &Leader<'_>) -> (Vec<Record>, bool) {
        let mut records = Vec::new();
        let mut is_leading = false;
        let (log_at, count) = (self.log_at, self.partitions.len());
        for (index, processor) in self.partitions.iter_mut().enumerate() {
            let rank = (index_of(leader.me.id.0) + count - index) % count;
            let cases = if processor.is_led_by(leader.me) {
                is_leading = true;
                leader.goes_on()
            } else if processor.is_to_claim(now, log_at, rank) {
                processor.claimed_at = Some(now);
                leader.begins()
            } else {
                continue;
            };
            let bodies = cases.into_iter().filter_map(|case| leader.body(case));
            let key = u64::try_from(index).unwrap_or(u64::MAX).saturating_add(1);
            records.extend(bodies.map(|body| record(now, Keys::Single(key), body)));
        }
        if records.is_empty() {
            records.push(record(now, Keys::None, Bytes::from_static(b"record")));
        }
        (records, is_leading)
    }
}

impl Leader<'_> {
    fn body(&self, case: &'static str) -> Option<Bytes> {
        self.layer.body(case, self.release, self.me)
    }

    /// What it writes first.
    fn begins(&self) -> Vec<&'static str> {
        self.layer.plain(self.release).iter().copied().chain(self.set()).collect()
    }

    /// What its settings bring.
    fn set(&self) -> impl Iterator<Item = &'static str> {
        self.settings.iter().flat_map(|setting| setting.cases(self.release))
    }

    /// What it writes all the time, and what there is to be done.
    fn goes_on(&self) -> Vec<&'static str> {
        let actions = self.actions.iter().flat_map(|action| action.cases(self.release));
        let plain = self.layer.plain(self.release);
        let calls = CALLS.into_iter().filter(|call| plain.contains(call));
        actions.chain(calls).chain(self.set()).collect()
    }
}

impl Processor {
    fn is_led_by(&self, node: GenerationalNodeId) -> bool {
        self.stop.is_none() && self.leader == Some(node)
    }

    /// Whether a node that comes in this place after the one that the partition belongs to is to
    /// claim it now.
    fn is_to_claim(&self, now: Time, log_at: Time, rank: usize) -> bool {
        let silence = SILENCE_MS.saturating_mul(u64::try_from(rank).unwrap_or(u64::MAX));
        let has_waited = self.claimed_at.is_none_or(|at| now.since(at) >= CLAIM_MS);
        self.stop.is_none() && has_waited && (rank == 0 || log_at.since(self.heard_at) >= silence)
    }

    fn follow(&mut self, partition: u64, disk: &Disk, release: Release, layer: &Layer) {
        for (offset, record) in disk.records_after(self.read_to) {
            if record.keys == Keys::Single(partition) {
                let reading = layer.read(&record.body, release);
                let leader = reading.announces.or(self.leader);
                if reading.reaction != Reaction::Applied {
                    self.stop = Some(stop(record, leader, release, layer));
                    return;
                }
                self.leader = leader;
                let is_known = |(known, _): &(Record, _)| known.body == record.body;
                if reading.is_barrier && !self.barriers.iter().any(is_known) {
                    self.barriers.push((record.clone(), leader));
                }
                self.heard_at = written_at(record);
            }
            self.read_to = offset;
        }
    }

    fn restarted(&self, release: Release, layer: &Layer) -> Self {
        let passed = self.barriers.iter().map(|(it, leader)| stop(it, *leader, release, layer));
        let is_blocked = |stop: &Stop| matches!(stop.reaction, Reaction::Blocked { .. });
        let stop = passed.into_iter().find(is_blocked);
        Self { stop, claimed_at: None, ..self.clone() }
    }
}

/// Where a processor of a release stops.
fn stop(
    record: &Record,
    writer: Option<GenerationalNodeId>,
    release: Release,
    layer: &Layer,
) -> Stop {
    let reading = layer.read(&record.body, release);
    Stop {
        at: written_at(record),
        writer: writer.map(|node| index_of(node.id.0)),
        title: reading.title.clone(),
        reaction: reading.reaction.clone(),
    }
}

fn record(now: Time, keys: Keys, body: Bytes) -> Record {
    Record { created_at: NanosSinceEpoch(now.ms().saturating_mul(NANOS_PER_MS)), body, keys }
}

const NANOS_PER_MS: u64 = 1_000_000;

fn written_at(record: &Record) -> Time {
    Time::from_ms(record.created_at.0 / NANOS_PER_MS)
}
