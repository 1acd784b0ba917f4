//! The checks are checked: with a bug planted in the fabric, they must object.

use std::ops::ControlFlow;

use rayon::prelude::*;
use skewproof::fabric::catalogue::MessageType;
use skewproof::fabric::release::Release;
use skewproof::harness::report::Report;
use skewproof::suite::check;
use skewproof::suite::planted;
use skewproof::suite::subject::Fabric;
use skewproof::suite::vectors::{self, Shelf, Source};

use crate::reference;

/// Bugs of every kind: gates, varints, layouts, wrappers, key order, negotiation.
const PLANTS: [&str; 9] = ["M01", "M07", "M13", "M15", "M28", "M29", "M35", "M57", "M64"];

#[test]
fn check_passes_on_the_fabric_as_it_is() {
    let report = check::run(&Fabric, |_| ControlFlow::Continue(()));
    let findings: Vec<_> = report.findings().take(5).collect();
    assert!(report.is_ok(), "{findings:#?}");
    assert!(report.tally().passed > 30_000, "{:?}", report.tally());
}

#[test]
fn check_objects_to_every_plant() {
    planted::PLANTED.par_iter().for_each(|plant| {
        // The first finding will do.
        let until_finding = |report: &Report| {
            if report.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        // The part about messages is the quickest; what it does not see, the whole must.
        let subject = plant.subject();
        let is_seen =
            |line| !check::run_release(subject.as_ref(), line, MessageType::all()).is_ok();
        let lines: Vec<Release> = Release::lines().collect();
        if lines.into_iter().rev().any(is_seen) {
            return;
        }
        let report = check::run(subject.as_ref(), until_finding);
        assert!(!report.is_ok(), "{}: {} goes unnoticed", plant.id, plant.sentence);
    });
}

#[test]
fn vectors_object_to_the_plants_that_bytes_can_show() {
    let Some(folder) = reference::folder("vectors") else { return };
    let sources = reference::files(&folder, "jsonl").into_iter();
    let sources = sources.map(|(name, text)| Source::new(name, move || Ok(text.clone())));
    let shelf = Shelf::read(sources.collect()).unwrap();
    for id in PLANTS {
        let plant = planted::find(id).expect("the table has it");
        let report = vectors::verify_shelf(&shelf, plant.subject().as_ref(), |_| {})
            .expect("the vectors are in their format")
            .report;
        // No vector is about negotiation.
        assert_eq!(report.is_ok(), id == "M64", "{id}: {}", plant.sentence);
    }
}
