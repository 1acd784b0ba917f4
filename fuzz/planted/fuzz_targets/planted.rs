//! A target with a planted bug. `PLANTED=M03:decode`, which is also what it is without, says which
//! bug, by its number in 04 D, and whose body looks for it.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use skewproof::harness::fuzz::{Features, Target};
use skewproof::suite::fuzz::{BodyOf, body_of, target};
use skewproof::suite::planted;
use skewproof::suite::subject::Subject;

/// The assertion of issue 3263, where payloads are decoded.
const PLANTED: &str = "M03:decode";

struct Hunt {
    subject: Box<dyn Subject>,
    target: &'static Target,
    body: BodyOf,
}

static HUNT: LazyLock<Hunt> = LazyLock::new(|| {
    let words = std::env::var("PLANTED").unwrap_or_else(|_| PLANTED.to_owned());
    let (bug, name) = words.split_once(':').expect("PLANTED is BUG:TARGET");
    let subject = planted::find(bug).expect("there is no such bug").subject();
    let target = target(name).expect("there is no such target");
    let body = body_of(name).expect("the target asks no subject");
    Hunt { subject, target, body }
});

fuzz_target!(|input: &[u8]| {
    let objection = (HUNT.body)(&*HUNT.subject, input, &mut Features::unwanted());
    assert_eq!(objection, Ok(()));
});

fuzz_mutator!(|data: &mut [u8], len: usize, len_max: usize, seed: u32| {
    skewproof_fuzz::mutate(HUNT.target.mutate, data, len, len_max, seed)
});
