//! Every case has an address that repeats it; text fits a terminal.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The repository.
fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn skewproof(args: &[&str]) -> Output {
    run_in(here(), args)
}

fn run_in(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skewproof"));
    command.args(args).stdin(Stdio::null()).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// One address of each kind, as lists of cases and findings show it.
const ADDRESSES: [(&str, &str); 13] = [
    ("check/pair", "check/pair/1.6/1.7"),
    ("check/hello", "check/hello/1.7/plain"),
    ("check/bytes", "check/bytes/1.7/V3/Trim/typical"),
    ("check/limit", "check/limit/1.7/read"),
    ("session/watch", "session/1.4/watch/V2/accepts"),
    ("matrix/payload", "matrix/1.7/1.6/V3/Trim/typical"),
    ("golden/writes", "golden/v2/Trim/typical/1.4"),
    ("gates/expected", "gates"),
    ("future/offered", "future/offered/1.7/[2:4]"),
    ("captures/frames", "captures"),
    ("upgrade/orders", "upgrade/1.4/1.7/orders"),
    ("vectors/payloads", "vectors/1.2.3/V1/GetNodeState/unit"),
    ("faults/shown", "faults/R30/upgrades"),
];

/// The address of a case of each kind, taken from the list of cases, is repeated.
#[test]
fn a_case_of_every_kind_is_listed_and_repeated() {
    for (requirement, pattern) in ADDRESSES {
        let listed = skewproof(&["check", &format!("{pattern}*"), "--list"]);
        assert_eq!(listed.status.code(), Some(0), "{pattern}: {}", text(&listed.stderr));
        let listed = text(&listed.stdout);
        let address = listed.lines().next().unwrap_or_else(|| panic!("{pattern}: no case"));
        assert!(address.starts_with(pattern), "{address}");
        let repeated = skewproof(&["repro", address]);
        assert_eq!(repeated.status.code(), Some(0), "{address}: {}", text(&repeated.stderr));
        let said = text(&repeated.stdout);
        assert!(said.contains(address), "{address}: {said}");
        let has_story = matches!(requirement, "check/hello" | "matrix/payload");
        assert!(has_story || said.contains(requirement), "{address}: {said}");
    }
    let input = "corpus/decode/";
    let folder = std::fs::read_dir(format!("{}/{input}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let name = names.min().unwrap();
    assert_eq!(skewproof(&["repro", &format!("{input}{name}")]).status.code(), Some(0), "{name}");
}

#[test]
fn a_pattern_runs_what_it_is_about_and_nothing_else() {
    let output = skewproof(&["check", "check/pair/1.6/*", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = document["requirements"]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["id"], "check/pair");
    assert_eq!(document["tally"]["passed"], rows[0]["cases"]["passed"]);
    for args in [
        &["check", "check/zzz"][..],
        &["check", "check/pairs/*"],
        &["check", "matrix/recorded"],
        &["list", "bugs", "--release", "1.7"],
        &["list", "releases", "--severity", "node"],
        &["list", "skew", "--patches"],
        &["repro", "golden/zzz/zzz"],
        &["repro", ""],
        &["list", "requirements", "zzz"],
        &["list", "bugs", "zzz"],
        &["golden", "list", "zzz"],
        &["golden", "verify", "zzz"],
        &["golden", "bless", "--golden", "no/such/folder"],
    ] {
        let output = skewproof(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", text(&output.stdout));
        let said = text(&output.stderr);
        assert!(output.stdout.is_empty() && said.contains("\nhint: "), "{args:?}: {said}");
    }
    let said = text(&skewproof(&["check", "check/pairs/*"]).stderr);
    assert!(said.contains("did you mean check/pair"), "{said}");
    let said = text(&skewproof(&["check", "matrix/recorded"]).stderr);
    assert!(said.contains("`skewproof matrix --against DIR` tests it"), "{said}");
}

#[test]
fn what_released_servers_said_is_part_of_check_in_any_folder() {
    let folder = tempfile::tempdir().unwrap();
    let last = |folder: &Path| {
        let output = run_in(folder, &["check", "captures/*"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout).lines().last().unwrap().to_owned()
    };
    let said = last(here());
    assert!(said.ends_with(" passed, 0 failed, 0 skipped"), "{said}");
    assert_eq!(last(folder.path()), said);
}

/// Here without fixtures.
#[test]
fn where_nothing_was_verified_the_file_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| run_in(folder.path(), args);
    let output = run(&["check", "golden/*", "--json", "run.json"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    let document = std::fs::read(folder.path().join("run.json")).unwrap();
    let document: serde_json::Value = serde_json::from_slice(&document).unwrap();
    assert_eq!(
        (&document["tally"]["passed"], &document["tally"]["failed"]),
        (&0.into(), &0.into())
    );
    assert!(document["grids"][0]["skips"][0]["reason"].is_string());
    let output = run(&["repro", "golden/store"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stdout));
}

#[test]
fn a_document_can_go_to_standard_output() {
    let part = ["matrix", "--from", "1.4", "--to", "1.3", "--message", "Gossip", "--json", "-"];
    let output = skewproof(&part);
    assert_eq!(output.status.code(), Some(0));
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["title"], "skewproof matrix");
    assert!(!here().join("-").exists());
}

/// Lines to paste are as long as they are: they must not be broken. Timelines are as wide as what they
/// show.
#[test]
fn text_fits_a_terminal() {
    for args in [
        &["list", "releases", "--patches"][..],
        &["list", "messages"],
        &["list", "requirements"],
        &["list", "bugs"],
        &["list", "quirks"],
        &["list", "faults"],
        &["list", "strictness"],
        &["list", "fields", "Trim"],
        &["check", "session/", "--verbose"],
        &["check", "check/limit"],
        &["session", "watch"],
        &["matrix", "--from", "1.4", "--to", "1.3", "--message", "Gossip"],
        &["future", "--message", "Trim"],
        &["golden", "list", "v2/Trim"],
        &["golden", "verify", "v2/Trim"],
        &["upgrade", "--plan", "n1:1.3 n2:1.4"],
    ] {
        let output = skewproof(args);
        let code = output.status.code();
        assert!(matches!(code, Some(0 | 1)), "{args:?}, {code:?}: {}", text(&output.stderr));
        let said = text(&output.stdout);
        assert!(!said.is_empty(), "{args:?}");
        let is_to_paste = |line: &str| {
            let begins = |with: &&str| line.trim_start().starts_with(*with);
            ["skewproof ", "repeat", "shown by", "tested by"].iter().any(begins)
        };
        let is_timeline = |line: &str| line.contains(['━', '─', '▇']) || line.starts_with("step ");
        let long = said.lines().filter(|line| !is_to_paste(line) && !is_timeline(line));
        let long: Vec<&str> = long.filter(|line| line.chars().count() > 80).collect();
        assert!(long.is_empty(), "{args:?}: {long:#?}");
    }
}
