//! The matrix in tables, for people: what is of releases alone.

use super::expected::KNOWN;
use crate::fabric::release::Release;
use crate::harness::report::Table;
use crate::harness::skew::matrix::Block;
use crate::harness::skew::{Matrix, tables};

pub use crate::harness::skew::tables::{handshakes, legend, messages, reasons, without_bytes};
use crate::harness::skew::tables::{signed, worst};

/// What comes of each pair, on one sign each. What differs in patches has a table.
pub fn overview(matrix: &Matrix) -> Table {
    tables::overview(matrix, |name| !is_patch(name))
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
