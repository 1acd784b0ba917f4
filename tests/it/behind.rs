//! Commands with a testee in the place of its release: the model behind the pipe passes as its release
//! does, and a bug that is planted in it is found.
#![cfg(unix)]

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use skewproof::harness::testee::{Launch, Testee};
use skewproof::suite::planted::{PLANTED, Site};
use skewproof::suite::session::{Question, answer};
use skewproof::suite::skew;
use skewproof::suite::testee::Behind;

/// The program under test, as a word of a command.
const PROGRAM: &str = env!("CARGO_BIN_EXE_skewproof");

fn model(options: &str) -> Arc<Behind> {
    let command = format!("tree={PROGRAM} testee --release {options}");
    let testee = Testee::start(Launch::parse(&command).unwrap()).unwrap();
    Arc::new(Behind::new(testee, None).unwrap())
}

fn run(command: &[&str], testee: &str) -> Output {
    let testee = format!("tree={PROGRAM} testee --release {testee}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut run = Command::new(PROGRAM);
    run.args(command).args(["--testee", &testee]).current_dir(folder).output().unwrap()
}

/// Every script to every release, in process and behind the pipe; but for the build that asserts what it
/// should refuse, which scripts in process do not have.
#[test]
fn sessions_behind_the_pipe_are_those_of_the_release() {
    let asked = |node: Option<&str>, testee: Option<&Arc<Behind>>| {
        let (scripts, quirks, is_repaired) = (&[][..], &[][..], false);
        answer(&Question { scripts, node, is_repaired, quirks, testee }).unwrap()
    };
    for release in skew::releases().into_iter().filter(|it| !it.row().gossips_to_v1) {
        let name = release.name();
        let (own, behind) = (asked(Some(name), None), asked(None, Some(&model(name))));
        let findings: Vec<_> = behind.findings().collect();
        assert!(findings.is_empty(), "{name}: {findings:#?}");
        assert_eq!(behind.tally(), own.tally(), "{name}");
        assert!(own.tally().passed > 50, "{name}: {:?}", own.tally());
    }
    for bug in PLANTED.iter().filter(|bug| bug.site() == Site::Session) {
        for name in ["1.3", "1.6"] {
            let node = format!("{name}+{}", bug.id);
            let own = asked(Some(&node), None).tally();
            assert_eq!(asked(None, Some(&model(&node))).tally(), own, "{node}");
        }
    }
}

/// A fault of released servers that the release of a testee has not.
#[test]
fn a_fault_can_be_given_to_the_model() {
    let scripts = ["session", "bare-shutdown", "request-stream-drained", "--repaired"];
    let repaired = run(&scripts, "1.3 --repaired");
    assert_eq!(repaired.status.code(), Some(0), "{}", text(&repaired));
    let with = run(&scripts, "1.3 --repaired --quirk R21,R19");
    assert_eq!(with.status.code(), Some(1), "{}", text(&with));
    let unknown = run(&["session"], "1.3 --quirk R99");
    assert_eq!(unknown.status.code(), Some(2), "{}", text(&unknown));
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

#[test]
fn every_command_asks_the_testee() {
    for (command, bug) in [
        (&["gates"][..], "1.6+M56"),
        (&["check", "check/bytes/1.6/*"], "1.6+M49"),
        (&["repro", "check/bytes/1.6/V2/RemoteQueryScannerOpen/max"], "1.6+M49"),
        (&["session", "unknown-service"], "1.6+M81"),
        (&["upgrade", "--from", "1.3", "--to", "tree"], "1.4+M01"),
        (&["fuzz", "decode", "cross", "--runs", "1"], "1.6+M56"),
    ] {
        let release = bug.split('+').next().unwrap();
        let right = run(command, release);
        assert_eq!(right.status.code(), Some(0), "{command:?}: {}", text(&right));
        let wrong = run(command, bug);
        assert_eq!(wrong.status.code(), Some(1), "{command:?} {bug}: {}", text(&wrong));
        let repeats = ["--testee 'tree", "echo '{"].iter().any(|line| text(&wrong).contains(line));
        assert!(
            repeats || ["gates", "repro"].contains(&command[0]),
            "{command:?}: {}",
            text(&wrong)
        );
    }
}

/// Nobody else is asked, and a target that no testee is asked is said.
#[test]
fn what_a_testee_cannot_be_asked_is_said() {
    let other = run(&["fuzz", "negotiate"], "1.6");
    assert_eq!(other.status.code(), Some(2), "{}", text(&other));
    assert!(text(&other).contains("they are asked those of decode, roundtrip"), "{}", text(&other));
    let engine = run(&["fuzz", "decode", "--engine", "libfuzzer"], "1.6");
    assert_eq!(engine.status.code(), Some(2), "{}", text(&engine));
}
