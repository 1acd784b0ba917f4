//! The model as a server, and what `probe` says of it, from one process to another.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

const TOOL: &str = env!("CARGO_BIN_EXE_skewproof");

/// A server that is ended with the test.
struct Served(Child, String);

impl Drop for Served {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn serve(release: &str) -> Served {
    let mut child = Command::new(TOOL)
        .args(["serve", "127.0.0.1:0", "--release", release])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().rsplit(' ').next().unwrap().to_owned();
    Served(child, address)
}

fn probe(served: &Served, arguments: &[&str]) -> (String, i32) {
    let Output { stdout, stderr, status } =
        Command::new(TOOL).arg("probe").arg(&served.1).args(arguments).output().unwrap();
    (String::from_utf8([stdout, stderr].concat()).unwrap(), status.code().unwrap())
}

#[test]
fn a_right_server_is_as_released_and_a_wrong_one_is_shown_with_both_answers() {
    let (said, code) = probe(&serve("1.6"), &["check/hello/1.6/offers*"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.starts_with("N1:2 of the cluster \"skewproof\" answers as 1.6 does"), "{said}");
    let (said, code) = probe(&serve("1.6+M70"), &["check/hello/1.6/plain"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("expected   Welcome 3 from N1:2, direction 2"), "{said}");
    assert!(said.contains("answered   Welcome 2 from N1:2, direction 2"), "{said}");
    assert!(said.contains("repeat     skewproof probe 127.0.0.1:"), "{said}");
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
}

#[test]
fn reports_of_servers_are_files_like_any() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("report.json");
    let (said, code) =
        probe(&serve("1.5"), &["live/call/*", "--json", &path.display().to_string()]);
    assert_eq!(code, 0, "{said}");
    let json: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert!(json["tally"]["passed"].as_u64().unwrap() >= 9, "{}", json["tally"]);
}

#[test]
fn other_machines_are_meant_or_left_alone() {
    let output = Command::new(TOOL).args(["probe", "192.0.2.1:5122"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("192.0.2.1:5122 is not of this machine"), "{said}");
}
