//! What `skewproof ask` answers: of each two of the releases that are named, whether nodes of both
//! may be in one cluster, whether one may go to the other and whether it may go back, and why.

use super::row::{Kind, Move, Row};
use super::verdict::{self, Reason, Verdict, VerdictKind, rank, together, verdict, version};
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::suite::speaker::{SpeakError, release_named};

/// The answer to a question about two or more releases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The releases, in the order in which they were named.
    pub releases: Vec<Release>,
    /// Each two of them.
    pub pairs: Vec<Pair>,
    /// What was taken for what.
    pub notes: Vec<String>,
}

/// What comes of two releases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The one that was named first.
    pub from: Release,
    /// The other one.
    pub to: Release,
    /// Whether a cluster goes from the first to the second: they were named one after the other.
    pub is_step: bool,
    /// What they speak with each other.
    pub version: Option<ProtocolVersion>,
    /// May nodes of both be in one cluster?
    pub together: Verdict,
    /// May a cluster go from the first to the second?
    pub there: Verdict,
    /// May it go back then?
    pub back: Verdict,
    /// The rows that count for one of the three, the worst first.
    pub reasons: Vec<Met>,
    /// The rows that count for none: nobody sends it, or nobody notices.
    pub uncounted: Vec<Met>,
    /// What to do before the first node goes from the first to the second.
    pub before: Vec<&'static Row>,
    /// The lines, or patches, to go by, where the way itself is not open but one over them is.
    pub by: Vec<Release>,
}

/// A row that two releases meet, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Met {
    /// The row, with who writes and who reads.
    pub reason: Reason,
    /// Whether it is met together, on the way there, and on the way back.
    pub on: [bool; 3],
}

impl Answer {
    /// Whether all may be in one cluster, and a cluster may go from each to the next.
    pub fn is_yes(&self) -> bool {
        self.pairs.iter().all(Pair::is_yes)
    }
}

impl Pair {
    /// Whether nodes of both may be in one cluster and, if that is asked for, a cluster may go from
    /// the first to the second.
    pub fn is_yes(&self) -> bool {
        self.together.kind.is_yes() && (!self.is_step || self.there.kind.is_yes())
    }

    /// Whether it is a yes without a limit, to the same questions.
    pub fn is_safe(&self) -> bool {
        let is_safe = |verdict: &Verdict| verdict.kind == VerdictKind::Safe;
        is_safe(&self.together) && (!self.is_step || is_safe(&self.there))
    }

    /// The three questions in words, with what comes of each; of one release there is no way.
    pub fn questions(&self) -> Vec<(String, &Verdict)> {
        let mut questions = vec![("together in one cluster".to_owned(), &self.together)];
        if self.from != self.to {
            questions.push((way_in_words(self.from, self.to), &self.there));
            questions.push((way_in_words(self.to, self.from), &self.back));
        }
        questions
    }
}

impl Pair {
    /// The line that a cluster may go back to, where it would go back over more than one.
    pub fn back_at_most(&self) -> Option<Release> {
        let [older, newer] =
            if self.from > self.to { [self.to, self.from] } else { [self.from, self.to] };
        let most = back_at_most(newer, older)?;
        verdict(newer, most).kind.is_yes().then_some(most)
    }
}

impl Pair {
    /// The names of what to go by: a patch of the line itself by its exact name.
    pub fn ways_by(&self) -> Vec<String> {
        let name = |release: &Release| {
            let is_patch = release.line() == self.from.line();
            if is_patch { release.exact_name() } else { release.to_string() }
        };
        self.by.iter().map(name).collect()
    }
}

/// The line before that of a newer release, where an older one is of a line before that: nobody goes back
/// over several (08 §4 P3).
pub fn back_at_most(newer: Release, older: Release) -> Option<Release> {
    let before = Release::lines().filter(|line| line.minor() < newer.minor()).last();
    before.filter(|line| line.minor() > older.minor())
}

fn way_in_words(from: Release, to: Release) -> String {
    let word = if from > to { "back to" } else { "to" };
    format!("from {} {word} {}", from.exact_name(), to.exact_name())
}

/// Looks releases up by their names and answers.
///
/// # Errors
///
/// If there is no such release; similar names are suggested.
pub fn answer(names: &[String]) -> Result<Answer, SpeakError> {
    let releases: Vec<Release> =
        names.iter().map(|name| release_named(name)).collect::<Result<_, _>>()?;
    let mut pairs = Vec::new();
    for (index, from) in releases.iter().enumerate() {
        for (distance, to) in releases.iter().skip(index + 1).enumerate() {
            pairs.push(pair(*from, *to, distance == 0));
        }
    }
    let mut notes: Vec<String> =
        names.iter().zip(&releases).filter_map(|(name, release)| note(name, *release)).collect();
    notes.dedup();
    Ok(Answer { releases, pairs, notes })
}

fn pair(from: Release, to: Release, is_step: bool) -> Pair {
    let way = |from, to| if from > to { Move::Back } else { Move::Upgrade };
    let asked = [
        verdict::reasons(Move::Together, from, to),
        verdict::reasons(way(from, to), from, to),
        verdict::reasons(way(to, from), to, from),
    ];
    let mut met: Vec<Met> = Vec::new();
    for reason in asked.iter().flatten() {
        let has = |reasons: &Vec<Reason>| reasons.iter().any(|it| it.row.id == reason.row.id);
        if met.iter().all(|known| known.reason.row.id != reason.row.id) {
            met.push(Met { reason: *reason, on: [has(&asked[0]), has(&asked[1]), has(&asked[2])] });
        }
    }
    met.sort_by_key(|met| rank(met.reason.row));
    let (policies, met): (Vec<Met>, Vec<Met>) =
        met.into_iter().partition(|met| met.reason.row.kind == Kind::Policy);
    let (reasons, uncounted) = met.into_iter().partition(|met| met.reason.row.counts());
    let there = verdict(from, to);
    Pair {
        from,
        to,
        is_step,
        version: version(from, to),
        together: together(from, to),
        back: verdict(to, from),
        reasons,
        uncounted,
        before: policies
            .iter()
            .filter(|met| met.on[1] && from != to)
            .map(|met| met.reason.row)
            // From patch to patch a line goes back freely (08 §4 P2).
            .filter(|row| from < to || from.line() != to.line() || row.moves != [Move::Back])
            .collect(),
        // Nobody goes back over several lines (08 §4 P3).
        by: if there.kind.is_yes() || from > to { Vec::new() } else { between(from, to) },
        there,
    }
}

/// What is between an older release and a newer one, if each step of the way over it is open: the lines,
/// and first the last patch of its own line where the older one itself goes nowhere.
fn between(from: Release, to: Release) -> Vec<Release> {
    let is_between = |line: &Release| from.minor() < line.minor() && line.minor() < to.minor();
    let lines = || Release::lines().filter(is_between);
    let last_patch = Release::lines().find(|line| line.minor() == from.minor() && *line != from);
    let ways = [None, last_patch].map(|first| first.into_iter().chain(lines()).collect());
    let is_open = |between: &Vec<Release>| {
        let way: Vec<Release> = [&[from], between.as_slice(), &[to]].concat();
        let mut steps = way.windows(2);
        steps.all(|step| matches!(step, [from, to] if verdict(*from, *to).kind.is_yes()))
    };
    ways.into_iter().find(is_open).unwrap_or_default()
}

/// What a name was taken for, where that is not plain.
fn note(name: &str, release: Release) -> Option<String> {
    let (line, exact) = (release.row(), release.exact_name());
    if release.number() > line.number {
        let known = line.exact;
        return Some(format!(
            "{exact} is later than {known}, the last patch of its line that was read; it is taken \
             for what {known} is."
        ));
    }
    let name = name.strip_prefix('v').unwrap_or(name);
    if name == line.name {
        return (name != exact)
            .then(|| format!("{name} is taken as {exact}, the last patch of its line."));
    }
    (name != exact).then(|| format!("{name} is another name of {exact}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(names: &[&str]) -> Answer {
        answer(&names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn one_pair_has_one_answer_and_three_releases_have_three() {
        let answer = asked(&["1.5.3", "1.6.2"]);
        assert!(answer.is_yes() && answer.notes.is_empty());
        assert_eq!(answer.pairs[0].version, Some(ProtocolVersion::V2));
        let answer = asked(&["1.5", "1.6", "1.7"]);
        let said: Vec<bool> = answer.pairs.iter().map(Pair::is_yes).collect();
        assert_eq!(said, [true, false, true], "1.5 with 1.7 breaks, although it is no step");
        assert!(!answer.pairs[1].is_step && !answer.is_yes());
        assert_eq!(answer.notes[0], "1.5 is taken as 1.5.6, the last patch of its line.");
    }

    #[test]
    fn a_way_that_is_closed_names_the_one_over_lines_between() {
        let by = |from: &str, to: &str| -> Vec<&str> {
            asked(&[from, to]).pairs[0].by.iter().map(|line| line.name()).collect()
        };
        assert_eq!(by("1.3", "1.6"), ["1.4", "1.5"]);
        assert_eq!(by("1.7", "1.5"), [""; 0], "nobody goes back over two lines");
        let at_most = |from: &str, to: &str| {
            asked(&[from, to]).pairs[0].back_at_most().map(|line| line.name())
        };
        assert_eq!([at_most("1.7", "1.5"), at_most("1.7", "1.6")], [Some("1.6"), None]);
        assert!(by("1.5", "1.6").is_empty() && by("1.3", "1.4.0").is_empty());
        assert_eq!(by("1.3.0", "1.5"), ["1.3", "1.4"], "1.3.0 has to go to 1.3.2 first");
        assert_eq!(by("1.3.0", "1.4"), ["1.3"]);
    }

    #[test]
    fn rows_say_what_they_matter_for() {
        let pair = &asked(&["1.6", "1.7"]).pairs[0];
        let on = |id: &str| pair.reasons.iter().find(|met| met.reason.row.id == id).unwrap().on;
        assert_eq!(on("S3"), [true, true, true]);
        assert_eq!(on("S1"), [true, false, true]);
        assert_eq!(on("S16"), [false, false, true]);
        assert!(pair.before.iter().any(|row| row.id == "before-1.7"));
        assert!(pair.before.iter().all(|row| row.id != "way-back"));
        assert!(pair.uncounted.iter().any(|met| met.reason.row.id == "L11"));
        let back = &asked(&["1.7", "1.6"]).pairs[0];
        assert!(back.before.iter().any(|row| row.id == "way-back"));
    }

    #[test]
    fn what_was_not_read_is_said_and_unknown_names_have_suggestions() {
        assert!(asked(&["1.6", "1.7.12"]).notes[1].starts_with("1.7.12 is later than 1.7.6"));
        let hint = |name: &str| match answer(&[name.to_owned()]) {
            Err(SpeakError::Misasked { hint, .. }) => hint,
            other => panic!("{other:?}"),
        };
        assert!(hint("1.8").starts_with("did you mean 1.7 or 1.6 or 1.5?"), "{}", hint("1.8"));
        assert!(hint("1.7.0-rc.4").starts_with("did you mean 1.7.0-rc.3?"));
        assert!(hint("1.7.x").starts_with("did you mean 1.7"));
    }
}
