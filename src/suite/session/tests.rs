//! Scripts hold on every release, and object to what they are there for.

use std::collections::BTreeSet;

use super::*;
use crate::suite::planted;
use crate::suite::subject::Fabric;

fn findings(subject: &dyn Subject, plan: &Plan) -> Vec<Finding> {
    run(subject, plan).findings().cloned().collect()
}

/// Every script to the lines, as they should be.
fn on_lines() -> Plan {
    Plan { releases: Release::lines().collect(), ..Plan::repaired() }
}

/// The scripts that object, and the first finding.
fn objecting(findings: &[Finding]) -> BTreeSet<&str> {
    findings.iter().filter_map(|finding| finding.case.as_str().split('/').nth(2)).collect()
}

#[test]
fn sessions_are_as_they_should_be() {
    let findings = findings(&Fabric, &Plan::repaired());
    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn released_sessions_have_their_faults_and_no_others() {
    let plan = Plan::released();
    let findings = findings(&Fabric, &plan);
    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn each_fault_is_a_finding_of_its_script_on_the_releases_that_had_it() {
    for row in &QUIRKS {
        let Some(script) = shown_by(row.quirk) else { continue };
        let quirks = WithQuirks::REPAIRED.with(Quirks::NONE.with(row.quirk));
        let found = findings(&Fabric, &Plan { quirks, ..on_lines() });
        println!("{}: {:?}", row.id, objecting(&found));
        assert!(objecting(&found).contains(script), "{}", row.id);
        for finding in &found {
            let release: Release =
                finding.case.as_str().split('/').nth(1).unwrap().parse().unwrap();
            assert!(quirks.of(release).has(row.quirk), "{finding:#?}");
            let repro = finding.repro.as_deref().unwrap();
            assert!(repro.ends_with(&format!(" --repaired --quirk {}", row.id)), "{repro}");
        }
    }
}

/// What is written down for a node with a fault and for one without it differs only by the fault.
#[test]
fn expectations_differ_only_where_a_fault_says_so() {
    for row in &QUIRKS {
        let quirks = WithQuirks::REPAIRED.with(Quirks::NONE.with(row.quirk));
        let plan = Plan { quirks, expected: quirks, ..on_lines() };
        let findings = findings(&Fabric, &plan);
        assert!(findings.is_empty(), "{}: {findings:#?}", row.id);
    }
}

#[test]
fn planted_bugs_are_seen_by_their_scripts() {
    for (id, script) in [
        ("M78", "bare-shutdown"),
        ("M79", "unknown-signal"),
        ("M80", "no-service-at-v1"),
        ("M81", "unknown-service"),
        ("M82", "unknown-service"),
        ("M83", "two-connections"),
        ("M84", "late-answer"),
        ("S1", "request-stream-drained"),
        ("S2", "stream-ends"),
        ("S3", "never-read"),
        ("S4", "unknown-message"),
        ("S5", "no-protobuf"),
        ("S6", "no-headers"),
    ] {
        let subject = planted::find(id).unwrap().subject();
        let scripts = vec![script.to_owned()];
        let found = findings(subject.as_ref(), &Plan { scripts, ..on_lines() });
        println!("{id}: {:?}", objecting(&found));
        assert!(objecting(&found).contains(script), "{id}");
    }
}

#[test]
fn scripts_have_names_of_their_own_and_each_is_played() {
    let names: BTreeSet<&str> = scripts().map(|script| script.name()).collect();
    assert_eq!(names.len(), scripts().count());
    let report = run(&Fabric, &Plan::repaired());
    println!("{} scripts, {:?}", names.len(), report.tally());
    for name in names {
        let plan = Plan { scripts: vec![name.to_owned()], ..on_lines() };
        assert!(run(&Fabric, &plan).tally().total() > 0, "{name}");
    }
}
