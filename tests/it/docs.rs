//! What the pages say, looked up in the tree: links, paths, tests, the code map, tables, their size.

use std::collections::BTreeSet;
use std::path::Path;

use pulldown_cmark::{Event, Options, Parser, Tag};

/// How long the two pages may be with which everybody begins, in bytes.
const FIRST_PAGE_MAX: usize = 12_000;
/// The pages about the code, whose paths are looked up.
const ABOUT_CODE: [&str; 5] = [
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "docs/code-map.md",
    "docs/extending.md",
    "docs/invariants.md",
];

pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn page(name: &str) -> String {
    std::fs::read_to_string(project().join(name)).unwrap()
}

/// The pages for people; the specification has its own rules.
pub fn pages() -> Vec<String> {
    let mut pages = vec!["ARCHITECTURE.md".to_owned(), "CONTRIBUTING.md".to_owned()];
    pages.push("README.md".to_owned());
    let inner = project().join("docs").read_dir().unwrap();
    let names = inner.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    pages.extend(names.filter(|name| name.ends_with(".md")).map(|name| format!("docs/{name}")));
    pages.sort();
    pages
}

#[test]
fn the_first_pages_are_read_in_a_sitting() {
    for name in ["README.md", "ARCHITECTURE.md"] {
        let bytes = page(name).len();
        assert!(bytes <= FIRST_PAGE_MAX, "{name} has {bytes} bytes: the manual is docs/");
    }
}

/// The columns of each table of a page, and the lines that look like rows and are in none.
fn tables(text: &str) -> (Vec<usize>, Vec<&str>) {
    let (mut widths, mut rows, mut code) = (Vec::new(), Vec::new(), Vec::new());
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::Table(columns)) => widths.push(columns.len()),
            Event::Start(Tag::TableHead | Tag::TableRow) => {
                let row = text[range.clone()].trim();
                let pipes = row.replace("\\|", "").matches('|').count();
                // A renderer drops what is too much and pads what is too little.
                if widths.last() == Some(&(pipes.saturating_sub(1))) {
                    rows.push(range);
                }
            }
            Event::Start(Tag::CodeBlock(_)) => code.push(range),
            _ => {}
        }
    }
    let mut strangers = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let is_within =
            |ranges: &[std::ops::Range<usize>]| ranges.iter().any(|it| it.contains(&at));
        let is_rule = line.trim_matches(['|', '-', ':', ' ', '\n']).is_empty();
        if line.starts_with('|') && !is_rule && !is_within(&rows) && !is_within(&code) {
            strangers.push(line);
        }
        at += line.len();
    }
    (widths, strangers)
}

#[test]
fn tables_are_tables_for_those_who_show_them() {
    let mut count = 0;
    for name in pages() {
        let text = page(&name);
        let (widths, strangers) = tables(&text);
        count += widths.len();
        assert!(strangers.is_empty(), "{name}: {strangers:?}");
    }
    assert!(count > 10, "the tables were not found");
}

#[test]
fn a_broken_table_is_seen() {
    let good = "| a | b |\n|---|---|\n| `x \\| y` | 2 |\n\n```text\n| a\n```\n";
    assert_eq!(tables(good), (vec![2], vec![]));
    let short = "| a | b |\n|---|---|\n| 1 |\n";
    assert_eq!(tables(short), (vec![2], vec!["| 1 |\n"]));
    let long = "| a | b |\n|---|---|\n| 1 | 2 | 3 |\n";
    assert_eq!(tables(long), (vec![2], vec!["| 1 | 2 | 3 |\n"]));
    let torn = "| a | b |\n|---|---|\n| 1 | 2 |\n\nwords\n\n| 3 | 4 |\n";
    assert_eq!(tables(torn), (vec![2], vec!["| 3 | 4 |\n"]));
}

#[test]
fn links_of_the_pages_lead_somewhere() {
    for name in pages().into_iter().chain(["docs/spec/README.md".to_owned()]) {
        let (page, folder) = (page(&name), project().join(&name));
        for link in page.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            let is_here = !link.contains("://") && !file.is_empty();
            assert!(!is_here || folder.with_file_name(file).exists(), "{name}: {link}");
        }
    }
}

/// What stands between single backticks, outside code blocks.
fn quoted(page: &str) -> Vec<&str> {
    let prose = page.split("\n```").step_by(2);
    prose.flat_map(|text| text.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn every_path_in_the_pages_about_the_code_exists() {
    let page = ABOUT_CODE.map(page).join("\n");
    let roots = [
        "src/",
        "fabric/",
        "harness/",
        "tests/",
        "benches/",
        "golden/",
        "expected/",
        "docs/",
        "fuzz/",
        ".ci/",
        ".clusterfuzzlite/",
        ".github/",
    ];
    let is_path = |word: &&str| roots.iter().any(|root| word.starts_with(root));
    let paths: BTreeSet<&str> = quoted(&page).into_iter().filter(is_path).collect();
    assert!(paths.len() > 120, "{}: {paths:?}", paths.len());
    let gone: Vec<_> = paths.iter().filter(|path| !project().join(path).exists()).collect();
    assert!(gone.is_empty(), "the pages name what is not there: {gone:?}");
}

#[test]
fn every_module_folder_is_on_the_code_map() {
    let map = page("docs/code-map.md");
    let mut folders = ["src", "fabric/src", "harness/src"].map(|it| project().join(it)).to_vec();
    while let Some(folder) = folders.pop() {
        let inner = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
        folders.extend(inner.filter(|path| path.is_dir()));
        let path = folder.strip_prefix(project()).unwrap().display().to_string();
        let is_module = folder.join("mod.rs").exists() && !path.ends_with("/tests");
        assert!(
            !is_module || map.contains(&format!("| `{path}/` |")),
            "{path} is not in docs/code-map.md"
        );
    }
}

/// The tests that keep the invariants, by name.
#[test]
fn every_test_that_keeps_an_invariant_exists() {
    let page = page("docs/invariants.md");
    let mut sources = String::new();
    let mut folders =
        ["src", "fabric/src", "harness/src", "tests"].map(|it| project().join(it)).to_vec();
    while let Some(folder) = folders.pop() {
        for path in folder.read_dir().unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                sources += &std::fs::read_to_string(&path).unwrap();
            }
        }
    }
    let rows = table(&page);
    assert!(rows.len() > 55, "{}", rows.len());
    for row in rows {
        let names = quoted(row[2]);
        assert!(!names.is_empty(), "nothing keeps this: {}", row[0]);
        for name in names {
            assert!(sources.contains(&format!("fn {name}(")), "there is no test {name}");
        }
    }
}

#[test]
fn the_glossary_is_short_and_has_each_word_once_and_in_order() {
    let page = page("docs/glossary.md");
    let rows = table(&page);
    let words: Vec<String> = rows.iter().map(|row| row[0].to_lowercase()).collect();
    assert!((30..=60).contains(&words.len()), "{} words", words.len());
    let unordered = words.windows(2).find(|pair| pair[0] >= pair[1]);
    assert_eq!(unordered, None);
}

/// The rows of the first table of a text, without its head.
fn table(text: &str) -> Vec<Vec<&str>> {
    let rows = text.lines().filter(|line| line.starts_with("| "));
    rows.skip(1).map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}
