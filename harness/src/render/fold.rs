//! Words in lines that fit a terminal.

use crate::verdict::Finding;

/// Columns of a terminal.
pub const WIDTH: usize = 80;

/// Words in lines of at most so many columns, each indented and ended. A word that is longer is broken.
pub fn folded(indent: &str, words: &str, width: usize) -> String {
    let mut text = String::new();
    let mut columns = 0;
    let letters: Vec<Vec<char>> = words.split(' ').map(|word| word.chars().collect()).collect();
    let room = width.saturating_sub(indent.len()).max(1);
    let pieces = letters.iter().flat_map(|word| match word.as_slice() {
        [] => vec![String::new()],
        word => word.chunks(room).map(|piece| piece.iter().collect()).collect(),
    });
    for word in pieces {
        let len = word.chars().count();
        if columns > 0 && columns + 1 + len > width {
            text.push('\n');
            columns = 0;
        }
        let gap = if columns == 0 { indent } else { " " };
        text.push_str(gap);
        text.push_str(&word);
        columns += gap.len() + len;
    }
    text.push('\n');
    text
}

/// Adds words in lines that fit a terminal: the first begins as given, the others so many blanks
/// further right.
pub fn paragraph(text: &mut String, first: &str, indent: usize, words: &str) {
    paragraph_of(text, first, indent, words.split_whitespace());
}

/// Adds a finding in short: its address, what was seen, and how it is repeated.
pub fn brief(text: &mut String, finding: &Finding) {
    const INDENT: &str = "      ";
    text.push_str(&format!("\n✗ {}\n", finding.case));
    paragraph(text, INDENT, INDENT.len(), &finding.actual);
    text.extend(finding.repro.iter().map(|line| format!("{INDENT}{line}\n")));
}

/// As [`paragraph`], of pieces that stay whole.
pub fn paragraph_of<S: AsRef<str>>(
    text: &mut String,
    first: &str,
    indent: usize,
    pieces: impl IntoIterator<Item = S>,
) {
    let mut line = first.to_owned();
    let mut is_begun = false;
    for piece in pieces {
        let piece = piece.as_ref();
        let columns = line.chars().count() + usize::from(is_begun) + piece.chars().count();
        if is_begun && columns > WIDTH {
            text.push_str(&line);
            text.push('\n');
            line = " ".repeat(indent);
            is_begun = false;
        }
        if is_begun {
            line.push(' ');
        }
        line.push_str(piece);
        is_begun = true;
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_fits_a_terminal() {
        let mut text = String::new();
        paragraph(&mut text, "- ", 2, &"word ".repeat(40));
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
        assert!(text.starts_with("- word word") && text.contains("\n  word"), "{text}");
        paragraph(&mut text, "  ", 2, "");
        assert!(text.ends_with("\n\n"));
    }

    #[test]
    fn a_word_that_is_longer_than_a_line_is_broken() {
        let text = folded("  ", &format!("word {}", "x".repeat(20)), 12);
        assert_eq!(text, "  word\n  xxxxxxxxxx\n  xxxxxxxxxx\n");
    }
}
