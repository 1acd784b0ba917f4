//! `skewproof golden diff` from outside: exit codes and the verdict.

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
