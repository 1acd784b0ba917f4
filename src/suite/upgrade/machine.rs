//! A node of the fabric as a process of the simulation.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::availability::Progress;
use super::away::Away;
use super::dials::Dials;
use super::layer::Layer;
use super::processors::{self, Leader, Processors, Stop};
use super::told::{Silence, Told};
use super::{Cluster, exercise};
use crate::fabric::messages::ids::GenerationalNodeId;
use crate::fabric::negotiation::StatusCode;
use crate::fabric::node::{Arrival, Disk, Node, Note, Sessions, Setup, View, Wires};
use crate::fabric::release::Release;
use crate::fabric::session::Quirk;
use crate::harness::upgrade::event::Event;
use crate::harness::upgrade::outlook::Outlook;
use crate::harness::upgrade::process::{End, Input, Outbox, Process, StreamId};
use crate::harness::upgrade::time::Time;
use crate::harness::upgrade::world::World;
use crate::suite::log_records::Occasion;
use crate::suite::planted;
use crate::suite::skew;
use crate::suite::subject::{Fabric, Subject};
use crate::suite::testee::Contained;

/// With what an acceptor refuses a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The status of the call.
    pub status: StatusCode,
    /// Its text.
    pub text: String,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.text)
    }
}

/// The id of the node with this index.
pub(super) fn node_id(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1)
}

/// The index of the node with this id; 0 is nobody, and taken for the first.
pub(super) fn index_of(id: u32) -> usize {
    usize::try_from(id.saturating_sub(1)).unwrap_or(usize::MAX)
}

/// A running process of a node.
#[derive(Clone)]
pub struct Machine {
    cluster: Cluster,
    id: u32,
    release: Release,
    /// What speaks the fabric.
    pub node: Node,
    dials: Dials,
    acknowledged_at: Option<Time>,
    progress: Progress,
    layer: Arc<Layer>,
    processors: Processors,
    /// The settings that it found when it started.
    settings: Vec<&'static Occasion>,
    /// What is to be done, and waits for its leaders.
    actions: Vec<&'static Occasion>,
    told: Told,
    /// Since when it has been of which release.
    releases: Vec<(Time, Release)>,
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machine").field("id", &self.id).field("release", &self.release).finish()
    }
}

impl Machine {
    pub(super) fn new(
        (cluster, layer): (&Cluster, &Arc<Layer>),
        release: Release,
        (id, generation): (u32, u32),
        disk: Disk,
        processors: Processors,
    ) -> Self {
        let subject = subject(cluster, release);
        let setup = Setup {
            release,
            quirks: cluster.quirks.of(release),
            appends: true,
            answers: exercise::answer,
            dialect: subject,
            sessions: cluster.sessions(release),
        };
        let node = Node::new(setup, id, generation, disk);
        Self {
            cluster: cluster.clone(),
            id,
            release,
            node,
            dials: Dials::default(),
            acknowledged_at: None,
            progress: Progress::default(),
            layer: layer.clone(),
            processors,
            settings: Vec::new(),
            actions: Vec::new(),
            told: Told::default(),
            releases: Vec::new(),
        }
    }
}

impl Cluster {
    /// The sessions of a node of a release, if a testee has them.
    fn sessions(&self, release: Release) -> Option<Box<dyn Sessions>> {
        let testee = self.testee.as_ref().filter(|testee| testee.release() == release)?;
        let is_asked = testee.has_informed_sessions();
        is_asked.then(|| Box::new(Away::new(Arc::clone(testee))) as Box<dyn Sessions>)
    }
}

/// How a node of a release speaks: by a testee that stands for it, or by a bug.
fn subject(cluster: &Cluster, release: Release) -> Arc<dyn Subject> {
    match &cluster.testee {
        Some(testee) if testee.release() == release => Arc::new(Contained(Arc::clone(testee))),
        _ => cluster.subject.clone().unwrap_or_else(|| of_release(release)),
    }
}

/// The build of issue 3263 asserts what it should refuse; all others are as they are.
fn of_release(release: Release) -> Arc<dyn Subject> {
    if release.row().gossips_to_v1 {
        Arc::new(planted::Asserting::ON_BOTH_SIDES)
    } else {
        Arc::new(Fabric)
    }
}

impl Process for Machine {
    type Release = Release;
    type Refusal = Rejection;

    fn handle(&mut self, now: Time, input: Input<Rejection>, out: &mut Outbox<Rejection>) {
        match &input {
            Input::Ended { stream, how: End::Refused(rejection) } => {
                self.dials.ended(now, stream.number(), Some(rejection.clone()));
            }
            Input::Ended { stream, .. } | Input::Unreachable { stream } => {
                self.dials.ended(now, stream.number(), None);
            }
            _ => {}
        }
        if matches!(input, Input::Start) {
            self.releases.push((now, self.release));
        }
        let arrival = match input {
            Input::Start => Arrival::Start,
            Input::Wake => Arrival::Wake,
            Input::Stop => Arrival::Stop,
            Input::Incoming { stream, from } => Arrival::Incoming(stream.number(), node_id(from)),
            Input::Frame { stream, bytes } => Arrival::Frame(stream.number(), bytes),
            Input::Unreachable { stream } | Input::Ended { stream, how: End::Broken } => {
                Arrival::Broken(stream.number())
            }
            Input::Ended { stream, how: End::Clean } => Arrival::Ended(stream.number()),
            Input::Ended { stream, how: End::Refused(rejection) } => {
                Arrival::Refused(stream.number(), rejection.status)
            }
        };
        self.act(now, out, |node, now, wires| node.handle(now, arrival, wires));
        self.keep_log(now, out);
    }

    fn told(&mut self, word: &str) {
        let Some(occasion) = Occasion::named(word) else { return };
        self.told.push(occasion);
        self.actions = self.told.actions();
    }

    fn wake_at(&self) -> Option<Time> {
        self.node.wake_at().map(|at| Time::from_ms(u64::try_from(at.as_millis()).unwrap_or(0)))
    }

    fn release(&self) -> &Release {
        &self.release
    }

    fn restarted(&self, release: &Release, generation: u32) -> Self {
        let disk = self.node.disk().clone();
        let processors = self.processors.restarted(*release, &self.layer);
        let (makes, id) = ((&self.cluster, &self.layer), (self.id, generation));
        let next = Self::new(makes, *release, id, disk, processors);
        let told = self.told.restarted();
        let (progress, releases) = (self.progress.clone(), self.releases.clone());
        Self { progress, releases, settings: told.settings(), told, ..next }
    }

    /// What judges alone ask for is not said: of its dials and of the records that are acknowledged to it
    /// they want those to come, and how the log has gone on they say themselves.
    fn outlook(&self, world: &World<Self>, outlook: &mut Outlook) -> bool {
        let Self { release, node, processors, layer, settings, actions, told, .. } = self;
        let ends = world.nodes().map(|it| it.process.node.disk().end());
        let settled = ends.min().unwrap_or_default();
        let release_at =
            |node: usize, at: Time| world.nodes().nth(node).map(|node| node.process.release_at(at));
        outlook.say((release, settings, actions, told));
        let (now, disk, release_at) = (world.now(), node.disk(), &release_at);
        let view = processors::View { now, settled, disk, release: *release, layer, release_at };
        processors.outlook(&view, outlook);
        let ranks = outlook.ranks();
        let now = Duration::from_millis(now.ms());
        let rank = |stream: u64| ranks(StreamId::new(stream));
        node.outlook(&View { now, settled, rank: &rank }, &mut |what| outlook.say(what))
    }

    fn left_out(from: &Release, to: &Release) -> Vec<Release> {
        super::left_out(*from, *to)
    }
}

/// What a judge may ask.
impl Machine {
    /// Whom it dialled, and who refused.
    pub(super) fn dials(&self) -> &Dials {
        &self.dials
    }

    /// Does nothing of its own accord before this moment.
    pub(super) fn rest_until(&mut self, until: Time) {
        self.node.rest_until(Duration::from_millis(until.ms()));
    }

    /// When the last of its records was acknowledged, in this run.
    pub(super) fn acknowledged_at(&self) -> Option<Time> {
        self.acknowledged_at
    }

    /// How the log has gone on for this node, in its former runs too.
    pub(super) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// The processors of partitions on it.
    pub(super) fn processors(&self) -> &Processors {
        &self.processors
    }

    /// What it was told and nothing came of, and why.
    pub(super) fn silent(&self) -> impl Iterator<Item = (&'static str, Silence)> {
        self.told.silent()
    }

    /// Of which release it was at some moment.
    pub(super) fn release_at(&self, at: Time) -> Release {
        let before = self.releases.iter().rfind(|(since, _)| *since <= at);
        before.map_or(self.release, |(_, release)| *release)
    }

    /// Whether it has the faults that its release was shipped with.
    pub(super) fn is_as_released(&self) -> bool {
        !self.cluster.quirks.is_repaired
    }
}

impl Machine {
    /// Reads what is new in the log, and proposes what comes next.
    fn keep_log(&mut self, now: Time, out: &mut Outbox<Rejection>) {
        let disk = self.node.disk();
        let stopped = self.processors.follow(disk, self.release, &self.layer);
        if out.is_noting() {
            for (partition, Stop { title, reaction, .. }) in stopped {
                let what = format!("partition {partition}, {title}: {}", reaction.reason());
                out.note(Event::Stuck { what: what.into() });
            }
        }
        if self.node.is_idle() {
            let generation = disk.generations.get(&self.id).copied().unwrap_or_default();
            let me = GenerationalNodeId::new(self.id, generation);
            let Self { release, layer, settings, actions, .. } = self;
            let leader = Leader { me, release: *release, layer, settings, actions };
            let (records, is_leading) = self.processors.propose(now, &leader);
            if is_leading {
                self.told.met_by(self.release);
                self.actions.clear();
            }
            self.node.propose(records);
        }
    }

    /// Lets the node do something, and does what it wants done. Where the released server panics,
    /// so does this: the world contains it.
    pub(super) fn act<T>(
        &mut self,
        now: Time,
        out: &mut Outbox<Rejection>,
        body: impl FnOnce(&mut Node, Duration, &mut dyn Wires) -> T,
    ) -> T {
        let acknowledged = self.node.disk().acknowledged.len();
        let mut wiring = Wiring { out, dials: &mut self.dials, now, panicked: None };
        let result = body(&mut self.node, Duration::from_millis(now.ms()), &mut wiring);
        let panicked = wiring.panicked;
        if self.node.disk().acknowledged.len() > acknowledged {
            self.acknowledged_at = Some(now);
            self.progress.made(now);
        }
        if let Some((quirk, on)) = panicked {
            planted::assert_taken(quirk, &on);
        }
        result
    }
}

/// The node's wires in the hands of the world.
struct Wiring<'a> {
    out: &'a mut Outbox<Rejection>,
    dials: &'a mut Dials,
    now: Time,
    panicked: Option<(Quirk, String)>,
}

impl Wires for Wiring<'_> {
    fn dial(&mut self, peer: u32) -> u64 {
        let stream = self.out.dial(index_of(peer)).number();
        self.dials.dialled(self.now, stream, index_of(peer));
        stream
    }

    fn send(&mut self, stream: u64, frame: Bytes) {
        self.out.send(StreamId::new(stream), frame);
    }

    fn close(&mut self, stream: u64) {
        self.out.close(StreamId::new(stream));
    }

    fn refuse(&mut self, stream: u64, status: StatusCode, text: String) {
        self.out.refuse(StreamId::new(stream), Rejection { status, text });
    }

    fn is_noting(&self) -> bool {
        self.out.is_noting()
    }

    fn note(&mut self, note: Note) {
        let event = match note {
            Note::Connected { peer, version, lane, dialled } => {
                let version = skew::version(version.number());
                Event::Connected { peer: index_of(peer), version, lane, dialled }
            }
            Note::Refused { peer, reason } => Event::Refused { peer: index_of(peer), reason },
            Note::Closed { peer, lane, dialled, reason } => {
                Event::Closed { peer: index_of(peer), lane, dialled, reason }
            }
            Note::Sent { peer, message, version } => Event::Sent {
                peer: index_of(peer),
                message: message.row().word(),
                version: skew::version(version.number()),
            },
            Note::Instead { peer, message, fallback } => Event::Instead {
                peer: index_of(peer),
                message: message.row().word(),
                fallback: fallback.row().word(),
            },
            Note::Alive(peer) => Event::Alive { peer: index_of(peer) },
            Note::Dead(peer) => Event::Dead { peer: index_of(peer) },
            Note::Lost { peer, what } => Event::Lost { peer: index_of(peer), what },
            Note::Panicked { quirk, on } => {
                self.panicked = Some((quirk, on));
                return;
            }
        };
        self.out.note(event);
    }
}
