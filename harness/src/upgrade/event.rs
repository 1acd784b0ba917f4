//! What happened, for timelines: what processes note, and what is done to nodes.

use std::borrow::Cow;

use super::time::Time;
use crate::version::Version;

/// Words of an event; most are known when the program is built.
pub type Words = Cow<'static, str>;

/// What a process notes. Peers are indices of nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A handshake came to its end with a version.
    Connected {
        /// The other side.
        peer: usize,
        /// What was agreed on.
        version: Version,
        /// What the connection is for.
        lane: &'static str,
        /// Whether this side dialled.
        dialled: bool,
    },
    /// There is no connection, by refusal of one of the two.
    Refused {
        /// The other side.
        peer: usize,
        /// In the words of who refused.
        reason: Words,
    },
    /// A connection is over.
    Closed {
        /// The other side.
        peer: usize,
        /// What it was for; none if its handshake had not come to its end.
        lane: Option<&'static str>,
        /// Whether this side dialled.
        dialled: bool,
        /// Why.
        reason: Words,
    },
    /// A message went out.
    Sent {
        /// To whom.
        peer: usize,
        /// Its name.
        message: &'static str,
        /// In the form of which version.
        version: Version,
    },
    /// A message was replaced: the version of the peer has no form for it.
    Instead {
        /// To whom.
        peer: usize,
        /// What was to be sent.
        message: &'static str,
        /// What was done in its place.
        fallback: &'static str,
    },
    /// The peer was found to be alive.
    Alive {
        /// Who.
        peer: usize,
    },
    /// The peer was found to be dead.
    Dead {
        /// Who.
        peer: usize,
    },
    /// It cannot go on with something.
    Stuck {
        /// With what, and why.
        what: Words,
    },
    /// Something did not arrive.
    Lost {
        /// At whom.
        peer: usize,
        /// What.
        what: Words,
    },
}

/// What is done to a node from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Its process began.
    Started {
        /// Of which release.
        release: String,
        /// The how-manieth process of this node, from 1 on.
        generation: u32,
    },
    /// It was asked to shut down.
    Stopping,
    /// It is gone, in good order.
    Stopped,
    /// It is gone, without a word.
    Crashed,
    /// It is gone by a panic.
    Panicked(String),
    /// It does more than any process has reason to.
    Busy(String),
    /// What it sends to this node is held back from now on.
    Partitioned {
        /// The receiver.
        to: usize,
    },
    /// What it sends to this node gets through again.
    Healed {
        /// The receiver.
        to: usize,
    },
    /// What it sends to this node takes longer by so much.
    Slowed {
        /// The receiver.
        to: usize,
        /// In milliseconds.
        by_ms: u64,
    },
    /// It was told something.
    Told(String),
    /// All its connections with this node broke.
    Broken {
        /// The other side.
        peer: usize,
    },
}

/// Either of the two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Noted by the process of the node.
    Noted(Event),
    /// Done to the node.
    Done(Change),
}

/// An event with its place in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Time,
    /// In which step of the plan; 0 is the start of all nodes.
    pub step: usize,
    /// Whose event it is, as index.
    pub node: usize,
    /// The event.
    pub what: What,
}

/// From when to when something lasted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lasting {
    /// When it began.
    pub from: Time,
    /// When it was over, if it is.
    pub to: Option<Time>,
}

/// What must not happen, and did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Its kind, in a word or two: a shrunk plan shows the same one.
    pub kind: &'static str,
    /// What was seen.
    pub what: String,
    /// The node that it is about, as index, if it is about one.
    pub node: Option<usize>,
    /// The other node, if there is one.
    pub peer: Option<usize>,
    /// The number of the known fault that explains it, if there is one.
    pub fault: Option<&'static str>,
    /// From when to when, if it is a state of the cluster and not something that happened: the run
    /// goes on, to see how long it lasts.
    pub lasting: Option<Lasting>,
}

impl Violation {
    /// A process panicked.
    pub const PANIC: &str = "panic";
    /// A process does more than any has reason to.
    pub const BUSY_LOOP: &str = "busy loop";

    /// A violation by one node.
    pub fn of_node(kind: &'static str, node: usize, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), node: Some(node), peer: None, fault: None, lasting: None }
    }

    /// A violation between two nodes.
    pub fn of_pair(kind: &'static str, node: usize, peer: usize, what: impl Into<String>) -> Self {
        Self { peer: Some(peer), ..Self::of_node(kind, node, what) }
    }

    /// The same as a state of the cluster, from when to when.
    #[must_use]
    pub fn lasting(self, from: Time, to: Option<Time>) -> Self {
        Self { lasting: Some(Lasting { from, to }), ..self }
    }

    /// Whether a run ends by it: it neither is known nor a state that lasts.
    pub const fn ends_a_run(&self) -> bool {
        self.fault.is_none() && self.lasting.is_none()
    }

    /// Whether both are the same one, seen at two times.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let is_once = |it: &Self| it.lasting.and_then(|lasting| lasting.to).is_some();
        (self.kind, self.node, self.peer, self.fault)
            == (other.kind, other.node, other.peer, other.fault)
            && self.lasting.is_some() == other.lasting.is_some()
            && !is_once(self)
            && !is_once(other)
    }
}
