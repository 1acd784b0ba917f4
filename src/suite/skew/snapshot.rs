//! The whole grid as a text that is reviewed: a pull request that changes a cell shows it.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::tables::without_bytes;
use super::whole;
use crate::harness::skew::matrix::{Block, Cell};
use crate::harness::skew::{Class, Layer, Matrix};

/// The name of the document in the golden store.
pub const DOCUMENT: &str = "matrix/grid";

/// The document in the golden store, by its name.
pub fn document() -> (String, String) {
    (DOCUMENT.to_owned(), text(whole()))
}

/// The text of a matrix: for each sender and layer, message by message, what each receiver gets.
fn text(matrix: &Matrix) -> String {
    let mut text =
        String::from("about: what every release understands of what every other sends\n");
    for class in Class::ALL {
        let _ = writeln!(text, "{}: {}", class.glyph(), class.meaning());
    }
    let mut senders: BTreeMap<_, Vec<&Block>> = BTreeMap::new();
    for block in &matrix.blocks {
        senders.entry((block.layer, block.sender)).or_default().push(block);
    }
    // Neighbours that send alike stand together.
    let mut sections: Vec<(Layer, Vec<usize>, String)> = Vec::new();
    for ((layer, sender), blocks) in senders {
        let mut section = String::new();
        messages(matrix, &blocks, &mut section);
        match sections.last_mut() {
            Some((of, senders, other)) if *of == layer && *other == section => senders.push(sender),
            _ => sections.push((layer, vec![sender], section)),
        }
    }
    for (layer, senders, section) in sections {
        let _ = writeln!(text, "\nsent at {layer} by {}:\n{section}", spans(matrix, &senders));
    }
    text
}

/// Nodes by name, those that follow one another as `1.2.0 to 1.3`, and those up to the newest as
/// `1.5.0 and later`: a release that comes and does as the one before it changes nothing here.
fn spans(matrix: &Matrix, nodes: &[usize]) -> String {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for &node in nodes {
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == node => *last = node,
            _ => spans.push((node, node)),
        }
    }
    let newest = matrix.nodes.len().saturating_sub(1);
    let words = spans.into_iter().map(|(first, last)| match last - first {
        _ if last == newest => format!("{} and later", matrix.name(first)),
        0 => matrix.name(first).to_owned(),
        _ => format!("{} to {}", matrix.name(first), matrix.name(last)),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// What of a message's samples does not arrive as sent: samples by sign and reason.
type Account<'a> = BTreeMap<(Class, String), Vec<&'a str>>;

fn messages(matrix: &Matrix, blocks: &[&Block], text: &mut String) {
    for (index, row) in matrix.rows.iter().enumerate() {
        let mut accounts: Vec<(Account<'_>, Vec<usize>)> = Vec::new();
        let mut held = 0;
        for block in blocks {
            let cells: Vec<Cell<'_>> = matrix.cells_in_row(block, index).collect();
            held = cells.len();
            let account = account(&cells);
            let receiver = block.receiver;
            match accounts.iter_mut().find(|(other, _)| *other == account) {
                Some((_, receivers)) => receivers.push(receiver),
                None => accounts.push((account, vec![receiver])),
            }
        }
        if held > 0 {
            let _ = writeln!(text, "  {}, {held} values", row.name);
            accounts.iter().for_each(|(account, receivers)| {
                write_account(account, &spans(matrix, receivers), text);
            });
        }
    }
}

fn account<'a>(cells: &[Cell<'a>]) -> Account<'a> {
    let mut account = Account::new();
    for cell in cells.iter().filter(|cell| cell.outcome.class() != Class::Equal) {
        let reason = (cell.outcome.class(), without_bytes(&cell.outcome.to_string()));
        account.entry(reason).or_default().push(cell.sample);
    }
    account
}

fn write_account(account: &Account<'_>, receivers: &str, text: &mut String) {
    if account.is_empty() {
        let _ = writeln!(text, "    to {receivers}: all equal");
        return;
    }
    let _ = writeln!(text, "    to {receivers}: all equal but");
    for ((class, reason), samples) in account {
        let _ = writeln!(text, "      {} {}: {reason}", class.glyph(), samples.join(", "));
    }
}
