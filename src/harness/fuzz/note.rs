//! The note beside an input that showed a bug: what it shows, and how to see it again.

use std::path::Path;
use std::sync::Arc;

use super::Target;
use super::run::{Finding, limits};
use crate::harness::boundary::{Limits, supervise};
use crate::harness::render::REPLAY;

/// The note of a finding, as Markdown.
pub fn note(target: &Target, finding: &Finding, file: &Path) -> String {
    format!(
        "# {target}: {kind}\n\n\
         - place: {place}\n\
         - seen: {seen}\n\
         - input: {len} bytes\n\n\
         The input, to paste into a test:\n\n\
         ```rust\n{value}\n```\n\n\
         See it again:\n\n\
         ```sh\n{repeat}\n```\n",
        target = target.name,
        kind = finding.key.kind,
        place = finding.key.place,
        seen = finding.seen.trim().replace('\n', "\n  "),
        len = finding.input.len(),
        value = describe(target, &finding.input).trim_end(),
        repeat = repeat(file),
    )
}

/// The command that shows the finding of a file again.
pub fn repeat(file: &Path) -> String {
    format!("{REPLAY} {}", file.display())
}

/// The input in the words of the target; as bytes if the bug is in the way of that.
pub fn describe(target: &Target, input: &[u8]) -> String {
    let (describe, bytes) = (target.describe, input.to_vec());
    let bounds = Limits { memory: u64::MAX, ..limits(input.len()) };
    let described = supervise(1, bounds, Arc::new(move |_| describe(&bytes))).pop();
    described.and_then(Result::ok).unwrap_or_else(|| format!("{input:#04x?}"))
}

#[cfg(test)]
mod tests {
    use super::super::run::replay;
    use super::super::toy;
    use super::*;

    #[test]
    fn a_note_says_all_that_is_needed() {
        let finding = replay(&toy::BUGGY, b"bug!").unwrap();
        let text = note(&toy::BUGGY, &finding, Path::new("corpus/buggy/regress-bug-0123abcd"));
        for part in [
            "# buggy: bug\n",
            "place: the word\n",
            "seen: 4 bytes\n",
            "```rust\n[98, 117, 103, 33]\n```",
            "```sh\nskewproof corpus replay corpus/buggy/regress-bug-0123abcd\n```",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn an_input_that_cannot_be_described_is_shown_as_bytes() {
        let target = Target { describe: |_| panic!("no words"), ..toy::BUGGY };
        assert_eq!(describe(&target, &[7]), "[\n    0x07,\n]");
    }
}
