//! What must hold, each with a name, and how a run stands to it.
//!
//! A case says which requirement it is of. That way a report counts requirements, each with its cases,
//! and knows those that nothing has tested.

use std::fmt;

use super::report::Tally;
use super::verdict::CaseId;

/// How binding a requirement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Without it nodes cannot work together, or data is at risk.
    Must,
    /// Without it the suite proves less, or people are told less.
    Should,
    /// Nobody demands it: it is what the releases do, good or bad.
    AsReleased,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::AsReleased => "as released",
        })
    }
}

/// Something that must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Requirement {
    /// The part of a run that tests it, as `session`: the first half of its name.
    pub part: &'static str,
    /// The second half, as `watch`.
    pub name: &'static str,
    /// How binding it is.
    pub level: Level,
    /// What must hold, as a sentence.
    pub sentence: &'static str,
    /// The place of the specification that says so, as a mark.
    pub place: &'static str,
    /// The command that tests it, if the main job does not.
    pub elsewhere: Option<&'static str>,
}

impl Requirement {
    /// The case of this requirement at an address that begins with its name.
    pub fn case<S: AsRef<str>>(&'static self, segments: impl IntoIterator<Item = S>) -> CaseId {
        let mut case = CaseId::from_segments([self.part, self.name]).of(self);
        for segment in segments {
            case = case.child(segment.as_ref());
        }
        case
    }
}

/// Its whole name, as `session/watch`.
impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.part, self.name)
    }
}

/// How a run stands to a requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It was tested, and holds in every case.
    Passed,
    /// It was tested, and some case is a finding.
    Failed,
    /// No case is about it.
    Untested,
    /// It could not be tested, or not here, and why.
    Excluded(String),
}

impl Standing {
    /// In a word.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Untested => "untested",
            Self::Excluded(_) => "excluded",
        }
    }

    /// Why it was not tested, where there is a reason.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Excluded(reason) => Some(reason),
            _ => None,
        }
    }
}

/// A requirement, and what a run has to say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tested {
    /// Which.
    pub requirement: &'static Requirement,
    /// Its cases.
    pub tally: Tally,
    /// What follows from them.
    pub standing: Standing,
}

impl Tested {
    /// What follows from the cases of a requirement and the reason of the first that was skipped.
    pub fn new(requirement: &'static Requirement, tally: Tally, skipped: Option<&str>) -> Self {
        let standing = match (tally, skipped, requirement.elsewhere) {
            (Tally { failed: 1.., .. }, ..) => Standing::Failed,
            (Tally { passed: 1.., .. }, ..) => Standing::Passed,
            (_, Some(reason), _) => Standing::Excluded(reason.to_owned()),
            (_, None, Some(command)) => Standing::Excluded(format!("tested by `{command}`")),
            (_, None, None) => Standing::Untested,
        };
        Self { requirement, tally, standing }
    }
}

/// How many requirements of a run stand how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Census {
    /// Those that hold in every case.
    pub passed: usize,
    /// Those with a finding.
    pub failed: usize,
    /// Those without a case.
    pub untested: usize,
    /// Those that could not be tested.
    pub excluded: usize,
}

impl Census {
    /// Counts.
    pub fn of(tested: &[Tested]) -> Self {
        let count = |word: &str| tested.iter().filter(|it| it.standing.word() == word).count();
        let [passed, failed, untested, excluded] =
            ["passed", "failed", "untested", "excluded"].map(count);
        Self { passed, failed, untested, excluded }
    }

    /// Those with cases.
    pub const fn tested(self) -> usize {
        self.passed + self.failed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static HERE: Requirement = Requirement {
        part: "test",
        name: "here",
        level: Level::Must,
        sentence: "It holds.",
        place: "",
        elsewhere: None,
    };
    static THERE: Requirement = Requirement { elsewhere: Some("another run"), ..HERE };

    #[test]
    fn what_was_not_tested_is_never_passed() {
        let tally = |passed, failed, skipped| Tally { passed, failed, skipped };
        let word = |of, tally, skipped| Tested::new(of, tally, skipped).standing.word();
        assert_eq!(word(&HERE, tally(3, 0, 1), Some("why")), "passed");
        assert_eq!(word(&HERE, tally(3, 1, 0), None), "failed");
        assert_eq!(word(&HERE, tally(0, 0, 0), None), "untested");
        let excluded = |of, skipped| {
            let tested = Tested::new(of, Tally::default(), skipped);
            tested.standing.reason().map(str::to_owned)
        };
        assert_eq!(excluded(&HERE, Some("why")).as_deref(), Some("why"));
        assert_eq!(excluded(&THERE, None).as_deref(), Some("tested by `another run`"));
        let all = [(&HERE, 1), (&HERE, 0), (&THERE, 0)];
        let all = all.map(|(of, passed)| Tested::new(of, tally(passed, 0, 0), None));
        let census = Census { passed: 1, untested: 1, excluded: 1, ..Census::default() };
        assert_eq!((Census::of(&all), census.tested()), (census, 1));
    }
}
