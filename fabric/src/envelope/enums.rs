//! The enums of the envelope: names and numbers, release by release, and typed values for those
//! that the protocol acts on.
//!
//! Enum fields are open on the wire: messages keep the raw number, whatever it is. What a release
//! makes of it is asked for separately, with the semantics of its generated getters: a number that
//! the release does not know reads as the enum's value 0 (01 §1).

use super::services::SERVICES;
use crate::gates;
use crate::release::{Gate, Release};

/// A name and its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnumRow {
    /// The name, as it stands in the release's own description.
    pub name: &'static str,
    /// The number on the wire.
    pub number: i32,
    /// The releases that have the name, as far as the order of releases says it.
    pub gate: Gate,
}

impl EnumRow {
    /// A row of an enum, with its gate in the table.
    pub(super) const fn of(owner: &str, name: &'static str, number: i32) -> Self {
        Self { name, number, gate: gates::number(owner, name) }
    }
}

/// An enum of the envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EnumType {
    /// Protocol versions, in `Hello` and `Welcome`.
    ProtocolVersion,
    /// Whom a data frame is for: targets up to 1.3, service tags from 1.4 on, in one number space.
    Service,
    /// Who sends requests on a connection.
    ConnectionDirection,
    /// What a control frame says.
    Signal,
    /// What kind of traffic a connection is for.
    Swimlane,
    /// Why a call has no answer.
    RpcStatus,
    /// Why a watch could not start.
    WatchStart,
    /// Why a watch ended.
    WatchEnd,
}

/// Protocol versions (01 §4). Which release knows which number is in the table of releases, since
/// negotiation depends on it.
const PROTOCOL_VERSIONS: &[EnumRow] = &[
    EnumRow::of("ProtocolVersion", "ProtocolVersion_UNKNOWN", 0),
    EnumRow::of("ProtocolVersion", "V1", 1),
    EnumRow::of("ProtocolVersion", "V2", 2),
    EnumRow::of("ProtocolVersion", "V3", 3),
    EnumRow::of("ProtocolVersion", "V4", 4),
];

impl EnumType {
    /// Every enum.
    pub const ALL: [Self; 8] = [
        Self::ProtocolVersion,
        Self::Service,
        Self::ConnectionDirection,
        Self::Signal,
        Self::Swimlane,
        Self::RpcStatus,
        Self::WatchStart,
        Self::WatchEnd,
    ];

    /// The enum's full name in a release, or nothing if the release does not have it.
    pub fn full_name(self, release: Release) -> Option<&'static str> {
        let (name, gate) = match self {
            Self::ProtocolVersion => ("restate.common.ProtocolVersion", Gate::ALWAYS),
            Self::Service if const { gates::gate("services.have_tags") }.is_open(release) => {
                ("restate.common.ServiceTag", Gate::ALWAYS)
            }
            Self::Service => ("restate.common.TargetName", Gate::ALWAYS),
            Self::ConnectionDirection => {
                ("restate.network.ConnectionDirection", gates::gate("ConnectionDirection"))
            }
            Self::Signal => ("restate.network.Message.Signal", Gate::ALWAYS),
            Self::Swimlane => ("restate.network.Swimlane", gates::gate("Swimlane")),
            Self::RpcStatus => ("restate.network.RpcReply.Status", gates::gate("RpcStatus")),
            Self::WatchStart => ("restate.network.WatchUpdate.Start", gates::gate("WatchStart")),
            Self::WatchEnd => ("restate.network.WatchUpdate.End", gates::gate("WatchEnd")),
        };
        gate.is_open(release).then_some(name)
    }

    /// Every row, whatever the release.
    pub const fn table(self) -> &'static [EnumRow] {
        match self {
            Self::ProtocolVersion => PROTOCOL_VERSIONS,
            Self::Service => SERVICES,
            Self::ConnectionDirection => ConnectionDirection::TABLE,
            Self::Signal => Signal::TABLE,
            Self::Swimlane => Swimlane::TABLE,
            Self::RpcStatus => RpcStatus::TABLE,
            Self::WatchStart => WatchStart::TABLE,
            Self::WatchEnd => WatchEnd::TABLE,
        }
    }

    /// The rows that a release knows, in ascending order of numbers.
    pub fn rows(self, release: Release) -> impl Iterator<Item = &'static EnumRow> {
        let known_version = move |number| {
            self != Self::ProtocolVersion
                || number == 0
                || release.row().known_numbers.contains(&number)
        };
        let rows = self.table().iter();
        rows.filter(move |row| row.gate.is_open(release) && known_version(row.number))
    }

    /// The name that a release has for a number.
    pub fn name(self, release: Release, number: i32) -> Option<&'static str> {
        self.rows(release).find(|row| row.number == number).map(|row| row.name)
    }

    /// The number that a release has for a name.
    pub fn number(self, release: Release, name: &str) -> Option<i32> {
        self.rows(release).find(|row| row.name == name).map(|row| row.number)
    }

    /// What the release's generated getter returns for a raw number: the number if the release
    /// knows it, else 0.
    pub fn getter(self, release: Release, number: i32) -> i32 {
        self.name(release, number).map_or(0, |_| number)
    }
}

/// Declares an enum of the wire: the typed value and its table, from one list.
macro_rules! wire_enum {
    (
        $(#[$meta:meta])*
        $enum:ident {
            $($(#[$variant_meta:meta])* $variant:ident = $number:literal, $name:literal;)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        #[repr(i32)]
        pub enum $enum {
            $($(#[$variant_meta])* $variant = $number,)*
        }

        impl $enum {
            /// Names and numbers with their releases.
            const TABLE: &'static [EnumRow] =
                &[$(EnumRow::of(stringify!($enum), $name, $number)),*];

            /// What a release makes of a raw number: a number that it does not know reads as 0.
            pub fn of(release: Release, number: i32) -> Self {
                match number {
                    $($number if const { gates::number(stringify!($enum), $name) }.is_open(release) => {
                        Self::$variant
                    })*
                    _ => Self::default(),
                }
            }

            /// The number on the wire.
            pub const fn number(self) -> i32 {
                self as i32
            }
        }
    };
}

wire_enum! {
    /// Which side of a connection may send requests (01 §4, 02 §2), from 1.3 on.
    ConnectionDirection {
        /// Not said, or not known: treated as [`Self::Bidirectional`].
        #[default]
        Unknown = 0, "ConnectionDirection_UNKNOWN";
        /// Both sides.
        Bidirectional = 1, "BIDIRECTIONAL";
        /// Only the side that dialled.
        Forward = 2, "FORWARD";
        /// Only the side that was dialled.
        Reverse = 3, "REVERSE";
    }
}

wire_enum! {
    /// What a control frame tells the peer (01 §4, 02 §4).
    Signal {
        /// Nothing that this release knows.
        #[default]
        Unknown = 0, "Signal_UNKNOWN";
        /// The sender's process is going away.
        Shutdown = 1, "SHUTDOWN";
        /// The sender will drop the connection once it is drained.
        DrainConnection = 2, "DRAIN_CONNECTION";
        /// The sender received something that it could not decode.
        CodecError = 3, "CODEC_ERROR";
        /// The sender has sent its last request.
        RequestStreamDrained = 4, "REQUEST_STREAM_DRAINED";
        /// The sender has sent its last response.
        ResponseStreamDrained = 5, "RESPONSE_STREAM_DRAINED";
    }
}

wire_enum! {
    /// What a connection is used for (01 §4, 02 §7), from 1.4 on.
    Swimlane {
        /// Everything without a lane of its own.
        #[default]
        General = 0, "GENERAL";
        /// Failure detection.
        Gossip = 1, "GOSSIP";
        /// Writes of the log.
        BifrostData = 2, "BIFROST_DATA";
        /// Calls to partition leaders.
        IngressData = 3, "INGRESS_DATA";
        /// Reads of the log.
        BifrostReads = 4, "BIFROST_READS";
        /// Remote query scanners.
        Datafusion = 5, "DATAFUSION";
    }
}

wire_enum! {
    /// Why a call got no answer from a handler (01 §5, 02 §5).
    RpcStatus {
        /// Not known; the call may have been processed.
        #[default]
        Unknown = 0, "Status_UNKNOWN";
        /// No such service on this node.
        ServiceNotFound = 1, "SERVICE_NOT_FOUND";
        /// The service has stopped.
        ServiceStopped = 2, "SERVICE_STOPPED";
        /// The service has not started yet.
        ServiceNotReady = 3, "SERVICE_NOT_READY";
        /// No handler for the sort code.
        SortCodeNotFound = 4, "SORT_CODE_NOT_FOUND";
        /// The handler gave no answer; the call may have been processed.
        Dropped = 5, "DROPPED";
        /// The service has no capacity left.
        LoadShedding = 6, "LOAD_SHEDDING";
        /// The service does not know the message type.
        MessageUnrecognized = 7, "MESSAGE_UNRECOGNIZED";
    }
}

wire_enum! {
    /// Why a watch could not start (01 §5). No release uses watches.
    WatchStart {
        /// Not known.
        #[default]
        Unknown = 0, "Start_UNKNOWN";
        /// No such service on this node.
        ServiceNotFound = 1, "SERVICE_NOT_FOUND";
        /// The service has stopped.
        ServiceStopped = 2, "SERVICE_STOPPED";
        /// The service has not started yet.
        ServiceNotReady = 3, "SERVICE_NOT_READY";
        /// No handler for the sort code.
        SortCodeNotFound = 4, "SORT_CODE_NOT_FOUND";
        /// The handler gave no answer.
        Dropped = 5, "DROPPED";
        /// The service has no capacity left.
        LoadShedding = 6, "LOAD_SHEDDING";
        /// The service does not know the message type.
        MessageUnrecognized = 7, "MESSAGE_UNRECOGNIZED";
    }
}

wire_enum! {
    /// Why a watch ended (01 §5). No release uses watches.
    WatchEnd {
        /// Not known.
        #[default]
        Unknown = 0, "End_UNKNOWN";
        /// It was complete.
        Ok = 1, "OK";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(of: EnumType, release: &str) -> Vec<&'static str> {
        of.rows(release.parse().unwrap()).map(|row| row.name).collect()
    }

    #[test]
    fn protocol_versions_have_a_name_where_a_release_knows_them() {
        for release in Release::all() {
            for version in crate::version::ProtocolVersion::ALL {
                let number = version.number();
                let name = EnumType::ProtocolVersion.name(release, number);
                let known = release.row().known_numbers.contains(&number);
                assert_eq!(name, known.then_some(version.to_string().as_str()), "{release}");
            }
        }
    }

    #[test]
    fn names_and_numbers_are_unique_and_ascending_within_a_release() {
        for release in Release::all() {
            for of in EnumType::ALL {
                let numbers: Vec<i32> = of.rows(release).map(|row| row.number).collect();
                assert!(numbers.is_sorted_by(|a, b| a < b), "{of:?} {release}");
                for row in of.rows(release) {
                    assert_eq!(of.number(release, row.name), Some(row.number));
                    assert_eq!(of.name(release, row.number), Some(row.name));
                    assert_eq!(of.getter(release, row.number), row.number);
                }
                assert_eq!(of.getter(release, 4321), 0);
                assert_eq!(of.full_name(release).is_some(), !numbers.is_empty());
            }
        }
    }

    #[test]
    fn values_come_with_their_release() {
        assert_eq!(names(EnumType::Signal, "1.2").len(), 4);
        assert_eq!(names(EnumType::Signal, "1.3").len(), 6);
        assert_eq!(names(EnumType::Swimlane, "1.6").last(), Some(&"INGRESS_DATA"));
        assert_eq!(names(EnumType::Swimlane, "1.7").last(), Some(&"DATAFUSION"));
        assert_eq!(names(EnumType::Service, "1.3")[0], "TargetName_UNKNOWN");
        assert_eq!(names(EnumType::Service, "1.4")[0], "ServiceTag_UNKNOWN");
        assert_eq!(names(EnumType::Service, "1.7").len(), 10);
    }

    #[test]
    fn getters_read_unknown_numbers_as_zero() {
        let (old, new) = ("1.6".parse().unwrap(), "1.7".parse().unwrap());
        assert_eq!(Swimlane::of(old, 5), Swimlane::General);
        assert_eq!(Swimlane::of(new, 5), Swimlane::Datafusion);
        assert_eq!(ConnectionDirection::of(new, 77), ConnectionDirection::Unknown);
        assert_eq!(Signal::of("1.2".parse().unwrap(), 4), Signal::Unknown);
        assert_eq!(EnumType::ProtocolVersion.getter(new, 1), 0);
    }
}
