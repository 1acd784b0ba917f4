//! Rolling upgrades in virtual time, whatever protocol the nodes speak.
//!
//! A [`World`] has nodes, a clock and a network; a [`Process`] is one running process of a node. What
//! is done to a world is a plan, decided before it begins and printed before it runs. [`mesh`] has nodes for
//! every protocol that has a matrix.
//!
//! ```
//! use skewproof_harness::upgrade::Plan;
//!
//! let plan = Plan::parse("n1:1 n2:1 n1=2 crash(n2) n2=2", |name| name.parse::<u8>().ok())?;
//! assert_eq!(plan.steps.len(), 3);
//! assert_eq!(plan.nodes_after(1), [("n1".to_owned(), 2), ("n2".to_owned(), 1)]);
//! # Ok::<_, skewproof_harness::upgrade::ParseError>(())
//! ```

pub mod event;
pub mod judge;
pub mod mesh;
pub mod network;
pub mod orders;
pub mod outlook;
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
pub use self::outlook::Outlook;
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
