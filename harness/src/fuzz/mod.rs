//! Fuzzing: targets that any engine can drive.
//!
//! A [`Target`] has a body that takes any bytes and objects if something does not hold. libFuzzer,
//! the embedded engine, the replay of a corpus and the command that repeats a finding all call the
//! same body.
//!
//! One cause is one finding, whoever showed it: see [`causes`].
//!
//! ```
//! use std::sync::atomic::AtomicBool;
//!
//! use skewproof_harness::fuzz::session::{Budget, Event, Place, Session};
//! use skewproof_harness::fuzz::{Seed, Target};
//!
//! let target = Target {
//!     name: "lengths",
//!     about: "no input panics",
//!     body: |input, _| {
//!         assert!(!input.starts_with(b"9"), "nine");
//!         Ok(())
//!     },
//!     mutate: |input, rng| input.push(rng.u8(..)),
//!     seeds: || vec![Seed { name: "one".to_owned(), bytes: b"1".to_vec() }],
//!     dictionary: Vec::new,
//!     len_max: 8,
//!     describe: |_, input| format!("{input:?}"),
//! };
//! let (stop, mut found) = (AtomicBool::new(false), Vec::new());
//! let budget = Budget::Runs(100);
//! let session = Session { target: &target, place: Place::Thread, seed: 1, budget, stop: &stop };
//! session.run(vec![b"9".to_vec()], |event| {
//!     if let Event::Found(finding) = event {
//!         found.push(finding.key.kind.clone());
//!     }
//!     Ok::<_, std::io::Error>(())
//! })?;
//! assert_eq!(found, ["panic"]);
//! # Ok::<_, std::io::Error>(())
//! ```

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
