//! Explanations for people: what it is and how sure that is, every byte, the decoder's word, and
//! what else it could be.

use std::fmt::{self, Write};
use std::io;

use super::Explanation;
use super::ranking::{Certainty, Ranking};
use super::reading::{Grade, Reading};
use crate::fabric::codec::json::Tape;
use crate::suite::form::Form;
use crate::suite::pretty;

/// Columns of a line that is ours to break.
const WIDTH: usize = 100;
/// Lines of a value that are shown.
const VALUE_LINES_MAX: usize = 100;
/// Other readings that are shown.
const OTHERS_MAX: usize = 6;
/// Messages of one form that are named in a line.
const NAMES_MAX: usize = 4;
/// Width of the words in front of a line.
const LABEL_WIDTH: usize = 10;

/// Writes the explanation as text, ending in a line break.
pub(super) fn write(explanation: &Explanation<'_>, to: &mut impl io::Write) -> io::Result<()> {
    let Explanation { ranking, payload, unread, before, annotation, records } = explanation;
    let mut text = String::new();
    head(&mut text, "bytes", ranking);
    if let Some(payload) = payload {
        head(&mut text, "payload", payload);
    }
    if let Some(unread) = unread {
        line(&mut text, "payload", unread);
    }
    if *before > 0 {
        let words =
            format!("behind {before} bytes, the codec and a length; offsets count from there");
        line(&mut text, "buffer", words);
    }
    write!(to, "{text}\n{annotation}\n")?;
    text.clear();
    verdict(&mut text, "", ranking);
    if let Some(payload) = payload {
        verdict(&mut text, "payload ", payload);
    }
    for [place, what, said] in records {
        line(&mut text, "record", format_args!("{place}: {what}; {said}"));
    }
    others(&mut text, "else", ranking);
    if let Some(payload) = payload {
        others(&mut text, "else, the payload", payload);
    }
    to.write_all(text.as_bytes())
}

fn line(text: &mut String, label: &str, words: impl std::fmt::Display) {
    let _ = writeln!(text, "{label:<LABEL_WIDTH$}{words}");
}

/// What it is, who else reads it so, and how sure that is.
fn head(text: &mut String, label: &str, ranking: &Ranking) {
    let Some(cx) = ranking.best.context() else {
        return line(text, label, format_args!("{}: nothing that is known", ranking.len));
    };
    let (form, len) = (ranking.best.form, ranking.len);
    let unit = if len == 1 { "byte" } else { "bytes" };
    let codec = form.codec_at(cx.version);
    let reader = match form {
        Form::Payload(_) => format!(", read as release {} at {}", cx.release, cx.version),
        Form::Envelope(_) | Form::Kept(_) => format!(", read as release {}", cx.release),
        Form::Flexbuffer => String::new(),
    };
    if ranking.certainty == Certainty::Nothing {
        line(text, label, format_args!("{len} {unit}: nothing fits; shown as {form}{reader}"));
        return;
    }
    line(text, label, format_args!("{len} {unit}: {form} in {codec}{reader}"));
    line(text, "how sure", certainty(ranking));
    if ranking.best.contexts.len() > 1 && form != Form::Flexbuffer {
        line(text, "the same", format_args!("for {}", ranking.best.places()));
    }
}

/// How sure a reading is, in words.
fn certainty(ranking: &Ranking) -> String {
    let best = ranking.best.grade;
    match ranking.certainty {
        Certainty::Asked => given("as asked", best, ranking.len),
        Certainty::Named => given("named by the frame", best, ranking.len),
        Certainty::Certain => "certain: the only reading that explains every byte".to_owned(),
        Certainty::Shared(count) => {
            format!("decodes as {count} messages that share this form: {}", names(ranking))
        }
        Certainty::Likely => {
            "likely: the only reading, but it is written in an order of its own".to_owned()
        }
        Certainty::Guess => format!("guess: the best one {}", grade(best, ranking.len)),
        Certainty::Nothing => "nothing fits".to_owned(),
    }
}

/// What can be said of a reading that somebody else chose.
fn given(by: &str, best: Grade, len: usize) -> String {
    match best {
        Grade::Partial { decodes: false, .. } => format!("{by}, but it {}", grade(best, len)),
        _ => format!("{by}; it {}", grade(best, len)),
    }
}

/// The names of the readings that are as good as the best.
fn names(ranking: &Ranking) -> String {
    let rivals = ranking.others.iter().filter(|other| other.is_as_good_as(&ranking.best));
    let mut names: Vec<&str> =
        std::iter::once(&ranking.best).chain(rivals).map(|it| it.form.word()).collect();
    let hidden = names.len().saturating_sub(NAMES_MAX);
    names.truncate(NAMES_MAX);
    if hidden > 0 { names.join(", ") + &format!(" and {hidden} more") } else { names.join(", ") }
}

/// What can be said for or against a reading.
fn grade(grade: Grade, len: usize) -> String {
    match grade {
        Grade::Exact => "encodes to the same bytes again".to_owned(),
        Grade::SameValue => "encodes to the same value, in another order".to_owned(),
        Grade::Partial { decodes: true, explained } if explained >= len => {
            "decodes, but encodes to other bytes".to_owned()
        }
        Grade::Partial { decodes: true, explained } => {
            format!("decodes, but accounts for {explained} of {len} bytes only")
        }
        Grade::Partial { decodes: false, explained: 0 } => {
            format!("is refused; none of {len} bytes make sense")
        }
        Grade::Partial { decodes: false, explained } => {
            format!("is refused; about {explained} of {len} bytes make sense")
        }
    }
}

/// The decoder's word.
fn verdict(text: &mut String, of: &str, ranking: &Ranking) {
    match &ranking.verdict {
        Ok(value) => {
            let short = (value.size() <= 4 * WIDTH).then(|| value.to_string());
            match short.filter(|short| LABEL_WIDTH + short.len() <= WIDTH) {
                Some(short) => line(text, &format!("{of}value "), short),
                None => {
                    let _ = writeln!(text, "{of}value\n{}", long(value));
                }
            }
        }
        Err(reason) => line(text, &format!("{of}refused "), reason),
    }
}

/// A value in lines, or the beginning of it.
fn long(value: &Tape) -> String {
    let mut excerpt = Excerpt::default();
    // An excerpt takes everything.
    let _ = pretty::write(value, &mut excerpt);
    excerpt.finish()
}

/// The first lines of a text, each cut to the width, and what is counted of the rest.
#[derive(Default)]
struct Excerpt {
    shown: String,
    /// Line breaks so far.
    breaks: usize,
    /// Characters of the last line that are shown, and bytes that are not.
    line: (usize, usize),
}

impl Excerpt {
    fn end_line(&mut self) {
        if self.line.1 > 0 {
            let _ = write!(self.shown, "… and {} bytes more", self.line.1);
        }
        self.line = (0, 0);
    }

    fn finish(mut self) -> String {
        self.end_line();
        let hidden = (self.breaks + 1).saturating_sub(VALUE_LINES_MAX);
        if hidden > 0 {
            let _ = write!(self.shown, "… and {hidden} more lines (--format json shows all)");
        }
        self.shown
    }
}

impl Write for Excerpt {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while self.breaks < VALUE_LINES_MAX && !rest.is_empty() {
            let (line, behind) = rest.split_once('\n').map_or((rest, None), |(a, b)| (a, Some(b)));
            let room = WIDTH - self.line.0;
            let end = line.char_indices().nth(room).map_or(line.len(), |(end, _)| end);
            let (visible, hidden) = line.split_at(end);
            self.shown.push_str(visible);
            self.line.0 += visible.chars().count();
            self.line.1 += hidden.len();
            rest = behind.unwrap_or_default();
            if behind.is_some() {
                self.end_line();
                self.shown.push('\n');
                self.breaks += 1;
            }
        }
        self.breaks += rest.bytes().filter(|byte| *byte == b'\n').count();
        Ok(())
    }
}

/// The other readings.
fn others(text: &mut String, title: &str, ranking: &Ranking) {
    let shown: Vec<[String; 3]> = ranking
        .others
        .iter()
        .filter(|other| is_worth_a_line(other))
        .take(OTHERS_MAX)
        .map(|other| {
            [other.form.word().to_owned(), other.places(), grade(other.grade, ranking.len)]
        })
        .collect();
    if shown.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{title}");
    let width = |column: usize| {
        shown
            .iter()
            .filter_map(|row| row.get(column))
            .map(|it| it.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths = [width(0), width(1)];
    for [form, places, grade] in &shown {
        let _ = writeln!(text, "  {form:<0$}  {places:<1$}  {grade}", widths[0], widths[1]);
    }
    let hidden = ranking.others.iter().filter(|other| is_worth_a_line(other)).count() - shown.len();
    if hidden > 0 {
        let _ = writeln!(text, "  … and {hidden} more (--format json shows all)");
    }
}

/// Whether a reading explains anything.
fn is_worth_a_line(reading: &Reading) -> bool {
    !matches!(reading.grade, Grade::Partial { explained: 0, .. })
}
