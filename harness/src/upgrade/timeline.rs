//! A run as it looks in time: what was where, and when.

use std::collections::BTreeSet;
use std::fmt::Display;

use super::event::{Change, Entry, Event, What};
use super::plan::Plan;
use super::process::Process;
use super::run::{Run, Span, releases};
use super::time::Time;
use crate::version::Version;

/// One process of a node, from its start to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    /// The node, as index.
    pub node: usize,
    /// The release.
    pub release: String,
    /// The how-manieth process of the node.
    pub generation: u32,
    /// When it started.
    pub from: Time,
    /// When it was asked to shut down, if it was.
    pub stopping: Option<Time>,
    /// When it was gone, or the run over.
    pub to: Time,
    /// Whether it went by a crash or a panic.
    pub has_crashed: bool,
}

/// A time in which two nodes were connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The node with the smaller index, and the other one.
    pub nodes: (usize, usize),
    /// The version of the last connection that was made.
    pub version: Version,
    /// When the first connection was made.
    pub from: Time,
    /// When none was left, or the version another one.
    pub to: Time,
}

/// A time in which something was wrong with the way from one node to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Who sends.
    pub from_node: usize,
    /// Who does not receive.
    pub to_node: usize,
    /// When it began.
    pub from: Time,
    /// When the network was healed.
    pub to: Time,
}

/// How a run failed, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The step.
    pub step: usize,
    /// What it did.
    pub label: String,
    /// Nodes and releases before it, as `n1 1.3, n2 1.4`.
    pub before: String,
    /// Nodes and releases after it.
    pub after: String,
    /// What was seen.
    pub seen: Vec<String>,
}

/// A run as it looks in time. It needs the events of the world: see
/// [`Settings::is_recording`](super::Settings::is_recording).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    /// What was run.
    pub title: String,
    /// The plan in one line.
    pub plan: String,
    /// The names of the nodes.
    pub nodes: Vec<String>,
    /// The steps that were begun.
    pub spans: Vec<Span>,
    /// The end of the run.
    pub end: Time,
    /// Processes, in the order in which they started.
    pub lives: Vec<Life>,
    /// Connections, in the order in which they began.
    pub links: Vec<Link>,
    /// Partitions, in the order in which they began.
    pub gaps: Vec<Gap>,
    /// All events, in order.
    pub entries: Vec<Entry>,
    /// The known faults that were seen, by their numbers.
    pub known: Vec<&'static str>,
    /// How it failed, if it did.
    pub failure: Option<Verdict>,
    /// Whether time was real: otherwise it was simulated.
    pub is_real: bool,
}

impl Timeline {
    /// The timeline of a run.
    pub fn of<P: Process>(title: impl Into<String>, plan: &Plan<P::Release>, run: &Run<P>) -> Self {
        let nodes = run.world.nodes().map(|node| node.name.to_owned()).collect();
        let failure = run.failure.as_ref().map(|failure| Verdict {
            step: failure.step,
            label: failure.label.clone(),
            before: releases(&failure.before),
            after: releases(&failure.after),
            seen: failure
                .violations
                .iter()
                .map(|violation| {
                    let name = |node: Option<usize>| node.map(|node| run.world.name(node));
                    in_words(
                        violation.kind,
                        name(violation.node),
                        name(violation.peer),
                        &violation.what,
                    )
                })
                .collect(),
        });
        let known: BTreeSet<&str> =
            run.seen.iter().filter_map(|seen| seen.violation.fault).collect();
        let mut timeline = Self {
            title: title.into(),
            plan: plan.to_string(),
            nodes,
            spans: run.spans.clone(),
            end: run.world.now(),
            lives: Vec::new(),
            links: Vec::new(),
            gaps: Vec::new(),
            entries: run.world.events().to_vec(),
            known: known.into_iter().collect(),
            failure,
            is_real: false,
        };
        Follower::default().follow(&mut timeline);
        timeline
    }

    /// What follows from events that were seen of real nodes, in order, up to the last of them.
    pub fn of_entries(entries: Vec<Entry>) -> Self {
        let end = entries.last().map(|entry| entry.at).unwrap_or_default();
        let mut timeline = Self { entries, end, is_real: true, ..Self::default() };
        Follower::default().follow(&mut timeline);
        timeline
    }

    /// Whether the run was as it should be.
    pub const fn is_ok(&self) -> bool {
        self.failure.is_none()
    }
}

fn in_words(kind: &str, node: Option<&str>, peer: Option<&str>, what: impl Display) -> String {
    match (node, peer) {
        (Some(node), Some(peer)) => format!("{kind}, {node} and {peer}: {what}"),
        (Some(node), None) => format!("{kind}, {node}: {what}"),
        _ => format!("{kind}: {what}"),
    }
}

/// A connection that is there now, as one of its two nodes sees it.
struct Open {
    /// Who sees it.
    node: usize,
    dialler: usize,
    acceptor: usize,
    lane: &'static str,
}

/// Reads events in order, and keeps what is there now by its position in the timeline.
#[derive(Default)]
struct Follower {
    lives: Vec<usize>,
    links: Vec<usize>,
    gaps: Vec<usize>,
    open: Vec<Open>,
}

impl Follower {
    fn follow(mut self, timeline: &mut Timeline) {
        for entry in std::mem::take(&mut timeline.entries) {
            self.entry(timeline, &entry);
            timeline.entries.push(entry);
        }
        let end = timeline.end;
        self.lives.iter().for_each(|life| timeline.lives[*life].to = end);
        self.links.iter().for_each(|link| timeline.links[*link].to = end);
        self.gaps.iter().for_each(|gap| timeline.gaps[*gap].to = end);
    }

    fn entry(&mut self, timeline: &mut Timeline, entry: &Entry) {
        let (at, node) = (entry.at, entry.node);
        match &entry.what {
            What::Noted(Event::Connected { peer, version, lane, dialled }) => {
                let (dialler, acceptor) = if *dialled { (node, *peer) } else { (*peer, node) };
                self.connected(timeline, at, Open { node, dialler, acceptor, lane }, *version);
            }
            What::Noted(Event::Closed { peer, lane, dialled, .. }) => {
                let (dialler, acceptor) = if *dialled { (node, *peer) } else { (*peer, node) };
                let is_it = |open: &Open| {
                    open.node == node
                        && (open.dialler, open.acceptor) == (dialler, acceptor)
                        && Some(open.lane) == *lane
                };
                if let Some(place) = self.open.iter().position(is_it) {
                    self.open.remove(place);
                }
                self.close(timeline, at);
            }
            What::Done(Change::Started { release, generation }) => {
                self.lives.push(timeline.lives.len());
                let (release, generation) = (release.clone(), *generation);
                let (from, to, stopping, has_crashed) = (at, at, None, false);
                timeline.lives.push(Life {
                    node,
                    release,
                    generation,
                    from,
                    stopping,
                    to,
                    has_crashed,
                });
            }
            What::Done(Change::Stopping) => {
                for life in &self.lives {
                    let life = &mut timeline.lives[*life];
                    if life.node == node {
                        life.stopping = Some(at);
                    }
                }
            }
            What::Done(Change::Stopped) => self.gone(timeline, at, node, false),
            What::Done(Change::Crashed | Change::Panicked(_)) => {
                self.gone(timeline, at, node, true)
            }
            What::Done(Change::Partitioned { to }) => {
                self.gaps.push(timeline.gaps.len());
                timeline.gaps.push(Gap { from_node: node, to_node: *to, from: at, to: at });
            }
            What::Done(Change::Healed { to }) => self.gaps.retain(|gap| {
                let gap = &mut timeline.gaps[*gap];
                let is_it = (gap.from_node, gap.to_node) == (node, *to);
                if is_it {
                    gap.to = at;
                }
                !is_it
            }),
            What::Done(Change::Broken { peer }) => {
                self.open.retain(|open| pair(open) != ordered(node, *peer));
                self.close(timeline, at);
            }
            _ => {}
        }
    }

    fn connected(&mut self, timeline: &mut Timeline, at: Time, open: Open, version: Version) {
        let nodes = pair(&open);
        self.open.push(open);
        if !self.is_linked(nodes) {
            return;
        }
        let there = self.links.iter().position(|link| timeline.links[*link].nodes == nodes);
        if let Some(place) = there {
            let link = &mut timeline.links[self.links[place]];
            if link.version == version {
                return;
            }
            link.to = at;
            self.links.remove(place);
        }
        self.links.push(timeline.links.len());
        timeline.links.push(Link { nodes, version, from: at, to: at });
    }

    /// Whether there is a connection between two nodes that both of them see. Two releases may have
    /// different words for its lane.
    fn is_linked(&self, nodes: (usize, usize)) -> bool {
        let (a, b) = nodes;
        let seen_by = |node: usize, dialler: usize| {
            let is_it =
                |open: &Open| (open.node, open.dialler, pair(open)) == (node, dialler, nodes);
            self.open.iter().any(is_it)
        };
        [a, b].into_iter().any(|dialler| seen_by(a, dialler) && seen_by(b, dialler))
    }

    /// Ends the links of nodes between which no connection is left that both see.
    fn close(&mut self, timeline: &mut Timeline, at: Time) {
        let links = std::mem::take(&mut self.links);
        let is_there = |link: &usize| {
            let link = &mut timeline.links[*link];
            let is_there = self.is_linked(link.nodes);
            if !is_there {
                link.to = at;
            }
            is_there
        };
        self.links = links.into_iter().filter(is_there).collect();
    }

    fn gone(&mut self, timeline: &mut Timeline, at: Time, node: usize, has_crashed: bool) {
        self.lives.retain(|life| {
            let life = &mut timeline.lives[*life];
            if life.node == node {
                life.to = at;
                life.has_crashed = has_crashed;
            }
            life.node != node
        });
        // The peers say so themselves, perhaps when they have a connection with the next process.
        self.open.retain(|open| open.node != node);
        self.close(timeline, at);
    }
}

const fn pair(open: &Open) -> (usize, usize) {
    ordered(open.dialler, open.acceptor)
}

const fn ordered(a: usize, b: usize) -> (usize, usize) {
    if a < b { (a, b) } else { (b, a) }
}
