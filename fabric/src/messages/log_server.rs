//! Messages to and from log servers (03 §6.1 to §6.3).

use super::ids::{GenerationalNodeId, LogletId, LogletOffset, MillisSinceEpoch, StoreFlags};
use super::records::{KeyFilter, Payloads, Record};
use crate::codec::describe::prelude::*;

record! {
    /// What every request to a log server begins with.
    pub struct LogServerRequestHeader {
        loglet_id: LogletId = 1,
        known_global_tail: LogletOffset = 2,
    }
}

record! {
    /// What every answer of a log server begins with.
    pub struct LogServerResponseHeader {
        local_tail: LogletOffset = 1,
        known_global_tail: LogletOffset = 2,
        sealed: bool = 3,
        status: LogServerStatus = 4,
    }
}

one_of! {
    /// How a request to a log server went.
    pub enum LogServerStatus: number {
        /// 1.2 and 1.3 have no such status and cannot read it.
        Unknown = 0,
        Ok = 1,
        Disabled = 2,
        Dropped = 3,
        Sealed = 4,
        Sealing = 5,
        SequencerMismatch = 6,
        OutOfBounds = 7,
        Malformed = 8,
    }
}

record! {
    /// Stores records on a log server.
    pub struct Store {
        header: LogServerRequestHeader = 1,
        timeout_at: Option<MillisSinceEpoch> = 2,
        flags: StoreFlags = 3,
        first_offset: LogletOffset = 4,
        sequencer: GenerationalNodeId = 5,
        known_archived: LogletOffset = 6,
        payloads: Payloads = 7,
    }
}

record! {
    /// Answers [`Store`].
    pub struct Stored {
        header: LogServerResponseHeader = 1,
    }
}

record! {
    /// Lets go of a loglet. No release sends it.
    pub struct Release {
        header: LogServerRequestHeader = 1,
    }
}

record_tree! {
    /// Answers [`Release`], at V1 only.
    pub struct Released {
        header: LogServerResponseHeader = untagged,
    }
}

record! {
    /// Seals a loglet.
    pub struct Seal {
        header: LogServerRequestHeader = 1,
        sequencer: GenerationalNodeId = 2,
    }
}

record! {
    /// Answers [`Seal`].
    pub struct Sealed {
        header: LogServerResponseHeader = 1,
    }
}

record! {
    /// Asks for the state of a loglet.
    pub struct GetLogletInfo {
        header: LogServerRequestHeader = 1,
    }
}

record! {
    /// Answers [`GetLogletInfo`].
    pub struct LogletInfo {
        header: LogServerResponseHeader = 1,
        trim_point: LogletOffset = 2,
    }
}

record! {
    /// Asks for records.
    pub struct GetRecords {
        header: LogServerRequestHeader = 1,
        total_limit_in_bytes: Option<u64> = 2,
        filter: KeyFilter = 3,
        from_offset: LogletOffset = 4,
        to_offset: LogletOffset = 5,
    }
}

record! {
    /// Answers [`GetRecords`]. Its records keep the V2 layout at V3.
    pub struct Records {
        header: LogServerResponseHeader = 1,
        next_offset: LogletOffset = 2,
        records: Vec<(LogletOffset, MaybeRecord)> = 3,
    }
}

one_of! {
    /// What a log server has at an offset.
    pub enum MaybeRecord: tag {
        /// 1.2 and 1.3 have no such variant and cannot read it.
        Unknown = 0,
        Data(Record) = 1,
        TrimGap(Gap) = 2,
        ArchivalGap(Gap) = 3,
        FilteredGap(Gap) = 4,
    }
}

record! {
    /// Offsets without records, up to and including `to`.
    #[derive(Copy)]
    pub struct Gap {
        to: LogletOffset = 1,
    }
}

record! {
    /// Trims a loglet.
    pub struct Trim {
        header: LogServerRequestHeader = 1,
        trim_point: LogletOffset = 2,
    }
}

record! {
    /// Answers [`Trim`].
    pub struct Trimmed {
        header: LogServerResponseHeader = 1,
    }
}

record! {
    /// Waits until a tail moves.
    pub struct WaitForTail {
        header: LogServerRequestHeader = 1,
        query: TailQuery = oneof,
    }
}

one_of! {
    /// Which tail to wait for, and beyond which offset.
    pub enum TailQuery: tag {
        /// 1.2 and 1.3 have no such variant and cannot read it.
        Unknown = 0,
        LocalTail(LogletOffset) = 2,
        GlobalTail(LogletOffset) = 3,
        LocalOrGlobal(LogletOffset) = 4,
    }
}

record! {
    /// Answers [`WaitForTail`].
    pub struct TailUpdated {
        header: LogServerResponseHeader = 1,
    }
}

record! {
    /// Asks which offsets a log server has.
    pub struct GetDigest {
        header: LogServerRequestHeader = 1,
        from_offset: LogletOffset = 2,
        to_offset: LogletOffset = 3,
    }
}

record! {
    /// Answers [`GetDigest`].
    pub struct Digest {
        header: LogServerResponseHeader = 1,
        entries: Vec<DigestEntry> = 2,
    }
}

record! {
    /// A run of offsets in the same state.
    pub struct DigestEntry {
        from_offset: LogletOffset = 1,
        to_offset: LogletOffset = 2,
        status: DigestEntryStatus = 3,
    }
}

one_of! {
    /// What a log server has of a run of offsets.
    pub enum DigestEntryStatus: number {
        /// 1.2 and 1.3 have no such variant and cannot read it.
        Unknown = 0,
        Trimmed = 1,
        Archived = 2,
        Exists = 3,
    }
}
