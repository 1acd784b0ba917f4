//! What lies beside fixtures, and stores that are not as they should be: whatever is missing, or is no
//! fixture, is a finding that its own line repeats; and nothing is green that compared nothing.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value as Json;
use skewproof::cli;

use crate::blessed::{Copied, run_in};

/// What is found by a command, each by its place, with the line that repeats it.
fn found(store: &Copied, line: &str) -> BTreeMap<String, String> {
    let (code, said) = store.run(&format!("{line} --format json"));
    assert_eq!(code, Some(1), "{line}: {said}");
    let document: Json = serde_json::from_str(&said).unwrap();
    let text = |finding: &Json, name: &str| finding[name].as_str().unwrap().to_owned();
    let findings = document["grids"].as_array().unwrap().iter().flat_map(|grid| {
        grid["findings"].as_array().unwrap().iter().map(|it| (text(it, "place"), text(it, "repro")))
    });
    findings.collect()
}

#[test]
fn files_of_released_servers_that_are_gone_or_others_are_findings() {
    let store = Copied::new();
    assert_eq!(store.run("check golden/captured").0, Some(0));
    let gone = ["vectors/cross", "captures/1.6.2-1.6.2", "captures/more/up-1.5.3-1.6.2"];
    let path = |name: &str| store.path(&format!("captured/{name}.jsonl.xz"));
    gone.iter().for_each(|name| fs::remove_file(path(name)).unwrap());
    fs::copy(path("vectors/1.6.2"), path("vectors/1.7.6")).unwrap();
    fs::write(store.path("captured/readme.txt"), "x").unwrap();
    // More may lie there.
    fs::copy(path("vectors/bench"), path("vectors/more")).unwrap();
    let files = gone.map(|name| format!("{name}.jsonl.xz"));
    let files = files.iter().map(String::as_str).chain(["vectors/1.7.6.jsonl.xz", "readme.txt"]);
    let due = files.map(|file| {
        let file = format!("golden/captured/{file}");
        (file.clone(), format!("skewproof repro {file}"))
    });
    assert_eq!(found(&store, "check golden/captured"), due.collect());
    let (code, said) = store.run("repro golden/captured/vectors/cross.jsonl.xz");
    assert!(code == Some(1) && said.contains("it is gone"), "{said}");
    let confirmed = store.read("captured/confirmed.txt");
    let (code, said) = store.run("golden bless --accept");
    assert!(code == Some(2) && said.contains(" is gone, and so are 3 more\nhint: "), "{said}");
    assert_eq!(store.read("captured/confirmed.txt"), confirmed);
    assert!(cli::captured::read_whole(&store.path("")).is_err());
    // Of recordings alone, none is left.
    fs::remove_dir_all(store.path("captured/captures")).unwrap();
    let (code, said) = store.run("check captures/frames");
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("there is no case of captures/frames here\nhint: "), "{said}");
    assert!(said.contains("the folder `golden`"), "{said}");
}

#[test]
fn who_confirms_fixtures_is_said_or_it_is_a_finding() {
    let store = Copied::new();
    fs::remove_file(store.path("captured/confirmed.txt")).unwrap();
    let name = "golden/captured/confirmed.txt";
    let due = BTreeMap::from([(name.to_owned(), format!("skewproof repro {name}"))]);
    for line in ["golden verify", "golden verify v2/Trim"] {
        assert_eq!(found(&store, line), due);
    }
    assert_eq!(store.run("repro golden/captured/confirmed.txt").0, Some(1));
    // Without the folder there is nothing to compare with, and that is said.
    fs::remove_dir_all(store.path("captured")).unwrap();
    let (code, said) = store.run("golden verify");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("2 skipped"), "{said}");
    assert!(said.contains("no bytes of released servers lie beside the fixtures"), "{said}");
}

#[test]
fn findings_of_a_store_elsewhere_are_repeated_there() {
    let store = Copied::new();
    store.change("v2/Trim/typical.snap", "c2 02 ", "c3 02 ");
    fs::remove_file(store.path("v2/Trim/max.snap")).unwrap();
    fs::write(store.path("v2/Trim/readme.txt"), "x").unwrap();
    let found_there = found(&store, "golden verify --golden ./golden");
    for (file, name) in
        [("typical.snap", "typical"), ("max.snap", "max"), ("readme.txt", "readme.txt")]
    {
        let file = format!("./golden/v2/Trim/{file}");
        let again = format!("golden verify v2/Trim/{name} --golden ./golden");
        assert_eq!(found_there.get(&file), Some(&format!("skewproof {again}")));
        assert!(found(&store, &again).contains_key(&file), "{again}");
    }
    // A name that is in no store hides behind no other one.
    assert_eq!(store.run("golden verify v2/Trim v9").0, Some(2));
}

#[test]
fn what_is_no_fixture_is_found_under_its_own_name() {
    let store = Copied::new();
    fs::write(store.path("v2/Trim/readme.txt"), "x").unwrap();
    fs::write(store.path("v2/Trim/nope.snap.new"), "x").unwrap();
    let found = found(&store, "golden verify v2/Trim");
    let names = ["golden/v2/Trim/nope.snap.new", "golden/v2/Trim/readme.txt"];
    let due = names.map(|name| (name.to_owned(), format!("skewproof repro {name}")));
    assert_eq!(found, BTreeMap::from(due));
    for name in names {
        assert_eq!(store.run(&format!("repro {name}")).0, Some(1), "{name}");
    }
}

#[test]
fn what_is_compared_with_nothing_is_not_green() {
    let store = Copied::new();
    fs::write(store.path("../empty"), "").unwrap();
    for line in [
        "golden verify v2/Trim --against empty",
        "matrix --from 1.6 --to 1.7 --message Trim --against empty",
        "golden adopt empty",
        "captures empty",
        "vectors empty",
        "fuzz decode --runs 5 --corpus missing",
        "golden verify --golden missing",
    ] {
        let (code, said) = store.run(line);
        assert!(code == Some(2) && said.contains("error: "), "{line}: {said}");
    }
    let testee = format!("t={}", env!("CARGO_BIN_EXE_skewproof"));
    let (code, said) = store.run(&format!("conform --testee {testee} --golden missing"));
    assert!(code == Some(2) && said.contains("there is no folder missing"), "{said}");
}

#[test]
fn an_address_that_is_none_is_answered_with_one_that_is_near() {
    let store = Copied::new();
    for line in ["repro golden/v2/Trim/nope", "check golden/v2/Trim/nope"] {
        let (code, said) = store.run(line);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("did you mean golden/v2/Trim/"), "{said}");
    }
    for address in ["", "/", "*"] {
        let (code, said) = store.run(&format!("repro {address}"));
        assert!(code == Some(2) && said.contains("no case has an address"), "{said}");
    }
    assert!(store.run("repro matrix/recorded").1.contains("`skewproof matrix --against DIR`"));
    // As shells complete it.
    for address in
        ["check/pair/1.6/1.7/", "matrix/1.6/1.7/V3/Trim/", "matrix/1.6/1.7/V3/Trim/typical/"]
    {
        let (code, said) = store.run(&format!("repro {address}"));
        assert_eq!(code, Some(0), "{address}: {said}");
    }
}

#[test]
fn a_finding_of_a_recording_is_repeated_by_its_file() {
    let scratch = tempfile::tempdir().unwrap();
    let line = r#"{"n": 1, "conn": 1, "stream": 1, "dir": "s2c", "acceptor_release": "1.7.12", "hex": "ff"}"#;
    fs::write(scratch.path().join("bad.jsonl"), line).unwrap();
    let (code, said) = run_in(scratch.path(), "captures bad.jsonl");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("  repeat      skewproof captures bad.jsonl\n"), "{said}");
}
