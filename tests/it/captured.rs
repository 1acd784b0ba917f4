//! The bytes of released servers in the repository, and those who read such bytes: every kind of
//! line is judged by what it says, and by nothing else.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use skewproof::cli;
use skewproof::fabric::catalogue::{Message, MessageType};
use skewproof::fabric::payload::{DecodeError, EncodeError};
use skewproof::fabric::release::Release;
use skewproof::fabric::session::Dialect;
use skewproof::harness::report::{Report, Tally};
use skewproof::suite::captured::{self, Captured};
use skewproof::suite::strictness::STRICTNESS;
use skewproof::suite::subject::{Fabric, Subject};
use skewproof::suite::vectors::{self, Shelf, Source, Unusable};

/// Lines of released servers that a clone verifies by itself.
const LINES_MIN: u64 = 25_000;

pub fn golden() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

fn source(name: &str, lines: &[&str]) -> Source {
    let text = lines.join("\n");
    Source::new(name, move || Ok(text.clone()))
}

/// What comes of all lines of files.
pub fn verified(sources: Vec<Source>, subject: &dyn Subject) -> Result<Report, Unusable> {
    Ok(vectors::verify_shelf(&Shelf::read(sources)?, subject, |_| {})?.report)
}

fn verify(lines: &[&str], subject: &dyn Subject) -> Report {
    verified(vec![source("lines", lines)], subject).unwrap()
}

fn tally(passed: u64, failed: u64, skipped: u64) -> Tally {
    Tally { passed, failed, skipped }
}

/// Takes nothing and writes nothing.
struct Refuser;

impl Dialect for Refuser {
    fn encode(&self, message: &Message, release: Release, _: i32) -> Result<Bytes, EncodeError> {
        Err(EncodeError::UnknownMessage { message: message.message_type(), release })
    }

    fn decode(
        &self,
        message: MessageType,
        _: &Bytes,
        release: Release,
        _: i32,
    ) -> Result<Message, DecodeError> {
        Err(DecodeError::UnknownMessage { message, release })
    }
}

impl Subject for Refuser {}

/// Takes whatever it is given, for one and the same value.
struct Taker;

impl Dialect for Taker {
    fn decode(
        &self,
        _: MessageType,
        _: &Bytes,
        release: Release,
        _: i32,
    ) -> Result<Message, DecodeError> {
        let trim = Bytes::from_static(&[5, 5, 4, 1, 4, 0xf4, 2, 4, 0xc2, 2]);
        Message::decode("Trim".parse().unwrap(), &trim, release, 2)
    }
}

impl Subject for Taker {}

/// Panics on whatever it is given.
struct Panicker;

impl Dialect for Panicker {
    fn decode(
        &self,
        _: MessageType,
        _: &Bytes,
        _: Release,
        _: i32,
    ) -> Result<Message, DecodeError> {
        panic!("on purpose")
    }
}

impl Subject for Panicker {}

const TAKEN: &str = r#"{"case":"a","input_hex":"0505040104f40204c202","message":"Trim","op":"decode-input","outcome":"ok","protocol":"V2","release":"1.4.2","value":{"header":{"known_global_tail":500,"loglet_id":1},"trim_point":450}}"#;
const REFUSED: &str = r#"{"case":"b","error":"no","input_hex":"00","message":"Trim","op":"decode-input","outcome":"error","protocol":"V2","release":"1.4.2"}"#;
const PANICKED: &str = r#"{"case":"c","input_hex":"00","message":"Trim","op":"decode-input","outcome":"panic","panic":"boom [at a.rs:1]","protocol":"V2","release":"1.4.2"}"#;
const UNWRITABLE: &str = r#"{"case":"a","message":"Trim","op":"encode","outcome":"panic","panic":"cannot","protocol":"V2","release":"1.4.2"}"#;
const DAMAGED: &str = r#"{"case":"d","input_hex":"6b6e6f776e5f676c6f62616c5f7461696c006c6f676c65745f696400021d0c02010205010808686561646572007472696d5f706f696e740002130d0201021c09240b042401","message":"Trim","op":"decode-input","outcome":"ok","protocol":"V1","release":"1.2.1"}"#;
const LIBRARY_TAKES: &str = r#"{"kind":"payload","case":"e","release":"1.7","protocol":"V2","message":"Trim","hex":"0505040104f40204c202","real":"ok","words":"Trim { header: H { l: 1, k: 500 }, p: 450 }","reencodes":"0505040104f40204c202"}"#;
const LIBRARY_REFUSES: &str = r#"{"kind":"payload","case":"f","release":"1.7","protocol":"V2","message":"Trim","hex":"00","real":"error","words":"truncated"}"#;
const FRAME_TAKEN: &str = r#"{"kind":"frame","case":"g","release":"1.7","protocol":null,"message":"Message","hex":"1a020802","real":"ok","words":"Message17 { header: None, body: Some(Hello(Hello { min: 2, max: 0, cluster: \"9\" })) }"}"#;
const FRAME_REFUSED: &str = r#"{"kind":"frame","case":"h","release":"1.7","protocol":null,"message":"Message","hex":"0a","real":"error","words":"invalid varint"}"#;
const SPEED: &str = r#"{"bytes":100,"decode_MBps":425.0,"decode_ns":235.4,"encode_MBps":632.0,"encode_ns":158.2,"message":"Gossip/typical","protocol":"V2","release":"1.4.4"}"#;
const WITHOUT_FORM: &str = r#"{"case":"j","input_hex":"0505040104f40204c202","message":"Trim","op":"decode-input","outcome":"ok","protocol":"V2","release":"1.4.2","value":{"a new field":1}}"#;

#[test]
fn every_captured_line_holds() {
    let captured = cli::captured::read(&golden()).unwrap().expect("the folder is there");
    let report = captured::verify(&captured, &Fabric, &|_| {}).unwrap();
    let causes = report.tables();
    assert!(report.is_ok(), "{:?}: {causes:#?}", report.tally());
    assert!(captured.len() >= LINES_MIN && report.tally().passed >= LINES_MIN);
}

#[test]
fn what_a_release_answered_is_compared_with_ours() {
    let lines = [TAKEN, REFUSED, PANICKED];
    assert_eq!(verify(&lines, &Fabric).tally(), tally(3, 0, 0));
    assert_eq!(verify(&lines, &Refuser).tally(), tally(2, 1, 0));
    assert_eq!(verify(&lines, &Taker).tally(), tally(1, 2, 0));
    assert_eq!(verify(&lines, &Panicker).tally(), tally(0, 3, 0));
    let other_value = TAKEN.replace("450", "451");
    assert_eq!(verify(&[&other_value], &Fabric).tally(), tally(0, 1, 0));
}

#[test]
fn a_panic_of_a_release_is_shown_and_no_success_in_silence() {
    let report = verify(&[PANICKED], &Fabric);
    let table = report.tables().iter().find(|table| table.name.contains("known panics")).unwrap();
    assert_eq!(table.rows, [["1", "1.4.2", "boom"].map(str::to_owned).to_vec()]);
    assert!(verify(&[REFUSED], &Fabric).tables().is_empty());
}

/// Without a value a line speaks of what came out of the bytes with its name.
#[test]
fn what_cannot_be_written_again_must_be_refused() {
    let written = verify(&[TAKEN, UNWRITABLE], &Fabric);
    assert_eq!(written.tally(), tally(1, 1, 0), "ours writes it");
    assert_eq!(verify(&[UNWRITABLE], &Fabric).tally(), tally(0, 0, 1), "of unknown bytes");
}

#[test]
fn a_line_that_has_no_form_here_is_a_finding_of_that_line() {
    let unknown = [
        WITHOUT_FORM.to_owned(),
        TAKEN.replace("\"Trim\"", "\"Prune\""),
        TAKEN.replace("1.4.2", "9.4.2"),
        TAKEN.replace("0505", "050"),
    ];
    for line in &unknown {
        assert_eq!(verify(&[line, REFUSED], &Fabric).tally(), tally(1, 1, 0), "{line}");
    }
    assert!(verified(vec![source("x", &["no JSON"])], &Fabric).is_err());
}

#[test]
fn findings_are_grouped_by_their_cause_and_the_frequent_one_comes_first() {
    let many = [TAKEN, LIBRARY_TAKES, WITHOUT_FORM, DAMAGED].map(str::to_owned);
    let again = (0..3).map(|n| WITHOUT_FORM.replace("\"j\"", &format!("\"j{n}\"")));
    let lines: Vec<String> = many.into_iter().chain(again).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let report = verify(&lines, &Fabric);
    let causes = report.tables().iter().find(|table| table.name == vectors::CAUSES).unwrap();
    assert_eq!(causes.rows.len(), 1, "{causes:?}");
    assert_eq!(causes.rows[0][0], "4");
    assert!(causes.rows[0][1].contains("a new field"), "{causes:?}");
}

#[test]
fn odd_bytes_are_taken_and_refused_as_the_library_does() {
    let lines = [LIBRARY_TAKES, LIBRARY_REFUSES, FRAME_TAKEN, FRAME_REFUSED];
    assert_eq!(verify(&lines, &Fabric).tally(), tally(4, 0, 0));
    assert_eq!(verify(&lines, &Refuser).tally(), tally(3, 1, 0));
    assert_eq!(verify(&lines, &Taker).tally(), tally(3, 1, 0));
    for wrong in [
        LIBRARY_TAKES.replace("p: 450", "p: 451"),
        LIBRARY_TAKES.replace("\"0505040104f40204c202\"}", "\"0505040104f40204c203\"}"),
        FRAME_TAKEN.replace("min: 2", "min: 3"),
        FRAME_TAKEN.replace("\"ok\"", "\"error\""),
        FRAME_REFUSED.replace("\"error\"", "\"ok\"").replace("0a", "08"),
    ] {
        let expected =
            if wrong.contains("invalid varint") { tally(0, 0, 1) } else { tally(0, 1, 0) };
        assert_eq!(verify(&[&wrong], &Fabric).tally(), expected, "{wrong}");
    }
}

#[test]
fn what_is_refused_on_purpose_is_on_a_list_that_real_answers_show() {
    let report = verify(&[DAMAGED], &Fabric);
    assert_eq!(report.tally(), tally(1, 0, 0));
    assert!(report.tables().iter().any(|table| table.name.contains("refused on purpose")));
    assert!(!verify(&[DAMAGED], &Refuser).is_ok(), "another refusal is not on the list");
    let few = Captured::read(vec![source("x", &[DAMAGED])], captured::Folder::default()).unwrap();
    let stale = captured::verify(&few, &Fabric, &|_| {}).unwrap();
    assert_eq!(stale.tally(), tally(2, STRICTNESS.len() as u64 - 1, 0), "one entry is shown");
}

#[test]
fn nothing_depends_on_names_or_numbers() {
    let lines = [TAKEN, REFUSED, PANICKED, DAMAGED, LIBRARY_TAKES, WITHOUT_FORM, SPEED];
    let renamed: Vec<String> =
        lines.iter().map(|line| line.replace("\"case\":\"", "\"case\":\"other-")).collect();
    let renamed: Vec<&str> = renamed.iter().map(String::as_str).collect();
    let (first, second) = renamed.split_at(3);
    let sources = vec![source("z", second), source("z", first)];
    let other = verified(sources, &Fabric).unwrap();
    assert_eq!(other.tally(), verify(&lines, &Fabric).tally());
    assert_eq!(other.tally(), tally(5, 1, 1));
}

fn run(folder: &Path, args: &[&str]) -> (Output, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_skewproof"))
        .args(args)
        .current_dir(folder)
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout.clone()).unwrap();
    (output, stdout)
}

#[test]
fn folders_in_folders_are_read_and_packed_files_unpacked() {
    let scratch = tempfile::tempdir().unwrap();
    let inner = scratch.path().join("a/b");
    std::fs::create_dir_all(&inner).unwrap();
    std::fs::write(scratch.path().join("x.jsonl"), TAKEN).unwrap();
    let packed = std::fs::File::create(inner.join("y.jsonl.gz")).unwrap();
    let mut packer = GzEncoder::new(packed, Compression::fast());
    packer.write_all(REFUSED.as_bytes()).unwrap();
    packer.finish().unwrap();
    let xz = golden().join("captured/inputs/library-readers.jsonl.xz");
    let inputs = cli::texts::read(&xz).unwrap().lines().count();
    std::fs::copy(xz, inner.join("z.jsonl.xz")).unwrap();
    let (_, stdout) = run(scratch.path(), &["vectors", ".", "--findings", "0"]);
    let last = stdout.lines().last().unwrap();
    let numbers: Vec<usize> = last.split(' ').filter_map(|word| word.parse().ok()).collect();
    assert_eq!(numbers.iter().sum::<usize>(), 2 + inputs, "{last}");
    let (output, _) = run(scratch.path(), &["vectors", "x.jsonl"]);
    assert_eq!(output.status.code(), Some(0), "a file alone");
    std::fs::write(inner.join("y.jsonl.gz"), "not packed").unwrap();
    let (output, _) = run(scratch.path(), &["vectors", "."]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("y.jsonl.gz"));
}

/// What seems to have lines, and has no ending that is read, is named.
#[test]
fn files_that_are_passed_over_are_named() {
    let scratch = tempfile::tempdir().unwrap();
    std::fs::write(scratch.path().join("x.jsonl"), TAKEN).unwrap();
    let names = ["bad.JSONL", "bad.ndjson", "bad.jsonl.zst", "bad.jsonl.bz2"];
    for name in names {
        std::fs::write(scratch.path().join(name), "no lines").unwrap();
    }
    std::fs::write(scratch.path().join("README.md"), "no lines").unwrap();
    let (output, stdout) = run(scratch.path(), &["vectors", "."]);
    assert_eq!(output.status.code(), Some(0), "{stdout}");
    for name in names {
        assert!(stdout.contains(&format!("skipped ./{name}")), "{name}: {stdout}");
    }
    assert!(!stdout.contains("README"), "{stdout}");
}

#[test]
fn a_run_that_verified_nothing_is_not_green() {
    let scratch = tempfile::tempdir().unwrap();
    std::fs::write(scratch.path().join("x.jsonl"), SPEED).unwrap();
    for args in [&["vectors", "."][..], &["captures", "none.jsonl"], &["golden", "verify", "v9"]] {
        let _ = std::fs::write(scratch.path().join("none.jsonl"), "");
        let _ = std::fs::create_dir(scratch.path().join("golden"));
        let (output, _) = run(scratch.path(), args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(String::from_utf8(output.stderr).unwrap().starts_with("error: "), "{args:?}");
    }
}

/// What the store says of who confirms a fixture is compared, line by line.
#[test]
fn a_wrong_witness_of_a_fixture_is_a_finding() {
    let captured = cli::captured::read(&golden()).unwrap().unwrap();
    let evidence = cli::captured::evidence(Some(&captured)).unwrap();
    let store = skewproof::harness::golden::Store::open(&golden()).unwrap();
    let text = captured.folder.confirmed.unwrap();
    let only = ["v2/Trim".to_owned()];
    let findings = |text: &str| {
        let folder = captured::Folder { confirmed: Some(text.to_owned()), files: Vec::new() };
        let scope = skewproof::suite::golden::Scope {
            only: &only,
            evidence: Some(&evidence),
            beside: skewproof::suite::golden::Beside::Folder(&folder),
            elsewhere: None,
        };
        skewproof::suite::golden::verify(&store, 0, &Fabric, scope).findings().count()
    };
    assert_eq!(findings(&text), 0);
    assert_eq!(findings(&text.replace("v2/Trim/typical: ", "v2/Trim/typical: 1.9.0 ")), 1);
    assert_eq!(findings(&text.replace("v2/Trim/typical: ", "v2/Trim/atypical: ")), 2);
    // A line that says nothing, and one of a fixture that another one has spoken of.
    assert_eq!(findings(&format!("{text}v2/Trim/typical -\n")), 1);
    let line = text.lines().find(|line| line.starts_with("v2/Trim/typical: ")).unwrap();
    assert_eq!(findings(&text.replace(line, &format!("v2/Trim/typical: 9\n{line}"))), 1);
}
