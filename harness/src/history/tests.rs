//! Lines that are whole, half, foreign or there already.

use super::*;
use crate::comparison::DocumentError;

fn document(failed: u64) -> String {
    let tally = json!({ "passed": 10, "failed": failed, "skipped": 1 });
    let finding = json!({ "case": "a/b", "expected": "", "actual": "" });
    let findings = vec![finding; usize::try_from(failed).unwrap()];
    let cell = json!({ "row": "r", "column": "c", "tally": tally });
    let document = json!({
        "schema": "skewproof.report/1",
        "title": "skewproof check",
        "ok": failed == 0,
        "tally": tally,
        "grids": [{ "name": "g", "cells": [cell], "findings": findings }],
        "verdicts": [{ "pair": "1.4 to 1.5", "word": "safe" }],
        "requirements": { "rows": [
            { "id": "check/pair", "standing": "passed" },
            { "id": "check/other", "standing": "untested" },
        ] },
        "notes": [],
    });
    document.to_string()
}

fn added(release: &str) -> Added {
    let measures = BTreeMap::from([("fuzzing".to_owned(), 1.5)]);
    Added { date: "2026-11-29".to_owned(), release: release.to_owned(), measures }
}

fn run(failed: u64) -> Entry {
    entry(&document(failed), added("0.1.0")).unwrap()
}

#[test]
fn what_is_written_reads_back() {
    let text = run(0).write() + &run(3).write();
    let history = History::read(&text).unwrap();
    assert_eq!(history.entries, [run(0), run(3)]);
    assert_eq!((history.whole_len, history.unfinished), (text.len(), None));
    let values: Vec<_> = MEASURES.iter().map(|measure| (measure.of)(&run(3))).collect();
    let expected = [3.0, 1.0, 1.0, 1.0, 10.0, 1.0].map(Some);
    assert_eq!(values[..6], expected);
    assert_eq!(values[6..], [None, Some(1.5), None, None, None, None]);
}

#[test]
fn a_half_written_last_line_is_told_and_any_other_is_an_error() {
    let (one, two) = (run(0).write(), run(3).write());
    for cut in [1, 40, two.len() - 2] {
        let text = format!("{one}{}", &two[..cut]);
        let history = History::read(&text).unwrap();
        assert_eq!((history.entries.len(), history.whole_len), (1, one.len()), "{cut}");
        assert_eq!(history.unfinished.as_deref(), Some(&two[..cut]));
    }
    // Files of somebody's whose last line has no end.
    for foreign in ["my only copy", "{\"date\": 1}", "{\"date\":1}", "{\"day\":", "\"date\":"] {
        for before in ["", &one] {
            let error = History::read(&format!("{before}{foreign}")).unwrap_err();
            assert!(matches!(error, HistoryError::Line { .. }), "{foreign}: {error}");
        }
    }
    // Whole but for its end: an editor took that away.
    assert_eq!(History::read(&format!("{one}{}", two.trim_end())).unwrap().entries.len(), 2);
    let other_digest = two.replace(&run(3).digest, "12g");
    for bad in ["{\n", "\n", "{\"schema\": \"x/1\"}\n", &other_digest] {
        let error = History::read(&format!("{one}{bad}{two}")).unwrap_err();
        assert!(matches!(error, HistoryError::Line { line: 2, .. }), "{error}");
    }
}

#[test]
fn the_same_run_is_known_again() {
    let history = History::read(&(run(0).write() + &run(3).write())).unwrap();
    assert_eq!(history.line_of(&run(3)), Ok(Some(2)));
    assert_eq!(history.line_of(&run(4)), Ok(None));
    let other = Entry { release: "0.2.0".to_owned(), ..run(0) };
    let error = history.line_of(&other).unwrap_err();
    assert_eq!(error.to_string(), "the run is there already, in line 1, with another release");
    let measured = Entry { measures: BTreeMap::new(), ..run(0) };
    assert!(history.line_of(&measured).is_err());
}

/// A line whose numbers contradict its verdict, and two lines that contradict each other.
#[test]
fn what_contradicts_itself_is_damaged() {
    let (good, bad) = (run(0), run(3));
    for contradictory in [
        Entry { is_ok: false, ..good.clone() },
        Entry { cases: [10, 7, 0], ..good.clone() },
        Entry { findings: 3, ..good.clone() },
        Entry { is_ok: true, findings: 0, ..bad.clone() },
    ] {
        let error = History::read(&contradictory.write()).unwrap_err().to_string();
        assert!(error.contains("\"ok\" contradicts"), "{error}");
    }
    let opposite = Entry { digest: good.digest.clone(), ..bad };
    let error = History::read(&(good.write() + &opposite.write())).unwrap_err().to_string();
    assert!(error.contains("line 2 is no run: it contradicts line 1"), "{error}");
    let merged = History::read(&good.write().repeat(2)).unwrap();
    assert_eq!(merged.entries.len(), 2, "the same line twice is what two branches leave");
    let document = document(3).replace("\"ok\":false", "\"ok\":true");
    let error = entry(&document, added("0.1.0")).unwrap_err();
    assert!(matches!(error, DocumentError::Damaged(_)), "{error}");
}

#[test]
fn what_is_no_run_is_refused() {
    let no_run = |text: &str| entry(text, added("0.1.0")).unwrap_err();
    assert!(matches!(no_run("{"), DocumentError::NotJson(_)));
    assert_eq!(no_run("[]"), DocumentError::Foreign);
    assert_eq!(no_run(r#"{"schema": "x"}"#), DocumentError::OtherSchema("x".to_owned()));
    let schema = r#"{"schema": "skewproof.report/1"}"#;
    assert_eq!(no_run(schema), DocumentError::Damaged("grids"));
}

#[test]
fn a_release_is_its_last_run() {
    let of = |release: &str, failed| entry(&document(failed), added(release)).unwrap();
    let text: String =
        [of("0.1.0", 0), of("0.2.0", 1), of("0.1.0", 2)].iter().map(Entry::write).collect();
    let history = History::read(&text).unwrap();
    let last: Vec<_> =
        history.releases().iter().map(|it| (it.release.as_str(), it.findings)).collect();
    assert_eq!(last, [("0.1.0", 2), ("0.2.0", 1)]);
}
