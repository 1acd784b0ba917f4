//! JSON for people who read a diff: what is short stands on one line, so that a pair of numbers
//! does not take four.

use std::fmt::{self, Write};

use serde_json::Value as Json;

use crate::fabric::codec::json::{Part, Tape};

/// Columns of a line.
const WIDTH: usize = 88;
/// Blanks for each level.
const INDENT: usize = 2;

/// A value in lines, without a line break at the end.
pub fn lines(value: &Json) -> String {
    let mut text = String::new();
    // A text takes everything.
    let _ = write(&Tape::of(value), &mut text);
    text
}

/// Writes a value in lines, without a line break at the end.
///
/// # Errors
///
/// If `to` takes no more.
pub fn write(value: &Tape, to: &mut impl Write) -> fmt::Result {
    write_part(value.root(), 0, 0, to)
}

/// Writes a part that begins at a column, in lines that are indented to a level.
fn write_part(part: Part<'_>, level: usize, column: usize, to: &mut impl Write) -> fmt::Result {
    let mut line = Line { text: String::new(), room: WIDTH.saturating_sub(column) };
    if line.part(part).is_some() {
        return to.write_str(&line.text);
    }
    let (inner, outer) = ((level + 1) * INDENT, level * INDENT);
    let separator = |index: usize| if index == 0 { "" } else { "," };
    match part {
        Part::List(elements) => {
            to.write_char('[')?;
            for (index, element) in elements.enumerate() {
                write!(to, "{}\n{:inner$}", separator(index), "")?;
                write_part(element, level + 1, inner + 1, to)?;
            }
            write!(to, "\n{:outer$}]", "")
        }
        Part::Map(members) => {
            to.write_char('{')?;
            for (index, (key, member)) in members.members().into_iter().enumerate() {
                let key = leaf(Part::Text(key));
                write!(to, "{}\n{:inner$}{key}: ", separator(index), "")?;
                write_part(member, level + 1, inner + key.len() + 3, to)?;
            }
            write!(to, "\n{:outer$}}}", "")
        }
        other => to.write_str(&leaf(other)),
    }
}

/// A part that has none.
fn leaf(part: Part<'_>) -> String {
    serde_json::to_string(&part).unwrap_or_default()
}

/// A value on one line, with blanks behind commas and colons, as far as there is room.
struct Line {
    text: String,
    room: usize,
}

impl Line {
    fn push(&mut self, text: &str) -> Option<()> {
        self.room = self.room.checked_sub(text.len())?;
        self.text.push_str(text);
        Some(())
    }

    fn part(&mut self, part: Part<'_>) -> Option<()> {
        match part {
            // What is too long is not spelled to be measured.
            Part::Text(text) if text.len() > self.room => None,
            Part::Hex(bytes) if bytes.len() > self.room => None,
            Part::List(elements) => {
                self.push("[")?;
                for (index, element) in elements.enumerate() {
                    self.push(if index == 0 { "" } else { ", " })?;
                    self.part(element)?;
                }
                self.push("]")
            }
            // No part takes four times as many bytes on a tape as in a line.
            Part::Map(members) if members.size() > 4 * WIDTH => None,
            Part::Map(members) => {
                self.push("{")?;
                for (index, (key, member)) in members.members().into_iter().enumerate() {
                    self.push(if index == 0 { "" } else { ", " })?;
                    self.push(&leaf(Part::Text(key)))?;
                    self.push(": ")?;
                    self.part(member)?;
                }
                self.push("}")
            }
            other => self.push(&leaf(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_short_stands_on_one_line() {
        assert_eq!(
            lines(&json!({"a": [1, {"b": null}], "c": {}})),
            r#"{"a": [1, {"b": null}], "c": {}}"#
        );
        let long = "x".repeat(80);
        let value = json!({"a": [1, 2], "b": [long, "\n"]});
        let expected =
            format!("{{\n  \"a\": [1, 2],\n  \"b\": [\n    \"{long}\",\n    \"\\n\"\n  ]\n}}");
        assert_eq!(lines(&value), expected);
        assert_eq!(serde_json::from_str::<Json>(&expected).unwrap(), value);
    }
}
