//! Text from elsewhere made fit to be seen: nothing in it moves the cursor, hides, or turns the
//! direction of writing. Everything that is printed or written goes through here, as a line or as
//! lines.

use std::borrow::Cow;
use std::fmt::Write;
use std::io;

/// The text as one line: what is not plainly visible is escaped as Rust does, line breaks too.
pub fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false, |visible, c| visible.extend(c.escape_debug()))
}

/// The text with its line breaks: what is not plainly visible is escaped as JSON does, so that a
/// JSON document stays the one that it is.
///
/// ```
/// use skewproof_harness::render::printable::lines;
///
/// assert_eq!(lines("{\"a\u{200b}\": \"\u{7f}\"}\n"), "{\"a\\u200b\": \"\\u007f\"}\n");
/// ```
pub fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c == '\n', escape_as_json)
}

/// As [`lines`], of text with colour codes in it, whose outside parts are [`printable`] already.
pub fn coloured_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| matches!(c, '\n' | '\x1b'), escape_as_json)
}

/// Writes [`lines`] of what is written to it, piece by piece. A piece is text: as long as nobody
/// tears a character apart, as formatting and JSON do not.
#[derive(Debug)]
pub struct Lines<W>(pub W);

impl<W: io::Write> io::Write for Lines<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(lines(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Whether a character is what it looks like.
fn is_visible(c: char) -> bool {
    match c {
        ' '..='~' => true,
        _ if c.is_ascii() => false,
        _ => c.escape_debug().len() == 1,
    }
}

fn escaped(
    text: &str,
    is_kept: impl Fn(char) -> bool,
    escape: impl Fn(&mut String, char),
) -> Cow<'_, str> {
    let is_fine = |c: char| is_visible(c) || is_kept(c);
    let Some((mut visible, rest)) = text
        .find(|c| !is_fine(c))
        .and_then(|at| text.split_at_checked(at))
        .map(|(before, rest)| {
            let mut visible = String::with_capacity(text.len());
            visible.push_str(before);
            (visible, rest)
        })
    else {
        return Cow::Borrowed(text);
    };
    for c in rest.chars() {
        if is_fine(c) { visible.push(c) } else { escape(&mut visible, c) }
    }
    Cow::Owned(visible)
}

fn escape_as_json(visible: &mut String, c: char) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        let _ = write!(visible, "\\u{unit:04x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of every kind: C0, C1, DEL, line separators, directions, no width, tags.
    const HOSTILE: [char; 17] = [
        '\0',
        '\x07',
        '\x1b',
        '\r',
        '\x7f',
        '\u{80}',
        '\u{9b}',
        '\u{ad}',
        '\u{200b}',
        '\u{200e}',
        '\u{2028}',
        '\u{202e}',
        '\u{2060}',
        '\u{2067}',
        '\u{feff}',
        '\u{fff9}',
        '\u{e0041}',
    ];

    #[test]
    fn nothing_printable_moves_the_cursor() {
        assert_eq!(printable("a\n\x1b[31m\u{202e}\"ü✓\""), "a\\n\\u{1b}[31m\\u{202e}\"ü✓\"");
        for c in HOSTILE {
            let text = format!("a{c}b\n");
            for shown in [printable(&text), lines(&text)] {
                assert!(!shown.contains(c) && shown.starts_with("a\\"), "{shown}");
            }
            assert_eq!(coloured_lines(&text).contains(c), c == '\x1b');
        }
    }

    #[test]
    fn a_document_stays_the_one_that_it_is() {
        let value = serde_json::json!({ String::from_iter(HOSTILE): "é \u{1f600}\u{e0041}\n" });
        let shown = lines(&format!("{value:#}\n")).into_owned();
        assert!(shown.contains('é') && !shown.contains(HOSTILE), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }
}
