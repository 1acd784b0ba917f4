//! What may happen to a cluster beside plain traffic: settings of a node, and what its operator or a
//! client does, each with the records that a leader writes then (08 §3.1, 09 §3, §4).

use super::{Writing, sample, writing};
use crate::fabric::release::Release;

/// Something that nodes can be told in a plan of an upgrade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occasion {
    /// What it is called.
    pub word: &'static str,
    /// What it is.
    pub what: &'static str,
    /// Whether it is a setting, which a node reads when it starts. All else happens at once.
    pub is_setting: bool,
    cases: &'static [&'static str],
}

const fn setting(
    word: &'static str,
    what: &'static str,
    cases: &'static [&'static str],
) -> Occasion {
    Occasion { word, what, is_setting: true, cases }
}

const fn action(
    word: &'static str,
    what: &'static str,
    cases: &'static [&'static str],
) -> Occasion {
    Occasion { word, what, is_setting: false, cases }
}

/// What a subscription brings into the log: nobody consumes events without one.
const SUBSCRIPTION: [&str; 2] = ["proxy", "dedup-producer"];

/// All of them.
#[rustfmt::skip]
pub static OCCASIONS: [Occasion; 20] = [
    action("cancel", "an invocation is cancelled", &["terminate"]),
    action("purge", "an invocation is purged", &["purge"]),
    action("purge-journal", "the journal of an invocation is purged", &["purge-journal"]),
    action("edit-state", "the state of a service is edited", &["patch-state"]),
    action("pause", "an invocation is paused, by hand or after its last attempt", &["effect-paused"]),
    action("resume", "an invocation is resumed", &["resume"]),
    action("restart", "an invocation is restarted as a new one", &["restart"]),
    action("rule", "a rule limits invocations", &["rule-book"]),
    action("subscription", "events of Kafka become invocations", &SUBSCRIPTION),
    action("trace-state", "a client sends a trace state that is no list", &["invoke-trace-state"]),
    setting("retention", "journals are kept, and purged in time", &["purge-journal"]),
    setting("durability", "logs are trimmed by partition, up to 1.5", &["durability"]),
    setting("events", "events are proposed, up to 1.5", &["effect-v2-event", "effect-event"]),
    setting("v6", "service protocol V6, in 1.5", &["effect-pinned-v6"]),
    setting("v7", "service protocol V7", &["effect-pinned-v7", "effect-suspended-v3"]),
    setting("batch-ingestion", "batches with producers, in 1.6", &["dedup-producer"]),
    setting("vqueues", "queues with limits", &["barrier-vqueues", "vq-decisions", "pause", "effect-yield", "vq-waiting", "vq-yield"]),
    setting("skip-completed", "queues without what is completed", &["barrier-skip-completed"]),
    setting("invoker-yield", "invokers give invocations back", &["effect-yield"]),
    setting("unique-seeds", "random seeds that no two invocations share", &["barrier-unique-seeds"]),
];

impl Occasion {
    /// The occasion with this word.
    pub fn named(word: &str) -> Option<&'static Self> {
        OCCASIONS.iter().find(|it| it.word == word)
    }

    /// The samples that a leader of a release writes then.
    pub fn cases(&self, release: Release) -> impl Iterator<Item = &'static str> {
        let rarest = if self.is_setting { Writing::Switch } else { Writing::Action };
        let is_written = move |case: &&str| written(case, release).is_some_and(|it| it <= rarest);
        self.cases.iter().copied().filter(is_written)
    }
}

/// When a release writes a sample; none if it has no form for it.
fn written(case: &str, release: Release) -> Option<Writing> {
    Some(writing(&sample(case)?.written_by(release)?, release))
}

/// The samples that every new leader of a release writes without any occasion: who it is first, then
/// what the others may not pass, then all else.
pub fn plain(release: Release) -> Vec<&'static str> {
    let is_plain = |case: &&str| {
        written(case, release) == Some(Writing::Default) && !SUBSCRIPTION.contains(case)
    };
    let mut cases: Vec<&str> = super::samples().iter().map(|it| it.case).filter(is_plain).collect();
    cases.sort_by_key(|case| match *case {
        "announce" => 0,
        "barrier-default" => 1,
        "schema" => 2,
        _ => 3,
    });
    cases
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn release(name: &str) -> Release {
        name.parse().unwrap()
    }

    #[test]
    fn every_occasion_is_one_for_some_release_and_has_a_word_of_its_own() {
        let words: BTreeSet<&str> = OCCASIONS.iter().map(|it| it.word).collect();
        assert_eq!(words.len(), OCCASIONS.len());
        for occasion in &OCCASIONS {
            let mut written = Release::stable().flat_map(|release| occasion.cases(release));
            assert!(written.next().is_some(), "{}", occasion.word);
        }
    }

    #[test]
    fn a_leader_begins_with_its_name_and_what_others_may_not_pass() {
        assert_eq!(plain(release("1.7"))[..3], ["announce", "barrier-default", "schema"]);
        assert_eq!(plain(release("1.6"))[0], "announce");
        assert!(!plain(release("1.4")).contains(&"purge-journal"));
        assert!(plain(release("1.5")).contains(&"purge-journal"));
    }

    #[test]
    fn what_a_release_has_no_use_for_it_does_not_write() {
        let cases =
            |word, of| Occasion::named(word).unwrap().cases(release(of)).collect::<Vec<_>>();
        assert_eq!(cases("rule", "1.6"), [""; 0]);
        assert_eq!(cases("rule", "1.7"), ["rule-book"]);
        assert_eq!(cases("subscription", "1.6"), ["proxy"]);
        assert_eq!(cases("subscription", "1.7"), ["dedup-producer"]);
        assert_eq!(cases("vqueues", "1.6"), ["vq-waiting", "vq-yield"]);
        assert_eq!(cases("durability", "1.4.2"), [""; 0]);
        assert_eq!(cases("durability", "1.4.3"), ["durability"]);
        assert_eq!(cases("skip-completed", "1.7.4"), [""; 0]);
    }
}
