//! The skew matrix in the JSON document: every cell, and no word twice.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::harness::render::REPRO;
use crate::harness::skew::matrix::{Agreement, Block, Node, Pair, Parting, Row};
use crate::harness::skew::{Class, Matrix, Outcome};

/// Stands for a sample that the sender cannot hold.
const NO_CELL: char = '.';

/// The matrix as a member of the document.
pub fn value(matrix: &Matrix) -> Value {
    let mut reasons = Reasons::default();
    let blocks: Vec<_> =
        matrix.blocks.iter().map(|block| block_value(matrix, block, &mut reasons)).collect();
    json!({
        "classes": Class::ALL.map(class_value),
        "counts": counts_value(matrix),
        "repro": REPRO,
        "nodes": matrix.nodes.iter().map(node_value).collect::<Vec<_>>(),
        "messages": matrix.rows.iter().map(row_value).collect::<Vec<_>>(),
        "pairs": matrix.pairs.iter().map(|pair| pair_value(matrix, pair)).collect::<Vec<_>>(),
        "blocks": blocks,
        "reasons": reasons.texts,
        "allowed": reasons.allowed,
    })
}

fn class_value(class: Class) -> Value {
    let glyph = class.glyph().to_string();
    json!({ "glyph": glyph, "word": class.word(), "meaning": class.meaning() })
}

fn counts_value(matrix: &Matrix) -> Value {
    let counts = matrix.counts(&matrix.blocks);
    let mut value: Map<String, Value> = Class::ALL
        .iter()
        .map(|class| (class.word().to_owned(), counts.of(*class).into()))
        .collect();
    let unforeseen = matrix.cells().filter(|cell| !cell.outcome.is_foreseen()).count();
    value.insert("unforeseen".to_owned(), unforeseen.into());
    value.insert("total".to_owned(), counts.total().into());
    Value::Object(value)
}

fn node_value(node: &Node) -> Value {
    let layers: Vec<_> = node.layers.iter().map(ToString::to_string).collect();
    json!({ "name": node.name, "layers": layers })
}

fn row_value(row: &Row) -> Value {
    json!({
        "name": row.name,
        "envelope": row.is_envelope,
        "samples": row.samples,
        "lanes": row.lanes,
    })
}

fn pair_value(matrix: &Matrix, pair: &Pair) -> Value {
    let lanes = pair.handshakes.iter().map(|h| with(result_value(&h.result), "lane", h.lane));
    let pinned = pair
        .pinned
        .iter()
        .map(|(version, result)| with(result_value(result), "offered", &version_name(*version)));
    json!({
        "dialer": matrix.name(pair.dialer),
        "acceptor": matrix.name(pair.acceptor),
        "lanes": lanes.collect::<Vec<_>>(),
        "pinned": pinned.collect::<Vec<_>>(),
    })
}

fn result_value(result: &Result<Agreement, Parting>) -> Value {
    match result {
        Ok(agreement) => {
            json!({ "version": version_name(agreement.version), "seen_as": agreement.lane })
        }
        Err(Parting::Violation(words)) => json!({ "violation": words }),
        Err(parting) => json!({ "refused": parting.words() }),
    }
}

fn with(mut value: Value, name: &str, text: &str) -> Value {
    if let Value::Object(members) = &mut value {
        members.insert(name.to_owned(), text.into());
    }
    value
}

fn version_name(number: i32) -> String {
    format!("V{number}")
}

fn block_value(matrix: &Matrix, block: &Block, reasons: &mut Reasons) -> Value {
    let mut cells = Map::new();
    let mut whys = Map::new();
    let mut unforeseen = Map::new();
    for (row, outcomes) in matrix.rows.iter().zip(&block.cells).filter(|(_, o)| !o.is_empty()) {
        cells.insert(row.name.to_owned(), glyphs(outcomes).into());
        let named = || row.samples.iter().zip(outcomes).filter_map(|(s, o)| Some((s, o.as_ref()?)));
        let why: Map<String, Value> = named()
            .filter(|(_, outcome)| outcome.class() != Class::Equal)
            .map(|(sample, outcome)| ((*sample).to_owned(), reasons.index_of(outcome).into()))
            .collect();
        if !why.is_empty() {
            whys.insert(row.name.to_owned(), why.into());
        }
        let bad: Vec<_> = named()
            .filter(|(_, outcome)| !outcome.is_foreseen())
            .map(|(s, _)| s.as_str())
            .collect();
        if !bad.is_empty() {
            unforeseen.insert(row.name.to_owned(), bad.into());
        }
    }
    json!({
        "sender": matrix.name(block.sender),
        "receiver": matrix.name(block.receiver),
        "layer": block.layer.to_string(),
        "cells": cells,
        "reasons": whys,
        "unforeseen": unforeseen,
    })
}

fn glyphs(outcomes: &[Option<Outcome>]) -> String {
    let glyph = |outcome: &Option<Outcome>| match outcome {
        Some(outcome) => outcome.class().glyph(),
        None => NO_CELL,
    };
    outcomes.iter().map(glyph).collect()
}

/// Reasons in the order of their first cell.
#[derive(Default)]
struct Reasons {
    texts: Vec<String>,
    /// Why losses may happen, for each of them.
    allowed: Vec<Vec<&'static str>>,
    indices: HashMap<(String, Vec<&'static str>), usize>,
}

impl Reasons {
    fn index_of(&mut self, outcome: &Outcome) -> usize {
        let mut allowed = match outcome {
            Outcome::Lossy(losses) => losses.iter().filter_map(|loss| loss.reason).collect(),
            _ => Vec::new(),
        };
        allowed.dedup();
        let reason = (outcome.to_string(), allowed);
        if let Some(index) = self.indices.get(&reason) {
            return *index;
        }
        self.texts.push(reason.0.clone());
        self.allowed.push(reason.1.clone());
        self.indices.insert(reason, self.texts.len() - 1);
        self.texts.len() - 1
    }
}
