//! Whether there is memory for an answer, before it is begun: where a process may have so much and no
//! more, the system ends it without a word.

use std::fs;

use super::outcome::CannotRun;

/// Bytes of memory that an answer takes at most for each byte of input. The benchmark `doors` shows
/// that they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Of a value, read or written.
    Value = 64,
    /// Of an explanation.
    Explanation = 128,
    /// Of a comparison of two encodings.
    Difference = 256,
}

/// What a process has of memory beside its answer.
const BESIDE: u64 = 64 << 20;
/// The line of the limit that `ulimit -v` sets.
const LIMIT: &str = "Max address space";
/// The line of what is taken already.
const TAKEN: &str = "VmSize:";

/// Refuses an input of so many bytes for whose answer there may be too little memory. Where nobody
/// limits it, or the system does not say, nothing is refused.
///
/// # Errors
///
/// If there is too little.
pub fn check(need: Need, len: usize) -> Result<(), CannotRun> {
    let Some(free) = free() else { return Ok(()) };
    let needed = (len as u64).saturating_mul(need as u64).saturating_add(BESIDE);
    if needed <= free {
        return Ok(());
    }
    let (needed, free) = (needed >> 20, free >> 20);
    Err(CannotRun::new(format!(
        "an input of {len} bytes may take {needed} MiB of memory, and this process may have {free} MiB more"
    ))
    .hint("raise the limit, as with `ulimit -v unlimited`, or give less"))
}

/// Bytes of address space that this process may still have, where that is limited.
fn free() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let limit: u64 = number(&limits, LIMIT)?;
    let status = fs::read_to_string("/proc/self/status").ok()?;
    Some(limit.saturating_sub(number(&status, TAKEN)? << 10))
}

/// The first number behind a word at the beginning of a line; none where it is no number.
fn number(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_or_none() {
        let limits = "Limit  Soft  Hard\nMax address space         2048000000  unlimited  bytes\n";
        assert_eq!(number(limits, LIMIT), Some(2_048_000_000));
        assert_eq!(number("Max address space    unlimited  unlimited  bytes\n", LIMIT), None);
        assert_eq!(number("Name:\tx\nVmSize:\t    9084 kB\n", TAKEN), Some(9084));
    }

    #[test]
    fn small_inputs_have_memory() {
        assert_eq!(check(Need::Difference, 1 << 10), Ok(()));
    }
}
