//! The target `session` of the table in `skewproof::suite::fuzz`.
#![cfg_attr(fuzzing, no_main)]
skewproof_fuzz::target!(SESSION);
