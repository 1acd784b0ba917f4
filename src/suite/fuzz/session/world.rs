//! The two processes, what is under way between them, and a clock.

use std::collections::VecDeque;
use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;

use super::oracle::{End, Handled};
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::envelope::{GenerationalNodeId, Message as Frame, RpcStatus, Swimlane};
use crate::fabric::negotiation::{NodeEntry, PeerRecord, StatusCode};
use crate::fabric::release::Release;
use crate::fabric::session::{
    DRAIN_TIMEOUT, DrainReason, HANDSHAKE_TIMEOUT, Input, Local, Output, ServiceState,
    stays_on_garbage,
};
use crate::harness::fuzz::{Features, Objection};
use crate::suite::samples;
use crate::suite::session::{Host, reply_of};
use crate::suite::subject::Subject;

/// Connections of one input.
const LINKS_MAX: usize = 4;
/// Frames until all must have settled: a conversation has an end.
const FRAMES_MAX: usize = 2000;
/// What is said between the two: small values that every release reads which knows the message.
const SPOKEN: [MessageType; 8] = [
    MessageType::GetNodeState,
    MessageType::GetLogletInfo,
    MessageType::Gossip,
    MessageType::GetSequencerState,
    MessageType::Release,
    MessageType::Trim,
    MessageType::GetClusterState,
    MessageType::GetMetadataRequest,
];

/// Something under way to one end.
#[derive(Debug, Clone)]
pub(super) enum Item {
    Frame(Bytes),
    End,
    Refused(StatusCode),
}

/// One connection.
pub(super) struct Link {
    /// At each process.
    pub(super) ends: [End; 2],
    /// The process that dialled.
    pub(super) dialled_by: usize,
    /// All that arrived is what the other side sent.
    pub(super) is_clean: bool,
}

/// A process.
pub(super) struct Side {
    pub(super) host: Host,
    pub(super) release: Release,
    /// All its services are running.
    pub(super) serves_all: bool,
}

pub(super) struct World<'a> {
    pub(super) sides: [Side; 2],
    pub(super) links: Vec<Link>,
    pub(super) now: Duration,
    pub(super) features: &'a mut Features,
}

/// A process of a release with all that costs time to find out.
fn local(release: Release, id: u32) -> Local {
    static LOCALS: LazyLock<Vec<(Release, [Local; 2])>> = LazyLock::new(|| {
        let local = |release, id| {
            let mut local = Local::new(release, GenerationalNodeId::new(id, 1), "");
            let entry = NodeEntry::Generation(1);
            let record = PeerRecord { entry, ..PeerRecord::default() };
            local.identity.peers.insert(3 - id, record);
            local
        };
        Release::all().map(|release| (release, [local(release, 1), local(release, 2)])).collect()
    });
    let known = LOCALS.iter().find(|(it, _)| *it == release);
    let known = known.and_then(|(_, locals)| locals.get(usize::from(id == 2)));
    known.cloned().unwrap_or_else(|| Local::new(release, GenerationalNodeId::new(id, 1), ""))
}

/// A sample of a message that every line reads as it is.
fn value(of: MessageType) -> Option<&'static Message> {
    static VALUES: LazyLock<Vec<(MessageType, Message)>> = LazyLock::new(|| {
        let replies = SPOKEN.into_iter().filter_map(reply_of);
        let all = SPOKEN.into_iter().chain(replies);
        all.filter_map(|of| Some((of, plainest(of)?))).collect()
    });
    VALUES.iter().find(|(it, _)| *it == of).map(|(_, value)| value)
}

/// The first sample of which the oldest line that knows the message understands everything.
fn plainest(of: MessageType) -> Option<Message> {
    let release = Release::lines().find(|line| of.row().is_known_to(*line))?;
    let cx = Context { release, version: release.highest_version() };
    let is_whole = |message: &Message| message.clone().fitted(cx).as_ref() == Ok(message);
    samples::samples(of).map(|sample| sample.message).find(is_whole)
}

impl<'a> World<'a> {
    pub(super) fn new(
        subject: &(impl Subject + ?Sized),
        releases: [Release; 2],
        features: &'a mut Features,
    ) -> Self {
        let side = |release, id| Side {
            host: subject.host(local(release, id)),
            release,
            serves_all: true,
        };
        let [a, b] = releases;
        Self { sides: [side(a, 1), side(b, 2)], links: Vec::new(), now: Duration::ZERO, features }
    }

    pub(super) fn links(&self) -> usize {
        self.links.len()
    }

    /// A new connection.
    pub(super) fn dial(&mut self, side: usize, lane: u8) -> Result<(), Objection> {
        if self.links.len() >= LINKS_MAX {
            return Ok(());
        }
        let lane = if lane & 1 == 0 { Swimlane::Gossip } else { Swimlane::General };
        let index = self.links.len();
        for (at, it) in self.sides.iter_mut().enumerate() {
            if at == side {
                it.host.dial(self.now, lane, None);
            } else {
                it.host.incoming(self.now);
            }
        }
        self.links.push(Link { ends: Default::default(), dialled_by: side, is_clean: true });
        self.take_outputs(index, side, Handled::Nothing)?;
        self.take_outputs(index, 1 - side, Handled::Nothing)
    }

    fn end_at(&mut self, link: usize, side: usize) -> Option<&mut End> {
        self.links.get_mut(link)?.ends.get_mut(side)
    }

    /// The next thing arrives at an end.
    pub(super) fn deliver(&mut self, link: usize, side: usize) -> Result<(), Objection> {
        let item = self.end_at(link, side).and_then(|end| end.under_way.pop_front());
        match item {
            None => Ok(()),
            Some(Item::Frame(bytes)) => self.arrives(link, side, bytes),
            Some(Item::End) => self.happens(link, side, Input::Ended, Handled::Nothing),
            Some(Item::Refused(code)) => {
                self.happens(link, side, Input::Refused(code), Handled::Nothing)
            }
        }
    }

    fn arrives(&mut self, link: usize, side: usize, bytes: Bytes) -> Result<(), Objection> {
        let Some(release) = self.sides.get(side).map(|side| side.release) else { return Ok(()) };
        match Frame::decode(release, bytes) {
            Ok(frame) => {
                let handled = self.handled(link, side, &frame);
                self.happens(link, side, Input::Frame(&frame), handled)
            }
            Err(error) => {
                let is_clean = self.links.get(link).is_some_and(|link| link.is_clean);
                if is_clean {
                    return Err(self.objection("not-a-frame", side, error.to_string()));
                }
                if let Some(end) = self.end_at(link, side) {
                    end.is_deaf = stays_on_garbage(release);
                }
                self.happens(link, side, Input::of(Err(&error)), Handled::Nothing)
            }
        }
    }

    fn happens(
        &mut self,
        link: usize,
        side: usize,
        input: Input<'_>,
        handled: Handled,
    ) -> Result<(), Objection> {
        let now = self.now;
        if let Some(it) = self.sides.get_mut(side) {
            it.host.handle(link, now, input);
        }
        // What arrives on one connection must do nothing to another.
        for other in (0..self.links.len()).filter(|other| *other != link) {
            self.take_outputs(other, side, Handled::Nothing)?;
        }
        self.take_outputs(link, side, handled)
    }

    pub(super) fn call(&mut self, link: usize, side: usize, choice: u8) -> Result<(), Objection> {
        let Some(message) = self.spoken(choice) else { return Ok(()) };
        let patience = Duration::from_secs(u64::from(choice >> 3 & 7) + 1);
        let now = self.now;
        let Some(it) = self.sides.get_mut(side) else { return Ok(()) };
        let called = it.host.call(link, now, message, patience);
        self.called(link, side, called)?;
        self.take_outputs(link, side, Handled::Nothing)
    }

    pub(super) fn tell(&mut self, link: usize, side: usize, choice: u8) -> Result<(), Objection> {
        let Some(message) = self.spoken(choice) else { return Ok(()) };
        let now = self.now;
        if let Some(it) = self.sides.get_mut(side) {
            // What cannot be told is not sent; what is sent is looked at there.
            let _ = it.host.tell(link, now, message);
        }
        self.take_outputs(link, side, Handled::Nothing)
    }

    /// A message that both releases know.
    fn spoken(&self, choice: u8) -> Option<&'static Message> {
        let of = SPOKEN.get(usize::from(choice & 7)).copied()?;
        let is_known = self.sides.iter().all(|side| of.row().is_known_to(side.release));
        value(of).filter(|_| is_known)
    }

    pub(super) fn reply(
        &mut self,
        link: usize,
        side: usize,
        oldest_first: bool,
    ) -> Result<(), Objection> {
        let Some(end) = self.end_at(link, side) else { return Ok(()) };
        let requests = &mut end.requests;
        let next = if oldest_first { requests.pop_front() } else { requests.pop_back() };
        let Some((request, asked)) = next else { return Ok(()) };
        let reply = reply_of(asked).and_then(value);
        let now = self.now;
        if let Some(it) = self.sides.get_mut(side) {
            // On a connection that is over there is nobody to be answered.
            let _ = match reply {
                Some(reply) => it.host.reply(link, now, request, reply),
                None => it.host.fail(link, now, request, RpcStatus::Dropped),
            };
        }
        self.take_outputs(link, side, Handled::Nothing)
    }

    pub(super) fn fail(&mut self, link: usize, side: usize, number: u8) -> Result<(), Objection> {
        let Some(end) = self.end_at(link, side) else { return Ok(()) };
        let Some((request, _)) = end.requests.pop_front() else { return Ok(()) };
        let now = self.now;
        if let Some(it) = self.sides.get_mut(side) {
            let status = RpcStatus::of(it.release, i32::from(number & 7));
            let _ = it.host.fail(link, now, request, status);
        }
        self.take_outputs(link, side, Handled::Nothing)
    }

    pub(super) fn drain(
        &mut self,
        link: usize,
        side: usize,
        reason: DrainReason,
    ) -> Result<(), Objection> {
        let now = self.now;
        if let Some(it) = self.sides.get_mut(side) {
            it.host.drain(link, now, reason);
        }
        if let Some(end) = self.end_at(link, side) {
            end.drains_for.get_or_insert(reason);
        }
        self.take_outputs(link, side, Handled::Nothing)
    }

    /// Time passes, and whoever is due is told.
    pub(super) fn wait(&mut self, byte: u8) -> Result<(), Objection> {
        self.pass(Duration::from_millis(u64::from(byte) * 100))
    }

    fn pass(&mut self, time: Duration) -> Result<(), Objection> {
        self.now += time;
        for link in 0..self.links.len() {
            for side in 0..2 {
                self.time_out(link, side)?;
            }
        }
        Ok(())
    }

    fn deadline(&self, link: usize, side: usize) -> Option<Duration> {
        self.sides.get(side)?.host.connection(link)?.deadline()
    }

    fn time_out(&mut self, link: usize, side: usize) -> Result<(), Objection> {
        let is_due = |deadline: Option<Duration>, now| deadline.is_some_and(|it| it <= now);
        if !is_due(self.deadline(link, side), self.now) {
            return Ok(());
        }
        self.happens(link, side, Input::Timeout, Handled::Nothing)?;
        let deadline = self.deadline(link, side);
        if is_due(deadline, self.now) {
            let seen = format!("{deadline:?} at {:?}", self.now);
            return Err(self.objection("busy-loop", side, seen));
        }
        Ok(())
    }

    /// The network fails between the two.
    pub(super) fn break_off(&mut self, link: usize) -> Result<(), Objection> {
        for side in 0..2 {
            if let Some(end) = self.end_at(link, side) {
                end.under_way.clear();
            }
            self.happens(link, side, Input::Broken, Handled::Nothing)?;
        }
        Ok(())
    }

    /// Something is done to the next frame under way to an end.
    pub(super) fn tamper(
        &mut self,
        link: usize,
        side: usize,
        how: impl FnOnce(Bytes) -> Vec<Bytes>,
    ) -> Result<(), Objection> {
        let Some(end) = self.end_at(link, side) else { return Ok(()) };
        let Some(Item::Frame(bytes)) = end.under_way.front() else { return Ok(()) };
        let come = how(bytes.clone());
        end.under_way.pop_front();
        come.into_iter().for_each(|frame| end.under_way.push_front(Item::Frame(frame)));
        self.is_tampered_with(link);
        Ok(())
    }

    fn is_tampered_with(&mut self, link: usize) {
        if let Some(link) = self.links.get_mut(link) {
            link.is_clean = false;
        }
    }

    /// A frame that nobody sent.
    pub(super) fn inject(
        &mut self,
        link: usize,
        side: usize,
        frame: &[u8],
    ) -> Result<(), Objection> {
        self.is_tampered_with(link);
        self.arrives(link, side, Bytes::copy_from_slice(frame))
    }

    pub(super) fn stop_or_start(&mut self, side: usize, byte: u8) {
        let Some(it) = self.sides.get_mut(side) else { return };
        it.serves_all = false;
        let states = &mut it.host.local.services.states;
        let count = states.len().max(1);
        let service = states.keys().nth(usize::from(byte & 0x0f) % count).copied();
        let Some(service) = service else { return };
        match byte >> 4 & 7 {
            0 => states.remove(&service),
            1 => states.insert(service, ServiceState::NotStarted),
            2 => states.insert(service, ServiceState::Full),
            3 => states.insert(service, ServiceState::Stopped),
            _ => states.insert(service, ServiceState::Running),
        };
    }

    /// All that is under way arrives, and what that brings about.
    pub(super) fn settle(&mut self) -> Result<(), Objection> {
        for _ in 0..FRAMES_MAX {
            let is_due = |link: &Link, side: usize| {
                link.ends.get(side).is_some_and(|end| !end.under_way.is_empty())
            };
            let pending = self.links.iter().enumerate().find_map(|(index, link)| {
                (0..2).find(|side| is_due(link, *side)).map(|side| (index, side))
            });
            let Some((link, side)) = pending else { return Ok(()) };
            self.deliver(link, side)?;
        }
        Err(self.objection("never-settles", 0, String::new()))
    }

    /// Everything is brought to its end, and nothing may be left.
    pub(super) fn end(mut self) -> Result<(), Objection> {
        self.settle()?;
        for link in 0..self.links.len() {
            for side in 0..2 {
                self.drain(link, side, DrainReason::Drain)?;
            }
        }
        self.settle()?;
        self.pass(HANDSHAKE_TIMEOUT)?;
        self.settle()?;
        self.pass(DRAIN_TIMEOUT)?;
        self.settle()?;
        self.nothing_is_left()
    }
}

/// The queue of what is under way to an end.
pub(super) type UnderWay = VecDeque<Item>;

/// What an output becomes on its way to the other end.
pub(super) fn under_way(output: &Output, release: Release) -> Option<Item> {
    match output {
        Output::Send(frame) => frame.encode(release).ok().map(|bytes| Item::Frame(bytes.into())),
        Output::Refuse(refusal) => Some(Item::Refused(refusal.code(release))),
        Output::Close => Some(Item::End),
        Output::Event(_) => None,
    }
}
