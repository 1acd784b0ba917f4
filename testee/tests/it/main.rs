//! The crate as a program sees it: lines in, lines out.

// The exception that clippy makes for tests ends at the functions that they share.
#![allow(clippy::unwrap_used)]

#[path = "../../examples/counter.rs"]
#[allow(dead_code, reason = "its main is for the command line")]
mod counter;
#[path = "../../examples/fabric.rs"]
#[allow(dead_code, reason = "its main is for the command line")]
mod fabric;

mod answers;
mod examples;
mod fixtures;
mod page;
mod session;

use serde_json::Value as Json;
use skewproof_testee::{Testee, serve_on};

/// What a testee answers to lines, as text.
fn said(testee: impl Testee, lines: &[u8]) -> String {
    let mut answers = Vec::new();
    serve_on(testee, lines, &mut answers).unwrap();
    String::from_utf8(answers).unwrap()
}

/// The same, read.
fn answers(testee: impl Testee, lines: &[u8]) -> Vec<Json> {
    said(testee, lines).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A question.
fn ask(id: Json, verb: &str, members: Json) -> Json {
    let mut question = members;
    question["id"] = id;
    question["verb"] = verb.into();
    question
}
