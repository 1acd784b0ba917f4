//! Marks, in sources, pages and lists, lead to places of the specification.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use skewproof::suite::marks::{Mark, PAGES, marks};

use super::{File, Objection, lines};

/// The folder of the pages.
const FOLDER: &str = "docs/spec/";
/// Where marks are looked for.
const SEARCHED: [&str; 12] = [
    "src/",
    "fabric/",
    "harness/",
    "tests/",
    "benches/",
    "examples/",
    "docs/",
    "expected/",
    "fuzz/fuzz_targets/",
    ".ci/",
    "README.md",
    "CONTRIBUTING.md",
];
/// Files that are about marks, and have wrong ones in them on purpose.
const ABOUT_MARKS: [&str; 2] = ["src/suite/marks.rs", "tests/it/tidy/marks.rs"];

/// The places that a page has.
static PLACES: LazyLock<BTreeMap<&str, BTreeSet<String>>> = LazyLock::new(|| {
    PAGES.into_iter().map(|page| (page, places(&page_text(page)).into_iter().collect())).collect()
});

fn page_text(page: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER).join(page);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What a page has a name for: sections and parts by their headings, rows by their ids.
fn places(page: &str) -> Vec<String> {
    let mut places = Vec::new();
    let mut has_ids = false;
    for line in page.lines() {
        let is_row = line.starts_with('|');
        let first = line.trim_start_matches('|').split(" |").next().unwrap_or_default().trim();
        if let Some(heading) = line.trim_start_matches('#').strip_prefix(' ')
            && line.starts_with("##")
        {
            let number = heading.split(' ').next().unwrap_or_default().trim_end_matches('.');
            match number.chars().next() {
                Some(c) if c.is_ascii_digit() => places.push(format!("§{number}")),
                _ => places.push(number.to_owned()),
            }
        } else if is_row && first == "id" {
            has_ids = true;
        } else if is_row && has_ids && !first.starts_with("--") {
            places.push(first.split(['<', ' ']).next().unwrap_or_default().to_owned());
        }
        has_ids &= is_row;
    }
    places
}

/// Why a mark leads nowhere.
pub fn objection(mark: &Mark<'_>) -> Option<String> {
    let is_there = mark.place.is_empty() || PLACES[mark.page].contains(mark.place);
    (!is_there).then(|| format!("{FOLDER}{} has no {}", mark.page, mark.place))
}

/// Every mark leads to a place, and every section is named with its page.
pub fn every_mark_leads_somewhere(file: &File) -> Vec<Objection> {
    let is_searched = SEARCHED.iter().any(|folder| file.path.starts_with(folder))
        || file.path == "ARCHITECTURE.md";
    if !is_searched || ABOUT_MARKS.contains(&file.path.as_str()) {
        return Vec::new();
    }
    let text = Joined::of(&file.text);
    let found = marks(&text.text);
    let object = |offset, what| Objection::new(file, text.line_of(offset), what);
    let mut objections: Vec<Objection> = found
        .iter()
        .filter_map(|mark| objection(mark).map(|what| object(mark.offset, what)))
        .collect();
    let own = PAGES.into_iter().find(|page| file.path == format!("{FOLDER}{page}"));
    let is_placed = |offset| found.iter().any(|mark| mark.offset == offset);
    for (offset, _) in text.text.match_indices('§').filter(|(offset, _)| !is_placed(*offset)) {
        let rest = &text.text[offset..];
        let end = rest.char_indices().skip(1).find(|(_, c)| !c.is_ascii_digit() && *c != '.');
        let place = rest[..end.map_or(rest.len(), |(at, _)| at)].trim_end_matches('.');
        match own {
            Some(page) if PLACES[page].contains(place) => {}
            Some(page) => objections.push(object(offset, format!("{page} has no {place}"))),
            None if file.path.starts_with(FOLDER) => {}
            None => objections.push(object(offset, format!("{place} is on no page"))),
        }
    }
    let cut = text.text.match_indices(", ").filter(|(offset, _)| is_cut(&text.text, *offset));
    objections.extend(cut.map(|(at, _)| object(at, "a comma behind the page".to_owned())));
    objections
}

/// Whether the comma at an offset stands between a page and its place: it hides the mark.
fn is_cut(text: &str, comma: usize) -> bool {
    let before = text[..comma].char_indices().rev().nth(2).map_or(0, |(at, _)| at);
    let after = text[comma + 2..].split(' ').next().unwrap_or_default();
    !marks(&format!("{} {after}", &text[before..comma])).is_empty()
}

/// The lines of a file as one, so that a mark may be broken; without what comments begin with.
struct Joined {
    text: String,
    /// Where each line begins.
    starts: Vec<usize>,
}

impl Joined {
    fn of(text: &str) -> Self {
        let (mut joined, mut starts) = (String::new(), Vec::new());
        for line in text.lines() {
            starts.push(joined.len());
            let words = line.trim().trim_start_matches("//").trim_start_matches(['/', '!', '#']);
            joined.push_str(words.trim().trim_end_matches('\\').trim_end());
            joined.push(' ');
        }
        Self { text: joined, starts }
    }

    /// The line, counted from 1.
    fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset)
    }
}

#[test]
fn a_wrong_mark_is_seen() {
    let seen = |path, text| lines(every_mark_leads_somewhere, path, text);
    assert_eq!(seen("src/a.rs", "//! Right (04 R33; 03 §6.4),\n//! wrong (04 R99)."), [2]);
    assert_eq!(seen("expected/a.json", "\"note\": \"04 B, 03 §6.55: words\""), [1]);
    assert_eq!(seen("README.md", "broken (02 §4,\n§44)"), [2]);
    assert_eq!(seen("src/a.rs", "/// Nobody's (§4)."), [1]);
    assert_eq!(seen("src/a.rs", "\n/// Not as we write it (04, R33)."), [2]);
    assert!(seen("src/a.rs", "[0x04, R33], 1704, R33, (03 §1, §2)").is_empty());
    assert_eq!(seen("docs/spec/04-bugs.md", "see §6.4"), [1]);
    assert!(seen("docs/spec/03-messages.md", "see §6.4 and 07 A2, A3").is_empty());
    assert!(seen("golden/a.snap", "04 R99").is_empty());
}

#[test]
fn pages_have_each_place_once() {
    for page in PAGES {
        let text = page_text(page);
        let places = places(&text);
        let named: BTreeSet<_> = places.iter().filter(|it| has_digit(it)).collect();
        assert!(named.len() > 5, "{page}: the places were not found");
        let count = places.iter().filter(|it| has_digit(it)).count();
        assert_eq!(count, named.len(), "{page} has a place twice");
        for row in named.iter().filter(|it| !it.starts_with('§')) {
            let anchor = row.to_lowercase();
            let is_linked = [format!("\"{anchor}\""), format!("\"part-{anchor}\"")]
                .iter()
                .any(|it| text.contains(&format!("<a id={it}></a>")));
            assert!(is_linked, "{page}: {row} has no anchor");
        }
    }
}

fn has_digit(place: &str) -> bool {
    place.contains(|c: char| c.is_ascii_digit())
}

/// The letters of ids, as the index of the pages explains them.
#[test]
fn the_index_explains_every_letter() {
    let index = page_text("README.md");
    for page in PAGES {
        let row = index.lines().find(|line| line.starts_with(&format!("| {} |", &page[..2])));
        let explained: BTreeSet<char> = row.map(letters).unwrap_or_default();
        let rows = PLACES[page].iter().filter(|it| !it.starts_with('§') && has_digit(it));
        let used = rows.filter_map(|it| it.chars().next());
        let used: BTreeSet<char> = match page {
            // A1 to A5 are headings.
            "04-bugs.md" => used.filter(|letter| *letter != 'A').collect(),
            _ => used.collect(),
        };
        assert_eq!(used, explained, "{page}");
    }
}

/// The capital letters that stand alone.
fn letters(row: &str) -> BTreeSet<char> {
    let row =
        row.split('(').flat_map(|part| part.split_once(')').map_or([part, ""], |it| ["", it.1]));
    row.flat_map(|part| part.split([' ', ',', '·']))
        .filter(|word| word.len() == 1)
        .filter_map(|word| word.chars().next().filter(char::is_ascii_uppercase))
        .collect()
}
