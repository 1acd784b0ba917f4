//! The one number space of V1 targets and V2 services (01 §7 and §8).
//!
//! Up to 1.3 the enum is called `TargetName` and every number is one message. 1.4 calls it
//! `ServiceTag`, keeps most targets for its V1 connections and adds the services; from 1.5 on only
//! the services are left and the numbers of the targets are reserved.

use super::enums::EnumRow;
use crate::fabric::release::Gate;

/// Only a `TargetName`: 1.2 and 1.3.
const TARGET: Gate = Gate::ALWAYS.until(3, u8::MAX);
/// A `TargetName` that 1.4 keeps for V1 connections.
const KEPT: Gate = Gate::ALWAYS.until(4, u8::MAX);
/// A service of V2: from 1.4 on.
const SERVICE: Gate = Gate::ALWAYS.since(4, 0);

/// Every number with its name and releases, in ascending order.
pub(super) const SERVICES: &[EnumRow] = &[
    EnumRow::new("TargetName_UNKNOWN", 0, TARGET),
    EnumRow::new("ServiceTag_UNKNOWN", 0, SERVICE),
    EnumRow::new("METADATA_MANAGER", 1, KEPT),
    EnumRow::new("INGRESS", 2, TARGET),
    EnumRow::new("LOCAL_METADATA_STORE", 3, TARGET),
    EnumRow::new("LOCAL_METADATA_STORE_CLIENT", 4, TARGET),
    EnumRow::new("ATTACH_REQUEST", 5, TARGET),
    EnumRow::new("ATTACH_RESPONSE", 6, TARGET),
    EnumRow::new("CONTROL_PROCESSORS", 9, KEPT),
    EnumRow::new("LOG_SERVER_STORE", 10, KEPT),
    EnumRow::new("LOG_SERVER_STORED", 11, KEPT),
    EnumRow::new("LOG_SERVER_RELEASE", 12, KEPT),
    EnumRow::new("LOG_SERVER_RELEASED", 13, TARGET),
    EnumRow::new("LOG_SERVER_SEAL", 14, KEPT),
    EnumRow::new("LOG_SERVER_SEALED", 15, KEPT),
    EnumRow::new("LOG_SERVER_GET_LOGLET_INFO", 16, KEPT),
    EnumRow::new("LOG_SERVER_LOGLET_INFO", 17, KEPT),
    EnumRow::new("LOG_SERVER_GET_RECORDS", 18, KEPT),
    EnumRow::new("LOG_SERVER_RECORDS", 19, KEPT),
    EnumRow::new("LOG_SERVER_TRIM", 20, KEPT),
    EnumRow::new("LOG_SERVER_TRIMMED", 21, KEPT),
    EnumRow::new("LOG_SERVER_WAIT_FOR_TAIL", 22, KEPT),
    EnumRow::new("LOG_SERVER_TAIL_UPDATED", 23, KEPT),
    EnumRow::new("LOG_SERVER_GET_DIGEST", 24, KEPT),
    EnumRow::new("LOG_SERVER_DIGEST", 25, KEPT),
    EnumRow::new("LOG_SERVER_DATA_SERVICE", 26, SERVICE),
    EnumRow::new("LOG_SERVER_META_SERVICE", 27, SERVICE),
    EnumRow::new("REPLICATED_LOGLET_APPEND", 40, KEPT),
    EnumRow::new("REPLICATED_LOGLET_APPENDED", 41, KEPT),
    EnumRow::new("REPLICATED_LOGLET_GET_SEQUENCER_STATE", 42, KEPT),
    EnumRow::new("REPLICATED_LOGLET_SEQUENCER_STATE", 43, KEPT),
    EnumRow::new("SEQUENCER_DATA_SERVICE", 44, SERVICE),
    EnumRow::new("SEQUENCER_META_SERVICE", 45, SERVICE),
    EnumRow::new("PARTITION_CREATE_SNAPSHOT_REQUEST", 50, KEPT),
    EnumRow::new("PARTITION_CREATE_SNAPSHOT_RESPONSE", 51, KEPT),
    EnumRow::new("PARTITION_PROCESSOR_RPC", 52, KEPT),
    EnumRow::new("PARTITION_PROCESSOR_RPC_RESPONSE", 53, KEPT),
    EnumRow::new("PARTITION_MANAGER_SERVICE", 54, SERVICE),
    EnumRow::new("PARTITION_LEADER_SERVICE", 55, SERVICE),
    EnumRow::new("NODE_GET_NODE_STATE_REQUEST", 60, KEPT),
    EnumRow::new("NODE_GET_NODE_STATE_RESPONSE", 61, KEPT),
    EnumRow::new("GOSSIP_SERVICE", 62, SERVICE),
    EnumRow::new("REMOTE_QUERY_SCANNER_OPEN", 80, KEPT),
    EnumRow::new("REMOTE_QUERY_SCANNER_OPENED", 81, KEPT),
    EnumRow::new("REMOTE_QUERY_SCANNER_NEXT", 82, KEPT),
    EnumRow::new("REMOTE_QUERY_SCANNER_NEXT_RESULT", 83, KEPT),
    EnumRow::new("REMOTE_QUERY_SCANNER_CLOSE", 84, KEPT),
    EnumRow::new("REMOTE_QUERY_SCANNER_CLOSED", 85, KEPT),
    EnumRow::new("REMOTE_DATA_FUSION_SERVICE", 86, SERVICE),
    EnumRow::new("METADATA_MANAGER_SERVICE", 100, SERVICE),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fabric::release::Release;

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
        let of = |gate: Gate| SERVICES.iter().filter(move |row| row.gate == gate);
        for service in of(SERVICE).filter(|row| row.number != 0) {
            assert!(of(KEPT).chain(of(TARGET)).all(|row| row.number != service.number));
        }
    }
}
