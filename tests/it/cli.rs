//! The `skewproof` command from outside: exit codes, streams, closed pipes.

use std::process::{Command, Output, Stdio};

fn skewproof(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skewproof"));
    command.args(args).stdin(Stdio::null());
    command
}

fn run(args: &[&str]) -> Output {
    skewproof(args).output().unwrap()
}

#[test]
fn help_goes_to_stdout_and_is_no_error() {
    for args in [&["--help"][..], &["help", "encode"], &["vectors", "--help"]] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert!(String::from_utf8(output.stdout).unwrap().contains("Examples:"), "{args:?}");
        assert!(output.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn bad_usage_cannot_run() {
    for args in [&["vectors"][..], &["no-such-command"], &["decode", "Trim", "00"]] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty(), "{args:?}");
        assert!(String::from_utf8(output.stderr).unwrap().starts_with("error: "), "{args:?}");
    }
}

#[test]
fn a_closed_pipe_is_no_panic() {
    let mut child =
        skewproof(&["--help"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert_eq!(output.status.code(), Some(0), "{stderr}");
}

/// 0 yes, 1 no, 2 no such release.
#[test]
fn the_exit_code_of_ask_is_the_answer() {
    for (args, code) in [
        (&["ask", "1.5.3", "1.6.2"][..], 0),
        (&["ask", "1.6", "1.5", "--format", "json"], 0),
        (&["ask", "1.5", "1.7", "--format", "markdown"], 1),
        (&["ask", "1.3", "1.4.0"], 1),
        (&["ask", "1.5", "1.6", "1.7"], 1),
        (&["ask", "--window"], 0),
        (&["ask", "1.6", "1.9"], 2),
        (&["ask", "1.6"], 2),
        (&["ask"], 2),
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(code), "{args:?}");
        assert_eq!(output.stdout.is_empty(), code == 2, "{args:?}");
    }
    let unknown = String::from_utf8(run(&["ask", "1.6", "1.8"]).stderr).unwrap();
    assert!(unknown.contains("did you mean 1.7"), "{unknown}");
}

/// What is found in a fixture keeps the pairs from being walked, and that is said.
#[test]
fn who_wants_the_first_finding_waits_for_no_other() {
    let scratch = tempfile::tempdir().unwrap();
    let fixtures = scratch.path().join("golden/v2/Trim");
    std::fs::create_dir_all(&fixtures).unwrap();
    std::fs::write(fixtures.join("typical.snap"), "no fixture\n").unwrap();
    let check = |more: &[&str]| {
        let args = [&["check", "*/Trim/typical*", "--format", "json"], more].concat();
        let output = skewproof(&args).current_dir(scratch.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{more:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let ended = "ended at a finding";
    let (fast, whole) = (check(&["--fail-fast"]), check(&[]));
    assert!(fast.contains(ended) && !fast.contains("skew matrix"), "{fast}");
    assert!(!whole.contains(ended) && whole.contains("skew matrix"));
    for other in ["--list", "--testee=x=true"] {
        let code = run(&["check", "--fail-fast", other]).status.code();
        assert_eq!(code, Some(2), "{other}");
    }
}
