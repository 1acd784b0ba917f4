//! A protocol of lengths with units: what is known since when, and what is wrong with a release on request.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value as Json, json};

use super::*;
use crate::border::{At, Message, Node, Prediction};

/// What is wrong with the newest release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bug {
    None,
    /// It writes the unit where nobody else reads it, and reads it from there.
    Moves,
    /// It refuses what has a unit, from whomever it comes.
    Refuses,
    /// It panics on what has a unit.
    Panics,
}

/// A number, and its unit, which came with 2.0.
type Length = (u8, Option<u8>);

struct Release {
    name: &'static str,
    /// Whether it predicts.
    predicts: bool,
    bug: Bug,
}

impl Release {
    fn knows_units(&self) -> bool {
        self.name != "1.0"
    }

    fn has(&self, bug: Bug) -> bool {
        self.name == "3.0" && self.bug == bug
    }
}

impl Node<Length> for Release {
    fn name(&self) -> &str {
        self.name
    }

    fn versions(&self, message: &str) -> Vec<i32> {
        if message == "Length" { vec![1, 2] } else { Vec::new() }
    }

    fn hold(&self, _: At<'_>, (number, unit): &Length) -> Option<Length> {
        Some((*number, unit.filter(|_| self.knows_units())))
    }

    /// Version 1 has room for the number alone.
    fn encode(&self, at: At<'_>, (number, unit): &Length) -> Result<Bytes, String> {
        let unit = unit.filter(|_| at.version > 1);
        Ok(match unit {
            Some(unit) if self.has(Bug::Moves) => vec![*number, 0, unit].into(),
            unit => [*number].into_iter().chain(unit).collect(),
        })
    }

    fn decode(&self, _: At<'_>, bytes: &Bytes) -> Result<Length, String> {
        let number = *bytes.first().ok_or("byte 0: nothing")?;
        let at = if self.has(Bug::Moves) { 2 } else { 1 };
        let unit = bytes.get(at).copied().filter(|unit| *unit > 0 && self.knows_units());
        match unit {
            Some(_) if self.has(Bug::Refuses) => Err("byte 1: a unit".to_owned()),
            Some(_) if self.has(Bug::Panics) => std::panic::panic_any("a unit"),
            unit => Ok((number, unit)),
        }
    }

    fn show(&self, _: At<'_>, (number, unit): &Length) -> Json {
        json!({ "number": number, "unit": unit })
    }

    fn predict(
        &self,
        at: At<'_>,
        sent: &Length,
        _: &dyn Node<Length>,
    ) -> Option<Prediction<Length>> {
        let unit = sent.1.filter(|_| self.knows_units() && at.version > 1);
        let refuses = self.has(Bug::Refuses) && unit.is_some();
        let value = Prediction::Value((sent.0, unit));
        self.predicts.then_some(if refuses { Prediction::Refused } else { value })
    }
}

macro_rules! protocol {
    ($name:ident, $bug:expr, $predicts:expr, $losses:expr, $expected:expr) => {
        struct $name;

        impl Protocol for $name {
            type Value = Length;

            crate::border!($name);

            fn name(&self) -> &'static str {
                "lengths"
            }

            fn nodes(&self) -> Vec<Arc<dyn Node<Length>>> {
                let node = |name| Arc::new(Release { name, predicts: $predicts, bug: $bug });
                vec![node("1.0"), node("2.0"), node("3.0")]
            }

            fn messages(&self) -> Vec<Message<Length>> {
                vec![Message::new("Length", [("bare", (7, None)), ("metres", (7, Some(1)))])]
            }

            fn losses(&self) -> &'static [Allowance] {
                $losses
            }

            fn expected(&self) -> &'static str {
                $expected
            }
        }
    };
}

const UNIT: Allowance = Allowance::new("Length", "unit", "units came with 2.0");
const AGE: Allowance = Allowance::new("Length", "age", "nothing");

protocol!(Sound, Bug::None, false, &[UNIT], "");
protocol!(Unlisted, Bug::None, false, &[], "");
protocol!(Stale, Bug::None, false, &[UNIT, AGE], "");
protocol!(Moving, Bug::Moves, false, &[UNIT], "");
protocol!(Refusing, Bug::Refuses, false, &[UNIT], "");
protocol!(Foreseen, Bug::Refuses, true, &[UNIT], "");
protocol!(Panicking, Bug::Panics, false, &[UNIT, AGE], "");
protocol!(
    Known,
    Bug::Moves,
    false,
    &[UNIT],
    "[[expected]]\naddress = \"gates/Length/unit\"\nsays = \"both know\"\nreason = \"a test\"\n"
);
protocol!(
    NotKnown,
    Bug::None,
    false,
    &[UNIT],
    "[[expected]]\naddress = \"gates/Length/unit\"\nreason = \"a test\"\n"
);

fn audit<P: Protocol>() -> Audit {
    P::border().gates(None, &|| {}).unwrap()
}

fn said(audit: &Audit) -> Vec<String> {
    audit.report.findings().map(|finding| format!("{}: {}", finding.case, finding.actual)).collect()
}

fn fates(audit: &Audit) -> Vec<String> {
    audit.gates.iter().flat_map(|gate| &gate.fates).map(ToString::to_string).collect()
}

#[test]
fn a_gate_is_found_with_who_knows_it_and_what_becomes_of_it() {
    let audit = audit::<Sound>();
    assert_eq!(said(&audit), [""; 0]);
    let [gate] = audit.gates.as_slice() else { panic!("{:?}", audit.gates) };
    assert_eq!(gate.address(), "gates/Length/unit");
    assert_eq!(gate.known, "to 2.0 at 2, 3.0 at 2");
    assert_eq!(
        fates(&audit),
        [
            "dropped at 2, from 2.0 and later to 1.0: not known there yet",
            "dropped at 1, from 2.0 and later to 1.0 and later: the sender does not get it to itself either",
        ]
    );
    let text = audit.to_text();
    assert!(text.starts_with("✓ 1 gate, all of it expected\n"), "{text}");
    assert!(text.contains("listed: units came with 2.0"), "{text}");
}

#[test]
fn what_is_not_listed_and_entries_that_no_gate_needs_are_findings() {
    let unlisted = said(&audit::<Unlisted>());
    assert_eq!(unlisted.len(), 1, "{unlisted:?}");
    assert!(unlisted[0].starts_with("gates/Length/unit: dropped at 2, from"), "{unlisted:?}");
    let stale = said(&audit::<Stale>());
    assert_eq!(stale.len(), 1, "{stale:?}");
    assert!(stale[0].starts_with("gates/lists/Length/age: no gate needs it"), "{stale:?}");
    // Of one message nobody knows what others need.
    assert!(Stale::border().gates(Some("Length"), &|| {}).unwrap().report.is_ok());
}

/// The matrix takes it for listed.
#[test]
fn what_both_know_has_to_arrive_whatever_is_listed() {
    assert!(Moving::border().check(&|| {}).unwrap().is_ok());
    let audit = audit::<Moving>();
    let said = said(&audit);
    assert_eq!(said.len(), 1, "{said:?}");
    let words = "dropped at 2, from 2.0 to 3.0 and later; 3.0 and later to 2.0: both know it";
    assert_eq!(said[0], format!("gates/Length/unit: {words}"));
    let text = audit.to_text();
    assert!(text.starts_with("✗ 1 gate, 1 finding\n"), "{text}");
    assert!(text.contains("NOT as listed: units came with 2.0"), "{text}");
    assert!(text.contains("repro gates/Length/unit\n"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(audit.only("gates/Length/unit").report.findings().count() == 1);
}

#[test]
fn what_is_refused_has_to_be_foreseen_and_its_part_is_told() {
    let refused = said(&audit::<Refusing>());
    assert_eq!(refused.len(), 1, "{refused:?}");
    let words = "gates/Length/unit: refused at 2, from 2.0 to 3.0 and later: not known there any \
                 more; byte 1: a unit";
    assert!(refused[0].starts_with(words), "{refused:?}");
    assert_eq!(said(&audit::<Foreseen>()), [""; 0]);
}

#[test]
fn what_is_expected_is_no_finding_until_it_is_gone() {
    let known = audit::<Known>();
    assert_eq!(said(&known), [""; 0]);
    assert!(known.to_text().contains("expected: a test"), "{}", known.to_text());
    let gone = said(&audit::<NotKnown>());
    assert!(gone.len() == 1 && gone[0].contains("seen any more"), "{gone:?}");
    // What is said of gates is nothing of the matrix.
    assert!(NotKnown::border().check(&|| {}).unwrap().is_ok());
}

#[test]
fn what_was_not_tried_makes_nothing_stale() {
    let audit = audit::<Panicking>();
    assert_eq!(said(&audit), [""; 0]);
    let text = audit.to_text();
    assert!(text.starts_with("! ") && !text.contains('✓'), "it is not all good: {text}");
    assert!(text.contains("; 2 not tried: `check` tells what ends there\n"), "{text}");
}

#[test]
fn a_message_that_there_is_not_is_refused() {
    let error = Sound::border().gates(Some("Lenght"), &|| {}).unwrap_err();
    assert_eq!(error.to_string(), "there is no message \"Lenght\": the messages are Length");
}
