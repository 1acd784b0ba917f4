//! Messages that control partition processors and take their snapshots (03 §7.1).

use super::ids::{LogId, Lsn, PartitionId, Version};
use super::text_ids::SnapshotId;
use crate::codec::describe::prelude::*;
use crate::gates;
use crate::release::Release;

record! {
    /// Tells a node which partition processors it is to run.
    pub struct ControlProcessors {
        min_partition_table_version: Version,
        min_logs_table_version: Version,
        commands: Vec<ControlProcessor>,
    }
}

record! {
    /// What becomes of one partition processor.
    pub struct ControlProcessor {
        partition_id: PartitionId,
        command: ProcessorCommand,
        /// The version of the partition's current configuration.
        current_version: Version [default_if_missing()],
    }
}

one_of! {
    /// What a partition processor is to do.
    pub enum ProcessorCommand {
        Stop,
        Follower,
        Leader,
    }
}

record! {
    /// Asks for a snapshot of a partition.
    pub struct CreateSnapshotRequest {
        partition_id: PartitionId,
        /// How far the partition must have come, at least.
        min_target_lsn: Option<Lsn>,
    }
}

record! {
    /// Answers [`CreateSnapshotRequest`].
    pub struct CreateSnapshotResponse {
        result: SnapshotResult,
    }
}

one_of! {
    /// How taking a snapshot went.
    pub enum SnapshotResult {
        Ok(TakenSnapshot),
        Err(SnapshotError),
    }
}

record! {
    /// A snapshot of a partition.
    pub struct Snapshot {
        snapshot_id: SnapshotId,
        log_id: LogId,
        min_applied_lsn: Lsn,
    }
}

/// A snapshot that was taken. 1.2.0 knows its id only and has that in the place of the struct, so
/// that it and the others do not read each other (07 §1.1; 04 R60).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TakenSnapshot(pub Snapshot);

impl TakenSnapshot {
    /// Whether the release has nothing but the id.
    pub fn is_bare(release: Release) -> bool {
        const { gates::gate("snapshot.bare_id") }.is_open(release)
    }
}

impl Tree for TakenSnapshot {
    const SHAPE: Shape = Snapshot::SHAPE;

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        if !Self::is_bare(cx.release) {
            return self.0.write(sink, cx);
        }
        let Snapshot { snapshot_id, .. } = self.0;
        if self.0 != (Snapshot { snapshot_id, ..Default::default() }) {
            sink.refuse(Unfit::new("Snapshot", "more than its id"));
        }
        snapshot_id.write(sink, cx);
    }

    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        if !Self::is_bare(cx.release) {
            return Snapshot::read(node, cx).map(Self);
        }
        let snapshot_id = SnapshotId::read(node, cx)?;
        Ok(Self(Snapshot { snapshot_id, ..Default::default() }))
    }

    fn fit(&mut self, cx: Context) -> Result<(), Unfit> {
        self.0.fit(cx)
    }
}

one_of! {
    /// Why a snapshot was not taken.
    pub enum SnapshotError {
        SnapshotCreationFailed(String),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::codec::flex::{from_flex, to_flex};
    use crate::codec::json::{from_json, to_json};
    use crate::messages::tests::context;

    #[test]
    fn current_version_came_with_1_4() {
        let command = ControlProcessor {
            partition_id: PartitionId(1),
            command: ProcessorCommand::Leader,
            current_version: Version(3),
        };
        let mut message = ControlProcessors { commands: vec![command], ..Default::default() };
        assert!(to_flex(&message, context("1.3")).is_err());
        message.fit(context("1.3")).unwrap();
        let old = to_flex(&message, context("1.3")).unwrap();
        let read: ControlProcessors = from_flex(&old, context("1.4")).unwrap();
        assert_eq!(read, message);
        assert_eq!(read.commands.first().unwrap().current_version, Version(0));
    }

    #[test]
    fn a_snapshot_of_1_2_0_is_its_id() {
        let id = SnapshotId(7);
        let snapshot = Snapshot { snapshot_id: id, log_id: LogId(1), min_applied_lsn: Lsn(2) };
        let taken = TakenSnapshot(snapshot);
        let whole = to_flex(&taken, context("1.2.1")).unwrap();
        assert!(to_flex(&taken, context("1.2.0")).is_err());
        assert!(from_flex::<TakenSnapshot>(&whole, context("1.2.0")).is_err());
        let mut fitted = taken;
        fitted.fit(context("1.2.0")).unwrap();
        let bare = to_flex(&fitted, context("1.2.0")).unwrap();
        assert_eq!(from_flex::<SnapshotId>(&bare, context("1.2.0")).unwrap(), id);
        assert_eq!(from_flex::<TakenSnapshot>(&bare, context("1.2.0")).unwrap(), fitted);
        assert!(from_flex::<TakenSnapshot>(&bare, context("1.2.1")).is_err());
    }

    #[test]
    fn a_snapshot_response_is_a_result() {
        let cx = context("1.7");
        let json = json!({"result": {"Err": {"SnapshotCreationFailed": "disk full"}}});
        let message: CreateSnapshotResponse = from_json(&json, cx).unwrap();
        let error = SnapshotError::SnapshotCreationFailed("disk full".to_owned());
        assert_eq!(message.result, SnapshotResult::Err(error));
        assert_eq!(to_json(&message, cx).unwrap(), json);
    }
}
