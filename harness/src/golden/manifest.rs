//! The manifest: which documents are frozen, and the digest of what is frozen of each.
//!
//! ```text
//! # A comment.
//! <sha-256> 1.7 v2/Gossip/typical
//! amended v2/Gossip/typical was <sha-256>: the reason
//! ```
//!
//! A frozen document may still grow: a release that comes later may join it. The scope, here `1.7`,
//! says up to where the digest goes; what lies beyond it is left out, by the suite, before the
//! digest is made.

use std::collections::BTreeMap;

use thiserror::Error;

use super::digest::Digest;

/// How the line of an amendment begins.
const AMENDED: &str = "amended ";
/// What stands between the parts of an amendment.
const WAS: &str = " was ";

/// What is frozen of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    /// The digest of it.
    pub digest: Digest,
    /// Up to where the digest goes; the word means something to the suite.
    pub scope: String,
}

/// A frozen document that was changed or removed on purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    /// The document.
    pub name: String,
    /// The digest that it had before.
    pub was: Digest,
    /// Why it was changed, in one line.
    pub reason: String,
}

/// The frozen documents by name, and what was ever amended, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The frozen documents.
    pub frozen: BTreeMap<String, Frozen>,
    /// The amendments.
    pub amendments: Vec<Amendment>,
}

/// Why a text is no manifest, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {problem}")]
pub struct ManifestError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: ManifestProblem,
}

/// What is wrong with a line of a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ManifestProblem {
    /// It is neither an entry nor an amendment.
    #[error("expected a digest, a scope and a name, or an amendment")]
    NotAnEntry,
    /// The document has an entry already.
    #[error("a second entry of one document")]
    Twice,
}

impl Manifest {
    /// Notes that a frozen document was changed or removed on purpose, which had this digest, and why.
    pub fn amend(&mut self, name: &str, was: Digest, reason: &str) {
        // One line is one amendment.
        let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        self.amendments.push(Amendment { name: name.to_owned(), was, reason });
    }

    /// Reads a manifest. Blank lines and those that begin with `#` are passed over.
    ///
    /// # Errors
    ///
    /// The first line that is not one of a manifest.
    pub fn read(text: &str) -> Result<Self, ManifestError> {
        let mut manifest = Self::default();
        for (index, text) in text.lines().enumerate() {
            let wrong = |problem| ManifestError { line: index + 1, problem };
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let amendment = text.strip_prefix(AMENDED).map(Amendment::read);
            if let Some(amendment) = amendment {
                let amendment = amendment.ok_or_else(|| wrong(ManifestProblem::NotAnEntry))?;
                manifest.amendments.push(amendment);
                continue;
            }
            let (name, frozen) =
                read_entry(text).ok_or_else(|| wrong(ManifestProblem::NotAnEntry))?;
            if manifest.frozen.insert(name, frozen).is_some() {
                return Err(wrong(ManifestProblem::Twice));
            }
        }
        Ok(manifest)
    }

    /// The manifest as text, below a comment.
    pub fn write(&self, comment: &str) -> String {
        let mut text = String::new();
        for line in comment.lines() {
            text.push_str("# ");
            text.push_str(line);
            text.push('\n');
        }
        for (name, Frozen { digest, scope }) in &self.frozen {
            text.push_str(&format!("{digest} {scope} {name}\n"));
        }
        for Amendment { name, was, reason } in &self.amendments {
            text.push_str(&format!("{AMENDED}{name}{WAS}{was}: {reason}\n"));
        }
        text
    }
}

impl Amendment {
    fn read(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once(WAS)?;
        let (was, reason) = rest.split_once(": ")?;
        let was = was.parse().ok()?;
        Some(Self { name: name.to_owned(), was, reason: reason.to_owned() })
    }
}

fn read_entry(text: &str) -> Option<(String, Frozen)> {
    let mut parts = text.splitn(3, ' ');
    let digest = parts.next()?.parse().ok()?;
    let scope = parts.next()?.to_owned();
    let name = parts.next()?.to_owned();
    Some((name, Frozen { digest, scope }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let frozen = |text| Frozen { digest: Digest::of(text), scope: "1.7".into() };
        let manifest = Manifest {
            frozen: BTreeMap::from([("a/b".into(), frozen("b")), ("a/c".into(), frozen("c"))]),
            amendments: vec![Amendment {
                name: "a/b".into(),
                was: Digest::of("older"),
                reason: "it was: wrong".into(),
            }],
        };
        let text = manifest.write("Two\nlines.");
        assert!(text.starts_with("# Two\n# lines.\n"), "{text}");
        assert_eq!(Manifest::read(&text), Ok(manifest));
        assert_eq!(Manifest::read(""), Ok(Manifest::default()));
    }

    #[test]
    fn a_damaged_manifest_is_refused_with_its_line() {
        let digest = Digest::of("a");
        for (text, line, problem) in [
            (format!("{digest} 1.7 a\n{digest} 1.7 a\n"), 2, ManifestProblem::Twice),
            (format!("\n{digest} 1.7\n"), 2, ManifestProblem::NotAnEntry),
            ("abc 1.7 a\n".to_owned(), 1, ManifestProblem::NotAnEntry),
            ("amended a because\n".to_owned(), 1, ManifestProblem::NotAnEntry),
        ] {
            assert_eq!(Manifest::read(&text), Err(ManifestError { line, problem }), "{text}");
        }
    }
}
