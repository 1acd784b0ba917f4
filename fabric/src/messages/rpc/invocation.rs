//! What is invoked, and how an invocation is found again (03 §7.2).

use std::time::Duration;

use super::Blob;
use super::limits::{LimitKey, Scope};
use super::span::ServiceInvocationSpanContext;
use crate::codec::describe::prelude::*;
use crate::gates::rule;
use crate::messages::ids::{MillisSinceEpoch, PartitionKey};
use crate::messages::text_ids::InvocationId;

record! {
    /// An invocation that is to be.
    pub struct InvocationRequest {
        header: InvocationRequestHeader,
        body: Blob,
    }
}

record! {
    /// All of an invocation but its body.
    pub struct InvocationRequestHeader {
        id: InvocationId,
        target: InvocationTarget,
        headers: Vec<Header>,
        span_context: ServiceInvocationSpanContext,
        idempotency_key: Option<String>,
        /// When to run it, if not at once.
        execution_time: Option<MillisSinceEpoch>,
        limit_key: LimitKey [omit_default()],
        completion_retention_duration: CompletionRetention [default_if_missing()],
        journal_retention_duration: Duration [omit_default()],
    }
}

record! {
    /// One header of an invocation.
    pub struct Header {
        name: String,
        value: String,
    }
}

/// How long the result of an invocation is kept. Up to 1.3 there may be none, and that is null; from
/// 1.4 on there is always one, and null or nothing is read as zero (03 §7.2; 04 R36).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompletionRetention(pub Option<Duration>);

impl CompletionRetention {
    fn may_be_none(cx: Context) -> bool {
        rule!("retention.may_be_none", cx.release)
    }

    fn narrowed(self, cx: Context) -> Self {
        if Self::may_be_none(cx) { self } else { Self(Some(self.0.unwrap_or_default())) }
    }
}

/// Zero, which every release can express.
impl Default for CompletionRetention {
    fn default() -> Self {
        Self(Some(Duration::ZERO))
    }
}

impl Tree for CompletionRetention {
    const SHAPE: Shape = <Option<Duration> as Tree>::SHAPE;

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        if self.0.is_none() && !Self::may_be_none(cx) {
            sink.refuse(Unfit::new("CompletionRetention", "none"));
        }
        self.0.write(sink, cx);
    }

    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        Option::read(node, cx).map(|duration| Self(duration).narrowed(cx))
    }

    fn absent(cx: Context) -> Option<Self> {
        Some(Self(None).narrowed(cx))
    }

    fn fit(&mut self, cx: Context) -> Result<(), Unfit> {
        *self = self.narrowed(cx);
        Ok(())
    }
}

one_of! {
    /// What is invoked.
    pub enum InvocationTarget {
        Service(ServiceTarget),
        VirtualObject(VirtualObjectTarget),
        Workflow(WorkflowTarget),
    }
}

record! {
    /// A handler of a service.
    pub struct ServiceTarget [variant()] {
        name: String,
        handler: String,
        scope: Option<Scope>,
    }
}

record! {
    /// A handler of one virtual object.
    pub struct VirtualObjectTarget [variant()] {
        name: String,
        key: String,
        handler: String,
        handler_ty: VirtualObjectHandlerType,
        scope: Option<Scope>,
    }
}

one_of! {
    /// Whether a handler of a virtual object runs alone.
    pub enum VirtualObjectHandlerType {
        Exclusive,
        Shared,
    }
}

record! {
    /// A handler of one workflow.
    pub struct WorkflowTarget [variant()] {
        name: String,
        key: String,
        handler: String,
        handler_ty: WorkflowHandlerType,
        scope: Option<Scope>,
    }
}

one_of! {
    /// Whether a handler is the workflow itself or talks to it.
    pub enum WorkflowHandlerType {
        Workflow,
        Shared,
    }
}

one_of! {
    /// Which invocation is meant.
    pub enum InvocationQuery {
        Invocation(InvocationId),
        Workflow(WorkflowQuery),
        IdempotencyId(IdempotencyId),
    }
}

record! {
    /// The run of one workflow.
    pub struct WorkflowQuery [variant()] {
        service_name: String,
        key: String,
        partition_key: PartitionKey,
        scope: Option<Scope>,
    }
}

record! {
    /// The invocation that was made with an idempotency key.
    pub struct IdempotencyId {
        service_name: String,
        service_key: Option<String>,
        service_handler: String,
        idempotency_key: String,
        scope: Option<Scope>,
        partition_key: PartitionKey,
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
    fn no_retention_is_null_up_to_1_3_and_zero_later() {
        let none = InvocationRequestHeader {
            completion_retention_duration: CompletionRetention(None),
            ..Default::default()
        };
        assert!(to_flex(&none, context("1.4")).is_err());
        let flex = to_flex(&none, context("1.3")).unwrap();
        let old: InvocationRequestHeader = from_flex(&flex, context("1.2")).unwrap();
        assert_eq!(old, none);
        let new: InvocationRequestHeader = from_flex(&flex, context("1.4")).unwrap();
        assert_eq!(new.completion_retention_duration, CompletionRetention::default());
        let mut fitted = none;
        fitted.fit(context("1.4")).unwrap();
        assert_eq!(fitted, new);
    }

    #[test]
    fn a_missing_retention_is_none_up_to_1_3_and_zero_later() {
        assert_eq!(CompletionRetention::absent(context("1.3")), Some(CompletionRetention(None)));
        let zero = CompletionRetention::default();
        assert_eq!(CompletionRetention::absent(context("1.4")), Some(zero));
    }

    #[test]
    fn scopes_came_with_1_7_and_are_always_written() {
        let mut target = ServiceTarget { name: "s".to_owned(), ..Default::default() };
        let json = json!({"name": "s", "handler": "", "scope": null});
        assert_eq!(to_json(&target, context("1.7")).unwrap(), json);
        target.scope = Scope::new("tenant");
        assert!(to_json(&target, context("1.6")).is_err());
        target.fit(context("1.6")).unwrap();
        let json = json!({"name": "s", "handler": ""});
        assert_eq!(to_json(&target, context("1.6")).unwrap(), json);
        assert_eq!(from_json::<ServiceTarget>(&json, context("1.6")).unwrap(), target);
    }

    #[test]
    fn keys_that_are_left_out_when_default() {
        let header = InvocationRequestHeader::default();
        let json = to_json(&header, context("1.7")).unwrap();
        let json = json.as_object().unwrap();
        assert!(json.contains_key("completion_retention_duration"));
        assert!(!json.contains_key("journal_retention_duration"));
        assert!(!json.contains_key("limit_key"));
    }
}
