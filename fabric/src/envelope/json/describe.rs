//! How a message describes its JSON form: by listing its fields, or the members of its choice. Both
//! directions follow from the one list, and a field that is left out does not compile.

/// The form of a field or member: by its type, or as a number of an enum.
macro_rules! json_write {
    ($value:expr, $release:expr) => {
        $crate::envelope::json::Json::to_json($value, $release)
    };
    ($value:expr, $release:expr, Presence) => {
        $crate::envelope::json::present_to_json($value, $release)
    };
    ($value:expr, $release:expr, $enum:ident) => {{
        use $crate::envelope::{enums::EnumType, json::enum_to_json};
        enum_to_json(EnumType::$enum, *$value, $release)
    }};
}

/// The function that reads a field or member: by its type, or as a number of an enum.
macro_rules! json_read {
    () => {
        $crate::envelope::json::Json::from_json
    };
    (Presence) => {
        $crate::envelope::json::present_from_json
    };
    ($enum:ident) => {{
        use $crate::envelope::{enums::EnumType, json::enum_from_json};
        |input| enum_from_json(EnumType::$enum, input)
    }};
}

/// The gate of a field or member of a message.
macro_rules! json_gate {
    ($message:ident, $name:expr) => {
        const { $crate::gates::member(stringify!($message), $name) }
    };
}

/// Implements `Json` for a message, given all of its fields, those `as` an enum being raw
/// numbers, those `as Presence` being 0 where they are not there in releases that do not tell the
/// two apart. A choice whose members stand beside the fields comes last, after a semicolon. Fields
/// that a release does not know are not in its form.
macro_rules! json_message {
    ($message:ident { $($field:ident $(as $enum:ident)?),* $(; $choice:ident)? }) => {
        impl $crate::envelope::json::Json for $message {
            fn to_json(&self, release: $crate::release::Release) -> serde_json::Value {
                use $crate::envelope::json;
                let Self { $($field,)* $($choice)? } = self;
                let fields = [$(
                    json::json_gate!($message, stringify!($field)).is_open(release).then(|| {
                        (stringify!($field), json::json_write!($field, release $(, $enum)?))
                    })
                ),*];
                let member = None$(.or($choice.as_ref().map(|m| json::OneOf::to_member(m, release))))?;
                json::object(fields.into_iter().flatten().chain(member))
            }

            fn from_json(
                input: $crate::envelope::json::Input<'_>,
            ) -> Result<Self, $crate::envelope::json::JsonFault> {
                use $crate::envelope::json;
                let mut object = input.object()?;
                let value = Self {
                    $($field: if object.knows(json::json_gate!($message, stringify!($field))) {
                        object.take(stringify!($field), json::json_read!($($enum)?))?
                    } else {
                        Default::default()
                    },)*
                    $($choice: object.take_one_of()?,)?
                };
                object.finish()?;
                Ok(value)
            }
        }
    };
}

/// Implements `OneOf` for a choice, given all of its members and their keys, those `as` an enum
/// being raw numbers, and the message that it stands in.
macro_rules! json_choice {
    ($choice:ident of $message:ident { $($variant:ident $(as $enum:ident)? = $key:literal),* $(,)? }) => {
        impl $crate::envelope::json::OneOf for $choice {
            const MEMBERS: &'static [&'static str] = &[$($key),*];
            const GATES: &'static [$crate::release::Gate] =
                &[$($crate::envelope::json::json_gate!($message, $key)),*];

            fn to_member(
                &self,
                release: $crate::release::Release,
            ) -> (&'static str, serde_json::Value) {
                use $crate::envelope::json;
                match self {
                    $(Self::$variant(m) => ($key, json::json_write!(m, release $(, $enum)?)),)*
                }
            }

            fn from_member(
                key: &str,
                input: $crate::envelope::json::Input<'_>,
            ) -> Result<Option<Self>, $crate::envelope::json::JsonFault> {
                use $crate::envelope::json;
                match key {
                    $($key => json::json_read!($($enum)?)(input).map(Self::$variant).map(Some),)*
                    _ => Ok(None),
                }
            }
        }
    };
}
pub(in crate::envelope) use {json_choice, json_gate, json_message, json_read, json_write};
