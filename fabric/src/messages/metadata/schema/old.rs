//! The old form of a schema, which releases up to 1.4 write (07 §3.3): deployments with a list of
//! what they serve, and beside them the services as they stand.
//!
//! Of its details the specification names those that stand here; the rest is carried as it is.

use std::collections::BTreeMap;
use std::time::Duration;

use super::deployments::{DeliveryOptions, DeploymentType, ServiceType};
use super::durations::DurationText;
use super::handlers::{InputRules, OutputRules, TargetType};
use crate::codec::describe::prelude::*;
use crate::gates;
use crate::messages::ids::MillisSinceEpoch;
use crate::messages::rpc::response::ServiceProtocolVersions;
use crate::messages::text_ids::DeploymentId;

record! {
    /// A deployment, and what it serves.
    pub struct OldDeployment {
        metadata: OldDeploymentMetadata,
        services: Vec<OldService>,
    }
}

record! {
    /// Where a deployment runs.
    pub struct OldDeploymentMetadata {
        ty: DeploymentType,
        delivery_options: DeliveryOptions,
        supported_protocol_versions: ServiceProtocolVersions,
        sdk_version: Option<String>,
        created_at: MillisSinceEpoch,
    }
}

record_tree! {
    /// A service, as one deployment has it.
    pub struct OldService {
        name: String = untagged,
        handlers: Vec<OldHandler> = untagged,
        ty: ServiceType = untagged,
        deployment_id: DeploymentId = untagged,
        revision: u32 = untagged,
        public: bool = untagged,
        /// Up to 1.3 there must be one.
        idempotency_retention: Option<DurationText> = untagged [omit_default()],
        workflow_completion_retention: Option<DurationText> = untagged [omit_default()],
        journal_retention: Option<DurationText> = untagged [omit_default()],
        inactivity_timeout: Option<DurationText> = untagged [omit_default()],
        abort_timeout: Option<DurationText> = untagged [omit_default()],
    } with left_out
}

record_tree! {
    /// A handler, as one deployment has it.
    pub struct OldHandler {
        name: String = untagged,
        ty: Option<OldHandlerType> = untagged [omit_default()],
        public: bool = untagged [default_if_missing()],
        input_description: String = untagged,
        output_description: String = untagged,
    } with left_out
}

one_of! {
    /// How a handler runs; not every type of service has handlers of every type.
    pub enum OldHandlerType {
        Exclusive,
        Shared,
        Workflow,
    }
}

record_tree! {
    /// A service as it stands: what it is at its latest revision.
    pub struct StandingService {
        revision: u32 = untagged,
        handlers: BTreeMap<String, StandingHandler> = untagged,
        ty: ServiceType = untagged,
        location: ServiceLocation = untagged,
        /// Up to 1.3 there must be one.
        idempotency_retention: Unset<Duration> = untagged [omit_default()],
        workflow_completion_retention: Unset<Duration> = untagged [omit_default()],
        journal_retention: Option<Duration> = untagged [omit_default()],
        inactivity_timeout: Unset<Duration> = untagged [omit_default()],
        abort_timeout: Unset<Duration> = untagged [omit_default()],
    } with left_out
}

/// A value or none; none is written as null up to 1.3, and left out later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unset<T>(pub Option<T>);

impl<T> Default for Unset<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Tree> Tree for Unset<T> {
    const SHAPE: Shape = Option::<T>::SHAPE;

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        self.0.write(sink, cx);
    }

    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        Option::read(node, cx).map(Self)
    }

    fn absent(_: Context) -> Option<Self> {
        Some(Self(None))
    }

    fn is_always_written(cx: Context) -> bool {
        const { gates::gate("schema.unset_is_null") }.is_open(cx.release)
    }

    fn fit(&mut self, cx: Context) -> Result<(), Unfit> {
        self.0.fit(cx)
    }
}

record! {
    /// Where a service is reached.
    pub struct ServiceLocation {
        latest_deployment: DeploymentId,
        public: bool,
    }
}

record_tree! {
    /// A handler as it stands.
    pub struct StandingHandler {
        target_meta: TargetMeta = untagged,
    } with left_out
}

record_tree! {
    /// What a handler is and does.
    pub struct TargetMeta {
        public: bool = untagged,
        completion_retention: Option<Duration> = untagged,
        idempotency_retention: Option<Duration> = untagged,
        journal_retention: Option<Duration> = untagged [omit_default()],
        target_ty: TargetType = untagged,
        input_rules: InputRules = untagged,
        output_rules: OutputRules = untagged,
    } with left_out
}
