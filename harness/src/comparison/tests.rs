//! Runs compared: each kind of change, alone.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Change, Comparison, DocumentError, Run};
use crate::causes::About;
use crate::render::comparison::{render, render_json};
use crate::render::json;
use crate::render::sample;
use crate::render::text::Colour;
use crate::verdict::Finding;

fn shared() -> Value {
    serde_json::from_str(&json::render(&sample::with_matrix())).unwrap()
}

/// The document with a content of its own in every block, as it was written before.
fn document() -> Value {
    let mut document = shared();
    let blocks = document["matrix"]["blocks"].as_array_mut().unwrap();
    for index in 0..blocks.len() {
        if let Some(first) = blocks[index]["as"].as_u64() {
            let content = blocks[usize::try_from(first).unwrap()].clone();
            for name in ["cells", "reasons", "unforeseen"] {
                blocks[index][name] = content[name].clone();
            }
            blocks[index].as_object_mut().unwrap().remove("as");
        }
    }
    document["schema"] = json!("skewproof.report/1");
    document
}

#[test]
fn blocks_that_are_alike_are_read_as_their_own() {
    let read = |document: &Value| Run::read(&document.to_string()).unwrap();
    assert_eq!(read(&shared()), read(&document()));
    let mut damaged = shared();
    damaged["matrix"]["blocks"][1]["as"] = json!(99);
    assert!(matches!(Run::read(&damaged.to_string()), Err(DocumentError::Damaged(_))));
}

#[test]
fn a_document_that_contradicts_itself_is_damaged() {
    let is_damaged = |change: fn(&mut Value)| {
        let mut damaged = document();
        change(&mut damaged);
        matches!(Run::read(&damaged.to_string()), Err(DocumentError::Damaged(_)))
    };
    assert!(!is_damaged(|_| {}));
    assert!(is_damaged(|it| it["ok"] = json!(true)));
    assert!(is_damaged(|it| it["tally"]["failed"] = json!(0)));
    assert!(is_damaged(|it| {
        let grids = it["grids"].as_array_mut().unwrap();
        grids.iter_mut().for_each(|grid| grid["findings"] = json!([]));
    }));
    assert!(is_damaged(|it| drop(it.as_object_mut().unwrap().remove("grids"))));
    // One finding less than cases that failed, and other sums of a grid.
    assert!(is_damaged(|it| it["grids"][0]["findings"].as_array_mut().unwrap().truncate(1)));
    assert!(is_damaged(|it| it["grids"][0]["tally"]["passed"] = json!(99)));
    // A letter of no class, a cell too few, and other sums of the matrix.
    assert!(is_damaged(|it| it["matrix"]["blocks"][0]["cells"]["Ping"] = json!("=?=")));
    assert!(is_damaged(|it| it["matrix"]["blocks"][0]["cells"]["Ping"] = json!("==")));
    assert!(is_damaged(|it| it["matrix"]["blocks"][0]["cells"]["Ping"] = json!("=x=")));
    assert!(is_damaged(|it| it["matrix"]["counts"]["unforeseen"] = json!(0)));
    assert!(is_damaged(
        |it| it["verdicts"] = json!([{ "pair": "1 to 2", "kind": "fine", "word": "" }])
    ));
    let requirement = |standing: &str| json!({ "rows": [{ "id": "a/b", "standing": standing }] });
    for standing in ["passed", "perfect"] {
        let mut damaged = document();
        damaged["requirements"] = requirement(standing);
        damaged["grids"][0]["findings"][0]["of"] = json!("a/b");
        assert!(Run::read(&damaged.to_string()).is_err(), "{standing}");
    }
}

#[test]
fn a_document_that_repeats_a_long_block_without_end_is_refused() {
    let mut long = shared();
    long["matrix"]["blocks"][0]["cells"]["Ping"] = json!("=".repeat(1 << 16));
    let again = json!({ "sender": "old", "receiver": "new", "layer": "V1", "as": 0 });
    long["matrix"]["blocks"].as_array_mut().unwrap().extend(vec![again; 300]);
    let error = Run::read(&long.to_string()).unwrap_err();
    assert_eq!(error, DocumentError::Damaged("its matrix has too many cells"));
}

fn compare(change: impl Fn(&mut Value)) -> Comparison {
    let mut new = document();
    change(&mut new);
    settle(&mut new);
    let run = |value: &Value| Run::read(&value.to_string()).unwrap();
    Comparison::of(&run(&document()), &run(&new))
}

/// Makes the sums of a document those of what it lists: each finding is a case that failed.
fn settle(document: &mut Value) {
    let mut all = [0; 3];
    for grid in document["grids"].as_array_mut().unwrap() {
        let findings = grid["findings"].as_array().unwrap().len() as u64;
        let cells = grid["cells"].as_array_mut().unwrap();
        let failed = |cells: &[Value]| -> u64 {
            cells.iter().map(|cell| cell["tally"]["failed"].as_u64().unwrap()).sum()
        };
        while failed(cells) != findings {
            let (from, to) =
                if failed(cells) > findings { ("failed", "passed") } else { ("passed", "failed") };
            let cell = cells.iter_mut().find(|cell| cell["tally"][from] != 0).unwrap();
            for (name, more) in [(from, -1), (to, 1)] {
                let count = cell["tally"][name].as_i64().unwrap();
                cell["tally"][name] = json!(count + more);
            }
        }
        let names = ["passed", "failed", "skipped"];
        let sums = names.map(|name| -> u64 {
            cells.iter().map(|cell| cell["tally"][name].as_u64().unwrap()).sum()
        });
        grid["tally"] = json!(BTreeMap::from_iter(names.into_iter().zip(sums)));
        all.iter_mut().zip(sums).for_each(|(all, sum)| *all += sum);
    }
    let [passed, failed, skipped] = all;
    document["tally"] = json!({ "passed": passed, "failed": failed, "skipped": skipped });
    if let Some(matrix) = document["matrix"].as_object_mut() {
        matrix.remove("counts");
    }
}

/// Every change for itself.
fn alone(finding: &Finding) -> About {
    About { handles: vec![finding.case.to_string()], ..About::default() }
}

/// The one change in a comparison, with the list that it is in.
fn only(comparison: &Comparison) -> (&'static str, &Change) {
    let lists = comparison.lists();
    let all: Vec<_> =
        lists.iter().flat_map(|(name, list)| list.iter().map(move |c| (*name, c))).collect();
    let [(name, change)] = all.as_slice() else { panic!("{all:?}") };
    (name, change)
}

fn states(change: &Change) -> (Option<&str>, Option<&str>) {
    (change.old.as_deref(), change.new.as_deref())
}

#[test]
fn a_run_is_like_itself() {
    let comparison = compare(|_| {});
    assert_eq!(comparison, Comparison::default());
    assert!(comparison.is_ok());
    let line = "0 regressions, 0 improvements, 0 changed, 0 added, 0 removed\n";
    assert_eq!(render(&comparison, 9, Colour::Off, alone), line);
}

#[test]
fn a_cell_that_gets_worse_is_a_regression_and_the_other_way_round() {
    let refused = compare(|new| {
        new["matrix"]["blocks"][0]["cells"]["Ping"] = json!("=x=");
        new["matrix"]["blocks"][0]["reasons"] = json!({ "Ping": { "scoped": 0 } });
    });
    let (list, change) = only(&refused);
    assert_eq!((list, states(change)), ("regressions", (Some("equal"), Some("refused"))));
    assert_eq!(change.case, "matrix/old/old/V1/Ping/scoped");
    assert_eq!(change.reason, "needs V2");
    assert!(!refused.is_ok());
    let text = render(&refused, 9, Colour::Off, alone);
    let expected = "\
regressions  1
  matrix/old/old/V1/Ping/scoped  equal → refused
    because needs V2
    repeat  skewproof repro matrix/old/old/V1/Ping/scoped

1 regression, 0 improvements, 0 changed, 0 added, 0 removed
";
    assert_eq!(text, expected);

    let better = compare(|new| new["matrix"]["blocks"][2]["cells"]["Ping"] = json!("|=!"));
    let (list, change) = only(&better);
    assert_eq!((list, states(change)), ("improvements", (Some("lossy"), Some("equal"))));
    assert!(better.is_ok());
}

#[test]
fn a_refusal_that_is_not_foreseen_any_more_is_a_regression() {
    let comparison = compare(|new| {
        new["matrix"]["blocks"][2]["unforeseen"] = json!({ "Ping": ["plain", "hostile"] });
    });
    let (list, change) = only(&comparison);
    let states = states(change);
    assert_eq!((list, states), ("regressions", (Some("gated"), Some("gated, not foreseen"))));
}

#[test]
fn another_reason_is_a_change_and_no_regression() {
    let comparison = compare(|new| new["matrix"]["reasons"][1] = json!("drops more"));
    let (list, change) = only(&comparison);
    assert_eq!((list, change.reason.as_str()), ("changed", "drops more"));
}

#[test]
fn cells_come_and_go() {
    let comparison = compare(|new| new["matrix"]["blocks"][1]["cells"]["Ping"] = json!("==."));
    assert_eq!(comparison.added[0].case, "matrix/old/new/V1/Ping/scoped");
    assert_eq!(comparison.removed[0].case, "matrix/old/new/V1/Ping/hostile");
    assert_eq!((comparison.added.len(), comparison.removed.len()), (1, 1));
    assert!(comparison.is_ok());
    let comparison = compare(|new| new["matrix"] = Value::Null);
    assert_eq!(comparison.removed.len(), 14 + 9);
}

#[test]
fn a_lower_version_is_a_regression() {
    let pair = |answer: Value| {
        compare(move |new| {
            let lane = &mut new["matrix"]["pairs"][3]["lanes"][0];
            *lane = answer.clone();
            lane["lane"] = json!("GENERAL");
        })
    };
    let lower = pair(json!({ "version": "V1", "seen_as": "GENERAL" }));
    let (list, change) = only(&lower);
    assert_eq!((list, change.case.as_str()), ("regressions", "matrix/new/new/handshake/GENERAL"));
    let refused = pair(json!({ "refused": "not you" }));
    let (list, change) = only(&refused);
    assert_eq!((list, change.reason.as_str()), ("regressions", "not you"));
    let higher = pair(json!({ "version": "V3", "seen_as": "GENERAL" }));
    assert_eq!(only(&higher).0, "improvements");
    let other = pair(json!({ "version": "V2", "seen_as": "GOSSIP" }));
    assert_eq!(only(&other).0, "changed");
}

#[test]
fn findings_come_and_go() {
    let gone = compare(|new| new["grids"][0]["findings"].as_array_mut().unwrap().truncate(1));
    let (list, change) = only(&gone);
    assert_eq!((list, states(change)), ("improvements", (Some("finding"), Some("ok"))));
    let come = compare(|new| {
        let mut finding = new["grids"][0]["findings"][0].clone();
        finding["case"] = json!("test/1.7/Store/9");
        finding["actual"] = json!("\u{1b}[31m");
        new["grids"][0]["findings"].as_array_mut().unwrap().push(finding);
    });
    let (list, change) = only(&come);
    assert_eq!((list, change.case.as_str()), ("regressions", "test/1.7/Store/9"));
    assert!(!render(&come, 9, Colour::Off, alone).contains('\u{1b}'));
    let other = compare(|new| new["grids"][0]["findings"][1]["actual"] = json!("another"));
    assert_eq!(only(&other).0, "changed");
    // Another requirement that fails at the same address.
    let second = compare(|new| {
        let mut finding = new["grids"][0]["findings"][0].clone();
        finding["of"] = json!("check/panic");
        new["grids"][0]["findings"].as_array_mut().unwrap().push(finding);
    });
    assert_eq!(only(&second).0, "regressions");
}

#[test]
fn what_was_not_there_before_is_no_regression() {
    let comparison = compare(|new| {
        let findings = new["grids"][0]["findings"].as_array_mut().unwrap();
        let mut finding = findings[0].clone();
        finding["case"] = json!("test/1.8/Ping/1");
        findings.push(finding);
        let tally = json!({ "passed": 1, "failed": 1, "skipped": 0 });
        let cell = json!({ "row": "Ping", "column": "1.8", "tally": tally });
        new["grids"][0]["cells"].as_array_mut().unwrap().push(cell);
    });
    assert!(comparison.is_ok());
    assert_eq!(comparison.added.len(), 2);
    let causes = comparison.causes(&comparison.added, alone);
    assert_eq!((causes.len(), causes[0].sentence.as_str()), (1, "1.8 was not there before."));
    let text = render(&comparison, 9, Colour::Off, alone);
    assert!(
        text.starts_with("added  1 (in 2 cases)\n  1.8 was not there before. (2 cases), as\n"),
        "{text}"
    );
}

#[test]
fn a_cell_that_is_a_finding_is_told_once() {
    let comparison = compare(|new| {
        new["matrix"]["blocks"][2]["cells"]["Ping"] = json!("|~=");
        new["matrix"]["blocks"][2]["unforeseen"] = json!({});
        new["grids"][1]["findings"] = json!([]);
    });
    let (list, change) = only(&comparison);
    assert_eq!((list, change.case.as_str()), ("improvements", "matrix/new/old/V1/Ping/hostile"));
}

#[test]
fn cases_that_are_not_checked_any_more_are_told() {
    let comparison = compare(|new| {
        new["grids"][0]["cells"][0]["tally"] = json!({ "passed": 0, "failed": 0, "skipped": 1 });
    });
    let (list, change) = only(&comparison);
    assert_eq!((list, change.case.as_str()), ("removed", "codecs: Ping, 1.6"));
    assert_eq!(change.new.as_deref(), Some("0 checked, 1 skipped"));
}

/// What a pair comes to, and whether a requirement holds, in both runs.
fn said(was: (&str, &str), is: (&str, &str)) -> Comparison {
    let run = |(kind, standing): (&str, &str)| {
        let mut document = document();
        let verdict =
            json!({ "pair": "old to new", "kind": kind, "word": kind, "reasons": ["so"] });
        document["verdicts"] = json!([verdict]);
        document["requirements"]["rows"] = json!([{ "id": "a/b", "standing": standing }]);
        Run::read(&document.to_string()).unwrap()
    };
    Comparison::of(&run(was), &run(is))
}

#[test]
fn a_pair_that_comes_to_something_worse_is_a_regression() {
    for (was, is) in [("safe", "limits"), ("limits", "breaks"), ("breaks", "apart")] {
        let worse = said((was, "passed"), (is, "passed"));
        let (list, change) = only(&worse);
        assert_eq!((list, change.case.as_str()), ("regressions", "old to new"));
        assert_eq!((states(change), change.reason.as_str()), ((Some(was), Some(is)), "so"));
        assert_eq!(only(&said((is, "passed"), (was, "passed"))).0, "improvements");
    }
}

#[test]
fn a_requirement_that_newly_fails_is_a_regression() {
    let of = |was, is| said(("safe", was), ("safe", is));
    assert_eq!(of("passed", "passed"), Comparison::default());
    for was in ["passed", "untested", "excluded"] {
        let failed = of(was, "failed");
        assert_eq!((only(&failed).0, only(&failed).1.case.as_str()), ("regressions", "a/b"));
    }
    assert_eq!(only(&of("failed", "passed")).0, "improvements");
    assert_eq!(only(&of("passed", "untested")).0, "changed");
}

#[test]
fn findings_that_are_of_one_case_and_requirement_are_all_there() {
    let twice = compare(|new| {
        let findings = new["grids"][0]["findings"].as_array_mut().unwrap();
        findings.push(findings[0].clone());
    });
    assert_eq!(only(&twice).0, "regressions");
}

#[test]
fn a_run_that_verified_nothing_or_something_else_is_not_compared() {
    let run = |value: &Value| Run::read(&value.to_string()).unwrap();
    let old = run(&document());
    assert_eq!(old.follows(&old), Ok(()));
    let mut empty = document();
    empty["grids"] = json!([]);
    empty["tally"] = json!({ "passed": 0, "failed": 0, "skipped": 0 });
    empty["ok"] = json!(true);
    assert_eq!(run(&empty).follows(&old), Err(DocumentError::Nothing));
    let mut other = document();
    other["title"] = json!("another command");
    assert!(matches!(run(&other).follows(&old), Err(DocumentError::OtherCommand(..))));
    other["title"] = json!("sample run of something");
    assert_eq!(run(&other).follows(&old), Ok(()));
}

#[test]
fn what_is_hidden_is_counted_and_json_has_all() {
    let comparison = compare(|new| new["matrix"] = Value::Null);
    let text = render(&comparison, 3, Colour::Off, alone);
    assert!(text.contains("  … and 20 more (--findings N shows more)\n"), "{text}");
    let value: Value = serde_json::from_str(&render_json(&comparison, alone)).unwrap();
    assert_eq!(value["schema"], "skewproof.comparison/1");
    assert_eq!(value["removed"].as_array().unwrap().len(), 23);
    assert_eq!(value["ok"], true);
}

#[test]
fn what_is_no_report_is_an_error_that_says_why() {
    let problem = |text: &str| Run::read(text).unwrap_err();
    assert!(matches!(problem("{"), DocumentError::NotJson(_)));
    assert_eq!(problem("[1]"), DocumentError::Foreign);
    assert_eq!(problem(r#"{"schema": "x/2"}"#), DocumentError::OtherSchema("x/2".into()));
    let mut damaged = document();
    damaged["matrix"]["blocks"][0]["cells"] = json!(7);
    assert_eq!(problem(&damaged.to_string()), DocumentError::Damaged("cells"));
    damaged["grids"] = Value::Null;
    assert_eq!(problem(&damaged.to_string()), DocumentError::Damaged("grids"));
}
