//! The sessions of a node in another place than the node: what happens to them and what they say goes over
//! the border that sessions of a testee are behind.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::fabric::envelope::Message as Frame;
use crate::fabric::negotiation::{Life, NodeEntry};
use crate::fabric::node::{Happens, Known, Said, Sessions};
use crate::fabric::release::Release;
use crate::fabric::session::{CallError, CallId, Connection, Input, Local};

/// The sessions of one run of a node, which know of it what they are told.
#[derive(Clone)]
pub struct Apart {
    release: Release,
    local: Option<Local>,
    connections: BTreeMap<u64, Connection>,
}

impl Apart {
    /// Sessions of a node of a release.
    pub fn new(release: Release) -> Self {
        Self { release, local: None, connections: BTreeMap::new() }
    }

    /// What they know of their node, once they have been told.
    fn told(&mut self, known: &Known) -> &mut Local {
        let new = || Local::new(self.release, known.me, &known.cluster);
        let local = self.local.get_or_insert_with(new);
        local.versions = known.versions;
        local.identity.life = if known.is_leaving { Life::ShuttingDown } else { Life::Alive };
        for (id, generation) in &known.nodes {
            let record = local.identity.peers.entry(*id).or_default();
            record.entry = NodeEntry::Generation(*generation);
        }
        local
    }
}

impl Sessions for Apart {
    fn fork(&self) -> Box<dyn Sessions> {
        Box::new(self.clone())
    }

    fn happens(
        &mut self,
        known: &Known,
        now: Duration,
        stream: u64,
        what: Happens<'_>,
    ) -> (Vec<Said>, Result<Option<CallId>, CallError>) {
        self.told(known);
        let Some(local) = self.local.as_mut() else { return (vec![], Err(CallError::NotOpen)) };
        let begun = match what {
            Happens::Dial(lane, peer) => Some(Connection::dial(local, now, lane, peer)),
            Happens::Incoming => Some(Connection::incoming(local, now)),
            _ => None,
        };
        self.connections.extend(begun.map(|begun| (stream, begun)));
        let Some(connection) = self.connections.get_mut(&stream) else {
            return (vec![], Err(CallError::NotOpen));
        };
        let call = match what {
            Happens::Call(message, patience) => {
                connection.call(local, now, message, patience).map(Some)
            }
            Happens::Tell(message) => connection.tell(local, now, message).map(|()| None),
            Happens::Reply(request, message) => {
                connection.reply(local, now, request, message).map(|()| None)
            }
            Happens::Fail(request, status) => {
                connection.fail(local, now, request, status).map(|()| None)
            }
            other => {
                happened(connection, local, now, other);
                Ok(None)
            }
        };
        let outputs = std::iter::from_fn(|| connection.poll());
        (outputs.map(|output| Said::of(output, local)).collect(), call)
    }
}

/// What is nobody's question.
fn happened(connection: &mut Connection, local: &mut Local, now: Duration, what: Happens<'_>) {
    match what {
        Happens::Frame(bytes) => {
            let frame = Frame::decode(local.release(), bytes.clone());
            connection.handle(local, now, Input::of(frame.as_ref()));
        }
        Happens::Ended => connection.handle(local, now, Input::Ended),
        Happens::Broken => connection.handle(local, now, Input::Broken),
        Happens::Refused(status) => connection.handle(local, now, Input::Refused(status)),
        // They are told more often than they asked to be.
        Happens::Time if connection.deadline().is_some_and(|at| at <= now) => {
            connection.handle(local, now, Input::Timeout);
        }
        Happens::Drain(reason) => connection.drain(local, now, reason),
        _ => {}
    }
}
