//! The scripts, by topic. Each row of the tables in 02 §4, §5 and 05 §3 is one, and each fault of a
//! released session (04 A3) has one that shows it.
//!
//! What must be seen is written down from the specification, once for a node as it should be, and
//! where a fault says otherwise, once with it.

mod calls;
mod control;
mod drains;
mod frames;
mod old;
mod requests;

use super::sheet::{Role, Setting, Sheet};
use crate::harness::requirement::{Level, Requirement};

/// Which connections a script is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Any,
    V1,
    FromV2,
}

/// What scripts are about, and where that stands.
#[derive(Debug, Clone, Copy)]
struct Topic {
    name: &'static str,
    place: &'static str,
}

/// A scripted peer against one side of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Script {
    /// What it is about, with others.
    pub topic: &'static str,
    /// What must hold; the second half of its name is that of the script.
    pub requirement: Requirement,
    /// The first minor release that it is about.
    since: u8,
    at: At,
    role: Option<Role>,
    write: fn(&mut Sheet),
}

impl Script {
    const fn new(
        Topic { name: topic, place }: Topic,
        name: &'static str,
        sentence: &'static str,
        write: fn(&mut Sheet),
    ) -> Self {
        let (part, level) = ("session", Level::Must);
        let requirement = Requirement { part, name, level, sentence, place, elsewhere: None };
        Self { topic, requirement, since: 0, at: At::Any, role: None, write }
    }

    /// Its name, which is a segment of addresses.
    pub const fn name(&self) -> &'static str {
        self.requirement.name
    }

    const fn since(self, minor: u8) -> Self {
        Self { since: minor, ..self }
    }

    const fn at(self, at: At) -> Self {
        Self { at, ..self }
    }

    const fn by(self, role: Role) -> Self {
        Self { role: Some(role), ..self }
    }

    /// What is to be played in a setting; nothing if it is not about that.
    pub fn sheet(&self, setting: Setting) -> Option<Sheet> {
        let is_at = match self.at {
            At::Any => true,
            At::V1 => setting.is_v1(),
            At::FromV2 => !setting.is_v1(),
        };
        let is_meant = setting.since(self.since) && is_at;
        if !is_meant || self.role.is_some_and(|role| role != setting.role) {
            return None;
        }
        let mut sheet = Sheet::new(setting);
        (self.write)(&mut sheet);
        Some(sheet)
    }
}

/// Every script, by topic.
pub fn scripts() -> impl Iterator<Item = &'static Script> + Clone {
    let all: [&[Script]; 6] = [
        &frames::SCRIPTS,
        &control::SCRIPTS,
        &requests::SCRIPTS,
        &calls::SCRIPTS,
        &drains::SCRIPTS,
        &old::SCRIPTS,
    ];
    all.into_iter().flatten()
}

/// The end of the stream.
const END: &str = "end of the stream";
/// The words of a node that drains without another reason.
const DRAIN: &str = "DRAIN_CONNECTION \"Connection is draining and will be dropped\"";
/// The words of a node that goes away.
const SHUTDOWN: &str = "SHUTDOWN \"Node is shutting down\"";
/// The word that there are no more requests.
const LAST_REQUEST: &str = "REQUEST_STREAM_DRAINED";
/// The word that there are no more answers.
const LAST_ANSWER: &str = "RESPONSE_STREAM_DRAINED";
/// Something that is asked too late.
const LATE: &str = "(dropped: late request)";
/// A request that nobody takes.
const UNROUTABLE: &str = "(dropped: unroutable)";
/// A payload that is let fall.
const UNDECODABLE: &str = "(dropped: undecodable)";

/// The beginning of a drain. 1.2 says why, without a header, and ends.
fn begins_to_drain(sheet: &Sheet, reason: &str) -> [String; 2] {
    if sheet.setting.since(3) {
        [reason, LAST_REQUEST].map(str::to_owned)
    } else {
        [format!("{reason} without a header"), END.to_owned()]
    }
}

/// The peer has its answer and has sent its last request: the end of a drain, from 1.3 on.
fn ends_the_drain(sheet: &mut Sheet, number: u64) {
    sheet.is_answered(number);
    let last = super::frames::control(4);
    sheet.peer_sees(last, [LAST_ANSWER, END]);
}

/// Which of the two queues is done first is free (05 §3).
const EITHER_ORDER: &str = "the order of the two words at the end is free (05 §3)";
/// Which releases do it one way and which the other is known of those that were tried.
const NOT_MEASURED: &str = "of 1.3 and 1.4 nobody knows whether the stream stays open (05 §3)";
/// What a process still says that dies.
const A_RACE: &str = "what is still said before the process ends is a race (05 §5)";

/// A drain that is over at once: after these lines, the words in either order, and the end.
fn drains_at_once(before: &[String]) -> Vec<Vec<String>> {
    let words = [[LAST_REQUEST, LAST_ANSWER], [LAST_ANSWER, LAST_REQUEST]];
    let lines = |[first, second]: [&str; 2]| {
        let drain = [DRAIN, first, second, END].map(str::to_owned);
        before.iter().cloned().chain(drain).collect()
    };
    words.map(lines).to_vec()
}
