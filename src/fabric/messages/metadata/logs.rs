//! The logs and the segments that they are made of (03 §8).

use super::replication::ReplicationText;
use crate::fabric::codec::describe::prelude::*;
use crate::fabric::codec::flex::Opaque;
use crate::fabric::messages::ids::{LogId, Lsn, MillisSinceEpoch, SegmentIndex, Version};

record! {
    /// All logs.
    pub struct Logs {
        version: Version,
        logs: PairMap<LogId, Chain>,
        config: LogsConfiguration,
        /// Left out of the specification (03 §9).
        modified_at: Option<Opaque>,
    }
}

record! {
    /// One log: segments by their first position, oldest first.
    pub struct Chain {
        /// Removed by a patch release (04 R39).
        state: LogState [default_if_missing()],
        chain: Vec<(Lsn, Segment)>,
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
        /// JSON text, for a replicated segment.
        params: String,
        index: SegmentIndex,
        created_at: Option<MillisSinceEpoch>,
    }
}

one_of! {
    /// Who keeps a segment.
    pub enum LogletKind {
        Local [named("local")],
        Replicated [named("replicated")],
        InMemory [named("in-memory")],
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

record! {
    /// How new replicated segments are replicated.
    pub struct ReplicatedProvider {
        replication_property: ReplicationText,
        target_nodeset_size: u32,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fabric::codec::json::{from_json, to_json};
    use crate::fabric::messages::tests::context;

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
}
