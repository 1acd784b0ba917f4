//! The table of fuzz targets, compared with everything that names one: binaries, the manifest, the
//! folders of the corpus, what is measured and the page about fuzzing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use skewproof::suite::fuzz::{targets, with_bugs};

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn text(path: &str) -> String {
    std::fs::read_to_string(project(path)).unwrap()
}

fn table() -> BTreeSet<String> {
    targets().iter().map(|target| target.name.to_owned()).collect()
}

/// The names of what is in a folder, without their extension.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

#[test]
fn every_target_has_a_binary_and_nothing_else_has() {
    assert_eq!(names(&project("fuzz/fuzz_targets")), table());
    let manifest = text("fuzz/Cargo.toml");
    let bins = manifest.split("[[bin]]").skip(1);
    let named: BTreeSet<String> = bins
        .filter_map(|bin| Some(bin.split_once("name = \"")?.1.split('"').next()?.to_owned()))
        .collect();
    assert_eq!(named, table());
    for name in table() {
        let glue = text(&format!("fuzz/fuzz_targets/{name}.rs"));
        assert!(glue.contains(&format!("target!({})", name.to_uppercase())), "{glue}");
        assert!(glue.lines().count() <= 3, "{glue}");
    }
}

#[test]
fn the_corpus_has_folders_of_targets_only() {
    let corpus = project("corpus");
    if corpus.is_dir() {
        let strangers: Vec<String> = names(&corpus).difference(&table()).cloned().collect();
        let strangers: Vec<&String> =
            strangers.iter().filter(|name| corpus.join(name).is_dir()).collect();
        assert!(strangers.is_empty(), "{strangers:?}");
    }
}

#[test]
fn the_page_about_fuzzing_lists_the_targets() {
    let page = text("docs/fuzzing.md");
    let (_, rows) = page.split_once("| target | what must hold |").unwrap();
    let rows = rows.lines().skip(2).take_while(|line| line.starts_with('|'));
    let rows: Vec<String> = rows.map(str::to_owned).collect();
    let expected: Vec<String> = targets()
        .iter()
        .map(|target| format!("| `{}` | {} |", target.name, target.about))
        .collect();
    assert_eq!(rows, expected);
}

/// The script finds the table in the sources.
#[test]
fn what_is_measured_is_every_target_with_a_bug() {
    let script = text("fuzz/detect");
    let (_, rest) = script.split_once("<(sed -nE '").unwrap();
    let (pattern, _) = rest.split_once('\'').unwrap();
    let table = project("src/suite/fuzz/planted.rs");
    let found = Command::new("sed").args(["-nE", pattern]).arg(table).output().unwrap();
    let found = String::from_utf8(found.stdout).unwrap();
    let names: Vec<&str> = with_bugs().iter().map(|target| target.name).collect();
    assert_eq!(found.lines().collect::<Vec<_>>(), names);
}
