//! Answers for people: as text for a terminal of 80 columns, and as Markdown.

use std::fmt::Write;

use super::answer::{Answer, Met, Pair};
use super::row::{Kind, Row};
use super::verdict::{Part, Verdict, VerdictKind};
use crate::harness::render::fold::paragraph;
use crate::harness::render::markdown;
use crate::suite::marks::in_full;

/// An answer as text, ending in a line break; with what does not count, if that is asked for.
pub fn text(answer: &Answer, is_verbose: bool) -> String {
    let mut text = String::new();
    let names: Vec<String> = answer.releases.iter().map(|it| it.exact_name()).collect();
    let _ = writeln!(text, "{}: {}", names.join(", "), yes(answer));
    for note in &answer.notes {
        paragraph(&mut text, "  ", 2, note);
    }
    let heads = answer.pairs.iter().map(|pair| match answer.pairs.as_slice() {
        [_] => String::new(),
        _ => format!("== {} and {}\n", pair.from.exact_name(), pair.to.exact_name()),
    });
    let heads: Vec<String> = heads.collect();
    for (pair, head) in answer.pairs.iter().zip(&heads) {
        let _ = write!(text, "\n{head}");
        questions(pair, &mut text);
    }
    for (pair, head) in answer.pairs.iter().zip(&heads) {
        if !head.is_empty() {
            let _ = write!(text, "\n{head}");
        }
        reasons(pair, is_verbose, &mut text);
    }
    text
}

/// Yes or no, to all that is asked.
fn yes(answer: &Answer) -> &'static str {
    match answer.is_yes() {
        true if answer.pairs.iter().all(Pair::is_safe) => "yes",
        true => "yes, with limits",
        false => "no",
    }
}

/// The questions about two releases with what comes of them, a line each.
fn questions(pair: &Pair, text: &mut String) {
    let lines = answers(pair);
    let width = lines.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    let width = width.max("the way that is open".len()) + 2;
    for (label, words) in lines {
        paragraph(text, &format!("  {label:<width$}"), width + 2, &words);
    }
}

fn answers(pair: &Pair) -> Vec<(String, String)> {
    let questions = pair.questions().into_iter();
    let mut lines: Vec<(String, String)> =
        questions.map(|(question, verdict)| (question, in_words(verdict))).collect();
    let mut line = |label: &str, words: &str| lines.push((label.to_owned(), words.to_owned()));
    line("protocol version", &pair.version.map_or("none".to_owned(), |it| it.to_string()));
    if !pair.by.is_empty() {
        let by = pair.ways_by().join(", then ");
        let way = format!("every node to {by} before the first one goes on");
        line("the way that is open", &way);
    }
    if let Some(line_before) = pair.back_at_most() {
        let most =
            format!("to {line_before} at most, and only if nothing of the newer line was used");
        line("how far back", &most);
    }
    lines
}

/// A verdict, and how bad the worst of its limits is.
fn in_words(verdict: &Verdict) -> String {
    let is_limited = matches!(verdict.kind, VerdictKind::Limits(_) | VerdictKind::Interrupted(_));
    match verdict.worst().map(|reason| reason.row.severity).filter(|_| is_limited) {
        Some(worst) => format!("{}; at worst {}", verdict.kind, worst.in_words()),
        None => verdict.kind.to_string(),
    }
}

fn reasons(pair: &Pair, is_verbose: bool, text: &mut String) {
    let of = |part: Part| -> Vec<&Met> {
        pair.reasons.iter().filter(|met| Part::of(met.reason.row) == part).collect()
    };
    let [broken, failing, known, switched] =
        [Part::Breaks, Part::Interrupts, Part::Known, Part::Switched].map(of);
    // Who must not go does not ask what else there would be.
    let is_short = !broken.is_empty() && !is_verbose;
    let mut number = 0;
    let mut group = |title: &str, group: &[&Met], entry: fn(&Met, &Pair, usize, &mut String)| {
        if !group.is_empty() {
            let _ = write!(text, "\n{title}\n");
        }
        for met in group {
            number += 1;
            entry(met, pair, number, text);
        }
    };
    group(broken_title(&broken), &broken, numbered);
    if is_short {
        let count = failing.len() + known.len() + switched.len();
        match count {
            0 => {}
            1 => text.push_str("\nBeside that there is 1 limit: --verbose names it.\n"),
            _ => {
                let _ =
                    write!(text, "\nBeside that there are {count} limits: --verbose names them.\n");
            }
        }
    } else {
        group("What fails by itself while both are there:", &failing, numbered);
        group("What to know, the worst first:", &known, numbered);
        group("Only if somebody switches it on, which is off by default:", &switched, in_short);
    }
    if is_verbose && !pair.uncounted.is_empty() {
        text.push_str("\nWhat does not count, as nobody sends it or nobody notices:\n");
        pair.uncounted.iter().for_each(|met| {
            let row = met.reason.row;
            let words = format!("{}: {} ({}, {})", row.id, row.what, row.sent.word(), row.severity);
            paragraph(text, "  - ", 4, &words);
        });
    }
    if pair.reasons.is_empty() {
        text.push_str("\nNothing is known that users notice.\n");
    }
    let mut advice = before(pair).peekable();
    if advice.peek().is_some() {
        let (from, to) = (pair.from.exact_name(), pair.to.exact_name());
        let _ = write!(text, "\nBefore the first node goes from {from} to {to}:\n");
        advice.for_each(|advice| paragraph(text, "  - ", 4, advice));
    }
}

/// What to do before the first node goes, where it may.
fn before(pair: &Pair) -> impl Iterator<Item = &'static String> {
    let is_open = pair.is_step && pair.there.kind.is_yes();
    let rows = pair.before.iter().filter(move |_| is_open);
    rows.filter_map(|row| row.avoid.as_ref())
}

/// What stands above that for which the answer is no.
fn broken_title(broken: &[&Met]) -> &'static str {
    if broken.iter().any(|met| met.reason.row.breaks()) { "What breaks:" } else { "Why not:" }
}

/// A reason with its number, and everything that its row says.
fn numbered(met: &Met, pair: &Pair, number: usize, text: &mut String) {
    let row = met.reason.row;
    let head = format!("{} ({}{})", row.severity.in_words(), row.id, only(met, pair));
    paragraph(text, &format!("{number:>3}  "), 5, &head);
    let shown_by = row.shown_by(met.reason.writer, met.reason.reader);
    in_full_length(row, &format!("{}; {}", row.what, between(met)), &shown_by, text);
}

/// Everything that a row says, in lines of its own.
pub(super) fn in_full_length(row: &Row, what: &str, shown_by: &str, text: &mut String) {
    let mut line = |label: &str, words: &str| {
        if !words.is_empty() {
            paragraph(text, &format!("     {label:<10}"), 15, words);
        }
    };
    line("what", what);
    line("when", &row.when);
    line(if row.is_mutual { "then" } else { "receiver" }, &row.reader);
    line("users", &row.user);
    line("avoid", row.avoid.as_deref().unwrap_or_default());
    line("known as", &known_as(row));
    if !shown_by.is_empty() {
        // In one piece, to paste.
        let _ = writeln!(text, "     shown by  {shown_by}");
    }
}

/// What it is, what switches it on and what it does.
fn in_short(met: &Met, pair: &Pair, number: usize, text: &mut String) {
    let row = met.reason.row;
    let head = format!(
        "{} ({}{}): {}. Only if {}.",
        row.severity.in_words(),
        row.id,
        only(met, pair),
        row.what,
        row.when
    );
    paragraph(text, &format!("{number:>3}  "), 5, &head);
    let issue = row.issue.as_ref().map(|issue| format!(" [{issue}]")).unwrap_or_default();
    let avoid = row.avoid.as_deref().unwrap_or(&row.user);
    paragraph(text, "     ", 5, &format!("{avoid}{issue}"));
    let _ = writeln!(text, "     {}", row.shown_by(met.reason.writer, met.reason.reader));
}

/// Which of the questions a row is about, where not all.
fn only(met: &Met, pair: &Pair) -> String {
    let questions = pair.questions();
    let on: Vec<&str> =
        questions.iter().zip(met.on).filter(|(_, on)| *on).map(|((it, _), _)| &**it).collect();
    if on.len() == questions.len() { String::new() } else { format!("; only {}", on.join(" or ")) }
}

fn between(met: &Met) -> String {
    let (writer, reader) = (met.reason.writer.exact_name(), met.reason.reader.exact_name());
    if met.reason.row.kind == Kind::Release {
        format!("in {writer}, whoever is beside it")
    } else if met.reason.row.is_mutual {
        format!("between {writer} and {reader}")
    } else {
        format!("from {writer} to {reader}")
    }
}

fn known_as(row: &Row) -> String {
    let fixed = row.fixed.as_ref().map(|fixed| format!("fixed in {fixed}"));
    let section = Some(in_full(&row.section).into_owned());
    row.issue.clone().into_iter().chain(fixed).chain(section).collect::<Vec<_>>().join("; ")
}

/// An answer as Markdown, ending in a line break.
pub fn markdown(answer: &Answer) -> String {
    let names: Vec<String> = answer.releases.iter().map(|it| it.exact_name()).collect();
    let mut text = format!("# {}: {}\n", names.join(" and "), yes(answer));
    for note in &answer.notes {
        let _ = write!(text, "\n{note}\n");
    }
    for pair in &answer.pairs {
        let (from, to) = (pair.from.exact_name(), pair.to.exact_name());
        let _ = write!(text, "\n## {from} and {to}\n\n");
        text.push_str("| question | answer |\n|---|---|\n");
        answers(pair).into_iter().for_each(|(label, words)| {
            text.push_str(&markdown::row([label, words]));
        });
        text.push('\n');
        let mut advice = before(pair).peekable();
        if advice.peek().is_some() {
            let _ = write!(text, "Before the first node goes from {from} to {to}:\n\n");
            advice.for_each(|advice| {
                let _ = writeln!(text, "* {advice}");
            });
            text.push('\n');
        }
        if pair.reasons.is_empty() {
            text.push_str("Nothing is known that users notice.\n");
            continue;
        }
        text.push_str("| | severity | what, and when | what users notice | what avoids it | known as | shown by |\n");
        text.push_str("|--:|---|---|---|---|---|---|\n");
        for (number, met) in (1..).zip(&pair.reasons) {
            let row = met.reason.row;
            let what = format!("{}; {} ({}{})", row.what, between(met), row.when, only(met, pair));
            let shown = format!("`{}`", row.shown_by(met.reason.writer, met.reason.reader));
            let avoid = row.avoid.clone().unwrap_or_default();
            let off = if row.is_off() { ", off by default" } else { "" };
            let severity = format!("{}{off}", row.severity);
            let (number, known_as) = (number.to_string(), known_as(row));
            let cells = [&number, &severity, &what, &row.user, &avoid, &known_as, &shown];
            text.push_str(&markdown::row(cells));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fabric::release::Release;
    use crate::suite::compatibility::answer;

    fn asked(from: Release, to: Release) -> Answer {
        answer(&[from.exact_name(), to.exact_name()]).unwrap()
    }

    #[test]
    fn every_answer_fits_a_terminal_and_names_what_it_has_to() {
        for from in Release::stable() {
            for to in Release::stable() {
                let answer = asked(from, to);
                let text = [text(&answer, false), text(&answer, true)].concat();
                // A command to paste stays whole.
                let is_too_wide =
                    |line: &&str| line.chars().count() > 80 && !line.contains("skewproof ");
                assert_eq!(text.lines().find(is_too_wide), None, "{from} to {to}");
                for met in &answer.pairs[0].reasons {
                    let row = met.reason.row;
                    let shown = row.shown_by(met.reason.writer, met.reason.reader);
                    assert!(text.contains(&shown), "{from} to {to}: {}", row.id);
                }
                let markdown = markdown(&answer);
                let rows = markdown.lines().filter(|line| line.starts_with("| 1"));
                let cells = |row: &str| row.replace("\\|", "").matches('|').count();
                assert!(rows.map(cells).all(|count| count == 8), "{markdown}");
            }
        }
    }

    #[test]
    fn what_breaks_stands_alone_and_the_rest_is_counted() {
        let breaks = asked("1.5.3".parse().unwrap(), "1.7".parse().unwrap());
        let text = super::text(&breaks, false);
        assert!(text.starts_with("1.5.3, 1.7.6: no\n"), "{text}");
        assert!(text.contains("What breaks:\n  1  partitions stop on a node (L10)\n"), "{text}");
        assert!(text.contains("limits: --verbose names them."), "{text}");
        assert!(!text.contains("What to know"), "{text}");
        let limits = asked("1.5.3".parse().unwrap(), "1.6.2".parse().unwrap());
        let text = super::text(&limits, false);
        assert!(text.starts_with("1.5.3, 1.6.2: yes, with limits\n"), "{text}");
        assert!(text.contains("restatedev/restate#4241"), "{text}");
        assert!(!text.contains("L7"), "what does not count is left out: {text}");
        assert!(super::text(&limits, true).contains("  - L7: "));
        // Together they are safe; what is asked for is going back.
        let back = asked("1.6.2".parse().unwrap(), "1.6.1".parse().unwrap());
        assert!(super::text(&back, false).starts_with("1.6.2, 1.6.1: yes, with limits\n"));
    }
}
