//! Release lines that came after the fixtures were frozen: a fixture is silent about one that does
//! as the line before it.
//!
//! A new line that changes nothing therefore changes no fixture, and one that changes something
//! stands in those that show it.

use super::fixture::{Fixture, Refusals};
use super::reading::{Reading, renamed};
use super::wire::Wire;
use crate::fabric::release::Release;

/// The newest line that every fixture names, as they were when they were frozen.
const NAMED_UP_TO: &str = "1.7";
/// What a later line is said to do that takes what the one before it refuses.
const NOT_ANY_MORE: &str = "not any more";

/// What a line does with a fixture.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Role {
    Writes,
    Reads(Reading),
    Nothing,
}

/// Each line that came later, with the one before it.
fn later<W: Wire>(wire: W) -> Vec<(Release, Release)> {
    let Ok(named) = NAMED_UP_TO.parse::<Release>() else { return Vec::new() };
    let lines = wire.lines();
    let pairs = lines.iter().zip(lines.iter().skip(1)).map(|(before, line)| (*before, *line));
    pairs.filter(|(_, line)| line.number() > named.number()).collect()
}

/// Whether a line came after those that every fixture names.
pub fn is_later(line: Release) -> bool {
    NAMED_UP_TO.parse().is_ok_and(|named: Release| line.number() > named.number())
}

fn role<V>(fixture: &Fixture<V>, line: Release) -> Role {
    if fixture.lines.contains(&line) {
        return Role::Writes;
    }
    let reading = fixture.readings.iter().find(|reading| reading.reader == line);
    reading.map_or(Role::Nothing, |reading| Role::Reads(reading.clone()))
}

/// Whether a line does as the one before it. One that reads the value and writes it back in the
/// same bytes does as one that writes them.
fn does_as(role: &Role, before: &Role) -> bool {
    match (role, before) {
        (Role::Writes, Role::Writes) => true,
        (Role::Reads(reading), Role::Writes) => reading.is_the_same(),
        (Role::Reads(reading), Role::Reads(other)) => *reading == other.of(reading.reader),
        _ => false,
    }
}

/// A fixture with what it does not say: later lines do as the one before them.
pub fn completed<W: Wire>(wire: W, mut fixture: Fixture<W::Value>) -> Fixture<W::Value> {
    for (before, line) in later(wire) {
        if role(&fixture, line) == Role::Nothing {
            match role(&fixture, before) {
                Role::Writes => fixture.lines.push(line),
                Role::Reads(reading) => fixture.readings.push(reading.of(line)),
                Role::Nothing => {}
            }
        }
    }
    fixture
}

/// A fixture without what goes without saying.
pub fn shortened<W: Wire>(wire: W, fixture: &Fixture<W::Value>) -> Fixture<W::Value> {
    let mut short = fixture.clone();
    let mut before_it = None;
    for (before, line) in later(wire) {
        let was = before_it.take().unwrap_or_else(|| role(fixture, before));
        let is = role(fixture, line);
        if does_as(&is, &was) {
            short.lines.retain(|it| *it != line);
            short.readings.retain(|reading| reading.reader != line);
            before_it = Some(was);
        }
    }
    short
}

/// Refusals with what they do not say.
pub fn completed_refusals<W: Wire>(wire: W, mut refused: Refusals<W::Value>) -> Refusals<W::Value> {
    for (before, line) in later(wire) {
        let words = |of: Release| {
            refused.refusals.iter().find(|(line, _)| *line == of).map(|(_, words)| words.clone())
        };
        if let (Some(words), None) = (words(before), words(line)) {
            refused.refusals.push((line, renamed(&words, before, line)));
        }
    }
    refused.refusals.retain(|(_, words)| words != NOT_ANY_MORE);
    refused
}

/// Refusals without what goes without saying.
pub fn shortened_refusals<W: Wire>(wire: W, refused: &Refusals<W::Value>) -> Refusals<W::Value> {
    let words =
        |of: Release| refused.refusals.iter().find(|(line, _)| *line == of).map(|(_, words)| words);
    let mut short = refused.clone();
    for (before, line) in later(wire) {
        match (words(before), words(line)) {
            (Some(was), Some(is)) if renamed(was, before, line) == *is => {
                short.refusals.retain(|(it, _)| *it != line)
            }
            (Some(_), None) => short.refusals.push((line, NOT_ANY_MORE.to_owned())),
            _ => {}
        }
    }
    short
}
