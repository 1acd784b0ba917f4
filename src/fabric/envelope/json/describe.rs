//! How a message describes its JSON form: by listing its fields, or the members of its choice. Both
//! directions follow from the one list, and a field that is left out does not compile.

/// The form of a field or member: by its type, or as a number of an enum.
macro_rules! json_write {
    ($value:expr, $release:expr) => {
        $crate::fabric::envelope::json::Json::to_json($value, $release)
    };
    ($value:expr, $release:expr, $enum:ident) => {{
        use $crate::fabric::envelope::{enums::EnumType, json::enum_to_json};
        enum_to_json(EnumType::$enum, *$value, $release)
    }};
}

/// The function that reads a field or member: by its type, or as a number of an enum.
macro_rules! json_read {
    () => {
        $crate::fabric::envelope::json::Json::from_json
    };
    ($enum:ident) => {{
        use $crate::fabric::envelope::{enums::EnumType, json::enum_from_json};
        |input| enum_from_json(EnumType::$enum, input)
    }};
}

/// Implements `Json` for a message, given all of its fields, those `as` an enum being raw
/// numbers. A choice whose members stand beside the fields comes last, after a semicolon.
macro_rules! json_message {
    ($message:ident $(<$param:ident: $bound:path>)? {
        $($field:ident $(as $enum:ident)?),* $(; $choice:ident)?
    }) => {
        impl $(<$param: $bound>)? $crate::fabric::envelope::json::Json
            for $message $(<$param>)?
        {
            fn to_json(&self, release: $crate::fabric::release::Release) -> serde_json::Value {
                use $crate::fabric::envelope::json;
                let Self { $($field,)* $($choice)? } = self;
                let fields =
                    [$((stringify!($field), json::json_write!($field, release $(, $enum)?))),*];
                let member = None$(.or($choice.as_ref().map(|m| json::OneOf::to_member(m, release))))?;
                json::object(fields.into_iter().chain(member))
            }

            fn from_json(
                input: $crate::fabric::envelope::json::Input<'_>,
            ) -> Result<Self, $crate::fabric::envelope::json::JsonFault> {
                use $crate::fabric::envelope::json;
                let mut object = input.object()?;
                let value = Self {
                    $($field: object.take(stringify!($field), json::json_read!($($enum)?))?,)*
                    $($choice: object.take_one_of()?,)?
                };
                object.finish()?;
                Ok(value)
            }
        }
    };
}

/// Implements `OneOf` for a choice, given all of its members and their keys, those `as` an enum
/// being raw numbers.
macro_rules! json_choice {
    ($choice:ty { $($variant:ident $(as $enum:ident)? = $key:literal),* $(,)? }) => {
        impl $crate::fabric::envelope::json::OneOf for $choice {
            const MEMBERS: &'static [&'static str] = &[$($key),*];

            fn to_member(
                &self,
                release: $crate::fabric::release::Release,
            ) -> (&'static str, serde_json::Value) {
                use $crate::fabric::envelope::json;
                match self {
                    $(Self::$variant(m) => ($key, json::json_write!(m, release $(, $enum)?)),)*
                }
            }

            fn from_member(
                key: &str,
                input: $crate::fabric::envelope::json::Input<'_>,
            ) -> Result<Option<Self>, $crate::fabric::envelope::json::JsonFault> {
                use $crate::fabric::envelope::json;
                match key {
                    $($key => json::json_read!($($enum)?)(input).map(Self::$variant).map(Some),)*
                    _ => Ok(None),
                }
            }
        }
    };
}
pub(in crate::fabric::envelope) use {json_choice, json_message, json_read, json_write};
