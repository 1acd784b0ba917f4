//! Lines that contradict themselves, or each other, or say nothing: none of them passes, and none goes
//! without a word.

use super::*;
use crate::harness::report::Tally;
use crate::suite::subject::Fabric;

/// The page that describes the lines.
const PAGE: &str = include_str!("../../../docs/formats.md");

const TRIM: &str = r#"{"release":"1.7.6","protocol":"V2","message":"Trim","case":"a","value":{"header":{"loglet_id":1,"known_global_tail":500},"trim_point":450},"hex":"0505040104f40204c202"}"#;
const UNDERSTOOD: &str = r#"{"decoder":"1.6.2","from":"1.7.6","protocol":"V2","message":"Trim","case":"a","ok":true,"equal":true,"reencodes_identically":true}"#;
const TAKEN: &str = r#"{"case":"a","input_hex":"0505040104f40204c202","message":"Trim","op":"decode-input","outcome":"ok","protocol":"V2","release":"1.4.2","value":{"header":{"known_global_tail":500,"loglet_id":1},"trim_point":450}}"#;
const GROUPS: &str = r#"{"protocol":"V2","message":"Trim","case":"a","groups":[{"hex":"0505040104f40204c202","releases":["1.7.6"]}]}"#;
const RANGE: &str = r#"{"constants":{"CURRENT_PROTOCOL_VERSION":"V3","MIN_SUPPORTED_PROTOCOL_VERSION":"V2"},"release":"1.7.6"}"#;
const FRAME: &str = r#"{"release":"1.7.6","message":"Message","case":"f","value":{"header":null,"body":{"datagram":{"ping":{"timestamp":5}}}},"hex":"2a042a020805"}"#;
const FRAME_READ: &str = r#"{"decoder":"1.6.2","from":"1.7.6","protocol":"envelope","message":"Message","case":"f","ok":true,"equal":true,"reencodes_identically":true}"#;
const LIBRARY: &str = r#"{"kind":"payload","case":"e","release":"1.7","protocol":"V2","message":"Trim","hex":"0505040104f40204c202","real":"ok","words":"Trim { header: H { l: 1, k: 500 }, p: 450 }","reencodes":"0505040104f40204c202"}"#;
const RECORD: &str = r#"{"layer":"log-record","op":"decode-input","outcome":"error","error":"no","case":"a","message":"Envelope","release":"1.7.6","protocol":"V2","input_hex":"00"}"#;

fn tally(lines: &[&str]) -> Tally {
    let text = lines.join("\n");
    let source = Source::new("lines", move || Ok(text.clone()));
    verify_shelf(&Shelf::read(vec![source]).unwrap(), &Fabric, |_| {}).unwrap().report.tally()
}

fn of(passed: u64, failed: u64) -> Tally {
    Tally { passed, failed, skipped: 0 }
}

/// Asserts that a line passes, and fails with each change of its text. What it refers to holds.
fn assert_each_is_found(reference: &[&str], line: &str, changes: &[(&str, &str)]) {
    let others = reference.len() as u64;
    let tally = |line: &str| tally(&[reference, &[line]].concat());
    assert_eq!(tally(line), of(others + 1, 0), "{line}");
    for (old, new) in changes {
        assert!(line.contains(old), "{old}");
        let changed = line.replace(old, new);
        assert_eq!(tally(&changed), of(others, 1), "{changed}");
    }
}

#[test]
fn the_lines_of_the_page_are_verified() {
    let start = PAGE.find("Two lines that are enough").unwrap();
    let lines: Vec<&str> =
        PAGE[start..].lines().filter(|line| line.starts_with('{')).take(2).collect();
    assert_eq!(tally(&lines), of(2, 0), "{lines:?}");
    let lie = lines[1].replace("message of type", "a lie of type");
    assert_eq!(tally(&[lines[0], &lie]), of(1, 1));
    let other = lines[1].replace("\"value\": {}", "\"value\": {\"nodez\": []}");
    assert_eq!(tally(&[&other]), of(0, 1), "a member that the message has not");
}

#[test]
fn a_line_about_a_value_says_what_came_of_it() {
    let changes = [
        ("\"hex\"", "\"hexx\""),
        ("\"value\"", "\"values\""),
        ("\"protocol\"", "\"version\""),
        ("\"release\"", "\"releas\""),
        ("\"hex\"", "\"error\":\"no\",\"hex\""),
        ("\"hex\":\"0505040104f40204c202\"", "\"hex\":null"),
        ("\"case\"", "\"nondeterministic\":\"true\",\"case\""),
    ];
    assert_each_is_found(&[], TRIM, &changes);
    assert_each_is_found(&[], FRAME, &[("\"hex\"", "\"hexx\""), ("\"hex\"", "\"error\"")]);
}

#[test]
fn what_was_understood_is_said_without_contradiction() {
    let changes = [
        ("\"reencodes_identically\":true", "\"reencodes_identically\":\"true\""),
        ("\"reencodes_identically\":true", "\"reencoded_hex\":\"zz\""),
        ("\"reencodes_identically\":true", "\"reencoded_hex\":7"),
        ("\"equal\"", "\"reencoded_hex\":\"00\",\"equal\""),
        ("\"equal\"", "\"error\":\"no\",\"equal\""),
        ("\"equal\"", "\"panic\":\"no\",\"equal\""),
        ("\"ok\":true", "\"ok\":\"true\""),
        ("\"ok\":true,", ""),
    ];
    assert_each_is_found(&[TRIM], UNDERSTOOD, &changes);
    assert_each_is_found(&[FRAME], FRAME_READ, &changes);
}

#[test]
fn what_a_release_speaks_is_said_in_full() {
    let constants = r#"{"CURRENT_PROTOCOL_VERSION":"V3","MIN_SUPPORTED_PROTOCOL_VERSION":"V2"}"#;
    let others = [
        "{}",
        "null",
        "\"nonsense\"",
        r#"{"MIN_SUPPORTED_PROTOCOL_VERSION":1,"CURRENT_PROTOCOL_VERSION":9}"#,
        r#"{"MIN_SUPPORTED_PROTOCOL_VERSION":"V2","CURRENT_PROTOCOL_VERSION":null}"#,
    ];
    assert_each_is_found(&[], RANGE, &others.map(|other| (constants, other)));
}

#[test]
fn groups_have_releases_and_their_bytes_are_read() {
    let releases = "[\"1.7.6\"]";
    let changes = [(releases, "[]"), (releases, "[7]"), ("\"hex\"", "\"hexx\"")];
    assert_each_is_found(&[TRIM], GROUPS, &changes);
    let none = r#"{"protocol":"V2","message":"Trim","case":"a","groups":[]}"#;
    assert_eq!(tally(&[TRIM, none]), of(1, 1));
    let free = GROUPS.replace("\"groups\"", "\"nondeterministic\":true,\"groups\"");
    let bytes = "0505040104f40204c202";
    assert_each_is_found(&[TRIM], &free, &[(bytes, "00"), (bytes, "0505040104f40204c203")]);
}

#[test]
fn what_a_library_says_is_cut_off_only_where_it_is_long() {
    let words = "Trim { header: H { l: 1, k: 500 }, p: 450 }";
    let again = "\"reencodes\":\"0505040104f40204c202\"";
    let changes =
        [(words, "{"), (words, "Trim { header: H { l: 1"), (again, "\"reencodes\":\"0\"")];
    assert_each_is_found(&[], LIBRARY, &changes);
}

#[test]
fn an_answer_is_of_a_known_operation_and_does_not_contradict_its_outcome() {
    let changes = [
        ("decode-input", "dance"),
        ("\"outcome\"", "\"error\":\"no\",\"outcome\""),
        ("\"outcome\"", "\"panic\":\"no\",\"outcome\""),
        ("\"outcome\":\"ok\"", "\"outcome\":\"fine\""),
        ("\"outcome\":\"ok\"", "\"outcome\":\"panic\",\"error\":\"no\""),
    ];
    assert_each_is_found(&[], TAKEN, &changes);
    let record = [
        ("decode-input", "dance"),
        ("\"outcome\":\"error\"", "\"outcome\":\"ok\""),
        ("\"outcome\":\"error\"", "\"outcome\":\"no\""),
    ];
    assert_each_is_found(&[], RECORD, &record);
    let encoded = TRIM.replace("\"case\"", "\"op\":\"encode\",\"case\"");
    let changes = [("\"hex\":\"05", "\"hex\":\"06"), ("\"hex\"", "\"error\":\"no\",\"hex\"")];
    assert_each_is_found(&[], &encoded, &changes);
}

#[test]
fn two_lines_of_one_address_say_the_same() {
    assert_eq!(tally(&[TRIM, TRIM, FRAME, FRAME]), of(4, 0));
    let other = TRIM.replace("450", "451").replace("c202", "c302");
    assert_eq!(tally(&[&other]), of(1, 0));
    assert_eq!(tally(&[TRIM, &other]), of(0, 2));
    let other = FRAME.replace(":5}", ":6}").replace("0805", "0806");
    assert_eq!(tally(&[&other]), of(1, 0));
    assert_eq!(tally(&[&other, FRAME]), of(0, 2));
}
