//! To how many places something is replicated (03 §8; 07 §6, §7).

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU8;

use crate::codec::describe::prelude::*;
use crate::codec::tree::Kind;
use crate::gates;
use crate::panics::{
    EMPTY_LIMIT, GROWING_LIMIT, KnownPanic, PanickingCall, ROOT_LIMIT, ZERO_LIMIT,
};

/// What counts as a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LocationScope {
    /// A node.
    Node,
    /// A zone of a region.
    Zone,
    /// A region.
    Region,
    /// Everything: a scope that maps may have, and that no text has.
    Root,
}

impl LocationScope {
    const ALL: [Self; 4] = [Self::Node, Self::Zone, Self::Region, Self::Root];

    const fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Zone => "zone",
            Self::Region => "region",
            Self::Root => "root",
        }
    }

    /// The scope with this name, in small letters.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }

    /// The scope that a text names, in letters of any case.
    fn in_text(name: &str) -> Option<Self> {
        Self::from_name(&name.to_ascii_lowercase()).filter(|scope| *scope != Self::Root)
    }
}

/// How many places of each scope hold a copy. As text it is `{node: 2, zone: 1}`, narrowest scope
/// first.
///
/// In the tree forms it is that text, but from 1.3 on a bare number when there is only a number of
/// nodes. 1.2 cannot read that number; the others read both, and a map as well. Maps are read
/// unchecked, and so a value may be one that [cannot be written](Self::poison).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReplicationProperty(pub BTreeMap<LocationScope, u8>);

impl ReplicationProperty {
    /// On so many nodes, wherever they are.
    pub fn nodes(count: u8) -> Self {
        Self(BTreeMap::from([(LocationScope::Node, count)]))
    }

    /// The number of nodes, if no wider scope is asked for.
    pub fn only_nodes(&self) -> Option<u8> {
        match self.0.first_key_value() {
            Some((LocationScope::Node, &count)) if self.0.len() == 1 => Some(count),
            _ => None,
        }
    }

    /// Why it cannot be written, if it cannot: the released servers panic, or write what none of
    /// them reads (07 §7).
    pub fn poison(&self) -> Option<&'static KnownPanic> {
        let factors: Vec<u8> = self.0.values().copied().collect();
        if self.0.contains_key(&LocationScope::Root) {
            Some(&ROOT_LIMIT)
        } else if factors.is_empty() {
            Some(&EMPTY_LIMIT)
        } else if factors.contains(&0) {
            Some(&ZERO_LIMIT)
        } else if !factors.is_sorted_by(|narrow, wide| narrow >= wide) {
            Some(&GROWING_LIMIT)
        } else {
            None
        }
    }

    /// Whether a release has the forms other than text.
    fn has_short_forms(cx: Context) -> bool {
        const { gates::gate("replication_property.has_short_forms") }.is_open(cx.release)
    }

    /// Reads its text: a number of nodes, or factors by scope. Of a scope that comes twice the last
    /// one counts. None if it is something else.
    pub fn parse(text: &str) -> Option<Self> {
        let factors = match text.strip_prefix('{') {
            Some(inner) => Self::parse_factors(inner.strip_suffix('}')?)?,
            None => Self::nodes(text.parse::<NonZeroU8>().ok()?.get()),
        };
        factors.poison().is_none().then_some(factors)
    }

    fn parse_factors(text: &str) -> Option<Self> {
        let factor = |entry: &str| {
            let (name, count) = entry.split_once(':')?;
            let count = count.trim();
            let is_number = !count.starts_with('+');
            Some((LocationScope::in_text(name.trim())?, is_number.then(|| count.parse().ok())??))
        };
        text.split(',').map(factor).collect::<Option<_>>().map(Self)
    }

    fn malformed<'a, N: Node<'a>>(node: N, text: &str) -> Fault {
        let expected = "a replication property, such as {node: 2, zone: 1}";
        node.fault(FaultKind::Malformed { expected, found: FaultKind::excerpt(text) })
    }

    fn read_text<'a, N: Node<'a>>(node: N) -> Result<Self, Fault> {
        let text = node.text()?;
        Self::parse(text).ok_or_else(|| Self::malformed(node, text))
    }

    /// A number of nodes. In JSON it may be the zero that a release writes and none reads.
    fn read_number<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        match u8::read(node, cx)? {
            0 if N::FORM == Form::Flexbuffers => {
                Err(node.fault(FaultKind::OutOfRange { what: "a number of nodes from 1 on" }))
            }
            count => Ok(Self::nodes(count)),
        }
    }

    /// Text as in [`Self::read_text`]. In JSON it may be the one that a release writes and none
    /// reads.
    fn read_limit<'a, N: Node<'a>>(node: N) -> Result<Self, Fault> {
        let text = node.text()?;
        let unchecked = || match N::FORM {
            Form::Flexbuffers => None,
            Form::Json => Self::parse_factors(text.strip_prefix('{')?.strip_suffix('}')?),
        };
        Self::parse(text).or_else(unchecked).ok_or_else(|| Self::malformed(node, text))
    }

    fn read_map<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        let factor = |(name, child): (&str, N)| {
            let scope = LocationScope::from_name(name)
                .ok_or_else(|| unknown_variant(child, "LocationScope", name))?;
            let count = u8::read(child, cx).map_err(|fault| fault.in_field(scope.name()))?;
            Ok((scope, count))
        };
        node.map()?.map(factor).collect::<Result<_, _>>().map(Self)
    }

    /// What cannot be written is shown in JSON: as the released servers would write it, and where
    /// they panic, as the map that it was read from.
    fn show_poison<S: Sink>(&self, poison: &KnownPanic, sink: &mut S, cx: Context) {
        match (poison.call, self.only_nodes()) {
            (PanickingCall::Nobody, Some(count)) => count.write(sink, cx),
            (PanickingCall::Nobody, None) => sink.text(&self.to_string()),
            _ => self.show_map(sink, cx),
        }
    }

    fn show_map<S: Sink>(&self, sink: &mut S, cx: Context) {
        let map = sink.begin_map();
        for (scope, count) in &self.0 {
            sink.key(scope.name());
            count.write(sink, cx);
        }
        sink.end_map(map);
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
        if let Some(poison) = self.poison() {
            if S::FORM == Form::Flexbuffers {
                sink.refuse(Unfit::panics("PartitionReplication", "limit", poison));
            }
            return self.show_poison(poison, sink, cx);
        }
        match self.only_nodes() {
            Some(count) if Self::has_short_forms(cx) => count.write(sink, cx),
            _ => sink.text(&self.to_string()),
        }
    }

    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        match node.kind() {
            Kind::Uint | Kind::Int if Self::has_short_forms(cx) => Self::read_number(node, cx),
            Kind::Map if Self::has_short_forms(cx) => Self::read_map(node, cx),
            _ => Self::read_limit(node),
        }
    }

    fn fit(&mut self, _: Context) -> Result<(), Unfit> {
        match self.poison() {
            None => Ok(()),
            Some(poison) => Err(Unfit::panics("PartitionReplication", "limit", poison)),
        }
    }
}

/// A [`ReplicationProperty`] that is always text, as in the configuration of logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicationText(pub ReplicationProperty);

/// On one node.
impl Default for ReplicationText {
    fn default() -> Self {
        Self(ReplicationProperty::nodes(1))
    }
}

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
    use crate::codec::flex::{from_flex, to_flex};
    use crate::codec::json::{from_json, to_json};
    use crate::messages::tests::context;

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

    /// The grammar of 07 §6.
    #[test]
    fn texts_are_numbers_or_factors_by_scope() {
        let written = |text| ReplicationProperty::parse(text).map(|read| read.to_string());
        for (text, expected) in [
            ("2", "{node: 2}"),
            ("+2", "{node: 2}"),
            ("02", "{node: 2}"),
            ("{\tNODE\t:\t02\t}", "{node: 2}"),
            ("{ node : 3 , zone : 2 }", "{node: 3, zone: 2}"),
            ("{zone: 2, node: 2}", "{node: 2, zone: 2}"),
            ("{node: 2, node: 3}", "{node: 3}"),
            ("{region: 1}", "{region: 1}"),
            ("{node: 255}", "{node: 255}"),
        ] {
            assert_eq!(written(text).as_deref(), Some(expected), "{text}");
        }
        for wrong in [
            "",
            "0",
            "256",
            "{}",
            " {node: 2}",
            "{node: 2,}",
            "{node}",
            "{node: }",
            "{node: 0}",
            "{node: -1}",
            "{node: +1}",
            "{node: 256}",
            "{root: 1}",
            "{rack: 1}",
            "{node: 1",
            "{,}",
            "{node: 1, zone: 2}",
            "{zone: 3, node: 2}",
            "{zone: 1, region: 2}",
        ] {
            assert_eq!(written(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_poisons_a_table_is_read_and_never_written() {
        for (json, poison, shown) in [
            (json!({}), &EMPTY_LIMIT, json!({})),
            (json!({"node": 2, "root": 1}), &ROOT_LIMIT, json!({"node": 2, "root": 1})),
            (json!({"node": 0}), &ZERO_LIMIT, json!(0)),
            (json!({"zone": 0}), &ZERO_LIMIT, json!("{zone: 0}")),
            (json!({"node": 1, "zone": 3}), &GROWING_LIMIT, json!("{node: 1, zone: 3}")),
        ] {
            let cx = context("1.3");
            let map: BTreeMap<String, u64> = from_json(&json, cx).unwrap();
            let flex = to_flex(&map, cx).unwrap();
            let read: ReplicationProperty = from_flex(&flex, cx).unwrap();
            assert_eq!(read.poison(), Some(poison));
            assert_eq!(to_flex(&read, cx).unwrap_err().panic, Some(poison));
            assert_eq!(to_json(&read, cx).unwrap(), shown);
            for json in [&json, &shown] {
                assert_eq!(from_json::<ReplicationProperty>(json, cx).unwrap(), read);
            }
            assert!(from_flex::<ReplicationProperty>(&flex, context("1.2")).is_err());
            assert!(read.clone().fit(cx).is_err());
        }
        assert!(
            from_flex::<ReplicationProperty>(
                &to_flex(&0_u8, context("1.3")).unwrap(),
                context("1.3")
            )
            .is_err()
        );
    }
}
