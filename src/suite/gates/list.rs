//! The list of expected findings: a JSON array with an object for each, in the order of the audit.
//!
//! ```text
//! { "finding": string,   its address, as "V1/PartitionProcessorRpcRequest/inner.CancelInvocation"
//!   "change": string,    what changed between the lines, as "variant added"
//!   "pairs": string,     who sends to whom, as "1.4 to 1.2, 1.3"
//!   "outcome": string,   "refused", "altered" or "dropped"
//!   "reason": string,    what the receiver says or reads
//!   "note": string,      why this is accepted, with the section of the specification
//!   "issue": string }    the public issue or pull request; left out if there is none
//! ```

use serde_json::{Map, Value as Json};
use thiserror::Error;

use super::finding::GateFinding;
use crate::harness::json::{self, JsonError};

/// The members that every entry has.
const MEMBERS: [&str; 6] = ["finding", "change", "pairs", "outcome", "reason", "note"];
/// The member that it may have.
const ISSUE: &str = "issue";

/// One expected finding, as it is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Its address.
    pub finding: String,
    /// What changed.
    pub change: String,
    /// Who sends to whom.
    pub pairs: String,
    /// What the receiver does.
    pub outcome: String,
    /// What the receiver says or reads.
    pub reason: String,
    /// Why this is accepted; empty until somebody has written it.
    pub note: String,
    /// The public issue or pull request, where there is one.
    pub issue: Option<String>,
}

/// Why a text is no list of expected findings.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {problem}")]
pub struct ListError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
}

impl Expected {
    /// A finding as an entry, without a note.
    pub fn of(finding: &GateFinding) -> Self {
        Self {
            finding: finding.address(),
            change: finding.change.to_string(),
            pairs: finding.pairs_in_words(),
            outcome: finding.outcome.to_string(),
            reason: finding.reason.clone(),
            note: String::new(),
            issue: None,
        }
    }

    /// Whether it is about the same thing, whatever it says of it.
    pub fn is_about(&self, other: &Self) -> bool {
        (&self.finding, &self.change) == (&other.finding, &other.change)
    }

    fn read(json: &Json) -> Result<Self, String> {
        let members = json.as_object().ok_or("an entry is an object")?;
        let is_known = |name: &&String| MEMBERS.contains(&name.as_str()) || *name == ISSUE;
        if let Some(stranger) = members.keys().find(|name| !is_known(name)) {
            return Err(format!("an entry has no member {stranger:?}"));
        }
        let text = |name: &str| -> Result<String, String> {
            let value = members.get(name).ok_or_else(|| format!("{name:?} is missing"))?;
            value.as_str().map(str::to_owned).ok_or_else(|| format!("{name:?} is no text"))
        };
        Ok(Self {
            finding: text("finding")?,
            change: text("change")?,
            pairs: text("pairs")?,
            outcome: text("outcome")?,
            reason: text("reason")?,
            note: text("note")?,
            issue: members.contains_key(ISSUE).then(|| text(ISSUE)).transpose()?,
        })
    }

    /// The entry, member by member in the order of reading.
    fn write(&self) -> String {
        let values =
            [&self.finding, &self.change, &self.pairs, &self.outcome, &self.reason, &self.note];
        let issue = self.issue.iter().map(|issue| (ISSUE, issue));
        let members: Vec<String> = MEMBERS
            .into_iter()
            .zip(values)
            .chain(issue)
            .map(|(name, value)| format!("    \"{name}\": {}", Json::from(value.as_str())))
            .collect();
        format!("  {{\n{}\n  }}", members.join(",\n"))
    }
}

/// Reads a list.
///
/// # Errors
///
/// If the text is not JSON, an entry is not as described above, or two are about the same thing.
pub fn read(text: &str) -> Result<Vec<Expected>, ListError> {
    let not_json = |error: JsonError| ListError {
        line: error.line().max(1),
        problem: format!("not JSON: {error}"),
    };
    let json: Json = json::read(text).map_err(not_json)?;
    let Some(entries) = json.as_array() else {
        return Err(ListError { line: 1, problem: "expected an array of entries".to_owned() });
    };
    let mut list: Vec<Expected> = Vec::new();
    for (index, json) in entries.iter().enumerate() {
        let wrong = |problem| ListError { line: line_of(text, index), problem };
        let entry = Expected::read(json).map_err(wrong)?;
        if list.iter().any(|known| known.is_about(&entry)) {
            return Err(wrong(format!("{} ({}) is there twice", entry.finding, entry.change)));
        }
        list.push(entry);
    }
    Ok(list)
}

/// Writes a list.
pub fn write(list: &[Expected]) -> String {
    let entries: Vec<String> = list.iter().map(Expected::write).collect();
    if entries.is_empty() { "[]\n".to_owned() } else { format!("[\n{}\n]\n", entries.join(",\n")) }
}

/// The line on which an element of the outermost array begins.
fn line_of(text: &str, index: usize) -> usize {
    let (mut line, mut depth, mut seen) = (1, 0, 0);
    let (mut is_text, mut is_escaped, mut is_awaited) = (false, false, false);
    for c in text.chars() {
        if depth == 1 && is_awaited && !c.is_whitespace() && c != ']' {
            if seen == index {
                return line;
            }
            seen += 1;
            is_awaited = false;
        }
        match c {
            '\n' => line += 1,
            _ if is_escaped => is_escaped = false,
            '\\' if is_text => is_escaped = true,
            '"' => is_text = !is_text,
            _ if is_text => {}
            '[' | '{' => {
                depth += 1;
                is_awaited |= depth == 1;
            }
            ']' | '}' => depth -= 1,
            ',' if depth == 1 => is_awaited = true,
            _ => {}
        }
    }
    line
}

/// A JSON object of an entry: what programs read of it.
pub(super) fn to_json(entry: &Expected) -> Json {
    let mut members = Map::new();
    let values =
        [&entry.finding, &entry.change, &entry.pairs, &entry.outcome, &entry.reason, &entry.note];
    for (name, value) in MEMBERS.into_iter().zip(values) {
        members.insert(name.to_owned(), Json::from(value.as_str()));
    }
    members.insert(ISSUE.to_owned(), Json::from(entry.issue.clone()));
    Json::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(finding: &str) -> Expected {
        Expected {
            finding: finding.to_owned(),
            change: "variant added".to_owned(),
            pairs: "1.4 to 1.2, 1.3".to_owned(),
            outcome: "refused".to_owned(),
            reason: "unknown variant \"a, [b] {c\\\" of E".to_owned(),
            note: "because".to_owned(),
            issue: None,
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        let list = [entry("V1/A"), Expected { issue: Some("#1".to_owned()), ..entry("V1/B") }];
        assert_eq!(read(&write(&list)).unwrap(), list);
        assert_eq!(read(&write(&[])).unwrap(), []);
    }

    #[test]
    fn what_is_wrong_has_a_line() {
        let error = |text: &str| {
            let ListError { line, problem } = read(text).unwrap_err();
            (line, problem)
        };
        let text = write(&[entry("V1/A"), entry("V1/B"), entry("V1/C")]);
        let third = 18;
        assert!(text.lines().nth(third - 1).unwrap().contains('{'), "{text}");
        let (line, problem) = error(&text.replace("V1/C", "V1/A"));
        assert_eq!((line, problem.as_str()), (third, "V1/A (variant added) is there twice"));
        let stranger = text.replace("\"finding\": \"V1/C\"", "\"finder\": \"V1/C\"");
        assert_eq!(error(&stranger), (third, "an entry has no member \"finder\"".to_owned()));
        let missing = text.replace("    \"finding\": \"V1/C\",\n", "");
        assert_eq!(error(&missing), (third, "\"finding\" is missing".to_owned()));
        let number = text.replace("\"V1/C\"", "3");
        assert_eq!(error(&number), (third, "\"finding\" is no text".to_owned()));
        let (line, problem) = error(&text.replace("\"V1/B\"", "V1/B"));
        assert_eq!(line, 11);
        assert!(problem.starts_with("not JSON: "), "{problem}");
        assert_eq!(error("{}"), (1, "expected an array of entries".to_owned()));
        assert_eq!(error("[\n\n3]"), (3, "an entry is an object".to_owned()));
        assert_eq!(error("").0, 1);
    }
}
