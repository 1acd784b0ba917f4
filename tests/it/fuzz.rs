//! The corpus is replayed, every target has its smoke run, and the commands do what they say.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use skewproof::harness::fuzz::adopt::SIZE_MAX;
use skewproof::harness::fuzz::causes::Causes;
use skewproof::harness::fuzz::corpus::{Folder, Origin, folders};
use skewproof::harness::fuzz::describe;
use skewproof::harness::fuzz::library::replay;
use skewproof::harness::fuzz::run::STACK;
use skewproof::harness::fuzz::session::{Budget, Event, Place, Session};
use skewproof::suite::fuzz::{target, targets, with_bugs};
use tempfile::TempDir;

/// Inputs that each target has at least: fewer prove little.
const INPUTS_MIN: usize = 60;
/// Runs of the smoke of each target, after those of its seeds.
const SMOKE_RUNS: u64 = 3000;
/// Where smoke begins.
const SMOKE_SEED: u64 = 5;

/// Where inputs are run that may end a process.
fn place() -> Place<'static> {
    Place::Process(Path::new(env!("CARGO_BIN_EXE_skewproof")))
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// The names of files.
fn names(folder: &Path) -> BTreeSet<String> {
    let files = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name());
    files.map(|name| name.into_string().unwrap()).collect()
}

/// Inputs on disk, counted by a walk of its own.
fn count(folder: &Path) -> usize {
    let files = folder.read_dir().into_iter().flatten().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_none_or(|ending| ending != "md")).count()
}

#[test]
fn every_input_of_the_corpus_is_replayed_without_a_finding() {
    let (mut ran, mut on_disk, mut found) = (0, 0, Vec::new());
    for target in targets() {
        let folder = Folder::open(&corpus(), target.name).unwrap();
        let inputs = folder.entries.len();
        ran += inputs;
        on_disk += count(&corpus().join(target.name));
        found.extend(replay(&folder, target, place()).unwrap().into_iter().map(
            |(file, finding)| {
                format!("{}/{file}: {}: {}", target.name, finding.key.kind, finding.words.seen)
            },
        ));
        println!("{}: {inputs} inputs", target.name);
        assert!(inputs >= INPUTS_MIN, "{} has {inputs} inputs, which prove little", target.name);
    }
    println!("{ran} inputs replayed, {on_disk} on disk");
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert_eq!(ran, on_disk, "files in the corpus that nobody has run");
}

#[test]
fn the_corpus_is_in_order_and_of_a_size() {
    for target in targets() {
        let folder = Folder::open(&corpus(), target.name).unwrap();
        let none: [String; 0] = [];
        assert_eq!(folder.damaged, none, "{}", target.name);
        assert_eq!(folder.strangers, none, "{}", target.name);
        assert_eq!(folder.without_note, none, "{}", target.name);
        assert!(folder.size() <= SIZE_MAX, "{}", target.name);
    }
}

#[test]
fn every_target_has_its_folder_and_every_folder_its_target() {
    let of_targets: BTreeSet<_> = targets().iter().map(|it| it.name.to_owned()).collect();
    let on_disk = folders(&corpus()).unwrap_or_default().into_iter().collect();
    assert_eq!(of_targets, on_disk);
    assert_eq!(of_targets.len(), targets().len(), "two targets of one name");
}

#[test]
fn smoke() {
    let stop = AtomicBool::new(false);
    for target in targets() {
        let seeds: Vec<_> = (target.seeds)().into_iter().map(|seed| seed.bytes).collect();
        assert!(!seeds.is_empty(), "{} has no seeds", target.name);
        let (place, budget) = (Place::Thread, Budget::Runs(SMOKE_RUNS));
        let session = Session { target, place, seed: SMOKE_SEED, budget, stop: &stop };
        let mut found = Vec::new();
        let summary = session.run(seeds, |event| {
            if let Event::Found(finding) = event {
                found.push(*finding);
            }
            Ok::<_, std::io::Error>(())
        });
        let summary = summary.unwrap();
        println!(
            "{}: {} features, {} a second",
            target.name,
            summary.features,
            summary.per_second()
        );
        assert!(found.is_empty(), "{found:#?}");
        assert_eq!(summary.executions, SMOKE_RUNS);
    }
}

/// Runs in which a planted bug is found at the latest.
const BUG_RUNS: u64 = 2_000_000;

/// In processes, which some of the bugs end.
#[test]
fn named_targets_object_to_planted_bugs_from_an_empty_corpus() {
    let mut unseen = Vec::new();
    for target in with_bugs() {
        let stop = AtomicBool::new(false);
        let (place, budget) = (place(), Budget::Runs(BUG_RUNS));
        let session = Session { target, place, seed: SMOKE_SEED, budget, stop: &stop };
        let mut first = None;
        let summary = session.run(Vec::new(), |event| {
            if let Event::Found(finding) = event {
                stop.store(true, Ordering::Relaxed);
                first.get_or_insert(finding.key);
            }
            Ok::<_, std::io::Error>(())
        });
        match first {
            Some(key) => {
                let executions = summary.unwrap().executions;
                println!("{}: {} at {}, run {executions}", target.name, key.kind, key.place);
            }
            None => unseen.push(target.name),
        }
    }
    assert!(unseen.is_empty(), "{unseen:?}");
}

/// Runs in which a bug shows all that it breaks, and causes that it may have.
const CAUSE_RUNS: u64 = 10_000;
const CAUSES_MAX: usize = 3;

/// Whatever messages, releases and fields a bug is seen in.
#[test]
fn a_planted_bug_is_few_findings() {
    let mut many = Vec::new();
    for target in with_bugs() {
        let stop = AtomicBool::new(false);
        let (place, budget) = (place(), Budget::Runs(CAUSE_RUNS));
        let session = Session { target, place, seed: SMOKE_SEED, budget, stop: &stop };
        let (mut causes, mut events) = (Causes::default(), 0);
        let seeds = (target.seeds)().into_iter().map(|seed| seed.bytes).collect();
        let summary = session.run(seeds, |event| {
            match event {
                Event::Found(finding) | Event::Also(finding) => {
                    events += 1;
                    causes.take(&finding);
                }
                // Each costs a process, or the whole time of a run.
                Event::LostAgain(_) => stop.store(true, Ordering::Relaxed),
                Event::Kept(_) | Event::Progress(_) => {}
            }
            Ok::<_, std::io::Error>(())
        });
        let own: Vec<_> = causes.all().iter().filter(|cause| cause.is_of.is_none()).collect();
        let executions = summary.unwrap().executions;
        println!("{}: {} causes of {events}, {executions} runs", target.name, own.len());
        for cause in &own {
            println!("    {}; {}", cause.keys[0], cause.showers(3).join("; "));
        }
        if own.len() > CAUSES_MAX {
            many.push(target.name);
        }
    }
    assert!(many.is_empty(), "{many:?}");
}

/// What was reviewed is enough to find each of them, without an engine.
#[test]
fn the_corpus_alone_finds_every_planted_bug() {
    let mut unseen = Vec::new();
    for target in with_bugs() {
        let stop = AtomicBool::new(false);
        let (place, budget) = (place(), Budget::Runs(0));
        let session = Session { target, place, seed: 0, budget, stop: &stop };
        let (name, _) = target.name.split_once('+').unwrap();
        let entries = Folder::open(&corpus(), name).unwrap().entries;
        let (mut is_found, begun) = (false, Instant::now());
        let inputs = entries.into_iter().map(|entry| entry.bytes).collect();
        let run = session.run(inputs, |event| {
            if matches!(event, Event::Found(_)) {
                is_found = true;
                stop.store(true, Ordering::Relaxed);
            }
            Ok::<_, std::io::Error>(())
        });
        run.unwrap();
        println!("{}: {is_found} after {:?}", target.name, begun.elapsed());
        if !is_found {
            unseen.push(target.name);
        }
    }
    assert!(unseen.is_empty(), "{unseen:?}");
}

/// A folder of a test's own, gone when dropped.
struct Scratch(TempDir);

impl Scratch {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_skewproof"));
        command.args(line.split(' ')).current_dir(self.0.path()).stdin(Stdio::null());
        command
    }

    /// Runs a line; gives exit code, stdout and stderr.
    fn run(&self, line: &str) -> (i32, String, String) {
        let Output { status, stdout, stderr } = self.command(line).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }
}

#[test]
fn what_cannot_run_says_why_and_what_to_do() {
    let scratch = Scratch::new();
    std::fs::write(scratch.join("file"), "x").unwrap();
    std::fs::write(scratch.join("long"), "x".repeat(5000)).unwrap();
    std::fs::create_dir_all(scratch.join("deep/frame")).unwrap();
    for (line, message, hint) in [
        ("fuzz no-such-target", "there is no target `no-such-target`", "the targets are "),
        ("fuzz --time soon", "expected a time as", ""),
        ("fuzz --jobs 0", "expected a number from 1 to 256", ""),
        ("fuzz --sanitizer address", "the embedded engine has no sanitizer", "--engine libfuzzer"),
        ("fuzz --time 1h --json nowhere/x", "cannot write nowhere/x", ""),
        ("fuzz --engine libfuzzer", "there is no folder ./fuzz", "the folder of the project"),
        ("corpus stats", "there is no folder corpus", "skewproof corpus seed"),
        ("corpus stats --corpus file", "cannot read file", ""),
        ("corpus min", "there is no folder corpus", "--corpus"),
        ("corpus min frame --corpus deep", "what inputs of `frame` reach", "cargo fuzz build"),
        ("corpus adopt no-such-target", "there is no target", ""),
        ("corpus adopt --corpus file", "file/negotiate", ""),
        ("corpus replay", "there is no folder corpus", ""),
        ("corpus replay file", "file is in no folder of a target", "--target"),
        ("corpus replay nowhere", "cannot read nowhere", ""),
        ("corpus seed no-such-target", "there is no target", ""),
        ("corpus add no-such-target file", "there is no target", ""),
        ("corpus add negotiate nowhere", "cannot read nowhere", ""),
        (
            "corpus add frame long",
            "long has 5000 bytes, and an input of `frame` has 4096 at most",
            "",
        ),
        ("fuzz negotiate --runs 1 --corpus file", "file/negotiate", ""),
        ("fuzz negotiate --runs 1 --work file", "file/corpus/negotiate", ""),
    ] {
        let (code, stdout, stderr) = scratch.run(line);
        assert_eq!((code, stdout.as_str()), (2, ""), "{line}: {stderr}");
        assert!(stderr.starts_with("error: "), "{line}: {stderr}");
        assert!(stderr.contains(message) && stderr.contains(hint), "{line}: {stderr}");
    }
}

#[test]
fn the_same_seed_and_runs_make_the_same_corpus() {
    let scratch = Scratch::new();
    let files = |work: &str| {
        let line = format!("fuzz negotiate frame --runs 2000 --jobs 2 --work {work}");
        let (code, stdout, stderr) = scratch.run(&line);
        assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
        assert!(!scratch.join("corpus").exists(), "what was reviewed is only read");
        let words: Vec<&str> = stdout.split_whitespace().collect();
        assert!(words.join(" ").contains(&format!("corpus adopt --work {work}")), "{stdout}");
        ["negotiate", "frame"].map(|target| {
            let folder = Folder::open(&scratch.join(work).join("corpus"), target).unwrap();
            folder.entries.into_iter().map(|entry| entry.file).collect::<Vec<_>>()
        })
    };
    let first = files("first");
    assert!(first.iter().all(|files| files.len() > 3), "{first:?}");
    assert_eq!(files("second"), first);
}

#[test]
fn the_seed_decides_after_workers_have_died() {
    let scratch = Scratch::new();
    let files = |work: &str| {
        let line = format!("fuzz decode+F2 --runs 10000 --seed 1 --work {work} --format json");
        let (code, stdout, stderr) = scratch.run(&line);
        assert_eq!((code, stderr.as_str()), (1, ""), "{stdout}");
        let open = |of: &str| Folder::open(&scratch.join(work).join(of), "decode+F2").unwrap();
        let entries = ["corpus", "artifacts"].map(open).into_iter().flat_map(|it| it.entries);
        entries.map(|entry| entry.file).collect::<BTreeSet<_>>()
    };
    let first = files("first");
    assert!(first.iter().any(|file| file.starts_with("regress-stack-overflow-")), "{first:?}");
    assert_eq!(files("second"), first);
}

#[test]
fn an_end_that_is_signalled_twice_at_once_to_a_whole_group_has_its_report() {
    use std::os::unix::process::CommandExt;
    let scratch = Scratch::new();
    let mut command = scratch.command("fuzz decode+F2 --time 1h --format json");
    let piped = command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = piped.spawn().unwrap();
    let folder = scratch.join("fuzz/artifacts/decode+F2");
    let has_finding = || {
        let mut files = folder.read_dir().into_iter().flatten();
        files.any(|file| file.unwrap().file_name().to_str().unwrap().starts_with("regress-"))
    };
    let begun = Instant::now();
    while !has_finding() {
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing was found");
        std::thread::sleep(Duration::from_millis(50));
    }
    // As `timeout` does it.
    let id = child.id().to_string();
    for whom in [id.clone(), format!("-{id}")] {
        let killed = Command::new("kill").args(["-s", "TERM", "--", &whom]).status();
        assert!(killed.unwrap().success());
    }
    let output = child.wait_with_output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stdout}");
    assert!(stdout.contains("stack-overflow") && !stdout.contains("SIGTERM"), "{stdout}");
}

#[test]
fn a_finding_is_repeated_by_its_address_and_a_report_has_its_table() {
    let scratch = Scratch::new();
    let line = "fuzz decode+M03 --runs 20000 --work k --markdown report.md";
    let (code, stdout, stderr) = scratch.run(line);
    assert_eq!((code, stderr.as_str()), (1, ""), "{stdout}");
    let report = std::fs::read_to_string(scratch.join("report.md")).unwrap();
    assert!(report.contains("\n| decode+M03 | 20000 |"), "{report}");
    let address = stdout.lines().find_map(|line| line.strip_prefix("✗ corpus/")).unwrap();
    let (code, stdout, stderr) = scratch.run(&format!("repro corpus/{address} --work k"));
    assert_eq!((code, stderr.as_str()), (1, ""), "{stdout}");
    assert!(stdout.starts_with(&format!("k/artifacts/{address}\n")), "{stdout}");
}

/// A cargo of our own in the place of cargo-fuzz: it says what stack it has, finds something, and puts a
/// file where the folder of the corpus should be.
#[test]
fn what_libfuzzer_found_is_told_and_stays_where_it_is_if_the_corpus_cannot_be_written() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new();
    for folder in ["fuzz", "bin"] {
        std::fs::create_dir(scratch.join(folder)).unwrap();
    }
    let script = "#!/bin/sh\n\
        [ \"$2\" = run ] || exit 0\n\
        for flag; do case $flag in -artifact_prefix=*) echo x >${flag#*=}crash-1; esac; done\n\
        ulimit -S -s >stack\n\
        touch fuzz/artifacts\n\
        exit 1\n";
    let cargo = scratch.join("bin/cargo");
    std::fs::write(&cargo, script).unwrap();
    std::fs::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command =
        scratch.command("fuzz explain --engine libfuzzer --time 1m --markdown report");
    let path = format!("{}:{}", scratch.join("bin").display(), std::env::var("PATH").unwrap());
    let output = command.env("PATH", path).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(2), "{stdout}{stderr}");
    assert!(stdout.contains("✗ corpus/explain/regress-libfuzzer"), "{stdout}{stderr}");
    let words: Vec<&str> = stdout.split_whitespace().collect();
    assert!(words.join(" ").contains("the input: 780a"), "{stdout}");
    assert!(std::fs::read_to_string(scratch.join("report")).unwrap().contains("1 failed"));
    let kept = stderr.lines().next().unwrap().rsplit_once(" is in ").unwrap().1;
    assert_eq!(std::fs::read(Path::new(kept).join("artifacts/crash-1")).unwrap(), b"x\n");
    std::fs::remove_dir_all(kept).unwrap();
    let stack = std::fs::read_to_string(scratch.join("stack")).unwrap();
    assert_eq!(stack.trim().parse(), Ok(STACK >> 10));
}

#[test]
fn ctrl_c_ends_a_run_with_its_report_and_loses_nothing() {
    let scratch = Scratch::new();
    let mut command = scratch.command("fuzz --time 1h --format json");
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let first = targets().first().unwrap().name;
    let folder = scratch.join("fuzz/corpus").join(first);
    let begun = Instant::now();
    while count(&folder) == 0 {
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing was kept");
        std::thread::sleep(Duration::from_millis(50));
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{stdout}");
    assert!(stdout.contains("\"corpus after\"") && stdout.contains("stopped before it was begun"));
    let folder = Folder::open(&scratch.join("fuzz/corpus"), first).unwrap();
    assert!(folder.damaged.is_empty() && folder.strangers.is_empty());
}

#[test]
fn the_verbs_of_the_corpus_work_together() {
    let scratch = Scratch::new();
    let run = |line: &str| {
        let (code, stdout, stderr) = scratch.run(line);
        assert_eq!((code, stderr.as_str()), (0, ""), "{line}: {stdout}");
        stdout
    };
    run("corpus seed");
    assert_eq!(folders(&scratch.join("corpus")).unwrap().len(), targets().len());
    std::fs::write(scratch.join("input"), "not seen before").unwrap();
    let added = run("corpus add frame input --name odd");
    assert!(added.starts_with("corpus/frame/seed-odd-"), "{added}");
    assert_eq!(run("corpus add frame input"), "input: is there already\n");
    let shown = run(&format!("corpus replay {}", added.trim()));
    assert!(shown.starts_with(added.trim()) && shown.ends_with("1 passed, 0 failed, 0 skipped\n"));
    run("fuzz frame --runs 20000");
    let before = names(&scratch.join("corpus/frame"));
    let adopted = run("corpus adopt --most 7");
    let after = names(&scratch.join("corpus/frame"));
    assert!(before.is_subset(&after) && after.len() == before.len() + 7, "{adopted}");
    let new = after.difference(&before).all(|name| adopted.contains(name.as_str()));
    assert!(new && adopted.contains("notes of the target"), "{adopted}");
    run("corpus replay");
    let stats = run("corpus stats");
    assert!(targets().iter().all(|target| stats.contains(target.name)), "{stats}");
    // What is odd is said, and left alone.
    std::fs::write(scratch.join("corpus/frame/found-00000000"), "x").unwrap();
    std::fs::write(scratch.join("corpus/frame/.notes"), "x").unwrap();
    let (code, _, stderr) = scratch.run("corpus stats");
    assert_eq!(code, 1);
    assert!(stderr.contains("found-00000000: its content is not what its name says"), "{stderr}");
    assert!(stderr.contains(".notes: is no input by its name"), "{stderr}");
    std::os::unix::fs::symlink("nowhere", scratch.join("corpus/frame/found-11111111")).unwrap();
    std::fs::create_dir(scratch.join("corpus/nobody")).unwrap();
    let (code, stdout, _) = scratch.run("corpus replay");
    assert_eq!(code, 1, "{stdout}");
    for odd in ["frame/found-00000000", "frame/.notes", "frame/found-11111111", "nobody"] {
        assert!(stdout.contains(&format!("corpus/{odd}\n")), "{odd}: {stdout}");
    }
    assert!(stdout.contains("repeat      skewproof corpus stats\n"), "{stdout}");
}

/// The bug ends the process that the input is run in, by an endless recursion.
#[test]
fn an_input_that_ends_a_process_ends_no_other() {
    let scratch = Scratch::new();
    let (code, _, stderr) = scratch.run("fuzz decode+F2 --runs 20000");
    assert_eq!((code, stderr.as_str()), (1, ""));
    let night = Folder::open(&scratch.join("fuzz/artifacts"), "decode+F2").unwrap();
    let killer = night.entries.iter().find(|it| it.file.starts_with("regress-stack-overflow-"));
    let killer = &killer.unwrap().file;
    let line = format!("corpus add decode+F2 fuzz/artifacts/decode+F2/{killer} --corpus ours");
    let (code, stdout, stderr) = scratch.run(&line);
    assert_eq!(code, 1, "{stderr}");
    assert!(stdout.starts_with("ours/decode+F2/seed-added-"), "{stdout}");
    assert!(stderr.contains(killer) && stderr.contains("stack-overflow"), "{stderr}");
    let (code, _, stderr) = scratch.run("corpus adopt decode+F2 --corpus others");
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains(killer) && stderr.contains("still shows stack-overflow"), "{stderr}");
    assert!(!scratch.join("others/decode+F2").join(killer).exists(), "it is open still");
    let line = format!("corpus replay fuzz/artifacts/decode+F2/{killer}");
    let (code, stdout, _) = scratch.run(&line);
    assert!(code == 1 && stdout.contains("fn decode_f2_holds()"), "{stdout}");
}

/// It was kept when it was harmless, and the bug came later.
#[test]
fn an_input_of_the_corpus_that_shows_a_bug_becomes_a_regression_input() {
    let scratch = Scratch::new();
    std::fs::create_dir(scratch.join("k")).unwrap();
    let run = || {
        let (code, stdout, stderr) = scratch.run("fuzz decode+M03 --runs 20000 --corpus k");
        assert_eq!((code, stderr.as_str()), (1, ""), "{stdout}");
        let folder = Folder::open(&scratch.join("fuzz/artifacts"), "decode+M03").unwrap();
        assert!(folder.without_note.is_empty() && folder.strangers.is_empty());
        let regress = folder.entries.iter().filter(|it| it.file.starts_with("regress-"));
        let regress: Vec<_> = regress.map(|it| (it.file.clone(), it.bytes.clone())).collect();
        assert!(regress.iter().all(|(file, _)| stdout.contains(file)), "{stdout}");
        regress
    };
    let first = run();
    std::fs::remove_dir_all(scratch.join("fuzz")).unwrap();
    let mut folder = Folder::open(&scratch.join("k"), "decode+M03").unwrap();
    for (_, bytes) in &first {
        folder.add(Origin::Found, bytes).unwrap();
    }
    assert_eq!(run(), first);
}

/// The form that a test takes is JSON, or the payload of a value that has no JSON.
#[test]
fn every_value_of_the_corpus_can_be_pasted() {
    let (mut json, mut payloads) = (0, 0);
    for name in ["roundtrip", "cross"] {
        let describe = target(name).unwrap().describe;
        for entry in Folder::open(&corpus(), name).unwrap().entries {
            let text = describe(name, &entry.bytes);
            let [is_json, is_payload] =
                ["Value::json(", "Value::of_payload("].map(|form| text.contains(form));
            // The bytes of some inputs are no value.
            assert!(is_json || is_payload || !text.contains("#[test]"), "{}: {text}", entry.file);
            json += usize::from(is_json);
            payloads += usize::from(is_payload);
        }
    }
    assert!(json > 1000 && payloads > 0, "{json} and {payloads}");
}

/// An input of each target whose note has something to paste.
const PASTED: [(&str, &[u8]); 9] = [
    (
        "decode",
        b"\x0d\x00\x01header\x00loglet_id\x00\
          known_global_tail\x00\x02\x13\
          \x1e\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x02\
          \x00\x00\x00\x00\x00\x00\x00\xf4\x01\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x01\
          \x00\x00\x00\x0b\x0b\x01S\x01\x01\x01\x17'\x02$\x01",
    ),
    ("frame", b"\x05\x00\x21\x0a\x02\x10\x03\x12 \"a literal\" of \\ two lines\xff"),
    ("roundtrip", b"\x0d\x05\x05\x02 what it is drawn from"),
    ("cross", b"\x00\x05\x04\x02\x02\xff\x81\"#\xff\x90\x91\x92"),
    ("differential", b"\x80\x05\x02\x0a\x02\x10\x03"),
    ("explain", b"\x02\x0d\x05\x03\x01$\x01"),
    ("negotiate", b"\x05\x02\x01\xff\x08\x21\x03"),
    ("handshake", b"\x02\x02\x01\x02\x00\x00\x00\x00\x02\x0a\x00\x02\x04\x09\x03"),
    ("session", b"\x02\x05\x01\x0f\x33\x05\x1e\x04\x0a\x00\x12\x00\x0c\x01\x02\x09\x0a"),
];

/// The tests of `pasted.rs`, which are compiled and run like all others.
#[test]
fn what_stands_in_notes_compiles_as_it_is_pasted() {
    let snippets = PASTED.map(|(name, input)| describe(target(name).unwrap(), place(), input));
    let expected = snippets.join("\n");
    let (_, pasted) = include_str!("pasted.rs").split_once("\n\n").unwrap();
    assert!(pasted == expected, "in pasted.rs there should be\n{expected}");
}
