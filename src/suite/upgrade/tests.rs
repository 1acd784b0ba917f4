//! Upgrades that must go well, and bugs that must not go unseen.

mod asked;
mod kinds;
mod logs;

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::fabric::session::{Quirk, Quirks};
use crate::harness::report::Report;
use crate::harness::selection::Selection;
use crate::harness::upgrade::Standing;
use crate::harness::upgrade::event::{Event, Violation, What};
use crate::harness::upgrade::plan::Trouble;
use crate::suite::planted;

fn release(name: &str) -> Release {
    name.parse().unwrap()
}

fn rolling(cluster: &Cluster, from: &str, to: &str) -> Run<Machine> {
    let path = path(release(from), release(to)).unwrap();
    cluster.run(&cluster.rolling(3, &path))
}

fn events(run: &Run<Machine>) -> impl Iterator<Item = (usize, &Event)> {
    run.world.events().iter().filter_map(|entry| match &entry.what {
        What::Noted(event) => Some((entry.node, event)),
        What::Done(_) => None,
    })
}

#[test]
fn every_pair_of_adjacent_lines_is_upgraded_in_good_health() {
    let lines: Vec<Release> = Release::lines().collect();
    for pair in lines.windows(2) {
        let run = rolling(&Cluster::default(), pair[0].name(), pair[1].name());
        assert_eq!(run.failure, None, "{} to {}", pair[0], pair[1]);
        let records = run.world.processes().map(|(_, it)| it.node.disk().acknowledged.len());
        assert!(records.into_iter().all(|count| count > 10));
    }
}

#[test]
fn a_path_goes_line_by_line() {
    let names = |from, to| {
        let path = path(release(from), release(to))?;
        Some(path.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    assert_eq!(names("1.3", "1.6").unwrap(), ["1.3", "1.4", "1.5", "1.6"]);
    assert_eq!(names("1.3", "1.3.3-dev").unwrap(), ["1.3", "1.3.3-dev"]);
    assert_eq!(names("1.7.6", "1.7.12").unwrap(), ["1.7", "1.7.12"]);
    assert_eq!(names("1.6", "1.3").unwrap(), ["1.6", "1.5", "1.4", "1.3"]);
    assert_eq!(names("1.4.2", "1.6").unwrap(), ["1.4.2", "1.5", "1.6"]);
    assert_eq!(names("1.4", "1.4"), None);
}

#[test]
fn issue_3263_is_found_with_its_step_and_its_fix_polls() {
    let run = rolling(&Cluster::default(), "1.3", "1.3.3-dev");
    let failure = run.failure.unwrap();
    assert_eq!((failure.step, failure.kind()), (1, Violation::PANIC));
    assert!(failure.violations[0].what.contains("Gossip needs V2"), "{failure:?}");
    let repaired = Cluster { quirks: WithQuirks::REPAIRED, ..Cluster::default() };
    let run = rolling(&repaired, "1.3", "1.4");
    assert_eq!(run.failure, None);
    let polls = Event::Instead { peer: 1, message: "Gossip", fallback: "GetNodeState" };
    assert!(events(&run).any(|(node, event)| node == 0 && *event == polls));
    let gossips =
        Event::Sent { peer: 1, message: "Gossip", version: crate::suite::skew::version(2) };
    assert!(events(&run).any(|(node, event)| node == 0 && *event == gossips));
}

/// Up to 1.5 every order passes a state in which 1.4 takes older nodes for dead, and the bridge is
/// crossed too early by all orders but those in which every node comes to 1.4 before one leaves it.
/// Logs have bridges of their own: 1.5 from 1.4 to 1.6, and 1.6 from 1.5 to 1.7.
#[test]
fn every_order_of_every_window_is_walked_and_every_message_tried() {
    let bridged = 540;
    let parted = 1_680 - bridged;
    let old = [("R15", parted), ("R22", 1_680), ("R30", 1_680)];
    let logs = [
        (0, BTreeMap::from(old).into_iter().chain([("L2", 380)]).collect()),
        (0, BTreeMap::from(old).into_iter().chain([("L2", 360), ("L9", parted)]).collect()),
        (216, BTreeMap::from([("L9", 1_140), ("L10", 1_140)])),
    ];
    for (window, (healthy, spoiled)) in windows().into_iter().zip(logs) {
        let (walk, exercises) = Cluster::default().exhaust(3, &window, &|| ());
        let failures = walk.failures.iter();
        let mut failures = failures.map(|it| format!("{}: {}", it.plan, it.violations[0].what));
        assert_eq!(failures.next(), None);
        assert!(walk.is_complete());
        assert_eq!(exercises.seen + exercises.spoiled, exercises.expected);
        assert_eq!((walk.healthy, walk.moves.len()), (healthy, 288));
        let parted = if healthy == 0 { parted } else { 0 };
        assert_eq!((walk.parted, &walk.spoiled), (parted, &spoiled));
        let standings = Standing::ALL.map(|standing| walk.standing(standing));
        assert_eq!(standings, if healthy == 0 { [34, 24, 6] } else { [64, 0, 0] });
    }
}

/// Most of the walk is not simulated: what comes of worlds with the same outlook is taken to be the same.
/// Here it is simulated as well.
#[test]
fn orders_that_meet_come_to_what_each_of_them_comes_to_by_itself() {
    let windows = windows();
    let mut cases: Vec<(Option<&str>, usize, &[Release])> =
        windows.iter().map(|window| (None, 2, &window[..])).collect();
    cases.extend(windows[1].windows(3).map(|path| (None, 3, path)));
    cases.extend(["M16", "M28", "M69", "M70"].map(|bug| (Some(bug), 2, &windows[1][..])));
    for (bug, nodes, path) in cases {
        let subject = bug.map(|bug| Arc::from(planted::find(bug).unwrap().subject()));
        let cluster = Cluster { subject, ..Cluster::default() };
        let runner = cluster.runner(nodes, false);
        let names: Vec<String> = (1..=nodes).map(|number| format!("n{number}")).collect();
        let walk = runner.walk(&names, path, 0, &Properties::default(), &|| ());
        let each = runner.walk_each(&names, path, 0, &Properties::default());
        let told = |walk: &Walk<Release>| {
            let ends = walk.failures.iter().map(|it| {
                let kinds = it.violations.iter().map(|violation| violation.kind);
                (it.state.clone(), it.last.clone(), it.is_of_state, kinds.collect::<Vec<_>>())
            });
            let Walk { orders, healthy, parted, beginnings, .. } = *walk;
            let counts = [orders, healthy, parted, beginnings];
            let seen = (walk.states.clone(), walk.moves.clone(), walk.spoiled.clone());
            (counts, seen, walk.avoiding.clone(), ends.collect::<BTreeSet<_>>())
        };
        assert_eq!(told(&walk), told(&each), "{bug:?} {nodes} {path:?}");
        assert!(walk.simulated < each.simulated || bug.is_some(), "{nodes} {path:?}");
        assert_eq!(each.simulated, each.beginnings);
    }
}

/// Repaired nodes have nothing but the versions that they do not share.
#[test]
fn repaired_nodes_are_parted_by_their_versions_alone() {
    let cluster = Cluster { quirks: WithQuirks::REPAIRED, ..Cluster::default() };
    let (walk, exercises) = cluster.exhaust(2, &windows()[0], &|| ());
    assert!(walk.is_complete() && exercises.spoiled == 0);
    assert_eq!(walk.spoiled.keys().collect::<Vec<_>>(), [&"R15"]);
    assert!(walk.healthy > 0 && walk.healthy == walk.lattice.orders() - walk.parted);
}

/// What goes wrong in a window stands under it, and leads to it again.
#[test]
fn a_window_that_is_asked_for_is_walked_with_its_failures() {
    let subject = planted::find("M28").unwrap().subject();
    let cluster = Cluster { subject: Some(Arc::from(subject)), ..Cluster::default() };
    let asked = |address: &str| windows_of(&Selection::Under(address.to_owned()));
    assert_eq!(asked("upgrade").len(), windows().len());
    let windows = asked("upgrade/1.3/1.6");
    assert_eq!(windows.len(), 1);
    let walks = verdicts(&cluster, &windows, "", &|| ());
    let mut report = Report::new("walks");
    walks.add_to(&mut report, false);
    let found: Vec<_> = report.findings().map(|finding| finding.case.to_string()).collect();
    assert!(!found.is_empty());
    for address in found {
        assert!(address.starts_with("upgrade/1.3/1.6/"), "{address}");
        assert_eq!(asked(&address), windows, "{address}");
    }
    assert_eq!(asked("upgrade/1.2/1.2").len(), 0);
}

#[test]
fn random_plans_with_every_trouble_go_well() {
    let troubles = Trouble::ALL.map(|(trouble, _)| trouble);
    for path in windows() {
        let order = &Order::Drawn;
        let draft = Draft { nodes: 3, path: &path, order, troubles: &troubles, seed: 0 };
        let failed = Cluster::default().random(&draft, 0..20, &|| ());
        let failed = failed.iter().find(|(_, failure)| !failure.is_known());
        let failed = failed.map(|(plan, failure)| {
            let shrunk = Cluster::default().shrink(plan).unwrap();
            format!("{}: {:?}", shrunk.plan, failure.violations[0])
        });
        assert_eq!(failed, None);
    }
}

/// 04 R30.
#[test]
fn quirks_show_in_upgrades() {
    let cluster = |quirk| Cluster {
        quirks: WithQuirks::REPAIRED.with(Quirks::NONE.with(quirk)),
        ..Cluster::default()
    };
    let run = rolling(&cluster(Quirk::NeverPolls), "1.3", "1.4");
    assert_eq!(run.failure.unwrap().kind(), Kind::NotSeenAlive.name());
}

#[test]
fn planted_bugs_are_seen() {
    for (id, from, to) in [
        ("M01", "1.3", "1.4"),
        ("M02", "1.3", "1.4"),
        ("M16", "1.5", "1.6"),
        ("M64", "1.3", "1.4"),
        ("M69", "1.3", "1.4"),
        ("M70", "1.4", "1.5"),
    ] {
        let subject: Arc<dyn Subject> = Arc::from(planted::find(id).unwrap().subject());
        let cluster = Cluster { subject: Some(subject), ..Cluster::default() };
        let path = path(release(from), release(to)).unwrap();
        let (walk, _) = cluster.exhaust(2, &path, &|| ());
        println!("{id}: {:?}", walk.failures.first().map(|failure| &failure.violations[0]));
        assert!(!walk.failures.is_empty(), "{id}");
    }
}
