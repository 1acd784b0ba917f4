//! What runs elsewhere, unattended: the commands in the workflows and in the scripts of the fleet are
//! commands that the tool takes, and no list of targets there can become old.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use skewproof::suite::fuzz::targets;

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn text(path: &str) -> String {
    std::fs::read_to_string(project(path)).unwrap()
}

const NIGHTLY: &str = ".github/workflows/nightly.yml";
const PULL_REQUEST: &str = ".github/workflows/pull-request.yml";
const RELEASE: &str = ".github/workflows/release.yml";
const SYSTEMS: &str = ".github/workflows/systems.yml";
const RUNS: &str = ".github/workflows/runs.yml";
const BUILD: &str = ".clusterfuzzlite/build.sh";

/// The arguments of every run of the tool in a file.
fn runs(path: &str) -> Vec<Vec<String>> {
    let text = text(path).replace("\\\n", " ");
    let mut runs = Vec::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        let starts = [
            "cargo run --release --locked -- ",
            "cargo run --locked -- ",
            "../target/base -- ",
            "$(tool ",
            "\"$PROGRAM\" ",
        ];
        let begun = starts.iter().find_map(|start| Some(line.split_once(start)?.1));
        let tool = line.trim_start().strip_prefix("tool ");
        let Some(rest) = begun.or(tool).filter(|rest| !rest.starts_with("\"$@\"")) else {
            continue;
        };
        let ends = |word: &&str| !["|", "||", "&&", ">", ">>", ";"].contains(word);
        let words = rest.split_whitespace().take_while(ends);
        let words = words.take_while(|word| !word.starts_with('>'));
        runs.push(words.map(plain).collect());
    }
    runs
}

/// A word as the tool would see it: a variable is something that it takes.
fn plain(word: &str) -> String {
    match word.trim_matches('"') {
        "$TIME" => "1m".to_owned(),
        "$SEED" => "1".to_owned(),
        "$target" => "decode".to_owned(),
        "$shell" => "bash".to_owned(),
        word => word.to_owned(),
    }
}

/// Whether the tool understands the words. It is asked for help behind them: what is wrong before
/// that is said first.
fn complaint(words: &[String]) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let is_short =
        matches!(words.first().map(String::as_str), Some("fuzz" | "check" | "golden" | "live"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_skewproof"));
    command.args(words).current_dir(folder.path()).stdin(Stdio::null());
    if is_short {
        // They would take their time.
        command.arg("--no-such-flag");
    }
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let is_understood = match is_short {
        true => said.contains("unexpected argument '--no-such-flag'"),
        false => !said.contains("Usage:"),
    };
    (!is_understood).then(|| format!("{words:?}: {said}"))
}

#[test]
fn commands_of_the_workflows_are_commands_that_the_tool_takes() {
    let expected =
        [(PULL_REQUEST, 5), (NIGHTLY, 13), (RUNS, 5), (RELEASE, 3), (SYSTEMS, 1), (BUILD, 2)];
    for (path, count) in expected {
        let runs = runs(path);
        assert_eq!(runs.len(), count, "{path}: {runs:?}");
        let wrong: Vec<String> = runs.iter().filter_map(|words| complaint(words)).collect();
        assert!(wrong.is_empty(), "{path}: {}", wrong.join("\n"));
    }
}

/// All are meant where none is named.
#[test]
fn every_target_is_fuzzed_nightly_and_built_for_the_fleet() {
    let fuzzed: Vec<_> = runs(NIGHTLY).into_iter().filter(|words| words[0] == "fuzz").collect();
    assert_eq!(fuzzed.len(), 3, "{fuzzed:?}");
    for words in &fuzzed {
        let mut words = words[1..].iter();
        while let Some(word) = words.next() {
            assert!(word.starts_with("--"), "a target that is named leaves out the others: {word}");
            words.next();
        }
    }
    assert!(fuzzed.iter().any(|words| words.contains(&"libfuzzer".to_owned())));
    assert!(fuzzed.iter().any(|words| words.contains(&"address".to_owned())));
    for path in [NIGHTLY, BUILD] {
        let text = text(path);
        let named = targets().iter().find(|target| {
            let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
            // A word of English, too.
            let is_word = ["frame", "cross", "explain"].contains(&target.name);
            !is_word && words.into_iter().any(|word| word == target.name)
        });
        assert_eq!(named.map(|target| target.name), None, "{path} has a list of targets");
    }
    assert!(text(BUILD).contains("cargo fuzz list"));
}

/// The project is built and tested without them.
#[test]
fn the_glue_of_the_targets_is_checked_with_every_change() {
    let check = "run: cargo check --manifest-path fuzz/Cargo.toml --locked\n";
    assert!(text(PULL_REQUEST).contains(check));
    assert!(project("fuzz/Cargo.toml").is_file() && project("fuzz/Cargo.lock").is_file());
}

#[test]
fn workflows_end_ask_for_little_and_do_not_overtake_each_other() {
    let pins = text(".github/zizmor.yml");
    let workflows = [NIGHTLY, PULL_REQUEST, RUNS, RELEASE, SYSTEMS].map(text).concat();
    for listed in pins.lines().filter_map(|line| line.strip_suffix(": ref-pin")) {
        let listed = listed.trim_start();
        assert!(listed.starts_with("actions/"), "{listed} is to be taken by its commit");
        assert!(workflows.contains(&format!("uses: {listed}@")), "nothing uses {listed}");
    }
    for path in [NIGHTLY, PULL_REQUEST, RUNS, RELEASE, SYSTEMS] {
        let text = text(path);
        for needed in ["timeout-minutes:", "\nconcurrency:\n", "\npermissions:\n  contents: read\n"]
        {
            assert!(text.contains(needed), "{path} has no {needed}");
        }
        let actions = text.lines().filter_map(|line| Some(line.split_once("uses: ")?.1));
        // Our own is that of the change.
        for action in actions.filter(|action| *action != "./") {
            let (name, version) = action.split_once('@').unwrap();
            let commit = version.split_once(" # v").map(|(commit, _)| commit);
            let is_commit =
                |it: &str| it.len() == 40 && it.bytes().all(|it| it.is_ascii_hexdigit());
            let is_pinned = commit.is_some_and(is_commit);
            // The others are listed with those whose commits are not known here.
            let is_listed = pins.contains(&format!("        {name}: ref-pin\n"));
            assert!(is_pinned || is_listed, "{path}: {action}");
        }
        // So are tools that cargo installs: each has its version.
        let installs = text.lines().filter_map(|line| Some(line.split_once("cargo install ")?.1));
        for words in installs {
            let has_version = |word: &&str| word.contains('@') || words.contains(" --version ");
            let mut tools = words.split_whitespace().filter(|word| word.starts_with("cargo-"));
            assert!(tools.all(|word| has_version(&word)), "{path}: cargo install {words}");
        }
    }
}

/// A job that may write runs nothing that comes from elsewhere, nor anything of the change.
#[test]
fn who_may_write_runs_no_code() {
    for path in [NIGHTLY, PULL_REQUEST] {
        let text = text(path);
        let (_, jobs) = text.split_once("\njobs:\n").unwrap();
        let is_head = |line: &str| line.starts_with("  ") && !line.starts_with("   ");
        let mut jobs_by_line: Vec<Vec<&str>> = Vec::new();
        for line in jobs.lines() {
            let is_job = is_head(line) && line.ends_with(':');
            if is_job || jobs_by_line.is_empty() {
                jobs_by_line.push(Vec::new());
            }
            jobs_by_line.last_mut().unwrap().push(line);
        }
        let writing: Vec<&Vec<&str>> = jobs_by_line
            .iter()
            .filter(|job| job.iter().any(|line| line.trim_end().ends_with(": write")))
            .collect();
        assert_eq!(writing.len(), 1, "{path}");
        for line in writing.into_iter().flatten() {
            for word in ["cargo", "rustup", "pip", "npm", "fuzz/", "Swatinem", "cache@"] {
                assert!(!line.contains(word), "{path}: {line}");
            }
        }
    }
}

/// The script takes a build for each step; a test of it would take them too.
#[test]
fn the_next_release_line_is_tried_with_every_change() {
    assert!(text(PULL_REQUEST).contains("run: tests/next-line\n"));
    assert!(project("tests/next-line").is_file());
}
