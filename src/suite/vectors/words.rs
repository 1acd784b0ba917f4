//! A value as a library shows it, compared with ours.
//!
//! The structures behind such words have other names than ours, and shorter ones: only what does not
//! depend on names can be compared. That are the numbers other than zero, in any order; bytes are
//! numbers too.

use serde_json::Value as Json;

use crate::suite::compare::Difference;

/// Words are cut off after a few hundred characters; shorter ones that end inside a structure are
/// damaged.
const CUT_OFF_MIN: usize = 200;

/// Compares the numbers that words show with those of a value.
pub fn compare(requirement: &'static str, words: &str, value: &Json) -> Result<(), Difference> {
    let mut expected = numbers_of_words(words);
    let mut actual = Vec::new();
    numbers_of(value, None, &mut actual);
    expected.sort();
    actual.sort();
    let is_there = |number: &String| actual.binary_search(number).is_ok();
    if expected == actual || (is_cut_off(words) && expected.iter().all(is_there)) {
        return Ok(());
    }
    Err(Difference {
        place: Some(format!("numbers {} and {}", expected.join(" "), actual.join(" "))),
        ..Difference::new(requirement, words, value.to_string())
    })
}

/// The numbers in words that are not zero, outside of texts and names. A duration such as `5.000000006s` is two:
/// seconds and nanoseconds.
fn numbers_of_words(words: &str) -> Vec<String> {
    let outside: String = without_texts(words);
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
    let mut numbers = Vec::new();
    for token in outside.split(|c| !is_part(c)) {
        for number in token.split("..=").flat_map(|token| token.split("..")) {
            match number.strip_suffix('s').and_then(|seconds| seconds.split_once('.')) {
                Some((seconds, fraction)) if is_number(seconds) && is_number(fraction) => {
                    numbers.push(seconds.to_owned());
                    numbers.push(format!("{fraction:0<9}").trim_start_matches('0').to_owned());
                }
                _ => {
                    let number = number.strip_suffix('s').unwrap_or(number);
                    if is_number(number) {
                        numbers.push(number.to_owned());
                    }
                }
            }
        }
    }
    numbers.retain(|number| !number.trim_start_matches(['-', '0']).is_empty());
    numbers
}

/// Whether words end inside a structure, so that numbers are missing.
fn is_cut_off(words: &str) -> bool {
    if words.chars().count() < CUT_OFF_MIN {
        return false;
    }
    let outside = without_texts(words);
    let count = |brackets: [char; 3]| outside.matches(brackets).count();
    count(['{', '(', '[']) > count(['}', ')', ']'])
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The words without what stands between quotation marks.
fn without_texts(words: &str) -> String {
    let mut outside = String::new();
    let (mut is_inside, mut is_escaped) = (false, false);
    for c in words.chars() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_inside => is_escaped = true,
            '"' => {
                is_inside = !is_inside;
                outside.push(' ');
            }
            c if !is_inside => outside.push(c),
            _ => {}
        }
    }
    outside
}

fn numbers_of(value: &Json, name: Option<&str>, numbers: &mut Vec<String>) {
    match value {
        Json::Number(number) if number.as_u64() != Some(0) => numbers.push(number.to_string()),
        Json::String(text) if is_number(text) && text.parse::<u64>().is_err() => {
            // A number of 128 bits, which libraries carry as two.
            let number = text.parse::<u128>().unwrap_or_default();
            let halves = [number >> 64, number & u128::from(u64::MAX)];
            numbers.extend(halves.iter().filter(|half| **half != 0).map(ToString::to_string));
        }
        Json::String(text) if name.is_some_and(|name| name.ends_with("hex")) => {
            let bytes = hex::decode(text).unwrap_or_default();
            numbers.extend(bytes.iter().filter(|byte| **byte != 0).map(ToString::to_string));
        }
        Json::Array(list) => list.iter().for_each(|value| numbers_of(value, name, numbers)),
        Json::Object(object) => {
            object.iter().for_each(|(name, value)| numbers_of(value, Some(name), numbers));
        }
        _ => {}
    }
}
