//! Values to try things on: a table of samples for every message.
//!
//! A sample is a value of the superset of all releases; what one release sees of it is
//! [`Message::fitted`]. Each has a name that says what it shows, stays the same for good, and can
//! name a file.
//!
//! Names: `empty` has every field at its default; `minimal` is the least that every release which
//! knows the message can say; `typical` is what one meets; `max` has every number at its end.
//! `status-Sealed` shows a variant. The table knows nothing of bytes, and holds no expectations.

pub mod envelope;
mod gossip;
mod ingest;
mod log_server;
mod log_server_replies;
mod metadata;
mod metadata_documents;
mod node_state;
mod processors;
mod records;
mod rpc_invocations;
mod rpc_requests;
mod rpc_results;
mod scanner;
mod schemas;
mod schemas_old;
mod sequencer;

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::fabric::catalogue::{Message, MessageType};

/// Milliseconds since the Unix epoch, of the day that the samples play on.
const NOW_MS: u64 = 1_754_000_000_123;

/// A named value of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// What it shows; unique among the samples of its message.
    pub case: &'static str,
    /// The value, with the fields of all releases.
    pub message: Message,
}

/// The samples of a message, in a fixed order, simple ones first.
pub fn samples(message_type: MessageType) -> impl Iterator<Item = Sample> {
    static MADE: LazyLock<HashMap<MessageType, Vec<Sample>>> =
        LazyLock::new(|| MessageType::all().map(|it| (it, made(it))).collect());
    MADE.get(&message_type).into_iter().flatten().cloned()
}

fn made(message_type: MessageType) -> Vec<Sample> {
    use MessageType as T;
    match message_type {
        T::Gossip => cases(Message::Gossip, gossip::gossip()),
        T::GetClusterState => cases(Message::GetClusterState, gossip::get_cluster_state()),
        T::ClusterStateReply => cases(Message::ClusterStateReply, gossip::cluster_state_reply()),
        T::GetNodeState => cases(Message::GetNodeState, node_state::get_node_state()),
        T::NodeStateResponse => {
            cases(Message::NodeStateResponse, node_state::node_state_response())
        }
        T::Store => cases(Message::Store, log_server::store()),
        T::Stored => cases(Message::Stored, log_server_replies::stored()),
        T::GetRecords => cases(Message::GetRecords, log_server::get_records()),
        T::Records => cases(Message::Records, log_server_replies::records()),
        T::Release => cases(Message::Release, log_server::release()),
        T::Released => cases(Message::Released, log_server_replies::released()),
        T::Seal => cases(Message::Seal, log_server::seal()),
        T::Sealed => cases(Message::Sealed, log_server_replies::sealed()),
        T::GetLogletInfo => cases(Message::GetLogletInfo, log_server::get_loglet_info()),
        T::LogletInfo => cases(Message::LogletInfo, log_server_replies::loglet_info()),
        T::Trim => cases(Message::Trim, log_server::trim()),
        T::Trimmed => cases(Message::Trimmed, log_server_replies::trimmed()),
        T::WaitForTail => cases(Message::WaitForTail, log_server::wait_for_tail()),
        T::TailUpdated => cases(Message::TailUpdated, log_server_replies::tail_updated()),
        T::GetDigest => cases(Message::GetDigest, log_server::get_digest()),
        T::Digest => cases(Message::Digest, log_server_replies::digest()),
        T::Append => cases(Message::Append, sequencer::append()),
        T::Appended => cases(Message::Appended, sequencer::appended()),
        T::GetSequencerState => cases(Message::GetSequencerState, sequencer::get_state()),
        T::SequencerState => cases(Message::SequencerState, sequencer::state()),
        T::RemoteQueryScannerOpen => cases(Message::RemoteQueryScannerOpen, scanner::open()),
        T::RemoteQueryScannerOpened => cases(Message::RemoteQueryScannerOpened, scanner::opened()),
        T::RemoteQueryScannerNext => cases(Message::RemoteQueryScannerNext, scanner::next()),
        T::RemoteQueryScannerNextResult => {
            cases(Message::RemoteQueryScannerNextResult, scanner::next_result())
        }
        T::RemoteQueryScannerClose => cases(Message::RemoteQueryScannerClose, scanner::close()),
        T::RemoteQueryScannerClosed => cases(Message::RemoteQueryScannerClosed, scanner::closed()),
        T::MetadataMessage => cases(Message::MetadataMessage, metadata::wrapped()),
        T::GetMetadataRequest => cases(Message::GetMetadataRequest, metadata::requests()),
        T::MetadataUpdate => cases(Message::MetadataUpdate, metadata::updates()),
        T::ControlProcessors => cases(Message::ControlProcessors, processors::control_processors()),
        T::CreateSnapshotRequest => {
            cases(Message::CreateSnapshotRequest, processors::create_snapshot_request())
        }
        T::CreateSnapshotResponse => {
            cases(Message::CreateSnapshotResponse, processors::create_snapshot_response())
        }
        T::PartitionProcessorRpcRequest => {
            cases(Message::PartitionProcessorRpcRequest, rpc_requests::requests())
        }
        T::PartitionProcessorRpcResult => {
            cases(Message::PartitionProcessorRpcResult, rpc_results::results())
        }
        T::IngestRequest => cases(Message::IngestRequest, ingest::request()),
        T::IngestResponse => cases(Message::IngestResponse, ingest::response()),
        T::DedupSequenceNrQueryRequest => {
            cases(Message::DedupSequenceNrQueryRequest, ingest::dedup_request())
        }
        T::DedupSequenceNrQueryResponse => {
            cases(Message::DedupSequenceNrQueryResponse, ingest::dedup_response())
        }
    }
}

/// Every sample, message by message in the order of the catalogue.
pub fn all() -> impl Iterator<Item = Sample> {
    MessageType::all().flat_map(samples)
}

/// A value with its name, before it is known of which message.
type Case<T> = (&'static str, T);

fn cases<T>(message: fn(T) -> Message, cases: Vec<Case<T>>) -> Vec<Sample> {
    cases.into_iter().map(|(case, value)| Sample { case, message: message(value) }).collect()
}

#[cfg(test)]
pub(in crate::suite) mod tests;
