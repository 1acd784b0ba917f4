//! Reports in words. What the user reads of a report is phrased here and nowhere else.

mod excerpt;
mod ink;
pub mod json;
#[cfg(test)]
mod sample;
mod table;
pub mod text;
