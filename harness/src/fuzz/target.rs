//! What is fuzzed: a body for any bytes, and what helps an engine to find good ones.

use fastrand::Rng;

/// Who showed something: of what it is one, as `message`, and which.
pub type Shower = (&'static str, String);

/// Something that does not hold, as a body sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Objection {
    /// The rule that is broken, in a word or two that can name a file: `reencodes-otherwise`.
    pub kind: &'static str,
    /// Where the cause is: a field, or words. Nothing of the input, and nothing of who showed it: the
    /// same bug shows in many of those.
    pub place: String,
    /// Who showed it: a message, a release, a version.
    pub shown_by: Vec<Shower>,
    /// What should have come, and what came; may be long.
    pub words: Box<Words>,
}

/// What should have come of a run and what came, for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// What should have come, or was sent.
    pub expected: String,
    /// What came.
    pub seen: String,
    /// The bytes that it came of, with the field marked; empty if the input is all there is to see.
    pub bytes: String,
}

/// What a run went through. Inputs that go where none has been are worth keeping.
#[derive(Debug)]
pub struct Features {
    seen: Box<[u8]>,
    /// The slots that are new since somebody asked.
    new: Vec<usize>,
    count: usize,
}

impl Features {
    /// Slots for features, which are hashed into them.
    const SLOTS: usize = 1 << 16;

    /// Nothing seen yet.
    pub fn new() -> Self {
        Self { seen: vec![0; Self::SLOTS].into(), new: Vec::new(), count: 0 }
    }

    /// Notes nothing: for an engine that looks at the code instead.
    pub fn unwanted() -> Self {
        Self { seen: Box::default(), new: Vec::new(), count: 0 }
    }

    /// Notes that the run came by a place: any number that means something to the body.
    #[inline]
    pub fn note(&mut self, feature: u64) {
        // The upper bits of a product depend on all bits of its factors.
        let hash = feature.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48;
        if let Ok(slot) = usize::try_from(hash)
            && let Some(seen) = self.seen.get_mut(slot)
            && *seen == 0
        {
            *seen = 1;
            self.new.push(slot);
            self.count += 1;
        }
    }

    /// Whether anything new was noted since it was asked last.
    pub fn take_new(&mut self) -> bool {
        let is_new = !self.new.is_empty();
        self.new.clear();
        is_new
    }

    /// Forgets what was noted since it was asked last.
    pub fn forget_new(&mut self) {
        self.count -= self.new.len();
        for slot in self.new.drain(..) {
            self.seen[slot] = 0;
        }
    }

    /// How many different features there were.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The slots of the features that there were.
    pub fn slots(&self) -> Vec<u16> {
        const CHUNK: usize = 64;
        // Nearly all of it is empty: whole chunks of that are passed over.
        let chunks = self.seen.chunks(CHUNK).enumerate().filter(|(_, it)| **it != [0; CHUNK]);
        let slots = chunks.flat_map(|(index, chunk)| {
            let seen = chunk.iter().enumerate().filter(|(_, seen)| **seen != 0);
            seen.map(move |(at, _)| index * CHUNK + at)
        });
        slots.filter_map(|slot| u16::try_from(slot).ok()).collect()
    }
}

impl Default for Features {
    fn default() -> Self {
        Self::new()
    }
}

/// A number for some numbers. Not a digest: it only spreads.
#[inline]
pub fn mix<const N: usize>(parts: [u64; N]) -> u64 {
    parts.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, part| {
        (hash ^ part).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23)
    })
}

/// A number for a name.
#[inline]
pub fn mix_name(text: &str) -> u64 {
    text.bytes().fold(7, |hash, byte| mix([hash, u64::from(byte)]))
}

/// An input to begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seed {
    /// What it is, in words that can name a file: `gossip-typical`.
    pub name: String,
    /// The input.
    pub bytes: Vec<u8>,
}

/// One fuzz target.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name: of the binary, of the folder in the corpus, on the command line.
    pub name: &'static str,
    /// What it does with the input, in a sentence.
    pub about: &'static str,
    /// Takes any bytes. Panics, hangs and memory are the engine's business.
    ///
    /// # Errors
    ///
    /// What does not hold.
    pub body: fn(&[u8], &mut Features) -> Result<(), Objection>,
    /// Changes an input where it hurts: inside what is nested, with the lengths made right again.
    pub mutate: fn(&mut Vec<u8>, &mut Rng),
    /// Inputs to begin with.
    pub seeds: fn() -> Vec<Seed>,
    /// Words that occur in inputs.
    pub dictionary: fn() -> Vec<Vec<u8>>,
    /// The longest input that is worth a try, in bytes.
    pub len_max: usize,
    /// The input of a target of this name as a test to paste, and what it is.
    pub describe: fn(&str, &[u8]) -> String,
}
