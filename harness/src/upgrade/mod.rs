//! Rolling upgrades in virtual time, whatever protocol the nodes speak.
//!
//! A [`World`] has nodes, a clock and a network; a [`Process`] is one running process of a node. What
//! is done to a world is a plan, decided before it begins and printed before it runs.

pub mod event;
pub mod judge;
pub mod network;
pub mod orders;
pub mod plan;
pub mod process;
pub mod run;
pub mod seen;
pub mod shrink;
pub mod time;
pub mod timeline;
pub mod world;

pub use self::event::{Change, Entry, Event, Lasting, Violation, What};
pub use self::judge::{Judge, Lenient, Standing};
pub use self::network::Timing;
pub use self::orders::{Lattice, Move, Walk, WalkFailure};
pub use self::plan::{Draft, Order, ParseError, Plan, Step, Trouble};
pub use self::process::{Act, End, Input, Outbox, Process, StreamId};
pub use self::run::{Failure, Make, Run, Runner, Span};
pub use self::seen::Seen;
pub use self::shrink::{Shrunk, shrink};
pub use self::time::Time;
pub use self::timeline::Timeline;
pub use self::world::{Bounds, NodeView, Settings, World};

#[cfg(test)]
pub(super) mod tests;
