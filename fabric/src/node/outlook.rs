//! What the future of a node depends on, in words: of two nodes of which the same is said comes the same,
//! if the same happens to them.

use std::fmt::{self, Debug, Write as _};
use std::time::Duration;

use super::away::Side;
use super::link::{Lane, Link};
use super::work::{Append, Purpose};
use super::{APPEND_ROUNDS, Node, Peer, ROUND, SUSPECT_ROUNDS};
use crate::messages::records::Record;
use crate::session::MetadataVersions;

/// How a node is looked at that has nothing on its way to others, nor they to it.
pub struct View<'a> {
    /// When.
    pub now: Duration,
    /// Records up to this offset are on every disk.
    pub settled: u32,
    /// The how-manieth of the streams that are there a stream is.
    pub rank: &'a dyn Fn(u64) -> Option<usize>,
}

/// Bytes as they are.
pub struct Raw<'a>(pub &'a [u8]);

impl Debug for Raw<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.0.len())?;
        self.0.iter().try_for_each(|byte| f.write_char(char::from(*byte)))
    }
}

impl View<'_> {
    /// An offset as seen from what is settled.
    fn offset(&self, offset: u32) -> i64 {
        i64::from(offset) - i64::from(self.settled)
    }
}

impl Node {
    /// Says all of it; false if that cannot be done. Numbers that are given out, such as those of
    /// streams, calls and offsets, are said as seen from now: who is given the next one does not ask how
    /// many there were. What judges ask for once more, such as how many messages came, counts from now as
    /// well.
    pub fn outlook(&self, view: &View<'_>, say: &mut dyn FnMut(&dyn Debug)) -> bool {
        let Self { id: _, local, setup, disk, links, peers, next_round, .. } = self;
        let Self { rounds, calls, appends, proposal, is_fetching, .. } = self;
        let Self { ledger, tickets: _, outcomes, .. } = self;
        let mut links = links.iter();
        if setup.sessions.is_some()
            || !links.all(|(id, link)| link.say(*id, local.versions, view, say))
        {
            return false;
        }
        let identity = &local.identity;
        say(&(identity.life, identity.node_id, &identity.peers, &local.services, local.versions));
        let stored = disk.stored.range(view.settled.saturating_add(1)..);
        let stored: Vec<_> =
            stored.map(|(offset, it)| (view.offset(*offset), of_record(it))).collect();
        let acknowledged = disk.acknowledged.range(view.settled.saturating_add(1)..);
        let acknowledged: Vec<_> = acknowledged.map(|offset| view.offset(*offset)).collect();
        say(&(&disk.generations, view.offset(disk.end()), stored, acknowledged));
        let known = local.versions;
        peers.iter().for_each(|(id, peer)| peer.say(*id, known.nodes_config, view, say));
        let waiting = |(first, append): (&u32, &Append)| {
            let Append { request, last, stored, waiting } = append;
            (view.offset(*first), request.is_some(), view.offset(*last), *stored, *waiting)
        };
        let proposal = proposal.as_ref().map(|it| it.iter().map(of_record).collect::<Vec<_>>());
        say(&(next_round, rounds % APPEND_ROUNDS, proposal, is_fetching));
        say(&appends.iter().map(waiting).collect::<Vec<_>>());
        let purpose = |purpose: &Purpose| match purpose {
            Purpose::Store(offset) => (Purpose::Store(0), view.offset(*offset)),
            other => (*other, 0),
        };
        let calls = calls.iter().map(|((stream, _), it)| ((view.rank)(*stream), purpose(it)));
        say(&calls.collect::<Vec<_>>());
        say(&outcomes.values().collect::<Vec<_>>());
        let (made, known) = (ledger.made(), ledger.resolved());
        let open: Vec<_> =
            ledger.due().map(|((stream, _), at)| ((view.rank)(stream), at)).collect();
        say(&(made.checked_sub(known), open, ledger.misunderstood().collect::<Vec<_>>()));
        true
    }
}

fn of_record(record: &Record) -> impl Debug {
    (record.created_at, &record.keys, Raw(&record.body))
}

impl Link {
    fn say(
        &self,
        id: u64,
        known: MetadataVersions,
        view: &View<'_>,
        say: &mut dyn FnMut(&dyn Debug),
    ) -> bool {
        let Self { side, peer, dialled, agreed } = self;
        let Some(rank) = (view.rank)(id) else { return false };
        say(&(rank, peer, dialled, agreed));
        match side {
            Side::Here(connection) => connection.outlook(known, say),
            Side::Away(_) => false,
        }
    }
}

impl Peer {
    fn say(&self, id: u32, known: u32, view: &View<'_>, say: &mut dyn FnMut(&dyn Debug)) {
        let Self { lanes, last_heard, is_alive, is_polled, .. } = self;
        let Self { is_other_run, is_asked, told_version, .. } = self;
        // Who was last heard so long ago is dead until it is heard again.
        let is_recent = |at: &Duration| *at + ROUND * SUSPECT_ROUNDS >= view.now;
        say(&(id, last_heard.filter(is_recent), is_alive, is_polled));
        // Nobody is asked for what is known already.
        let told = Some(told_version).filter(|version| **version > known);
        say(&(is_other_run, is_asked, told));
        for (lane, Lane { stream, retry_at, backoff }) in lanes {
            // When it is dialled again is decided anew when it ends.
            let retry_at = stream.is_none().then(|| (*retry_at).max(view.now));
            say(&(lane, stream.map(|stream| (view.rank)(stream)), retry_at, backoff));
        }
    }
}
