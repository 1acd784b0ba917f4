//! Which part of the matrix somebody asks for, by names.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::peer::Node;
use super::story::LAYERS;
use super::{Spoken, allowed, nodes, topics};
use crate::fabric::release::Release;
use crate::harness::boundary::Limits;
use crate::harness::skew::matrix::{Cell, Weight};
use crate::harness::skew::peer::Peer;
use crate::harness::skew::{LIMITS, Layer, Layers, Matrix, Selection, Skew, Topic};
use crate::suite::arbitrary;
use crate::suite::compatibility;
use crate::suite::speaker::{SpeakError, message_named, release_named};
use crate::suite::testee::Behind;

/// A question, by names; what is left out is everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question<'a> {
    /// The node that dials: a release, or a release with a planted bug, as `1.4+M24`.
    pub from: Option<&'a str>,
    /// The node that is dialled.
    pub to: Option<&'a str>,
    /// The message.
    pub message: Option<&'a str>,
    /// The version, or the envelope.
    pub layers: Option<Layers>,
    /// Arbitrary values of each message, beside the samples: their seeds.
    pub seeds: Range<u64>,
    /// Whether releases are repaired, instead of as they were released.
    pub is_repaired: bool,
}

/// What the table of what releases send each other says of a payload that is refused.
fn weight(cell: &Cell<'_>) -> Option<Weight> {
    if !matches!(cell.block.layer, Layer::Version(_)) {
        return None;
    }
    let (sender, receiver) = (cell.sender().parse().ok()?, cell.receiver().parse().ok()?);
    let words = cell.outcome.to_string();
    let row = compatibility::of_refusal(cell.row.name, &words, sender, receiver)?;
    Some(Weight {
        id: row.id.clone(),
        sent: row.sent.word().to_owned(),
        severity: row.severity.to_string(),
        counts: row.is_sent(),
    })
}

/// What an exchange with a testee may take: each of its questions has a limit of its own.
pub(super) const BEHIND_A_PIPE: Limits = Limits { time: Duration::from_secs(600), ..LIMITS };

/// A question that can be answered.
pub struct Plan {
    skew: Skew<Node>,
    selection: Selection,
    is_whole: bool,
    testees: Vec<Arc<Behind>>,
}

impl Plan {
    /// The whole matrix.
    pub fn everything() -> Self {
        let skew = Skew::new(nodes(), topics(), allowed());
        Self { skew, selection: Selection::default(), is_whole: true, testees: Vec::new() }
    }

    /// Looks the names up.
    ///
    /// # Errors
    ///
    /// If there is no such release, bug or message.
    pub fn new(question: &Question<'_>) -> Result<Self, SpeakError> {
        Self::with_testees(question, Vec::new())
    }

    /// The same with testees beside the releases: of all pairs only those in which one of them is, if
    /// there are any.
    ///
    /// # Errors
    ///
    /// If there is no such release, bug or message, or a testee has the name of a release.
    pub fn with_testees(
        question: &Question<'_>,
        testees: Vec<Arc<Behind>>,
    ) -> Result<Self, SpeakError> {
        let mut nodes = nodes();
        let mut among = Vec::new();
        for testee in &testees {
            let node = Node::testee(Arc::clone(testee));
            let is_release = node.name().parse::<Release>().is_ok() || node.name() == "all";
            if is_release || nodes.iter().any(|other| other.name() == node.name()) {
                return Err(SpeakError::Misasked {
                    problem: format!("{:?} is the name of something else", node.name()),
                    hint: "give the testee another name, as `--testee tree=…`".to_owned(),
                });
            }
            among.push(nodes.len());
            nodes.push(node);
        }
        let dialer = question.from.map(|name| place_of(name, &mut nodes)).transpose()?;
        let acceptor = question.to.map(|name| place_of(name, &mut nodes)).transpose()?;
        let mut topics = match question.message {
            None => topics(),
            Some(name) => topics_named(name)?,
        };
        for topic in &mut topics {
            add_arbitrary(topic, question.seeds.clone());
        }
        if question.is_repaired {
            nodes = nodes.into_iter().map(Node::repaired).collect();
        }
        let layers = question.layers;
        let selection = Selection { dialer, acceptor, layers, among, message: None };
        if let Some(Layers::One(layer)) = question.layers
            && !nodes.iter().any(|node| node.layers().contains(&layer.spoken()))
        {
            return Err(SpeakError::Misasked {
                problem: format!("no release has a codec for {layer}"),
                hint: LAYERS.to_owned(),
            });
        }
        let is_whole = *question == Question::default() && testees.is_empty();
        let mut skew = Skew::new(nodes, topics, allowed());
        if !testees.is_empty() {
            skew = skew.within(BEHIND_A_PIPE);
        }
        Ok(Self { skew, selection, is_whole, testees })
    }

    /// The same, with every cell computed by itself.
    #[must_use]
    pub fn without_sharing(self) -> Self {
        Self { skew: self.skew.without_sharing(), ..self }
    }

    /// The testees among the nodes.
    pub fn testees(&self) -> &[Arc<Behind>] {
        &self.testees
    }

    /// The nodes and what they say.
    pub fn skew(&self) -> &Skew<Node> {
        &self.skew
    }

    /// Which part is asked for.
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Whether everything is asked for.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Whether one pair is asked for, and not a table of them.
    pub fn is_one_pair(&self) -> bool {
        self.selection.dialer.is_some() && self.selection.acceptor.is_some()
    }

    /// Makes the matrix.
    pub fn run(&self, advance: &(dyn Fn() + Sync)) -> Matrix {
        if self.selection.dialer.is_none() && self.selection.acceptor.is_none() {
            let is_asked = |word: &str| self.skew.topics().iter().any(|topic| topic.name == word);
            self.testees.iter().for_each(|testee| testee.foresee_samples(is_asked));
        }
        let mut matrix = self.skew.run(&self.selection, advance);
        matrix.weigh(weight);
        matrix
    }
}

/// Adds arbitrary values to the samples of a message.
fn add_arbitrary(topic: &mut Topic<Spoken>, seeds: Range<u64>) {
    let values = seeds.filter_map(|seed| {
        Some((format!("{ARBITRARY}{seed}"), arbitrary_value(topic.name, seed)?))
    });
    let values: Vec<_> = values.collect();
    topic.samples.extend(values);
}

/// How the names of arbitrary values begin; the seed follows.
pub const ARBITRARY: &str = "arbitrary-";

/// The value that a seed gives; none of the envelope.
pub fn arbitrary_value(message: &str, seed: u64) -> Option<Spoken> {
    arbitrary::from_seed(message.parse().ok()?, seed).map(Spoken::Payload)
}

/// The index of a node; one with a bug, or of another patch release, is added.
fn place_of(name: &str, nodes: &mut Vec<Node>) -> Result<usize, SpeakError> {
    if let Some(known) = nodes.iter().position(|other| other.name() == name) {
        return Ok(known);
    }
    let node = node_named(name)?;
    let known = nodes.iter().position(|other| other.name() == node.name());
    Ok(known.unwrap_or_else(|| {
        nodes.push(node);
        nodes.len() - 1
    }))
}

/// The node with a name.
///
/// # Errors
///
/// If there is no such release or bug.
pub fn node_named(name: &str) -> Result<Node, SpeakError> {
    release_named(name.split('+').next().unwrap_or(name))?;
    Node::named(name).ok_or_else(|| SpeakError::Misasked {
        problem: format!("unknown bug in {name:?}"),
        hint: "a bug goes by its number, as `1.4+M24`; `skewproof list bugs` has them".to_owned(),
    })
}

/// The message with a name: a payload, or a part of the envelope.
fn topics_named(name: &str) -> Result<Vec<Topic<Spoken>>, SpeakError> {
    let mut topics = topics();
    if !topics.iter().any(|topic| topic.name == name) {
        // Says what is wrong, and what it might be.
        let message = message_named(name)?.row().word();
        topics.retain(|topic| topic.name == message);
        return Ok(topics);
    }
    topics.retain(|topic| topic.name == name);
    Ok(topics)
}
