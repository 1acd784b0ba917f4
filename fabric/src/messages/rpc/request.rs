//! Requests to the leader of a partition (03 §7.2).

use super::invocation::{InvocationQuery, InvocationRequest};
use super::{Blob, InvocationError};
use crate::codec::describe::prelude::*;
use crate::messages::ids::{MillisSinceEpoch, PartitionId};
use crate::messages::text_ids::{DeploymentId, InvocationId, PartitionProcessorRpcRequestId};
use crate::version::ProtocolVersion;

record! {
    /// Asks the leader of a partition to do something.
    pub struct PartitionProcessorRpcRequest {
        request_id: PartitionProcessorRpcRequestId,
        partition_id: PartitionId,
        sent_at: Option<MillisSinceEpoch>,
        inner: PartitionProcessorRpcRequestInner,
    }
}

impl PartitionProcessorRpcRequest {
    /// The first version that can carry this request. A pause has the same form at V2, but is not
    /// sent there (03 §7.2).
    pub(crate) fn first_version(&self) -> ProtocolVersion {
        match self.inner {
            PartitionProcessorRpcRequestInner::PauseInvocation(_) => ProtocolVersion::V3,
            _ => ProtocolVersion::V1,
        }
    }
}

one_of! {
    /// What the leader is to do.
    #[allow(clippy::large_enum_variant, reason = "the large one is the usual one")]
    pub enum PartitionProcessorRpcRequestInner {
        AppendInvocation((InvocationRequest, AppendInvocationReplyOn)),
        GetInvocationOutput((InvocationQuery, GetInvocationOutputResponseMode)),
        AppendInvocationResponse(InvocationResponse),
        AppendSignal((InvocationId, Signal)),
        CancelInvocation(InvocationReference),
        KillInvocation(InvocationReference),
        PurgeInvocation(InvocationReference),
        PurgeJournal(InvocationReference),
        RestartAsNewInvocation(RestartAsNewInvocation),
        ResumeInvocation(ResumeInvocation),
        PauseInvocation(InvocationReference),
    }
}

one_of! {
    /// When the invocation of [`PartitionProcessorRpcRequestInner::AppendInvocation`] is answered.
    pub enum AppendInvocationReplyOn {
        Appended,
        Submitted,
        Output,
    }
}

one_of! {
    /// Whether to wait for an output that is not there yet.
    pub enum GetInvocationOutputResponseMode {
        BlockWhenNotReady,
        ReplyIfNotReady,
    }
}

record! {
    /// The result of what an invocation waits for.
    pub struct InvocationResponse {
        id: InvocationId,
        entry_index: u32,
        caller_invocation_epoch: u32 [omit_default()],
        result: ResponseResult,
    }
}

one_of! {
    /// A result. That of an output has another form: [`super::response::OutputResult`].
    pub enum ResponseResult {
        Success(Blob),
        Failure(InvocationError),
    }
}

record! {
    /// A signal to an invocation.
    pub struct Signal {
        id: SignalId,
        result: SignalResult,
    }
}

one_of! {
    /// Which signal.
    pub enum SignalId {
        Index(u32),
        Name(String),
    }
}

one_of! {
    /// What a signal brings.
    pub enum SignalResult {
        Void,
        Success(Blob),
        Failure(SignalFailure),
    }
}

record! {
    /// The failure that a signal brings.
    pub struct SignalFailure {
        code: u16,
        message: String,
        metadata: Vec<FailureMetadata> [omit_default()],
    }
}

record! {
    /// One thing more about a failure.
    pub struct FailureMetadata {
        key: String,
        value: String,
    }
}

record! {
    /// Names one invocation.
    pub struct InvocationReference [variant()] {
        invocation_id: InvocationId,
    }
}

record! {
    /// Runs an invocation again, as another one.
    pub struct RestartAsNewInvocation [variant()] {
        invocation_id: InvocationId,
        copy_prefix_up_to_index_included: u32,
        patch_deployment_id: PatchDeploymentId,
    }
}

record! {
    /// Lets a paused invocation go on.
    pub struct ResumeInvocation [variant()] {
        invocation_id: InvocationId,
        deployment_id: PatchDeploymentId,
    }
}

one_of! {
    /// On which deployment an invocation goes on.
    pub enum PatchDeploymentId {
        KeepPinned,
        PinToLatest,
        PinTo(PinTo),
    }
}

record! {
    /// Names one deployment.
    pub struct PinTo [variant()] {
        id: DeploymentId,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::codec::flex::{from_flex, to_flex};
    use crate::codec::json::{from_json, to_json};
    use crate::messages::tests::context;

    fn with_inner(inner: PartitionProcessorRpcRequestInner) -> PartitionProcessorRpcRequest {
        PartitionProcessorRpcRequest { inner, ..Default::default() }
    }

    #[test]
    fn sent_at_came_with_a_patch_release() {
        let at = |release| to_json(&PartitionProcessorRpcRequest::default(), context(release));
        assert_eq!(at("1.7.3").unwrap().get("sent_at"), Some(&json!(null)));
        assert_eq!(at("1.7.2").unwrap().get("sent_at"), None);
        assert_eq!(at("1.7.0-rc.3").unwrap().get("sent_at"), None);
    }

    #[test]
    fn every_line_knows_its_own_requests() {
        use PartitionProcessorRpcRequestInner as Inner;
        let newest = |inner: Inner| {
            let request = with_inner(inner);
            let knows = |line: &&str| request.clone().fit(context(line)).is_ok();
            ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"].into_iter().find(knows)
        };
        assert_eq!(newest(Inner::AppendSignal(Default::default())), Some("1.2"));
        assert_eq!(newest(Inner::PurgeJournal(Default::default())), Some("1.4"));
        assert_eq!(newest(Inner::ResumeInvocation(Default::default())), Some("1.5"));
        assert_eq!(newest(Inner::PauseInvocation(Default::default())), Some("1.6"));

        let pause = with_inner(Inner::PauseInvocation(Default::default()));
        assert_eq!(pause.first_version(), ProtocolVersion::V3);
        let flex = to_flex(&pause, context("1.6")).unwrap();
        let fault = from_flex::<PartitionProcessorRpcRequest>(&flex, context("1.5")).unwrap_err();
        assert!(matches!(fault.kind(), FaultKind::UnknownVariant { .. }), "{fault}");
        assert_eq!(fault.place().path(), "inner");
    }

    #[test]
    fn the_caller_epoch_exists_in_1_4_and_1_5_only() {
        let mut response = InvocationResponse { caller_invocation_epoch: 3, ..Default::default() };
        for (release, is_known) in [("1.3", false), ("1.4", true), ("1.5", true), ("1.6", false)] {
            assert_eq!(to_flex(&response, context(release)).is_ok(), is_known, "{release}");
        }
        response.caller_invocation_epoch = 0;
        let json = to_json(&response, context("1.5")).unwrap();
        assert_eq!(json.get("caller_invocation_epoch"), None);
    }

    #[test]
    fn a_signal_is_a_pair() {
        let cx = context("1.2");
        let inner = json!({"AppendSignal": [
            "inv_10GJfy0GGPIZ6za9Yb9WDRfnNAjaW0tf3P",
            {"id": {"Index": 1}, "result": "Void"},
        ]});
        let read: PartitionProcessorRpcRequestInner = from_json(&inner, cx).unwrap();
        assert_eq!(to_json(&read, cx).unwrap(), inner);
    }
}
