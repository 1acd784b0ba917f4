//! Entries of journals of the first kind (09 §4.1).

use std::time::Duration;

use crate::codec::describe::prelude::*;
use crate::messages::rpc::Blob;
use crate::messages::rpc::invocation::InvocationTarget;
use crate::messages::rpc::span::ServiceInvocationSpanContext;
use crate::messages::text_ids::InvocationId;

record! {
    /// A new entry of the journal.
    pub struct JournalEntry [variant()] {
        entry_index: u32,
        entry: EnrichedEntry,
    }
}

record! {
    /// An entry and what the leader knows of it.
    pub struct EnrichedEntry {
        header: EntryHeader,
        /// A message of the protocol with the SDK.
        entry: Blob,
    }
}

one_of! {
    /// What an entry is.
    pub enum EntryHeader {
        Input,
        Output,
        GetState(Completable),
        SetState,
        ClearState,
        GetStateKeys(Completable),
        ClearAllState,
        GetPromise(Completable),
        PeekPromise(Completable),
        CompletePromise(Completable),
        Sleep(Completable),
        Call(Call),
        OneWayCall(OneWayCall),
        Awakeable(Completable),
        CompleteAwakeable(CompleteAwakeable),
        Run,
        CancelInvocation,
        GetCallInvocationId(Completable),
        AttachInvocation(Completable),
        GetInvocationOutput(Completable),
        Custom(Custom),
    }
}

record! {
    /// An entry that is completed by something else.
    pub struct Completable [variant()] {
        is_completed: bool,
    }
}

record! {
    /// Another invocation whose result is waited for.
    pub struct Call [variant()] {
        is_completed: bool,
        enrichment_result: Option<CallEnrichment>,
    }
}

record! {
    /// Another invocation.
    pub struct OneWayCall [variant()] {
        enrichment_result: CallEnrichment,
    }
}

record! {
    /// What the leader made of a call.
    pub struct CallEnrichment {
        invocation_id: InvocationId,
        invocation_target: InvocationTarget,
        completion_retention_time: Option<Duration>,
        span_context: ServiceInvocationSpanContext,
    }
}

record! {
    /// The result of somebody's awakeable.
    pub struct CompleteAwakeable [variant()] {
        enrichment_result: AwakeableEnrichment,
    }
}

record! {
    /// Whose awakeable it is.
    pub struct AwakeableEnrichment {
        invocation_id: InvocationId,
        entry_index: u32,
    }
}

record! {
    /// An entry of a type that only the SDK knows.
    pub struct Custom [variant()] {
        code: u16,
    }
}
