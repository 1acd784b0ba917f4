//! What came of one case: it passed, was skipped for a reason, or is a finding.
//!
//! A finding about the subject is a verdict and never an `Err`: errors are for a harness that
//! cannot run.

use std::fmt;

use super::requirement::Requirement;

/// The address of a case: segments joined by `/`, from general to particular, as
/// `vectors/1.4.4/V1/Gossip/minimal`. Named, not numbered, so that it outlives its neighbours.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseId {
    address: String,
    requirement: Option<&'static Requirement>,
}

impl CaseId {
    /// The address made of these segments.
    pub fn from_segments<S: AsRef<str>>(segments: impl IntoIterator<Item = S>) -> Self {
        let mut address = String::new();
        for segment in segments {
            if !address.is_empty() {
                address.push('/');
            }
            address.push_str(segment.as_ref());
        }
        Self { address, requirement: None }
    }

    /// The same case, of this requirement.
    #[must_use]
    pub fn of(self, requirement: &'static Requirement) -> Self {
        Self { requirement: Some(requirement), ..self }
    }

    /// The address one segment further down.
    #[must_use]
    pub fn child(&self, segment: impl fmt::Display) -> Self {
        Self { address: format!("{}/{segment}", self.address), ..*self }
    }

    /// The requirement that the case is of, if it is of one.
    pub const fn requirement(&self) -> Option<&'static Requirement> {
        self.requirement
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.address
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)
    }
}

/// A requirement that the subject does not meet, with all that a reader needs to see why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The case that showed it.
    pub case: CaseId,
    /// What must hold, as a sentence.
    pub requirement: String,
    /// What should have been seen, in full.
    pub expected: String,
    /// What was seen, in full.
    pub actual: String,
    /// Where the two part: a field, a byte offset.
    pub place: Option<String>,
    /// A command line that repeats the case, ready to paste.
    pub repro: Option<String>,
}

/// What came of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a verdict that nobody records was not worth the check"]
pub enum Verdict {
    /// The requirement holds.
    Pass,
    /// The case says nothing about the subject, and why.
    Skip(String),
    /// The case could not be run this time, and why: it is skipped, and nothing follows from what was not
    /// seen.
    NotTried(String),
    /// The requirement does not hold.
    Fail(Box<Finding>),
}

impl From<Finding> for Verdict {
    fn from(finding: Finding) -> Self {
        Self::Fail(Box::new(finding))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_joins_its_segments() {
        let line = CaseId::from_segments(["vectors", "1.4.4"]);
        assert_eq!(line.as_str(), "vectors/1.4.4");
        assert_eq!(line.child("V1").child(7).to_string(), "vectors/1.4.4/V1/7");
        assert_eq!(CaseId::from_segments(["alone"]).as_str(), "alone");
    }
}
