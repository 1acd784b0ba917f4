//! The services, deployments and subscriptions of the cluster (03 §8; 07 §3.2, §3.3).
//!
//! There are two layouts. Releases up to 1.4 write `services` and `deployments`, those from 1.5 on
//! write `deployments_v2`; from 1.4 on both are read, and what is read is turned into the layout
//! that the release writes (04 R33). Where both are there, the new one counts.
//!
//! JSON schemas, retry policies, HTTP auth and the details of the old layout are left out of the
//! specification (03 §9); they are carried as they are.

mod deployments;
mod distinct;
mod durations;
mod events;
mod handlers;
mod layouts;
mod old;
mod texts;

use self::layouts::{OldDeployments, StandingServices};
pub use deployments::{
    DeliveryOptions, Deployment, DeploymentLimits, DeploymentType, Headers, HttpDeployment,
    HttpVersion, LambdaDeployment, NamedHttpVersion, ProtocolType, Service, ServiceType,
};
pub use distinct::{Distinct, Keyed};
pub use durations::DurationText;
pub use events::{
    EventSink, EventSource, EventTarget, InvocationSink, KafkaCluster, KafkaSource, ServiceSink,
    ServiceTemplate, SinkType, Subscription, VirtualObjectTemplate, WorkflowTemplate,
};
pub use handlers::{
    ContentTypePattern, ContentTypeRule, Handler, InputRule, InputRules, JsonValueRule,
    OutputContentType, OutputRules, SetContentType, TargetType,
};
pub use old::{
    OldDeployment, OldDeploymentMetadata, OldHandler, OldHandlerType, OldService, ServiceLocation,
    StandingHandler, StandingService, TargetMeta, Unset,
};
pub use texts::{EndpointUri, HeaderName, KafkaClusterName, LambdaArn};

use crate::codec::describe::prelude::*;
use crate::gates;
use crate::messages::ids::Version;
use crate::messages::text_ids::SubscriptionId;
use crate::panics::{SCHEMA_HANDLER, SCHEMA_LAYOUT};

/// The services, deployments and subscriptions of the cluster. Of the two layouts a value that was
/// read has only that of its reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// The version of all of it.
    pub version: Version,
    /// Services as they stand by name, in the old layout.
    pub services: StandingServices,
    /// Deployments, in the old layout.
    pub deployments: OldDeployments,
    /// Deployments with their services, in the new layout.
    pub deployments_v2: Distinct<Deployment>,
    /// Subscriptions, the same in both layouts.
    pub subscriptions: Distinct<(SubscriptionId, Subscription)>,
    /// Kafka clusters, which came with 1.7.
    pub kafka_clusters: Distinct<KafkaCluster>,
}

impl Default for Schema {
    fn default() -> Self {
        Self {
            version: Version(0),
            services: StandingServices::new(),
            deployments: OldDeployments::default(),
            deployments_v2: Distinct::default(),
            subscriptions: Distinct::default(),
            kafka_clusters: Distinct::default(),
        }
    }
}

const fn field(field: Field, shape: Shape) -> FieldShape {
    FieldShape { field, tag: None, shape }
}

/// Whether a release knows `deployments_v2`. If not, it needs the documents of the old layout.
fn knows_new_layout(cx: Context) -> bool {
    const { gates::gate("schema.reads_both_layouts") }.is_open(cx.release)
}

/// Whether a release writes `deployments_v2`, and nothing of the old layout.
fn writes_new_layout(cx: Context) -> bool {
    const { gates::gate("Schema.deployments_v2") }.is_open(cx.release)
}

/// Whether a release knows `kafka_clusters`.
fn knows_kafka_clusters(cx: Context) -> bool {
    const { gates::gate("Schema.kafka_clusters") }.is_open(cx.release)
}

/// Whether a release wants every service of the old layout to set for how long answers are kept.
fn needs_retention(cx: Context) -> bool {
    const { gates::gate("schema.needs_retention") }.is_open(cx.release)
}

/// What stands in the way of the layout that a release writes.
enum Unsettled {
    /// A handler of the old layout that the new one has no place for.
    ImpossibleHandler,
    /// A service without a retention, which there must be up to 1.3.
    NoRetention,
}

impl Schema {
    /// Whether a subscription has the old form of a sink, which nobody writes with the new layout.
    fn has_old_sinks(&self) -> bool {
        self.subscriptions.iter().any(|(_, it)| matches!(it.sink, EventSink::Service(_)))
    }

    /// Takes on the form in which a release keeps it: its layout, its form of sinks, and the
    /// versions of HTTP named.
    fn settle(&mut self, cx: Context) -> Result<(), Unsettled> {
        if writes_new_layout(cx) {
            self.take_new_layout()
                .map_err(|layouts::ImpossibleHandler| Unsettled::ImpossibleHandler)?;
            self.subscriptions.iter_mut().for_each(|(_, it)| it.sink.modernise());
        } else if knows_new_layout(cx) {
            self.take_old_layout();
        }
        if needs_retention(cx) && !self.has_retentions() {
            return Err(Unsettled::NoRetention);
        }
        let old = self.deployments.iter_mut().map(|(_, it)| &mut it.metadata.ty);
        for ty in self.deployments_v2.iter_mut().map(|it| &mut it.ty).chain(old) {
            if let DeploymentType::Http(http) = ty {
                http.settle();
            }
        }
        Ok(())
    }

    fn take_new_layout(&mut self) -> Result<(), layouts::ImpossibleHandler> {
        let services = std::mem::take(&mut self.services);
        let deployments = std::mem::take(&mut self.deployments);
        if self.deployments_v2.is_empty() {
            self.deployments_v2 = layouts::new_layout(&services, &deployments)?;
        }
        Ok(())
    }

    fn take_old_layout(&mut self) {
        let deployments = std::mem::take(&mut self.deployments_v2);
        if !deployments.is_empty() {
            (self.services, self.deployments) = layouts::old_layout(&deployments);
        }
    }

    /// Whether every service of the old layout sets for how long answers are kept.
    fn has_retentions(&self) -> bool {
        let mut services = self.deployments.iter().flat_map(|(_, it)| &it.services);
        services.all(|service| service.idempotency_retention.is_some())
            && self.services.values().all(|it| it.idempotency_retention.0.is_some())
    }
}

fn write_field<S: Sink>(sink: &mut S, name: &str, value: &impl Tree, cx: Context) {
    sink.key(name);
    value.write(sink, cx);
}

/// Reads a field that counts as missing when it is null.
fn read_layout<'a, N: Node<'a>, T: Tree>(
    slot: &mut Option<Option<T>>,
    node: N,
    name: &'static str,
    cx: Context,
) -> Result<(), Fault> {
    if knows_new_layout(cx) {
        return read_field(slot, node, name, cx);
    }
    let mut value = slot.take().flatten();
    read_field(&mut value, node, name, cx)?;
    *slot = Some(value);
    Ok(())
}

fn read_field<'a, N: Node<'a>, T: Tree>(
    slot: &mut Option<T>,
    node: N,
    name: &'static str,
    cx: Context,
) -> Result<(), Fault> {
    let value = T::read(node, cx).map_err(|fault| fault.in_field(name))?;
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(node.fault(FaultKind::Repeated).in_field(name)),
    }
}

impl Tree for Schema {
    /// The order of the keys is that of 1.4 and, without the old layout, of the later ones. Up to
    /// 1.3 the version comes first.
    const SHAPE: Shape = Shape::Record(&RecordShape {
        name: "Schema",
        positional: false,
        rules: RecordRules::new(),
        fields: &[
            field(Field::of("Schema", "services"), StandingServices::SHAPE),
            field(Field::of("Schema", "deployments"), OldDeployments::SHAPE),
            field(Field::of("Schema", "deployments_v2"), Distinct::<Deployment>::SHAPE),
            field(Field::of("Schema", "version"), Version::SHAPE),
            field(
                Field::of("Schema", "subscriptions"),
                Distinct::<(SubscriptionId, Subscription)>::SHAPE,
            ),
            field(
                Field::of("Schema", "kafka_clusters").omit_default(),
                Distinct::<KafkaCluster>::SHAPE,
            ),
        ],
    });

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        let writes_new = writes_new_layout(cx);
        for (name, is_lost) in [
            ("services", writes_new && !self.services.is_empty()),
            ("deployments", writes_new && !self.deployments.is_empty()),
            ("deployments_v2", !writes_new && !self.deployments_v2.is_empty()),
            ("kafka_clusters", !knows_kafka_clusters(cx) && !self.kafka_clusters.is_empty()),
            ("idempotency_retention", needs_retention(cx) && !self.has_retentions()),
            ("subscriptions.sink.Service", writes_new && self.has_old_sinks()),
        ] {
            if is_lost {
                sink.refuse(Unfit::new("Schema", name));
            }
        }
        let map = sink.begin_map();
        if !knows_new_layout(cx) {
            write_field(sink, "version", &self.version, cx);
        }
        if writes_new {
            write_field(sink, "deployments_v2", &self.deployments_v2, cx);
        } else {
            write_field(sink, "services", &self.services, cx);
            write_field(sink, "deployments", &self.deployments, cx);
        }
        if knows_new_layout(cx) {
            write_field(sink, "version", &self.version, cx);
        }
        write_field(sink, "subscriptions", &self.subscriptions, cx);
        if !self.kafka_clusters.is_empty() {
            write_field(sink, "kafka_clusters", &self.kafka_clusters, cx);
        }
        sink.end_map(map);
    }

    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        let (mut version, mut subscriptions, mut kafka_clusters) = (None, None, None);
        let (mut services, mut deployments, mut deployments_v2) = (None, None, None);
        for (key, child) in node.map()? {
            match key {
                "version" => read_field(&mut version, child, "version", cx)?,
                "services" => read_layout(&mut services, child, "services", cx)?,
                "deployments" => read_layout(&mut deployments, child, "deployments", cx)?,
                "deployments_v2" if knows_new_layout(cx) => {
                    read_layout(&mut deployments_v2, child, "deployments_v2", cx)?;
                }
                "subscriptions" => read_field(&mut subscriptions, child, "subscriptions", cx)?,
                "kafka_clusters" if knows_kafka_clusters(cx) => {
                    read_field(&mut kafka_clusters, child, "kafka_clusters", cx)?;
                }
                _ => unknown_field(child, key, RecordRules::new())?,
            }
        }
        let (services, deployments) = (services.flatten(), deployments.flatten());
        let deployments_v2 = deployments_v2.flatten();
        let needs_old = deployments_v2.is_none();
        let has_old = services.is_some() && deployments.is_some();
        // Which layout there is, is asked once all else is there.
        let is_asked_last = SCHEMA_LAYOUT.releases.is_open(cx.release);
        for (name, is_missing) in [
            ("version", version.is_none()),
            ("services", services.is_none() && needs_old && !is_asked_last),
            ("deployments", deployments.is_none() && needs_old && !is_asked_last),
            ("subscriptions", subscriptions.is_none()),
        ] {
            if is_missing && N::FORM == Form::Flexbuffers {
                return Err(node.fault(FaultKind::Missing).in_field(name));
            }
        }
        if needs_old && !has_old && is_asked_last && N::FORM == Form::Flexbuffers {
            return Err(node.fault(FaultKind::Panics { known: &SCHEMA_LAYOUT }));
        }
        let has_new = deployments_v2.is_some();
        let mut schema = Self {
            version: version.unwrap_or_default(),
            services: services.filter(|_| !has_new).unwrap_or_default(),
            deployments: deployments.filter(|_| !has_new).unwrap_or_default(),
            deployments_v2: deployments_v2.unwrap_or_default(),
            subscriptions: subscriptions.unwrap_or_default(),
            kafka_clusters: kafka_clusters.unwrap_or_default(),
        };
        schema.settle(cx).map_err(|unsettled| match unsettled {
            Unsettled::ImpossibleHandler => {
                node.fault(FaultKind::Panics { known: &SCHEMA_HANDLER }).in_field("deployments")
            }
            Unsettled::NoRetention => {
                node.fault(FaultKind::Missing).in_field("idempotency_retention")
            }
        })?;
        Ok(schema)
    }

    fn fit(&mut self, cx: Context) -> Result<(), Unfit> {
        if !knows_new_layout(cx) && !self.deployments_v2.is_empty() {
            return Err(Unfit::new("Schema", "deployments_v2"));
        }
        self.settle(cx).map_err(|unsettled| match unsettled {
            Unsettled::ImpossibleHandler => Unfit::panics("OldHandler", "ty", &SCHEMA_HANDLER),
            Unsettled::NoRetention => Unfit::new("OldService", "idempotency_retention"),
        })?;
        if !knows_kafka_clusters(cx) {
            self.kafka_clusters = Distinct::default();
        }
        self.services.fit(cx)?;
        self.deployments.fit(cx)?;
        self.deployments_v2.fit(cx)?;
        self.subscriptions.fit(cx)?;
        self.kafka_clusters.fit(cx)
    }
}

#[cfg(test)]
mod tests;
