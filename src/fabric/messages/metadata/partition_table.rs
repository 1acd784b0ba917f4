//! The partitions of the key space (03 §8).

use super::replication::ReplicationProperty;
use crate::fabric::codec::describe::prelude::*;
use crate::fabric::codec::flex::Opaque;
use crate::fabric::codec::tree::Kind;
use crate::fabric::messages::ids::{KeyRange, LogId, PartitionId, Version};

record! {
    /// The partitions of the key space.
    pub struct PartitionTable {
        version: Version,
        num_partitions: u16,
        partitions: Option<Vec<(PartitionId, Partition)>>,
        replication: Option<PartitionReplication>,
    }
}

record! {
    /// One partition.
    pub struct Partition {
        log_id: Option<LogId>,
        key_range: KeyRange,
        db_name: DbName,
        cf_name: Option<String>,
        /// What it holds is left out of the specification.
        placement: Vec<Opaque> [default_if_missing()],
    }
}

/// The name of a partition's database. From 1.7 on it is always null, whatever was sent (03 §8).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DbName(pub Option<String>);

impl DbName {
    fn is_known(cx: Context) -> bool {
        !cx.release.is_at_least(7)
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fabric::codec::flex::{from_flex, to_flex};
    use crate::fabric::codec::json::{from_json, to_json};
    use crate::fabric::messages::tests::context;

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

    #[test]
    fn replication_is_null_everywhere_or_a_limit() {
        let cx = context("1.4");
        for json in [json!(null), json!("everywhere"), json!({"limit": 3})] {
            let read: Option<PartitionReplication> = from_json(&json, cx).unwrap();
            assert_eq!(to_json(&read, cx).unwrap(), json);
        }
    }
}
