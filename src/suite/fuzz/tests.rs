//! Bodies hold on what the fabric makes, and object to planted bugs.

use std::collections::BTreeSet;

use bytes::Bytes;
use fastrand::Rng;

use super::*;
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::fault::FaultKind;
use crate::fabric::payload::DecodeError;
use crate::fabric::release::Release;
use crate::harness::boundary::contain;
use crate::harness::fuzz::{Features, Objection};
use crate::suite::planted;
use crate::suite::planted::ENVELOPE_BUGS;
use crate::suite::subject::Subject;

type BodyWith = fn(&dyn Subject, &[u8], &mut Features) -> Result<(), Objection>;

fn body_with(name: &str) -> BodyWith {
    match name {
        "negotiate" => negotiate::body,
        "frame" => frame::body,
        "decode" => decode::body,
        "roundtrip" => roundtrip::body,
        "cross" => cross::body,
        "handshake" => handshake::body,
        "differential" => differential::body,
        _ => panic!("{name} asks no subject"),
    }
}

/// The number of the first run of a plain loop in which a body objects or panics, from no corpus.
fn first_objection(name: &str, subject: &dyn Subject, runs: u32) -> Option<u32> {
    let (target, body) = (target(name)?, body_with(name));
    let mut rng = Rng::with_seed(11);
    let mut features = Features::new();
    let mut corpus: Vec<Vec<u8>> = vec![Vec::new()];
    for run in 0..runs {
        let mut input = rng.choice(&corpus).cloned().unwrap_or_default();
        if rng.u8(..4) == 0 {
            let words = rng.usize(..40);
            input = std::iter::repeat_with(|| rng.u8(..)).take(words).collect();
        }
        (target.mutate)(&mut input, &mut rng);
        input.truncate(target.len_max);
        if contain(|| body(subject, &input, &mut features)) != Ok(Ok(())) {
            return Some(run);
        }
        if features.take_new() {
            corpus.push(input);
        }
    }
    None
}

#[test]
fn named_targets_object_to_planted_bugs_from_an_empty_corpus() {
    let mut unseen = Vec::new();
    for (id, name) in [
        ("M02", "roundtrip"),
        ("M02", "cross"),
        ("M03", "decode"),
        ("M12", "roundtrip"),
        ("M25", "differential"),
        ("M49", "roundtrip"),
        ("M50", "differential"),
        ("M63", "decode"),
        ("M64", "negotiate"),
    ] {
        let subject = planted::find(id).unwrap().subject();
        match first_objection(name, subject.as_ref(), 400_000) {
            Some(run) => println!("{id} by {name}: run {run}"),
            None => unseen.push((id, name)),
        }
    }
    assert!(unseen.is_empty(), "{unseen:?}");
}

/// The bugs of selection and of the handshake (04 D, M64 to M77), and who finds them.
#[test]
fn bugs_of_negotiation_are_found_from_an_empty_corpus() {
    let is_negotiation = |bug: &&planted::Planted| bug.site() == planted::Site::Negotiation;
    let bugs: Vec<_> = planted::PLANTED.iter().filter(is_negotiation).collect();
    assert!(bugs.len() >= 14);
    let mut unseen = Vec::new();
    for bug in bugs {
        match first_objection("negotiate", bug.subject().as_ref(), 400_000) {
            Some(run) => println!("{} by negotiate: run {run}", bug.id),
            None => unseen.push(bug.id),
        }
    }
    assert!(unseen.is_empty(), "{unseen:?}");
}

/// A decoder for which a number of more than 64 bits is one of fewer (04 D, M10).
struct WrapsNumbers;

impl Subject for WrapsNumbers {
    fn decode(
        &self,
        message: MessageType,
        bytes: &Bytes,
        release: Release,
        number: i32,
    ) -> Result<Message, DecodeError> {
        let decoded = Message::decode(message, bytes, release, number);
        let long = bytes.windows(9).position(|run| run.iter().all(|byte| *byte >= 0x80));
        match (&decoded, long) {
            (Err(DecodeError::Malformed { fault, .. }), Some(start))
                if matches!(fault.kind(), FaultKind::OutOfRange { .. }) =>
            {
                // What is left of nine bytes without the bits that are too many is small.
                let mut wrapped = bytes.to_vec();
                wrapped.splice(start..start + 9, [1]);
                Message::decode(message, &wrapped.into(), release, number)
            }
            _ => decoded,
        }
    }
}

#[test]
fn numbers_that_wrap_are_found_by_the_second_reader() {
    let run = first_objection("differential", &WrapsNumbers, 400_000);
    println!("M10 by differential: {run:?}");
    assert!(run.is_some());
}

#[test]
fn bugs_of_the_envelope_are_found_among_frames() {
    for bug in ENVELOPE_BUGS.iter().filter(|bug| ["E2", "E4"].contains(&bug.id)) {
        let run = first_objection("frame", bug, 400_000);
        println!("{} by frame: {run:?}", bug.id);
        assert!(run.is_some(), "{}: {}", bug.id, bug.sentence);
    }
}

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
                (target.describe)(input)
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
        let distinct: BTreeSet<_> = seeds.iter().map(|seed| &seed.bytes).collect();
        assert_eq!(distinct.len(), seeds.len(), "{}", target.name);
        if ["decode", "roundtrip", "cross"].contains(&target.name) {
            let first = seeds.iter().filter_map(|seed| input::Input(&seed.bytes).message());
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
        for input in [&b""[..], &[0xff; 40], &[3, 5, 2, 9, 9, 9, 9, 9, 9]] {
            let text = (target.describe)(input);
            assert!(text.contains("#[test]") && text.contains(&hex::encode(input)), "{text}");
        }
        assert!(self::target(target.name).is_some());
        assert!((target.dictionary)().iter().all(|word| (1..=64).contains(&word.len())));
    }
}
