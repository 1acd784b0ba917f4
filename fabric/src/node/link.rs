//! Connections of a node: dialling, dialling again, and finding the way to a peer.

use std::time::Duration;

use super::away::{Home, Said, Side};
use super::note::Note;
use super::{Node, ROUND, Wires};
use crate::envelope::{EnumType, GenerationalNodeId, Swimlane};
use crate::gates::rule;
use crate::negotiation::{NoAgreement, Refusal};
use crate::release::Release;
use crate::session::{Closed, DrainReason, Event, Opened};

/// The first wait before a failed dial is tried again (02 §3).
const BACKOFF_MIN: Duration = Duration::from_millis(250);
/// The longest.
const BACKOFF_MAX: Duration = Duration::from_secs(3);

/// A stream and what is on it.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) side: Side,
    /// The other side: who was dialled, or who it says it is, or whom the stream is from.
    pub(super) peer: u32,
    /// Whom this side dialled, and what for.
    pub(super) dialled: Option<(u32, Swimlane)>,
    /// What its handshake agreed on.
    pub(super) agreed: Option<Swimlane>,
}

impl Link {
    pub(super) fn incoming(home: &mut Home<'_>, now: Duration, stream: u64, from: u32) -> Self {
        let side = Side::incoming(home, now, stream);
        Self { side, peer: from, dialled: None, agreed: None }
    }
}

/// A connection that a node wants to have.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lane {
    pub(super) stream: Option<u64>,
    pub(super) retry_at: Duration,
    pub(super) backoff: Duration,
}

/// The lanes on which a release keeps connections. Up to 1.3 there is one for everything.
fn lanes(release: Release) -> &'static [Swimlane] {
    if rule!("Swimlane", release) {
        &[Swimlane::Gossip, Swimlane::BifrostData]
    } else {
        &[Swimlane::General]
    }
}

fn lane_name(release: Release, lane: Swimlane) -> &'static str {
    EnumType::Swimlane.name(release, lane.number()).unwrap_or("GENERAL")
}

impl Node {
    /// Dials what is missing and due.
    pub(super) fn look_after_connections(&mut self, now: Duration, wires: &mut dyn Wires) {
        let peers: Vec<u32> = self.peers.keys().copied().collect();
        for id in peers {
            for lane in lanes(self.release()) {
                self.dial_if_due(now, id, *lane, wires);
            }
        }
    }

    fn dial_if_due(&mut self, now: Duration, id: u32, lane: Swimlane, wires: &mut dyn Wires) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        let state = peer.lanes.entry(lane).or_default();
        if state.stream.is_some() || now < state.retry_at {
            return;
        }
        let generation = self.disk.generations.get(&id).copied();
        let expected = generation.filter(|_| !peer.is_other_run);
        let expected = expected.map(|generation| GenerationalNodeId::new(id, generation));
        let stream = wires.dial(id);
        state.stream = Some(stream);
        let side = Side::dial(&mut self.home(), now, stream, lane, expected);
        let link = Link { side, peer: id, dialled: Some((id, lane)), agreed: None };
        self.links.insert(stream, link);
    }

    /// An open connection to a peer that takes calls: the one of the lane, or any.
    pub(super) fn route(&self, peer: u32, lane: Swimlane) -> Option<u64> {
        let own = self.peers.get(&peer)?.lanes.get(&lane).and_then(|lane| lane.stream);
        let is_open =
            |stream: &u64| self.links.get(stream).is_some_and(|link| link.side.takes_calls());
        own.filter(is_open).or_else(|| {
            let open = self.links.iter().filter(|(stream, link)| {
                is_open(stream) && link.side.opened().is_some_and(|it| it.peer.id == peer)
            });
            open.map(|(stream, _)| *stream).next_back()
        })
    }

    /// Does what connections want done, until there is nothing.
    pub(super) fn pump(&mut self, now: Duration, wires: &mut dyn Wires) {
        while let Some((stream, said)) = self.next_said() {
            match said {
                Said::Send(bytes) => wires.send(stream, bytes),
                Said::Unwritten(what) => {
                    let peer = self.peer_of(stream);
                    wires.note(Note::Lost { peer, what: what.into() });
                }
                Said::Close => wires.close(stream),
                Said::Refuse(code, text) => wires.refuse(stream, code, text),
                Said::Event(event) => {
                    self.ledger.enter(self.peer_of(stream), stream, &event);
                    self.event(now, stream, event, wires);
                }
            }
        }
        self.links.retain(|_, link| !link.side.is_over());
    }

    fn next_said(&mut self) -> Option<(u64, Said)> {
        self.links
            .iter_mut()
            .find_map(|(stream, link)| link.side.poll(&self.local).map(|said| (*stream, said)))
    }

    pub(super) fn peer_of(&self, stream: u64) -> u32 {
        self.links.get(&stream).map_or(0, |link| link.peer)
    }

    fn event(&mut self, now: Duration, stream: u64, event: Event, wires: &mut dyn Wires) {
        let peer = self.peer_of(stream);
        match event {
            Event::Opened(opened) => self.opened(now, stream, opened, wires),
            Event::Refused(refusal) => self.refused(peer, refusal, wires),
            Event::NotAgreed(reason) => self.not_agreed(now, stream, reason, wires),
            Event::Observed(versions) => self.observed(now, stream, peer, versions, wires),
            Event::Request(request) => self.request(now, stream, request, wires),
            Event::Told(message) => self.told(now, peer, &message),
            Event::Resolved(call, outcome) => self.resolved(now, stream, call, outcome, wires),
            Event::PeerGone(gone) => self.peer_gone(gone, wires),
            Event::Closed(reason) => self.closed(now, stream, reason, wires),
            Event::Draining(DrainReason::CodecError(text)) => {
                wires.note(Note::Lost { peer, what: text.into() });
            }
            Event::Draining(DrainReason::Drain | DrainReason::Shutdown) => {}
            Event::Dropped(dropped) => {
                if wires.is_noting() {
                    wires.note(Note::Lost { peer, what: dropped.to_string().into() });
                }
            }
            Event::Panicked { quirk, on } => wires.note(Note::Panicked { quirk, on }),
        }
    }

    /// A peer that runs anew is a new peer: what was known of its last run is of no use.
    fn opened(&mut self, now: Duration, stream: u64, opened: Opened, wires: &mut dyn Wires) {
        let Opened { version, peer: GenerationalNodeId { id, generation }, lane, .. } = opened;
        let Some(link) = self.links.get_mut(&stream) else { return };
        (link.peer, link.agreed) = (id, Some(lane));
        let dialled = link.dialled.map(|(dialled, _)| dialled);
        let lane = lane_name(self.release(), lane);
        let connected = Note::Connected { peer: id, version, lane, dialled: dialled.is_some() };
        wires.note(connected);
        if let Some(dialled) = dialled.filter(|dialled| *dialled != id) {
            self.part_from_stranger(now, stream, dialled, wires);
        }
        let is_news = self.disk.generations.get(&id).is_some_and(|known| generation > *known);
        if is_news {
            self.runs_anew(id);
        }
    }

    /// Another node has the address that was dialled: what was meant for its owner is not for it.
    fn part_from_stranger(
        &mut self,
        now: Duration,
        stream: u64,
        dialled: u32,
        wires: &mut dyn Wires,
    ) {
        let reason = "another node answered".into();
        wires.note(Note::Refused { peer: dialled, reason });
        let (links, mut home) = self.links_at_home();
        if let Some(link) = links.get_mut(&stream) {
            link.side.drain(&mut home, now, DrainReason::Drain);
        }
    }

    /// There is a run of a peer of which the nodes configuration does not know yet: its address will
    /// do, and at once.
    fn runs_anew(&mut self, id: u32) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        if !std::mem::replace(&mut peer.is_other_run, true) {
            peer.last_heard = None;
            let waiting = peer.lanes.values_mut().filter(|lane| lane.stream.is_none());
            waiting.for_each(|lane| *lane = Lane::default());
        }
    }

    /// 1.2 refuses a run that it does not know, and asks for the nodes configuration if the peer
    /// says that it has a newer one.
    fn refused(&mut self, peer: u32, refusal: Refusal, wires: &mut dyn Wires) {
        if refusal == (Refusal::MetadataMismatch { syncs_first: true }) {
            self.runs_anew(peer);
        }
        if wires.is_noting() {
            let reason = refusal.text(self.release()).to_string().into();
            wires.note(Note::Refused { peer, reason });
        }
    }

    fn not_agreed(
        &mut self,
        now: Duration,
        stream: u64,
        reason: NoAgreement,
        wires: &mut dyn Wires,
    ) {
        let id = self.peer_of(stream);
        if wires.is_noting() {
            wires.note(Note::Refused { peer: id, reason: reason.to_string().into() });
        }
        self.retry_later(now, stream);
        if matches!(reason, NoAgreement::UnexpectedPeer { .. }) {
            self.runs_anew(id);
        }
    }

    fn closed(&mut self, now: Duration, stream: u64, reason: Closed, wires: &mut dyn Wires) {
        if let Some(link) = self.links.get(&stream).filter(|_| wires.is_noting()) {
            let lane = link.agreed.map(|lane| lane_name(self.release(), lane));
            let (peer, dialled) = (link.peer, link.dialled.is_some());
            wires.note(Note::Closed { peer, lane, dialled, reason: reason.to_string().into() });
        }
        self.retry_later(now, stream);
    }

    /// The lane of a stream that is over waits twice as long as the last time.
    fn retry_later(&mut self, now: Duration, stream: u64) {
        let dialled = self.links.get(&stream).and_then(|link| link.dialled);
        let Some((id, lane)) = dialled else { return };
        let state = self.peers.get_mut(&id).and_then(|peer| peer.lanes.get_mut(&lane));
        if let Some(state) = state.filter(|state| state.stream == Some(stream)) {
            state.backoff = (state.backoff * 2).clamp(BACKOFF_MIN, BACKOFF_MAX);
            state.stream = None;
            state.retry_at = now + state.backoff;
        }
    }

    /// A peer is heard: its connections that are open have proved good, and after them the next wait
    /// is a short one again. Of a lane that is still in its handshake that says nothing.
    pub(super) fn forget_backoff(&mut self, id: u32) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        let is_open =
            |stream: u64| self.links.get(&stream).is_some_and(|link| link.side.opened().is_some());
        for lane in peer.lanes.values_mut().filter(|lane| lane.stream.is_some_and(is_open)) {
            lane.backoff = Duration::ZERO;
        }
    }
}

const _: () = assert!(ROUND.as_millis() <= BACKOFF_MIN.as_millis());
