//! Entries of journals of the second kind (09 §4.1).

use std::collections::BTreeMap;
use std::time::Duration;

use super::optional::StoredEntry;
use crate::codec::describe::prelude::*;
use crate::messages::ids::MillisSinceEpoch;
use crate::messages::rpc::Blob;
use crate::messages::rpc::invocation::InvocationTarget;
use crate::messages::rpc::span::ServiceInvocationSpanContext;
use crate::messages::text_ids::InvocationId;

record! {
    /// A new entry of the journal.
    pub struct JournalEntryV2 [variant()] {
        entry: StoredEntry<StoredRawEntry>,
        command_index_to_ack: Option<u32>,
        raw_entry: Option<RawEntry>,
    }
}

record! {
    /// An entry as it is stored.
    pub struct StoredRawEntry {
        header: StoredRawEntryHeader,
        inner: RawEntry,
    }
}

record! {
    /// When an entry was stored.
    pub struct StoredRawEntryHeader {
        append_time: MillisSinceEpoch,
    }
}

one_of! {
    /// An entry of a journal.
    #[allow(clippy::large_enum_variant, reason = "the large one is a call, as most entries are")]
    pub enum RawEntry {
        Command(RawCommand),
        Notification(RawNotification),
        Event(RawEvent),
    }
}

record! {
    /// Something that the invocation does.
    pub struct RawCommand {
        ty: CommandType,
        command_specific_metadata: CommandMetadata,
        /// A message of the protocol with the SDK.
        serialized_content: Blob,
    }
}

one_of! {
    /// What an invocation does.
    pub enum CommandType {
        Input,
        Output,
        GetLazyState,
        SetState,
        ClearState,
        ClearAllState,
        GetLazyStateKeys,
        GetEagerState,
        GetEagerStateKeys,
        GetPromise,
        PeekPromise,
        CompletePromise,
        Sleep,
        Call,
        OneWayCall,
        SendSignal,
        Run,
        AttachInvocation,
        GetInvocationOutput,
        CompleteAwakeable,
    }
}

one_of! {
    /// What the leader knows of a command.
    #[allow(clippy::large_enum_variant, reason = "the large one is a call, as most entries are")]
    pub enum CommandMetadata {
        None,
        CallOrSend(CallOrSend),
    }
}

record! {
    /// The invocation that a command makes.
    pub struct CallOrSend {
        invocation_id: InvocationId,
        invocation_target: InvocationTarget,
        span_context: ServiceInvocationSpanContext,
        completion_retention_duration: Duration,
        journal_retention_duration: Duration
            [default_if_missing_but("call_metadata.needs_journal_retention")],
    }
}

record! {
    /// Something that the invocation waited for.
    pub struct RawNotification {
        ty: NotificationType,
        id: NotificationId,
        result: NotificationResult [default_if_missing()],
        serialized_content: Blob,
    }
}

one_of! {
    /// What an invocation waited for.
    pub enum NotificationType {
        Signal,
        Completion(CompletionType),
    }
}

one_of! {
    /// What is completed.
    pub enum CompletionType {
        GetLazyState,
        GetLazyStateKeys,
        GetPromise,
        PeekPromise,
        CompletePromise,
        Sleep,
        CallInvocationId,
        Call,
        Run,
        AttachInvocation,
        GetInvocationOutput,
    }
}

one_of! {
    /// Which notification.
    #[derive(PartialOrd, Ord)]
    pub enum NotificationId {
        CompletionId(u32),
        SignalIndex(u32),
        SignalName(String),
    }
}

one_of! {
    /// What a notification brings.
    pub enum NotificationResult {
        Unknown,
        Void,
        Value,
        Failure,
        InvocationId,
        StateKeys,
    }
}

record! {
    /// Something to be shown, as an entry among the others. What is in it changed with 1.4.
    pub struct RawEvent {
        ty: RawEventType,
        metadata: BTreeMap<String, String>,
        deduplication_hash: Option<Blob>,
        value: Blob,
    }
}

one_of! {
    /// What such an event tells of.
    pub enum RawEventType {
        TransientError,
        Unknown,
        Lifecycle,
        Other(String),
    }
}
