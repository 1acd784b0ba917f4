//! A timeline for a terminal: nodes and connections as rows, time from left to right.

use std::collections::BTreeMap;

use super::super::fold::{WIDTH, folded, paragraph};
use super::super::ink::{Colour, Ink};
use super::super::printable::printable;
use super::{Weight, Words, name, passed, words};
use crate::upgrade::event::{Entry, Event, What};
use crate::upgrade::time::Time;
use crate::upgrade::timeline::Timeline;

/// The names of rows.
const LABEL: usize = 24;
/// The sums of rows.
const SUM: usize = 7;
/// What is left for time.
const COLUMNS: usize = WIDTH - LABEL - SUM;
/// What goes on in another line is indented by.
const INDENT: usize = 10;
/// Events of trouble that are listed; the rest is counted.
const LISTED_MAX: usize = 12;
/// From little to much.
const HEIGHTS: [char; 7] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇'];

/// The timeline as text. Ends with a line break.
pub fn render(timeline: &Timeline, colour: Colour) -> String {
    let mut screen = Screen { timeline, colour, text: String::new() };
    screen.steps();
    screen.nodes();
    screen.links();
    screen.counts();
    screen.troubles();
    screen.verdict();
    screen.text
}

struct Screen<'a> {
    timeline: &'a Timeline,
    colour: Colour,
    text: String,
}

/// A row of characters, one for each column of time.
struct Row(Vec<(char, Ink)>);

impl Row {
    fn new(blank: char) -> Self {
        Self(vec![(blank, Ink::Faint); COLUMNS])
    }

    fn fill(&mut self, from: usize, to: usize, c: char, ink: Ink) {
        self.0.iter_mut().take(to + 1).skip(from).for_each(|cell| *cell = (c, ink));
    }

    /// Writes a word where it begins, as far as there is room.
    fn word(&mut self, from: usize, to: usize, word: &str, ink: Ink) {
        let cells = self.0.iter_mut().take(to + 1).skip(from);
        cells.zip(word.chars()).for_each(|(cell, c)| *cell = (c, ink));
    }

    /// A word, where there is room for all of it and a cell between it and the next one.
    fn whole(&mut self, from: usize, to: usize, word: &str, ink: Ink) {
        if word.chars().count() < to.saturating_sub(from) {
            self.word(from, to, word, ink);
        }
    }

    /// Cells of one colour together.
    fn painted(&self, colour: Colour) -> String {
        let runs = self.0.chunk_by(|a, b| a.1 == b.1 && (a.0 == ' ') == (b.0 == ' '));
        runs.map(|run| {
            let ink = run.first().map_or(Ink::Plain, |(_, ink)| *ink);
            let text: String = run.iter().map(|(c, _)| c).collect();
            // Blanks have no colour: at the end of a line they are left out.
            colour.paint(if text.trim().is_empty() { Ink::Plain } else { ink }, text)
        })
        .collect()
    }
}

impl Screen<'_> {
    /// The column of a moment.
    fn column(&self, at: Time) -> usize {
        let end = self.timeline.end.ms().max(1);
        let scaled = at.ms().saturating_mul(COLUMNS as u64) / end;
        usize::try_from(scaled).map_or(0, |column| column.min(COLUMNS - 1))
    }

    fn row(&mut self, label: &str, row: &Row, sum: &str) {
        let label: String = printable(label).chars().take(LABEL - 2).collect();
        let line = format!("{label:<LABEL$}{}{sum:>SUM$}", row.painted(self.colour));
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// The numbers of the steps, where they begin.
    fn steps(&mut self) {
        let mut row = Row::new(' ');
        let mut free = 0;
        for span in &self.timeline.spans {
            let (column, word) = (self.column(span.from), span.step.to_string());
            let is_failed =
                self.timeline.failure.as_ref().is_some_and(|failure| failure.step == span.step);
            if column >= free || is_failed {
                let ink = if is_failed { Ink::Bad } else { Ink::Strong };
                row.word(column, COLUMNS - 1, &word, ink);
                free = column + word.len() + 1;
            }
        }
        self.row("step", &row, "");
    }

    fn nodes(&mut self) {
        for (node, name) in self.timeline.nodes.iter().enumerate() {
            let mut row = Row::new(' ');
            for life in self.timeline.lives.iter().filter(|life| life.node == node) {
                let (from, to) = (self.column(life.from), self.column(life.to));
                row.fill(from, to, '━', Ink::Good);
                if let Some(at) = life.stopping {
                    row.fill(self.column(at), to, '┄', Ink::Faint);
                }
                row.whole(from, to, &printable(&life.release), Ink::Strong);
                if life.has_crashed {
                    row.fill(to, to, '✗', Ink::Bad);
                }
            }
            self.row(name, &row, "");
        }
    }

    fn links(&mut self) {
        let timeline = self.timeline;
        let count = timeline.nodes.len();
        for (a, b) in (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b))) {
            let mut row = Row::new(' ');
            for link in timeline.links.iter().filter(|link| link.nodes == (a, b)) {
                let (from, to) = (self.column(link.from), self.column(link.to));
                row.fill(from, to, '─', Ink::Faint);
                row.whole(from, to, &link.version.to_string(), Ink::Plain);
            }
            let between = |gap: &&crate::upgrade::timeline::Gap| {
                [(a, b), (b, a)].contains(&(gap.from_node, gap.to_node))
            };
            for gap in timeline.gaps.iter().filter(between) {
                row.fill(self.column(gap.from), self.column(gap.to), '░', Ink::Skipped);
            }
            let label = format!("{} – {}", name(&timeline.nodes, a), name(&timeline.nodes, b));
            self.row(&label, &row, "");
        }
    }

    /// A row for each kind of event that there are many of.
    fn counts(&mut self) {
        let mut rows: BTreeMap<(u8, String), Vec<u32>> = BTreeMap::new();
        for entry in &self.timeline.entries {
            let What::Noted(event) = &entry.what else { continue };
            let label = match event {
                Event::Sent { message, version, .. } => (0, format!("{message} {version}")),
                Event::Instead { fallback, .. } => (1, format!("{fallback} instead")),
                Event::Refused { .. } => (2, "refused".to_owned()),
                Event::Lost { .. } => (3, "lost".to_owned()),
                Event::Dead { .. } => (4, "found dead".to_owned()),
                _ => continue,
            };
            let counts = rows.entry(label).or_insert_with(|| vec![0; COLUMNS]);
            if let Some(count) = counts.get_mut(self.column(entry.at)) {
                *count += 1;
            }
        }
        for ((group, label), counts) in rows {
            let most = counts.iter().copied().max().unwrap_or(1).max(1) as usize;
            let ink = if group > 1 { Ink::Bad } else { Ink::Plain };
            let height =
                |count: u32| HEIGHTS[(count as usize * (HEIGHTS.len() - 1)).div_ceil(most)];
            let cell = |count: &u32| match count {
                0 => (' ', Ink::Faint),
                _ => (height(*count), ink),
            };
            let row = Row(counts.iter().map(cell).collect());
            self.row(&label, &row, &counts.iter().sum::<u32>().to_string());
        }
    }

    /// What should be looked at: the last of it up to the step that fails, or up to the end. What comes
    /// again at once is one line.
    fn troubles(&mut self) {
        let timeline = self.timeline;
        let mut troubles: Vec<(&Entry, Words, usize)> = Vec::new();
        for entry in &timeline.entries {
            let words = words(entry, &timeline.nodes);
            if words.weight != Weight::Trouble {
                continue;
            }
            let is_again = |(last, said, _): &&mut (&Entry, Words, usize)| {
                (last.node, last.step) == (entry.node, entry.step)
                    && (said.kind, &said.text) == (words.kind, &words.text)
            };
            match troubles.last_mut().filter(is_again) {
                Some((.., times)) => *times += 1,
                None => troubles.push((entry, words, 1)),
            }
        }
        let is_up_to_failure = |(entry, ..): &&(&Entry, Words, usize)| {
            timeline.failure.as_ref().is_none_or(|failure| entry.step <= failure.step)
        };
        let listed = troubles.iter().filter(is_up_to_failure).count();
        let before = listed.saturating_sub(LISTED_MAX);
        let behind = troubles.len().saturating_sub(before + LISTED_MAX);
        if !troubles.is_empty() {
            self.text.push('\n');
        }
        if before > 0 {
            self.text.push_str(&format!("  … {before} before these\n"));
        }
        for (entry, words, times) in troubles.iter().skip(before).take(LISTED_MAX) {
            let (at, node) = (entry.at.to_string(), name(&timeline.nodes, entry.node));
            let first = format!("  {at:>9}  step {:<3} {node}  {}  ", entry.step, words.kind);
            let times = if *times > 1 { format!(" ({times} times)") } else { String::new() };
            let text = format!("{}{times}", printable(&words.text));
            paragraph(&mut self.text, &first, INDENT, &text);
        }
        if behind > 0 {
            self.text.push_str(&format!("  … {behind} after these\n"));
        }
    }

    fn verdict(&mut self) {
        self.text.push('\n');
        let Some(failure) = &self.timeline.failure else {
            let line = format!("✓ {}", passed(self.timeline));
            self.text.push_str(&self.colour.paint(Ink::Good, line));
            self.text.push('\n');
            return;
        };
        let head = format!("✗ step {}: {}", failure.step, printable(&failure.label));
        for line in folded("", &head, WIDTH).lines() {
            self.text.push_str(&self.colour.paint(Ink::Bad, line));
            self.text.push('\n');
        }
        let seen = failure.seen.iter().map(|seen| ("saw", seen));
        for (label, line) in
            [("before", &failure.before), ("after", &failure.after)].into_iter().chain(seen)
        {
            paragraph(&mut self.text, &format!("  {label:<8}"), INDENT, &printable(line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upgrade::tests::toy::{Bug, Connected, Toy, plan, runner};

    fn timeline(bug: Bug, text: &str) -> Timeline {
        let plan = plan(text);
        let run = runner(bug).run::<Toy>(&plan, &mut Connected);
        Timeline::of("toys", &plan, &run)
    }

    #[test]
    fn a_run_reads_like_this() {
        let timeline =
            timeline(Bug::None, "n1:1.0 n2:1.0 n1=2.0 partition(n1,n2) wait(4000) heal() n2=2.0");
        let text = render(&timeline, Colour::Off);
        let row = |label: &str| {
            let line = text.lines().find(|line| line.starts_with(label));
            line.unwrap_or_else(|| panic!("no {label} in\n{text}")).to_owned()
        };
        let has = |label, parts: &[&str]| {
            let row = row(label);
            let mut rest = row.as_str();
            for part in parts {
                let found = rest.split_once(part);
                rest = found.unwrap_or_else(|| panic!("no {part} in its place in\n{text}")).1;
            }
        };
        has("step ", &["0", "1", "2", "4", "5"]);
        has("n1 ", &["1.0━━", "┄", "2.0━━"]);
        has("n2 ", &["1.0━━", "┄", "2.0━━"]);
        has("n1 – n2", &["V1──", "V1──", "░░", "V1──", "V2──"]);
        has("Greeting V1", &["▇"]);
        has("Greeting V2", &["▇"]);
        let sent = row("Greeting V1").split_whitespace().last().unwrap().parse::<usize>().unwrap();
        let is_it = |entry: &&crate::upgrade::Entry| matches!(&entry.what, What::Noted(Event::Sent { version, .. }) if version.number() == 1);
        assert_eq!(sent, timeline.entries.iter().filter(is_it).count());
        assert!(text.contains("partition  nothing reaches n2"), "{text}");
        assert!(text.ends_with("s simulated, nothing violated\n"));
    }

    #[test]
    fn a_failure_says_where_and_every_line_fits() {
        let timeline = timeline(Bug::Panics, "n1:1.0 n2:1.0 n3:1.0 crash(n3) n1=2.0");
        let text = render(&timeline, Colour::Off);
        for words in [
            "✗ step 2: upgrade n1 from 1.0 to 2.0",
            "  before  n1 1.0, n2 1.0, n3 1.0",
            "panicked",
            "n1 – n2",
        ] {
            assert!(text.contains(words), "{words}\n{text}");
        }
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        let coloured = render(&timeline, Colour::On);
        assert!(coloured.contains("\x1b["));
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), text);
    }
}
