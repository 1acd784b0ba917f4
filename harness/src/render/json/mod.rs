//! A report for programs: one JSON document, nothing cut.
//!
//! The schema is named in the document, `"schema": "skewproof.report/2"`. Members may be added
//! under the same name; one that is removed or changes its meaning makes it `/3`.
//!
//! ```text
//! { "schema": "skewproof.report/2",
//!   "title": string,
//!   "ok": bool,                            no case failed
//!   "tally": Tally,
//!   "causes": [{ "sentence": string,       what findings have in common, the best known first
//!                "cases": [string],        the findings, the decisive one first
//!                "findings": [number] }],  the same, by their positions in all grids together
//!   "verdicts": [{ "pair": string,         as "1.4 to 1.5", from an older release to a newer one
//!                  "older": string, "newer": string,
//!                  "kind": string,         "safe", "limits", "breaks" or "apart"
//!                  "word": string,         the same in words
//!                  "reasons": [string],    why, the worst first
//!                  "repro": string }],
//!   "notes": [string],
//!   "requirements": {
//!     "tested": number,                    of which
//!     "passed": number, "failed": number,
//!     "untested": number, "excluded": number,
//!     "rows": [{ "id": string,             as "check/pair"
//!                "level": string,          "must", "should" or "as released"
//!                "sentence": string, "place": string,
//!                "standing": string,       "passed", "failed", "untested" or "excluded"
//!                "reason": string or null, why it is excluded
//!                "cases": Tally }] },
//!   "tables": [{ "name": string, "columns": [string], "rows": [[string]] }],
//!   "grids": [{
//!     "name": string,
//!     "tally": Tally,
//!     "rows": [string], "columns": [string],
//!     "cells": [{ "row": string, "column": string, "tally": Tally }],   row by row; only where
//!                                                                       there are cases
//!     "findings": [{ "case": string,       an address, segments joined by "/"
//!                    "of": string or null,  the requirement, by its id
//!                    "requirement": string, "expected": string, "actual": string,
//!                    "place": string or null, "repro": string or null }],
//!     "skips": [{ "reason": string, "cases": [string] }] }],
//!   "matrix": null or {                    everything in it goes by name
//!     "classes": [{ "glyph": string, "word": string, "meaning": string }],   from good to bad
//!     "counts": { word of a class: number, "unforeseen": number, "total": number },
//!     "repro": string,                     with the address of a cell behind it, repeats the cell
//!     "nodes": [{ "name": string, "layers": [string] }],
//!     "messages": [{ "name": string, "envelope": bool,
//!                    "samples": [string],
//!                    "lanes": [string] }],   where each node sends it, in the order of "nodes"
//!     "pairs": [{ "dialer": string, "acceptor": string,
//!                 "lanes": [Answer and "lane": string],        all versions offered
//!                 "pinned": [Answer and "offered": string],    one version offered
//!                 "spoken": { message: [string or null] } }],  those that are sent at another version
//!                                          than was agreed on, to the one that is dialled, and back;
//!                                          null if it is not sent; not there if there are none
//!     "blocks": [{
//!       "sender": string, "receiver": string, "layer": string,
//!       "as": number,                      the block, by its position, that has the cells, reasons
//!                                          and unforeseen of this one; or these three:
//!       "cells": { message: string },      a glyph for each sample, "." if the sender cannot
//!                                          hold the value
//!       "reasons": { message: { sample: number } },   where it did not arrive as it was sent;
//!                                                     an index
//!       "unforeseen": { message: [sample] } }],       what should have come out otherwise
//!     "reasons": [string],
//!     "allowed": [[string]] } }            for each reason, why such losses may happen
//!
//! Tally: { "passed": number, "failed": number, "skipped": number }
//! Answer: { "version": string, "seen_as": string } or { "refused": string }
//!         or { "violation": string }
//! ```
//!
//! The address of a cell is `matrix/sender/receiver/layer/message/sample`. At a layer such as
//! `rewritten-V2` the receiver changes what it read and sends it back: a reason is about what came back.

mod matrix;

pub use self::matrix::NO_CELL;

use serde_json::{Value, json};

use crate::causes::Cause;
use crate::report::{Grid, PairVerdict, Report, SkipGroup, Table, Tally};
use crate::requirement::{Census, Tested};
use crate::verdict::{CaseId, Finding};

/// Names the layout of the document.
pub const SCHEMA: &str = "skewproof.report/2";

/// Documents of before, which are still read: every block had its own cells.
pub const SCHEMA_BEFORE: &str = "skewproof.report/1";

/// The report as a JSON document, ending in a line break.
pub fn render(report: &Report) -> String {
    format!("{:#}\n", document(report))
}

/// A table by itself: an object for each row, ending in a line break.
pub fn render_table(table: &Table) -> String {
    let row = |row: &Vec<String>| -> Value {
        table.columns.iter().zip(row).map(|(name, cell)| (name.clone(), json!(cell))).collect()
    };
    format!("{:#}\n", table.rows.iter().map(row).collect::<Value>())
}

/// Names by themselves: a list, ending in a line break.
pub fn render_names(names: &[&str]) -> String {
    format!("{:#}\n", json!(names))
}

/// The document by itself.
pub(super) fn document(report: &Report) -> Value {
    json!({
        "schema": SCHEMA,
        "title": report.title(),
        "ok": report.is_ok(),
        "tally": tally_value(report.tally()),
        "causes": cause_values(report),
        "verdicts": report.verdicts().iter().map(verdict_value).collect::<Vec<_>>(),
        "notes": report.notes(),
        "requirements": requirements_value(&report.requirements()),
        "tables": report.tables().iter().map(table_value).collect::<Vec<_>>(),
        "grids": report.grids().iter().map(grid_value).collect::<Vec<_>>(),
        "matrix": report.matrix().map(matrix::value),
    })
}

fn verdict_value(verdict: &PairVerdict) -> Value {
    json!({
        "pair": format!("{} to {}", verdict.older, verdict.newer),
        "older": verdict.older,
        "newer": verdict.newer,
        "kind": verdict.kind.word(),
        "word": verdict.words,
        "reasons": verdict.reasons,
        "repro": verdict.repro,
    })
}

fn cause_values(report: &Report) -> Vec<Value> {
    let findings: Vec<&Finding> = report.findings().collect();
    let case = |at: &usize| findings.get(*at).map(|finding| finding.case.as_str());
    let cause = |cause: Cause| {
        let cases: Vec<_> = cause.members.iter().filter_map(case).collect();
        json!({ "sentence": cause.sentence, "cases": cases, "findings": cause.members })
    };
    report.causes().into_iter().map(cause).collect()
}

fn tally_value(tally: Tally) -> Value {
    json!({ "passed": tally.passed, "failed": tally.failed, "skipped": tally.skipped })
}

fn requirements_value(tested: &[Tested]) -> Value {
    let Census { passed, failed, untested, excluded } = Census::of(tested);
    let row = |Tested { requirement, tally, standing }: &Tested| {
        json!({
            "id": requirement.to_string(),
            "level": requirement.level.to_string(),
            "sentence": requirement.sentence,
            "place": requirement.place,
            "standing": standing.word(),
            "reason": standing.reason(),
            "cases": tally_value(*tally),
        })
    };
    json!({
        "tested": passed + failed,
        "passed": passed,
        "failed": failed,
        "untested": untested,
        "excluded": excluded,
        "rows": tested.iter().map(row).collect::<Vec<_>>(),
    })
}

fn table_value(table: &Table) -> Value {
    json!({ "name": table.name, "columns": table.columns, "rows": table.rows })
}

fn grid_value(grid: &Grid) -> Value {
    json!({
        "name": grid.name(),
        "tally": tally_value(grid.tally()),
        "rows": grid.rows(),
        "columns": grid.columns(),
        "cells": cell_values(grid),
        "findings": grid.findings().iter().map(finding_value).collect::<Vec<_>>(),
        "skips": grid.skips().iter().map(skip_value).collect::<Vec<_>>(),
    })
}

fn cell_values(grid: &Grid) -> Vec<Value> {
    let mut cells = Vec::new();
    for (row, row_name) in grid.rows().iter().enumerate() {
        for (column, column_name) in grid.columns().iter().enumerate() {
            if let Some(tally) = grid.cell(row, column) {
                let tally = tally_value(tally);
                cells.push(json!({ "row": row_name, "column": column_name, "tally": tally }));
            }
        }
    }
    cells
}

fn finding_value(finding: &Finding) -> Value {
    json!({
        "case": finding.case.as_str(),
        "of": finding.case.requirement().map(ToString::to_string),
        "requirement": finding.requirement,
        "expected": finding.expected,
        "actual": finding.actual,
        "place": finding.place,
        "repro": finding.repro,
    })
}

fn skip_value(group: &SkipGroup) -> Value {
    let cases: Vec<_> = group.cases.iter().map(CaseId::as_str).collect();
    json!({ "reason": group.reason, "cases": cases })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    #[test]
    fn the_document_has_everything_and_cuts_nothing() {
        let report = sample::report();
        let document: Value = serde_json::from_str(&render(&report)).unwrap();
        assert_eq!(document["schema"], "skewproof.report/2");
        assert_eq!(document["ok"], false);
        assert_eq!(document["tally"], json!({ "passed": 3, "failed": 2, "skipped": 2 }));
        let grid = &document["grids"][0];
        assert_eq!(grid["rows"], json!(["Ping", "Write", "Lost"]));
        assert_eq!(grid["cells"].as_array().unwrap().len(), 5);
        let long = report.findings().next().unwrap();
        assert_eq!(grid["findings"][0]["expected"], long.expected);
        assert_eq!(grid["findings"][0]["place"], "records[3].body (byte 400)");
        assert_eq!(grid["findings"][1]["repro"], Value::Null);
        assert_eq!(grid["skips"][0]["cases"], json!(["test/1.7/Ping/2", "test/1.7/Lost/1"]));
    }

    #[test]
    fn the_matrix_has_every_cell_and_says_why() {
        let document: Value = serde_json::from_str(&render(&sample::with_matrix())).unwrap();
        let matrix = &document["matrix"];
        let counts = json!({ "equal": 11, "lossy": 1, "gated": 1, "refused": 0, "panicked": 0,
                    "violation": 1, "unforeseen": 1, "total": 14 });
        assert_eq!(matrix["counts"], counts);
        let block = &matrix["blocks"][2];
        assert_eq!((&block["sender"], &block["receiver"]), (&json!("new"), &json!("old")));
        assert_eq!(block["cells"], json!({ "Ping": "|~!" }));
        let reason = |sample: &str| {
            let index = block["reasons"]["Ping"][sample].as_u64().unwrap();
            matrix["reasons"][usize::try_from(index).unwrap()].as_str().unwrap().to_owned()
        };
        assert_eq!(reason("plain"), "needs V2");
        assert_eq!(matrix["allowed"], json!([[], ["new in 2"], []]));
        assert_eq!(reason("hostile"), format!("changed in silence: {}", sample::HOSTILE));
        assert_eq!(block["unforeseen"], json!({ "Ping": ["hostile"] }));
        assert_eq!(matrix["blocks"][1]["cells"], json!({ "Ping": "=.=" }));
        let pair = &matrix["pairs"][3];
        assert_eq!(pair["lanes"][0]["version"], "V2");
        assert_eq!(pair["pinned"][0]["offered"], "V1");
        assert_eq!(json_of_none(), Value::Null);
    }

    fn json_of_none() -> Value {
        let document: Value = serde_json::from_str(&render(&sample::report())).unwrap();
        document["matrix"].clone()
    }
}
