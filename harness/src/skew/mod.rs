//! Skew: nodes of different releases on the two ends of a connection.
//!
//! A protocol is put in by a type that is a [`Peer`]: it dials, accepts, encodes and decodes, and
//! says what it should understand of what another one sends. [`Skew`] pairs every node with every
//! other, over sample values of every message, and gives a [`Matrix`] with an [`Outcome`] in every
//! cell. Losses that may happen are data, as [`Allowance`]s; any other is a violation, and so is a
//! panic, a hang, or too much memory. Values that nodes keep and write back also go there and back:
//! what the older node of two erases is a loss with a name, too.
//!
//! [`border`](crate::border) has a whole matrix of two releases. What was lost between two values is told by
//! the fields in which they are shown:
//!
//! ```
//! use serde_json::json;
//! use skewproof_harness::skew::outcome::LossKind;
//! use skewproof_harness::skew::{Allowance, changes, says_nothing};
//!
//! let (sent, received) = (json!({ "number": 7, "unit": "m" }), json!({ "number": 7 }));
//! let lost = changes(&sent, &received, &says_nothing);
//! assert_eq!(lost, [(LossKind::Dropped, "unit".to_owned())]);
//! const UNIT: Allowance = Allowance::new("Length", "unit", "came with 2.0");
//! assert!(UNIT.covers("Length", "unit", false));
//! ```

mod changes;
pub mod details;
mod exchange;
pub mod fates;
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
mod watch;

pub use self::changes::changes;
pub use self::details::Details;
pub use self::exchange::{Exchange, Trace};
pub use self::handshake::Questions;
pub use self::kinds::{Difference, Kindred};
pub use self::matrix::Matrix;
pub use self::outcome::{Class, Loss, LossKind, Outcome, Violation};
pub use self::peer::{Allowance, Layer, Layers, Peer, Topic, says_nothing};
pub use self::rewritten::Back;
pub use self::run::{LIMITS, Place, Selection, Skew};
pub use self::watch::Watch;
