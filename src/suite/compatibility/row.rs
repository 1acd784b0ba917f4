//! One row of the table: something that one release writes and another meets, and what users notice.
//!
//! ```text
//! { "id": string,        its name; an id of 08 or a number of 04 A where there is one
//!   "kind": string,      what it is, as "payload", "log record", "sql"
//!   "from": string,      the releases that write or send it, as "from 1.7", "1.4 to 1.6.0"
//!   "to": string,        the releases that meet it and do not take it as it is meant
//!   "both": true,        if it is so in either direction; left out if not
//!   "moves": [string],   the questions that it matters for, of "together", "upgrade", "back"; left
//!                        out if all
//!   "what": string,      the thing, in a few words
//!   "sent": string,      whether anybody sends it, as "always", "action", "never"
//!   "when": string,      when, in words
//!   "reader": string,    what the receiver does
//!   "user": string,      what a user notices, as a sentence
//!   "severity": string,  how bad that is, as in the list of known faults
//!   "avoid": string,     what avoids it; left out if nothing does, or nothing has to
//!   "fixed": string,     the release that has it no more; left out if none
//!   "issue": string,     the public issue or pull request; left out if there is none
//!   "section": string,   the place in the specification
//!   "show": string,      the command that shows it, without the program, with {writer} and {reader}
//!                        for the releases; left out where another follows from the row
//!   "findings": [string] the findings of the audit of gates that it is about, without the version;
//!                        left out if bytes of payloads do not show it }
//! ```
//!
//! Releases are ranges: a new line that changes nothing changes nothing here.

use serde_json::Value as Json;
use thiserror::Error;

use crate::fabric::catalogue::MessageType;
use crate::fabric::release::Release;
use crate::harness::json;
use crate::suite::faults::{self, Severity};
use crate::suite::log_records;
use crate::suite::members::Members;
use crate::suite::releases::Releases;

/// A closed set of values with the words by which the table names them.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$of])* $variant),* }

        impl $name {
            /// All of them, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word of the table.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }
    };
}

words! {
    /// What a row is about.
    Kind {
        /// Handshakes, connections and frames.
        Session "session",
        /// Messages and their values.
        Payload "payload",
        /// Bodies of records in the logs of partitions, which the fabric carries unread.
        LogRecord "log record",
        /// Documents that several releases read, change and write back, and what servers agree on.
        Metadata "metadata",
        /// SQL scans of one node by another.
        Sql "sql",
        /// What happens while a cluster goes from 1.3 to 1.4.
        Roll "roll",
        /// What a newer release leaves in its data directory.
        Storage "storage",
        /// What a binary refuses when it starts.
        Start "start",
        /// A fault that a release has by itself, whoever is beside it.
        Release "release",
        /// A build that was no release, and that no cluster should have.
        Candidate "candidate",
        /// What to do before the first node moves.
        Policy "policy",
    }
}

words! {
    /// Whether anybody sends it.
    Sent {
        /// By itself, sooner or later in every cluster.
        Always "always",
        /// By itself, when something else happens at the moment.
        Sometimes "sometimes",
        /// By whoever uses an ordinary feature.
        Feature "feature",
        /// When a user or an operator does something.
        Action "action",
        /// When somebody has switched on what is off by default.
        Switch "switch",
        /// As good as never: counts for no verdict.
        Hardly "hardly",
        /// By no release: counts for no verdict.
        Never "never",
    }
}

words! {
    /// A question about two releases.
    Move {
        /// May nodes of both be in one cluster?
        Together "together",
        /// May a cluster of the older go to the newer, node by node?
        Upgrade "upgrade",
        /// May a cluster of the newer go to the older, node by node?
        Back "back",
    }
}

impl Sent {
    /// When it happens, in a few words.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Always => "by itself",
            Self::Sometimes => "now and then",
            Self::Feature => "if somebody uses it",
            Self::Action => "if somebody does it",
            Self::Switch => "if it is switched on",
            Self::Hardly => "hardly ever",
            Self::Never => "never",
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub id: String,
    /// What it is about.
    pub kind: Kind,
    /// The releases that write or send it.
    pub from: Releases,
    /// The releases that meet it and do not take it as it is meant.
    pub to: Releases,
    /// Whether it is so in either direction.
    pub is_mutual: bool,
    /// The questions that it matters for.
    pub moves: Vec<Move>,
    /// The thing, in a few words.
    pub what: String,
    /// Whether anybody sends it.
    pub sent: Sent,
    /// When, in words.
    pub when: String,
    /// What the receiver does.
    pub reader: String,
    /// What a user notices, as a sentence.
    pub user: String,
    /// How bad that is.
    pub severity: Severity,
    /// What avoids it, as a sentence.
    pub avoid: Option<String>,
    /// The release that has it no more.
    pub fixed: Option<String>,
    /// The public issue or pull request.
    pub issue: Option<String>,
    /// The place in the specification.
    pub section: String,
    /// The command that shows it, where none follows from the rest.
    pub show: Option<String>,
    /// The findings of the audit of gates that it is about, without the version.
    pub findings: Vec<String>,
}

impl Row {
    /// Whether the first writes it and the second meets it.
    pub fn holds(&self, writer: Release, reader: Release) -> bool {
        let is_between = |from, to| self.from.has(from) && self.to.has(to);
        is_between(writer, reader) || (self.is_mutual && is_between(reader, writer))
    }

    /// Whether it is about a finding of the audit of gates, by its address without the version.
    pub fn is_about(&self, address: &str) -> bool {
        self.findings.iter().any(|finding| finding == address)
    }

    /// Whether it can happen.
    pub fn is_sent(&self) -> bool {
        self.sent < Sent::Hardly
    }

    /// Whether it can happen, and somebody notices.
    pub fn counts(&self) -> bool {
        self.is_sent() && self.severity > Severity::Log
    }

    /// Whether it takes a switch that is off by default.
    pub fn is_off(&self) -> bool {
        self.sent == Sent::Switch
    }

    /// Whether it happens by itself, and takes more than requests.
    pub fn breaks(&self) -> bool {
        self.sent == Sent::Always && self.severity >= Severity::Partition
    }

    /// Whether requests fail by themselves, and nothing worse.
    pub fn interrupts(&self) -> bool {
        self.sent == Sent::Always && self.severity == Severity::Requests
    }

    /// The command that shows it between two releases, to paste.
    pub fn shown_by(&self, writer: Release, reader: Release) -> String {
        let command = self.command().unwrap_or_else(|| format!("list skew {}", self.id));
        // Up to 1.3 one message asks for metadata and brings it.
        let metadata = match MessageType::MetadataMessage.row().is_known_to(writer) {
            true => MessageType::MetadataMessage,
            false => MessageType::MetadataUpdate,
        };
        let [writer, reader] = [writer, reader].map(|release| release.exact_name());
        let command = command.replace("{writer}", &writer).replace("{reader}", &reader);
        format!("skewproof {command}").replace("{metadata}", metadata.name())
    }

    /// Whether nothing shows it but the table.
    pub fn is_only_listed(&self) -> bool {
        self.command().is_none()
    }

    /// The command that shows it, but for the names of the releases.
    fn command(&self) -> Option<String> {
        if let Some(show) = &self.show {
            return Some(show.clone());
        }
        if let Some(row) = log_records::show(&self.id) {
            return Some(format!("records {}", row.id));
        }
        if self.kind == Kind::LogRecord {
            return Some(RECORDS.to_owned());
        }
        match self.findings.first().and_then(|it| it.split('/').next()) {
            Some("LogRecord") => return Some(RECORDS.to_owned()),
            Some("EpochMetadata") => return Some("gates --message EpochMetadata".to_owned()),
            Some(message) => {
                let is_metadata = message == MessageType::MetadataUpdate.name();
                let message = if is_metadata { "{metadata}" } else { message };
                return Some(format!(
                    "matrix --from {{writer}} --to {{reader}} --message {message}"
                ));
            }
            None => {}
        }
        let fault = faults::numbered(&self.id)?;
        let script = fault.script.as_ref().map(|script| format!("session {script}"));
        let plan = fault.upgrades.as_ref().map(|it| format!("upgrade --plan '{}'", it.plan));
        script.or(plan)
    }

    fn read(json: &Json) -> Result<Self, String> {
        let members = Members::of(json, &MEMBERS)?;
        let moves = members.texts("moves")?;
        let moves: Result<Vec<Move>, _> =
            moves.iter().map(|it| named("moves", it, Move::ALL, Move::word)).collect();
        let moves = moves?;
        Ok(Self {
            id: members.text("id")?,
            kind: named("kind", &members.text("kind")?, Kind::ALL, Kind::word)?,
            from: members.releases("from")?,
            to: members.releases("to")?,
            is_mutual: members.flag("both")?,
            moves: if moves.is_empty() { Move::ALL.to_vec() } else { moves },
            what: members.text("what")?,
            sent: named("sent", &members.text("sent")?, Sent::ALL, Sent::word)?,
            when: members.text("when")?,
            reader: members.text("reader")?,
            user: members.text("user")?,
            severity: members.severity()?,
            avoid: members.optional("avoid")?,
            fixed: members.optional("fixed")?,
            issue: members.optional("issue")?,
            section: members.text("section")?,
            show: members.optional("show")?,
            findings: members.texts("findings")?,
        })
    }
}

fn named<T: Copy>(
    member: &str,
    word: &str,
    all: &[T],
    of: fn(T) -> &'static str,
) -> Result<T, String> {
    let found = all.iter().find(|it| of(**it) == word).copied();
    found.ok_or_else(|| format!("{member:?} is none that there is: {word:?}"))
}

/// The command that shows all records of one release as another reads them.
const RECORDS: &str = "records {writer} {reader}";

/// The members of a row.
const MEMBERS: [&str; 18] = [
    "id", "kind", "from", "to", "both", "moves", "what", "sent", "when", "reader", "user",
    "severity", "avoid", "fixed", "issue", "section", "show", "findings",
];

/// Why a text is no table.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TableError {
    /// It is no JSON, or no array.
    #[error("not a JSON array: {0}")]
    NotAnArray(String),
    /// A row is not as it should be.
    #[error("row {index}: {problem}")]
    Row {
        /// Which one, from 1.
        index: usize,
        /// What is wrong.
        problem: String,
    },
}

/// Reads a table.
///
/// # Errors
///
/// If the text is no JSON array, a row is not as described above, or two have one id.
pub fn read(text: &str) -> Result<Vec<Row>, TableError> {
    let json = json::read(text).map_err(|error| TableError::NotAnArray(error.to_string()))?;
    let Json::Array(rows) = json else {
        return Err(TableError::NotAnArray("it is something else".to_owned()));
    };
    let mut table: Vec<Row> = Vec::new();
    for (at, json) in rows.iter().enumerate() {
        let wrong = |problem| TableError::Row { index: at + 1, problem };
        let row = Row::read(json).map_err(wrong)?;
        if table.iter().any(|known| known.id == row.id) {
            return Err(wrong(format!("{} is there twice", row.id)));
        }
        table.push(row);
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = r#"{"id":"a","kind":"sql","from":"from 1.5","to":"1.4","both":true,
        "moves":["back"],"what":"w","sent":"always","when":"w","reader":"r","user":"u",
        "severity":"requests","section":"08 §3.3","findings":["M/f"]}"#;

    #[test]
    fn a_row_holds_between_its_releases() {
        let row = &read(&format!("[{ROW}]")).unwrap()[0];
        let holds = |from: &str, to: &str| row.holds(from.parse().unwrap(), to.parse().unwrap());
        assert!(holds("1.5", "1.4.0") && holds("1.4", "1.6") && !holds("1.5", "1.6"));
        assert_eq!((row.counts(), row.breaks(), &row.moves[..]), (true, false, &[Move::Back][..]));
    }

    #[test]
    fn what_is_wrong_with_a_table_is_said() {
        let wrong = |text: &str| read(text).unwrap_err().to_string();
        assert!(wrong("{}").starts_with("not a JSON array"));
        assert_eq!(wrong(&format!("[{ROW},{ROW}]")), "row 2: a is there twice");
        for (from, to, said) in [
            ("from 1.5", "from", "\"from\" names no releases: \"from\""),
            ("\"sql\"", "\"sqi\"", "\"kind\" is none that there is: \"sqi\""),
            ("always", "now", "\"sent\" is none that there is: \"now\""),
            ("\"back\"", "\"off\"", "\"moves\" is none that there is: \"off\""),
            ("requests\"", "dire\"", "there is no severity \"dire\""),
            ("\"u\"", "\" \"", "\"user\" is no text"),
            ("\"both\":true", "\"both\":\"yes\"", "\"both\" is true or left out"),
            ("findings", "finding", "there is no member \"finding\""),
            ("[\"M/f\"]", "[1]", "\"findings\" has what is no text"),
            ("\"what\":\"w\",", "", "\"what\" is missing"),
        ] {
            assert_eq!(wrong(&format!("[{}]", ROW.replace(from, to))), format!("row 1: {said}"));
        }
    }
}
