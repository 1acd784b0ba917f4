//! Whether the nodes that run can work together: who is cut off from whom, whether the log has a
//! majority, and whether it goes on. What a plan does to the network on purpose cuts nobody off, and
//! stops the log only if it lasts.

use super::expected;
use super::machine::{Machine, node_id};
use super::pairs::{agreed, version_to_ask};
use super::properties::{Kind, Scene, View};
use crate::fabric::release::Release;
use crate::harness::upgrade::event::Violation;
use crate::harness::upgrade::judge::Standing;
use crate::harness::upgrade::outlook::Outlook;
use crate::harness::upgrade::time::Time;
use crate::harness::upgrade::world::World;

/// The index of the node that gives out offsets.
pub(super) const SEQUENCER: usize = 0;

/// The log may stand still for so long, in milliseconds: a restart, a crash or a partition takes no
/// longer.
pub(super) const STALL_MS: u64 = 30_000;

/// Nodes append again after so long, in milliseconds.
const APPEND_MS: u64 = 1_000;

/// Stands in the place of a known fault where a plan itself took nodes or ways away while the log stood
/// still.
pub(super) const BY_PLAN: &str = "the plan";

/// Two running nodes that cannot work together.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cut {
    nodes: [usize; 2],
    why: &'static str,
}

/// How running nodes stand to each other.
pub(super) struct Reach<'a> {
    scene: &'a Scene<'a>,
    cuts: Vec<Cut>,
}

impl<'a> Reach<'a> {
    pub(super) fn of(scene: &'a Scene<'a>) -> Self {
        let running: Vec<usize> = scene.running().map(|(index, _)| index).collect();
        let pairs = running.iter().flat_map(|a| running.iter().map(move |b| [*a, *b]));
        let cut = |nodes| Some(Cut { nodes, why: why_cut(scene, nodes)? });
        let cuts = pairs.filter(|[a, b]| a < b).filter_map(cut).collect();
        Self { scene, cuts }
    }

    /// How the cluster stands.
    pub(super) fn standing(&self) -> Standing {
        if self.is_without_majority() {
            Standing::WithoutMajority
        } else if self.cuts.is_empty() {
            Standing::Whole
        } else {
            Standing::Split
        }
    }

    fn is_cut(&self, a: usize, b: usize) -> bool {
        self.cuts.iter().any(|cut| cut.nodes == [a.min(b), a.max(b)])
    }

    /// How many nodes the sequencer reaches, itself among them.
    fn reached(&self) -> usize {
        self.scene.running().filter(|(node, _)| !self.is_cut(*node, SEQUENCER)).count()
    }

    /// Whether it is by cuts that the sequencer, which runs, reaches no majority.
    fn is_without_majority(&self) -> bool {
        let Some(sequencer) = self.scene.nodes.get(SEQUENCER).filter(|node| node.is_running) else {
            return false;
        };
        let known = sequencer.process.node.disk().generations.len();
        let is_cut = self.cuts.iter().any(|cut| cut.nodes.contains(&SEQUENCER));
        is_cut && self.reached() * 2 <= known
    }

    /// The name and release of a node.
    fn name(&self, node: usize) -> String {
        let view = self.scene.nodes.get(node);
        view.map_or_else(String::new, |it| format!("{} ({})", it.name, it.process.node.release()))
    }

    fn names(&self, nodes: &[usize]) -> String {
        let names: Vec<String> = nodes.iter().map(|node| self.name(*node)).collect();
        match names.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
            None => String::new(),
        }
    }

    /// The running nodes from which a node is cut off, and why.
    fn cut_from(&self, node: usize) -> (Vec<usize>, &'static str) {
        let of_node = || self.cuts.iter().filter(|cut| cut.nodes.contains(&node));
        let other = |cut: &Cut| if cut.nodes[0] == node { cut.nodes[1] } else { cut.nodes[0] };
        (of_node().map(other).collect(), of_node().map(|cut| cut.why).next().unwrap_or_default())
    }

    /// Nodes that no other running node reaches: of two that are cut off from each other, the first.
    fn unreachable(&self) -> Vec<usize> {
        let running: Vec<usize> = self.scene.running().map(|(index, _)| index).collect();
        let mut unreachable: Vec<usize> = Vec::new();
        for node in running.iter().copied() {
            let (from, _) = self.cut_from(node);
            let is_all = !from.is_empty() && from.len() + 1 == running.len();
            if is_all && !from.iter().all(|other| unreachable.contains(other)) {
                unreachable.push(node);
            }
        }
        unreachable
    }

    /// What the cuts do. The worst for who waits for an answer comes first.
    pub(super) fn check(&self, found: &mut Vec<Violation>) {
        let unreachable = self.unreachable();
        for node in &unreachable {
            let (from, why) = self.cut_from(*node);
            let what = format!("cuts {} off from {}: {why}", self.name(*node), self.names(&from));
            let violation = Violation::of_node(Kind::Unreachable.name(), *node, what);
            self.add(found, violation, self.cuts_of(*node));
        }
        for cut in &self.cuts {
            let [a, b] = cut.nodes;
            if !unreachable.contains(&a) && !unreachable.contains(&b) {
                let what = format!("parts {}: {}", self.names(&cut.nodes), cut.why);
                let violation = Violation::of_pair(Kind::Split.name(), a, b, what);
                self.add(found, violation, vec![cut]);
            }
        }
        if self.is_without_majority() {
            let what = format!(
                "leaves the log without a majority: its sequencer {} reaches {} of {} nodes",
                self.name(SEQUENCER),
                self.reached(),
                self.scene.nodes.len()
            );
            let violation = Violation::of_node(Kind::NoMajority.name(), SEQUENCER, what);
            self.add(found, violation, self.cuts_of(SEQUENCER));
        }
    }

    fn cuts_of(&self, node: usize) -> Vec<&Cut> {
        self.cuts.iter().filter(|cut| cut.nodes.contains(&node)).collect()
    }

    /// A known fault explains it if one explains every cut that it comes of.
    fn add(&self, found: &mut Vec<Violation>, violation: Violation, cuts: Vec<&Cut>) {
        let fault = |cut: &&Cut| {
            expected::fault_between(self.scene, violation.kind, &violation.what, cut.nodes)
        };
        let faults: Option<Vec<&'static str>> = cuts.iter().map(fault).collect();
        let fault = faults.and_then(|faults| faults.first().copied());
        found.push(Violation { fault, ..violation }.lasting(self.scene.since, None));
    }

    /// Why the log may stand still.
    pub(super) fn why_stalled(&self) -> String {
        let Some(sequencer) = self.scene.nodes.get(SEQUENCER) else { return String::new() };
        if !sequencer.is_running {
            return format!("its sequencer {} is down", sequencer.name);
        }
        let why = |(index, node): (usize, &View<'_>)| {
            let what = if !node.is_running {
                "is down"
            } else if !self.scene.is_undisturbed(index, SEQUENCER) {
                "is behind a disturbed network"
            } else if self.is_cut(index, SEQUENCER) {
                "is cut off"
            } else {
                return None;
            };
            (index != SEQUENCER).then(|| format!("{} {what}", node.name))
        };
        let others: Vec<String> = self.scene.nodes.iter().enumerate().filter_map(why).collect();
        let sequencer = self.name(SEQUENCER);
        if others.is_empty() {
            format!("its sequencer {sequencer} reaches all nodes")
        } else {
            format!("for its sequencer {sequencer}, {}", others.join(", "))
        }
    }
}

/// Why two running nodes cannot work together, if they cannot.
fn why_cut(scene: &Scene<'_>, [a, b]: [usize; 2]) -> Option<&'static str> {
    let release = |node: usize| -> Option<Release> {
        scene.nodes.get(node).map(|view| view.process.node.release())
    };
    let (mine, theirs) = (release(a)?, release(b)?);
    match (agreed(mine, theirs), agreed(theirs, mine)) {
        (None, None) => return Some("they share no version"),
        (None, Some(_)) | (Some(_), None) => return Some("only one of the two can ask the other"),
        (Some(_), Some(_)) => {}
    }
    let is_coded = version_to_ask(mine, theirs).is_some();
    let has_connection = |from: usize, to: usize| {
        let view = scene.nodes.get(from);
        view.is_some_and(|it| it.process.node.connections(node_id(to)).next().is_some())
    };
    let is_judged = is_coded && scene.is_undisturbed(a, b);
    let is_connected = has_connection(a, b) || has_connection(b, a);
    (is_judged && !is_connected).then_some("there is no connection between them")
}

/// How the log has gone on, as far as its sequencer knows: it appends as well.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    last: Time,
    /// From when to when nothing was acknowledged, where that was too long.
    stalls: Vec<(Time, Time)>,
}

impl Progress {
    /// A record is acknowledged.
    pub(super) fn made(&mut self, now: Time) {
        if now.since(self.last) > STALL_MS {
            self.stalls.push((self.last, now));
        }
        self.last = now;
    }
}

/// What a judge remembers of the log.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Memory {
    /// The known fault by which the log was last without a majority, and when.
    without_majority: Option<(&'static str, Time)>,
    /// When the last stall began that was told.
    told: Option<Time>,
}

impl Memory {
    /// Says what it will go by: what was not told yet of the past, and whether the present stall was, and
    /// of a lost majority only what can explain it.
    pub(super) fn outlook(&self, world: &World<Machine>, outlook: &mut Outlook) {
        let Some(sequencer) = world.nodes().nth(SEQUENCER) else { return };
        let Progress { last, stalls } = sequencer.process.progress();
        let is_new = |(from, _): &&(Time, Time)| self.told.is_none_or(|told| told < *from);
        let new: Vec<_> = stalls.iter().filter(is_new).collect();
        let from = new.first().map_or(last, |(from, _)| from);
        let is_told = self.told == Some(*last);
        outlook.say((last, new, is_told, self.without_majority.filter(|(_, at)| at >= from)));
    }

    /// The log goes on, or did not for too long.
    pub(super) fn check_stalls(&mut self, reach: &Reach<'_>, found: &mut Vec<Violation>) {
        let now = reach.scene.now();
        let is_majority = |it: &&Violation| it.kind == Kind::NoMajority.name();
        if let Some(violation) = found.iter().find(is_majority) {
            self.without_majority = violation.fault.map(|fault| (fault, now));
        }
        let Some(sequencer) = reach.scene.nodes.get(SEQUENCER) else { return };
        let Progress { last, stalls } = sequencer.process.progress();
        let past = stalls.iter().map(|(from, to)| (*from, Some(*to)));
        let present = (now.since(*last) > STALL_MS).then_some((*last, None));
        for (from, to) in past.chain(present) {
            if to.is_some() && self.told.is_some_and(|told| told >= from) {
                continue;
            }
            self.told = Some(from);
            let what = match to {
                Some(_) => format!("stops the log for more than {} s", STALL_MS / 1_000),
                None => {
                    let why = reach.why_stalled();
                    format!("stops the log for more than {} s: {why}", STALL_MS / 1_000)
                }
            };
            let is_in_it = |at: Time| at >= from;
            let known = self.without_majority.filter(|(_, at)| is_in_it(*at));
            let is_by_plan = reach.scene.last_disturbed().is_some_and(is_in_it);
            let fault = known.map(|(fault, _)| fault).or(is_by_plan.then_some(BY_PLAN));
            let violation = Violation::of_node(Kind::Stalled.name(), SEQUENCER, what);
            // The first record that did not come is missed, not the last one that did.
            let missed = from.after(APPEND_MS).min(to.unwrap_or(now));
            found.push(Violation { fault, ..violation }.lasting(missed, to));
        }
    }
}
