//! What the world asks of a running process of a node, whatever protocol it speaks.

use std::fmt::Display;

use bytes::Bytes;

use super::event::Event;
use super::outlook::Outlook;
use super::time::Time;
use super::world::World;

/// A stream of frames between two nodes, in both directions. Both sides know it by this name, which
/// is never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(u64);

impl StreamId {
    /// The stream of this number, for whoever drives a process by hand.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// How a stream ended, as one side sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End<R> {
    /// The peer sends no more. This side may still send until it closes as well.
    Clean,
    /// The stream is gone in both directions; what was on its way is lost.
    Broken,
    /// The acceptor refused it; the stream is gone.
    Refused(R),
}

/// What happens to a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input<R> {
    /// It begins. Always the first input.
    Start,
    /// The time that it asked for has come.
    Wake,
    /// It is asked to shut down, and has a grace time for it; then it is gone.
    Stop,
    /// A peer dialled.
    Incoming {
        /// The new stream.
        stream: StreamId,
        /// Who dialled, as index of its node.
        from: usize,
    },
    /// A frame came.
    Frame {
        /// On which stream.
        stream: StreamId,
        /// The frame.
        bytes: Bytes,
    },
    /// A stream came to an end. Streams that the process itself refused do not say so.
    Ended {
        /// Which one.
        stream: StreamId,
        /// How.
        how: End<R>,
    },
    /// Nobody answered a dial; what was sent on the stream is lost.
    Unreachable {
        /// The stream that is not to be.
        stream: StreamId,
    },
}

/// What a process asks the world to do. What is asked of streams that are gone is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act<R> {
    /// Open a stream to a node.
    Dial {
        /// Its name.
        stream: StreamId,
        /// Whom, as index of the node.
        peer: usize,
    },
    /// Send a frame.
    Send {
        /// On which stream.
        stream: StreamId,
        /// The frame.
        bytes: Bytes,
    },
    /// Send no more; what the peer sends is still received. The peer sees [`End::Clean`].
    Close(StreamId),
    /// Refuse the stream: the peer sees [`End::Refused`].
    Refuse(StreamId, R),
}

/// Where a process puts what it wants done, and what it notes.
#[derive(Debug, Clone)]
pub struct Outbox<R> {
    next_stream: u64,
    acts: Vec<Act<R>>,
    events: Vec<Event>,
    is_noting: bool,
}

impl<R> Outbox<R> {
    /// An empty one. Streams that are dialled get numbers from `first_stream` on.
    pub const fn new(first_stream: u64) -> Self {
        Self { next_stream: first_stream, acts: Vec::new(), events: Vec::new(), is_noting: true }
    }

    /// Opens a stream to a node. Frames may be sent on it at once; a dial that fails says so by
    /// [`Input::Unreachable`].
    pub fn dial(&mut self, peer: usize) -> StreamId {
        let stream = StreamId(self.next_stream);
        self.next_stream += 1;
        self.acts.push(Act::Dial { stream, peer });
        stream
    }

    /// Sends a frame. Frames arrive in the order in which they were sent on a stream.
    pub fn send(&mut self, stream: StreamId, bytes: Bytes) {
        self.acts.push(Act::Send { stream, bytes });
    }

    /// Sends no more on a stream; what the peer sends is still received.
    pub fn close(&mut self, stream: StreamId) {
        self.acts.push(Act::Close(stream));
    }

    /// Refuses a stream.
    pub fn refuse(&mut self, stream: StreamId, refusal: R) {
        self.acts.push(Act::Refuse(stream, refusal));
    }

    /// Notes an event for the timeline.
    pub fn note(&mut self, event: Event) {
        if self.is_noting {
            self.events.push(event);
        }
    }

    /// Whether anybody reads the events: if not, costly ones need not be made.
    pub const fn is_noting(&self) -> bool {
        self.is_noting
    }

    /// What is to be done, in order; taken out.
    pub fn take_acts(&mut self) -> Vec<Act<R>> {
        std::mem::take(&mut self.acts)
    }

    /// What was noted, in order; taken out.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    pub(super) const fn set_noting(&mut self, is_noting: bool) {
        self.is_noting = is_noting;
    }
}

/// One running process of a node, without IO: inputs go in, acts come out. A clone goes its own way
/// from then on.
pub trait Process: Clone + Send + Sync + 'static {
    /// What is upgraded. A later one is greater.
    type Release: Clone + PartialOrd + Display + Send + Sync + 'static;
    /// With what an acceptor refuses a stream.
    type Refusal: Clone + Display + Send + Sync + 'static;

    /// Takes what happened. A panic ends the process and is a violation.
    fn handle(&mut self, now: Time, input: Input<Self::Refusal>, out: &mut Outbox<Self::Refusal>);

    /// Takes what it is told by [`Step::Tell`](super::plan::Step::Tell); also one that is not running
    /// hears it, as a setting that it finds when it starts. What it does not know it does not do.
    fn told(&mut self, _word: &str) {}

    /// The earliest time at which it wants [`Input::Wake`].
    fn wake_at(&self) -> Option<Time>;

    /// Its release.
    fn release(&self) -> &Self::Release;

    /// The next process of the same node: what is on the disk stays, all else is new. The process
    /// before may have been stopped anywhere, within a panic too.
    #[must_use]
    fn restarted(&self, release: &Self::Release, generation: u32) -> Self;

    /// Says all that its future depends on, in a world of which nothing is on its way; false if it cannot.
    /// What only grows, such as numbers that are given out, is said as seen from now or not at all: worlds
    /// of which the same is said are taken for one in a walk over every order.
    fn outlook(&self, _world: &World<Self>, _outlook: &mut Outlook) -> bool {
        false
    }

    /// The releases that a move from one straight to another one leaves out.
    #[must_use]
    fn left_out(_from: &Self::Release, _to: &Self::Release) -> Vec<Self::Release> {
        Vec::new()
    }
}
