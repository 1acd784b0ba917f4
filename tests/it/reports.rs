//! Reports as files: every format of one run of `check`, and what changed between two runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};

fn skewproof(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skewproof"));
    command.args(args).stdin(Stdio::null()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A folder with the report of one run in every format, which the tests share.
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("reports");
        fs::create_dir_all(&folder).unwrap();
        let names = ["run.json", "run.xml", "run.html", "run.md"];
        let paths = names.map(|name| folder.join(name).to_str().unwrap().to_owned());
        let [json, junit, html, markdown] = &paths;
        let files = ["--json", json, "--junit", junit, "--html", html, "--markdown", markdown];
        let output = skewproof(&[&["check"], &files[..]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        folder
    })
}

/// The JSON document of the run.
pub fn document() -> Value {
    serde_json::from_str(&fs::read_to_string(folder().join("run.json")).unwrap()).unwrap()
}

#[test]
fn every_format_says_the_same() {
    let document = document();
    let tally = |what: &str| document["tally"][what].as_u64().unwrap();
    let line = format!(
        "{} passed, {} failed, {} skipped",
        tally("passed"),
        tally("failed"),
        tally("skipped")
    );
    for name in ["run.html", "run.md"] {
        assert!(fs::read_to_string(folder().join(name)).unwrap().contains(&line), "{name}");
    }
    let junit = fs::read_to_string(folder().join("run.xml")).unwrap();
    assert!(!junit.contains("<failure") && junit.contains("<testcase name=\"matrix/payload\""));
    let page = fs::metadata(folder().join("run.html")).unwrap().len();
    assert!(page < 2_000_000, "the page of all nodes has {page} bytes");
    let counts = &document["matrix"]["counts"];
    let sum: u64 = document["matrix"]["classes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|class| counts[class["word"].as_str().unwrap()].as_u64().unwrap())
        .sum();
    assert_eq!(Some(sum), counts["total"].as_u64());
    assert!(sum > 40_000, "{sum}");
}

/// Every form counts the same requirements, each case is of one, and none is forgotten.
#[test]
fn every_requirement_is_tested_or_excluded_with_a_reason() {
    let document = document();
    let requirements = &document["requirements"];
    let rows = requirements["rows"].as_array().unwrap();
    let untested: Vec<_> = rows.iter().filter(|row| row["standing"] == "untested").collect();
    let named: Vec<_> = untested.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(named, [""; 0]);
    let sum =
        |what: &str| -> u64 { rows.iter().map(|row| row["cases"][what].as_u64().unwrap()).sum() };
    for what in ["passed", "failed", "skipped"] {
        assert_eq!(Some(sum(what)), document["tally"][what].as_u64(), "cases of no requirement");
    }
    let excluded = rows.iter().filter(|row| row["standing"] == "excluded");
    assert!(excluded.clone().all(|row| row["reason"].is_string()) && excluded.count() > 0);
    let junit = fs::read_to_string(folder().join("run.xml")).unwrap();
    assert_eq!(junit.matches("<testcase ").count(), rows.len());
    let words = format!("{} requirements tested in ", requirements["tested"]);
    assert!(fs::read_to_string(folder().join("run.md")).unwrap().contains(&words), "{words}");
}

#[test]
fn the_files_have_a_size_that_people_can_send() {
    // The document has every cell of the 576 pairs of releases, blocks that are alike once; the page
    // has it compressed.
    for (name, max) in [("run.html", 2_000_000), ("run.md", 65_535), ("run.json", 3_000_000)] {
        let len = fs::metadata(folder().join(name)).unwrap().len();
        assert!(len < max, "{name}: {len} bytes");
    }
}

#[test]
fn a_file_that_cannot_be_written_is_named_and_nothing_is_left_behind() {
    let folder = folder().to_str().unwrap();
    let nowhere = format!("{folder}/nowhere/run.json");
    for (path, why) in [(nowhere.as_str(), "No such file"), (folder, "no file")] {
        let output = skewproof(&["check", "--json", path]);
        assert_eq!(output.status.code(), Some(2), "{path}");
        let error = text(&output.stderr);
        assert!(error.contains(&format!("cannot write {path}")) && error.contains(why), "{error}");
    }
    let left = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(left.into_iter().all(|name| !name.to_string_lossy().contains("unfinished")));
}

#[test]
fn a_part_of_the_matrix_makes_files_too() {
    let path = folder().join("part.html").to_str().unwrap().to_owned();
    let part = ["matrix", "--from", "1.4", "--to", "1.3", "--message", "Gossip", "--html", &path];
    assert_eq!(skewproof(&part).status.code(), Some(0));
    assert!(fs::read_to_string(path).unwrap().contains("<title>skewproof matrix</title>"));
}

/// A changed copy of the run, under a name of its own.
fn changed(name: &str, change: impl Fn(&mut Value)) -> String {
    let mut document = document();
    change(&mut document);
    let path = folder().join(name);
    fs::write(&path, document.to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Lets a cell of 1.4 to 1.3 come out as another class.
fn set_cell(document: &mut Value, glyph: &str) {
    let blocks = document["matrix"]["blocks"].as_array_mut().unwrap();
    let is_it = |b: &Value| b["sender"] == "1.4" && b["receiver"] == "1.3" && b["layer"] == "V1";
    let index = blocks.iter().position(is_it).unwrap();
    // It may have the cells of another, or another its.
    let content = blocks[index]["as"].as_u64().map_or(index, |at| usize::try_from(at).unwrap());
    let content = blocks[content].clone();
    for block in blocks.iter_mut().filter(|block| block["as"] == index) {
        for name in ["cells", "reasons", "unforeseen"] {
            block[name] = content[name].clone();
        }
        block.as_object_mut().unwrap().remove("as");
    }
    let block = &mut blocks[index];
    for name in ["cells", "reasons", "unforeseen"] {
        block[name] = content[name].clone();
    }
    block.as_object_mut().unwrap().remove("as");
    let cells = block["cells"]["Trim"].as_str().unwrap().replacen('=', glyph, 1);
    block["cells"]["Trim"] = json!(cells);
    let counts = &mut document["matrix"]["counts"];
    for (class, more) in [("equal", -1), ("refused", 1)] {
        counts[class] = json!(counts[class].as_i64().unwrap() + more);
    }
}

#[test]
fn what_got_worse_between_two_runs_comes_first_and_fails() {
    let run = folder().join("run.json").to_str().unwrap().to_owned();
    let same = skewproof(&["report", "diff", &run, &run]);
    assert_eq!(same.status.code(), Some(0));
    let line = "0 regressions, 0 improvements, 0 changed, 0 added, 0 removed\n";
    assert_eq!(text(&same.stdout), line);

    let worse = changed("worse.json", |document| set_cell(document, "x"));
    let output = skewproof(&["report", "diff", &run, &worse]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stdout);
    assert!(said.starts_with("regressions  1\n  matrix/1.4/1.3/V1/Trim/"), "{said}");
    assert!(said.contains("equal → refused\n"), "{said}");
    assert!(said.contains("repeat  skewproof repro matrix/1.4/1.3/V1/Trim/"), "{said}");

    let back = skewproof(&["report", "diff", &worse, &run, "--format", "json"]);
    assert_eq!(back.status.code(), Some(0));
    let value: Value = serde_json::from_slice(&back.stdout).unwrap();
    assert_eq!((&value["ok"], &value["improvements"][0]["new"]), (&json!(true), &json!("equal")));
}

#[test]
fn what_is_no_report_cannot_be_compared() {
    let run = folder().join("run.json").to_str().unwrap().to_owned();
    let other = changed("other.json", |document| document["schema"] = json!("skewproof.report/9"));
    let page = folder().join("run.html").to_str().unwrap().to_owned();
    let explained = changed("foreign.json", |document| *document = json!({ "a": 1 }));
    for (path, why) in [
        (other.as_str(), "only `skewproof.report/2` can be compared"),
        (&page, "it is no JSON"),
        (&explained, "no report of this program"),
        ("no-such-file.json", "cannot read no-such-file.json"),
    ] {
        let output = skewproof(&["report", "diff", &run, path]);
        assert_eq!(output.status.code(), Some(2), "{path}");
        assert!(text(&output.stderr).contains(why), "{}", text(&output.stderr));
    }
}
