//! Marks: places of the wire specification, as sources and words name them.
//!
//! A mark is the number of a page and a place on it: a section, a part, the id of a row, or several
//! of them in a row (`docs/spec/README.md`). Sources are short; what users see has the page by its
//! path, and [`in_full`] is what makes it so.
//!
//! ```
//! use skewproof::suite::marks::in_full;
//!
//! let words = in_full("never fixed (04 R7, B; 02 §6)");
//! assert_eq!(words, "never fixed (docs/spec/04-bugs.md R7, B; docs/spec/02-negotiation.md §6)");
//! assert_eq!(in_full(&words), words);
//! ```

use std::borrow::Cow;

/// The folder of the pages.
const FOLDER: &str = "docs/spec/";

/// The pages of the specification, by the number that their names begin with.
pub const PAGES: [&str; 9] = [
    "01-envelope.md",
    "02-negotiation.md",
    "03-messages.md",
    "04-bugs.md",
    "05-live.md",
    "06-hostile-input.md",
    "07-patch-releases.md",
    "08-who-sends.md",
    "09-log-records.md",
];

/// What may stand between two places on one page.
const SEPARATORS: [&str; 6] = [", and ", ", ", "; ", " and ", " or ", " to "];

/// A place of the specification that a text names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark<'a> {
    /// The page, by its name in [`PAGES`].
    pub page: &'static str,
    /// The section as `§6.4`, or the part or row as `R33`; nothing for the page as a whole.
    pub place: &'a str,
    /// Offset of the place in the text; of the page, where there is none.
    pub offset: usize,
    /// Whether the page is named by its path.
    pub is_in_full: bool,
}

/// The text with each page named by its path.
pub fn in_full(text: &str) -> Cow<'_, str> {
    let mut full = String::new();
    let mut done = 0;
    for heading in headings(text).filter(|heading| !heading.is_in_full) {
        full.push_str(text.get(done..heading.start).unwrap_or_default());
        full.push_str(FOLDER);
        full.push_str(heading.page);
        done = heading.end;
    }
    match done {
        0 => Cow::Borrowed(text),
        _ => Cow::Owned(full + text.get(done..).unwrap_or_default()),
    }
}

/// Every place that a text names, in order.
pub fn marks(text: &str) -> Vec<Mark<'_>> {
    let mut found = Vec::new();
    for Heading { page, start, end, is_in_full } in headings(text) {
        let rest = text.get(end..).unwrap_or_default();
        let places = places(rest.strip_prefix(' ').unwrap_or_default());
        let mark = |place, offset| Mark { page, place, offset, is_in_full };
        if places.is_empty() {
            found.push(mark("", start));
        }
        found.extend(places.into_iter().map(|(place, offset)| mark(place, end + 1 + offset)));
    }
    found
}

/// The name of a page in a text, where a mark begins.
struct Heading {
    page: &'static str,
    start: usize,
    end: usize,
    is_in_full: bool,
}

fn headings(text: &str) -> impl Iterator<Item = Heading> {
    let starts = text.char_indices().filter(|(_, c)| matches!(c, '0' | 'd')).map(|(at, _)| at);
    starts.filter_map(|start| heading_at(text, start))
}

fn heading_at(text: &str, start: usize) -> Option<Heading> {
    let (before, rest) = text.split_at_checked(start)?;
    if before.ends_with(|c: char| c.is_alphanumeric() || "_-./:#§".contains(c)) {
        return None;
    }
    let path = rest.strip_prefix(FOLDER);
    let (page, name) = PAGES.into_iter().find_map(|page| {
        let number = page.get(..2)?;
        let name = if path.is_some() { page } else { number };
        path.unwrap_or(rest).starts_with(name).then_some((page, name))
    })?;
    let after = path.unwrap_or(rest).strip_prefix(name)?;
    let has_place = after.strip_prefix(' ').is_some_and(|it| place_len(it).is_some());
    let is_alone = before.ends_with('(') && after.starts_with(')');
    let (is_in_full, end) = (path.is_some(), text.len() - after.len());
    (is_in_full || has_place || is_alone).then_some(Heading { page, start, end, is_in_full })
}

/// The places at the beginning of a text, with their offsets.
fn places(text: &str) -> Vec<(&str, usize)> {
    let mut found: Vec<(&str, usize)> = Vec::new();
    let mut offset = 0;
    while let Some(rest) = text.get(offset..) {
        let Some(place) = place_len(rest).and_then(|len| rest.get(..len)) else { break };
        // A letter that goes on in words is the beginning of a sentence, and no further part.
        let after = rest.get(place.len()..).unwrap_or_default();
        let is_letter = place.len() == 1 && !found.is_empty();
        if is_letter && after.starts_with(' ') {
            break;
        }
        found.push((place, offset));
        let Some(separator) = SEPARATORS.into_iter().find(|it| after.starts_with(it)) else {
            break;
        };
        offset += place.len() + separator.len();
    }
    found
}

/// The length of a place at the beginning of a text: `§6.4`, `R33`, `H12a` or `D`.
fn place_len(text: &str) -> Option<usize> {
    let (sign, numbers) = match text.strip_prefix('§') {
        Some(numbers) => ('§', numbers),
        None => {
            let letter = text.chars().next().filter(char::is_ascii_uppercase)?;
            (letter, text.get(1..)?)
        }
    };
    let digits =
        |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let mut len = digits(numbers);
    if sign == '§' {
        while let Some(deeper) = numbers.get(len..).and_then(|it| it.strip_prefix('.'))
            && digits(deeper) > 0
        {
            len += 1 + digits(deeper);
        }
        return (len > 0).then_some(sign.len_utf8() + len);
    }
    let mut after = numbers.get(len..)?.chars();
    let mut next = after.next();
    if len > 0 && next.is_some_and(|c| c.is_ascii_lowercase()) {
        len += 1;
        next = after.next();
    }
    let is_whole = next.is_none_or(|c| !c.is_alphanumeric() && !"_+=[".contains(c));
    is_whole.then_some(1 + len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Vec<String> {
        marks(text).iter().map(|mark| format!("{} {}", &mark.page[..2], mark.place)).collect()
    }

    #[test]
    fn places_are_found_one_by_one() {
        for (text, expected) in [
            ("(04 R33)", &["04 R33"][..]),
            ("as 03 §6.4.", &["03 §6.4"]),
            ("(03 §2 and §3, 01 §2 to §6)", &["03 §2", "03 §3", "01 §2", "01 §6"]),
            ("04 R38, B: times, and A node", &["04 R38", "04 B"]),
            ("04 B for payloads", &["04 B"]),
            ("(02 H12a, §4; 04 R24)", &["02 H12a", "02 §4", "04 R24"]),
            ("verified (06), 06 times", &["06 "]),
            ("docs/spec/04-bugs.md R7, B", &["04 R7", "04 B"]),
            ("docs/spec/06-hostile-input.md says", &["06 "]),
            ("0504 R1, 1.04 R1, §04 R1, 10:04 A, 04 Readers, 04 r1, 00 R1", &[]),
        ] {
            assert_eq!(named(text), expected, "{text}");
        }
    }

    #[test]
    fn offsets_are_those_of_the_places() {
        for text in ["a (02 §4.1, §4.2; 05 §3)", "a docs/spec/04-bugs.md R1 and R2", "a (06)"] {
            for mark in marks(text) {
                let expected = if mark.place.is_empty() { "06" } else { mark.place };
                assert!(text[mark.offset..].starts_with(expected), "{text}: {mark:?}");
            }
        }
    }

    #[test]
    fn words_without_marks_stay() {
        for text in ["", "0d 0a", "04 is a number", "ends in 04", "§6"] {
            assert_eq!(in_full(text), text);
        }
        assert_eq!(in_full("(06)"), "(docs/spec/06-hostile-input.md)");
    }
}
