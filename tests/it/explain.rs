//! `skewproof explain` from outside: exit codes and the form of what it prints.

use std::process::{Command, Output, Stdio};

/// A Trim at V2.
pub const TRIM: &str = "0505040104f40204c202";

/// The exit code, and what is printed.
pub fn run(args: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skewproof"));
    let Output { status, stdout, .. } = command.args(args).stdin(Stdio::null()).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap())
}

#[test]
fn bytes_are_explained_with_and_without_hints() {
    for hints in [&[][..], &["--message", "Trim"], &["--message", "Trim", "--protocol", "V2"]] {
        let (code, text) = run(&[&["explain"], hints, &[TRIM]].concat());
        assert_eq!(code, Some(0), "{text}");
        assert!(text.contains("trim_point = 450  (tag 2, varint)"), "{text}");
    }
    let (code, text) = run(&["explain", "--frame", "2a02 2a00"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("datagram.ping: tag 5, delimited, 0 bytes"), "{text}");
}

#[test]
fn damage_is_a_finding_and_nonsense_cannot_run() {
    let (code, text) = run(&["explain", "--message", "Trim", &TRIM[..18]]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("\n! trim_point (byte 8): "), "{text}");
    assert!(text.contains("\nrefused   Trim at V3: "), "{text}");
    for args in [
        &["--message", "Nothing", TRIM][..],
        &["--message", "Gossip", "--protocol", "V1", TRIM],
        &["--frame", "--message", "Trim", TRIM],
        &["@no/such/file"],
        &["xy"],
    ] {
        let (code, text) = run(&[&["explain"], args].concat());
        assert_eq!((code, text.as_str()), (Some(2), ""), "{args:?}");
    }
}

#[test]
fn the_json_form_has_every_byte_once() {
    let (code, text) = run(&["explain", "--format", "json", TRIM]);
    assert_eq!(code, Some(0), "{text}");
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let spans = json["spans"].as_array().unwrap();
    let hex: String = spans.iter().map(|span| span["hex"].as_str().unwrap()).collect();
    assert_eq!(hex, TRIM);
    let candidates = json["reading"]["candidates"].as_array().unwrap();
    assert!(candidates.iter().any(|it| it["form"] == "Trim"), "{text}");
    assert_eq!(json["damage"], serde_json::Value::Null);
}
