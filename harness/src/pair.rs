//! Verdicts on pairs of releases, for people.

/// What may come of a cluster that goes from one release to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairKind {
    /// Nothing that users notice.
    Safe,
    /// All goes on, with known limits.
    Limits,
    /// Something is lost that users need.
    Breaks,
    /// No connection comes about.
    Apart,
}

impl PairKind {
    /// All of them, from good to bad.
    pub const ALL: [Self; 4] = [Self::Safe, Self::Limits, Self::Breaks, Self::Apart];

    /// What it is called in documents.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Limits => "limits",
            Self::Breaks => "breaks",
            Self::Apart => "apart",
        }
    }
}

/// The verdict on two releases, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairVerdict {
    /// The release that a cluster has.
    pub older: String,
    /// The release that it goes to.
    pub newer: String,
    /// What comes of it.
    pub kind: PairKind,
    /// The same in words, as `safe, with 2 known limits`.
    pub words: String,
    /// Why, the worst first.
    pub reasons: Vec<String>,
    /// The command that tells all of it.
    pub repro: String,
}
