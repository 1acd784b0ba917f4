//! The services, deployments and subscriptions of the cluster (03 §8).
//!
//! There are two layouts. Releases up to 1.4 write `services` and `deployments`, those from 1.5 on
//! write `deployments_v2`; 1.4 was the first to read both (04 R33). What the documents hold is left
//! out of the specification (03 §9), so they are carried as they are, and one layout is never turned
//! into the other. An empty document is the same in both.

use crate::fabric::codec::describe::prelude::*;
use crate::fabric::codec::flex::Opaque;
use crate::fabric::messages::ids::Version;

/// The services, deployments and subscriptions of the cluster.
///
/// A document of the layout that a release does not write is left out when it is empty. When it is
/// not, the release that read it shows it in JSON, and does not encode it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// The version of all of it.
    pub version: Version,
    /// Services, in the old layout.
    pub services: Opaque,
    /// Deployments, in the old layout.
    pub deployments: Opaque,
    /// Deployments with their services, in the new layout.
    pub deployments_v2: Opaque,
    /// Subscriptions, the same in both layouts.
    pub subscriptions: Opaque,
}

impl Default for Schema {
    fn default() -> Self {
        Self {
            version: Version(0),
            services: Opaque::Map(Vec::new()),
            deployments: Opaque::List(Vec::new()),
            deployments_v2: Opaque::List(Vec::new()),
            subscriptions: Opaque::List(Vec::new()),
        }
    }
}

const fn field(field: Field, shape: Shape) -> FieldShape {
    FieldShape { field, tag: None, shape }
}

/// Whether a release knows `deployments_v2`. If not, it needs the documents of the old layout.
fn knows_new_layout(cx: Context) -> bool {
    cx.release.is_at_least(4)
}

/// Whether a release writes `deployments_v2`, and nothing of the old layout.
fn writes_new_layout(cx: Context) -> bool {
    cx.release.is_at_least(5)
}

fn write_field<S: Sink>(sink: &mut S, name: &str, value: &impl Tree, cx: Context) {
    sink.key(name);
    value.write(sink, cx);
}

fn read_field<'a, N: Node<'a>, T: Tree>(
    slot: &mut Option<T>,
    node: N,
    name: &'static str,
    cx: Context,
) -> Result<(), Fault> {
    let value = T::read(node, cx).map_err(|fault| fault.in_field(name))?;
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(node.fault(FaultKind::Repeated).in_field(name)),
    }
}

impl Tree for Schema {
    /// The order of the keys is that of 1.4 and, without the old layout, of the later ones. Up to
    /// 1.3 the version comes first.
    const SHAPE: Shape = Shape::Record(&RecordShape {
        name: "Schema",
        positional: false,
        rules: RecordRules::new(),
        fields: &[
            field(Field::of("Schema", "services"), Opaque::SHAPE),
            field(Field::of("Schema", "deployments"), Opaque::SHAPE),
            field(Field::of("Schema", "deployments_v2"), Opaque::SHAPE),
            field(Field::of("Schema", "version"), Version::SHAPE),
            field(Field::of("Schema", "subscriptions"), Opaque::SHAPE),
        ],
    });

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        let (knows_new, writes_new) = (knows_new_layout(cx), writes_new_layout(cx));
        let empty = Self::default();
        let map = sink.begin_map();
        if !knows_new {
            write_field(sink, "version", &self.version, cx);
        }
        for (name, document, empty, is_written) in [
            ("services", &self.services, &empty.services, !writes_new),
            ("deployments", &self.deployments, &empty.deployments, !writes_new),
            ("deployments_v2", &self.deployments_v2, &empty.deployments_v2, writes_new),
        ] {
            let is_empty = document == empty;
            if is_written || !is_empty && knows_new && S::FORM == Form::Json {
                write_field(sink, name, document, cx);
            } else if !is_empty {
                sink.refuse(Unfit::new("Schema", name));
            }
        }
        if knows_new {
            write_field(sink, "version", &self.version, cx);
        }
        write_field(sink, "subscriptions", &self.subscriptions, cx);
        sink.end_map(map);
    }

    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        let (mut version, mut subscriptions) = (None, None);
        let (mut services, mut deployments, mut deployments_v2) = (None, None, None);
        for (key, child) in node.map()? {
            match key {
                "version" => read_field(&mut version, child, "version", cx)?,
                "services" => read_field(&mut services, child, "services", cx)?,
                "deployments" => read_field(&mut deployments, child, "deployments", cx)?,
                "deployments_v2" if knows_new_layout(cx) => {
                    read_field(&mut deployments_v2, child, "deployments_v2", cx)?;
                }
                "subscriptions" => read_field(&mut subscriptions, child, "subscriptions", cx)?,
                _ => unknown_field(child, key, RecordRules::new())?,
            }
        }
        let needs_old = !knows_new_layout(cx);
        for (name, is_missing) in [
            ("version", version.is_none()),
            ("services", services.is_none() && needs_old),
            ("deployments", deployments.is_none() && needs_old),
            ("subscriptions", subscriptions.is_none()),
        ] {
            if is_missing && N::FORM == Form::Flexbuffers {
                return Err(node.fault(FaultKind::Missing).in_field(name));
            }
        }
        let empty = Self::default();
        Ok(Self {
            version: version.unwrap_or(empty.version),
            services: services.unwrap_or(empty.services),
            deployments: deployments.unwrap_or(empty.deployments),
            deployments_v2: deployments_v2.unwrap_or(empty.deployments_v2),
            subscriptions: subscriptions.unwrap_or(empty.subscriptions),
        })
    }

    fn fit(&mut self, cx: Context) -> Result<(), Unfit> {
        if knows_new_layout(cx) || self.deployments_v2 == Self::default().deployments_v2 {
            Ok(())
        } else {
            Err(Unfit::new("Schema", "deployments_v2"))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fabric::codec::flex::{from_flex, to_flex};
    use crate::fabric::codec::json::{from_json, to_json};
    use crate::fabric::messages::tests::context;

    /// A schema with one document, whatever it may mean.
    fn with_deployments_v2() -> Schema {
        let document = Opaque::Map(vec![("id".to_owned(), Opaque::Text("dp_1".to_owned()))]);
        Schema { deployments_v2: Opaque::List(vec![document]), ..Schema::default() }
    }

    #[test]
    fn each_line_writes_its_layout() {
        let old = json!({"deployments": [], "services": {}, "subscriptions": [], "version": 0});
        let new = json!({"deployments_v2": [], "subscriptions": [], "version": 0});
        for (release, expected) in [("1.2", &old), ("1.4", &old), ("1.5", &new), ("1.7", &new)] {
            let cx = context(release);
            assert_eq!(&to_json(&Schema::default(), cx).unwrap(), expected, "{release}");
            assert_eq!(from_json::<Schema>(expected, cx).unwrap(), Schema::default());
        }
    }

    /// Null is no empty list: a release that read it would write something else.
    #[test]
    fn what_is_left_out_is_what_is_read_when_it_is_missing() {
        let null = Schema { deployments_v2: Opaque::Null, ..Schema::default() };
        assert!(to_flex(&null, context("1.4")).is_err());
        let flex = to_flex(&null, context("1.5")).unwrap();
        assert_eq!(from_flex::<Schema>(&flex, context("1.4")).unwrap(), null);
        assert!(null.clone().fit(context("1.3")).is_err());
    }

    #[test]
    fn the_version_comes_first_up_to_1_3() {
        let keys = |release| {
            let flex = to_flex(&Schema::default(), context(release)).unwrap();
            let at = |key: &[u8]| flex.windows(key.len()).position(|window| window == key);
            at(b"version").unwrap() < at(b"services").unwrap()
        };
        assert!(keys("1.3"));
        assert!(!keys("1.4"));
    }

    #[test]
    fn the_new_layout_is_read_from_1_4_on_and_never_lost() {
        let schema = with_deployments_v2();
        let flex = to_flex(&schema, context("1.5")).unwrap();
        assert_eq!(from_flex::<Schema>(&flex, context("1.7")).unwrap(), schema);
        let read: Schema = from_flex(&flex, context("1.4")).unwrap();
        assert_eq!(read, schema);
        let json = to_json(&read, context("1.4")).unwrap();
        assert_eq!(json.get("deployments_v2"), Some(&json!([{"id": "dp_1"}])));
        assert!(to_flex(&read, context("1.4")).is_err());

        let fault = from_flex::<Schema>(&flex, context("1.3")).unwrap_err();
        assert_eq!((fault.kind(), fault.place().path()), (&FaultKind::Missing, "services".into()));
        assert!(schema.clone().fit(context("1.3")).is_err());
        assert!(schema.clone().fit(context("1.4")).is_ok());
    }
}
