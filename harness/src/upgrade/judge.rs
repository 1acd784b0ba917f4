//! Who says whether what a world has become is right: the side of the protocol.

use super::event::Violation;
use super::outlook::Outlook;
use super::process::Process;
use super::world::World;

/// How a cluster stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Every two running nodes can reach each other.
    Whole,
    /// Some cannot, and those that work together go on.
    Split,
    /// Too few can work together to go on.
    WithoutMajority,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Whole, Self::Split, Self::WithoutMajority];

    /// In words.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Split => "split",
            Self::WithoutMajority => "without a majority",
        }
    }
}

/// Looks at a world when its nodes have settled. Panics and busy loops are seen without it.
///
/// A judge may remember what it saw. Where a world is cloned its judge is cloned with it.
pub trait Judge<P: Process> {
    /// After a step and the time to settle; step 0 is the start. Partitions may still be there:
    /// [`World::is_partitioned`].
    fn after_step(&mut self, world: &World<P>, step: usize) -> Vec<Violation>;

    /// When all steps are done, and all has settled once more. In a walk over every order each state
    /// is taken for the end of a plan, at its first visit.
    fn at_end(&mut self, world: &World<P>) -> Vec<Violation>;

    /// Says all that it remembers and will go by; false if it cannot, and then no two worlds are taken for
    /// one in a walk over every order.
    fn outlook(&self, _world: &World<P>, _outlook: &mut Outlook) -> bool {
        false
    }

    /// How the cluster stands when its nodes have settled.
    fn standing(&self, world: &World<P>) -> Standing;
}

/// A judge that sees nothing wrong with anything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Lenient;

impl<P: Process> Judge<P> for Lenient {
    fn after_step(&mut self, _: &World<P>, _: usize) -> Vec<Violation> {
        Vec::new()
    }

    fn at_end(&mut self, _: &World<P>) -> Vec<Violation> {
        Vec::new()
    }

    fn standing(&self, _: &World<P>) -> Standing {
        Standing::Whole
    }
}
