//! Structs: `record!` for fields by name, `positional!` for fields by position.

/// A struct with named fields.
#[macro_export]
macro_rules! record {
    // With tags: both forms.
    (
        $(#[$meta:meta])*
        pub struct $name:ident $([$($of_record:tt)*])? {
            $($(#[$field_meta:meta])* $field:ident: $ty:ty = $tag:tt $([$($rules:tt)*])?,)*
        }
    ) => {
        record_tree! {
            $(#[$meta])*
            pub struct $name $([$($of_record)*])? {
                $($(#[$field_meta])* $field: $ty = $tag $([$($rules)*])?,)*
            }
        }
        record_bilrost! { $name { $($field: $ty = $tag $([$($rules)*])?,)* } }
    };
    // Without: the tree form only.
    (
        $(#[$meta:meta])*
        pub struct $name:ident $([$($of_record:tt)*])? {
            $($(#[$field_meta:meta])* $field:ident: $ty:ty $([$($rules:tt)*])?,)*
        }
    ) => {
        record_tree! {
            $(#[$meta])*
            pub struct $name $([$($of_record)*])? {
                $($(#[$field_meta])* $field: $ty = untagged $([$($rules)*])?,)*
            }
        }
    };
}

/// The type and its tree form. A tag is for the shape only; it may be `untagged`. With `with` behind
/// it, it keeps what the specification leaves out, in a field of that name.
#[macro_export]
macro_rules! record_tree {
    (
        $(#[$meta:meta])*
        pub struct $name:ident $([$($of_record:tt)*])? {
            $($(#[$field_meta:meta])* $field:ident: $ty:ty = $tag:tt $([$($rules:tt)*])?,)*
        }
        $(with $left_out:ident)?
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct $name {
            $($(#[$field_meta])* #[allow(missing_docs)] pub $field: $ty,)*
            $(
                /// What the specification leaves out.
                pub $left_out: LeftOut,
            )?
        }

        impl Tree for $name {
            const SHAPE: Shape = Shape::Record(&RecordShape {
                name: stringify!($name),
                positional: false,
                rules: RecordRules::new() $(. $($of_record)*)?,
                fields: &[$(FieldShape {
                    field: name_rules!(Field, $name.$field $(, $($rules)*)?),
                    tag: record_tree!(@tag $tag),
                    shape: <$ty as Tree>::SHAPE,
                },)*],
            });

            #[allow(unused_variables)]
            fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
                let map = sink.begin_map();
                $({
                    let rules = name_rules!(Field, $name.$field $(, $($rules)*)?);
                    if !rules.gate.is_open(cx.release) {
                        if self.$field != <$ty>::default() {
                            sink.refuse(Unfit::new(stringify!($name), stringify!($field)));
                        }
                    } else if !(rules.is_omitted_when_default
                        && self.$field == <$ty>::default()
                        && !<$ty as Tree>::is_always_written(cx))
                    {
                        sink.key(rules.key_in(S::FORM));
                        self.$field.write(sink, cx);
                    }
                })*
                $(self.$left_out.write(sink, cx);)?
                sink.end_map(map);
            }

            #[allow(unused_mut, unused_variables, clippy::never_loop)]
            fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
                const RULES: RecordRules = RecordRules::new() $(. $($of_record)*)?;
                let fields = match node.fields() {
                    Ok(fields) => fields,
                    Err(fault) => {
                        let mut list = by_position(node, RULES, fault)?;
                        let value = Self {
                            $($field: {
                                let rules = name_rules!(Field, $name.$field $(, $($rules)*)?);
                                next_field(&mut list, node, &rules, cx)?
                            },)*
                            $($left_out: LeftOut::default(),)?
                        };
                        return value.settled(node, cx);
                    }
                };
                $(let mut $field: Option<$ty> = None;)*
                $(let mut $left_out = LeftOut::default();)?
                for (key, child) in fields {
                    $({
                        let rules = name_rules!(Field, $name.$field $(, $($rules)*)?);
                        if key.is(rules.key_in(N::FORM)) && rules.gate.is_open(cx.release) {
                            let value = <$ty as Tree>::read(child, cx)
                                .map_err(|fault| fault.in_field(rules.name))?;
                            if $field.replace(value).is_some() {
                                return Err(child.fault(FaultKind::Repeated).in_field(rules.name));
                            }
                            continue;
                        }
                    })*
                    $(if $left_out.take(key.text(), child, cx)? {
                        continue;
                    })?
                    unknown_field(child, key, RULES)?;
                }
                let value = Self {
                    $($field: match $field {
                        Some(value) => value,
                        None => {
                            let rules = name_rules!(Field, $name.$field $(, $($rules)*)?);
                            missing_field(node, &rules, cx)?
                        }
                    },)*
                    $($left_out,)?
                };
                value.settled(node, cx)
            }

            #[allow(unused_variables)]
            fn fit(&mut self, cx: Context) -> Result<(), Unfit> {
                $(
                    if name_rules!(Field, $name.$field $(, $($rules)*)?).gate.is_open(cx.release) {
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
#[macro_export]
macro_rules! record_body {
    ($name:ident { $($field:ident: $ty:ty = $tag:tt $([$($rules:tt)*])?,)* }) => {
        impl BilrostBody for $name {
            #[inline]
            #[allow(unused_variables)]
            fn put_body<'v>(&'v self, writer: &mut Writer<'v>, cx: Context) {
                record_body!(@put self writer cx $name $({ $field $ty, $tag $(, $($rules)*)? })*);
            }

            #[inline]
            #[allow(unused_variables)]
            fn get_body(&mut self, reader: &mut Reader<'_>, cx: Context) -> Result<(), Fault> {
                $(let mut $field = false;)*
                let mut tag = 0;
                while let Some(wire) = reader.key(&mut tag)? {
                    $(
                        if record_body!(@may_be tag $tag)
                            && cx.knows(name_rules!(Field, $name.$field $(, $($rules)*)?).gate)
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
        if name_rules!(Field, $name.$field $(, $($rules)*)?).gate.is_open($cx.release) {
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
        $self.$field.get_field(&mut $field, $wire, $reader, $cx).map(|()| true)
    };
    (@may_be $found:ident oneof) => { true };
    (@may_be $found:ident $number:literal) => { $found == $number };
}

/// The bilrost form of a struct: its fields, and itself as a nested message.
#[macro_export]
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
#[macro_export]
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
                rules: RecordRules::new(),
                fields: &[$(FieldShape {
                    field: name_rules!(Field, $name.$field),
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

pub use {positional, record, record_bilrost, record_body, record_tree};
