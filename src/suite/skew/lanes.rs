//! Which swimlane a message takes (02 §7).

use crate::fabric::catalogue::MessageType;
use crate::fabric::envelope::EnumType;
use crate::fabric::release::Release;

/// The lane of everything that has none of its own; the only one before 1.4.
pub const GENERAL: &str = "GENERAL";

/// The lanes that a release dials.
pub fn of(release: Release) -> Vec<&'static str> {
    let lanes: Vec<_> = EnumType::Swimlane.rows(release).map(|row| row.name).collect();
    if lanes.is_empty() { vec![GENERAL] } else { lanes }
}

/// The number of a lane, by its index.
pub fn number(release: Release, index: usize) -> i32 {
    EnumType::Swimlane.rows(release).nth(index).map_or(0, |row| row.number)
}

/// What a release calls the lane with a number.
pub fn name(release: Release, number: i32) -> &'static str {
    EnumType::Swimlane.name(release, number).unwrap_or(GENERAL)
}

/// The lane on which a release sends a message. Replies take the connection of their call.
pub fn of_message(release: Release, message: MessageType) -> &'static str {
    use MessageType as T;
    if !release.is_at_least(4) {
        return GENERAL;
    }
    let has_reading_lanes = release.is_at_least(7);
    match message {
        T::Gossip => "GOSSIP",
        T::Store
        | T::Stored
        | T::GetDigest
        | T::Digest
        | T::Append
        | T::Appended
        | T::GetSequencerState
        | T::SequencerState => "BIFROST_DATA",
        T::GetRecords | T::Records if has_reading_lanes => "BIFROST_READS",
        T::GetRecords | T::Records => "BIFROST_DATA",
        T::PartitionProcessorRpcRequest
        | T::PartitionProcessorRpcResult
        | T::IngestRequest
        | T::IngestResponse
        | T::DedupSequenceNrQueryRequest
        | T::DedupSequenceNrQueryResponse => "INGRESS_DATA",
        T::RemoteQueryScannerOpen
        | T::RemoteQueryScannerOpened
        | T::RemoteQueryScannerNext
        | T::RemoteQueryScannerNextResult
        | T::RemoteQueryScannerClose
        | T::RemoteQueryScannerClosed
            if has_reading_lanes =>
        {
            "DATAFUSION"
        }
        _ => GENERAL,
    }
}
