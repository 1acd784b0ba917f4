//! What a node has done and seen, for judges: nothing that it does depends on it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::catalogue::{Message, MessageType};
use crate::envelope::RpcStatus;
use crate::session::{CallId, Dropped, Event, Outcome};

/// The books of one process.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    made: u64,
    resolved: u64,
    /// Until when calls have to have their outcome, by stream and call.
    due: BTreeMap<(u64, CallId), Duration>,
    received: BTreeMap<(u32, MessageType), u64>,
    misunderstood: BTreeMap<u32, String>,
}

impl Ledger {
    /// How many calls were sent.
    pub fn made(&self) -> u64 {
        self.made
    }

    /// How many outcomes there were.
    pub fn resolved(&self) -> u64 {
        self.resolved
    }

    /// How many calls have no outcome yet.
    pub fn open(&self) -> usize {
        self.due.len()
    }

    /// Until when the open ones have to have their outcome.
    pub(super) fn due(&self) -> impl Iterator<Item = ((u64, CallId), Duration)> {
        self.due.iter().map(|(call, at)| (*call, *at))
    }

    /// How many calls should have had an outcome before this moment, and have none.
    pub fn overdue(&self, before: Duration) -> usize {
        self.due.values().filter(|due| **due < before).count()
    }

    /// How many of a message came from a node, requests and what wants no reply.
    pub fn received(&self, from: u32, message: MessageType) -> u64 {
        self.received.get(&(from, message)).copied().unwrap_or(0)
    }

    /// Nodes with which there was a misunderstanding, each with the last one: a payload that could
    /// not be read, a request for nobody, or the answer that says so.
    pub fn misunderstood(&self) -> impl Iterator<Item = (u32, &str)> {
        self.misunderstood.iter().map(|(peer, what)| (*peer, what.as_str()))
    }

    /// A call was sent.
    pub(super) fn called(&mut self, stream: u64, call: CallId, due: Duration) {
        self.made += 1;
        self.due.insert((stream, call), due);
    }

    /// Something happened on a stream with a peer.
    pub(super) fn enter(&mut self, peer: u32, stream: u64, event: &Event) {
        match event {
            Event::Request(request) => self.count(peer, &request.message),
            Event::Told(message) => self.count(peer, message),
            Event::Resolved(call, outcome) => {
                self.resolved += 1;
                self.due.remove(&(stream, *call));
                let unrecognized = Outcome::Status(RpcStatus::MessageUnrecognized);
                if matches!(outcome, Outcome::Undecodable(_)) || *outcome == unrecognized {
                    self.misunderstood.insert(peer, outcome.to_string());
                }
            }
            Event::Dropped(dropped @ (Dropped::Undecodable(_) | Dropped::Unroutable { .. })) => {
                self.misunderstood.insert(peer, dropped.to_string());
            }
            _ => {}
        }
    }

    fn count(&mut self, from: u32, message: &Message) {
        *self.received.entry((from, message.message_type())).or_default() += 1;
    }
}
