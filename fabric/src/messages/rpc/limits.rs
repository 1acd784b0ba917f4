//! The limits that an invocation counts against: scopes and limit keys, from 1.7 on (07 §6).

use crate::codec::describe::prelude::*;

/// Length of a scope, and of each part of a limit key, in bytes, at most.
const PART_LEN_MAX: usize = 36;

/// Whether a text may be a scope, or a part of a limit key.
fn is_part(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    (1..=PART_LEN_MAX).contains(&text.len()) && text.bytes().all(is_allowed)
}

/// Whose invocations are counted together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope(String);

impl Scope {
    /// The scope with a name; none if it has no such name: 1 to 36 letters, digits, `_`, `.` or `-`.
    pub fn new(name: &str) -> Option<Self> {
        is_part(name).then(|| Self(name.to_owned()))
    }
}

/// Which of a scope's limits an invocation counts against: none, or one or two parts divided by `/`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LimitKey(String);

impl LimitKey {
    /// Reads its text, which may end with a `/` too many.
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::default());
        }
        let (first, second) = text.split_once('/').unwrap_or((text, ""));
        let is_key = is_part(first) && (second.is_empty() || is_part(second));
        is_key.then(|| Self(text.strip_suffix('/').unwrap_or(text).to_owned()))
    }
}

macro_rules! checked_texts {
    ($($name:ident, $what:literal, $parse:path;)*) => {$(
        impl Tree for $name {
            const SHAPE: Shape = Shape::Text($what);

            fn write<S: Sink>(&self, sink: &mut S, _: Context) {
                sink.text(&self.0);
            }

            fn read<'a, N: Node<'a>>(node: N, _: Context) -> Result<Self, Fault> {
                let text = node.text()?;
                $parse(text).ok_or_else(|| {
                    let found = FaultKind::excerpt(text);
                    node.fault(FaultKind::Malformed { expected: $what, found })
                })
            }

            fn fit(&mut self, _: Context) -> Result<(), Unfit> {
                Ok(())
            }
        }
    )*};
}

checked_texts! {
    Scope, "a scope", Scope::new;
    LimitKey, "a limit key", LimitKey::parse;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_short_and_plain() {
        for name in ["a", "azAZ09_.-", "..", &"x".repeat(36)] {
            assert_eq!(Scope::new(name), Some(Scope(name.to_owned())));
        }
        for name in ["", "a b", "a/b", "ü", &"x".repeat(37)] {
            assert_eq!(Scope::new(name), None, "{name:?}");
        }
    }

    #[test]
    fn limit_keys_have_at_most_two_parts() {
        for (text, key) in [("", ""), ("a", "a"), ("a/", "a"), ("tenant1/user-2", "tenant1/user-2")]
        {
            assert_eq!(LimitKey::parse(text), Some(LimitKey(key.to_owned())), "{text}");
        }
        let long = "x".repeat(37);
        for text in ["/", "/a", "a/b/", "a/b/c", "a b", &long, &format!("a/{long}")] {
            assert_eq!(LimitKey::parse(text), None, "{text}");
        }
    }
}
