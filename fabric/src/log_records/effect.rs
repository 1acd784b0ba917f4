//! What the invoker of a leader reports of an invocation (09 §4).

use super::journal::JournalEntry;
use super::journal_v2::{JournalEntryV2, NotificationId, RawEntry};
use super::unordered::Unordered;
use super::yielding::Yield;
use crate::codec::describe::prelude::*;
use crate::messages::rpc::{Blob, InvocationError};
use crate::messages::text_ids::{DeploymentId, InvocationId};

record! {
    /// What happened to an invocation.
    pub struct InvokerEffect {
        invocation_id: InvocationId,
        invocation_epoch: u32 [omit_default()],
        kind: EffectKind,
    }
}

one_of! {
    /// What happened.
    #[allow(clippy::large_enum_variant, reason = "the large ones are the usual ones")]
    pub enum EffectKind {
        PinnedDeployment(PinnedDeployment),
        JournalEntry(JournalEntry),
        Suspended(Suspended),
        JournalEntryV2(JournalEntryV2),
        JournalEntryV2RawEntry(JournalEntryV2RawEntry),
        SuspendedV2(SuspendedV2),
        SuspendedV3(SuspendedV3),
        JournalEvent(JournalEvent),
        Paused(Paused),
        Yield(Yield),
        End,
        Failed(InvocationError),
    }
}

record! {
    /// The invocation runs on this deployment.
    pub struct PinnedDeployment {
        deployment_id: DeploymentId,
        service_protocol_version: ServiceProtocolVersion,
    }
}

one_of! {
    /// The version of the protocol with the SDK.
    pub enum ServiceProtocolVersion {
        Unspecified,
        V1,
        V2,
        V3,
        V4,
        V5,
        V6,
        V7,
    }
}

record! {
    /// The invocation waits for entries of its journal.
    pub struct Suspended [variant()] {
        waiting_for_completed_entries: Unordered<u32>,
    }
}

record! {
    /// A new entry of the journal, without a storage header.
    pub struct JournalEntryV2RawEntry [variant()] {
        command_index_to_ack: Option<u32>,
        raw_entry: RawEntry,
    }
}

record! {
    /// The invocation waits for notifications.
    pub struct SuspendedV2 [variant()] {
        waiting_for_notifications: Unordered<NotificationId>,
    }
}

record! {
    /// The invocation waits for a combination of notifications.
    pub struct SuspendedV3 [variant()] {
        awaiting_on: Future,
    }
}

one_of! {
    /// What an invocation waits for.
    pub enum Future {
        Single(NotificationId),
        FirstCompleted(Futures),
        AllCompleted(Futures),
        FirstSucceededOrAllFailed(Futures),
        AllSucceededOrFirstFailed(Futures),
        Unknown(Futures),
    }
}

/// Parts of a [`Future`], which may have parts themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Futures(pub Vec<Future>);

/// A future without parts: a description of a type cannot hold itself.
const WITHOUT_PARTS: Shape = Shape::Choice(&ChoiceShape {
    name: "Future",
    numbered: false,
    variants: &[VariantShape {
        variant: name_rules!(Variant, Future.Single),
        tag: None,
        shape: Some(NotificationId::SHAPE),
    }],
});

impl Tree for Futures {
    const SHAPE: Shape = Shape::List(&WITHOUT_PARTS);

    of_inner!(Vec<Future>);
}

record! {
    /// Something to be shown beside the journal.
    pub struct JournalEvent [variant()] {
        event: Event,
    }
}

record! {
    /// The invocation has stopped until somebody resumes it.
    pub struct Paused [variant()] {
        paused_event: Event,
    }
}

record! {
    /// Something that happened to an invocation, for people to read.
    pub struct Event {
        ty: EventType,
        value: Blob,
    }
}

one_of! {
    /// What an event tells of.
    pub enum EventType {
        Unknown,
        TransientError,
        Paused,
        Suspended,
    }
}
