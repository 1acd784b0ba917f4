//! Reports in words. What the user reads of a report is phrased here and nowhere else.

pub mod comparison;
mod excerpt;
pub mod html;
mod ink;
pub mod json;
pub mod junit;
pub mod markdown;
#[cfg(test)]
pub(super) mod sample;
mod table;
pub mod text;
pub mod timeline;

/// The command that repeats a cell of the matrix, without its address.
pub const REPRO: &str = "skewproof repro";

/// The command that repeats a finding of a fuzz target, without its file.
pub const REPLAY: &str = "skewproof corpus replay";
