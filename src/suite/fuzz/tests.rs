//! Bodies hold on what the fabric makes. That they object to planted bugs is tested with the engine
//! that looks for them: `tests/it/fuzz.rs`.

use std::collections::BTreeSet;

use fastrand::Rng;

use super::case::Chosen;
use super::*;
use crate::fabric::catalogue::MessageType;
use crate::harness::boundary::contain;
use crate::harness::fuzz::{Features, Objection, literal};
use crate::suite::planted;

/// The smoke of each target: its seeds, and what its mutator makes of them.
#[test]
fn nothing_is_found_in_the_fabric() {
    let mut found = BTreeSet::new();
    for target in targets() {
        let mut features = Features::new();
        let seeds = (target.seeds)();
        let mut rng = Rng::with_seed(1);
        let mut corpus: Vec<Vec<u8>> = seeds.into_iter().map(|seed| seed.bytes).collect();
        for input in &corpus {
            note(target, input, &mut features, &mut found);
        }
        for _ in 0..20_000 {
            let mut input = rng.choice(&corpus).cloned().unwrap_or_default();
            (target.mutate)(&mut input, &mut rng);
            input.truncate(target.len_max);
            note(target, &input, &mut features, &mut found);
            if features.take_new() {
                corpus.push(input);
            }
        }
        println!("{}: {} features, {} inputs", target.name, features.count(), corpus.len());
    }
    assert!(found.is_empty(), "{found:#?}");
}

fn note(target: &Target, input: &[u8], features: &mut Features, found: &mut BTreeSet<String>) {
    let outcome = contain(|| (target.body)(input, features));
    if outcome != Ok(Ok(())) && found.len() < 12 {
        let of = |objection: &Objection| format!("{} {}", objection.kind, objection.place);
        let key = match &outcome {
            Ok(Err(objection)) => of(objection),
            other => format!("{other:?}"),
        };
        if !found.iter().any(|it| it.contains(&key)) {
            found.insert(format!(
                "{} {key}\n{outcome:?}\n{}",
                target.name,
                (target.describe)(target.name, input)
            ));
        }
    }
}

#[test]
fn seeds_are_few_small_and_show_every_message() {
    for target in targets() {
        let seeds = (target.seeds)();
        let len: usize = seeds.iter().map(|seed| seed.bytes.len()).sum();
        println!("{}: {} seeds, {len} bytes", target.name, seeds.len());
        assert!(!seeds.is_empty() && seeds.len() < 300, "{}", target.name);
        assert!(len <= 512 * 1024, "{}: {len}", target.name);
        let longest = seeds.iter().map(|seed| seed.bytes.len()).max().unwrap_or_default();
        assert!(longest <= target.len_max, "{}: {longest}", target.name);
        let distinct: BTreeSet<_> = seeds.iter().map(|seed| &seed.bytes).collect();
        assert_eq!(distinct.len(), seeds.len(), "{}", target.name);
        if ["decode", "roundtrip", "cross"].contains(&target.name) {
            let first =
                seeds.iter().map(|seed| Chosen::<MessageType>::of(seed.bytes[0]).unwrap().0);
            let missing: Vec<_> = {
                let shown: BTreeSet<_> = first.collect();
                MessageType::all().filter(|message| !shown.contains(message)).collect()
            };
            assert!(missing.is_empty(), "{}: {missing:?}", target.name);
        }
    }
}

#[test]
fn every_target_describes_any_input() {
    for target in targets() {
        let mut cases = 0;
        for input in [&b""[..], &[0xff; 40], &[3, 5, 2, 9, 9, 9, 9, 9, 9]] {
            let text = (target.describe)(target.name, input);
            // What draws nothing that a release can hold is shown as bytes.
            let is_case = text.contains("#[test]");
            assert!(is_case || text.contains(&literal(input)), "{text}");
            cases += usize::from(is_case);
        }
        assert!(cases > 0, "{}", target.name);
        assert!(self::target(target.name).is_some());
        assert!((target.dictionary)().iter().all(|word| (1..=64).contains(&word.len())));
    }
}

#[test]
fn every_target_with_a_bug_is_named_after_both() {
    for with_bug in with_bugs() {
        let (name, id) = with_bug.name.split_once('+').unwrap();
        assert_eq!(target(name).map(|target| target.len_max), Some(with_bug.len_max), "{name}");
        assert!(planted::subject(id).is_some(), "{id}");
        assert_eq!(target(with_bug.name).map(|found| found.name), Some(with_bug.name));
    }
    for bug in planted::FUZZ_BUGS {
        let is_of_bug = |target: &&Target| target.name.ends_with(&format!("+{}", bug.id));
        assert!(with_bugs().iter().any(|target| is_of_bug(&target)), "{}", bug.sentence);
    }
}
