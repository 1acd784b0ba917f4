//! A protocol of made-up releases: a handshake of one byte each way, then greetings.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;

use crate::upgrade::{
    Draft, End, Event, Input, Judge, Lenient, Order, Outbox, Outlook, Plan, Process, Runner,
    Settings, Standing, StreamId, Time, Timing, Trouble, Violation, World,
};
use crate::version::Version;

/// A release; it speaks the version of its number and the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub struct Edition(pub u8);

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.0", self.0)
    }
}

pub fn edition(name: &str) -> Option<Edition> {
    name.strip_suffix(".0")?.parse().ok().filter(|number| *number < 9).map(Edition)
}

/// What is wrong with the second edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    None,
    /// It panics at a greeting of the first version.
    Panics,
    /// It dials again at once when nobody answers.
    Redials,
    /// It wants to be woken all the time once it is started again.
    NeverSleeps,
    /// It does not dial a second time.
    GivesUp,
}

const GREET_MS: u64 = 200;
const REDIAL_MS: u64 = 250;

/// A version as it is written here.
pub fn written(number: i32) -> Version {
    Version::new(number, |number| format!("V{number}"))
}

#[derive(Debug, Clone)]
struct Link {
    peer: usize,
    version: Option<i32>,
    is_dialled: bool,
}

#[derive(Debug, Clone)]
pub struct Toy {
    pub index: usize,
    pub peers: usize,
    pub edition: Edition,
    pub bug: Bug,
    pub generation: u32,
    /// On its disk.
    pub greetings: u64,
    links: BTreeMap<StreamId, Link>,
    dial_at: Vec<Option<Time>>,
    greet_at: Option<Time>,
    is_stopping: bool,
}

impl Toy {
    pub fn new(index: usize, peers: usize, edition: Edition, bug: Bug) -> Self {
        Self {
            index,
            peers,
            edition,
            bug,
            generation: 1,
            greetings: 0,
            links: BTreeMap::new(),
            dial_at: vec![None; peers],
            greet_at: None,
            is_stopping: false,
        }
    }

    /// The version in which it speaks with a peer now.
    fn version_with(&self, peer: usize) -> Option<i32> {
        self.links.values().find(|link| link.peer == peer)?.version
    }

    fn has(&self, bug: Bug) -> bool {
        self.bug == bug && self.edition.0 >= 2
    }

    fn lost(&mut self, now: Time, stream: StreamId, is_unreachable: bool) {
        let Some(link) = self.links.remove(&stream) else { return };
        if link.is_dialled && !self.is_stopping && !self.has(Bug::GivesUp) {
            let is_hasty = self.has(Bug::Redials) && is_unreachable;
            let delay = if is_hasty { 0 } else { REDIAL_MS };
            self.dial_at[link.peer] = Some(now.after(delay));
        }
    }

    fn wake(&mut self, now: Time, out: &mut Outbox<String>) {
        for peer in 0..self.peers {
            if self.dial_at[peer].is_some_and(|at| at <= now) {
                self.dial_at[peer] = None;
                let stream = out.dial(peer);
                out.send(stream, Bytes::from(vec![b'h', self.edition.0]));
                self.links.insert(stream, Link { peer, version: None, is_dialled: true });
            }
        }
        if self.greet_at.is_some_and(|at| at <= now) {
            self.greet_at = Some(now.after(GREET_MS));
            for (stream, link) in &self.links {
                if let Some(version) = link.version {
                    out.send(*stream, Bytes::from(vec![b'g', u8::try_from(version).unwrap()]));
                    let version = written(version);
                    out.note(Event::Sent { peer: link.peer, message: "Greeting", version });
                }
            }
        }
    }

    fn frame(&mut self, stream: StreamId, bytes: &[u8], out: &mut Outbox<String>) {
        let Some(link) = self.links.get_mut(&stream) else { return };
        let peer = link.peer;
        match bytes {
            [b'h', theirs] if !link.is_dialled => {
                if theirs.abs_diff(self.edition.0) > 1 {
                    self.links.remove(&stream);
                    out.refuse(stream, format!("{theirs}.0 is too far away"));
                    out.note(Event::Refused { peer, reason: "too far away".into() });
                    return;
                }
                let version = (*theirs).min(self.edition.0);
                link.version = Some(version.into());
                out.send(stream, Bytes::from(vec![b'w', version]));
                let dialled = link.is_dialled;
                let version = written(version.into());
                out.note(Event::Connected { peer, version, lane: "only", dialled });
            }
            [b'w', version] => {
                link.version = Some((*version).into());
                let dialled = link.is_dialled;
                let version = written((*version).into());
                out.note(Event::Connected { peer, version, lane: "only", dialled });
            }
            [b'g', version] => {
                assert!(
                    *version >= self.edition.0 || !self.has(Bug::Panics),
                    "a greeting of the first version"
                );
                self.greetings += 1;
                out.note(Event::Alive { peer });
            }
            _ => out.refuse(stream, "garbage".to_owned()),
        }
    }
}

impl Process for Toy {
    type Release = Edition;
    type Refusal = String;

    fn handle(&mut self, now: Time, input: Input<String>, out: &mut Outbox<String>) {
        match input {
            Input::Start => {
                for peer in self.index + 1..self.peers {
                    self.dial_at[peer] = Some(now);
                }
                self.greet_at = Some(now.after(GREET_MS));
                self.wake(now, out);
            }
            Input::Wake => self.wake(now, out),
            Input::Stop => {
                self.is_stopping = true;
                self.greet_at = None;
                self.dial_at.fill(None);
                for stream in self.links.keys() {
                    out.close(*stream);
                }
            }
            Input::Incoming { stream, from } => {
                self.links.insert(stream, Link { peer: from, version: None, is_dialled: false });
            }
            Input::Frame { stream, bytes } => self.frame(stream, &bytes, out),
            Input::Ended { stream, how } => {
                if matches!(how, End::Clean) {
                    out.close(stream);
                }
                if let Some(link) = self.links.get(&stream) {
                    let lane = link.version.map(|_| "only");
                    let (peer, dialled) = (link.peer, link.is_dialled);
                    out.note(Event::Closed { peer, lane, dialled, reason: "ended".into() });
                }
                self.lost(now, stream, false);
            }
            Input::Unreachable { stream } => self.lost(now, stream, true),
        }
    }

    fn wake_at(&self) -> Option<Time> {
        if self.has(Bug::NeverSleeps) && self.generation > 2 {
            return Some(Time::ZERO);
        }
        self.dial_at.iter().copied().chain([self.greet_at]).flatten().min()
    }

    fn release(&self) -> &Edition {
        &self.edition
    }

    fn restarted(&self, release: &Edition, generation: u32) -> Self {
        let fresh = Self::new(self.index, self.peers, *release, self.bug);
        Self { generation, greetings: self.greetings, ..fresh }
    }

    fn outlook(&self, _: &World<Self>, outlook: &mut Outlook) -> bool {
        let Self { index: _, peers: _, bug: _, greetings: _, edition, generation, .. } = self;
        let Self { links, dial_at, greet_at, is_stopping, .. } = self;
        outlook.say((edition, generation, dial_at, greet_at, is_stopping));
        for (stream, link) in links {
            outlook.say((outlook.rank(*stream), link));
        }
        links.keys().all(|stream| outlook.rank(*stream).is_some())
    }

    fn left_out(from: &Edition, to: &Edition) -> Vec<Edition> {
        (from.0 + 1..to.0).map(Edition).collect()
    }
}

/// Whether every two nodes that can speak with each other do, in the version that they should.
#[derive(Debug, Clone, Copy)]
pub struct Connected;

pub const APART: &str = "apart";

impl Judge<Toy> for Connected {
    fn after_step(&mut self, world: &World<Toy>, _: usize) -> Vec<Violation> {
        let mut violations = Vec::new();
        for (a, toy) in world.processes() {
            for (b, other) in world.processes().filter(|(b, _)| a != *b) {
                let (mine, theirs) = (toy.edition.0, other.edition.0);
                let is_blocked = world.is_partitioned(a, b) || world.is_partitioned(b, a);
                let right = (mine.abs_diff(theirs) <= 1).then(|| mine.min(theirs).into());
                if !is_blocked && toy.version_with(b) != right {
                    let seen = format!("{:?} instead of {right:?}", toy.version_with(b));
                    violations.push(Violation::of_pair(APART, a, b, seen));
                }
            }
        }
        violations
    }

    fn at_end(&mut self, world: &World<Toy>) -> Vec<Violation> {
        self.after_step(world, world.step())
    }

    fn outlook(&self, _: &World<Toy>, _: &mut Outlook) -> bool {
        true
    }

    fn standing(&self, world: &World<Toy>) -> Standing {
        let editions = || world.processes().map(|(_, toy)| toy.edition.0);
        let is_far = |a: u8| editions().any(|b| a.abs_diff(b) > 1);
        if editions().any(is_far) { Standing::Split } else { Standing::Whole }
    }
}

/// So near to each other that dialling again at once is too often.
const TIMING: Timing = Timing {
    latency_ms: 1,
    jitter_ms: 2,
    connect_timeout_ms: 1_000,
    keep_alive_ms: 3_000,
    grace_ms: 300,
};

pub fn runner(bug: Bug) -> Runner<impl Fn(usize, &Edition) -> Toy + Sync + Clone> {
    Runner {
        settings: Settings { timing: TIMING, is_recording: true, ..Settings::default() },
        settle_ms: 2_000,
        make: move |index, edition: &Edition| Toy::new(index, 4, *edition, bug),
    }
}

pub fn plan(text: &str) -> Plan<Edition> {
    Plan::parse(text, edition).unwrap()
}

/// A plan with all kinds of trouble, from the first edition to the second.
pub fn drawn(seed: u64) -> Plan<Edition> {
    let troubles: Vec<Trouble> = Trouble::ALL.iter().map(|(trouble, _)| *trouble).collect();
    let path = [Edition(1), Edition(2)];
    Draft { nodes: 3, path: &path, order: &Order::Drawn, troubles: &troubles, seed }.draw()
}

/// Runs a plan of toys that nobody judges.
pub fn unjudged(text: &str) -> World<Toy> {
    runner(Bug::None).run(&plan(text), &mut Lenient).world
}
