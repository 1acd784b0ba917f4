//! What is known of exchanges before they are tried: of what has ended a process, or never ended, it is
//! enough once.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::outcome::{Side, Violation};
use super::peer::Layer;
use crate::boundary::Breach;

/// How often a node may hang, or end a process, as one side: each costs time, and what it does there
/// after the next [count](Fates::count) is skipped. Until then each series has a bound of its own.
pub const FAILURES_MAX: usize = 8;

/// An exchange: who sends, who receives, the layer, the message, the sample.
pub type Spot = (usize, usize, Layer, usize, usize);
/// What is asked before anything is sent: who dials, who is dialled, which of the
/// [questions](super::Skew::questions) of the pair.
pub type Shake = (usize, usize, usize);

/// What is known of an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It comes to no end, by this side.
    Ends(Side, Breach),
    /// It can be made, and what is asked beyond it comes to no end, which is nobody's fault.
    Plain(Breach),
}

/// What is known of all of them.
#[derive(Debug, Default)]
pub struct Fates(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    exchanges: HashMap<Spot, Fate>,
    handshakes: HashMap<Shake, Breach>,
    /// Failures of a node as one side, or beyond what it was to do.
    failures: Failures,
    /// Those of them that count.
    counted: Failures,
}

type Failures = BTreeMap<(usize, Option<Side>), usize>;

impl Fates {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what an exchange comes to, and whose failure that is.
    pub fn note(&self, spot: Spot, fate: Fate) {
        let (sender, receiver, ..) = spot;
        let whose = match &fate {
            Fate::Ends(Side::Sender, _) => (sender, Some(Side::Sender)),
            Fate::Ends(Side::Receiver, _) => (receiver, Some(Side::Receiver)),
            Fate::Plain(_) => (sender, None),
        };
        let mut known = self.known();
        if known.exchanges.insert(spot, fate).is_none() {
            *known.failures.entry(whose).or_default() += 1;
        }
    }

    /// Counts the failures that were noted until now. It is called where nothing of the same run is tried, so
    /// that who is not asked any more does not depend on who was faster; runs at the same time see each other's.
    pub fn count(&self) {
        let known = &mut *self.known();
        known.counted.clone_from(&known.failures);
    }

    /// Notes what a handshake comes to.
    pub fn note_handshake(&self, shake: Shake, breach: Breach) {
        self.known().handshakes.insert(shake, breach);
    }

    /// What an exchange comes to, as far as it is known, or why it is not tried, by the names of both
    /// nodes.
    pub fn of(&self, spot: Spot, names: (&str, &str)) -> Option<Fate> {
        let known = self.known();
        if let Some(fate) = known.exchanges.get(&spot) {
            return Some(fate.clone());
        }
        let failures = |whose| known.counted.get(&whose).copied().unwrap_or_default();
        let spent = |node, side, name: &str| {
            let reason = format!("as the {side}, {name} has failed {FAILURES_MAX} times");
            let is_spent = failures((node, Some(side))) >= FAILURES_MAX;
            is_spent.then_some(Fate::Ends(side, Breach::NotTried(reason)))
        };
        let beyond = || {
            let reason = format!("asked again, {} has failed {FAILURES_MAX} times", names.0);
            let is_spent = failures((spot.0, None)) >= FAILURES_MAX;
            is_spent.then_some(Fate::Plain(Breach::NotTried(reason)))
        };
        spent(spot.0, Side::Sender, names.0)
            .or_else(|| spent(spot.1, Side::Receiver, names.1))
            .or_else(beyond)
    }

    /// What a handshake comes to, if that is known.
    pub fn of_handshake(&self, shake: Shake) -> Option<Breach> {
        self.known().handshakes.get(&shake).cloned()
    }
}

impl Fate {
    /// What comes to no end.
    pub fn breach(self) -> Breach {
        match self {
            Self::Ends(_, breach) | Self::Plain(breach) => breach,
        }
    }

    /// The violation, unless the exchange can be made.
    pub fn violation(self) -> Option<Violation> {
        match self {
            Self::Ends(side, breach) => Some(Violation::Breach(side, breach)),
            Self::Plain(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::version::Version;

    #[test]
    fn failures_count_when_nothing_is_tried() {
        let fates = Fates::default();
        let spot = |sample| (1, 0, Layer::Version(Version::plain(1)), 0, sample);
        let fails = |sample| {
            fates.note(spot(sample), Fate::Ends(Side::Sender, Breach::Died(String::new())));
        };
        (0..FAILURES_MAX).for_each(fails);
        let next = || fates.of(spot(FAILURES_MAX), ("old", "new"));
        assert_eq!(next(), None);
        fates.count();
        assert!(matches!(next(), Some(Fate::Ends(Side::Sender, Breach::NotTried(_)))));
        // Of others nothing is known.
        assert_eq!(fates.of((0, 1, spot(0).2, 0, 0), ("new", "old")), None);
    }
}
