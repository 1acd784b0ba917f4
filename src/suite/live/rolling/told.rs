//! What the frames of an upgrade tell: who was connected with whom, and what was asked.

use std::collections::HashMap;
use std::time::Duration;

use super::{Life, Played};
use crate::fabric::catalogue::MessageType;
use crate::fabric::envelope::{
    Body, Datagram, DatagramMember, EnumType, GenerationalNodeId, Message as Frame,
};
use crate::harness::upgrade::event::{Change, Entry, Event, What};
use crate::harness::upgrade::time::Time;
use crate::suite::captures::Side;
use crate::suite::live::tape::{StreamOf, Taped};
use crate::suite::skew;

/// A stream whose handshake came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Handshake {
    /// When.
    pub at: Duration,
    /// Who dialled, and who was dialled.
    pub between: [GenerationalNodeId; 2],
    /// The version.
    pub version: i32,
    lane: &'static str,
}

/// A call that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    /// When.
    pub at: Duration,
    /// Where, by whom, and under which number.
    pub place: (StreamOf, Side, u64),
    /// What it asks.
    pub message: String,
    /// Whether it was answered.
    pub is_answered: bool,
}

/// What is told.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// How many Hellos say of whom they are.
    pub hellos: usize,
    /// Handshakes, in order.
    pub handshakes: Vec<Handshake>,
    /// Calls, in order.
    pub calls: Vec<Call>,
    streams: HashMap<StreamOf, Stream>,
    /// What was sent, from whom to whom, as indices.
    entries: Vec<(Duration, usize, Event)>,
}

#[derive(Debug, Default)]
struct Stream {
    dialler: Option<GenerationalNodeId>,
    lane: &'static str,
    /// The two nodes, as indices, and the version.
    open: Option<(usize, usize, i32)>,
    calls: HashMap<(Side, u64), usize>,
}

impl Told {
    /// Goes through all frames.
    pub(super) fn of(played: &Played) -> Self {
        let mut told = Self::default();
        let mut ends = played.ends.clone();
        ends.sort();
        let mut ends = ends.into_iter().peekable();
        for frame in &played.frames {
            while let Some((at, stream)) = ends.next_if(|(at, _)| *at <= frame.at) {
                told.end(at, stream);
            }
            told.frame(played, frame);
        }
        ends.for_each(|(at, stream)| told.end(at, stream));
        told
    }

    fn frame(&mut self, played: &Played, frame: &Taped) {
        let Ok(message) = Frame::decode(frame.acceptor, frame.bytes.clone()) else { return };
        match message.body {
            Some(Body::Hello(hello)) => {
                let lane = EnumType::Swimlane.name(frame.acceptor, hello.swimlane);
                let stream = self.streams.entry(frame.stream).or_default();
                stream.dialler = hello.my_node_id;
                stream.lane = lane.unwrap_or("a swimlane");
                self.hellos += usize::from(hello.my_node_id.is_some());
            }
            Some(Body::Welcome(welcome)) => {
                let Some(stream) = self.streams.get_mut(&frame.stream) else { return };
                let (Some(dialler), Some(acceptor)) = (stream.dialler, welcome.my_node_id) else {
                    return;
                };
                let (at, version, lane) = (frame.at, welcome.protocol_version, stream.lane);
                let between = [dialler, acceptor];
                self.handshakes.push(Handshake { at, between, version, lane });
                let [Some(dialler), Some(acceptor)] = between.map(|it| node_of(&played.lives, it))
                else {
                    return;
                };
                stream.open = Some((dialler, acceptor, version));
                for (node, peer, dialled) in [(dialler, acceptor, true), (acceptor, dialler, false)]
                {
                    let version = skew::version(version);
                    let event = Event::Connected { peer, version, lane, dialled };
                    self.entries.push((at, node, event));
                }
            }
            Some(Body::Datagram(Datagram { datagram: Some(member) })) => {
                self.datagram(frame, member);
            }
            _ => {}
        }
    }

    fn datagram(&mut self, frame: &Taped, member: DatagramMember) {
        let Some(stream) = self.streams.get_mut(&frame.stream) else { return };
        match member {
            DatagramMember::RpcCall(call) => {
                stream.calls.insert((frame.side, call.id), self.calls.len());
                let place = (frame.stream, frame.side, call.id);
                self.entries.extend(stream.sent(frame, &call.msg_type));
                let message = call.msg_type;
                self.calls.push(Call { at: frame.at, place, message, is_answered: false });
            }
            DatagramMember::Unary(unary) => {
                self.entries.extend(stream.sent(frame, &unary.msg_type));
            }
            DatagramMember::RpcReply(reply) => {
                let call = stream.calls.get(&(frame.side.other(), reply.id));
                if let Some(call) = call.and_then(|index| self.calls.get_mut(*index)) {
                    call.is_answered = true;
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, at: Duration, id: StreamOf) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let Some((dialler, acceptor, _)) = stream.open.take() else { return };
        for (node, peer, dialled) in [(dialler, acceptor, true), (acceptor, dialler, false)] {
            let (lane, reason) = (Some(stream.lane), "the stream ended".into());
            self.entries.push((at, node, Event::Closed { peer, lane, dialled, reason }));
        }
    }

    /// All that happened, in order.
    pub(super) fn entries(&self, played: &Played) -> Vec<Entry> {
        let noted =
            self.entries.iter().map(|(at, node, event)| (*at, *node, What::Noted(event.clone())));
        let mut all: Vec<(Duration, usize, What)> = noted.collect();
        for (index, life) in played.lives.iter().enumerate() {
            let before = played.lives.iter().take(index + 1).filter(|it| it.node == life.node);
            let generation = u32::try_from(before.count()).unwrap_or(u32::MAX);
            let release = life.release.to_string();
            all.push((life.from, life.node, What::Done(Change::Started { release, generation })));
            if let Some((asked, gone)) = life.left {
                all.push((asked, life.node, What::Done(Change::Stopping)));
                let how = if life.ended.is_some() { Change::Crashed } else { Change::Stopped };
                all.push((gone, life.node, What::Done(how)));
            }
        }
        all.sort_by_key(|(at, _, _)| *at);
        let step = |at: Duration| {
            played.stages.iter().take_while(|it| it.time.0 <= at).count().saturating_sub(1)
        };
        let entry = |(at, node, what)| Entry { at: time(at), step: step(at), node, what };
        all.into_iter().map(entry).collect()
    }
}

impl Stream {
    /// That a message was sent on it; nothing if nobody knows by whom, or what it is.
    fn sent(&self, frame: &Taped, msg_type: &str) -> Option<(Duration, usize, Event)> {
        let (dialler, acceptor, version) = self.open?;
        let (node, peer) = match frame.side {
            Side::Initiator => (dialler, acceptor),
            Side::Acceptor => (acceptor, dialler),
        };
        let message = msg_type.parse::<MessageType>().ok()?.row().name;
        let version = skew::version(version);
        Some((frame.at, node, Event::Sent { peer, message, version }))
    }
}

/// The node that a process is of.
pub(super) fn node_of(lives: &[Life], process: GenerationalNodeId) -> Option<usize> {
    lives.iter().find(|life| life.process.id == process.id).map(|life| life.node)
}

/// A moment as timelines have it.
pub(super) fn time(at: Duration) -> Time {
    Time::from_ms(u64::try_from(at.as_millis()).unwrap_or(u64::MAX))
}
