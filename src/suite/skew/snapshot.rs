//! The whole grid as a text that is reviewed: a pull request that changes a cell shows it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::OnceLock;

use super::Plan;
use super::tables::without_bytes;
use crate::harness::skew::matrix::{Block, Cell};
use crate::harness::skew::{Class, Matrix};

/// The name of the document in the golden store, and its text. Made once: it depends on nothing
/// but the program.
pub fn document() -> (String, String) {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| text(&Plan::everything().run(&|| ())));
    ("matrix/grid".to_owned(), text.clone())
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
        senders.entry((block.sender, block.layer)).or_default().push(block);
    }
    for ((sender, layer), blocks) in senders {
        let _ = writeln!(text, "\n{} sends at {layer}:", matrix.name(sender));
        messages(matrix, &blocks, &mut text);
    }
    text
}

/// What of a message's samples does not arrive as sent: samples by sign and reason.
type Account<'a> = BTreeMap<(Class, String), Vec<&'a str>>;

fn messages(matrix: &Matrix, blocks: &[&Block], text: &mut String) {
    for row in &matrix.rows {
        let mut accounts: Vec<(Account<'_>, Vec<&str>)> = Vec::new();
        let mut held = 0;
        for block in blocks {
            let cells: Vec<Cell<'_>> =
                matrix.cells_of(block).filter(|cell| cell.row.name == row.name).collect();
            held = cells.len();
            let account = account(&cells);
            let receiver = matrix.name(block.receiver);
            match accounts.iter_mut().find(|(other, _)| *other == account) {
                Some((_, receivers)) => receivers.push(receiver),
                None => accounts.push((account, vec![receiver])),
            }
        }
        if held > 0 {
            let _ = writeln!(text, "  {}, {held} values", row.name);
            accounts
                .iter()
                .for_each(|(account, receivers)| write_account(account, receivers, text));
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

fn write_account(account: &Account<'_>, receivers: &[&str], text: &mut String) {
    let receivers = receivers.join(", ");
    if account.is_empty() {
        let _ = writeln!(text, "    to {receivers}: all equal");
        return;
    }
    let _ = writeln!(text, "    to {receivers}: all equal but");
    for ((class, reason), samples) in account {
        let _ = writeln!(text, "      {} {}: {reason}", class.glyph(), samples.join(", "));
    }
}
