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
        &["--message", "Trim", "--release", "1.7", "--protocol", "V1", TRIM],
        &["--frame", "--release", "1.4", "--protocol", "V3", TRIM],
        &["--message", "Gossip", "--release", "1.3", TRIM],
        &["--message", "Trim", "--input", "raw", TRIM],
        &["@no/such/file"],
        &["xy"],
    ] {
        let (code, text) = run(&[&["explain"], args].concat());
        assert_eq!((code, text.as_str()), (Some(2), ""), "{args:?}");
    }
}

/// A Trim with a field that nobody has: read, but not accounted for as a whole.
#[test]
fn a_guess_is_a_finding_and_what_was_asked_for_is_none() {
    let lossy = format!("{TRIM}2807");
    let (code, text) = run(&["explain", &lossy]);
    assert!(text.contains("how sure  guess: "), "{text}");
    assert_eq!(code, Some(1), "{text}");
    let (code, text) = run(&["explain", "--message", "Trim", &lossy]);
    assert!(text.contains("as asked; it decodes, but"), "{text}");
    assert_eq!(code, Some(0), "{text}");
}

/// A payload is no frame, and nobody is told what else it could be.
#[test]
fn what_is_asked_for_is_all_that_is_tried() {
    let (code, text) = run(&["explain", "--frame", TRIM]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("how sure  as asked, but it is refused"), "{text}");
    assert!(text.contains("\n! "), "{text}");
    assert!(!text.contains("else") && !text.contains("Trim"), "{text}");
    let answer = "2a0b 1209 0801 9a06 04 0801 0401";
    let (code, text) = run(&["explain", "--frame", answer]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("payload   4 bytes of an answer: the call names it"), "{text}");
    let (_, json) = run(&["explain", "--frame", "--format", "json", answer]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["payload"], serde_json::Value::Null);
    assert!(json["unread"].as_str().unwrap().starts_with("4 bytes of an answer"));
}

#[test]
fn the_frames_of_the_node_service_are_explained() {
    for (hex, form, expected) in [
        ("0a021803 1205 0809 900605", "RpcResponse", "rpc_reply.status = DROPPED"),
        (
            "0a021803 120f 0809 9a060a 0505040104f40204c202",
            "RpcResponse",
            "payload.trim_point = 450",
        ),
        (
            "0a021803 1217 0811 101a 1a04 5472696d a206 0a 0505040104f40204c202",
            "RpcRequest",
            "payload.trim_point = 450",
        ),
    ] {
        let (code, text) = run(&["explain", hex]);
        assert!(text.contains(&format!(": {form} in protobuf")), "{text}");
        assert!(text.contains(expected), "{text}");
        assert_eq!(code, Some(0), "{text}");
    }
}

#[test]
fn lines_of_long_values_are_broken() {
    let store = std::fs::read_to_string("golden/v1/ControlProcessors/typical.snap").unwrap();
    let hex: String = store
        .lines()
        .skip_while(|line| !line.starts_with("bytes: "))
        .skip(1)
        .take_while(|line| !line.is_empty())
        .flat_map(|line| line.get(6..30.min(line.len())).unwrap_or_default().chars())
        .filter(char::is_ascii_hexdigit)
        .collect();
    let (_, text) = run(&["explain", &hex]);
    let long = text.lines().skip_while(|line| *line != "value").find(|it| it.chars().count() > 120);
    assert_eq!(long, None, "{text}");
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
