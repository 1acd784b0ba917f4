//! Fuzzing: targets that any engine can drive.
//!
//! A [`Target`] has a body that takes any bytes and objects if something does not hold. libFuzzer,
//! the embedded engine, the replay of a corpus and the command that repeats a finding all call the
//! same body.
//!
//! One cause is one finding, whoever showed it: see [`causes`].

pub mod adopt;
pub mod aside;
pub mod causes;
pub mod choice;
pub mod corpus;
pub mod driver;
pub mod engine;
mod frames;
pub mod keeper;
pub mod libfuzzer;
pub mod library;
pub mod minimise;
pub mod mutate;
mod note;
pub mod process;
pub mod results;
pub mod run;
pub mod session;
mod target;
#[cfg(test)]
pub(crate) mod toy;
pub mod words;
mod worker;

pub use self::note::{describe, literal};
pub use self::target::{Features, Objection, Seed, Shower, Target, Words, mix, mix_name};
