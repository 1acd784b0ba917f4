//! What released servers do with a payload that they cannot decode: one table, by message and
//! release (02 §6, 05 §3 and §5).

use std::fmt;

use crate::catalogue::{MessageType, Role};
use crate::gates;
use crate::release::{Gate, Release};

/// What becomes of a payload that does not decode, and of who receives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// Nobody looks at it: the request is answered as any other.
    Unread,
    /// It is let fall with a line in the log; who waits for an answer waits in vain.
    Dropped,
    /// The task that reads it panics.
    Task,
    /// The task panics, and the loglet that it belongs to answers no more.
    Loglet,
    /// The task panics, and the service that it belongs to has stopped.
    Service,
    /// The task panics, and the process ends.
    Process,
}

impl Fate {
    /// What a release does with a payload of a message that it does not decode.
    pub fn of(message: MessageType, release: Release) -> Self {
        row(message, release).map_or(Self::Dropped, |row| row.fate)
    }

    /// The same in two words, for a column of a table.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Unread => "unread",
            Self::Dropped => "refused",
            Self::Task => "task panics",
            Self::Loglet => "loglet stops",
            Self::Service => "service stops",
            Self::Process => "process ends",
        }
    }

    /// Whether something panics.
    pub const fn is_panic(self) -> bool {
        !matches!(self, Self::Unread | Self::Dropped)
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unread => "it is not looked at",
            Self::Dropped => "it is dropped with a line in the log",
            Self::Task => "the task that reads it panics",
            Self::Loglet => "the task panics, and its loglet answers no more",
            Self::Service => "the task panics, and its service stops",
            Self::Process => "the process ends",
        })
    }
}

/// The messages that a row is about.
#[derive(Debug, Clone, Copy)]
pub enum Messages {
    /// These.
    Named(&'static [MessageType]),
    /// Calls of these services.
    Services(&'static [i32]),
    /// Whatever answers a call.
    Replies,
    /// All that no row before is about.
    Rest,
}

impl Messages {
    fn include(self, message: MessageType) -> bool {
        let row = message.row();
        match self {
            Self::Named(messages) => messages.contains(&message),
            Self::Services(services) => {
                services.contains(&row.service) && !matches!(row.role, Role::Reply)
            }
            Self::Replies => matches!(row.role, Role::Reply),
            Self::Rest => true,
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct UndecodableRow {
    /// What it is about.
    pub messages: Messages,
    /// The releases that do so.
    pub gate: Gate,
    /// What they do.
    pub fate: Fate,
    /// Where that is known from.
    pub source: &'static str,
}

const fn entry(messages: Messages, gate: Gate, fate: Fate, source: &'static str) -> UndecodableRow {
    UndecodableRow { messages, gate, fate, source }
}

/// Where a dispatcher decodes, it drops what it cannot. Later whoever handles a message decodes it,
/// and must not fail.
const DISPATCHED: Gate = gates::gate("undecodable.dropped");
/// Where a loglet does not come back by itself. Later it is back after a third of a second.
const LOGLET_STAYS: Gate = gates::gate("undecodable.loglet");

/// Every row; the first that is about a message and a release counts.
pub const UNDECODABLE: &[UndecodableRow] = &[
    entry(Messages::Rest, DISPATCHED, Fate::Dropped, "02 §6, read"),
    entry(
        Messages::Named(&[MessageType::GetNodeState]),
        Gate::ALWAYS,
        Fate::Unread,
        "05 §3, seen on 1.5.3, 1.6.2 and 1.7.12",
    ),
    entry(
        Messages::Named(&[
            MessageType::GetMetadataRequest,
            MessageType::ControlProcessors,
            MessageType::CreateSnapshotRequest,
            MessageType::PartitionProcessorRpcRequest,
            MessageType::Append,
            MessageType::GetSequencerState,
            MessageType::RemoteQueryScannerOpen,
            MessageType::RemoteQueryScannerNext,
            MessageType::RemoteQueryScannerClose,
            MessageType::IngestRequest,
        ]),
        Gate::ALWAYS,
        Fate::Process,
        "05 §5, seen on 1.5.3, 1.6.2 and 1.7.12; 1.4 has the same code (08 §0)",
    ),
    entry(
        Messages::Named(&[MessageType::Gossip]),
        Gate::ALWAYS,
        Fate::Service,
        "05 §5, seen on 1.5.3, 1.6.2 and 1.7.12",
    ),
    entry(
        Messages::Services(&[26, 27]),
        LOGLET_STAYS,
        Fate::Loglet,
        "05 §5, seen on 1.5.3 and 1.6.2",
    ),
    entry(Messages::Services(&[26, 27]), Gate::ALWAYS, Fate::Task, "05 §5, seen on 1.7.12"),
    entry(Messages::Replies, Gate::ALWAYS, Fate::Task, "02 §6, and 05 §5: a panic in the log"),
    entry(Messages::Rest, Gate::ALWAYS, Fate::Task, "02 §6, read"),
];

/// The row that is about a message and a release.
pub fn row(message: MessageType, release: Release) -> Option<&'static UndecodableRow> {
    UNDECODABLE.iter().find(|row| row.gate.is_open(release) && row.messages.include(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_has_a_fate_in_every_release() {
        for release in Release::all() {
            for message in MessageType::all() {
                assert!(row(message, release).is_some(), "{message} of {release}");
            }
        }
    }

    #[test]
    fn from_1_4_on_what_was_dropped_is_a_panic() {
        let of = |message, release: &str| Fate::of(message, release.parse().unwrap());
        assert_eq!(of(MessageType::PartitionProcessorRpcRequest, "1.3"), Fate::Dropped);
        for release in ["1.4.0", "1.4", "1.5", "1.6", "1.7"] {
            assert_eq!(of(MessageType::PartitionProcessorRpcRequest, release), Fate::Process);
            assert_eq!(of(MessageType::GetNodeState, release), Fate::Unread);
            assert_eq!(of(MessageType::MetadataUpdate, release), Fate::Task);
            assert_eq!(of(MessageType::Gossip, release), Fate::Service);
        }
        assert_eq!(of(MessageType::Store, "1.6.2"), Fate::Loglet);
        assert_eq!(of(MessageType::Store, "1.7.0"), Fate::Task);
        assert!(Fate::Task.is_panic() && !Fate::Dropped.is_panic() && !Fate::Unread.is_panic());
    }
}
