//! Nodes that hang, abort, and eat memory: each costs its own cases and no other, and the right side is
//! blamed. This file is the program too, which the tests ask.

use std::process::{Command, ExitCode, Output};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Value as Json, json};
use skewproof_harness::border::{
    At, Evolve, Message, Negotiate, Node, Protocol, Tomorrow, guarded,
};
use skewproof_harness::command;

/// The variable that says what is wrong with the second release; without it, this is the test.
const BUG: &str = "TOY_BUG";

static WRONG: LazyLock<String> = LazyLock::new(|| std::env::var(BUG).unwrap_or_default());

/// Whether the second release has this bug.
fn has(bug: &str) -> bool {
    *WRONG == bug
}

fn hang() -> ! {
    loop {
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Eight gigabytes, each page of them.
fn eat() {
    drop(std::hint::black_box(vec![1_u8; 8 << 30]));
}

/// More than half of what a process may hold, for a while.
fn eat_half() {
    let half = Vec::<u8>::with_capacity(5 << 29);
    std::thread::sleep(Duration::from_secs(1));
    drop(std::hint::black_box(half));
}

/// Lets this program do its work in a process of its own; and if that was done, ends this one as if all were
/// well.
fn nest() {
    let ended = std::env::current_exe()
        .and_then(|program| Command::new(program).arg("own").env(BUG, "none").output());
    if ended.is_ok_and(|output| output.status.code() == Some(7)) {
        std::process::exit(0);
    }
}

struct Toy(&'static str);

impl Toy {
    fn is_new(&self) -> bool {
        self.0 == "2.0"
    }

    /// Whether this release has a bug, and it is the turn of that.
    fn is(&self, bug: &str, number: u8) -> bool {
        self.is_new() && has(bug) && number == 9
    }
}

impl Node<u8> for Toy {
    fn name(&self) -> &str {
        self.0
    }

    fn versions(&self, _: &str) -> Vec<i32> {
        if self.is_new() { vec![1, 2] } else { vec![1] }
    }

    fn encode(&self, at: At<'_>, number: &u8) -> Result<Bytes, String> {
        if self.is("hang-encode", *number) {
            hang();
        }
        if self.is("abort-encode", *number) || (self.is_new() && has("abort-always")) {
            std::process::abort();
        }
        if self.is_new() && has("abort-first") && *number == 0 {
            std::process::abort();
        }
        if self.is("exit-encode", *number) {
            std::process::exit(0);
        }
        if self.is("nest-encode", *number) {
            nest();
        }
        if self.is("eat-encode", *number) {
            eat();
        }
        if self.is("eat-half", *number) {
            eat_half();
        }
        Ok(vec![u8::try_from(at.version).unwrap_or(0), *number].into())
    }

    fn decode(&self, at: At<'_>, bytes: &Bytes) -> Result<u8, String> {
        let [version, number] = **bytes else {
            if self.is("abort-tomorrow", bytes.get(1).copied().unwrap_or(0)) {
                std::process::abort();
            }
            return Err("byte 0: not two".to_owned());
        };
        if self.is("abort-decode", number) {
            std::process::abort();
        }
        if self.is("exit-decode", number) {
            std::process::exit(3);
        }
        if self.is("hang-decode", number) {
            hang();
        }
        if self.is("eat-decode", number) {
            eat();
        }
        // What the older release refuses, the sender is asked about: is it of another version?
        if has("abort-guess") && number == 9 {
            if self.is_new() && at.version == 2 {
                std::process::abort();
            }
            return Err("byte 1: nine".to_owned());
        }
        if has("hang-guess") && number == 9 {
            if self.is_new() && at.version == 2 {
                hang();
            }
            return Err("byte 1: nine".to_owned());
        }
        if i32::from(version) == at.version {
            Ok(number)
        } else {
            Err("byte 0: version".to_owned())
        }
    }

    fn show(&self, _: At<'_>, number: &u8) -> Json {
        json!(number)
    }

    fn speaks(&self, message: &str, _: &dyn Node<u8>, agreed: i32) -> Option<i32> {
        if self.is_new() && message == "Other" {
            match WRONG.as_str() {
                "panic-speaks" => panic!("other"),
                "hang-speaks" => hang(),
                "abort-speaks" => std::process::abort(),
                "exit-speaks" => std::process::exit(0),
                "odd-speaks" => return Some(7),
                _ => {}
            }
        }
        Some(agreed)
    }

    fn negotiate(&self) -> Option<&dyn Negotiate> {
        has("abort-dial").then_some(self)
    }

    fn evolve(&self) -> Option<&dyn Evolve> {
        self.is_new().then_some(self)
    }
}

impl Evolve for Toy {
    fn evolve(&self, _: At<'_>, bytes: &Bytes) -> Vec<Tomorrow> {
        vec![Tomorrow::new("a byte more", bytes.iter().copied().chain([1]).collect())]
    }
}

impl Negotiate for Toy {
    fn dial(&self, _: Option<i32>) -> Result<Bytes, String> {
        if self.is_new() {
            std::process::abort();
        }
        Ok(Bytes::from_static(&[1]))
    }

    fn accept(&self, hello: &Bytes) -> Result<(i32, Bytes), String> {
        Ok((1, hello.clone()))
    }

    fn conclude(&self, answer: Result<&Bytes, &str>) -> Result<i32, String> {
        answer.map(|_| 1).map_err(str::to_owned)
    }
}

struct Toys;

impl Protocol for Toys {
    type Value = u8;

    skewproof_harness::border!(Toys);

    fn name(&self) -> &'static str {
        "toys"
    }

    fn nodes(&self) -> Vec<Arc<dyn Node<u8>>> {
        vec![Arc::new(Toy("1.0")), Arc::new(Toy("2.0"))]
    }

    fn messages(&self) -> Vec<Message<u8>> {
        let numbers = || (0..10).map(|number| (format!("n{number}"), number));
        vec![Message::new("Number", numbers()), Message::new("Other", [("one", 1)])]
    }
}

/// Asks the program with a bug in it.
fn ask(bug: &str, arguments: &[&str]) -> Result<Output, Failed> {
    let program = std::env::current_exe()?;
    // As on a machine with some cores.
    Ok(Command::new(program)
        .args(arguments)
        .env(BUG, bug)
        .env("RAYON_NUM_THREADS", "4")
        .output()?)
}

/// The document of a check, and its exit code.
fn checked(bug: &str) -> Result<(Json, Option<i32>), Failed> {
    let output = ask(bug, &["check", "--format", "json"])?;
    let document = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("{bug}: {error}\n{}", String::from_utf8_lossy(&output.stderr)))?;
    Ok((document, output.status.code()))
}

/// The addresses of findings, with what was seen.
fn findings(document: &Json) -> Vec<(String, String)> {
    let text = |finding: &Json, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    let grids = document["grids"].as_array().into_iter().flatten();
    let findings = grids.filter_map(|grid| grid["findings"].as_array()).flatten();
    findings.map(|it| (text(it, "case"), text(it, "actual"))).collect()
}

/// Cells of the matrix without and with a bug: two releases have 4 pairs at version 1 and one at 2, with 11
/// values each.
const CELLS: u64 = 55;

/// Of a bug that shows where `sender` sends 9 and `receiver` receives it: those cells are findings that
/// say `words`, all others are good, and the exit code is 1.
fn costs_its_own(bug: &str, cells: &[&str], words: &[&str]) -> Result<(), Failed> {
    let (document, code) = checked(bug)?;
    let found = findings(&document);
    let addresses: Vec<&str> = found.iter().map(|(case, _)| &**case).collect();
    assert_eq!(addresses, cells, "{bug}: {found:#?}");
    for (_, actual) in &found {
        assert!(words.iter().all(|words| actual.contains(words)), "{bug}: {actual}");
    }
    let counts = &document["matrix"]["counts"];
    assert_eq!(counts["total"].as_u64(), Some(CELLS), "{counts}");
    assert_eq!(counts["equal"].as_u64(), Some(CELLS - cells.len() as u64), "{counts}");
    assert_eq!(code, Some(1), "{bug}");
    Ok(())
}

const SENT: [&str; 3] =
    ["matrix/2.0/1.0/1/Number/n9", "matrix/2.0/2.0/1/Number/n9", "matrix/2.0/2.0/2/Number/n9"];
const RECEIVED: [&str; 3] =
    ["matrix/1.0/2.0/1/Number/n9", "matrix/2.0/2.0/1/Number/n9", "matrix/2.0/2.0/2/Number/n9"];

fn is_good_without_a_bug() -> Result<(), Failed> {
    let (document, code) = checked("none")?;
    assert_eq!((findings(&document), code), (Vec::new(), Some(0)));
    assert_eq!(document["matrix"]["counts"]["total"].as_u64(), Some(CELLS));
    Ok(())
}

fn what_is_asked_beyond_an_exchange_is_nobodys_fault() -> Result<(), Failed> {
    // 2.0 is asked what its bytes are at version 2 when they are refused at 1, and aborts or hangs there.
    for (bug, at_two) in [("abort-guess", "the receiver died"), ("hang-guess", "not done within")] {
        let (document, code) = checked(bug)?;
        let found = findings(&document);
        let (own, refused): (Vec<_>, Vec<_>) =
            found.iter().partition(|(case, _)| case == "matrix/2.0/2.0/2/Number/n9");
        assert!(own.len() == 1 && own[0].1.contains(at_two), "{found:#?}");
        assert!(refused.len() == 4, "{found:#?}");
        assert!(refused.iter().all(|(_, actual)| actual == "byte 1: nine"), "{found:#?}");
        assert_eq!(code, Some(1));
    }
    Ok(())
}

fn who_fails_again_and_again_is_not_tried_for_ever() -> Result<(), Failed> {
    let (document, code) = checked("abort-always")?;
    let found = findings(&document);
    // Which they are does not depend on who is faster: the first ones that it sends to each release.
    let to = |receiver: &'static str| {
        (0..4).map(move |number| format!("matrix/2.0/{receiver}/1/Number/n{number}"))
    };
    let addresses: Vec<&str> = found.iter().map(|(case, _)| &**case).collect();
    assert_eq!(addresses, to("1.0").chain(to("2.0")).collect::<Vec<_>>(), "{found:#?}");
    assert!(found.iter().all(|(_, actual)| actual.contains("the sender died: signal: 6")));
    let skipped = document["tally"]["skipped"].as_u64().unwrap_or_default();
    assert_eq!(skipped + found.len() as u64, 33, "{}", document["tally"]);
    assert!(document.to_string().contains("as the sender, 2.0 has failed 8 times"));
    assert_eq!(code, Some(1));
    Ok(())
}

fn a_handshake_that_aborts_is_a_finding() -> Result<(), Failed> {
    let (document, code) = checked("abort-dial")?;
    let found = findings(&document);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found.iter().all(|(case, actual)| {
        case.starts_with("matrix/2.0/") && case.ends_with("/handshake") && actual.contains("died")
    }));
    assert_eq!(document["matrix"]["counts"]["equal"].as_u64(), Some(CELLS));
    assert_eq!(code, Some(1));
    Ok(())
}

fn who_does_not_say_its_version_is_a_finding() -> Result<(), Failed> {
    let ends = [
        ("panic-speaks", "the version of Other, asked of the ", "panicked: other"),
        ("hang-speaks", "the version of Other, asked of the ", "not done within 5s"),
        ("abort-speaks", "the version of Other, asked of the ", "died: signal: 6"),
        ("exit-speaks", "the version of Other, asked of the ", "died: exit status: 0"),
        ("odd-speaks", "2.0 sends Other at 7, which ", " has not"),
    ];
    let pairs = ["1.0/2.0", "2.0/1.0", "2.0/2.0"];
    for (bug, who, what) in ends {
        let (document, code) = checked(bug)?;
        let found = findings(&document);
        let addresses: Vec<&str> = found.iter().map(|(case, _)| &**case).collect();
        assert_eq!(addresses, pairs.map(|pair| format!("matrix/{pair}/handshake")), "{bug}");
        for (_, actual) in &found {
            assert!(actual.contains(who) && actual.contains(what), "{bug}: {actual}");
        }
        assert_eq!(document["matrix"]["counts"]["equal"].as_u64(), Some(CELLS), "{bug}");
        assert_eq!(code, Some(1), "{bug}");
    }
    Ok(())
}

/// Each of the cases passes where it is alone, and two of them are more than a process may hold.
fn cases_that_are_too_much_together_are_tried_one_after_the_other() -> Result<(), Failed> {
    costs_its_own("eat-half", &SENT, &["the sender held", "bytes of memory at once"])
}

fn what_may_come_costs_its_own_cases() -> Result<(), Failed> {
    let said = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
    let good = ask("none", &["future"])?;
    let text = said(&good);
    let first = "✓ what may come changes nothing that is known: 33 cases\n";
    assert!(text.starts_with(first), "{text}");
    assert_eq!(good.status.code(), Some(0));
    let bad = ask("abort-tomorrow", &["future"])?;
    let text = said(&bad);
    assert!(text.starts_with("✗ 2 findings of 33 cases\n"), "{text}");
    let address = "future/2.0/1/Number/n9/a-byte-more";
    assert!(text.contains(&format!("\n✗ {address}\n      died: ")), "{text}");
    assert_eq!(bad.status.code(), Some(1));
    let again = ask("abort-tomorrow", &["repro", address])?;
    let text = said(&again);
    assert!(text.contains("1 failed") && text.contains("died: "), "{text}");
    assert_eq!(again.status.code(), Some(1));
    // What is sent today is for another command to tell.
    let today = ask("abort-decode", &["future"])?;
    let text = said(&today);
    let first = "! what may come changes nothing that is known in 31 cases; 2 not tried\n";
    assert!(text.starts_with(first) && text.contains("does not read what is sent today"), "{text}");
    assert_eq!(today.status.code(), Some(0));
    Ok(())
}

fn a_case_that_aborts_can_be_repeated() -> Result<(), Failed> {
    let output = ask("abort-decode", &["repro", RECEIVED[0]])?;
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("the receiver died: signal: 6"), "{said}");
    assert_eq!(output.status.code(), Some(1));
    Ok(())
}

fn fixtures_of_others_are_stored() -> Result<(), Failed> {
    for bug in ["abort-decode", "hang-encode"] {
        let scratch = tempfile::tempdir()?;
        let folder = scratch.path().join("golden");
        let named = folder.to_string_lossy();
        let output = ask(bug, &["golden", "bless", "--golden", &named])?;
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{said}");
        let left = said.lines().filter(|line| line.contains("comes to no end"));
        assert_eq!(left.count(), 2, "{said}");
        for stored in ["1.0/1/Number", "1.0/1/Other", "2.0/1/Other", "2.0/2/Other"] {
            assert!(folder.join(format!("{stored}.snap")).exists(), "{stored}\n{said}");
        }
        assert!(!folder.join("2.0/1/Number.snap").exists(), "{said}");
    }
    Ok(())
}

fn a_value_that_ends_a_process_is_no_seed() -> Result<(), Failed> {
    for (bug, of_new) in [("abort-first", (2, 2)), ("abort-always", (0, 0))] {
        let scratch = tempfile::tempdir()?;
        let (corpus, work) = (scratch.path().join("corpus"), scratch.path().join("work"));
        let (corpus_named, work_named) = (corpus.to_string_lossy(), work.to_string_lossy());
        let seeded = ask(bug, &["corpus", "seed", "decode", "--corpus", &corpus_named])?;
        assert!(seeded.status.success(), "{bug}: {seeded:?}");
        let mut seeds: Vec<Vec<u8>> = Vec::new();
        for file in corpus.join("decode").read_dir()? {
            seeds.push(std::fs::read(file?.path())?);
        }
        // Node, other node, message and version, then the version and the number.
        let ends = |node| move |seed: &&Vec<u8>| seed.first() == Some(&node);
        let numbers = |node| seeds.iter().filter(ends(node)).filter_map(|it| it.last().copied());
        assert_eq!(numbers(0).sum::<u8>(), 1, "{bug}: {seeds:?}");
        assert_eq!((numbers(1).count(), numbers(1).sum::<u8>()), of_new, "{bug}: {seeds:?}");
        let (fuzz, places) = (["fuzz", "decode", "--runs", "500"], ["--corpus", &*corpus_named]);
        let arguments = [&fuzz[..], &places[..], &["--work", &*work_named]].concat();
        let fuzzed = ask(bug, &arguments)?;
        assert!(fuzzed.status.success(), "{bug}: {fuzzed:?}");
    }
    Ok(())
}

/// Without the command line: what a program of one's own does.
fn a_program_of_ones_own_is_guarded() -> Result<(), Failed> {
    let bugs = [("abort-decode", RECEIVED), ("exit-encode", SENT), ("nest-encode", SENT)];
    for (bug, cells) in bugs {
        let output = ask(bug, &["own"])?;
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(said.lines().collect::<Vec<_>>(), cells, "{said}");
        assert_eq!(output.status.code(), Some(7));
    }
    Ok(())
}

fn help_of_a_test_run_is_no_end_of_a_release() -> Result<(), Failed> {
    let output = ask("none", &["tests", "--help"])?;
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    Ok(())
}

/// It is nobody's fault but the folder's, and nothing is tried again.
fn without_a_place_for_its_files_it_says_so() -> Result<(), Failed> {
    let scratch = tempfile::tempdir()?;
    let folder = scratch.path().join("none");
    let mut command = Command::new(std::env::current_exe()?);
    let output = command.arg("own").env(BUG, "none").env("TMPDIR", &folder).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let error = format!("error: cannot make a file in {}: ", folder.display());
    assert!(said.starts_with(&error) && said.lines().count() == 1, "{said}");
    assert_eq!(output.status.code(), Some(2));
    Ok(())
}

fn own() -> ExitCode {
    guarded::<Toys>(|| {
        let Ok(report) = Toys::border().check(&|| {}) else { return ExitCode::FAILURE };
        report.findings().for_each(|finding| println!("{}", finding.case));
        ExitCode::from(7)
    })
}

/// What Rust says of memory that it does not get.
const EATS: &str = "memory allocation of 8589934592 bytes failed";

fn main() -> ExitCode {
    if std::env::var_os(BUG).is_some() {
        return match std::env::args().nth(1).as_deref() {
            Some("own") => own(),
            Some("tests") => command::tests::<Toys>(),
            _ => command::main::<Toys>(),
        };
    }
    let test = |name: &str, body: fn() -> Result<(), Failed>| Trial::test(name, body);
    let costs = |bug: &'static str, cells: &'static [&str], words: &'static [&str]| {
        Trial::test(format!("{bug}_costs_its_own_cells"), move || costs_its_own(bug, cells, words))
    };
    let trials = vec![
        test("is_good_without_a_bug", is_good_without_a_bug),
        costs("hang-encode", &SENT, &["the sender not done within 5s"]),
        costs("hang-decode", &RECEIVED, &["the receiver not done within 5s"]),
        costs("abort-encode", &SENT, &["the sender died: signal: 6"]),
        costs("abort-decode", &RECEIVED, &["the receiver died: signal: 6"]),
        costs("exit-encode", &SENT, &["the sender died: exit status: 0"]),
        costs("exit-decode", &RECEIVED, &["the receiver died: exit status: 3"]),
        costs("eat-encode", &SENT, &["the sender died", EATS]),
        costs("eat-decode", &RECEIVED, &["the receiver died", EATS]),
        test(
            "what_is_asked_beyond_an_exchange_is_nobodys_fault",
            what_is_asked_beyond_an_exchange_is_nobodys_fault,
        ),
        test(
            "who_fails_again_and_again_is_not_tried_for_ever",
            who_fails_again_and_again_is_not_tried_for_ever,
        ),
        test("a_handshake_that_aborts_is_a_finding", a_handshake_that_aborts_is_a_finding),
        test(
            "who_does_not_say_its_version_is_a_finding",
            who_does_not_say_its_version_is_a_finding,
        ),
        test(
            "cases_that_are_too_much_together_are_tried_one_after_the_other",
            cases_that_are_too_much_together_are_tried_one_after_the_other,
        ),
        test(
            "help_of_a_test_run_is_no_end_of_a_release",
            help_of_a_test_run_is_no_end_of_a_release,
        ),
        test("a_value_that_ends_a_process_is_no_seed", a_value_that_ends_a_process_is_no_seed),
        test("what_may_come_costs_its_own_cases", what_may_come_costs_its_own_cases),
        test("a_case_that_aborts_can_be_repeated", a_case_that_aborts_can_be_repeated),
        test("fixtures_of_others_are_stored", fixtures_of_others_are_stored),
        test("a_program_of_ones_own_is_guarded", a_program_of_ones_own_is_guarded),
        test("without_a_place_for_its_files_it_says_so", without_a_place_for_its_files_it_says_so),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
