//! A process with its connections, as scripts and the fuzz target drive it: the fabric's sessions,
//! or those with a planted bug.

use std::collections::BTreeSet;
use std::time::Duration;

use super::planted::{self, SessionBug};
use crate::fabric::catalogue::Message;
use crate::fabric::envelope::{GenerationalNodeId, RpcStatus, Swimlane};
use crate::fabric::session::{
    CallError, CallId, Connection, DrainReason, Event, Input, Local, Output, RequestId,
};

/// A process, and the connections that it has had. They are known by their index.
pub struct Host {
    /// What they have in common.
    pub local: Local,
    lines: Vec<Line>,
    bug: Option<SessionBug>,
}

/// A connection, with what a bug needs to know of it.
#[derive(Debug)]
struct Line {
    connection: Connection,
    /// Numbers of calls that are open, as they were seen going out.
    asked: BTreeSet<u64>,
    /// The peer has said that it sends no more requests.
    has_last_request: bool,
}

impl Host {
    /// A process without connections.
    pub fn new(local: Local) -> Self {
        Self { local, lines: Vec::new(), bug: None }
    }

    /// The same with a bug.
    pub fn with_bug(mut local: Local, bug: SessionBug) -> Self {
        local.quirks = bug.quirks(local.quirks);
        Self { local, lines: Vec::new(), bug: Some(bug) }
    }

    /// Dials the peer.
    pub fn dial(
        &mut self,
        now: Duration,
        lane: Swimlane,
        peer: Option<GenerationalNodeId>,
    ) -> usize {
        let connection = Connection::dial(&mut self.local, now, lane, peer);
        self.add(connection)
    }

    /// Is dialled.
    pub fn incoming(&mut self, now: Duration) -> usize {
        let connection = Connection::incoming(&self.local, now);
        self.add(connection)
    }

    fn add(&mut self, connection: Connection) -> usize {
        self.lines.push(Line { connection, asked: BTreeSet::new(), has_last_request: false });
        self.lines.len() - 1
    }

    /// A connection.
    pub fn connection(&self, index: usize) -> Option<&Connection> {
        self.lines.get(index).map(|line| &line.connection)
    }

    /// How many connections there have been.
    pub fn connections(&self) -> usize {
        self.lines.len()
    }

    /// Something happens on a connection.
    pub fn handle(&mut self, index: usize, now: Duration, input: Input<'_>) {
        let Some(bug) = self.bug else { return self.hand_over(index, now, input) };
        let input = bug.taken_for(input);
        let Input::Frame(frame) = input else { return self.hand_over(index, now, input) };
        let reply = planted::reply_number(frame);
        let index = match reply {
            Some(id) if bug == SessionBug::SharesCalls => {
                let waits = |line: &Line| line.asked.contains(&id);
                self.lines.iter().position(waits).unwrap_or(index)
            }
            _ => index,
        };
        let Some(line) = self.lines.get_mut(index) else { return };
        if bug == SessionBug::ForgetsCalls && line.has_last_request && reply.is_some() {
            return;
        }
        line.has_last_request |= planted::is_last_request(frame);
        let frame = bug.understood(frame, self.local.release());
        self.hand_over(index, now, Input::Frame(&frame));
    }

    fn hand_over(&mut self, index: usize, now: Duration, input: Input<'_>) {
        if let Some(line) = self.lines.get_mut(index) {
            line.connection.handle(&mut self.local, now, input);
        }
    }

    /// What is to be done next on a connection.
    pub fn poll(&mut self, index: usize) -> Option<Output> {
        let line = self.lines.get_mut(index)?;
        loop {
            let output = line.connection.poll()?;
            let Some(bug) = self.bug else { return Some(output) };
            match &output {
                Output::Send(frame) if bug.hides(frame) => continue,
                Output::Send(frame) => line.asked.extend(planted::request_number(frame)),
                Output::Event(Event::Resolved(call, _)) => {
                    line.asked.remove(&call.number());
                }
                _ => {}
            }
            return Some(output);
        }
    }

    /// Asks the peer.
    ///
    /// # Errors
    ///
    /// If nothing was sent.
    pub fn call(
        &mut self,
        index: usize,
        now: Duration,
        message: &Message,
        patience: Duration,
    ) -> Result<CallId, CallError> {
        let line = self.lines.get_mut(index).ok_or(CallError::NotOpen)?;
        line.connection.call(&mut self.local, now, message, patience)
    }

    /// Tells the peer something.
    ///
    /// # Errors
    ///
    /// If nothing was sent.
    pub fn tell(
        &mut self,
        index: usize,
        now: Duration,
        message: &Message,
    ) -> Result<(), CallError> {
        let line = self.lines.get_mut(index).ok_or(CallError::NotOpen)?;
        line.connection.tell(&mut self.local, now, message)
    }

    /// Answers a request of the peer.
    ///
    /// # Errors
    ///
    /// If the answer was not sent.
    pub fn reply(
        &mut self,
        index: usize,
        now: Duration,
        request: RequestId,
        message: &Message,
    ) -> Result<(), CallError> {
        let line = self.lines.get_mut(index).ok_or(CallError::NotOpen)?;
        line.connection.reply(&mut self.local, now, request, message)
    }

    /// Answers a request with a status.
    ///
    /// # Errors
    ///
    /// If the request is not open.
    pub fn fail(
        &mut self,
        index: usize,
        now: Duration,
        request: RequestId,
        status: RpcStatus,
    ) -> Result<(), CallError> {
        let line = self.lines.get_mut(index).ok_or(CallError::NotOpen)?;
        line.connection.fail(&mut self.local, now, request, status)
    }

    /// Ends a connection in good order.
    pub fn drain(&mut self, index: usize, now: Duration, reason: DrainReason) {
        if let Some(line) = self.lines.get_mut(index) {
            line.connection.drain(&mut self.local, now, reason);
        }
    }
}
