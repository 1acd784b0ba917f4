//! What is answered to a Hello that is refused: the status of gRPC, its number, and the text by which the
//! refusal is known again (02 §2).

use std::fmt::Debug;

use super::{Checks, columns};
use crate::fabric::envelope::GenerationalNodeId;
use crate::fabric::negotiation::{Refusal, RefusalText, StatusCode};
use crate::fabric::release::{Release, ReleaseNumber};
use crate::harness::report::Grid;
use crate::suite::compare::{self, Difference};
use crate::suite::requirements;

/// The grid of these checks.
const GRID: &str = "refusals, by the release that refuses";

const PEER: GenerationalNodeId = GenerationalNodeId::new(2, 9);
/// A number that no version has.
const UNHEARD: i32 = 99;

/// The numbers of gRPC's statuses, by name. Those without a name here no refusal has.
const NUMBERS: [Option<StatusCode>; 17] = {
    use StatusCode::{
        Aborted, AlreadyExists, Cancelled, DeadlineExceeded, FailedPrecondition, Internal,
        InvalidArgument, Unavailable, Unimplemented,
    };
    [
        None,
        Some(Cancelled),
        None,
        Some(InvalidArgument),
        Some(DeadlineExceeded),
        None,
        Some(AlreadyExists),
        None,
        None,
        Some(FailedPrecondition),
        Some(Aborted),
        None,
        Some(Unimplemented),
        Some(Internal),
        Some(Unavailable),
        None,
        None,
    ]
};

/// Checks every release.
pub fn run(checks: &mut Checks<'_>) {
    checks.report.add(Grid::new(GRID).with_columns(columns()));
    for release in Release::stable() {
        let refusals = refusals(release);
        for (check, name, result) in [
            ("statuses", "status", statuses(release, &refusals)),
            ("texts", "text", texts(release, &refusals)),
        ] {
            let case = requirements::REFUSAL.case([release.name(), name]);
            checks.record_in(GRID, check, release, case, result);
        }
    }
}

type Expected = (Refusal, StatusCode, RefusalText);

/// Every refusal of a release, with its status and what is known of its text, in the order of 02 §2.
fn refusals(release: Release) -> Vec<Expected> {
    use Refusal as R;
    use StatusCode::{
        Aborted, AlreadyExists, Cancelled, DeadlineExceeded, FailedPrecondition, Internal,
        InvalidArgument, Unavailable,
    };
    let (since_3, since_4, since_5) =
        (release.is_at_least(3), release.is_at_least(4), release.is_at_least(5));
    let by = |is_new: bool, old: &'static str, new: &'static str| if is_new { new } else { old };
    let fingerprint = by(since_5, "Cluster fingerprint mismatch", "cluster fingerprint mismatch");
    let zero = by(since_5, "Peer cannot have node Id of 0", "peer cannot have node Id of 0");
    let own = "cannot accept a connection to the same NodeID from a different generation";
    let gone =
        by(since_3, "node N2:9 was shut down", "node was previously observed as shutting down");
    let exact = |refusal, status, text: &str| (refusal, status, RefusalText::Exact(text.into()));
    let begins = |refusal, status, text| (refusal, status, RefusalText::StartsWith(text));
    let mut refusals = vec![
        exact(R::HelloTimeout, DeadlineExceeded, "Hello message wasn't received within deadline"),
        exact(R::PeerDropped, Cancelled, "peer dropped"),
        exact(R::HeaderMissing, InvalidArgument, "Header should always be set"),
        exact(R::BodyMissing, InvalidArgument, "Hello is expected on handshake"),
        exact(R::NotHello, InvalidArgument, "Only hello is allowed in handshake!"),
        exact(
            R::PeerIdMissing,
            InvalidArgument,
            "GenerationalNodeId is not set in the Hello message",
        ),
        exact(R::PeerIdZero, InvalidArgument, zero),
        exact(R::PeerGenerationZero, InvalidArgument, "NodeId has invalid generation number"),
        exact(R::OwnIdOtherGeneration, InvalidArgument, own),
        exact(R::ClusterNameMismatch, InvalidArgument, "cluster name mismatch"),
        exact(R::UnsupportedVersion { reported: UNHEARD }, InvalidArgument, &unsupported(release)),
        exact(
            R::NewerGeneration { newest: PEER },
            AlreadyExists,
            "newer generation 'N2:9' has been observed",
        ),
        exact(R::SeenShuttingDown { peer: PEER }, AlreadyExists, gone),
        (R::ShuttingDown, if since_3 { Aborted } else { Unavailable }, RefusalText::Unknown),
    ];
    if since_4 {
        let no_id = "this node has not acquired a node ID yet";
        refusals.push(exact(R::NoNodeId, Unavailable, no_id));
        refusals.push(exact(R::FingerprintMismatch, InvalidArgument, fingerprint));
    } else {
        refusals.push(exact(R::NotReady, Unavailable, "svc is not ready yet"));
    }
    if !since_3 {
        refusals.push(begins(R::UnknownNode { peer: PEER }, Internal, "unknown node: "));
        let mismatch = R::MetadataMismatch { syncs_first: false };
        let text = "remote metadata version mismatch";
        refusals.push(begins(mismatch, FailedPrecondition, text));
    }
    refusals
}

/// The text for an offer of versions that nobody knows (02 §1).
fn unsupported(release: Release) -> String {
    let start = format!("peer has unsupported protocol version {UNHEARD}");
    let (lowest, highest) = match release.minor() {
        2 | 3 => (1, 1),
        4 => (1, 2),
        5 => (2, 2),
        _ => (2, 3),
    };
    if release.number() < ReleaseNumber::stable(3, 1) {
        format!("{start}, minimum supported is '{lowest}'")
    } else {
        format!("{start}, supported versions are '[{lowest}:{highest}]'")
    }
}

fn same<T: PartialEq + Debug>(
    what: impl Debug,
    expected: &T,
    actual: &T,
) -> Result<(), Difference> {
    compare::same(requirements::REFUSAL.sentence, &format!("{what:?}"), expected, actual)
}

/// A refusal has its status, and each status is known by its number, and no other number.
fn statuses(release: Release, refusals: &[Expected]) -> Result<(), Difference> {
    for (refusal, status, _) in refusals {
        same(refusal, status, &refusal.code(release))?;
    }
    for (number, status) in (0..).zip(NUMBERS) {
        same(number, &status, &StatusCode::from_number(number))?;
        if let Some(status) = status {
            same(status, &number, &status.number())?;
        }
    }
    Ok(())
}

/// A refusal has its text, and is known by it: neither by the text of another, nor by more or less of its
/// own.
fn texts(release: Release, refusals: &[Expected]) -> Result<(), Difference> {
    for (refusal, _, text) in refusals {
        same(refusal, text, &refusal.text(release))?;
        let is_known = |seen: &str| refusal.text(release).matches(seen);
        for (_, _, seen) in refusals {
            let is_it = *text == RefusalText::Unknown || seen == text;
            if let RefusalText::Exact(words) = seen {
                same((refusal, words), &is_it, &is_known(words))?;
            }
        }
        let (words, is_open) = match text {
            RefusalText::Exact(words) => (words.as_str(), false),
            RefusalText::StartsWith(words) => (*words, true),
            RefusalText::Unknown => continue,
        };
        same((refusal, "with more"), &is_open, &is_known(&format!("{words}, and more")))?;
        same((refusal, "behind more"), &false, &is_known(&format!("error: {words}")))?;
        let shorter = words.get(..words.len() - 1).unwrap_or_default();
        same((refusal, "with less"), &false, &is_known(shorter))?;
    }
    Ok(())
}
