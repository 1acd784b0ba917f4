//! Skewproof proves that two releases of a node can talk, or part politely.

pub mod cli;
pub mod harness;
#[cfg(feature = "live")]
pub mod live;
pub mod suite;

pub use skewproof_fabric as fabric;
