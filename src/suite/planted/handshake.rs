//! Wrong ways to answer in a handshake (02 §2 and §3), told as another thing that is seen or said.

use super::{Accept, Conclude};
use crate::fabric::envelope::{Body, GenerationalNodeId, Hello, Message, Welcome};
use crate::fabric::negotiation::{
    Accepted, Acceptor, Agreed, Answer, Arrival, Initiator, NoAgreement, NodeEntry, Refusal,
};
use crate::fabric::session::Dialect;
use crate::fabric::version::ProtocolVersion;
use crate::suite::subject::Subject;

/// Answers a Hello by other rules.
pub struct OtherAcceptor {
    pub accept: Accept,
}

impl Subject for OtherAcceptor {}

impl Dialect for OtherAcceptor {
    fn accept(&self, acceptor: &Acceptor, arrival: Arrival<'_>) -> Result<Accepted, Refusal> {
        (self.accept)(acceptor, arrival)
    }
}

/// Takes a Welcome by other rules.
pub struct OtherInitiator {
    pub conclude: Conclude,
}

impl Subject for OtherInitiator {}

impl Dialect for OtherInitiator {
    fn conclude(&self, initiator: &Initiator, answer: Answer<'_>) -> Result<Agreed, NoAgreement> {
        (self.conclude)(initiator, answer)
    }
}

type Accepting = Result<Accepted, Refusal>;
type Concluding = Result<Agreed, NoAgreement>;

/// The right answer of an acceptor that sees another Hello, or knows something else.
fn seen_otherwise(
    acceptor: &Acceptor,
    arrival: Arrival<'_>,
    change: impl FnOnce(&mut Acceptor, &mut Hello),
) -> Accepting {
    let (mut acceptor, mut frame) = (acceptor.clone(), frame(arrival).cloned());
    if let Some(Message { body: Some(Body::Hello(hello)), .. }) = &mut frame {
        change(&mut acceptor, hello);
    }
    acceptor.accept(frame.as_ref().map_or(arrival, Arrival::Frame))
}

fn frame(arrival: Arrival<'_>) -> Option<&Message> {
    match arrival {
        Arrival::Frame(frame) => Some(frame),
        Arrival::Silence | Arrival::Ended => None,
    }
}

/// The right answer, but for the Welcome.
fn said_otherwise(
    acceptor: &Acceptor,
    arrival: Arrival<'_>,
    change: impl FnOnce(&mut Welcome, &Hello),
) -> Accepting {
    let mut accepted = acceptor.accept(arrival)?;
    if let Some(Message { body: Some(Body::Hello(hello)), .. }) = frame(arrival)
        && let Some(Body::Welcome(welcome)) = &mut accepted.welcome.body
    {
        change(welcome, hello);
    }
    Ok(accepted)
}

/// The Welcome may have any version there is.
pub fn any_version_is_taken(initiator: &Initiator, answer: Answer<'_>) -> Concluding {
    let concluded = initiator.conclude(answer);
    let (Err(NoAgreement::UnsupportedVersion { .. }), Answer::Frame(frame)) = (concluded, answer)
    else {
        return concluded;
    };
    let mut frame = frame.clone();
    let Some(Body::Welcome(welcome)) = &mut frame.body else { return concluded };
    let Some(version) = ProtocolVersion::from_number(welcome.protocol_version) else {
        return concluded;
    };
    welcome.protocol_version = initiator.release.range().max;
    let agreed = initiator.conclude(Answer::Frame(&frame))?;
    Ok(Agreed { version, ..agreed })
}

/// The initiator speaks its own highest version, whatever the Welcome says.
pub fn own_highest_is_spoken(initiator: &Initiator, answer: Answer<'_>) -> Concluding {
    let agreed = initiator.conclude(answer)?;
    Ok(Agreed { version: initiator.release.highest_version(), ..agreed })
}

/// A fingerprint that a side does not know differs from any that the other side knows.
pub fn unknown_fingerprints_differ(acceptor: &Acceptor, arrival: Arrival<'_>) -> Accepting {
    seen_otherwise(acceptor, arrival, |acceptor, hello| {
        if acceptor.cluster_fingerprint != hello.cluster_fingerprint {
            (acceptor.cluster_fingerprint, hello.cluster_fingerprint) = (1, 2);
        }
    })
}

/// Fingerprints are not compared.
pub fn fingerprints_are_ignored(acceptor: &Acceptor, arrival: Arrival<'_>) -> Accepting {
    seen_otherwise(acceptor, arrival, |_, hello| hello.cluster_fingerprint = 0)
}

/// The version is selected before the name of the cluster is looked at.
pub fn version_before_cluster(acceptor: &Acceptor, arrival: Arrival<'_>) -> Accepting {
    let answer = acceptor.accept(arrival);
    if answer != Err(Refusal::ClusterNameMismatch) {
        return answer;
    }
    let in_cluster = seen_otherwise(acceptor, arrival, |acceptor, hello| {
        acceptor.cluster_name.clone_into(&mut hello.cluster_name);
    });
    match in_cluster {
        Err(refusal @ Refusal::UnsupportedVersion { .. }) => Err(refusal),
        _ => answer,
    }
}

/// Node id 0 is as good as any.
pub fn id_zero_is_taken(acceptor: &Acceptor, arrival: Arrival<'_>) -> Accepting {
    identified_otherwise(acceptor, arrival, |said| match said.id {
        0 => GenerationalNodeId { id: u32::MAX, ..said },
        _ => said,
    })
}

/// Generation 0 is as good as any.
pub fn generation_zero_is_taken(acceptor: &Acceptor, arrival: Arrival<'_>) -> Accepting {
    identified_otherwise(acceptor, arrival, |said| match said.generation {
        0 => GenerationalNodeId { generation: u32::MAX, ..said },
        _ => said,
    })
}

/// Lets a peer in under its own name if it were let in under another.
fn identified_otherwise(
    acceptor: &Acceptor,
    arrival: Arrival<'_>,
    taken_for: impl FnOnce(GenerationalNodeId) -> GenerationalNodeId,
) -> Accepting {
    let mut said = None;
    let mut accepted = seen_otherwise(acceptor, arrival, |_, hello| {
        said = hello.my_node_id;
        hello.my_node_id = said.map(taken_for);
    })?;
    accepted.peer = said.unwrap_or(accepted.peer);
    Ok(accepted)
}

/// Who is not in the nodes configuration is refused, as up to 1.2.
pub fn unknown_nodes_are_refused(acceptor: &Acceptor, arrival: Arrival<'_>) -> Accepting {
    let accepted = acceptor.accept(arrival)?;
    let peer = accepted.peer;
    let entry = acceptor.peers.get(&peer.id).map_or(NodeEntry::Unknown, |record| record.entry);
    if entry == NodeEntry::Unknown { Err(Refusal::UnknownNode { peer }) } else { Ok(accepted) }
}

/// Older generations than the newest seen are let in, and newer ones are refused.
pub fn generations_are_reversed(acceptor: &Acceptor, arrival: Arrival<'_>) -> Accepting {
    seen_otherwise(acceptor, arrival, |acceptor, hello| {
        let Some(peer) = hello.my_node_id else { return };
        let record = acceptor.peers.get_mut(&peer.id).filter(|it| it.newest_generation != 0);
        if let Some(record) = record {
            // As far to the other side.
            let mirrored =
                peer.generation.saturating_mul(2).saturating_sub(record.newest_generation);
            record.newest_generation = mirrored;
        }
    })
}

/// The direction is not acknowledged.
pub fn direction_is_not_acknowledged(acceptor: &Acceptor, arrival: Arrival<'_>) -> Accepting {
    said_otherwise(acceptor, arrival, |welcome, _| welcome.direction_ack = 0)
}

/// A direction is acknowledged with its number, be it known or not.
pub fn any_direction_is_acknowledged(acceptor: &Acceptor, arrival: Arrival<'_>) -> Accepting {
    said_otherwise(acceptor, arrival, |welcome, hello| {
        if acceptor.release.is_at_least(3) {
            welcome.direction_ack = hello.direction;
        }
    })
}
