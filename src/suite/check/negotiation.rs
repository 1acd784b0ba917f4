//! Which version every ordered pair of releases gets, and what each release selects of an offer.

use super::{Checks, columns};
use crate::fabric::release::Release;
use crate::fabric::version::{ProtocolVersion, VersionRange};
use crate::harness::report::Grid;
use crate::suite::compare::Difference;
use crate::suite::requirements;
use crate::suite::subject::handshake;

/// The releases of [`PAIRS`], in its order: those that negotiate alike stand together.
pub(super) const RELEASES: [&[&str]; 8] = [
    &["1.2.0", "1.2.1", "1.2.2", "1.2"],
    &["1.3.0"],
    &["1.3.1", "1.3"],
    &["1.3.3-dev", "1.4.0", "1.4.2", "1.4.3", "1.4"],
    &["1.5.0", "1.5"],
    &["1.6.0", "1.6.1", "1.6"],
    &["1.7.0-rc.3"],
    &["1.7.0", "1.7.2", "1.7.3", "1.7.4", "1.7.5", "1.7"],
];

/// The version that each pair gets, 0 for none: a row for each initiator, a column for each
/// acceptor (02 §8; the others follow from their range and rule).
const PAIRS: [[i32; 8]; 8] = [
    [1, 1, 1, 1, 0, 0, 0, 0],
    [1, 1, 1, 1, 0, 0, 0, 0],
    [1, 1, 1, 1, 0, 0, 0, 0],
    [0, 0, 1, 2, 2, 2, 2, 2],
    [0, 0, 0, 2, 2, 2, 2, 2],
    [0, 0, 0, 2, 2, 3, 3, 3],
    [0, 0, 0, 2, 2, 3, 4, 3],
    [0, 0, 0, 2, 2, 3, 3, 3],
];

/// Acceptors, and for ends of an offered range the number that they select, 0 for none.
type Offers = (&'static [&'static str], &'static [(i32, i32, i32)]);

/// What acceptors select of a range (02 §1).
const OFFERS: [Offers; 4] = [
    (
        &["1.2", "1.3.0"],
        &[(1, 1, 1), (1, 2, 0), (2, 2, 0), (2, 3, 0), (2, 4, 0), (0, 0, 0), (3, 1, 1)],
    ),
    (&["1.3"], &[(1, 1, 1), (1, 2, 1), (2, 2, 0), (2, 3, 0), (2, 4, 0), (0, 0, 0), (3, 1, 0)]),
    (
        &["1.4", "1.3.3-dev"],
        &[(1, 1, 1), (1, 2, 2), (2, 2, 2), (2, 3, 2), (2, 4, 2), (0, 0, 0), (3, 1, 0)],
    ),
    (
        &["1.6", "1.7"],
        &[
            (1, 1, 0),
            (1, 2, 2),
            (2, 2, 2),
            (2, 3, 3),
            (2, 4, 3),
            (0, 0, 0),
            (3, 1, 0),
            (3, 3, 3),
            (-5, 2, 2),
            (99, 2, 0),
            (2, i32::MAX, 3),
            (i32::MIN, i32::MAX, 3),
            (2, -1, 0),
        ],
    ),
];

/// The grid of these checks.
const GRID: &str = "negotiation, by the release that accepts";

/// Checks all pairs and offers.
pub fn run(checks: &mut Checks<'_>) {
    checks.report.add(Grid::new(GRID).with_columns(columns()));
    for (initiators, expected) in RELEASES.into_iter().zip(PAIRS) {
        for (acceptors, expected) in RELEASES.into_iter().zip(expected) {
            for (initiator, acceptor) in pairs(initiators, acceptors) {
                let result = pair(initiator, acceptor, expected, checks);
                let case = requirements::PAIR.case([initiator.name(), acceptor.name()]);
                checks.record_in(GRID, "pairs", acceptor, case, result);
            }
        }
    }
    for (names, offers) in OFFERS {
        for acceptor in names.iter().filter_map(|name| name.parse::<Release>().ok()) {
            for &(min, max, expected) in offers {
                let offered = VersionRange::new(min, max);
                let case = requirements::OFFER.case([acceptor.name(), &offered.to_string()]);
                let result = selects(acceptor, offered, expected, checks);
                checks.record_in(GRID, "offered ranges", acceptor, case, result);
            }
        }
    }
}

/// Every release of the one with every one of the other.
fn pairs(ones: &[&str], others: &[&str]) -> Vec<(Release, Release)> {
    let releases = |names: &[&str]| -> Vec<Release> {
        names.iter().filter_map(|name| name.parse().ok()).collect()
    };
    let others = releases(others);
    releases(ones).into_iter().flat_map(|one| others.iter().map(move |it| (one, *it))).collect()
}

/// The acceptor selects the expected version of the initiator's range, and a whole handshake ends
/// in it on both sides.
fn pair(
    initiator: Release,
    acceptor: Release,
    expected: i32,
    checks: &Checks<'_>,
) -> Result<(), Difference> {
    selects(acceptor, initiator.range(), expected, checks)?;
    let requirement = "both sides of a handshake agree on the version, or part";
    let agreed = handshake(checks.subject, initiator, acceptor).map_or(0, ProtocolVersion::number);
    if agreed == expected {
        Ok(())
    } else {
        Err(Difference::new(requirement, word(expected), word(agreed)))
    }
}

fn selects(
    acceptor: Release,
    offered: VersionRange,
    expected: i32,
    checks: &Checks<'_>,
) -> Result<(), Difference> {
    let requirement = "the acceptor selects the version that its rule demands";
    let selected = checks.subject.select(acceptor, offered).map_or(0, ProtocolVersion::number);
    if selected == expected {
        return Ok(());
    }
    Err(Difference {
        place: Some(format!("{acceptor} accepts, {offered} is offered")),
        ..Difference::new(requirement, word(expected), word(selected))
    })
}

fn word(number: i32) -> String {
    if number == 0 { "no".to_owned() } else { format!("V{number}") }
}
