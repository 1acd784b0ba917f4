//! What a node asks and answers.

use std::time::Duration;

use super::log::LOGLET;
use super::note::Note;
use super::{Node, PATIENCE, Wires};
use crate::catalogue::{Message, MessageType};
use crate::envelope::RpcStatus;
use crate::messages::metadata::MetadataMessage;
use crate::messages::node_state::NodeStateResponse;
use crate::release::Release;
use crate::session::{CallError, CallId, Outcome, Request, RequestId};
use crate::version::ProtocolVersion;

/// What a service says to a request that the node does not answer itself; nothing is no answer.
pub type Answers = fn(&Message, Release, ProtocolVersion) -> Option<Message>;

/// A message that was given to a node from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub(super) u64);

/// Why a call was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To see whether this peer is alive.
    Poll(u32),
    /// To get the metadata of this peer.
    Metadata(u32),
    /// To have so many records appended.
    Append(u32),
    /// To have the records from this offset on stored.
    Store(u32),
    /// To get records that are missing.
    Fetch,
    /// Somebody wanted it.
    Given(Ticket),
}

/// Records on their way into the log.
#[derive(Debug, Clone)]
pub(super) struct Append {
    /// Who waits for them; nobody if they are this node's own.
    pub(super) request: Option<(u64, RequestId)>,
    /// The last of them.
    pub(super) last: u32,
    /// How many nodes have them.
    pub(super) stored: usize,
    /// How many have not answered.
    pub(super) waiting: usize,
}

impl Node {
    /// Makes a call, and keeps what it is for.
    pub(super) fn call(
        &mut self,
        now: Duration,
        stream: u64,
        message: &Message,
        purpose: Purpose,
        wires: &mut dyn Wires,
    ) -> Result<(), CallError> {
        let (links, mut home) = self.links_at_home();
        let link = links.get_mut(&stream).ok_or(CallError::NotOpen)?;
        let called = link.side.call(&mut home, now, message, PATIENCE);
        let call = self.sent(stream, message.message_type(), called, wires)?;
        self.ledger.called(stream, call, now + PATIENCE);
        self.calls.insert((stream, call), purpose);
        Ok(())
    }

    /// Tells a peer something.
    pub(super) fn tell(
        &mut self,
        now: Duration,
        stream: u64,
        message: &Message,
        wires: &mut dyn Wires,
    ) -> Result<(), CallError> {
        let (links, mut home) = self.links_at_home();
        let link = links.get_mut(&stream).ok_or(CallError::NotOpen)?;
        let told = link.side.tell(&mut home, now, message);
        self.sent(stream, message.message_type(), told, wires)
    }

    /// Notes what went out, or that it did not.
    fn sent<T>(
        &self,
        stream: u64,
        message: MessageType,
        result: Result<T, CallError>,
        wires: &mut dyn Wires,
    ) -> Result<T, CallError> {
        if !wires.is_noting() {
            return result;
        }
        let peer = self.peer_of(stream);
        let opened = self.links.get(&stream).and_then(|link| link.side.opened());
        match (&result, opened) {
            (Ok(_), Some(opened)) => {
                wires.note(Note::Sent { peer, message, version: opened.version });
            }
            (Err(error), _) => wires.note(Note::Lost { peer, what: error.to_string().into() }),
            (Ok(_), None) => {}
        }
        result
    }

    pub(super) fn resolved(
        &mut self,
        now: Duration,
        stream: u64,
        call: CallId,
        outcome: Outcome,
        wires: &mut dyn Wires,
    ) {
        let peer = self.peer_of(stream);
        if wires.is_noting() && !matches!(outcome, Outcome::Reply(_)) {
            wires.note(Note::Lost { peer, what: outcome.to_string().into() });
        }
        match self.calls.remove(&(stream, call)) {
            None => {}
            Some(Purpose::Poll(id)) => {
                self.polled(id);
                if matches!(outcome, Outcome::Reply(_)) {
                    self.heard(now, id);
                }
            }
            Some(Purpose::Metadata(id)) => self.asked(id, &outcome),
            Some(Purpose::Append(count)) => self.appended(count, &outcome),
            Some(Purpose::Store(offset)) => self.stored(now, offset, &outcome, wires),
            Some(Purpose::Fetch) => self.fetched(outcome),
            Some(Purpose::Given(ticket)) => {
                self.outcomes.insert(ticket, outcome);
            }
        }
    }

    pub(super) fn told(&mut self, now: Duration, peer: u32, message: &Message) {
        match message {
            Message::Gossip(_) => self.heard(now, peer),
            Message::MetadataUpdate(_) | Message::MetadataMessage(_) => self.learn(message),
            _ => {}
        }
    }

    pub(super) fn request(
        &mut self,
        now: Duration,
        stream: u64,
        request: Request,
        wires: &mut dyn Wires,
    ) {
        let answer = match &request.message {
            Message::GetNodeState(_) => {
                Some(Message::NodeStateResponse(NodeStateResponse::default()))
            }
            Message::GetMetadataRequest(_)
            | Message::MetadataMessage(MetadataMessage::GetMetadataRequest(_)) => {
                Some(self.metadata())
            }
            Message::Store(store) => Some(self.store(store)),
            Message::GetRecords(get) if get.header.loglet_id == LOGLET => Some(self.records(get)),
            Message::Append(append) if self.is_sequencer() => {
                let payloads = append.payloads.clone();
                return self.append(now, payloads, Some((stream, request.id)), wires);
            }
            other => self.answer(stream, other),
        };
        self.answer_with(now, stream, request.id, answer, wires);
    }

    fn answer(&self, stream: u64, message: &Message) -> Option<Message> {
        let opened = self.links.get(&stream)?.side.opened()?;
        (self.setup.answers)(message, self.release(), opened.version)
    }

    /// Answers a request; without an answer it is dropped, and the peer told so.
    pub(super) fn answer_with(
        &mut self,
        now: Duration,
        stream: u64,
        request: RequestId,
        answer: Option<Message>,
        wires: &mut dyn Wires,
    ) {
        let (links, mut home) = self.links_at_home();
        let Some(link) = links.get_mut(&stream) else { return };
        let replied = match &answer {
            Some(answer) => link.side.reply(&mut home, now, request, answer),
            None => link.side.fail(&mut home, now, request, RpcStatus::Dropped),
        };
        if let Err(error) = replied
            && wires.is_noting()
        {
            let peer = self.peer_of(stream);
            wires.note(Note::Lost { peer, what: error.to_string().into() });
        }
    }
}
