//! The messages of the fabric: one table of what each is, who sends it where, and how it is encoded
//! (03 §4).

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use serde_json::Value as Json;

use super::codec::fault::Fault;
use super::codec::json::{self, Tape};
use super::codec::shape::Shape;
use super::codec::tree::{Context, Node, Tree, Unfit};
use super::codec::{bilrost, flex};
use super::gates;
use super::messages::gossip::{ClusterStateReply, GetClusterState, Gossip};
use super::messages::ingest::{
    DedupSequenceNrQueryRequest, DedupSequenceNrQueryResponse, IngestRequest, IngestResponse,
};
use super::messages::log_server::{
    Digest, GetDigest, GetLogletInfo, GetRecords, LogletInfo, Records, Release as ReleaseLoglet,
    Released, Seal, Sealed, Store, Stored, TailUpdated, Trim, Trimmed, WaitForTail,
};
use super::messages::metadata::{GetMetadataRequest, MetadataMessage, MetadataUpdate};
use super::messages::node_state::{GetNodeState, NodeStateResponse};
use super::messages::processors::{
    ControlProcessors, CreateSnapshotRequest, CreateSnapshotResponse,
};
use super::messages::rpc::{PartitionProcessorRpcRequest, PartitionProcessorRpcResult};
use super::messages::scanner::{
    RemoteQueryScannerClose, RemoteQueryScannerClosed, RemoteQueryScannerNext,
    RemoteQueryScannerNextResult, RemoteQueryScannerOpen, RemoteQueryScannerOpened,
};
use super::messages::sequencer::{Append, Appended, GetSequencerState, SequencerState};
use super::payload::{self, DecodeError, EncodeError, Payload, payloads};
use super::release::{Gate, Release};
use super::version::ProtocolVersion;

/// How the payload of a message is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// Self-describing maps, lists and values.
    Flexbuffers,
    /// Tagged fields.
    Bilrost,
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flexbuffers => "flexbuffers",
            Self::Bilrost => "bilrost",
        })
    }
}

/// The part that a message plays in an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Asks or tells; answered by the given message, if it is answered at all.
    Call(Option<MessageType>),
    /// Answers a call.
    Reply,
    /// Wraps calls and replies alike.
    Both,
}

/// What becomes the sort code of a call's datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SortCode {
    /// There is none.
    None,
    /// The loglet's id.
    LogletId,
    /// The partition's id.
    PartitionId,
}

/// One row of the table of messages.
#[derive(Debug, Clone, Copy)]
pub struct MessageRow {
    /// Which message it describes.
    pub message_type: MessageType,
    /// Its name; that of a call travels as `msg_type` from V2 on.
    pub name: &'static str,
    /// Other names for it in reference data.
    pub aliases: &'static [&'static str],
    /// The part it plays.
    pub role: Role,
    /// Number of its service from V2 on (01 §8); replies have that of their call.
    pub service: i32,
    /// Number of its target at V1 (01 §7).
    pub v1_target: Option<i32>,
    /// Its sort code.
    pub sort_code: SortCode,
    /// The releases that know it.
    pub gate: Gate,
    /// The first version that can carry it.
    pub min_version: ProtocolVersion,
    /// Its codec from V2 on. At V1 everything is flexbuffers.
    pub codec: Codec,
    /// At V1 the payload is wrapped in a map with the message's name as its one key (03 §8).
    pub is_wrapped_at_v1: bool,
}

impl MessageRow {
    /// How the message is encoded at a version.
    pub fn codec_at(&self, version: ProtocolVersion) -> Codec {
        if version == ProtocolVersion::V1 { Codec::Flexbuffers } else { self.codec }
    }

    /// A name of the message that is one word, in tables and to a shell.
    pub fn word(&self) -> &'static str {
        let is_word = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric());
        let mut names = std::iter::once(self.name).chain(self.aliases.iter().copied());
        names.find(|name| is_word(name)).unwrap_or(self.name)
    }

    /// Whether a release knows the message at some version.
    #[inline]
    pub fn is_known_to(&self, release: Release) -> bool {
        self.gate.is_open(release)
    }
}

impl MessageType {
    /// The row that describes it.
    pub fn row(self) -> &'static MessageRow {
        &MESSAGES[self as usize]
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Every message of every release, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> + Clone {
        MESSAGES.iter().map(|row| row.message_type)
    }
}

impl fmt::Display for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that no message has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown message {name:?}")]
pub struct UnknownMessage {
    /// What was asked for.
    pub name: String,
}

impl FromStr for MessageType {
    type Err = UnknownMessage;

    fn from_str(name: &str) -> Result<Self, UnknownMessage> {
        MESSAGES
            .iter()
            .find(|row| row.name == name || row.aliases.contains(&name))
            .map(|row| row.message_type)
            .ok_or_else(|| UnknownMessage { name: name.to_owned() })
    }
}

impl MessageRow {
    /// Asks a service.
    const fn call(service: i32, reply: MessageType) -> Self {
        Self { role: Role::Call(Some(reply)), ..Self::reply(service) }
    }

    /// Tells a service, and is not answered.
    const fn tell(service: i32) -> Self {
        Self { role: Role::Call(None), ..Self::reply(service) }
    }

    /// Answers a call to a service.
    const fn reply(service: i32) -> Self {
        Self {
            // Type, name, codec and gate come from the tables.
            message_type: MessageType::Gossip,
            name: "",
            aliases: &[],
            role: Role::Reply,
            service,
            v1_target: None,
            sort_code: SortCode::None,
            gate: Gate::ALWAYS,
            min_version: ProtocolVersion::V2,
            codec: Codec::Bilrost,
            is_wrapped_at_v1: false,
        }
    }

    /// Has a V1 form, with this target.
    const fn v1(self, target: i32) -> Self {
        Self { v1_target: Some(target), min_version: ProtocolVersion::V1, ..self }
    }

    const fn sorted_by(self, sort_code: SortCode) -> Self {
        Self { sort_code, ..self }
    }

    const fn wrapped_at_v1(self) -> Self {
        Self { is_wrapped_at_v1: true, ..self }
    }

    const fn also_named(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }
}

const METADATA: i32 = 100;
const GOSSIP: i32 = 62;
const LOG_DATA: i32 = 26;
const LOG_META: i32 = 27;
const SEQUENCER_DATA: i32 = 44;
const SEQUENCER_META: i32 = 45;
const PARTITION_MANAGER: i32 = 54;
const PARTITION_LEADER: i32 = 55;
const REMOTE_DATA_FUSION: i32 = 86;

type Row = MessageRow;

/// The name by which the released servers know the answer to a partition-processor call.
const RPC_RESULT: &str = "Result<PartitionProcessorRpcResponse, PartitionProcessorRpcError>";

payloads! {
    bilrost Gossip = Row::tell(GOSSIP);
    bilrost GetClusterState =
        Row::call(GOSSIP, MessageType::ClusterStateReply);
    bilrost ClusterStateReply = Row::reply(GOSSIP);
    both GetNodeState = Row::call(GOSSIP, MessageType::NodeStateResponse).v1(60);
    both NodeStateResponse = Row::reply(GOSSIP).v1(61);
    both Store = Row::call(LOG_DATA, MessageType::Stored).v1(10).sorted_by(SortCode::LogletId);
    both Stored = Row::reply(LOG_DATA).v1(11);
    both GetRecords =
        Row::call(LOG_DATA, MessageType::Records).v1(18).sorted_by(SortCode::LogletId);
    both Records = Row::reply(LOG_DATA).v1(19);
    both Release(ReleaseLoglet) =
        Row::call(LOG_META, MessageType::Released).v1(12).sorted_by(SortCode::LogletId);
    tree Released = Row::reply(LOG_META).v1(13);
    both Seal = Row::call(LOG_META, MessageType::Sealed).v1(14).sorted_by(SortCode::LogletId);
    both Sealed = Row::reply(LOG_META).v1(15);
    both GetLogletInfo =
        Row::call(LOG_META, MessageType::LogletInfo).v1(16).sorted_by(SortCode::LogletId);
    both LogletInfo = Row::reply(LOG_META).v1(17);
    both Trim = Row::call(LOG_META, MessageType::Trimmed).v1(20).sorted_by(SortCode::LogletId);
    both Trimmed = Row::reply(LOG_META).v1(21);
    both WaitForTail =
        Row::call(LOG_META, MessageType::TailUpdated).v1(22).sorted_by(SortCode::LogletId);
    both TailUpdated = Row::reply(LOG_META).v1(23);
    both GetDigest =
        Row::call(LOG_META, MessageType::Digest).v1(24).sorted_by(SortCode::LogletId);
    both Digest = Row::reply(LOG_META).v1(25);
    both Append =
        Row::call(SEQUENCER_DATA, MessageType::Appended).v1(40).sorted_by(SortCode::LogletId);
    both Appended = Row::reply(SEQUENCER_DATA).v1(41);
    both GetSequencerState =
        Row::call(SEQUENCER_META, MessageType::SequencerState).v1(42)
            .sorted_by(SortCode::LogletId);
    both SequencerState = Row::reply(SEQUENCER_META).v1(43);
    both RemoteQueryScannerOpen =
        Row::call(REMOTE_DATA_FUSION, MessageType::RemoteQueryScannerOpened).v1(80);
    both RemoteQueryScannerOpened = Row::reply(REMOTE_DATA_FUSION).v1(81);
    both RemoteQueryScannerNext =
        Row::call(REMOTE_DATA_FUSION, MessageType::RemoteQueryScannerNextResult).v1(82);
    both RemoteQueryScannerNextResult = Row::reply(REMOTE_DATA_FUSION).v1(83);
    both RemoteQueryScannerClose =
        Row::call(REMOTE_DATA_FUSION, MessageType::RemoteQueryScannerClosed).v1(84);
    both RemoteQueryScannerClosed = Row::reply(REMOTE_DATA_FUSION).v1(85);
    tree MetadataMessage =
        Row { role: Role::Both, ..Row::reply(METADATA) }.v1(1);
    tree GetMetadataRequest =
        Row::call(METADATA, MessageType::MetadataUpdate).v1(1)
            .wrapped_at_v1();
    tree MetadataUpdate = Row::reply(METADATA).v1(1).wrapped_at_v1();
    tree ControlProcessors =
        Row::tell(PARTITION_MANAGER).v1(9);
    tree CreateSnapshotRequest =
        Row::call(PARTITION_MANAGER, MessageType::CreateSnapshotResponse).v1(50)
            .sorted_by(SortCode::PartitionId);
    tree CreateSnapshotResponse = Row::reply(PARTITION_MANAGER).v1(51);
    tree PartitionProcessorRpcRequest =
        Row::call(PARTITION_LEADER, MessageType::PartitionProcessorRpcResult).v1(52)
            .sorted_by(SortCode::PartitionId);
    tree PartitionProcessorRpcResult named RPC_RESULT =
        Row::reply(PARTITION_LEADER).v1(53)
            .also_named(&["PartitionProcessorRpcResult", "PartitionProcessorRpcResponse"]);
    bilrost IngestRequest =
        Row::call(PARTITION_LEADER, MessageType::IngestResponse)
            .sorted_by(SortCode::PartitionId)
            .also_named(&["ReceivedIngestRequest"]);
    bilrost IngestResponse = Row::reply(PARTITION_LEADER);
    bilrost DedupSequenceNrQueryRequest =
        Row::call(PARTITION_LEADER, MessageType::DedupSequenceNrQueryResponse)
            .sorted_by(SortCode::PartitionId);
    bilrost DedupSequenceNrQueryResponse =
        Row::reply(PARTITION_LEADER);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_where_their_type_says() {
        for message_type in MessageType::all() {
            assert_eq!(message_type.row().message_type, message_type);
            assert_eq!(message_type.name().parse(), Ok(message_type));
        }
    }

    #[test]
    fn every_line_has_as_many_messages_as_its_release() {
        // 03 §10.
        let counts = [("1.2", 34), ("1.3", 34), ("1.4", 37), ("1.5", 37), ("1.6", 41), ("1.7", 41)];
        for (name, count) in counts {
            let release: Release = name.parse().unwrap();
            let known = MESSAGES.iter().filter(|row| row.is_known_to(release)).count();
            assert_eq!(known, count, "{name}");
        }
    }
}
