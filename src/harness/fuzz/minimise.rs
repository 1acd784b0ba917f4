//! Shorter inputs that show the same.

use super::Target;
use super::run::{Finding, replay};

/// Runs that one finding is worth.
const RUNS_MAX: usize = 2000;

/// Shrinks the input of a finding as long as it is found in the same way. One that hangs
/// or ends its process stays as it is.
pub fn minimise(target: &Target, finding: Finding) -> Finding {
    if finding.is_costly() {
        return finding;
    }
    let mut least = finding;
    let key = least.key.clone();
    shrink(least.input.clone(), RUNS_MAX, |input| {
        let again = replay(target, input).filter(|again| again.key == key);
        again.map(|again| least = again).is_some()
    });
    least
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
        let finding = replay(&toy::BUGGY, b"bug! and more").unwrap();
        let least = minimise(&toy::BUGGY, finding.clone());
        assert_eq!((&least.key, least.input.as_slice()), (&finding.key, b"bug!".as_slice()));
        assert_eq!(least.seen, "4 bytes");
        let panic = replay(&toy::BUGGY, b"bu0!!!").unwrap();
        assert_eq!(minimise(&toy::BUGGY, panic).input, b"bu0");
    }
}
