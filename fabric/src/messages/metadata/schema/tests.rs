//! Schemas of every line, in both layouts: what is read, rewritten and written.

use serde_json::{Value as Json, json};

use super::*;
use crate::codec::flex::{Opaque, from_flex, to_flex};
use crate::codec::json::{from_json, to_json};
use crate::messages::tests::context;

const DP: &str = "dp_16za9Yb9WDRfnNAjaW0tf3P";
const SUB: &str = "sub_16za9Yb9WDRfnNAjaW0tf3P";

fn http() -> Json {
    json!({"Http": {"address": "http://localhost:9080/", "http_version": "HTTP/2.0",
        "protocol_type": "BidiStream"}})
}

fn any_input() -> Json {
    let any = json!({"ContentType": {"content_type": "Any"}});
    json!({"input_validation_rules": ["NoBodyAndContentType", any]})
}

fn json_output() -> Json {
    let set = json!({"content_type": "application/json", "set_content_type_if_empty": false,
        "has_json_schema": false});
    json!({"content_type_rule": {"Set": set}, "json_schema": null})
}

/// A service of a type, with a handler, in the new layout.
fn new_layout(ty: &str, target_ty: &Json) -> Json {
    let handler = json!({"name": "greet", "target_ty": target_ty, "input_rules": any_input(),
        "output_rules": json_output()});
    let service = json!({"name": "Greeter", "handlers": [handler], "ty": ty, "revision": 1,
        "public": true});
    let deployment = json!({"id": DP, "ty": http(), "sdk_version": null,
        "delivery_options": {"additional_headers": {}}, "created_at": 1_754_000_000_123_u64,
        "supported_protocol_versions": {"start": 1, "end": 5}, "services": [service]});
    json!({"deployments_v2": [deployment], "version": 3, "subscriptions": []})
}

/// The same in the old layout, as a cluster had it that never knew another.
fn old_layout(ty: &str, handler_ty: Option<&str>) -> Json {
    let mut handler = json!({"name": "greet", "public": true, "input_description": "any",
        "output_description": "any"});
    if let Some(ty) = handler_ty {
        handler["ty"] = json!(ty);
    }
    let service = json!({"name": "Greeter", "handlers": [handler], "ty": ty, "revision": 1,
        "public": true, "deployment_id": DP});
    let metadata = json!({"ty": http(), "delivery_options": {"additional_headers": {}},
        "supported_protocol_versions": {"start": 1, "end": 5}, "sdk_version": null,
        "created_at": 1_754_000_000_123_u64});
    let deployment = json!([DP, {"metadata": metadata, "services": [service]}]);
    json!({"services": {}, "deployments": [deployment], "version": 3, "subscriptions": []})
}

/// What a release reads of a document, as flexbuffers, and shows of it.
fn read(document: &Json, release: &str) -> Result<Json, Fault> {
    // JSON does not tell signed numbers from others; either is accepted (07 §4).
    let document: Opaque = from_json(document, context("1.7")).unwrap();
    let flex = to_flex(&document, context("1.7")).unwrap();
    let schema: Schema = from_flex(&flex, context(release))?;
    Ok(to_json(&schema, context(release)).unwrap())
}

fn changed(mut document: Json, pointer: &str, value: Json) -> Json {
    *document.pointer_mut(pointer).unwrap() = value;
    document
}

#[test]
fn each_line_writes_its_layout() {
    let old = json!({"deployments": [], "services": {}, "subscriptions": [], "version": 0});
    let new = json!({"deployments_v2": [], "subscriptions": [], "version": 0});
    for (release, expected) in [("1.2", &old), ("1.4", &old), ("1.5", &new), ("1.7", &new)] {
        let cx = context(release);
        assert_eq!(&to_json(&Schema::default(), cx).unwrap(), expected, "{release}");
        assert_eq!(from_json::<Schema>(expected, cx).unwrap(), Schema::default());
    }
}

#[test]
fn the_version_comes_first_up_to_1_3() {
    let keys = |release| {
        let flex = to_flex(&Schema::default(), context(release)).unwrap();
        let at = |key: &[u8]| flex.windows(key.len()).position(|window| window == key);
        at(b"version").unwrap() < at(b"services").unwrap()
    };
    assert!(keys("1.3"));
    assert!(!keys("1.4"));
}

#[test]
fn the_old_layout_is_rewritten_from_1_5_on() {
    for (ty, handler_ty, target_ty) in [
        ("Service", Some("Exclusive"), json!("Service")),
        ("Service", Some("Workflow"), json!("Service")),
        ("VirtualObject", Some("Exclusive"), json!({"VirtualObject": "Exclusive"})),
        ("VirtualObject", Some("Shared"), json!({"VirtualObject": "Shared"})),
        ("Workflow", None, json!({"Workflow": "Workflow"})),
        ("Workflow", Some("Shared"), json!({"Workflow": "Shared"})),
        ("Workflow", Some("Workflow"), json!({"Workflow": "Workflow"})),
    ] {
        let old = old_layout(ty, handler_ty);
        assert_eq!(read(&old, "1.4").unwrap(), old, "{ty} {handler_ty:?}");
        for release in ["1.5", "1.6", "1.7"] {
            assert_eq!(read(&old, release).unwrap(), new_layout(ty, &target_ty), "{release}");
        }
    }
}

#[test]
fn the_new_layout_is_rewritten_by_1_4_and_means_the_same() {
    for (ty, target_ty, handler_ty) in [
        ("Service", json!("Service"), "Shared"),
        ("VirtualObject", json!({"VirtualObject": "Exclusive"}), "Exclusive"),
        ("Workflow", json!({"Workflow": "Workflow"}), "Workflow"),
    ] {
        let new = new_layout(ty, &target_ty);
        let old = read(&new, "1.4").unwrap();
        assert_eq!(old["deployments"][0][1]["services"][0]["handlers"][0]["ty"], json!(handler_ty));
        let location = json!({"latest_deployment": DP, "public": true});
        assert_eq!(old["services"]["Greeter"]["location"], location);
        assert_eq!(read(&old, "1.5").unwrap(), new, "{ty}");
    }
}

#[test]
fn rules_survive_the_old_layout() {
    let pointer = "/deployments_v2/0/services/0/handlers/0/input_rules/input_validation_rules";
    let new = changed(new_layout("Service", &json!("Service")), pointer, json!([]));
    let old = read(&new, "1.4").unwrap();
    let handler = &old["deployments"][0][1]["services"][0]["handlers"][0];
    assert_eq!(handler["input_description"], json!("<invalid rules>"));
    assert_eq!(read(&old, "1.7").unwrap(), new);
}

#[test]
fn handlers_that_their_service_cannot_have() {
    for (ty, handler_ty) in [("VirtualObject", "Workflow"), ("Workflow", "Exclusive")] {
        let old = old_layout(ty, Some(handler_ty));
        assert_eq!(read(&old, "1.4").unwrap(), old);
        let fault = read(&old, "1.5").unwrap_err();
        assert_eq!(fault.kind(), &FaultKind::Panics { known: &SCHEMA_HANDLER }, "{ty}");
    }
}

#[test]
fn one_of_the_layouts_must_be_there() {
    let bare = json!({"version": 3, "subscriptions": []});
    let with = |name: &str, value: Json| {
        let mut document = bare.clone();
        document[name] = value;
        document
    };
    for document in [
        bare.clone(),
        with("services", json!({})),
        with("deployments", json!([])),
        with("deployments_v2", Json::Null),
        changed(old_layout("Service", None), "/services", Json::Null),
    ] {
        for release in ["1.4", "1.5", "1.7"] {
            let fault = read(&document, release).unwrap_err();
            assert_eq!(fault.kind(), &FaultKind::Panics { known: &SCHEMA_LAYOUT }, "{document}");
        }
        for release in ["1.2", "1.3"] {
            let fault = read(&document, release).unwrap_err();
            assert!(!matches!(fault.kind(), FaultKind::Panics { .. }), "{document}");
        }
    }
    let fault = read(&json!({"subscriptions": []}), "1.7").unwrap_err();
    assert_eq!(fault.kind(), &FaultKind::Missing);
}

#[test]
fn the_new_layout_counts_where_both_are_there() {
    let mut both = old_layout("VirtualObject", Some("Workflow"));
    both["deployments_v2"] = json!([]);
    let empty = json!({"deployments_v2": [], "version": 3, "subscriptions": []});
    assert_eq!(read(&both, "1.5").unwrap(), empty);
    assert_eq!(read(&both, "1.4").unwrap()["deployments"], json!([]));
}

#[test]
fn a_retention_must_be_set_up_to_1_3() {
    let old = old_layout("Service", Some("Shared"));
    let fault = read(&old, "1.3").unwrap_err();
    assert_eq!(fault.kind(), &FaultKind::Missing);
    assert!(fault.place().path().ends_with("idempotency_retention"));

    let mut old = old;
    old["deployments"][0][1]["services"][0]["idempotency_retention"] = json!("1d");
    let shown = read(&old, "1.3").unwrap();
    let service = &shown["deployments"][0][1]["services"][0];
    assert_eq!(service["idempotency_retention"], json!("1day"));
    assert_eq!(shown["deployments"][0][1]["metadata"].get("sdk_version"), None);
    assert_eq!(service["handlers"][0].get("public"), None);
}

#[test]
fn unset_durations_are_null_up_to_1_3() {
    let mut old = read(&new_layout("Service", &json!("Service")), "1.4").unwrap();
    let day = json!({"secs": 86_400, "nanos": 0});
    old["deployments"][0][1]["services"][0]["idempotency_retention"] = json!("1d");
    old["services"]["Greeter"]["idempotency_retention"] = day;
    let shown = read(&old, "1.3").unwrap();
    assert_eq!(shown["services"]["Greeter"].get("abort_timeout"), Some(&Json::Null));
    assert_eq!(read(&old, "1.4").unwrap()["services"]["Greeter"].get("abort_timeout"), None);
}

#[test]
fn the_last_of_two_with_one_id_counts() {
    let mut new = new_layout("Service", &json!("Service"));
    let mut second = new["deployments_v2"][0].clone();
    second["sdk_version"] = json!("second");
    new["deployments_v2"].as_array_mut().unwrap().push(second.clone());
    assert_eq!(read(&new, "1.7").unwrap()["deployments_v2"], json!([second]));
}

#[test]
fn the_order_of_services_means_nothing() {
    let service = |name: &str| Service { name: name.to_owned(), ..Service::default() };
    let of = |names: [&str; 2]| names.map(service).into_iter().collect::<Distinct<_>>();
    assert_eq!(of(["a", "b"]), of(["b", "a"]));
    assert_ne!(of(["a", "b"]), of(["a", "c"]));
    assert_ne!(of(["a", "b"]), of(["a", "a"]));
}

#[test]
fn keys_that_came_later_are_dropped() {
    let mut new = new_layout("Service", &json!("Service"));
    new["deployments_v2"][0]["limits"] = json!({});
    new["deployments_v2"][0]["metadata"] = json!({"git": "abc"});
    new["kafka_clusters"] = json!([{"name": "k", "properties": {}, "created_at": 7}]);
    let has = |release| {
        let shown = read(&new, release).unwrap();
        let deployment = &shown["deployments_v2"][0];
        (
            deployment.get("metadata").is_some(),
            deployment.get("limits").cloned(),
            shown.get("kafka_clusters").is_some(),
        )
    };
    assert_eq!(has("1.5"), (false, None, false));
    assert_eq!(has("1.6"), (true, None, false));
    assert_eq!(has("1.7"), (true, Some(json!({"invocations": 0})), true));
}

#[test]
fn the_version_of_http_follows_from_the_type_where_it_is_missing() {
    for (ty, version) in [("BidiStream", "HTTP/2.0"), ("RequestResponse", "HTTP/1.1")] {
        let http = json!({"Http": {"address": "http://localhost", "protocol_type": ty}});
        let new = changed(new_layout("Service", &json!("Service")), "/deployments_v2/0/ty", http);
        let shown = read(&new, "1.7").unwrap();
        assert_eq!(shown["deployments_v2"][0]["ty"]["Http"]["http_version"], json!(version));
        assert_eq!(shown["deployments_v2"][0]["ty"]["Http"]["address"], json!("http://localhost/"));
    }
}

#[test]
fn texts_are_checked() {
    let new = || new_layout("Service", &json!("Service"));
    for (pointer, value) in [
        ("/deployments_v2/0/ty/Http/address", json!("http://a b/")),
        ("/deployments_v2/0/ty", json!({"Lambda": {"arn": "greeter", "assume_role_arn": null}})),
        ("/deployments_v2/0/delivery_options/additional_headers", json!({"a b": "c"})),
        ("/deployments_v2/0/id", json!("dp_1")),
        ("/deployments_v2/0/services/0/revision", json!(4_294_967_296_u64)),
    ] {
        assert!(read(&changed(new(), pointer, value), "1.7").is_err(), "{pointer}");
    }
    let mut new = new();
    new["kafka_clusters"] = json!([{"name": "", "properties": {}, "created_at": 7}]);
    assert!(read(&new, "1.7").is_err());
    assert!(read(&new, "1.6").is_ok());
    new["kafka_clusters"] = Json::Null;
    assert!(read(&new, "1.7").is_err());
}

#[test]
fn old_sinks_are_rewritten_from_1_5_on() {
    let of = |sink: Json| {
        let source = json!({"Kafka": {"cluster": "my-kafka", "topic": "orders"}});
        let it = json!({"id": SUB, "source": source, "sink": sink, "metadata": {}});
        json!({"version": 3, "services": {}, "deployments": [], "subscriptions": [[SUB, it]]})
    };
    let old = of(json!({"Service": {"name": "O", "handler": "h", "ty": "VirtualObject"}}));
    let target = json!({"name": "O", "handler": "h", "handler_ty": "Exclusive"});
    let template = json!({"event_invocation_target_template": {"VirtualObject": target}});
    let new = of(json!({"Invocation": template}));
    for release in ["1.2", "1.4"] {
        assert_eq!(read(&old, release).unwrap(), old);
        assert_eq!(read(&new, release).unwrap(), new);
    }
    for release in ["1.5", "1.7"] {
        assert_eq!(read(&old, release).unwrap()["subscriptions"], new["subscriptions"]);
    }
}

#[test]
fn what_the_specification_leaves_out_is_carried() {
    let mut new = new_layout("Service", &json!("Service"));
    let service = &mut new["deployments_v2"][0]["services"][0];
    service["retry_policy_max_attempts"] = json!(3);
    service["handlers"][0]["retry_policy_max_attempts"] = json!(5);
    assert_eq!(read(&new, "1.7").unwrap(), new);
    let mut unknown = new.clone();
    unknown["deployments_v2"][0]["services"][0]["colour"] = json!("blue");
    assert_eq!(read(&unknown, "1.7").unwrap(), new);
}

#[test]
fn a_value_of_one_layout_fits_the_other_where_it_is_read() {
    let new: Schema = from_json(&new_layout("Service", &json!("Service")), context("1.7")).unwrap();
    assert!(new.clone().fit(context("1.3")).is_err());
    assert!(to_flex(&new, context("1.4")).is_err());
    let mut old = new.clone();
    old.fit(context("1.4")).unwrap();
    assert!(to_flex(&old, context("1.5")).is_err());
    assert!(old.clone().fit(context("1.3")).is_err());
    old.fit(context("1.7")).unwrap();
    assert_eq!(old, new);
}
