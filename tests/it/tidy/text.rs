//! Rules about lines of text, whatever the language.
//!
//! The words that are looked for are put together from halves here: this file is read as well.

use super::{File, Objection};

/// A source file beyond this is one that everybody fears.
const LINES_MAX: usize = 600;

/// Beginnings of paths that exist on one machine only.
const MACHINE_PATHS: [&str; 4] =
    [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];

/// Hosts of package registries. Where packages come from is for the user's own settings to say.
const REGISTRY_HOSTS: [&str; 6] = [
    concat!("index.", "crates.io"),
    concat!("static.", "crates.io"),
    concat!("crates.io", "-index"),
    concat!("pypi", ".org"),
    concat!("registry.", "npmjs.org"),
    concat!("proxy.", "golang.org"),
];

/// What the lock file names as the source of every package, by the custom of cargo.
const LOCK_SOURCE: &str = concat!("registry+https://github.com/rust-lang/", "crates.io", "-index");

/// The folder of reference data, and who may name it.
const REFERENCE_DATA: &str = concat!("../", "shared");
const REFERENCE_DATA_READERS: [&str; 2] = [".ci/run", "tests/"];

/// A source file is read in a sitting.
pub fn not_too_long(file: &File) -> Vec<Objection> {
    let count = file.text.lines().count();
    let is_too_long = file.is_rust() && count > LINES_MAX;
    is_too_long
        .then(|| Objection::new(file, LINES_MAX, format!("{count} lines are too many")))
        .into_iter()
        .collect()
}

/// A source file begins with what it is.
pub fn module_doc(file: &File) -> Vec<Objection> {
    let has_doc = !file.is_rust() || file.text.starts_with("//! ");
    (!has_doc).then(|| Objection::new(file, 1, "no `//!` at the top")).into_iter().collect()
}

/// Nothing depends on where the tree lies.
pub fn no_machine_paths(file: &File) -> Vec<Objection> {
    naming(file, &MACHINE_PATHS, "a path of one machine")
}

/// Nothing depends on where packages come from.
pub fn no_registry_hosts(file: &File) -> Vec<Objection> {
    if file.path != "Cargo.lock" && !file.path.ends_with("/Cargo.lock") {
        return naming(file, &REGISTRY_HOSTS, "the host of a registry");
    }
    let is_elsewhere = |line: &str| {
        let source = line.strip_prefix("source = ");
        source.is_some_and(|source| source.trim_matches('"') != LOCK_SOURCE)
    };
    lines_where(file, is_elsewhere, "a package from elsewhere")
}

/// The project stands alone: only its tests look beside it.
pub fn reference_data_only_in_tests(file: &File) -> Vec<Objection> {
    if REFERENCE_DATA_READERS.iter().any(|reader| file.path.starts_with(reader)) {
        return Vec::new();
    }
    naming(file, &[REFERENCE_DATA], "reference data outside tests")
}

fn naming(file: &File, words: &[&str], what: &str) -> Vec<Objection> {
    lines_where(file, |line| words.iter().any(|word| line.contains(word)), what)
}

fn lines_where(file: &File, is_bad: impl Fn(&str) -> bool, what: &str) -> Vec<Objection> {
    let bad = file.text.lines().enumerate().filter(|(_, line)| is_bad(line));
    bad.map(|(index, line)| Objection::new(file, index + 1, format!("{what}: {line}"))).collect()
}

mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn a_long_file_is_seen() {
        let text = "//! A line.\n".repeat(LINES_MAX);
        assert!(lines(not_too_long, "src/a.rs", &text).is_empty());
        assert_eq!(lines(not_too_long, "src/a.rs", &(text.clone() + "\n")), [LINES_MAX]);
        assert!(lines(not_too_long, "golden/a.json", &(text + "\n")).is_empty());
    }

    #[test]
    fn a_file_without_a_doc_is_seen() {
        assert_eq!(lines(module_doc, "src/a.rs", "use std::fmt;\n//! Late."), [1]);
        assert!(lines(module_doc, "src/a.rs", "//! What it is.\n").is_empty());
        assert!(lines(module_doc, "Cargo.toml", "[package]").is_empty());
    }

    #[test]
    fn paths_of_one_machine_are_seen() {
        for path in MACHINE_PATHS {
            assert_eq!(lines(no_machine_paths, "README.md", &format!("a\nsee {path}x")), [2]);
        }
        assert!(lines(no_machine_paths, "README.md", "network/a, homework/b, /tmp/c").is_empty());
    }

    #[test]
    fn hosts_of_registries_are_seen() {
        for host in REGISTRY_HOSTS {
            let text = format!("a\nhttps://{host}/b");
            assert_eq!(lines(no_registry_hosts, ".cargo/config.toml", &text), [2]);
        }
        let lock = format!("source = \"{LOCK_SOURCE}\"\nsource = \"registry+https://elsewhere\"");
        assert_eq!(lines(no_registry_hosts, "Cargo.lock", &lock), [2]);
    }

    #[test]
    fn reference_data_is_named_in_tests_only() {
        let text = format!("{REFERENCE_DATA}/vectors");
        assert_eq!(lines(reference_data_only_in_tests, "src/suite/a.rs", &text), [1]);
        assert!(lines(reference_data_only_in_tests, "tests/it/a.rs", &text).is_empty());
        assert!(lines(reference_data_only_in_tests, ".ci/run", &text).is_empty());
    }
}
