//! The matrix: what every node understands of what every other one sends.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::outcome::{Class, Outcome};
use super::peer::Layer;
use crate::boundary::Breach;
use crate::verdict::CaseId;
use crate::version::Version;

/// A node of the matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// What it has a codec for.
    pub layers: Vec<Layer>,
}

/// A message of the matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// Whether it belongs to the envelope.
    pub is_envelope: bool,
    /// The names of its samples.
    pub samples: Vec<String>,
    /// The lane on which each node sends it, by the node's index.
    pub lanes: Vec<&'static str>,
}

/// What a node that dials and the one that it dials come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    /// The lane that was asked for.
    pub lane: &'static str,
    /// The version and the lane that the acceptor takes it for, or why there is no connection.
    pub result: Result<Agreement, Parting>,
}

/// A connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// The version, on both sides.
    pub version: Version,
    /// The lane, as the acceptor sees it.
    pub lane: &'static str,
}

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parting {
    /// It was not asked.
    NotTried,
    /// One side refused politely, in these words.
    Refused(String),
    /// Something happened that must not: a panic, a hang, two versions on one connection.
    Violation(String),
}

impl Parting {
    /// In words.
    pub fn words(&self) -> &str {
        match self {
            Self::NotTried => "not tried",
            Self::Refused(words) | Self::Violation(words) => words,
        }
    }
}

impl From<Breach> for Parting {
    fn from(breach: Breach) -> Self {
        match breach {
            Breach::NotTried(_) => Self::NotTried,
            breach => Self::Violation(breach.to_string()),
        }
    }
}

/// An ordered pair: one node dials another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pair {
    /// The node that dials, by its index.
    pub dialer: usize,
    /// The node that is dialled, by its index.
    pub acceptor: usize,
    /// What comes of it on each of the dialer's lanes, its whole range offered.
    pub handshakes: Vec<Handshake>,
    /// What comes of it with one version offered, for each that both speak.
    pub pinned: Vec<(Version, Result<Agreement, Parting>)>,
    /// The version at which each message is sent, by its index, to the one that is dialled and back; of
    /// those that are sent at the version that is agreed on there is none.
    pub spoken: BTreeMap<usize, [Option<Version>; 2]>,
    /// Who was asked at which version it sends a message, and does not come to say it; and why.
    pub unsaid: Vec<(String, Parting)>,
}

impl Pair {
    /// The version that is agreed on, on the first lane.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn negotiated(&self) -> Result<Version, &Parting> {
        let first = self.handshakes.first().map(|handshake| handshake.result.as_ref());
        first.unwrap_or(Err(&Parting::NotTried)).map(|agreement| agreement.version)
    }

    /// The version at which a message is sent to the one that is dialled, and back.
    pub fn spoken_of(&self, row: usize) -> [Option<Version>; 2] {
        let agreed = self.negotiated().ok();
        self.spoken.get(&row).copied().unwrap_or([agreed; 2])
    }

    /// Everything that went wrong before anything was sent, with the lane or version, or who was asked.
    pub fn violations(&self) -> impl Iterator<Item = (String, &str)> {
        self.partings().filter_map(|(offer, parting)| match parting {
            Parting::Violation(words) => Some((offer, words.as_str())),
            Parting::NotTried | Parting::Refused(_) => None,
        })
    }

    /// Whether nothing of it was left out.
    pub fn is_tried(&self) -> bool {
        !self.partings().any(|(_, parting)| *parting == Parting::NotTried)
    }

    fn partings(&self) -> impl Iterator<Item = (String, &Parting)> {
        let lanes = self.handshakes.iter().map(|h| (h.lane.to_owned(), h.result.as_ref()));
        let pinned = self.pinned.iter().map(|(version, it)| (version.to_string(), it.as_ref()));
        let offers = lanes.chain(pinned).filter_map(|(offer, it)| Some((offer, it.err()?)));
        offers.chain(self.unsaid.iter().map(|(who, parting)| (who.clone(), parting)))
    }
}

/// What one node sends and another receives, at one layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The node that sends, by its index.
    pub sender: usize,
    /// The node that receives, by its index.
    pub receiver: usize,
    /// The version, or the envelope.
    pub layer: Layer,
    /// For every message, by its index, what came of each sample; none where the sender cannot hold
    /// the value. Messages of other layers have no samples here.
    pub cells: Vec<Arc<[Option<Outcome>]>>,
    /// Of cells that are known to weigh otherwise than they look, by message and sample: the index
    /// of what is known.
    pub weighed: BTreeMap<(usize, usize), usize>,
}

/// What is known of a value that a receiver refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weight {
    /// Its name.
    pub id: String,
    /// Whether anybody sends it, in a word.
    pub sent: String,
    /// How bad it is for users, in a word.
    pub severity: String,
    /// Whether it can happen, and so counts for a pair.
    pub counts: bool,
}

/// The result of a run. Everything is by index into `nodes` and `rows`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    /// Who was paired.
    pub nodes: Vec<Node>,
    /// What they sent.
    pub rows: Vec<Row>,
    /// All ordered pairs that were asked for, row by row.
    pub pairs: Vec<Pair>,
    /// What was sent, by sender, receiver and layer.
    pub blocks: Vec<Block>,
    /// What is known of refusals.
    pub weights: Vec<Weight>,
}

/// How many cells came out how, from good to bad.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts([u64; Class::ALL.len()]);

impl Counts {
    /// How many of a class.
    pub fn of(&self, class: Class) -> u64 {
        Class::ALL.iter().zip(self.0).find_map(|(c, n)| (*c == class).then_some(n)).unwrap_or(0)
    }

    /// All cells.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The worst class of which there is any.
    pub fn worst(&self) -> Option<Class> {
        Class::ALL.into_iter().rev().find(|class| self.of(*class) > 0)
    }

    /// Counts one more.
    pub fn add(&mut self, class: Class) {
        if let Some(count) = self.0.get_mut(class as usize) {
            *count += 1;
        }
    }
}

/// A cell with all that names it.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'a> {
    /// The matrix that it is in.
    matrix: &'a Matrix,
    /// Where it is.
    pub block: &'a Block,
    /// The message.
    pub row: &'a Row,
    /// The sample.
    pub sample: &'a str,
    /// What came of it.
    pub outcome: &'a Outcome,
}

impl Cell<'_> {
    /// Its address: `matrix/sender/receiver/layer/message/sample`.
    pub fn address(&self) -> CaseId {
        address(self.sender(), self.receiver(), self.block.layer, self.row.name, self.sample)
    }

    /// The name of the node that sends.
    pub fn sender(&self) -> &str {
        self.matrix.name(self.block.sender)
    }

    /// The name of the node that receives.
    pub fn receiver(&self) -> &str {
        self.matrix.name(self.block.receiver)
    }
}

/// The first segment of the address of a cell.
pub const ROOT: &str = "matrix";

/// The address of a cell.
pub fn address(sender: &str, receiver: &str, layer: Layer, message: &str, sample: &str) -> CaseId {
    CaseId::from_segments([ROOT, sender, receiver, &layer.to_string(), message, sample])
}

impl Matrix {
    /// The name of a node.
    pub fn name(&self, index: usize) -> &str {
        self.nodes.get(index).map_or("?", |node| &node.name)
    }

    /// Every cell of a block.
    pub fn cells_of<'a>(&'a self, block: &'a Block) -> impl Iterator<Item = Cell<'a>> {
        self.placed_cells_of(block).map(|(_, cell)| cell)
    }

    /// The same, with the indices of message and sample.
    pub fn placed_cells_of<'a>(
        &'a self,
        block: &'a Block,
    ) -> impl Iterator<Item = ((usize, usize), Cell<'a>)> {
        (0..).zip(self.rows.iter().zip(&block.cells)).flat_map(move |(index, (row, cells))| {
            let samples = (0..).zip(row.samples.iter().zip(cells.iter()));
            samples.filter_map(move |(at, (sample, outcome))| {
                let outcome = outcome.as_ref()?;
                Some(((index, at), Cell { matrix: self, block, row, sample, outcome }))
            })
        })
    }

    /// The cells of one message in a block, by the index of its row.
    pub fn cells_in_row<'a>(
        &'a self,
        block: &'a Block,
        row: usize,
    ) -> impl Iterator<Item = Cell<'a>> {
        let there = self.rows.get(row).zip(block.cells.get(row)).into_iter();
        there.flat_map(move |(row, cells)| {
            row.samples.iter().zip(cells.iter()).filter_map(move |(sample, outcome)| {
                let outcome = outcome.as_ref()?;
                Some(Cell { matrix: self, block, row, sample, outcome })
            })
        })
    }

    /// Every cell, block by block.
    pub fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        self.blocks.iter().flat_map(|block| self.cells_of(block))
    }

    /// How many of its cells were computed; the others are shared by nodes of one kind.
    pub fn computed(&self) -> usize {
        let cells = self.blocks.iter().flat_map(|block| &block.cells);
        let mut seen = HashSet::new();
        let own = cells.filter(|cells| !cells.is_empty() && seen.insert(cells.as_ptr()));
        own.flat_map(|cells| cells.iter().flatten()).count()
    }

    /// The blocks of what one node sends another, by layer.
    pub fn blocks_between(&self, sender: usize, receiver: usize) -> impl Iterator<Item = &Block> {
        self.blocks.iter().filter(move |b| b.sender == sender && b.receiver == receiver)
    }

    /// How the cells of some blocks came out.
    pub fn counts<'a>(&'a self, blocks: impl IntoIterator<Item = &'a Block>) -> Counts {
        let mut counts = Counts::default();
        for block in blocks {
            for outcome in block.cells.iter().flat_map(|cells| cells.iter()).flatten() {
                counts.add(outcome.class());
            }
        }
        counts
    }

    /// Notes what is known of each value that a receiver refuses.
    pub fn weigh(&mut self, known: impl Fn(&Cell<'_>) -> Option<Weight>) {
        let mut weights: Vec<Weight> = Vec::new();
        let mut weighed = Vec::new();
        for block in &self.blocks {
            let mut of_block = BTreeMap::new();
            for (place, cell) in self.placed_cells_of(block) {
                let is_refused = matches!(cell.outcome.class(), Class::Refused | Class::Panicked);
                let Some(weight) = is_refused.then(|| known(&cell)).flatten() else { continue };
                let index = weights.iter().position(|it| *it == weight).unwrap_or_else(|| {
                    weights.push(weight);
                    weights.len() - 1
                });
                of_block.insert(place, index);
            }
            weighed.push(of_block);
        }
        self.weights = weights;
        for (block, weighed) in self.blocks.iter_mut().zip(weighed) {
            block.weighed = weighed;
        }
    }

    /// What is known of a cell, by the indices of its message and its sample.
    pub fn weight(&self, block: &Block, place: (usize, usize)) -> Option<&Weight> {
        self.weights.get(*block.weighed.get(&place)?)
    }

    /// The worst of a block that can happen, of some messages.
    fn worst_of(&self, block: &Block, is_sent: impl Fn(usize) -> bool) -> Option<Class> {
        let counts = |place| self.weight(block, place).is_none_or(|weight| weight.counts);
        let cells = self.placed_cells_of(block);
        let cells = cells.filter(|(place, _)| is_sent(place.0) && counts(*place));
        cells.map(|(_, cell)| cell.outcome.class()).max()
    }

    /// The worst that can happen to a pair, both ways: of each message at the version that it is sent
    /// at, and, if it is a violation, at any layer and in its handshakes.
    pub fn worst(&self, pair: &Pair) -> Option<Class> {
        let ways = [(pair.dialer, pair.acceptor), (pair.acceptor, pair.dialer)];
        let between = || self.blocks.iter().filter(|b| ways.contains(&(b.sender, b.receiver)));
        let is_violated = self.counts(between()).of(Class::Violation) > 0;
        if is_violated || pair.violations().next().is_some() {
            return Some(Class::Violation);
        }
        let blocks = between().filter_map(|block| {
            let way = (block.sender, block.receiver);
            self.worst_of(block, |row| {
                let mut ways = ways.iter().zip(pair.spoken_of(row));
                ways.any(|(it, spoken)| {
                    *it == way && spoken.map(Layer::Version) == Some(block.layer)
                })
            })
        });
        blocks.max()
    }
}
