//! Annotations as text, and bytes read back from it.
//!
//! ```text
//! 0000  05 08                     header: tag 1, delimited, 8 bytes
//! 0002  04 f4 02                  header.local_tail = 500  (tag 1, varint)
//! ```
//!
//! A line has the offset, in decimal digits like all offsets that are printed, the bytes in
//! hexadecimal, and what they are. Columns depend on nothing but the line itself, so that a change
//! of one span changes no other line's layout. A long span goes on in lines that have no words.
//! Behind the last span of damaged bytes stands a line that names the fault.

use std::fmt::{self, Write as _};

use super::{Annotation, Span};

/// Bytes in front of the words.
const FIRST_LINE_LEN: usize = 8;
/// Bytes of a line that has no words.
const NEXT_LINE_LEN: usize = 16;
/// Between the bytes and the words.
const GAP: &str = "   ";
/// What the line of the fault begins with.
const FAULT_MARK: &str = "!";
/// The text of no bytes at all.
const NO_BYTES: &str = "(no bytes)";
/// Stands for the path of the value as a whole.
pub(super) const ROOT: &str = "(root)";

impl fmt::Display for Span<'_> {
    /// What it is, without its bytes: `nodes[0].instance_ts = 16712  (tag 1, varint)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, role) = (self.path(), self.role());
        match self.value() {
            Some(value) => {
                let path = if path.is_empty() { ROOT } else { &path };
                write!(f, "{path} = {value}")?;
                if role.is_empty() { Ok(()) } else { write!(f, "  ({role})") }
            }
            None if path.is_empty() => f.write_str(&role),
            None => write!(f, "{path}: {role}"),
        }
    }
}

impl fmt::Display for Annotation<'_> {
    /// The bytes with their explanation; [`read_back`] gives the bytes again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.bytes.is_empty() {
            writeln!(f, "{NO_BYTES}")?;
        }
        for span in self.spans() {
            write_span(f, &span)?;
        }
        match &self.damage {
            Some(damage) => writeln!(f, "{FAULT_MARK} {damage}"),
            None => Ok(()),
        }
    }
}

fn write_span(f: &mut fmt::Formatter<'_>, span: &Span<'_>) -> fmt::Result {
    let mut start = span.start();
    let bytes = span.bytes();
    let (first, rest) = bytes.split_at_checked(FIRST_LINE_LEN).unwrap_or((bytes, &[]));
    // Three columns a byte, the last one without the blank behind it.
    write_bytes(f, start, first)?;
    for _ in first.len()..FIRST_LINE_LEN {
        f.write_str("   ")?;
    }
    writeln!(f, "{GAP}{span}")?;
    start += first.len();
    for line in rest.chunks(NEXT_LINE_LEN) {
        write_bytes(f, start, line)?;
        writeln!(f)?;
        start += line.len();
    }
    Ok(())
}

fn write_bytes(f: &mut fmt::Formatter<'_>, start: usize, bytes: &[u8]) -> fmt::Result {
    write!(f, "{start:04} ")?;
    let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or('?');
    bytes.iter().try_for_each(|byte| {
        f.write_char(' ')?;
        f.write_char(digit(byte >> 4))?;
        f.write_char(digit(byte & 0xf))
    })
}

/// Why the text of an annotation gave no bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct ReadBackError {
    /// Number of the line in the text, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: ReadBackProblem,
}

/// What is wrong with a line of an annotation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadBackProblem {
    /// It does not begin with an offset and two blanks.
    #[error("expected an offset and two blanks")]
    NoOffset,
    /// Its offset is not the number of bytes before it.
    #[error("the offset is {found}, but {expected} bytes stand before it")]
    WrongOffset {
        /// Bytes before the line.
        expected: usize,
        /// The line's offset.
        found: usize,
    },
    /// What follows the offset is not bytes in hexadecimal with one blank between them.
    #[error("expected bytes in hexadecimal, each of two digits, with one blank between them")]
    NotHex,
}

/// The bytes that an annotation was rendered from. Words are not looked at; blank lines and the
/// line of the fault are passed over.
///
/// # Errors
///
/// The first line that is not one of an annotation, or whose offset does not fit.
pub fn read_back(text: &str) -> Result<Vec<u8>, ReadBackError> {
    let mut bytes = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_end();
        if line.is_empty() || line == NO_BYTES || line.starts_with(FAULT_MARK) {
            continue;
        }
        read_line(line, &mut bytes)
            .map_err(|problem| ReadBackError { line: index + 1, problem })?;
    }
    Ok(bytes)
}

fn read_line(line: &str, bytes: &mut Vec<u8>) -> Result<(), ReadBackProblem> {
    let (offset, rest) = line.split_once("  ").ok_or(ReadBackProblem::NoOffset)?;
    if offset.is_empty() || !offset.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(ReadBackProblem::NoOffset);
    }
    let found: usize = offset.parse().map_err(|_| ReadBackProblem::NoOffset)?;
    let expected = bytes.len();
    if found != expected {
        return Err(ReadBackProblem::WrongOffset { expected, found });
    }
    let hex = rest.split_once(GAP).map_or(rest, |(hex, _)| hex);
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|it| u8::try_from(it).ok());
    for pair in hex.as_bytes().split(|byte| *byte == b' ') {
        let [high, low] = pair else { return Err(ReadBackProblem::NotHex) };
        match (digit(*high), digit(*low)) {
            (Some(high), Some(low)) => bytes.push(high << 4 | low),
            _ => return Err(ReadBackProblem::NotHex),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::annotate::flexbuffers;

    #[test]
    fn long_spans_go_on_in_lines_without_words() {
        let mut bytes = vec![40];
        bytes.extend(0..40);
        bytes.extend([40, 25 << 2, 1]);
        let expected = "\
0000  28 00 01 02 03 04 05 06   (root) = 40 bytes
0008  07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15 16
0024  17 18 19 1a 1b 1c 1d 1e 1f 20 21 22 23 24 25 26
0040  27
0041  28                        -> 0001 Blob
0042  64                        root type Blob, width 1
0043  01                        root width 1
";
        let text = flexbuffers(&bytes).to_string();
        assert_eq!(text, expected);
        assert_eq!(read_back(&text).unwrap(), bytes);
    }

    #[test]
    fn words_cannot_be_taken_for_bytes() {
        // Text with line breaks, blanks and hexadecimal digits.
        let content = "a\n0004  ff   ff\r\n! x\u{2028}";
        let mut bytes = vec![content.len() as u8];
        bytes.extend(content.bytes());
        bytes.push(0);
        bytes.extend([content.len() as u8 + 1, 5 << 2, 1]);
        let text = flexbuffers(&bytes).to_string();
        assert_eq!(read_back(&text).unwrap(), bytes, "{text}");
    }

    #[test]
    fn no_bytes_have_a_text_too() {
        let text = flexbuffers(&[]).to_string();
        assert!(text.starts_with("(no bytes)\n! the value (byte 0): "), "{text}");
        assert_eq!(read_back(&text), Ok(Vec::new()));
        assert_eq!(read_back(""), Ok(Vec::new()));
    }

    #[test]
    fn damaged_text_is_refused_with_its_line() {
        let problem = |text: &str| {
            let ReadBackError { line, problem } = read_back(text).unwrap_err();
            (line, problem)
        };
        let wrong = |expected, found| ReadBackProblem::WrongOffset { expected, found };
        assert_eq!(problem("0000  05\n0002  08\n"), (2, wrong(1, 2)));
        assert_eq!(problem("\n0001  05"), (2, wrong(0, 1)));
        assert_eq!(problem("0000  5"), (1, ReadBackProblem::NotHex));
        assert_eq!(problem("0000  05 +8   x"), (1, ReadBackProblem::NotHex));
        assert_eq!(problem("0000  05  08"), (1, ReadBackProblem::NotHex));
        assert_eq!(problem("0000  "), (1, ReadBackProblem::NoOffset));
        assert_eq!(problem("+000  05"), (1, ReadBackProblem::NoOffset));
        assert_eq!(problem("5 5"), (1, ReadBackProblem::NoOffset));
        assert_eq!(problem(&format!("{}  05", "9".repeat(40))), (1, ReadBackProblem::NoOffset));
        assert_eq!(
            read_back("0001  05").unwrap_err().to_string(),
            "line 1: the offset is 1, but 0 bytes stand before it"
        );
    }
}
