//! Probes of the model, over loopback.

use std::sync::atomic::AtomicU64;

use super::accept::Acceptor;
use super::dial::Line;
use super::probe::runtime;
use super::stream::Stream;
use super::*;
use crate::harness::verdict::CaseId;
use crate::suite::captures::{Recording, replay};
use crate::suite::live::{Manners, Model};
use crate::suite::subject::Fabric;

const CLUSTER: &str = "of-the-model";
/// The number of the next run.
static RUN: AtomicU64 = AtomicU64::new(0);

/// A model behind a socket, on a thread of its own, until the test is over.
fn serve(name: &str) -> Address {
    let model = Model::named(name, CLUSTER).unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        runtime().unwrap().block_on(async {
            let here = Address::read("127.0.0.1:0").unwrap();
            let acceptor = Acceptor::bind(&here, model, CLUSTER).await.unwrap();
            sender.send(acceptor.socket().unwrap()).unwrap();
            acceptor.serve().await;
        });
    });
    Address::from(receiver.recv().unwrap())
}

fn probed(
    address: Address,
    release: Option<&str>,
    is_asked: &dyn Fn(&CaseId) -> bool,
) -> Result<Probed, LiveError> {
    let asked = Probe {
        address,
        cluster: None,
        release: release.map(|it| it.parse().unwrap()),
        manners: Manners::Intrusive,
        run: RUN.fetch_add(1, Ordering::Relaxed),
        repro: &|case| case.to_string(),
        is_asked,
        stop: Stop::default(),
    };
    probe(&asked, &|_, _| {})
}

/// Who waits for silence, or for the end of a drain, does so for seconds.
fn is_quick(case: &CaseId) -> bool {
    let slow = ["silence", "drained", "drains", "no-protobuf", "too-long"];
    !slow.iter().any(|it| case.as_str().contains(it))
}

#[test]
fn the_model_of_each_line_is_known_and_does_what_its_release_did() {
    for (name, words) in [
        ("1.3", "answers as 1.3 does"),
        ("1.4", "answers as 1.4 does"),
        ("1.5", "answers as 1.5 does"),
        ("1.6.0", "answers as 1.6 does up to 1.6.0"),
        ("1.6", "answers as 1.6 does from 1.6.1 on"),
        ("1.7", "answers as 1.7 does"),
    ] {
        let Probed { known, report } = probed(serve(name), None, &is_quick).unwrap();
        assert!(known.in_words().contains(words), "{name}: {}", known.in_words());
        let findings: Vec<_> = report.findings().collect();
        let first = findings.first().map(|it| (&it.case, &it.expected, &it.actual));
        assert!(findings.is_empty(), "{name}: {} findings, as {first:?}", findings.len());
        assert!(report.tally().passed > 1500, "{name}: {:?}", report.tally());
    }
}

/// What passes a proxy is a recording of those who talk, and nothing else.
#[test]
fn what_passes_is_passed_on_and_recorded() {
    let upstream = serve("1.7");
    let (sender, receiver) = std::sync::mpsc::channel();
    let stop = Stop::default();
    let here = Address::read("127.0.0.1:0").unwrap();
    let asked = Record { ways: vec![(here, upstream)], release: None, stop: stop.clone() };
    let recording = std::thread::spawn(move || {
        let mut lines = String::new();
        let writes = |frames: Vec<crate::suite::live::Taped>| -> Result<(), LiveError> {
            lines.extend(frames.iter().map(|frame| frame.line() + "\n"));
            Ok(())
        };
        let listens = |sockets: &[Address]| sender.send(sockets[0].clone()).unwrap();
        record(&asked, listens, |node, note| panic!("{node}: {note:?}"), writes).unwrap();
        lines
    });
    let address = receiver.recv().unwrap();
    let is_asked = |case: &CaseId| case.as_str().starts_with("live/call/");
    let report = probed(address, None, &is_asked).unwrap().report;
    assert!(report.is_ok() && report.tally().passed >= 18, "{:?}", report.tally());
    stop.0.store(true, Ordering::Relaxed);
    let recording = Recording::parse("made", &recording.join().unwrap()).unwrap();
    let replayed = replay(&[recording], &Fabric, |_| {});
    let findings: Vec<_> = replayed.findings().map(|it| (&it.case, &it.actual)).collect();
    assert!(findings.is_empty(), "{findings:?}");
    assert!(replayed.tally().passed > 100, "{:?}", replayed.tally());
}

/// Who hears no more of a conversation has nobody send to it.
#[test]
fn a_stream_that_nobody_listens_to_is_reset() {
    runtime().unwrap().block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let socket = listener.local_addr().unwrap();
        let accepting = tokio::spawn(async move {
            // The first connection only asks whether HTTP/2 is spoken.
            let (mut first, _) = listener.accept().await.unwrap();
            tokio::io::AsyncWriteExt::write_all(&mut first, b"\0\0\0\x04\0\0\0\0\0").await.unwrap();
            let (tcp, _) = listener.accept().await.unwrap();
            let mut http = h2::server::handshake(tcp).await.unwrap();
            let (request, _respond) = http.accept().await.unwrap().unwrap();
            tokio::spawn(async move { while http.accept().await.is_some() {} });
            request.into_body().data().await.unwrap().unwrap_err().is_reset()
        });
        let line = Line::dial(socket).await.unwrap();
        let (sender, _heard) = tokio::sync::mpsc::unbounded_channel();
        let stream = Stream::open(&line, "1.7".parse().unwrap(), 0, sender).await;
        drop(stream.ok());
        assert!(accepting.await.unwrap());
    });
}

/// What the first run leaves behind is nothing to the peers of the second.
#[test]
fn a_server_may_be_asked_twice() {
    let address = serve("1.7");
    let is_asked = |case: &CaseId| {
        let of_lives = ["generation", "shutdown", "reconnect", "older", "newer"];
        is_quick(case) && of_lives.iter().any(|it| case.as_str().contains(it))
    };
    for run in 1..=2 {
        let report = probed(address.clone(), None, &is_asked).unwrap().report;
        let findings: Vec<&str> = report.findings().map(|it| it.case.as_str()).collect();
        assert!(findings.is_empty(), "run {run}: {findings:?}");
        assert!(report.tally().passed > 20, "{:?}", report.tally());
    }
}

#[test]
fn silence_is_answered_in_time() {
    let is_silence = |case: &CaseId| case.as_str().ends_with("/silence");
    let report = probed(serve("1.7"), None, &is_silence).unwrap().report;
    assert_eq!((report.tally().passed, report.tally().failed), (1, 0));
}

#[test]
fn planted_bugs_are_seen_over_a_wire() {
    for (name, case) in [
        ("1.7+M72", "check/hello/1.7/other-fingerprint"),
        ("1.7+M77", "check/hello/1.7/plain"),
        ("1.6+M70", "check/hello/1.6/plain"),
        ("1.7+M79", "session/1.7/unknown-signal/V3/accepts"),
        ("1.7+M82", "session/1.7/unknown-service/V2/accepts"),
        ("1.7+M38", "live/call/1.7/V3/GetMetadataRequest-Logs"),
    ] {
        let release = name.split('+').next();
        let report = probed(serve(name), release, &is_quick).unwrap().report;
        let seen: Vec<&str> = report.findings().map(|it| it.case.as_str()).collect();
        assert!(seen.contains(&case), "{name}: {:?}", seen.first());
    }
}

#[test]
fn a_server_held_to_another_release_differs() {
    let report = probed(serve("1.6"), Some("1.5"), &is_quick).unwrap().report;
    let seen: Vec<&str> = report.findings().map(|it| it.case.as_str()).collect();
    assert!(seen.contains(&"check/hello/1.5/offers:3..3"), "{:?}", seen.first());
}

#[test]
fn who_cannot_be_spoken_to_is_named() {
    let error = |address: Address| probed(address, None, &is_quick).err().unwrap().to_string();
    assert!(error(serve("1.2")).contains("refuses a peer that it does not know"));
    let says = |words: &'static [u8]| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = Address::from(listener.local_addr().unwrap());
        std::thread::spawn(move || {
            use std::io::{Read, Write};
            for tcp in listener.incoming() {
                let mut tcp = tcp.unwrap();
                let _ = tcp.read(&mut [0; 1024]);
                let _ = tcp.write_all(words);
            }
        });
        address
    };
    assert!(error(says(b"HTTP/1.1 400 Bad Request\r\n\r\n")).contains("it speaks HTTP/1"));
    assert!(error(says(b"\x15\x03\x01\x00\x02\x02\x46")).contains("it wants TLS"));
    assert!(error(says(b"220 mail.example")).contains("does not speak HTTP/2"));
    assert!(error(says(b"")).contains("perhaps it wants TLS"));
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    assert!(error(silent.local_addr().unwrap().into()).contains("says nothing"));
    let closed = silent.local_addr().unwrap();
    drop(silent);
    assert!(error(closed.into()).contains("nobody listens there"));
}

#[test]
fn who_wants_an_end_has_it() {
    let stop = Stop::default();
    stop.0.store(true, Ordering::Relaxed);
    let asked = Probe {
        address: serve("1.7"),
        cluster: None,
        release: None,
        manners: Manners::Harmless,
        run: 0,
        repro: &|case| case.to_string(),
        is_asked: &|_| true,
        stop,
    };
    assert!(matches!(probe(&asked, &|_, _| {}), Err(LiveError::Stopped)));
}

/// A program in the place of a server.
#[cfg(unix)]
fn program(folder: &tempfile::TempDir, script: &str) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.path().join("server");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[cfg(unix)]
fn checked(program: std::path::PathBuf, stop: Stop) -> LiveError {
    let asked = Check {
        program,
        release: None,
        is_asked: Arc::new(|_| true),
        repro: &|_| String::new(),
        stop,
    };
    check(&asked, &|_, _| {}).err().unwrap()
}

#[cfg(unix)]
#[test]
fn a_server_that_does_not_start_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let error = |script: &str| checked(program(&folder, script), Stop::default()).to_string();
    let said = error("echo a port is taken; exit 3");
    let words = "the server ended before it served: the process ends with exit code 3; it said: \
                 a port is taken";
    assert_eq!(said, words);
    assert!(error("kill -ABRT $$").contains("the process aborts"), "as a shell tells it");
}

/// A server that is told of an end while it starts is gone with all that it has started.
#[cfg(unix)]
#[test]
fn who_stops_leaves_no_server_behind() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let stop = Stop::default();
    let (wanted, written) = (stop.clone(), file.clone());
    std::thread::spawn(move || {
        while std::fs::read_to_string(&written).unwrap_or_default().is_empty() {
            std::thread::yield_now();
        }
        wanted.0.store(true, Ordering::Relaxed);
    });
    let script = format!("echo $$ > {0}.new; mv {0}.new {0}; sleep 1000", file.display());
    assert!(matches!(checked(program(&folder, &script), stop), LiveError::Stopped));
    let pid = std::fs::read_to_string(&file).unwrap();
    let state = std::process::Command::new("ps").args(["-o", "stat=", "-p", pid.trim()]).output();
    let state = String::from_utf8(state.unwrap().stdout).unwrap();
    // Nobody may have looked after the dead one yet.
    assert!(state.trim().is_empty() || state.starts_with('Z'), "{state}");
}

/// What a program is taken for, or why for nothing.
#[cfg(unix)]
fn built(program: &std::path::Path) -> String {
    match Build::of(program, None, &Stop::default()) {
        Ok(build) => build.release.exact_name(),
        Err(error) => error.to_string(),
    }
}

#[cfg(unix)]
#[test]
fn what_a_program_says_of_its_version_is_waited_for_and_read_up_to_a_point() {
    let folder = tempfile::tempdir().unwrap();
    let said = |script: &str| built(&program(&folder, script));
    assert_eq!(said("echo restate-server 1.6.2 '(abc)'"), "1.6.2");
    let ends = |script: &str, words: &str| {
        let said = said(script);
        assert!(said.ends_with(&format!("does not say which release it is: {words}")), "{said}");
    };
    ends("exit 0", "it says nothing");
    ends("echo restate-server 1.7.0-dev", "it says \"restate-server 1.7.0-dev\"");
    let much = said("yes");
    assert!(much.ends_with("it says \"y\""), "{much}");
    let folder_said = built(folder.path());
    assert!(folder_said.contains("it cannot be started: "), "{folder_said}");
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(built(&file).contains("it cannot be started: "), "{}", built(&file));
    let named = "1.7".parse().unwrap();
    let build = Build::of(&file, Some(named), &Stop::default()).unwrap();
    assert_eq!(build.release, named, "who is named is not asked");
}

/// A program that says nothing is gone with all that it has started, when somebody wants an end.
#[cfg(unix)]
#[test]
fn who_stops_waits_for_no_version() {
    let folder = tempfile::tempdir().unwrap();
    let stop = Stop::default();
    stop.0.store(true, Ordering::Relaxed);
    let hangs = program(&folder, "sleep 1000");
    assert!(matches!(Build::of(&hangs, None, &stop), Err(LiveError::Stopped)));
}

/// Who lets a process in of which the next one is known is seen.
#[test]
fn a_process_that_is_over_comes_back_to_no_node() {
    use crate::fabric::envelope::GenerationalNodeId;
    use crate::suite::live::{comes_back, is_welcome};
    let comes = |name: &str| {
        let address = serve(name);
        runtime().unwrap().block_on(async {
            let line = probe::dial(&address).await.unwrap();
            let known = probe::acquainted(&line, &address, Some(CLUSTER)).await.unwrap();
            let mut taken = Vec::new();
            for generation in [2, 1] {
                let process = GenerationalNodeId::new(77_000, generation);
                let log = play::play(&line, known.release, comes_back(&known, process)).await;
                taken.push(is_welcome(&log));
            }
            taken
        })
    };
    assert_eq!(comes("1.7"), [Some(true), Some(false)]);
    assert_eq!(comes("1.7+M76"), [Some(true), Some(true)]);
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let error = |named: &str| server(named, &|_| {}).unwrap_err().to_string();
    assert!(error("no/such/server").starts_with("there is no server at "));
    assert_eq!(error("npm:; rm"), "\"; rm\" is no version, as 1.6.2");
}
