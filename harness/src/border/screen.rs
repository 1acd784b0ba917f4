//! Which cases of a protocol end a process, or never end: each is tried in a worker, by the fuzz target
//! [`TARGET`], whose inputs are cases.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use bytes::Bytes;
use rayon::prelude::*;

use super::explain::{Candidate, read as read_by};
use super::golden::said;
use super::node::{At, Protocol};
use super::spoken::Border;
use crate::boundary::Breach;
use crate::fuzz::run::Finding;
use crate::fuzz::session::{Budget, Event, Place as Where, Session};
use crate::fuzz::{Features, Objection, Target};
use crate::skew::fates::{FAILURES_MAX, Fate, Spot};
use crate::skew::outcome::Side;
use crate::skew::{Exchange, LIMITS, Layer, Peer, Place, Selection, Watch};
use crate::system;
use crate::version::Version;

/// The name of the target.
pub const TARGET: &str = "cases";
/// A case is some numbers, each of so many bytes.
const NUMBER: usize = size_of::<i32>();
/// How many they are, and the bytes that they take.
const NUMBERS: usize = 6;
const HEAD_LEN: usize = NUMBERS * NUMBER;

/// How far a case is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// All that is done with it anywhere.
    Whole,
    /// The exchange alone.
    Exchange,
    /// What the sender does of it.
    Sender,
    /// What is asked before anything is sent.
    Question,
    /// What the sender reads of bytes behind the numbers.
    Reading,
}

impl Depth {
    const ALL: [Self; 5] =
        [Self::Whole, Self::Exchange, Self::Sender, Self::Question, Self::Reading];
}

/// The target, of which nobody but [`Border::screen`] knows.
pub fn target<P: Protocol>() -> Target {
    Target {
        name: TARGET,
        about: "a case of the matrix comes to an end",
        body: tried::<P>,
        mutate: |_, _| {},
        seeds: Vec::new,
        dictionary: Vec::new,
        len_max: 0,
        describe: |_, _| String::new(),
    }
}

impl<P: Protocol> Border<P> {
    /// Tries every case in processes of this program, which serves them by
    /// [`guarded`](super::guarded) or [`command::main`](crate::command::main). What ends one, or hangs, is
    /// from then on known of this border, and not tried where it would do harm.
    ///
    /// # Errors
    ///
    /// If no process can be had.
    pub fn screen(&self, program: &Path) -> io::Result<()> {
        let count = self.nodes().len();
        let pairs: Vec<(usize, usize)> =
            (0..count).flat_map(|one| (0..count).map(move |other| (one, other))).collect();
        pairs.par_iter().try_for_each(|pair| self.screen_questions(program, *pair))?;
        let mut left: Vec<Vec<Spot>> = pairs.iter().map(|pair| self.spots(*pair)).collect();
        // Of every pair the next one in each round: failures count between two of them, and whoever has failed
        // too often is the same whichever worker is faster.
        while !left.is_empty() {
            let next = |spots| self.screen_next(program, Depth::Whole, spots);
            let round = left.into_par_iter().map(next);
            left = round.collect::<io::Result<_>>()?;
            left.retain(|spots| !spots.is_empty());
            self.skew().fates().count();
        }
        Ok(())
    }

    /// Tries what nodes write of values, in processes of this program. What ends one, or hangs, is from then
    /// on known of this border.
    ///
    /// # Errors
    ///
    /// If no process can be had.
    pub fn screen_senders(&self, program: &Path, mut spots: Vec<Spot>) -> io::Result<()> {
        while !spots.is_empty() {
            spots = self.screen_next(program, Depth::Sender, spots)?;
            self.skew().fates().count();
        }
        Ok(())
    }

    /// Which readings of bytes end a process of this program, or hang, by their indices.
    ///
    /// # Errors
    ///
    /// If no process can be had.
    pub(super) fn lost_readings(
        &self,
        program: &Path,
        readings: &[(Candidate, Bytes)],
    ) -> io::Result<BTreeMap<usize, Breach>> {
        let input = |(_, ((node, topic, version), bytes)): &(usize, &(Candidate, Bytes))| {
            let layer = Layer::Version(Version::plain(*version));
            let head = written(Depth::Reading, (*node, *node, layer, *topic, 0));
            head.into_iter().chain(bytes.iter().copied()).collect()
        };
        let mut left: Vec<(usize, &(Candidate, Bytes))> = readings.iter().enumerate().collect();
        let (mut lost, mut failures) = (BTreeMap::new(), BTreeMap::<usize, usize>::new());
        while let Some((at, breach)) = first_lost::<P>(program, left.iter().map(input).collect())? {
            let mut behind = left.split_off(at + 1);
            if let Some((index, ((node, ..), _))) = left.pop() {
                lost.insert(index, breach);
                let failures = failures.entry(*node).or_default();
                *failures += 1;
                if *failures == FAILURES_MAX {
                    // Each costs a process.
                    let words = format!("{FAILURES_MAX} readings before it had no end");
                    let spent = behind.extract_if(.., |(_, ((it, ..), _))| it == node);
                    lost.extend(spent.map(|(at, _)| (at, Breach::NotTried(words.clone()))));
                }
            }
            left = behind;
        }
        Ok(lost)
    }

    /// All that one node sends another.
    fn spots(&self, (from, to): (usize, usize)) -> Vec<Spot> {
        let skew = self.skew();
        let pair = Selection { dialer: Some(from), acceptor: Some(to), ..Selection::default() };
        let places = skew.all_places(&pair);
        let of_pair = places.into_iter().filter(|place| (place.0, place.1) == (from, to));
        let spot = |place: Place, (topic, sample)| (place.0, place.1, place.2, topic, sample);
        let spots = of_pair
            .flat_map(|place| skew.calls(place).into_iter().map(move |call| spot(place, call)));
        spots.collect()
    }

    /// Notes what the first of these cases comes to that comes to no end at this depth, and gives those behind
    /// it.
    fn screen_next(
        &self,
        program: &Path,
        depth: Depth,
        mut spots: Vec<Spot>,
    ) -> io::Result<Vec<Spot>> {
        let fates = self.skew().fates();
        let name = |node: usize| self.skew().peers().nth(node).map_or("", |peer| peer.name());
        spots.retain(|spot| fates.of(*spot, (name(spot.0), name(spot.1))).is_none());
        let inputs = spots.iter().map(|spot| written(depth, *spot));
        let Some((at, breach)) = first_lost::<P>(program, inputs.collect())? else {
            return Ok(Vec::new());
        };
        let left = spots.split_off(at + 1);
        if let Some(spot) = spots.pop() {
            let fate = match depth {
                Depth::Sender => Fate::Ends(Side::Sender, breach),
                _ => blamed::<P>(program, spot, breach)?,
            };
            fates.note(spot, fate);
        }
        Ok(left)
    }

    /// Notes which handshakes of a pair come to no end, and which other questions.
    fn screen_questions(&self, program: &Path, (from, to): (usize, usize)) -> io::Result<()> {
        let (questions, fates) = (self.skew().questions(from, to), self.skew().fates());
        let input = |index| written(Depth::Question, (from, to, Layer::Envelope, index, 0));
        let lost = |range: Range<usize>| first_lost::<P>(program, range.map(input).collect());
        let (mut next, mut failures) = (0, 0);
        while let Some((at, breach)) = lost(next..questions.handshakes())? {
            fates.note_handshake((from, to, next + at), breach);
            next += at + 1;
        }
        if fates.of_handshake((from, to, 0)).is_some() {
            // No version is agreed on, and nothing more is asked.
            return Ok(());
        }
        next = questions.handshakes();
        while failures < FAILURES_MAX
            && let Some((at, breach)) = lost(next..questions.count())?
        {
            fates.note_handshake((from, to, next + at), breach);
            next += at + 1;
            failures += 1;
        }
        if failures == FAILURES_MAX {
            let spent = Breach::NotTried(format!("{FAILURES_MAX} questions before it had no end"));
            for index in next..questions.count() {
                fates.note_handshake((from, to, index), spent.clone());
            }
        }
        Ok(())
    }
}

/// Whose a case is that comes to no end.
fn blamed<P: Protocol>(program: &Path, spot: Spot, breach: Breach) -> io::Result<Fate> {
    let ends = |depth| first_lost::<P>(program, vec![written(depth, spot)]);
    let Some((_, of_exchange)) = ends(Depth::Exchange)? else { return Ok(Fate::Plain(breach)) };
    Ok(match ends(Depth::Sender)? {
        Some((_, of_sender)) => Fate::Ends(Side::Sender, of_sender),
        None => Fate::Ends(Side::Receiver, of_exchange),
    })
}

/// The first of some cases that ends a process or hangs, and how.
fn first_lost<P: Protocol>(
    program: &Path,
    inputs: Vec<Vec<u8>>,
) -> io::Result<Option<(usize, Breach)>> {
    if inputs.is_empty() {
        return Ok(None);
    }
    let stop = AtomicBool::new(false);
    let (place, budget) = (Where::Process(program), Budget::Runs(0));
    let session = Session { target: &target::<P>(), place, seed: 0, budget, stop: &stop };
    let run = session.run(inputs.clone(), |event| match event {
        Event::Found(finding) | Event::Also(finding) | Event::LostAgain(finding)
            if finding.is_costly() =>
        {
            Err(Stop::Lost(finding))
        }
        _ => Ok(()),
    });
    let finding = match run {
        Ok(_) => return Ok(None),
        Err(Stop::Failed(error)) => return Err(error),
        Err(Stop::Lost(finding)) => finding,
    };
    let at = inputs.iter().position(|input| *input == finding.input);
    let at = at.ok_or_else(|| io::Error::other(finding.words.seen.clone()))?;
    Ok(Some((at, breach(&finding))))
}

/// Why a session ends early.
enum Stop {
    Lost(Box<Finding>),
    Failed(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

fn breach(finding: &Finding) -> Breach {
    if finding.is_hang() {
        return Breach::Hung(LIMITS.time);
    }
    // Whether the system has written the memory down is nothing of the case.
    let seen = finding.words.seen.replace(" (core dumped)", "");
    let lines = seen.lines().map(str::trim).filter(|line| !line.is_empty());
    let words = lines.collect::<Vec<_>>().join("; ");
    Breach::Died(words.trim_end_matches(':').to_owned())
}

fn written(depth: Depth, (from, to, layer, topic, sample): Spot) -> Vec<u8> {
    let version = match layer {
        Layer::Version(version) | Layer::Rewritten(version) => version.number(),
        Layer::Envelope => 0,
    };
    let numbers = [depth as usize, from, to, topic, sample];
    let numbers = numbers.map(|it| i32::try_from(it).unwrap_or(i32::MAX));
    [version].into_iter().chain(numbers).flat_map(i32::to_le_bytes).collect()
}

fn read(input: &[u8]) -> Option<(Depth, Spot)> {
    let (numbers, _) = input.as_chunks::<NUMBER>();
    let [version, rest @ ..] = numbers.first_chunk::<NUMBERS>()?.map(i32::from_le_bytes);
    let [depth, from, to, topic, sample] = rest.map(|it| usize::try_from(it).unwrap_or(usize::MAX));
    let depth = Depth::ALL.into_iter().find(|it| *it as usize == depth)?;
    Some((depth, (from, to, Layer::Version(Version::plain(version)), topic, sample)))
}

/// What it comes to is for the matrix to say: here it comes to an end.
fn tried<P: Protocol>(input: &[u8], _: &mut Features) -> Result<(), Objection> {
    system::bound_memory();
    if let Some((depth, spot)) = read(input) {
        let bytes = input.get(HEAD_LEN..).unwrap_or_default();
        let _ = try_case(P::border(), depth, spot, bytes);
    }
    Ok(())
}

fn try_case<P: Protocol>(border: &Border<P>, depth: Depth, spot: Spot, bytes: &[u8]) -> Option<()> {
    let (from, to, layer, topic, sample) = spot;
    let skew = border.skew();
    if depth == Depth::Question {
        return skew.question(from, to, topic);
    }
    let peer = |index: usize| skew.peers().nth(index);
    let (sender, receiver) = (peer(from)?, peer(to)?);
    let topic = skew.topics().get(topic)?;
    if depth == Depth::Reading {
        let Layer::Version(version) = layer else { return None };
        let at = At { message: topic.name, version: version.number() };
        let _ = read_by(sender, at, &Bytes::copy_from_slice(bytes));
        return Some(());
    }
    let (_, value) = topic.samples.get(sample)?;
    if depth == Depth::Sender {
        let held = sender.hold(layer, value)?;
        let _ = (sender.encode(layer, &held), sender.is_carried(layer, &held));
        return Some(());
    }
    let allowances = border.protocol.losses();
    let exchange = Exchange { sender, receiver, layer, allowances, memory: LIMITS.memory };
    let watch = if depth == Depth::Whole { Watch::default() } else { Watch::plain() };
    exchange.run(topic.name, value, &watch)?;
    if depth == Depth::Whole && from == to {
        let Layer::Version(version) = layer else { return None };
        let (node, at) = (sender.node(), At { message: topic.name, version: version.number() });
        said(node, at, &node.hold(at, &value.value)?);
    }
    Some(())
}
