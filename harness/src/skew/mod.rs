//! Skew: nodes of different releases on the two ends of a connection.
//!
//! A protocol is put in by a type that is a [`Peer`]: it dials, accepts, encodes and decodes, and
//! says what it should understand of what another one sends. [`Skew`] pairs every node with every
//! other, over sample values of every message, and gives a [`Matrix`] with an [`Outcome`] in every
//! cell. Losses that may happen are data, as [`Allowance`]s; any other is a violation, and so is a
//! panic, a hang, or too much memory. Values that nodes keep and write back also go there and back:
//! what the older node of two erases is a loss with a name, too.

mod changes;
pub mod details;
mod exchange;
mod handshake;
mod kinds;
pub mod matrix;
pub mod outcome;
pub mod overview;
pub mod peer;
mod rewritten;
mod run;
mod story;
pub mod tables;
#[cfg(test)]
mod tests;
pub mod verdicts;

pub use self::changes::changes;
pub use self::details::Details;
pub use self::exchange::{Exchange, Trace};
pub use self::matrix::Matrix;
pub use self::outcome::{Class, Outcome};
pub use self::peer::{Allowance, Layer, Layers, Peer, Topic, says_nothing};
pub use self::rewritten::Back;
pub use self::run::{LIMITS, Selection, Skew};
