//! A matrix in time: nodes that all dial each other, shake hands and send what they have, while they are
//! upgraded. What comes of each handshake and of each value stands in the matrix; here it happens in the
//! order of a plan.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};

use super::event::{self, Event};
use super::judge::{Judge, Standing};
use super::outlook::Outlook;
use super::process::{End, Input, Outbox, Process, StreamId};
use super::run::{Make, Runner};
use super::time::Time;
use super::world::{Settings, World};
use crate::skew::matrix::{Pair, Parting, ROOT};
use crate::skew::{Layer, Matrix, Outcome};
use crate::verdict::CaseId;
use crate::version::Version;

/// After this a lost connection is dialled again.
const REDIAL_MS: u64 = 250;
/// What nodes have to settle after a step.
const SETTLE_MS: u64 = 2_000;
/// What a connection is for, where nobody tells connections apart.
const LANE: &str = "all";
/// What frames are: a hello, its answer, and all that a node has to send.
const HELLO: u8 = b'h';
const ANSWER: u8 = b'a';
const VALUES: u8 = b'v';
/// What is said of nodes of which nobody knows whether they talk.
const NO_HANDSHAKE: &str = "the handshake was not tried";

/// A release of a matrix, by its index.
#[derive(Debug, Clone)]
pub struct Edition {
    index: usize,
    name: Arc<str>,
}

impl Edition {
    /// Which of the releases of the mesh it is.
    pub const fn index(&self) -> usize {
        self.index
    }
}

impl PartialEq for Edition {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index
    }
}

impl PartialOrd for Edition {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        self.index.partial_cmp(&other.index)
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// What comes of a value that is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Arrival {
    Whole,
    /// Something of it does not arrive, as it should be.
    Lossy(String),
    /// What must not happen.
    Wrong(String),
    /// Nobody knows: it was not tried.
    NotTried(String),
}

#[derive(Debug, Clone)]
struct Delivery {
    message: &'static str,
    version: Version,
    arrival: Arrival,
}

/// What comes of it when one release dials another.
#[derive(Debug)]
struct Meeting {
    agreed: Result<Version, Parting>,
    wrong: Option<String>,
    /// What nobody knows of it, if there is something.
    not_tried: Option<String>,
    /// To the one that is dialled, and back.
    deliveries: [Vec<Delivery>; 2],
}

/// What comes of everything between the releases of a matrix.
#[derive(Debug)]
pub struct Mesh {
    releases: Vec<Edition>,
    meetings: BTreeMap<(usize, usize), Meeting>,
}

impl Mesh {
    /// Of a matrix. `wrong` says of the address of a cell, or of the handshakes of a pair, what is seen
    /// there that must not be.
    pub fn of(matrix: &Matrix, wrong: &dyn Fn(&str) -> Option<String>) -> Self {
        let edition = |(index, node): (usize, &crate::skew::matrix::Node)| Edition {
            index,
            name: node.name.as_str().into(),
        };
        let meeting = |pair: &Pair| {
            let (from, to) = (matrix.name(pair.dialer), matrix.name(pair.acceptor));
            let address = CaseId::from_segments([ROOT, from, to, "handshake"]);
            let deliveries = [0, 1].map(|way| deliveries(matrix, pair, way, wrong));
            let meeting = Meeting {
                agreed: pair.negotiated().map_err(Parting::clone),
                wrong: wrong(address.as_str()),
                not_tried: not_tried(pair, &deliveries),
                deliveries,
            };
            ((pair.dialer, pair.acceptor), meeting)
        };
        Self {
            releases: matrix.nodes.iter().enumerate().map(edition).collect(),
            meetings: matrix.pairs.iter().map(meeting).collect(),
        }
    }

    /// The releases, in the order of the matrix.
    pub fn releases(&self) -> &[Edition] {
        &self.releases
    }

    /// The release of a name.
    pub fn release(&self, name: &str) -> Option<Edition> {
        self.releases.iter().find(|release| *release.name == *name).cloned()
    }

    /// What nobody knows of nodes of these releases, by their indices, each of which dials those behind it:
    /// it was not tried. None if all of it was.
    pub fn not_tried(&self, nodes: &[usize]) -> Option<String> {
        let dialled = |at: usize| nodes.iter().skip(at + 1);
        let pairs = nodes.iter().enumerate();
        let mut pairs = pairs.flat_map(|(at, one)| dialled(at).map(|other| (*one, *other)));
        pairs.find_map(|(one, other)| {
            let words = self.meetings.get(&(one, other))?.not_tried.as_ref()?;
            Some(format!("{} and {}: {words}", self.releases.get(one)?, self.releases.get(other)?))
        })
    }

    /// Runs plans of so many nodes. Each dials those behind it.
    pub fn runner(self: &Arc<Self>, nodes: usize, is_recording: bool) -> Runner<impl Make<Member>> {
        let mesh = Arc::clone(self);
        Runner {
            settings: Settings { is_recording, ..Settings::default() },
            settle_ms: SETTLE_MS,
            make: move |index, release: &Edition| {
                Member::new(Arc::clone(&mesh), (index, nodes), release.clone())
            },
        }
    }
}

/// What nobody knows of a pair.
fn not_tried(pair: &Pair, deliveries: &[Vec<Delivery>; 2]) -> Option<String> {
    if pair.negotiated() == Err(&Parting::NotTried) {
        return Some(NO_HANDSHAKE.to_owned());
    }
    let unsaid = pair.unsaid.iter().find(|(_, parting)| *parting == Parting::NotTried);
    let mut sent = deliveries.iter().flatten().map(|delivery| &delivery.arrival);
    unsaid.map(|(who, parting)| format!("{who}: {}", parting.words())).or_else(|| {
        sent.find_map(|arrival| match arrival {
            Arrival::NotTried(words) => Some(words.clone()),
            _ => None,
        })
    })
}

/// What is sent one way of a pair, and what comes of it.
fn deliveries(
    matrix: &Matrix,
    pair: &Pair,
    way: usize,
    wrong: &dyn Fn(&str) -> Option<String>,
) -> Vec<Delivery> {
    let (from, to) = match way {
        0 => (pair.dialer, pair.acceptor),
        _ => (pair.acceptor, pair.dialer),
    };
    let mut deliveries = Vec::new();
    for block in matrix.blocks_between(from, to) {
        for ((row, _), cell) in matrix.placed_cells_of(block) {
            let spoken = pair.spoken_of(row).get(way).copied().flatten();
            let Some(version) = spoken.filter(|it| Layer::Version(*it) == block.layer) else {
                continue;
            };
            let arrival = match (wrong(cell.address().as_str()), cell.outcome) {
                (Some(words), _) => Arrival::Wrong(format!("{}: {words}", cell.sample)),
                (None, Outcome::Gated { .. }) => continue,
                (None, Outcome::Equal) => Arrival::Whole,
                (None, outcome) if outcome.not_tried().is_some() => {
                    Arrival::NotTried(format!("{}/{} was not tried", cell.row.name, cell.sample))
                }
                (None, _) => Arrival::Lossy(format!("{}: {}", cell.sample, cell.outcome)),
            };
            deliveries.push(Delivery { message: cell.row.name, version, arrival });
        }
    }
    deliveries
}

#[derive(Debug, Clone)]
struct Link {
    peer: usize,
    /// The release of the other side, once it is known.
    theirs: Option<usize>,
    is_dialled: bool,
}

/// One running node.
#[derive(Debug, Clone)]
pub struct Member {
    mesh: Arc<Mesh>,
    index: usize,
    nodes: usize,
    release: Edition,
    links: BTreeMap<StreamId, Link>,
    dial_at: BTreeMap<usize, Time>,
    is_stopping: bool,
    /// What it saw that must not be, and at whom.
    wrong: Vec<(usize, String)>,
}

impl Member {
    const fn new(mesh: Arc<Mesh>, (index, nodes): (usize, usize), release: Edition) -> Self {
        Self {
            mesh,
            index,
            nodes,
            release,
            links: BTreeMap::new(),
            dial_at: BTreeMap::new(),
            is_stopping: false,
            wrong: Vec::new(),
        }
    }

    /// Whether it is connected with another node.
    pub fn talks_with(&self, peer: usize) -> bool {
        self.links.values().any(|link| link.peer == peer && link.theirs.is_some())
    }

    fn wake(&mut self, now: Time, out: &mut Outbox<String>) {
        let due: Vec<usize> =
            self.dial_at.iter().filter(|(_, at)| **at <= now).map(|(peer, _)| *peer).collect();
        for peer in due {
            self.dial_at.remove(&peer);
            let stream = out.dial(peer);
            out.send(stream, frame(HELLO, self.release.index));
            self.links.insert(stream, Link { peer, theirs: None, is_dialled: true });
        }
    }

    fn heard(&mut self, stream: StreamId, bytes: &[u8], out: &mut Outbox<String>) {
        let Some((kind, theirs)) = read(bytes) else { return };
        let Some(link) = self.links.get_mut(&stream) else { return };
        let (peer, dialled, own) = (link.peer, link.is_dialled, self.release.index);
        let (pair, outward) = if dialled { ((own, theirs), 0) } else { ((theirs, own), 1) };
        let mesh = Arc::clone(&self.mesh);
        let Some(meeting) = mesh.meetings.get(&pair) else { return };
        if kind == VALUES {
            let arrived = meeting.deliveries.get(1 - outward).into_iter().flatten();
            for Delivery { message, arrival, .. } in arrived {
                match arrival {
                    Arrival::Whole => {}
                    Arrival::Lossy(words) => {
                        out.note(Event::Lost { peer, what: format!("{message}/{words}").into() });
                    }
                    Arrival::Wrong(words) => self.wrong.push((peer, format!("{message}/{words}"))),
                    Arrival::NotTried(words) => {
                        out.note(Event::Stuck { what: words.clone().into() });
                    }
                }
            }
            return;
        }
        self.wrong.extend(meeting.wrong.iter().map(|words| (peer, words.clone())));
        match &meeting.agreed {
            Err(parting) => {
                self.links.remove(&stream);
                let words = parting.words().to_owned();
                out.refuse(stream, words.clone());
                out.note(match parting {
                    Parting::NotTried => Event::Stuck { what: NO_HANDSHAKE.into() },
                    _ => Event::Refused { peer, reason: words.into() },
                });
            }
            Ok(version) => {
                link.theirs = Some(theirs);
                if kind == HELLO {
                    out.send(stream, frame(ANSWER, own));
                }
                out.note(Event::Connected { peer, version: *version, lane: LANE, dialled });
                out.send(stream, frame(VALUES, own));
                for Delivery { message, version, .. } in
                    meeting.deliveries.get(outward).into_iter().flatten()
                {
                    out.note(Event::Sent { peer, message, version: *version });
                }
            }
        }
    }

    fn lost(&mut self, now: Time, stream: StreamId, out: &mut Outbox<String>) {
        let Some(link) = self.links.remove(&stream) else { return };
        let lane = link.theirs.map(|_| LANE);
        let (peer, dialled) = (link.peer, link.is_dialled);
        out.note(Event::Closed { peer, lane, dialled, reason: "ended".into() });
        if dialled && !self.is_stopping {
            self.dial_at.insert(peer, now.after(REDIAL_MS));
        }
    }
}

impl Process for Member {
    type Release = Edition;
    type Refusal = String;

    fn handle(&mut self, now: Time, input: Input<String>, out: &mut Outbox<String>) {
        match input {
            Input::Start => {
                self.dial_at.extend((self.index + 1..self.nodes).map(|peer| (peer, now)));
                self.wake(now, out);
            }
            Input::Wake => self.wake(now, out),
            Input::Stop => {
                self.is_stopping = true;
                self.dial_at.clear();
                self.links.keys().for_each(|stream| out.close(*stream));
            }
            Input::Incoming { stream, from } => {
                let link = Link { peer: from, theirs: None, is_dialled: false };
                self.links.insert(stream, link);
            }
            Input::Frame { stream, bytes } => self.heard(stream, &bytes, out),
            Input::Ended { stream, how } => {
                if matches!(how, End::Clean) {
                    out.close(stream);
                }
                self.lost(now, stream, out);
            }
            Input::Unreachable { stream } => self.lost(now, stream, out),
        }
    }

    fn wake_at(&self) -> Option<Time> {
        self.dial_at.values().min().copied()
    }

    fn release(&self) -> &Edition {
        &self.release
    }

    fn outlook(&self, _: &World<Self>, outlook: &mut Outlook) -> bool {
        let Self { mesh: _, index: _, nodes: _, release, links, dial_at, is_stopping, wrong } =
            self;
        outlook.say((release.index, dial_at, is_stopping, wrong));
        for (stream, link) in links {
            outlook.say((outlook.rank(*stream), link));
        }
        links.keys().all(|stream| outlook.rank(*stream).is_some())
    }

    fn restarted(&self, release: &Edition, _: u32) -> Self {
        Self::new(Arc::clone(&self.mesh), (self.index, self.nodes), release.clone())
    }
}

fn frame(kind: u8, release: usize) -> Bytes {
    let mut bytes = BytesMut::new();
    bytes.put_u8(kind);
    bytes.put_u64_le(release as u64);
    bytes.freeze()
}

fn read(frame: &[u8]) -> Option<(u8, usize)> {
    let (kind, release) = frame.split_first()?;
    Some((*kind, usize::try_from(u64::from_le_bytes(release.try_into().ok()?)).ok()?))
}

/// What the matrix says must not happen is a violation where it happens. That two nodes part politely is
/// none: it shows in how the cluster stands.
#[derive(Debug, Clone, Copy)]
pub struct Witness;

impl Witness {
    /// What arrived, or was agreed on, as it must not be.
    pub const WRONG: &str = "wrong";
}

impl Judge<Member> for Witness {
    fn after_step(&mut self, world: &World<Member>, _: usize) -> Vec<event::Violation> {
        let of = |(node, member): (usize, &Member)| -> Vec<event::Violation> {
            let wrong = member.wrong.iter();
            let violation = |(peer, what): &(usize, String)| {
                event::Violation::of_pair(Self::WRONG, node, *peer, what.clone())
            };
            wrong.map(violation).collect()
        };
        world.processes().flat_map(of).collect()
    }

    fn at_end(&mut self, world: &World<Member>) -> Vec<event::Violation> {
        self.after_step(world, world.step())
    }

    fn outlook(&self, _: &World<Member>, _: &mut Outlook) -> bool {
        true
    }

    fn standing(&self, world: &World<Member>) -> Standing {
        let apart = |one: usize, member: &Member| {
            world.processes().any(|(other, _)| one != other && !member.talks_with(other))
        };
        let is_split = world.processes().any(|(index, member)| apart(index, member));
        if is_split { Standing::Split } else { Standing::Whole }
    }
}
