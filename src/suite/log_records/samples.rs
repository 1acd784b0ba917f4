//! Log records as samples: one of each command, of each effect, and of what makes a difference in a
//! header. What is set inside of them stands in [`super::details`].

use serde_json::{Value as Json, json};

use super::details::details;
use crate::fabric::gates::rule;
use crate::fabric::log_records::LogRecord;
use crate::fabric::log_records::header::{Source, SourceIngress, SourceProcessor};
use crate::fabric::log_records::optional::SourceDetail;
use crate::fabric::messages::ids::{
    GenerationalNodeId, LeaderEpoch, PartitionId, PartitionKey, PlainNodeId, Version,
};
use crate::fabric::release::Release;

/// A value, and a release that has all of it.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// What it is called.
    pub case: &'static str,
    /// A release that can say it.
    pub(super) native: &'static str,
    pub(super) command: fn() -> Json,
}

pub(super) const ID: &str = "inv_10GJfy0GGPIZ6za9Yb9WDRfnNAjaW0tf3P";

impl Sample {
    /// The record as the release that can say it has it, from the leader of another release.
    pub fn headed_by(&self, writer: Release) -> Option<LogRecord> {
        let native: Release = self.native.parse().ok()?;
        let record = json!({"header": header(self.case), "command": (self.command)()});
        let mut record = LogRecord::from_json(&record, native).ok()?;
        record.header.source = if self.case == INGRESS { ingress(writer) } else { source(writer) };
        Some(record)
    }

    /// The record as a release writes it; none if the release has no form for it.
    pub fn written_by(&self, writer: Release) -> Option<LogRecord> {
        self.headed_by(writer)?.fitted(writer).ok()
    }
}

/// Those that leaders write as they are, and those with more set in them.
pub fn all() -> impl Iterator<Item = &'static Sample> {
    samples().iter().chain(details())
}

/// The sample with a name.
pub fn sample(case: &str) -> Option<&'static Sample> {
    samples().iter().find(|sample| sample.case == case)
}

/// The case that is about the producer in its header.
const PRODUCER: &str = "dedup-producer";

/// The case that is about who writes it: consumers of events do.
pub(super) const INGRESS: &str = "ingress";
/// The cases that are about the header of a record.
pub const IS_ABOUT_HEADERS: [&str; 2] = ["truncate", INGRESS];

/// The ingress of events as a release writes it.
fn ingress(writer: Release) -> Source {
    let has_node = rule!("SourceIngress.node_id", writer);
    Source::Ingress(SourceIngress {
        node_id: SourceDetail(
            has_node.then_some(GenerationalNodeId { id: PlainNodeId(1), generation: 2 }),
        ),
        nodes_config_version: SourceDetail(has_node.then_some(Version(3))),
    })
}

/// A leader as a release writes it.
fn source(writer: Release) -> Source {
    let has_node = rule!("SourceProcessor.node_id", writer);
    Source::Processor(SourceProcessor {
        partition_id: SourceDetail(has_node.then_some(PartitionId(3))),
        partition_key: Some(PartitionKey(7)),
        leader_epoch: LeaderEpoch(5),
        node_id: SourceDetail(has_node.then_some(PlainNodeId(1))),
        generational_node_id: has_node
            .then_some(GenerationalNodeId { id: PlainNodeId(1), generation: 2 }),
    })
}

/// A header, but for who writes it.
fn header(case: &str) -> Json {
    let dedup = if case == PRODUCER {
        json!({"producer_id": {"Producer": {"h": 1, "l": 2}}, "sequence_number": {"Sn": 3}})
    } else {
        json!({"producer_id": {"Other": "SELF"},
            "sequence_number": {"Esn": {"leader_epoch": 5, "sequence_number": 9}}})
    };
    let dest = json!({"Processor": {"partition_key": 7, "dedup": dedup}});
    json!({"source": {"Processor": {"leader_epoch": 5}}, "dest": dest})
}

pub(super) fn effect(kind: Json) -> Json {
    json!({"InvokerEffect": {"invocation_id": ID, "kind": kind}})
}

/// An entry of a journal of the second kind.
pub(super) fn entry(inner: Json) -> Json {
    effect(json!({"JournalEntryV2": {"entry": {"header": {"append_time": 1}, "inner": inner}}}))
}

fn call() -> Json {
    let retention = json!({"secs": 60, "nanos": 0});
    let metadata = json!({"CallOrSend": {"completion_retention_duration": retention}});
    json!({"Command": {"ty": "Call", "command_specific_metadata": metadata}})
}

fn barrier(version: &str, features: Json) -> Json {
    let keys = json!({"RangeInclusive": {"start": 0, "end": u64::MAX}});
    json!({"VersionBarrier": {"version": version, "human_reason": "as it is",
        "partition_key_range": keys, "feature_changes": features}})
}

fn invocation(state: &str) -> Json {
    json!({"invocation_id": ID,
        "span_context": {"span_context": {"trace_state": state}}})
}

/// The blob of a command that pauses an invocation.
fn pause() -> Vec<u8> {
    [&[5, 38], ID.as_bytes()].concat()
}

macro_rules! sample_table {
    ($($case:expr, $native:literal, $command:expr;)*) => {
        &[$(Sample { case: $case, native: $native, command: || $command },)*]
    };
}
pub(super) use sample_table;

/// All of them.
#[rustfmt::skip]
pub fn samples() -> &'static [Sample] {
    sample_table! {
        "announce", "1.7", json!({"AnnounceLeader": {"epoch_version": 4}});
        "patch-state", "1.7", json!({"PatchState": {"service_id": {"service_name": "counter", "key": "k"}, "state": [[[1], [2]]]}});
        "terminate", "1.7", json!({"TerminateInvocation": {"invocation_id": ID, "flavor": "Cancel"}});
        "purge", "1.7", json!({"PurgeInvocation": {"invocation_id": ID}});
        "purge-journal", "1.7", json!({"PurgeJournal": {"invocation_id": ID}});
        "invoke", "1.7", json!({"Invoke": invocation("")});
        "invoke-trace-state", "1.7", json!({"Invoke": invocation("no list")});
        "proxy", "1.7", json!({"ProxyThrough": invocation("")});
        "truncate", "1.7", json!({"TruncateOutbox": 11});
        "dedup-producer", "1.7", json!({"TruncateOutbox": 11});
        "attach", "1.7", json!({"AttachInvocation": {"invocation_query": {"Invocation": ID}}});
        "timer", "1.7", json!({"Timer": {"value": {"NeoInvoke": ID}}});
        "schedule-timer", "1.7", json!({"ScheduleTimer": {"value": {"CleanInvocationStatus": ID}}});
        "response", "1.7", json!({"InvocationResponse": {"id": ID, "result": {"Success": [1]}}});
        "output", "1.7", json!({"NotifyGetInvocationOutputResponse": {"caller_id": ID}});
        "signal", "1.7", json!({"NotifySignal": {"invocation_id": ID, "signal": {"id": {"Index": 1}, "result": "Void"}}});
        "barrier-default", "1.7", barrier("1.6.0-dev", json!([1]));
        "barrier-vqueues", "1.7", barrier("1.7.0-dev", json!([2]));
        "barrier-skip-completed", "1.7", barrier("1.7.5-dev", json!([4]));
        "barrier-unique-seeds", "1.7", barrier("1.7.0-dev", json!([3]));
        "durability", "1.7", json!({"UpdatePartitionDurability": {"partition_id": 3}});
        "resume", "1.7", json!({"ResumeInvocation": {"invocation_id": ID}});
        "restart", "1.7", json!({"RestartAsNewInvocation": {"invocation_id": ID}});
        "schema", "1.7", json!({"UpsertSchema": {"schema": {"deployments_v2": [], "version": 2, "subscriptions": []}}});
        "vq-waiting", "1.6", json!({"VQWaitingToRunning": []});
        "vq-yield", "1.6", json!({"VQYieldRunning": []});
        "rule-book", "1.7", json!({"UpsertRuleBook": {"partition_key_range": {"start": 0, "end": u64::MAX}}});
        "pause", "1.7", json!({"PauseInvocation": pause()});
        "vq-decisions", "1.7", json!({"VQSchedulerDecisions": []});
        "vq-pause", "1.7", json!({"VQueuesPause": []});
        "vq-resume", "1.7", json!({"VQueuesResume": []});
        "effect-pinned", "1.7", effect(json!({"PinnedDeployment": {"service_protocol_version": "V5"}}));
        "effect-pinned-v6", "1.7", effect(json!({"PinnedDeployment": {"service_protocol_version": "V6"}}));
        "effect-pinned-v7", "1.7", effect(json!({"PinnedDeployment": {"service_protocol_version": "V7"}}));
        "effect-entry", "1.7", effect(json!({"JournalEntry": {"entry": {"header": {"Call": {"is_completed": false}}}}}));
        "effect-suspended", "1.7", effect(json!({"Suspended": {"waiting_for_completed_entries": [1]}}));
        "effect-v2-call", "1.7", entry(call());
        "effect-v2-notification", "1.7", entry(json!({"Notification": {"ty": "Signal", "id": {"SignalIndex": 1}, "result": "Void"}}));
        "effect-v2-event", "1.4", entry(json!({"Event": {"ty": "TransientError"}}));
        "effect-raw-call", "1.7", effect(json!({"JournalEntryV2RawEntry": {"raw_entry": call()}}));
        "effect-suspended-v2", "1.7", effect(json!({"SuspendedV2": {"waiting_for_notifications": [{"CompletionId": 1}]}}));
        "effect-suspended-v3", "1.7", effect(json!({"SuspendedV3": {"awaiting_on": {"AllCompleted": [{"Single": {"CompletionId": 1}}]}}}));
        "effect-event", "1.7", effect(json!({"JournalEvent": {"event": {"ty": "TransientError"}}}));
        "effect-event-suspended", "1.7", effect(json!({"JournalEvent": {"event": {"ty": "Suspended"}}}));
        "effect-paused", "1.7", effect(json!({"Paused": {"paused_event": {"ty": "Paused"}}}));
        "effect-yield", "1.7", effect(json!({"Yield": {"reason": {"reason": "PartitionLeaderChange"}}}));
        "effect-end", "1.7", effect(json!("End"));
        "effect-failed", "1.7", effect(json!({"Failed": {"code": 500, "message": "boom"}}));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fabric::codec::json::to_tape;
    use crate::fabric::log_records::context;

    #[test]
    fn both_json_forms_of_a_record_are_the_same_text() {
        for writer in Release::lines() {
            for (case, record) in all().filter_map(|it| Some((it.case, it.written_by(writer)?))) {
                let tape = to_tape(&record, context(writer)).unwrap().to_string();
                let json = record.to_json(writer).unwrap().to_string();
                assert_eq!(tape, json, "{writer} {case}");
            }
        }
    }
}
