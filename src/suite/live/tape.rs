//! A recording of nodes that talk to each other, as it is made: what passed on which stream, in the
//! form that [`captures`](crate::suite::captures) reads (`docs/formats.md`).

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use bytes::Bytes;

use crate::fabric::envelope::{Body, Message as Frame};
use crate::fabric::release::Release;
use crate::suite::captures::Side;

/// A stream of a connection.
pub type StreamOf = (u64, u32);

/// A frame that passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taped {
    /// Its number.
    pub number: u64,
    /// When, since the tape began.
    pub at: Duration,
    /// The stream that it passed on.
    pub stream: StreamOf,
    /// The node that was dialled, as index.
    pub dialled: usize,
    /// Who wrote it.
    pub side: Side,
    /// The release of the node that was dialled.
    pub acceptor: Release,
    /// The frame.
    pub bytes: Bytes,
}

impl Taped {
    /// The line of the frame, without a line break.
    pub fn line(&self) -> String {
        let (connection, stream) = self.stream;
        let side = match self.side {
            Side::Initiator => "c2s",
            Side::Acceptor => "s2c",
        };
        format!(
            r#"{{"n": {}, "conn": {connection}, "stream": {stream}, "dir": "{side}", "acceptor_release": "{}", "hex": "{}"}}"#,
            self.number,
            self.acceptor.exact_name(),
            hex::encode(&self.bytes)
        )
    }
}

/// A tape that runs.
#[derive(Debug, Default)]
pub struct Tape {
    /// What each node that is dialled is at present.
    releases: Vec<Option<Release>>,
    /// Streams on which nodes talk.
    streams: HashMap<StreamOf, Open>,
    /// Nodes that somebody talks to.
    heard: BTreeSet<usize>,
    number: u64,
    frames: Vec<Taped>,
    ends: Vec<(Duration, StreamOf)>,
    unreadable: u64,
    unknown: u64,
}

/// A stream that is open, in one direction at least.
#[derive(Debug, Clone, Copy)]
struct Open {
    /// The release that was dialled.
    acceptor: Release,
    /// Who has ended its half.
    ended: Option<Side>,
}

impl Tape {
    /// A tape of so many nodes that are dialled.
    pub fn of(nodes: usize) -> Self {
        Self { releases: vec![None; nodes], ..Self::default() }
    }

    /// Says what a node is from now on; none if nobody knows.
    pub fn is(&mut self, node: usize, release: Option<Release>) {
        if let Some(slot) = self.releases.get_mut(node) {
            *slot = release;
        }
    }

    /// Whether it is known what a node is.
    pub fn knows(&self, node: usize) -> bool {
        self.releases.get(node).is_some_and(Option::is_some)
    }

    /// A message passes. Nodes begin with a Hello: what begins otherwise is not theirs.
    pub fn hears(
        &mut self,
        stream: StreamOf,
        dialled: usize,
        from: (Side, Duration),
        bytes: Bytes,
    ) {
        let (side, at) = from;
        let acceptor = match self.streams.get(&stream) {
            Some(open) => open.acceptor,
            None => {
                let release = self.releases.get(dialled).copied().flatten();
                let Some(release) =
                    release.filter(|it| side == Side::Initiator && is_hello(*it, &bytes))
                else {
                    return;
                };
                self.heard.insert(dialled);
                self.streams.insert(stream, Open { acceptor: release, ended: None });
                release
            }
        };
        self.number += 1;
        let number = self.number;
        self.frames.push(Taped { number, at, stream, dialled, side, acceptor, bytes });
    }

    /// What passes on a stream cannot be read, nor what follows there; whether nodes talk on it.
    pub fn loses(&mut self, stream: StreamOf) -> bool {
        let is_of_nodes = self.streams.contains_key(&stream);
        self.unreadable += u64::from(is_of_nodes);
        is_of_nodes
    }

    /// What passes on a stream is compressed, and what follows there; whether nodes talk on it. Where no
    /// Hello was read nobody knows: it may be in there.
    pub fn compresses(&mut self, stream: StreamOf) -> bool {
        let is_of_nodes = self.loses(stream);
        self.unknown += u64::from(!is_of_nodes);
        is_of_nodes
    }

    /// Whether anybody was heard who talks to a node.
    pub fn has_heard(&self, dialled: usize) -> bool {
        self.heard.contains(&dialled)
    }

    /// One half of a stream ends, and the stream with the other.
    pub fn ends(&mut self, stream: StreamOf, side: Side, at: Duration) {
        let Some(open) = self.streams.get_mut(&stream) else { return };
        self.ends.push((at, stream));
        // Streams that are over are forgotten: a connection may last.
        if open.ended.is_some_and(|ended| ended != side) {
            self.streams.remove(&stream);
        } else {
            open.ended = Some(side);
        }
    }

    /// A stream is broken off.
    pub fn breaks(&mut self, stream: StreamOf, at: Duration) {
        if self.streams.remove(&stream).is_some() {
            self.ends.push((at, stream));
        }
    }

    /// A connection ends, and all streams on it.
    pub fn falls(&mut self, connection: u64, at: Duration) {
        let of_it = self.streams.keys().filter(|(it, _)| *it == connection).copied();
        self.ends.extend(of_it.map(|stream| (at, stream)));
        self.streams.retain(|(it, _), _| *it != connection);
    }

    /// The frames since they were taken last.
    pub fn take(&mut self) -> Vec<Taped> {
        std::mem::take(&mut self.frames)
    }

    /// When streams ended; one may have several ends.
    pub fn take_ends(&mut self) -> Vec<(Duration, StreamOf)> {
        std::mem::take(&mut self.ends)
    }

    /// Directions of streams that could not be read to their end: they were compressed.
    pub const fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// Directions of streams that are compressed where no Hello was read: it may be that nodes talk there.
    pub const fn unknown(&self) -> u64 {
        self.unknown
    }

    /// Frames so far.
    pub const fn len(&self) -> u64 {
        self.number
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.number == 0
    }
}

fn is_hello(release: Release, bytes: &Bytes) -> bool {
    let frame = Frame::decode(release, bytes.clone());
    matches!(frame.map(|it| it.body), Ok(Some(Body::Hello(hello))) if !hello.cluster_name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::acquaintance::hello;
    use super::*;
    use crate::fabric::version::VersionRange;
    use crate::suite::captures::Recording;

    #[test]
    fn what_nodes_say_becomes_a_recording_and_nothing_else_does() {
        let release: Release = "1.6.2".parse().unwrap();
        let hello = hello("c", 3, VersionRange::new(2, 3)).encode(release).unwrap();
        let mut tape = Tape::of(1);
        let mut hears = |stream, side, bytes: &[u8]| {
            let from = (side, Duration::from_millis(7));
            tape.hears((4, stream), 0, from, Bytes::copy_from_slice(bytes));
        };
        hears(1, Side::Initiator, &hello);
        assert!(!tape.knows(0) && tape.is_empty(), "nobody knows who was dialled");
        tape.is(0, Some(release));
        let mut hears = |stream, side, bytes: &[u8]| {
            let from = (side, Duration::from_millis(7));
            tape.hears((4, stream), 0, from, Bytes::copy_from_slice(bytes));
        };
        hears(1, Side::Acceptor, &hello);
        hears(3, Side::Initiator, b"raft");
        hears(5, Side::Initiator, &hello);
        hears(5, Side::Acceptor, b"");
        assert!(!tape.loses((4, 3)));
        assert!(tape.loses((4, 5)) && tape.has_heard(0));
        assert!(!tape.compresses((4, 7)), "perhaps a Hello");
        assert_eq!(tape.unknown(), 1);
        tape.falls(4, Duration::from_secs(1));
        assert_eq!((tape.len(), tape.unreadable()), (2, 1));
        assert_eq!(tape.take_ends(), [(Duration::from_secs(1), (4, 5))]);
        let lines: Vec<String> = tape.take().iter().map(Taped::line).collect();
        let recording = Recording::parse("made", &lines.join("\n")).unwrap();
        let told = |index: usize| {
            let frame: &crate::suite::captures::Frame = &recording.frames[index];
            (frame.stream.stream, frame.side, frame.acceptor.exact_name(), frame.bytes.len())
        };
        assert_eq!(told(0), (5, Side::Initiator, "1.6.2".to_owned(), hello.len()));
        assert_eq!(told(1), (5, Side::Acceptor, "1.6.2".to_owned(), 0));
    }

    /// However many streams there were on a connection, those that are over take no room.
    #[test]
    fn streams_that_are_over_are_forgotten() {
        let release: Release = "1.6.2".parse().unwrap();
        let hello = Bytes::from(hello("c", 3, VersionRange::new(2, 3)).encode(release).unwrap());
        let at = Duration::from_secs(1);
        let mut tape = Tape::of(1);
        tape.is(0, Some(release));
        for stream in [1, 3, 5] {
            tape.hears((4, stream), 0, (Side::Initiator, at), hello.clone());
        }
        tape.ends((4, 1), Side::Initiator, at);
        assert_eq!(tape.streams.len(), 3, "the other half may go on");
        tape.ends((4, 1), Side::Acceptor, at);
        tape.breaks((4, 3), at);
        assert_eq!(tape.streams.len(), 1);
        assert_eq!(tape.take_ends().len(), 3);
        tape.falls(4, at);
        assert_eq!(tape.take_ends(), [(at, (4, 5))]);
    }
}
