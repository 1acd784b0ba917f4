//! Deployments and their services, as releases from 1.5 on write them (07 §3.3).

use std::collections::BTreeMap;

use super::distinct::{Distinct, Keyed};
use super::durations::DurationText;
use super::handlers::Handler;
use super::texts::{EndpointUri, HeaderName, LambdaArn};
use crate::codec::describe::prelude::*;
use crate::codec::flex::Opaque;
use crate::messages::ids::MillisSinceEpoch;
use crate::messages::rpc::response::ServiceProtocolVersions;
use crate::messages::text_ids::DeploymentId;

record! {
    /// Where services run, and which they are.
    pub struct Deployment {
        id: DeploymentId,
        ty: DeploymentType,
        delivery_options: DeliveryOptions,
        supported_protocol_versions: ServiceProtocolVersions,
        sdk_version: Option<String>,
        created_at: MillisSinceEpoch,
        metadata: BTreeMap<String, String> [omit_default()],
        services: Distinct<Service>,
        limits: Option<DeploymentLimits> [omit_default()],
    }
}

impl Keyed for Deployment {
    type Key = DeploymentId;

    fn key(&self) -> DeploymentId {
        self.id
    }
}

one_of! {
    /// How a deployment is reached.
    pub enum DeploymentType {
        Http(HttpDeployment),
        Lambda(LambdaDeployment),
    }
}

record! {
    /// A deployment that is reached over HTTP.
    pub struct HttpDeployment [variant()] {
        address: EndpointUri,
        protocol_type: ProtocolType,
        http_version: NamedHttpVersion,
        /// Left out of the specification (03 §9).
        auth: Option<Opaque> [omit_default()],
    }
}

impl HttpDeployment {
    /// Names the version of HTTP that the protocol type implies, where none is named.
    pub(super) fn settle(&mut self) {
        let implied = match self.protocol_type {
            ProtocolType::RequestResponse => HttpVersion::Http11,
            ProtocolType::BidiStream => HttpVersion::Http20,
        };
        self.http_version.0.get_or_insert(implied);
    }
}

/// A version of HTTP. None is what the protocol type implies: it is read where none is named, and
/// never written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NamedHttpVersion(pub Option<HttpVersion>);

impl Tree for NamedHttpVersion {
    const SHAPE: Shape = HttpVersion::SHAPE;

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        match &self.0 {
            Some(version) => version.write(sink, cx),
            None => sink.refuse(Unfit::new("HttpDeployment", "http_version")),
        }
    }

    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        Option::read(node, cx).map(Self)
    }

    fn absent(_: Context) -> Option<Self> {
        Some(Self(None))
    }

    fn fit(&mut self, _: Context) -> Result<(), Unfit> {
        Ok(())
    }
}

one_of! {
    /// Whether a deployment answers while it is still being asked.
    pub enum ProtocolType {
        RequestResponse,
        BidiStream,
    }
}

one_of! {
    /// The versions of HTTP.
    pub enum HttpVersion {
        Http11 [named("HTTP/1.1")],
        Http20 [named("HTTP/2.0")],
        Http09 [named("HTTP/0.9")],
        Http10 [named("HTTP/1.0")],
        Http30 [named("HTTP/3.0")],
    }
}

record! {
    /// A deployment that is a function of AWS Lambda.
    pub struct LambdaDeployment [variant()] {
        arn: LambdaArn,
        assume_role_arn: Option<String>,
        /// Its values are left out of the specification (07 §3.3).
        compression: Option<Opaque> [omit_default()],
    }
}

record! {
    /// What is sent along with every request to a deployment.
    pub struct DeliveryOptions {
        additional_headers: Headers,
    }
}

/// Values by name of a header: a map in the tree forms. Two spellings of one name are one, and the
/// last counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Headers(pub BTreeMap<HeaderName, String>);

impl Tree for Headers {
    const SHAPE: Shape = Shape::Map(&HeaderName::SHAPE, &String::SHAPE);

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        let map = sink.begin_map();
        for (name, value) in &self.0 {
            sink.key(name.as_str());
            value.write(sink, cx);
        }
        sink.end_map(map);
    }

    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        let mut headers = BTreeMap::new();
        for (index, (name, child)) in node.map()?.enumerate() {
            node.charge(size_of::<(HeaderName, String)>())?;
            let name = HeaderName::checked(name, child).map_err(|f| f.in_element(index))?;
            let value = String::read(child, cx).map_err(|fault| fault.in_element(index))?;
            headers.insert(name, value);
        }
        Ok(Self(headers))
    }

    fn fit(&mut self, _: Context) -> Result<(), Unfit> {
        Ok(())
    }
}

record! {
    /// How much a deployment takes at once.
    pub struct DeploymentLimits {
        invocations: u64 [default_if_missing()],
    }
}

record_tree! {
    /// A service, as one deployment has it.
    pub struct Service {
        name: String = untagged,
        handlers: Distinct<Handler> = untagged,
        ty: ServiceType = untagged,
        documentation: Option<String> = untagged [omit_default()],
        metadata: BTreeMap<String, String> = untagged [omit_default()],
        revision: u32 = untagged,
        public: bool = untagged,
        idempotency_retention: Option<DurationText> = untagged [omit_default()],
        workflow_completion_retention: Option<DurationText> = untagged [omit_default()],
        journal_retention: Option<DurationText> = untagged [omit_default()],
        inactivity_timeout: Option<DurationText> = untagged [omit_default()],
        abort_timeout: Option<DurationText> = untagged [omit_default()],
        enable_lazy_state: Option<bool> = untagged [omit_default()],
    } with left_out
}

impl Keyed for Service {
    type Key = String;

    fn key(&self) -> String {
        self.name.clone()
    }
}

one_of! {
    /// The kinds of services.
    pub enum ServiceType {
        Service,
        VirtualObject,
        Workflow,
    }
}
