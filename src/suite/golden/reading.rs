//! What a line makes of bytes that another one wrote, as a fixture says it.
//!
//! ```text
//! read by 1.3: other values
//!   - nodes[0].scope = "a"
//!   written back: as in typical
//! ```

use bytes::Bytes;

use super::differences;
use super::wire::Wire;
use crate::fabric::release::Release;
use crate::harness::golden::Digest;
use crate::suite::subject::Subject;

/// How the first line of a reading begins.
const READ_BY: &str = "read by ";
/// How the line of what is written back begins.
const WRITTEN_BACK: &str = "  written back: ";
/// Bytes that are shown of what is written back; of more, the digest of their hex.
const HEX_MAX: usize = 40;
/// What is understood of bytes that are as one's own.
const THE_SAME_VALUE: &str = "the same value";
/// What is written back unless it is said.
const THE_SAME_BYTES: &str = "the same bytes";

/// What a line understands, and what it writes for what it has understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Who reads.
    pub reader: Release,
    /// What is understood, in one or more lines.
    pub understood: String,
    /// What is written for that; nothing if nothing was understood.
    pub written_back: Option<String>,
}

/// What a reader makes of a form: `value` in the bytes of `writer`. `name_of` knows the names of
/// the forms that a case has.
pub fn take<W: Wire>(
    wire: W,
    (value, bytes, writer): (&W::Value, &Bytes, Release),
    reader: Release,
    subject: &dyn Subject,
    name_of: impl Fn(&Bytes) -> Option<String>,
) -> Reading {
    let (as_reader, expected) = wire.as_read_by(value, reader);
    let alias = if as_reader.name() == wire.name() {
        String::new()
    } else {
        format!("as {}, ", as_reader.name())
    };
    let understood = match as_reader.decode(subject, bytes, reader) {
        Err(error) => {
            let understood = format!("refused: {alias}{error}");
            return Reading { reader, understood, written_back: None };
        }
        Ok(understood) => understood,
    };
    let words = if understood == expected {
        format!("{alias}{THE_SAME_VALUE}")
    } else {
        let json = |value, line| as_reader.to_json(value, line).unwrap_or_default();
        let (old, new) = (json(&expected, writer), json(&understood, reader));
        let lines = differences::lines(&old, &new);
        std::iter::once(format!("{alias}another value"))
            .chain(lines.iter().map(|line| format!("  {line}")))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let written_back = match as_reader.encode(subject, &understood, reader) {
        Err(refused) => format!("refused: {}", refused.text),
        Ok(back) if back == bytes => THE_SAME_BYTES.to_owned(),
        Ok(back) => match name_of(&back) {
            Some(name) => format!("as in {name}"),
            None => format!("other bytes, {}", change(bytes, &back)),
        },
    };
    Reading { reader, understood: words, written_back: Some(written_back) }
}

/// Words of a release as those of another: its name stands for that of the first.
pub fn renamed(words: &str, from: Release, to: Release) -> String {
    let (old, new) = (from.to_string(), to.to_string());
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    let mut text = String::new();
    for part in words.split_inclusive(|c| !is_name(c)) {
        let name = part.trim_end_matches(|c| !is_name(c));
        match part.strip_prefix(old.as_str()) {
            Some(rest) if name == old => text.extend([new.as_str(), rest]),
            _ => text.push_str(part),
        }
    }
    text
}

/// How bytes become others: what lies between the same beginning and the same end.
fn change(old: &[u8], new: &[u8]) -> String {
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) =
        (old.get(start..).unwrap_or_default(), new.get(start..).unwrap_or_default());
    let end = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let old_len = old_rest.len() - end;
    let new = new_rest.get(..new_rest.len() - end).unwrap_or_default();
    let hex = hex::encode(new);
    let becomes = match new.len() {
        0 => "go".to_owned(),
        len if len <= HEX_MAX => format!("become {hex}"),
        len => format!("become {len} with the SHA-256 {}", Digest::of(&hex)),
    };
    format!("{old_len} at {start} {becomes}")
}

impl Reading {
    /// Whether the value is understood, and written back in the same bytes.
    pub fn is_the_same(&self) -> bool {
        self.understood == THE_SAME_VALUE && self.written_back.as_deref() == Some(THE_SAME_BYTES)
    }

    /// The same of another reader, with its name where that of this one stands.
    pub fn of(&self, reader: Release) -> Self {
        let said = |words: &String| renamed(words, self.reader, reader);
        let (understood, written_back) =
            (said(&self.understood), self.written_back.as_ref().map(said));
        Self { reader, understood, written_back }
    }

    /// The lines of a fixture.
    pub fn write(&self) -> String {
        let mut text = format!("{READ_BY}{}: {}\n", self.reader, self.understood);
        match &self.written_back {
            Some(back) if back != THE_SAME_BYTES => {
                text.push_str(&format!("{WRITTEN_BACK}{back}\n"));
            }
            _ => {}
        }
        text
    }

    /// Reads the lines of a fixture, from the number of the first of them on.
    ///
    /// # Errors
    ///
    /// The number of the first line that does not belong, and why.
    pub fn read_all(text: &str, first_line: usize) -> Result<Vec<Self>, (usize, String)> {
        let mut readings: Vec<Self> = Vec::new();
        for (index, text) in text.lines().enumerate() {
            let wrong = |what: String| (first_line + index, what);
            if let Some(rest) = text.strip_prefix(READ_BY) {
                let (name, understood) = rest
                    .split_once(": ")
                    .ok_or_else(|| wrong("expected a release, a colon and words".to_owned()))?;
                let reader = name.parse().map_err(|error| wrong(format!("{error}")))?;
                let is_refused = understood.starts_with("refused: ");
                let written_back = (!is_refused).then(|| THE_SAME_BYTES.to_owned());
                let understood = understood.to_owned();
                readings.push(Self { reader, understood, written_back });
                continue;
            }
            let reading = readings
                .last_mut()
                .ok_or_else(|| wrong(format!("expected `{READ_BY}` and a release")))?;
            if let Some(back) = text.strip_prefix(WRITTEN_BACK) {
                reading.written_back = Some(back.to_owned());
            } else {
                reading.understood.push('\n');
                reading.understood.push_str(text);
            }
        }
        Ok(readings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_of_the_release_that_is_named() {
        let [old, new] = ["1.7", "1.6"].map(|name| name.parse().unwrap());
        let words = "1.7 has no field x, (1.7): see 1.7.3 and 11.7";
        assert_eq!(renamed(words, old, new), "1.6 has no field x, (1.6): see 1.7.3 and 11.7");
    }

    #[test]
    fn a_change_is_what_lies_between() {
        assert_eq!(change(&[1, 2, 3], &[1, 9, 8, 3]), "1 at 1 become 0908");
        assert_eq!(change(&[1, 1, 1], &[1, 1]), "1 at 2 go");
        assert_eq!(change(&[1], &[1, 2]), "0 at 1 become 02");
        assert!(change(&[], &[7; 41]).starts_with("0 at 0 become 41 with the SHA-256 "));
    }

    #[test]
    fn what_was_written_is_read() {
        let reader: Release = "1.6".parse().unwrap();
        let reading = |understood: &str, back: Option<&str>| Reading {
            reader,
            understood: understood.to_owned(),
            written_back: back.map(str::to_owned),
        };
        let readings = [
            reading("the same value", Some(THE_SAME_BYTES)),
            reading("another value\n  - a = 1", Some("as in typical")),
            reading("refused: because", None),
        ];
        let text: String = readings.iter().map(Reading::write).collect();
        assert_eq!(Reading::read_all(&text, 1).unwrap(), readings);
        assert_eq!(Reading::read_all("x", 5).unwrap_err().0, 5);
        assert_eq!(Reading::read_all("read by 1.6: a\nread by 9: b\n", 5).unwrap_err().0, 6);
        assert_eq!(Reading::read_all("read by 1.6\n", 5).unwrap_err().0, 5);
    }
}
