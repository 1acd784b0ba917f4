//! `skewproof golden diff` from outside: exit codes and the verdict.

use std::path::Path;

use skewproof::harness::golden::Store;
use skewproof::suite::difference::{Side, Verdict, between};

use crate::explain::{TRIM, run};

#[test]
fn two_encodings_are_compared() {
    let diff = |args: &[&str]| run(&[&["golden", "diff"], args].concat());
    let hints = ["--message", "Trim", "--protocol", "V2"];
    let (code, text) = diff(&[&hints[..], &[TRIM, TRIM]].concat());
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = diff(&[&hints[..], &[TRIM, "0505040104f40204c302"]].concat());
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("changed     trim_point\n  - 0007  "), "{text}");
    assert!(text.ends_with("FULL: new reads old; old reads new\n"), "{text}");
    assert_eq!(diff(&[TRIM, TRIM]).0, Some(2));
    assert_eq!(diff(&["no/such/folder", TRIM]).0, Some(2));
}

#[test]
fn a_fixture_is_compared_with_bytes_and_with_a_file() {
    let fixture = "golden/v2/Trim/typical.snap";
    let (code, text) = run(&["golden", "diff", fixture, TRIM]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("changed     header.loglet_id"), "{text}");
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("trim.hex");
    std::fs::write(&file, TRIM).unwrap();
    let (code, of_file) = run(&["golden", "diff", fixture, &format!("@{}", file.display())]);
    assert_eq!((code, of_file), (Some(1), text));
}

#[test]
fn two_folders_are_compared() {
    let old = "golden/v2/Trim";
    let (code, text) = run(&["golden", "diff", old, old]);
    assert_eq!(code, Some(0), "{text}");
    let scratch = tempfile::tempdir().unwrap();
    let new = scratch.path();
    for name in ["max.snap", "minimal.snap"] {
        std::fs::copy(format!("{old}/{name}"), new.join(name)).unwrap();
    }
    let typical = std::fs::read_to_string(format!("{old}/typical.snap")).unwrap();
    std::fs::write(new.join("typical.snap"), typical.replace("04 c2 02 ", "08 c2 02 ")).unwrap();
    let (code, text) = run(&["golden", "diff", old, &new.display().to_string()]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("changed  typical.snap: 1 renumbered; BROKEN"), "{text}");
    assert!(text.contains("removed  varint.snap"), "{text}");
    assert!(text.contains("0 added, 1 removed, 1 changed, 2 the same"), "{text}");
}

/// A payload is opened where the frame and its release say what it is, and else it is said.
#[test]
fn payloads_of_frames_are_compared_field_by_field_if_they_are_known() {
    let diff = |fixture: &str, payload: &str, new: &str| {
        let file = std::fs::read_to_string(format!("golden/envelope/Message/{fixture}.snap"));
        let side = Side::of_fixture(fixture, &file.unwrap()).unwrap();
        let hex = hex::encode(&side.bytes);
        assert!(hex.contains(payload), "{hex}");
        let new = hex::decode(hex.replace(payload, new)).unwrap();
        between(&side, &side.with_bytes("new", new.into())).to_text(9)
    };
    // V1 follows from the target; a map, and in its place a number.
    let text = diff("encoded", "00000100002401", "00000100050801");
    assert!(text.contains("encoded.payload = 5"), "{text}");
    // 1.7 speaks V2 and V3.
    let text = diff("call", "00000100002401", "00000100050801");
    assert!(text.contains("payloads are compared as bytes"), "{text}");
}

/// What the lines of a fixture write they read.
#[test]
fn every_fixture_is_fully_compatible_with_itself() {
    let mut count = 0;
    for (name, entry) in Store::open(Path::new("golden")).unwrap().entries {
        let Ok(side) = Side::of_fixture(&name, &entry.file) else { continue };
        let difference = between(&side, &side);
        assert_eq!(difference.verdict(), Verdict::Full, "{name}: {}", difference.to_text(9));
        count += 1;
    }
    assert!(count > 2000, "{count}");
}
