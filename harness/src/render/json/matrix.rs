//! The skew matrix in the JSON document: every cell, and no word twice.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::render::repro;
use crate::skew::matrix::{Agreement, Block, Node, Pair, Parting, Row, Weight};
use crate::skew::{Class, Matrix, Outcome};

/// Stands for a sample that the sender cannot hold.
pub const NO_CELL: char = '.';

/// The matrix as a member of the document.
pub fn value(matrix: &Matrix) -> Value {
    let mut reasons = Reasons::default();
    let blocks = block_values(matrix, &mut reasons);
    let mut value = json!({
        "classes": Class::ALL.map(class_value),
        "counts": counts_value(matrix),
        "repro": repro(),
        "nodes": matrix.nodes.iter().map(node_value).collect::<Vec<_>>(),
        "messages": matrix.rows.iter().map(row_value).collect::<Vec<_>>(),
        "pairs": matrix.pairs.iter().map(|pair| pair_value(matrix, pair)).collect::<Vec<_>>(),
        "blocks": blocks,
        "reasons": reasons.texts,
        "allowed": reasons.allowed,
    });
    if let (Value::Object(members), false) = (&mut value, matrix.weights.is_empty()) {
        let weights = matrix.weights.iter().map(weight_value).collect();
        members.insert("weights".to_owned(), Value::Array(weights));
    }
    value
}

fn weight_value(weight: &Weight) -> Value {
    let Weight { id, sent, severity, counts } = weight;
    json!({ "id": id, "sent": sent, "severity": severity, "counts": counts })
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
        .map(|(version, result)| with(result_value(result), "offered", &version.to_string()));
    let mut value = json!({
        "dialer": matrix.name(pair.dialer),
        "acceptor": matrix.name(pair.acceptor),
        "lanes": lanes.collect::<Vec<_>>(),
        "pinned": pinned.collect::<Vec<_>>(),
    });
    if let (Value::Object(members), false) = (&mut value, pair.spoken.is_empty()) {
        members.insert("spoken".to_owned(), spoken_value(matrix, pair));
    }
    value
}

/// The messages that are sent at another version than the one that is agreed on, there and back.
fn spoken_value(matrix: &Matrix, pair: &Pair) -> Value {
    let rows = pair.spoken.iter().filter_map(|(row, versions)| {
        let versions = versions.map(|version| version.map(|version| version.to_string()));
        Some((matrix.rows.get(*row)?.name.to_owned(), json!(versions)))
    });
    Value::Object(rows.collect())
}

fn result_value(result: &Result<Agreement, Parting>) -> Value {
    match result {
        Ok(agreement) => {
            json!({ "version": agreement.version.to_string(), "seen_as": agreement.lane })
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

/// Every block; one whose content an earlier one has refers to that.
fn block_values(matrix: &Matrix, reasons: &mut Reasons) -> Vec<Value> {
    let mut first_with: HashMap<String, usize> = HashMap::new();
    let mut values = Vec::new();
    for (index, block) in matrix.blocks.iter().enumerate() {
        let mut members = content(matrix, block, reasons);
        let first = *first_with.entry(Value::Object(members.clone()).to_string()).or_insert(index);
        if first < index {
            members = Map::from_iter([("as".to_owned(), first.into())]);
        }
        let name = |node| Value::from(matrix.name(node));
        members.insert("sender".to_owned(), name(block.sender));
        members.insert("receiver".to_owned(), name(block.receiver));
        members.insert("layer".to_owned(), block.layer.to_string().into());
        values.push(Value::Object(members));
    }
    values
}

/// What is in a block: its cells, why they came out so, and what should have come out otherwise.
fn content(matrix: &Matrix, block: &Block, reasons: &mut Reasons) -> Map<String, Value> {
    let mut cells = Map::new();
    let mut whys = Map::new();
    let mut unforeseen = Map::new();
    for (row, outcomes) in matrix.rows.iter().zip(&block.cells).filter(|(_, o)| !o.is_empty()) {
        cells.insert(row.name.to_owned(), glyphs(outcomes).into());
        let named =
            || row.samples.iter().zip(outcomes.iter()).filter_map(|(s, o)| Some((s, o.as_ref()?)));
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
    let mut weights: Map<String, Value> = Map::new();
    for ((row, sample), weight) in &block.weighed {
        let Some(row) = matrix.rows.get(*row) else { continue };
        let Some(sample) = row.samples.get(*sample) else { continue };
        let of_row = weights.entry(row.name).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(of_row) = of_row {
            of_row.insert(sample.clone(), (*weight).into());
        }
    }
    let mut members = vec![("cells", cells), ("reasons", whys), ("unforeseen", unforeseen)];
    if !weights.is_empty() {
        members.push(("weights", weights));
    }
    members.into_iter().map(|(name, value)| (name.to_owned(), Value::Object(value))).collect()
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
