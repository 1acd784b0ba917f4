//! The doors of the commands: what comes from outside is refused in a sentence, in bounded time, and
//! is never seen as it came.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use skewproof::fabric::codec::tree::Context;
use skewproof::fabric::version::ProtocolVersion;
use skewproof::suite::samples::samples;
use skewproof::suite::speaker::Speaker;

#[path = "../../benches/doors/shapes.rs"]
mod shapes;

fn skewproof(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skewproof"));
    command.args(args).current_dir(folder).stdin(Stdio::null()).output().unwrap()
}

/// A line break, C0, C1, DEL, no width, the other direction.
const HOSTILE: &str = "a\nb\x1b[31mc\x07\u{7f}\u{9b}\u{200b}\u{202e}\u{feff}";

fn is_hostile(c: char) -> bool {
    (c.is_control() && c != '\n') || ['\u{200b}', '\u{202e}', '\u{feff}'].contains(&c)
}

/// Nothing of it is on either stream, and what says no is one sentence.
fn shows_nothing_hostile(name: &str, output: &Output) {
    for stream in [&output.stdout, &output.stderr] {
        let text = String::from_utf8(stream.clone()).unwrap();
        assert!(!text.contains(is_hostile), "{name}: {text:?}");
    }
    assert!(output.status.code().is_some(), "{name} was ended by a signal");
}

#[test]
fn hostile_arguments_are_never_shown_as_they_came() {
    let scratch = tempfile::tempdir().unwrap();
    let at = format!("@{HOSTILE}");
    let json = format!("{{\"{HOSTILE}\": 1}}").replace(['\n', '\x1b', '\x07'], "");
    let lists: &[&[&str]] = &[
        &[HOSTILE],
        &["check", HOSTILE],
        &["matrix", HOSTILE],
        &["repro", HOSTILE],
        &["repro", &format!("corpus/{HOSTILE}")],
        &["upgrade", "--from", HOSTILE, "--to", "1.4"],
        &["upgrade", "--plan", HOSTILE],
        &["vectors", HOSTILE],
        &["captures", HOSTILE],
        &["encode", HOSTILE, "--release", "1.7", "--protocol", "V2", "{}"],
        &["encode", "Trim", "--release", HOSTILE, "--protocol", "V2", "{}"],
        &["encode", "Trim", "--release", "1.7", "--protocol", "V2", &json],
        &["encode", "Trim", "--release", "1.7", "--protocol", "V2", &at],
        &["decode", "Trim", "--release", "1.7", "--protocol", HOSTILE, "00"],
        &["decode", "Trim", "--release", "1.7", "--protocol", "V2", HOSTILE],
        &["explain", HOSTILE],
        &["explain", "--message", HOSTILE, "00"],
        &["golden", "show", HOSTILE],
        &["golden", "list", "--golden", HOSTILE],
        &["golden", "diff", HOSTILE, "00"],
        &["golden", "diff", "00", &at],
        &["golden", "bless", "--amend", HOSTILE, "--reason", HOSTILE],
        &["gates", "--expected", HOSTILE],
        &["session", HOSTILE],
        &["list", "fields", HOSTILE],
        &["fuzz", HOSTILE],
        &["fuzz", "decode", "--time", HOSTILE],
        &["corpus", "stats", "--corpus", HOSTILE],
        &["corpus", "replay", HOSTILE],
        &["corpus", "replay", HOSTILE, "--target", HOSTILE],
        &["corpus", "adopt", HOSTILE],
        &["report", "diff", HOSTILE, HOSTILE],
    ];
    for args in lists {
        let output = skewproof(scratch.path(), args);
        shows_nothing_hostile(&args.join(" "), &output);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
    }
}

/// In values, names of files, and members of documents; on the terminal and in files.
#[test]
fn hostile_content_is_never_shown_as_it_came() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let run = |args: &[&str]| {
        let output = skewproof(folder, args);
        shows_nothing_hostile(&args.join(" "), &output);
        output
    };
    let json = serde_json::json!({ "nodes": [], "params": HOSTILE }).to_string();
    let in_text = json.replace("\\u001b", "\x1b");
    for (name, text) in [("a\x1b[2J.json", json.as_str()), ("b.json", in_text.as_str())] {
        fs::write(folder.join(name), text).unwrap();
        let at = format!("@{name}");
        run(&["encode", "Trim", "--release", "1.7", "--protocol", "V2", &at]);
        run(&["report", "diff", name, name]);
        run(&["gates", "--expected", name]);
        run(&["golden", "diff", name, name]);
        run(&["explain", "--input", "raw", &at]);
    }
    fs::create_dir(folder.join("lines")).unwrap();
    fs::write(folder.join("lines/c\x1b[2J.jsonl"), in_text + "\n").unwrap();
    run(&["vectors", "lines"]);
    run(&["captures", "lines/c\x1b[2J.jsonl"]);
    // A value of the wire: text in a flexbuffer.
    let shown = run(&["explain", "0e1b5b324de280ae000e040401"]);
    assert!(!shown.stdout.is_empty());
    let document = |title: &str| {
        serde_json::json!({ "schema": "skewproof.report/1", "title": title, "grids": [{
            "name": title, "cells": [], "findings": [
                { "case": title, "expected": title, "actual": title, "repro": title },
            ],
        }]})
    };
    fs::write(folder.join("old.json"), document("plain").to_string()).unwrap();
    fs::write(folder.join("new.json"), document(HOSTILE).to_string()).unwrap();
    for more in [&[][..], &["--format", "json"], &["--color", "never"]] {
        run(&[&["report", "diff", "old.json", "new.json"], more].concat());
    }
}

/// Every reader, with everything that is no file.
#[test]
fn what_is_no_file_is_refused_at_once_by_every_reader() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let fifo = Command::new("mkfifo").arg(folder.join("fifo.jsonl")).status();
    assert!(fifo.unwrap().success());
    let _socket = UnixListener::bind(folder.join("socket.jsonl")).unwrap();
    symlink("loop.jsonl", folder.join("loop.jsonl")).unwrap();
    symlink("/dev/zero", folder.join("endless.jsonl")).unwrap();
    fs::create_dir(folder.join("folder")).unwrap();
    symlink("..", folder.join("folder/up")).unwrap();
    let files = ["fifo.jsonl", "socket.jsonl", "loop.jsonl", "endless.jsonl", "/dev/tty0"];
    let begun = Instant::now();
    for file in files {
        let at = format!("@{file}");
        let readers: &[&[&str]] = &[
            &["encode", "Trim", "--release", "1.7", "--protocol", "V2", &at],
            &["decode", "Trim", "--release", "1.7", "--protocol", "V2", &at, "--input", "raw"],
            &["explain", &at],
            &["golden", "diff", file, "00"],
            &["golden", "diff", "00", &at],
            &["gates", "--expected", file],
            &["report", "diff", file, file],
            &["vectors", file],
            &["captures", file],
            &["corpus", "replay", "--target", "decode", file],
            &["corpus", "add", "decode", file],
        ];
        for args in readers {
            let output = skewproof(folder, args);
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
            assert!(said.starts_with("error: ") && said.contains(file), "{args:?}: {said}");
        }
    }
    for args in [&["vectors", "folder"][..], &["golden", "diff", "folder", "folder"]] {
        let output = skewproof(folder, args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("up: it is a link to a folder"), "{said}");
    }
    assert!(begun.elapsed() < Duration::from_secs(60));
}

/// In JSON that a message carries: every number is the same one bit by bit.
#[test]
fn ten_thousand_floats_survive_encode_and_decode() {
    let speaker = Speaker::new("MetadataUpdate", "1.7", 3).unwrap();
    let cx = Context { release: "1.7".parse().unwrap(), version: ProtocolVersion::V3 };
    let mut rng = fastrand::Rng::with_seed(18);
    let floats: Vec<f64> = std::iter::repeat_with(|| f64::from_bits(rng.u64(..)))
        .filter(|float| float.is_finite())
        .take(10_000)
        .collect();
    let mut document = samples("MetadataUpdate".parse().unwrap())
        .filter_map(|sample| sample.message.to_json(cx).ok())
        .find_map(|mut json| member(&mut json, "json_schema").is_some().then_some(json))
        .unwrap();
    *member(&mut document, "json_schema").unwrap() = floats.clone().into();
    let bytes = speaker.encode(&document.to_string()).unwrap();
    let mut again: Json =
        serde_json::from_str(&speaker.decode(bytes).unwrap().to_string()).unwrap();
    let again = member(&mut again, "json_schema").unwrap().as_array().unwrap().clone();
    assert_eq!(again.len(), floats.len());
    for (float, again) in floats.iter().zip(again) {
        assert_eq!(again.as_f64().map(f64::to_bits), Some(float.to_bits()), "{float:e}");
    }
}

/// The first member of a name that is not null, at any depth.
fn member<'a>(json: &'a mut Json, name: &str) -> Option<&'a mut Json> {
    match json {
        Json::Array(elements) => elements.iter_mut().find_map(|it| member(it, name)),
        Json::Object(members) => {
            let is_here = members.get(name).is_some_and(|it| !it.is_null());
            match is_here {
                true => members.get_mut(name),
                false => members.values_mut().find_map(|it| member(it, name)),
            }
        }
        _ => None,
    }
}

/// Four times the input takes no more than about four times the memory and the work, of which the
/// number of allocations is a part that no other process disturbs.
#[test]
fn what_the_worst_input_costs_grows_in_proportion() {
    const LEN: usize = 4 << 10;
    const FLOOR: usize = 1 << 20;
    for shape in shapes::SHAPES {
        assert!(4 * LEN <= shape.len_max);
        let [small, large] =
            [LEN, 4 * LEN].map(|len| allocation_counter::measure((shape.ask)(len)));
        let memory = large.bytes_max as usize;
        assert!(memory <= shape.memory * 4 * LEN + FLOOR, "{}: {memory} bytes", shape.name);
        let (few, many) = (small.count_total, large.count_total);
        assert!(many <= 5 * few + 1000, "{}: {few} and {many} allocations", shape.name);
    }
}

/// The system ends a process that may have no more memory without a word; so it is said before.
#[test]
fn too_little_memory_is_said_before_it_is_needed() {
    let scratch = tempfile::tempdir().unwrap();
    fs::write(scratch.path().join("long"), vec![0; 10 << 20]).unwrap();
    let decode = |kib: u32, more: &str| {
        let program = env!("CARGO_BIN_EXE_skewproof");
        let line = format!("ulimit -v {kib}; exec {program} decode Digest {more}");
        let mut shell = Command::new("sh");
        shell.args(["-c", &line]).current_dir(scratch.path()).stdin(Stdio::null()).output().unwrap()
    };
    let refused = decode(300_000, "--release 1.7 --protocol V2 @long --input raw");
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("MiB of memory, and this process may have"), "{said}");
    let answered = decode(2_000_000, "--release 1.7 --protocol V2 @long --input raw");
    assert!(matches!(answered.status.code(), Some(0 | 1)), "{:?}", answered.status);
}
