//! The macros with which message types describe themselves: one description gives the Rust type,
//! its tree form, its bilrost form and its [`Shape`].
//!
//! ```text
//! record! {
//!     /// What it is (03 §6).
//!     pub struct Example {
//!         first: u64 = 1,                         // bilrost tag 1, flexbuffers key "first"
//!         second: Option<u32> = 2 [since(7, 3)],  // known from 1.7.3 on
//!         query: Query = oneof,                   // a one-of whose members are fields of this one
//!     }
//! }
//! ```
//!
//! Fields stand in the order in which flexbuffers writes their keys. Without tags the type has no
//! bilrost form. In brackets come methods of [`Field`], or of [`Variant`]. The macros expect
//! [`prelude`] to be imported.

/// What the macros name.
pub(crate) mod prelude {
    pub(crate) use super::super::bilrost::{
        self, Bilrost, BilrostBody, BilrostField, BilrostMember, Reader, WireType, Writer,
    };
    pub(crate) use super::super::fault::{Fault, FaultKind};
    pub(crate) use super::super::shape::{
        ChoiceShape, Field, FieldShape, RecordShape, Shape, Variant, VariantShape,
    };
    pub(crate) use super::super::tree::{Context, Form, Name, Node, Sink, Tree, Unfit};
    pub(crate) use super::super::trees::{
        PairMap, missing_field, read_tuple, unknown_field, unknown_variant,
    };
    pub(crate) use super::{
        id, name_rules, one_of, positional, record, record_bilrost, record_body, record_tree,
    };
}

/// Numbers with a meaning of their own: `id! { /// doc LogId(u32); }`.
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

/// The names and rules of a field or variant, as a constant.
macro_rules! name_rules {
    ($kind:ident, $name:ident $(, $($rules:tt)*)?) => {
        const { $kind::new(stringify!($name)) $(. $($rules)*)? }
    };
}

/// A struct with named fields.
macro_rules! record {
    // With tags: both forms.
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* $field:ident: $ty:ty = $tag:tt $([$($rules:tt)*])?,)*
        }
    ) => {
        record_tree! {
            $(#[$meta])*
            pub struct $name {
                $($(#[$field_meta])* $field: $ty = $tag $([$($rules)*])?,)*
            }
        }
        record_bilrost! { $name { $($field: $ty = $tag $([$($rules)*])?,)* } }
    };
    // Without: the tree form only.
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* $field:ident: $ty:ty $([$($rules:tt)*])?,)*
        }
    ) => {
        record_tree! {
            $(#[$meta])*
            pub struct $name {
                $($(#[$field_meta])* $field: $ty = untagged $([$($rules)*])?,)*
            }
        }
    };
}

/// The type and its tree form. A tag is for the shape only; it may be `untagged`.
macro_rules! record_tree {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* $field:ident: $ty:ty = $tag:tt $([$($rules:tt)*])?,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct $name {
            $($(#[$field_meta])* #[allow(missing_docs)] pub $field: $ty,)*
        }

        impl Tree for $name {
            const SHAPE: Shape = Shape::Record(&RecordShape {
                name: stringify!($name),
                positional: false,
                fields: &[$(FieldShape {
                    field: name_rules!(Field, $field $(, $($rules)*)?),
                    tag: record_tree!(@tag $tag),
                    shape: <$ty as Tree>::SHAPE,
                },)*],
            });

            #[allow(unused_variables)]
            fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
                let map = sink.begin_map();
                $({
                    let rules = name_rules!(Field, $field $(, $($rules)*)?);
                    if !rules.gate.is_open(cx.release) {
                        if self.$field != <$ty>::default() {
                            sink.refuse(Unfit::new(stringify!($name), stringify!($field)));
                        }
                    } else if !(rules.is_omitted_when_default
                        && self.$field == <$ty>::default())
                    {
                        sink.key(rules.key_in(S::FORM));
                        self.$field.write(sink, cx);
                    }
                })*
                sink.end_map(map);
            }

            #[allow(unused_mut, unused_variables, clippy::never_loop)]
            fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
                $(let mut $field: Option<$ty> = None;)*
                for (key, child) in node.fields()? {
                    $({
                        let rules = name_rules!(Field, $field $(, $($rules)*)?);
                        if key.is(rules.key_in(N::FORM)) && rules.gate.is_open(cx.release) {
                            let value = <$ty as Tree>::read(child, cx)
                                .map_err(|fault| fault.in_field(rules.name))?;
                            if $field.replace(value).is_some() {
                                return Err(child.fault(FaultKind::Repeated).in_field(rules.name));
                            }
                            continue;
                        }
                    })*
                    unknown_field(child, key.text())?;
                }
                Ok(Self {
                    $($field: match $field {
                        Some(value) => value,
                        None => {
                            let rules = name_rules!(Field, $field $(, $($rules)*)?);
                            missing_field(node, &rules, cx)?
                        }
                    },)*
                })
            }

            #[allow(unused_variables)]
            fn fit(&mut self, cx: Context) -> Result<(), Unfit> {
                $(
                    if name_rules!(Field, $field $(, $($rules)*)?).gate.is_open(cx.release) {
                        self.$field.fit(cx)?;
                    } else {
                        self.$field = <$ty>::default();
                    }
                )*
                Ok(())
            }
        }
    };
    (@tag untagged) => { None };
    (@tag oneof) => { None };
    (@tag $tag:literal) => { Some($tag) };
}

/// The fields of a message in bilrost.
macro_rules! record_body {
    ($name:ident { $($field:ident: $ty:ty = $tag:tt $([$($rules:tt)*])?,)* }) => {
        impl BilrostBody for $name {
            #[allow(unused_variables)]
            fn put_body<'v>(&'v self, writer: &mut Writer<'v>, cx: Context) {
                record_body!(@put self writer cx $name $({ $field $ty, $tag $(, $($rules)*)? })*);
            }

            #[allow(unused_variables)]
            fn get_body(&mut self, reader: &mut Reader<'_>, cx: Context) -> Result<(), Fault> {
                $(let mut $field = false;)*
                while let Some((tag, wire)) = reader.key()? {
                    $(
                        if name_rules!(Field, $field $(, $($rules)*)?).gate.is_open(cx.release)
                            && record_body!(@get self $field, $tag, tag wire reader cx)
                                .map_err(|fault| fault.in_field(stringify!($field)))?
                        {
                            continue;
                        }
                    )*
                    reader.skip(wire)?;
                }
                Ok(())
            }
        }
    };
    // Fields are written last one first.
    (@put $self:ident $writer:ident $cx:ident $name:ident) => {};
    (
        @put $self:ident $writer:ident $cx:ident $name:ident
        { $field:ident $ty:ty, $tag:tt $(, $($rules:tt)*)? } $($before:tt)*
    ) => {
        record_body!(@put $self $writer $cx $name $($before)*);
        if name_rules!(Field, $field $(, $($rules)*)?).gate.is_open($cx.release) {
            record_body!(@put_one $self $writer $cx $field, $tag);
        } else if $self.$field != <$ty>::default() {
            $writer.refuse(Unfit::new(stringify!($name), stringify!($field)));
        }
    };
    (@put_one $self:ident $writer:ident $cx:ident $field:ident, oneof) => {
        $self.$field.put_member($writer, $cx)
    };
    (@put_one $self:ident $writer:ident $cx:ident $field:ident, $tag:literal) => {
        $self.$field.put_field($tag, $writer, $cx)
    };
    (@get $self:ident $field:ident, oneof, $tag:ident $wire:ident $reader:ident $cx:ident) => {
        $self.$field.get_member(&mut $field, $tag, $wire, $reader, $cx)
    };
    (
        @get $self:ident $field:ident, $number:literal,
        $tag:ident $wire:ident $reader:ident $cx:ident
    ) => {
        if $tag == $number {
            $self.$field.get_field(&mut $field, $wire, $reader, $cx).map(|()| true)
        } else {
            Ok(false)
        }
    };
}

/// The bilrost form of a struct: its fields, and itself as a nested message.
macro_rules! record_bilrost {
    ($name:ident { $($field:ident: $ty:ty = $tag:tt $([$($rules:tt)*])?,)* }) => {
        record_body! { $name { $($field: $ty = $tag $([$($rules)*])?,)* } }

        impl Bilrost for $name {
            const WIRE: WireType = WireType::LengthDelimited;

            #[inline]
            fn is_absent(&self) -> bool {
                true $(&& record_bilrost!(@is_omitted self $field $ty, $tag))*
            }

            #[inline]
            fn put<'v>(&'v self, writer: &mut Writer<'v>, cx: Context) {
                bilrost::put_nested(self, writer, cx);
            }

            #[inline]
            fn get(&mut self, reader: &mut Reader<'_>, cx: Context) -> Result<(), Fault> {
                bilrost::get_nested(self, reader, cx)
            }
        }
    };
    (@is_omitted $self:ident $field:ident $ty:ty, oneof) => { $self.$field == <$ty>::default() };
    (@is_omitted $self:ident $field:ident $ty:ty, $tag:literal) => {
        <$ty as BilrostField>::is_omitted(&$self.$field)
    };
}

/// A struct whose tree form is a list: fields by position.
macro_rules! positional {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* $field:ident: $ty:ty = $tag:tt,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name {
            $($(#[$field_meta])* #[allow(missing_docs)] pub $field: $ty,)*
        }

        impl Tree for $name {
            const SHAPE: Shape = Shape::Record(&RecordShape {
                name: stringify!($name),
                positional: true,
                fields: &[$(FieldShape {
                    field: Field::new(stringify!($field)),
                    tag: Some($tag),
                    shape: <$ty as Tree>::SHAPE,
                },)*],
            });

            fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
                let list = sink.begin_list([$(stringify!($field)),*].len());
                $(self.$field.write(sink, cx);)*
                sink.end_list(list);
            }

            fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
                let [$($field),*] = read_tuple(node)?;
                Ok(Self {
                    $($field: <$ty as Tree>::read($field, cx)
                        .map_err(|fault| fault.in_field(stringify!($field)))?,)*
                })
            }

            fn fit(&mut self, cx: Context) -> Result<(), Unfit> {
                $(self.$field.fit(cx)?;)*
                Ok(())
            }
        }

        record_bilrost! { $name { $($field: $ty = $tag,)* } }
    };
}

/// An enum. Variants hold nothing or one value. With `number` bilrost writes the variant's number;
/// with `tag` it writes a message with one field, and tag 0 is the variant that writes nothing;
/// with neither the enum has no bilrost form.
macro_rules! one_of {
    (
        $(#[$meta:meta])*
        pub enum $name:ident : number {
            $($(#[$variant_meta:meta])* $variant:ident = $number:literal $([$($rules:tt)*])?,)*
        }
    ) => {
        one_of! { @enum
            $(#[$meta])* [Copy] $name, true,
            $({ $(#[$variant_meta])* $variant, $number, $($($rules)*)? })*
        }

        impl Bilrost for $name {
            const WIRE: WireType = WireType::Varint;

            #[inline]
            fn is_absent(&self) -> bool {
                *self == Self::default()
            }

            #[inline]
            fn put<'v>(&'v self, writer: &mut Writer<'v>, cx: Context) {
                match self {
                    $(Self::$variant => {
                        one_of!(@gate writer cx $name, $variant $(, $($rules)*)?);
                        writer.varint($number);
                    })*
                }
            }

            #[inline]
            fn get(&mut self, reader: &mut Reader<'_>, cx: Context) -> Result<(), Fault> {
                let number = reader.varint("an enum number")?;
                *self = match number {
                    $($number if name_rules!(Variant, $variant $(, $($rules)*)?)
                        .gate.is_open(cx.release) => Self::$variant,)*
                    _ => {
                        let name = stringify!($name);
                        return Err(reader.fault(FaultKind::UnknownNumber { name, number }));
                    }
                };
                Ok(())
            }
        }
    };
    (
        $(#[$meta:meta])*
        pub enum $name:ident : tag {
            $(
                $(#[$variant_meta:meta])* $variant:ident $(($ty:ty))? = $tag:tt
                $([$($rules:tt)*])?,
            )*
        }
    ) => {
        one_of! { @enum
            $(#[$meta])* [] $name, false,
            $({ $(#[$variant_meta])* $variant $(($ty))?, $tag, $($($rules)*)? })*
        }

        impl BilrostMember for $name {
            fn put_member<'v>(&'v self, writer: &mut Writer<'v>, cx: Context) {
                match self {
                    $(one_of!(@bind $variant $(value $ty)?) => {
                        one_of!(@gate writer cx $name, $variant $(, $($rules)*)?);
                        one_of!(@put writer cx, $tag $(, value $ty)?);
                    })*
                }
            }

            fn get_member(
                &mut self,
                is_seen: &mut bool,
                tag: u32,
                wire: WireType,
                reader: &mut Reader<'_>,
                cx: Context,
            ) -> Result<bool, Fault> {
                let value = match tag {
                    $($tag if $tag != 0 && name_rules!(Variant, $variant $(, $($rules)*)?)
                        .gate.is_open(cx.release) =>
                    {
                        one_of!(@get $variant, wire reader cx $(, $ty)?)
                            .map_err(|fault| fault.in_field(stringify!($variant)))?
                    })*
                    _ => return Ok(false),
                };
                if std::mem::replace(is_seen, true) {
                    return Err(reader.fault(FaultKind::Conflicting));
                }
                *self = value;
                Ok(true)
            }
        }

        impl BilrostBody for $name {
            #[inline]
            fn put_body<'v>(&'v self, writer: &mut Writer<'v>, cx: Context) {
                self.put_member(writer, cx);
            }

            fn get_body(&mut self, reader: &mut Reader<'_>, cx: Context) -> Result<(), Fault> {
                let mut is_seen = false;
                while let Some((tag, wire)) = reader.key()? {
                    if !self.get_member(&mut is_seen, tag, wire, reader, cx)? {
                        reader.skip(wire)?;
                    }
                }
                Ok(())
            }
        }

        impl Bilrost for $name {
            const WIRE: WireType = WireType::LengthDelimited;

            #[inline]
            fn is_absent(&self) -> bool {
                *self == Self::default()
            }

            #[inline]
            fn put<'v>(&'v self, writer: &mut Writer<'v>, cx: Context) {
                bilrost::put_nested(self, writer, cx);
            }

            #[inline]
            fn get(&mut self, reader: &mut Reader<'_>, cx: Context) -> Result<(), Fault> {
                bilrost::get_nested(self, reader, cx)
            }
        }
    };
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident $(($ty:ty))? $([$($rules:tt)*])?,)*
        }
    ) => {
        one_of! { @enum
            $(#[$meta])* [] $name, false,
            $({ $(#[$variant_meta])* $variant $(($ty))?, untagged, $($($rules)*)? })*
        }
    };

    // The type and its tree form.
    (@enum
        $(#[$meta:meta])* [$($copy:ident)?] $name:ident, $numbered:literal,
        $({
            $(#[$variant_meta:meta])* $variant:ident $(($ty:ty))?, $tag:tt, $($rules:tt)*
        })*
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq $(, $copy, PartialOrd, Ord, Hash)?)]
        pub enum $name {
            $($(#[$variant_meta])* #[allow(missing_docs)] $variant $(($ty))?,)*
        }

        impl Default for $name {
            /// The first variant.
            #[allow(unreachable_code)]
            fn default() -> Self {
                $(return one_of!(@default $variant $(, $ty)?);)*
            }
        }

        impl Tree for $name {
            const SHAPE: Shape = Shape::Choice(&ChoiceShape {
                name: stringify!($name),
                numbered: $numbered,
                variants: &[$(VariantShape {
                    variant: one_of!(@rules $variant, $($rules)*),
                    tag: record_tree!(@tag $tag),
                    shape: one_of!(@shape $($ty)?),
                },)*],
            });

            fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
                match self {
                    $(one_of!(@bind $variant $(value $ty)?) => {
                        let rules = one_of!(@rules $variant, $($rules)*);
                        if !rules.gate.is_open(cx.release) {
                            sink.refuse(Unfit::new(stringify!($name), rules.name));
                        }
                        one_of!(@write sink cx, rules $(, value $ty)?);
                    })*
                }
            }

            #[allow(unused_variables)]
            fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
                if let Some(name) = node.as_text() {
                    $(one_of!(@read_unit name cx, $variant, ($($rules)*) $(, $ty)?);)*
                    return Err(unknown_variant(node, stringify!($name), name));
                }
                let mut entries = node.map()?;
                let Some((name, child)) = entries.next() else {
                    let found = 0;
                    return Err(node.fault(FaultKind::WrongLength { expected: 1, found }));
                };
                if entries.next().is_some() {
                    return Err(node.fault(FaultKind::Conflicting));
                }
                $(one_of!(@read_value name child cx, $variant, ($($rules)*) $(, $ty)?);)*
                Err(unknown_variant(node, stringify!($name), name))
            }

            fn fit(&mut self, cx: Context) -> Result<(), Unfit> {
                match self {
                    $(one_of!(@bind $variant $(value $ty)?) => {
                        let rules = one_of!(@rules $variant, $($rules)*);
                        if !rules.gate.is_open(cx.release) {
                            return Err(Unfit::new(stringify!($name), rules.name));
                        }
                        one_of!(@fit cx $(, value $ty)?)
                    })*
                }
            }
        }
    };

    (@rules $variant:ident, ) => { name_rules!(Variant, $variant) };
    (@rules $variant:ident, $($rules:tt)+) => { name_rules!(Variant, $variant, $($rules)+) };
    (@default $variant:ident) => { Self::$variant };
    (@default $variant:ident, $ty:ty) => { Self::$variant(<$ty>::default()) };
    (@shape) => { None };
    (@shape $ty:ty) => { Some(<$ty as Tree>::SHAPE) };
    (@bind $variant:ident) => { Self::$variant };
    (@bind $variant:ident $value:ident $ty:ty) => { Self::$variant($value) };
    (@fit $cx:ident) => { Ok(()) };
    (@fit $cx:ident, $value:ident $ty:ty) => { $value.fit($cx) };
    (@write $sink:ident $cx:ident, $rules:ident) => { $sink.text($rules.name) };
    (@write $sink:ident $cx:ident, $rules:ident, $value:ident $ty:ty) => {
        let map = $sink.begin_map();
        $sink.key($rules.name);
        $value.write($sink, $cx);
        $sink.end_map(map);
    };
    (@read_unit $name:ident $cx:ident, $variant:ident, ($($rules:tt)*)) => {
        let rules = one_of!(@rules $variant, $($rules)*);
        if $name == rules.name && rules.gate.is_open($cx.release) {
            return Ok(Self::$variant);
        }
    };
    (@read_unit $name:ident $cx:ident, $variant:ident, ($($rules:tt)*), $ty:ty) => {};
    (@read_value $name:ident $child:ident $cx:ident, $variant:ident, ($($rules:tt)*)) => {};
    (@read_value $name:ident $child:ident $cx:ident, $variant:ident, ($($rules:tt)*), $ty:ty) => {
        let rules = one_of!(@rules $variant, $($rules)*);
        if $name == rules.name && rules.gate.is_open($cx.release) {
            return <$ty as Tree>::read($child, $cx)
                .map(Self::$variant)
                .map_err(|fault| fault.in_field(rules.name));
        }
    };
    (@gate $writer:ident $cx:ident $name:ident, $variant:ident $(, $($rules:tt)*)?) => {
        if !name_rules!(Variant, $variant $(, $($rules)*)?).gate.is_open($cx.release) {
            $writer.refuse(Unfit::new(stringify!($name), stringify!($variant)));
        }
    };
    (@put $writer:ident $cx:ident, 0) => {};
    (@put $writer:ident $cx:ident, $tag:literal) => {
        $writer.start($tag, WireType::LengthDelimited);
        $writer.varint(0);
    };
    (@put $writer:ident $cx:ident, $tag:literal, $value:ident $ty:ty) => {
        $writer.start($tag, <$ty as Bilrost>::WIRE);
        $value.put($writer, $cx);
    };
    (@get $variant:ident, $wire:ident $reader:ident $cx:ident) => {
        $reader
            .expect(WireType::LengthDelimited, $wire)
            .and_then(|()| $reader.delimited(|_| Ok(Self::$variant)))
    };
    (@get $variant:ident, $wire:ident $reader:ident $cx:ident, $ty:ty) => {
        $reader.expect(<$ty as Bilrost>::WIRE, $wire).and_then(|()| {
            let mut value = <$ty>::default();
            Bilrost::get(&mut value, $reader, $cx).map(|()| Self::$variant(value))
        })
    };
}

pub(crate) use {
    id, name_rules, one_of, positional, record, record_bilrost, record_body, record_tree,
};
