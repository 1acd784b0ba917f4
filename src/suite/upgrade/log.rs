//! What must hold of the log, whose sequencer is the first node.

use super::availability::SEQUENCER;
use super::machine::Machine;
use super::pairs::version_to_ask;
use super::properties::{Kind, SETTLE_MS, Scene};
use crate::fabric::release::Release;
use crate::harness::upgrade::event::Violation;
use crate::harness::upgrade::time::Time;
use crate::harness::upgrade::world::NodeView;

/// After every step.
pub(super) fn check(scene: &Scene<'_>, found: &mut Vec<Violation>) {
    check_records(&scene.nodes, found);
    check_progress(scene, found);
}

/// Disks outlive processes: those of nodes that are down count, too. All nodes are provisioned, so
/// that those that join later counted when a record was acknowledged.
fn check_records(nodes: &[NodeView<'_, Machine>], found: &mut Vec<Violation>) {
    for (a, node) in nodes.iter().enumerate() {
        let disk = node.process.node.disk();
        let known = disk.generations.len();
        for offset in &disk.acknowledged {
            let has = |node: &&NodeView<'_, Machine>| {
                node.process.node.disk().stored.contains_key(offset)
            };
            let stored = nodes.iter().filter(has).count();
            if stored * 2 <= known {
                let what = format!(
                    "record {offset} was acknowledged to {}, and {stored} of {known} nodes have it",
                    node.name
                );
                found.push(Violation::of_node(Kind::LostRecord.name(), a, what));
            }
        }
    }
}

fn release(node: &NodeView<'_, Machine>) -> Release {
    node.process.node.release()
}

/// Whether the way between a node and the sequencer is as it should be.
fn is_near(scene: &Scene<'_>, node: usize) -> bool {
    node == SEQUENCER || scene.is_undisturbed(node, SEQUENCER)
}

/// The sequencer, if it is running and reaches more than half of the nodes, itself among them.
fn sequencer<'a>(scene: &'a Scene<'_>) -> Option<&'a NodeView<'a, Machine>> {
    let sequencer = scene.nodes.get(SEQUENCER).filter(|node| node.is_running)?;
    let stores = |(index, node): &(usize, &NodeView<'_, Machine>)| {
        let way = version_to_ask(release(sequencer), release(node));
        is_near(scene, *index) && (*index == SEQUENCER || way.is_some())
    };
    let known = sequencer.process.node.disk().generations.len();
    (scene.running().filter(stores).count() * 2 > known).then_some(sequencer)
}

/// Whether a node can surely append what another one sends it: the sequencer needs a majority.
pub(super) fn can_append(scene: &Scene<'_>, node: usize) -> bool {
    node != SEQUENCER || sequencer(scene).is_some()
}

/// Half of the time to settle is enough to connect; in the other half records are acknowledged.
fn check_progress(scene: &Scene<'_>, found: &mut Vec<Violation>) {
    let Some(sequencer) = sequencer(scene) else { return };
    let since = scene.since.after(SETTLE_MS / 2);
    let appends = |(index, node): &(usize, &NodeView<'_, Machine>)| {
        let way = version_to_ask(release(node), release(sequencer));
        is_near(scene, *index) && (*index == SEQUENCER || way.is_some())
    };
    for (index, node) in scene.running().filter(appends) {
        let last = node.process.acknowledged_at();
        if last.is_none_or(|last: Time| last < since) {
            let last = last.map_or_else(|| "never".to_owned(), |last| format!("at {last}"));
            let what = format!(
                "{} ({}) appends, and {} ({}) stores: a record was last acknowledged to it {last}",
                node.name,
                release(node),
                sequencer.name,
                release(sequencer)
            );
            found.push(Violation::of_pair(Kind::NoProgress.name(), index, SEQUENCER, what));
        }
    }
}
