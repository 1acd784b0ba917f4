//! Skewproof proves that two releases of a node can talk, or part politely.

#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "live")]
pub mod live;
pub mod suite;

pub use skewproof_fabric as fabric;
pub use skewproof_harness as harness;
