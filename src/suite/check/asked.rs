//! What a node says when it asks, message by message, and how many questions of its peer it takes at a
//! time (01 §5, §9; 03 §4; 02 C4).
//!
//! What must be said is written down from the specification.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value as Json;

use super::{Checks, columns};
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::envelope::{
    Body, DatagramMember, GenerationalNodeId, Header, Message as Frame, RpcCall, RpcReply,
    RpcReplyBody, Swimlane, Unary, Welcome,
};
use crate::fabric::release::Release;
use crate::fabric::session::{Event, Input, Local, Output, RequestId};
use crate::fabric::version::ProtocolVersion;
use crate::harness::report::Grid;
use crate::suite::compare::Difference;
use crate::suite::requirements;
use crate::suite::samples;
use crate::suite::session::{self, Host};
use crate::suite::subject::Subject;

/// The grid of these checks.
const GRID: &str = "questions, by the release that asks or is asked";

/// What becomes the sort code of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    /// Nothing.
    None,
    /// The loglet in its header.
    Loglet,
    /// Its partition.
    Partition,
    /// A partition that the message does not name.
    Unnamed,
}

/// Whether a message is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Asks,
    Tells,
    /// Up to 1.3 it is answered.
    ToldFrom1_4,
}

/// A message: its name, service, target at V1, kind, and what becomes its sort code (03 §4; 01 §9).
type Row = (&'static str, i32, Option<i32>, Kind, Sort);

const ROWS: [Row; 23] = {
    use Kind::{Asks, Tells, ToldFrom1_4};
    use Sort::{Loglet, None as No, Partition, Unnamed};
    [
        // Up to 1.3 the next two are one message.
        ("MetadataMessage", 100, Some(1), Asks, No),
        ("GetMetadataRequest", 100, Some(1), Asks, No),
        ("Gossip", 62, None, Tells, No),
        ("GetClusterState", 62, None, Asks, No),
        ("GetNodeState", 62, Some(60), Asks, No),
        ("Store", 26, Some(10), Asks, Loglet),
        ("GetRecords", 26, Some(18), Asks, Loglet),
        ("Release", 27, Some(12), ToldFrom1_4, Loglet),
        ("Seal", 27, Some(14), Asks, Loglet),
        ("GetLogletInfo", 27, Some(16), Asks, Loglet),
        ("Trim", 27, Some(20), Asks, Loglet),
        ("WaitForTail", 27, Some(22), Asks, Loglet),
        ("GetDigest", 27, Some(24), Asks, Loglet),
        ("Append", 44, Some(40), Asks, Loglet),
        ("GetSequencerState", 45, Some(42), Asks, Loglet),
        ("ControlProcessors", 54, Some(9), Tells, No),
        ("CreateSnapshotRequest", 54, Some(50), Asks, Partition),
        ("PartitionProcessorRpcRequest", 55, Some(52), Asks, Partition),
        ("IngestRequest", 55, None, Asks, Unnamed),
        ("DedupSequenceNrQueryRequest", 55, None, Asks, Unnamed),
        ("RemoteQueryScannerOpen", 86, Some(80), Asks, No),
        ("RemoteQueryScannerNext", 86, Some(82), Asks, No),
        ("RemoteQueryScannerClose", 86, Some(84), Asks, No),
    ]
};

/// Requests of a peer that are open at the same time.
const OPEN_MAX: u64 = 1000;
/// The target and the service of the question that is asked so often.
const NODE_STATE: (i32, i32) = (60, 62);
/// `LOAD_SHEDDING` (01 §5).
const LOAD_SHEDDING: i32 = 6;

const NODE: GenerationalNodeId = GenerationalNodeId::new(2, 7);
const PEER: GenerationalNodeId = GenerationalNodeId::new(1, 3);
const PATIENCE: Duration = Duration::from_secs(5);
/// A release that has every field and wrapper: the peer's bytes are its.
const HAS_ALL: &str = "1.4";

/// Checks every release at every version.
pub fn run(checks: &mut Checks<'_>) {
    checks.report.add(Grid::new(GRID).with_columns(columns()));
    for release in Release::stable() {
        for version in release.versions().filter(|version| !version.is_burned()) {
            let cx = Context { release, version };
            for row in &ROWS {
                let Ok(message) = row.0.parse::<MessageType>() else { continue };
                if !message.row().is_known_to(release) || is_without_form(row, version) {
                    continue;
                }
                let result = says(cx, message, row, checks.subject);
                let segments = [release.name(), &version.to_string(), row.0];
                let case = requirements::ASKED.case(segments);
                checks.record_in(GRID, "what is said", release, case, result);
            }
            let result = is_full(cx, checks.subject);
            let segments = [release.name(), "requests", &version.to_string()];
            let case = requirements::BOUND.case(segments);
            checks.record_in(GRID, "how much is asked", release, case, result);
        }
    }
}

/// What has no target has no form at V1, and the one message of V1 has none later.
fn is_without_form((name, _, target, ..): &Row, version: ProtocolVersion) -> bool {
    if version == ProtocolVersion::V1 { target.is_none() } else { *name == "MetadataMessage" }
}

/// The node asks by each sample of a message, and says whom it is for.
fn says(cx: Context, of: MessageType, row: &Row, subject: &dyn Subject) -> Result<(), Difference> {
    let (_, _, _, kind, sort) = row;
    let sentence = requirements::ASKED.sentence;
    let is_told = match kind {
        Kind::Asks => false,
        Kind::Tells => true,
        Kind::ToldFrom1_4 => cx.release.is_at_least(4),
    };
    let mut line = Line::open(cx, subject);
    let mut codes = Vec::new();
    for sample in samples::samples(of) {
        let Ok(message) = sample.message.fitted(cx) else { continue };
        let Ok(json) = message.to_json(cx) else { continue };
        let number = cx.version.number();
        let Ok(payload) = subject.encode(&message, cx.release, number) else { continue };
        let code = match sort {
            Sort::None | Sort::Unnamed => None,
            Sort::Loglet => json.pointer("/header/loglet_id").and_then(Json::as_u64),
            Sort::Partition => json.pointer("/partition_id").and_then(Json::as_u64),
        };
        codes.extend(code);
        let asked = line.asks(&message, is_told);
        let asked = asked.map_err(|words| Difference::new(sentence, row.0, words))?;
        let expected = expected(cx, row, asked, code, payload);
        let said = line.frames();
        // What is told has a number, too, which nobody refers to.
        let unnumbered = |it| if is_told { without_number(it) } else { it };
        let said: Vec<Said> = said.into_iter().map(unnumbered).collect();
        // Of which partition ingest is, only whoever sends it knows.
        let said = if *sort == Sort::Unnamed { without_code(said) } else { Some(said) };
        if said != Some(vec![expected.clone()]) {
            let place = Some(format!("the sample {}", sample.case));
            let (expected, said) = (format!("{expected:?}"), format!("{said:?}"));
            return Err(Difference { place, ..Difference::new(sentence, expected, said) });
        }
    }
    let is_shown = matches!(sort, Sort::None | Sort::Unnamed) || codes.iter().any(|it| *it > 1);
    if is_shown && line.count > 0 {
        return Ok(());
    }
    let words = format!("{} samples, {codes:?}", line.count);
    Err(Difference::new(sentence, "a sample whose ids are neither 0 nor 1", words))
}

/// What is said. With a number it is a call, without one it is not answered.
fn expected(
    cx: Context,
    (name, service, target, ..): &Row,
    asked: Option<u64>,
    sort_code: Option<u64>,
    payload: Bytes,
) -> Said {
    let (service, msg_type) = (*service, (*name).to_owned());
    match asked {
        _ if cx.version == ProtocolVersion::V1 => {
            Said::Target { target: target.unwrap_or_default(), asked, payload }
        }
        Some(id) => Said::Call(RpcCall { id, service, msg_type, sort_code, payload }),
        None => Said::Unary(Unary { service, sort_code, msg_type, payload }),
    }
}

/// What was said at V1, without its number.
fn without_number(said: Said) -> Said {
    match said {
        Said::Target { target, asked: Some(1..), payload } => {
            Said::Target { target, asked: None, payload }
        }
        said => said,
    }
}

/// What was said without its sort code; nothing if it has none.
fn without_code(said: Vec<Said>) -> Option<Vec<Said>> {
    let without = |said| match said {
        Said::Call(call) => call.sort_code.map(|_| Said::Call(RpcCall { sort_code: None, ..call })),
        _ => None,
    };
    said.into_iter().map(without).collect()
}

/// So many questions are open at the same time, and one more is turned away, at V1 without a word. When
/// one has its answer, there is room again.
fn is_full(cx: Context, subject: &dyn Subject) -> Result<(), Difference> {
    let mut line = Line::open(cx, subject);
    let mut open = Vec::new();
    for number in 1..=OPEN_MAX {
        let (asked, said) = line.is_asked(number);
        if asked.len() != 1 || !said.is_empty() {
            return Err(other(format!("request {number} is taken"), format!("{said:?}")));
        }
        open.extend(asked);
    }
    let (asked, said) = line.is_asked(OPEN_MAX + 1);
    let body = Some(RpcReplyBody::Status(LOAD_SHEDDING));
    let shed = Said::Reply(RpcReply { id: OPEN_MAX + 1, body });
    let expected = if cx.version == ProtocolVersion::V1 { vec![] } else { vec![shed] };
    if !asked.is_empty() || said != expected {
        let taken = format!("taken: {}, said: {said:?}", asked.len());
        return Err(other(format!("no request beyond {OPEN_MAX}, but {expected:?}"), taken));
    }
    let Some(first) = open.first() else { return Ok(()) };
    let reply = samples::samples(MessageType::NodeStateResponse).next();
    let reply = reply.and_then(|sample| sample.message.fitted(cx).ok());
    let replied = reply.map(|reply| line.host.reply(line.index, Duration::ZERO, *first, &reply));
    line.frames();
    let (asked, said) = line.is_asked(OPEN_MAX + 2);
    if asked.len() == 1 && said.is_empty() {
        return Ok(());
    }
    Err(other("room for one request once one is answered", format!("{replied:?}, {said:?}")))
}

fn other(expected: impl Into<String>, actual: impl Into<String>) -> Difference {
    Difference::new(requirements::BOUND.sentence, expected, actual)
}

/// What is on the wire.
#[derive(Debug, Clone, PartialEq)]
enum Said {
    /// A frame of V1, with its number if it is to be answered.
    Target {
        target: i32,
        asked: Option<u64>,
        payload: Bytes,
    },
    Call(RpcCall),
    Unary(Unary),
    Reply(RpcReply),
    Other(Box<Frame>),
}

impl Said {
    fn of(frame: Frame) -> Self {
        let is_answer = |header: &Header| header.in_response_to.is_some_and(|id| id > 0);
        match (frame.body, frame.header) {
            (Some(Body::Encoded(it)), Some(header)) if !is_answer(&header) => {
                let asked = Some(header.msg_id);
                Self::Target { target: it.target, asked, payload: it.payload }
            }
            (Some(Body::Datagram(datagram)), header) => match datagram.datagram {
                Some(DatagramMember::RpcCall(call)) => Self::Call(call),
                Some(DatagramMember::Unary(unary)) => Self::Unary(unary),
                Some(DatagramMember::RpcReply(reply)) => Self::Reply(reply),
                datagram => {
                    let body = crate::fabric::envelope::Datagram { datagram };
                    Self::Other(Box::new(Frame { header, body: Some(Body::Datagram(body)) }))
                }
            },
            (body, header) => Self::Other(Box::new(Frame { header, body })),
        }
    }
}

/// A connection that a node dialled.
struct Line {
    cx: Context,
    host: Host,
    index: usize,
    /// What was asked on it so far.
    count: usize,
}

impl Line {
    fn open(cx: Context, subject: &dyn Subject) -> Self {
        let mut host = subject.host(Local::new(cx.release, NODE, "cluster"));
        let index = host.dial(Duration::ZERO, Swimlane::General, Some(PEER));
        let mut line = Self { cx, host, index, count: 0 };
        let protocol_version = cx.version.number();
        let welcome = Welcome { protocol_version, my_node_id: Some(PEER), direction_ack: 2 };
        let body = Some(Body::Welcome(welcome));
        line.arrives(&Frame { header: Some(Header::default()), body });
        line.frames();
        line
    }

    fn arrives(&mut self, frame: &Frame) {
        let bytes = HAS_ALL.parse().ok().and_then(|peer| frame.encode(peer).ok());
        let read = Frame::decode(self.cx.release, bytes.unwrap_or_default().into());
        self.host.handle(self.index, Duration::ZERO, Input::of(read.as_ref()));
    }

    /// Asks or tells; the number of a call.
    fn asks(&mut self, message: &Message, is_told: bool) -> Result<Option<u64>, String> {
        let (index, now) = (self.index, Duration::ZERO);
        self.count += 1;
        let result = if is_told {
            self.host.tell(index, now, message).map(|()| None)
        } else {
            self.host.call(index, now, message, PATIENCE).map(|call| Some(call.number()))
        };
        result.map_err(|error| error.to_string())
    }

    /// The peer asks for the node's state: what the owner is asked, and what is said.
    fn is_asked(&mut self, number: u64) -> (Vec<RequestId>, Vec<Said>) {
        let (target, service) = NODE_STATE;
        let message = samples::samples(MessageType::GetNodeState).next();
        let number_of_version = self.cx.version.number();
        let payload =
            message.and_then(|it| it.message.encode(self.cx.release, number_of_version).ok());
        let payload = payload.unwrap_or_default();
        let frame = if self.cx.version == ProtocolVersion::V1 {
            session::encoded(number, None, target, &payload)
        } else {
            session::call(number, service, "GetNodeState", None, &payload)
        };
        self.arrives(&frame);
        self.drained()
    }

    fn frames(&mut self) -> Vec<Said> {
        self.drained().1
    }

    /// All that the node does: what its owner is asked, and what is on the wire.
    fn drained(&mut self) -> (Vec<RequestId>, Vec<Said>) {
        let (mut asked, mut said) = (Vec::new(), Vec::new());
        let peer = HAS_ALL.parse().ok();
        while let Some(output) = self.host.poll(self.index) {
            match output {
                Output::Event(Event::Request(request)) => asked.push(request.id),
                Output::Send(frame) => {
                    let bytes = frame.encode(self.cx.release).ok();
                    let read = peer.zip(bytes).map(|(it, bytes)| Frame::decode(it, bytes.into()));
                    said.extend(read.and_then(Result::ok).map(Said::of));
                }
                _ => {}
            }
        }
        (asked, said)
    }
}

#[cfg(test)]
mod tests {
    use super::super::objections;
    use super::*;
    use crate::fabric::session::Dialect;
    use crate::suite::subject::Fabric;

    /// A node of 1.4 that is one of 1.3, and without the service of another that is asked.
    struct Other;

    impl Dialect for Other {}

    impl Subject for Other {
        fn host(&self, mut local: Local) -> Host {
            if local.release().minor() == 4 {
                local.identity.release = "1.3".parse().unwrap();
            }
            local.services.states.remove(&62);
            Fabric.host(local)
        }
    }

    #[test]
    fn what_is_asked_is_said_and_other_nodes_are_seen() {
        assert!(objections(run, &Fabric).is_empty(), "{:?}", objections(run, &Fabric));
        let found = objections(run, &Other);
        for case in ["check/bound/1.7/requests/V3", "check/asked/1.4/V1/Release"] {
            assert!(found.iter().any(|found| found == case), "{case}: {found:?}");
        }
    }
}
