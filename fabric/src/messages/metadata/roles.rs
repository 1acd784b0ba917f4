//! The roles of a node. Their order and one of their names differ between the lines (03 §8).

use std::collections::BTreeSet;

use crate::codec::describe::prelude::*;
use crate::gates;

/// What a node does for the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Runs partition processors.
    Worker,
    /// Runs the cluster controller.
    Admin,
    /// Keeps metadata. The only role with two names.
    MetadataServer,
    /// Keeps logs.
    LogServer,
    /// Takes requests from outside.
    HttpIngress,
}

/// In which order releases up to 1.5 write roles.
const ORDER_UNTIL_1_5: [Role; 5] =
    [Role::Worker, Role::Admin, Role::MetadataServer, Role::LogServer, Role::HttpIngress];

/// In which order releases from 1.6 on write roles.
const ORDER_SINCE_1_6: [Role; 5] =
    [Role::HttpIngress, Role::Admin, Role::Worker, Role::LogServer, Role::MetadataServer];

/// What 1.2 calls [`Role::MetadataServer`]. All read both names.
const METADATA_STORE: &str = "metadata-store";

impl Role {
    /// Its name from 1.3 on.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Worker => "worker",
            Self::Admin => "admin",
            Self::MetadataServer => "metadata-server",
            Self::LogServer => "log-server",
            Self::HttpIngress => "http-ingress",
        }
    }

    const fn shape(self) -> VariantShape {
        VariantShape { variant: Variant::of("Role", self.name()), tag: None, shape: None }
    }
}

impl Tree for Role {
    const SHAPE: Shape = Shape::Choice(&ChoiceShape {
        name: "Role",
        numbered: false,
        variants: &[
            Self::Worker.shape(),
            Self::Admin.shape(),
            Self::MetadataServer.shape(),
            Self::LogServer.shape(),
            Self::HttpIngress.shape(),
        ],
    });

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        let has_new_name = const { gates::gate("role.is_metadata_server") }.is_open(cx.release);
        match self {
            Self::MetadataServer if !has_new_name => sink.text(METADATA_STORE),
            _ => sink.text(self.name()),
        }
    }

    fn read<'a, N: Node<'a>>(node: N, _: Context) -> Result<Self, Fault> {
        // Like a variant without a value: what a map holds under the name does not matter.
        let name = match node.variant_name() {
            Some(name) => name,
            None => first_entry(node)?.0,
        };
        match name {
            METADATA_STORE => Ok(Self::MetadataServer),
            name => ORDER_UNTIL_1_5
                .into_iter()
                .find(|role| role.name() == name)
                .ok_or_else(|| unknown_variant(node, "Role", name)),
        }
    }

    fn fit(&mut self, _: Context) -> Result<(), Unfit> {
        Ok(())
    }
}

/// A set of roles: a list, in the order in which the release declares them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Roles(pub BTreeSet<Role>);

impl<const N: usize> From<[Role; N]> for Roles {
    fn from(roles: [Role; N]) -> Self {
        Self(BTreeSet::from(roles))
    }
}

impl Tree for Roles {
    const SHAPE: Shape = Shape::List(&Role::SHAPE);

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        let is_new = const { gates::gate("roles.begin_with_ingress") }.is_open(cx.release);
        let order = if is_new { ORDER_SINCE_1_6 } else { ORDER_UNTIL_1_5 };
        let list = sink.begin_list(self.0.len());
        for role in order.iter().filter(|role| self.0.contains(role)) {
            role.write(sink, cx);
        }
        sink.end_list(list);
    }

    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        let role = |(index, element)| {
            Role::read(element, cx).map_err(|fault: Fault| fault.in_element(index))
        };
        node.list()?.enumerate().map(role).collect::<Result<_, _>>().map(Self)
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
    fn each_line_has_its_order_and_names() {
        let all = Roles::from(ORDER_SINCE_1_6);
        for (release, expected) in [
            ("1.2", ["worker", "admin", "metadata-store", "log-server", "http-ingress"]),
            ("1.3", ["worker", "admin", "metadata-server", "log-server", "http-ingress"]),
            ("1.5", ["worker", "admin", "metadata-server", "log-server", "http-ingress"]),
            ("1.6", ["http-ingress", "admin", "worker", "log-server", "metadata-server"]),
            ("1.7", ["http-ingress", "admin", "worker", "log-server", "metadata-server"]),
        ] {
            assert_eq!(to_json(&all, context(release)).unwrap(), json!(expected), "{release}");
        }
    }

    #[test]
    fn both_names_are_read_in_any_order() {
        let roles = Roles::from([Role::Worker, Role::MetadataServer]);
        for release in ["1.2", "1.7"] {
            for json in [json!(["metadata-store", "worker"]), json!(["worker", "metadata-server"])]
            {
                assert_eq!(from_json::<Roles>(&json, context(release)).unwrap(), roles);
            }
        }
        let fault = from_json::<Roles>(&json!(["worker", "cook"]), context("1.7")).unwrap_err();
        assert_eq!(fault.place().path(), "[1]");
    }
}
