//! Enums: `one_of!`.

/// An enum. Variants hold nothing or one value. With `number` bilrost writes the variant's number;
/// with `tag` it writes a message with one field, and tag 0 is the variant that writes nothing;
/// with neither the enum has no bilrost form.
#[macro_export]
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
                    $($number if cx.knows(
                        name_rules!(Variant, $name.$variant $(, $($rules)*)?).gate,
                    ) => Self::$variant,)*
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

            #[inline(always)]
            fn get_member(
                &mut self,
                is_seen: &mut bool,
                tag: u32,
                wire: WireType,
                reader: &mut Reader<'_>,
                cx: Context,
            ) -> Result<bool, Fault> {
                let value = match tag {
                    $($tag if $tag != 0 && cx.knows(
                        name_rules!(Variant, $name.$variant $(, $($rules)*)?).gate,
                    ) => {
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

            #[inline]
            fn get_body(&mut self, reader: &mut Reader<'_>, cx: Context) -> Result<(), Fault> {
                let mut is_seen = false;
                let mut tag = 0;
                while let Some(wire) = reader.key(&mut tag)? {
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

        impl $name {
            /// The name of the variant.
            pub const fn variant_name(&self) -> &'static str {
                match self {
                    $(one_of!(@any $variant $($ty)?) => stringify!($variant),)*
                }
            }
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
                    variant: one_of!(@rules $name.$variant, $($rules)*),
                    tag: record_tree!(@tag $tag),
                    shape: one_of!(@shape $($ty)?),
                },)*],
            });

            fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
                match self {
                    $(one_of!(@bind $variant $(value $ty)?) => {
                        let rules = one_of!(@rules $name.$variant, $($rules)*);
                        if !rules.gate.is_open(cx.release) {
                            sink.refuse(Unfit::new(stringify!($name), rules.name));
                        }
                        one_of!(@write sink cx, rules $(, value $ty)?);
                    })*
                }
            }

            #[allow(unused_variables)]
            fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
                if let Some(name) = node.variant_name() {
                    $(one_of!(@read_unit name cx, $name.$variant, ($($rules)*) $(, $ty)?);)*
                    return Err(unknown_variant(node, stringify!($name), name));
                }
                let (name, child) = first_entry(node)?;
                $(one_of!(@read_value name child cx, $name.$variant, ($($rules)*) $(, $ty)?);)*
                Err(unknown_variant(node, stringify!($name), name))
            }

            fn fit(&mut self, cx: Context) -> Result<(), Unfit> {
                match self {
                    $(one_of!(@bind $variant $(value $ty)?) => {
                        let rules = one_of!(@rules $name.$variant, $($rules)*);
                        if !rules.gate.is_open(cx.release) {
                            return Err(Unfit::new(stringify!($name), rules.name));
                        }
                        one_of!(@fit cx $(, value $ty)?)
                    })*
                }
            }
        }
    };

    (@rules $name:ident.$variant:ident, ) => { name_rules!(Variant, $name.$variant) };
    (@rules $name:ident.$variant:ident, $($rules:tt)+) => {
        name_rules!(Variant, $name.$variant, $($rules)+)
    };
    (@default $variant:ident) => { Self::$variant };
    (@default $variant:ident, $ty:ty) => { Self::$variant(<$ty>::default()) };
    (@shape) => { None };
    (@shape $ty:ty) => { Some(<$ty as Tree>::SHAPE) };
    (@any $variant:ident) => { Self::$variant };
    (@any $variant:ident $ty:ty) => { Self::$variant(_) };
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
    (@read_unit $found:ident $cx:ident, $name:ident.$variant:ident, ($($rules:tt)*)) => {
        let rules = one_of!(@rules $name.$variant, $($rules)*);
        if $found == rules.name && rules.gate.is_open($cx.release) {
            return Ok(Self::$variant);
        }
    };
    (@read_unit $found:ident $cx:ident, $name:ident.$variant:ident, ($($rules:tt)*), $ty:ty) => {};
    // A variant without a value may have one all the same (07 §4).
    (@read_value $found:ident $child:ident $cx:ident, $name:ident.$variant:ident, ($($rules:tt)*)) => {
        let rules = one_of!(@rules $name.$variant, $($rules)*);
        if N::FORM == Form::Flexbuffers && $found == rules.name && rules.gate.is_open($cx.release) {
            return Ok(Self::$variant);
        }
    };
    (@read_value $found:ident $child:ident $cx:ident, $name:ident.$variant:ident, ($($rules:tt)*), $ty:ty) => {
        let rules = one_of!(@rules $name.$variant, $($rules)*);
        if $found == rules.name && rules.gate.is_open($cx.release) {
            return <$ty as Tree>::read($child, $cx)
                .map(Self::$variant)
                .map_err(|fault| fault.in_field(rules.name));
        }
    };
    (@gate $writer:ident $cx:ident $name:ident, $variant:ident $(, $($rules:tt)*)?) => {
        if !name_rules!(Variant, $name.$variant $(, $($rules)*)?).gate.is_open($cx.release) {
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

pub use one_of;
