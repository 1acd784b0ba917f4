//! Each kind of violation with a cluster in which it is seen, and findings that repeat.

use bytes::Bytes;

use super::*;
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::messages::node_state::GetNodeState;
use crate::fabric::negotiation::{Accepted, Acceptor, Arrival, Refusal};
use crate::fabric::payload::DecodeError;
use crate::fabric::session::Dialect;
use crate::harness::upgrade::judge::Judge;
use crate::harness::upgrade::world::World;
use crate::suite::planted::PLANTED;

fn plan(line: &str) -> Plan<Release> {
    Plan::parse(line, |name| name.parse().ok()).unwrap()
}

fn with_bug(id: &str) -> Cluster {
    with_subject(planted::find(id).unwrap().subject())
}

fn with_subject(subject: Box<dyn Subject>) -> Cluster {
    let (subject, quirks) = (Some(Arc::from(subject)), WithQuirks::REPAIRED);
    Cluster { subject, quirks, ..Cluster::default() }
}

fn with_quirk(quirk: Quirk) -> Cluster {
    let quirks = WithQuirks::REPAIRED.with(Quirks::NONE.with(quirk));
    Cluster { quirks, ..Cluster::default() }
}

/// What is found in a cluster that only has to start.
fn found(cluster: &Cluster, nodes: &str) -> Vec<Violation> {
    cluster.run(&plan(nodes)).failure.unwrap().violations
}

/// Three nodes of one release in good health.
fn healthy() -> World<Machine> {
    let run = Cluster::default().run(&plan("n1:1.6 n2:1.6 n3:1.6"));
    assert_eq!(run.failure, None);
    run.world
}

fn judged(world: &World<Machine>) -> Vec<Violation> {
    Properties::default().at_end(world)
}

/// A world in which something happened, and the first node did not hear of it.
fn unheard(mut world: World<Machine>, happens: impl FnOnce(&mut World<Machine>)) -> World<Machine> {
    let node = world.process(0).unwrap().node.clone();
    happens(&mut world);
    world.run_until(world.now().after(SETTLE_MS));
    world.with(0, |machine, _, _| machine.node = node);
    world
}

/// Refuses whom it shares no version with, and does not say that this is why.
struct Evasive;

impl Subject for Evasive {}

impl Dialect for Evasive {
    fn accept(&self, acceptor: &Acceptor, arrival: Arrival<'_>) -> Result<Accepted, Refusal> {
        acceptor.accept(arrival).map_err(|refusal| match refusal {
            Refusal::UnsupportedVersion { .. } => Refusal::NoNodeId,
            other => other,
        })
    }
}

/// Stores nothing, and says that it has.
struct Forgetful;

impl Subject for Forgetful {}

impl Dialect for Forgetful {
    fn decode(
        &self,
        message_type: MessageType,
        bytes: &Bytes,
        release: Release,
        number: i32,
    ) -> Result<Message, DecodeError> {
        let mut message = Message::decode(message_type, bytes, release, number)?;
        if let Message::Store(store) = &mut message {
            store.payloads.0.clear();
        }
        Ok(message)
    }
}

/// A cluster in which a kind of violation is seen, and what is found there.
fn seen(kind: Kind) -> Vec<Violation> {
    let release = release("1.6");
    let comes_back = |world: &mut World<Machine>| {
        world.crash(1);
        world.start(1, &release);
    };
    match kind {
        Kind::NotSeenAlive => found(&with_quirk(Quirk::NeverPolls), "n1:1.3 n2:1.4"),
        Kind::SeenAlive => judged(&unheard(healthy(), |world| world.crash(1))),
        Kind::WrongVersion => found(&with_bug("M70"), "n1:1.6 n2:1.6"),
        Kind::OldRun | Kind::OldMetadata => judged(&unheard(healthy(), comes_back)),
        Kind::NotRefused => found(&with_subject(Box::new(Evasive)), "n1:1.3 n2:1.5"),
        Kind::TooManyDials => {
            let mut world = healthy();
            for _ in 0..20 {
                world.with(0, |machine, now, out| machine.act(now, out, |_, _, it| it.dial(2)));
            }
            judged(&world)
        }
        Kind::Outcomes => {
            let mut world = healthy();
            let question = Message::GetNodeState(GetNodeState {});
            let given = world.with(0, |machine, now, out| {
                machine.act(now, out, |node, now, wires| node.give(now, 2, &question, wires))
            });
            assert!(given.unwrap().is_ok());
            judged(&unheard(world, |_| {}))
        }
        Kind::Misunderstood => found(&with_bug("M06"), "n1:1.4 n2:1.5"),
        Kind::LostRecord => found(&with_subject(Box::new(Forgetful)), "n1:1.6 n2:1.6"),
        Kind::NoProgress => found(&with_bug("M15"), "n1:1.4 n2:1.5"),
        Kind::Exercise => found(&with_quirk(Quirk::MisroutesRelease), "n1:1.3 n2:1.4"),
        Kind::Unreachable => found(&Cluster::default(), "n1:1.3 n2:1.5"),
        Kind::Split => found(&Cluster::default(), "n1:1.3 n2:1.4 n3:1.5"),
        Kind::NoMajority => found(&Cluster::default(), "n1:1.3 n2:1.5 n3:1.5"),
        Kind::StoppedProcessor => found(&Cluster::default(), "n1:1.4 n2:1.6"),
        Kind::StoppedPartition => {
            let run = Cluster::default().run(&plan("n1:1.4 n2:1.6 crash(n2) wait(1000)"));
            run.seen.into_iter().map(|seen| seen.violation).collect()
        }
        Kind::Stalled => found(&Cluster::default(), "n1:1.4 n2:1.4 crash(n2) wait(40000)"),
    }
}

#[test]
fn every_kind_of_violation_is_seen() {
    assert_eq!(judged(&healthy()), []);
    for kind in Kind::ALL {
        let seen = seen(kind);
        assert!(seen.iter().any(|it| it.kind == kind.name()), "{kind:?}: {seen:?}");
        println!("{}: {seen:?}", kind.name());
    }
}

/// Refuses its peers, or some of them, although it shares a version with them.
struct Unsociable {
    refuses: fn([u32; 2]) -> bool,
}

impl Subject for Unsociable {}

impl Dialect for Unsociable {
    fn accept(&self, acceptor: &Acceptor, arrival: Arrival<'_>) -> Result<Accepted, Refusal> {
        let accepted = acceptor.accept(arrival)?;
        let ids = [acceptor.node_id.map_or(0, |me| me.id), accepted.peer.id];
        if (self.refuses)(ids) { Err(Refusal::NoNodeId) } else { Ok(accepted) }
    }
}

/// What no known fault explains among the kinds of availability.
fn unexplained(violations: &[Violation]) -> Vec<&'static str> {
    let new = violations.iter().filter(|it| it.fault.is_none() && it.lasting.is_some());
    new.map(|violation| violation.kind).collect()
}

#[test]
fn what_cuts_nodes_off_or_stops_the_log_is_new_where_it_is_no_known_fault() {
    let seen = |refuses| {
        let cluster = with_subject(Box::new(Unsociable { refuses }));
        let run = cluster.run(&plan("n1:1.6 n2:1.6 n3:1.6"));
        unexplained(&judged(&run.world))
    };
    assert_eq!(seen(|_| true), ["unreachable", "unreachable", "no majority"]);
    assert_eq!(seen(|ids| ids.contains(&3)), ["unreachable"]);
    assert_eq!(seen(|[a, b]| a + b == 5), ["split"]);
    // What nobody can read is acknowledged by nobody.
    let mut world = with_bug("M07").run(&plan("n1:1.4 n2:1.5")).world;
    world.run_until(world.now().after(40_000));
    assert_eq!(unexplained(&judged(&world)), ["stalled log"]);
}

/// As of issue 12: a straight upgrade over the bridge.
#[test]
fn a_step_that_cuts_nodes_off_is_named_with_them_and_how_long_it_lasts() {
    let run = Cluster::default().run(&plan("n1:1.3 n2:1.3 n3:1.3 n1=1.7"));
    let failure = run.failure.unwrap();
    assert_eq!((failure.step, failure.kind()), (1, "unreachable"));
    let said = "step 1 (upgrade n1 from 1.3 to 1.7, leaving out 1.4, 1.5, 1.6) cuts n1 (1.7) off \
        from n2 (1.3) and n3 (1.3): they share no version; it lasts 17.400s, to the end of the plan";
    assert_eq!(failure.violations[0].what, said);
    assert_eq!(failure.violations[1].kind, "no majority");
    // And the same where the bridge is crossed too early, until it is mended.
    let run = Cluster::default().run(&plan("n1:1.2 n2:1.4 n3:1.4 n3=1.5 n1=1.4"));
    let failure = run.failure.unwrap();
    assert_eq!((failure.step, failure.kind()), (1, "split"));
    assert!(failure.violations[0].what.contains("parts n1 (1.2) and n3 (1.5)"), "{failure:?}");
    assert!(failure.violations[0].what.ends_with("it lasts 8.700s"), "{failure:?}");
}

#[test]
fn a_log_that_stood_still_for_too_long_is_told_once_with_its_reason() {
    let stalls = |line: &str| {
        let run = Cluster::default().run(&plan(line));
        let stalls = run.failure.into_iter().flat_map(|failure| failure.violations);
        stalls.map(|it| (it.kind, it.what)).collect::<Vec<_>>()
    };
    assert_eq!(stalls("n1:1.4 n2:1.4 crash(n2) wait(10000) restart(n2)"), []);
    let over = stalls("n1:1.4 n2:1.4 crash(n2) wait(40000) restart(n2) restart(n1)");
    assert_eq!(over.len(), 1, "{over:?}");
    let (kind, what) = &over[0];
    assert_eq!(*kind, "stalled log");
    assert!(what.contains("stops the log for more than 30 s"), "{what}");
    let down = stalls("n1:1.4 n2:1.4 crash(n1) wait(40000)");
    assert!(down[0].1.contains("its sequencer n1 is down"), "{down:?}");
    let cut = stalls("n1:1.4 n2:1.4 partition(n1,n2) wait(40000)");
    assert!(cut[0].1.contains("n2 is behind a disturbed network"), "{cut:?}");
}

/// The plan of a finding, given as a line to the same nodes, finds the same, unless messages fail in a
/// state on the way already: then that comes first.
#[test]
fn what_a_walk_finds_its_plan_repeats() {
    let lines: Vec<Release> = Release::lines().collect();
    let bugs = PLANTED.iter().map(|bug| (bug.id, with_bug(bug.id)));
    let quirks = [Quirk::MisroutesRelease, Quirk::NeverPolls];
    let quirks = quirks.map(|quirk| (quirk.row().id, with_quirk(quirk)));
    let mut found = Vec::new();
    for (id, cluster) in bugs.chain(quirks) {
        for path in lines.windows(2) {
            let (walk, _) = cluster.exhaust(2, path, &|| ());
            for failure in &walk.failures {
                let line = failure.plan.to_string();
                let run = cluster.run(&plan(&line)).failure;
                let run = run.unwrap_or_else(|| panic!("{id}: {line} passes"));
                if run.step >= failure.plan.steps.len() {
                    assert_eq!(run.violations, failure.violations, "{id}: {line}");
                } else {
                    let is_known = |it: &Violation| {
                        walk.failures.iter().any(|failure| failure.violations.contains(it))
                    };
                    assert!(run.violations.iter().all(is_known), "{id}: {line}");
                }
                found.push(id);
            }
        }
    }
    let count = found.len();
    found.dedup();
    println!("{count} findings of {} bugs: {found:?}", found.len());
    assert!(["M01", "M02", "M06", "M15", "M64", "R22"].iter().all(|id| found.contains(id)));
}

#[test]
fn bugs_of_codecs_are_seen_by_plans() {
    for (id, from, to) in [
        ("M01", "1.3", "1.4"),
        ("M02", "1.3", "1.4"),
        ("M06", "1.4", "1.5"),
        ("M15", "1.4", "1.5"),
        ("M16", "1.5", "1.6"),
    ] {
        let run = rolling(&with_bug(id), from, to);
        println!("{id}: {:?}", run.failure.as_ref().map(|failure| &failure.violations[0]));
        assert!(run.failure.is_some(), "{id}");
    }
}

/// 1.7.0-rc.3 speaks V4 to its like, of which nothing is known.
#[test]
fn what_has_no_codec_is_left_out_and_said_to_be() {
    let path = path(release("1.6"), release("1.7.0-rc.3")).unwrap();
    let run = Cluster::default().run(&Cluster::default().rolling(3, &path));
    assert_eq!(run.failure, None);
    let (walk, exercises) = Cluster::default().exhaust(2, &path, &|| ());
    assert_eq!(walk.failures, []);
    let mut walks = Walks::new("orders");
    walks.record(&path, &walk, exercises, "");
    let tally = walks.grid.tally();
    assert_eq!((tally.failed, tally.skipped), (0, 1), "{:?}", walks.walked);
}
