//! Why an acceptor refuses a connection, and what its peer is told.

use std::fmt;

use super::status::StatusCode;
use crate::envelope::GenerationalNodeId;
use crate::gates::rule;
use crate::release::{NegotiationRule, Release};

/// Why an acceptor refuses a connection, in the order of its checks (02 §2). The whole gRPC call
/// fails with [`Refusal::code`] and [`Refusal::text`]; no frame is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The acceptor is not alive yet. Only 1.2 and 1.3.
    NotReady,
    /// Nothing arrived in time.
    HelloTimeout,
    /// The stream ended, failed, or carried something that is no frame.
    PeerDropped,
    /// The first frame has no header.
    HeaderMissing,
    /// The first frame has no body, or none that the acceptor knows.
    BodyMissing,
    /// The first frame is something else than a Hello.
    NotHello,
    /// The acceptor has no node id yet. From 1.4 on.
    NoNodeId,
    /// The peer belongs to another cluster, by its fingerprint. From 1.4 on.
    FingerprintMismatch,
    /// The Hello does not say who the peer is.
    PeerIdMissing,
    /// The peer has node id 0.
    PeerIdZero,
    /// The peer has generation 0.
    PeerGenerationZero,
    /// The peer has the acceptor's own node id, in another generation.
    OwnIdOtherGeneration,
    /// The peer belongs to another cluster, by its name.
    ClusterNameMismatch,
    /// No protocol version in common.
    UnsupportedVersion {
        /// The raw number that is complained about.
        reported: i32,
    },
    /// The nodes configuration has no such node. Only 1.2.
    UnknownNode {
        /// The peer.
        peer: GenerationalNodeId,
    },
    /// The nodes configuration has the node in another generation. Only 1.2.
    MetadataMismatch {
        /// Whether the acceptor first fetches the newer nodes configuration that the peer has.
        syncs_first: bool,
    },
    /// A newer generation of the peer is known.
    NewerGeneration {
        /// The newer one.
        newest: GenerationalNodeId,
    },
    /// This generation of the peer was seen shutting down, or its node is deleted.
    SeenShuttingDown {
        /// The peer.
        peer: GenerationalNodeId,
    },
    /// The acceptor's process is shutting down.
    ShuttingDown,
}

impl Refusal {
    /// The gRPC status code that the peer sees.
    pub fn code(&self, release: Release) -> StatusCode {
        match self {
            Self::NotReady | Self::NoNodeId => StatusCode::Unavailable,
            Self::HelloTimeout => StatusCode::DeadlineExceeded,
            Self::PeerDropped => StatusCode::Cancelled,
            Self::HeaderMissing
            | Self::BodyMissing
            | Self::NotHello
            | Self::FingerprintMismatch
            | Self::PeerIdMissing
            | Self::PeerIdZero
            | Self::PeerGenerationZero
            | Self::OwnIdOtherGeneration
            | Self::ClusterNameMismatch
            | Self::UnsupportedVersion { .. } => StatusCode::InvalidArgument,
            Self::UnknownNode { .. } => StatusCode::Internal,
            Self::MetadataMismatch { .. } => StatusCode::FailedPrecondition,
            Self::NewerGeneration { .. } | Self::SeenShuttingDown { .. } => {
                StatusCode::AlreadyExists
            }
            Self::ShuttingDown if rule!("refusal.shutdown_is_aborted", release) => {
                StatusCode::Aborted
            }
            Self::ShuttingDown => StatusCode::Unavailable,
        }
    }

    /// The status text that the peer sees, as far as it is known: see [`RefusalText`].
    pub fn text(&self, release: Release) -> RefusalText {
        use RefusalText::{Exact, StartsWith, Unknown};
        let text = match self {
            Self::NotReady => "svc is not ready yet",
            Self::HelloTimeout => "Hello message wasn't received within deadline",
            Self::PeerDropped => "peer dropped",
            Self::HeaderMissing => "Header should always be set",
            Self::BodyMissing => "Hello is expected on handshake",
            Self::NotHello => "Only hello is allowed in handshake!",
            Self::NoNodeId => "this node has not acquired a node ID yet",
            Self::FingerprintMismatch if rule!("refusal.reworded", release) => {
                "cluster fingerprint mismatch"
            }
            Self::FingerprintMismatch => "Cluster fingerprint mismatch",
            Self::PeerIdMissing => "GenerationalNodeId is not set in the Hello message",
            Self::PeerIdZero if rule!("refusal.reworded", release) => {
                "peer cannot have node Id of 0"
            }
            Self::PeerIdZero => "Peer cannot have node Id of 0",
            Self::PeerGenerationZero => "NodeId has invalid generation number",
            Self::OwnIdOtherGeneration => {
                "cannot accept a connection to the same NodeID from a different generation"
            }
            Self::ClusterNameMismatch => "cluster name mismatch",
            Self::UnsupportedVersion { reported } => {
                return Exact(unsupported_version(release, *reported));
            }
            Self::UnknownNode { .. } => return StartsWith("unknown node: "),
            Self::MetadataMismatch { .. } => return StartsWith("remote metadata version mismatch"),
            Self::NewerGeneration { newest } => {
                return Exact(format!("newer generation '{newest}' has been observed"));
            }
            Self::SeenShuttingDown { .. } if rule!("refusal.seen_shutdown_in_short", release) => {
                "node was previously observed as shutting down"
            }
            Self::SeenShuttingDown { peer } => {
                return Exact(format!("node {peer} was shut down"));
            }
            Self::ShuttingDown => return Unknown,
        };
        Exact(text.to_owned())
    }
}

/// The text for an offer without a common version, by the wording of the selection rule.
fn unsupported_version(release: Release, reported: i32) -> String {
    let (range, start) = (release.range(), "peer has unsupported protocol version");
    match release.rule() {
        NegotiationRule::A => format!("{start} {reported}, minimum supported is '{}'", range.min),
        NegotiationRule::B => format!("{start} {reported}, supported versions are '{range}'"),
    }
}

/// What is known of a status text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefusalText {
    /// All of it.
    Exact(String),
    /// How it begins; what follows was not recorded.
    StartsWith(&'static str),
    /// Nothing.
    Unknown,
}

impl RefusalText {
    /// Whether a text that was seen can be this one.
    pub fn matches(&self, seen: &str) -> bool {
        match self {
            Self::Exact(text) => seen == text,
            Self::StartsWith(start) => seen.starts_with(start),
            Self::Unknown => true,
        }
    }
}

impl fmt::Display for RefusalText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(text) => f.write_str(text),
            Self::StartsWith(start) => write!(f, "{start}…"),
            Self::Unknown => f.write_str("…"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(refusal: Refusal, release: &str) -> String {
        refusal.text(release.parse().unwrap()).to_string()
    }

    #[test]
    fn versions_are_refused_in_the_wording_of_the_rule() {
        let refusal = Refusal::UnsupportedVersion { reported: 2 };
        let old = "peer has unsupported protocol version 2, minimum supported is '1'";
        assert_eq!(text(refusal, "1.2"), old);
        assert_eq!(text(refusal, "1.3.0"), old);
        let new = "peer has unsupported protocol version 2, supported versions are '[1:1]'";
        assert_eq!(text(refusal, "1.3.1"), new);
        let refusal = Refusal::UnsupportedVersion { reported: 1 };
        let new = "peer has unsupported protocol version 1, supported versions are '[2:3]'";
        assert_eq!(text(refusal, "1.7"), new);
    }

    #[test]
    fn wording_changes_between_lines() {
        assert_eq!(text(Refusal::PeerIdZero, "1.4"), "Peer cannot have node Id of 0");
        assert_eq!(text(Refusal::PeerIdZero, "1.5"), "peer cannot have node Id of 0");
        assert_eq!(text(Refusal::FingerprintMismatch, "1.4"), "Cluster fingerprint mismatch");
        assert_eq!(text(Refusal::FingerprintMismatch, "1.5"), "cluster fingerprint mismatch");
        let peer = GenerationalNodeId::new(2, 9);
        let gone = Refusal::SeenShuttingDown { peer };
        assert_eq!(text(gone, "1.2"), "node N2:9 was shut down");
        assert_eq!(text(gone, "1.3"), "node was previously observed as shutting down");
        let newer = Refusal::NewerGeneration { newest: peer };
        assert_eq!(text(newer, "1.7"), "newer generation 'N2:9' has been observed");
        assert_eq!(text(Refusal::ShuttingDown, "1.7"), "…");
    }

    #[test]
    fn shutting_down_changed_its_code() {
        let code = |release: &str| Refusal::ShuttingDown.code(release.parse().unwrap());
        assert_eq!(code("1.2"), StatusCode::Unavailable);
        assert_eq!(code("1.3.0"), StatusCode::Aborted);
        assert_eq!(code("1.7"), StatusCode::Aborted);
    }

    #[test]
    fn texts_match_as_far_as_they_are_known() {
        assert!(RefusalText::Exact("a".into()).matches("a"));
        assert!(!RefusalText::Exact("a".into()).matches("ab"));
        assert!(RefusalText::StartsWith("a").matches("ab"));
        assert!(!RefusalText::StartsWith("a").matches("b"));
        assert!(RefusalText::Unknown.matches("anything"));
    }
}
