//! All integration tests, in one binary: the build does not grow with their number.

// The exception that clippy makes for tests ends at the functions that they share.
#![allow(clippy::unwrap_used)]

mod apart;
mod behind;
mod beside;
mod blessed;
mod captured;
mod cli;
mod difference;
mod differential;
mod docs;
mod doors;
mod explain;
mod future;
mod fuzz;
mod gates;
mod golden;
mod history;
#[cfg(feature = "live")]
mod live;
mod matrix;
mod moves;
mod page;
mod pages;
#[rustfmt::skip]
mod pasted;
mod planted;
mod recorded;
mod reference;
mod repeat;
mod reports;
mod shell;
mod shown;
mod spec;
mod targets;
mod testees;
mod tidy;
mod timeline;
mod upgrade;
mod workflows;
