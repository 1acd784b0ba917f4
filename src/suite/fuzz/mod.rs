//! What is fuzzed of the fabric: nine targets, each a body with an oracle.
//!
//! [`targets`] is the one table of them. Inputs are bytes, which [`case`] takes apart; the module of
//! each body says which byte is what. A body looks again at what the fabric answers, by rules that are
//! said a second time here: gates, the order of checks in a handshake, another reader of the same bytes.
//!
//! ```
//! use skewproof::harness::fuzz::Features;
//! use skewproof::suite::fuzz;
//!
//! let target = fuzz::target("decode").ok_or("no such target")?;
//! let mut features = Features::new();
//! for input in [&b""[..], b"\x0f\x05\x02\x05\x05\x04\x01"] {
//!     assert_eq!((target.body)(input, &mut features), Ok(()));
//! }
//! assert!(features.count() > 0);
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod came;
pub mod case;
mod cross;
mod decode;
mod describe;
mod dictionary;
mod differential;
mod explain;
mod foreign;
mod frame;
mod gates;
mod handshake;
mod held;
mod mutate;
mod negotiate;
mod notes;
mod objection;
mod planted;
mod records;
mod roundtrip;
mod seeds;
mod session;
mod stream;

use std::sync::Arc;

use self::case::{
    Case, Cross, Decode, Differential, Explain, Framed, Handshake, Negotiate, Roundtrip, Session,
};
use self::describe::describe;
pub use self::foreign::Asked;
pub use self::planted::with_bugs;
use crate::harness::fuzz::{Features, Objection, Target};
use crate::suite::subject::{Fabric, Subject};
use crate::suite::testee::Behind;

/// Asks a subject what an input asks for.
fn body<C: Case>(
    subject: &(impl Subject + ?Sized),
    input: &[u8],
    features: &mut Features,
) -> Result<(), Objection> {
    C::of(input).map_or(Ok(()), |case| case.holds(subject, features))
}

/// Runs a case as the target with a name does: with its planted bug, if it has one.
///
/// # Errors
///
/// What does not hold.
///
/// # Panics
///
/// If no target has this name.
pub fn run(name: &str, case: impl Case) -> Result<(), Objection> {
    assert!(target(name).is_some(), "there is no target {name}");
    let (_, bug) = name.split_once('+').unwrap_or_default();
    case.holds(planted::subject(bug).as_ref(), &mut Features::unwanted())
}

/// Longest input of targets that take bytes of the wire.
const BYTES_LEN_MAX: usize = 4096;
/// Longest input of targets that draw values.
const CHOICES_LEN_MAX: usize = 1024;

/// The version two releases agree on is the one their rule demands, or a refusal.
pub const NEGOTIATE: Target = Target {
    name: "negotiate",
    about: "the version two releases agree on is the one their rule demands, or a refusal",
    body: |input, features| body::<Negotiate>(&Fabric, input, features),
    mutate: mutate::choices,
    seeds: seeds::negotiate,
    dictionary: dictionary::none,
    len_max: 16,
    describe: describe::<Negotiate>,
};

/// Any bytes are a frame that encodes and decodes to itself, or an error.
pub const FRAME: Target = Target {
    name: "frame",
    about: "any bytes are a frame that encodes and decodes to itself, or an error",
    body: |input, features| body::<Framed>(&Fabric, input, features),
    mutate: mutate::frame,
    seeds: seeds::frame,
    dictionary: dictionary::frames,
    len_max: BYTES_LEN_MAX,
    describe: describe::<Framed>,
};

/// Any bytes are a payload that encodes and decodes to itself, or an error.
pub const DECODE: Target = Target {
    name: "decode",
    about: "any bytes are a payload that encodes and decodes to itself, or an error",
    body: |input, features| body::<Decode>(&Fabric, input, features),
    mutate: mutate::decode,
    seeds: seeds::decode,
    dictionary: dictionary::payloads,
    len_max: BYTES_LEN_MAX,
    describe: describe::<Decode>,
};

/// Any value is refused where the gates say so, and else comes back as it was.
pub const ROUNDTRIP: Target = Target {
    name: "roundtrip",
    about: "any value is refused where the gates say so, and else comes back as it was",
    body: |input, features| body::<Roundtrip>(&Fabric, input, features),
    mutate: mutate::roundtrip,
    seeds: seeds::roundtrip,
    dictionary: dictionary::none,
    len_max: CHOICES_LEN_MAX,
    describe: describe::<Roundtrip>,
};

/// Any value of one release arrives at another, loses what is listed, or is refused.
pub const CROSS: Target = Target {
    name: "cross",
    about: "any value of one release arrives at another, loses what is listed, or is refused",
    body: |input, features| body::<Cross>(&Fabric, input, features),
    mutate: mutate::cross,
    seeds: seeds::cross,
    dictionary: dictionary::none,
    len_max: CHOICES_LEN_MAX,
    describe: describe::<Cross>,
};

/// Both sides answer any frames in the order of their checks.
pub const HANDSHAKE: Target = Target {
    name: "handshake",
    about: "both sides answer any frames in the order of their checks",
    body: |input, features| body::<Handshake>(&Fabric, input, features),
    mutate: mutate::handshake,
    seeds: seeds::handshake,
    dictionary: dictionary::frames,
    len_max: CHOICES_LEN_MAX,
    describe: describe::<Handshake>,
};

/// Any bytes are explained to the last one, and the dump reads back.
pub const EXPLAIN: Target = Target {
    name: "explain",
    about: "any bytes are explained to the last one, and the dump reads back",
    body: |input, features| body::<Explain>(&Fabric, input, features),
    mutate: mutate::explain,
    seeds: seeds::explain,
    dictionary: dictionary::anything,
    len_max: CHOICES_LEN_MAX,
    describe: describe::<Explain>,
};

/// Decoder and annotator, encoder and reference encoder agree.
pub const DIFFERENTIAL: Target = Target {
    name: "differential",
    about: "decoder and annotator, encoder and reference encoder agree",
    body: |input, features| body::<Differential>(&Fabric, input, features),
    mutate: mutate::differential,
    seeds: seeds::differential,
    dictionary: dictionary::anything,
    len_max: CHOICES_LEN_MAX,
    describe: describe::<Differential>,
};

/// Whatever happens between two processes, each connection and each call has one end.
pub const SESSION: Target = Target {
    name: "session",
    about: "whatever happens between two processes, each connection and each call has one end",
    body: |input, features| body::<Session>(&Fabric, input, features),
    mutate: mutate::session,
    seeds: seeds::session,
    dictionary: dictionary::frames,
    len_max: CHOICES_LEN_MAX,
    describe: describe::<Session>,
};

/// What a testee is asked: inputs of other targets, with the same names, and one body for them all.
static OF_TESTEE: [Target; 4] = [
    Target {
        about: "any bytes are the same value to a testee as to its release, or refused by both",
        body: |input, features| foreign::body(foreign::payload, input, features),
        ..DECODE
    },
    Target {
        about: "any value is written by a testee as by its release, or refused by both",
        body: |input, features| foreign::body(foreign::value, input, features),
        ..ROUNDTRIP
    },
    Target {
        about: "what any release writes is the same value to a testee as to its release",
        body: |input, features| foreign::body(foreign::across, input, features),
        ..CROSS
    },
    Target {
        about: "any bytes are the same payload or frame to a testee as to its release",
        body: |input, features| foreign::body(foreign::any, input, features),
        ..DIFFERENTIAL
    },
];

/// The targets that ask a testee, that of any bytes first; none if another testee is asked in this
/// process already.
pub fn of_testee(testee: Arc<Behind>) -> Option<&'static [Target]> {
    foreign::set(testee).then_some(&OF_TESTEE)
}

/// How many inputs have asked that testee something, and how many of them came to nothing.
pub fn asked_so_far() -> (u64, u64) {
    foreign::inputs()
}

/// What an input of a target asks that testee.
pub fn asked(target: &str, input: &[u8]) -> Option<Asked> {
    foreign::asked(target, input)
}

/// The table of targets. Each is a constant of its own, too: a program with one of them has nothing
/// of the others in it, whose code libFuzzer would look at after every run.
static TARGETS: [Target; 9] =
    [NEGOTIATE, FRAME, DECODE, ROUNDTRIP, CROSS, HANDSHAKE, EXPLAIN, DIFFERENTIAL, SESSION];

/// Every target.
pub fn targets() -> &'static [Target] {
    &TARGETS
}

/// The targets with bugs planted in them, by names as `decode+M03`.
pub fn planted() -> &'static [Target] {
    with_bugs()
}

/// The target with a name; with a bug, if the name says so: `decode+M03`.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().chain(with_bugs()).find(|target| target.name == name)
}

#[cfg(test)]
mod tests;
