//! Invocations as records have them, and to whom their results go (09 §3.1, §3.2).

use std::time::Duration;

use crate::codec::describe::prelude::*;
use crate::messages::ids::{GenerationalNodeId, MillisSinceEpoch};
use crate::messages::rpc::Blob;
use crate::messages::rpc::invocation::{
    CompletionRetention, Header, InvocationQuery, InvocationTarget,
};
use crate::messages::rpc::limits::LimitKey;
use crate::messages::rpc::span::ServiceInvocationSpanContext;
use crate::messages::text_ids::{InvocationId, PartitionProcessorRpcRequestId, SubscriptionId};

record! {
    /// An invocation that is to be.
    pub struct ServiceInvocation {
        invocation_id: InvocationId,
        invocation_target: InvocationTarget,
        argument: Blob,
        source: InvocationSource,
        span_context: ServiceInvocationSpanContext,
        headers: Vec<Header>,
        /// When to run it, if not at once.
        execution_time: Option<MillisSinceEpoch>,
        completion_retention_duration: CompletionRetention [default_if_missing()],
        journal_retention_duration: Duration [omit_default()],
        idempotency_key: Option<String>,
        limit_key: LimitKey [omit_default()],
        response_sink: Option<ResponseSink>,
        submit_notification_sink: Option<SubmitNotificationSink>,
        restate_version: RestateVersion,
        /// Where it is missing and the source is the ingress, released servers make an id up.
        source_ingress_rpc_id: Option<PartitionProcessorRpcRequestId>,
    }
}

/// The release that took an invocation in, as any text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestateVersion(pub String);

impl Default for RestateVersion {
    /// What a missing one counts as.
    fn default() -> Self {
        Self("0.0.0-unknown".to_owned())
    }
}

impl Tree for RestateVersion {
    const SHAPE: Shape = <String as Tree>::SHAPE;

    of_inner!(String);

    fn absent(_: Context) -> Option<Self> {
        Some(Self::default())
    }
}

one_of! {
    /// Where an invocation comes from.
    pub enum InvocationSource {
        Ingress,
        Subscription(SubscriptionId),
        Service((InvocationId, InvocationTarget)),
        RestartAsNew(InvocationId),
        Internal,
    }
}

one_of! {
    /// To whom the result of an invocation goes.
    pub enum ResponseSink {
        PartitionProcessor(PartitionProcessorSink),
        Ingress(IngressSink),
    }
}

record! {
    /// Another invocation.
    pub struct PartitionProcessorSink [variant()] {
        caller: InvocationId,
        entry_index: u32,
        caller_invocation_epoch: u32 [omit_default()],
    }
}

record! {
    /// A request from outside.
    pub struct IngressSink [variant()] {
        node_id: IngressNode,
        request_id: PartitionProcessorRpcRequestId,
    }
}

/// The node of an ingress, which nobody looks at: whatever it is, N1:1 is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IngressNode;

impl Tree for IngressNode {
    const SHAPE: Shape = <Option<GenerationalNodeId> as Tree>::SHAPE;

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        GenerationalNodeId::new(1, 1).write(sink, cx);
    }

    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        Option::<GenerationalNodeId>::read(node, cx).map(|_| Self)
    }

    fn absent(_: Context) -> Option<Self> {
        Some(Self)
    }

    fn fit(&mut self, _: Context) -> Result<(), Unfit> {
        Ok(())
    }
}

one_of! {
    /// Who is told that an invocation was accepted.
    pub enum SubmitNotificationSink {
        Ingress(IngressSink),
    }
}

one_of! {
    /// Who is told what became of an operator's command.
    pub enum MutationSink {
        Ingress(MutationRequest),
    }
}

record! {
    /// A request of an operator.
    pub struct MutationRequest [variant()] {
        request_id: PartitionProcessorRpcRequestId,
    }
}

record! {
    /// Waits for the result of an invocation that there is.
    pub struct AttachInvocation {
        invocation_query: InvocationQuery,
        block_on_inflight: Blocking,
        response_sink: ResponseSink,
    }
}

/// Whether to wait for an invocation that still runs; a missing one counts as yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocking(pub bool);

impl Default for Blocking {
    fn default() -> Self {
        Self(true)
    }
}

impl Tree for Blocking {
    const SHAPE: Shape = Shape::Bool;

    of_inner!(bool);

    fn absent(_: Context) -> Option<Self> {
        Some(Self::default())
    }
}
