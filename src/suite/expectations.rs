//! What does not follow from the gates of fields and variants: versions that a value needs,
//! stand-ins, messages under other names, and values that one release writes and another cannot
//! read. Every entry is a fact about released servers, with its section.

use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::messages::metadata::partition_table::PartitionReplication;
use crate::fabric::messages::metadata::{MetadataContainer, MetadataMessage, MetadataUpdate};
use crate::fabric::messages::processors::{CreateSnapshotResponse, SnapshotResult, TakenSnapshot};
use crate::fabric::messages::rpc::request::PartitionProcessorRpcRequestInner;
use crate::fabric::messages::sequencer::{Refusal, SequencerStatus};
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;

/// The first version that can carry a value (02 §6): said here a second time, apart from the
/// catalogue, so that a gate that is lost is noticed.
pub fn first_version(message: &Message) -> ProtocolVersion {
    match message {
        Message::Gossip(_)
        | Message::GetClusterState(_)
        | Message::ClusterStateReply(_)
        | Message::IngestRequest(_)
        | Message::IngestResponse(_)
        | Message::DedupSequenceNrQueryRequest(_)
        | Message::DedupSequenceNrQueryResponse(_) => ProtocolVersion::V2,
        Message::PartitionProcessorRpcRequest(request) => match request.inner {
            PartitionProcessorRpcRequestInner::PauseInvocation(_) => ProtocolVersion::V3,
            _ => ProtocolVersion::V1,
        },
        _ => ProtocolVersion::V1,
    }
}

/// Whether the release sends something in the place of what the version has no form for: 1.4 sends
/// an error for the status `Unknown` at V1 (03 §6.4).
pub fn has_stand_in(message: &Message, cx: Context) -> bool {
    let status = match message {
        Message::Appended(appended) => &appended.header.status,
        Message::SequencerState(state) => &state.header.status,
        _ => return false,
    };
    cx.version == ProtocolVersion::V1 && *status == SequencerStatus::Refused(Refusal::Unknown)
}

/// A message under the name that a reader has for it.
pub struct Counterpart {
    /// The name.
    pub message_type: MessageType,
    /// The value, as that message.
    pub value: Message,
}

/// A message as a reader names it; none if the reader has no such message. Up to 1.3 both metadata
/// messages are one (03 §8).
pub fn counterpart(value: &Message, reader: Context) -> Option<Counterpart> {
    let is_known = |value: &Message| value.message_type().row().is_known_to(reader.release);
    let value = if is_known(value) { value.clone() } else { other_name(value)? };
    is_known(&value).then(|| Counterpart { message_type: value.message_type(), value })
}

/// A message under its other name, if it has one: a metadata message as its wrapper, and the other
/// way round.
pub fn other_name(value: &Message) -> Option<Message> {
    Some(match value.clone() {
        Message::MetadataMessage(MetadataMessage::GetMetadataRequest(request)) => {
            Message::GetMetadataRequest(request)
        }
        Message::MetadataMessage(MetadataMessage::MetadataUpdate(update)) => {
            Message::MetadataUpdate(update)
        }
        Message::GetMetadataRequest(request) => {
            Message::MetadataMessage(MetadataMessage::GetMetadataRequest(request))
        }
        Message::MetadataUpdate(update) => {
            Message::MetadataMessage(MetadataMessage::MetadataUpdate(update))
        }
        _ => return None,
    })
}

/// Whether the writer has a form for the value that the reader, which has another, cannot read:
/// from 1.3 on a replication limit in nodes alone is a number, and 1.2 reads only text (04 R31);
/// 1.2.0 has the id of a snapshot in the place of the struct around it (04 R60).
pub fn is_unreadable(value: &Message, writer: Release, reader: Release) -> bool {
    let update = match value {
        Message::MetadataUpdate(update) => update,
        Message::MetadataMessage(MetadataMessage::MetadataUpdate(update)) => update,
        Message::CreateSnapshotResponse(CreateSnapshotResponse { result }) => {
            let is_bare = TakenSnapshot::is_bare;
            return matches!(result, SnapshotResult::Ok(_)) && is_bare(writer) != is_bare(reader);
        }
        _ => return false,
    };
    let MetadataUpdate { container: MetadataContainer::PartitionTable(table) } = update else {
        return false;
    };
    let is_number = match table.replication.get() {
        Some(PartitionReplication::Limit(limit)) => limit.only_nodes().is_some(),
        _ => false,
    };
    is_number && writer.is_at_least(3) && !reader.is_at_least(3)
}
