//! What one release says and another does not know: what several pairs of releases met alike is one thing.
//!
//! What is tried is for others to say; see [`border`](crate::border) for any protocol. Releases go by their
//! indices, oldest first.
//!
//! ```
//! use skewproof_harness::gates::{Outcome, Release, Seen, gather, pairs_in_words};
//!
//! let releases = ["1.0", "1.1", "2.0"].map(Release::alone);
//! let dropped = |pair| Seen {
//!     what: "unit",
//!     outcome: Outcome::Dropped,
//!     reason: "no such field".to_owned(),
//!     pair,
//! };
//! let met = gather(vec![dropped((2, 1)), dropped((2, 0))]);
//! assert_eq!(met.len(), 1);
//! assert_eq!(pairs_in_words(&releases, &met[0].pairs), "2.0 and later to 1.0, 1.1");
//! ```

use std::fmt;

/// What the receiver does. The worst comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It refuses the whole message.
    Refused,
    /// It reads another value.
    Altered,
    /// It reads the message without it.
    Dropped,
}

impl Outcome {
    /// Every outcome, the worst first.
    pub const ALL: [Self; 3] = [Self::Refused, Self::Altered, Self::Dropped];

    /// What it is called, in lists too.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Altered => "altered",
            Self::Dropped => "dropped",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// Who sends to whom, by index.
pub type Pair = (usize, usize);

/// What one pair met with one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen<K> {
    /// Of what: what tells one thing from another, in the order in which they are told.
    pub what: K,
    /// What the receiver did.
    pub outcome: Outcome,
    /// What it said, or what it read.
    pub reason: String,
    /// Who has sent it to whom.
    pub pair: Pair,
}

/// What several pairs met alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Met<K> {
    /// Of what.
    pub what: K,
    /// What the receivers did.
    pub outcome: Outcome,
    /// What they said, or what they read.
    pub reason: String,
    /// Between whom, in order. Never empty.
    pub pairs: Vec<Pair>,
}

/// Makes one of what several pairs met alike. Of several values the one with the worst outcome counts, and of
/// those the first.
pub fn gather<K: Ord>(mut seen: Vec<Seen<K>>) -> Vec<Met<K>> {
    let place = |one: &Seen<K>, other: &Seen<K>| {
        one.what.cmp(&other.what).then_with(|| one.pair.cmp(&other.pair))
    };
    seen.sort_by(|one, other| place(one, other).then(one.outcome.cmp(&other.outcome)));
    seen.dedup_by(|later, first| place(later, first).is_eq());
    let mut all: Vec<Met<K>> = Vec::new();
    for Seen { what, outcome, reason, pair } in seen {
        let mut known = all.iter_mut().rev().take_while(|known| known.what == what);
        match known.find(|known| known.outcome == outcome) {
            Some(known) => {
                if !known.reason.split("; ").any(|one| one == reason) {
                    known.reason = format!("{}; {reason}", known.reason);
                }
                known.pairs.push(pair);
            }
            None => all.push(Met { what, outcome, reason, pairs: vec![pair] }),
        }
    }
    all
}

/// The names of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Its own.
    pub name: String,
    /// That of its line: releases of one line follow each other.
    pub line: String,
}

impl Release {
    /// A release that is a line of its own.
    pub fn alone(name: impl Into<String>) -> Self {
        let name = name.into();
        Self { line: name.clone(), name }
    }
}

/// Pairs in words: senders with the same receivers together, as `1.5, 1.6 to 1.4`.
pub fn pairs_in_words(releases: &[Release], pairs: &[Pair]) -> String {
    let receivers = |from: usize| {
        let to = pairs.iter().filter(|pair| pair.0 == from).map(|pair| pair.1);
        let mut to: Vec<usize> = to.collect();
        // Nobody reads its own: where all others of its line do so, the line is said.
        let line = releases.get(from).map(|release| &release.line);
        let is_other =
            |(at, release): &(usize, &Release)| Some(&release.line) == line && *at != from;
        let mut others = releases.iter().enumerate().filter(is_other).peekable();
        if others.peek().is_some() && others.all(|(at, _)| to.contains(&at)) {
            to.push(from);
        }
        names(releases, &in_order(to))
    };
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    for from in in_order(pairs.iter().map(|pair| pair.0).collect()) {
        let to = receivers(from);
        match groups.iter_mut().find(|(known, _)| *known == to) {
            Some((_, senders)) => senders.push(from),
            None => groups.push((to, vec![from])),
        }
    }
    let group = |(to, from): (String, Vec<usize>)| format!("{} to {to}", names(releases, &from));
    groups.into_iter().map(group).collect::<Vec<_>>().join("; ")
}

/// Releases in words: a line by its name where all of it is meant; otherwise those that follow one another
/// in it as `1.4.0-1.4.2`. What reaches the newest release is `1.5 and later`: a release that comes and does
/// as the one before it changes no words.
pub fn names(releases: &[Release], meant: &[usize]) -> String {
    let is_meant = |at: usize| meant.contains(&at);
    let last = (0..releases.len()).rev().take_while(|at| is_meant(*at)).last();
    let end = last.unwrap_or(releases.len());
    let mut names = Vec::new();
    for line in lines(releases) {
        let whole = releases.get(line.clone()).unwrap_or_default();
        let name = whole.first().map(|release| release.line.clone());
        if line.end <= end && line.clone().all(is_meant) {
            names.extend(name);
            continue;
        }
        let run: Vec<usize> = line.filter(|at| *at < end && is_meant(*at)).collect();
        for run in run.chunk_by(|one, next| one + 1 == *next) {
            let name = |at: Option<&usize>| releases.get(*at?).map(|it| it.name.as_str());
            match (name(run.first()), name(run.last())) {
                (Some(first), Some(last)) if first != last => names.push(format!("{first}-{last}")),
                (Some(first), _) => names.push(first.to_owned()),
                _ => {}
            }
        }
    }
    if let Some((at, first)) = last.and_then(|at| Some((at, releases.get(at)?))) {
        let is_first = lines(releases).any(|line| line.start == at);
        let name = if is_first { &first.line } else { &first.name };
        names.push(format!("{name} and later"));
    }
    names.join(", ")
}

/// Where each line begins and ends.
fn lines(releases: &[Release]) -> impl Iterator<Item = std::ops::Range<usize>> {
    let mut start = 0;
    releases.chunk_by(|one, next| one.line == next.line).map(move |line| {
        let begin = start;
        start += line.len();
        begin..start
    })
}

fn in_order(mut releases: Vec<usize>) -> Vec<usize> {
    releases.sort_unstable();
    releases.dedup();
    releases
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(name: &str) -> Release {
        let (line, _) = name.rsplit_once('.').unwrap();
        Release { name: name.to_owned(), line: line.to_owned() }
    }

    #[test]
    fn releases_are_named_by_lines_and_runs() {
        let releases = ["1.1.0", "1.1.1", "1.2.0", "1.2.1", "1.2.2", "1.3.0"].map(release);
        let words = |meant: &[usize]| names(&releases, meant);
        assert_eq!(words(&[0, 1]), "1.1");
        assert_eq!(words(&[0, 2, 3]), "1.1.0, 1.2.0-1.2.1");
        assert_eq!(words(&[1, 2, 3, 4, 5]), "1.1.1 and later");
        assert_eq!(words(&[0, 2, 3, 4, 5]), "1.1.0, 1.2 and later");
        assert_eq!(words(&[0, 1, 3, 4, 5]), "1.1, 1.2.1 and later");
        assert_eq!(words(&[]), "");
        // Nobody reads its own.
        assert_eq!(
            pairs_in_words(&releases, &[(0, 1), (0, 2), (1, 0)]),
            "1.1.0 to 1.1, 1.2.0; 1.1.1 to 1.1"
        );
    }

    #[test]
    fn the_worst_counts_and_what_is_said_otherwise_is_added() {
        let seen = |what, outcome, reason: &str, pair| Seen {
            what,
            outcome,
            reason: reason.to_owned(),
            pair,
        };
        let met = gather(vec![
            seen("b", Outcome::Dropped, "gone", (1, 0)),
            seen("b", Outcome::Refused, "no", (1, 0)),
            seen("b", Outcome::Refused, "never", (2, 0)),
            seen("b", Outcome::Dropped, "gone", (2, 1)),
            seen("a", Outcome::Dropped, "gone", (2, 1)),
        ]);
        let told: Vec<_> =
            met.iter().map(|it| (it.what, it.outcome, &*it.reason, it.pairs.len())).collect();
        assert_eq!(
            told,
            [
                ("a", Outcome::Dropped, "gone", 1),
                ("b", Outcome::Refused, "no; never", 2),
                ("b", Outcome::Dropped, "gone", 1),
            ]
        );
    }
}
