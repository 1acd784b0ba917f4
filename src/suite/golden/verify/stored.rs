//! The stored fixtures of one kind of bytes, and the verdicts on them.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    BACK, DECODES, ENCODES, INTACT, OTHERS, Objection, Planned, REFUSES, Verifier, damaged, same,
    same_text,
};
use crate::fabric::release::Release;
use crate::harness::golden::Snapshot;
use crate::suite::golden::confirm::top_of;
use crate::suite::golden::differences;
use crate::suite::golden::fixture::{
    CASE, Damage, Fixture, REFUSED, REFUSED_BY, Refusals, VALUE, WRITTEN_BY,
};
use crate::suite::golden::later::is_later;
use crate::suite::golden::reading::Reading;
use crate::suite::golden::wire::Wire;
use crate::suite::golden::{self, Siblings};

/// What the store has of a kind.
pub struct Stored<V> {
    /// Bytes of values.
    forms: BTreeMap<String, Fixture<V>>,
    /// Who refuses what.
    refusals: BTreeMap<String, Refusals<V>>,
    /// Files that cannot be read: they are findings already.
    damaged: BTreeSet<String>,
    /// Fixtures that samples make.
    pub planned: BTreeSet<String>,
    /// Whether each file in scope is what was written. It is said last: if bytes have changed, the
    /// words about them have changed with them, and the bytes are what matters.
    intact: Vec<(String, Result<(), Objection>)>,
}

impl<V: Clone + PartialEq> Stored<V> {
    /// Reads the fixtures in the folder of a kind. All of them are read, whatever is in scope: they
    /// refer to each other.
    pub fn read<W: Wire<Value = V>>(wire: W, verifier: &mut Verifier<'_>) -> Self {
        let mut stored = Self {
            forms: BTreeMap::new(),
            refusals: BTreeMap::new(),
            damaged: BTreeSet::new(),
            planned: BTreeSet::new(),
            intact: Vec::new(),
        };
        let folder = format!("{}/", wire.folder());
        let store = verifier.store;
        let entries = store.entries.range(folder.clone()..);
        for (name, entry) in entries.take_while(|(name, _)| name.starts_with(&folder)) {
            let read = Snapshot::read(&entry.file).map_err(Damage::from).and_then(|snapshot| {
                let written = if name.ends_with(REFUSED) {
                    let refusals = Refusals::read(wire, &snapshot)?;
                    let written = refusals.write(wire);
                    stored.refusals.insert(name.clone(), refusals);
                    written
                } else {
                    let fixture = Fixture::read(wire, &snapshot)?;
                    let written = fixture.write(wire);
                    stored.forms.insert(name.clone(), fixture);
                    written
                };
                let requirement = "a fixture is what was written, in every line";
                Ok(same_text(requirement, &written, &snapshot))
            });
            if read.is_err() {
                stored.damaged.insert(name.clone());
            }
            if !verifier.scope.includes(name) {
                continue;
            }
            let result = read.unwrap_or_else(|damage| Err(damaged(&damage, &entry.file)));
            stored.intact.push((name.clone(), result));
        }
        stored
    }

    /// Whether the store has the fixture that a sample makes, in this file.
    pub fn is_as_planned(
        &self,
        name: &str,
        case: &str,
        planned: &Planned<V>,
        file: &str,
    ) -> Result<(), Objection> {
        let missing = || Objection::new("every sample has its fixture", "a fixture", "none");
        if self.damaged.contains(name) {
            return Ok(());
        }
        let (stored_case, is_same, expected, actual, last) = match planned {
            Planned::Form(form) => {
                let stored = self.forms.get(name).ok_or_else(missing)?;
                let is_same = stored.value == form.value;
                // A later line that has a form of its own reads this one.
                let is_named = |line: &&Release| !is_later(**line) || form.lines.contains(*line);
                let named: Vec<_> = stored.lines.iter().filter(is_named).copied().collect();
                (&stored.case, is_same, names(&form.lines), names(&named), WRITTEN_BY)
            }
            Planned::Refused(refused) => {
                let stored = self.refusals.get(name).ok_or_else(missing)?;
                let is_same = stored.value == refused.value;
                let lines = |it: &Refusals<V>| {
                    names(&it.refusals.iter().map(|(line, _)| *line).collect::<Vec<_>>())
                };
                (&stored.case, is_same, lines(refused), lines(stored), REFUSED_BY)
            }
        };
        let differs = |requirement, expected: &str, actual: &str, start: &str| {
            let found = file.lines().enumerate().filter(|(_, line)| line.starts_with(start)).last();
            let place = Some(format!("line {}", found.map_or(1, |(index, _)| index + 1)));
            Err(Objection { place, ..Objection::new(requirement, expected, actual) })
        };
        if stored_case != case {
            return differs("a fixture has the case of its name", case, stored_case, CASE);
        }
        if !is_same {
            let requirement = "a fixture has the value of its sample";
            return differs(requirement, "the sample", "another value", VALUE);
        }
        if expected != actual {
            let requirement = "a fixture names every line that it stands for";
            return differs(requirement, &expected, &actual, last);
        }
        Ok(())
    }

    /// Verifies what was read.
    pub fn verify<W: Wire<Value = V>>(self, wire: W, verifier: &mut Verifier<'_>) {
        let known = self.planned.iter().filter(|name| {
            self.forms.contains_key(*name)
                || self.refusals.contains_key(*name)
                || self.damaged.contains(*name)
        });
        for name in known.filter(|name| verifier.scope.includes(name)).cloned().collect::<Vec<_>>()
        {
            verifier.seen.insert(name);
        }
        for (name, fixture) in &self.forms {
            if verifier.scope.includes(name) {
                self.verify_form(wire, name, fixture, verifier);
            }
        }
        for (name, refused) in &self.refusals {
            if verifier.scope.includes(name) {
                verify_refusals(wire, name, refused, verifier);
            }
        }
        for (name, result) in self.intact {
            verifier.record(INTACT, &name, None, result);
        }
    }

    fn verify_form<W: Wire<Value = V>>(
        &self,
        wire: W,
        name: &str,
        fixture: &Fixture<V>,
        verifier: &mut Verifier<'_>,
    ) {
        for &line in &fixture.lines {
            let requirement = "a line that is named writes exactly these bytes";
            let result = encodes(wire, fixture, &fixture.value, line, requirement, verifier);
            verifier.record(ENCODES, name, Some(line), result);
            let decoded = wire.decode(verifier.subject, &fixture.bytes, line);
            let result = decodes(wire, fixture, line, &decoded);
            verifier.record(DECODES, name, Some(line), result);
            if let Ok(decoded) = decoded {
                let requirement = "what a named line has read it writes back as these bytes";
                let result = encodes(wire, fixture, &decoded, line, requirement, verifier);
                verifier.record(BACK, name, Some(line), result);
            }
        }
        let siblings = self.siblings(name, fixture);
        let readings = golden::readings(wire, fixture, verifier.subject, &siblings);
        let said =
            |reading: &Reading| fixture.readings.iter().find(|said| said.reader == reading.reader);
        for reading in readings {
            let (line, said) = (Some(reading.reader), said(&reading));
            let requirement = "a line makes of the bytes what the fixture says";
            let expected = said.map(|said| said.understood.as_str());
            let result = same(requirement, expected, Some(&reading.understood));
            verifier.record(OTHERS, name, line, result);
            let requirement = "a line writes back what the fixture says";
            let expected = said.and_then(|said| said.written_back.as_deref());
            if expected.is_some() || reading.written_back.is_some() {
                let result = same(requirement, expected, reading.written_back.as_deref());
                verifier.record(BACK, name, line, result);
            }
        }
        self.confirm(wire, fixture, verifier);
    }

    /// The names of the forms of the same case.
    fn siblings(&self, name: &str, fixture: &Fixture<V>) -> Siblings {
        let (folder, _) = name.rsplit_once('/').unwrap_or_default();
        let start = format!("{folder}/{}", fixture.case);
        let of_case = self.forms.range(start.clone()..);
        let of_case = of_case.take_while(|(name, _)| name.starts_with(&start));
        golden::siblings(of_case.filter(|(_, other)| other.case == fixture.case).filter_map(
            |(name, other)| {
                let form = name.rsplit_once('/').map_or(name.as_str(), |(_, form)| form);
                Some((&other.bytes, form, other.lines.first()?))
            },
        ))
    }

    fn confirm<W: Wire<Value = V>>(
        &self,
        wire: W,
        fixture: &Fixture<V>,
        verifier: &mut Verifier<'_>,
    ) {
        let Some(evidence) = verifier.scope.evidence else { return };
        let folder = wire.folder();
        let Fixture { lines, bytes, .. } = fixture;
        let witness = lines.iter().find_map(|line| evidence.witness(&folder, *line, bytes));
        let is_confirmed = witness.is_some();
        let top = top_of(&folder);
        let count = verifier.confirmed.entry(top.to_owned()).or_default();
        count.0 += 1;
        count.1 += usize::from(is_confirmed);
        if evidence.is_known(&folder, bytes) {
            let pinned = verifier.pinned.entry(top.to_owned()).or_default();
            pinned.insert((folder, bytes.clone()));
        }
    }
}

/// A line writes the bytes of the fixture for a value.
fn encodes<W: Wire>(
    wire: W,
    fixture: &Fixture<W::Value>,
    value: &W::Value,
    line: Release,
    requirement: &'static str,
    verifier: &Verifier<'_>,
) -> Result<(), Objection> {
    let expected = || hex::encode(&fixture.bytes);
    match wire.encode(verifier.subject, value, line) {
        Err(refused) => Err(Objection::new(requirement, expected(), refused.text)),
        Ok(bytes) if bytes == fixture.bytes => Ok(()),
        Ok(bytes) => {
            let equal = fixture.bytes.iter().zip(&bytes).take_while(|(a, b)| a == b).count();
            let place = match wire.path_at(&fixture.bytes, line, equal) {
                Some(path) => format!("byte {equal}, in {path}"),
                None => format!("byte {equal}"),
            };
            let objection = Objection::new(requirement, expected(), hex::encode(bytes));
            Err(Objection { place: Some(place), ..objection })
        }
    }
}

/// A line reads the value.
fn decodes<W: Wire>(
    wire: W,
    fixture: &Fixture<W::Value>,
    line: Release,
    decoded: &Result<W::Value, String>,
) -> Result<(), Objection> {
    let requirement = "a line that is named reads exactly this value";
    let json = |value| wire.to_json(value, line).unwrap_or_default();
    match decoded {
        Ok(value) if *value == fixture.value => Ok(()),
        Ok(value) => {
            let (expected, actual) = (json(&fixture.value), json(value));
            let place = differences::lines(&expected, &actual).into_iter().next();
            let objection = Objection::new(requirement, expected.to_string(), actual.to_string());
            Err(Objection { place, ..objection })
        }
        Err(error) => {
            let expected = json(&fixture.value).to_string();
            Err(Objection::new(requirement, expected, error.as_str()))
        }
    }
}

/// The lines that are named refuse the value in these words.
fn verify_refusals<W: Wire>(
    wire: W,
    name: &str,
    refused: &Refusals<W::Value>,
    verifier: &mut Verifier<'_>,
) {
    let requirement = "a line that is named refuses the value in these words";
    for (line, words) in &refused.refusals {
        let result = match wire.encode(verifier.subject, &refused.value, *line) {
            Ok(bytes) => Err(Objection::new(requirement, words.as_str(), hex::encode(bytes))),
            Err(refused) => same(requirement, Some(words), Some(&refused.text)),
        };
        verifier.record(REFUSES, name, Some(*line), result);
    }
}

fn names(lines: &[Release]) -> String {
    lines.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
