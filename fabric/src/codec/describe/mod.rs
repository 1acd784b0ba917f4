//! The macros with which message types describe themselves: one description gives the Rust type,
//! its tree form, its bilrost form and its [`Shape`].
//!
//! ```text
//! record! {
//!     /// What it is (03 §6).
//!     pub struct Example {
//!         first: u64 = 1,                         // bilrost tag 1, flexbuffers key "first"
//!         second: Option<u32> = 2 [omit_default()], // not written when it says nothing
//!         query: Query = oneof,                   // a one-of whose members are fields of this one
//!     }
//! }
//! ```
//!
//! Fields stand in the order in which flexbuffers writes their keys. Without tags the type has no
//! bilrost form. In brackets come methods of [`Field`], or of [`Variant`]; those behind the name of a
//! struct are methods of [`RecordRules`](super::shape::RecordRules). Which releases know a field or
//! variant stands in the table of gates ([`crate::gates`]), under `Example.second`. The
//! macros expect [`prelude`] to be imported.
//!
//! A struct whose fields depend on each other when a tree is read has a method `settled` of its own,
//! which takes the place of [`Settle::settled`](super::trees::Settle::settled).

mod one_of;
mod record;

/// What the macros name.
pub mod prelude {
    pub use super::super::bilrost::{
        self, Bilrost, BilrostBody, BilrostField, BilrostMember, Reader, WireType, Writer,
    };
    pub use super::super::fault::{Fault, FaultKind};
    pub use super::super::flex::LeftOut;
    pub use super::super::shape::{
        ChoiceShape, Field, FieldShape, RecordRules, RecordShape, Shape, Variant, VariantShape,
    };
    pub use super::super::tree::{Context, Form, Name, Node, Sink, Tree, Unfit};
    pub use super::super::trees::{
        PairMap, Settle, by_position, first_entry, missing_field, next_field, read_tuple,
        unknown_field, unknown_variant,
    };
    pub(crate) use super::of_inner;
    pub use super::{
        id, name_rules, one_of, positional, record, record_bilrost, record_body, record_tree,
    };
}

/// How a tuple struct is written, read and fitted that is nothing but its one value in trees:
/// `of_inner!(u32);` inside its `impl Tree`.
macro_rules! of_inner {
    ($inner:ty) => {
        fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
            self.0.write(sink, cx);
        }

        fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
            <$inner as Tree>::read(node, cx).map(Self)
        }

        fn fit(&mut self, cx: Context) -> Result<(), Unfit> {
            self.0.fit(cx)
        }
    };
}
pub(crate) use of_inner;

/// Numbers with a meaning of their own: `id! { /// doc LogId(u32); }`.
#[macro_export]
macro_rules! id {
    ($($(#[$doc:meta])* $name:ident($int:ident);)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub $int);

        impl Tree for $name {
            const SHAPE: Shape = <$int as Tree>::SHAPE;

            #[inline]
            fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
                self.0.write(sink, cx);
            }

            #[inline]
            fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
                <$int as Tree>::read(node, cx).map(Self)
            }

            fn fit(&mut self, _: Context) -> Result<(), Unfit> {
                Ok(())
            }
        }

        impl Bilrost for $name {
            const WIRE: WireType = WireType::Varint;

            #[inline]
            fn is_absent(&self) -> bool {
                self.0 == 0
            }

            #[inline]
            fn put<'v>(&'v self, writer: &mut Writer<'v>, cx: Context) {
                self.0.put(writer, cx);
            }

            #[inline]
            fn get(&mut self, reader: &mut Reader<'_>, cx: Context) -> Result<(), Fault> {
                self.0.get(reader, cx)
            }
        }
    )*};
}

/// The names and rules of a field or variant of a type, as a constant; its gate is that of the table.
#[macro_export]
macro_rules! name_rules {
    ($kind:ident, $owner:ident.$name:ident $(, $($rules:tt)*)?) => {
        const { $kind::of(stringify!($owner), stringify!($name)) $(. $($rules)*)? }
    };
}

pub use one_of::one_of;
pub use record::{positional, record, record_bilrost, record_body, record_tree};
pub use {id, name_rules};

#[cfg(test)]
mod tests;
