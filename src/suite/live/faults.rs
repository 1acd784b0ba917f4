//! What is played to a server of its own, because released servers lose something by it: a task, a
//! service, the process (05 §5). The list of what is known of that, in JSON, is an array with an
//! object for each fault:
//!
//! ```text
//! { "cases": [string],   the last part of the addresses of its cases, or addresses with `*`
//!   "releases": string,  the releases that have it, as "1.5 to 1.7"; of a scenario the older one
//!   "with": string,      of a scenario the newer one; left out if it is any
//!   "says": string,      what is in the words of what is seen
//!   "severity": string,  what users notice at worst, as "node"
//!   "issue": string,     the public issue; left out if there is none
//!   "note": string }     what is to be known of it, with the section of the specification
//! ```

use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value as Json;

use super::acquaintance::hello;
use super::calls::{answers, ask, finding, request, sample};
use super::{Block, Ids, Known, Log, PATIENCE, Step, framed, prefixed};
use crate::fabric::catalogue::{Message, MessageType, Role, SortCode};
use crate::fabric::envelope::EnumType;
use crate::fabric::messages::ids::{LogletId, LogletOffset};
use crate::fabric::messages::log_server::{GetLogletInfo, LogServerRequestHeader};
use crate::fabric::release::Release;
use crate::fabric::session::Fate;
use crate::fabric::version::VersionRange;
use crate::harness::expected::Expected;
use crate::harness::json;
use crate::harness::verdict::{CaseId, Verdict};
use crate::suite::faults::Severity;
use crate::suite::live::scenario::Scenario;
use crate::suite::members::Members;
use crate::suite::releases::Releases;
use crate::suite::requirements;
use crate::suite::session::unary;

/// What is known.
const LIST: &str = include_str!("../../../expected/live.json");
/// How the addresses of scenarios begin, of which the release is that of the older line.
const SCENARIOS: &str = "live/scenario/";
/// How long a server is given to die.
const DYING: Duration = Duration::from_millis(800);
/// How often it is asked whether all is well again.
const ASKED: u64 = 4;
/// A payload that no message has.
const GARBAGE: &[u8] = &[5];
/// Levels of nesting that no reader bounds.
const DEEP: usize = 7_000;
/// Levels of nesting of unknown groups.
const GROUPS: usize = 17_000;
/// The number of the call that may cost something, and of the one that shows what it did.
const NUMBER: u64 = 7;
const AFTER: u64 = 8;

/// Something that is played to a server of its own.
pub struct Fatal {
    /// Its address.
    pub id: CaseId,
    /// What is played.
    pub steps: Vec<Step>,
    /// The number of the last question, which shows what is left.
    last: u64,
}

/// What became of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aftermath {
    /// How the process ended, in words, if it did.
    pub ended: Option<String>,
    /// How many panics its log tells of.
    pub panics: usize,
}

/// Everything of that kind.
pub fn fatals(known: &Known) -> Vec<Fatal> {
    let named = |name: &str| requirements::LIVE_FAULT.case([known.release.name(), name]);
    let mut all: Vec<Fatal> = messages(known.release)
        .map(|of| {
            let after = follow_up(known, of);
            let last = AFTER + after.len() as u64 - 1;
            let steps = conversation(known, undecodable(known, of), after);
            Fatal { id: named(of.row().word()), steps, last }
        })
        .collect();
    let deep = ask_bytes(known, MessageType::GetMetadataRequest, &nested_map());
    let after = follow_up(known, MessageType::GetNodeState);
    let steps = conversation(known, deep, after.clone());
    all.push(Fatal { id: named("nested-flexbuffers"), steps, last: AFTER + ASKED - 1 });
    let groups = prefixed(&[0x9b, 0x06].repeat(GROUPS));
    let steps = vec![
        Step::Open,
        Step::Send(0, groups),
        Step::HearEnd(0, DYING),
        Step::Open,
        Step::Send(1, framed(&plain(known))),
        Step::Send(1, after.into_iter().next().unwrap_or_default()),
        Step::Hear(1, 2, DYING),
    ];
    all.push(Fatal { id: named("nested-groups"), steps, last: AFTER });
    all
}

/// Those that cost more than a task, and one that costs a task.
fn messages(release: Release) -> impl Iterator<Item = MessageType> {
    MessageType::all().filter(move |of| {
        let row = of.row();
        let is_sent = matches!(row.role, Role::Call(_)) && row.is_known_to(release);
        let is_one_for_all = *of == MessageType::Store;
        is_sent && (Fate::of(*of, release) >= Fate::Service || is_one_for_all)
    })
}

impl Fatal {
    /// Whether a server has said nothing to what was asked last: it may be dying.
    pub fn is_unanswered(&self, log: &Log, release: Release) -> bool {
        !answers(log, last_stream(log), release).contains_key(&self.last)
    }

    /// What follows from what was heard, and from what became of the server.
    pub fn judge(self, log: &Log, after: &Aftermath, release: Release) -> Verdict {
        let answers = answers(log, last_stream(log), release);
        // A released server may answer twice, of which the first counts.
        let then = answers.get(&self.last).and_then(|all| all.first());
        let actual = match (&after.ended, then) {
            (Some(ended), _) => ended.clone(),
            (None, Some(Err(status))) => {
                let name = EnumType::RpcStatus.name(release, *status).unwrap_or("a status");
                format!("its service answers {name} to what is asked then")
            }
            (None, None) => "nothing that is asked then is answered".to_owned(),
            (None, Some(Ok(_))) if after.panics > 0 => {
                "a task panics, and what is asked then is answered".to_owned()
            }
            (None, Some(Ok(_))) => return Verdict::Pass,
        };
        finding(self.id, "a status or a refusal, and nothing else is harmed".to_owned(), actual)
    }
}

fn last_stream(log: &Log) -> usize {
    log.iter().map(|it| it.stream).max().unwrap_or(0)
}

fn plain(known: &Known) -> crate::fabric::envelope::Message {
    let number = known.release.highest_version().number();
    let peer = Ids::of(known, Block::Faults).next(1).id;
    hello(&known.cluster, peer, VersionRange::new(number, number))
}

fn conversation(known: &Known, frame: Bytes, after: Vec<Bytes>) -> Vec<Step> {
    let mut steps = vec![Step::Open, Step::Send(0, framed(&plain(known)))];
    steps.extend([Step::Hear(0, 1, PATIENCE), Step::Send(0, frame), Step::HearEnd(0, DYING)]);
    steps.extend([Step::End(0), Step::Open, Step::Send(1, framed(&plain(known)))]);
    // What recovers has done so before the last of them.
    for (index, bytes) in after.into_iter().enumerate() {
        steps.push(Step::Send(1, bytes));
        steps.extend([Step::Hear(1, index + 2, DYING), Step::Pass(DYING / 4)]);
    }
    steps.push(Step::End(1));
    steps
}

/// A message with a payload that does not decode.
fn undecodable(known: &Known, of: MessageType) -> Bytes {
    ask_bytes(known, of, &Bytes::from_static(GARBAGE))
}

fn ask_bytes(known: &Known, of: MessageType, payload: &Bytes) -> Bytes {
    let row = of.row();
    if matches!(row.role, Role::Call(None)) {
        return framed(&unary(row.service, row.name, payload));
    }
    let code = match row.sort_code {
        SortCode::LogletId => known.loglet.map(|it| it.id),
        SortCode::PartitionId => Some(0),
        SortCode::None => None,
    };
    request(NUMBER, row.service, row.name, code, payload).bytes
}

/// What shows whether the service of a message still serves.
fn follow_up(known: &Known, of: MessageType) -> Vec<Bytes> {
    let (release, version) = (known.release, known.release.highest_version());
    let gossip = MessageType::Gossip.row().service;
    let log_server = MessageType::Store.row().service;
    let service = of.row().service;
    let loglet = known.loglet.filter(|_| service == log_server);
    let message = if let Some(loglet) = loglet {
        let header = LogServerRequestHeader {
            loglet_id: LogletId(loglet.id),
            known_global_tail: LogletOffset(1),
        };
        Some(Message::GetLogletInfo(GetLogletInfo { header }))
    } else if service == gossip {
        sample(MessageType::GetClusterState)
    } else {
        sample(MessageType::GetNodeState)
    };
    let Some(message) = message else { return Vec::new() };
    let code = loglet.map(|it| it.id);
    (AFTER..AFTER + ASKED).map(|id| ask(id, &message, code, release, version).bytes).collect()
}

/// A map in flexbuffers with a key that nobody knows, and lists in lists below it.
fn nested_map() -> Bytes {
    const LIST: u8 = 10 << 2;
    const MAP: u8 = 9 << 2;
    // The innermost list holds a null. Each one after it has a length, an offset and a type.
    let mut bytes = vec![1, 0, 0];
    (0..DEEP).for_each(|_| bytes.extend([1, 3, LIST]));
    // The key, the list of keys, the map of one, and the root.
    bytes.extend(*b"x\0");
    bytes.extend([1, 3, 1, 1, 1, 9, LIST, 2, MAP, 1]);
    bytes.into()
}

/// One known fault.
struct KnownFault {
    cases: Vec<String>,
    releases: Releases,
    with: Option<Releases>,
    says: String,
    severity: Severity,
    issue: Option<String>,
    note: String,
}

static KNOWN: LazyLock<Result<Vec<KnownFault>, String>> = LazyLock::new(|| {
    let list = json::read(LIST).map_err(|error| error.to_string())?;
    let entries = list.as_array().ok_or("it is no array")?;
    entries.iter().map(KnownFault::read).collect()
});

impl KnownFault {
    fn read(json: &Json) -> Result<Self, String> {
        let members =
            Members::of(json, &["cases", "releases", "with", "says", "severity", "issue", "note"])?;
        Ok(Self {
            cases: members.texts("cases")?,
            releases: members.releases("releases")?,
            with: members.optional_releases("with")?,
            says: members.text("says")?,
            severity: members.severity()?,
            issue: members.optional("issue")?,
            note: members.text("note")?,
        })
    }
}

/// What is expected of a server of a release.
///
/// # Errors
///
/// What is wrong with the list.
pub fn expected(release: Release) -> Result<Vec<Expected>, String> {
    let known = KNOWN.as_ref().map_err(Clone::clone)?;
    let of_release = known.iter().filter(|fault| fault.releases.has(release));
    let expected = of_release.flat_map(|fault| fault.expected(release));
    Ok(expected.filter(|it| !it.address.starts_with(SCENARIOS)).collect())
}

impl Scenario {
    /// What is expected of it between two releases.
    ///
    /// # Errors
    ///
    /// What is wrong with the list.
    pub fn expected(self, [older, newer]: [Release; 2]) -> Result<Vec<Expected>, String> {
        let known = KNOWN.as_ref().map_err(Clone::clone)?;
        let is_with = |fault: &&KnownFault| fault.with.as_ref().is_none_or(|with| with.has(newer));
        let of_release = known.iter().filter(|fault| fault.releases.has(older)).filter(is_with);
        let address = format!("{SCENARIOS}*/{}/", self.name());
        let expected = of_release.flat_map(|fault| fault.expected(older));
        Ok(expected.filter(|it| it.address.starts_with(&address)).collect())
    }
}

impl KnownFault {
    fn expected(&self, release: Release) -> impl Iterator<Item = Expected> {
        self.cases.iter().map(move |case| Expected {
            address: if case.contains('/') {
                case.clone()
            } else {
                requirements::LIVE_FAULT.case([release.name(), case]).as_str().to_owned()
            },
            says: self.says.clone(),
            reason: format!("{} ({}); {}", self.severity.in_words(), self.severity, self.note),
            issue: self.issue.clone(),
            owner: None,
            until: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fabric::envelope::{RpcReplyBody, RpcStatus};
    use crate::suite::session::reply;

    #[test]
    fn the_list_is_understood_and_names_cases_that_there_are() {
        let of = |name: &str| expected(name.parse().unwrap()).unwrap();
        assert!(of("1.4").is_empty());
        let of_scenario = |it: Scenario, older: &str, newer: &str| {
            it.expected([older, newer].map(|name| name.parse().unwrap())).unwrap().len()
        };
        assert_eq!(of_scenario(Scenario::Leaves, "1.5.3", "1.7.12"), 1);
        assert_eq!(of_scenario(Scenario::Leaves, "1.5.3", "1.6.2"), 0);
        assert_eq!(of_scenario(Scenario::Leaves, "1.6.2", "1.7.12"), 0);
        assert_eq!(of_scenario(Scenario::Sql, "1.6.2", "1.7.12"), 3);
        assert_eq!(of_scenario(Scenario::Sql, "1.5.3", "1.6.2"), 1);
        for (older, newer, count) in
            [("1.6.2", "1.7.2", 1), ("1.7.2", "1.7.12", 1), ("1.7.3", "1.7.12", 0)]
        {
            assert_eq!(of_scenario(Scenario::Pins, older, newer), count, "{older} and {newer}");
        }
        for name in ["1.5", "1.6", "1.7"] {
            let mut played: Vec<&str> =
                messages(name.parse().unwrap()).map(|of| of.row().word()).collect();
            played.extend(["nested-flexbuffers", "nested-groups"]);
            for entry in of(name) {
                let case = entry.address.strip_prefix(&format!("live/fault/{name}/"));
                let is_script = entry.address.starts_with("session/*/");
                assert!(is_script || played.contains(&case.unwrap()), "{name}: {case:?}");
            }
        }
    }

    #[test]
    fn a_nested_map_is_one() {
        let bytes = nested_map();
        assert_eq!(bytes.len(), 3 + 3 * DEEP + 12);
        let release: Release = "1.7".parse().unwrap();
        let error = Message::decode(MessageType::GetMetadataRequest, &bytes, release, 3);
        let words = error.unwrap_err().to_string();
        assert!(words.contains("levels of nesting"), "{words}");
    }

    fn noted(stream: usize, frame: crate::fabric::envelope::Message) -> super::super::Noted {
        let bytes = frame.encode("1.7".parse().unwrap()).unwrap();
        super::super::Noted {
            stream,
            heard: super::super::Heard::Frame(bytes.into()),
            at: Duration::ZERO,
        }
    }

    const LAST: u64 = AFTER + ASKED - 1;

    /// What is said of a server that answered so, and of which this became.
    fn judged(then: Option<RpcReplyBody>, ended: Option<&str>, panics: usize) -> String {
        let release = "1.7".parse().unwrap();
        let id = requirements::LIVE_FAULT.case(["1.7", "Append"]);
        let fatal = Fatal { id, steps: vec![], last: LAST };
        // What was asked before may have been answered: it is the last question that counts.
        let early = noted(1, reply(AFTER, Some(RpcReplyBody::Payload(Bytes::new()))));
        let then = then.map(|body| noted(1, reply(LAST, Some(body))));
        let log = std::iter::once(early).chain(then).collect();
        let after = Aftermath { ended: ended.map(str::to_owned), panics };
        match fatal.judge(&log, &after, release) {
            Verdict::Pass => "all is well".to_owned(),
            Verdict::Skip(why) | Verdict::NotTried(why) => why,
            Verdict::Fail(finding) => finding.actual,
        }
    }

    #[test]
    fn what_became_of_a_server_is_said() {
        let answered = || Some(RpcReplyBody::Payload(Bytes::new()));
        assert_eq!(judged(answered(), None, 0), "all is well");
        assert!(judged(answered(), None, 1).starts_with("a task panics"));
        let stopped = Some(RpcReplyBody::Status(RpcStatus::ServiceStopped.number()));
        assert!(judged(stopped, None, 1).starts_with("its service answers SERVICE_STOPPED"));
        assert_eq!(judged(None, Some("the process aborts"), 1), "the process aborts");
        assert_eq!(judged(None, None, 0), "nothing that is asked then is answered");
    }
}
