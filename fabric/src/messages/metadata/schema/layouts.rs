//! The two layouts of a schema, one made from the other (07 §3.2, §3.3).
//!
//! 1.4 makes the old one of the new one, releases from 1.5 on the new one of the old one. What is
//! measured of that: the conversions of deployments, services and handlers of all types, and of input
//! rules that let anything or nothing pass. The words that 1.4 finds for other rules are ours: they
//! are shown to people, and read by nobody. What the specification leaves out of a layout stays
//! behind, because it does not say what becomes of it in the other.

use std::collections::BTreeMap;
use std::time::Duration;

use super::deployments::{Deployment, Service, ServiceType};
use super::distinct::Distinct;
use super::durations::DurationText;
use super::handlers::{
    ContentTypePattern, ContentTypeRule, Handler, InputRule, InputRules, OutputContentType,
    OutputRules, SetContentType, TargetType,
};
use super::old::{
    OldDeployment, OldDeploymentMetadata, OldHandler, OldHandlerType, OldService, ServiceLocation,
    StandingHandler, StandingService, TargetMeta, Unset,
};
use crate::messages::rpc::invocation::{VirtualObjectHandlerType, WorkflowHandlerType};
use crate::messages::text_ids::DeploymentId;

/// How long an answer, and a workflow that has ended, are kept where nothing is set: a day.
const RETENTION: Duration = Duration::from_secs(86_400);

/// What handlers of deployments in the old layout are taken to give back.
const JSON: &str = "application/json";

/// The services in the old layout, by name.
pub(super) type StandingServices = BTreeMap<String, StandingService>;

/// The deployments in the old layout.
pub(super) type OldDeployments = Distinct<(DeploymentId, OldDeployment)>;

/// A handler in the old layout of a type that its service cannot have. Releases from 1.5 on panic on
/// it (07 §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ImpossibleHandler;

/// The new layout of documents in the old one.
pub(super) fn new_layout(
    services: &StandingServices,
    deployments: &OldDeployments,
) -> Result<Distinct<Deployment>, ImpossibleHandler> {
    deployments.iter().map(|(id, old)| new_deployment(services, *id, old)).collect()
}

fn new_deployment(
    services: &StandingServices,
    id: DeploymentId,
    old: &OldDeployment,
) -> Result<Deployment, ImpossibleHandler> {
    let metadata = old.metadata.clone();
    let service = |old: &OldService| {
        let standing = services.get(&old.name);
        new_service(standing.filter(|standing| standing.location.latest_deployment == id), old)
    };
    Ok(Deployment {
        id,
        ty: metadata.ty,
        delivery_options: metadata.delivery_options,
        supported_protocol_versions: metadata.supported_protocol_versions,
        sdk_version: metadata.sdk_version,
        created_at: metadata.created_at,
        services: old.services.iter().map(service).collect::<Result<_, _>>()?,
        ..Deployment::default()
    })
}

fn new_service(
    standing: Option<&StandingService>,
    old: &OldService,
) -> Result<Service, ImpossibleHandler> {
    let handler = |handler: &OldHandler| {
        let standing = standing.and_then(|service| service.handlers.get(&handler.name));
        new_handler(&old.ty, standing, handler)
    };
    Ok(Service {
        name: old.name.clone(),
        handlers: old.handlers.iter().map(handler).collect::<Result<_, _>>()?,
        ty: old.ty.clone(),
        revision: old.revision,
        public: old.public,
        idempotency_retention: old.idempotency_retention,
        workflow_completion_retention: old.workflow_completion_retention,
        journal_retention: old.journal_retention,
        inactivity_timeout: old.inactivity_timeout,
        abort_timeout: old.abort_timeout,
        ..Service::default()
    })
}

fn new_handler(
    ty: &ServiceType,
    standing: Option<&StandingHandler>,
    old: &OldHandler,
) -> Result<Handler, ImpossibleHandler> {
    let rules = standing.map(|StandingHandler { target_meta, .. }| {
        (target_meta.input_rules.clone(), target_meta.output_rules.clone())
    });
    let (input_rules, output_rules) = rules.unwrap_or_else(|| (anything(), json_output()));
    Ok(Handler {
        name: old.name.clone(),
        target_ty: target_type(ty, old.ty.as_ref()).ok_or(ImpossibleHandler)?,
        input_rules,
        output_rules,
        public: (!old.public).then_some(false),
        ..Handler::default()
    })
}

/// What a handler is; none if its service cannot have such a one. In a service any will do.
fn target_type(service: &ServiceType, handler: Option<&OldHandlerType>) -> Option<TargetType> {
    use OldHandlerType::{Exclusive, Shared, Workflow};
    Some(match (service, handler) {
        (ServiceType::Service, _) => TargetType::Service,
        (ServiceType::VirtualObject, None | Some(Exclusive)) => {
            TargetType::VirtualObject(VirtualObjectHandlerType::Exclusive)
        }
        (ServiceType::VirtualObject, Some(Shared)) => {
            TargetType::VirtualObject(VirtualObjectHandlerType::Shared)
        }
        (ServiceType::Workflow, None | Some(Workflow)) => {
            TargetType::Workflow(WorkflowHandlerType::Workflow)
        }
        (ServiceType::Workflow, Some(Shared)) => TargetType::Workflow(WorkflowHandlerType::Shared),
        (ServiceType::VirtualObject, Some(Workflow)) | (ServiceType::Workflow, Some(Exclusive)) => {
            return None;
        }
    })
}

/// The rules of a handler of which no more is known than that it is there.
fn anything() -> InputRules {
    let any = ContentTypeRule { content_type: ContentTypePattern::Any };
    InputRules {
        input_validation_rules: vec![InputRule::NoBodyAndContentType, InputRule::ContentType(any)],
    }
}

fn json_output() -> OutputRules {
    let content_type = JSON.to_owned();
    let set = SetContentType { content_type, ..SetContentType::default() };
    OutputRules { content_type_rule: OutputContentType::Set(set), json_schema: None }
}

/// The old layout of documents in the new one. A service stands as the deployment with its highest
/// revision has it.
pub(super) fn old_layout(deployments: &Distinct<Deployment>) -> (StandingServices, OldDeployments) {
    let mut services = StandingServices::new();
    for deployment in deployments.iter() {
        for service in deployment.services.iter() {
            let standing = services.get(&service.name);
            if standing.is_none_or(|standing| standing.revision < service.revision) {
                services.insert(service.name.clone(), standing_service(deployment.id, service));
            }
        }
    }
    let olds = deployments.iter().map(|it| (it.id, old_deployment(it)));
    (services, olds.collect())
}

fn old_deployment(deployment: &Deployment) -> OldDeployment {
    let metadata = OldDeploymentMetadata {
        ty: deployment.ty.clone(),
        delivery_options: deployment.delivery_options.clone(),
        supported_protocol_versions: deployment.supported_protocol_versions.clone(),
        sdk_version: deployment.sdk_version.clone(),
        created_at: deployment.created_at,
    };
    let services = deployment.services.iter().map(|it| old_service(deployment.id, it));
    OldDeployment { metadata, services: services.collect() }
}

fn old_service(deployment_id: DeploymentId, service: &Service) -> OldService {
    OldService {
        name: service.name.clone(),
        handlers: service.handlers.iter().map(old_handler).collect(),
        ty: service.ty.clone(),
        deployment_id,
        revision: service.revision,
        public: service.public,
        idempotency_retention: service.idempotency_retention,
        workflow_completion_retention: service.workflow_completion_retention,
        journal_retention: service.journal_retention,
        inactivity_timeout: service.inactivity_timeout,
        abort_timeout: service.abort_timeout,
        ..OldService::default()
    }
}

fn old_handler(handler: &Handler) -> OldHandler {
    let ty = match &handler.target_ty {
        TargetType::Service
        | TargetType::VirtualObject(VirtualObjectHandlerType::Shared)
        | TargetType::Workflow(WorkflowHandlerType::Shared) => OldHandlerType::Shared,
        TargetType::VirtualObject(VirtualObjectHandlerType::Exclusive) => OldHandlerType::Exclusive,
        TargetType::Workflow(WorkflowHandlerType::Workflow) => OldHandlerType::Workflow,
    };
    OldHandler {
        name: handler.name.clone(),
        ty: Some(ty),
        public: handler.public.unwrap_or(true),
        input_description: input_words(&handler.input_rules),
        output_description: output_words(&handler.output_rules),
        ..OldHandler::default()
    }
}

/// What input rules let pass, in the words of 1.4 where they are known.
fn input_words(rules: &InputRules) -> String {
    let words = rules.input_validation_rules.iter().filter_map(|rule| match rule {
        InputRule::NoBodyAndContentType => None,
        InputRule::ContentType(rule) => Some(pattern_words(&rule.content_type)),
        InputRule::JsonValue(rule) => Some(pattern_words(&rule.content_type)),
    });
    let words: Vec<String> = words.collect();
    match (rules.input_validation_rules.is_empty(), words.is_empty()) {
        (true, _) => "<invalid rules>".to_owned(),
        (false, true) => "none".to_owned(),
        (false, false) => words.join(" or "),
    }
}

fn pattern_words(pattern: &ContentTypePattern) -> String {
    match pattern {
        ContentTypePattern::Any => "*/*".to_owned(),
        ContentTypePattern::MimeType(mime) => format!("{mime}/*"),
        ContentTypePattern::MimeTypeAndSubtype((mime, subtype)) => format!("{mime}/{subtype}"),
    }
}

fn output_words(rules: &OutputRules) -> String {
    match &rules.content_type_rule {
        OutputContentType::None => "none".to_owned(),
        OutputContentType::Set(set) => set.content_type.clone(),
    }
}

fn standing_service(latest_deployment: DeploymentId, service: &Service) -> StandingService {
    let duration = |text: Option<DurationText>| text.map(|DurationText(duration)| duration);
    let handler = |handler: &Handler| (handler.name.clone(), standing_handler(service, handler));
    StandingService {
        revision: service.revision,
        handlers: service.handlers.iter().map(handler).collect(),
        ty: service.ty.clone(),
        location: ServiceLocation { latest_deployment, public: service.public },
        idempotency_retention: Unset(duration(service.idempotency_retention)),
        workflow_completion_retention: Unset(duration(service.workflow_completion_retention)),
        journal_retention: duration(service.journal_retention),
        inactivity_timeout: Unset(duration(service.inactivity_timeout)),
        abort_timeout: Unset(duration(service.abort_timeout)),
        ..StandingService::default()
    }
}

fn standing_handler(service: &Service, handler: &Handler) -> StandingHandler {
    let of_service = |text: Option<DurationText>| text.map(|DurationText(duration)| duration);
    let idempotency_retention =
        handler.idempotency_retention.or(of_service(service.idempotency_retention));
    let is_workflow = handler.target_ty == TargetType::Workflow(WorkflowHandlerType::Workflow);
    let completion_retention = handler
        .workflow_completion_retention
        .or(of_service(service.workflow_completion_retention))
        .unwrap_or(RETENTION);
    let target_meta = TargetMeta {
        public: handler.public.unwrap_or(true),
        completion_retention: is_workflow.then_some(completion_retention),
        idempotency_retention: Some(idempotency_retention.unwrap_or(RETENTION)),
        journal_retention: handler.journal_retention.or(of_service(service.journal_retention)),
        target_ty: handler.target_ty.clone(),
        input_rules: handler.input_rules.clone(),
        output_rules: handler.output_rules.clone(),
        ..TargetMeta::default()
    };
    StandingHandler { target_meta, ..StandingHandler::default() }
}
