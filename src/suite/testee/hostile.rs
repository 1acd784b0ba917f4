//! Bytes that nobody sends, and values that nobody thought of: what a testee makes of them, beside what
//! its release does.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use serde_json::json;

use super::Behind;
use crate::harness::fuzz::Target;
use crate::harness::fuzz::minimise::minimise;
use crate::harness::fuzz::run::{Finding as Found, NOT_TRIED};
use crate::harness::fuzz::session::{Budget, Event, Place, Session};
use crate::harness::render::quoted;
use crate::harness::report::Grid;
use crate::harness::testee::{DECODE, ENCODE, REENCODE};
use crate::harness::verdict::{CaseId, Finding, Verdict};
use crate::suite::{fuzz, repro, requirements};

/// The grid of what fuzzing found.
pub const HOSTILE: &str = "bytes that nobody sends";

/// What a testee is fed.
pub struct Feed<'a> {
    /// Whose inputs they are.
    pub target: &'static Target,
    /// Inputs that are there already, after the seeds of the target; more are made of all of them.
    pub inputs: Vec<Vec<u8>>,
    /// When it is enough. All that a testee is asked takes time.
    pub budget: Budget,
    /// The seed of all changes.
    pub seed: u64,
    /// Set by somebody who wants it to end now.
    pub stop: &'a AtomicBool,
}

/// What a testee was fed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fed {
    /// How many inputs asked it something.
    pub asked: u64,
    /// How many of those that were there already were not tried: there was no time.
    pub left: usize,
}

/// Feeds a testee: what its release would make of each input is known.
///
/// # Errors
///
/// If no thread can be had for it.
pub fn hostile(testee: &Arc<Behind>, feed: Feed<'_>, grid: &mut Grid) -> io::Result<Fed> {
    let Feed { target, inputs, budget, seed, stop } = feed;
    let name = testee.testee().name().to_owned();
    let case = |what: &str| {
        CaseId::from_segments(["testee", &name, "hostile", target.name, what])
            .of(&requirements::TESTEE_HOSTILE)
    };
    let begun = Instant::now();
    // What is foreseen is to be judged in its time, too.
    let is_enough = || matches!(budget, Budget::Time(time) if begun.elapsed() > time / 2);
    let foreseen = inputs.iter().filter_map(|input| fuzz::asked(target.name, input));
    testee.foresee_until(foreseen, is_enough);
    let budget = match budget {
        Budget::Time(time) => Budget::Time(time.saturating_sub(begun.elapsed())),
        Budget::Runs(_) => budget,
    };
    let before = fuzz::asked_so_far();
    let over = AtomicBool::new(false);
    let session = Session { target, place: Place::Asking, seed, budget, stop: &over };
    let seeds = (target.seeds)().into_iter().map(|seed| seed.bytes);
    let inputs: Vec<Vec<u8>> = seeds.chain(inputs).collect();
    let count = inputs.len();
    let mut found = Vec::new();
    let summary = session.run::<io::Error>(inputs, |event| {
        if let Event::Found(finding) = event {
            found.push(finding);
        }
        let is_over = stop.load(Ordering::Relaxed) || testee.testee().over().is_some();
        over.fetch_or(is_over, Ordering::Relaxed);
        Ok(())
    })?;
    for finding in found.into_iter().filter(|finding| finding.key.kind != NOT_TRIED) {
        let finding = minimise(target, Place::Asking, *finding, stop);
        let at = case(&format!("{}/{}", finding.key.kind, finding.key.place));
        let verdict = Verdict::from(in_words(testee, &finding, at.clone()));
        grid.record(target.name, &finding.key.kind, &at, verdict);
    }
    let (asked, untried) = fuzz::asked_so_far();
    let (asked, untried) = (asked - before.0, untried - before.1);
    let is_over = testee.testee().over().is_some();
    let left = if is_over { 0 } else { count.saturating_sub(summary.loaded) };
    let not_tried = |words: &str| Verdict::NotTried(words.to_owned());
    let verdict = match asked {
        _ if is_over => not_tried("it was not asked to the end"),
        _ if summary.is_cut => not_tried("it hung too often"),
        0 if left > 0 => not_tried("its time was over before the first input was about it"),
        0 => Verdict::Skip("no input was about a message that it has".to_owned()),
        _ if asked == untried => not_tried("of no input it gave a value or bytes"),
        _ => Verdict::Pass,
    };
    grid.record(target.name, "tried", &case("inputs"), verdict);
    Ok(Fed { asked, left })
}

fn in_words(testee: &Behind, found: &Found, case: CaseId) -> Finding {
    let expected = match found.words.expected.as_str() {
        "" => format!("what {} makes of it", testee.release()),
        words => format!("{words}, as {}", testee.release()),
    };
    Finding {
        case,
        requirement: requirements::TESTEE_HOSTILE.sentence.to_owned(),
        expected,
        actual: found.words.seen.clone(),
        place: None,
        repro: fuzz::asked(found.key.target, &found.input)
            .and_then(|asked| to_paste(testee, &asked)),
    }
}

/// A line that asks a testee the same thing again.
pub(super) fn to_paste(testee: &Behind, asked: &fuzz::Asked) -> Option<String> {
    let hello = testee.testee().hello();
    let reads = if hello.can(DECODE) { DECODE } else { REENCODE };
    let (release, id) = (testee.release(), 1);
    let question = match asked {
        fuzz::Asked::Payload(of, number, bytes) => {
            let (message, hex) = (of.row().word(), hex::encode(bytes));
            json!({ "id": id, "verb": reads, "message": message, "version": number, "hex": hex })
        }
        fuzz::Asked::Frame(of, bytes) => {
            json!({ "id": id, "verb": REENCODE, "message": of.word(), "hex": hex::encode(bytes) })
        }
        fuzz::Asked::Value(value, number) => {
            let message = value.message_type().row().word();
            match testee.value_at(value, *number) {
                Some(value) => json!({
                    "id": id, "verb": ENCODE, "message": message, "version": number, "value": value
                }),
                None => {
                    let hex = hex::encode(value.encode(release, *number).ok()?);
                    json!({
                        "id": id, "verb": REENCODE, "message": message, "version": number, "hex": hex
                    })
                }
            }
        }
    };
    Some(format!("echo {} | {}", quoted(&question.to_string()), repro::program(testee)))
}
