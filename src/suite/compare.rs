//! Comparison of what should be with what is, in words that lead to the place.

use std::fmt::Debug;

use bytes::Bytes;
use serde_json::Value as Json;

use crate::fabric::annotate;
use crate::fabric::catalogue::MessageType;
use crate::fabric::codec::tree::Context;

/// A difference: what should be, what is, and where the two part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What must hold, as a sentence.
    pub requirement: &'static str,
    /// What should be.
    pub expected: String,
    /// What is.
    pub actual: String,
    /// The first place where the two differ.
    pub place: Option<String>,
}

impl Difference {
    /// A difference without a place.
    pub fn new(
        requirement: &'static str,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) -> Self {
        Self { requirement, expected: expected.into(), actual: actual.into(), place: None }
    }
}

/// Compares what is meant to be the same; the place is what it is.
pub fn same<T: PartialEq + Debug>(
    requirement: &'static str,
    what: &str,
    expected: &T,
    actual: &T,
) -> Result<(), Difference> {
    if expected == actual {
        return Ok(());
    }
    let words = |it: &T| format!("{what}: {it:?}");
    let place = Some(what.to_owned());
    Err(Difference { place, ..Difference::new(requirement, words(expected), words(actual)) })
}

/// Compares bytes of a payload; the place is the first byte that differs and the field that has it
/// in what should be.
pub fn payload_bytes(
    requirement: &'static str,
    message_type: MessageType,
    cx: Context,
    expected: &Bytes,
    actual: &Bytes,
) -> Result<(), Difference> {
    bytes(requirement, expected, actual, |offset| {
        annotate::payload(message_type, cx, expected).path_at(offset)
    })
}

/// Compares bytes; `field_at` names the field that has an offset in what should be.
pub fn bytes(
    requirement: &'static str,
    expected: &[u8],
    actual: &[u8],
    field_at: impl FnOnce(usize) -> Option<String>,
) -> Result<(), Difference> {
    if expected == actual {
        return Ok(());
    }
    let offset = expected.iter().zip(actual).take_while(|(a, b)| a == b).count();
    let place = match field_at(offset) {
        Some(path) if !path.is_empty() => format!("byte {offset}, in {path}"),
        _ => format!("byte {offset}"),
    };
    Err(Difference {
        place: Some(place),
        ..Difference::new(requirement, hex::encode(expected), hex::encode(actual))
    })
}

/// Compares JSON values; the place is the first path that differs.
pub fn json(requirement: &'static str, expected: &Json, actual: &Json) -> Result<(), Difference> {
    match first_difference(expected, actual, &mut String::new()) {
        None => Ok(()),
        Some(path) => Err(Difference {
            place: Some(if path.is_empty() { "the value".to_owned() } else { path }),
            ..Difference::new(requirement, expected.to_string(), actual.to_string())
        }),
    }
}

/// The path of the first difference between two values.
fn first_difference(expected: &Json, actual: &Json, path: &mut String) -> Option<String> {
    let len = path.len();
    match (expected, actual) {
        (Json::Object(expected), Json::Object(actual)) => {
            let keys = expected.keys().chain(actual.keys().filter(|k| !expected.contains_key(*k)));
            for key in keys {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key);
                let found = match (expected.get(key), actual.get(key)) {
                    (Some(expected), Some(actual)) => first_difference(expected, actual, path),
                    _ => Some(path.clone()),
                };
                path.truncate(len);
                if found.is_some() {
                    return found;
                }
            }
            None
        }
        (Json::Array(expected), Json::Array(actual)) => {
            for index in 0..expected.len().max(actual.len()) {
                path.push_str(&format!("[{index}]"));
                let found = match (expected.get(index), actual.get(index)) {
                    (Some(expected), Some(actual)) => first_difference(expected, actual, path),
                    _ => Some(path.clone()),
                };
                path.truncate(len);
                if found.is_some() {
                    return found;
                }
            }
            None
        }
        _ if expected == actual => None,
        _ => Some(path.clone()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bytes_part_at_an_offset_in_a_field() {
        assert_eq!(bytes("r", b"abc", b"abc", |_| None), Ok(()));
        let difference = bytes("r", b"abc", b"abd", |at| Some(format!("f{at}"))).unwrap_err();
        assert_eq!(difference.place.as_deref(), Some("byte 2, in f2"));
        let shorter = bytes("r", b"abc", b"ab", |_| None).unwrap_err();
        assert_eq!(shorter.place.as_deref(), Some("byte 2"));
    }

    #[test]
    fn values_part_at_a_path() {
        let value = json!({"a": [1, {"b": null}]});
        assert_eq!(super::json("r", &value, &value), Ok(()));
        for (other, path) in [
            (json!({"a": [1, {"b": 2}]}), "a[1].b"),
            (json!({"a": [1]}), "a[1]"),
            (json!({"a": [1, {"b": null}], "c": 1}), "c"),
            (json!(null), "the value"),
        ] {
            let difference = super::json("r", &value, &other).unwrap_err();
            assert_eq!(difference.place.as_deref(), Some(path));
        }
    }
}
