//! Fields that some releases must have and others may lack.

use crate::codec::describe::prelude::*;
use crate::gates::rule;

/// Values that may be null or missing for some releases, by a rule of the table of gates, and must
/// be there for the others.
macro_rules! optional_by_rule {
    ($($(#[$doc:meta])* $name:ident, $rule:literal, $default:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name<T>(pub Option<T>);

        impl<T: Default> Default for $name<T> {
            fn default() -> Self {
                Self($default)
            }
        }

        impl<T> From<T> for $name<T> {
            fn from(value: T) -> Self {
                Self(Some(value))
            }
        }

        impl<T: Tree + Default> Tree for $name<T> {
            const SHAPE: Shape = <Option<T> as Tree>::SHAPE;

            fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
                if self.0.is_none() && !rule!($rule, cx.release) {
                    sink.refuse(Unfit::new(stringify!($name), "none"));
                }
                self.0.write(sink, cx);
            }

            fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
                if rule!($rule, cx.release) {
                    Option::read(node, cx).map(Self)
                } else {
                    T::read(node, cx).map(|value| Self(Some(value)))
                }
            }

            fn absent(cx: Context) -> Option<Self> {
                rule!($rule, cx.release).then_some(Self(None))
            }

            fn fit(&mut self, cx: Context) -> Result<(), Unfit> {
                match &mut self.0 {
                    Some(value) => value.fit(cx),
                    None if rule!($rule, cx.release) => Ok(()),
                    None => Err(Unfit::new(stringify!($name), "none")),
                }
            }
        }
    )*};
}

optional_by_rule! {
    /// What a source says of its node: from 1.5 on it may be silent (09 §2.1).
    SourceDetail, "source.details_may_be_missing", None;
    /// What an announcement says of the leader: up to 1.4 it may be silent (09 §3.1).
    Announced, "announcement.may_be_bare", Some(T::default());
    /// An entry that may stand beside itself in another form (09 §4).
    StoredEntry, "journal_entry.may_be_null", Some(T::default());
    /// The leader of a partition, which up to 1.3 there must be (09 §9.1).
    Leader, "leader_metadata.may_be_null", Some(T::default());
}
