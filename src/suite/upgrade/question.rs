//! What a user asks for, by names, and what is simulated for it.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use thiserror::Error;

use super::machine::Machine;
use super::{Cluster, path};
use crate::fabric::release::Release;
use crate::harness::upgrade::orders::Lattice;
use crate::harness::upgrade::plan::{Draft, Order, ParseError, Plan, Trouble};
use crate::suite::log_records::{OCCASIONS, Occasion};
use crate::suite::planted::Site;
use crate::suite::session::WithQuirks;
use crate::suite::speaker::{SpeakError, release_named};
use crate::suite::subject::Subject;
use crate::suite::testee::Behind;
use crate::suite::{planted, repro, session};

/// Most nodes of a cluster: each has a digit in the version of the nodes configuration.
const NODES_MAX: usize = 5;
/// Most orders that are walked: a few minutes on two cores, or a quarter of an hour where no two of them
/// can be taken for one.
const ORDERS_MAX: u64 = 1_000_000;
/// The word for all of a list.
const ALL: &str = "all";

/// A question in words.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The release to begin with.
    pub from: Option<&'a str>,
    /// The release to end with.
    pub to: Option<&'a str>,
    /// Whether it goes straight from the one to the other, without the lines between.
    pub is_straight: bool,
    /// How many nodes there are at first.
    pub nodes: usize,
    /// `forward`, `backward`, `drawn`, or nodes as `n2,n1,n3`. Without it many plans are drawn, and
    /// one goes forward.
    pub order: Option<&'a str>,
    /// Decides all that is left to chance.
    pub seed: u64,
    /// So many plans, each with a seed of its own from the given one on.
    pub seeds: Option<u64>,
    /// Whether every order is walked.
    pub exhaustive: bool,
    /// Kinds of trouble, or `all`.
    pub faults: &'a [String],
    /// Whether releases are repaired, instead of as they were released.
    pub is_repaired: bool,
    /// Faults that nodes have besides, by their numbers.
    pub quirks: &'a [String],
    /// A planted bug.
    pub bug: Option<&'a str>,
    /// A plan in one line.
    pub plan: Option<&'a str>,
    /// A testee, which reads and writes the payloads of all nodes of its release.
    pub testee: Option<&'a Arc<Behind>>,
}

impl Question<'_> {
    /// A release by its name, or by that of the testee.
    fn release(&self, name: &str) -> Result<Release, SpeakError> {
        match self.testee {
            Some(testee) if testee.testee().name() == name => Ok(testee.release()),
            _ => release_named(name),
        }
    }
}

/// Why there is nothing to simulate.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QuestionError {
    /// No such release, or quirk.
    #[error(transparent)]
    Name(#[from] SpeakError),
    /// No such bug.
    #[error("unknown bug {0:?}")]
    Bug(String),
    /// A bug of what nodes of a cluster do not have.
    #[error("bug {0} is one of sessions under scripts; nodes of a cluster do not have it")]
    SessionBug(&'static str),
    /// No such kind of trouble.
    #[error("unknown fault {name:?}; known are {}, and all", Trouble::ALL.map(|it| it.1).join(", "))]
    Fault {
        /// What was asked for.
        name: String,
    },
    /// No such order.
    #[error(
        "unknown order {0:?}; expected forward, backward, drawn, or nodes as n2,n1,n3, each once"
    )]
    Order(String),
    /// There are no releases to go through.
    #[error("from {0} to {0} there is nothing to do")]
    NoPath(Release),
    /// Neither releases nor a plan.
    #[error("from which release to which?")]
    NoReleases,
    /// Too few or too many nodes.
    #[error("{0} nodes; from 1 to {NODES_MAX} can be simulated")]
    Nodes(usize),
    /// No room for a node that joins.
    #[error("{0} nodes and one that joins; up to {NODES_MAX} can be simulated")]
    Joiner(usize),
    /// The last seeds are no numbers of 64 bits.
    #[error("from {seed} on there are no {count} seeds")]
    Seeds {
        /// The first.
        seed: u64,
        /// How many.
        count: u64,
    },
    /// Nobody can wait for so many.
    #[error("{0} orders; up to {ORDERS_MAX} can be walked")]
    Orders(u64),
    /// Something that nobody can be told.
    #[error("{word:?} is nothing to tell a node; known are {}", words())]
    Told {
        /// What is to be told.
        word: String,
    },
    /// The plan is none.
    #[error("the plan: {0}")]
    Plan(#[from] ParseError),
}

/// What nodes can be told.
fn words() -> String {
    OCCASIONS.map(|occasion| occasion.word).join(", ")
}

/// What is simulated.
#[derive(Clone)]
pub struct Scenario {
    /// The nodes.
    pub cluster: Cluster,
    /// The releases that they go through; empty if the plan is given.
    pub path: Vec<Release>,
    /// How many nodes there are at first.
    pub nodes: usize,
    /// In which order they are upgraded.
    pub order: Order,
    /// The kinds of trouble.
    pub troubles: Vec<Trouble>,
    /// The seeds of many plans, if there are to be many.
    pub seeds: Option<Range<u64>>,
    /// The plan that was given or made.
    pub plan: Plan<Release>,
    /// What a command must be given beside the plan to repeat it.
    pub options: String,
}

impl Scenario {
    /// Looks all names up, and makes the plan.
    ///
    /// # Errors
    ///
    /// If one is wrong.
    pub fn new(question: &Question<'_>) -> Result<Self, QuestionError> {
        let cluster = cluster(question)?;
        let options = options(question, cluster.quirks);
        if let Some(line) = question.plan {
            let plan = Plan::parse(line, |name| name.parse().ok())?;
            if let Some(word) = plan.told().find(|word| Occasion::named(word).is_none()) {
                return Err(QuestionError::Told { word: word.to_owned() });
            }
            let nodes = plan.nodes.len();
            in_bounds(plan.names().len())?;
            let (path, troubles, order, seeds) = (Vec::new(), Vec::new(), Order::Forward, None);
            return Ok(Self { cluster, path, nodes, order, troubles, seeds, plan, options });
        }
        let nodes = question.nodes;
        in_bounds(nodes)?;
        let troubles = troubles(question.faults)?;
        if nodes == NODES_MAX && troubles.contains(&Trouble::Join) {
            return Err(QuestionError::Joiner(nodes));
        }
        let (Some(from), Some(to)) = (question.from, question.to) else {
            return Err(QuestionError::NoReleases);
        };
        let (from, to) = (question.release(from)?, question.release(to)?);
        let path = path(from, to).ok_or(QuestionError::NoPath(from))?;
        let path = if question.is_straight { vec![from, to] } else { path };
        let orders = Lattice { nodes, lines: path.len() }.orders();
        if question.exhaustive && orders > ORDERS_MAX {
            return Err(QuestionError::Orders(orders));
        }
        let seeds = question.seeds.map(|count| seeds(question.seed, count)).transpose()?;
        let order = match question.order {
            Some(text) => order(text, nodes)?,
            None if seeds.is_some() => Order::Drawn,
            None => Order::Forward,
        };
        let plan = Plan { nodes: Vec::new(), steps: Vec::new(), seed: question.seed };
        let scenario = Self { cluster, path, nodes, order, troubles, seeds, plan, options };
        let plan = scenario.draft(question.seed).draw();
        Ok(Self { plan, ..scenario })
    }

    /// What the plan of a seed is made from.
    pub fn draft(&self, seed: u64) -> Draft<'_, Release> {
        let Self { nodes, path, order, troubles, .. } = self;
        Draft { nodes: *nodes, path, order, troubles, seed }
    }

    /// The plan as a numbered tree, to be read before it runs.
    pub fn tree(&self) -> String {
        self.plan.tree::<Machine>()
    }

    /// How many moves up there are in all orders.
    pub fn moves(&self) -> u64 {
        Lattice { nodes: self.nodes, lines: self.path.len() }.edges()
    }

    /// The kinds of trouble that were asked for and are in none of the plans, by their names.
    pub fn left_out(&self) -> Vec<&'static str> {
        let mut left_out = self.troubles.clone();
        let one = std::iter::once(self.plan.seed);
        for seed in one.chain(self.seeds.clone().into_iter().flatten()) {
            let of_seed = self.draft(seed).left_out();
            left_out.retain(|trouble| of_seed.contains(trouble));
            if left_out.is_empty() {
                break;
            }
        }
        left_out.into_iter().map(Trouble::name).collect()
    }
}

/// The nodes that a question asks for, whatever is done to them.
///
/// # Errors
///
/// If there is no such quirk or bug, or nodes of a cluster cannot have it.
pub fn cluster(question: &Question<'_>) -> Result<Cluster, QuestionError> {
    let base = if question.is_repaired { WithQuirks::REPAIRED } else { WithQuirks::RELEASED };
    let quirks = base.with(session::quirks(question.quirks)?);
    let subject = match question.bug {
        None => None,
        Some(id) => Some(Arc::from(subject(id)?)),
    };
    Ok(Cluster { quirks, subject, testee: question.testee.map(Arc::clone) })
}

/// The fabric with a bug that nodes of a cluster can have.
fn subject(id: &str) -> Result<Box<dyn Subject>, QuestionError> {
    match planted::find(id) {
        Some(planted) if planted.site() == Site::Session => {
            Err(QuestionError::SessionBug(planted.id))
        }
        Some(planted) => Ok(planted.subject()),
        None => planted::record_bug(id).ok_or_else(|| QuestionError::Bug(id.to_owned())),
    }
}

fn in_bounds(nodes: usize) -> Result<(), QuestionError> {
    if (1..=NODES_MAX).contains(&nodes) { Ok(()) } else { Err(QuestionError::Nodes(nodes)) }
}

fn troubles(names: &[String]) -> Result<Vec<Trouble>, QuestionError> {
    let mut troubles = BTreeSet::new();
    for name in names {
        if name == ALL {
            troubles.extend(Trouble::ALL.map(|(trouble, _)| trouble));
        } else {
            let unknown = || QuestionError::Fault { name: name.clone() };
            troubles.insert(Trouble::named(name).ok_or_else(unknown)?);
        }
    }
    Ok(troubles.into_iter().collect())
}

fn seeds(seed: u64, count: u64) -> Result<Range<u64>, QuestionError> {
    let end = seed.checked_add(count).ok_or(QuestionError::Seeds { seed, count })?;
    Ok(seed..end)
}

fn order(text: &str, nodes: usize) -> Result<Order, QuestionError> {
    match text {
        "forward" => Ok(Order::Forward),
        "backward" => Ok(Order::Backward),
        "drawn" => Ok(Order::Drawn),
        _ => {
            let index = |name: &str| (0..nodes).find(|index| name == format!("n{}", index + 1));
            let given: Option<Vec<usize>> = text.split(',').map(index).collect();
            let is_each_once =
                |given: &Vec<usize>| given.iter().collect::<BTreeSet<_>>().len() == given.len();
            let given = given.filter(is_each_once);
            given.map(Order::Given).ok_or_else(|| QuestionError::Order(text.to_owned()))
        }
    }
}

/// What a command must be given beside releases or a plan to ask of the same nodes.
pub fn options(question: &Question<'_>, quirks: WithQuirks) -> String {
    let bug = question.bug.map(|bug| format!(" --bug {bug}")).unwrap_or_default();
    let testee = question.testee.map(|testee| repro::naming(testee)).unwrap_or_default();
    format!("{quirks}{bug}{testee}")
}
