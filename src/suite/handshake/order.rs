//! What each side of a handshake must say, as lists of faults in the order in which released
//! servers look for them (02 §1 to §3): said once more, apart from the two state machines.

use crate::fabric::envelope::{
    Body, ConnectionDirection, GenerationalNodeId, Header, Hello, Message, Welcome,
};
use crate::fabric::negotiation::{
    Accepted, Acceptor, Agreed, Answer, Arrival, Initiator, Life, NoAgreement, NodeEntry,
    PeerRecord, Refusal, StatusCode,
};
use crate::fabric::release::{Release, ReleaseNumber};
use crate::fabric::version::{ProtocolVersion, VersionRange};

/// The number that a release selects of a range: the highest that both have. By rule A, an end that
/// the release does not know is 0.
pub fn selected(acceptor: Release, offered: VersionRange) -> Option<i32> {
    let row = acceptor.row();
    let seen = |end: i32| {
        let is_by_number = acceptor.number() >= ReleaseNumber::stable(3, 1);
        let is_kept = is_by_number || row.known_numbers.contains(&end);
        if is_kept { end } else { 0 }
    };
    let seen = VersionRange::new(seen(offered.min), seen(offered.max));
    (row.range.min..=row.range.max).rev().find(|number| seen.contains(*number))
}

/// A fault, and what is said of it.
type Fault<T> = (bool, T);

fn first<T, const N: usize>(faults: [Fault<T>; N]) -> Option<T> {
    faults.into_iter().find(|(is_there, _)| *is_there).map(|(_, said)| said)
}

/// The answer of an acceptor.
pub fn answer(acceptor: &Acceptor, arrival: Arrival<'_>) -> Result<Accepted, Refusal> {
    match refusal(acceptor, arrival) {
        Some(refusal) => Err(refusal),
        // What cannot be accepted is refused by then.
        None => acceptance(acceptor, arrival).ok_or(Refusal::PeerDropped),
    }
}

/// What an acceptor that refuses nothing makes of a Hello.
fn acceptance(acceptor: &Acceptor, arrival: Arrival<'_>) -> Option<Accepted> {
    let Arrival::Frame(Message { header: Some(header), body: Some(Body::Hello(hello)) }) = arrival
    else {
        return None;
    };
    let is_1_2 = !acceptor.release.is_at_least(3);
    let number = selected(acceptor.release, hello.offered())?;
    let direction = if is_1_2 { 0 } else { known_direction(hello.direction) };
    let welcome = Welcome {
        protocol_version: number,
        my_node_id: acceptor.node_id,
        direction_ack: direction,
    };
    let in_response_to = is_1_2.then_some(header.msg_id);
    let header = Header { in_response_to, ..acceptor.header.clone() };
    Some(Accepted {
        version: ProtocolVersion::from_number(number)?,
        peer: hello.my_node_id?,
        welcome: Message { header: Some(header), body: Some(Body::Welcome(welcome)) },
        may_request: direction != FORWARD,
    })
}

/// The direction in which only the side that dialled asks.
const FORWARD: i32 = 2;

/// A direction, or 0 if no release knows it.
fn known_direction(number: i32) -> i32 {
    if (0..=3).contains(&number) { number } else { 0 }
}

/// The refusal of an acceptor; none if it takes the connection.
fn refusal(acceptor: &Acceptor, arrival: Arrival<'_>) -> Option<Refusal> {
    let is_1_2 = !acceptor.release.is_at_least(3);
    let is_new = acceptor.release.is_at_least(4);
    let is_ready = acceptor.life != Life::Starting && acceptor.node_id.is_some();
    let early = [
        (!is_new && !is_ready, Refusal::NotReady),
        (arrival == Arrival::Silence, Refusal::HelloTimeout),
        (arrival == Arrival::Ended, Refusal::PeerDropped),
    ];
    if let Some(refusal) = first(early) {
        return Some(refusal);
    }
    let Arrival::Frame(frame) = arrival else { return None };
    let (no_header, no_hello) = (Header::default(), Hello::default());
    let header = frame.header.as_ref().unwrap_or(&no_header);
    let hello = match &frame.body {
        Some(Body::Hello(hello)) => Some(hello),
        _ => None,
    };
    let shape = [
        (frame.header.is_none(), Refusal::HeaderMissing),
        (frame.body.is_none(), Refusal::BodyMissing),
        (hello.is_none(), Refusal::NotHello),
        (acceptor.node_id.is_none(), Refusal::NoNodeId),
    ];
    if let Some(refusal) = first(shape) {
        return Some(refusal);
    }
    let hello = hello.unwrap_or(&no_hello);
    let me = acceptor.node_id.unwrap_or_default();
    let peer = hello.my_node_id.unwrap_or_default();
    let prints = [acceptor.cluster_fingerprint, hello.cluster_fingerprint];
    let has_foreign_print = is_new && !prints.contains(&0) && prints[0] != prints[1];
    let reported = hello.max_protocol_version;
    let who = [
        (has_foreign_print, Refusal::FingerprintMismatch),
        (hello.my_node_id.is_none(), Refusal::PeerIdMissing),
        (peer.id == 0, Refusal::PeerIdZero),
        (peer.generation == 0, Refusal::PeerGenerationZero),
        (peer.id == me.id && peer != me, Refusal::OwnIdOtherGeneration),
        (hello.cluster_name != acceptor.cluster_name, Refusal::ClusterNameMismatch),
        (
            selected(acceptor.release, hello.offered()).is_none(),
            Refusal::UnsupportedVersion { reported },
        ),
    ];
    let is_leaving = acceptor.life == Life::ShuttingDown;
    first(who)
        .or_else(|| {
            let record = acceptor.peers.get(&peer.id).copied().unwrap_or_default();
            if is_1_2 {
                configured_in_1_2(acceptor, header, record, peer).or_else(|| seen(record, peer))
            } else {
                seen(record, peer).or_else(|| configured(record, peer))
            }
        })
        .or_else(|| is_leaving.then_some(Refusal::ShuttingDown))
}

/// What 1.2 says of a peer that its nodes configuration has otherwise.
fn configured_in_1_2(
    acceptor: &Acceptor,
    header: &Header,
    record: PeerRecord,
    peer: GenerationalNodeId,
) -> Option<Refusal> {
    let version = |header: &Header| header.my_nodes_config_version.unwrap_or(0);
    let syncs_first = version(header) > version(&acceptor.header);
    let (is_node, generation) = match record.entry {
        NodeEntry::Generation(generation) => (true, generation),
        NodeEntry::Unknown | NodeEntry::Tombstone => (false, 0),
    };
    first([
        (!is_node, Refusal::UnknownNode { peer }),
        (generation != peer.generation, Refusal::MetadataMismatch { syncs_first }),
    ])
}

/// What later releases say of a peer that their nodes configuration has otherwise.
fn configured(record: PeerRecord, peer: GenerationalNodeId) -> Option<Refusal> {
    match record.entry {
        NodeEntry::Tombstone => Some(Refusal::SeenShuttingDown { peer }),
        NodeEntry::Generation(generation) => {
            let newest = GenerationalNodeId::new(peer.id, generation);
            (generation > peer.generation).then_some(Refusal::NewerGeneration { newest })
        }
        NodeEntry::Unknown => None,
    }
}

/// What is said of a peer that was seen before.
fn seen(record: PeerRecord, peer: GenerationalNodeId) -> Option<Refusal> {
    let newest = GenerationalNodeId::new(peer.id, record.newest_generation);
    let is_gone = record.is_shutting_down && record.newest_generation == peer.generation;
    first([
        (record.newest_generation > peer.generation, Refusal::NewerGeneration { newest }),
        (is_gone, Refusal::SeenShuttingDown { peer }),
    ])
}

/// What an initiator makes of the answer.
pub fn conclusion(initiator: &Initiator, answer: Answer<'_>) -> Result<Agreed, NoAgreement> {
    match complaint(initiator, answer) {
        Some(complaint) => Err(complaint),
        // What cannot be agreed on is complained about by then.
        None => agreement(initiator, answer).ok_or(NoAgreement::PeerDropped),
    }
}

/// What an initiator that complains about nothing makes of a Welcome.
fn agreement(initiator: &Initiator, answer: Answer<'_>) -> Option<Agreed> {
    let Answer::Frame(frame) = answer else { return None };
    let welcome = welcome(frame)?;
    let is_1_2 = !initiator.release.is_at_least(3);
    let direction_ack = match known_direction(welcome.direction_ack) {
        1 if !is_1_2 => ConnectionDirection::Bidirectional,
        FORWARD if !is_1_2 => ConnectionDirection::Forward,
        3 if !is_1_2 => ConnectionDirection::Reverse,
        _ => ConnectionDirection::Unknown,
    };
    Some(Agreed {
        version: ProtocolVersion::from_number(welcome.protocol_version)?,
        peer: welcome.my_node_id?,
        direction_ack,
    })
}

/// What an initiator complains about; none if it takes the connection.
fn complaint(initiator: &Initiator, answer: Answer<'_>) -> Option<NoAgreement> {
    let is_1_2 = !initiator.release.is_at_least(3);
    let frame = match answer {
        Answer::Silence => return Some(NoAgreement::WelcomeTimeout),
        Answer::Ended => return Some(NoAgreement::PeerDropped),
        Answer::Refused(StatusCode::FailedPrecondition) if is_1_2 => {
            return Some(NoAgreement::RemoteVersionMismatch);
        }
        Answer::Refused(code) => return Some(NoAgreement::Refused(code)),
        Answer::Frame(frame) => frame,
    };
    let welcome = welcome(frame);
    let shape = [
        (frame.header.is_none(), NoAgreement::HeaderMissing),
        (frame.body.is_none(), NoAgreement::BodyMissing),
        (welcome.is_none(), NoAgreement::NotWelcome),
    ];
    if let Some(complaint) = first(shape) {
        return Some(complaint);
    }
    let nothing = Welcome::default();
    let welcome = welcome.unwrap_or(&nothing);
    let row = initiator.release.row();
    let is_known = row.known_numbers.contains(&welcome.protocol_version);
    let number = if is_known { welcome.protocol_version } else { 0 };
    let peer = welcome.my_node_id.unwrap_or_default();
    let is_other = initiator.expected_peer.is_some_and(|expected| expected != peer);
    first([
        (
            !row.range.contains(number),
            NoAgreement::UnsupportedVersion { number, supported: row.range },
        ),
        (welcome.my_node_id.is_none(), NoAgreement::PeerIdMissing),
        (is_other, NoAgreement::UnexpectedPeer { peer }),
    ])
}

/// The Welcome in a frame.
fn welcome(frame: &Message) -> Option<&Welcome> {
    match &frame.body {
        Some(Body::Welcome(welcome)) => Some(welcome),
        _ => None,
    }
}
