//! A node in a cluster: whom it dials and when, what it takes for alive, and what it stores and acknowledges
//! (02 §3, §4.2, §5; 03 §4).
//!
//! What must come of it is written down from the specification, and from what [`crate::fabric::node`] says of
//! its log.

use std::fmt::Debug;
use std::time::Duration;

use super::town::{Citizen, Door, Town, answer_of_service};
use super::{Checks, columns};
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::messages::ids::{
    GenerationalNodeId, LogletId, LogletOffset, PlainNodeId, Version,
};
use crate::fabric::messages::log_server::{
    GetRecords, LogServerRequestHeader, LogServerResponseHeader, LogServerStatus, MaybeRecord,
    Records, Store, Stored,
};
use crate::fabric::messages::metadata::nodes::{MaybeNode, NodeConfig, NodesConfiguration};
use crate::fabric::messages::metadata::{MetadataContainer, MetadataUpdate};
use crate::fabric::messages::node_state::{GetNodeState, NodeStateResponse};
use crate::fabric::messages::records::{Payloads, Record};
use crate::fabric::messages::sequencer::{
    Append, Appended, CommonRequestHeader, CommonResponseHeader, SequencerStatus,
};
use crate::fabric::node::{Arrival, Note, ROUND};
use crate::fabric::release::Release;
use crate::fabric::session::{DrainReason, Outcome};
use crate::harness::report::Grid;
use crate::suite::compare::{self, Difference};
use crate::suite::requirements;

/// The grid of these checks.
const GRID: &str = "nodes of a cluster, by their release";

/// Checks every release.
pub fn run(checks: &mut Checks<'_>) {
    checks.report.add(Grid::new(GRID).with_columns(columns()));
    for release in Release::stable() {
        // Up to 1.3 a question for metadata goes only where the node may ask, which is not tried here.
        let has_questions = MessageType::GetMetadataRequest.row().is_known_to(release);
        for (check, name, is_so) in CHECKS {
            if name == OLDER_RUN && !has_questions {
                continue;
            }
            let case = requirements::NODE.case([release.name(), name]);
            let result = is_so(Citizen { release, is_apart: false });
            checks.record_in(GRID, check, release, case, result);
            // Where the sessions are makes no difference to the node; of patches one stands for all.
            if release == release.line() {
                let case = requirements::NODE.case([release.name(), name, APART]);
                let result = is_so(Citizen { release, is_apart: true });
                checks.record_in(GRID, check, release, case, result);
            }
        }
    }
}

type Check = fn(Citizen) -> Result<(), Difference>;

const OLDER_RUN: &str = "older-run";
/// Of a node whose sessions are somewhere else.
const APART: &str = "apart";

/// What is checked, under which name, and how.
const CHECKS: [(&str, &str, Check); 11] = [
    ("a peer that is heard", "heard", heard),
    ("a peer that falls silent", "falls-silent", falls_silent),
    ("a peer that refuses", "refused", refused),
    ("a peer that is silent", "silent", silent),
    ("a peer that goes away", "gone", gone),
    ("the end of an older run", OLDER_RUN, older_run),
    ("requests for another node", "roles", roles),
    ("records to be stored", "stores", stores),
    ("records that are asked for", "reads", reads),
    ("records that are missing", "catches-up", catches_up),
    ("a majority", "majority", majority),
];

fn same<T: PartialEq + Debug>(what: &str, expected: T, actual: T) -> Result<(), Difference> {
    compare::same(requirements::NODE.sentence, what, &expected, &actual)
}

/// The one loglet, and another.
const LOGLET: LogletId = LogletId(1);
const OTHER_LOGLET: LogletId = LogletId(2);
/// The sequencer: the node with the lowest id.
const FIRST: u32 = 1;
/// A node that is not the sequencer.
const LAST: u32 = 3;

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Who is refused waits a quarter of a second, then twice as long each time, and never more than three
/// seconds. After a connection on which the peer was heard it begins anew (02 §3).
fn refused(of: Citizen) -> Result<(), Difference> {
    let mut town = Town::new(of, LAST, [2, LAST], Door::Refuses);
    town.happens(Arrival::Start);
    while town.dialled(2).len() < 7 && town.now < ms(60_000) {
        town.passes(ROUND);
    }
    let gaps = |dials: &[Duration]| -> Vec<u128> {
        dials.windows(2).map(|pair| (pair[1] - pair[0]).as_millis()).collect()
    };
    let expected = vec![250, 500, 1000, 2000, 3000, 3000];
    same("waits in milliseconds", expected, gaps(&town.dialled(2)))?;
    town.door = Door::Opens;
    town.passes(ms(3000));
    (0..4).for_each(|_| town.lives_a_round(2));
    same("the peer is alive", true, town.node.sees_alive(2))?;
    town.door = Door::Refuses;
    let broken_at = town.now;
    town.breaks();
    for _ in 0..4 {
        town.passes(ROUND);
    }
    let again = town.dialled(2).into_iter().filter(|at| *at > broken_at);
    let again: Vec<u128> = again.map(|at| (at - broken_at).as_millis()).collect();
    same("dialled after a good connection, in milliseconds", vec![250, 750], again)
}

/// Who dials a peer that says nothing gives up after three seconds, and asks for that time (02 §3 W1).
fn silent(of: Citizen) -> Result<(), Difference> {
    let mut town = Town::new(of, LAST, [2, LAST], Door::Silent);
    town.happens(Arrival::Start);
    town.node.rest_until(ms(3_600_000));
    let streams = town.streams();
    same("dialled", true, streams > 0)?;
    // Sessions that are somewhere else are told the time at least as often as there are rounds.
    let wake_at = if of.is_apart { ROUND } else { ms(3000) };
    same("wants to be woken", Some(wake_at), town.node.wake_at())?;
    town.passes(ms(2999));
    same("streams that it closed too early", 0, town.closed)?;
    town.passes(if of.is_apart { ROUND } else { ms(1) });
    same("streams that it closed in time", streams, town.closed)?;
    same("wants to be woken then", Some(ms(3_600_000)), town.node.wake_at())
}

/// The names of lanes (01 §4).
const LANES: [&str; 4] = ["GENERAL", "GOSSIP", "BIFROST_DATA", "INGRESS_DATA"];
/// Rounds in which nothing was heard of a peer before it is taken for dead: no release says how many, this
/// is what is assumed.
const SILENT_ROUNDS: u32 = 8;

/// Nothing is lost between nodes that hear each other, and lanes are noted by their names.
fn heard(of: Citizen) -> Result<(), Difference> {
    let mut town = Town::new(of, LAST, [2, LAST], Door::Opens);
    town.happens(Arrival::Start);
    (0..4).for_each(|_| town.lives_a_round(2));
    let lost: Vec<&Note> =
        town.notes().iter().filter(|it| matches!(it, Note::Lost { .. })).collect();
    same("what was lost", vec![], lost)?;
    let lanes = town.notes().iter().filter_map(|note| match note {
        Note::Connected { lane, .. } => Some(*lane),
        _ => None,
    });
    let lanes: Vec<&str> = lanes.collect();
    let unknown: Vec<&str> = lanes.iter().copied().filter(|it| !LANES.contains(it)).collect();
    same("lanes without a name", vec![], unknown)?;
    same("connections that are noted", true, !lanes.is_empty())
}

/// Who says nothing any more is alive for some rounds, and not for one more.
fn falls_silent(of: Citizen) -> Result<(), Difference> {
    let mut town = Town::new(of, LAST, [2, LAST], Door::Opens);
    town.happens(Arrival::Start);
    (0..4).for_each(|_| town.lives_a_round(2));
    let mut rounds = 0;
    while town.node.sees_alive(2) && rounds < 4 * SILENT_ROUNDS {
        town.passes(ROUND);
        rounds += 1;
    }
    same("rounds of silence until it is dead", SILENT_ROUNDS + 1, rounds)
}

/// Whose process goes away is dead at once, and what it still says is no sign of life (02 S7).
fn gone(of: Citizen) -> Result<(), Difference> {
    let mut town = Town::new(of, LAST, [2, LAST], Door::Opens);
    town.happens(Arrival::Start);
    (0..4).for_each(|_| town.lives_a_round(2));
    same("the peer is alive", true, town.node.sees_alive(2))?;
    town.door = Door::Silent;
    town.drains(2, DrainReason::Shutdown);
    same("the peer is alive after SHUTDOWN", false, town.node.sees_alive(2))?;
    (0..2).for_each(|_| town.lives_a_round(2));
    same("the peer is alive in the next rounds", false, town.node.sees_alive(2))
}

/// That an older run goes away says nothing of the one that is there now.
fn older_run(of: Citizen) -> Result<(), Difference> {
    let mut town = Town::new(of, LAST, [2, LAST], Door::Silent);
    town.happens(Arrival::Start);
    town.comes_in(2);
    let anew = town.runs_anew(2);
    town.comes_in(anew);
    let question = town.is_asked(anew, MessageType::GetMetadataRequest);
    same("the new run is asked for what it knows", true, question.is_some())?;
    town.replies(anew, question, &nodes_configuration());
    same("the run that is known", Some(2), town.node.disk().generations.get(&2).copied())?;
    (0..2).for_each(|_| town.lives_a_round(anew));
    same("the new run is alive", true, town.node.sees_alive(2))?;
    town.drains(2, DrainReason::Shutdown);
    same("the new run is alive once the older one is gone", true, town.node.sees_alive(2))?;
    (0..2).for_each(|_| town.lives_a_round(anew));
    same("the new run is alive in the next rounds", true, town.node.sees_alive(2))
}

/// The second run of a peer, and the node.
fn nodes_configuration() -> Message {
    let node = |id: u32, generation: u32| {
        let config = NodeConfig {
            name: format!("n{id}"),
            current_generation: GenerationalNodeId::new(id, generation),
            ..NodeConfig::default()
        };
        (PlainNodeId(id), MaybeNode::Node(config))
    };
    let configuration = NodesConfiguration {
        version: Version(u32::MAX),
        cluster_name: "cluster".to_owned(),
        nodes: [node(2, 2), node(LAST, 1)].into_iter().collect(),
        ..NodesConfiguration::default()
    };
    let container = MetadataContainer::NodesConfiguration(configuration);
    Message::MetadataUpdate(MetadataUpdate { container })
}

fn append() -> Message {
    let header = CommonRequestHeader { loglet_id: LOGLET, ..CommonRequestHeader::default() };
    Message::Append(Append { header, payloads: some_records() })
}

fn some_records() -> Payloads {
    Payloads(vec![Record { body: "a".into(), ..Record::default() }; 2])
}

fn store(loglet_id: LogletId, first: u32) -> Message {
    let header = LogServerRequestHeader { loglet_id, ..LogServerRequestHeader::default() };
    let (first_offset, payloads) = (LogletOffset(first), some_records());
    Message::Store(Store { header, first_offset, payloads, ..Store::default() })
}

fn stored(status: LogServerStatus) -> Message {
    let header = LogServerResponseHeader { status, ..LogServerResponseHeader::default() };
    Message::Stored(Stored { header })
}

/// A node that is not the sequencer leaves an Append to its service, and stores nothing of it.
fn roles(of: Citizen) -> Result<(), Difference> {
    let mut town = Town::new(of, LAST, [2, LAST], Door::Silent);
    town.starts_at_rest();
    town.comes_in(2);
    let outcome = town.asks(2, &append());
    let expected = answer_of_service(&append()).map(Outcome::Reply);
    same("the answer to an Append", expected, outcome)?;
    let state = Message::NodeStateResponse(NodeStateResponse::default());
    let outcome = town.asks(2, &Message::GetNodeState(GetNodeState::default()));
    same("the answer to GetNodeState", Some(Outcome::Reply(state)), outcome)?;
    same("offsets that are stored", vec![], town.offsets())?;
    // The sequencer is asked for nothing that its service would answer; nobody else is there to store it.
    let mut town = Town::new(of, FIRST, [FIRST, 2], Door::Silent);
    town.starts_at_rest();
    town.comes_in(2);
    let outcome = town.asks(2, &append());
    let answered = matches!(outcome, Some(Outcome::Reply(Message::Appended(_))));
    same("an Append is answered although half of the nodes is no majority", false, answered)?;
    same("offsets that the sequencer stores", vec![1, 2], town.offsets())
}

/// A log server stores the records of its loglet where it is told to, and of no other; the sequencer gives out
/// offsets itself, and takes none.
fn stores(of: Citizen) -> Result<(), Difference> {
    for (id, nodes, loglet, offsets) in [
        (LAST, [2, LAST], LOGLET, vec![5, 6]),
        (LAST, [2, LAST], OTHER_LOGLET, vec![]),
        (FIRST, [FIRST, 2], LOGLET, vec![]),
    ] {
        let mut town = Town::new(of, id, nodes, Door::Silent);
        town.starts_at_rest();
        town.comes_in(2);
        let outcome = town.asks(2, &store(loglet, 5));
        let is_answered = matches!(outcome, Some(Outcome::Reply(Message::Stored(_))));
        same("a Store is answered", true, is_answered)?;
        same(&format!("offsets of {loglet:?} at node {id}"), offsets, town.offsets())?;
    }
    Ok(())
}

/// Most records in one answer.
const FETCHED_MAX: u32 = 256;

/// Records of the one loglet that are asked for by their offsets come as far as they are there, but not all
/// that there are, and the next offset says how far (03 §6.3).
fn reads(of: Citizen) -> Result<(), Difference> {
    let mut town = Town::new(of, LAST, [2, LAST], Door::Silent);
    town.starts_at_rest();
    town.comes_in(2);
    for first in (1..300).step_by(2) {
        town.asks(2, &store(LOGLET, first));
    }
    let record = some_records().0.into_iter().next().unwrap_or_default();
    let data = |offset: u32| (LogletOffset(offset), MaybeRecord::Data(record.clone()));
    for (from, to, last) in
        [(1, 2, 2), (3, 3, 3), (9, 5, 9), (1, 300, FETCHED_MAX), (299, 999, 300)]
    {
        let records: Vec<_> = (from..=last).map(data).collect();
        let header = LogServerResponseHeader { status: LogServerStatus::Ok, ..Default::default() };
        let next_offset = LogletOffset(last + 1);
        let expected = Message::Records(Records { header, next_offset, records });
        let seen = town.asks(2, &records_of(LOGLET, from, to));
        same(&format!("records {from} to {to}"), Some(Outcome::Reply(expected)), seen)?;
    }
    let seen = town.asks(2, &records_of(LOGLET, 301, 400));
    let header = LogServerResponseHeader { status: LogServerStatus::Ok, ..Default::default() };
    let none = Records { header, next_offset: LogletOffset(301), records: vec![] };
    same("records behind the last", Some(Outcome::Reply(Message::Records(none))), seen)?;
    let seen = town.asks(2, &records_of(OTHER_LOGLET, 1, 2));
    same("records of another loglet", false, matches!(seen, Some(Outcome::Reply(_))))
}

fn records_of(loglet_id: LogletId, from: u32, to: u32) -> Message {
    let header = LogServerRequestHeader { loglet_id, ..LogServerRequestHeader::default() };
    let (from_offset, to_offset) = (LogletOffset(from), LogletOffset(to));
    Message::GetRecords(GetRecords { header, from_offset, to_offset, ..GetRecords::default() })
}

/// A node that has records behind a gap asks the sequencer for those in it, once at a time.
fn catches_up(of: Citizen) -> Result<(), Difference> {
    let mut town = Town::new(of, LAST, [FIRST, LAST], Door::Opens);
    town.happens(Arrival::Start);
    town.comes_in(FIRST);
    town.asks(FIRST, &store(LOGLET, 5));
    same("offsets", vec![5, 6], town.offsets())?;
    (0..2).for_each(|_| town.lives_a_round(FIRST));
    let (request, asked) = town.asked_for(FIRST, MessageType::GetRecords);
    same("what it asks for", Some(records_of(LOGLET, 1, 4)), asked)?;
    let (_, again) = town.asked_for(FIRST, MessageType::GetRecords);
    same("what it asks for meanwhile", None, again)?;
    let record = some_records().0.into_iter().next().unwrap_or_default();
    let data = |offset: u32| (LogletOffset(offset), MaybeRecord::Data(record.clone()));
    let header = LogServerResponseHeader { status: LogServerStatus::Ok, ..Default::default() };
    let answer = |offsets: [u32; 2]| {
        let next_offset = LogletOffset(offsets[1] + 1);
        let records = offsets.map(data).to_vec();
        Message::Records(Records { header: header.clone(), next_offset, records })
    };
    town.replies(FIRST, request, &answer([1, 2]));
    same("offsets", vec![1, 2, 5, 6], town.offsets())?;
    (0..2).for_each(|_| town.lives_a_round(FIRST));
    let (request, asked) = town.asked_for(FIRST, MessageType::GetRecords);
    same("what it asks for then", Some(records_of(LOGLET, 3, 4)), asked)?;
    town.replies(FIRST, request, &answer([3, 4]));
    same("offsets", vec![1, 2, 3, 4, 5, 6], town.offsets())?;
    (0..2).for_each(|_| town.lives_a_round(FIRST));
    let (_, asked) = town.asked_for(FIRST, MessageType::GetRecords);
    same("what it asks for in the end", None, asked)
}

/// An Append has its answer as soon as more than half of the nodes have its records, and not before.
fn majority(of: Citizen) -> Result<(), Difference> {
    let mut town = Town::new(of, FIRST, [FIRST, 2, 3, 4, 5], Door::Opens);
    town.happens(Arrival::Start);
    town.node.rest_until(ms(3_600_000));
    town.comes_in(5);
    let mut outcome = town.asks(5, &append());
    for (peer, status, is_acknowledged) in [
        (2, LogServerStatus::Ok, false),
        (3, LogServerStatus::Sealed, false),
        (4, LogServerStatus::Ok, true),
    ] {
        same("answered", None, outcome)?;
        let request = town.is_asked(peer, MessageType::Store);
        same(&format!("node {peer} is asked to store"), true, request.is_some())?;
        town.replies(peer, request, &stored(status));
        outcome = town.outcome(5);
        let what = format!("answered once node {peer} has said {status:?}");
        same(&what, is_acknowledged, outcome.is_some())?;
    }
    let header =
        CommonResponseHeader { status: SequencerStatus::Ok, ..CommonResponseHeader::default() };
    let appended = Appended { header, last_offset: LogletOffset(2) };
    same("the answer", Some(Outcome::Reply(Message::Appended(appended))), outcome)
}
