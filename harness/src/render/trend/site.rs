//! The history as a site: a page for all runs, one for each run, one for the pairs and one for the
//! requirements, which link each other.

use std::collections::{BTreeMap, BTreeSet};

use super::badge::badge;
use super::page::{frame, plots, runs, score_card, section, table};
use super::value_of;
use crate::history::{Entry, History, MEASURES};
use crate::render::html::escaped;

const RUNS: &str = "index.html";
const PAIRS: &str = "pairs.html";
const REQUIREMENTS: &str = "requirements.html";
const BADGE: &str = "badge.json";
/// Runs that a table of courses shows, the newest first.
const COLUMNS_MAX: usize = 12;

/// Which of a run's words a page is about.
type Words = fn(&Entry) -> &BTreeMap<String, String>;

/// The files of the site, by name.
pub fn site(history: &History) -> Vec<(String, String)> {
    let last = history.entries.last();
    let index = plots(history, link) + &score_card(history) + &runs(history, link);
    let pairs = courses("Pairs, run by run", history, |entry| &entry.pairs);
    let requirements = courses("Requirements, run by run", history, |entry| &entry.requirements);
    let mut files = vec![
        (RUNS.to_owned(), frame("skewproof: runs", &nav(RUNS), last, &index)),
        (PAIRS.to_owned(), frame("skewproof: pairs", &nav(PAIRS), last, &pairs)),
        (
            REQUIREMENTS.to_owned(),
            frame("skewproof: requirements", &nav(REQUIREMENTS), last, &requirements),
        ),
    ];
    files.extend(last.map(|entry| (BADGE.to_owned(), badge(entry))));
    files.extend(history.entries.iter().map(|entry| (file(entry), run(entry))));
    files
}

fn file(entry: &Entry) -> String {
    format!("run-{}.html", entry.short())
}

/// Whether a file of a site of ours may have this name, of whichever history it is.
pub fn is_of_site(name: &str) -> bool {
    let of_run = name.strip_prefix("run-").and_then(|rest| rest.strip_suffix(".html"));
    let is_digest = |text: &str| text.len() == 12 && text.bytes().all(|it| it.is_ascii_hexdigit());
    [RUNS, PAIRS, REQUIREMENTS, BADGE].contains(&name) || of_run.is_some_and(is_digest)
}

fn link(entry: &Entry) -> Option<String> {
    Some(file(entry))
}

fn nav(current: &str) -> String {
    let to = |(file, title): (&str, &str)| {
        let is_it = if file == current { " aria-current=\"page\"" } else { "" };
        format!("<a href=\"{file}\"{is_it}>{title}</a>")
    };
    let links = [(RUNS, "Runs"), (PAIRS, "Pairs"), (REQUIREMENTS, "Requirements")].map(to);
    format!("<nav aria-label=\"Pages\">{}</nav>", links.concat())
}

/// One run: its numbers, its pairs and its requirements.
fn run(entry: &Entry) -> String {
    let values = MEASURES.iter().filter(|measure| (measure.of)(entry).is_some()).map(|measure| {
        let name = format!("{} <span class=\"muted\">{}</span>", measure.name, measure.unit);
        vec![name, value_of(measure, entry)]
    });
    let heads = ["", "this run"].map(str::to_owned);
    let mut body = section("Numbers", &table("numbers", &heads, values));
    for (title, page, words) in
        [("Pairs", PAIRS, &entry.pairs), ("Requirements", REQUIREMENTS, &entry.requirements)]
    {
        let rows = words.iter().map(|(name, word)| {
            vec![
                format!("<a href=\"{page}#{}\">{}</a>", anchor(name), escaped(name)),
                escaped(word),
            ]
        });
        let heads = ["", "verdict"].map(str::to_owned);
        body.push_str(&match words.is_empty() {
            true => section(title, "<p class=\"muted\">The document of this run has none.</p>\n"),
            false => section(title, &table("", &heads, rows)),
        });
    }
    let title = format!("{}: run {}", entry.title, entry.short());
    frame(&title, &nav(""), Some(entry), &body)
}

/// A row for each name that any run has, as the page of each links here; a column for each of the last
/// runs.
fn courses(title: &str, history: &History, words: Words) -> String {
    let newest: Vec<&Entry> = history.entries.iter().rev().take(COLUMNS_MAX).collect();
    let names: BTreeSet<&String> = history.entries.iter().flat_map(|it| words(it).keys()).collect();
    if names.is_empty() {
        return section(title, "<p class=\"muted\">No run has told any yet.</p>\n");
    }
    let head = |entry: &&Entry| format!("<a href=\"{}\">{}</a>", file(entry), escaped(&entry.date));
    let heads: Vec<String> =
        std::iter::once(String::new()).chain(newest.iter().map(head)).collect();
    let rows = names.iter().map(|name| {
        let first = format!("<span id=\"{}\">{}</span>", anchor(name), escaped(name));
        let word =
            |entry: &&Entry| words(entry).get(*name).map_or("·".to_owned(), |it| escaped(it));
        std::iter::once(first).chain(newest.iter().map(word)).collect()
    });
    section(title, &table("", &heads, rows))
}

/// A name as the place of a page, another for each: what is no letter, digit, point or dash is its
/// number between underscores.
fn anchor(name: &str) -> String {
    let plain = |c: char| match c {
        _ if c.is_ascii_alphanumeric() || c == '.' || c == '-' => c.to_string(),
        other => format!("_{:x}_", u32::from(other)),
    };
    name.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::trend::page;

    fn run(digest: u8, hostile: &str) -> Entry {
        let is_ok = digest != 0xb;
        let one = |key: &str| BTreeMap::from([(key.to_owned(), hostile.to_owned())]);
        Entry {
            digest: format!("{digest:064x}").chars().rev().collect(),
            date: "2026-11-29".to_owned(),
            release: hostile.to_owned(),
            title: hostile.to_owned(),
            is_ok,
            cases: [10, u64::from(!is_ok), 1],
            findings: u64::from(!is_ok),
            pairs: one("1.4 to 1.5"),
            requirements: one("02 §1"),
            measures: BTreeMap::new(),
        }
    }

    fn history() -> History {
        let oldest = Entry {
            pairs: BTreeMap::from([("1.1 to 1.2".to_owned(), "x".to_owned())]),
            ..run(0, "safe")
        };
        // More runs than a table has columns.
        let safe = (1..=COLUMNS_MAX as u8).map(|digest| run(digest + 0x10, "safe"));
        let last = run(0xb, "<script>alert(1)</script>");
        let entries = [oldest].into_iter().chain(safe).chain([last]).collect();
        History { entries, whole_len: 0, unfinished: None }
    }

    #[test]
    fn every_link_of_the_site_leads_somewhere() {
        let site = site(&history());
        assert_eq!(site.len(), 4 + 14);
        assert!(site.iter().all(|(name, _)| is_of_site(name)) && !is_of_site("run-mine.html"));
        let mut links = 0;
        for (name, page) in site.iter().filter(|(name, _)| name.ends_with(".html")) {
            for part in page.split("href=\"").skip(1) {
                let to = part.split('"').next().unwrap();
                let (file, place) = to.split_once('#').map_or((to, None), |(f, p)| (f, Some(p)));
                let found = site.iter().find(|(name, _)| name == file);
                let (_, target) = found.unwrap_or_else(|| panic!("{name} links {to}"));
                if let Some(place) = place {
                    assert!(target.contains(&format!("id=\"{place}\"")), "{name} links {to}");
                }
                links += 1;
            }
        }
        assert!(links > 20, "{links}");
    }

    #[test]
    fn nothing_from_outside_is_markup() {
        let pages = site(&history()).into_iter().chain([(String::new(), page(&history()))]);
        for (name, page) in pages {
            assert!(!page.contains("<script") && !page.contains("http:"), "{name}");
        }
    }

    #[test]
    fn names_that_are_alike_are_places_of_their_own() {
        let places = BTreeSet::from(["a b", "a-b", "a/b", "a_b", "a_20_b"].map(anchor));
        assert_eq!(places.len(), 5);
    }

    #[test]
    fn what_verified_nothing_is_not_good() {
        let nothing = Entry { cases: [0, 0, 9], ..run(1, "safe") };
        assert!(badge(&nothing).contains("nothing verified"));
        assert!(frame("x", "", Some(&nothing), "").contains("data-verdict=\"findings\""));
    }

    #[test]
    fn the_badge_is_that_of_the_last_run() {
        let site = site(&history());
        let (_, badge) = site.iter().find(|(name, _)| name == "badge.json").unwrap();
        let badge: serde_json::Value = serde_json::from_str(badge).unwrap();
        assert_eq!(badge["schemaVersion"], 1);
        assert_eq!((&badge["message"], &badge["color"]), (&"1 finding".into(), &"red".into()));
    }
}
