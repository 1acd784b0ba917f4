//! The history as text, within 80 columns: each number with its course, then our own releases side
//! by side, then the last runs.

use std::fmt::Write;

use super::{change, number, value_of};
use crate::history::{Entry, History, MEASURES, Measure};
use crate::render::printable::printable;

/// Steps of a course, from low to high.
const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Runs of a course: the newest ones.
const COURSE_MAX: usize = 24;
/// Runs that are listed by themselves.
const RUNS_MAX: usize = 10;
/// Columns for the name of a release.
const RELEASE_WIDTH: usize = 16;
/// Releases that are shown side by side.
const RELEASES_MAX: usize = 4;

/// The history as text.
pub fn text(history: &History) -> String {
    let (Some(first), Some(last)) = (history.entries.first(), history.entries.last()) else {
        return "no run yet\n".to_owned();
    };
    let count = history.entries.len();
    let s = if count == 1 { "" } else { "s" };
    let (from, to) = (printable(&first.date), printable(&last.date));
    let mut text = format!("{count} run{s}, {from} to {to}\n");
    courses(history, &mut text);
    score_card(history, &mut text);
    verdicts(last, &mut text);
    runs(history, &mut text);
    text
}

/// A line for each number that some run has.
fn courses(history: &History, text: &mut String) {
    let _ = writeln!(text, "\n{:24}{:>9}{:>9}  {:9}course", "", "first", "last", "");
    for measure in &MEASURES {
        let values: Vec<f64> = history.entries.iter().filter_map(measure.of).collect();
        let (Some(&first), Some(&last)) = (values.first(), values.last()) else { continue };
        let newest = values.get(values.len().saturating_sub(COURSE_MAX)..).unwrap_or_default();
        let _ = writeln!(
            text,
            "{:24}{:>9}{:>9}  {:9}{}",
            measure.name,
            number(first),
            number(last),
            change(measure, first, last),
            course(newest)
        );
    }
}

/// Values as a row of bars between the lowest and the highest of them.
fn course(values: &[f64]) -> String {
    let (low, high) = bounds(values);
    let top = STEPS.len() - 1;
    let step = |value: &f64| {
        let share = if high > low { (value - low) / (high - low) } else { 0.5 };
        let is_reached = |step: &usize| share * top_of(top) >= top_of(*step) - 0.5;
        let at = (0..=top).rev().find(is_reached).unwrap_or(0);
        STEPS.get(at).copied().unwrap_or(' ')
    };
    values.iter().map(step).collect()
}

#[allow(clippy::cast_precision_loss)] // A step of eight.
fn top_of(step: usize) -> f64 {
    step as f64
}

/// The lowest and the highest value.
pub(super) fn bounds(values: &[f64]) -> (f64, f64) {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    (low, values.iter().copied().fold(f64::NEG_INFINITY, f64::max))
}

/// The last releases of our own, each by its last run.
fn score_card(history: &History, text: &mut String) {
    let releases = history.releases();
    let shown = releases.get(releases.len().saturating_sub(RELEASES_MAX)..).unwrap_or_default();
    if releases.len() < 2 {
        return;
    }
    let cell = |words: &str| format!("{words:>13}");
    let names = shown.iter().map(|entry| cell(&cut(&entry.release, 12)));
    let _ = writeln!(text, "\n{:24}{}", "by release of ours", names.collect::<String>());
    for measure in MEASURES.iter().filter(|it| shown.iter().any(|entry| (it.of)(entry).is_some())) {
        let values = shown.iter().map(|entry| cell(&value_of(measure, entry)));
        let _ = writeln!(text, "{:24}{}", measure.name, values.collect::<String>());
    }
}

fn verdicts(last: &Entry, text: &mut String) {
    if !last.pairs.is_empty() {
        text.push_str("\npairs, in the last run\n");
    }
    for (pair, word) in &last.pairs {
        let _ = writeln!(text, "  {:22}{}", cut(pair, 20), cut(word, 54));
    }
}

fn runs(history: &History, text: &mut String) {
    let all = &history.entries;
    let hidden = all.len().saturating_sub(RUNS_MAX);
    let _ = writeln!(
        text,
        "\n{:12}{:RELEASE_WIDTH$}{:14}{:>9}{:>9}{:>10}",
        "run", "release", "digest", "findings", "passed", "skipped"
    );
    for entry in all.iter().skip(hidden).rev() {
        let of = |name: &str| {
            let measure: Option<&Measure> = MEASURES.iter().find(|measure| measure.name == name);
            measure.map(|measure| value_of(measure, entry)).unwrap_or_default()
        };
        let _ = writeln!(
            text,
            "{:12}{:RELEASE_WIDTH$}{:14}{:>9}{:>9}{:>10}",
            cut(&entry.date, 11),
            cut(&entry.release, RELEASE_WIDTH - 1),
            cut(entry.short(), 12),
            of("findings"),
            of("passed"),
            of("skipped")
        );
    }
    if hidden > 0 {
        let s = if hidden == 1 { "" } else { "s" };
        let _ = writeln!(text, "… and {hidden} earlier run{s}");
    }
}

/// At most so many characters, in one line.
fn cut(words: &str, max: usize) -> String {
    let words = printable(words);
    match words.char_indices().nth(max) {
        None => words.into_owned(),
        Some(_) => words.chars().take(max.saturating_sub(1)).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn run(date: &str, release: &str, findings: u64) -> Entry {
        Entry {
            digest: format!("{findings:064x}"),
            date: date.to_owned(),
            release: release.to_owned(),
            title: "skewproof check".to_owned(),
            is_ok: findings == 0,
            cases: [187_707, findings, 33],
            findings,
            pairs: BTreeMap::from([("1.4 to 1.5".to_owned(), "safe".to_owned())]),
            requirements: BTreeMap::new(),
            measures: BTreeMap::from([("fuzzing".to_owned(), 1.5)]),
        }
    }

    fn history(entries: Vec<Entry>) -> History {
        History { entries, whole_len: 0, unfinished: None }
    }

    #[test]
    fn a_history_reads_like_this() {
        let entries = vec![run("2026-11-28", "0.1.0", 7), run("2026-11-29", "0.2.0", 0)];
        let text = text(&history(entries));
        for line in [
            "2 runs, 2026-11-28 to 2026-11-29",
            "findings                        7        0  better   █▁",
            "fuzzing                       1.5      1.5  the same ▅▅",
            "by release of ours              0.1.0        0.2.0",
            "  1.4 to 1.5            safe",
            "2026-11-29  0.2.0           000000000000          0   187707        33",
        ] {
            assert!(text.lines().any(|it| it == line), "{line}\n{text}");
        }
    }

    #[test]
    fn it_fits_a_terminal_whatever_the_names_are() {
        let long = "x".repeat(200);
        let mut entries: Vec<_> =
            (0..60).map(|at| run("2026-11-28", &format!("{at}{long}"), at)).collect();
        for entry in &mut entries {
            entry.pairs.insert(long.clone(), format!("{long}\n"));
        }
        let text = text(&history(entries));
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        assert!(text.contains("… and 50 earlier runs"));
        assert_eq!(super::text(&history(Vec::new())), "no run yet\n");
    }
}
