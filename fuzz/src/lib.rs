//! Between libFuzzer or AFL++ and the table of targets, and nothing else.
//!
//! Under cargo-fuzz [`target!`] makes an entry point for libFuzzer, with the target's own mutator.
//! With the feature `afl`, under cargo-afl, it makes the loop that AFL++ drives. Otherwise it makes a plain program that replays the files that it is given, which a stable
//! compiler builds without libFuzzer. A program refers to its own target only: libFuzzer goes
//! through the counters of all code in it after every run.

use std::process::ExitCode;

#[cfg(all(fuzzing, not(feature = "afl")))]
use fastrand::Rng;
use skewproof::harness::boundary::{caught, within, Breach};
use skewproof::harness::fuzz::run::limits;
use skewproof::harness::fuzz::{Features, Objection};

#[cfg(feature = "afl")]
#[doc(hidden)]
pub use afl;
#[cfg(all(fuzzing, not(feature = "afl")))]
#[doc(hidden)]
pub use libfuzzer_sys;
#[doc(hidden)]
pub use skewproof::suite::fuzz as table;

/// The program of a target, which is a constant of the table's module.
#[cfg(all(fuzzing, not(feature = "afl")))]
#[macro_export]
macro_rules! target {
    ($target:ident) => {
        $crate::libfuzzer_sys::fuzz_target!(|input: &[u8]| $crate::run(
            $crate::table::$target.body,
            input
        ));

        $crate::libfuzzer_sys::fuzz_mutator!(|data: &mut [u8],
                                              len: usize,
                                              len_max: usize,
                                              seed: u32| {
            $crate::mutate($crate::table::$target.mutate, data, len, len_max, seed)
        });
    };
}

/// The program of a target, which is a constant of the table's module.
#[cfg(feature = "afl")]
#[macro_export]
macro_rules! target {
    ($target:ident) => {
        fn main() {
            $crate::afl::fuzz!(|input: &[u8]| $crate::run($crate::table::$target.body, input));
        }
    };
}

/// The program of a target, which is a constant of the table's module.
#[cfg(not(any(fuzzing, feature = "afl")))]
#[macro_export]
macro_rules! target {
    ($target:ident) => {
        fn main() -> ::std::process::ExitCode {
            $crate::replay($crate::table::$target.body)
        }
    };
}

/// The body of a target.
pub type Body = fn(&[u8], &mut Features) -> Result<(), Objection>;

/// Runs one input.
///
/// # Panics
///
/// If the body objects, or held more memory than a run may: that is how libFuzzer hears of it.
pub fn run(body: Body, input: &[u8]) {
    match within(limits(input.len()).memory, || body(input, &mut Features::unwanted())) {
        Ok(Ok(())) => {}
        Ok(Err(Objection { kind, place, words, .. })) => {
            panic!("{kind} at {place}: {} instead of {}", words.seen, words.expected)
        }
        Err(breach) => panic!("memory at the whole run: {breach}"),
    }
}

/// The same of a body that asks somebody in another process, who holds no memory of this one. What was not
/// tried is nothing.
///
/// # Panics
///
/// If the body objects, or who was asked breaks something.
pub fn ask(body: Body, input: &[u8]) {
    match caught(|| run(body, input)) {
        Ok(()) | Err(Breach::NotTried(_)) => {}
        Err(Breach::Panicked(panicked)) => panic!("{}", panicked.message),
        Err(breach) => panic!("{breach}"),
    }
}

/// Changes an input in place and gives its new length: mostly as the target does, now and then as
/// libFuzzer does, which has the words of the dictionary.
#[cfg(all(fuzzing, not(feature = "afl")))]
pub fn mutate(
    mutate: fn(&mut Vec<u8>, &mut Rng),
    data: &mut [u8],
    len: usize,
    len_max: usize,
    seed: u32,
) -> usize {
    let mut rng = Rng::with_seed(seed.into());
    if rng.u8(..4) == 0 {
        return libfuzzer_sys::fuzzer_mutate(data, len, len_max);
    }
    let mut input = data.get(..len).unwrap_or_default().to_vec();
    mutate(&mut input, &mut rng);
    input.truncate(len_max.min(data.len()));
    for (place, byte) in data.iter_mut().zip(&input) {
        *place = *byte;
    }
    input.len()
}

/// Runs the files that are named on the command line. The exit code is 1 if the body objects to
/// one, and 2 if one cannot be read.
pub fn replay(body: Body) -> ExitCode {
    let mut code = 0;
    for path in std::env::args_os().skip(1) {
        let path = std::path::PathBuf::from(path);
        match std::fs::read(&path).map(|input| body(&input, &mut Features::unwanted())) {
            Ok(Ok(())) => {}
            Ok(Err(Objection { kind, place, words, .. })) => {
                println!("{}: {kind} at {place}: {}", path.display(), words.seen);
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
