//! Calls to partition leaders.

use std::time::Duration;

use super::rpc_invocations::{
    DEPLOYMENT, INVOCATION, INVOCATION_MAX, INVOCATION_ZERO, REQUEST, failure, service, tenant,
    virtual_object, with_metadata, with_stack, workflow,
};
use super::{Case, NOW_MS};
use crate::fabric::messages::ids::{MillisSinceEpoch, PartitionId, PartitionKey};
use crate::fabric::messages::rpc::invocation::{
    CompletionRetention, Header, IdempotencyId, InvocationQuery, InvocationRequest,
    InvocationRequestHeader, InvocationTarget, VirtualObjectHandlerType, WorkflowHandlerType,
    WorkflowQuery,
};
use crate::fabric::messages::rpc::limits::{LimitKey, Scope};
use crate::fabric::messages::rpc::request::{
    AppendInvocationReplyOn, FailureMetadata, GetInvocationOutputResponseMode, InvocationReference,
    InvocationResponse, PartitionProcessorRpcRequestInner as Inner, PatchDeploymentId, PinTo,
    ResponseResult, RestartAsNewInvocation, ResumeInvocation, Signal, SignalFailure, SignalId,
    SignalResult,
};
use crate::fabric::messages::rpc::span::{
    ServiceInvocationSpanContext, SpanContext, SpanId, SpanRelationCause, TraceId, TraceState,
};
use crate::fabric::messages::rpc::{
    Blob, InvocationError, PartitionProcessorRpcRequest as Request,
};
use crate::fabric::messages::text_ids::{DeploymentId, PartitionProcessorRpcRequestId};

fn to_partition_3(inner: Inner) -> Request {
    Request { request_id: REQUEST, partition_id: PartitionId(3), sent_at: None, inner }
}

fn sent_at(sent_at_ms: u64, request: Request) -> Request {
    Request { sent_at: Some(MillisSinceEpoch(sent_at_ms)), ..request }
}

/// An invocation with nothing to it but its target.
fn bare(target: InvocationTarget) -> InvocationRequestHeader {
    InvocationRequestHeader { id: INVOCATION, target, ..InvocationRequestHeader::default() }
}

fn append(
    header: InvocationRequestHeader,
    body: impl Into<bytes::Bytes>,
    reply_on: AppendInvocationReplyOn,
) -> Request {
    let body = Blob(body.into());
    to_partition_3(Inner::AppendInvocation((InvocationRequest { header, body }, reply_on)))
}

fn traced(
    is_remote: bool,
    trace_state: &str,
    cause: SpanRelationCause,
) -> ServiceInvocationSpanContext {
    let span_context = SpanContext {
        trace_id: TraceId(std::array::from_fn(|i| i as u8 + 1)),
        span_id: SpanId(std::array::from_fn(|i| i as u8 + 101)),
        trace_flags: 1,
        is_remote,
        trace_state: TraceState(trace_state.to_owned()),
    };
    ServiceInvocationSpanContext { span_context, cause: Some(cause) }
}

fn traced_from_parent() -> ServiceInvocationSpanContext {
    let parent = SpanId([9, 8, 7, 6, 5, 4, 3, 2]);
    traced(true, "vendor=abc", SpanRelationCause::Parent(parent))
}

fn header(name: &str, value: &str) -> Header {
    Header { name: name.to_owned(), value: value.to_owned() }
}

fn typical_header() -> InvocationRequestHeader {
    InvocationRequestHeader {
        headers: vec![header("content-type", "application/json"), header("x-ünï", "värde")],
        span_context: traced_from_parent(),
        idempotency_key: Some("idem-1".to_owned()),
        execution_time: Some(MillisSinceEpoch(NOW_MS + 60_000)),
        completion_retention_duration: CompletionRetention(Some(Duration::from_secs(86_400))),
        journal_retention_duration: Duration::new(3600, 500),
        ..bare(service(None))
    }
}

/// An invocation with every number at its end.
fn max() -> Request {
    let many = |i: usize| header(&format!("h{i}"), &"v".repeat(i));
    let largest = InvocationRequestHeader {
        id: INVOCATION_MAX,
        headers: (0..20).map(many).collect(),
        idempotency_key: Some("i".repeat(200)),
        execution_time: Some(MillisSinceEpoch(u64::MAX - 1)),
        completion_retention_duration: CompletionRetention(Some(Duration::MAX)),
        journal_retention_duration: Duration::MAX,
        ..typical_header()
    };
    Request {
        request_id: PartitionProcessorRpcRequestId(u128::MAX),
        partition_id: PartitionId(u16::MAX),
        ..append(largest, (0..=u8::MAX).collect::<Vec<_>>(), AppendInvocationReplyOn::Output)
    }
}

/// Invocations that are to be.
fn appends() -> Vec<Case<Request>> {
    use AppendInvocationReplyOn::{Appended, Output, Submitted};
    let object = |ty| bare(virtual_object(ty, None));
    let linked =
        SpanRelationCause::Linked((TraceId(std::array::from_fn(|i| i as u8)), SpanId([1; 8])));
    let exclusive = InvocationRequestHeader {
        span_context: traced(false, "", linked),
        ..object(VirtualObjectHandlerType::Exclusive)
    };
    let wf = |ty| bare(workflow(ty, None));
    // Up to 1.4 this ends the server that reads it.
    let freely_traced = InvocationRequestHeader {
        span_context: traced(true, "no list", SpanRelationCause::Parent(SpanId([2; 8]))),
        ..bare(service(None))
    };
    let one_header =
        InvocationRequestHeader { headers: vec![Header::default()], ..bare(service(None)) };
    let zeros = InvocationRequestHeader {
        idempotency_key: Some(String::new()),
        execution_time: Some(MillisSinceEpoch(0)),
        ..bare(service(None))
    };
    let kept = |retention| InvocationRequestHeader {
        completion_retention_duration: CompletionRetention(retention),
        ..bare(service(None))
    };
    let limit_key = LimitKey::parse("tenant1/user-2").unwrap_or_default();
    let limited = InvocationRequestHeader { limit_key, ..bare(service(tenant())) };
    let limit_key = LimitKey::parse("a").unwrap_or_default();
    let limited_once = InvocationRequestHeader { limit_key, ..bare(service(tenant())) };
    vec![
        ("append-minimal-Appended", append(bare(service(None)), "", Appended)),
        ("append-minimal-Submitted", append(bare(service(None)), "", Submitted)),
        ("append-minimal-Output", append(bare(service(None)), "", Output)),
        ("typical", append(typical_header(), r#"{"name":"Till"}"#, Output)),
        ("append-vo-exclusive", append(exclusive, "1", Output)),
        ("append-vo-shared", append(object(VirtualObjectHandlerType::Shared), "1", Output)),
        ("append-wf", append(wf(WorkflowHandlerType::Workflow), "1", Submitted)),
        ("append-wf-shared", append(wf(WorkflowHandlerType::Shared), "1", Submitted)),
        ("append-one-header", append(one_header, "", Appended)),
        ("append-zeros", append(zeros, "", Appended)),
        // 1.2 and 1.3 tell no retention from none.
        ("append-no-retention", append(kept(None), "", Appended)),
        ("append-retention", append(kept(Some(Duration::new(0, 1))), "", Appended)),
        ("append-body-1k", append(bare(service(None)), vec![b'x'; 1024], Appended)),
        ("append-body-70k", append(bare(service(None)), vec![b'y'; 70_000], Appended)),
        ("append-scoped", sent_at(NOW_MS, append(bare(service(tenant())), "x", Output))),
        (
            "append-vo-scoped",
            append(
                bare(virtual_object(VirtualObjectHandlerType::Exclusive, tenant())),
                "x",
                Output,
            ),
        ),
        (
            "append-wf-scoped",
            append(bare(workflow(WorkflowHandlerType::Workflow, tenant())), "x", Output),
        ),
        ("append-limited", append(limited, "x", Output)),
        ("append-limited-once", append(limited_once, "x", Output)),
        ("append-freely-traced", append(freely_traced, "x", Output)),
        ("max", max()),
    ]
}

fn workflow_query(partition_key: u64, scope: Option<Scope>) -> InvocationQuery {
    InvocationQuery::Workflow(WorkflowQuery {
        service_name: "wf".to_owned(),
        key: "k".to_owned(),
        partition_key: PartitionKey(partition_key),
        scope,
    })
}

fn idempotency_query(service_key: Option<&str>, scope: Option<Scope>) -> InvocationQuery {
    InvocationQuery::IdempotencyId(IdempotencyId {
        service_name: "counter".to_owned(),
        service_key: service_key.map(str::to_owned),
        service_handler: "add".to_owned(),
        idempotency_key: "idem-1".to_owned(),
        scope,
        partition_key: PartitionKey(42),
    })
}

/// Questions for the output of an invocation.
fn queries() -> Vec<Case<Request>> {
    use GetInvocationOutputResponseMode::{BlockWhenNotReady, ReplyIfNotReady};
    let get = |query, mode| to_partition_3(Inner::GetInvocationOutput((query, mode)));
    let id = InvocationQuery::Invocation(INVOCATION);
    vec![
        ("get-output-inv-BlockWhenNotReady", get(id.clone(), BlockWhenNotReady)),
        ("get-output-inv-ReplyIfNotReady", get(id, ReplyIfNotReady)),
        ("get-output-wf", get(workflow_query(u64::MAX, None), BlockWhenNotReady)),
        ("get-output-wf-scoped", get(workflow_query(1, tenant()), BlockWhenNotReady)),
        ("get-output-idem", get(idempotency_query(None, None), BlockWhenNotReady)),
        ("get-output-idem-key", get(idempotency_query(Some("k"), None), ReplyIfNotReady)),
        ("get-output-idem-key-empty", get(idempotency_query(Some(""), None), ReplyIfNotReady)),
        ("get-output-idem-scoped", get(idempotency_query(None, tenant()), BlockWhenNotReady)),
    ]
}

/// What invocations wait for: results.
fn responses() -> Vec<Case<Request>> {
    let respond_as = |epoch, result| {
        to_partition_3(Inner::AppendInvocationResponse(InvocationResponse {
            id: INVOCATION,
            entry_index: 4,
            caller_invocation_epoch: epoch,
            result,
        }))
    };
    let succeed = |body: &'static str| ResponseResult::Success(Blob(body.into()));
    let fail = |error: InvocationError| respond_as(0, ResponseResult::Failure(error));
    let stack = with_stack("at x\nat y", failure(u16::MAX, "boom"));
    vec![
        ("append-response-success", respond_as(0, succeed("result bytes"))),
        ("append-response-success-empty", respond_as(0, succeed(""))),
        ("append-response-epoch-max", respond_as(u32::MAX, succeed(""))),
        ("append-response-failure", fail(failure(500, "boom"))),
        ("append-response-failure-empty", fail(InvocationError::default())),
        // The epoch is there in 1.4 and 1.5 only.
        ("append-response-failure-stack", respond_as(3, ResponseResult::Failure(stack))),
        (
            "append-response-failure-metadata",
            fail(with_metadata([("k", "v"), ("k2", "v2")], failure(409, "boom"))),
        ),
        (
            "append-response-failure-metadata-one",
            fail(with_metadata([("код", "")], failure(409, "boom"))),
        ),
    ]
}

fn signals() -> Vec<Case<Request>> {
    let signal =
        |id, result| to_partition_3(Inner::AppendSignal((INVOCATION, Signal { id, result })));
    let name = |name: &str| SignalId::Name(name.to_owned());
    let fail = |code, metadata: &[(&str, &str)]| {
        let entry = |&(key, value): &(&str, &str)| FailureMetadata {
            key: key.to_owned(),
            value: value.to_owned(),
        };
        let metadata = metadata.iter().map(entry).collect();
        SignalResult::Failure(SignalFailure { code, message: "boom".to_owned(), metadata })
    };
    let success = |body: &'static [u8]| SignalResult::Success(Blob(body.into()));
    vec![
        ("signal-index-void", signal(SignalId::Index(1), SignalResult::Void)),
        ("signal-index-max", signal(SignalId::Index(u32::MAX), SignalResult::Void)),
        ("signal-name-success", signal(name("my-sig"), success(&[0, 1]))),
        ("signal-success-empty", signal(name(""), success(&[]))),
        ("signal-failure", signal(SignalId::Index(2), fail(500, &[]))),
        ("signal-failure-metadata-one", signal(SignalId::Index(2), fail(409, &[("k", "")]))),
        ("signal-failure-metadata", signal(name("сигнал"), fail(409, &[("k", "v"), ("k", "w")]))),
    ]
}

/// What is done to invocations that there are.
fn orders() -> Vec<Case<Request>> {
    let one = |order: fn(InvocationReference) -> Inner| {
        to_partition_3(order(InvocationReference { invocation_id: INVOCATION }))
    };
    let restart = |patch_deployment_id| {
        to_partition_3(Inner::RestartAsNewInvocation(RestartAsNewInvocation {
            invocation_id: INVOCATION,
            copy_prefix_up_to_index_included: 5,
            patch_deployment_id,
        }))
    };
    let resume = |deployment_id| {
        let invocation_id = INVOCATION;
        to_partition_3(Inner::ResumeInvocation(ResumeInvocation { invocation_id, deployment_id }))
    };
    let pin = |id| PatchDeploymentId::PinTo(PinTo { id });
    let zero = Request {
        request_id: PartitionProcessorRpcRequestId(1),
        partition_id: PartitionId(0),
        sent_at: None,
        inner: Inner::KillInvocation(InvocationReference { invocation_id: INVOCATION_ZERO }),
    };
    vec![
        ("CancelInvocation", one(Inner::CancelInvocation)),
        ("KillInvocation", one(Inner::KillInvocation)),
        ("PurgeInvocation", one(Inner::PurgeInvocation)),
        ("PurgeJournal", one(Inner::PurgeJournal)),
        ("PauseInvocation", one(Inner::PauseInvocation)),
        ("KillInvocation-zero", zero),
        ("restart-as-new-keep", restart(PatchDeploymentId::KeepPinned)),
        ("restart-as-new-latest", restart(PatchDeploymentId::PinToLatest)),
        ("restart-as-new-pin", restart(pin(DEPLOYMENT))),
        ("resume-keep", resume(PatchDeploymentId::KeepPinned)),
        ("resume-latest", resume(PatchDeploymentId::PinToLatest)),
        ("resume-pin", resume(pin(DEPLOYMENT))),
        ("resume-pin-max", resume(pin(DeploymentId(u128::MAX)))),
        ("sent-at", sent_at(NOW_MS, one(Inner::KillInvocation))),
        ("sent-at-zero", sent_at(0, one(Inner::KillInvocation))),
        ("sent-at-max", sent_at(u64::MAX, one(Inner::KillInvocation))),
    ]
}

pub(super) fn requests() -> Vec<Case<Request>> {
    let mut cases = vec![("minimal", Request::default())];
    cases.extend(appends());
    cases.extend(queries());
    cases.extend(responses());
    cases.extend(signals());
    cases.extend(orders());
    cases
}
