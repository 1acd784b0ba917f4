//! Fuzzing: targets that any engine can drive.
//!
//! A [`Target`] has a body that takes any bytes and objects if something does not hold. libFuzzer,
//! the embedded engine, the replay of a corpus and the command that repeats a finding all call the
//! same body.

mod target;

pub use self::target::{Features, Objection, Seed, Target};
