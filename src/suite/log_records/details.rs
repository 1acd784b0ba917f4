//! Log records in which is set what came with a release or went with one, each with as little else as
//! can be; and documents of the epochs of a partition. Nobody needs to write them so: what leaders
//! write by themselves are the other [samples](super::samples).

use serde_json::{Value as Json, json};

use super::samples::{ID, INGRESS, Sample, effect, entry, sample_table};
use crate::fabric::catalogue::MessageType;
use crate::fabric::codec::json::from_json;
use crate::fabric::log_records::context;
use crate::fabric::log_records::epoch::EpochMetadata;
use crate::fabric::release::Release;
use crate::suite::samples;

/// Blobs of commands, in the bytes of 1.7.6 (09 §3.3): a rule for one tenant that is switched off.
const RULES: &str = "051b040105170a74656e616e742d312f2a0b0401100104f6cec09fa133";
/// An invocation that is paused by a request.
const PAUSE: &str = "0526696e765f3130474a667930474750495a367a6139596239574452666e4e416a6157307466335\
                     00516011400df9bf4e0b1c295cb0004d78cd6a4b9d1dfb75f";
/// A queue that goes on.
const QUEUES: &str = "051b01190000000000000007108e35c2cd3bf6641bdb0e2050b76932cb";

const REQUEST: &str = "01K1D1PB1X9SFP0WC2JEJBBHPQ";

fn blob(digits: &str) -> Json {
    json!(hex::decode(digits).unwrap_or_default())
}

/// To whom the result of an operator's command goes.
fn sink() -> Json {
    json!({"Ingress": {"request_id": REQUEST}})
}

fn service() -> Json {
    json!({"Service": {"name": "greeter", "handler": "greet", "scope": "tenant"}})
}

fn object() -> Json {
    json!({"VirtualObject": {"name": "counter", "key": "k", "handler": "add", "scope": "tenant"}})
}

fn workflow() -> Json {
    json!({"Workflow": {"name": "signup", "key": "k", "handler": "run", "scope": "tenant"}})
}

fn invocation(target: Json) -> Json {
    let retention = json!({"secs": 60, "nanos": 0});
    json!({"Invoke": {"invocation_id": ID, "invocation_target": target, "limit_key": "tier",
        "journal_retention_duration": retention, "restate_version": "1.7.6"}})
}

fn call() -> Json {
    let retention = json!({"secs": 60, "nanos": 0});
    let metadata = json!({"CallOrSend": {"completion_retention_duration": retention,
        "journal_retention_duration": retention}});
    json!({"Command": {"ty": "Call", "command_specific_metadata": metadata}})
}

/// A result that is called for by an invocation in some epoch.
fn caller(epoch: u32) -> Json {
    json!({"PartitionProcessor": {"caller": ID, "entry_index": 1,
        "caller_invocation_epoch": epoch}})
}

/// What a schema brings, as a sample of the message has it.
fn schema(case: &str) -> Json {
    let samples = samples::samples(MessageType::MetadataUpdate);
    let sample = samples.into_iter().find(|sample| sample.case == case);
    let json = sample.zip(Release::lines().last()).and_then(|(sample, newest)| {
        let cx = context(newest);
        sample.message.fitted(cx).ok()?.to_json(cx).ok()
    });
    let schema = json.as_ref().and_then(|json| json.get("container")?.get("Schema"));
    json!({"UpsertSchema": {"schema": schema}})
}

fn replicas() -> Json {
    json!({"version": 3, "replica_set": [1, 2], "replication": "{node: 2}"})
}

/// All of them.
#[rustfmt::skip]
pub(super) fn details() -> &'static [Sample] {
    sample_table! {
        INGRESS, "1.7", json!({"Invoke": {"invocation_id": ID}});
        "announce-replicas", "1.7", json!({"AnnounceLeader": {"current_config": replicas(), "next_config": {"version": 4, "replica_set": [3]}}});
        "patch-state-scope", "1.7", json!({"PatchState": {"service_id": {"service_name": "counter", "key": "k", "scope": "tenant"}}});
        "terminate-sink", "1.7", json!({"TerminateInvocation": {"invocation_id": ID, "flavor": "Kill", "response_sink": sink()}});
        "purge-sink", "1.7", json!({"PurgeInvocation": {"invocation_id": ID, "response_sink": sink()}});
        "invoke-service", "1.7", invocation(service());
        "invoke-object", "1.7", invocation(object());
        "invoke-workflow", "1.7", invocation(workflow());
        "invoke-no-retention", "1.3", json!({"Invoke": {"invocation_id": ID, "completion_retention_duration": null}});
        "invoke-restarted", "1.7", json!({"Invoke": {"invocation_id": ID, "source": {"RestartAsNew": ID}}});
        "invoke-epoch", "1.5", json!({"Invoke": {"invocation_id": ID, "response_sink": caller(3)}});
        "attach-workflow", "1.7", json!({"AttachInvocation": {"invocation_query": {"Workflow": {"service_name": "signup", "key": "k", "scope": "tenant"}}}});
        "attach-idempotent", "1.7", json!({"AttachInvocation": {"invocation_query": {"IdempotencyId": {"service_name": "greeter", "service_handler": "greet", "idempotency_key": "i", "scope": "tenant"}}}});
        "timer-epoch", "1.5", json!({"Timer": {"value": {"CompleteJournalEntry": [ID, 1, 3]}}});
        "response-epoch", "1.5", json!({"InvocationResponse": {"id": ID, "caller_invocation_epoch": 3, "result": {"Success": []}}});
        "response-metadata", "1.7", json!({"InvocationResponse": {"id": ID, "result": {"Failure": {"code": 409, "message": "no", "metadata": {"k": "v"}}}}});
        "output-epoch", "1.5", json!({"NotifyGetInvocationOutputResponse": {"caller_id": ID, "caller_invocation_epoch": 3}});
        "signal-metadata", "1.7", json!({"NotifySignal": {"invocation_id": ID, "signal": {"id": {"Index": 1}, "result": {"Failure": {"code": 409, "message": "no", "metadata": [{"key": "k", "value": "v"}]}}}}});
        "resume-details", "1.7", json!({"ResumeInvocation": {"invocation_id": ID, "update_deployment_id": "PinToLatest", "run_at": 7}});
        "schema-auth", "1.7", schema("schema-auth");
        "schema-limits", "1.7", schema("schema-limits");
        "schema-kafka-cluster", "1.7", schema("schema-kafka-cluster");
        "effect-epoch", "1.5", json!({"InvokerEffect": {"invocation_id": ID, "invocation_epoch": 3, "kind": "End"}});
        "effect-v2-retention", "1.7", entry(call());
        "effect-v2-raw", "1.5", effect(json!({"JournalEntryV2": {"entry": null, "raw_entry": call()}}));
        "effect-v2-twice", "1.5", effect(json!({"JournalEntryV2": {"entry": {"header": {"append_time": 1}, "inner": call()}, "raw_entry": call()}}));
        "effect-v2-event-unknown", "1.4", entry(json!({"Event": {"ty": "Unknown"}}));
        "effect-v2-event-lifecycle", "1.3", entry(json!({"Event": {"ty": "Lifecycle"}}));
        "rule-book-rules", "1.7", json!({"UpsertRuleBook": {"partition_key_range": {"start": 0, "end": u64::MAX}, "command": blob(RULES)}});
        "pause-request", "1.7", json!({"PauseInvocation": blob(PAUSE)});
        "vq-resume-one", "1.7", json!({"VQueuesResume": blob(QUEUES)});
        "effect-v2-event-other", "1.3", entry(json!({"Event": {"ty": {"Other": "x"}}}));
    }
}

/// Documents of the epochs of a partition: as a claim writes it, with all that operators may want, and
/// without a leader.
pub fn epochs() -> Vec<EpochMetadata> {
    let Some(newest) = Release::lines().last() else { return Vec::new() };
    let leader = json!({"partition_id": 3, "node_id": [2, 5]});
    let freeze = json!({"freeze": {"reason": "maintenance"}});
    let documents = [
        json!({"version": 7, "leader_metadata": leader, "epoch": 6, "current": replicas()}),
        json!({"version": 7, "leader_metadata": leader, "epoch": 6, "current": replicas(),
            "next": replicas(), "placement_policy": freeze,
            "leadership_policy": {"freeze": {"reason": "maintenance"}, "affinity": {"Node": 2}}}),
        json!({"version": 7, "leader_metadata": null, "epoch": 7, "current": replicas()}),
    ];
    let read = |document: &Json| from_json(document, context(newest)).ok();
    documents.iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fabric::log_records::blobs::Content;

    #[test]
    fn what_is_in_blobs_is_read() {
        let release: Release = "1.7".parse().unwrap();
        let content = |case: &str| {
            let sample = details().iter().find(|sample| sample.case == case).unwrap();
            let record = sample.written_by(release).unwrap();
            let content = Content::of(&record.command, context(release)).unwrap().unwrap();
            content.to_json(context(release)).unwrap()
        };
        let rules = content("rule-book-rules");
        assert_eq!(rules["rule_book"]["rules"][0][0], json!("tenant-1/*"));
        assert_eq!(rules["rule_book"]["rules"][0][1]["disabled"], json!(true));
        assert_eq!(content("pause-request")["invocation_id"], json!(ID));
        assert!(!content("pause-request")["request_id"].is_null());
        assert_eq!(content("vq-resume-one")["queues"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn every_one_is_a_value_of_the_release_that_has_it() {
        for sample in details() {
            let native: Release = sample.native.parse().unwrap();
            assert!(sample.written_by(native).is_some(), "{}", sample.case);
        }
        assert_eq!(epochs().len(), 3);
    }
}
