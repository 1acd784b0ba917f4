//! Which violations are known faults of released servers.

use super::machine::Machine;
use super::properties::Scene;
use crate::fabric::session::Quirk;
use crate::harness::upgrade::event::Violation;
use crate::suite::faults::{self, Fault};

/// Names the known fault behind each violation, where there is one.
pub(super) fn attribute(scene: &Scene<'_>, violations: &mut [Violation]) {
    for violation in violations {
        if let (Some(node), Some(peer), None) = (violation.node, violation.peer, violation.fault) {
            let Violation { kind, what, .. } = &*violation;
            violation.fault = fault_between(scene, kind, what, [node, peer]);
        }
    }
}

/// The known fault behind a violation of a kind, in these words, between two nodes.
pub(super) fn fault_between(
    scene: &Scene<'_>,
    kind: &str,
    what: &str,
    nodes: [usize; 2],
) -> Option<&'static str> {
    let machine = |node: usize| scene.nodes.get(node).map(|view| view.process);
    let [one, other] = [machine(nodes[0])?, machine(nodes[1])?];
    let between = [one.node.release(), other.node.release()];
    let is_it = |fault: &&Fault| {
        fault.explains(kind, what, between) && (has(one, fault) || has(other, fault))
    };
    faults::known().iter().find(is_it).map(|fault| fault.number.as_str())
}

/// Whether a node has a fault as its release had it. What is no quirk nobody can repair: it is what
/// releases agreed on.
fn has(machine: &Machine, fault: &Fault) -> bool {
    match fault.number.parse::<Quirk>() {
        Ok(quirk) => machine.is_as_released() && machine.node.setup().quirks.has(quirk),
        Err(_) => true,
    }
}
