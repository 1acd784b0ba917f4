//! Two releases, a range that one offers, and what may be wrong with its Hello.
//!
//! An input is the release that accepts, the one that dials, both ends of the range that is
//! offered, eight faults of the Hello as bits, and what the acceptor is and knows.

use arbitrary::{Arbitrary, Unstructured};

use super::came::Came;
use super::case::{Bits, Case, Chosen, Judgement, byte_of};
use super::notes;
use super::objection;
use crate::fabric::envelope::{Body, ConnectionControl, GenerationalNodeId, Message};
use crate::fabric::negotiation::{
    Acceptor, Answer, Arrival, Initiator, Life, NodeEntry, PeerRecord,
};
use crate::fabric::release::Release;
use crate::fabric::version::{ProtocolVersion, VersionRange};
use crate::harness::fuzz::{Features, Objection};
use crate::suite::handshake::order;
use crate::suite::subject::Subject;

/// Who dials, and who is dialled.
pub(super) const DIALS: GenerationalNodeId = GenerationalNodeId::new(1, 3);
pub(super) const IS_DIALLED: GenerationalNodeId = GenerationalNodeId::new(2, 7);

/// How many bytes say who the two sides are.
pub(super) const HEAD_LEN: usize = 7;

/// The bytes of two sides that would agree but for the faults.
pub(super) fn agreeing(dials: Release, accepts: Release, faults: u8) -> [u8; HEAD_LEN] {
    let range = dials.range();
    let [min, max] = [range.min, range.max].map(|end| u8::try_from(end).unwrap_or_default());
    [byte_of(accepts), byte_of(dials), min, max, faults, 0, 0]
}

/// What an input asks for.
#[derive(Debug, Clone, Arbitrary)]
pub struct Negotiate {
    /// The release that accepts.
    pub accepts: Chosen<Release>,
    /// The release that dials.
    pub dials: Chosen<Release>,
    /// The range that is offered.
    #[arbitrary(with = range)]
    pub offered: VersionRange,
    /// Faults of the Hello, from the lowest bit: no header, no body, another body; three bits say which node
    /// id it has; another cluster; a fingerprint of the cluster.
    pub faults: Bits,
    /// What the acceptor is: the lowest four bits are its life (14 starting, 15 shutting down), the lowest three
    /// the direction that is asked for too; then its fingerprint, and whether it has a node id.
    pub is: Bits,
    /// What it knows of who dials: three bits are the entry in its configuration, three the newest generation,
    /// one that it is shutting down, one the version of the configuration.
    pub knows: Bits,
}

/// A range of versions by its two ends.
fn range(bytes: &mut Unstructured<'_>) -> arbitrary::Result<VersionRange> {
    Ok(VersionRange::new(range_end(bytes.arbitrary()?), range_end(bytes.arbitrary()?)))
}

/// An end of a range of versions: mostly small, sometimes at the end of its type.
fn range_end(byte: u8) -> i32 {
    match byte {
        0xff => i32::MAX,
        0xfe => i32::MIN,
        byte @ 0x80.. => i32::from(byte) - 0x100,
        byte => i32::from(byte) % 8,
    }
}

/// The two sides of a handshake.
pub(super) struct Sides {
    pub(super) acceptor: Acceptor,
    pub(super) initiator: Initiator,
    pub(super) offered: VersionRange,
    /// Faults of the Hello, as bits.
    pub(super) faults: u8,
    /// The direction that is asked for, unless it is 0: then it is the initiator's own.
    direction: i32,
}

impl Sides {
    pub(super) fn of(case: &Negotiate) -> Self {
        let (Bits(faults), Bits(state), Bits(knowledge)) = (case.faults, case.is, case.knows);
        let mut acceptor = Acceptor::new(case.accepts.0, IS_DIALLED, "");
        acceptor.life = match state & 0x0f {
            14 => Life::Starting,
            15 => Life::ShuttingDown,
            _ => Life::Alive,
        };
        acceptor.cluster_fingerprint = u64::from(state >> 4 & 1);
        if state & 0xe0 == 0xe0 {
            acceptor.node_id = None;
        }
        let entry = match knowledge & 7 {
            1 => NodeEntry::Unknown,
            2 => NodeEntry::Tombstone,
            3 => NodeEntry::Generation(DIALS.generation - 1),
            4 => NodeEntry::Generation(DIALS.generation + 1),
            _ => NodeEntry::Generation(DIALS.generation),
        };
        let newest_generation = u32::from(knowledge >> 3 & 7);
        let is_shutting_down = knowledge & 0x40 != 0;
        let record = PeerRecord { newest_generation, is_shutting_down, entry };
        acceptor.peers.insert(DIALS.id, record);
        acceptor.header.my_nodes_config_version = Some(u32::from(knowledge >> 7));
        let initiator = Initiator {
            expected_peer: (state & 0xe0 != 0x20).then_some(IS_DIALLED),
            cluster_fingerprint: u64::from(faults >> 7),
            ..Initiator::new(case.dials.0, DIALS, "")
        };
        let (offered, direction) = (case.offered, i32::from(state & 7));
        Self { acceptor, initiator, offered, faults, direction }
    }

    /// The initiator's Hello, with the range that is offered, and with its faults.
    pub(super) fn hello(&self) -> Message {
        let mut frame = self.initiator.hello();
        let faults = self.faults;
        if faults & 0x01 != 0 {
            frame.header = None;
        }
        if faults & 0x02 != 0 {
            frame.body = None;
        }
        if faults & 0x04 != 0 {
            frame.body = Some(Body::ConnectionControl(ConnectionControl::default()));
        }
        let Some(Body::Hello(hello)) = &mut frame.body else { return frame };
        hello.min_protocol_version = self.offered.min;
        hello.max_protocol_version = self.offered.max;
        hello.my_node_id = match faults >> 3 & 7 {
            1 => None,
            2 => Some(GenerationalNodeId::new(0, 1)),
            3 => Some(GenerationalNodeId::new(DIALS.id, 0)),
            4 => Some(GenerationalNodeId::new(IS_DIALLED.id, IS_DIALLED.generation + 1)),
            5 => Some(GenerationalNodeId::new(9, 1)),
            _ => Some(DIALS),
        };
        if faults & 0x40 != 0 {
            "other".clone_into(&mut hello.cluster_name);
        }
        if hello.cluster_fingerprint != 0 && self.offered.min & 1 == 0 {
            hello.cluster_fingerprint = 2;
        }
        if self.direction != 0 {
            hello.direction = self.direction;
        }
        frame
    }

    #[cold]
    fn objection(&self, kind: &'static str, came: Came) -> Objection {
        let (dials, accepts) = (self.initiator.release.name(), self.acceptor.release.name());
        let sides = [("dials", dials.to_owned()), ("accepts", accepts.to_owned())];
        objection::of(kind, sides, came)
    }
}

impl Case for Negotiate {
    fn holds(self, subject: &(impl Subject + ?Sized), features: &mut Features) -> Judgement {
        let sides = Sides::of(&self);
        let (accepts, offered) = (self.accepts.0, self.offered);
        let expected = order::selected(accepts, offered);
        let selected = subject.select(accepts, offered);
        let number = selected.map(ProtocolVersion::number);
        let is_right = match number {
            Ok(number) => expected == Some(number),
            Err(none) => expected.is_none() && none.reported == offered.max,
        };
        if !is_right {
            let seen = format!("{number:?} of {offered}");
            return Err(sides
                .objection("selects-otherwise", Came::words("", format!("{expected:?}"), seen)));
        }
        if subject.select(accepts, offered) != selected {
            let seen = format_args!("another of {offered}");
            let came = Came::words("", format_args!("{number:?}"), seen);
            return Err(sides.objection("selects-by-chance", came));
        }
        features.note(notes::mix([1, number.unwrap_or(0) as u64, accepts.range().max as u64]));
        handshake(subject, &sides, features)
    }
}

/// What both sides make of the Hello.
fn handshake(
    subject: &(impl Subject + ?Sized),
    sides: &Sides,
    features: &mut Features,
) -> Result<(), Objection> {
    let hello = sides.hello();
    let arrival = Arrival::Frame(&hello);
    let answer = subject.accept(&sides.acceptor, arrival);
    let expected = order::answer(&sides.acceptor, arrival);
    if answer != expected {
        return Err(sides.objection("answers-otherwise", Came::value(&expected, &answer)));
    }
    let accepted = match answer {
        Ok(accepted) => accepted,
        Err(refusal) => {
            let code = refusal.code(sides.acceptor.release).number();
            features.note(notes::mix([2, u64::from(code), u64::from(sides.faults)]));
            return Ok(());
        }
    };
    let version = accepted.version.number();
    let answer = Answer::Frame(&accepted.welcome);
    let expected = order::conclusion(&sides.initiator, answer);
    let concluded = subject.conclude(&sides.initiator, answer);
    features.note(notes::mix([3, version as u64, u64::from(concluded.is_ok())]));
    if concluded == expected {
        Ok(())
    } else {
        Err(sides.objection("concludes-otherwise", Came::value(&expected, &concluded)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_ranges_are_small_or_at_the_end_of_their_type() {
        let ends = [0, 7, 8, 0x80, 0xfd, 0xfe, 0xff].map(range_end);
        assert_eq!(ends, [0, 7, 0, -128, -3, i32::MIN, i32::MAX]);
    }
}
