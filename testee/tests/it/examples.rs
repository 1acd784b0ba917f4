//! The testees in other languages, where their tools are here: on the golden fixtures, and on damaged
//! forms of them, they write what the library of the servers writes, or refuse as it does.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value as Json, json};

use crate::fixtures::{Fixture, fixtures};
use crate::{answers, ask, fabric};

fn example(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/testees").join(path)
}

/// Whether a program is here; says that its test is skipped if it is not.
fn is_here(program: &str, argument: &str) -> bool {
    let ran = Command::new(program).arg(argument).stdout(Stdio::null()).status();
    let is_here = ran.is_ok_and(|status| status.success());
    if !is_here {
        println!("skipped: {program} is not installed");
    }
    is_here
}

/// What a program answers to lines, until it ends by itself.
fn run(mut command: Command, lines: &str) -> Vec<Json> {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || input.write_all(lines.as_bytes()));
        child.wait_with_output().unwrap()
    });
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).unwrap();
    said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The bytes, and what becomes of them when one bit is turned, or the end is cut off.
fn damaged(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut all = vec![bytes.to_vec()];
    for at in 0..bytes.len() {
        all.push(bytes[..at].to_vec());
        all.extend((0..8).map(|bit| {
            let mut bytes = bytes.to_vec();
            bytes[at] ^= 1 << bit;
            bytes
        }));
    }
    all
}

/// Holds a testee against the library, over these messages.
fn agrees(command: Command, messages: &[&str]) {
    let mut asks = Vec::new();
    for Fixture { version, message, bytes, .. } in fixtures() {
        if version > 1 && messages.contains(&message) {
            for bytes in damaged(&bytes) {
                let (id, hex) = (asks.len(), hex::encode(bytes));
                let at = json!({ "message": message, "version": version, "hex": hex });
                asks.push(ask(id.into(), "reencode", at));
            }
        }
    }
    assert!(asks.len() > 1000, "{}", asks.len());
    let lines = [
        ask("a".into(), "hello", json!({ "testee": 1, "harness": "a test" })).to_string(),
        ask("b".into(), "batch", json!({ "asks": asks })).to_string(),
        "garbage".to_owned(),
        ask("c".into(), "dance", json!({})).to_string(),
        ask("d".into(), "stop", json!({})).to_string(),
        ask("e".into(), "hello", json!({})).to_string(),
    ];
    let lines = lines.map(|line| line + "\n").concat();
    let (said, expected) = (run(command, &lines), answers(fabric::testee("1.7"), lines.as_bytes()));
    assert_eq!(said.len(), 5, "nothing is answered after a stop");
    let known = said[0]["ok"]["messages"].as_array().unwrap();
    let known: Vec<&str> = known.iter().map(|message| message["name"].as_str().unwrap()).collect();
    assert!(messages.iter().all(|message| known.contains(message)), "{known:?}");
    let inner = |answers: &[Json]| answers[1]["ok"]["answers"].as_array().unwrap().clone();
    let (said_inner, expected_inner) = (inner(&said), inner(&expected));
    assert_eq!(said_inner.len(), asks.len());
    let (mut written, mut refused) = (0, 0);
    for ((ask, said), expected) in asks.iter().zip(&said_inner).zip(&expected_inner) {
        assert_eq!(said["id"], ask["id"]);
        assert_eq!(said["ok"], expected["ok"], "{ask}: {said}, the library: {expected}");
        assert_eq!(said["refused"].is_object(), expected["refused"].is_object(), "{ask}: {said}");
        written += usize::from(said["ok"].is_object());
        refused += usize::from(said["refused"].is_object());
    }
    assert_eq!(written + refused, asks.len());
    assert!(written > 100 && refused > 100, "{written} written, {refused} refused");
    assert!(said[2]["id"].is_null() && said[2]["fault"]["words"].is_string());
    assert!(said[3]["unsupported"]["words"].is_string());
    assert_eq!(said[4], json!({ "id": "d", "ok": {} }));
}

#[test]
fn the_testee_in_python_agrees_with_the_library() {
    if is_here("python3", "--version") {
        let mut command = Command::new("python3");
        command.arg(example("python/testee.py"));
        agrees(command, &["Seal", "Sealed", "Trim", "Trimmed"]);
    }
}

#[test]
fn the_testee_in_go_agrees_with_the_library() {
    if is_here("go", "version") {
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("testee-in-go");
        let mut build = Command::new("go");
        build.args(["build", "-o"]).arg(&program).current_dir(example("go"));
        assert!(build.status().unwrap().success());
        agrees(Command::new(program), &["Seal", "Trim"]);
    }
}
