//! What a user asks for, by names, and what is simulated for it.

use std::sync::Arc;

use thiserror::Error;

use super::{Cluster, path};
use crate::fabric::release::{Release, UnknownRelease};
use crate::fabric::session::{QUIRKS, Quirk, Quirks, UnknownQuirk};
use crate::harness::upgrade::plan::{Draft, Order, ParseError, Plan, Trouble};
use crate::suite::planted;

/// Most nodes of a cluster: each has a digit in the version of the nodes configuration.
const NODES_MAX: usize = 5;
/// The word for all of a list.
const ALL: &str = "all";
/// The word for the quirks that releases were shipped with.
const RELEASED: &str = "released";

/// A question in words.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The release to begin with.
    pub from: Option<&'a str>,
    /// The release to end with.
    pub to: Option<&'a str>,
    /// How many nodes there are at first.
    pub nodes: usize,
    /// `forward`, `backward`, `drawn`, or nodes as `n2,n1,n3`.
    pub order: &'a str,
    /// Decides all that is left to chance.
    pub seed: u64,
    /// Kinds of trouble, or `all`.
    pub faults: &'a [String],
    /// Quirks by their numbers, or `released`.
    pub quirks: &'a [String],
    /// A planted bug.
    pub bug: Option<&'a str>,
    /// A plan in one line.
    pub plan: Option<&'a str>,
}

/// Why there is nothing to simulate.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QuestionError {
    /// No such release.
    #[error(transparent)]
    Release(#[from] UnknownRelease),
    /// No such quirk.
    #[error(transparent)]
    Quirk(#[from] UnknownQuirk),
    /// No such bug.
    #[error("unknown bug {0:?}")]
    Bug(String),
    /// No such kind of trouble.
    #[error("unknown fault {name:?}; known are {}, and all", Trouble::ALL.map(|it| it.1).join(", "))]
    Fault {
        /// What was asked for.
        name: String,
    },
    /// No such order.
    #[error("unknown order {0:?}; expected forward, backward, drawn, or nodes as n2,n1,n3")]
    Order(String),
    /// There are no releases to go through.
    #[error("there is no upgrade from {from} to {to}")]
    NoPath {
        /// The release to begin with.
        from: Release,
        /// The release to end with.
        to: Release,
    },
    /// Neither releases nor a plan.
    #[error("from which release to which?")]
    NoReleases,
    /// Too few or too many nodes.
    #[error("{0} nodes; from 1 to {NODES_MAX} can be simulated")]
    Nodes(usize),
    /// The plan is none.
    #[error("the plan: {0}")]
    Plan(#[from] ParseError),
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
    /// The kinds of trouble.
    pub troubles: Vec<Trouble>,
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
        let options = options(question);
        if let Some(line) = question.plan {
            let plan = Plan::parse(line, |name| name.parse().ok())?;
            let nodes = plan.nodes.len();
            in_bounds(plan.names().len())?;
            let (path, troubles) = (Vec::new(), Vec::new());
            return Ok(Self { cluster, path, nodes, troubles, plan, options });
        }
        let nodes = question.nodes;
        let troubles = troubles(question.faults)?;
        // A node may join.
        in_bounds(nodes + usize::from(troubles.contains(&Trouble::Join)))?;
        let (Some(from), Some(to)) = (question.from, question.to) else {
            return Err(QuestionError::NoReleases);
        };
        let (from, to): (Release, Release) = (from.parse()?, to.parse()?);
        let path = path(from, to).ok_or(QuestionError::NoPath { from, to })?;
        let order = order(question.order, nodes)?;
        let draft =
            Draft { nodes, path: &path, order: &order, troubles: &troubles, seed: question.seed };
        let plan = draft.draw();
        Ok(Self { cluster, path, nodes, troubles, plan, options })
    }
}

/// The nodes that a question asks for, whatever is done to them.
///
/// # Errors
///
/// If there is no such quirk or bug.
pub fn cluster(question: &Question<'_>) -> Result<Cluster, QuestionError> {
    let mut quirks = Quirks::NONE;
    for name in question.quirks {
        quirks = if name == RELEASED {
            QUIRKS.iter().map(|row| row.quirk).collect()
        } else {
            quirks.with(name.parse::<Quirk>()?)
        };
    }
    let subject = match question.bug {
        None => None,
        Some(id) => {
            let planted = planted::find(id).ok_or_else(|| QuestionError::Bug(id.to_owned()))?;
            Some(Arc::from(planted.subject()))
        }
    };
    Ok(Cluster { quirks, subject })
}

fn in_bounds(nodes: usize) -> Result<(), QuestionError> {
    if (1..=NODES_MAX).contains(&nodes) { Ok(()) } else { Err(QuestionError::Nodes(nodes)) }
}

fn troubles(names: &[String]) -> Result<Vec<Trouble>, QuestionError> {
    if names.iter().any(|name| name == ALL) {
        return Ok(Trouble::ALL.map(|(trouble, _)| trouble).to_vec());
    }
    let named = |name: &String| {
        Trouble::named(name).ok_or_else(|| QuestionError::Fault { name: name.clone() })
    };
    names.iter().map(named).collect()
}

fn order(text: &str, nodes: usize) -> Result<Order, QuestionError> {
    match text {
        "forward" => Ok(Order::Forward),
        "backward" => Ok(Order::Backward),
        "drawn" => Ok(Order::Drawn),
        _ => {
            let index = |name: &str| -> Option<usize> {
                let number: usize = name.strip_prefix('n')?.parse().ok()?;
                number.checked_sub(1).filter(|index| *index < nodes)
            };
            let given: Option<Vec<usize>> = text.split(',').map(index).collect();
            given.map(Order::Given).ok_or_else(|| QuestionError::Order(text.to_owned()))
        }
    }
}

/// What a command must be given beside releases or a plan to ask of the same nodes.
pub fn options(question: &Question<'_>) -> String {
    let mut options = String::new();
    if !question.quirks.is_empty() {
        options.push_str(&format!(" --quirk {}", question.quirks.join(",")));
    }
    if let Some(bug) = question.bug {
        options.push_str(&format!(" --bug {bug}"));
    }
    options
}
