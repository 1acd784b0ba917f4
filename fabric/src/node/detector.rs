//! Failure detection: gossip, and polling where a peer cannot gossip (04 R1, R30).

use std::time::Duration;

use super::note::Note;
use super::work::Purpose;
use super::{Node, ROUND, SUSPECT_ROUNDS, Wires};
use crate::catalogue::{Message, MessageType};
use crate::downgrade::fallback;
use crate::envelope::{GenerationalNodeId, Swimlane};
use crate::messages::gossip::{Gossip, GossipNode};
use crate::messages::ids::{self, MillisSinceEpoch};
use crate::session::Quirk;

impl Node {
    /// One round: a sign of life to everybody, a look at who gave none.
    pub(super) fn detect(&mut self, now: Duration, wires: &mut dyn Wires) {
        let ids: Vec<u32> = self.peers.keys().copied().collect();
        for id in ids {
            if let Some(stream) = self.route(id, Swimlane::Gossip) {
                self.show_life(now, id, stream, wires);
            }
            self.judge_peer(now, id, wires);
        }
    }

    fn show_life(&mut self, now: Duration, id: u32, stream: u64, wires: &mut dyn Wires) {
        let opened = self.links.get(&stream).and_then(|link| link.side.opened());
        let Some(version) = opened.map(|opened| opened.version) else { return };
        let knows_gossip = MessageType::Gossip.row().is_known_to(self.release());
        // The build of issue 3263 does not ask what the peer can read.
        let asks = !self.release().row().gossips_to_v1;
        let fallback = fallback(MessageType::Gossip, version).filter(|_| asks);
        let Some(fallback) = fallback else { return self.gossip(now, stream, wires) };
        if knows_gossip && self.local.quirks.has(Quirk::NeverPolls) {
            return;
        }
        if knows_gossip {
            let (message, fallback) = (fallback.message, fallback.instead);
            wires.note(Note::Instead { peer: id, message, fallback });
        }
        self.poll(now, id, stream, &(fallback.value)(), wires);
    }

    fn gossip(&mut self, now: Duration, stream: u64, wires: &mut dyn Wires) {
        let node = |(id, generation): (&u32, &u32)| GossipNode {
            node_id: ids::GenerationalNodeId::new(*id, *generation),
            ..GossipNode::default()
        };
        let gossip = Message::Gossip(Gossip {
            sent_at: MillisSinceEpoch(u64::try_from(now.as_millis()).unwrap_or(0)),
            nodes: self.disk.generations.iter().map(node).collect(),
            ..Gossip::default()
        });
        // What cannot be said is said in a note.
        let _ = self.tell(now, stream, &gossip, wires);
    }

    /// Asks a peer something that only the living answer, unless it has not answered yet.
    fn poll(
        &mut self,
        now: Duration,
        id: u32,
        stream: u64,
        question: &Message,
        wires: &mut dyn Wires,
    ) {
        let Some(peer) = self.peers.get_mut(&id).filter(|peer| !peer.is_polled) else { return };
        peer.is_polled = true;
        if self.call(now, stream, question, Purpose::Poll(id), wires).is_err() {
            self.polled(id);
        }
    }

    /// A poll has its outcome.
    pub(super) fn polled(&mut self, id: u32) {
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.is_polled = false;
        }
    }

    /// A peer gave a sign of life. What one says that is on its way out does not count.
    pub(super) fn heard(&mut self, now: Duration, id: u32) {
        let record = self.local.identity.peers.get(&id);
        if record.is_some_and(|record| record.is_shutting_down) {
            return;
        }
        self.forget_backoff(id);
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.last_heard = Some(now);
        }
    }

    pub(super) fn peer_gone(&mut self, gone: GenerationalNodeId, wires: &mut dyn Wires) {
        let is_current = self.disk.generations.get(&gone.id) == Some(&gone.generation);
        if let Some(peer) = self.peers.get_mut(&gone.id).filter(|_| is_current) {
            peer.last_heard = None;
            if std::mem::take(&mut peer.is_alive) {
                wires.note(Note::Dead(gone.id));
            }
        }
    }

    fn judge_peer(&mut self, now: Duration, id: u32, wires: &mut dyn Wires) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        let suspect_after = ROUND * SUSPECT_ROUNDS;
        let is_alive = peer.last_heard.is_some_and(|at| now <= at + suspect_after);
        if is_alive != std::mem::replace(&mut peer.is_alive, is_alive) {
            wires.note(if is_alive { Note::Alive(id) } else { Note::Dead(id) });
        }
    }
}
