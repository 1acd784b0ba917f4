//! Schemas as clusters have them: services, objects and workflows, on HTTP and on Lambda, fed by
//! Kafka.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Case, NOW_MS};
use crate::fabric::codec::flex::Opaque;
use crate::fabric::messages::ids::{MillisSinceEpoch, Version};
use crate::fabric::messages::metadata::MetadataContainer as Document;
use crate::fabric::messages::metadata::schema::{
    ContentTypePattern, ContentTypeRule, DeliveryOptions, Deployment, DeploymentLimits,
    DeploymentType, Distinct, DurationText, EndpointUri, EventSink, EventSource, EventTarget,
    Handler, HeaderName, Headers, HttpDeployment, HttpVersion, InputRule, InputRules,
    InvocationSink, JsonValueRule, KafkaCluster, KafkaClusterName, KafkaSource, LambdaArn,
    LambdaDeployment, NamedHttpVersion, OutputContentType, OutputRules, ProtocolType, Schema,
    Service, ServiceSink, ServiceTemplate, ServiceType, SetContentType, SinkType, Subscription,
    TargetType, VirtualObjectTemplate, WorkflowTemplate,
};
use crate::fabric::messages::rpc::invocation::{VirtualObjectHandlerType, WorkflowHandlerType};
use crate::fabric::messages::rpc::response::ServiceProtocolVersions;
use crate::fabric::messages::text_ids::{DeploymentId, SubscriptionId};

pub(super) const ID: DeploymentId = DeploymentId(0x0198_5a1b_2c3d_4e5f_6071_8293_a4b5_c6d7);
pub(super) const DAY: Duration = Duration::from_secs(86_400);
pub(super) const HOUR: Duration = Duration::from_secs(3_600);
pub(super) const VERSIONS: ServiceProtocolVersions = ServiceProtocolVersions { start: 5, end: 7 };
pub(super) const JSON: &str = "application/json";

pub(super) fn document(schema: Schema) -> Document {
    Document::Schema(Schema { version: Version(1), ..schema })
}

pub(super) fn text(text: &str) -> String {
    text.to_owned()
}

pub(super) fn texts<const N: usize>(entries: [(&str, &str); N]) -> BTreeMap<String, String> {
    entries.map(|(key, value)| (text(key), text(value))).into()
}

pub(super) fn distinct<V, const N: usize>(elements: [V; N]) -> Distinct<V>
where
    Distinct<V>: FromIterator<V>,
{
    elements.into_iter().collect()
}

pub(super) fn http(protocol_type: ProtocolType, version: HttpVersion) -> DeploymentType {
    DeploymentType::Http(HttpDeployment {
        address: EndpointUri::parse("http://10.0.0.7:9080/").unwrap_or_default(),
        protocol_type,
        http_version: NamedHttpVersion(Some(version)),
        auth: None,
    })
}

/// A deployment that is reached in the usual way.
pub(super) fn streaming() -> DeploymentType {
    http(ProtocolType::BidiStream, HttpVersion::Http20)
}

pub(super) fn lambda(role: Option<&str>) -> LambdaDeployment {
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:greeter:1";
    LambdaDeployment {
        arn: LambdaArn::parse(arn).unwrap_or_default(),
        assume_role_arn: role.map(text),
        compression: None,
    }
}

/// A deployment of every kind.
pub(super) fn deployment_types() -> Vec<DeploymentType> {
    use HttpVersion::{Http09, Http10, Http11, Http30};
    let role = "arn:aws:iam::123456789012:role/invoker";
    let mut types = vec![
        streaming(),
        http(ProtocolType::RequestResponse, Http11),
        DeploymentType::Lambda(lambda(None)),
        DeploymentType::Lambda(lambda(Some(role))),
    ];
    types.extend([Http09, Http10, Http30].map(|it| http(ProtocolType::BidiStream, it)));
    types
}

/// So many headers.
pub(super) fn headers(count: usize) -> DeliveryOptions {
    let names = ["x-api-key", "x-tenant"].into_iter().take(count);
    let header = |name| (HeaderName::parse(name).unwrap_or_default(), text("secret"));
    DeliveryOptions { additional_headers: Headers(names.map(header).collect()) }
}

pub(super) fn any_input() -> InputRules {
    let any = ContentTypeRule { content_type: ContentTypePattern::Any };
    InputRules {
        input_validation_rules: vec![InputRule::NoBodyAndContentType, InputRule::ContentType(any)],
    }
}

pub(super) fn json_output() -> OutputRules {
    let set = SetContentType { content_type: text(JSON), ..SetContentType::default() };
    OutputRules { content_type_rule: OutputContentType::Set(set), json_schema: None }
}

fn handler(name: &str, target_ty: TargetType) -> Handler {
    Handler {
        name: text(name),
        target_ty,
        input_rules: any_input(),
        output_rules: json_output(),
        ..Handler::default()
    }
}

fn service<const N: usize>(name: &str, ty: ServiceType, handlers: [Handler; N]) -> Service {
    Service {
        name: text(name),
        handlers: distinct(handlers),
        ty,
        revision: 1,
        public: true,
        idempotency_retention: Some(DurationText(DAY)),
        ..Service::default()
    }
}

fn greeter() -> Service {
    service("Greeter", ServiceType::Service, [handler("greet", TargetType::Service)])
}

fn counter() -> Service {
    let runs = |ty| TargetType::VirtualObject(ty);
    let handlers = [
        handler("add", runs(VirtualObjectHandlerType::Exclusive)),
        handler("get", runs(VirtualObjectHandlerType::Shared)),
    ];
    service("Counter", ServiceType::VirtualObject, handlers)
}

fn flow() -> Service {
    let runs = |ty| TargetType::Workflow(ty);
    let handlers = [
        handler("run", runs(WorkflowHandlerType::Workflow)),
        handler("signal", runs(WorkflowHandlerType::Shared)),
    ];
    Service {
        workflow_completion_retention: Some(DurationText(DAY)),
        journal_retention: Some(DurationText(HOUR)),
        ..service("Flow", ServiceType::Workflow, handlers)
    }
}

fn deployment<const N: usize>(services: [Service; N]) -> Deployment {
    Deployment {
        id: ID,
        ty: streaming(),
        supported_protocol_versions: VERSIONS,
        sdk_version: Some(text("sdk-typescript/1.17.2")),
        created_at: MillisSinceEpoch(NOW_MS),
        services: distinct(services),
        ..Deployment::default()
    }
}

fn deployed(deployment: Deployment) -> Document {
    document(Schema { deployments_v2: distinct([deployment]), ..Schema::default() })
}

fn subscription(number: u128, sink: EventSink) -> (SubscriptionId, Subscription) {
    let id = SubscriptionId(number);
    let source = KafkaSource { cluster: text("my-kafka"), topic: text("orders") };
    let metadata = [("auto.offset.reset", "earliest"), ("client.id", "a"), ("group.id", "b")];
    let metadata = metadata.into_iter().take(number as usize - 1);
    let metadata = metadata.map(|(key, value)| (text(key), text(value))).collect();
    (id, Subscription { id, source: EventSource::Kafka(source), sink, metadata })
}

fn subscribed<const N: usize>(sinks: [EventSink; N]) -> Document {
    let subscriptions = sinks.into_iter().zip(1..).map(|(sink, number)| subscription(number, sink));
    document(Schema { subscriptions: subscriptions.collect(), ..Schema::default() })
}

fn invoked(event_invocation_target_template: EventTarget) -> EventSink {
    EventSink::Invocation(InvocationSink { event_invocation_target_template })
}

fn subscriptions() -> Document {
    let (name, handler) = (|| text("Orders"), || text("process"));
    subscribed([
        invoked(EventTarget::Service(ServiceTemplate { name: name(), handler: handler() })),
        invoked(EventTarget::VirtualObject(VirtualObjectTemplate {
            name: name(),
            handler: handler(),
            handler_ty: VirtualObjectHandlerType::Exclusive,
        })),
        invoked(EventTarget::Workflow(WorkflowTemplate {
            name: name(),
            handler: handler(),
            handler_ty: WorkflowHandlerType::Workflow,
        })),
        invoked(EventTarget::VirtualObject(VirtualObjectTemplate {
            name: name(),
            handler: handler(),
            handler_ty: VirtualObjectHandlerType::Shared,
        })),
        invoked(EventTarget::Workflow(WorkflowTemplate {
            name: name(),
            handler: handler(),
            handler_ty: WorkflowHandlerType::Shared,
        })),
    ])
}

fn one_subscription() -> Document {
    let template = ServiceTemplate { name: text("Orders"), handler: text("process") };
    subscribed([invoked(EventTarget::Service(template))])
}

fn old_subscriptions() -> Document {
    let old = |ty| EventSink::Service(ServiceSink { name: text("O"), handler: text("h"), ty });
    subscribed([old(SinkType::Service), old(SinkType::VirtualObject)])
}

/// Schemas that all releases read, in whatever layout.
pub(super) fn of_all_releases() -> Vec<Case<Document>> {
    vec![
        ("schema-default", Document::Schema(Schema::default())),
        ("schema-empty", document(Schema::default())),
        ("schema-subscriptions", subscriptions()),
        ("schema-subscription", one_subscription()),
        ("schema-subscriptions-old", old_subscriptions()),
    ]
}

/// Schemas in the new layout, which 1.4 is the first to read.
pub(super) fn since_1_4() -> Vec<Case<Document>> {
    let plain = || deployment([greeter()]);
    let with_type = |ty| deployed(Deployment { ty, ..plain() });
    let role = "arn:aws:iam::123456789012:role/invoker";
    let compression = Some(Opaque::Text(text("Zstd")));
    let compressed = LambdaDeployment { compression, ..lambda(None) };
    let limits = Some(DeploymentLimits { invocations: 300 });
    let metadata = texts([("branch", "main"), ("git", "0badc0de")]);
    vec![
        ("schema-deployments-v2", deployed(deployment([greeter(), counter(), flow()]))),
        ("schema-deployments-many", many_deployments()),
        ("schema-service", deployed(plain())),
        ("schema-object", deployed(deployment([counter()]))),
        ("schema-workflow", deployed(deployment([flow()]))),
        ("schema-lambda", with_type(DeploymentType::Lambda(lambda(Some(role))))),
        ("schema-lambda-compressed", with_type(DeploymentType::Lambda(compressed))),
        ("schema-auth", with_type(authenticated())),
        ("schema-headers", deployed(Deployment { delivery_options: headers(1), ..plain() })),
        ("schema-deployment-metadata", deployed(Deployment { metadata, ..plain() })),
        ("schema-limits", deployed(Deployment { limits, ..plain() })),
        ("schema-timeouts", deployed(deployment([patient()]))),
        ("schema-rules", deployed(deployment([ruled()]))),
        ("schema-kafka-cluster", kafka_clusters(1)),
        ("schema-kafka-clusters", kafka_clusters(3)),
    ]
}

/// Deployments of every kind, and one that serves nothing.
fn many_deployments() -> Document {
    let bare = Service {
        handlers: Distinct::default(),
        idempotency_retention: None,
        metadata: texts([("team", "hello")]),
        ..greeter()
    };
    let many = deployment_types().into_iter().zip(1..).map(|(ty, number)| Deployment {
        id: DeploymentId(number),
        ty,
        delivery_options: headers(number as usize),
        metadata: texts([("git", "0badc0de")]),
        sdk_version: None,
        services: if number == 1 { Distinct::default() } else { distinct([bare.clone()]) },
        ..deployment([])
    });
    document(Schema { deployments_v2: many.collect(), ..Schema::default() })
}

/// A deployment that answers after it was asked, to those who may ask.
fn authenticated() -> DeploymentType {
    DeploymentType::Http(HttpDeployment {
        address: EndpointUri::parse("https://greeter.example.com/v1").unwrap_or_default(),
        protocol_type: ProtocolType::RequestResponse,
        http_version: NamedHttpVersion(Some(HttpVersion::Http11)),
        auth: Some(Opaque::Map(vec![(text("token"), Opaque::Text(text("secret")))])),
    })
}

/// A service that sets whatever a service can set, and so does its handler.
fn patient() -> Service {
    let greet = Handler {
        public: Some(false),
        idempotency_retention: Some(HOUR),
        workflow_completion_retention: Some(DAY),
        journal_retention: Some(Duration::new(1, 500_000_000)),
        inactivity_timeout: Some(Duration::from_secs(60)),
        abort_timeout: Some(Duration::from_secs(300)),
        documentation: Some(text("Says hello.")),
        enable_lazy_state: Some(true),
        metadata: texts([("room", "1"), ("team", "hello")]),
        ..handler("greet", TargetType::Service)
    };
    Service {
        documentation: Some(text("Greets.")),
        metadata: texts([("room", "1"), ("team", "hello")]),
        public: false,
        workflow_completion_retention: Some(DurationText(2 * DAY)),
        journal_retention: Some(DurationText(HOUR)),
        inactivity_timeout: Some(DurationText(Duration::from_secs(60))),
        abort_timeout: Some(DurationText(Duration::from_secs(5_400))),
        enable_lazy_state: Some(false),
        ..service("Greeter", ServiceType::Service, [greet])
    }
}

/// A service whose handlers take and give all that there is.
fn ruled() -> Service {
    let handlers = rules().into_iter().zip(["checked", "plain", "silent"]);
    let handlers = handlers.map(|((input_rules, output_rules), name)| Handler {
        input_rules,
        output_rules,
        metadata: texts([("team", "hello")]),
        ..handler(name, TargetType::Service)
    });
    Service { handlers: handlers.collect(), ..service("Rules", ServiceType::Service, []) }
}

/// Rules of every kind: all that are checked, one, and none.
pub(super) fn rules() -> Vec<(InputRules, OutputRules)> {
    let schema = || Opaque::Map(vec![(text("type"), Opaque::Text(text("object")))]);
    let content = |content_type| InputRule::ContentType(ContentTypeRule { content_type });
    let content_type = ContentTypePattern::MimeTypeAndSubtype((text("application"), text("json")));
    let value = JsonValueRule { content_type: content_type.clone(), schema: schema() };
    let input_validation_rules = vec![
        content(ContentTypePattern::MimeType(text("text"))),
        content(content_type),
        InputRule::JsonValue(value),
    ];
    let set = SetContentType {
        content_type: text(JSON),
        set_content_type_if_empty: true,
        has_json_schema: true,
    };
    let output =
        OutputRules { content_type_rule: OutputContentType::Set(set), json_schema: Some(schema()) };
    let one = InputRules { input_validation_rules: vec![InputRule::NoBodyAndContentType] };
    vec![
        (InputRules { input_validation_rules }, output),
        (one, json_output()),
        (InputRules::default(), OutputRules::default()),
    ]
}

/// Kafka clusters that are part of the schema, and a subscription to them.
fn kafka_clusters(count: usize) -> Document {
    let template = ServiceTemplate { name: text("Greeter"), handler: text("greet") };
    let properties = [("bootstrap.servers", "kafka-1.example.com:9092"), ("security", "TLS")];
    let cluster = |(index, name): (usize, &str)| KafkaCluster {
        name: KafkaClusterName::parse(name).unwrap_or_default(),
        properties: texts(properties).into_iter().skip((index + 1) % 3).collect(),
        created_at: MillisSinceEpoch(NOW_MS),
    };
    let names = ["my-kafka", "b.example.com", "host:9092"].into_iter().enumerate();
    let subscription = subscription(1, invoked(EventTarget::Service(template)));
    document(Schema {
        deployments_v2: distinct([deployment([greeter()])]),
        subscriptions: distinct([subscription]),
        kafka_clusters: names.map(cluster).take(count).collect(),
        ..Schema::default()
    })
}
