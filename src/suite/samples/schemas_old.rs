//! Schemas in the layout that releases up to 1.4 write: what every one of them has must be read by
//! all later ones.

use std::collections::BTreeMap;
use std::time::Duration;

use super::schemas::{
    DAY, HOUR, ID, JSON, VERSIONS, any_input, deployment_types, distinct, document, headers,
    json_output, rules, streaming, text,
};
use super::{Case, NOW_MS};
use crate::fabric::messages::ids::MillisSinceEpoch;
use crate::fabric::messages::metadata::MetadataContainer as Document;
use crate::fabric::messages::metadata::schema::{
    DeploymentType, DurationText, OldDeployment, OldDeploymentMetadata, OldHandler, OldHandlerType,
    OldService, Schema, ServiceLocation, ServiceType, StandingHandler, StandingService, TargetMeta,
    TargetType, Unset,
};
use crate::fabric::messages::rpc::invocation::{VirtualObjectHandlerType, WorkflowHandlerType};
use crate::fabric::messages::text_ids::DeploymentId;

/// Schemas that all releases read.
pub(super) fn of_all_releases() -> Vec<Case<Document>> {
    let deployed = |services| {
        let deployments = distinct([(ID, deployment(streaming(), 0, vec![counter(ID)]))]);
        document(Schema { services, deployments, ..Schema::default() })
    };
    vec![
        ("schema-services", deployed(BTreeMap::from([standing_counter()]))),
        ("schema-deployments", deployed(BTreeMap::new())),
        ("schema-old-layout", document(everything())),
    ]
}

/// A schema in the old layout that 1.4 is the first to read: it sets no retention.
pub(super) fn since_1_4() -> Vec<Case<Document>> {
    let unset = OldService { idempotency_retention: None, ..counter(ID) };
    let (name, standing) = standing_counter();
    let standing = StandingService { idempotency_retention: Unset(None), ..standing };
    let mut deployment = deployment(streaming(), 0, vec![unset]);
    deployment.metadata.sdk_version = None;
    let schema = Schema {
        services: BTreeMap::from([(name, standing)]),
        deployments: distinct([(ID, deployment)]),
        ..Schema::default()
    };
    vec![("schema-without-retention", document(schema))]
}

fn deployment(ty: DeploymentType, headers_len: usize, services: Vec<OldService>) -> OldDeployment {
    let metadata = OldDeploymentMetadata {
        ty,
        delivery_options: headers(headers_len),
        supported_protocol_versions: VERSIONS,
        sdk_version: Some(text("sdk-java/2.0")),
        created_at: MillisSinceEpoch(NOW_MS),
    };
    OldDeployment { metadata, services }
}

fn handler(name: &str, ty: Option<OldHandlerType>) -> OldHandler {
    OldHandler {
        name: text(name),
        ty,
        public: true,
        input_description: text("*/*"),
        output_description: text(JSON),
        ..OldHandler::default()
    }
}

fn service(
    deployment_id: DeploymentId,
    name: &str,
    ty: ServiceType,
    handlers: Vec<OldHandler>,
) -> OldService {
    OldService {
        name: text(name),
        handlers,
        ty,
        deployment_id,
        revision: 1,
        public: true,
        idempotency_retention: Some(DurationText(DAY)),
        ..OldService::default()
    }
}

fn counter(id: DeploymentId) -> OldService {
    let handlers = vec![
        handler("add", Some(OldHandlerType::Exclusive)),
        handler("get", Some(OldHandlerType::Shared)),
    ];
    service(id, "Counter", ServiceType::VirtualObject, handlers)
}

fn standing_handler(name: &str, target_ty: TargetType) -> (String, StandingHandler) {
    let target_meta = TargetMeta {
        public: true,
        idempotency_retention: Some(DAY),
        target_ty,
        input_rules: any_input(),
        output_rules: json_output(),
        ..TargetMeta::default()
    };
    (text(name), StandingHandler { target_meta, ..StandingHandler::default() })
}

fn standing(
    name: &str,
    ty: ServiceType,
    handlers: impl IntoIterator<Item = (String, StandingHandler)>,
) -> (String, StandingService) {
    let standing = StandingService {
        revision: 1,
        handlers: handlers.into_iter().collect(),
        ty,
        location: ServiceLocation { latest_deployment: ID, public: true },
        idempotency_retention: Unset(Some(DAY)),
        ..StandingService::default()
    };
    (text(name), standing)
}

fn standing_counter() -> (String, StandingService) {
    let runs = TargetType::VirtualObject;
    let handlers = [
        standing_handler("add", runs(VirtualObjectHandlerType::Exclusive)),
        standing_handler("get", runs(VirtualObjectHandlerType::Shared)),
    ];
    standing("Counter", ServiceType::VirtualObject, handlers)
}

/// Deployments and services of every kind, which set whatever they can.
fn everything() -> Schema {
    let flow = |id| OldService {
        workflow_completion_retention: Some(DurationText(DAY)),
        journal_retention: Some(DurationText(HOUR)),
        inactivity_timeout: Some(DurationText(Duration::from_secs(60))),
        abort_timeout: Some(DurationText(Duration::from_secs(5_400))),
        ..service(
            id,
            "Flow",
            ServiceType::Workflow,
            vec![
                handler("run", Some(OldHandlerType::Workflow)),
                handler("signal", Some(OldHandlerType::Shared)),
            ],
        )
    };
    let services = |id| match id {
        ID => vec![flow(ID), counter(ID)],
        DeploymentId(1) => vec![service(id, "Idle", ServiceType::Service, vec![])],
        DeploymentId(2) => {
            vec![service(id, "Greeter", ServiceType::Service, vec![handler("greet", None)])]
        }
        _ => vec![],
    };
    let ids = [ID].into_iter().chain((1..).map(DeploymentId));
    let deployments = deployment_types().into_iter().zip(ids).enumerate();
    let deployments =
        deployments.map(|(index, (ty, id))| (id, deployment(ty, index, services(id))));
    let (name, mut flow) = standing(
        "Flow",
        ServiceType::Workflow,
        [
            standing_handler("run", TargetType::Workflow(WorkflowHandlerType::Workflow)),
            standing_handler("signal", TargetType::Workflow(WorkflowHandlerType::Shared)),
        ],
    );
    flow.workflow_completion_retention = Unset(Some(DAY));
    flow.journal_retention = Some(HOUR);
    flow.inactivity_timeout = Unset(Some(Duration::from_secs(60)));
    flow.abort_timeout = Unset(Some(Duration::new(5_400, 500_000_000)));
    for handler in flow.handlers.values_mut() {
        handler.target_meta.completion_retention = Some(DAY);
        handler.target_meta.journal_retention = Some(HOUR);
        handler.target_meta.idempotency_retention = None;
    }
    let ruled = rules().into_iter().zip(["checked", "plain", "silent"]);
    let ruled = ruled.map(|((input_rules, output_rules), name)| {
        let (name, mut handler) = standing_handler(name, TargetType::Service);
        handler.target_meta = TargetMeta { input_rules, output_rules, ..handler.target_meta };
        (name, handler)
    });
    let one = standing_handler("greet", TargetType::Service);
    Schema {
        services: BTreeMap::from([
            (name, flow),
            standing_counter(),
            standing("Greeter", ServiceType::Service, [one]),
            standing("Idle", ServiceType::Service, []),
            standing("Rules", ServiceType::Service, ruled),
        ]),
        deployments: deployments.collect(),
        ..Schema::default()
    }
}
