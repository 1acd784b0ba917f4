//! Upgrades of a protocol of its own, and what is found when that is broken.

mod orders;
mod plans;
mod runs;
mod timelines;
pub mod toy;
mod worlds;
