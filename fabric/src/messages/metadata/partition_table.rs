//! The partitions of the key space (03 §8; 07 §3.2, §6, §7).

use std::collections::BTreeMap;

use super::present::Present;
use super::replication::ReplicationProperty;
use crate::codec::describe::prelude::*;
use crate::codec::tree::Kind;
use crate::gates;
use crate::messages::ids::{KeyRange, LogId, PartitionId, PlainNodeId, Version};
use crate::panics::REVERSED_RANGE;

/// The partitions by their ids.
pub type Partitions = PairMap<PartitionId, Partition>;

record! {
    /// The partitions of the key space.
    pub struct PartitionTable {
        version: Version,
        /// How many partitions there are; counted, not believed, where they are there.
        num_partitions: u16,
        partitions: Present<Partitions>,
        replication: Present<PartitionReplication>,
    }
}

impl PartitionTable {
    /// A table of these partitions.
    pub fn new(version: Version, partitions: Partitions, of: PartitionReplication) -> Self {
        Self {
            version,
            num_partitions: count(&partitions),
            partitions: Present::of(partitions),
            replication: Present::of(of),
        }
    }

    /// Fills in what is missing, and looks at the ranges.
    fn settled<'a, N: Node<'a>>(self, node: N, cx: Context) -> Result<Self, Fault> {
        let partitions = self.partitions.or_else(|| of_equal_size(self.num_partitions));
        let partitions = partitions.0.unwrap_or_default();
        check_ranges(&partitions).map_err(|kind| node.fault(kind).in_field("partitions"))?;
        let of_release = || PartitionReplication::missing(cx);
        Ok(Self {
            version: self.version,
            num_partitions: count(&partitions),
            partitions: Present::of(partitions),
            replication: self.replication.or_else(of_release),
        })
    }
}

/// How many partitions there are.
fn count(partitions: &Partitions) -> u16 {
    u16::try_from(partitions.len()).unwrap_or(u16::MAX)
}

/// So many partitions, which share the keys.
fn of_equal_size(count: u16) -> Partitions {
    const KEYS: u128 = 1 << u64::BITS;
    let start = |id: u16| (u128::from(id) * KEYS).div_ceil(u128::from(count)) as u64;
    let partition = |id: u16| {
        let end = if id + 1 == count { u64::MAX } else { start(id + 1) - 1 };
        let key_range = KeyRange { start: start(id), end };
        (PartitionId(id), Partition { key_range, ..Partition::default() })
    };
    (0..count).map(partition).collect()
}

/// No two partitions may have a key in common. A range that ends before it starts is found only
/// behind another one: there the released servers panic (07 §7).
fn check_ranges(partitions: &Partitions) -> Result<(), FaultKind> {
    let mut starts_by_end: BTreeMap<u64, u64> = BTreeMap::new();
    for Partition { key_range: KeyRange { start, end }, .. } in partitions.values() {
        let has_end = starts_by_end.range(end..).next().is_some_and(|(_, first)| first <= end);
        let is_reversed = start > end && !starts_by_end.is_empty();
        if !has_end && is_reversed {
            return Err(FaultKind::Panics { known: &REVERSED_RANGE });
        }
        if has_end || start <= end && starts_by_end.range(start..=end).next().is_some() {
            return Err(FaultKind::Overlapping);
        }
        starts_by_end.insert(*end, *start);
    }
    Ok(())
}

record! {
    /// One partition.
    pub struct Partition {
        log_id: Option<LogId>,
        key_range: KeyRange,
        db_name: DbName,
        cf_name: Option<String>,
        placement: Vec<PlainNodeId> [default_if_missing()],
    }
}

/// The name of a partition's database. From 1.7 on it is always null, whatever was sent (03 §8).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DbName(pub Option<String>);

impl DbName {
    fn is_known(cx: Context) -> bool {
        const { gates::gate("db_name.is_kept") }.is_open(cx.release)
    }
}

impl Tree for DbName {
    const SHAPE: Shape = <Option<String> as Tree>::SHAPE;

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        if self.0.is_some() && !Self::is_known(cx) {
            sink.refuse(Unfit::new("Partition", "db_name"));
        }
        self.0.write(sink, cx);
    }

    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        let name = Option::read(node, cx)?;
        // A person who types a name must hear that it would be lost.
        match N::FORM {
            Form::Json if name.is_some() && !Self::is_known(cx) => {
                let (expected, found) = (Kind::Null.name(), Kind::Text.name());
                Err(node.fault(FaultKind::WrongType { expected, found }))
            }
            _ => Ok(Self(name.filter(|_| Self::is_known(cx)))),
        }
    }

    fn absent(_: Context) -> Option<Self> {
        Some(Self(None))
    }

    fn fit(&mut self, cx: Context) -> Result<(), Unfit> {
        if !Self::is_known(cx) {
            self.0 = None;
        }
        Ok(())
    }
}

one_of! {
    /// On how many nodes a partition runs.
    pub enum PartitionReplication {
        Everywhere [named("everywhere")],
        Limit(ReplicationProperty) [named("limit")],
    }
}

impl PartitionReplication {
    /// What a release takes where nothing is said.
    fn missing(cx: Context) -> Self {
        let gate = const { gates::gate("partition_replication.limit_when_missing") };
        match gate.is_open(cx.release) {
            true => Self::Limit(ReplicationProperty::nodes(1)),
            false => Self::Everywhere,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::codec::flex::{from_flex, to_flex};
    use crate::codec::json::{from_json, to_json};
    use crate::messages::tests::context;

    #[test]
    fn db_name_is_null_from_1_7_on() {
        let named = Partition { db_name: DbName(Some("db".to_owned())), ..Default::default() };
        assert!(to_flex(&named, context("1.7")).is_err());
        let flex = to_flex(&named, context("1.6")).unwrap();
        assert_eq!(from_flex::<Partition>(&flex, context("1.5")).unwrap(), named);
        let read: Partition = from_flex(&flex, context("1.7")).unwrap();
        assert_eq!(read.db_name, DbName(None));
        let mut fitted = named;
        fitted.fit(context("1.7")).unwrap();
        assert_eq!(fitted, read);
        assert!(from_json::<DbName>(&json!("db"), context("1.7")).is_err());
    }

    #[test]
    fn placement_ended_with_1_3() {
        let keys = |release| {
            let json = to_json(&Partition::default(), context(release)).unwrap();
            json.get("placement").cloned()
        };
        assert_eq!(keys("1.3"), Some(json!([])));
        assert_eq!(keys("1.4"), None);
        let flex = to_flex(&Partition::default(), context("1.4")).unwrap();
        assert_eq!(from_flex::<Partition>(&flex, context("1.3")).unwrap(), Partition::default());
    }

    fn table(json: &Json, release: &str) -> Result<Json, FaultKind> {
        let cx = context(release);
        let table: PartitionTable = from_json(json, cx).map_err(|fault| fault.kind().clone())?;
        Ok(to_json(&table, cx).unwrap())
    }

    fn ranges(table: &Json) -> Vec<[u64; 2]> {
        let range =
            |pair: &Json| ["start", "end"].map(|name| pair[1]["key_range"][name].as_u64().unwrap());
        table["partitions"].as_array().unwrap().iter().map(range).collect()
    }

    #[test]
    fn a_missing_replication_is_that_of_the_release() {
        for json in [json!({"version": 1}), json!({"version": 1, "replication": null})] {
            for (release, expected) in [
                ("1.2", json!("everywhere")),
                ("1.3", json!({"limit": 1})),
                ("1.7", json!({"limit": 1})),
            ] {
                assert_eq!(table(&json, release).unwrap()["replication"], expected, "{release}");
            }
        }
    }

    #[test]
    fn missing_partitions_share_the_keys() {
        let json = |count| json!({"version": 4, "num_partitions": count, "partitions": null});
        let read = table(&json(24), "1.7").unwrap();
        assert_eq!(read["num_partitions"], 24);
        let ranges = ranges(&read);
        assert_eq!(ranges[0], [0, 768_614_336_404_564_650]);
        assert_eq!(ranges[2], [1_537_228_672_809_129_302, 2_305_843_009_213_693_951]);
        assert_eq!(ranges[23][1], u64::MAX);
        assert_eq!(self::ranges(&table(&json(1), "1.2").unwrap()), [[0, u64::MAX]]);
        assert_eq!(self::ranges(&table(&json(0), "1.2").unwrap()), [[0; 2]; 0]);
        assert_eq!(self::ranges(&table(&json(65_535), "1.7").unwrap()).len(), 65_535);
    }

    #[test]
    fn partitions_that_are_there_are_counted() {
        let json = json!({"version": 4, "num_partitions": 7, "partitions": []});
        assert_eq!(table(&json, "1.7").unwrap()["num_partitions"], 0);
    }

    /// The first range of a table may be anything, the others are compared with those before them.
    #[test]
    fn ranges_must_not_overlap() {
        let of = |ranges: &[[u64; 2]]| {
            let pair = |(id, [start, end]): (usize, &[u64; 2])| json!([id, {"key_range": {"start": start, "end": end}}]);
            let partitions: Vec<_> = ranges.iter().enumerate().map(pair).collect();
            table(&json!({"version": 1, "partitions": partitions}), "1.7").map(|_| ())
        };
        assert_eq!(of(&[[0, 9], [10, 10], [20, u64::MAX]]), Ok(()));
        assert_eq!(of(&[[9, 0], [10, 20]]), Ok(()));
        assert_eq!(of(&[[20, 30], [0, 19]]), Ok(()));
        assert_eq!(of(&[[0, 10], [10, 20]]), Err(FaultKind::Overlapping));
        assert_eq!(of(&[[10, 20], [0, 30]]), Err(FaultKind::Overlapping));
        assert_eq!(of(&[[0, 30], [10, 20]]), Err(FaultKind::Overlapping));
        assert_eq!(of(&[[0, 10], [30, 5]]), Err(FaultKind::Overlapping));
        assert_eq!(of(&[[0, 10], [30, 20]]), Err(FaultKind::Panics { known: &REVERSED_RANGE }));
    }
}
