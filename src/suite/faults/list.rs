//! The list of known faults: a JSON array with an object for each.
//!
//! ```text
//! { "number": string,    its number in 04 A, as "R30", in 09 §8, as "L9", or that of the quirk
//!   "releases": string,  the releases that have it, as "1.4", "1.4 to 1.6.0"
//!   "with": string,      the releases that it shows with; left out if with all
//!   "severity": string,  what users notice at worst (08), as "requests"
//!   "issue": string,     the public issue or pull request; left out if there is none
//!   "note": string,      what is to be known of it, with the section of the specification
//!   "script": string,    the script of sessions that shows it
//!   "kinds": [string],   the kinds of violations by which upgrades show it
//!   "words": [string],   how these begin; left out if anyhow
//!   "plan": string }     the plan of an upgrade that shows all of these kinds
//! ```

use std::fmt;

use serde_json::Value as Json;
use thiserror::Error;

use crate::fabric::release::Release;
use crate::harness::json;
use crate::suite::members::Members;
use crate::suite::releases::Releases;

/// What users notice of a fault at worst (08).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing.
    None,
    /// An error in a log.
    Log,
    /// All goes on, not as well as it should.
    Degraded,
    /// Requests fail.
    Requests,
    /// Partitions make no progress on a node.
    Partition,
    /// A process ends.
    Node,
    /// Data is lost, wrong, or executed twice.
    Data,
}

impl Severity {
    /// All of them with their words, from the least to the worst.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::None, "none"),
        (Self::Log, "log"),
        (Self::Degraded, "degraded"),
        (Self::Requests, "requests"),
        (Self::Partition, "partition"),
        (Self::Node, "node"),
        (Self::Data, "data"),
    ];

    /// What it means to users, in a few words.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Data => "data lost, wrong or executed twice",
            Self::Node => "a process ends",
            Self::Partition => "partitions stop on a node",
            Self::Requests => "requests fail",
            Self::Degraded => "something works worse",
            Self::Log => "an error in a log",
            Self::None => "nothing",
        }
    }

    /// The severity that a word names.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == word).map(|(severity, _)| severity)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.into_iter().find(|(it, _)| it == self).map_or("", |(_, word)| word))
    }
}

/// How simulated upgrades show a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InUpgrades {
    /// By which kinds of violations.
    pub kinds: Vec<String>,
    /// How these begin, in words; none is anyhow.
    pub words: Vec<String>,
    /// The plan that shows all of these kinds.
    pub plan: String,
}

/// One known fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Its number in 04 A or 09 §8, or that of the quirk.
    pub number: String,
    /// The releases that have it.
    pub releases: Releases,
    /// The releases that it shows with; none is all.
    pub with: Option<Releases>,
    /// What users notice at worst.
    pub severity: Severity,
    /// The public issue or pull request, where there is one.
    pub issue: Option<String>,
    /// What is to be known of it.
    pub note: String,
    /// The script of sessions that shows it.
    pub script: Option<String>,
    /// How upgrades show it.
    pub upgrades: Option<InUpgrades>,
}

impl Fault {
    /// Whether a violation of a kind, in these words, between nodes of these releases is this fault in
    /// an upgrade.
    pub fn explains(&self, kind: &str, words: &str, between: [Release; 2]) -> bool {
        let with = |other| self.with.as_ref().is_none_or(|with| with.has(other));
        let [one, other] = between;
        let is_between = |has, with_it| self.releases.has(has) && with(with_it);
        self.upgrades.as_ref().is_some_and(|it| {
            it.kinds.iter().any(|known| known == kind)
                && (it.words.is_empty() || it.words.iter().any(|known| words.starts_with(known)))
        }) && (is_between(one, other) || is_between(other, one))
    }

    fn read(json: &Json) -> Result<Self, String> {
        let members = Members::of(json, &MEMBERS)?;
        let fault = Self {
            number: members.text("number")?,
            releases: members.releases("releases")?,
            with: members.optional_releases("with")?,
            severity: members.severity()?,
            issue: members.optional("issue")?,
            note: members.text("note")?,
            script: members.optional("script")?,
            upgrades: in_upgrades(&members)?,
        };
        if fault.script.is_none() && fault.upgrades.is_none() {
            return Err(format!("nothing shows {}", fault.number));
        }
        Ok(fault)
    }
}

/// The members of an entry.
const MEMBERS: [&str; 10] =
    ["number", "releases", "with", "severity", "issue", "note", "script", "kinds", "words", "plan"];

/// How upgrades show a fault, if a plan says so.
fn in_upgrades(members: &Members<'_>) -> Result<Option<InUpgrades>, String> {
    let Some(plan) = members.optional("plan")? else { return Ok(None) };
    let kinds = members.texts("kinds")?;
    if kinds.is_empty() {
        return Err("\"kinds\" is missing".to_owned());
    }
    Ok(Some(InUpgrades { kinds, words: members.texts("words")?, plan }))
}

/// Why a text is no list of known faults.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ListError {
    /// It is no JSON, or no array.
    #[error("not a JSON array: {0}")]
    NotAnArray(String),
    /// An entry is not as it should be.
    #[error("entry {index}: {problem}")]
    Entry {
        /// Which one, from 1.
        index: usize,
        /// What is wrong.
        problem: String,
    },
}

/// Reads a list.
///
/// # Errors
///
/// If the text is no JSON array, an entry is not as described above, or two have one number.
pub fn read(text: &str) -> Result<Vec<Fault>, ListError> {
    let json = json::read(text).map_err(|error| ListError::NotAnArray(error.to_string()))?;
    let Json::Array(entries) = json else {
        return Err(ListError::NotAnArray("it is something else".to_owned()));
    };
    let mut list: Vec<Fault> = Vec::new();
    for (at, json) in entries.iter().enumerate() {
        let wrong = |problem| ListError::Entry { index: at + 1, problem };
        let fault = Fault::read(json).map_err(wrong)?;
        if list.iter().any(|known| known.number == fault.number) {
            return Err(wrong(format!("{} is there twice", fault.number)));
        }
        list.push(fault);
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str =
        r#"{"number":"R1","releases":"1.4 to 1.6.0","severity":"none","note":"n","script":"s"}"#;

    #[test]
    fn what_is_wrong_with_a_list_is_said() {
        assert_eq!(read(&format!("[{ENTRY}]")).unwrap().len(), 1);
        let wrong = |text: &str| read(text).unwrap_err().to_string();
        assert!(wrong("{}").starts_with("not a JSON array"));
        assert_eq!(wrong(&format!("[{ENTRY},{ENTRY}]")), "entry 2: R1 is there twice");
        for (from, to, said) in [
            ("1.4 to", "1.x to", "\"releases\" names no releases: \"1.x to 1.6.0\""),
            ("none", "dire", "there is no severity \"dire\""),
            ("\"n\"", "\" \"", "\"note\" is no text"),
            ("script", "skript", "there is no member \"skript\""),
            ("\"s\"", "1", "\"script\" is no text"),
            ("\"script\":\"s\"", "\"plan\":\"n1:1.3\"", "\"kinds\" is missing"),
            (",\"script\":\"s\"", "", "nothing shows R1"),
            ("\"number\":\"R1\",", "", "\"number\" is missing"),
        ] {
            let text = format!("[{}]", ENTRY.replace(from, to));
            assert_eq!(wrong(&text), format!("entry 1: {said}"));
        }
    }
}
