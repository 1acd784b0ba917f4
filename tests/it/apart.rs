//! What a command reads is not what it writes: a report never takes the place of it. What is not there is
//! not taken for nothing, and who was started is not left behind.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::blessed::Copied;

const PROGRAM: &str = env!("CARGO_BIN_EXE_skewproof");

/// Runs a command in a folder; gives the exit code and what was said.
fn run(folder: &Path, args: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(PROGRAM);
    let output = command.args(args).current_dir(folder).stdin(Stdio::null()).output().unwrap();
    let Output { status, stdout, stderr } = output;
    (status.code(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

/// That a command is refused before anything is run, and that a file stays as it was.
fn stays(folder: &Path, file: &str, args: &[&str]) {
    let read = || fs::read(folder.join(file)).ok();
    let (before, begun) = (read(), Instant::now());
    let (code, said) = run(folder, args);
    assert_eq!(code, Some(2), "{args:?}: {said}");
    let why =
        if before.is_some() { "would be overwritten: it is read" } else { "would be a file of " };
    assert!(said.contains(why) && said.contains("hint: "), "{args:?}: {said}");
    assert_eq!(read(), before, "{args:?}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{args:?}");
}

#[test]
fn a_report_is_no_file_of_the_store() {
    let store = Copied::new();
    let folder = store.path("..");
    for file in [
        "golden/frozen.txt",
        "golden/v2/Trim/typical.snap",
        "golden/captured/confirmed.txt",
        "golden/captured/vectors/1.7.6.jsonl.xz",
        "golden/new.json",
    ] {
        for option in ["--json", "--junit", "--html", "--markdown"] {
            stays(&folder, file, &["check", "golden/", option, file]);
        }
        let testee = format!("tree={PROGRAM} testee --release 1.7");
        stays(&folder, file, &["conform", "--testee", &testee, "--html", file]);
    }
    let file = "golden/captured/vectors/x.jsonl";
    let against =
        ["matrix", "--from", "1.6", "--to", "1.7", "--against", "golden/captured/vectors"];
    stays(&folder, file, &[&against[..], &["--json", file]].concat());
    let (code, said) = run(&folder, &["check", "check/pair", "--json", "golden.json"]);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_report_is_no_table_and_no_program_of_a_testee() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    // It leaves a mark if it is started.
    fs::write(folder.join("program"), "touch started\n").unwrap();
    fs::write(folder.join("expected.toml"), "").unwrap();
    let table = "[[testee]]\nname = \"kept\"\ncommand = [\"sh\", \"./program\"]\n";
    fs::write(folder.join("tt.toml"), table).unwrap();
    fs::write(folder.join("testees.toml"), table).unwrap();
    let commands: [&[&str]; 5] = [
        &["check", "check/pair"],
        &["conform"],
        &["matrix"],
        &["upgrade", "--from", "1.3", "--to", "1.4"],
        &["fuzz", "decode", "--runs", "10"],
    ];
    for command in commands {
        let named = [&["--testee", "kept", "--testees", "tt.toml"][..], &["--testee", "kept"]];
        let given = ["--testee", "tree=sh ./program"];
        for (file, testee) in [
            ("tt.toml", named[0]),
            ("program", named[0]),
            ("testees.toml", named[1]),
            ("program", named[1]),
            ("testees.toml", &given),
            ("program", &given),
        ] {
            stays(folder, file, &[command, testee, &["--json", file]].concat());
        }
    }
    stays(
        folder,
        "program",
        &["upgrade", "--from", "1.3", "--to", "1.4", "--testee", "kept", "--timeline", "program"],
    );
    assert!(!folder.join("started").exists());
}

#[test]
fn a_report_is_no_input() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let (code, said) = run(folder, &["corpus", "seed", "decode"]);
    assert_eq!(code, Some(0), "{said}");
    let input = fs::read_dir(folder.join("corpus/decode")).unwrap().next().unwrap().unwrap();
    let input = format!("corpus/decode/{}", input.file_name().to_str().unwrap());
    fs::create_dir_all(folder.join("fuzz/corpus/decode")).unwrap();
    let testee = format!("tree={PROGRAM} testee --release 1.7");
    for file in [&input, "corpus/decode/report", "fuzz/corpus/decode/report"] {
        stays(folder, file, &["fuzz", "decode", "--runs", "10", "--json", file]);
        let fed = ["fuzz", "decode", "--runs", "10", "--testee", &testee, "--json", file];
        stays(folder, file, &fed);
    }
}

#[test]
fn a_link_that_leads_nowhere_is_no_absent_folder() {
    let scratch = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("nowhere", scratch.path().join("golden")).unwrap();
    std::os::unix::fs::symlink("nowhere", scratch.path().join("corpus")).unwrap();
    let testee = format!("tree={PROGRAM} testee --release 1.7");
    for args in [
        &["check", "golden/"][..],
        &["check", "captured/"],
        &["golden", "verify"],
        &["conform", "--testee", &testee],
        &["corpus", "replay"],
        &["fuzz", "decode", "--runs", "10"],
    ] {
        let (code, said) = run(scratch.path(), args);
        assert_eq!(code, Some(2), "{args:?}: {said}");
        assert!(said.contains("error: "), "{args:?}: {said}");
    }
    let store = Copied::new();
    fs::remove_dir_all(store.path("captured")).unwrap();
    std::os::unix::fs::symlink("nowhere", store.path("captured")).unwrap();
    let (code, said) = store.run("golden verify");
    assert!(code == Some(2) && said.contains("it is a link that leads nowhere"), "{said}");
}

/// Numbers that nobody can wait for, or hold in memory.
#[test]
fn limits_and_counts_have_bounds() {
    let scratch = tempfile::tempdir().unwrap();
    for limit in ["start_s = 9223372036854775807", "question_s = 9223372036854775807"] {
        let table = format!("[[testee]]\nname = \"t\"\ncommand = [\"sh\"]\n{limit}\n");
        fs::write(scratch.path().join("testees.toml"), table).unwrap();
        let (code, said) = run(scratch.path(), &["matrix", "--testee", "t"]);
        assert!(code == Some(2) && said.contains("at most 86400 seconds"), "{said}");
    }
    for many in ["10001", "18446744073709551615"] {
        let (code, said) = run(scratch.path(), &["matrix", "--arbitrary", many]);
        assert!(code == Some(2) && said.contains("is not in 0..=10000\n"), "{said}");
    }
}

/// One that does not end at the end of its input, will not be told to, and has started another one.
#[test]
fn who_takes_long_to_end_is_not_left_behind() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let script = format!(
        "trap '' TERM\nsleep 120 &\necho $$ $! >>pids\n\
         {PROGRAM} testee --release 1.7 --verbs reencode\nsleep 120\n"
    );
    fs::write(folder.join("slow"), script).unwrap();
    let testee = "tree=sh ./slow";
    for args in [
        &["conform", "--testee", testee, "--time", "1s"][..],
        &["fuzz", "decode", "--testee", testee, "--runs", "10"],
    ] {
        let (code, said) = run(folder, args);
        assert_eq!(code, Some(0), "{args:?}: {said}");
        let pids = fs::read_to_string(folder.join("pids")).unwrap();
        assert!(pids.split_whitespace().count() >= 2);
        let is_gone = |pid: &str| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat"));
            stat.map_or(true, |stat| stat.contains(") Z "))
        };
        let until = Instant::now() + Duration::from_secs(5);
        while !pids.split_whitespace().all(is_gone) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
        let left: Vec<&str> = pids.split_whitespace().filter(|pid| !is_gone(pid)).collect();
        assert!(left.is_empty(), "{args:?}: {left:?}");
        fs::remove_file(folder.join("pids")).unwrap();
    }
}
