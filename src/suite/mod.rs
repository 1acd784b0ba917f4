//! The fabric in the harness: what is checked of it, and with which values.
//!
//! Prints nothing and reads no file; the commands hand in what they read and show what comes out.

pub mod arbitrary;
pub mod captured;
pub mod captures;
pub mod causes;
pub mod check;
pub mod compare;
pub mod compatibility;
pub mod difference;
pub mod expectations;
pub mod explain;
pub mod faults;
pub mod fields;
pub mod form;
pub mod future;
pub mod fuzz;
pub mod gates;
pub mod golden;
pub mod handshake;
pub mod listing;
pub mod live;
pub mod log_records;
pub mod marks;
mod members;
pub mod names;
pub mod parting;
pub mod planted;
mod pretty;
pub mod reference;
pub mod releases;
pub mod repro;
pub mod requirements;
pub mod samples;
pub mod screen;
pub mod session;
pub mod skew;
pub mod speaker;
pub mod strictness;
pub mod subject;
pub mod testee;
pub mod trophies;
pub mod upgrade;
pub mod value;
pub mod vectors;
