//! Where events come from and where they go: subscriptions, and the Kafka clusters that 1.7 keeps
//! beside them (07 §3.3).

use std::collections::BTreeMap;

use super::distinct::Keyed;
use super::texts::KafkaClusterName;
use crate::codec::describe::prelude::*;
use crate::messages::ids::MillisSinceEpoch;
use crate::messages::rpc::invocation::{VirtualObjectHandlerType, WorkflowHandlerType};
use crate::messages::text_ids::SubscriptionId;

record! {
    /// Events of a source that become invocations.
    pub struct Subscription {
        id: SubscriptionId,
        source: EventSource,
        sink: EventSink,
        metadata: BTreeMap<String, String>,
    }
}

one_of! {
    /// Where events come from.
    pub enum EventSource {
        Kafka(KafkaSource),
    }
}

record! {
    /// A topic of a Kafka cluster.
    pub struct KafkaSource [variant()] {
        cluster: String,
        topic: String,
    }
}

one_of! {
    /// Where events go. Releases from 1.5 on read both forms and write the first.
    pub enum EventSink {
        Invocation(InvocationSink),
        Service(ServiceSink),
    }
}

impl EventSink {
    /// Rewrites the old form. An object is called exclusively.
    pub(super) fn modernise(&mut self) {
        if let Self::Service(old) = self {
            let ServiceSink { name, handler, ty } = std::mem::take(old);
            let template = match ty {
                SinkType::Service => EventTarget::Service(ServiceTemplate { name, handler }),
                SinkType::VirtualObject => EventTarget::VirtualObject(VirtualObjectTemplate {
                    name,
                    handler,
                    handler_ty: VirtualObjectHandlerType::Exclusive,
                }),
            };
            *self = Self::Invocation(InvocationSink { event_invocation_target_template: template });
        }
    }
}

record! {
    /// Every event is an invocation.
    pub struct InvocationSink [variant()] {
        event_invocation_target_template: EventTarget,
    }
}

one_of! {
    /// What an event invokes; the key of an object or workflow is that of the event.
    pub enum EventTarget {
        Service(ServiceTemplate),
        VirtualObject(VirtualObjectTemplate),
        Workflow(WorkflowTemplate),
    }
}

record! {
    /// A handler of a service.
    pub struct ServiceTemplate [variant()] {
        name: String,
        handler: String,
    }
}

record! {
    /// A handler of a virtual object.
    pub struct VirtualObjectTemplate [variant()] {
        name: String,
        handler: String,
        handler_ty: VirtualObjectHandlerType,
    }
}

record! {
    /// A handler of a workflow.
    pub struct WorkflowTemplate [variant()] {
        name: String,
        handler: String,
        handler_ty: WorkflowHandlerType,
    }
}

record! {
    /// The old form of a sink.
    pub struct ServiceSink [variant()] {
        name: String,
        handler: String,
        ty: SinkType,
    }
}

one_of! {
    /// The kinds of services that the old form has.
    pub enum SinkType {
        Service,
        VirtualObject,
    }
}

record! {
    /// How a Kafka cluster is reached.
    pub struct KafkaCluster {
        name: KafkaClusterName,
        properties: BTreeMap<String, String>,
        created_at: MillisSinceEpoch,
    }
}

impl Keyed for KafkaCluster {
    type Key = KafkaClusterName;

    fn key(&self) -> KafkaClusterName {
        self.name.clone()
    }
}
