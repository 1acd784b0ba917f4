//! Seven bytes that end the process of the newest release: a finding that is known, and not the end.

use std::path::Path;
use std::process::Command;

/// The newest release, as a ProduceResponse at version 5.
const INPUT: &[u8] = &[2, 2, 1, 2, 0x2f, 0x09, 0x01, 0xd7, 0x01, 0x00, 0x01];

#[test]
fn what_ends_the_process_is_told_with_its_reason() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpus/decode");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("regress-out-of-memory-00000000");
    std::fs::write(&file, INPUT).unwrap();
    let program = env!("CARGO_BIN_EXE_skewproof-kafka");
    let output = Command::new(program).args(["corpus", "replay"]).arg(&file).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("ProduceResponse at v5"), "{said}");
    assert!(said.contains("expected: the number of elements is believed"), "{said}");
    assert_eq!(output.status.code(), Some(0), "{said}");
}

/// Whoever explains the bytes lives on.
#[test]
fn what_ends_the_process_is_explained() {
    let program = env!("CARGO_BIN_EXE_skewproof-kafka");
    let bytes: String = INPUT[4..].iter().map(|byte| format!("{byte:02x}")).collect();
    let words = ["explain", &bytes, "--message", "ProduceResponse", "--version", "v5"];
    let output = Command::new(program).args(words).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains("✗ ProduceResponse at v5: 0.18 died: signal: 6 (SIGABRT): memory"),
        "{said}"
    );
    assert_eq!(output.status.code(), Some(1), "{said}");
}

/// The answer to the first question has tags too, though its header never has.
#[test]
fn what_may_come_is_given_to_every_release() {
    let program = env!("CARGO_BIN_EXE_skewproof-kafka");
    let output = Command::new(program).args(["future", "ApiVersionsResponse"]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("✓ what may come changes nothing that is known: 5 cases\n"), "{said}");
    assert_eq!(output.status.code(), Some(0), "{said}");
}
