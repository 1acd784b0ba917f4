//! A log of one segment: the node with the lowest id gives out offsets, all nodes store. Who was away
//! asks for what it missed.

use std::time::Duration;

use bytes::Bytes;

use super::work::{Append, Purpose};
use super::{APPEND_ROUNDS, Node, Wires};
use crate::catalogue::Message;
use crate::envelope::Swimlane;
use crate::messages::ids::{LogletId, LogletOffset};
use crate::messages::log_server::{
    GetRecords, LogServerRequestHeader, LogServerResponseHeader, LogServerStatus, MaybeRecord,
    Records, Store, Stored,
};
use crate::messages::records::{Payloads, Record};
use crate::messages::sequencer::{
    self, Appended, CommonRequestHeader, CommonResponseHeader, SequencerStatus,
};
use crate::session::Outcome;

/// The one loglet.
pub(super) const LOGLET: LogletId = LogletId(1);

/// Most records in one answer.
const FETCHED_MAX: usize = 256;

/// A record that nobody proposed.
pub(super) fn no_content() -> Payloads {
    Payloads(vec![Record { body: Bytes::from_static(b"record"), ..Record::default() }])
}

/// Of a list that is never so long.
fn count(records: &[Record]) -> u32 {
    u32::try_from(records.len()).unwrap_or(u32::MAX)
}

fn request_header() -> LogServerRequestHeader {
    LogServerRequestHeader { loglet_id: LOGLET, ..LogServerRequestHeader::default() }
}

impl Node {
    pub(super) fn is_sequencer(&self) -> bool {
        self.sequencer() == Some(self.id)
    }

    fn sequencer(&self) -> Option<u32> {
        self.disk.generations.keys().next().copied()
    }

    /// Every few rounds what is proposed, if this node writes at all.
    pub(super) fn append_now_and_then(&mut self, now: Duration, wires: &mut dyn Wires) {
        if !self.setup.appends || !self.rounds.is_multiple_of(APPEND_ROUNDS) {
            return;
        }
        let way = self.sequencer().and_then(|id| self.route(id, Swimlane::BifrostData));
        if !self.is_sequencer() && way.is_none() {
            return;
        }
        let payloads = self.proposal.take().map_or_else(no_content, Payloads);
        let Some(stream) = way else { return self.append(now, payloads, None, wires) };
        let header = CommonRequestHeader { loglet_id: LOGLET, ..CommonRequestHeader::default() };
        let purpose = Purpose::Append(count(&payloads.0));
        let append = Message::Append(sequencer::Append { header, payloads });
        // What cannot be said is said in a note.
        let _ = self.call(now, stream, &append, purpose, wires);
    }

    /// A writer hears of its records.
    pub(super) fn appended(&mut self, count: u32, outcome: &Outcome) {
        if let Outcome::Reply(Message::Appended(appended)) = outcome
            && appended.header.status == SequencerStatus::Ok
        {
            let last = appended.last_offset.0;
            self.disk.acknowledged.extend(last.saturating_sub(count.saturating_sub(1))..=last);
        }
    }

    /// Gives records their offsets, and has them stored everywhere.
    pub(super) fn append(
        &mut self,
        now: Duration,
        payloads: Payloads,
        request: Option<(u64, crate::session::RequestId)>,
        wires: &mut dyn Wires,
    ) {
        let payloads = if payloads.0.is_empty() { no_content() } else { payloads };
        let before = self.disk.stored.last_key_value().map_or(0, |(offset, _)| *offset);
        let Some(last) = before.checked_add(count(&payloads.0)).filter(|last| *last > before)
        else {
            // The log is full.
            if let Some((stream, request)) = request {
                self.answer_with(now, stream, request, None, wires);
            }
            return;
        };
        let first = before + 1;
        for (offset, record) in (first..).zip(&payloads.0) {
            self.disk.store(offset, record.clone());
        }
        self.appends.insert(first, Append { request, last, stored: 1, waiting: 0 });
        let store = Message::Store(Store {
            header: request_header(),
            first_offset: LogletOffset(first),
            payloads,
            ..Store::default()
        });
        let peers: Vec<u32> = self.peers.keys().copied().collect();
        for id in peers {
            let Some(stream) = self.route(id, Swimlane::BifrostData) else { continue };
            if self.call(now, stream, &store, Purpose::Store(first), wires).is_ok()
                && let Some(append) = self.appends.get_mut(&first)
            {
                append.waiting += 1;
            }
        }
        self.finish_append(now, first, wires);
    }

    /// A node has stored records, or not.
    pub(super) fn stored(
        &mut self,
        now: Duration,
        first: u32,
        outcome: &Outcome,
        wires: &mut dyn Wires,
    ) {
        let is_stored = matches!(
            outcome,
            Outcome::Reply(Message::Stored(stored)) if stored.header.status == LogServerStatus::Ok
        );
        let Some(append) = self.appends.get_mut(&first) else { return };
        append.waiting = append.waiting.saturating_sub(1);
        append.stored += usize::from(is_stored);
        self.finish_append(now, first, wires);
    }

    /// Acknowledges records that more than half of the nodes have; gives up those that nobody else
    /// will get.
    fn finish_append(&mut self, now: Duration, first: u32, wires: &mut dyn Wires) {
        let nodes = self.disk.generations.len();
        let Some(append) = self.appends.get(&first) else { return };
        let is_acknowledged = append.stored * 2 > nodes;
        if !is_acknowledged && append.waiting > 0 {
            return;
        }
        let (request, last) = (append.request, append.last);
        self.appends.remove(&first);
        let answer = is_acknowledged.then(|| {
            let header = CommonResponseHeader { status: SequencerStatus::Ok, ..Default::default() };
            Message::Appended(Appended { header, last_offset: LogletOffset(last) })
        });
        match request {
            Some((stream, request)) => self.answer_with(now, stream, request, answer, wires),
            None if is_acknowledged => self.disk.acknowledged.extend(first..=last),
            None => {}
        }
    }

    /// Stores what a sequencer sends.
    pub(super) fn store(&mut self, store: &Store) -> Message {
        // A loglet that is not this one belongs to nobody here, and neither do its offsets. Those of
        // this one are given out by the sequencer: nobody stores any with it.
        if store.header.loglet_id == LOGLET && !self.is_sequencer() {
            for (offset, record) in (store.first_offset.0..=u32::MAX).zip(&store.payloads.0) {
                self.disk.store(offset, record.clone());
            }
        }
        let header = LogServerResponseHeader { status: LogServerStatus::Ok, ..Default::default() };
        Message::Stored(Stored { header })
    }

    /// Asks the sequencer for the records before the first one that is there after a gap.
    pub(super) fn fetch_missing(&mut self, now: Duration, wires: &mut dyn Wires) {
        let after_gap = self.disk.stored.range(self.disk.end().saturating_add(1)..).next();
        let Some((after_gap, _)) = after_gap.filter(|_| !self.is_fetching) else { return };
        let way = self.sequencer().and_then(|id| self.route(id, Swimlane::BifrostData));
        let Some(stream) = way else { return };
        let get = Message::GetRecords(GetRecords {
            header: request_header(),
            from_offset: LogletOffset(self.disk.end() + 1),
            to_offset: LogletOffset(after_gap.saturating_sub(1)),
            ..GetRecords::default()
        });
        self.is_fetching = self.call(now, stream, &get, Purpose::Fetch, wires).is_ok();
    }

    /// What this node has of the records that somebody asks for.
    pub(super) fn records(&self, get: &GetRecords) -> Message {
        let (from, to) = (get.from_offset.0, get.to_offset.0);
        let asked = self.disk.stored.range(from..=to.max(from)).take(FETCHED_MAX);
        let data = |(offset, record): (&u32, &Record)| {
            (LogletOffset(*offset), MaybeRecord::Data(record.clone()))
        };
        let records: Vec<_> = asked.map(data).collect();
        let next = records.last().map_or(from, |(offset, _)| offset.0.saturating_add(1));
        let header = LogServerResponseHeader { status: LogServerStatus::Ok, ..Default::default() };
        Message::Records(Records { header, next_offset: LogletOffset(next), records })
    }

    /// Missing records have come, or not: then they are asked for again.
    pub(super) fn fetched(&mut self, outcome: Outcome) {
        self.is_fetching = false;
        let Outcome::Reply(Message::Records(answer)) = outcome else { return };
        for (offset, record) in answer.records {
            if let MaybeRecord::Data(record) = record {
                self.disk.store(offset.0, record);
            }
        }
    }
}
