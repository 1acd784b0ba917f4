//! The values and bytes behind the cells of a matrix, for somebody who wants to look inside.
//!
//! A matrix keeps outcomes only. Here everything is sent once more, and kept as text. Texts repeat
//! themselves a lot: each is kept once, and named by its index.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;
use serde_json::Value as Json;

use super::matrix::{Block, Matrix};
use super::peer::{Layer, Peer};
use super::run::{Place, Skew};

/// Text beyond this many bytes is cut: some samples are large on purpose, and say little.
const TEXT_LEN_MAX: usize = 24_000;
/// What is kept of its beginning and of its end.
const HEAD_LEN: usize = 20_000;
const TAIL_LEN: usize = 2_000;

/// The index of a text in [`Details::texts`].
pub type TextId = usize;

/// What is behind the cells of a matrix.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// Every text once. Texts of one message are neighbours.
    pub texts: Vec<String>,
    /// What each node sends at each layer. It is the same to whomever it goes.
    pub sent: Vec<Sent>,
    /// For every block of the matrix, in its order, what was understood where that is not what was
    /// sent: at the end of the way.
    pub received: Vec<Vec<Received>>,
}

/// What a node sends at a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The node, by its index.
    pub sender: usize,
    /// The version, or the envelope.
    pub layer: Layer,
    /// The values that it can hold.
    pub values: Vec<SentValue>,
}

/// A value that a node sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentValue {
    /// The message, by its index.
    pub row: usize,
    /// The sample, by its index.
    pub sample: usize,
    /// The value as the sender shows it.
    pub value: TextId,
    /// Its bytes, explained line by line; none if it is not sent.
    pub bytes: Option<TextId>,
}

/// A value that was understood in another way than it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// The message, by its index.
    pub row: usize,
    /// The sample, by its index.
    pub sample: usize,
    /// The value as the receiver shows it.
    pub value: TextId,
}

/// The texts of one cell.
struct Shown {
    row: usize,
    sample: usize,
    sent: Option<String>,
    bytes: Option<String>,
    received: Option<String>,
}

impl<P: Peer> Skew<P> {
    /// Looks behind every cell of a matrix of these nodes and messages, in parallel. Cells that nodes
    /// share are looked at once.
    pub fn details(&self, matrix: &Matrix) -> Details {
        let places = matrix.blocks.iter().map(|block| (block.sender, block.receiver, block.layer));
        let places: Vec<Place> = places.collect();
        let (owners, origins) = (self.owners(&places), self.origins(&places));
        let is_in = |firsts: &[Vec<usize>], index: usize, topic: usize| {
            firsts.get(index).and_then(|firsts| firsts.get(topic)) == Some(&index)
        };
        let shown = places.par_iter().enumerate().map(|(index, place)| {
            let calls = self.calls(*place).into_iter();
            let owned = calls.filter(|(topic, _)| is_in(&owners, index, *topic));
            let (first, later): (Vec<_>, Vec<_>) =
                owned.partition(|(topic, _)| is_in(&origins, index, *topic));
            let mut shown = self.shown(*place, first, true);
            shown.extend(self.shown(*place, later, false));
            shown
        });
        gather(matrix, shown.collect(), [&owners, &origins])
    }

    /// The texts of some cells; of what is sent only if nobody has shown it before.
    fn shown(&self, place: Place, mut calls: Vec<(usize, usize)>, is_first: bool) -> Vec<Shown> {
        // What comes to no end has nothing to show.
        calls.retain(|call| self.fate(place, *call).is_none());
        let layer = place.2.spoken();
        let texts = self.traces(place, calls.clone(), move |sender, receiver, trace| {
            let (full, reader, arrived) = match trace.back {
                Some(back) => (back.expected, sender, back.read),
                None => (trace.sent.clone(), receiver, trace.received),
            };
            let received = arrived
                .filter(|arrived| *arrived != full)
                .map(|arrived| text(&reader.show(layer, &arrived)))
                .filter(|arrived| *arrived != text(&sender.show(layer, &full)));
            let sent = is_first.then(|| text(&sender.show(layer, &trace.sent)));
            let bytes = trace.bytes.filter(|_| is_first);
            let bytes = bytes.map(|bytes| cut(sender.explain(layer, &trace.sent, &bytes)));
            (sent, bytes, received)
        });
        calls
            .into_iter()
            .zip(texts)
            .filter_map(|((row, sample), texts)| {
                // What panics while it is shown has nothing to show.
                let (sent, bytes, received) = texts?.ok()?;
                Some(Shown { row, sample, sent, bytes, received })
            })
            .collect()
    }
}

/// A value as text, one that can be read.
fn text(value: &Json) -> String {
    let mut text = String::new();
    write_value(value, 0, &mut text);
    cut(text)
}

/// One line for each member, but what is short, or a list of plain values, stays on its line.
fn write_value(value: &Json, depth: usize, text: &mut String) {
    let is_nested = |value: &Json| value.is_array() || value.is_object();
    let is_plain = match value {
        Json::Array(elements) => !elements.iter().any(is_nested),
        Json::Object(members) => !members.values().any(is_nested) && members.len() <= 2,
        _ => true,
    };
    match value {
        Json::Array(elements) if !is_plain => {
            let write = |element: &Json, text: &mut String| write_value(element, depth + 1, text);
            write_lines(('[', ']'), elements, depth, text, write);
        }
        Json::Object(members) if !is_plain => {
            let write = |(name, value): (&String, &Json), text: &mut String| {
                text.push_str(&format!("{}: ", Json::from(name.as_str())));
                write_value(value, depth + 1, text);
            };
            write_lines(('{', '}'), members, depth, text, write);
        }
        _ => text.push_str(&value.to_string()),
    }
}

fn write_lines<T>(
    (open, close): (char, char),
    items: impl IntoIterator<Item = T>,
    depth: usize,
    text: &mut String,
    write: impl Fn(T, &mut String),
) {
    text.push(open);
    let mut gap = "";
    for item in items {
        text.push_str(gap);
        text.push('\n');
        text.push_str(&"  ".repeat(depth + 1));
        write(item, text);
        gap = ",";
    }
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
    text.push(close);
}

/// Long text without its middle, which says so.
fn cut(text: String) -> String {
    if text.len() <= TEXT_LEN_MAX {
        return text;
    }
    let head = text.floor_char_boundary(HEAD_LEN);
    let tail = text.ceil_char_boundary(text.len() - TAIL_LEN);
    let hidden = text.get(head..tail).map_or(0, |middle| middle.chars().count());
    let (head, tail) = (text.get(..head).unwrap_or(""), text.get(tail..).unwrap_or(""));
    format!("{head}\n\n… {hidden} characters are left out here …\n\n{tail}")
}

/// Puts the texts of all blocks together, message by message: similar ones come to stand side by
/// side, where they compress well. Each block gets what its owners and its origins have.
fn gather(
    matrix: &Matrix,
    shown: Vec<Vec<Shown>>,
    [owners, origins]: [&[Vec<usize>]; 2],
) -> Details {
    let mut order: Vec<(usize, Shown)> = shown
        .into_iter()
        .enumerate()
        .flat_map(|(block, shown)| shown.into_iter().map(move |shown| (block, shown)))
        .collect();
    order.sort_by_key(|(block, shown)| (shown.row, shown.sample, *block));

    let mut texts = Texts::default();
    let mut sent: HashMap<(usize, usize), Vec<SentValue>> = HashMap::new();
    let mut received: HashMap<(usize, usize), Vec<Received>> = HashMap::new();
    for (block, Shown { row, sample, sent: value, bytes, received: understood }) in order {
        if let Some(value) = value {
            let bytes = bytes.map(|bytes| texts.id_of(bytes));
            let value = SentValue { row, sample, value: texts.id_of(value), bytes };
            sent.entry((block, row)).or_default().push(value);
        }
        if let Some(value) = understood {
            let value = Received { row, sample, value: texts.id_of(value) };
            received.entry((block, row)).or_default().push(value);
        }
    }
    let mut seen = HashSet::new();
    let is_first = |(block, _): &(&Block, _)| seen.insert((block.sender, block.layer));
    let sent = matrix.blocks.iter().zip(origins).filter(is_first).map(|(block, origins)| Sent {
        sender: block.sender,
        layer: block.layer,
        values: of_each(origins, &sent),
    });
    Details {
        texts: texts.texts,
        sent: sent.filter(|sent| !sent.values.is_empty()).collect(),
        received: owners.iter().map(|owners| of_each(owners, &received)).collect(),
    }
}

/// What there is of each message, by the block that it is to be had from.
fn of_each<T: Copy>(blocks: &[usize], found: &HashMap<(usize, usize), Vec<T>>) -> Vec<T> {
    let found = (0..).zip(blocks).filter_map(|(row, block)| found.get(&(*block, row)));
    found.flatten().copied().collect()
}

#[derive(Default)]
struct Texts {
    texts: Vec<String>,
    ids: HashMap<String, TextId>,
}

impl Texts {
    fn id_of(&mut self, text: String) -> TextId {
        if let Some(id) = self.ids.get(&text) {
            return *id;
        }
        self.texts.push(text.clone());
        self.ids.insert(text, self.texts.len() - 1);
        self.texts.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_written_to_be_read() {
        let value = json!({ "a": [1, 2, [3]], "b": { "c": "</x>", "d": null }, "e": [], "f": {} });
        let expected = r#"{
  "a": [
    1,
    2,
    [3]
  ],
  "b": {"c":"</x>","d":null},
  "e": [],
  "f": {}
}"#;
        assert_eq!(text(&value), expected);
        assert_eq!(serde_json::from_str::<Json>(expected).unwrap(), value);
        let large = json!(u64::MAX);
        assert_eq!(text(&large), u64::MAX.to_string());
    }

    #[test]
    fn long_text_loses_its_middle_and_says_so() {
        assert_eq!(cut("ü".repeat(100)), "ü".repeat(100));
        let short = cut(format!("<{}>", "ü".repeat(20_000)));
        assert!(short.len() < TEXT_LEN_MAX, "{}", short.len());
        assert!(short.starts_with("<ü") && short.ends_with("ü>"));
        assert!(short.contains("\n… 9002 characters are left out here …\n"));
    }
}
