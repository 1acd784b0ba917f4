//! Wrong ways to select a version (02 §1).

use crate::fabric::negotiation::{self, NoCommonVersion};
use crate::fabric::release::{NegotiationRule, Release};
use crate::fabric::version::{ProtocolVersion, VersionRange};

type Selection = Result<ProtocolVersion, NoCommonVersion>;

fn version(number: i32, offered: VersionRange) -> Selection {
    let no_common_version = NoCommonVersion { reported: offered.max };
    ProtocolVersion::from_number(number).ok_or(no_common_version)
}

/// The offer as a rule sees it: by rule A, numbers that the acceptor does not know are 0.
fn seen(acceptor: Release, offered: VersionRange, rule: NegotiationRule) -> VersionRange {
    let is_known = |number| acceptor.row().known_numbers.contains(&number);
    let seen = |number| if rule == NegotiationRule::B || is_known(number) { number } else { 0 };
    VersionRange::new(seen(offered.min), seen(offered.max))
}

/// The highest number that is not above either range, if `is_fine` finds nothing wrong with it.
fn highest(
    acceptor: Release,
    offered: VersionRange,
    rule: NegotiationRule,
    is_fine: impl FnOnce(i32, VersionRange) -> bool,
) -> Selection {
    let seen = seen(acceptor, offered, rule);
    let number = acceptor.range().max.min(seen.max);
    if is_fine(number, seen) {
        version(number, offered)
    } else {
        Err(NoCommonVersion { reported: offered.max })
    }
}

/// Rule A, in every release.
pub fn unknown_becomes_zero(acceptor: Release, offered: VersionRange) -> Selection {
    highest(acceptor, offered, NegotiationRule::A, |number, seen| {
        acceptor.range().contains(number) && seen.contains(number)
    })
}

/// The lower end of the acceptor's own range is not looked at.
pub fn below_own_range(acceptor: Release, offered: VersionRange) -> Selection {
    highest(acceptor, offered, acceptor.rule(), |number, seen| seen.contains(number))
}

/// The lower end of the offered range is not looked at.
pub fn below_offered_range(acceptor: Release, offered: VersionRange) -> Selection {
    highest(acceptor, offered, acceptor.rule(), |number, _| {
        acceptor.row().known_numbers.contains(&number) && acceptor.range().contains(number)
    })
}

/// The lowest version of both instead of the highest.
pub fn lowest(acceptor: Release, offered: VersionRange) -> Selection {
    let highest = negotiation::select(acceptor, offered)?;
    let lowest = acceptor.range().min.max(offered.min);
    version(lowest.min(highest.number()), offered)
}

/// An offer that ends at 0 gets the lowest version that the acceptor speaks.
pub fn zero_is_a_version(acceptor: Release, offered: VersionRange) -> Selection {
    match offered.max {
        0 => version(acceptor.range().min, offered),
        _ => negotiation::select(acceptor, offered),
    }
}
