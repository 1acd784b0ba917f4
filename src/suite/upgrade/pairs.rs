//! What must hold between every two nodes.

use super::machine::{Machine, node_id};
use super::properties::{Kind, SETTLE_MS, Scene};
use crate::fabric::negotiation::{HandshakeFailure, handshake};
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::harness::upgrade::event::Violation;
use crate::harness::upgrade::world::NodeView;

/// The first and the longest wait between two dials of a peer, in milliseconds (02 §3).
const WAITS_MS: [u64; 2] = [250, 3_000];
/// Connections that a node keeps with a peer, at most.
const LANES: usize = 2;
/// How often waits may begin anew while nodes settle: when they have just started, and when the
/// peer's new run is heard of.
const NEW_STARTS: usize = 2;

/// How often a node dials a peer at most while it settles.
const DIALS_MAX: usize = {
    let [mut wait, longest] = WAITS_MS;
    let (mut at, mut dials) = (0, NEW_STARTS);
    while at <= SETTLE_MS {
        dials += 1;
        at += wait;
        wait = if wait * 2 < longest { wait * 2 } else { longest };
    }
    dials * LANES
};

/// The version in which one release can ask another, if it can: on a connection that it dials, or
/// on one of the other that is for both directions. A version without a codec is none: nothing can
/// be asked in it here.
pub(super) fn version_to_ask(asks: Release, asked: Release) -> Option<ProtocolVersion> {
    agreed(asks, asked).filter(|version| !version.is_burned())
}

/// The same, be there a codec or not.
pub(super) fn agreed(asks: Release, asked: Release) -> Option<ProtocolVersion> {
    let by_own = handshake(asks, asked).ok();
    by_own.or_else(|| handshake(asked, asks).ok().filter(|_| dials_both_ways(asked)))
}

/// Whether a connection that a release dials to gossip, or for everything where it does not
/// gossip, is for requests in both directions (02 §3).
fn dials_both_ways(release: Release) -> bool {
    let has_lanes = release.is_at_least(4);
    let has_direction = release.is_at_least(3);
    has_lanes || !has_direction
}

/// A node and one of its peers.
struct Pair<'a> {
    scene: &'a Scene<'a>,
    a: usize,
    b: usize,
    node: &'a NodeView<'a, Machine>,
    peer: &'a NodeView<'a, Machine>,
}

/// All ordered pairs of which the first one is running.
fn pairs<'a>(scene: &'a Scene<'a>) -> impl Iterator<Item = Pair<'a>> {
    scene.running().flat_map(move |(a, node)| {
        let others = scene.nodes.iter().enumerate().filter(move |(b, _)| *b != a);
        others.map(move |(b, peer)| Pair { scene, a, b, node, peer })
    })
}

/// After every step.
pub(super) fn check(scene: &Scene<'_>, found: &mut Vec<Violation>) {
    for pair in pairs(scene) {
        if scene.is_connected(pair.a, pair.b) {
            pair.check_life(found);
            pair.check_connections(found);
            pair.check_refusal(found);
        }
        pair.check_dials(found);
        pair.check_understanding(found);
    }
}

/// At the end: nodes that can ask each other know the same.
pub(super) fn check_metadata(scene: &Scene<'_>, found: &mut Vec<Violation>) {
    for pair in pairs(scene) {
        let (mine, theirs) = pair.releases();
        let is_asked = version_to_ask(mine, theirs).is_some() && pair.peer.is_running;
        let runs = |node: &NodeView<'_, Machine>| node.process.node.disk().generations.clone();
        let (knows, known) = (runs(pair.node), runs(pair.peer));
        if is_asked && scene.is_undisturbed(pair.a, pair.b) && knows != known {
            let (name, other) = (pair.node.name, pair.peer.name);
            let what = format!("{name} knows the runs {knows:?}, and {other} {known:?}");
            pair.add(found, Kind::OldMetadata, what);
        }
    }
}

impl Pair<'_> {
    fn releases(&self) -> (Release, Release) {
        (self.node.process.node.release(), self.peer.process.node.release())
    }

    /// The two, in words.
    fn names(&self) -> [String; 2] {
        let (mine, theirs) = self.releases();
        [format!("{} ({mine})", self.node.name), format!("{} ({theirs})", self.peer.name)]
    }

    fn add(&self, found: &mut Vec<Violation>, kind: Kind, what: String) {
        found.push(Violation::of_pair(kind.name(), self.a, self.b, what));
    }

    fn check_life(&self, found: &mut Vec<Violation>) {
        let (mine, theirs) = self.releases();
        let version = version_to_ask(mine, theirs).filter(|_| self.peer.is_running);
        let sees = self.node.process.node.sees_alive(node_id(self.b));
        let [name, other] = self.names();
        match (version, sees) {
            (Some(version), false) => {
                let what = format!("{name} takes {other} for dead, and they share {version}");
                self.add(found, Kind::NotSeenAlive, what);
            }
            (None, true) => {
                let what = format!("{name} takes {other} for alive, which cannot be");
                self.add(found, Kind::SeenAlive, what);
            }
            _ => {}
        }
    }

    fn check_connections(&self, found: &mut Vec<Violation>) {
        let (mine, theirs) = self.releases();
        let agreed = [handshake(mine, theirs).ok(), handshake(theirs, mine).ok()];
        let [name, other] = self.names();
        for (version, generation) in self.node.process.node.connections(node_id(self.b)) {
            if !agreed.contains(&Some(version)) {
                let what = format!("{name} speaks {version} with {other}");
                self.add(found, Kind::WrongVersion, what);
            }
            if generation != self.peer.generation || !self.peer.is_running {
                let what = format!(
                    "{} has a connection to run {generation} of {}, which is at {}",
                    self.node.name, self.peer.name, self.peer.generation
                );
                self.add(found, Kind::OldRun, what);
            }
        }
    }

    /// Who dials in vain is told so each time.
    fn check_refusal(&self, found: &mut Vec<Violation>) {
        let (mine, theirs) = self.releases();
        let is_judged = self.peer.is_running && self.scene.is_undisturbed(self.a, self.b);
        let Err(HandshakeFailure::Refused(refusal)) = handshake(mine, theirs) else { return };
        if !is_judged {
            return;
        }
        let seen = self.node.process.dials().refusal(self.b, self.scene.since);
        let is_right = |status, text: &str| {
            status == refusal.code(theirs) && refusal.text(theirs).matches(text)
        };
        if !seen.is_some_and(|seen| is_right(seen.status, &seen.text)) {
            let [name, other] = self.names();
            let seen = seen.map_or_else(|| "nothing".to_owned(), ToString::to_string);
            let what = format!("{name} dials {other}, with which it shares no version: {seen}");
            self.add(found, Kind::NotRefused, what);
        }
    }

    fn check_dials(&self, found: &mut Vec<Violation>) {
        let dials = self.node.process.dials().since(self.b, self.scene.since);
        if dials > DIALS_MAX {
            let [name, other] = self.names();
            let what = format!(
                "{name} dialled {other} {dials} times in {SETTLE_MS} ms, of at most {DIALS_MAX}"
            );
            self.add(found, Kind::TooManyDials, what);
        }
    }

    fn check_understanding(&self, found: &mut Vec<Violation>) {
        let ledger = self.node.process.node.ledger();
        for (_, what) in ledger.misunderstood().filter(|(peer, _)| *peer == node_id(self.b)) {
            let [name, other] = self.names();
            let what = format!("between {name} and {other}: {what}");
            self.add(found, Kind::Misunderstood, what);
        }
    }
}
