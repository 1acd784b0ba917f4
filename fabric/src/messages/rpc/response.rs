//! Answers of the leader of a partition (03 §7.3).

use super::invocation::InvocationTarget;
use super::{Blob, InvocationError};
use crate::codec::describe::prelude::*;
use crate::messages::ids::{MillisSinceEpoch, PartitionId};
use crate::messages::text_ids::{DeploymentId, InvocationId, PartitionProcessorRpcRequestId};

one_of! {
    /// Answers [`super::PartitionProcessorRpcRequest`].
    pub enum PartitionProcessorRpcResult {
        Ok(PartitionProcessorRpcResponse),
        Err(PartitionProcessorRpcError),
    }
}

one_of! {
    /// Why the node did not do what was asked.
    pub enum PartitionProcessorRpcError {
        NotLeader(PartitionId),
        LostLeadership(PartitionId),
        Internal(String),
        /// Sent by 1.2 and 1.3 only, as are the other two (04 R5).
        Busy,
        Starting,
        Stopping,
    }
}

one_of! {
    /// What came of a request.
    pub enum PartitionProcessorRpcResponse {
        Appended,
        NotFound,
        NotReady,
        NotSupported,
        Submitted(SubmittedInvocationNotification),
        Output(InvocationOutput),
        CancelInvocation(CancelInvocationResponse),
        KillInvocation(KillInvocationResponse),
        PurgeInvocation(PurgeInvocationResponse),
        PurgeJournal(PurgeInvocationResponse),
        RestartAsNewInvocation(RestartAsNewInvocationResponse),
        ResumeInvocation(ResumeInvocationResponse),
        PauseInvocation(PauseInvocationResponse),
    }
}

record! {
    /// The invocation is accepted.
    pub struct SubmittedInvocationNotification {
        request_id: PartitionProcessorRpcRequestId,
        execution_time: Option<MillisSinceEpoch>,
        is_new_invocation: bool,
    }
}

record! {
    /// The invocation is done.
    pub struct InvocationOutput {
        request_id: PartitionProcessorRpcRequestId,
        invocation_id: Option<InvocationId>,
        completion_expiry_time: Option<MillisSinceEpoch>,
        response: OutputResult,
    }
}

one_of! {
    /// How an invocation went. A success names what was invoked, unlike
    /// [`super::request::ResponseResult`].
    pub enum OutputResult {
        Success((InvocationTarget, Blob)),
        Failure(InvocationError),
    }
}

one_of! {
    /// What came of cancelling an invocation.
    pub enum CancelInvocationResponse {
        Done,
        Appended,
        NotFound,
        AlreadyCompleted,
    }
}

one_of! {
    /// What came of killing an invocation.
    pub enum KillInvocationResponse {
        Ok,
        NotFound,
        AlreadyCompleted,
    }
}

one_of! {
    /// What came of removing a completed invocation, or its journal.
    pub enum PurgeInvocationResponse {
        Ok,
        NotFound,
        NotCompleted,
    }
}

one_of! {
    /// What came of running an invocation again.
    pub enum RestartAsNewInvocationResponse {
        Ok(RestartedInvocation),
        NotFound,
        StillRunning,
        Unsupported,
        JournalIndexOutOfRange,
        JournalCopyRangeInvalid,
        MissingInput,
        NotStarted,
        CannotPatchDeploymentId,
        DeploymentNotFound,
        IncompatibleDeploymentId(IncompatibleDeploymentId),
    }
}

record! {
    /// The invocation that runs instead.
    pub struct RestartedInvocation [variant()] {
        new_invocation_id: InvocationId,
    }
}

one_of! {
    /// What came of resuming an invocation.
    pub enum ResumeInvocationResponse {
        Ok,
        NotFound,
        NotStarted,
        Completed,
        CannotPatchDeploymentId,
        DeploymentNotFound,
        IncompatibleDeploymentId(IncompatibleDeploymentId),
    }
}

record! {
    /// The deployment does not speak the protocol that the invocation has begun with.
    pub struct IncompatibleDeploymentId [variant()] {
        pinned_protocol_version: i32,
        deployment_id: DeploymentId,
        supported_protocol_versions: ServiceProtocolVersions,
    }
}

record! {
    /// Versions of the service protocol, both ends included. Signed, unlike all other numbers.
    pub struct ServiceProtocolVersions [closed()] {
        start: i32,
        end: i32,
    }
}

one_of! {
    /// What came of pausing an invocation.
    pub enum PauseInvocationResponse {
        AlreadyPaused,
        Accepted,
        NotFound,
        NotRunning,
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
    fn a_result_is_a_map_with_one_entry() {
        let cx = context("1.2");
        let result =
            PartitionProcessorRpcResult::Err(PartitionProcessorRpcError::NotLeader(PartitionId(3)));
        assert_eq!(to_json(&result, cx).unwrap(), json!({"Err": {"NotLeader": 3}}));
        let flex = to_flex(&result, cx).unwrap();
        assert_eq!(from_flex::<PartitionProcessorRpcResult>(&flex, cx).unwrap(), result);
    }

    #[test]
    fn busy_is_unknown_from_1_6_on() {
        let busy = PartitionProcessorRpcResult::Err(PartitionProcessorRpcError::Busy);
        let flex = to_flex(&busy, context("1.3")).unwrap();
        let read = |release| from_flex::<PartitionProcessorRpcResult>(&flex, context(release));
        assert_eq!(read("1.5").unwrap(), busy);
        assert!(read("1.6").is_err());
        assert!(busy.clone().fit(context("1.6")).is_err());
        assert!(to_flex(&busy, context("1.6")).is_err());
    }

    #[test]
    fn protocol_versions_are_signed() {
        let versions = ServiceProtocolVersions { start: -1, end: 6 };
        let json = json!({"start": -1, "end": 6});
        assert_eq!(from_json::<ServiceProtocolVersions>(&json, context("1.5")).unwrap(), versions);
        let flex = to_flex(&versions, context("1.5")).unwrap();
        // Map with two values, both of type 1, Int: the packed types stand at the end.
        assert_eq!(&flex[flex.len() - 5..], [4, 4, 4, 36, 1]);
    }
}
