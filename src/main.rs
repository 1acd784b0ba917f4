//! The `skewproof` command.

fn main() {}
