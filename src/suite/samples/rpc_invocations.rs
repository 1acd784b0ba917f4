//! What calls to partition leaders and their answers have in common: ids, targets, failures.

use std::collections::BTreeMap;

use super::processors::ULID;
use crate::fabric::messages::ids::PartitionKey;
use crate::fabric::messages::rpc::InvocationError;
use crate::fabric::messages::rpc::invocation::{
    InvocationTarget, ServiceTarget, VirtualObjectHandlerType, VirtualObjectTarget,
    WorkflowHandlerType, WorkflowTarget,
};
use crate::fabric::messages::rpc::limits::Scope;
use crate::fabric::messages::text_ids::{
    DeploymentId, InvocationId, PartitionProcessorRpcRequestId,
};

pub(super) const INVOCATION: InvocationId =
    InvocationId { partition_key: PartitionKey(0x0102_0304_0506_0708), uuid: ULID };

pub(super) const INVOCATION_ZERO: InvocationId =
    InvocationId { partition_key: PartitionKey(0), uuid: 0 };

pub(super) const INVOCATION_MAX: InvocationId =
    InvocationId { partition_key: PartitionKey(u64::MAX), uuid: u128::MAX };

pub(super) const REQUEST: PartitionProcessorRpcRequestId = PartitionProcessorRpcRequestId(ULID);

pub(super) const DEPLOYMENT: DeploymentId = DeploymentId(ULID);

/// A scope as 1.7 has them.
pub(super) fn tenant() -> Option<Scope> {
    Scope::new("tenant-1")
}

pub(super) fn service(scope: Option<Scope>) -> InvocationTarget {
    let (name, handler) = ("greeter".to_owned(), "greet".to_owned());
    InvocationTarget::Service(ServiceTarget { name, handler, scope })
}

pub(super) fn virtual_object(
    handler_ty: VirtualObjectHandlerType,
    scope: Option<Scope>,
) -> InvocationTarget {
    InvocationTarget::VirtualObject(VirtualObjectTarget {
        name: "counter".to_owned(),
        key: "ключ-1".to_owned(),
        handler: "add".to_owned(),
        handler_ty,
        scope,
    })
}

pub(super) fn workflow(handler_ty: WorkflowHandlerType, scope: Option<Scope>) -> InvocationTarget {
    InvocationTarget::Workflow(WorkflowTarget {
        name: "wf".to_owned(),
        key: "k".to_owned(),
        handler: "run".to_owned(),
        handler_ty,
        scope,
    })
}

pub(super) fn failure(code: u16, message: &str) -> InvocationError {
    InvocationError { code, message: message.to_owned(), ..InvocationError::default() }
}

pub(super) fn with_stack(stacktrace: &str, failure: InvocationError) -> InvocationError {
    InvocationError { stacktrace: Some(stacktrace.to_owned()), ..failure }
}

pub(super) fn with_metadata<const N: usize>(
    metadata: [(&str, &str); N],
    failure: InvocationError,
) -> InvocationError {
    let metadata = metadata.map(|(key, value)| (key.to_owned(), value.to_owned()));
    InvocationError { metadata: BTreeMap::from(metadata), ..failure }
}
