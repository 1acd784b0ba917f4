//! The one number space of V1 targets and V2 services (01 §7 and §8).
//!
//! Up to 1.3 the enum is called `TargetName` and every number is one message. 1.4 calls it
//! `ServiceTag`, keeps most targets for its V1 connections and adds the services; from 1.5 on only
//! the services are left and the numbers of the targets are reserved.

use super::enums::EnumRow;

/// A row; its releases are in the table of gates.
const fn row(name: &'static str, number: i32) -> EnumRow {
    EnumRow::of("Service", name, number)
}

/// Every number with its name and releases, in ascending order.
pub(super) const SERVICES: &[EnumRow] = &[
    row("TargetName_UNKNOWN", 0),
    row("ServiceTag_UNKNOWN", 0),
    row("METADATA_MANAGER", 1),
    row("INGRESS", 2),
    row("LOCAL_METADATA_STORE", 3),
    row("LOCAL_METADATA_STORE_CLIENT", 4),
    row("ATTACH_REQUEST", 5),
    row("ATTACH_RESPONSE", 6),
    row("CONTROL_PROCESSORS", 9),
    row("LOG_SERVER_STORE", 10),
    row("LOG_SERVER_STORED", 11),
    row("LOG_SERVER_RELEASE", 12),
    row("LOG_SERVER_RELEASED", 13),
    row("LOG_SERVER_SEAL", 14),
    row("LOG_SERVER_SEALED", 15),
    row("LOG_SERVER_GET_LOGLET_INFO", 16),
    row("LOG_SERVER_LOGLET_INFO", 17),
    row("LOG_SERVER_GET_RECORDS", 18),
    row("LOG_SERVER_RECORDS", 19),
    row("LOG_SERVER_TRIM", 20),
    row("LOG_SERVER_TRIMMED", 21),
    row("LOG_SERVER_WAIT_FOR_TAIL", 22),
    row("LOG_SERVER_TAIL_UPDATED", 23),
    row("LOG_SERVER_GET_DIGEST", 24),
    row("LOG_SERVER_DIGEST", 25),
    row("LOG_SERVER_DATA_SERVICE", 26),
    row("LOG_SERVER_META_SERVICE", 27),
    row("REPLICATED_LOGLET_APPEND", 40),
    row("REPLICATED_LOGLET_APPENDED", 41),
    row("REPLICATED_LOGLET_GET_SEQUENCER_STATE", 42),
    row("REPLICATED_LOGLET_SEQUENCER_STATE", 43),
    row("SEQUENCER_DATA_SERVICE", 44),
    row("SEQUENCER_META_SERVICE", 45),
    row("PARTITION_CREATE_SNAPSHOT_REQUEST", 50),
    row("PARTITION_CREATE_SNAPSHOT_RESPONSE", 51),
    row("PARTITION_PROCESSOR_RPC", 52),
    row("PARTITION_PROCESSOR_RPC_RESPONSE", 53),
    row("PARTITION_MANAGER_SERVICE", 54),
    row("PARTITION_LEADER_SERVICE", 55),
    row("NODE_GET_NODE_STATE_REQUEST", 60),
    row("NODE_GET_NODE_STATE_RESPONSE", 61),
    row("GOSSIP_SERVICE", 62),
    row("REMOTE_QUERY_SCANNER_OPEN", 80),
    row("REMOTE_QUERY_SCANNER_OPENED", 81),
    row("REMOTE_QUERY_SCANNER_NEXT", 82),
    row("REMOTE_QUERY_SCANNER_NEXT_RESULT", 83),
    row("REMOTE_QUERY_SCANNER_CLOSE", 84),
    row("REMOTE_QUERY_SCANNER_CLOSED", 85),
    row("REMOTE_DATA_FUSION_SERVICE", 86),
    row("METADATA_MANAGER_SERVICE", 100),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::Release;

    fn numbers(release: &str) -> Vec<i32> {
        let release: Release = release.parse().unwrap();
        SERVICES.iter().filter(|row| row.gate.is_open(release)).map(|row| row.number).collect()
    }

    #[test]
    fn targets_leave_and_services_stay() {
        assert_eq!(numbers("1.2"), numbers("1.3"));
        assert!(numbers("1.3").contains(&13) && !numbers("1.3").contains(&26));
        assert!(numbers("1.4").contains(&12) && !numbers("1.4").contains(&13));
        assert_eq!(numbers("1.5"), [0, 26, 27, 44, 45, 54, 55, 62, 86, 100]);
        assert_eq!(numbers("1.5"), numbers("1.7"));
    }

    #[test]
    fn a_target_and_a_service_never_share_a_number() {
        let (targets, services) = (numbers("1.3"), numbers("1.7"));
        assert!(services.iter().filter(|number| **number != 0).all(|it| !targets.contains(it)));
    }
}
