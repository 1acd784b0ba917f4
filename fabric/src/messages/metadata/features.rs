//! What a cluster has switched on (07 §3.4). The names are a closed set: one that a release does not
//! know makes the whole document unreadable to it.

use std::collections::BTreeSet;

use crate::codec::describe::prelude::*;

one_of! {
    /// Something that a cluster has switched on.
    #[derive(Copy, PartialOrd, Ord, Hash)]
    pub enum ClusterFeature {
        Unknown [named("unknown")],
        ControlledIdempotentSharding [named("controlled-idempotent-sharding")],
    }
}

/// A set of features: a list in the order of their declaration, each once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Features(pub BTreeSet<ClusterFeature>);

impl<const N: usize> From<[ClusterFeature; N]> for Features {
    fn from(features: [ClusterFeature; N]) -> Self {
        Self(BTreeSet::from(features))
    }
}

impl Tree for Features {
    const SHAPE: Shape = Shape::List(&ClusterFeature::SHAPE);

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        let list = sink.begin_list(self.0.len());
        for feature in &self.0 {
            feature.write(sink, cx);
        }
        sink.end_list(list);
    }

    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        let feature = |(index, element)| {
            ClusterFeature::read(element, cx).map_err(|fault: Fault| fault.in_element(index))
        };
        node.list()?.enumerate().map(feature).collect::<Result<_, _>>().map(Self)
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
    fn features_are_a_closed_set() {
        let cx = context("1.7");
        let (unknown, sharding) = ("unknown", "controlled-idempotent-sharding");
        let read: Features = from_json(&json!([sharding, unknown, sharding]), cx).unwrap();
        assert_eq!(to_json(&read, cx).unwrap(), json!([unknown, sharding]));
        let fault = from_json::<Features>(&json!([unknown, "vqueues"]), cx).unwrap_err();
        assert_eq!(fault.place().path(), "[1]");
        assert!(from_json::<Features>(&json!(null), cx).is_err());
    }
}
