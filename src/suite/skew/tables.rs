//! The matrix in tables, for people.

use std::collections::BTreeMap;

use super::expected::KNOWN;
use crate::fabric::release::Release;
use crate::harness::report::Table;
use crate::harness::skew::matrix::{Block, Pair};
use crate::harness::skew::overview::Overview;
use crate::harness::skew::{Class, Matrix, Outcome};

/// What comes of each pair, on one sign each.
pub fn overview(matrix: &Matrix) -> Table {
    // What differs in patches has a table.
    let Overview { title, heads, rows } = matrix.overview(|name| !is_patch(name));
    let mut table = Table::new(title, std::iter::once(String::new()).chain(heads));
    for (name, pairs) in rows {
        let signs = pairs.into_iter().map(|it| it.map(|it| sign(matrix, it)).unwrap_or_default());
        table.rows.push(std::iter::once(name.to_owned()).chain(signs).collect());
    }
    table
}

fn is_patch(name: &str) -> bool {
    name.parse::<Release>().is_ok_and(|release| release.line() != release)
}

/// Lines opened into their patches: where messages between a patch and another line come out
/// otherwise than those of its own line do.
pub fn patches(matrix: &Matrix) -> Table {
    let name = "patches that differ from the last of their line";
    let mut table = Table::new(name, ["from", "to", "at", "message", "comes out", "of the line"]);
    let index_of = |release: Release| matrix.nodes.iter().position(|it| it.name == release.name());
    let of_line = |index: usize| {
        let release: Release = matrix.name(index).parse().ok()?;
        Some((release.line() != release, index_of(release.line())?))
    };
    for block in &matrix.blocks {
        let (Some((is_sender, sender)), Some((is_receiver, receiver))) =
            (of_line(block.sender), of_line(block.receiver))
        else {
            continue;
        };
        let is_of_lines = |other: &&Block| {
            (other.sender, other.receiver, other.layer) == (sender, receiver, block.layer)
        };
        // One of the two is a patch, the other a line.
        if is_sender == is_receiver {
            continue;
        }
        let line = matrix.blocks.iter().find(is_of_lines);
        for (index, row) in matrix.rows.iter().enumerate() {
            let (own, line) = (worst(block, index), line.and_then(|line| worst(line, index)));
            if own != line {
                table.rows.push(vec![
                    matrix.name(block.sender).to_owned(),
                    matrix.name(block.receiver).to_owned(),
                    block.layer.to_string(),
                    row.name.to_owned(),
                    signed(own),
                    signed(line),
                ]);
            }
        }
    }
    table
}

/// The worst of the samples of a message.
fn worst(block: &Block, row: usize) -> Option<Class> {
    block.cells.get(row)?.iter().flatten().map(Outcome::class).max()
}

fn signed(class: Option<Class>) -> String {
    class.map_or(NOTHING, Class::glyph).to_string()
}

/// The version that a pair agrees on, and the worst that happens there.
fn sign(matrix: &Matrix, pair: &Pair) -> String {
    match (pair.negotiated(), matrix.worst(pair)) {
        (Ok(version), Some(class)) => format!("V{version} {}", class.glyph()),
        (Ok(version), None) => format!("V{version} {NOTHING}"),
        (Err(_), Some(Class::Violation)) => format!("no {}", Class::Violation.glyph()),
        (Err(_), _) => "no".to_owned(),
    }
}

/// Of a pair that sends nothing: its version has no codec, or the message is unknown.
const NOTHING: char = '·';

/// What the signs mean.
pub fn legend() -> Table {
    let mut table = Table::new("of a pair, the worst that can happen there", ["sign", "means"]);
    let signs = Class::ALL.map(|class| [class.glyph().to_string(), class.meaning().to_owned()]);
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

/// The violations that are known to be there.
pub fn known(matrix: &Matrix) -> Table {
    let name = "violations that are known";
    let mut table = Table::new(name, ["node", "at", "message", "issue", "why it is here"]);
    let is_there = |node: &str| {
        let used = matrix.blocks.iter().flat_map(|block| [block.sender, block.receiver]);
        used.into_iter().any(|index| matrix.name(index) == node)
    };
    for known in KNOWN.iter().filter(|known| is_there(known.node)) {
        table.rows.push(vec![
            known.node.to_owned(),
            known.layer.to_string(),
            known.message.to_owned(),
            known.issue.to_owned(),
            known.reason.to_owned(),
        ]);
    }
    table
}

/// How a pair's lanes are understood.
pub fn handshakes(matrix: &Matrix) -> Table {
    let name = "what is agreed on";
    let mut table = Table::new(name, ["dials", "accepts", "offers", "gets"]);
    for pair in &matrix.pairs {
        let lanes = pair.handshakes.iter().map(|h| (format!("all, for {}", h.lane), &h.result));
        let pinned = pair.pinned.iter().map(|(version, r)| (format!("only V{version}"), r));
        for (offer, result) in lanes.chain(pinned) {
            let gets = match result {
                Ok(agreement) => format!("V{}, for {}", agreement.version, agreement.lane),
                Err(parting) => parting.words().to_owned(),
            };
            let (dialer, acceptor) = (matrix.name(pair.dialer), matrix.name(pair.acceptor));
            table.rows.push(vec![dialer.to_owned(), acceptor.to_owned(), offer, gets]);
        }
    }
    table
}
