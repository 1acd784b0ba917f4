//! Calls to a server that runs, and what must come back: an answer that decodes, and encodes to the
//! same bytes again (05 §3).

use std::collections::BTreeMap;

use bytes::Bytes;

use super::acquaintance::hello;
use super::{Block, Case, Heard, Ids, Known, Log, PATIENCE, Play, Step, framed, on};
use crate::fabric::catalogue::{Message, MessageType, SortCode};
use crate::fabric::envelope::{
    Body, Datagram, DatagramMember, EnumType, Header, Message as Frame, Ping, RpcReply,
    RpcReplyBody,
};
use crate::fabric::messages::ids::{LogId, LogletId, LogletOffset, SegmentIndex};
use crate::fabric::messages::log_server::{GetLogletInfo, GetRecords, LogServerRequestHeader};
use crate::fabric::messages::metadata::{
    GetMetadataRequest, MetadataContainer, MetadataKind, MetadataUpdate,
};
use crate::fabric::messages::records::KeyFilter;
use crate::fabric::messages::sequencer::{CommonRequestHeader, GetSequencerState};
use crate::fabric::release::Release;
use crate::fabric::version::{ProtocolVersion, VersionRange};
use crate::harness::verdict::{CaseId, Finding, Verdict};
use crate::suite::requirements;
use crate::suite::samples;
use crate::suite::session::{call, datagram, encoded, reply_of};

/// A loglet, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Loglet {
    pub log: u32,
    pub segment: u32,
    pub id: u64,
}

/// A call that goes out.
pub(super) struct Asked {
    pub bytes: Bytes,
}

/// A call with the sort code that its message has, if it has one that is given.
pub(super) fn ask(
    id: u64,
    message: &Message,
    code: Option<u64>,
    release: Release,
    version: ProtocolVersion,
) -> Asked {
    let row = message.message_type().row();
    let payload = message.encode(release, version.number()).unwrap_or_default();
    if version == ProtocolVersion::V1 {
        let frame = encoded(id, None, row.v1_target.unwrap_or_default(), &payload);
        return Asked { bytes: framed(&frame) };
    }
    request(id, row.service, row.name, code, &payload)
}

/// A call of any name.
pub(super) fn request(
    id: u64,
    service: i32,
    name: &str,
    code: Option<u64>,
    payload: &Bytes,
) -> Asked {
    Asked { bytes: framed(&call(id, service, name, code, payload)) }
}

/// Some value of a message.
pub(super) fn sample(of: MessageType) -> Option<Message> {
    samples::samples(of).map(|sample| sample.message).next()
}

/// The answers on a stream, by the numbers of their calls: payloads, and the numbers of statuses.
pub(super) fn answers(
    log: &Log,
    stream: usize,
    release: Release,
) -> BTreeMap<u64, Vec<Result<Bytes, i32>>> {
    let mut answers: BTreeMap<u64, Vec<_>> = BTreeMap::new();
    for heard in on(log, stream) {
        let Heard::Frame(bytes) = heard else { continue };
        let Ok(frame) = Frame::decode(release, bytes.clone()) else { continue };
        if let Some((id, answer)) = answer(frame) {
            answers.entry(id).or_default().push(answer);
        }
    }
    answers
}

fn answer(frame: Frame) -> Option<(u64, Result<Bytes, i32>)> {
    match frame {
        Frame { body: Some(Body::Datagram(Datagram { datagram: Some(member) })), .. } => {
            let DatagramMember::RpcReply(RpcReply { id, body }) = member else { return None };
            Some((
                id,
                match body {
                    Some(RpcReplyBody::Payload(payload)) => Ok(payload),
                    Some(RpcReplyBody::Status(status)) => Err(status),
                    None => Err(0),
                },
            ))
        }
        Frame { header: Some(Header { in_response_to: Some(id), .. }), body } => match body {
            Some(Body::Encoded(binary)) => Some((id, Ok(binary.payload))),
            _ => None,
        },
        Frame { .. } => None,
    }
}

/// The calls that every server answers, at each version that the release speaks.
pub fn calls(known: &Known) -> Vec<Case> {
    let mut ids = Ids::of(known, Block::Calls);
    let mut cases = Vec::new();
    for version in known.release.versions() {
        for (name, question) in questions(known) {
            let release = known.release;
            let has_form = |it: &Message| {
                let row = it.message_type().row();
                row.is_known_to(release) && row.min_version <= version
            };
            if question.as_ref().is_ok_and(|it| !has_form(it)) {
                continue;
            }
            let id = requirements::LIVE_CALL.case([release.name(), &version.to_string(), &name]);
            let peer = ids.next(1).id;
            let play = question.map(|question| played(known, version, peer, question, id.clone()));
            cases.push(Case { id, row: "calls", is_fatal: false, play });
        }
        if version != ProtocolVersion::V1 {
            let name = version.to_string();
            let id = requirements::LIVE_CALL.case([known.release.name(), &name, "Ping"]);
            let play = Ok(ping(known, version, ids.next(1).id, id.clone()));
            cases.push(Case { id, row: "calls", is_fatal: false, play });
        }
    }
    cases
}

type Question = Result<Message, &'static str>;

/// What is asked; or why it is not.
fn questions(known: &Known) -> Vec<(String, Question)> {
    use MetadataKind::{Logs, NodesConfiguration, PartitionTable, Schema};
    const NO_DOCUMENT: &str = "the server says that it has no such document yet";
    const NO_LOGLET: &str = "the server has no replicated log";
    let mut questions: Vec<(String, Question)> = Vec::new();
    let versions = &known.header;
    for (name, metadata_kind, version) in [
        ("NodesConfiguration", NodesConfiguration, versions.my_nodes_config_version),
        ("Schema", Schema, versions.my_schema_version),
        ("PartitionTable", PartitionTable, versions.my_partition_table_version),
        ("Logs", Logs, versions.my_logs_version),
    ] {
        let message =
            Message::GetMetadataRequest(GetMetadataRequest { metadata_kind, min_version: None });
        let is_there = version.is_some_and(|version| version > 0);
        let question = if is_there { Ok(message) } else { Err(NO_DOCUMENT) };
        questions.push((format!("GetMetadataRequest-{name}"), question));
    }
    for of in [MessageType::GetNodeState, MessageType::GetClusterState] {
        questions.extend(sample(of).map(|it| (of.to_string(), Ok(it))));
    }
    let loglet = known.loglet.ok_or(NO_LOGLET);
    let header = |it: Loglet| LogServerRequestHeader {
        loglet_id: LogletId(it.id),
        known_global_tail: LogletOffset(1),
    };
    questions.push((
        "GetLogletInfo".to_owned(),
        loglet.map(|it| Message::GetLogletInfo(GetLogletInfo { header: header(it) })),
    ));
    questions.push((
        "GetRecords".to_owned(),
        loglet.map(|it| {
            Message::GetRecords(GetRecords {
                header: header(it),
                total_limit_in_bytes: Some(1 << 20),
                filter: KeyFilter::Any,
                from_offset: LogletOffset(1),
                to_offset: LogletOffset(10),
            })
        }),
    ));
    questions.push((
        "GetSequencerState".to_owned(),
        loglet.map(|it| {
            let header = CommonRequestHeader {
                log_id: LogId(it.log),
                segment_index: SegmentIndex(it.segment),
                loglet_id: LogletId(it.id),
            };
            Message::GetSequencerState(GetSequencerState { header, force_seal_check: false })
        }),
    ));
    questions
}

/// The number that calls have.
const NUMBER: u64 = 7;

fn conversation(known: &Known, version: ProtocolVersion, peer: u32, frame: &[u8]) -> Vec<Step> {
    let number = version.number();
    let hello = hello(&known.cluster, peer, VersionRange::new(number, number));
    let mut bytes = framed(&hello).to_vec();
    bytes.extend_from_slice(frame);
    let hears = Step::Hear(0, 2, PATIENCE);
    vec![Step::Open, Step::Send(0, bytes.into()), hears, Step::End(0), Step::HearEnd(0, PATIENCE)]
}

fn played(
    known: &Known,
    version: ProtocolVersion,
    peer: u32,
    message: Message,
    case: CaseId,
) -> Play {
    let release = known.release;
    let code = match message.message_type().row().sort_code {
        SortCode::LogletId => known.loglet.map(|it| it.id),
        SortCode::None | SortCode::PartitionId => None,
    };
    let asked = ask(NUMBER, &message, code, release, version);
    let of = message.message_type();
    let judge = move |log: &Log| {
        let reply = reply_of(of);
        let expected = reply.map_or_else(String::new, |it| {
            format!("{it}, and the same bytes when it is written again")
        });
        let heard = answers(log, 0, release);
        let actual = match heard.get(&NUMBER).and_then(|all| all.first()) {
            None => format!("no answer; {}", the_end(log, 0)),
            Some(Err(status)) => {
                let name = EnumType::RpcStatus.name(release, *status);
                name.map_or_else(|| format!("status {status}"), str::to_owned)
            }
            Some(Ok(payload)) => match reply.map(|it| again(it, payload, release, version)) {
                Some(Ok(())) => return Verdict::Pass,
                Some(Err(words)) => words,
                None => return Verdict::Pass,
            },
        };
        finding(case, expected, actual)
    };
    Play::new(conversation(known, version, peer, &asked.bytes), judge)
}

/// Reads a payload, and writes it again.
fn again(
    of: MessageType,
    payload: &Bytes,
    release: Release,
    version: ProtocolVersion,
) -> Result<(), String> {
    let number = version.number();
    let message = Message::decode(of, payload, release, number)
        .map_err(|error| format!("{of} that does not decode: {error}; {}", hex::encode(payload)))?;
    let bytes = message.encode(release, number).map_err(|error| error.to_string())?;
    // Parts of a schema come in the order of a hash table.
    let is_free = matches!(
        &message,
        Message::MetadataUpdate(MetadataUpdate { container: MetadataContainer::Schema(_) })
    );
    let reads_same = || Message::decode(of, &bytes, release, number).is_ok_and(|it| it == message);
    if bytes == *payload || is_free && reads_same() {
        Ok(())
    } else {
        Err(format!("{}\nwritten again: {}", hex::encode(payload), hex::encode(bytes)))
    }
}

fn ping(known: &Known, version: ProtocolVersion, peer: u32, case: CaseId) -> Play {
    const TIMESTAMP: u64 = 5;
    let release = known.release;
    let frame = datagram(DatagramMember::Ping(Ping { timestamp: TIMESTAMP }));
    let judge = move |log: &Log| {
        let is_pong = |heard: &Heard| match heard {
            Heard::Frame(bytes) => matches!(
                Frame::decode(release, bytes.clone()).map(|it| it.body),
                Ok(Some(Body::Datagram(Datagram { datagram: Some(DatagramMember::Pong(pong)) })))
                    if pong.timestamp == TIMESTAMP
            ),
            _ => false,
        };
        if on(log, 0).any(is_pong) {
            return Verdict::Pass;
        }
        finding(case, format!("a Pong with {TIMESTAMP}"), the_end(log, 0))
    };
    Play::new(conversation(known, version, peer, &framed(&frame)), judge)
}

/// How a stream ended, in words.
pub(super) fn the_end(log: &Log, stream: usize) -> String {
    match on(log, stream).last() {
        Some(Heard::Status(code, text)) => {
            format!("the stream ended with {}", super::status_in_words(*code, text))
        }
        Some(Heard::Broken(words) | Heard::Lost(words)) => words.clone(),
        Some(Heard::Frame(_)) | None => "the stream is open".to_owned(),
    }
}

/// A server did otherwise than its release.
pub(super) fn finding(case: CaseId, expected: String, actual: String) -> Verdict {
    let sentence = case.requirement().map(|it| it.sentence.to_owned()).unwrap_or_default();
    Verdict::from(Finding {
        case,
        requirement: sentence,
        expected,
        actual,
        place: None,
        repro: None,
    })
}
