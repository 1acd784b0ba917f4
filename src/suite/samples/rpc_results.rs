//! Answers of partition leaders.

use super::rpc_invocations::{
    DEPLOYMENT, INVOCATION, INVOCATION_MAX, REQUEST, failure, service, tenant, virtual_object,
    with_metadata, with_stack, workflow,
};
use super::{Case, NOW_MS};
use crate::fabric::messages::ids::{MillisSinceEpoch, PartitionId};
use crate::fabric::messages::rpc::invocation::{
    InvocationTarget, VirtualObjectHandlerType, WorkflowHandlerType,
};
use crate::fabric::messages::rpc::response::{
    CancelInvocationResponse, IncompatibleDeploymentId, InvocationOutput, KillInvocationResponse,
    OutputResult, PartitionProcessorRpcError as Error, PartitionProcessorRpcResponse as Response,
    PauseInvocationResponse, PurgeInvocationResponse, RestartAsNewInvocationResponse,
    RestartedInvocation, ResumeInvocationResponse, ServiceProtocolVersions,
    SubmittedInvocationNotification,
};
use crate::fabric::messages::rpc::{Blob, InvocationError, PartitionProcessorRpcResult as Answer};
use crate::fabric::messages::text_ids::{DeploymentId, PartitionProcessorRpcRequestId};

/// Answers without a value.
fn plain() -> Vec<Case<Response>> {
    vec![
        ("minimal", Response::default()),
        ("ok-NotFound", Response::NotFound),
        ("ok-NotReady", Response::NotReady),
        ("ok-NotSupported", Response::NotSupported),
    ]
}

fn submitted() -> Vec<Case<Response>> {
    let submitted = |execution_time: Option<u64>, is_new_invocation| {
        Response::Submitted(SubmittedInvocationNotification {
            request_id: REQUEST,
            execution_time: execution_time.map(MillisSinceEpoch),
            is_new_invocation,
        })
    };
    vec![
        ("submitted", submitted(None, true)),
        ("submitted-old", submitted(None, false)),
        ("submitted-later", submitted(Some(NOW_MS + 60_000), true)),
        ("submitted-time-zero", submitted(Some(0), false)),
        ("submitted-time-max", submitted(Some(u64::MAX - 1), true)),
    ]
}

fn outputs() -> Vec<Case<Response>> {
    let output = |response| InvocationOutput {
        request_id: REQUEST,
        invocation_id: Some(INVOCATION),
        completion_expiry_time: None,
        response,
    };
    let success = |target: InvocationTarget, body: &'static str| {
        output(OutputResult::Success((target, Blob(body.into()))))
    };
    let failed = |error: InvocationError| output(OutputResult::Failure(error));
    let not_here = || failure(404, "not here");
    let object = |ty| virtual_object(ty, None);
    let (exclusive, shared) =
        (VirtualObjectHandlerType::Exclusive, VirtualObjectHandlerType::Shared);
    let run = |ty| workflow(ty, None);
    let long = output(OutputResult::Success((service(None), Blob(vec![b'x'; 70_000].into()))));
    [
        (
            "typical",
            InvocationOutput {
                completion_expiry_time: Some(MillisSinceEpoch(NOW_MS + 100_000)),
                ..success(service(None), "result bytes")
            },
        ),
        ("output-success-vo", success(object(exclusive), "")),
        ("output-success-vo-shared", success(object(shared), "x")),
        ("output-success-wf-shared", success(run(WorkflowHandlerType::Shared), "x")),
        ("output-success-scoped", success(service(tenant()), "x")),
        (
            "output-success-vo-scoped",
            success(virtual_object(VirtualObjectHandlerType::Exclusive, tenant()), "x"),
        ),
        (
            "output-success-wf-scoped",
            success(workflow(WorkflowHandlerType::Workflow, tenant()), "x"),
        ),
        ("output-success-70k", long),
        (
            "output-no-id",
            InvocationOutput {
                invocation_id: None,
                ..success(run(WorkflowHandlerType::Workflow), "x")
            },
        ),
        ("output-failure", failed(not_here())),
        ("output-failure-stack", failed(with_stack("trace", not_here()))),
        ("output-failure-stack-empty", failed(with_stack("", not_here()))),
        ("output-failure-metadata", failed(with_metadata([("a", "b")], not_here()))),
        (
            "output-failure-metadata-two",
            failed(with_metadata([("ключ", "世界"), ("empty", "")], not_here())),
        ),
        (
            "max",
            InvocationOutput {
                request_id: PartitionProcessorRpcRequestId(u128::MAX),
                invocation_id: Some(INVOCATION_MAX),
                completion_expiry_time: Some(MillisSinceEpoch(u64::MAX - 1)),
                response: OutputResult::Failure(with_stack(
                    &"s".repeat(300),
                    failure(u16::MAX, &"m".repeat(300)),
                )),
            },
        ),
    ]
    .map(|(case, output)| (case, Response::Output(output)))
    .to_vec()
}

fn stopped() -> Vec<Case<Response>> {
    use CancelInvocationResponse as Cancelled;
    use KillInvocationResponse as Killed;
    use PauseInvocationResponse as Paused;
    use PurgeInvocationResponse as Purged;
    vec![
        ("cancel-Done", Response::CancelInvocation(Cancelled::Done)),
        ("cancel-Appended", Response::CancelInvocation(Cancelled::Appended)),
        ("cancel-NotFound", Response::CancelInvocation(Cancelled::NotFound)),
        ("cancel-AlreadyCompleted", Response::CancelInvocation(Cancelled::AlreadyCompleted)),
        ("kill-Ok", Response::KillInvocation(Killed::Ok)),
        ("kill-NotFound", Response::KillInvocation(Killed::NotFound)),
        ("kill-AlreadyCompleted", Response::KillInvocation(Killed::AlreadyCompleted)),
        ("purge-Ok", Response::PurgeInvocation(Purged::Ok)),
        ("purge-NotFound", Response::PurgeInvocation(Purged::NotFound)),
        ("purge-NotCompleted", Response::PurgeInvocation(Purged::NotCompleted)),
        ("purge-journal-Ok", Response::PurgeJournal(Purged::Ok)),
        ("purge-journal-NotFound", Response::PurgeJournal(Purged::NotFound)),
        ("purge-journal-NotCompleted", Response::PurgeJournal(Purged::NotCompleted)),
        ("pause-AlreadyPaused", Response::PauseInvocation(Paused::AlreadyPaused)),
        ("pause-Accepted", Response::PauseInvocation(Paused::Accepted)),
        ("pause-NotFound", Response::PauseInvocation(Paused::NotFound)),
        ("pause-NotRunning", Response::PauseInvocation(Paused::NotRunning)),
    ]
}

fn incompatible(
    pinned_protocol_version: i32,
    start: i32,
    end: i32,
    deployment_id: DeploymentId,
) -> IncompatibleDeploymentId {
    let supported_protocol_versions = ServiceProtocolVersions { start, end };
    IncompatibleDeploymentId { pinned_protocol_version, deployment_id, supported_protocol_versions }
}

fn restarted() -> Vec<Case<Response>> {
    use RestartAsNewInvocationResponse as Restarted;
    let last = DeploymentId(u128::MAX);
    [
        ("restart-ok", Restarted::Ok(RestartedInvocation { new_invocation_id: INVOCATION })),
        ("restart-NotFound", Restarted::NotFound),
        ("restart-StillRunning", Restarted::StillRunning),
        ("restart-Unsupported", Restarted::Unsupported),
        ("restart-JournalIndexOutOfRange", Restarted::JournalIndexOutOfRange),
        ("restart-JournalCopyRangeInvalid", Restarted::JournalCopyRangeInvalid),
        ("restart-MissingInput", Restarted::MissingInput),
        ("restart-NotStarted", Restarted::NotStarted),
        ("restart-CannotPatchDeploymentId", Restarted::CannotPatchDeploymentId),
        ("restart-DeploymentNotFound", Restarted::DeploymentNotFound),
        (
            "restart-incompatible",
            Restarted::IncompatibleDeploymentId(incompatible(5, 1, 6, DEPLOYMENT)),
        ),
        (
            "restart-incompatible-extremes",
            Restarted::IncompatibleDeploymentId(incompatible(-1, i32::MIN, i32::MAX, last)),
        ),
    ]
    .map(|(case, restarted)| (case, Response::RestartAsNewInvocation(restarted)))
    .to_vec()
}

fn resumed() -> Vec<Case<Response>> {
    use ResumeInvocationResponse as Resumed;
    [
        ("resume-Ok", Resumed::Ok),
        ("resume-NotFound", Resumed::NotFound),
        ("resume-NotStarted", Resumed::NotStarted),
        ("resume-Completed", Resumed::Completed),
        ("resume-CannotPatchDeploymentId", Resumed::CannotPatchDeploymentId),
        ("resume-DeploymentNotFound", Resumed::DeploymentNotFound),
        (
            "resume-incompatible",
            Resumed::IncompatibleDeploymentId(incompatible(5, 1, 6, DEPLOYMENT)),
        ),
    ]
    .map(|(case, resumed)| (case, Response::ResumeInvocation(resumed)))
    .to_vec()
}

fn errors() -> Vec<Case<Error>> {
    vec![
        ("err-NotLeader", Error::NotLeader(PartitionId(3))),
        ("err-NotLeader-max", Error::NotLeader(PartitionId(u16::MAX))),
        ("err-LostLeadership", Error::LostLeadership(PartitionId(0))),
        ("err-Internal", Error::Internal("внутренняя ошибка".to_owned())),
        ("err-Internal-empty", Error::Internal(String::new())),
        ("err-Busy", Error::Busy),
        ("err-Starting", Error::Starting),
        ("err-Stopping", Error::Stopping),
    ]
}

pub(super) fn results() -> Vec<Case<Answer>> {
    let responses = [plain(), submitted(), outputs(), stopped(), restarted(), resumed()];
    let responses = responses.into_iter().flatten().map(|(case, ok)| (case, Answer::Ok(ok)));
    let errors = errors().into_iter().map(|(case, error)| (case, Answer::Err(error)));
    responses.chain(errors).collect()
}
