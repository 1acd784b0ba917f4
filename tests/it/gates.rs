//! `skewproof gates` from outside: lists that are wrong, and the list rewritten.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const CANCEL: &str = "V1/PartitionProcessorRpcRequest/inner.CancelInvocation";

fn gates(args: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skewproof"));
    command.arg("gates").args(args).current_dir(folder).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A folder of a test's own with a copy of the list, gone when dropped.
struct Scratch(TempDir);

impl Scratch {
    fn new() -> Self {
        let scratch = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir_all(scratch.0.path().join("expected")).unwrap();
        let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("expected/gates.json");
        std::fs::copy(list, scratch.file()).unwrap();
        scratch
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("expected/gates.json")
    }

    fn list(&self) -> String {
        std::fs::read_to_string(self.file()).unwrap()
    }

    fn write(&self, list: &str) {
        std::fs::write(self.file(), list).unwrap();
    }
}

#[test]
fn every_gate_is_as_expected() {
    let scratch = Scratch::new();
    let output = gates(&["--format", "json"], scratch.0.path());
    assert_eq!(output.status.code(), Some(0));
    let audit: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(audit["ok"], true);
    let findings = audit["findings"].as_array().unwrap();
    let cancel = findings.iter().find(|finding| finding["finding"] == CANCEL).unwrap();
    assert_eq!(cancel["from"], serde_json::json!(["1.4.0", "1.4.1", "1.4.2", "1.4.3", "1.4"]));
    let older = ["1.2.0", "1.2.1", "1.2.2", "1.2", "1.3.0", "1.3.1", "1.3"];
    assert_eq!(cancel["to"], serde_json::json!(older));
    assert_eq!(cancel["outcome"], "refused");
    assert!(cancel["note"].as_str().unwrap().starts_with("docs/spec/04-bugs.md R7"));
}

#[test]
fn what_is_kept_in_logs_is_in_the_same_audit() {
    let scratch = Scratch::new();
    let output = gates(&["--message", "LogRecord", "--format", "json"], scratch.0.path());
    assert_eq!(output.status.code(), Some(0));
    let audit: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = audit["findings"].as_array().unwrap();
    assert!(findings.iter().all(|it| it["version"] == "log" && it["message"] == "LogRecord"));
    let rule = "log/LogRecord/Command.UpsertRuleBook";
    let rule = findings.iter().find(|finding| finding["finding"] == rule).unwrap();
    let sent = rule["sent"].as_array().unwrap();
    let of_row = sent.iter().find(|row| row["id"] == "L12").unwrap();
    assert_eq!((&of_row["sent"], &of_row["severity"]), (&"action".into(), &"partition".into()));
    let output = gates(&["--message", "Gosip"], scratch.0.path());
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_list_that_is_wrong_is_a_finding_and_can_be_fixed() {
    let scratch = Scratch::new();
    let right = scratch.list();
    scratch.write(&right.replacen(CANCEL, "V1/Trim/never", 1));
    let expected = ["--expected", "expected/gates.json"];

    let output = gates(&expected, scratch.0.path());
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(text.contains("new: it is not in the list"), "{text}");
    assert!(text.contains("in the list, but not seen"), "{text}");
    assert!(text.ends_with("1 not; 1 stale entry\n"), "{text}");

    let output = gates(&["--fix"], scratch.0.path());
    assert_eq!(output.status.code(), Some(1), "a note is missing");
    let text = stdout(&output);
    assert!(text.contains(&format!("added    {CANCEL}\ndropped  V1/Trim/never\n")), "{text}");
    assert!(text.contains("1 entry has no note yet"), "{text}");
    let left_over = scratch.0.path().join("expected").read_dir().unwrap().count();
    assert_eq!(left_over, 1, "only the list");

    let text = stdout(&gates(&expected, scratch.0.path()));
    assert!(text.contains("its entry has no note"), "{text}");
    let noted = scratch.list().replacen("\"note\": \"\"", "\"note\": \"because\"", 1);
    scratch.write(&noted);
    assert_eq!(gates(&expected, scratch.0.path()).status.code(), Some(0));
    assert_eq!(gates(&["--fix"], scratch.0.path()).status.code(), Some(0));
    assert_eq!(scratch.list(), noted, "what is right is left as it is");
}

#[test]
fn what_is_no_list_cannot_run_and_names_the_line() {
    let scratch = Scratch::new();
    let error = |list: Option<&str>| {
        match list {
            Some(list) => scratch.write(list),
            None => std::fs::remove_file(scratch.file()).unwrap(),
        }
        let output = gates(&["--expected", "expected/gates.json"], scratch.0.path());
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(error(Some("[\n  3\n]")).contains("gates.json, line 2: an entry is an object"));
    assert!(error(Some("[\n\n  {]")).contains("gates.json, line 3: not JSON"));
    assert!(error(None).contains("cannot read expected/gates.json"));
    let output = gates(&["--fix"], scratch.0.path());
    assert_eq!(output.status.code(), Some(2), "nothing to fix");
}
