//! The note beside an input that showed a bug: what it shows, and how to see it again.

use std::path::Path;
use std::sync::Arc;

use super::aside;
use super::keeper::Discovery;
use super::run::limits;
use super::session::Place;
use super::{Target, Words};
use crate::boundary::{Limits, supervise};
use crate::render::excerpt::pair;
use crate::render::printable::{lines, printable};
use crate::render::{quoted, replay};

/// Characters of both sides of a difference.
const EXCERPT_WIDTH: usize = 70;
/// Bytes of a literal in one line.
const LITERAL_LINE: usize = 20;

/// The note of a discovery, as Markdown.
pub fn note(target: &Target, place: Place<'_>, discovery: &Discovery) -> String {
    let Discovery { finding, file, cause } = discovery;
    let mut about = vec![format!("place: {}", finding.key.place)];
    about.extend(cause.elsewhere(usize::MAX).map(|keys| format!("also: {keys}")));
    about.extend(cause.showers(usize::MAX));
    about.push(format!("input: {} bytes", finding.input.len()));
    let about: Vec<String> = about.iter().map(|line| format!("- {}\n", printable(line))).collect();
    format!(
        "# {target}: {kind}\n\n\
         {about}\n\
         ```text\n{came}```\n\n\
         The input, to paste into a test:\n\n\
         ```rust\n{value}\n```\n\n\
         See it again:\n\n\
         ```sh\n{repeat}\n```\n",
        target = target.name,
        kind = finding.key.kind,
        about = about.concat(),
        came = came(&finding.words),
        value = describe(target, place, &finding.input).trim_end(),
        repeat = repeat(file),
    )
}

/// What should have come and what came: the part in which they differ, and the whole of both.
fn came(words: &Words) -> String {
    let mut text = String::new();
    let pair = pair(&words.expected, &words.seen, EXCERPT_WIDTH);
    let wholes = [("expected", &words.expected), ("actual", &words.seen), ("bytes", &words.bytes)];
    if let Some(column) = pair.parting {
        text += &format!("expected  {}\nactual    {}\n", pair.expected, pair.actual);
        text += &format!("{:column$}^\n\n", "", column = 10 + column);
    }
    for (what, whole) in wholes.into_iter().filter(|(_, whole)| !whole.is_empty()) {
        text += &format!("{what:<9} {}\n", lines(whole.trim()).replace('\n', "\n          "));
    }
    text
}

/// The command that shows the finding of a file again.
pub fn repeat(file: &Path) -> String {
    format!("{} {}", replay(), quoted(&file.to_string_lossy()))
}

/// A note whose input lies somewhere else now.
pub fn readdress(note: &str, file: &Path) -> String {
    let replay = replay();
    let is_command =
        |line: &str| line.strip_prefix(replay.as_str()).is_some_and(|it| it.starts_with(' '));
    let lines = note.lines().map(|line| match line {
        line if is_command(line) => repeat(file),
        line => line.to_owned(),
    });
    lines.map(|line| line + "\n").collect()
}

/// The input in the words of the target; as bytes if the bug is in the way of that.
pub fn describe(target: &Target, place: Place<'_>, input: &[u8]) -> String {
    let described = match place {
        Place::Thread | Place::Asking => described(target, input),
        Place::Process(program) => aside::described(program, target, input).ok().flatten(),
    };
    described.unwrap_or_else(|| literal(input))
}

fn described(target: &Target, input: &[u8]) -> Option<String> {
    let (describe, name, bytes) = (target.describe, target.name, input.to_vec());
    let bounds = Limits { memory: u64::MAX, ..limits(input.len()) };
    supervise(1, bounds, Arc::new(move |_| describe(name, &bytes))).pop()?.ok()
}

/// Bytes as a literal of Rust, a few in each line.
pub fn literal(bytes: &[u8]) -> String {
    let line = |line: &[u8]| {
        let bytes = line.iter().enumerate().map(|(index, byte)| match byte {
            // The end of the line before swallows the spaces after it.
            b' ' if index == 0 => "\\x20".to_owned(),
            b'"' | b'\\' => format!("\\{}", char::from(*byte)),
            b' '..=b'~' => char::from(*byte).to_string(),
            _ => format!("\\x{byte:02x}"),
        });
        bytes.collect::<String>()
    };
    let lines: Vec<String> = bytes.chunks(LITERAL_LINE).map(line).collect();
    format!("b\"{}\"", lines.join("\\\n      "))
}

#[cfg(test)]
mod tests {
    use super::super::causes::Cause;
    use super::super::run::replay;
    use super::super::toy;
    use super::*;

    #[test]
    fn a_note_says_all_that_is_needed() {
        let finding = replay(&toy::BUGGY, b"bug!").unwrap();
        let file = Path::new("my corpus/buggy/regress-bug-0123abcd");
        let (cause, file) = (Cause::of(&finding), file.to_owned());
        let text = note(&toy::BUGGY, Place::Thread, &Discovery { finding, file, cause });
        for part in [
            "# buggy: bug\n",
            "place: the word\n",
            "- with: nothing else\n",
            "actual    4 bytes\n",
            "```rust\nbuggy: [98, 117, 103, 33]\n```",
            "```sh\nskewproof corpus replay 'my corpus/buggy/regress-bug-0123abcd'\n```",
        ] {
            assert!(text.contains(part), "{text}");
        }
        let moved = readdress(&text, Path::new("corpus/buggy/x"));
        assert!(moved.contains("```sh\nskewproof corpus replay corpus/buggy/x\n```\n"), "{moved}");
        assert_eq!(moved.lines().count(), text.lines().count());
    }

    #[test]
    fn an_input_that_cannot_be_described_is_shown_as_bytes() {
        let target = Target { describe: |_, _| panic!("no words"), ..toy::BUGGY };
        assert_eq!(describe(&target, Place::Thread, b"a\x07"), r#"b"a\x07""#);
    }

    #[test]
    fn a_long_literal_has_several_lines_and_loses_no_space() {
        assert_eq!(literal(b"\"\\"), r#"b"\"\\""#);
        let text = literal(&[b' '; LITERAL_LINE + 1]);
        let rest = " ".repeat(LITERAL_LINE - 1);
        assert_eq!(text, format!("b\"\\x20{rest}\\\n      \\x20\""));
    }
}
