//! What leaders write into logs, and what becomes of those who follow (08 §3.1, 09 §8).

use super::*;
use crate::suite::faults;

fn run(line: &str) -> Run<Machine> {
    Cluster::default().run(&Plan::parse(line, |name| name.parse().ok()).unwrap())
}

/// The kinds of what was seen of a known fault, with the steps in which it began.
fn seen_of(run: &Run<Machine>, number: &str) -> Vec<(&'static str, usize)> {
    let of_it = run.seen.iter().filter(|seen| seen.violation.fault == Some(number));
    let mut seen: Vec<_> = of_it.map(|seen| (seen.violation.kind, seen.step)).collect();
    // More than one node sees most of them.
    seen.dedup();
    seen
}

const STOPPED: &str = Kind::StoppedProcessor.name();
const LOST: &str = Kind::StoppedPartition.name();

#[test]
fn from_1_6_to_1_7_and_back_all_partitions_are_led_and_followed() {
    let up = "n1:1.6.2 n2:1.6.2 n3:1.6.2 n1=1.7.12 n2=1.7.12 n3=1.7.12";
    let run = run(&format!("{up} n1=1.6.2 n2=1.6.2 n3=1.6.2"));
    assert_eq!((run.failure, run.seen.len()), (None, 0));
    for (index, machine) in run.world.processes() {
        let end = machine.node.disk().end();
        for (partition, processor) in machine.processors().all() {
            assert_eq!(processor.leader.map(|it| u64::from(it.id.0)), Some(partition), "{index}");
            assert!(processor.stop.is_none() && processor.read_to == end && end > 300);
        }
    }
}

/// All neighbours but 1.2, 1.3 and 1.4, whose nodes have other faults with each other.
#[test]
fn what_one_line_writes_by_itself_the_line_before_it_reads() {
    let lines: Vec<Release> = Release::lines().collect();
    for pair in lines.windows(2) {
        let (old, new) = (pair[0], pair[1]);
        let run = run(&format!("n1:{old} n2:{old} n1={new} n2={new} n2={old} n1={old}"));
        let stopped = run.seen.iter().filter(|it| [STOPPED, LOST].contains(&it.violation.kind));
        assert_eq!(stopped.count(), 0, "{old} and {new}");
    }
}

/// The step that brings the record, and the one after which nobody can lead.
#[test]
fn each_skew_of_log_records_shows_at_the_step_where_servers_fail() {
    for (number, line, steps) in [
        ("L1", "n1:1.3 n2:1.3 n3:1.3 n1=1.4.0", &[(STOPPED, 1)][..]),
        ("L9", "n1:1.4 n2:1.4 n1=1.6 crash(n1) n2=1.5", &[(STOPPED, 1)]),
        (
            "L10",
            "n1:1.5.3 n2:1.5.3 n3:1.5.3 n3=1.7.12 restart(n1) crash(n3) restart(n2)",
            &[(STOPPED, 1), (LOST, 4)],
        ),
        ("L12", "n1:1.6.2 n2:1.6.2 n2=1.7.12 tell(n2,rule) n2=1.6.2", &[(STOPPED, 2)]),
        (
            "L12",
            "n1:1.6.2 n2:1.6.2 tell(n1,rule) n1=1.7.12 tell(n1,rule) n2=1.7.12",
            &[(STOPPED, 3)],
        ),
        (
            "L15",
            "n1:1.6.2 n2:1.6.2 tell(n2,vqueues) n2=1.7.12 n2=1.6.2",
            &[(STOPPED, 2), (STOPPED, 3), (LOST, 3)],
        ),
    ] {
        let run = run(line);
        assert_eq!(seen_of(&run, number), steps, "{number}: {line}: {:#?}", run.seen);
        let failure = run.failure.unwrap();
        assert_eq!((failure.step, failure.is_known()), (steps[0].1, true), "{number}: {line}");
    }
}

/// The plans of [`faults`] with releases that read what the others do not.
#[test]
fn a_patch_that_mends_a_skew_of_log_records_is_seen_to() {
    for (number, line) in [
        ("L1", "n1:1.3 n2:1.3 n3:1.3 n1=1.4.1"),
        ("L2", "n1:1.4.0 n2:1.4.0 n3:1.4.0 tell(n3,retention) n3=1.4 crash(n3) wait(1000)"),
        ("L3", "n1:1.4.2 n2:1.4.2 n3:1.4.2 tell(n3,durability) n3=1.4.3 crash(n3) wait(1000)"),
        ("L4", "n1:1.5.0 n2:1.5.0 n3:1.5.0 n3=1.5 tell(n3,resume) tell(n3,restart) crash(n3)"),
        ("L5", "n1:1.5.0 n2:1.5.0 n3:1.5.0 n3=1.5 tell(n3,pause) crash(n3) wait(1000)"),
        ("L6", "n1:1.5.0 n2:1.5.0 n3:1.5.0 tell(n3,events) tell(n3,v6) n3=1.5 crash(n3)"),
        ("L8", "n1:1.6.0 n2:1.6.0 n3:1.6.0 tell(n3,batch-ingestion) n3=1.6 crash(n3)"),
        ("L9", "n1:1.5 n2:1.5 n3:1.5 n3=1.6 crash(n3) wait(1000)"),
        ("L10", "n1:1.6 n2:1.6 n3:1.6 n3=1.7.12 crash(n3) wait(1000)"),
        ("L12", "n1:1.7.0 n2:1.7.0 n3:1.7.0 n3=1.7 tell(n3,rule) crash(n3) wait(1000)"),
        ("L13", "n1:1.7.0 n2:1.7.0 n3:1.7.0 tell(n3,invoker-yield) n3=1.7 crash(n3)"),
        ("L14", "n1:1.7.0 n2:1.7.0 n3:1.7.0 tell(n3,v7) n3=1.7 crash(n3) wait(1000)"),
        ("L15", "n1:1.7.0 n2:1.7.0 n3:1.7.0 tell(n3,unique-seeds) n3=1.7 crash(n3)"),
        ("L16", "n1:1.7.5 n2:1.7.5 n3:1.7.5 tell(n3,skip-completed) n3=1.7.6 crash(n3)"),
        ("L18", "n1:1.6.0 n2:1.6.0 n3:1.6.0 tell(n3,vqueues) restart(n3) n1=1.6"),
        ("L19", "n1:1.4.0 n2:1.4.0 n3:1.4.0 tell(n3,events) restart(n3) n1=1.4"),
        ("L20", "n1:1.5.0 n2:1.5.0 n3:1.5.0 n3=1.5 tell(n3,trace-state) crash(n3)"),
    ] {
        assert!(faults::numbered(number).is_some_and(|it| it.upgrades.is_some()), "{number}");
        let run = run(line);
        assert_eq!(seen_of(&run, number), [], "{number}");
        let stopped = run.seen.iter().find(|it| [STOPPED, LOST].contains(&it.violation.kind));
        assert!(stopped.is_none(), "{number}: {stopped:?}");
        let silent = run.world.nodes().flat_map(|node| node.process.silent().collect::<Vec<_>>());
        assert_eq!(silent.collect::<Vec<_>>(), [], "{number}: what mends it was written");
    }
}

/// Every skew that somebody writes is a known fault, and its plan shows it: see [`faults::grid`].
#[test]
fn all_skews_of_log_records_that_stop_partitions_are_known_faults() {
    let harmless = ["L7", "L11", "L17"];
    let written_by_nobody = ["L21", "L22"];
    for row in &crate::suite::log_records::ROWS {
        let is_known = faults::numbered(row.id).is_some();
        let is_none = harmless.contains(&row.id) || written_by_nobody.contains(&row.id);
        assert_eq!(is_known, !is_none, "{}", row.id);
    }
}

/// What was told and nobody wrote, and what somebody wrote.
#[test]
fn what_nobody_writes_is_said() {
    let said = |line: &str| -> Vec<String> {
        let run = run(line);
        let mut said = Vec::new();
        for node in run.world.nodes() {
            said.extend(node.process.silent().map(|(word, why)| format!("{word}: {why}")));
        }
        said
    };
    let nodes = "n1:1.6.2 n2:1.6.2";
    assert_eq!(said(&format!("{nodes} tell(n1,cancel)")), [""; 0]);
    for (steps, expected) in [
        ("tell(n1,rule) wait(1000)", "rule: a leader of 1.6.2 writes nothing because of it"),
        (
            "tell(n1,vqueues)",
            "vqueues: a setting is read when a node starts, and it was not started since",
        ),
        ("tell(n1,v7) restart(n1)", "v7: a leader of 1.6.2 writes nothing because of it"),
        (
            "crash(n1) tell(n1,cancel) restart(n1)",
            "cancel: the node was started anew before it led a partition",
        ),
        ("crash(n1) tell(n1,cancel)", "cancel: the node led no partition since"),
    ] {
        assert_eq!(said(&format!("{nodes} {steps}")), [expected], "{steps}");
    }
    // Written after all, by a later release.
    assert_eq!(said("n1:1.6.2 n2:1.6.2 tell(n1,v7) restart(n1) n1=1.7"), [""; 0]);
}

#[test]
fn a_partition_whose_node_is_gone_is_led_by_another_one() {
    let run = run("n1:1.6 n2:1.6 n3:1.6 crash(n3) wait(10000) tell(n1,cancel)");
    let leaders: Vec<Option<u32>> = run
        .world
        .processes()
        .next()
        .map(|(_, machine)| {
            machine.processors().all().map(|(_, it)| it.leader.map(|leader| leader.id.0)).collect()
        })
        .unwrap();
    assert_eq!(leaders, [Some(1), Some(2), Some(1)]);
}

#[test]
fn who_was_away_reads_what_was_written_meanwhile() {
    let run = run("n1:1.6 n2:1.6 n3:1.6 crash(n3) wait(10000) restart(n3)");
    let ends: Vec<u32> = run.world.processes().map(|(_, it)| it.node.disk().end()).collect();
    assert!(ends.iter().all(|end| *end == ends[0]), "{ends:?}");
    assert!(run.failure.is_none());
}

#[test]
fn bugs_of_log_records_stop_partitions() {
    let subject: Arc<dyn Subject> = Arc::from(planted::record_bug("LR1").unwrap());
    let cluster = Cluster { subject: Some(subject), ..Cluster::default() };
    let failure = rolling(&cluster, "1.6", "1.7").failure.unwrap();
    assert_eq!((failure.step, failure.kind(), failure.is_known()), (0, STOPPED, false));
}

#[test]
fn a_processor_that_stops_is_in_the_timeline() {
    let run = run("n1:1.6 n2:1.6 n2=1.7 tell(n2,rule)");
    let stuck = events(&run).find_map(|(node, event)| match event {
        Event::Stuck { what } => Some((node, what.to_string())),
        _ => None,
    });
    let (node, what) = stuck.unwrap();
    assert!(node == 0 && what.starts_with("partition 2, UpsertRuleBook: "), "{what}");
}
