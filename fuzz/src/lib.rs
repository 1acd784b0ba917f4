//! Between libFuzzer and the table of targets: a target by its name, and nothing else.
//!
//! Under cargo-fuzz [`target!`] makes an entry point for libFuzzer, with the target's own mutator.
//! Otherwise it makes a plain program that replays the files that it is given, which a stable
//! compiler builds without libFuzzer.

use std::cell::RefCell;
use std::process::ExitCode;

#[cfg(fuzzing)]
use fastrand::Rng;
use skewproof::harness::fuzz::{Features, Objection, Target};
use skewproof::suite::fuzz;

#[cfg(fuzzing)]
#[doc(hidden)]
pub use libfuzzer_sys;

/// The program of the target with a name.
#[macro_export]
macro_rules! target {
    ($name:literal) => {
        #[cfg(fuzzing)]
        $crate::libfuzzer_sys::fuzz_target!(|input: &[u8]| $crate::run($name, input));

        #[cfg(fuzzing)]
        $crate::libfuzzer_sys::fuzz_mutator!(|data: &mut [u8],
                                              len: usize,
                                              len_max: usize,
                                              seed: u32| {
            $crate::mutate($name, data, len, len_max, seed)
        });

        #[cfg(not(fuzzing))]
        fn main() -> ::std::process::ExitCode {
            $crate::replay($name)
        }
    };
}

thread_local! {
    /// What libFuzzer does not ask for: it looks at the coverage of the code.
    static FEATURES: RefCell<Features> = RefCell::new(Features::new());
}

fn target(name: &str) -> &'static Target {
    fuzz::target(name).unwrap_or_else(|| panic!("{name} is not in the table of targets"))
}

fn outcome(name: &str, input: &[u8]) -> Result<(), Objection> {
    FEATURES.with_borrow_mut(|features| (target(name).body)(input, features))
}

/// Runs one input.
///
/// # Panics
///
/// If the body objects: that is how libFuzzer hears of it.
pub fn run(name: &str, input: &[u8]) {
    if let Err(Objection { kind, place, seen }) = outcome(name, input) {
        panic!("{kind} at {place}: {seen}\n\n{}", (target(name).describe)(input));
    }
}

/// Changes an input in place and gives its new length: mostly as the target does, now and then as
/// libFuzzer does, which has the words of the dictionary.
#[cfg(fuzzing)]
pub fn mutate(name: &str, data: &mut [u8], len: usize, len_max: usize, seed: u32) -> usize {
    let mut rng = Rng::with_seed(seed.into());
    if rng.u8(..4) == 0 {
        return libfuzzer_sys::fuzzer_mutate(data, len, len_max);
    }
    let mut input = data.get(..len).unwrap_or_default().to_vec();
    (target(name).mutate)(&mut input, &mut rng);
    input.truncate(len_max.min(data.len()));
    for (place, byte) in data.iter_mut().zip(&input) {
        *place = *byte;
    }
    input.len()
}

/// Runs the files that are named on the command line. The exit code is 1 if the body objects to
/// one, and 2 if one cannot be read.
pub fn replay(name: &str) -> ExitCode {
    let mut code = 0;
    for path in std::env::args_os().skip(1) {
        let path = std::path::PathBuf::from(path);
        match std::fs::read(&path).map(|input| outcome(name, &input)) {
            Ok(Ok(())) => {}
            Ok(Err(Objection { kind, place, seen })) => {
                println!("{}: {kind} at {place}: {seen}", path.display());
                code = code.max(1);
            }
            Err(error) => {
                eprintln!("{}: {error}", path.display());
                code = 2;
            }
        }
    }
    ExitCode::from(code)
}
