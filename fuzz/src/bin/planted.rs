//! A target with a planted bug, for `fuzz/detect`: the variable `PLANTED` says which, as
//! `decode+M03`.
#![cfg_attr(fuzzing, no_main)]

use std::sync::LazyLock;

use skewproof::harness::fuzz::Target;
use skewproof_fuzz::table;

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("PLANTED").unwrap_or_default();
    table::target(&name).unwrap_or_else(|| panic!("PLANTED: there is no target `{name}`"))
});

#[cfg(fuzzing)]
skewproof_fuzz::libfuzzer_sys::fuzz_target!(|input: &[u8]| skewproof_fuzz::run(TARGET.body, input));

#[cfg(fuzzing)]
skewproof_fuzz::libfuzzer_sys::fuzz_mutator!(|data: &mut [u8],
                                              len: usize,
                                              len_max: usize,
                                              seed: u32| {
    skewproof_fuzz::mutate(TARGET.mutate, data, len, len_max, seed)
});

#[cfg(not(fuzzing))]
fn main() -> std::process::ExitCode {
    skewproof_fuzz::replay(TARGET.body)
}
