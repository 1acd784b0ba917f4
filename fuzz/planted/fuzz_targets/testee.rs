//! A target that asks a program of somebody's: which one, says the variable `TESTEE`, as `--testee` of
//! `skewproof fuzz` has it, and the inputs of which target, the variable `TARGET`. Without it, it is
//! `differential`.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use skewproof::harness::fuzz::Target;
use skewproof::harness::testee::{Launch, Testee};
use skewproof::suite::testee::Behind;
use skewproof_fuzz::table;

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let command = std::env::var("TESTEE").expect("TESTEE is a program, as `tree=./testee`");
    let launch = Launch::parse(&command).expect("TESTEE is a name and a command");
    let testee = Testee::start(launch).expect("TESTEE answers");
    let behind = Behind::new(testee, None).expect("TESTEE is a testee of the fabric");
    let name = std::env::var("TARGET").unwrap_or_else(|_| "differential".to_owned());
    let targets = table::of_testee(Arc::new(behind)).into_iter().flatten();
    let target = targets.into_iter().find(|target| target.name == name);
    target.expect("TARGET is one whose inputs testees are asked")
});

fuzz_target!(|input: &[u8]| skewproof_fuzz::ask(TARGET.body, input));

fuzz_mutator!(|data: &mut [u8], len: usize, len_max: usize, seed: u32| {
    skewproof_fuzz::mutate(TARGET.mutate, data, len, len_max, seed)
});
