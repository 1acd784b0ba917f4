//! Who says whether what a world has become is right: the side of the protocol.

use super::event::Violation;
use super::process::Process;
use super::world::World;

/// Looks at a world when its nodes have settled. Panics and busy loops are seen without it.
///
/// A judge may remember what it saw. Where a world is cloned its judge is cloned with it.
pub trait Judge<P: Process> {
    /// After a step and the time to settle; step 0 is the start. Partitions may still be there:
    /// [`World::is_partitioned`].
    fn after_step(&mut self, world: &World<P>, step: usize) -> Vec<Violation>;

    /// When all steps are done, and all has settled.
    fn at_end(&mut self, world: &World<P>) -> Vec<Violation>;

    /// At the first visit of a state of the lattice, for what depends on the releases alone, as each
    /// pair of nodes with each message.
    fn at_state(&mut self, world: &World<P>) -> Vec<Violation> {
        let _ = world;
        Vec::new()
    }
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
}
