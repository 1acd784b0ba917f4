//! Runs of upgrades in time: text for a terminal, and a page to go through.

pub mod html;
pub mod text;

use crate::upgrade::event::{Change, Entry, Event, What};
use crate::upgrade::timeline::Timeline;

/// The verdict on a run that did not fail.
fn passed(timeline: &Timeline) -> String {
    let known = match timeline.known.as_slice() {
        [] => String::new(),
        faults => format!(" but what is known: {}", faults.join(", ")),
    };
    let how = if timeline.is_real { "played" } else { "simulated" };
    format!("{} {how}, nothing violated{known}", timeline.end)
}

/// How much an event says about a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// There are many of it.
    Routine,
    /// It changes something.
    Change,
    /// It should be looked at.
    Trouble,
}

/// An event in words.
struct Words {
    weight: Weight,
    /// One word for the kind.
    kind: &'static str,
    text: String,
}

fn words(entry: &Entry, nodes: &[String]) -> Words {
    match &entry.what {
        What::Noted(event) => of_event(event, nodes),
        What::Done(change) => of_change(change, nodes),
    }
}

fn name(nodes: &[String], node: usize) -> &str {
    nodes.get(node).map_or("?", String::as_str)
}

fn of_event(event: &Event, nodes: &[String]) -> Words {
    let name = |node: &usize| name(nodes, *node);
    let (weight, kind, text) = match event {
        Event::Connected { peer, version, lane, dialled } => {
            let verb = if *dialled { "dialled" } else { "accepted" };
            (Weight::Change, "connected", format!("{verb} {}, {version}, {lane}", name(peer)))
        }
        Event::Refused { peer, reason } => {
            (Weight::Trouble, "refused", format!("{}: {reason}", name(peer)))
        }
        Event::Closed { peer, lane, reason, .. } => {
            let lane = lane.map(|lane| format!(", {lane}")).unwrap_or_default();
            (Weight::Change, "closed", format!("{}{lane}: {reason}", name(peer)))
        }
        Event::Sent { peer, message, version } => {
            (Weight::Routine, "sent", format!("{message} to {}, {version}", name(peer)))
        }
        Event::Instead { peer, message, fallback } => (
            Weight::Routine,
            "instead",
            format!("{fallback} to {} instead of {message}", name(peer)),
        ),
        Event::Alive { peer } => (Weight::Change, "alive", name(peer).to_owned()),
        Event::Dead { peer } => (Weight::Trouble, "dead", name(peer).to_owned()),
        Event::Stuck { what } => (Weight::Trouble, "stuck", what.to_string()),
        Event::Lost { peer, what } => (Weight::Trouble, "lost", format!("{}: {what}", name(peer))),
    };
    Words { weight, kind, text }
}

fn of_change(change: &Change, nodes: &[String]) -> Words {
    let name = |node: &usize| name(nodes, *node);
    let (weight, kind, text) = match change {
        Change::Started { release, generation } => {
            (Weight::Change, "started", format!("{release}, generation {generation}"))
        }
        Change::Stopping => (Weight::Change, "stopping", String::new()),
        Change::Stopped => (Weight::Change, "stopped", String::new()),
        Change::Crashed => (Weight::Trouble, "crashed", String::new()),
        Change::Panicked(what) => (Weight::Trouble, "panicked", what.clone()),
        Change::Busy(what) => (Weight::Trouble, "busy", what.clone()),
        Change::Partitioned { to } => {
            (Weight::Trouble, "partition", format!("nothing reaches {}", name(to)))
        }
        Change::Healed { to } => (Weight::Change, "healed", format!("reaches {} again", name(to))),
        Change::Slowed { to, by_ms } => {
            (Weight::Trouble, "slow", format!("{by_ms} ms longer to {}", name(to)))
        }
        Change::Told(word) => (Weight::Change, "told", word.clone()),
        Change::Broken { peer } => {
            (Weight::Trouble, "broken", format!("all connections with {}", name(peer)))
        }
    };
    Words { weight, kind, text }
}
