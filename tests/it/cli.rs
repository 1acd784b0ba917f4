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
