//! A log of one segment: the node with the lowest id gives out offsets, all nodes store.

use std::time::Duration;

use bytes::Bytes;

use super::work::{Append, Purpose};
use super::{APPEND_ROUNDS, Node, Wires};
use crate::catalogue::Message;
use crate::envelope::Swimlane;
use crate::messages::ids::{LogletId, LogletOffset};
use crate::messages::log_server::{
    LogServerRequestHeader, LogServerResponseHeader, LogServerStatus, Store, Stored,
};
use crate::messages::records::{Payloads, Record};
use crate::messages::sequencer::{
    self, Appended, CommonRequestHeader, CommonResponseHeader, SequencerStatus,
};
use crate::session::Outcome;

/// The one loglet.
const LOGLET: LogletId = LogletId(1);

pub(super) fn payloads() -> Payloads {
    Payloads(vec![Record { body: Bytes::from_static(b"record"), ..Record::default() }])
}

impl Node {
    pub(super) fn is_sequencer(&self) -> bool {
        self.disk.generations.keys().next() == Some(&self.id)
    }

    /// Every few rounds a record, if this node writes at all.
    pub(super) fn append_now_and_then(&mut self, now: Duration, wires: &mut dyn Wires) {
        if !self.setup.appends || !self.rounds.is_multiple_of(APPEND_ROUNDS) {
            return;
        }
        if self.is_sequencer() {
            return self.append(now, None, wires);
        }
        let sequencer = self.disk.generations.keys().next().copied();
        let Some(stream) = sequencer.and_then(|id| self.route(id, Swimlane::BifrostData)) else {
            return;
        };
        let header = CommonRequestHeader { loglet_id: LOGLET, ..CommonRequestHeader::default() };
        let append = Message::Append(sequencer::Append { header, payloads: payloads() });
        // What cannot be said is said in a note.
        let _ = self.call(now, stream, &append, Purpose::Append, wires);
    }

    /// A writer hears of its record.
    pub(super) fn appended(&mut self, outcome: &Outcome) {
        if let Outcome::Reply(Message::Appended(appended)) = outcome
            && appended.header.status == SequencerStatus::Ok
        {
            self.disk.acknowledged.insert(appended.last_offset.0);
        }
    }

    /// Gives a record its offset, and has it stored everywhere.
    pub(super) fn append(
        &mut self,
        now: Duration,
        request: Option<(u64, crate::session::RequestId)>,
        wires: &mut dyn Wires,
    ) {
        let last = self.disk.stored.last().copied().unwrap_or(0);
        let Some(offset) = last.checked_add(1) else {
            // The log is full.
            if let Some((stream, request)) = request {
                self.answer_with(now, stream, request, None, wires);
            }
            return;
        };
        self.disk.stored.insert(offset);
        self.appends.insert(offset, Append { request, stored: 1, waiting: 0 });
        let header = LogServerRequestHeader { loglet_id: LOGLET, ..Default::default() };
        let store = Message::Store(Store {
            header,
            first_offset: LogletOffset(offset),
            payloads: payloads(),
            ..Store::default()
        });
        let peers: Vec<u32> = self.peers.keys().copied().collect();
        for id in peers {
            let Some(stream) = self.route(id, Swimlane::BifrostData) else { continue };
            if self.call(now, stream, &store, Purpose::Store(offset), wires).is_ok()
                && let Some(append) = self.appends.get_mut(&offset)
            {
                append.waiting += 1;
            }
        }
        self.finish_append(now, offset, wires);
    }

    /// A node has stored a record, or not.
    pub(super) fn stored(
        &mut self,
        now: Duration,
        offset: u32,
        outcome: &Outcome,
        wires: &mut dyn Wires,
    ) {
        let is_stored = matches!(
            outcome,
            Outcome::Reply(Message::Stored(stored)) if stored.header.status == LogServerStatus::Ok
        );
        let Some(append) = self.appends.get_mut(&offset) else { return };
        append.waiting = append.waiting.saturating_sub(1);
        append.stored += usize::from(is_stored);
        self.finish_append(now, offset, wires);
    }

    /// Acknowledges a record that more than half of the nodes have; gives up one that nobody else
    /// will get.
    fn finish_append(&mut self, now: Duration, offset: u32, wires: &mut dyn Wires) {
        let nodes = self.disk.generations.len();
        let Some(append) = self.appends.get(&offset) else { return };
        let is_acknowledged = append.stored * 2 > nodes;
        if !is_acknowledged && append.waiting > 0 {
            return;
        }
        let request = append.request;
        self.appends.remove(&offset);
        let answer = is_acknowledged.then(|| {
            let header = CommonResponseHeader { status: SequencerStatus::Ok, ..Default::default() };
            Message::Appended(Appended { header, last_offset: LogletOffset(offset) })
        });
        match request {
            Some((stream, request)) => self.answer_with(now, stream, request, answer, wires),
            None if is_acknowledged => {
                self.disk.acknowledged.insert(offset);
            }
            None => {}
        }
    }

    /// Stores what a sequencer sends.
    pub(super) fn store(&mut self, store: &Store) -> Message {
        let count = u32::try_from(store.payloads.0.len()).unwrap_or(u32::MAX);
        let first = store.first_offset.0;
        // A loglet that is not this one belongs to nobody here, and neither do its offsets. Those of
        // this one are given out by the sequencer: nobody stores any with it.
        if store.header.loglet_id == LOGLET && count == 1 && !self.is_sequencer() {
            self.disk.stored.insert(first);
        }
        let header = LogServerResponseHeader { status: LogServerStatus::Ok, ..Default::default() };
        Message::Stored(Stored { header })
    }
}
