//! What each side of a connection knows of the other once the handshake is done (02 §2, §3), and whom it
//! takes after that.
//!
//! What must be known is written down from the specification.

use std::fmt::Debug;
use std::time::Duration;

use super::{Checks, columns};
use crate::fabric::envelope::{
    Body, GenerationalNodeId, Header, Hello, Message as Frame, Swimlane, Welcome,
};
use crate::fabric::negotiation::{Life, NodeEntry, PeerRecord, StatusCode};
use crate::fabric::release::Release;
use crate::fabric::session::{DrainReason, Event, Input, Local, MetadataVersions, Opened, Output};
use crate::fabric::version::VersionRange;
use crate::harness::report::Grid;
use crate::suite::compare::{self, Difference};
use crate::suite::requirements;
use crate::suite::session::{self, Host};
use crate::suite::subject::Subject;

/// The grid of these checks.
const GRID: &str = "what a handshake tells, by the release that is told";

const NODE: GenerationalNodeId = GenerationalNodeId::new(2, 7);
const PEER: GenerationalNodeId = GenerationalNodeId::new(1, 3);
/// The next run of the same node.
const AGAIN: GenerationalNodeId = GenerationalNodeId::new(1, 4);
const CLUSTER: &str = "cluster";
const FINGERPRINT: u64 = u64::MAX;
/// The versions of metadata on this side, and those of the peer.
const MINE: MetadataVersions =
    MetadataVersions { nodes_config: 4, logs: 5, schema: 6, partition_table: 7 };
const THEIRS: MetadataVersions =
    MetadataVersions { nodes_config: 11, logs: 12, schema: 13, partition_table: 14 };

/// The lanes by their numbers, and the first minor release that knows each (01 §4).
const LANES: [(Swimlane, u8); 6] = [
    (Swimlane::General, 4),
    (Swimlane::Gossip, 4),
    (Swimlane::BifrostData, 4),
    (Swimlane::IngressData, 4),
    (Swimlane::BifrostReads, 7),
    (Swimlane::Datafusion, 7),
];
/// Numbers that no release has for a lane or a direction.
const UNKNOWN: [i32; 2] = [-1, 99];
/// A release that has every field of a handshake: the peer's bytes are its.
const HAS_ALL_FIELDS: &str = "1.4";
const FORWARD: i32 = 2;
const REVERSE: i32 = 3;

/// Checks every release, on both sides.
pub fn run(checks: &mut Checks<'_>) {
    checks.report.add(Grid::new(GRID).with_columns(columns()));
    let lanes = || (0..=5).chain(UNKNOWN);
    let directions = || (0..=3).chain(UNKNOWN);
    for release in Release::stable() {
        for lane in lanes() {
            for direction in directions() {
                let told = format!("hello-{lane}-{direction}");
                let result = is_told(release, lane, direction, checks.subject);
                record(checks, "by a Hello", release, &told, result);
            }
        }
        // Before there were lanes, their owners wanted them nevertheless.
        let has = |since: u8| since == 4 || release.is_at_least(since);
        for (number, (lane, _)) in (0..).zip(LANES).filter(|(_, (_, since))| has(*since)) {
            let result = says(release, number, lane, checks.subject);
            record(checks, "what it says in its Hello", release, &format!("dial-{number}"), result);
            for direction in directions() {
                let told = format!("welcome-{number}-{direction}");
                let result = is_answered(release, lane, direction, checks.subject);
                record(checks, "by a Welcome", release, &told, result);
            }
        }
        let result = remembers(release, checks.subject);
        record(checks, "whom it takes after that", release, "generations", result);
        let result = gives_up(release, checks.subject);
        record(checks, "when nobody has spoken yet", release, "drained", result);
    }
}

fn record(
    checks: &mut Checks<'_>,
    check: &str,
    release: Release,
    told: &str,
    result: Result<(), Difference>,
) {
    let case = requirements::UNDERSTOOD.case([release.name(), told]);
    checks.record_in(GRID, check, release, case, result);
}

/// A node is dialled: the lane and who may ask are as the Hello says, as far as the release knows such words.
fn is_told(
    release: Release,
    lane: i32,
    direction: i32,
    subject: &dyn Subject,
) -> Result<(), Difference> {
    let mut host = host(release, subject);
    let index = host.incoming(Duration::ZERO);
    arrives(&mut host, index, &hello(release, PEER, lane, direction));
    let known = usize::try_from(lane).ok().and_then(|lane| LANES.get(lane));
    let known = known.filter(|(_, since)| release.is_at_least(*since));
    let lane = known.map_or(Swimlane::General, |(lane, _)| *lane);
    let may_request = !release.is_at_least(3) || direction != FORWARD;
    is_open(&mut host, index, Opened { lane, may_request, ..plain(release) })
}

/// A node dials: the lane is the one that it wanted, and it asks unless it obeys an answer that says no.
fn is_answered(
    release: Release,
    lane: Swimlane,
    direction: i32,
    subject: &dyn Subject,
) -> Result<(), Difference> {
    let mut host = host(release, subject);
    let index = host.dial(Duration::ZERO, lane, Some(PEER));
    arrives(&mut host, index, &welcome(release, direction));
    let obeys = release.is_at_least(3) && !release.is_at_least(4);
    let may_request = !obeys || direction != REVERSE;
    is_open(&mut host, index, Opened { lane, may_request, ..plain(release) })
}

/// A node dials: its Hello says all that its release has a field for.
fn says(
    release: Release,
    number: i32,
    lane: Swimlane,
    subject: &dyn Subject,
) -> Result<(), Difference> {
    let mut host = host(release, subject);
    let index = host.dial(Duration::ZERO, lane, None);
    let said = frames(&mut host, index).into_iter().next();
    let direction = match number {
        _ if !release.is_at_least(3) => 0,
        1 if release.is_at_least(4) => 1,
        _ => FORWARD,
    };
    let is_new = release.is_at_least(4);
    let expected = Hello {
        my_node_id: Some(NODE),
        cluster_fingerprint: if is_new { FINGERPRINT } else { 0 },
        ..words(release, if is_new { number } else { 0 }, direction)
    };
    // 1.2 numbers its first frame, and says no more of its metadata than its nodes configuration.
    let header = if release.is_at_least(3) {
        header(MINE)
    } else {
        let my_nodes_config_version = Some(MINE.nodes_config);
        Header { msg_id: 1, my_nodes_config_version, ..Header::default() }
    };
    let expected = Frame { header: Some(header), body: Some(Body::Hello(expected)) };
    same("the Hello", Some(expected), said)
}

/// Of one run of a node that goes away no new connection is taken, whatever older ones still say; its next
/// run is taken, and then the older one no more (02 §2).
fn remembers(release: Release, subject: &dyn Subject) -> Result<(), Difference> {
    let mut host = host(release, subject);
    let lane = Swimlane::General;
    let dialled = host.dial(Duration::ZERO, lane, Some(PEER));
    let incoming = |host: &mut Host, peer| {
        let index = host.incoming(Duration::ZERO);
        arrives(host, index, &hello(release, peer, 0, 0));
        index
    };
    let first = incoming(&mut host, PEER);
    arrives(&mut host, first, &session::control(1));
    // It was dialled before that was known, and answers after it.
    arrives(&mut host, dialled, &welcome(release, FORWARD));
    let second = incoming(&mut host, PEER);
    if !release.is_at_least(3) {
        // It takes nobody whose run is another than in its nodes configuration.
        host.local.identity.peers.entry(PEER.id).or_default().entry =
            NodeEntry::Generation(AGAIN.generation);
    }
    let next = incoming(&mut host, AGAIN);
    arrives(&mut host, dialled, &session::control(1));
    let last = incoming(&mut host, AGAIN);
    let older = incoming(&mut host, PEER);
    let taken = [second, next, last, older].map(|index| refused(&mut host, index));
    let no = Some(StatusCode::AlreadyExists);
    let other = if release.is_at_least(3) { no } else { Some(StatusCode::FailedPrecondition) };
    same("who is refused", [no, None, None, other], taken)
}

/// A stream on which nobody has spoken yet ends when its owner drains it. A process that goes away leaves it
/// open, and refuses the Hello when it comes (02 H13).
fn gives_up(release: Release, subject: &dyn Subject) -> Result<(), Difference> {
    let ends = |is_alive: bool| {
        let mut host = host(release, subject);
        let index = host.incoming(Duration::ZERO);
        let (life, reason) = if is_alive {
            (Life::Alive, DrainReason::Drain)
        } else {
            (Life::ShuttingDown, DrainReason::Shutdown)
        };
        host.local.identity.life = life;
        host.drain(index, Duration::ZERO, reason);
        let outputs = std::iter::from_fn(|| host.poll(index));
        let has_ended = outputs.filter(|output| *output == Output::Close).count();
        arrives(&mut host, index, &hello(release, PEER, 0, 0));
        (has_ended, refused(&mut host, index))
    };
    let late = if release.is_at_least(3) { StatusCode::Aborted } else { StatusCode::Unavailable };
    same("how it ends", [(1, None), (0, Some(late))], [true, false].map(ends))
}

/// The status by which a connection was refused.
fn refused(host: &mut Host, index: usize) -> Option<StatusCode> {
    let release = host.local.release();
    std::iter::from_fn(|| host.poll(index)).find_map(|output| match output {
        Output::Refuse(refusal) => Some(refusal.code(release)),
        _ => None,
    })
}

fn host(release: Release, subject: &dyn Subject) -> Host {
    let mut local = Local::new(release, NODE, CLUSTER);
    local.identity.cluster_fingerprint = FINGERPRINT;
    local.versions = MINE;
    let entry = NodeEntry::Generation(PEER.generation);
    local.identity.peers.insert(PEER.id, PeerRecord { entry, ..PeerRecord::default() });
    subject.host(local)
}

/// What is known where nothing special is said.
fn plain(release: Release) -> Opened {
    let version = release.highest_version();
    Opened { version, peer: PEER, lane: Swimlane::General, may_request: true }
}

/// The connection is open, its owner is told so, and of the peer's metadata, once.
fn is_open(host: &mut Host, index: usize, expected: Opened) -> Result<(), Difference> {
    let opened = host.connection(index).and_then(|it| it.opened());
    same("what is known once it is open", Some(expected), opened)?;
    let told = std::iter::from_fn(|| host.poll(index)).filter_map(|output| match output {
        Output::Event(event) => Some(event),
        _ => None,
    });
    let expected = vec![Event::Opened(expected), Event::Observed(THEIRS)];
    same("what the owner is told", expected, told.collect())
}

fn same<T: PartialEq + Debug>(what: &str, expected: T, actual: T) -> Result<(), Difference> {
    compare::same(requirements::UNDERSTOOD.sentence, what, &expected, &actual)
}

fn arrives(host: &mut Host, index: usize, frame: &Frame) {
    let bytes = HAS_ALL_FIELDS.parse().ok().and_then(|peer| frame.encode(peer).ok());
    let read = Frame::decode(host.local.release(), bytes.unwrap_or_default().into());
    host.handle(index, Duration::ZERO, Input::of(read.as_ref()));
}

/// The frames that it sends, as they are on the wire.
fn frames(host: &mut Host, index: usize) -> Vec<Frame> {
    let release = host.local.release();
    let sent = std::iter::from_fn(|| host.poll(index)).filter_map(|output| match output {
        Output::Send(frame) => Some(frame),
        _ => None,
    });
    let on_wire = |frame: Frame| {
        let peer = HAS_ALL_FIELDS.parse().ok()?;
        Frame::decode(peer, frame.encode(release).ok()?.into()).ok()
    };
    sent.filter_map(on_wire).collect()
}

fn header(versions: MetadataVersions) -> Header {
    Header {
        my_nodes_config_version: Some(versions.nodes_config),
        my_logs_version: Some(versions.logs),
        my_schema_version: Some(versions.schema),
        my_partition_table_version: Some(versions.partition_table),
        ..Header::default()
    }
}

fn words(release: Release, swimlane: i32, direction: i32) -> Hello {
    let VersionRange { min, max } = release.range();
    Hello {
        min_protocol_version: min,
        max_protocol_version: max,
        cluster_name: CLUSTER.to_owned(),
        direction,
        swimlane,
        ..Hello::default()
    }
}

fn hello(release: Release, peer: GenerationalNodeId, lane: i32, direction: i32) -> Frame {
    let hello = Hello { my_node_id: Some(peer), ..words(release, lane, direction) };
    Frame { header: Some(header(THEIRS)), body: Some(Body::Hello(hello)) }
}

fn welcome(release: Release, direction_ack: i32) -> Frame {
    let protocol_version = release.highest_version().number();
    let welcome = Welcome { protocol_version, my_node_id: Some(PEER), direction_ack };
    Frame { header: Some(header(THEIRS)), body: Some(Body::Welcome(welcome)) }
}
