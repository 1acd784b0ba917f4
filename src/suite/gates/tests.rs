//! That the audit sees every gate, and says which entry is wrong.

use std::collections::BTreeSet;

use super::*;
use crate::fabric::catalogue::MessageType;
use crate::fabric::codec::shape::Shape;
use crate::fabric::gates::{self, GateMove};
use crate::fabric::release::{Gate, Release};
use crate::fabric::version::ProtocolVersion;
use crate::harness::report::Grid;
use crate::suite::fields;
use crate::suite::parting::{join, without_indices};
use crate::suite::planted;
use crate::suite::subject::{Fabric, Subject};
use crate::suite::value::ValueType;

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

/// The gates of a type that a reader has closed, and all that they stand in open.
fn closed_rows(shape: Shape, pair: [Release; 2], found: &mut BTreeSet<&'static str>) {
    let mut member = |gate: Gate, shape: Option<Shape>| {
        if gate.is_open(pair[0]) && !gate.is_open(pair[1]) {
            found.extend(fields::path_of(gate));
        } else if gate.is_open(pair[0])
            && let Some(shape) = shape
        {
            closed_rows(shape, pair, found);
        }
    };
    match shape.in_trees() {
        Shape::Optional(inner) | Shape::List(inner) => closed_rows(*inner, pair, found),
        Shape::Map(_, value) => closed_rows(*value, pair, found),
        Shape::Tuple(shapes) => shapes.iter().for_each(|it| closed_rows(*it, pair, found)),
        Shape::Record(record) => {
            record.fields.iter().for_each(|it| member(it.field.gate, Some(it.shape)));
        }
        Shape::Choice(choice) => {
            choice.variants.iter().for_each(|it| member(it.variant.gate, it.shape));
        }
        _ => {}
    }
}

/// Rows that no value shows, as it is refused for something else first: of an event in a journal both
/// sides know no type in common (09 §4.1).
const NEVER_REACHED: [&str; 3] =
    ["RawEvent.metadata", "RawEvent.deduplication_hash", "RawEvent.value"];

#[test]
fn every_closed_gate_of_what_is_kept_is_tried() {
    let audit = default_audit();
    let mut found = BTreeSet::new();
    for entry in audit.entries.iter().filter(|it| ValueType::KEPT.contains(&it.finding.of)) {
        // An address does not name the document twice.
        let path = match entry.finding.of {
            ValueType::EpochMetadata => join("EpochMetadata", &entry.finding.path),
            _ => entry.finding.path.clone(),
        };
        for Pair { from, to } in &entry.finding.pairs {
            found.insert((path.clone(), from.to_string(), to.to_string()));
        }
    }
    let (mut untried, mut rows) = (Vec::new(), BTreeSet::new());
    for (from, to) in Release::stable().flat_map(|it| Release::stable().map(move |to| (it, to))) {
        if !ProtocolVersion::CODED.iter().any(|it| from.speaks(*it) && to.speaks(*it)) {
            continue;
        }
        let mut closed = BTreeSet::new();
        ValueType::KEPT.iter().for_each(|of| closed_rows(of.shape(), [from, to], &mut closed));
        if from.minor() == 6 {
            // 1.6 knows the key and always writes null (09 §2.1).
            closed.remove("SourceProcessor.partition_id");
        }
        rows.extend(closed.iter().copied());
        let pairs = closed.iter().map(|path| (path.to_string(), from.to_string(), to.to_string()));
        let is_untried = |it: &(String, String, String)| {
            !found.contains(it) && !NEVER_REACHED.contains(&it.0.as_str())
        };
        untried.extend(pairs.filter(is_untried));
    }
    assert!(untried.is_empty(), "{untried:#?}");
    assert!(rows.len() > 60, "{rows:#?}");
}

/// The table of 09, which names what is gated in words of its own.
const LOG_RECORDS: &str = include_str!("../../../docs/spec/09-log-records.tsv");

/// The rows of the table of gates for the words of 09 that are not their names.
#[rustfmt::skip]
const IN_OTHER_WORDS: [(&str, &[&str]); 22] = [
    ("Invocation source RestartAsNew", &["InvocationSource.RestartAsNew"]),
    ("Source.Processor.partition_id", &["SourceProcessor.partition_id"]),
    ("Source.Processor.node_id", &["SourceProcessor.node_id"]),
    ("Source.Processor.generational_node_id", &["SourceProcessor.generational_node_id"]),
    ("Source.Ingress.node_id", &["SourceIngress.node_id"]),
    ("Source.Ingress.nodes_config_version", &["SourceIngress.nodes_config_version"]),
    ("AnnounceLeader.epoch_version, current_config, next_config", &["AnnounceLeader.epoch_version", "AnnounceLeader.current_config", "AnnounceLeader.next_config"]),
    ("target.scope, service_id.scope, idempotency scope", &["ServiceTarget.scope", "VirtualObjectTarget.scope", "WorkflowTarget.scope", "ServiceId.scope", "IdempotencyId.scope", "WorkflowQuery.scope"]),
    ("TerminateInvocation.response_sink, Purge*.response_sink", &["TerminateInvocation.response_sink", "PurgeInvocation.response_sink"]),
    ("caller_invocation_epoch, invocation_epoch, third element of CompleteJournalEntry", &["InvokerEffect.invocation_epoch", "InvocationResponse.caller_invocation_epoch", "InvocationOutputNotification.caller_invocation_epoch", "PartitionProcessorSink.caller_invocation_epoch", "timer.has_epoch"]),
    ("Notification.result", &["RawNotification.result"]),
    ("error.metadata", &["InvocationError.metadata", "SignalFailure.metadata"]),
    ("ResumeInvocation.update_deployment_id, run_at", &["ResumeCommand.update_deployment_id", "ResumeCommand.run_at"]),
    ("journal v2 (1)", &["feature.journal_v2"]),
    ("vqueues (2)", &["feature.vqueues"]),
    ("unique random seeds (3)", &["feature.unique_random_seeds"]),
    ("vqueues skip completed (4)", &["feature.vqueues_skip_completed"]),
    ("JSON body", &[]),
    ("custom C1", &["record_form.custom_1"]),
    ("custom C2", &["record_form.custom_2"]),
    ("RawEntry.Event", &["RawEntry.Event"]),
    ("ProducerId.Producer", &["ProducerId.Producer"]),
];

#[test]
fn every_row_of_the_specification_of_log_records_is_in_the_table() {
    let mut count = 0;
    for line in LOG_RECORDS.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [kind, name, since, until, ..] = cells[..] else { panic!("{line}") };
        let own = match kind {
            "command" => format!("Command.{name}"),
            "effect" => format!("EffectKind.{name}"),
            _ => name.to_owned(),
        };
        let other = IN_OTHER_WORDS.iter().find(|(words, _)| *words == name);
        let paths = other.map_or(vec![&*own], |(_, paths)| paths.to_vec());
        for release in Release::stable() {
            let number = |name: &str| name.parse::<Release>().unwrap().number();
            let is_known = number(since) <= release.number()
                && (until.is_empty() || release.number() <= number(until));
            for path in &paths {
                // What has no row is known to all.
                assert_eq!(gates::whole(path).is_open(release), is_known, "{path}, {release}");
            }
        }
        count += 1;
    }
    assert_eq!(count, 70);
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

#[test]
fn what_is_wrong_with_log_records_is_seen() {
    let list = default_list().unwrap();
    let is_about = |subject: &dyn Subject, address: &str| {
        unexpected(&audit(subject, &list)).iter().any(|(it, _)| it == address)
    };
    let row = "Command.UpsertRuleBook";
    let moved = GateMove::all().find(|it| it.gate().path == row).unwrap();
    assert!(is_about(&planted::Moved(moved), &format!("log/LogRecord/{row}")));
    let no_barrier = planted::record_bug("LR4").unwrap();
    assert!(is_about(&*no_barrier, "log/LogRecord/command.VersionBarrier.version"));
}
