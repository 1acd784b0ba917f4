//! Messages that control partition processors and take their snapshots.

use super::Case;
use crate::fabric::messages::ids::{LogId, Lsn, PartitionId, Version};
use crate::fabric::messages::processors::{
    ControlProcessor, ControlProcessors, CreateSnapshotRequest, CreateSnapshotResponse,
    ProcessorCommand, Snapshot, SnapshotError, SnapshotResult, TakenSnapshot,
};
use crate::fabric::messages::text_ids::SnapshotId;

/// A number with 128 bits that are all its own; a ULID of the samples' day.
pub(super) const ULID: u128 = 0x0198_5a1b_2c3d_4e5f_6071_8293_a4b5_c6d7;

pub(super) fn control_processors() -> Vec<Case<ControlProcessors>> {
    let command = |partition_id, command, current_version| ControlProcessor {
        partition_id: PartitionId(partition_id),
        command,
        current_version: Version(current_version),
    };
    let control = |commands| ControlProcessors {
        min_partition_table_version: Version(4),
        min_logs_table_version: Version(7),
        commands,
    };
    vec![
        ("minimal", ControlProcessors::default()),
        ("no-commands", control(vec![])),
        ("one-default", control(vec![ControlProcessor::default()])),
        (
            "typical",
            control(vec![
                command(0, ProcessorCommand::Leader, 3),
                command(1, ProcessorCommand::Follower, 2),
                command(2, ProcessorCommand::Stop, 0),
            ]),
        ),
        (
            "many",
            control((0..64).map(|i| command(i, ProcessorCommand::Leader, i.into())).collect()),
        ),
        (
            "max",
            ControlProcessors {
                min_partition_table_version: Version(u32::MAX),
                min_logs_table_version: Version(u32::MAX),
                commands: vec![command(u16::MAX, ProcessorCommand::Leader, u32::MAX)],
            },
        ),
    ]
}

pub(super) fn create_snapshot_request() -> Vec<Case<CreateSnapshotRequest>> {
    let ask = |partition_id, lsn: Option<u64>| CreateSnapshotRequest {
        partition_id: PartitionId(partition_id),
        min_target_lsn: lsn.map(Lsn),
    };
    vec![
        ("minimal", ask(0, None)),
        ("lsn-zero", ask(0, Some(0))),
        ("typical", ask(9, Some(12_345))),
        ("max", ask(u16::MAX, Some(u64::MAX))),
    ]
}

pub(super) fn create_snapshot_response() -> Vec<Case<CreateSnapshotResponse>> {
    let taken = |id, log_id, lsn| CreateSnapshotResponse {
        result: SnapshotResult::Ok(TakenSnapshot(Snapshot {
            snapshot_id: SnapshotId(id),
            log_id: LogId(log_id),
            min_applied_lsn: Lsn(lsn),
        })),
    };
    let failed = |why: &str| CreateSnapshotResponse {
        result: SnapshotResult::Err(SnapshotError::SnapshotCreationFailed(why.to_owned())),
    };
    vec![
        ("minimal", taken(0, 0, 0)),
        ("typical", taken(ULID, 3, 4567)),
        ("err", failed("disk on fire 🔥")),
        ("err-empty", failed("")),
        ("err-long", failed(&"e".repeat(300))),
        ("max", taken(u128::MAX, u32::MAX, u64::MAX)),
    ]
}
