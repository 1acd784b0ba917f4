//! Commands with a testee in the place of its release: the model behind the pipe passes as its release
//! does, and a bug that is planted in it is found.
#![cfg(unix)]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use rayon::prelude::*;
use skewproof::fabric::release::Release;
use skewproof::harness::testee::{Launch, Testee};
use skewproof::harness::upgrade::plan::Plan;
use skewproof::suite::planted::{self, PLANTED, Site};
use skewproof::suite::session::{Question, answer};
use skewproof::suite::skew;
use skewproof::suite::testee::Behind;
use skewproof::suite::upgrade::{Cluster, path};

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
    let releases = skew::releases().into_iter().filter(|it| !it.row().gossips_to_v1);
    releases.collect::<Vec<_>>().into_par_iter().for_each(|release| {
        let name = release.name();
        let (own, behind) = (asked(Some(name), None), asked(None, Some(&model(name))));
        let findings: Vec<_> = behind.findings().collect();
        assert!(findings.is_empty(), "{name}: {findings:#?}");
        assert_eq!(behind.tally(), own.tally(), "{name}");
        assert!(own.tally().passed > 50, "{name}: {:?}", own.tally());
    });
    for bug in PLANTED.iter().filter(|bug| bug.site() == Site::Session) {
        for name in ["1.3", "1.6"] {
            let node = format!("{name}+{}", bug.id);
            let own = asked(Some(&node), None).tally();
            assert_eq!(asked(None, Some(&model(&node))).tally(), own, "{node}");
        }
    }
}

/// What comes of a plan: what was seen and is known, and how it fails.
fn outcome(cluster: &Cluster, plan: &Plan<Release>) -> (BTreeSet<(String, String)>, String) {
    let run = cluster.run(plan);
    let seen = run.seen.iter().map(|seen| {
        let violation = &seen.violation;
        (violation.kind.to_owned(), violation.fault.unwrap_or_default().to_owned())
    });
    let failure = run.failure.as_ref().map_or(String::new(), |failure| failure.kind().to_owned());
    (seen.collect(), failure)
}

/// Nodes of a cluster that are a testee shake hands and talk by its sessions: a cluster comes to what it
/// comes to without one.
#[test]
fn nodes_of_a_cluster_have_the_sessions_of_a_testee() {
    for (from, to) in [("1.2", "1.3"), ("1.3", "1.4"), ("1.5", "1.6"), ("1.6", "1.7")] {
        let path = path(from.parse().unwrap(), to.parse().unwrap()).unwrap();
        let plan = Cluster::default().rolling(2, &path);
        let own = outcome(&Cluster::default(), &plan);
        for release in [from, to] {
            let testee = model(release);
            let cluster = Cluster { testee: Some(Arc::clone(&testee)), ..Cluster::default() };
            assert_eq!(outcome(&cluster, &plan), own, "{release} in {plan}");
            assert_eq!(testee.testee().over(), None, "{release}");
        }
    }
}

/// A bug of handshakes behind the pipe is seen in a cluster, and not without the sessions.
#[test]
fn a_bug_of_handshakes_behind_the_pipe_is_seen_in_a_cluster() {
    let path = path("1.3".parse().unwrap(), "1.4".parse().unwrap()).unwrap();
    let plan = Cluster::default().rolling(3, &path);
    let subject = Arc::from(planted::find("M64").unwrap().subject());
    let own = outcome(&Cluster { subject: Some(subject), ..Cluster::default() }, &plan);
    assert!(!own.1.is_empty());
    let behind = |options: &str| {
        let testee = Some(model(options));
        outcome(&Cluster { testee, ..Cluster::default() }, &plan).1
    };
    let both = [behind("1.3+M64"), behind("1.4+M64")];
    assert!(both.contains(&own.1), "{both:?}, and in process {own:?}");
    let verbs = "--verbs reencode,open,feed,drop,send,wake";
    let without = [behind(&format!("1.3+M64 {verbs}")), behind(&format!("1.4+M64 {verbs}"))];
    assert_eq!(without, [String::new(), String::new()]);
}

/// What of a node is not the testee is said.
#[test]
fn an_upgrade_says_what_the_testee_was() {
    let upgrade = ["upgrade", "--from", "1.6", "--to", "tree", "--nodes", "2"];
    let whole = run(&upgrade, "1.7");
    assert_eq!(whole.status.code(), Some(0), "{}", text(&whole));
    assert!(text(&whole).contains(" 0 skipped"), "{}", text(&whole));
    let payloads = run(&upgrade, "1.7 --verbs reencode");
    assert_eq!(payloads.status.code(), Some(0), "{}", text(&payloads));
    assert!(text(&payloads).contains(" 1 skipped"), "{}", text(&payloads));
    assert!(text(&payloads).contains("tree has no sessions for it"), "{}", text(&payloads));
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
