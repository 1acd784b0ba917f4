//! What the fuzz targets of a protocol begin with: bytes of its nodes.

use std::collections::BTreeSet;
use std::env;

use super::node::{At, Protocol};
use super::screen;
use super::spoken::Border;
use super::targets::{DRAWN, drawn};
use crate::boundary::contain;
use crate::fuzz::Seed;
use crate::program;
use crate::skew::fates::Spot;
use crate::skew::{Layer, Peer};
use crate::version::Version;

/// Words of the dictionary at most.
const WORDS_MAX: usize = 2000;
/// Bytes that a value of the seeds is drawn from, and how far apart they are: numbers of all sizes.
const DRAWN_LEN: u8 = 96;
const DRAWN_STEP: u8 = 37;

/// The first value of each message, as each node writes it at its newest version.
pub(super) fn seeds<P: Protocol>() -> Vec<Seed> {
    let border = P::border();
    border.seeds.get_or_init(|| border.made_seeds()).clone()
}

/// Names and texts in the bytes of the values.
pub(super) fn dictionary<P: Protocol>() -> Vec<Vec<u8>> {
    let mut words = BTreeSet::new();
    for seed in seeds::<P>() {
        let texts = seed.bytes.split(|byte| !byte.is_ascii_alphanumeric());
        words.extend(texts.filter(|text| text.len() > 2).map(<[u8]>::to_vec));
    }
    words.into_iter().take(WORDS_MAX).collect()
}

/// A message that a node has, by their indices, at its newest version.
#[derive(Clone, Copy)]
struct Newest {
    node: usize,
    message: usize,
    /// The index of the version.
    index: usize,
    version: i32,
}

impl Newest {
    /// The head of an input: the node, itself with what is to be noted there, the message, the version.
    fn head(self, noted: u8) -> Option<Vec<u8>> {
        let Self { node, message, index, .. } = self;
        let head = [node, node | usize::from(noted), message, index];
        head.map(|it| u8::try_from(it).ok()).into_iter().collect()
    }
}

impl<P: Protocol> Border<P> {
    /// Makes the seeds. Where workers can be had each value is tried in one before: what ends it, or hangs, is
    /// told by the matrix, and the next value of the message is the seed.
    fn made_seeds(&self) -> Vec<Seed> {
        let newest = self.newest();
        if program::target(screen::TARGET).is_some()
            && let Ok(program) = env::current_exe()
        {
            let spots = newest.iter().flat_map(|it| self.samples_of(*it)).collect();
            // Where no process can be had nothing is fuzzed either.
            let _ = self.screen_senders(&program, spots);
        }
        let drawn = |it: &Newest| self.drawn_seed(*it);
        let drawn: Vec<Seed> = newest.iter().filter_map(drawn).collect();
        newest.into_iter().filter_map(|it| self.seed(it)).chain(drawn).collect()
    }

    fn newest(&self) -> Vec<Newest> {
        let mut all = Vec::new();
        for (node, peer) in self.nodes().into_iter().enumerate() {
            for (message, topic) in self.messages().iter().enumerate() {
                let mut versions = peer.versions(topic.name).into_iter().enumerate();
                all.extend(versions.next_back().map(|(index, version)| Newest {
                    node,
                    message,
                    index,
                    version,
                }));
            }
        }
        all
    }

    fn samples_of(&self, it: Newest) -> impl Iterator<Item = Spot> + use<P> {
        let count = self.messages().get(it.message).map_or(0, |topic| topic.samples.len());
        let layer = Layer::Version(Version::plain(it.version));
        (0..count).map(move |sample| (it.node, it.node, layer, it.message, sample))
    }

    /// The first value that the node writes.
    fn seed(&self, it: Newest) -> Option<Seed> {
        let (peer, topic) = (self.skew().peers().nth(it.node)?, self.messages().get(it.message)?);
        let at = At { message: topic.name, version: it.version };
        let names = (peer.name(), peer.name());
        let is_open = |spot: &Spot| self.skew().fates().of(*spot, names).is_none();
        let mut written = self.samples_of(it).filter(is_open).filter_map(|(.., sample)| {
            let (sample, value) = topic.samples.get(sample)?;
            // What panics is told by the matrix.
            let written = contain(|| {
                let held = peer.node().hold(at, &value.value)?;
                peer.node().encode(at, &held).ok()
            });
            Some((sample, written.ok()??))
        });
        let (sample, written) = written.next()?;
        let name = format!("{}-{sample}", topic.name.to_lowercase());
        Some(Seed { name, bytes: it.head(0)?.into_iter().chain(written).collect() })
    }

    /// Bytes that a value of the message is drawn from, if the protocol draws any.
    fn drawn_seed(&self, it: Newest) -> Option<Seed> {
        let topic = self.messages().get(it.message)?;
        let bytes: Vec<u8> = (0..DRAWN_LEN).map(|at| at.wrapping_mul(DRAWN_STEP)).collect();
        drawn(self, topic.name, &bytes)?;
        let name = format!("{}-drawn", topic.name.to_lowercase());
        Some(Seed { name, bytes: it.head(DRAWN)?.into_iter().chain(bytes).collect() })
    }
}
