//! The matrix in tables, for people.

use std::collections::BTreeMap;

use super::matrix::{Block, Matrix, Pair};
use super::outcome::{Class, Outcome};
use super::overview::Overview;
use crate::report::Table;

/// What comes of each pair of nodes that are shown, on one sign each.
pub fn overview(matrix: &Matrix, is_shown: impl Fn(&str) -> bool) -> Table {
    let Overview { title, heads, rows } = matrix.overview(is_shown);
    let mut table = Table::new(title, std::iter::once(String::new()).chain(heads));
    for (name, pairs) in rows {
        let signs = pairs.into_iter().map(|it| it.map(|it| sign(matrix, it)).unwrap_or_default());
        table.rows.push(std::iter::once(name.to_owned()).chain(signs).collect());
    }
    table
}

/// The version that a pair agrees on, and the worst that happens there.
fn sign(matrix: &Matrix, pair: &Pair) -> String {
    match (pair.negotiated(), matrix.worst(pair)) {
        (Ok(version), Some(class)) => format!("{version} {}", class.glyph()),
        (Ok(version), None) => format!("{version} {NOTHING}"),
        (Err(_), Some(Class::Violation)) => format!("no {}", Class::Violation.glyph()),
        (Err(_), _) => "no".to_owned(),
    }
}

/// Of a pair that sends nothing: its version has no codec, or the message is unknown.
const NOTHING: char = '·';

/// The worst of the samples of a message.
pub fn worst(block: &Block, row: usize) -> Option<Class> {
    block.cells.get(row)?.iter().flatten().map(Outcome::class).max()
}

/// Its sign; another if there is nothing.
pub fn signed(class: Option<Class>) -> String {
    class.map_or(NOTHING, Class::glyph).to_string()
}

/// What the signs mean.
pub fn legend() -> Table {
    let mut table = Table::new("of a pair, the worst that can happen there", ["sign", "means"]);
    let meaning = |class: Class| match class {
        Class::Violation => "violation; one that is expected is among what is skipped".to_owned(),
        class => class.meaning().to_owned(),
    };
    let signs = Class::ALL.map(|class| [class.glyph().to_string(), meaning(class)]);
    table.rows.extend(signs.map(Vec::from));
    for (sign, meaning) in [("·", "nothing to send"), ("no", "no common version")] {
        table.rows.push(vec![sign.to_owned(), meaning.to_owned()]);
    }
    table
}

/// Message by message, what comes of one pair, a column for each way and layer.
pub fn messages(matrix: &Matrix) -> Table {
    let name = "values of each message, by sign";
    let has_cells = |block: &&Block| matrix.cells_of(block).next().is_some();
    let blocks: Vec<&Block> = matrix.blocks.iter().filter(has_cells).collect();
    let heads = blocks.iter().map(|block| {
        let (sender, receiver) = (matrix.name(block.sender), matrix.name(block.receiver));
        format!("{sender} to {receiver}, {}", block.layer)
    });
    let mut table = Table::new(name, std::iter::once("message".to_owned()).chain(heads));
    for (index, row) in matrix.rows.iter().enumerate() {
        let counts = blocks.iter().map(|block| counted(block, index));
        let counts: Vec<String> = counts.collect();
        if counts.iter().any(|count| !count.is_empty()) {
            table.rows.push(std::iter::once(row.name.to_owned()).chain(counts).collect());
        }
    }
    table
}

/// How the samples of a message came out: `12= 2~`.
fn counted(block: &Block, row: usize) -> String {
    let mut counts: BTreeMap<Class, usize> = BTreeMap::new();
    for outcome in block.cells.get(row).into_iter().flat_map(|cells| cells.iter()).flatten() {
        *counts.entry(outcome.class()).or_default() += 1;
    }
    let counts = counts.into_iter().map(|(class, count)| format!("{count}{}", class.glyph()));
    counts.collect::<Vec<_>>().join(" ")
}

/// Why values did not arrive as they were sent.
pub fn reasons(matrix: &Matrix) -> Table {
    let name = "why values do not arrive as sent";
    let columns = ["", "from", "to", "at", "message", "values", "sent", "severity", "what happens"];
    let mut table = Table::new(name, columns);
    let mut reasons: BTreeMap<_, usize> = BTreeMap::new();
    let cells = matrix.blocks.iter().flat_map(|block| matrix.placed_cells_of(block));
    for (at, cell) in cells.filter(|(_, cell)| cell.outcome.class() != Class::Equal) {
        let (block, class) = (cell.block, cell.outcome.class());
        let place = (block.sender, block.receiver, block.layer, cell.row.name);
        let weight = matrix.weight(block, at).map(|weight| (&*weight.sent, &*weight.severity));
        let words = without_bytes(&cell.outcome.to_string());
        *reasons.entry((place, class, weight, words)).or_default() += 1;
    }
    for (((sender, receiver, layer, message), class, weight, reason), count) in reasons {
        let (sent, severity) = weight.unwrap_or_default();
        table.rows.push(vec![
            class.glyph().to_string(),
            matrix.name(sender).to_owned(),
            matrix.name(receiver).to_owned(),
            layer.to_string(),
            message.to_owned(),
            count.to_string(),
            sent.to_owned(),
            severity.to_owned(),
            reason,
        ]);
    }
    table
}

/// Words without the offsets in them: what is said of one value and of another is the same then.
pub fn without_bytes(words: &str) -> String {
    let mut parts = words.split(" (byte ");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once(')').map_or(part, |(_, rest)| rest));
    }
    plain
}

/// How a pair's lanes are understood.
pub fn handshakes(matrix: &Matrix) -> Table {
    let name = "what is agreed on";
    let mut table = Table::new(name, ["dials", "accepts", "offers", "gets"]);
    for pair in &matrix.pairs {
        let lanes = pair.handshakes.iter().map(|h| (format!("all, for {}", h.lane), &h.result));
        let pinned = pair.pinned.iter().map(|(version, r)| (format!("only {version}"), r));
        for (offer, result) in lanes.chain(pinned) {
            let gets = match result {
                Ok(agreement) => format!("{}, for {}", agreement.version, agreement.lane),
                Err(parting) => parting.words().to_owned(),
            };
            let (dialer, acceptor) = (matrix.name(pair.dialer), matrix.name(pair.acceptor));
            table.rows.push(vec![dialer.to_owned(), acceptor.to_owned(), offer, gets]);
        }
    }
    table
}
