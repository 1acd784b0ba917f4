//! To how many places something is replicated (03 §8).

use std::collections::BTreeMap;
use std::fmt;

use crate::fabric::codec::describe::prelude::*;
use crate::fabric::codec::tree::Kind;

/// What counts as a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LocationScope {
    /// A node.
    Node,
    /// A zone of a region.
    Zone,
    /// A region.
    Region,
}

impl LocationScope {
    const ALL: [Self; 3] = [Self::Node, Self::Zone, Self::Region];

    const fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Zone => "zone",
            Self::Region => "region",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// How many places of each scope hold a copy. As text it is `{node: 2, zone: 1}`, narrowest scope
/// first.
///
/// In the tree forms it is that text, but from 1.3 on a bare number when there is only a number of
/// nodes. 1.2 cannot read that number; the others read both, and a map as well.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReplicationProperty(pub BTreeMap<LocationScope, u32>);

impl ReplicationProperty {
    /// On so many nodes, wherever they are.
    pub fn nodes(count: u32) -> Self {
        Self(BTreeMap::from([(LocationScope::Node, count)]))
    }

    /// The number of nodes, if no wider scope is asked for.
    pub fn only_nodes(&self) -> Option<u32> {
        match self.0.first_key_value() {
            Some((LocationScope::Node, &count)) if self.0.len() == 1 => Some(count),
            _ => None,
        }
    }

    /// Whether a release has the forms other than text.
    fn has_short_forms(cx: Context) -> bool {
        cx.release.is_at_least(3)
    }

    /// Reads its text; spaces do not matter. None if it is something else.
    pub fn parse(text: &str) -> Option<Self> {
        let inner = text.trim().strip_prefix('{')?.strip_suffix('}')?;
        let mut counts = BTreeMap::new();
        for entry in inner.split(',').filter(|_| !inner.trim().is_empty()) {
            let (name, count) = entry.split_once(':')?;
            let scope = LocationScope::from_name(name.trim())?;
            if counts.insert(scope, count.trim().parse().ok()?).is_some() {
                return None;
            }
        }
        Some(Self(counts))
    }

    fn read_text<'a, N: Node<'a>>(node: N) -> Result<Self, Fault> {
        let text = node.text()?;
        Self::parse(text).ok_or_else(|| {
            let expected = "a replication property, such as {node: 2, zone: 1}";
            node.fault(FaultKind::Malformed { expected, found: FaultKind::excerpt(text) })
        })
    }

    fn read_map<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        let mut counts = BTreeMap::new();
        for (name, child) in node.map()? {
            let scope = LocationScope::from_name(name)
                .ok_or_else(|| unknown_variant(child, "LocationScope", name))?;
            let count = u32::read(child, cx).map_err(|fault| fault.in_field(scope.name()))?;
            if counts.insert(scope, count).is_some() {
                return Err(child.fault(FaultKind::Repeated).in_field(scope.name()));
            }
        }
        Ok(Self(counts))
    }
}

impl fmt::Display for ReplicationProperty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (index, (scope, count)) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{}: {count}", scope.name())?;
        }
        f.write_str("}")
    }
}

impl Tree for ReplicationProperty {
    const SHAPE: Shape = Shape::Text("a replication property");

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        match self.only_nodes() {
            Some(count) if Self::has_short_forms(cx) => count.write(sink, cx),
            _ => sink.text(&self.to_string()),
        }
    }

    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        match node.kind() {
            Kind::Uint | Kind::Int if Self::has_short_forms(cx) => {
                u32::read(node, cx).map(Self::nodes)
            }
            Kind::Map if Self::has_short_forms(cx) => Self::read_map(node, cx),
            _ => Self::read_text(node),
        }
    }

    fn fit(&mut self, _: Context) -> Result<(), Unfit> {
        Ok(())
    }
}

/// A [`ReplicationProperty`] that is always text, as in the configuration of logs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReplicationText(pub ReplicationProperty);

impl Tree for ReplicationText {
    const SHAPE: Shape = ReplicationProperty::SHAPE;

    fn write<S: Sink>(&self, sink: &mut S, _: Context) {
        sink.text(&self.0.to_string());
    }

    fn read<'a, N: Node<'a>>(node: N, _: Context) -> Result<Self, Fault> {
        ReplicationProperty::read_text(node).map(Self)
    }

    fn fit(&mut self, _: Context) -> Result<(), Unfit> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::fabric::codec::json::{from_json, to_json};
    use crate::fabric::messages::tests::context;

    fn read(json: Value, release: &str) -> Option<ReplicationProperty> {
        from_json(&json, context(release)).ok()
    }

    #[test]
    fn nodes_alone_are_a_number_from_1_3_on() {
        let two = ReplicationProperty::nodes(2);
        assert_eq!(to_json(&two, context("1.2")).unwrap(), json!("{node: 2}"));
        assert_eq!(to_json(&two, context("1.3")).unwrap(), json!(2));
        assert_eq!(read(json!("{node: 2}"), "1.2"), Some(two.clone()));
        assert_eq!(read(json!("{node: 2}"), "1.7"), Some(two.clone()));
        assert_eq!(read(json!({"node": 2}), "1.3"), Some(two.clone()));
        assert_eq!(read(json!(2), "1.3"), Some(two));
        assert_eq!(read(json!(2), "1.2"), None);
        assert_eq!(read(json!({"node": 2}), "1.2"), None);
    }

    #[test]
    fn wider_scopes_are_text_in_all_releases() {
        let mut property = ReplicationProperty::nodes(2);
        property.0.insert(LocationScope::Zone, 1);
        for release in ["1.2", "1.7"] {
            let json = json!("{node: 2, zone: 1}");
            assert_eq!(to_json(&property, context(release)).unwrap(), json);
            assert_eq!(read(json, release), Some(property.clone()));
        }
        let zones = ReplicationProperty(BTreeMap::from([(LocationScope::Zone, 3)]));
        assert_eq!(to_json(&zones, context("1.7")).unwrap(), json!("{zone: 3}"));
    }

    #[test]
    fn texts_are_read_strictly_but_for_spaces() {
        assert_eq!(ReplicationProperty::parse("{}"), Some(ReplicationProperty::default()));
        assert_eq!(ReplicationProperty::parse(" {node:1 }"), Some(ReplicationProperty::nodes(1)));
        for wrong in ["", "2", "{node}", "{node: }", "{node: -1}", "{rack: 1}", "{node: 1", "{,}"] {
            assert_eq!(ReplicationProperty::parse(wrong), None, "{wrong}");
        }
        assert_eq!(ReplicationProperty::parse("{node: 1, node: 2}"), None);
        assert_eq!(ReplicationProperty::parse("{node: 4294967296}"), None);
    }
}
