//! What all connections of a process have in common.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use super::quirk::Quirks;
use crate::catalogue::{Message, MessageType};
use crate::envelope::{EnumType, GenerationalNodeId, Header};
use crate::gates::rule;
use crate::negotiation::{
    self, Accepted, Acceptor, Agreed, Answer, Arrival, Initiator, NoAgreement, NoCommonVersion,
    Refusal,
};
use crate::payload::{DecodeError, EncodeError};
use crate::release::Release;
use crate::version::{ProtocolVersion, VersionRange};

/// How a node speaks: values as bytes, and the frames of a handshake as a version. Whatever is not
/// overridden is right; with another dialect one sees what a wrong one does to a session.
pub trait Dialect: Send + Sync {
    /// Encodes a payload at the version with this number.
    fn encode(
        &self,
        message: &Message,
        release: Release,
        number: i32,
    ) -> Result<Bytes, EncodeError> {
        message.encode(release, number)
    }

    /// Decodes a payload at the version with this number.
    fn decode(
        &self,
        message_type: MessageType,
        bytes: &Bytes,
        release: Release,
        number: i32,
    ) -> Result<Message, DecodeError> {
        Message::decode(message_type, bytes, release, number)
    }

    /// Selects a version for a peer that offers a range.
    fn select(
        &self,
        acceptor: Release,
        offered: VersionRange,
    ) -> Result<ProtocolVersion, NoCommonVersion> {
        negotiation::select(acceptor, offered)
    }

    /// Answers what arrived first on a new stream. Which version it gets is for
    /// [`select`](Self::select) to say.
    fn accept(&self, acceptor: &Acceptor, arrival: Arrival<'_>) -> Result<Accepted, Refusal> {
        acceptor.accept_by(arrival, |offered| self.select(acceptor.release, offered))
    }

    /// Concludes from the answer to a Hello.
    fn conclude(&self, initiator: &Initiator, answer: Answer<'_>) -> Result<Agreed, NoAgreement> {
        initiator.conclude(answer)
    }
}

/// The fabric's own.
pub struct OwnDialect;

impl Dialect for OwnDialect {}

/// Versions of the four kinds of metadata; 0 is none (02 §4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MetadataVersions {
    /// Of the nodes configuration.
    pub nodes_config: u32,
    /// Of the log chains.
    pub logs: u32,
    /// Of the schema.
    pub schema: u32,
    /// Of the partition table.
    pub partition_table: u32,
}

impl MetadataVersions {
    /// Those that a header tells.
    pub fn of(header: &Header) -> Self {
        Self {
            nodes_config: header.my_nodes_config_version.unwrap_or(0),
            logs: header.my_logs_version.unwrap_or(0),
            schema: header.my_schema_version.unwrap_or(0),
            partition_table: header.my_partition_table_version.unwrap_or(0),
        }
    }

    /// The higher of each.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self {
            nodes_config: self.nodes_config.max(other.nodes_config),
            logs: self.logs.max(other.logs),
            schema: self.schema.max(other.schema),
            partition_table: self.partition_table.max(other.partition_table),
        }
    }
}

/// What a service of this process does with requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ServiceState {
    /// It is registered, but not started.
    NotStarted,
    /// It takes requests.
    Running,
    /// Its queue is full, and it says so.
    Full,
    /// It has stopped.
    Stopped,
}

/// The services of a process, by their numbers (01 §8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Services {
    /// Those that are registered.
    pub states: BTreeMap<i32, ServiceState>,
    /// Sort codes for which a service has nobody here.
    pub missing_shards: BTreeSet<(i32, u64)>,
}

impl Services {
    /// All that a release has, running. Up to 1.3 there are targets instead, one a message.
    pub fn of(release: Release) -> Self {
        let numbers = EnumType::Service.rows(release).map(|row| row.number);
        let is_service =
            |number: &i32| MessageType::all().any(|message| message.row().service == *number);
        Self {
            states: numbers.filter(is_service).map(|it| (it, ServiceState::Running)).collect(),
            missing_shards: BTreeSet::new(),
        }
    }
}

/// A process, as far as its connections see it.
#[derive(Clone)]
pub struct Local {
    /// Who it is, how far its process is, and what it knows of its peers.
    pub identity: Acceptor,
    /// The faults that it imitates.
    pub quirks: Quirks,
    /// What it offers.
    pub services: Services,
    /// Its versions of metadata; every frame tells them.
    pub versions: MetadataVersions,
    /// How values become bytes, and frames a version.
    pub dialect: Arc<dyn Dialect>,
    /// Up to 1.3 all connections count their messages together.
    next_msg_id: u64,
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local")
            .field("identity", &self.identity)
            .field("quirks", &self.quirks)
            .finish_non_exhaustive()
    }
}

impl Local {
    /// A live process with all its services running, without a quirk.
    pub fn new(release: Release, node_id: GenerationalNodeId, cluster_name: &str) -> Self {
        Self {
            identity: Acceptor::new(release, node_id, cluster_name),
            quirks: Quirks::NONE,
            services: Services::of(release),
            versions: MetadataVersions::default(),
            dialect: Arc::new(OwnDialect),
            next_msg_id: 1,
        }
    }

    /// The release that it speaks as.
    pub fn release(&self) -> Release {
        self.identity.release
    }

    /// A number for a message, up to 1.3: from one counter of the process.
    pub(super) fn take_msg_id(&mut self) -> u64 {
        let id = self.next_msg_id;
        self.next_msg_id = id.wrapping_add(1);
        id
    }

    /// The header of a frame without message numbers (01 §3).
    pub(super) fn header(&self) -> Header {
        let MetadataVersions { nodes_config, logs, schema, partition_table } = self.versions;
        Header {
            my_nodes_config_version: Some(nodes_config),
            my_logs_version: Some(logs),
            my_schema_version: Some(schema),
            my_partition_table_version: Some(partition_table),
            ..Header::default()
        }
    }

    /// The header of a Hello or Welcome: 1.2 numbers it, and knows only its nodes configuration yet.
    pub(super) fn handshake_header(&mut self) -> Header {
        if rule!("session.full_header_in_handshakes", self.release()) {
            return self.header();
        }
        Header {
            msg_id: self.take_msg_id(),
            my_nodes_config_version: Some(self.versions.nodes_config),
            ..Header::default()
        }
    }

    /// The header of a control frame; up to 1.2 they have none.
    pub(super) fn control_header(&self) -> Option<Header> {
        rule!("session.header_in_control_frames", self.release()).then(|| self.header())
    }
}

/// What a process learns of its peers.
impl Local {
    /// A peer has shown itself: older generations of it are history.
    pub(crate) fn saw(&mut self, peer: GenerationalNodeId) {
        let record = self.identity.peers.entry(peer.id).or_default();
        if peer.generation > record.newest_generation {
            record.newest_generation = peer.generation;
            record.is_shutting_down = false;
        }
    }

    /// A peer said that its process is going away.
    pub(crate) fn saw_going(&mut self, peer: GenerationalNodeId) {
        self.saw(peer);
        let record = self.identity.peers.entry(peer.id).or_default();
        record.is_shutting_down |= record.newest_generation == peer.generation;
    }
}
