//! Numbers, bytes and text out of the JSON form of a value, and how ids are spelled (03 §5).

use serde_json::Value as Json;

use super::ReferenceError;
use super::rules::{Base62, Rules};
use crate::fabric::codec::shape::{ChoiceShape, VariantShape};
use crate::fabric::codec::tree::Context;

/// The digits of base 62.
const DIGITS: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// How many of them a number of 64 bits has.
const U64_LEN: usize = 11;
/// How many of them a number of 128 bits has.
const U128_LEN: usize = 22;

/// An unsigned number of up to 64 bits. Flags are an object in JSON.
pub fn uint(json: &Json) -> Result<u64, ReferenceError> {
    let number = json.get("bits").unwrap_or(json);
    number.as_u64().ok_or_else(|| ReferenceError::misshapen("no unsigned number"))
}

/// An unsigned number of 128 bits, which is text in JSON.
pub fn uint128(json: &Json) -> Result<u128, ReferenceError> {
    text(json)?.parse().map_err(|_| ReferenceError::misshapen("no number of 128 bits"))
}

/// Text.
pub fn text(json: &Json) -> Result<&str, ReferenceError> {
    json.as_str().ok_or_else(|| ReferenceError::misshapen("no text"))
}

/// The elements of a list.
pub fn list(json: &Json) -> Result<&[Json], ReferenceError> {
    let elements = json.as_array().ok_or_else(|| ReferenceError::misshapen("no list"))?;
    Ok(elements)
}

/// The halves of a pair.
pub fn pair(json: &Json) -> Result<[&Json; 2], ReferenceError> {
    match list(json)? {
        [first, second] => Ok([first, second]),
        _ => Err(ReferenceError::misshapen("no pair")),
    }
}

/// Bytes: hex in an object, or a list of numbers.
pub fn bytes(json: &Json) -> Result<Vec<u8>, ReferenceError> {
    let wrong = || ReferenceError::misshapen("no bytes");
    match json.get("bytes_hex") {
        Some(digits) => hex::decode(text(digits)?).map_err(|_| wrong()),
        None => {
            let byte = |element| uint(element).and_then(|n| u8::try_from(n).map_err(|_| wrong()));
            list(json)?.iter().map(byte).collect()
        }
    }
}

/// A variant: its name, and what it holds if it holds something.
pub fn variant(json: &Json) -> Result<(&str, Option<&Json>), ReferenceError> {
    if let Some(name) = json.as_str() {
        return Ok((name, None));
    }
    let mut members = json.as_object().into_iter().flatten();
    match (members.next(), members.next()) {
        (Some((name, value)), None) => Ok((name, Some(value))),
        _ => Err(ReferenceError::misshapen("no variant")),
    }
}

/// The variant with a name, if the release knows it.
pub fn find_variant<'a>(
    choice: &'a ChoiceShape,
    name: &str,
    cx: Context,
) -> Result<&'a VariantShape, ReferenceError> {
    let is_it = |shape: &&VariantShape| shape.variant.name == name;
    let known = choice.variants.iter().find(is_it);
    known
        .filter(|shape| shape.variant.gate.is_open(cx.release))
        .ok_or_else(|| ReferenceError::misshapen("a variant that the release does not know"))
}

/// The spelling on the wire of a text whose shape calls it `what`.
pub fn spelling(what: &str, text: &str, rules: &Rules) -> String {
    match what {
        "a ULID" if rules.ulids_are_lower_case => text.to_lowercase(),
        "an invocation id" | "a deployment id" | "a snapshot id" => {
            respelled(text, rules.base62).unwrap_or_else(|| text.to_owned())
        }
        _ => text.to_owned(),
    }
}

/// An id in another base 62, its prefix left as it is. None if it is no such id.
fn respelled(id: &str, base62: Base62) -> Option<String> {
    let start = id.find("_1")? + "_1".len();
    let (prefix, digits) = id.split_at_checked(start)?;
    let digits = match base62 {
        Base62::Swapped => digits.to_owned(),
        Base62::CapitalsFirst => digits.chars().map(other_case).collect(),
        Base62::Unswapped => {
            let (key, number) = digits.split_at_checked(digits.len().checked_sub(U128_LEN)?)?;
            let key = match key {
                "" => String::new(),
                _ => {
                    let key = u64::try_from(number_of(key)?).ok()?;
                    digits_of(key.swap_bytes().into(), U64_LEN)
                }
            };
            key + &digits_of(number_of(number)?.swap_bytes(), U128_LEN)
        }
    };
    Some(format!("{prefix}{digits}"))
}

/// The letter in the other case; digits are left alone.
fn other_case(letter: char) -> char {
    if letter.is_ascii_lowercase() {
        letter.to_ascii_uppercase()
    } else {
        letter.to_ascii_lowercase()
    }
}

fn number_of(text: &str) -> Option<u128> {
    text.bytes().try_fold(0u128, |number, digit| {
        let value = DIGITS.iter().position(|&d| d == digit)?;
        number.checked_mul(62)?.checked_add(u128::try_from(value).ok()?)
    })
}

/// A number with exactly `len` digits.
fn digits_of(mut number: u128, len: usize) -> String {
    let mut digits = Vec::new();
    for _ in 0..len {
        let digit = usize::try_from(number % 62).ok().and_then(|value| DIGITS.get(value));
        digits.extend(digit.copied().map(char::from));
        number /= 62;
    }
    digits.iter().rev().collect()
}
