//! What becomes of the processes of servers that are started here, and what must: the same wherever they are
//! played to.

use std::time::Duration;

use super::differences::some;
use crate::fabric::envelope::GenerationalNodeId;
use crate::fabric::release::Release;

/// One process of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    /// The node, as index.
    pub node: usize,
    /// What it is.
    pub release: Release,
    /// Who it is to the others.
    pub process: GenerationalNodeId,
    /// When it served.
    pub from: Duration,
    /// When it was asked to end, and when it was gone.
    pub left: Option<(Duration, Duration)>,
    /// How it ended, if otherwise than it should.
    pub ended: Option<String>,
    /// What its log tells of panics.
    pub panics: Vec<String>,
}

/// What must hold of every process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Panic,
    Exit,
}

impl Fate {
    /// Its name in reports.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Panic => "panic",
            Self::Exit => "exit",
        }
    }

    /// What must hold, as a sentence.
    pub(super) const fn requirement(self) -> &'static str {
        match self {
            Self::Panic => "no node panics, whatever it is sent",
            Self::Exit => "a node ends when it is asked to, and not before",
        }
    }
}

/// What is to be said of each process: its name, what must hold, and what was seen instead.
pub(super) fn fates(lives: &[Life]) -> Vec<(String, Fate, Option<String>)> {
    let both = lives.iter().enumerate().flat_map(|(index, life)| {
        let place = format!("n{}-{}-{}", life.node + 1, index + 1, life.release.exact_name());
        let panics = some(life.panics.clone());
        [(place.clone(), Fate::Panic, panics), (place, Fate::Exit, life.ended.clone())]
    });
    both.collect()
}
