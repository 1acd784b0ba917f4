//! What libFuzzer says of its run.

use std::time::{Duration, Instant};

use crate::fuzz::session::Summary;

/// Lines of a run that failed which are worth a look.
const LAST_LINES: usize = 5;
/// What is remembered of what was said, in bytes: the end is where the trouble is.
const SAID_MAX: usize = 64 << 10;

/// What was heard so far.
#[derive(Debug, Default)]
pub struct Words {
    said: String,
    /// When the inputs to begin with had been run, and how many runs that took.
    loaded: Option<(Instant, u64)>,
    /// Runs, when they were heard of last, and how long they had taken by then.
    runs: u64,
    time: Duration,
    features: usize,
}

impl Words {
    /// A line: `#2048 NEW cov: 7 ft: 9 corp: 2/3b exec/s: 512 rss: 30Mb`, or anything.
    pub fn hear(&mut self, line: &str) {
        if self.said.len() > SAID_MAX {
            self.said.clear();
        }
        self.said.push_str(line);
        self.said.push('\n');
        if let Some(features) = number(line, " ft: ") {
            self.features = usize::try_from(features).unwrap_or(usize::MAX);
        }
        let runs = line
            .strip_prefix('#')
            .and_then(|_| number(line, "#"))
            .or_else(|| number(line, "stat::number_of_executed_units:"));
        let Some(runs) = runs else { return };
        if line.contains("\tINITED ") {
            self.loaded = Some((Instant::now(), runs));
        }
        if let Some((since, _)) = self.loaded {
            (self.runs, self.time) = (runs, since.elapsed());
        }
    }

    /// What was done since the inputs to begin with had been run.
    pub fn summary(&self) -> Summary {
        let before = self.loaded.map_or(0, |(_, runs)| runs);
        let executions = self.runs.saturating_sub(before);
        Summary { executions, time: self.time, features: self.features, ..Summary::default() }
    }

    /// The last that was said.
    pub fn said(&self) -> &str {
        &self.said
    }

    /// What it calls a crash.
    pub fn verdict(&self) -> Option<&str> {
        self.said.lines().find(|line| line.contains("SUMMARY: ")).map(str::trim)
    }
}

/// The number behind a word, and blanks.
fn number(line: &str, word: &str) -> Option<u64> {
    let digits = line.split_once(word)?.1.trim_start();
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}

/// The last lines of a text that say something: those before where in the program it was said.
pub fn last_lines(said: &str) -> String {
    let is_said = |line: &&str| !line.to_lowercase().contains("stack backtrace:");
    let lines: Vec<&str> =
        said.lines().take_while(is_said).filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_heard_last_counts_and_loading_does_not() {
        let mut words = Words::default();
        for line in [
            "INFO: seed corpus: files: 2 min: 1b max: 2b total: 3b rss: 29Mb",
            "#3\tINITED cov: 5 ft: 6 corp: 1/1b exec/s: 0 rss: 30Mb",
            "#512\tNEW    cov: 7 ft: 9 corp: 2/3b lim: 4 exec/s: 0 rss: 30Mb L: 2/2 MS: 1 x-",
        ] {
            words.hear(line);
        }
        assert_eq!((words.summary().executions, words.summary().features), (509, 9));
        words.hear("Done 900 runs in 3 second(s)");
        words.hear("stat::number_of_executed_units: 903");
        words.hear("stat::average_exec_per_sec:     300");
        assert_eq!((words.summary().executions, words.verdict()), (900, None));
        assert_eq!(last_lines("a\n\nb\nstack backtrace:\n  0: c"), "a\nb");
    }

    #[test]
    fn before_all_is_loaded_nothing_is_done() {
        let mut words = Words::default();
        words.hear("#256\tpulse  cov: 5 ft: 6 corp: 1/1b exec/s: 0 rss: 30Mb");
        assert_eq!((words.summary().executions, words.summary().features), (0, 6));
    }
}
