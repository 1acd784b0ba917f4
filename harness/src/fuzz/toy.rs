//! Targets for the tests of the engine.

use fastrand::Rng;

use super::{Features, Objection, Seed, Target, Words};

const fn target(
    name: &'static str,
    body: fn(&[u8], &mut Features) -> Result<(), Objection>,
) -> Target {
    Target {
        name,
        about: "a toy",
        body,
        mutate: |input, rng: &mut Rng| input.push(rng.u8(..)),
        seeds: || vec![Seed { name: "one".to_owned(), bytes: vec![1] }],
        dictionary: || vec![b"word".to_vec()],
        len_max: 64,
        describe: |name, input| format!("{name}: {input:?}"),
    }
}

/// Has a bug behind four bytes, each of which is a feature, and one that panics.
pub const BUGGY: Target = target("buggy", |input, features| {
    let word = *b"bug!";
    let common = input.iter().zip(word).take_while(|(a, b)| **a == *b).count();
    features.note(common as u64);
    assert!(!input.starts_with(b"bu0"), "the panic of {} bytes", input.len());
    if common < word.len() {
        return Ok(());
    }
    let words = Words { seen: format!("{} bytes", input.len()), ..Words::default() };
    let is_more = input.len() > word.len();
    let shown_by = vec![("with", if is_more { "more" } else { "nothing else" }.to_owned())];
    Err(Objection { kind: "bug", place: "the word".to_owned(), shown_by, words: Box::new(words) })
});

/// Does whatever the first byte says.
pub const BREAKS: Target = target("breaks", |input, features| {
    features.note(u64::from(input.first().copied().unwrap_or_default()));
    match input.first() {
        Some(b'o') => Err(Objection { kind: "objects", ..Objection::default() }),
        Some(b'p') => std::panic::panic_any(format!("at {}", input.len())),
        Some(b'm') => {
            drop(std::hint::black_box(Vec::<u8>::with_capacity(1 << 30)));
            Ok(())
        }
        _ => Ok(()),
    }
});

/// Never comes back from some inputs.
pub const HANGS: Target = target("hangs", |input, features| {
    features.note(input.len() as u64);
    while input.first().is_some_and(|first| *first == b'h') {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    Ok(())
});

/// Does nothing.
pub const TRIVIAL: Target = target("trivial", |input, features| {
    features.note(u64::from(input.first().copied().unwrap_or_default()));
    Ok(())
});
