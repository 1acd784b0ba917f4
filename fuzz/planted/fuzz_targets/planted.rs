//! A target with a planted bug: which one, says the variable `PLANTED`. Without it, it is the assertion
//! of issue 3263, where payloads are decoded.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use skewproof::harness::fuzz::Target;
use skewproof_fuzz::table;

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("PLANTED").unwrap_or_else(|_| "decode+M03".to_owned());
    table::target(&name).expect("PLANTED is a target and a bug that it has to find")
});

fuzz_target!(|input: &[u8]| skewproof_fuzz::run(TARGET.body, input));

fuzz_mutator!(|data: &mut [u8], len: usize, len_max: usize, seed: u32| {
    skewproof_fuzz::mutate(TARGET.mutate, data, len, len_max, seed)
});
