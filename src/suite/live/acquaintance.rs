//! Who a server is: asked with what every server answers, and read off where the release lines
//! differ (02 §1, 05 §3, 07 §1).

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde_json::Value as Json;
use thiserror::Error;

use super::calls::{Asked, Loglet, answers, ask, request, sample};
use super::{FIRST_ID, Heard, IDS, Log, PATIENCE, RUNS, Step, framed, on, status_in_words};
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::envelope::{
    Body, GenerationalNodeId, Header, Hello, Message as Frame, RpcStatus, Welcome,
};
use crate::fabric::messages::ids::PlainNodeId;
use crate::fabric::messages::metadata::logs::{LogletKind, Logs};
use crate::fabric::messages::metadata::nodes::{MaybeNode, NodesConfiguration};
use crate::fabric::messages::metadata::{GetMetadataRequest, MetadataContainer, MetadataKind};
use crate::fabric::messages::node_state::{DetailedMode, NodeStateResponse, RunMode};
use crate::fabric::negotiation::{Refusal, StatusCode};
use crate::fabric::release::Release;
use crate::fabric::version::{ProtocolVersion, VersionRange};
use crate::harness::report::Table;
use crate::suite::handshake::words;
use crate::suite::releases::Releases;

/// Why a server cannot be spoken to, although it speaks.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoServer {
    /// It does not have the method.
    #[error("it speaks gRPC or HTTP, and not as a Restate node does: {0}")]
    Stranger(String),
    /// It is of another cluster than the one that was named.
    #[error("it does not belong to the cluster {0:?}")]
    OtherCluster(String),
    /// It refuses what every release takes from a peer that it does not know.
    #[error("it refuses a peer that it does not know: {0}")]
    Refuses(String),
    /// It offers a range that no release has.
    #[error("it speaks the versions {0}, as no release does")]
    UnknownRange(String),
}

/// The cluster that a server's page of metrics names.
pub fn cluster_in(page: &str) -> Option<String> {
    let (_, rest) = page.split_once("cluster_name=\"")?;
    rest.split_once('"').map(|(name, _)| name.to_owned())
}

/// What is known of a server.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// The release that it is held to.
    pub release: Release,
    /// Who it is.
    pub node: GenerationalNodeId,
    /// Its cluster.
    pub cluster: String,
    /// The fingerprint of its cluster; 0 if there is none, or none is told.
    pub fingerprint: u64,
    /// The header of its frames.
    pub header: Header,
    /// The first of the node ids that peers have in this run.
    pub(super) first_id: u32,
    /// A loglet that it has a part of.
    pub(super) loglet: Option<Loglet>,
    says: Option<String>,
    signs: Vec<Sign>,
    /// The releases that all signs fit.
    fits: Vec<Release>,
}

/// Something in which release lines differ.
#[derive(Debug, Clone, PartialEq)]
struct Sign {
    what: &'static str,
    seen: String,
    releases: Releases,
}

/// How a server is got to know.
pub struct Acquaintance {
    cluster: String,
    range: VersionRange,
    rule_a: bool,
    release: Release,
    version: ProtocolVersion,
    welcome: Welcome,
    header: Header,
}

impl Acquaintance {
    /// What is played first: an offer that everybody refuses, with the range in its words, and one
    /// that everybody takes.
    pub fn opening(cluster: &str) -> Vec<Step> {
        let hello = |id, (min, max)| framed(&hello(cluster, id, VersionRange::new(min, max)));
        let mut steps = Vec::new();
        for (stream, offer) in [(7, 9), (1, i32::MAX), (1, 1)].into_iter().enumerate() {
            let id = FIRST_ID - 1 - stream as u32;
            steps.push(Step::Open);
            steps.push(Step::Send(stream, hello(id, offer)));
        }
        for stream in 0..3 {
            steps.push(Step::Hear(stream, 1, PATIENCE));
            steps.push(Step::End(stream));
        }
        steps
    }

    /// What is made of it.
    ///
    /// # Errors
    ///
    /// If it is no server that can be spoken to.
    pub fn of(cluster: &str, log: &Log) -> Result<Self, NoServer> {
        let (range, rule_a) = match on(log, 0).next() {
            Some(Heard::Status(code, text)) => offered(*code, text, cluster)?,
            other => return Err(NoServer::Stranger(in_words(other))),
        };
        let is_fit = |it: &Release| is_like(*it, range, rule_a);
        let release = Release::stable().filter(is_fit).last();
        let release = release.ok_or_else(|| NoServer::UnknownRange(range.to_string()))?;
        let answer = [1, 2].into_iter().filter_map(|stream| on(log, stream).next());
        let answer: Vec<&Heard> = answer.collect();
        let welcome = answer.iter().find_map(|heard| welcome(heard, release));
        let (header, welcome) =
            welcome.ok_or_else(|| NoServer::Refuses(in_words(answer.first().copied())))?;
        let version = ProtocolVersion::from_number(welcome.protocol_version)
            .filter(|version| release.speaks(*version))
            .ok_or_else(|| NoServer::UnknownRange(welcome.protocol_version.to_string()))?;
        Ok(Self { cluster: cluster.to_owned(), range, rule_a, release, version, welcome, header })
    }

    /// What is asked then.
    pub fn questions(&self) -> Vec<Step> {
        let number = self.version.number();
        let hello = hello(&self.cluster, FIRST_ID - 9, VersionRange::new(number, number));
        let mut bytes = framed(&hello).to_vec();
        let asked = self.asked();
        asked.iter().for_each(|it| bytes.extend_from_slice(&it.bytes));
        vec![
            Step::Open,
            Step::Send(0, bytes.into()),
            Step::Hear(0, 1 + asked.len(), PATIENCE),
            Step::End(0),
            Step::HearEnd(0, PATIENCE),
        ]
    }

    fn asked(&self) -> Vec<Asked> {
        let (release, version) = (self.release, self.version);
        let metadata = |id, metadata_kind| {
            let message = Message::GetMetadataRequest(GetMetadataRequest {
                metadata_kind,
                min_version: None,
            });
            ask(id, &message, None, release, version)
        };
        let mut asked = Vec::new();
        // Up to 1.3 it goes by another name.
        if MessageType::GetMetadataRequest.row().is_known_to(release) {
            asked.push(metadata(1, MetadataKind::NodesConfiguration));
            asked.push(metadata(2, MetadataKind::Logs));
        }
        asked.extend(
            sample(MessageType::GetNodeState).map(|it| ask(3, &it, None, release, version)),
        );
        if version != ProtocolVersion::V1 {
            let info = sample(MessageType::GetLogletInfo);
            asked.extend(info.map(|it| ask(4, &it, None, release, version)));
            asked.push(request(5, 9999, "GetNodeState", None, &Bytes::new()));
        }
        asked
    }

    /// All that is known then.
    pub fn known(self, log: &Log) -> Known {
        let (release, version) = (self.release, self.version);
        let answers = answers(log, 0, release);
        let node = self.welcome.my_node_id.unwrap_or_default();
        let read = |id: u64, reply: MessageType| {
            let payload = answers.get(&id)?.iter().find_map(|it| it.as_ref().ok())?;
            Message::decode(reply, payload, release, version.number()).ok()
        };
        let nodes = read(1, MessageType::MetadataUpdate).and_then(nodes_of);
        let logs = read(2, MessageType::MetadataUpdate).and_then(logs_of);
        let state = match read(3, MessageType::NodeStateResponse) {
            Some(Message::NodeStateResponse(state)) => Some(state),
            _ => None,
        };
        let fingerprint = nodes.as_ref().and_then(|nodes| nodes.cluster_fingerprint);
        let says = nodes.as_ref().and_then(|nodes| binary_version(nodes, node));
        let mut signs = Vec::new();
        signs.extend(status_sign(&answers));
        signs.extend(twice_sign(&answers));
        signs.extend(state.as_ref().and_then(mode_sign));
        let is_fit = |it: &Release| {
            is_like(*it, self.range, self.rule_a) && signs.iter().all(|sign| sign.releases.has(*it))
        };
        let fits: Vec<Release> = Release::stable_patches().filter(is_fit).collect();
        let named = says.as_deref().and_then(|says| says.parse::<Release>().ok());
        let line = fits.last().copied().unwrap_or(release).line();
        let is_of_it = |named: &Release| named.minor() == line.minor();
        let range = Sign {
            what: "versions, by the words of a refusal",
            seen: self.range.to_string(),
            releases: fitting(|it| is_like(it, self.range, self.rule_a)),
        };
        signs.insert(0, range);
        Known {
            release: named.filter(is_of_it).unwrap_or(line),
            node,
            cluster: self.cluster,
            fingerprint: fingerprint.map_or(0, |it| it.0.get()),
            header: self.header,
            first_id: FIRST_ID,
            loglet: logs.as_ref().and_then(loglet),
            says,
            signs,
            fits,
        }
    }
}

impl Known {
    /// The same server, held to another release.
    #[must_use]
    pub fn held_to(self, release: Release) -> Self {
        Self { release, ..self }
    }

    /// The same server, met by peers that only this run has: it remembers those of others.
    #[must_use]
    pub fn in_run(self, number: u64) -> Self {
        let run = u32::try_from(number % u64::from(RUNS)).unwrap_or(0);
        Self { first_id: FIRST_ID + run * IDS, ..self }
    }

    /// Whether its log is there, which a new server makes for itself a moment after it serves.
    pub fn has_log(&self) -> bool {
        self.loglet.is_some()
    }

    /// Who it is, in a sentence.
    pub fn in_words(&self) -> String {
        let fit = match (self.fits.first(), self.fits.last()) {
            (Some(first), Some(last)) if first.minor() == last.minor() => narrowed(*first, *last),
            (Some(first), Some(last)) => {
                format!("{} or {} does", first.line().name(), last.line().name())
            }
            _ => "no release does that is known".to_owned(),
        };
        let says = match &self.says {
            Some(says) => format!("says that it is {says}"),
            None => "does not say which patch it is".to_owned(),
        };
        format!("{} of the cluster {:?} answers as {fit}, and {says}", self.node, self.cluster)
    }

    /// How that was found out.
    pub fn table(&self) -> Table {
        let mut table = Table::new("what tells the releases apart", ["what", "seen", "releases"]);
        table.rows.extend(
            self.signs.iter().map(|sign| {
                vec![sign.what.to_owned(), sign.seen.clone(), sign.releases.to_string()]
            }),
        );
        table
    }
}

/// A line, and which of its patches it can be.
fn narrowed(first: Release, last: Release) -> String {
    let line = last.line();
    let mut patches = line.patches();
    let (oldest, newest) = (patches.next(), patches.last());
    let mut words = format!("{} does", line.name());
    if oldest != Some(first) {
        words += &format!(" from {} on", first.exact_name());
    }
    if newest != Some(last) {
        words += &format!(" up to {}", last.exact_name());
    }
    words
}

/// The Hello of a peer that nobody knows, which wants nothing to be asked of it.
pub(super) fn hello(cluster: &str, id: u32, offered: VersionRange) -> Frame {
    hello_of(cluster, GenerationalNodeId::new(id, 1), offered)
}

/// The same in one of its lives.
pub(super) fn hello_of(cluster: &str, id: GenerationalNodeId, offered: VersionRange) -> Frame {
    const FORWARD: i32 = 2;
    let hello = Hello {
        min_protocol_version: offered.min,
        max_protocol_version: offered.max,
        cluster_name: cluster.to_owned(),
        my_node_id: Some(id),
        direction: FORWARD,
        ..Hello::default()
    };
    Frame { header: Some(Header::default()), body: Some(Body::Hello(hello)) }
}

/// The range in the words of the refusal of 7 to 9, and whether they are those of rule A.
fn offered(code: u16, text: &str, cluster: &str) -> Result<(VersionRange, bool), NoServer> {
    let refusal = Refusal::UnsupportedVersion { reported: 9 };
    let seen = status_in_words(code, text);
    for release in Release::stable() {
        if words::told(&refusal, release) == seen {
            return Ok((release.range(), is_rule_a(release)));
        }
    }
    let mismatch = |release| words::told(&Refusal::ClusterNameMismatch, release) == seen;
    if Release::lines().any(mismatch) {
        return Err(NoServer::OtherCluster(cluster.to_owned()));
    }
    let is_known = u8::try_from(code).ok().and_then(StatusCode::from_number);
    Err(match is_known {
        Some(StatusCode::InvalidArgument) => NoServer::UnknownRange(text.to_owned()),
        Some(StatusCode::Unimplemented) | None => NoServer::Stranger(seen),
        Some(_) => NoServer::Refuses(seen),
    })
}

fn is_rule_a(release: Release) -> bool {
    release.rule() == crate::fabric::release::NegotiationRule::A
}

fn is_like(release: Release, range: VersionRange, rule_a: bool) -> bool {
    release.range() == range && is_rule_a(release) == rule_a
}

/// The releases for which something is so, as they are written.
fn fitting(is_so: impl Fn(Release) -> bool) -> Releases {
    let all: Vec<Release> = Release::stable().filter(|it| is_so(*it)).collect();
    let ends = [all.first(), all.last()].map(|it| it.map(|it| it.line().to_string()));
    let text = match ends {
        [Some(first), Some(last)] if first != last => format!("{first} to {last}"),
        [Some(first), _] => first,
        _ => "all".to_owned(),
    };
    Releases::read(&text).unwrap_or_else(Releases::all)
}

fn welcome(heard: &Heard, release: Release) -> Option<(Header, Welcome)> {
    let Heard::Frame(bytes) = heard else { return None };
    match Frame::decode(release, bytes.clone()).ok()? {
        Frame { header, body: Some(Body::Welcome(welcome)) } => {
            Some((header.unwrap_or_default(), welcome))
        }
        _ => None,
    }
}

fn in_words(heard: Option<&Heard>) -> String {
    match heard {
        None => "silence".to_owned(),
        Some(Heard::Frame(_)) => "a frame that is no answer to a Hello".to_owned(),
        Some(Heard::Status(code, text)) => status_in_words(*code, text),
        Some(Heard::Broken(words) | Heard::Lost(words)) => words.clone(),
    }
}

fn nodes_of(message: Message) -> Option<NodesConfiguration> {
    match container(message)? {
        MetadataContainer::NodesConfiguration(nodes) => Some(nodes),
        _ => None,
    }
}

/// The names of the features of a cluster.
pub(super) fn features_in(message: Message) -> Option<BTreeSet<String>> {
    let nodes = nodes_of(message)?;
    Some(nodes.features.0.iter().map(|it| format!("{it:?}")).collect())
}

fn logs_of(message: Message) -> Option<Logs> {
    match container(message)? {
        MetadataContainer::Logs(logs) => Some(logs),
        _ => None,
    }
}

fn container(message: Message) -> Option<MetadataContainer> {
    match message {
        Message::MetadataUpdate(update) => Some(update.container),
        _ => None,
    }
}

fn binary_version(nodes: &NodesConfiguration, node: GenerationalNodeId) -> Option<String> {
    match nodes.nodes.get(&PlainNodeId(node.id))? {
        MaybeNode::Node(config) => config.binary_version.clone(),
        MaybeNode::Tombstone => None,
    }
}

/// The newest replicated segment of the first log that has one.
pub(super) fn loglet(logs: &Logs) -> Option<Loglet> {
    logs.logs.iter().find_map(|(log, chain)| {
        let segments = chain.chain.values();
        let segment = segments.rev().find(|it| it.kind == LogletKind::Replicated)?;
        let params: Json = serde_json::from_str(&segment.params.0).ok()?;
        Some(Loglet {
            log: log.0,
            segment: segment.index.0,
            id: params.get("loglet_id")?.as_u64()?,
        })
    })
}

type Answers = BTreeMap<u64, Vec<Result<Bytes, i32>>>;

/// A call to a log server that does not say which loglet: from 1.7 on it has a status of its own.
fn status_sign(answers: &Answers) -> Option<Sign> {
    let status = answers.get(&4)?.iter().find_map(|it| it.as_ref().err())?;
    let is = |it: RpcStatus| *status == it.number();
    let (seen, releases) = if is(RpcStatus::Dropped) {
        ("DROPPED", "up to 1.6")
    } else if is(RpcStatus::MessageUnrecognized) {
        ("MESSAGE_UNRECOGNIZED", "from 1.7")
    } else {
        return None;
    };
    sign("a log server's call without a sort code", seen, releases)
}

/// Up to 1.6.0 a call that is not routed is answered twice.
fn twice_sign(answers: &Answers) -> Option<Sign> {
    let (seen, releases) = match answers.get(&5)?.len() {
        0 => return None,
        1 => ("one answer", "from 1.6.1"),
        _ => ("two answers", "up to 1.6.0"),
    };
    sign("a call for a service that nobody has", seen, releases)
}

/// From 1.7.3 on a partition processor says more of how it is: one that leads, that it does.
fn mode_sign(state: &NodeStateResponse) -> Option<Sign> {
    let processors = state.partition_processor_state.as_ref()?;
    let leads = processors.values().find(|it| it.effective_mode == RunMode::Leader)?;
    let what = "field 17 of the status of a partition processor that leads";
    if leads.detailed_effective_mode == DetailedMode::default() {
        sign(what, "not there", "up to 1.7.2")
    } else {
        sign(what, "there", "from 1.7.3")
    }
}

fn sign(what: &'static str, seen: &str, releases: &str) -> Option<Sign> {
    Some(Sign { what, seen: seen.to_owned(), releases: Releases::read(releases)? })
}
