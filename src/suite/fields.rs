//! Who knows what, field by field: messages, their fields and variants, the envelope, its enums, log
//! records, and the rules of behaviour, with the first and the last release. All of it follows from the
//! table of gates ([`crate::fabric::gates`]) and the shapes of the types.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use crate::fabric::catalogue::MessageType;
use crate::fabric::codec::shape::{ChoiceShape, RecordShape, Shape};
use crate::fabric::envelope::fields::{FieldRow, fields};
use crate::fabric::envelope::{EnumType, EnvelopeType};
use crate::fabric::gates::{self, GATES};
use crate::fabric::release::{Gate, Release, ReleaseNumber};
use crate::fabric::version::ProtocolVersion;
use crate::harness::report::Table;
use crate::suite::parting::join;
use crate::suite::speaker::{SpeakError, message_named};
use crate::suite::value::ValueType;

/// One thing that a release may know or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The message, the enum as `enum Swimlane`, or `rule` for what is no part of a message.
    pub owner: String,
    /// The field or variant in it, as `container.Logs.logs[].chain[].kind.sealed`; empty for the
    /// message as a whole.
    pub path: String,
    /// The number in protobuf, tag in bilrost, or number of the enum.
    pub number: Option<i64>,
    /// The key in flexbuffers.
    pub key: Option<&'static str>,
    gates: Vec<Gate>,
}

impl Known {
    /// Whether a release knows it, and all that it stands in.
    pub fn is_known_to(&self, release: Release) -> bool {
        self.gates.iter().all(|gate| gate.is_open(release))
    }

    /// Whether it stands behind a gate of the table.
    pub fn has_gate(&self, path: &str) -> bool {
        self.gates.contains(&gates::whole(path))
    }

    /// The first release that knows it.
    pub fn first(&self) -> ReleaseNumber {
        self.gates.iter().map(|gate| gate.first()).max().unwrap_or(ReleaseNumber::FIRST)
    }

    /// The last release that knows it.
    pub fn last(&self) -> ReleaseNumber {
        self.gates.iter().map(|gate| gate.last()).min().unwrap_or(ReleaseNumber::LAST)
    }
}

/// What is known of a message, of an enum, or of all; to one release, or at all.
///
/// # Errors
///
/// If there is no message, frame or enum of that name.
pub fn known(name: Option<&str>, release: Option<Release>) -> Result<Vec<Known>, SpeakError> {
    let mut found = all();
    if let Some(name) = name {
        let is_named = |known: &Known| known.owner == name || known.owner == format!("enum {name}");
        if !found.iter().any(is_named) {
            // Says what is wrong, and what it might be.
            let message = message_named(name)?.row().word();
            found.retain(|known| known.owner == message);
        } else {
            found.retain(is_named);
        }
    }
    found.retain(|known| release.is_none_or(|release| known.is_known_to(release)));
    Ok(found)
}

/// The same as a table.
///
/// # Errors
///
/// As [`known`].
pub fn table(name: Option<&str>, release: Option<Release>) -> Result<Table, SpeakError> {
    let row = |known: Known| {
        vec![
            known.owner.clone(),
            known.path.clone(),
            known.number.map_or_else(|| "-".to_owned(), |number| number.to_string()),
            known.key.unwrap_or("-").to_owned(),
            known.first().to_string(),
            known.last().to_string(),
        ]
    };
    let rows = known(name, release)?.into_iter().map(row).collect();
    let columns = ["in", "field or variant", "tag or number", "key", "first", "last"];
    Ok(Table { rows, ..Table::new("fields", columns) })
}

/// The rules that say nothing of what is read or written.
const NOT_OF_VALUES: [&str; 10] = [
    "acceptor.",
    "dialler.",
    "feature.",
    "limits.",
    "negotiation.",
    "quirk.",
    "refusal.",
    "session.",
    "switch.",
    "writes.",
];

/// The rules of what is in logs and in the metadata store, which messages carry unread.
const OF_WHAT_IS_KEPT: [&str; 9] = [
    "announcement.",
    "call_metadata.",
    "journal_entry.",
    "leader_metadata.",
    "panic.record_codec",
    "record_codec.",
    "record_form.",
    "source.",
    "timer.",
];

/// The rules of frames.
const OF_FRAMES: [&str; 3] = ["header.", "limits.", "services."];

/// What decides how a release treats values of a type: which of their gates are open, and which versions
/// it speaks. Two releases for which it is the same hold, write and read them alike.
pub fn kind(of: ValueType, release: Release) -> Vec<bool> {
    static GATES_OF: OnceLock<HashMap<ValueType, Vec<Gate>>> = OnceLock::new();
    let by_type = || ValueType::all().map(|of| (of, gates_of(of))).collect();
    let gates = GATES_OF.get_or_init(by_type).get(&of).map_or(&[][..], Vec::as_slice);
    let versions = ProtocolVersion::ALL.iter().map(|version| release.speaks(*version));
    gates.iter().map(|gate| gate.is_open(release)).chain(versions).collect()
}

/// The same of frames, and of what they are made of.
pub fn kind_of_frames(release: Release) -> Vec<bool> {
    static GATES_OF_FRAMES: LazyLock<Vec<Gate>> = LazyLock::new(|| {
        let mut walk = Walk::default();
        EnvelopeType::ALL.iter().for_each(|of| walk.frame(*of));
        EnumType::ALL.into_iter().for_each(|of| walk.numbers(of));
        distinct(walk, |path| begins(path, &OF_FRAMES))
    });
    // Which versions have a name is in the table of releases.
    let of = EnumType::ProtocolVersion;
    let names = of.table().iter().map(|row| of.name(release, row.number).is_some());
    GATES_OF_FRAMES.iter().map(|gate| gate.is_open(release)).chain(names).collect()
}

/// The gates that decide how values are held, written and read: those of all that is in them, and of
/// the rules and names of messages, which may be about any.
fn gates_of(of: ValueType) -> Vec<Gate> {
    let mut walk = Walk::default();
    MessageType::all().for_each(|other| walk.name(other));
    match of {
        ValueType::Message(message) => walk.message(message),
        kept => walk.kept(kept),
    }
    let is_message = matches!(of, ValueType::Message(_));
    distinct(walk, |path| {
        let is_of_others = is_message && begins(path, &OF_WHAT_IS_KEPT);
        !is_of_others && !begins(path, &NOT_OF_VALUES)
    })
}

/// The gates of what was found and of some rules, each once.
fn distinct(walk: Walk, is_about: impl Fn(&str) -> bool) -> Vec<Gate> {
    let rules = GATES.iter().filter(|row| row.is_rule() && is_about(row.path));
    let rules = rules.map(|row| gates::whole(row.path));
    let mut gates: Vec<Gate> = walk.found.into_iter().flat_map(|known| known.gates).collect();
    gates.extend(rules);
    gates.sort_by_key(|gate| (gate.first(), gate.last()));
    gates.dedup();
    gates
}

fn begins(path: &str, rules: &[&str]) -> bool {
    rules.iter().any(|rule| path.starts_with(rule))
}

/// What the row of a gate in the table is about; none if it has no row.
pub fn path_of(gate: Gate) -> Option<&'static str> {
    static ROWS: LazyLock<Vec<(Gate, &str)>> =
        LazyLock::new(|| GATES.iter().map(|row| (gates::whole(row.path), row.path)).collect());
    ROWS.iter().find(|(known, _)| *known == gate).map(|(_, path)| *path)
}

/// Everything, in the order of the tables.
pub fn all() -> Vec<Known> {
    let mut walk = Walk::default();
    for message in MessageType::all() {
        walk.message(message);
    }
    for of in EnvelopeType::ALL {
        walk.frame(*of);
    }
    EnumType::ALL.into_iter().for_each(|of| walk.numbers(of));
    ValueType::KEPT.into_iter().for_each(|of| walk.kept(of));
    walk.rules();
    walk.found
}

#[derive(Default)]
struct Walk {
    found: Vec<Known>,
    owner: String,
    gates: Vec<Gate>,
    /// The types that one is in, so that one that holds itself ends.
    inside: Vec<&'static str>,
}

impl Walk {
    fn add(&mut self, path: &str, number: Option<i64>, key: Option<&'static str>) {
        let (owner, gates) = (self.owner.clone(), self.gates.clone());
        self.found.push(Known { owner, path: path.to_owned(), number, key, gates });
    }

    fn message(&mut self, message: MessageType) {
        self.name(message);
        self.shape(message.shape(), "");
    }

    fn name(&mut self, message: MessageType) {
        let row = message.row();
        self.owner = row.word().to_owned();
        self.gates = vec![row.gate];
        self.add("", None, None);
    }

    fn shape(&mut self, shape: Shape, path: &str) {
        match shape.in_trees() {
            Shape::Optional(inner) | Shape::Wrapped(_, inner) => self.shape(*inner, path),
            Shape::List(inner) | Shape::Packed(inner) => self.shape(*inner, &format!("{path}[]")),
            Shape::Map(_, value) => self.shape(*value, &format!("{path}[]")),
            Shape::Tuple(shapes) => shapes.iter().for_each(|inner| self.shape(*inner, path)),
            Shape::Bare(fields) => {
                fields.iter().for_each(|(name, inner)| self.shape(*inner, &join(path, name)));
            }
            Shape::Record(record) => self.record(record, path),
            Shape::Choice(choice) => self.choice(choice, path),
            _ => {}
        }
    }

    fn record(&mut self, record: &'static RecordShape, path: &str) {
        self.within(record.name, |walk| {
            for field in record.fields {
                let path = join(path, field.field.name);
                let key = (!record.positional).then_some(field.field.key);
                walk.member(field.field.gate, |walk| {
                    walk.add(&path, field.tag.map(i64::from), key);
                    walk.shape(field.shape, &path);
                });
            }
        });
    }

    fn choice(&mut self, choice: &'static ChoiceShape, path: &str) {
        self.within(choice.name, |walk| {
            for variant in choice.variants {
                let path = join(path, variant.variant.name);
                walk.member(variant.variant.gate, |walk| {
                    walk.add(&path, variant.tag.map(i64::from), Some(variant.variant.name));
                    if let Some(shape) = variant.shape {
                        walk.shape(shape, &path);
                    }
                });
            }
        });
    }

    fn within(&mut self, name: &'static str, look: impl FnOnce(&mut Self)) {
        if !self.inside.contains(&name) {
            self.inside.push(name);
            look(self);
            self.inside.pop();
        }
    }

    fn member(&mut self, gate: Gate, look: impl FnOnce(&mut Self)) {
        self.gates.push(gate);
        look(self);
        self.gates.pop();
    }

    fn frame(&mut self, of: EnvelopeType) {
        self.owner = of.word().to_owned();
        self.gates = vec![of.gate()];
        self.add("", None, None);
        for FieldRow { number, name, gate, .. } in fields(of) {
            self.member(*gate, |walk| walk.add(name, Some(i64::from(*number)), None));
        }
    }

    fn numbers(&mut self, of: EnumType) {
        self.owner = format!("enum {of:?}");
        self.gates.clear();
        for row in of.table() {
            self.member(row.gate, |walk| walk.add(row.name, Some(i64::from(row.number)), None));
        }
    }

    /// What is kept in a log or in the metadata store.
    fn kept(&mut self, of: ValueType) {
        self.owner = of.name().to_owned();
        self.gates.clear();
        self.shape(of.shape(), "");
    }

    /// The rows of the table that are about no part of a message.
    fn rules(&mut self) {
        self.owner = "rule".to_owned();
        for row in GATES.iter().filter(|row| row.is_rule()) {
            self.gates = vec![gates::gate(row.path)];
            self.add(row.path, None, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every row of the table of gates is the gate of something.
    #[test]
    fn every_gate_is_seen() {
        let seen: Vec<Gate> = all().into_iter().flat_map(|known| known.gates).collect();
        for row in GATES {
            let gate = gates::gate(row.path);
            assert!(seen.contains(&gate), "{}: nothing has this gate", row.path);
        }
    }

    #[test]
    fn every_rule_that_kinds_name_is_one() {
        for rule in NOT_OF_VALUES.into_iter().chain(OF_WHAT_IS_KEPT).chain(OF_FRAMES) {
            assert!(GATES.iter().any(|row| row.is_rule() && row.path.starts_with(rule)), "{rule}");
        }
    }

    #[test]
    fn a_release_has_what_it_knows() {
        let has = |release: &str, path: &str| {
            let known = known(Some("MetadataUpdate"), Some(release.parse().unwrap())).unwrap();
            known.iter().any(|known| known.path == path)
        };
        assert!(has("1.4.2", "container.Logs.logs[].state"));
        assert!(!has("1.4.3", "container.Logs.logs[].state"));
        assert!(!has("1.3.2", "container"));
        assert!(known(Some("Hallo"), None).is_err());
        let lanes = known(Some("Swimlane"), Some("1.6".parse().unwrap())).unwrap();
        assert_eq!(lanes.len(), 4);
    }
}
