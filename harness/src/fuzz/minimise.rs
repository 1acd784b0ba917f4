//! Shorter inputs that show the same.

use std::sync::atomic::{AtomicBool, Ordering};

use super::Target;
use super::aside;
use super::run::{Finding, replay};
use super::session::Place;

/// Runs that one finding is worth.
const RUNS_MAX: usize = 2000;

/// Shrinks the input of a finding as long as it is found in the same way, nobody stops it, and no
/// shorter one hangs or ends the process that it is run in. One that does so itself stays as it is.
pub fn minimise(target: &Target, place: Place<'_>, finding: Finding, stop: &AtomicBool) -> Finding {
    if finding.is_costly() {
        return finding;
    }
    let mut least = finding.clone();
    match place {
        Place::Thread | Place::Asking => shrunk(target, &finding, |better| {
            least = better;
            !stop.load(Ordering::Relaxed)
        }),
        Place::Process(program) => {
            // Without a process it is not shortened, and kept all the same.
            if let Ok(Some(better)) = aside::shrunk(program, target, &finding, stop) {
                least = better;
            }
        }
    }
    least
}

/// Tells each shorter input that is found in the same way, for as long as the one who is told wants
/// to know.
pub(super) fn shrunk(target: &Target, finding: &Finding, mut tell: impl FnMut(Finding) -> bool) {
    let mut is_over = false;
    shrink(finding.input.clone(), RUNS_MAX, |input| {
        if is_over {
            return false;
        }
        match replay(target, input) {
            Some(again) if again.key == finding.key => {
                is_over = !tell(again);
                true
            }
            // It costs the whole time limit, and so would the next one.
            Some(other) => {
                is_over = other.is_costly();
                false
            }
            None => false,
        }
    });
}

/// Removes chunks, then sets bytes to zero, as long as `is_same` says so and is asked at most
/// `runs_max` times.
fn shrink(mut input: Vec<u8>, runs_max: usize, mut is_same: impl FnMut(&[u8]) -> bool) -> Vec<u8> {
    let mut runs = 0;
    let mut is_better = |candidate: &[u8]| {
        runs += 1;
        runs <= runs_max && is_same(candidate)
    };
    let mut len = input.len().next_power_of_two();
    while len > 0 {
        let mut at = 0;
        while at < input.len() {
            let mut candidate = input.clone();
            candidate.drain(at..input.len().min(at + len));
            if is_better(&candidate) {
                input = candidate;
            } else {
                at += len;
            }
        }
        len /= 2;
    }
    for at in 0..input.len() {
        let byte = std::mem::take(&mut input[at]);
        if byte != 0 && !is_better(&input) {
            input[at] = byte;
        }
    }
    input
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::time::Duration;

    use super::super::Objection;
    use super::super::toy;
    use super::*;

    #[test]
    fn what_is_not_needed_goes() {
        let input = b"some of this is needed".to_vec();
        let has = |input: &[u8], byte| input.contains(&byte);
        assert_eq!(shrink(input.clone(), 1000, |it| has(it, b'n')), b"n");
        assert_eq!(shrink(input.clone(), 1000, |it| it.len() >= 3), [0; 3]);
        assert_eq!(shrink(input.clone(), 1000, |it| it == input), input);
        let mut runs = 0;
        shrink(input, 7, |_| {
            runs += 1;
            false
        });
        assert_eq!(runs, 7);
    }

    #[test]
    fn the_finding_stays_the_same() {
        let stop = AtomicBool::new(false);
        let least = |finding| minimise(&toy::BUGGY, Place::Thread, finding, &stop);
        let finding = replay(&toy::BUGGY, b"bug! and more").unwrap();
        let bug = least(finding.clone());
        assert_eq!((&bug.key, bug.input.as_slice()), (&finding.key, b"bug!".as_slice()));
        assert_eq!(bug.words.seen, "4 bytes");
        let panic = replay(&toy::BUGGY, b"bu0!!!").unwrap();
        assert_eq!(least(panic).input, b"bu0");
    }

    #[test]
    fn it_ends_when_it_is_told_to_and_with_the_first_hang() {
        static HUNG: AtomicUsize = AtomicUsize::new(0);
        let finding = replay(&toy::BUGGY, b"bug! and much more").unwrap();
        let stopped = minimise(&toy::BUGGY, Place::Thread, finding, &AtomicBool::new(true));
        assert!(stopped.input.len() > 4);
        let target = Target {
            body: |input, _| {
                if input.len() < 4 {
                    HUNG.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(Duration::from_secs(3600));
                }
                Err(Objection { kind: "odd", ..Objection::default() })
            },
            ..toy::TRIVIAL
        };
        let finding = replay(&target, &[7; 8]).unwrap();
        let least = minimise(&target, Place::Thread, finding, &AtomicBool::new(false));
        assert_eq!((least.input.len(), HUNG.load(Ordering::Relaxed)), (8, 1));
    }
}
