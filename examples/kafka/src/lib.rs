//! Kafka, as the crate `kafka-protocol` speaks it in three of its releases: all messages and versions.

use std::fmt::Display;
use std::sync::{Arc, LazyLock};

use bytes::{Bytes, BytesMut};
use serde_json::Value as Json;
use skewproof_harness::border::{Allowance, At, Evolve, Message, Node, Protocol, Tomorrow, shown};

/// A value of any message: its bytes at one version, and what a release makes of them. Each release has
/// types of its own: bytes are all that they have in common.
#[derive(Debug, Clone)]
pub struct Value {
    pub version: i16,
    pub bytes: Bytes,
    pub shown: Json,
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.shown == other.shown
    }
}

/// A message: the number of the call that it is of, and which way it goes.
#[derive(Debug, Clone, Copy)]
struct Call {
    api: i16,
    is_request: bool,
}

/// What a release reads at one version, and writes of it at another, if that is asked for.
type Carry = fn(Call, (i16, &Bytes), Option<i16>) -> Result<(Json, Bytes), String>;

fn words(error: impl Display) -> String {
    format!("{error:#}")
}

macro_rules! release {
    ($name:ident, $kafka:ident, $version:literal) => {
        mod $name {
            use bytes::{Bytes, BytesMut};
            use $kafka::messages::{ApiKey, RequestKind, ResponseKind};

            use super::{Call, Json, Release, shown, words};

            pub const RELEASE: Release = Release { name: $version, versions, carry, has_tags };

            fn versions(api: i16) -> Vec<i32> {
                let range = ApiKey::try_from(api).map(|key| key.valid_versions());
                range.map(|it| (it.min..=it.max).map(i32::from).collect()).unwrap_or_default()
            }

            /// The answer has them where the question has.
            fn has_tags(call: Call, version: i16) -> bool {
                ApiKey::try_from(call.api).is_ok_and(|key| key.request_header_version(version) > 1)
            }

            fn carry(
                call: Call,
                (from, bytes): (i16, &Bytes),
                to: Option<i16>,
            ) -> Result<(Json, Bytes), String> {
                let key = ApiKey::try_from(call.api).map_err(|_| "no such call".to_owned())?;
                let (mut bytes, mut written) = (bytes.clone(), BytesMut::new());
                let shown = if call.is_request {
                    let read = RequestKind::decode(key, &mut bytes, from).map_err(words)?;
                    to.map_or(Ok(()), |to| read.encode(&mut written, to)).map_err(words)?;
                    shown(&read)
                } else {
                    let read = ResponseKind::decode(key, &mut bytes, from).map_err(words)?;
                    to.map_or(Ok(()), |to| read.encode(&mut written, to)).map_err(words)?;
                    shown(&read)
                };
                Ok((shown, written.freeze()))
            }
        }
    };
}

release!(r14, kafka_0_14, "0.14");
release!(r17, kafka_0_17, "0.17");
release!(r18, kafka_0_18, "0.18");

/// The bytes of a message in which nothing is said, written by a release that has these calls.
macro_rules! defaults {
    ($kafka:ident: $($name:ident)*) => {
        |name: &str, is_request: bool, version: i16| {
            use $kafka::messages::{RequestKind, ResponseKind};
            let mut written = BytesMut::new();
            let result = match (name, is_request) {
                $((stringify!($name), true) => {
                    RequestKind::$name(Default::default()).encode(&mut written, version)
                })*
                $((stringify!($name), false) => {
                    ResponseKind::$name(Default::default()).encode(&mut written, version)
                })*
                _ => return None,
            };
            result.ok().map(|()| written.freeze())
        }
    };
}

type Defaults = fn(&str, bool, i16) -> Option<Bytes>;
const OLDEST: Defaults = defaults!(kafka_0_14: LeaderAndIsr StopReplica UpdateMetadata
    ControlledShutdown ListClientMetricsResources);
const NEWEST: Defaults = defaults!(kafka_0_18:
    Produce Fetch ListOffsets Metadata OffsetCommit OffsetFetch FindCoordinator JoinGroup
    Heartbeat LeaveGroup SyncGroup DescribeGroups ListGroups SaslHandshake ApiVersions
    CreateTopics DeleteTopics DeleteRecords InitProducerId OffsetForLeaderEpoch
    AddPartitionsToTxn AddOffsetsToTxn EndTxn WriteTxnMarkers TxnOffsetCommit DescribeAcls
    CreateAcls DeleteAcls DescribeConfigs AlterConfigs AlterReplicaLogDirs DescribeLogDirs
    SaslAuthenticate CreatePartitions CreateDelegationToken RenewDelegationToken
    ExpireDelegationToken DescribeDelegationToken DeleteGroups ElectLeaders
    IncrementalAlterConfigs AlterPartitionReassignments ListPartitionReassignments OffsetDelete
    DescribeClientQuotas AlterClientQuotas DescribeUserScramCredentials
    AlterUserScramCredentials Vote BeginQuorumEpoch EndQuorumEpoch DescribeQuorum AlterPartition
    UpdateFeatures Envelope FetchSnapshot DescribeCluster DescribeProducers BrokerRegistration
    BrokerHeartbeat UnregisterBroker DescribeTransactions ListTransactions AllocateProducerIds
    ConsumerGroupHeartbeat ConsumerGroupDescribe ControllerRegistration
    GetTelemetrySubscriptions PushTelemetry AssignReplicasToDirs ListConfigResources
    DescribeTopicPartitions ShareGroupHeartbeat ShareGroupDescribe ShareFetch ShareAcknowledge
    AddRaftVoter RemoveRaftVoter UpdateRaftVoter InitializeShareGroupState ReadShareGroupState
    WriteShareGroupState DeleteShareGroupState ReadShareGroupStateSummary
    DescribeShareGroupOffsets AlterShareGroupOffsets DeleteShareGroupOffsets);

/// A release of the crate.
struct Release {
    name: &'static str,
    versions: fn(i16) -> Vec<i32>,
    carry: Carry,
    /// Whether a message has tagged fields at a version.
    has_tags: fn(Call, i16) -> bool,
}

impl Release {
    fn read(&self, at: At<'_>, bytes: &Bytes) -> Result<Value, String> {
        let version = i16::try_from(at.version).map_err(words)?;
        let call = call(at.message).ok_or("no such message")?;
        let (shown, _) = (self.carry)(call, (version, bytes), None)?;
        Ok(Value { version, bytes: bytes.clone(), shown })
    }
}

impl Node<Value> for Release {
    fn name(&self) -> &str {
        self.name
    }

    fn versions(&self, message: &str) -> Vec<i32> {
        call(message).map(|call| (self.versions)(call.api)).unwrap_or_default()
    }

    fn encode(&self, at: At<'_>, value: &Value) -> Result<Bytes, String> {
        let version = i16::try_from(at.version).map_err(words)?;
        let call = call(at.message).ok_or("no such message")?;
        Ok((self.carry)(call, (value.version, &value.bytes), Some(version))?.1)
    }

    fn decode(&self, at: At<'_>, bytes: &Bytes) -> Result<Value, String> {
        self.read(at, bytes)
    }

    fn show(&self, _: At<'_>, value: &Value) -> Json {
        value.shown.clone()
    }

    /// A value as this release reads it; none if it does not.
    fn hold(&self, at: At<'_>, value: &Value) -> Option<Value> {
        self.read(At { version: value.version.into(), ..at }, &value.bytes).ok()
    }

    fn evolve(&self) -> Option<&dyn Evolve> {
        Some(self)
    }

    fn is_carried(&self, at: At<'_>, value: &Value) -> bool {
        !self.encode(at, value).is_err_and(|words| words.contains("not available"))
    }

    /// A field of another version has its default: -1 for many numbers. No list is another thing than an
    /// empty one.
    fn is_absent(&self, part: &Json) -> bool {
        match part {
            Json::Null | Json::Bool(false) => true,
            Json::Number(number) => number.as_i64().is_some_and(|it| it == 0 || it == -1),
            Json::String(text) => text.is_empty(),
            Json::Array(_) | Json::Bool(true) => false,
            Json::Object(fields) => fields.values().all(|field| self.is_absent(field)),
        }
    }
}

/// Messages by name, with their calls.
static CALLS: LazyLock<Vec<(&'static str, Call)>> = LazyLock::new(|| {
    let old = kafka_0_14::messages::ApiKey::iter().map(|key| (key as i16, format!("{key:?}")));
    let new = kafka_0_18::messages::ApiKey::iter().map(|key| (key as i16, format!("{key:?}")));
    let both = |(api, name): (i16, String)| {
        [("Request", true), ("Response", false)].map(|(end, is_request)| {
            let name = format!("{}{end}", name.trim_end_matches("Key"));
            (&*Box::leak(name.into_boxed_str()), Call { api, is_request })
        })
    };
    // Of a call that has another name now, the new one is first.
    let mut all: Vec<(&'static str, Call)> = new.chain(old).flat_map(both).collect();
    all.sort_by_key(|(_, call)| (call.api, !call.is_request));
    all.dedup_by_key(|(_, call)| (call.api, call.is_request));
    all
});

fn call(message: &str) -> Option<Call> {
    CALLS.iter().find_map(|(name, call)| (*name == message).then_some(*call))
}

/// Behind the fields of a message that has tagged ones there may be one more some day.
impl Evolve for Release {
    fn evolve(&self, at: At<'_>, bytes: &Bytes) -> Vec<Tomorrow> {
        let known = call(at.message).zip(i16::try_from(at.version).ok());
        let known = known.filter(|(call, version)| (self.has_tags)(*call, *version));
        let Some((0, before)) = known.and(bytes.split_last()) else { return Vec::new() };
        vec![Tomorrow::new("an unknown tag", [before, &[1, 99, 1, 7]].concat().into()).skipped()]
    }
}

const OLD: &str = "a list or a flag that 0.14 does not know";

/// What 0.14 does not know of messages that it reads: versions that it does not have carry it.
const LOSSES: [Allowance; 7] = [
    Allowance::new("*", "allow_replication_factor_change", OLD),
    Allowance::new("*", "config_resources", OLD),
    Allowance::new("*", "leader_endpoints", OLD),
    Allowance::new("*", "node_endpoints", OLD),
    Allowance::new("*", "nodes", OLD),
    Allowance::new("*", "resource_types", OLD),
    Allowance::new("*", "client_metrics_resources", "since 0.17 it is called config_resources"),
];

/// The protocol.
pub struct Kafka;

impl Protocol for Kafka {
    type Value = Value;

    skewproof_harness::border!(Kafka);

    fn name(&self) -> &'static str {
        "skewproof-kafka"
    }

    fn release(&self) -> Option<&'static str> {
        Some(env!("CARGO_PKG_VERSION"))
    }

    fn version(number: i32) -> String {
        format!("v{number}")
    }

    fn nodes(&self) -> Vec<Arc<dyn Node<Value>>> {
        let node = |release| -> Arc<dyn Node<Value>> { Arc::new(release) };
        [r14::RELEASE, r17::RELEASE, r18::RELEASE].map(node).into()
    }

    /// All messages with what they are if nothing is said, at the newest version that all who know the
    /// message have.
    fn messages(&self) -> Vec<Message<Value>> {
        let nodes = self.nodes();
        let message = |(name, of): &(&'static str, Call)| {
            let newest = nodes.iter().filter_map(|node| node.versions(name).last().copied()).min();
            let version = newest.and_then(|it| i16::try_from(it).ok()).unwrap_or_default();
            let bare = name.trim_end_matches("Request").trim_end_matches("Response");
            let of = |release: Defaults| release(bare, of.is_request, version);
            let bytes = of(NEWEST).or_else(|| of(OLDEST));
            let sample = |bytes| ("default", Value { version, bytes, shown: Json::Null });
            Message::new(name, bytes.map(sample))
        };
        CALLS.iter().map(message).collect()
    }

    /// What every client sends and is answered first, at every version.
    fn is_pinned(&self, at: At<'_>) -> bool {
        ["ApiVersions", "Produce"].iter().any(|call| at.message.starts_with(call))
    }

    fn losses(&self) -> &'static [Allowance] {
        &LOSSES
    }

    fn expected(&self) -> &'static str {
        include_str!("../expected.toml")
    }
}
