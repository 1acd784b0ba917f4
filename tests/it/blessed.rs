//! `skewproof golden bless` and `golden adopt` on stores and files that are not as they should be: nothing that
//! no release writes is frozen, and nothing is overwritten.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::captured::golden;

/// A folder with a copy of the store, and where its files are.
pub struct Copied(TempDir);

impl Copied {
    pub fn new() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        copy(&golden(), &scratch.path().join("golden"));
        Self(scratch)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join("golden").join(name)
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Changes a file.
    pub fn change(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "{name}");
        fs::write(self.path(name), text.replace(from, to)).unwrap();
    }

    /// The exit code, and what was said on both ways.
    pub fn run(&self, line: &str) -> (Option<i32>, String) {
        run_in(self.0.path(), line)
    }
}

/// Runs a command line in a folder.
pub fn run_in(folder: &Path, line: &str) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skewproof"));
    let output = command.args(line.split(' ')).current_dir(folder).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let to = to.join(item.file_name());
        match item.file_type().unwrap().is_dir() {
            true => copy(&item.path(), &to),
            false => drop(fs::copy(item.path(), to).unwrap()),
        }
    }
}

const TRIM: &str = "v2/Trim/typical.snap";
const FROZEN: &str = "frozen.txt";
const CONFIRMED: &str = "captured/confirmed.txt";

/// The lines of a text without those of one fixture.
fn without(text: &str, name: &str) -> String {
    let lines = text.lines().filter(|line| !line.ends_with(name));
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn bytes_that_no_release_writes_are_not_frozen() {
    let store = Copied::new();
    fs::write(store.path(FROZEN), without(&store.read(FROZEN), " v2/Trim/typical")).unwrap();
    store.change(TRIM, "c2 02 ", "c3 02 ");
    let (frozen, confirmed) = (store.read(FROZEN), store.read(CONFIRMED));
    let (code, said) = store.run("golden bless --accept");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("v2/Trim/typical  not what the samples make"), "{said}");
    assert!(
        said.contains("1 fixtures, 1 of them open") && said.contains("`skewproof golden bless`")
    );
    assert_eq!((store.read(FROZEN), store.read(CONFIRMED)), (frozen, confirmed));
    // What the samples make is proposed, accepted, and frozen.
    assert_eq!(store.run("golden bless").0, Some(0));
    let (code, said) = store.run("golden bless --accept");
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(store.read(TRIM), fs::read_to_string(golden().join(TRIM)).unwrap());
    assert_eq!(store.read(FROZEN), fs::read_to_string(golden().join(FROZEN)).unwrap());
}

#[test]
fn a_lost_manifest_is_not_made_anew() {
    let store = Copied::new();
    for is_removed in [false, true] {
        fs::write(store.path(FROZEN), "# nothing\n").unwrap();
        if is_removed {
            fs::remove_file(store.path(FROZEN)).unwrap();
        }
        for line in ["golden bless", "golden bless --accept"] {
            let (code, said) = store.run(line);
            assert_eq!(code, Some(2), "{said}");
            assert!(said.contains("golden/frozen.txt has no entry") && said.contains("\nhint: "));
            assert_eq!(store.path(FROZEN).exists(), !is_removed);
        }
    }
}

#[test]
fn a_store_that_is_red_is_not_called_settled() {
    let store = Copied::new();
    let confirmed = store.read(CONFIRMED);
    store.change(TRIM, "c2 02 ", "c3 02 ");
    fs::remove_file(store.path("v3/Trim/typical.snap")).unwrap();
    let (code, said) = store.run("golden bless --accept");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("2 fixtures, 2 of them open"), "{said}");
    assert_eq!(store.read(CONFIRMED), confirmed);
    // A digest that is another one is no better.
    store.change(TRIM, "c3 02 ", "c2 02 ");
    fs::copy(golden().join("v3/Trim/typical.snap"), store.path("v3/Trim/typical.snap")).unwrap();
    let entry = store.read(FROZEN).lines().find(|it| it.ends_with(" v2/Trim/typical")).unwrap()
        [..8]
        .to_owned();
    store.change(FROZEN, &entry, "00000000");
    let (code, said) = store.run("golden bless --accept");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("changed but FROZEN"), "{said}");
    // One that is amended leaves nothing open.
    let (code, said) = store.run("golden bless --amend v2/Trim/typical --reason digest");
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn what_is_only_missing_is_called_so_and_comes_back() {
    let store = Copied::new();
    fs::remove_file(store.path(TRIM)).unwrap();
    let (code, said) = store.run("golden bless");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("v2/Trim/typical  missing, waits to be accepted"), "{said}");
    assert_eq!(store.run("golden bless --accept").0, Some(0));
    assert_eq!(store.read(TRIM), fs::read_to_string(golden().join(TRIM)).unwrap());
}

#[test]
fn what_waits_and_is_made_by_no_sample_is_removed() {
    let store = Copied::new();
    for line in ["golden bless", "golden bless --accept"] {
        let stray = store.path("v2/Trim/nope.snap.new");
        fs::copy(store.path(TRIM), &stray).unwrap();
        let (code, said) = store.run(line);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("v2/Trim/nope  what waited is made by no sample"), "{said}");
        assert!(!stray.exists());
        assert!(store.run(line).1.contains("0 fixtures, 0 of them open"));
    }
}

/// What a proxy saw of a handshake: nothing that samples do not have.
const RECORDING: &str = r#"{"n": 51, "conn": 10, "stream": 1, "dir": "s2c", "acceptor_release": "1.7.12", "hex": "0a06180420013001220a10021a04080210012001"}"#;

#[test]
fn adopting_overwrites_nothing_and_writes_nothing_where_there_is_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| scratch.path().join(name);
    for name in ["rec.jsonl", "other"] {
        fs::write(path(name), RECORDING).unwrap();
    }
    for to in ["rec.jsonl", "./rec.jsonl", "other"] {
        let (code, said) = run_in(scratch.path(), &format!("golden adopt rec.jsonl --to {to}"));
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("it is there already\nhint: "), "{said}");
    }
    for name in ["rec.jsonl", "other"] {
        assert_eq!(fs::read_to_string(path(name)).unwrap(), RECORDING);
    }
    let (code, said) = run_in(scratch.path(), "golden adopt rec.jsonl --to new.jsonl");
    assert_eq!((code, said.as_str()), (Some(0), "nothing that the samples do not have\n"));
    assert!(!path("new.jsonl").exists());
}
