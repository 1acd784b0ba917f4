//! Small spaces are exhausted: every state of some nodes on a path of releases, and every order in
//! which the nodes can get from the first release to the last.

mod lattice;
mod walk;
mod walker;

pub use self::lattice::Lattice;
pub use self::walk::{Move, Walk, WalkFailure};
