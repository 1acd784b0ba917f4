//! The target `explain` of the table in `skewproof::suite::fuzz`.
#![cfg_attr(all(fuzzing, not(feature = "afl")), no_main)]
skewproof_fuzz::target!(EXPLAIN);
