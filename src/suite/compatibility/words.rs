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
    let yes = match answer.is_yes() {
        true if answer.pairs.iter().all(Pair::is_safe) => "yes",
        true => "yes, with limits",
        false => "no",
    };
    let _ = writeln!(text, "{}: {yes}", names.join(", "));
    for note in &answer.notes {
        paragraph(&mut text, "  ", 2, note);
    }
    for pair in &answer.pairs {
        text.push('\n');
        questions(pair, &mut text);
    }
    for pair in &answer.pairs {
        if answer.pairs.len() > 1 {
            let (from, to) = (pair.from.exact_name(), pair.to.exact_name());
            let _ = write!(text, "\n== {from} and {to}\n");
        }
        reasons(pair, is_verbose, &mut text);
    }
    text
}

fn questions(pair: &Pair, text: &mut String) {
    let questions = pair.questions();
    let longest = questions.iter().map(|(question, _)| question.chars().count()).max();
    let width = longest.unwrap_or(0).max("the way that is open".len()) + 2;
    let mut line = |label: &str, words: &str| {
        paragraph(text, &format!("  {label:<width$}"), width + 2, words);
    };
    for (question, verdict) in &questions {
        line(question, &in_words(verdict));
    }
    line("protocol version", &pair.version.map_or("none".to_owned(), |it| it.to_string()));
    if !pair.by.is_empty() {
        let by: Vec<&str> = pair.by.iter().map(|line| line.name()).collect();
        let way = format!("every node to {} before the first one goes on", by.join(", then "));
        line("the way that is open", &way);
    }
    if let Some(line_before) = pair.back_at_most() {
        let most =
            format!("to {line_before} at most, and only if nothing of the newer line was used");
        line("how far back", &most);
    }
}

/// A verdict, and how bad the worst of its limits is.
fn in_words(verdict: &Verdict) -> String {
    let counted = || verdict.reasons.iter().map(|reason| reason.row.severity).max();
    let is_limited = matches!(verdict.kind, VerdictKind::Limits(_) | VerdictKind::Interrupted(_));
    match counted().filter(|_| is_limited) {
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
        let limits = if count == 1 { "1 limit" } else { &*format!("{count} limits") };
        if count > 0 {
            let _ = write!(text, "\nBeside that there are {limits}: --verbose names them.\n");
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
    if pair.is_step && !pair.before.is_empty() && pair.there.kind.is_yes() {
        let (from, to) = (pair.from.exact_name(), pair.to.exact_name());
        let _ = write!(text, "\nBefore the first node goes from {from} to {to}:\n");
        for advice in pair.before.iter().filter_map(|row| row.avoid.as_ref()) {
            paragraph(text, "  - ", 4, advice);
        }
    }
    if pair.reasons.is_empty() {
        text.push_str("\nNothing is known that users notice.\n");
    }
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
        "{} ({}{}): {}. Switched on by: {}.",
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
    let mut text = format!("# {}\n", names.join(" and "));
    for note in &answer.notes {
        let _ = write!(text, "\n{note}\n");
    }
    text.push_str("\n| question | verdict |\n|---|---|\n");
    for (question, Verdict { kind, .. }) in answer.pairs.iter().flat_map(Pair::questions) {
        text.push_str(&markdown::row([question, kind.to_string()]));
    }
    for pair in &answer.pairs {
        let (from, to) = (pair.from.exact_name(), pair.to.exact_name());
        let _ = write!(text, "\n## {from} and {to}\n\n");
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
            let severity = row.severity.to_string();
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
