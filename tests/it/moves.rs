//! A gate that stands one patch off its place does not go unnoticed.

use std::collections::BTreeSet;

use skewproof::fabric::catalogue::MessageType;
use skewproof::fabric::gates::GateMove;
use skewproof::fabric::release::Release;
use skewproof::suite::planted::Moved;
use skewproof::suite::subject::{Fabric, Subject};
use skewproof::suite::{check, fields, golden};

/// Moves that no value can show, each with the reason. The pinned table shows them all the same.
const SHOWN_BY_THE_TABLE_ALONE: [(&str, &str); 10] = [
    ("Snapshot.log_id since 1.2.0, not 1.2.1", "1.2.0 writes the bare id in its place"),
    ("Snapshot.min_applied_lsn since 1.2.0, not 1.2.1", "1.2.0 writes the bare id in its place"),
    ("Refusal.Unknown since 1.3.2, not 1.4.0", "at V1 an error stands for it"),
    ("LogletKind.InMemory since 1.3.2, not 1.4.0", "samples have it with the provider"),
    ("DefaultProvider.InMemory since 1.3.2, not 1.4.0", "samples have it with the kind"),
    (
        "PartitionProcessorRpcRequestInner.PauseInvocation since 1.5.6, not 1.6.0",
        "it needs V3, which 1.5 does not speak",
    ),
    ("Schema.services until 1.4.3, not 1.4.x", "deployments_v2 decides which layout is written"),
    ("Schema.services until 1.5.0, not 1.4.x", "deployments_v2 decides which layout is written"),
    ("Schema.deployments until 1.4.3, not 1.4.x", "deployments_v2 decides which layout is written"),
    ("Schema.deployments until 1.5.0, not 1.4.x", "deployments_v2 decides which layout is written"),
];

/// The messages that have something behind a gate.
fn behind(moved: GateMove, all: &[fields::Known]) -> BTreeSet<MessageType> {
    let is_behind = |known: &&fields::Known| known.has_gate(moved.gate().path);
    all.iter().filter(is_behind).filter_map(|known| known.owner.parse().ok()).collect()
}

/// The nodes of the matrix that the move changes: what `check` speaks as.
fn changed_nodes(moved: GateMove) -> Vec<Release> {
    let changes = moved.changes();
    Release::stable().filter(|node| changes.contains(node)).collect()
}

#[test]
fn every_gate_moved_by_a_patch_is_seen() {
    let all = fields::all();
    let pinned = golden::who_knows_what(&Fabric);
    let (mut moves, mut by_values, mut silent) = (0, 0, Vec::new());
    for moved in GateMove::all() {
        moves += 1;
        let subject = Moved(moved);
        assert_ne!(
            golden::who_knows_what(&subject),
            pinned,
            "{moved}: the pinned table does not show it"
        );
        let nodes = changed_nodes(moved);
        assert!(!nodes.is_empty(), "{moved}: no node of the matrix is the patch that it changes");
        let messages = behind(moved, &all);
        let objects =
            |node: Release| !check::run_release(&subject, node, messages.iter().copied()).is_ok();
        // What it makes of a reader shows when others speak.
        if nodes.into_iter().chain(Release::stable()).any(objects) {
            by_values += 1;
        } else if !messages.is_empty() {
            silent.push(moved.to_string());
        }
    }
    println!("{moves} moves, {moves} seen by the pinned table, {by_values} by values as well");
    let listed: Vec<&str> = SHOWN_BY_THE_TABLE_ALONE.iter().map(|(moved, _)| *moved).collect();
    assert_eq!(silent, listed, "what values do not show is listed, with the reason");
}

#[test]
fn the_right_table_is_as_it_is_pinned() {
    assert_eq!(Fabric.release("1.7.2".parse().unwrap()), "1.7.2".parse().unwrap());
    let messages = || MessageType::all();
    let report = check::run_release(&Fabric, "1.4.2".parse().unwrap(), messages());
    assert!(report.is_ok(), "{:#?}", report.findings().take(3).collect::<Vec<_>>());
}
