//! The logs and the segments that they are made of (03 §8; 07 §2, §3.2).

use super::params::Params;
use super::present::Present;
use super::replication::{ReplicationProperty, ReplicationText};
use crate::codec::describe::prelude::*;
use crate::gates;
use crate::messages::ids::{HybridTime, LogId, Lsn, SegmentIndex, Version};

record! {
    /// All logs.
    pub struct Logs {
        version: Version,
        logs: PairMap<LogId, Chain>,
        config: Present<LogsConfiguration>,
        modified_at: Option<HybridTime>,
    }
}

impl Logs {
    /// Where the configuration is missing, it is the release's own, but always the same one as soon
    /// as a segment is replicated (07 §3.2).
    fn settled<'a, N: Node<'a>>(self, _: N, cx: Context) -> Result<Self, Fault> {
        let of_release = || {
            let mut segments = self.logs.values().flat_map(|chain| chain.chain.values());
            let is_replicated = segments.any(|segment| segment.kind == LogletKind::Replicated);
            LogsConfiguration { default_provider: DefaultProvider::missing(is_replicated, cx) }
        };
        Ok(Self { config: self.config.clone().or_else(of_release), ..self })
    }
}

record! {
    /// One log: segments by their first position, oldest first.
    pub struct Chain {
        /// Removed by a patch release (04 R39).
        state: LogState [default_if_missing()],
        chain: PairMap<Lsn, Segment>,
    }
}

one_of! {
    /// Whether a log takes records.
    pub enum LogState {
        Open,
        Sealed(SealedLog),
    }
}

record! {
    /// Where a sealed log ends.
    pub struct SealedLog [variant()] {
        tail_lsn: Lsn,
    }
}

record! {
    /// One segment of a log.
    pub struct Segment {
        kind: LogletKind,
        params: Params,
        index: SegmentIndex [default_if_missing()],
        created_at: Option<HybridTime>,
    }
}

impl Segment {
    /// The parameters of a replicated segment are looked at, those of others are not (07 §6).
    fn settled<'a, N: Node<'a>>(self, node: N, _: Context) -> Result<Self, Fault> {
        if self.kind == LogletKind::Replicated && !self.params.are_of_replicated() {
            let expected = "the parameters of a replicated segment";
            let found = FaultKind::excerpt(&self.params.0);
            return Err(node.fault(FaultKind::Malformed { expected, found }).in_field("params"));
        }
        Ok(self)
    }
}

one_of! {
    /// Who keeps a segment.
    pub enum LogletKind {
        Local [named("local")],
        Replicated [named("replicated")],
        InMemory [named("in-memory")],
        /// Nobody: it is where a log ends (07 §2).
        Sealed [named("sealed")],
    }
}

record! {
    /// What new segments are like.
    pub struct LogsConfiguration {
        default_provider: DefaultProvider,
    }
}

one_of! {
    /// Who keeps new segments.
    pub enum DefaultProvider {
        Local [named("local")],
        InMemory [named("in-memory")],
        Replicated(ReplicatedProvider) [named("replicated")],
    }
}

impl DefaultProvider {
    /// What a release takes where nothing is said.
    fn missing(is_replicated: bool, cx: Context) -> Self {
        let gate = const { gates::gate("default_provider.replicated_when_missing") };
        let is_replicated_by_default = gate.is_open(cx.release);
        let (nodes, size) = match is_replicated {
            true => (2, 0),
            false if is_replicated_by_default => (1, 1),
            false => return Self::Local,
        };
        Self::Replicated(ReplicatedProvider {
            replication_property: ReplicationText(ReplicationProperty::nodes(nodes)),
            target_nodeset_size: NodesetSize(size),
        })
    }
}

record! {
    /// How new replicated segments are replicated.
    pub struct ReplicatedProvider {
        replication_property: ReplicationText,
        target_nodeset_size: NodesetSize,
    }
}

/// On how many nodes a segment may be; 0 leaves it to the servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct NodesetSize(pub u8);

impl NodesetSize {
    /// The most nodes that a segment may be on (07 §6).
    pub const MAX: Self = Self(128);
}

impl Tree for NodesetSize {
    const SHAPE: Shape = Shape::Uint(u16::BITS);

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        if *self > Self::MAX {
            sink.refuse(Unfit::new("ReplicatedProvider", "target_nodeset_size"));
        }
        self.0.write(sink, cx);
    }

    fn read<'a, N: Node<'a>>(node: N, _: Context) -> Result<Self, Fault> {
        let size = u8::try_from(node.uint()?).ok().map(Self).filter(|size| *size <= Self::MAX);
        size.ok_or_else(|| node.fault(FaultKind::OutOfRange { what: "a nodeset of 128" }))
    }

    fn fit(&mut self, _: Context) -> Result<(), Unfit> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::codec::json::{from_json, to_json};
    use crate::messages::tests::context;

    #[test]
    fn the_state_of_a_chain_went_with_a_patch_release() {
        for (release, has_state) in [
            ("1.2.3", false),
            ("1.3.0", true),
            ("1.3.2", true),
            ("1.4.2", true),
            ("1.4.3", false),
            ("1.7.6", false),
        ] {
            let json = to_json(&Chain::default(), context(release)).unwrap();
            assert_eq!(json.get("state").is_some(), has_state, "{release}");
        }
        let json = json!({"Sealed": {"tail_lsn": 9}});
        let state: LogState = from_json(&json, context("1.3")).unwrap();
        assert_eq!(state, LogState::Sealed(SealedLog { tail_lsn: Lsn(9) }));
    }

    #[test]
    fn the_replication_of_a_provider_is_always_text() {
        let json = json!({"replicated": {
            "replication_property": "{node: 2}", "target_nodeset_size": 3}});
        for release in ["1.2", "1.7"] {
            let provider: DefaultProvider = from_json(&json, context(release)).unwrap();
            assert_eq!(to_json(&provider, context(release)).unwrap(), json, "{release}");
        }
    }

    #[test]
    fn times_came_with_1_6_and_are_always_written() {
        let logs = to_json(&Logs::default(), context("1.6")).unwrap();
        assert_eq!(logs.get("modified_at"), Some(&json!(null)));
        let segment = to_json(&Segment::default(), context("1.6")).unwrap();
        assert_eq!(segment.get("created_at"), Some(&json!(null)));
        let segment = to_json(&Segment::default(), context("1.5")).unwrap();
        assert_eq!(segment.get("created_at"), None);
    }

    fn logs_from(json: &serde_json::Value, release: &str) -> Result<Logs, Fault> {
        from_json(json, context(release))
    }

    #[test]
    fn a_seal_is_read_from_1_4_3_on_whatever_its_parameters() {
        for params in ["{\"sealed_at\":1754000000123,\"tail_ts\":null}", "", "no JSON"] {
            let json = json!({"version": 1, "logs": [[0, {"chain": [
                [1, {"kind": "local", "params": "1", "index": 0}],
                [9, {"kind": "sealed", "params": params, "index": 0}],
            ]}]]});
            for release in ["1.4.3", "1.4", "1.5", "1.6", "1.7"] {
                let logs = logs_from(&json, release).unwrap();
                let seal = logs.logs[&LogId(0)].chain.get(&Lsn(9)).unwrap();
                assert_eq!((&seal.kind, seal.params.0.as_str()), (&LogletKind::Sealed, params));
            }
            for release in ["1.2", "1.3", "1.4.0", "1.4.2"] {
                let fault = logs_from(&json, release).unwrap_err();
                assert!(matches!(fault.kind(), FaultKind::UnknownVariant { .. }), "{release}");
            }
        }
        assert!(from_json::<DefaultProvider>(&json!("sealed"), context("1.7")).is_err());
    }

    #[test]
    fn a_replicated_segment_has_its_parameters() {
        let json = |kind| json!({"kind": kind, "params": "{}", "index": 0});
        for release in ["1.2", "1.7"] {
            let fault = from_json::<Segment>(&json("replicated"), context(release)).unwrap_err();
            assert_eq!(fault.place().path(), "params");
            assert!(from_json::<Segment>(&json("local"), context(release)).is_ok());
        }
    }

    #[test]
    fn segments_in_memory_came_with_1_4() {
        for (release, is_known) in [("1.2", false), ("1.3", false), ("1.4.0", true), ("1.7", true)]
        {
            let cx = context(release);
            let read = from_json::<DefaultProvider>(&json!("in-memory"), cx);
            assert_eq!(read.is_ok(), is_known, "{release}");
            assert_eq!(from_json::<LogletKind>(&json!("in-memory"), cx).is_ok(), is_known);
        }
    }

    /// The table of 07 §3.2.
    #[test]
    fn a_missing_configuration_is_that_of_the_release() {
        let provider = |json: &serde_json::Value, release: &str| {
            let logs = logs_from(json, release).unwrap();
            to_json(&logs.config, context(release)).unwrap()["default_provider"].clone()
        };
        let replicated = |property: &str, size: u8| {
            json!({"replicated":
                {"replication_property": property, "target_nodeset_size": size}})
        };
        for json in [json!({"version": 1, "logs": []}), json!({"version": 1, "config": null})] {
            assert_eq!(provider(&json, "1.2"), json!("local"));
            assert_eq!(provider(&json, "1.3"), replicated("{node: 1}", 1));
            assert_eq!(provider(&json, "1.7"), replicated("{node: 1}", 1));
        }
        let params = "{\"loglet_id\":1,\"sequencer\":\"N1:1\",\"replication\":{},\"nodeset\":[]}";
        let json = json!({"version": 1, "logs": [[0, {"chain": [
            [1, {"kind": "replicated", "params": params}]]}]]});
        for release in ["1.2", "1.3", "1.7"] {
            assert_eq!(provider(&json, release), replicated("{node: 2}", 0), "{release}");
        }
    }

    #[test]
    fn nodesets_have_at_most_128_nodes() {
        let cx = context("1.7");
        for (size, is_read) in [(0, true), (128, true), (129, false), (65_536, false)] {
            assert_eq!(from_json::<NodesetSize>(&json!(size), cx).is_ok(), is_read, "{size}");
        }
    }

    #[test]
    fn times_are_numbers_of_the_hybrid_clock() {
        for release in ["1.6", "1.7"] {
            let read = |time| from_json::<Option<HybridTime>>(&json!(time), context(release));
            assert_eq!(read(u64::MAX).unwrap(), HybridTime::new(u64::MAX), "{release}");
            assert!(read(0).is_err());
        }
    }
}
