//! How two nodes come to speak one protocol version, or part: the handshake as pure functions over
//! explicit states (02). No sockets and no clock: what arrived, or did not arrive in time, is an
//! argument, and the answer is a value.
//!
//! ```
//! use skewproof_fabric::negotiation::{HandshakeFailure, Refusal, handshake};
//! use skewproof_fabric::version::ProtocolVersion;
//!
//! let (old, bridge, new) = ("1.2".parse()?, "1.4".parse()?, "1.7".parse()?);
//! assert_eq!(handshake(old, bridge)?, ProtocolVersion::V1);
//! assert_eq!(handshake(bridge, new)?, ProtocolVersion::V2);
//! // 1.2 takes the 2 that 1.4 offers for 0, and sees nothing in common.
//! let refusal = Refusal::UnsupportedVersion { reported: 2 };
//! assert_eq!(handshake(bridge, old), Err(HandshakeFailure::Refused(refusal)));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod acceptor;
mod initiator;
mod refusal;
mod select;
mod status;

pub use acceptor::{Accepted, Acceptor, Arrival, Life, NodeEntry, PeerRecord};
pub use initiator::{Agreed, Answer, Initiator, NoAgreement};
pub use refusal::{Refusal, RefusalText};
pub use select::{NoCommonVersion, select};
pub use status::StatusCode;

use super::envelope::{EnvelopeError, GenerationalNodeId, Message};
use super::release::Release;
use super::version::ProtocolVersion;

/// Why a handshake between two releases ends without a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeFailure {
    /// The acceptor refuses the Hello.
    #[error("the acceptor refuses: {0:?}")]
    Refused(Refusal),
    /// The initiator does not accept the Welcome.
    #[error("the initiator drops the connection: {0}")]
    NotAgreed(#[from] NoAgreement),
    /// A frame of the handshake cannot be written, or not be read on the other side.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
}

/// The version that two healthy nodes of one cluster get when the first dials the second, each
/// frame going through the bytes of its sender and the eyes of its receiver.
pub fn handshake(
    initiator_release: Release,
    acceptor_release: Release,
) -> Result<ProtocolVersion, HandshakeFailure> {
    let releases = [initiator_release, acceptor_release];
    handshake_by(releases, Acceptor::accept, Initiator::conclude)
}

/// A [`handshake`] of an initiator's release and an acceptor's, in which both sides answer by rules
/// of the caller's.
pub fn handshake_by(
    [initiator_release, acceptor_release]: [Release; 2],
    accept: impl FnOnce(&Acceptor, Arrival<'_>) -> Result<Accepted, Refusal>,
    conclude: impl FnOnce(&Initiator, Answer<'_>) -> Result<Agreed, NoAgreement>,
) -> Result<ProtocolVersion, HandshakeFailure> {
    const DIALS: GenerationalNodeId = GenerationalNodeId::new(1, 1);
    const IS_DIALLED: GenerationalNodeId = GenerationalNodeId::new(2, 1);
    let initiator = Initiator {
        expected_peer: Some(IS_DIALLED),
        ..Initiator::new(initiator_release, DIALS, "cluster")
    };
    let mut acceptor = Acceptor::new(acceptor_release, IS_DIALLED, "cluster");
    // 1.2 accepts nobody who is not in its nodes configuration.
    let entry = NodeEntry::Generation(DIALS.generation);
    acceptor.peers.insert(DIALS.id, PeerRecord { entry, ..PeerRecord::default() });

    let hello = carry(&initiator.hello(), initiator_release, acceptor_release)?;
    let arrival = Arrival::Frame(&hello);
    let accepted = accept(&acceptor, arrival).map_err(HandshakeFailure::Refused)?;
    let welcome = carry(&accepted.welcome, acceptor_release, initiator_release)?;
    Ok(conclude(&initiator, Answer::Frame(&welcome))?.version)
}

/// A frame of one release as another release sees it.
fn carry(frame: &Message, from: Release, to: Release) -> Result<Message, EnvelopeError> {
    Message::decode(to, frame.encode(from)?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Number of the version that the pair gets; 0 for a refusal by the acceptor.
    fn number(initiator: &str, acceptor: &str) -> i32 {
        match handshake(initiator.parse().unwrap(), acceptor.parse().unwrap()) {
            Ok(version) => version.number(),
            Err(HandshakeFailure::Refused(Refusal::UnsupportedVersion { reported })) => {
                assert_eq!(reported, initiator.parse::<Release>().unwrap().range().max);
                0
            }
            Err(other) => panic!("{initiator} to {acceptor}: {other}"),
        }
    }

    /// The matrix of 02 §8.
    #[test]
    fn every_ordered_pair_of_lines() {
        let acceptors = ["1.2.3", "1.3.0", "1.3.2", "1.4.4", "1.5.6", "1.6.2", "1.7.6"];
        let matrix = [
            ("1.2.3", [1, 1, 1, 1, 0, 0, 0]),
            ("1.3.0", [1, 1, 1, 1, 0, 0, 0]),
            ("1.3.2", [1, 1, 1, 1, 0, 0, 0]),
            ("1.4.4", [0, 0, 1, 2, 2, 2, 2]),
            ("1.5.6", [0, 0, 0, 2, 2, 2, 2]),
            ("1.6.2", [0, 0, 0, 2, 2, 3, 3]),
            ("1.7.6", [0, 0, 0, 2, 2, 3, 3]),
        ];
        for (initiator, row) in matrix {
            for (acceptor, expected) in acceptors.into_iter().zip(row) {
                assert_eq!(number(initiator, acceptor), expected, "{initiator} to {acceptor}");
            }
        }
    }

    #[test]
    fn variants_meet_their_neighbours() {
        assert_eq!(number("1.7.0-rc.3", "1.7.0-rc.3"), 4);
        assert_eq!(number("1.7.0-rc.3", "1.7"), 3);
        assert_eq!(number("1.7", "1.7.0-rc.3"), 3);
        assert_eq!(number("1.3.3-dev", "1.3"), 1);
        assert_eq!(number("1.3.3-dev", "1.3.0"), 0);
        assert_eq!(number("1.3", "1.3.3-dev"), 1);
    }

    #[test]
    fn every_refusal_between_releases_has_a_whole_text() {
        for initiator in Release::all() {
            for acceptor in Release::all() {
                if let Err(HandshakeFailure::Refused(refusal)) = handshake(initiator, acceptor) {
                    assert_eq!(refusal.code(acceptor), StatusCode::InvalidArgument);
                    assert!(matches!(refusal.text(acceptor), RefusalText::Exact(_)));
                }
            }
        }
    }
}
