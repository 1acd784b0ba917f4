//! `skewproof future` from outside.

use std::process::{Command, Output};

fn future(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_skewproof")).arg("future").args(args).output().unwrap()
}

#[test]
fn the_next_release_may_add_a_field_but_no_variant() {
    let output = future(&["--format", "json"]);
    assert_eq!(output.status.code(), Some(0));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let changes = report["tables"][0]["rows"].as_array().unwrap();
    let verdicts = |change: &str| -> Vec<&str> {
        let rows = changes.iter().filter(|row| row[0] == change);
        rows.map(|row| row[9].as_str().unwrap()).collect()
    };
    assert_eq!(verdicts("add a field: a number"), ["safe"; 5]);
    let (versioned, kept) = ("only behind a new version", "only behind a barrier");
    assert_eq!(
        verdicts("add a variant with a value"),
        [versioned, versioned, versioned, kept],
        "in a log no version keeps it from who does not know it"
    );
}

#[test]
fn one_message_is_shown_place_by_place() {
    let output = future(&["--message", "store"]);
    assert_eq!(output.status.code(), Some(2), "names are exact");
    let output = future(&["--message", "Trim"]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("header.loglet_id"), "{text}");
    assert!(text.lines().last().unwrap().contains(" 0 failed"), "{text}");
}

#[test]
fn what_is_kept_is_shown_place_by_place_too() {
    let output = future(&["--message", "LogRecord"]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("partition stops"), "{text}");
    let output = future(&["--message", "EpochMetadata"]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("leader_metadata") && text.contains("no claim"), "{text}");
}
