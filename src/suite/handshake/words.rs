//! What a peer is told that is refused, and what a node says that drops a connection: the tables of
//! 02 §2 and §3, said once more.

use crate::fabric::negotiation::{NoAgreement, Refusal, StatusCode};
use crate::fabric::release::{NegotiationRule, Release};

/// A refusal, the first and the last minor release that gives it so, its gRPC code and its text.
/// What is not known of a text is `…`.
type Row = (&'static str, u8, u8, &'static str, &'static str);

/// The last minor release there is.
const LAST: u8 = u8::MAX;

/// The refusals, in the order of the checks.
const REFUSALS: [Row; 24] = [
    ("not ready", 2, 3, "UNAVAILABLE", "svc is not ready yet"),
    ("silence", 2, LAST, "DEADLINE_EXCEEDED", "Hello message wasn't received within deadline"),
    ("dropped", 2, LAST, "CANCELLED", "peer dropped"),
    ("no header", 2, LAST, "INVALID_ARGUMENT", "Header should always be set"),
    ("no body", 2, LAST, "INVALID_ARGUMENT", "Hello is expected on handshake"),
    ("other body", 2, LAST, "INVALID_ARGUMENT", "Only hello is allowed in handshake!"),
    ("no own id", 4, LAST, "UNAVAILABLE", "this node has not acquired a node ID yet"),
    ("fingerprint", 4, 4, "INVALID_ARGUMENT", "Cluster fingerprint mismatch"),
    ("fingerprint", 5, LAST, "INVALID_ARGUMENT", "cluster fingerprint mismatch"),
    ("no id", 2, LAST, "INVALID_ARGUMENT", "GenerationalNodeId is not set in the Hello message"),
    ("id 0", 2, 4, "INVALID_ARGUMENT", "Peer cannot have node Id of 0"),
    ("id 0", 5, LAST, "INVALID_ARGUMENT", "peer cannot have node Id of 0"),
    ("generation 0", 2, LAST, "INVALID_ARGUMENT", "NodeId has invalid generation number"),
    (
        "own id",
        2,
        LAST,
        "INVALID_ARGUMENT",
        "cannot accept a connection to the same NodeID from a different generation",
    ),
    ("cluster name", 2, LAST, "INVALID_ARGUMENT", "cluster name mismatch"),
    (
        "version by rule A",
        2,
        3,
        "INVALID_ARGUMENT",
        "peer has unsupported protocol version {number}, minimum supported is '{lowest}'",
    ),
    (
        "version by rule B",
        3,
        LAST,
        "INVALID_ARGUMENT",
        "peer has unsupported protocol version {number}, supported versions are '{range}'",
    ),
    ("unknown node", 2, 2, "INTERNAL", "unknown node: …"),
    ("other configuration", 2, 2, "FAILED_PRECONDITION", "remote metadata version mismatch…"),
    ("newer generation", 2, LAST, "ALREADY_EXISTS", "newer generation '{node}' has been observed"),
    ("gone", 2, 2, "ALREADY_EXISTS", "node {node} was shut down"),
    ("gone", 3, LAST, "ALREADY_EXISTS", "node was previously observed as shutting down"),
    ("shutting down", 2, 2, "UNAVAILABLE", "…"),
    ("shutting down", 3, LAST, "ABORTED", "…"),
];

/// What a peer is told with a refusal: the gRPC code, and the text as far as it is known.
pub fn told(refusal: &Refusal, release: Release) -> String {
    let key = match refusal {
        Refusal::NotReady => "not ready",
        Refusal::HelloTimeout => "silence",
        Refusal::PeerDropped => "dropped",
        Refusal::HeaderMissing => "no header",
        Refusal::BodyMissing => "no body",
        Refusal::NotHello => "other body",
        Refusal::NoNodeId => "no own id",
        Refusal::FingerprintMismatch => "fingerprint",
        Refusal::PeerIdMissing => "no id",
        Refusal::PeerIdZero => "id 0",
        Refusal::PeerGenerationZero => "generation 0",
        Refusal::OwnIdOtherGeneration => "own id",
        Refusal::ClusterNameMismatch => "cluster name",
        Refusal::UnsupportedVersion { .. } => match release.rule() {
            NegotiationRule::A => "version by rule A",
            NegotiationRule::B => "version by rule B",
        },
        Refusal::UnknownNode { .. } => "unknown node",
        Refusal::MetadataMismatch { .. } => "other configuration",
        Refusal::NewerGeneration { .. } => "newer generation",
        Refusal::SeenShuttingDown { .. } => "gone",
        Refusal::ShuttingDown => "shutting down",
    };
    let range = release.range();
    let mut values = vec![
        ("{lowest}", range.min.to_string()),
        ("{range}", format!("[{}:{}]", range.min, range.max)),
    ];
    match refusal {
        Refusal::UnsupportedVersion { reported } => values.push(("{number}", reported.to_string())),
        Refusal::NewerGeneration { newest: node } | Refusal::SeenShuttingDown { peer: node } => {
            values.push(("{node}", format!("N{}:{}", node.id, node.generation)));
        }
        _ => {}
    }
    let is_of = |(name, first, last, ..): &&Row| {
        *name == key
            && release.is_at_least(*first)
            && (*last == LAST || !release.is_at_least(last + 1))
    };
    let Some((_, _, _, code, text)) = REFUSALS.iter().find(is_of) else {
        return format!("nothing: {release} does not refuse so");
    };
    let filled = |text: String, (hole, value): &(&str, String)| text.replace(hole, value);
    format!("{code}: {}", values.iter().fold((*text).to_owned(), filled))
}

/// How what is said of a Welcome begins that is not taken. The rest of the two last is not known.
pub fn complained(complaint: &NoAgreement) -> &'static str {
    match complaint {
        NoAgreement::WelcomeTimeout => "No Welcome received within deadline",
        NoAgreement::PeerDropped => "No Welcome received",
        NoAgreement::RemoteVersionMismatch => "remote version mismatch",
        NoAgreement::HeaderMissing => "Header should always be set",
        NoAgreement::BodyMissing => "Welcome is expected on handshake",
        NoAgreement::NotWelcome => "Only Welcome is allowed in handshake!",
        NoAgreement::PeerIdMissing => "Peer must set my_node_id in Welcome message",
        NoAgreement::UnexpectedPeer { .. } => {
            "Node returned an unexpected GenerationalNodeId in Welcome message."
        }
        NoAgreement::Refused(StatusCode::DeadlineExceeded) => "handshake timeout",
        NoAgreement::Refused(_) => "handshake failed",
        NoAgreement::UnsupportedVersion { .. } => "unsupported protocol version",
    }
}
