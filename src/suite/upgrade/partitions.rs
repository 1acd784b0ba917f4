//! What must hold of partitions: every running node gets past what leaders write, and some node can
//! lead.

use std::collections::{BTreeMap, BTreeSet};

use super::availability::SEQUENCER;
use super::machine::index_of;
use super::processors::{Processor, Stop};
use super::properties::{Kind, Scene, View};
use crate::fabric::messages::records::Keys;
use crate::fabric::release::Release;
use crate::harness::upgrade::event::Violation;
use crate::suite::faults;

/// A processor that stopped, and where.
#[derive(Clone, Copy)]
struct Stopped<'a> {
    node: &'a View<'a>,
    stop: &'a Stop,
}

/// After every step.
pub(super) fn check(scene: &Scene<'_>, found: &mut Vec<Violation>) {
    for (index, node) in scene.running() {
        check_node(scene, index, node, found);
    }
    for partition in 1..=u64::try_from(scene.nodes.len()).unwrap_or(u64::MAX) {
        check_partition(scene, partition, found);
    }
}

/// One violation for each record of each node by which processors stop.
fn check_node(scene: &Scene<'_>, index: usize, node: &View<'_>, found: &mut Vec<Violation>) {
    let all = node.process.processors().all();
    let stops = all.filter_map(|(partition, it)| Some((partition, it.stop.as_ref()?)));
    for ((writer, ..), stops) in by_record(stops, index) {
        let partitions: Vec<String> = stops.iter().map(|(it, _)| it.to_string()).collect();
        let (word, list) =
            (if stops.len() == 1 { "partition" } else { "partitions" }, partitions.join(", "));
        let Some((_, stop)) = stops.first() else { continue };
        let stopped = Stopped { node, stop };
        let what = format!(
            "brings {}, which stops {word} {list} on {}: {}",
            stopped.record(scene),
            stopped.reader(),
            stop.reaction.reason()
        );
        let kind = Kind::StoppedProcessor.name();
        let violation = Violation::of_pair(kind, index, writer, what);
        let fault = stopped.fault(scene, &violation);
        found.push(Violation { fault, ..violation }.lasting(scene.since, None));
    }
}

/// Stops, with their partitions, by who wrote the record, what is in it, and why it stops them.
type ByRecord<'a> = BTreeMap<(usize, &'a str, String), Vec<(u64, &'a Stop)>>;

/// Stops of partitions on a node.
fn by_record<'a>(stops: impl Iterator<Item = (u64, &'a Stop)>, reader: usize) -> ByRecord<'a> {
    let mut by_record = ByRecord::new();
    for (partition, stop) in stops {
        let writer = stop.writer.unwrap_or(reader);
        let record = (writer, stop.title.as_str(), stop.reaction.reason());
        by_record.entry(record).or_default().push((partition, stop));
    }
    by_record
}

/// Whether nobody leads a partition, or all running nodes have stopped at it. What was acknowledged and nobody gets to is
/// lost until a node comes that gets past it.
fn check_partition(scene: &Scene<'_>, partition: u64, found: &mut Vec<Violation>) {
    let processors: Vec<(&View<'_>, &Processor)> =
        scene.running().filter_map(|(_, node)| Some((node, processor(node, partition)?))).collect();
    let home = index_of(u32::try_from(partition).unwrap_or(u32::MAX));
    let kind = Kind::StoppedPartition.name();
    let is_log_there = scene.nodes.get(SEQUENCER).is_some_and(|node| node.is_running);
    let is_untouched = |it: &Processor| it.leader.is_none() && it.stop.is_none();
    if is_log_there && processors.iter().all(|(_, it)| is_untouched(it)) {
        let what = format!("leaves partition {partition} without anybody who is known to lead it");
        found.push(Violation::of_node(kind, home, what).lasting(scene.since, None));
        return;
    }
    let stopped: Vec<Stopped<'_>> = processors
        .iter()
        .filter_map(|(node, it)| Some(Stopped { node, stop: it.stop.as_ref()? }))
        .collect();
    let Some(first) = stopped.first().filter(|_| stopped.len() == processors.len()) else { return };
    let read_to = processors.iter().map(|(_, it)| it.read_to).max().unwrap_or_default();
    let readers: Vec<String> = stopped.iter().map(Stopped::reader).collect();
    let what = format!(
        "brings {}, and nobody who runs can lead partition {partition}: it is stopped on {}; {} \
         acknowledged records of it wait",
        first.record(scene),
        readers.join(", "),
        waiting(scene, partition, read_to)
    );
    let violation = Violation::of_node(kind, home, what);
    let faults: Option<Vec<&'static str>> =
        stopped.iter().map(|it| it.fault(scene, &violation)).collect();
    let fault = faults.and_then(|faults| faults.first().copied());
    found.push(Violation { fault, ..violation }.lasting(scene.since, None));
}

/// The processor of a partition on a node.
fn processor<'a>(node: &'a View<'a>, partition: u64) -> Option<&'a Processor> {
    let mut all = node.process.processors().all();
    all.find_map(|(number, it)| (number == partition).then_some(it))
}

/// How many records of a partition were acknowledged to anybody behind an offset.
fn waiting(scene: &Scene<'_>, partition: u64, read_to: u32) -> usize {
    let disks = || scene.nodes.iter().map(|node| node.process.node.disk());
    let is_of_it = |offset: &&u32| {
        disks()
            .find_map(|disk| disk.stored.get(offset))
            .is_some_and(|it| it.keys == Keys::Single(partition))
    };
    let acknowledged: BTreeSet<u32> = disks()
        .flat_map(|disk| disk.acknowledged.range(read_to.saturating_add(1)..))
        .filter(is_of_it)
        .copied()
        .collect();
    acknowledged.len()
}

impl Stopped<'_> {
    /// The release of who wrote the record, when it did.
    fn written_by(&self, scene: &Scene<'_>) -> Option<Release> {
        let writer = scene.nodes.get(self.stop.writer?)?;
        Some(writer.process.release_at(self.stop.at))
    }

    /// The record, in words.
    fn record(&self, scene: &Scene<'_>) -> String {
        let writer = self.stop.writer.and_then(|writer| scene.nodes.get(writer));
        let of = writer.zip(self.written_by(scene));
        let of = of.map(|(writer, release)| format!(" of {} ({release})", writer.name));
        format!("{}{}", self.stop.title, of.unwrap_or_default())
    }

    fn reader(&self) -> String {
        format!("{} ({})", self.node.name, self.node.process.node.release())
    }

    /// The known fault that explains a violation by it.
    fn fault(&self, scene: &Scene<'_>, violation: &Violation) -> Option<&'static str> {
        let between = [self.written_by(scene)?, self.node.process.node.release()];
        let Violation { kind, what, .. } = violation;
        let mut known = faults::known().iter().filter(|it| it.explains(kind, what, between));
        known.next().map(|fault| fault.number.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fabric::log_records::apply::Reaction;
    use crate::harness::upgrade::time::Time;

    fn stop(writer: usize, title: &str, reason: &'static str) -> Stop {
        Stop {
            at: Time::from_ms(1),
            writer: Some(writer),
            title: title.to_owned(),
            reaction: Reaction::Panics { reason },
        }
    }

    #[test]
    fn two_records_of_one_writer_are_two_findings() {
        let stops = [
            stop(2, "UpsertRuleBook", "unknown"),
            stop(2, "effect Yield", "unknown"),
            stop(2, "effect Yield", "unknown"),
            stop(2, "effect Yield", "broken"),
            stop(1, "effect Yield", "unknown"),
        ];
        let grouped = by_record((1..).zip(&stops), 0);
        let partitions: Vec<Vec<u64>> =
            grouped.values().map(|them| them.iter().map(|(it, _)| *it).collect()).collect();
        assert_eq!(partitions, [vec![5], vec![1], vec![4], vec![2, 3]]);
    }
}
