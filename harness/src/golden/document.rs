//! The form of a document: the snapshot file that insta reads, and in it fields and paragraphs.
//!
//! ```
//! use skewproof_harness::golden::{Document, Snapshot};
//!
//! let file = Snapshot::write("tests/it/golden.rs", "message: Ping\n\nbytes: 1\n0000  00\n");
//! let snapshot = Snapshot::read(&file)?;
//! let document = Document::read(&snapshot)?;
//! assert_eq!(document.field("message"), Some("Ping"));
//! assert_eq!(document.paragraphs[0].title, "bytes: 1");
//! assert_eq!((document.paragraphs[0].line, document.paragraphs[0].body), (6, "0000  00\n"));
//! # Ok::<_, skewproof_harness::golden::SnapshotError>(())
//! ```

use thiserror::Error;

/// What stands above and below the head.
const FENCE: &str = "---\n";

/// A file in two parts: the head, in which insta keeps where the snapshot comes from, and the
/// content, which is all that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snapshot<'a> {
    /// The content, with the line break at its end.
    pub content: &'a str,
    /// The line of the file on which the content begins, counted from 1.
    pub line: usize,
}

/// Why a file is no document, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {problem}")]
pub struct SnapshotError {
    /// The line of the file, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: SnapshotProblem,
}

/// What is wrong with a line of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SnapshotProblem {
    /// The first line is not the fence of a head.
    #[error("expected the `---` above the head")]
    NoHead,
    /// The head does not end.
    #[error("expected the `---` below the head")]
    HeadWithoutEnd,
    /// The file does not end with a line break: it was cut.
    #[error("the last line has no end")]
    NoLastLineBreak,
    /// A line of the first paragraph is not a name, a colon, and a value.
    #[error("expected a name, a colon and a value")]
    NotAField,
}

impl<'a> Snapshot<'a> {
    /// Splits a file.
    ///
    /// # Errors
    ///
    /// If it has no head, or does not end with a line break.
    pub fn read(file: &'a str) -> Result<Self, SnapshotError> {
        let wrong = |line, problem| SnapshotError { line, problem };
        let rest = file.strip_prefix(FENCE).ok_or(wrong(1, SnapshotProblem::NoHead))?;
        let mut line = 2;
        let mut len = 0;
        for text in rest.split_inclusive('\n') {
            len += text.len();
            line += 1;
            if text == FENCE {
                let content = rest.get(len..).unwrap_or_default();
                if !content.ends_with('\n') {
                    let line = line + content.lines().count().saturating_sub(1);
                    return Err(wrong(line, SnapshotProblem::NoLastLineBreak));
                }
                return Ok(Self { content, line });
            }
        }
        Err(wrong(line, SnapshotProblem::HeadWithoutEnd))
    }

    /// A file with this content, as insta writes it once it is accepted: `source` is the test that
    /// asserts it.
    pub fn write(source: &str, content: &str) -> String {
        format!("{FENCE}source: {source}\n{FENCE}{content}")
    }
}

/// A content in its parts: fields up to the first blank line, then paragraphs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document<'a> {
    /// What the document is about.
    pub fields: Vec<Field<'a>>,
    /// What it says.
    pub paragraphs: Vec<Paragraph<'a>>,
}

/// A name and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// The line of the file, counted from 1.
    pub line: usize,
    /// What stands before the colon.
    pub name: &'a str,
    /// What stands behind it, without blanks around it.
    pub value: &'a str,
}

/// Lines without a blank one between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paragraph<'a> {
    /// The line of the file on which the title stands, counted from 1. The body follows.
    pub line: usize,
    /// The first line.
    pub title: &'a str,
    /// The other lines, each with its end.
    pub body: &'a str,
}

impl<'a> Document<'a> {
    /// Reads a content.
    ///
    /// # Errors
    ///
    /// If a line of the first paragraph is no field.
    pub fn read(snapshot: &Snapshot<'a>) -> Result<Self, SnapshotError> {
        let mut fields = Vec::new();
        let mut line = snapshot.line;
        let mut paragraphs = snapshot.content.split("\n\n");
        let first = paragraphs.next().unwrap_or_default();
        for text in first.lines() {
            let problem = SnapshotError { line, problem: SnapshotProblem::NotAField };
            let (name, value) = text.split_once(':').ok_or(problem)?;
            fields.push(Field { line, name, value: value.trim() });
            line += 1;
        }
        let paragraphs = paragraphs.map(|text| {
            line += 1;
            let (title, body) = text.split_once('\n').unwrap_or((text, ""));
            let paragraph = Paragraph { line, title, body };
            line += text.lines().count();
            paragraph
        });
        let paragraphs = paragraphs.collect();
        Ok(Self { fields, paragraphs })
    }

    /// The value of a field, if it is there.
    pub fn field(&self, name: &str) -> Option<&'a str> {
        self.fields.iter().find(|field| field.name == name).map(|field| field.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTENT: &str = "a: 1\nb: x: y\n\nfirst:\n1\n2\n\nsecond\n\nthird\n3\n";

    #[test]
    fn what_was_written_is_read() {
        let file = Snapshot::write("t.rs", CONTENT);
        let snapshot = Snapshot::read(&file).unwrap();
        assert_eq!(snapshot, Snapshot { content: CONTENT, line: 4 });
        let document = Document::read(&snapshot).unwrap();
        assert_eq!((document.field("b"), document.field("c")), (Some("x: y"), None));
        let parts: Vec<_> =
            document.paragraphs.iter().map(|part| (part.line, part.title, part.body)).collect();
        assert_eq!(parts, [(7, "first:", "1\n2"), (11, "second", ""), (13, "third", "3\n")]);
        let lines: Vec<_> = file.lines().collect();
        assert!(parts.iter().all(|(line, title, _)| lines[line - 1] == *title));
    }

    #[test]
    fn a_head_with_more_in_it_is_passed_over() {
        let file = "---\nsource: a\nassertion_line: 7\nexpression: \"x\"\n---\na: 1\n";
        assert_eq!(Snapshot::read(file).unwrap(), Snapshot { content: "a: 1\n", line: 6 });
    }

    #[test]
    fn a_cut_file_is_refused_with_its_line() {
        let problem = |file: &str| Snapshot::read(file).unwrap_err();
        let wrong = |line, problem| SnapshotError { line, problem };
        assert_eq!(problem(""), wrong(1, SnapshotProblem::NoHead));
        assert_eq!(problem("a: 1\n"), wrong(1, SnapshotProblem::NoHead));
        assert_eq!(problem("---\nsource: a\n"), wrong(3, SnapshotProblem::HeadWithoutEnd));
        assert_eq!(problem("---\n---\na: 1\nb"), wrong(4, SnapshotProblem::NoLastLineBreak));
        assert_eq!(problem("---\n---\n"), wrong(3, SnapshotProblem::NoLastLineBreak));
        let snapshot = Snapshot::read("---\n---\na: 1\nb\n").unwrap();
        assert_eq!(Document::read(&snapshot).unwrap_err(), wrong(4, SnapshotProblem::NotAField));
    }
}
