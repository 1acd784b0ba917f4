//! What is played to a server that runs, without the sockets: steps that go out, and what must be
//! seen of them.
//!
//! A [`Conversation`] is a list of steps on streams that it opens. Whoever plays it has a connection
//! and knows nothing of the protocol; it notes all that it hears, and what is made of that is said
//! here.

mod acquaintance;
mod calls;
mod differences;
mod faults;
mod hello;
mod life;
mod load;
mod model;
pub mod rolling;
mod scenario;
mod screen;
mod scripts;
mod tape;
mod welcome;

use std::time::Duration;

use bytes::Bytes;

pub use self::acquaintance::{Acquaintance, Known, NoServer, cluster_in};
pub use self::calls::calls;
pub use self::faults::{Aftermath, Fatal, expected, fatals};
pub use self::hello::hellos;
pub use self::life::Life;
pub use self::load::{
    Invoked, KEPT, SERVICE, alive, comes_back, features, invoke, is_taken, is_welcome,
    which_features, who_is_alive,
};
pub use self::model::{Model, Said};
pub use self::scenario::{PARTITIONS, Point, Scenario, Staged, Through, again, missing, store};
pub use self::screen::screen;
pub use self::scripts::sessions;
pub use self::tape::{StreamOf, Tape, Taped};
pub use self::welcome::{Reaction, Reply, Welcomed, welcomes};
use crate::fabric::envelope::{GenerationalNodeId, Message as Frame};
use crate::fabric::negotiation::StatusCode;
use crate::fabric::release::Release;
use crate::fabric::stream;
use crate::harness::verdict::{CaseId, Verdict};

/// The method that two nodes talk by, from 1.2 on (01 §1).
pub const METHOD: &str = "/restate.core_node_svc.CoreNodeSvc/CreateConnection";
/// The page on which a server names its cluster.
pub const METRICS: &str = "/metrics";
/// How long an answer is waited for that comes at once.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// How much earlier than due something may be seen.
const EARLY: Duration = Duration::from_millis(100);
/// How much later, on a machine that is busy.
const LATE: Duration = Duration::from_secs(4);
/// The first of the node ids that peers of ours have: no cluster counts so far.
const FIRST_ID: u32 = 1_900_000_000;
/// Node ids of one run. A server remembers of each which of its lives it has seen.
const IDS: u32 = 20_000;
/// Runs after which node ids come again.
const RUNS: u32 = (u32::MAX - FIRST_ID) / IDS;

/// A step of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A new stream; they are counted from 0.
    Open,
    /// Bytes on a stream.
    Send(usize, Bytes),
    /// The end of our half of a stream.
    End(usize),
    /// The end of both halves, at once.
    Break(usize),
    /// Nothing, for so long.
    Pass(Duration),
    /// So much has been heard on a stream, or its end; or so long has passed.
    Hear(usize, usize, Duration),
    /// The end of a stream was heard, or so long has passed.
    HearEnd(usize, Duration),
}

/// Something that was heard on a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A whole message.
    Frame(Bytes),
    /// The call ended with a status, and its text.
    Status(u16, String),
    /// The stream was reset; in words.
    Broken(String),
    /// It fell with its connection: nobody has ended the stream. In words.
    Lost(String),
}

impl Heard {
    /// Whether nothing comes after it.
    pub const fn is_end(&self) -> bool {
        !matches!(self, Self::Frame(_))
    }
}

/// Something that was heard, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// The stream.
    pub stream: usize,
    /// What.
    pub heard: Heard,
    /// When, since the conversation began.
    pub at: Duration,
}

/// All that was heard.
pub type Log = Vec<Noted>;

/// What is heard on one stream.
fn on(log: &Log, stream: usize) -> impl Iterator<Item = &Heard> {
    log.iter().filter(move |noted| noted.stream == stream).map(|noted| &noted.heard)
}

/// A case that is played to a server.
pub struct Case {
    /// Its address.
    pub id: CaseId,
    /// The row of the grid that it stands in.
    pub row: &'static str,
    /// Whether released servers lose something by it: a task, a service, the process.
    pub is_fatal: bool,
    /// What is played, and what is made of it; or why it cannot be.
    pub play: Result<Play, &'static str>,
}

/// What is made of all that was heard.
type Judge = Box<dyn FnOnce(&Log) -> Verdict + Send>;

/// What is played for a case.
pub struct Play {
    /// The steps.
    pub steps: Vec<Step>,
    judge: Judge,
}

impl Play {
    fn new(steps: Vec<Step>, judge: impl FnOnce(&Log) -> Verdict + Send + 'static) -> Self {
        Self { steps, judge: Box::new(judge) }
    }

    /// What follows from what was heard.
    pub fn judge(self, log: &Log) -> Verdict {
        (self.judge)(log)
    }
}

/// What may be done to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manners {
    /// What neither changes its state nor ends it.
    Harmless,
    /// Everything: it was started for this.
    Intrusive,
}

/// Why a case is not played to a server that others use.
const INTRUSIVE: &str = "it changes what the server believes: --intrusive plays it";

/// A frame as it stands in a stream, in the bytes of the newest release that can write it: servers
/// pass over what they do not know.
fn framed(frame: &Frame) -> Bytes {
    let releases: Vec<Release> = Release::lines().collect();
    let message = releases.into_iter().rev().find_map(|release| frame.encode(release).ok());
    prefixed(&message.unwrap_or_default())
}

/// A message as it stands in a stream.
fn prefixed(message: &[u8]) -> Bytes {
    let mut bytes = Vec::new();
    // What is sent here is far from the longest that a prefix can announce.
    let _ = stream::write(message, &mut bytes);
    bytes.into()
}

/// What needs node ids, and the first that it has, counted from the first of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    Hellos = 0,
    Calls = 4_000,
    Sessions = 5_000,
    Faults = 6_000,
    Load = 7_000,
}

/// Ids that no node of a cluster has, each given once.
struct Ids(u32);

impl Ids {
    fn of(known: &Known, block: Block) -> Self {
        Self(known.first_id + block as u32)
    }

    fn next(&mut self, generation: u32) -> GenerationalNodeId {
        self.0 += 1;
        GenerationalNodeId::new(self.0, generation)
    }
}

/// A status as it is written.
fn status_in_words(code: u16, text: &str) -> String {
    let known = u8::try_from(code).ok().and_then(StatusCode::from_number);
    match (code, known) {
        (0, _) => "OK".to_owned(),
        (_, Some(known)) => format!("{}: {text}", known.name()),
        (_, None) => format!("status {code}: {text}"),
    }
}
