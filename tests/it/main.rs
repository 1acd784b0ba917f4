//! All integration tests, in one binary: the build does not grow with their number.

mod cli;
mod reference;
mod tidy;
