//! Which vector of a released server has the bytes of each fixture, as a text that lies beside the
//! vectors: a fixture is frozen, and what confirms it may grow.

use std::collections::{BTreeMap, HashSet};

use super::confirm::Evidence;
use super::fixture::{Fixture, REFUSED};
use super::wire::Wire;
use super::{envelope_wires, payload_wires};
use crate::harness::golden::{Snapshot, Store};

/// How the text explains itself.
const COMMENT: &str = "\
# Which bytes of a released server a golden fixture has: release, version, message and case of the
# first vector in this folder that has them, `-` where none has. Written by
# `skewproof golden bless --accept`, compared by `skewproof golden verify`.
";

/// What stands where no vector has the bytes.
const NONE: &str = "-";

/// The vector that has the bytes of each fixture; none where there is none.
pub type Witnesses = BTreeMap<String, Option<String>>;

/// Looks for the bytes of every fixture among those of released servers.
pub fn of(store: &Store, evidence: &Evidence) -> Witnesses {
    let mut witnesses = Witnesses::new();
    payload_wires().for_each(|wire| add(wire, store, evidence, &mut witnesses));
    envelope_wires().for_each(|wire| add(wire, store, evidence, &mut witnesses));
    witnesses
}

/// Adds the fixtures of one kind. One that cannot be read has no bytes: it is a finding elsewhere.
fn add<W: Wire>(wire: W, store: &Store, evidence: &Evidence, witnesses: &mut Witnesses) {
    let folder = wire.folder();
    let start = format!("{folder}/");
    let entries = store.entries.range(start.clone()..);
    for (name, entry) in entries.take_while(|(name, _)| name.starts_with(&start)) {
        let snapshot = Snapshot::read(&entry.file).ok().filter(|_| !name.ends_with(REFUSED));
        let Some(fixture) = snapshot.and_then(|it| Fixture::read(wire, &it).ok()) else { continue };
        let bytes = &fixture.bytes;
        let witness = fixture.lines.iter().find_map(|line| evidence.witness(&folder, *line, bytes));
        witnesses.insert(name.clone(), witness.map(str::to_owned));
    }
}

/// The text that says so.
pub fn write(witnesses: &Witnesses) -> String {
    let mut text = COMMENT.to_owned();
    for (name, witness) in witnesses {
        text.push_str(&format!("{name}: {}\n", witness.as_deref().unwrap_or(NONE)));
    }
    text
}

/// What a text says, fixture by fixture: of several lines of one fixture, the last.
pub fn read(text: &str) -> BTreeMap<&str, &str> {
    lines(text).filter_map(|(_, line)| line.split_once(": ")).collect()
}

/// The lines that say nothing, and those of a fixture that an earlier line has spoken of; each with its
/// number and what is wrong with it.
pub fn faults(text: &str) -> Vec<(usize, &str, &'static str)> {
    let mut named = HashSet::new();
    let faults = lines(text).filter_map(|(number, line)| {
        let what = match line.split_once(": ") {
            None => "it names no fixture and no vector",
            Some((name, _)) if !named.insert(name) => "another line is of this fixture",
            Some(_) => return None,
        };
        Some((number, line, what))
    });
    faults.collect()
}

/// The lines that are to say something, counted from 1.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let all = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    all.filter(|(_, line)| !line.starts_with('#') && !line.trim().is_empty())
}

/// A witness as the text has it.
pub fn word(witness: Option<&String>) -> &str {
    witness.map_or(NONE, String::as_str)
}
