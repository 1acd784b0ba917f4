//! The history of runs on the command line: runs are added once, a half-written line is told, and what
//! is shown of it fits.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

fn skewproof(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skewproof"));
    command.args(args).current_dir(folder).stdin(Stdio::null()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A folder with the documents of two runs, `good.json` and `bad.json`.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, failed) in [("good.json", 0), ("bad.json", 2)] {
        let tally = json!({ "passed": 10, "failed": failed, "skipped": 1 });
        let finding = json!({ "case": "a/b", "expected": "", "actual": "" });
        let cell = json!({ "row": "r", "column": "c", "tally": tally });
        let grid = json!({ "name": "g", "cells": [cell], "findings": vec![finding; failed] });
        let document = json!({
            "schema": "skewproof.report/2",
            "title": "skewproof check",
            "ok": failed == 0,
            "tally": tally,
            "causes": [],
            "verdicts": [{ "pair": "1.4 to 1.5", "word": "safe" }],
            "notes": [], "tables": [], "grids": [grid],
        });
        fs::write(folder.path().join(name), document.to_string()).unwrap();
    }
    folder
}

fn add(folder: &Path, more: &[&str]) -> Output {
    skewproof(folder, &[&["report", "add", "h.jsonl"], more].concat())
}

#[test]
fn a_run_is_added_once_and_nothing_is_lost() {
    let folder = folder();
    let folder = folder.path();
    let read = || fs::read_to_string(folder.join("h.jsonl")).unwrap();
    let day = ["--date", "2026-11-28", "--fuzzing", "1.5"];
    assert_eq!(add(folder, &[&["good.json"], &day[..]].concat()).status.code(), Some(0));
    let first = read();
    let again = add(folder, &[&["good.json"], &day[..]].concat());
    assert_eq!((again.status.code(), read()), (Some(0), first.clone()));
    assert!(text(&again.stdout).contains("is there already, in line 1"));
    let other = add(folder, &["good.json", "--fuzzing", "2"]);
    assert_eq!((other.status.code(), read()), (Some(2), first.clone()));
    assert!(text(&other.stderr).contains("with another measurement"));
    let moved = ["good.json", "--fuzzing", "1.5", "--date", "2026-11-29"];
    let moved = add(folder, &moved);
    assert_eq!((moved.status.code(), read()), (Some(2), first.clone()));
    assert!(text(&moved.stderr).contains("in line 1, of 2026-11-28"), "{}", text(&moved.stderr));

    // Somebody was kept from finishing the second line.
    fs::write(folder.join("h.jsonl"), format!("{first}{{\"date\":\"2026-1")).unwrap();
    let trend = skewproof(folder, &["report", "trend", "h.jsonl"]);
    assert_eq!(trend.status.code(), Some(0));
    assert!(text(&trend.stderr).contains("half written"), "{}", text(&trend.stderr));
    assert_eq!(add(folder, &["bad.json", "--release", "0.2.0"]).status.code(), Some(0));
    assert!(read().starts_with(&first) && read().lines().count() == 2);
}

#[test]
fn runs_that_are_added_at_the_same_time_are_all_there() {
    let folder = folder();
    let folder = folder.path();
    let document: Value =
        serde_json::from_str(&fs::read_to_string(folder.join("good.json")).unwrap()).unwrap();
    std::thread::scope(|scope| {
        for run in 0..6 {
            let mut document = document.clone();
            scope.spawn(move || {
                document["title"] = json!(format!("run {run}"));
                let name = format!("{run}.json");
                fs::write(folder.join(&name), document.to_string()).unwrap();
                assert_eq!(add(folder, &[&name]).status.code(), Some(0));
            });
        }
    });
    assert_eq!(fs::read_to_string(folder.join("h.jsonl")).unwrap().lines().count(), 6);
}

#[test]
fn what_is_shown_fits_and_leads_on() {
    let folder = folder();
    let folder = folder.path();
    add(folder, &["good.json", "--release", "0.1.0", "--date", "2026-11-28"]);
    add(folder, &["bad.json", "--release", "0.2.0", "--date", "2026-11-29"]);
    let trend = skewproof(folder, &["report", "trend", "h.jsonl", "--html", "trend.html"]);
    let said = text(&trend.stdout);
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
    assert!(said.contains("by release of ours              0.1.0        0.2.0"), "{said}");
    let page = fs::read_to_string(folder.join("trend.html")).unwrap();
    assert!(page.matches("<svg").count() >= 4 && page.contains("<title>2026-11-29, 0.2.0: "));

    let badge = skewproof(folder, &["report", "badge", "h.jsonl"]);
    let badge: Value = serde_json::from_slice(&badge.stdout).unwrap();
    assert_eq!((&badge["schemaVersion"], &badge["color"]), (&json!(1), &json!("red")));

    let site = |folder_name: &str| skewproof(folder, &["report", "site", folder_name, "h.jsonl"]);
    assert_eq!(site("public").status.code(), Some(0));
    assert_eq!(site("public").status.code(), Some(0), "again over the last one");
    let pairs = fs::read_to_string(folder.join("public/pairs.html")).unwrap();
    assert!(pairs.contains("1.4 to 1.5") && pairs.contains("href=\"run-"));
    // A run that stands in two histories is one, and has to be the same in both.
    let of_both = |other: &str| {
        let output = skewproof(folder, &["report", "site", "both", "h.jsonl", other]);
        (output.status.code(), text(&output.stderr))
    };
    fs::copy(folder.join("h.jsonl"), folder.join("copy.jsonl")).unwrap();
    assert_eq!(of_both("copy.jsonl").0, Some(0));
    let index = fs::read_to_string(folder.join("both/index.html")).unwrap();
    assert_eq!(index.matches("<th scope=\"row\"><a href=\"run-").count(), 2);
    skewproof(folder, &["report", "add", "third.jsonl", "bad.json", "--release", "0.3.0"]);
    let (code, said) = of_both("third.jsonl");
    assert!(code == Some(2) && said.contains("with another release"), "{said}");
    fs::create_dir(folder.join("other")).unwrap();
    fs::write(folder.join("other/mine.txt"), "x").unwrap();
    assert_eq!(site("other").status.code(), Some(2), "what is somebody else's stays");
}

/// In the folder of an older site, too.
#[test]
fn a_site_replaces_its_own_files_only() {
    let folder = folder();
    let folder = folder.path();
    add(folder, &["good.json"]);
    let site = || {
        let output = skewproof(folder, &["report", "site", "public", "h.jsonl"]);
        (output.status.code(), text(&output.stderr))
    };
    assert_eq!(site().0, Some(0));
    let pairs = folder.join("public/pairs.html");
    fs::write(folder.join("precious"), "mine").unwrap();
    fs::remove_file(&pairs).unwrap();
    std::os::unix::fs::symlink("../precious", &pairs).unwrap();
    let (code, said) = site();
    assert!(code == Some(2) && said.contains("something else in it: pairs.html"), "{said}");
    assert_eq!(fs::read_to_string(folder.join("precious")).unwrap(), "mine");
    fs::remove_file(&pairs).unwrap();
    fs::write(folder.join("public/CNAME"), "example.org").unwrap();
    assert_eq!(site().0, Some(0), "what belongs to who publishes it is in nobody's way");
    assert_eq!(fs::read_to_string(folder.join("public/CNAME")).unwrap(), "example.org");
    for (name, content) in [("pairs.html", "mine"), ("badge.json", "{}")] {
        let path = folder.join("public").join(name);
        let old = fs::read(&path).ok();
        fs::write(&path, content).unwrap();
        let (code, said) = site();
        assert!(code == Some(2) && said.contains(name), "{name}: {said}");
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
        old.map_or_else(|| fs::remove_file(&path), |old| fs::write(&path, old)).unwrap();
    }
    assert_eq!(site().0, Some(0), "with its own files again");
}

/// A text of somebody's is no history, however it ends; nor is a line that contradicts itself.
#[test]
fn what_is_no_history_stays_as_it_is() {
    let folder = folder();
    let folder = folder.path();
    let note = folder.join("note.txt");
    fs::write(&note, "my only copy").unwrap();
    let added = skewproof(folder, &["report", "add", "note.txt", "good.json"]);
    assert_eq!(added.status.code(), Some(2), "{}", text(&added.stderr));
    assert_eq!(fs::read_to_string(&note).unwrap(), "my only copy");

    add(folder, &["good.json"]);
    let line = fs::read_to_string(folder.join("h.jsonl")).unwrap();
    let line = line.replace("\"failed\":0", "\"failed\":7");
    fs::write(folder.join("h.jsonl"), line).unwrap();
    let badge = skewproof(folder, &["report", "badge", "h.jsonl"]);
    assert_eq!((badge.status.code(), text(&badge.stdout)), (Some(2), String::new()));
    assert!(text(&badge.stderr).contains("contradicts"), "{}", text(&badge.stderr));
}

#[test]
fn what_is_no_run_and_no_history_is_refused() {
    let folder = folder();
    let folder = folder.path();
    fs::write(folder.join("foreign.json"), "{\"a\": 1}").unwrap();
    fs::write(folder.join("broken.jsonl"), "x\ny\n").unwrap();
    fs::write(folder.join("empty.jsonl"), "").unwrap();
    for (args, why) in [
        (&["report", "add", "h.jsonl", "foreign.json"][..], "it names no schema"),
        (&["report", "add", "h.jsonl", "gone.json"], "cannot read gone.json"),
        (&["report", "add", "broken.jsonl", "good.json"], "line 1 is no run"),
        (&["report", "add", "h.jsonl", "good.json", "--coverage", "NaN"], "expected a number"),
        (&["report", "add", "h.jsonl", "good.json", "--date", "yesterday"], "expected a day"),
        (&["report", "add", "h.jsonl", "good.json", "--speed", "good.json"], "cargo bench"),
        (
            &["report", "add", "h.jsonl", "good.json", "--speed", "gone.json"],
            "cannot read gone.json",
        ),
        (&["report", "trend", "gone.jsonl"], "cannot read gone.jsonl"),
        (&["report", "badge", "empty.jsonl"], "has no run yet"),
        (&["report", "site", "public", "empty.jsonl"], "there is no run to show"),
    ] {
        let output = skewproof(folder, args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(text(&output.stderr).contains(why), "{args:?}: {}", text(&output.stderr));
    }
    assert!(!folder.join("h.jsonl").exists() && !folder.join("public").exists());
}

#[test]
fn a_history_is_not_overwritten_by_its_page() {
    let folder = folder();
    assert_eq!(add(folder.path(), &["good.json"]).status.code(), Some(0));
    let before = fs::read(folder.path().join("h.jsonl")).unwrap();
    for page in ["h.jsonl", "./h.jsonl"] {
        let output = skewproof(folder.path(), &["report", "trend", "h.jsonl", "--html", page]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains("would be overwritten"), "{}", text(&output.stderr));
    }
    assert_eq!(fs::read(folder.path().join("h.jsonl")).unwrap(), before);
}
