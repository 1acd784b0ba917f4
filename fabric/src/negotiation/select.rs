//! Which protocol version an acceptor selects from a peer's range (02 §1).

use crate::envelope::EnumType;
use crate::release::{NegotiationRule, Release};
use crate::version::{ProtocolVersion, VersionRange};

/// The offer has no version that the acceptor would speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no common protocol version; {reported} was the highest offered")]
pub struct NoCommonVersion {
    /// The raw number that the acceptor complains about: the highest that was offered.
    pub reported: i32,
}

/// The version that `release` selects from a peer's range. The range is used as it is: nothing
/// about it has been checked.
pub fn select(release: Release, offered: VersionRange) -> Result<ProtocolVersion, NoCommonVersion> {
    let number = match release.rule() {
        NegotiationRule::A => select_after_mapping(release, offered),
        NegotiationRule::B => select_numerically(release, offered),
    };
    let no_common_version = NoCommonVersion { reported: offered.max };
    number.and_then(ProtocolVersion::from_number).ok_or(no_common_version)
}

/// Rule A: numbers unknown to the acceptor become 0 first, which turns a future maximum into one
/// below every range, and a future minimum into none at all.
fn select_after_mapping(release: Release, offered: VersionRange) -> Option<i32> {
    let known = |number| EnumType::ProtocolVersion.getter(release, number);
    within(release.range(), VersionRange::new(known(offered.min), known(offered.max)))
}

/// Rule B: numbers are only compared, but the result has to be a known one.
///
/// The rule reports an unknown result rather than the offered maximum. These are the same: the
/// result can only be unknown if it is the offered maximum, since the acceptor knows its own.
fn select_numerically(release: Release, offered: VersionRange) -> Option<i32> {
    within(release.range(), offered).filter(|number| release.row().known_numbers.contains(number))
}

/// The highest number of `own` that is not above `offered`, if it lies in both.
fn within(own: VersionRange, offered: VersionRange) -> Option<i32> {
    let number = own.max.min(offered.max);
    (own.contains(number) && offered.contains(number)).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(release: &str, min: i32, max: i32) -> Option<i32> {
        let selected = select(release.parse().unwrap(), VersionRange::new(min, max));
        if let Err(no_common_version) = selected {
            assert_eq!(no_common_version.reported, max);
        }
        selected.ok().map(ProtocolVersion::number)
    }

    /// The table of 02 §1, 0 standing for a rejection.
    #[test]
    fn selections_of_each_line() {
        let offers = [(1, 1), (1, 2), (2, 2), (2, 3), (2, 4), (0, 0), (3, 1)];
        let table: [(&[&str], [i32; 7]); 5] = [
            (&["1.2", "1.3.0"], [1, 0, 0, 0, 0, 0, 1]),
            (&["1.3", "1.3.1"], [1, 1, 0, 0, 0, 0, 0]),
            (&["1.4", "1.3.3-dev"], [1, 2, 2, 2, 2, 0, 0]),
            (&["1.5"], [0, 2, 2, 2, 2, 0, 0]),
            (&["1.6", "1.7"], [0, 2, 2, 3, 3, 0, 0]),
        ];
        for (releases, row) in table {
            for release in releases {
                for ((min, max), expected) in offers.into_iter().zip(row) {
                    let number = selected(release, min, max).unwrap_or(0);
                    assert_eq!(number, expected, "{release} [{min}:{max}]");
                }
            }
        }
        assert_eq!(selected("1.7.0-rc.3", 2, 4), Some(4));
        assert_eq!(selected("1.7.0-rc.3", 2, 9), Some(4));
    }

    /// The Hellos of 05 §2.
    #[test]
    fn selections_measured_on_real_servers() {
        for (min, max) in [(1, 1), (0, 0), (7, 9), (3, 2), (4, 4)] {
            for release in ["1.5", "1.6", "1.7"] {
                assert_eq!(selected(release, min, max), None);
            }
        }
        for (min, max) in [(1, 2), (2, 2), (0, 2), (-1, 2)] {
            for release in ["1.5", "1.6", "1.7"] {
                assert_eq!(selected(release, min, max), Some(2));
            }
        }
        for (min, max) in [(2, 3), (1, 9), (2, i32::MAX)] {
            assert_eq!(selected("1.5", min, max), Some(2));
            assert_eq!(selected("1.6", min, max), Some(3));
            assert_eq!(selected("1.7", min, max), Some(3));
        }
        for (min, max) in [(3, 3), (3, 9)] {
            assert_eq!(selected("1.5", min, max), None);
            assert_eq!(selected("1.6", min, max), Some(3));
        }
    }

    #[test]
    fn the_offered_minimum_alone_is_never_checked() {
        assert_eq!(selected("1.3", -5, 1), Some(1));
        assert_eq!(selected("1.4", i32::MIN, i32::MAX), Some(2));
        assert_eq!(selected("1.4", 99, 2), None);
        assert_eq!(selected("1.2", 99, 1), Some(1));
        assert_eq!(selected("1.7", 2, i32::MIN), None);
        assert_eq!(selected("1.7", i32::MAX, i32::MIN), None);
    }

    /// Selection by brute force over small ranges: the result, if any, is in both ranges.
    #[test]
    fn a_selected_version_is_spoken_by_the_acceptor() {
        for release in Release::all() {
            for min in -2..7 {
                for max in -2..7 {
                    let offered = VersionRange::new(min, max);
                    let Ok(version) = select(release, offered) else { continue };
                    assert!(release.range().contains(version.number()));
                    let by_rule_b = release.rule() == NegotiationRule::B;
                    assert!(!by_rule_b || offered.contains(version.number()));
                }
            }
        }
    }
}
