//! The embedded engine: inputs are changed over and over, and those that go where none has been are
//! kept.
//!
//! It does what its seed says: the same seed, inputs and number of runs make the same corpus and
//! the same findings. It has no clock and no thread; [`session`](super::session) gives it both.

use fastrand::Rng;

use super::causes::{Causes, News};
use super::mutate::{Material, mutate};
use super::run::{Finding, run};
use super::{Features, Target};

/// Changes that one input gets before it is run: two to this, at most.
const CHANGES_LOG_MAX: u32 = 3;

/// Runs from one beginning to the next: after each the seed decides anew, so that a run can be had
/// again without all that were before it.
pub const EPOCH: u64 = 1 << 17;

/// What came of a run.
#[derive(Debug)]
pub enum Step {
    /// Nothing new.
    Known,
    /// It went where no run has been: the input is kept.
    New,
    /// Something that was not found before, or that says more of what was.
    Found(Box<Finding>),
}

/// A target, the inputs so far, and the next one.
pub struct Engine {
    target: Target,
    seed: u64,
    rng: Rng,
    features: Features,
    dictionary: Vec<Vec<u8>>,
    inputs: Vec<Vec<u8>>,
    input: Vec<u8>,
    found: Causes,
}

impl Engine {
    /// An engine without inputs, that has these words and has found these before.
    pub fn new(target: &Target, seed: u64, dictionary: Vec<Vec<u8>>, found: Causes) -> Self {
        Self {
            target: *target,
            seed,
            rng: Rng::with_seed(seed),
            features: Features::new(),
            dictionary,
            inputs: Vec::new(),
            input: Vec::with_capacity(target.len_max),
            found,
        }
    }

    /// Begins the epoch that this run is in.
    pub fn begin(&mut self, run: u64) {
        let epoch = (run / EPOCH).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.rng = Rng::with_seed(self.seed.wrapping_add(epoch));
    }

    /// Makes this the next input: one of those to begin with.
    pub fn load(&mut self, input: &[u8]) {
        self.input.clear();
        self.input.extend_from_slice(input);
    }

    /// Makes a new next input.
    pub fn change(&mut self) {
        self.input.clear();
        let count = self.inputs.len();
        if count > 0 {
            // The later ones lead on more often.
            let index = self.rng.usize(..count).max(self.rng.usize(..count));
            self.input.extend_from_slice(&self.inputs[index]);
        }
        for _ in 0..1 << self.rng.u32(..=CHANGES_LOG_MAX) {
            if self.rng.bool() {
                (self.target.mutate)(&mut self.input, &mut self.rng);
            } else {
                let material = Material { dictionary: &self.dictionary, others: &self.inputs };
                mutate(&mut self.input, &mut self.rng, material);
            }
        }
        self.input.truncate(self.target.len_max);
    }

    /// The next input.
    pub fn input(&self) -> &[u8] {
        &self.input
    }

    /// Runs the next input.
    pub fn run(&mut self) -> Step {
        if let Some(finding) = run(&self.target, &self.input, &mut self.features) {
            // The kept inputs alone make what is known: who loads them knows the same.
            self.features.forget_new();
            return match self.found.take(&finding) {
                News::Nothing => Step::Known,
                News::Cause | News::Of(_) => Step::Found(Box::new(finding)),
            };
        }
        if self.features.take_new() {
            self.inputs.push(self.input.clone());
            Step::New
        } else {
            Step::Known
        }
    }

    /// How many different features the runs went through.
    pub fn features(&self) -> usize {
        self.features.count()
    }
}

#[cfg(test)]
mod tests {
    use super::super::toy;
    use super::*;

    fn runs(seed: u64, count: usize) -> (Vec<Vec<u8>>, Vec<Finding>) {
        let mut engine =
            Engine::new(&toy::BUGGY, seed, (toy::BUGGY.dictionary)(), Causes::default());
        let (mut findings, mut causes) = (Vec::new(), Causes::default());
        for _ in 0..count {
            engine.change();
            if let Step::Found(finding) = engine.run()
                && causes.take(&finding) == News::Cause
            {
                findings.push(*finding);
            }
        }
        (engine.inputs, findings)
    }

    #[test]
    fn planted_bugs_are_found_from_nothing_and_once() {
        let (_, findings) = runs(1, 200_000);
        let mut kinds: Vec<_> = findings.iter().map(|found| found.key.kind.as_str()).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, ["bug", "panic"]);
    }

    #[test]
    fn the_seed_decides_everything() {
        assert_eq!(runs(7, 50_000), runs(7, 50_000));
        assert_ne!(runs(7, 50_000).0, runs(8, 50_000).0);
    }

    #[test]
    fn inputs_stay_as_short_as_the_target_says() {
        let mut engine = Engine::new(&toy::TRIVIAL, 3, Vec::new(), Causes::default());
        for _ in 0..10_000 {
            engine.change();
            assert!(engine.input().len() <= toy::TRIVIAL.len_max);
            engine.run();
        }
    }
}
