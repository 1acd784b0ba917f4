//! Ten messages of Restate's fabric, read and written by the libraries of the released servers: a
//! second opinion on their bytes. As 1.4 it speaks V1 and V2, as anything later V2 and V3:
//! `fabric 1.4`, `fabric 1.7`.

use std::process::ExitCode;

use bilrost::{Enumeration, Message, Oneof, OwnedMessage};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use skewproof_testee::Program;

/// Types, with what the libraries derive for them.
macro_rules! types {
    ($derive:tt $($item:item)*) => {$(#[derive $derive] $item)*};
}

// Tags are 1, 2, 3 and so on where nothing else is said.
types! { (Serialize, Deserialize, Message)
    struct Request { loglet_id: u64, known_global_tail: u32 }
    struct Response { local_tail: u32, known_global_tail: u32, sealed: bool, status: Status }
    struct NodeId(#[bilrost(0)] u32, #[bilrost(1)] u32);
    struct Seal { header: Request, sequencer: NodeId }
    struct Sealed { header: Response }
    struct Trim { header: Request, trim_point: u32 }
    struct Trimmed { header: Response }
    struct WaitForTail { header: Request, #[bilrost(oneof(2, 3, 4))] query: TailQuery }
    struct Digest { header: Response, entries: Vec<DigestEntry> }
    struct DigestEntry { from_offset: u32, to_offset: u32, status: EntryStatus }
    struct ClusterStateReply {
        status: ClusterStatus,
        nodes: Vec<Node>,
        partitions: Vec<Partition>,
    }
    struct Node { node_id: NodeId, state: NodeState }
    struct Partition {
        id: u16,
        current_leader: Leader,
        observed_current_membership: Replicas,
        observed_next_membership: Option<Replicas>,
    }
    struct Leader { current_leader_epoch: u64, current_leader: NodeId }
    struct Replicas { version: u32, members: Vec<Replica> }
    struct Replica { node_id: u32, durable_lsn: u64 }
}
types! { (Clone, PartialEq, Eq, Serialize, Deserialize, Enumeration)
    enum Status {
        Unknown = 0, Ok = 1, Disabled = 2, Dropped = 3, Sealed = 4, Sealing = 5,
        SequencerMismatch = 6, OutOfBounds = 7, Malformed = 8,
    }
    enum EntryStatus { Unknown = 0, Trimmed = 1, Archived = 2, Exists = 3 }
    enum ClusterStatus { NotReady = 0, Ok = 1 }
    enum NodeState { Dead = 0, Alive = 1, FailingOver = 2 }
}
types! { (Serialize, Deserialize, Oneof)
    enum TailQuery {
        Unknown,
        #[bilrost(2)] LocalTail(u32),
        #[bilrost(3)] GlobalTail(u32),
        #[bilrost(4)] LocalOrGlobal(u32),
    }
}
types! { (Serialize, Deserialize)
    struct ControlProcessors {
        min_partition_table_version: u32,
        min_logs_table_version: u32,
        commands: Vec<Control>,
    }
    struct Control { partition_id: u16, command: Command, #[serde(default)] current_version: u32 }
    enum Command { Stop, Follower, Leader }
    struct CreateSnapshotRequest { partition_id: u16, min_target_lsn: Option<u64> }
    struct CreateSnapshotResponse { result: Result<Snapshot, SnapshotError> }
    struct Snapshot { snapshot_id: String, log_id: u32, min_applied_lsn: u64 }
    enum SnapshotError { SnapshotCreationFailed(String) }
}

/// The testee as a release.
pub fn testee(release: &str) -> Program {
    let (first, last) = if release.starts_with("1.4") { (1, 2) } else { (2, 3) };
    let mut program = Program::new("restate-fabric", "libraries of the servers", release);
    program = flexbuffers::<ControlProcessors>(program, "ControlProcessors", first, last);
    program = flexbuffers::<CreateSnapshotRequest>(program, "CreateSnapshotRequest", first, last);
    program = flexbuffers::<CreateSnapshotResponse>(program, "CreateSnapshotResponse", first, last);
    if first == 1 {
        program = flexbuffers::<Seal>(program, "Seal", 1, 1);
        program = flexbuffers::<Sealed>(program, "Sealed", 1, 1);
        program = flexbuffers::<Trim>(program, "Trim", 1, 1);
        program = flexbuffers::<Trimmed>(program, "Trimmed", 1, 1);
        program = flexbuffers::<WaitForTail>(program, "WaitForTail", 1, 1);
        program = flexbuffers::<Digest>(program, "Digest", 1, 1);
    }
    program = bilrost::<Seal>(program, "Seal", last);
    program = bilrost::<Sealed>(program, "Sealed", last);
    program = bilrost::<Trim>(program, "Trim", last);
    program = bilrost::<Trimmed>(program, "Trimmed", last);
    program = bilrost::<WaitForTail>(program, "WaitForTail", last);
    program = bilrost::<Digest>(program, "Digest", last);
    bilrost::<ClusterStateReply>(program, "ClusterStateReply", last)
}

fn flexbuffers<T>(program: Program, name: &str, first: i32, last: i32) -> Program
where
    T: Serialize + DeserializeOwned + 'static,
{
    let read = |bytes: &[u8], _| flexbuffers::from_slice::<T>(bytes);
    program.message_with_values(name, first..=last, read, |value, _| flexbuffers::to_vec(value))
}

fn bilrost<T>(program: Program, name: &str, last: i32) -> Program
where
    T: Serialize + DeserializeOwned + Message + OwnedMessage + 'static,
{
    let write = |value: &T, _| Ok::<_, String>(value.encode_to_vec());
    program.message_with_values(name, 2..=last, |bytes: &[u8], _| T::decode(bytes), write)
}

fn main() -> ExitCode {
    let release = std::env::args().nth(1);
    testee(release.as_deref().unwrap_or("1.7")).serve()
}
