//! `skewproof upgrade` and `skewproof session` from outside: what they refuse, and what they say then.

use std::process::{Command, Stdio};

/// The exit code, stdout and stderr of a command, which is run in this folder.
fn run(folder: &std::path::Path, args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skewproof"));
    let output = command.current_dir(folder).args(args).stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn upgrades_that_make_no_sense_are_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    for (line, said) in [
        ("--from 1.3 --to 1.4 --bug M83", "skewproof session --release 1.4+M83"),
        ("--from 1.3 --to 1.4 --nodes 5 --faults join", "hint: --nodes 4"),
        ("--from 1.3 --to 1.4 --faults all,foo", "known are crash,"),
        ("--from 1.3 --to 1.7 --nodes 5 --exhaustive", "hint: fewer --nodes"),
        ("--from 1.3 --to 1.4 --seed 18446744073709551614 --seeds 10", "hint: a smaller --seed"),
        ("--from 1.3 --to 1.4 --order n1,n1,n2", "each once"),
        ("--from 1.3 --to 1.4 --timeline t.html --html ./t.html", "give each file a name"),
        ("--plan n1:1.3 --seed 5", "cannot be used with"),
        ("--exhaustive --order n2", "cannot be used with"),
    ] {
        let args: Vec<&str> = std::iter::once("upgrade").chain(line.split(' ')).collect();
        let (code, out, err) = run(folder.path(), &args);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{line}: {err}");
        assert!(err.contains(said), "{line}: {err}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is written");
}

#[test]
fn a_session_does_not_take_the_fault_of_a_cluster() {
    let folder = tempfile::tempdir().unwrap();
    for quirks in ["R30", "R24,R30"] {
        let (code, out, err) = run(folder.path(), &["session", "--quirk", quirks]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
        assert!(
            err.contains("hint: `skewproof upgrade --from 1.3 --to 1.4 --repaired --quirk R30`"),
            "{err}"
        );
    }
}

#[test]
fn an_upgrade_whose_page_cannot_be_written_says_so_before_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let line = "upgrade --from 1.3 --to 1.3.3-dev --nodes 2 --timeline nowhere/t.html";
    let (code, out, err) = run(folder.path(), &line.split(' ').collect::<Vec<_>>());
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("nowhere/t.html"), "{err}");
}

#[test]
fn an_upgrade_without_the_trouble_that_was_asked_for_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let line = "upgrade --from 1.3 --to 1.4 --nodes 2 --faults skip --format json";
    let (code, out, err) = run(folder.path(), &line.split(' ').collect::<Vec<_>>());
    assert_eq!((code, err.as_str()), (Some(0), "warning: not in the plan of this seed: skip\n"));
    assert!(out.starts_with('{'));
}

/// What no simulation shows is not green for that: nor is a plan, all orders, or many seeds of it.
#[test]
fn what_breaks_though_it_is_not_simulated_fails() {
    let folder = tempfile::tempdir().unwrap();
    let path = "--from 1.2 --to 1.4 --straight --nodes 2";
    for line in [path.to_owned(), format!("{path} --seeds 2"), format!("{path} --exhaustive")] {
        let args: Vec<&str> = std::iter::once("upgrade").chain(line.split(' ')).collect();
        let (code, out, err) = run(folder.path(), &args);
        assert_eq!(code, Some(1), "{line}: {err}");
        assert!(out.contains("skewproof ask 1.2.3 1.4.4"), "{line}: {out}");
    }
    // One node has nobody beside it, and does not start.
    let (code, out, _) = run(folder.path(), &["upgrade", "--plan", "n1:1.4 n1=1.6"]);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("start-1.6"), "{out}");
    let (code, out, _) = run(folder.path(), &["upgrade", "--from", "1.3", "--to", "1.4"]);
    assert_eq!(code, Some(0), "{out}");
}
