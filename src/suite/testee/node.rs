//! The sessions of a node of the model behind a pipe: all connections of one node of a process, which are
//! told apart by their numbers.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value as Json, json};
use skewproof_testee::{Change, Deed, Input, Moved, No, Opening, Payload, Role, State, Told};

use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::envelope::{
    Body, EnumType, GenerationalNodeId, Message as Frame, RpcStatus, Swimlane,
};
use crate::fabric::negotiation::{Life, NodeEntry, PeerRecord, StatusCode};
use crate::fabric::release::Release;
use crate::fabric::session::{
    CallError, DrainReason, Dropped, Event, Input as Arrived, Local, MetadataVersions, Outcome,
    Output, RequestId, ServiceState,
};
use crate::suite::session::Host;
use crate::suite::skew::{Node, lanes};

/// Outputs after one question; more are a loop.
const OUTPUTS_MAX: usize = 1000;
/// Names of what a service can be, but missing.
const SERVICES: [(&str, ServiceState); 4] = [
    ("not-started", ServiceState::NotStarted),
    ("running", ServiceState::Running),
    ("full", ServiceState::Full),
    ("stopped", ServiceState::Stopped),
];

/// The name of what a service is; one that is not there is missing.
pub(super) fn service_name(state: Option<ServiceState>) -> &'static str {
    SERVICES.iter().find(|(_, it)| Some(*it) == state).map_or("missing", |(name, _)| name)
}

/// The name of a status of a call, as the newest line has it.
pub fn status_name(status: RpcStatus) -> Option<&'static str> {
    EnumType::RpcStatus.name(Release::lines().last()?, status.number())
}

/// The status of a call by its name.
pub fn status_named(name: &str) -> Option<RpcStatus> {
    let newest = Release::lines().last()?;
    Some(RpcStatus::of(newest, EnumType::RpcStatus.number(newest, name)?))
}

/// Versions of metadata, by the names of the documents.
pub fn versions_json(versions: MetadataVersions) -> Json {
    let MetadataVersions { nodes_config, logs, schema, partition_table } = versions;
    json!({
        "nodes_config": nodes_config,
        "logs": logs,
        "schema": schema,
        "partition_table": partition_table,
    })
}

/// The same again; one that is not there is 0.
pub fn versions_of(metadata: &Json) -> MetadataVersions {
    let number = |member: &str| {
        let number = metadata.get(member).and_then(Json::as_u64);
        number.and_then(|number| u32::try_from(number).ok()).unwrap_or_default()
    };
    MetadataVersions {
        nodes_config: number("nodes_config"),
        logs: number("logs"),
        schema: number("schema"),
        partition_table: number("partition_table"),
    }
}

/// Who a session is of, and whom it is with: names of nodes, as `N1:1`.
fn named(opening: &Opening, member: &str) -> Option<GenerationalNodeId> {
    node_named(opening.config.get(member)?.as_str()?)
}

fn node_named(name: &str) -> Option<GenerationalNodeId> {
    let (id, generation) = name.strip_prefix('N')?.split_once(':')?;
    Some(GenerationalNodeId::new(id.parse().ok()?, generation.parse().ok()?))
}

/// Takes what a node is told of itself and others.
fn know(local: &mut Local, config: &Json) {
    let nodes = config.get("nodes").and_then(Json::as_array);
    for name in nodes.into_iter().flatten().filter_map(Json::as_str) {
        if let Some(GenerationalNodeId { id, generation }) = node_named(name) {
            let record = local.identity.peers.entry(id).or_default();
            record.entry = NodeEntry::Generation(generation);
        }
    }
    if let Some(metadata) = config.get("metadata") {
        local.versions = versions_of(metadata);
    }
    if config.get("leaving") == Some(&Json::Bool(true)) {
        local.identity.life = Life::ShuttingDown;
    }
}

/// A session.
struct Side {
    number: u64,
    role: Role,
    /// The versions that it offers instead of its own.
    offered: Option<[i32; 2]>,
    state: State,
}

/// A node with its sessions.
pub(super) struct Process {
    release: Release,
    id: GenerationalNodeId,
    cluster: String,
    host: Host,
    now: Duration,
    /// Each at the index of its connection.
    sides: Vec<Side>,
    requests: BTreeMap<u64, (usize, RequestId)>,
    /// How many requests there were.
    asked: u64,
}

impl Process {
    /// Whether a session is one of this node.
    pub(super) fn is_of(&self, opening: &Opening) -> bool {
        Some(self.id) == named(opening, "node") && self.cluster == cluster(opening)
    }

    /// Whether it has a session.
    pub(super) fn has(&self, session: u64) -> bool {
        self.sides.iter().any(|side| side.number == session)
    }

    /// A node without sessions, which knows whom its first one is with.
    pub(super) fn new(node: &Node, opening: &Opening) -> Self {
        let (release, cluster) = (node.release(), cluster(opening));
        let id = named(opening, "node").unwrap_or(GenerationalNodeId::new(1, 1));
        let mut local = Local::new(release, id, &cluster);
        if let Some(peer) = named(opening, "peer") {
            let entry = NodeEntry::Generation(peer.generation);
            local.identity.peers.insert(peer.id, PeerRecord { entry, ..PeerRecord::default() });
        }
        know(&mut local, &opening.config);
        local.quirks = node.quirks();
        local.dialect = node.shared_dialect();
        let host = node.subject().host(local);
        let (now, sides, requests) = (Duration::ZERO, Vec::new(), BTreeMap::new());
        Self { release, id, cluster, host, now, sides, requests, asked: 0 }
    }

    /// Opens a session.
    pub(super) fn open(&mut self, number: u64, opening: &Opening) -> Result<Moved, No> {
        know(&mut self.host.local, &opening.config);
        let own = self.release.range();
        let offer = opening.offer.as_ref().map(|offer| [*offer.start(), *offer.end()]);
        let offered = offer.filter(|offer| *offer != [own.min, own.max]);
        let role = opening.role;
        let index = match role {
            Role::Acceptor => self.host.incoming(self.now),
            Role::Initiator => {
                let names = lanes::of(self.release);
                let lane = opening.lane.as_deref();
                let lane = names.iter().position(|it| Some(*it) == lane).unwrap_or_default();
                let lane = Swimlane::of(self.release, lanes::number(self.release, lane));
                self.host.dial(self.now, lane, named(opening, "peer"))
            }
        };
        self.forget(number);
        self.sides.push(Side { number, role, offered, state: State::Waiting });
        self.moved(index)
    }

    /// The connection of a session. Those that were forgotten keep their place.
    fn index(&self, session: u64) -> Result<usize, No> {
        let index = self.sides.iter().position(|side| side.number == session);
        index.ok_or_else(|| No::Fault(format!("there is no session {session}")))
    }

    /// Something happens to a session.
    pub(super) fn feed(&mut self, session: u64, input: &Input) -> Result<Moved, No> {
        let index = self.index(session)?;
        let frame = match input {
            Input::Frame(bytes) => Frame::decode(self.release, Bytes::copy_from_slice(bytes)),
            _ => Ok(Frame::default()),
        };
        let arrived = match input {
            Input::Frame(_) => Arrived::of(frame.as_ref()),
            Input::Close => Arrived::Ended,
            Input::Break => Arrived::Broken,
            Input::Headers => Arrived::Headers,
            Input::Refused { status, .. } => {
                let code = u8::try_from(*status).ok().and_then(StatusCode::from_number);
                code.map_or(Arrived::Ended, Arrived::Refused)
            }
        };
        self.host.handle(index, self.now, arrived);
        self.moved(index)
    }

    /// The owner does something.
    pub(super) fn send(&mut self, session: u64, deed: &Deed) -> Result<Moved, No> {
        let (index, now) = (self.index(session)?, self.now);
        let done: Result<(), CallError> = match deed {
            Deed::Call { message, patience_ms } => {
                let (message, patience) =
                    (self.read(message)?, Duration::from_millis(*patience_ms));
                self.host.call(index, now, &message, patience).map(|_| ())
            }
            Deed::Tell(message) => {
                let message = self.read(message)?;
                self.host.tell(index, now, &message)
            }
            Deed::Reply { request, message } => {
                let message = self.read(message)?;
                let (index, request) = self.request(*request)?;
                self.host.reply(index, now, request, &message)
            }
            Deed::Fail { request, status } => {
                let status = status_named(status)
                    .ok_or_else(|| No::Fault(format!("there is no status {status:?}")))?;
                let (index, request) = self.request(*request)?;
                self.host.fail(index, now, request, status)
            }
            Deed::Drain { is_shutdown } => {
                let reason = if *is_shutdown { DrainReason::Shutdown } else { DrainReason::Drain };
                self.host.drain(index, now, reason);
                Ok(())
            }
        };
        done.map_err(No::refused)?;
        self.moved(index)
    }

    fn request(&mut self, number: u64) -> Result<(usize, RequestId), No> {
        let request = self.requests.remove(&number);
        request.ok_or_else(|| No::Fault(format!("there is no request {number}")))
    }

    fn read(&self, payload: &Payload) -> Result<Message, No> {
        let Payload { message, version, bytes } = payload;
        let of = MessageType::all().find(|of| of.row().word() == message);
        let of = of.ok_or_else(|| No::Unsupported(format!("there is no message {message:?}")))?;
        let bytes = Bytes::copy_from_slice(bytes);
        Message::decode(of, &bytes, self.release, *version).map_err(No::refused)
    }

    /// Time has passed.
    pub(super) fn wake(&mut self, session: u64, ms: u64) -> Result<Moved, No> {
        let index = self.index(session)?;
        self.now = self.now.max(Duration::from_millis(ms));
        self.host.handle(index, self.now, Arrived::Timeout);
        self.moved(index)
    }

    /// The node knows something else.
    pub(super) fn inform(&mut self, session: u64, config: &Json) -> Result<Moved, No> {
        let index = self.index(session)?;
        know(&mut self.host.local, config);
        self.moved(index)
    }

    /// A service changes.
    pub(super) fn service(
        &mut self,
        session: u64,
        service: i32,
        change: &Change,
    ) -> Result<Moved, No> {
        let index = self.index(session)?;
        let services = &mut self.host.local.services;
        match change {
            Change::Is(name) => match SERVICES.iter().find(|(it, _)| it == name) {
                Some((_, state)) => {
                    services.states.insert(service, *state);
                }
                None => {
                    services.states.remove(&service);
                }
            },
            Change::Lacks(code) => {
                services.missing_shards.insert((service, *code));
            }
        }
        self.moved(index)
    }

    /// Forgets a session; whether it was the last.
    pub(super) fn forget(&mut self, session: u64) -> bool {
        let gone = u64::MAX;
        self.sides.iter_mut().filter(|it| it.number == session).for_each(|it| it.number = gone);
        self.sides.iter().all(|side| side.number == gone)
    }

    /// All that a session does after what has happened.
    fn moved(&mut self, index: usize) -> Result<Moved, No> {
        let (mut frames, mut told) = (Vec::new(), Vec::new());
        for _ in 0..OUTPUTS_MAX {
            let Some(output) = self.host.poll(index) else { break };
            match output {
                Output::Send(frame) => frames.push(self.written(index, frame)?),
                Output::Close => self.stands(index, State::Ended { words: None }),
                Output::Refuse(refusal) => {
                    let status = Some(i32::from(refusal.code(self.release).number()));
                    let words = refusal.text(self.release).to_string();
                    self.stands(index, State::Refused { status, words });
                }
                Output::Event(event) => told.extend(self.told(index, event)),
            }
        }
        let state = self.sides.get(index).map_or(State::Waiting, |side| side.state.clone());
        Ok(Moved { frames, state, told })
    }

    fn written(&self, index: usize, mut frame: Frame) -> Result<Vec<u8>, No> {
        let offered = self.sides.get(index).and_then(|side| side.offered);
        if let (Some([min, max]), Some(Body::Hello(hello))) = (offered, &mut frame.body) {
            (hello.min_protocol_version, hello.max_protocol_version) = (min, max);
        }
        frame.encode(self.release).map_err(No::refused)
    }

    fn stands(&mut self, index: usize, state: State) {
        if let Some(side) = self.sides.get_mut(index) {
            side.state = state;
        }
    }

    /// What the owner is told of an event; nothing if the state says the same.
    fn told(&mut self, index: usize, event: Event) -> Option<Told> {
        let name = |of: MessageType| of.row().word().to_owned();
        Some(match event {
            Event::Opened(opened) => {
                let is_dialled =
                    self.sides.get(index).is_some_and(|side| side.role == Role::Acceptor);
                let lane = lanes::name(self.release, opened.lane.number()).to_owned();
                let (version, lane) = (opened.version.number(), is_dialled.then_some(lane));
                self.stands(index, State::Agreed { version, lane });
                return None;
            }
            Event::NotAgreed(reason) => {
                let words = reason.to_string();
                self.stands(index, State::Refused { status: None, words });
                return None;
            }
            Event::Closed(closed) => {
                self.stands(index, State::Ended { words: Some(closed.to_string()) });
                return None;
            }
            Event::Refused(_) | Event::Draining(_) => return None,
            Event::Request(request) => {
                self.asked += 1;
                self.requests.insert(self.asked, (index, request.id));
                Told::Asked { request: self.asked, message: name(request.message.message_type()) }
            }
            Event::Told(message) => Told::Told(name(message.message_type())),
            Event::Resolved(call, outcome) => {
                let call = call.number();
                match outcome {
                    Outcome::Reply(message) => {
                        Told::Answered { call, message: name(message.message_type()) }
                    }
                    Outcome::Status(status) => {
                        let words = status_name(status).unwrap_or_default().to_owned();
                        Told::Failed { call, words }
                    }
                    Outcome::Undecodable(_) => {
                        Told::Failed { call, words: "undecodable".to_owned() }
                    }
                    other => Told::Failed { call, words: other.to_string() },
                }
            }
            Event::PeerGone(_) => Told::Gone,
            Event::Dropped(dropped @ (Dropped::Undecodable(_) | Dropped::Unroutable { .. })) => {
                Told::Misread(dropped.to_string())
            }
            Event::Dropped(dropped) => Told::Words(format!("let fall: {dropped}")),
            Event::Observed(versions) => Told::Newer(versions_json(versions)),
            Event::Panicked { quirk, on } => Told::Panicked(format!("{quirk}: {on}")),
        })
    }
}

fn cluster(opening: &Opening) -> String {
    let cluster = opening.config.get("cluster").and_then(Json::as_str);
    cluster.unwrap_or("cluster").to_owned()
}
