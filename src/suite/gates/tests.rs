//! That the audit sees every gate, and says which entry is wrong.

use std::collections::BTreeSet;

use super::*;
use crate::fabric::catalogue::MessageType;
use crate::fabric::codec::shape::Shape;
use crate::fabric::release::{Gate, Release};
use crate::fabric::version::ProtocolVersion;
use crate::harness::report::Grid;
use crate::suite::parting::{join, without_indices};
use crate::suite::planted;
use crate::suite::subject::Fabric;

fn default_audit() -> Audit {
    audit(&Fabric, &default_list().unwrap())
}

fn unexpected(audit: &Audit) -> Vec<(String, &Standing)> {
    let entries = audit.entries.iter().filter(|entry| !entry.is_expected());
    entries.map(|entry| (entry.finding.address(), &entry.standing)).collect()
}

#[test]
fn the_list_is_right_and_in_the_form_that_is_written() {
    let audit = default_audit();
    assert!(audit.is_ok(), "{}", audit.to_text());
    assert_eq!(write(&fix(&audit).list), DEFAULT);
}

/// Gates alone, without any value: what a line knows and another, which speaks the version, does
/// not.
fn closed(shape: Shape, place: &str, pair: [Release; 2], found: &mut BTreeSet<String>) {
    let is_closed = |gate: Gate| gate.is_open(pair[0]) && !gate.is_open(pair[1]);
    match shape.in_trees() {
        Shape::Optional(inner) => closed(*inner, place, pair, found),
        Shape::List(inner) | Shape::Packed(inner) => {
            closed(*inner, &format!("{place}[]"), pair, found);
        }
        Shape::Map(_, value) => closed(*value, &format!("{place}[]"), pair, found),
        Shape::Tuple(shapes) => {
            shapes.iter().for_each(|shape| closed(*shape, &format!("{place}[]"), pair, found));
        }
        Shape::Record(record) => {
            for field in record.fields.iter().filter(|f| f.field.gate.is_open(pair[0])) {
                let place = join(place, field.field.name);
                if is_closed(field.field.gate) {
                    found.insert(without_indices(&place));
                } else {
                    closed(field.shape, &place, pair, found);
                }
            }
        }
        Shape::Choice(choice) => {
            for variant in choice.variants.iter().filter(|v| v.variant.gate.is_open(pair[0])) {
                let place = join(place, variant.variant.name);
                if is_closed(variant.variant.gate) {
                    found.insert(without_indices(&place));
                } else if let Some(shape) = variant.shape {
                    closed(shape, &place, pair, found);
                }
            }
        }
        _ => {}
    }
}

/// What a release knows and cannot send at a version: 02 §6, and the two layouts of schemas, of
/// which each release writes one (03 §8).
const NEVER_SENT: [(&str, ProtocolVersion); 2] = [
    ("PartitionProcessorRpcRequest/inner.PauseInvocation", ProtocolVersion::V2),
    ("MetadataUpdate/container.Schema.", ProtocolVersion::V2),
];

#[test]
fn every_closed_gate_is_tried() {
    let audit = default_audit();
    let found: BTreeSet<(String, String)> = audit
        .entries
        .iter()
        .flat_map(|entry| {
            let address = entry.finding.address();
            let pair = |pair: &Pair| (address.clone(), format!("{} to {}", pair.from, pair.to));
            entry.finding.pairs.iter().map(pair).collect::<Vec<_>>()
        })
        .collect();
    let mut untried = Vec::new();
    let mut count = 0;
    for version in ProtocolVersion::ALL {
        let speakers = || Release::lines().filter(move |r| r.speaks(version));
        for (from, to) in speakers().flat_map(|from| speakers().map(move |to| (from, to))) {
            // Up to 1.3 both metadata messages were one.
            let messages = MessageType::all().filter(|m| *m != MessageType::MetadataMessage);
            for message in messages.filter(|m| m.row().min_version <= version) {
                let row = message.row();
                let was_wrapped = matches!(
                    message,
                    MessageType::GetMetadataRequest | MessageType::MetadataUpdate
                );
                if !row.is_known_to(from) && !was_wrapped {
                    continue;
                }
                let mut places = BTreeSet::new();
                closed(message.shape(), "", [from, to], &mut places);
                for place in places {
                    let path = format!("{}/{place}", row.word());
                    let is_sent =
                        |(never, at): &(&str, _)| !(path.starts_with(never) && *at == version);
                    let finding = (format!("{version}/{path}"), format!("{from} to {to}"));
                    count += 1;
                    if NEVER_SENT.iter().all(is_sent) && !found.contains(&finding) {
                        untried.push(finding);
                    }
                }
            }
        }
    }
    assert!(count > 150, "{count}");
    assert!(untried.is_empty(), "{untried:#?}");
}

#[test]
fn an_entry_that_is_gone_stale_or_wrong_is_named() {
    let mut list = default_list().unwrap();
    let gone = list.remove(0);
    let reason = std::mem::replace(&mut list[5].reason, "another".to_owned());
    let changed = list[5].finding.clone();
    list[6].note.clear();
    let unexplained = list[6].finding.clone();
    list.push(Expected { finding: "V1/Trim/never".to_owned(), ..gone.clone() });

    let audit = audit(&Fabric, &list);
    let deviation = Deviation { what: "reason", expected: "another".to_owned(), actual: reason };
    assert_eq!(
        unexpected(&audit),
        [
            (gone.finding.clone(), &Standing::New),
            (changed.clone(), &Standing::Changed(vec![deviation])),
            (unexplained.clone(), &Standing::WithoutNote),
        ]
    );
    assert_eq!(audit.stale.len(), 1);

    let findings = |grid: &Grid| -> Vec<(String, String)> {
        let of = |f: &crate::harness::verdict::Finding| {
            (f.place.clone().unwrap(), f.requirement.clone())
        };
        grid.findings().iter().map(of).collect()
    };
    let findings = findings(&grid(&audit));
    let places: Vec<&str> = findings.iter().map(|(place, _)| place.as_str()).collect();
    let in_list = |finding: &str| format!("{FILE}, {finding}");
    assert_eq!(
        places,
        [&gone.finding, &changed, &in_list(&unexplained), &in_list("V1/Trim/never")]
    );
    let requirements: BTreeSet<&String> = findings.iter().map(|(_, words)| words).collect();
    assert_eq!(requirements.len(), 4, "each in words of its own");

    let text = audit.to_text();
    for words in [
        "new: it is not in the list",
        "the list has the reason \"another\"",
        "its entry has no note",
        "in the list, but not seen",
    ] {
        assert_eq!(text.matches(words).count(), 1, "{words}: {text}");
    }
}

#[test]
fn fixing_keeps_notes_and_drops_what_is_stale() {
    let mut list = default_list().unwrap();
    let whole = list.clone();
    let gone = list.remove(0);
    list[0].outcome = "dropped".to_owned();
    list.push(Expected { finding: "V1/Trim/never".to_owned(), ..gone.clone() });
    let fixed = fix(&audit(&Fabric, &list));
    assert_eq!(fixed.added, [gone.finding.as_str()]);
    assert_eq!(fixed.changed, [list[0].finding.as_str()]);
    assert_eq!(fixed.dropped, ["V1/Trim/never"]);
    assert_eq!(fixed.kept, whole.len() - 2);
    let without_note = Expected { note: String::new(), issue: None, ..gone };
    assert_eq!(fixed.list[0], without_note);
    assert_eq!(fixed.list[1..], whole[1..]);
    assert!(!audit(&Fabric, &fixed.list).is_ok(), "the note is still to be written");
}

#[test]
fn a_lost_gate_is_a_new_finding() {
    let plant = planted::find("M57").unwrap();
    let audit = audit(plant.subject().as_ref(), &default_list().unwrap());
    let pause = "V2/PartitionProcessorRpcRequest/inner.PauseInvocation".to_owned();
    assert_eq!(unexpected(&audit), [(pause, &Standing::New)]);
    assert_eq!(audit.stale, []);
}
