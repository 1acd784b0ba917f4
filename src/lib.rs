//! Skewproof proves that two releases of a node can talk, or part politely.

pub mod cli;
pub mod fabric;
pub mod harness;
#[cfg(feature = "live")]
pub mod live;
pub mod suite;
