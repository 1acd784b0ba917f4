//! Testees from outside: the model behind the pipe is the model, and what a testee does wrong is its own.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::{Duration, Instant};

use skewproof::fabric::session::Dialect;
use skewproof::harness::boundary::contain_within;
use skewproof::harness::skew::{Class, Matrix, Peer, Selection};
use skewproof::harness::testee::{Launch, Testee};
use skewproof::suite::skew::{self, Plan, Question};
use skewproof::suite::testee::{Behind, agreement, bytes, handshakes, released};

/// The program under test, as a word of a command.
const PROGRAM: &str = env!("CARGO_BIN_EXE_skewproof");

fn model(release: &str, verbs: &str) -> Arc<Behind> {
    let verbs = if verbs.is_empty() { String::new() } else { format!("--verbs {verbs}") };
    held_to(&format!("{release} {verbs}"), None)
}

/// The model of a release, held to another one.
fn held_to(options: &str, release: Option<&str>) -> Arc<Behind> {
    let command = format!("tree={PROGRAM} testee --release {options}");
    let testee = Testee::start(Launch::parse(&command).unwrap()).unwrap();
    Arc::new(Behind::new(testee, release).unwrap())
}

/// The matrix of a testee with all releases.
fn meet(testee: &Arc<Behind>) -> (Plan, Matrix) {
    let plan = Plan::with_testees(&Question::default(), vec![Arc::clone(testee)]).unwrap();
    let matrix = plan.run(&|| ());
    (plan, matrix)
}

/// Every cell in which a node is, but those of which no bytes come, with what came of it; the node is
/// called `it`.
fn cells(matrix: &Matrix, node: &str) -> BTreeMap<String, String> {
    let named = |name: &str| if name == node { "it".to_owned() } else { name.to_owned() };
    let those = matrix.cells().filter(|cell| [cell.sender(), cell.receiver()].contains(&node));
    let cells = those.filter(|cell| cell.outcome.class() != Class::Gated).map(|cell| {
        let (from, to) = (named(cell.sender()), named(cell.receiver()));
        let place = format!("{from}/{to}/{}/{}/{}", cell.block.layer, cell.row.name, cell.sample);
        // Where its release would panic, the model says so and a testee refuses.
        let words = cell.outcome.to_string();
        let came = match cell.outcome.class() {
            Class::Panicked => format!("Refused {}", words.split_once("): ").unwrap().1),
            class => format!("{class:?} {words}"),
        };
        (place, came)
    });
    cells.collect()
}

/// What nodes agree on when one of them is a node, which is called `it`.
fn agreed(matrix: &Matrix, node: &str) -> Vec<String> {
    let named = |name: &str| if name == node { "it".to_owned() } else { name.to_owned() };
    let those = matrix.pairs.iter().map(|pair| {
        let (from, to) = (named(matrix.name(pair.dialer)), named(matrix.name(pair.acceptor)));
        format!("{from} {to} {:?} {:?}", pair.handshakes, pair.pinned)
    });
    let mut those: Vec<String> = those.filter(|it| it.contains("it ")).collect();
    those.sort();
    those
}

/// Cell by cell and handshake by handshake, by values and by bytes alone.
#[test]
fn the_model_behind_the_pipe_is_the_model() {
    let all = skew::of(skew::nodes());
    for (release, verbs) in [("1.2", ""), ("1.4.1", "open,feed,drop,reencode"), ("1.7.2", "")] {
        let (_, behind) = meet(&model(release, verbs));
        let among = vec![all.peer_named(release).unwrap()];
        let model = all.run(&Selection { among, ..Selection::default() }, &|| ());
        let (mut behind_cells, model_cells) = (cells(&behind, "tree"), cells(&model, release));
        // The testee also meets the release itself, and itself.
        behind_cells.retain(|place, _| model_cells.contains_key(place));
        assert_eq!(behind_cells.len(), model_cells.len());
        for (place, came) in &model_cells {
            assert_eq!(behind_cells.get(place), Some(came), "{release} {verbs}: {place}");
        }
        let (behind, model) = (agreed(&behind, "tree"), agreed(&model, release));
        assert!(model.iter().all(|it| behind.contains(it)), "{behind:#?}\n{model:#?}");
    }
}

/// Every release, in a few messages and with all others.
#[test]
fn the_model_of_every_release_behind_the_pipe_is_the_model() {
    for node in skew::nodes() {
        let testee = model(node.name(), "");
        let released = released(&testee, false);
        let mut compared = 0;
        for message in ["Gossip", "Store", "MetadataUpdate", "PartitionProcessorRpcRequest"] {
            let question = Question { message: Some(message), ..Question::default() };
            let plan = Plan::with_testees(&question, vec![Arc::clone(&testee)]).unwrap();
            let matrix = plan.run(&|| ());
            let agreement = agreement(&matrix, &released, &testee);
            assert_eq!(agreement.same, agreement.all, "{}: {message}", node.name());
            assert_eq!(agreement.verdicts.tally().failed, 0, "{}", node.name());
            compared += agreement.all;
        }
        assert!(compared > 500, "{}: {compared}", node.name());
    }
}

/// One that is another release agrees in part, and each difference is told with both answers.
#[test]
fn differences_from_the_release_have_both_answers() {
    let testee = held_to("1.4", Some("1.6"));
    let (_, matrix) = meet(&testee);
    let agreement = agreement(&matrix, &released(&testee, false), &testee);
    assert!(agreement.same < agreement.all, "{agreement:?}");
    let rows = &agreement.differences.rows;
    // The last row counts those that are not shown.
    let shown = rows.iter().filter(|row| row.iter().skip(1).any(|cell| !cell.is_empty()));
    assert!(shown.clone().count() > 1);
    for row in shown {
        let [.., own, right, _] = row.as_slice() else { panic!("{row:?}") };
        assert!(own != right, "{row:?}");
    }
}

/// How many findings a node has with another.
fn findings(matrix: &Matrix, testees: &[Arc<Behind>]) -> u64 {
    skew::verdicts(matrix, false, testees).tally().failed
}

#[test]
fn planted_bugs_are_found_behind_the_pipe_as_they_are_in_process() {
    for bug in ["M02", "M12", "M49", "M57"] {
        let release = format!("1.6+{bug}");
        let question = |from| Question { from: Some(from), to: Some("1.5"), ..Question::default() };
        let in_process = Plan::new(&question(&release)).unwrap().run(&|| ());
        let testee = model(&release, "");
        let plan = Plan::with_testees(&question("tree"), vec![Arc::clone(&testee)]).unwrap();
        let behind = findings(&plan.run(&|| ()), plan.testees());
        assert!(behind > 0, "{bug}");
        assert_eq!(behind, findings(&in_process, &[]), "{bug}");
    }
}

/// A program that does something else than answer when it is asked about Trim.
fn odd(what: &str) -> String {
    odd_about("'\"message\":\"Trim\",\"version\":2'", what)
}

/// The same when something is in a question.
fn odd_about(words: &str, what: &str) -> String {
    let script = format!(
        "while IFS= read -r line; do case $line in *{words}*) {what} ;; \
         *) printf '%s\\n' \"$line\" ;; esac; done | {PROGRAM} testee --release 1.7 --verbs reencode"
    );
    format!("tree=sh -c '{}'", script.replace('\'', "'\\''"))
}

/// A death and a hang in one message cost that message's cells alone, and are charged to the testee.
#[test]
fn what_happens_in_one_message_stays_there() {
    for (what, words) in [("kill -9 0", "died: "), ("sleep 100", "not done within")] {
        let mut launch = Launch::parse(&odd(what)).unwrap();
        launch.limits.question = Duration::from_millis(1500);
        let testee = Arc::new(Behind::new(Testee::start(launch).unwrap(), None).unwrap());
        let question = Question { from: Some("tree"), to: Some("1.6"), ..Question::default() };
        let plan = Plan::with_testees(&question, vec![testee]).unwrap();
        let grid = skew::verdicts(&plan.run(&|| ()), false, plan.testees());
        assert!(!grid.findings().is_empty(), "{what}");
        for finding in grid.findings() {
            assert!(finding.case.as_str().contains("/Trim/"), "{what}: {}", finding.case);
            assert!(finding.actual.contains(words), "{what}: {}", finding.actual);
            let side =
                if finding.case.as_str().contains("/tree/1.6/") { "sender" } else { "receiver" };
            assert!(finding.actual.contains(side), "{what}: {} {}", finding.case, finding.actual);
            let line = finding.repro.as_deref().unwrap_or_default();
            assert!(line.contains("--testee 'tree@1.7=sh -c"), "{line}");
        }
        assert!(grid.tally().passed > 2_000, "{what}: {:?}", grid.tally());
    }
}

#[test]
fn a_release_held_to_another_differs() {
    let testee = model("1.6", "");
    let grid = bytes(&testee);
    assert_eq!(
        (grid.tally().failed, grid.tally().skipped),
        (0, 0),
        "{:?}",
        testee.testee().fault()
    );
    let other = held_to("1.6", Some("1.7"));
    let grid = bytes(&other);
    assert!(grid.tally().failed > 0 && grid.tally().passed > 0, "{:?}", other.testee().fault());
}

/// Fixtures and changes of the next release ask a testee what its release has, and nobody else.
#[test]
fn fixtures_and_changes_ask_a_testee_in_its_release_alone() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let asked = |command: &[&str], testee: &str| {
        let testee = format!("{testee} --verbs reencode");
        let output = run(&[command, &["--testee", &testee]].concat(), project);
        let text = String::from_utf8(output.stdout).unwrap();
        let passed = text.trim_end().lines().last().and_then(|it| it.split_once(" passed, "));
        let passed = passed.and_then(|(passed, _)| passed.parse::<u64>().ok());
        (output.status.code(), passed.unwrap_or_default(), text)
    };
    let model = |name: &str, release: &str| format!("{name}={PROGRAM} testee --release {release}");
    for command in [&["golden", "verify"][..], &["future"]] {
        let (all, of_line) = (run(command, project), asked(command, &model("tree", "1.7")));
        let all = String::from_utf8(all.stdout).unwrap();
        let all: u64 = all.lines().last().unwrap().split(' ').next().unwrap().parse().unwrap();
        assert_eq!(of_line.0, Some(0), "{command:?}: {}", of_line.2);
        assert!(of_line.1 > 500 && of_line.1 < all / 3, "{command:?}: {} of {all}", of_line.1);
        let other = asked(command, &model("tree@1.7", "1.4"));
        assert_eq!(other.0, Some(1), "{command:?}: {}", other.2);
    }
    // A patch has no fixtures.
    let of_patch = asked(&["golden", "verify"], &model("tree", "1.4.1"));
    assert_eq!(of_patch.0, Some(2), "{}", of_patch.2);
}

/// Both sides of a testee may well agree on what its release would refuse.
#[test]
fn handshakes_are_held_against_those_of_the_release() {
    let verbs = "open,feed,drop,reencode";
    for (options, release) in [
        ("1.7", "1.7"),
        ("1.6+M64", "1.6"),
        ("1.6+M65", "1.6"),
        ("1.6+M66", "1.6"),
        ("1.6+M67", "1.6"),
        ("1.2", "1.4"),
    ] {
        let testee = held_to(&format!("{options} --verbs {verbs}"), Some(release));
        let (_, matrix) = meet(&testee);
        let grid = handshakes(&matrix, &released(&testee, false), &testee);
        assert!(grid.tally().passed > 0, "{options}");
        assert_eq!(grid.tally().failed == 0, options == release, "{options}: {:?}", grid.tally());
    }
}

fn run(arguments: &[&str], folder: &Path) -> Output {
    Command::new(PROGRAM).args(arguments).current_dir(folder).output().unwrap()
}

/// `conform` in an empty folder: one screen, files, and an exit code.
#[test]
fn one_command_holds_a_program_to_its_release() {
    let folder = tempfile::tempdir().unwrap();
    let testee = format!("tree={PROGRAM} testee --release 1.2 --verbs reencode");
    let options = ["conform", "--testee", &testee, "--time", "1s", "--junit", "report.xml"];
    let output = run(&options, folder.path());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(
        text.lines().count() <= 30 && text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    assert!(text.starts_with("tree speaks as 1.2 does"), "{text}");
    assert!(text.trim_end().lines().last().unwrap().contains(" passed, 0 failed, "), "{text}");
    assert!(folder.path().join("report.xml").exists());

    let output = run(&[&options[..5], &["--release", "1.7"]].concat(), folder.path());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.starts_with("tree does not speak as 1.7 does.\nFAILED: "), "{text}");
}

/// Sessions that do something else than those of the release are a cause of their own.
#[test]
fn conform_plays_scripts_to_sessions() {
    let folder = tempfile::tempdir().unwrap();
    let conform = |release: &str| {
        let verbs = "open,feed,drop,send,wake,service,reencode";
        let testee = format!("tree={PROGRAM} testee --release {release} --verbs {verbs}");
        let options = ["conform", "--testee", &testee, "--time", "1s"];
        let output = run(&options, folder.path());
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (status, text) = conform("1.6");
    assert_eq!(status, Some(0), "{text}");
    assert!(text.contains(": scripts of peers end with its sessions"), "{text}");
    let (status, text) = conform("1.6+M81");
    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("repeat: skewproof session "), "{text}");
}

/// A testee without sessions of its own says nothing of a script in which none of its messages is.
#[test]
fn scripts_without_a_message_of_the_testee_are_not_its() {
    let folder = tempfile::tempdir().unwrap();
    let whole = format!("tree={PROGRAM} testee --release 1.7 --verbs reencode");
    let output = run(&["session", "abandoned", "--testee", &whole], folder.path());
    assert_eq!(output.status.code(), Some(0), "it reads and writes what the script asks");
    let program = "import json,sys,os\nfor l in sys.stdin:\n q=json.loads(l)\n \
        if q['verb']!='hello': os._exit(3)\n \
        print(json.dumps({'id':q['id'],'ok':{'testee':1,'protocol':'restate-fabric','name':'e',\
        'release':'1.7','language':'Py','verbs':['reencode'],\
        'messages':[{'name':'Trim','min':2,'max':3}]}}),flush=True)\n";
    if Command::new("python3").arg("--version").output().is_err() {
        return;
    }
    std::fs::write(folder.path().join("e.py"), program).unwrap();
    for command in [&["session"][..], &["session", "watch"], &["check", "session/*"]] {
        let args = [command, &["--testee", "tree=python3 e.py"]].concat();
        let output = run(&args, folder.path());
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(2), "{command:?}: {text}");
    }
}

/// The program on the page is one: all that is sound passes, and it is said what is wrong.
#[test]
fn the_testee_of_the_page_is_judged() {
    if Command::new("python3").arg("--version").output().is_err() {
        return;
    }
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(project.join("docs/testee.md")).unwrap();
    let program = page.split_once("```python\n").unwrap().1.split_once("```").unwrap().0;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("testee.py"), program).unwrap();
    let testee = "tree=python3 testee.py";
    let output = run(&["conform", "--testee", testee, "--time", "2s"], folder.path());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("\nFAILED: 1 cause, "), "{text}");
    assert!(text.contains("testee/tree/hostile/decode/unreadable/"), "{text}");
    assert!(text.contains(" | python3 testee.py\n"), "{text}");
}

/// Whatever is no testee: exit 2, and a sentence that says what to do.
#[test]
fn what_is_no_testee_is_said_with_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("plain"), "").unwrap();
    std::fs::write(folder.path().join("twice.toml"), "[[testee]]\nname = \"a\"\n").unwrap();
    let kept = format!(
        "[[testee]]\nname = \"kept\"\ncommand = [\"{PROGRAM}\"]\nsha256 = \"{}\"\n",
        "0".repeat(64)
    );
    std::fs::write(folder.path().join("kept.toml"), kept).unwrap();
    for (arguments, words) in [
        (vec!["--testee", "tree=./missing"], "there is no program"),
        (vec!["--testee", "tree=./plain"], "may not be run"),
        (vec!["--testee", "tree=."], "is no file"),
        (vec!["--testee", "tree=sh -c 'exit 3'"], "exit status: 3"),
        (vec!["--testee", "tree=echo hello"], "does not answer the question `hello`"),
        (vec!["--testee", "tree"], "no file names a testee"),
        (vec!["--testee", "tree", "--testees", "twice.toml"], "missing field `command`"),
        (vec!["--testee", "tree", "--testees", "none.toml"], "none.toml"),
        (vec!["--testee", "1.7=sh -c 'exit 3'"], "exit status: 3"),
        (vec!["--testee", "kept", "--testees", "kept.toml"], "put back the program"),
    ] {
        let output = run(&[&["matrix"][..], &arguments].concat(), folder.path());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(words) && said.contains("hint: "), "{arguments:?}: {said}");
    }
}

/// A testee that dies too often is not a good one, whatever is expected of it.
#[test]
fn what_is_not_asked_to_the_end_is_not_green() {
    let folder = tempfile::tempdir().unwrap();
    let expected = "[[expected]]\naddress = \"*/tree/*\"\nreason = \"it is young\"\n";
    std::fs::write(folder.path().join("expected.toml"), expected).unwrap();
    let testee = odd_about("'\"message\"'", "kill -9 0");
    let options = ["conform", "--testee", &testee, "--time", "1s", "--expected", "expected.toml"];
    let output = run(&options, folder.path());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.starts_with("tree could not be asked to the end: tree died or hung "), "{text}");
}

/// A testee that is wrong itself: what was found stands in the report, and the exit code is 2.
#[test]
fn a_fault_of_the_testee_is_no_finding() {
    let folder = tempfile::tempdir().unwrap();
    let testee = odd("echo garbage-id; echo '{}' ");
    let options =
        ["matrix", "--from", "tree", "--to", "1.6", "--testee", &testee, "--json", "out.json"];
    let output = run(&options, folder.path());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("the testee tree is at fault"), "{said}");
    assert!(folder.path().join("out.json").exists());
}

/// `repro` with a testee: the story, or what it was asked.
#[test]
fn a_case_is_repeated_with_its_testee() {
    let folder = tempfile::tempdir().unwrap();
    let testee = format!("tree={PROGRAM} testee --release 1.7 --verbs reencode");
    let cell = "matrix/tree/1.6/V2/Trim/typical";
    let options = ["repro", cell, "--testee", &testee];
    let output = run(&options, folder.path());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("delivered equal"), "{text}");
    let output = run(&[&options[..], &["--asks"]].concat(), folder.path());
    let asked = String::from_utf8(output.stdout).unwrap();
    assert!(asked.starts_with("{\"id\":0,\"verb\":\"reencode\",\"message\":\"Trim\""), "{asked}");
}

/// Ctrl-C ends the run and its testees within a second.
#[test]
fn ctrl_c_ends_testees_too() {
    use rustix::process::{Pid, Signal, kill_process, test_kill_process};
    let folder = tempfile::tempdir().unwrap();
    let pid = folder.path().join("pid");
    let script = format!("echo $$ >{}; exec {PROGRAM} testee --release 1.7", pid.display());
    let hangs = odd("sleep 100").replace("while IFS", &format!("({script}) & while IFS"));
    let mut child = Command::new(PROGRAM)
        .args(["matrix", "--from", "tree", "--to", "1.6", "--testee", &hangs])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    while !pid.exists() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(300));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let began = Instant::now();
    child.wait().unwrap();
    // A second, and another one for a machine that is busy.
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    let testee = std::fs::read_to_string(&pid).unwrap();
    let testee = Pid::from_raw(testee.trim().parse().unwrap()).unwrap();
    let until = Instant::now() + Duration::from_secs(5);
    while test_kill_process(testee).is_ok() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(test_kill_process(testee).is_err(), "{testee:?}");
}

/// The model of a release with a line of `sh` between it and the tool, which has each answer as `$line`.
fn behind(verbs: &str, what: &str) -> String {
    let script = format!(
        "{PROGRAM} testee --release 1.7 --verbs {verbs} | \
         while IFS= read -r line; do case $line in *testee*) ;; *) {what} ;; esac; \
         printf '%s\\n' \"$line\"; done"
    );
    format!("tree=sh -c '{}'", script.replace('\'', "'\\''"))
}

/// Fuzzes it with the corpus of the project; gives the exit code, the report and the time.
fn fed(testee: &str, options: &[&str]) -> (Option<i32>, String, Duration) {
    let begun = Instant::now();
    let arguments = [&["fuzz", "decode", "--testee", testee], options].concat();
    let output = run(&arguments, Path::new(env!("CARGO_MANIFEST_DIR")));
    (output.status.code(), String::from_utf8(output.stdout).unwrap(), begun.elapsed())
}

/// It has a corpus of thousands to answer, and no time for it.
#[test]
fn fuzzing_a_slow_testee_ends_in_time() {
    let (status, text, took) = fed(&behind("reencode", "sleep 0.1"), &["--time", "2s"]);
    assert_eq!(status, Some(0), "{text}");
    assert!(took < Duration::from_secs(30), "{took:?}");
    assert!(text.contains(" inputs of decode were not tried: give it more `--time`"), "{text}");
}

/// An answer of 4 MB is read with as much memory as that takes, which is the tool's.
#[test]
fn memory_that_is_taken_to_read_an_answer_is_not_the_testees() {
    let long = "line=${line%\\}\\}}$(printf ',\"more\":\"%04000000d\"}}' 0)";
    let launch = Launch::parse(&behind("reencode", long)).unwrap();
    let testee = Behind::new(Testee::start(launch).unwrap(), None).unwrap();
    let trim = testee.messages().find(|message| message.row().word() == "Trim").unwrap();
    let bytes = hex::decode("0505040104f40204c202").unwrap().into();
    let read = contain_within(1 << 20, || testee.decode(trim, &bytes, testee.release(), 2));
    assert!(matches!(read, Ok(Ok(_))), "{read:?}");
}

/// Who reads and never says what has said nothing that could be right.
#[test]
fn a_testee_that_never_gives_values_is_told() {
    let none = "case $line in *'\"value\"'*) line=${line%%'\"ok\"'*}'\"ok\":{}}' ;; esac";
    let (status, text, _) = fed(&behind("encode,decode", none), &["--runs", "1"]);
    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("it answers `decode` without a value"), "{text}");
}
