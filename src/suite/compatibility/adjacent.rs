//! The verdicts on neighbours, for reports: may a cluster go from one release line to the next?

use super::verdict::{VerdictKind, verdict};
use crate::fabric::release::Release;
use crate::harness::report::{PairKind, PairVerdict};

/// Each line with the next one, oldest first.
pub fn adjacent() -> impl Iterator<Item = PairVerdict> {
    Release::lines().zip(Release::lines().skip(1)).map(|(older, newer)| {
        let found = verdict(older, newer);
        let kind = match found.kind {
            VerdictKind::Safe => PairKind::Safe,
            VerdictKind::Limits(_) | VerdictKind::Interrupted(_) => PairKind::Limits,
            VerdictKind::Breaks | VerdictKind::Avoid => PairKind::Breaks,
            VerdictKind::CannotTalk => PairKind::Apart,
        };
        PairVerdict {
            older: older.to_string(),
            newer: newer.to_string(),
            kind,
            words: found.kind.to_string(),
            reasons: found
                .reasons
                .iter()
                .map(|reason| format!("{}: {}", reason.row.what, reason.row.user))
                .collect(),
            repro: format!("skewproof ask {older} {newer}"),
        }
    })
}
