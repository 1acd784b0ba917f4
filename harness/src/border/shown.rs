//! What `Debug` says of a value, as JSON: what types that somebody else wrote have in common.

use std::fmt::Debug;

use serde_json::{Map, Value as Json};

/// How deep values may stand in each other; what is deeper is a text.
const DEPTH_MAX: usize = 64;

/// A value as JSON, by what its `Debug` says: fields by their names, lists, numbers, texts with their
/// escapes. A type or a variant around a single value is left out, and so is the name of a structure: where
/// two variants hold values that look alike, [`Node::show`](super::Node::show) has to say more. What is not
/// understood is a text.
pub fn shown(value: &impl Debug) -> Json {
    read(&mut format!("{value:?}").as_str(), 0)
}

fn read(rest: &mut &str, depth: usize) -> Json {
    if depth > DEPTH_MAX {
        return Json::String(std::mem::take(rest).trim().to_owned());
    }
    let depth = depth + 1;
    if let Some(text) = quoted(rest) {
        return Json::String(text);
    }
    if take(rest, "[") {
        return Json::Array(items(rest, "]", |rest| read(rest, depth)));
    }
    if take(rest, "{") {
        return members(rest, depth);
    }
    let end = rest.find(['{', '(', ',', ')', ']', '}', ':']).unwrap_or(rest.len());
    let (word, behind) = rest.split_at(end);
    *rest = behind;
    let word = word.trim();
    if take(rest, "{") {
        return members(rest, depth);
    }
    if take(rest, "(") {
        let mut items = items(rest, ")", |rest| read(rest, depth));
        return if items.len() > 1 { Json::Array(items) } else { items.pop().unwrap_or_default() };
    }
    match word {
        "None" => Json::Null,
        word => number(word).unwrap_or_else(|| Json::String(word.to_owned())),
    }
}

/// A number or a flag, exactly; none if it is something else, or larger than JSON numbers are here.
fn number(word: &str) -> Option<Json> {
    let json: Json = serde_json::from_str(word).ok()?;
    let is_whole = word.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit());
    (!is_whole || json.is_i64() || json.is_u64()).then_some(json)
}

fn members(rest: &mut &str, depth: usize) -> Json {
    let member = |rest: &mut &str| {
        let key = read(rest, depth);
        if !take(rest, ":") {
            // A member of a set.
            return (key.to_string(), Json::Bool(true));
        }
        let key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
        (key, read(rest, depth))
    };
    Json::Object(items(rest, "}", member).into_iter().collect::<Map<_, _>>())
}

fn items<T>(rest: &mut &str, end: &str, mut item: impl FnMut(&mut &str) -> T) -> Vec<T> {
    let mut items = Vec::new();
    while !take(rest, end) && !rest.is_empty() {
        let before = rest.len();
        items.push(item(rest));
        if !take(rest, ",") && rest.len() == before {
            // Nothing that can be read, such as a bracket that closes nothing.
            *rest = "";
        }
    }
    items
}

/// A text between quotes, with its escapes as they are.
fn quoted(rest: &mut &str) -> Option<String> {
    let trimmed = rest.trim_start();
    let inner = trimmed.strip_prefix('b').unwrap_or(trimmed).strip_prefix('"')?;
    let mut is_escaped = false;
    let end = inner.find(|c: char| {
        let is_end = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end
    })?;
    *rest = inner.get(end + 1..).unwrap_or_default();
    inner.get(..end).map(str::to_owned)
}

fn take(rest: &mut &str, word: &str) -> bool {
    let found = rest.trim_start().strip_prefix(word);
    *rest = found.unwrap_or(rest);
    found.is_some()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fmt;

    use serde_json::json;

    use super::*;

    #[derive(Debug)]
    #[expect(dead_code, reason = "read by `Debug` alone")]
    enum Part {
        Bare,
        One(Option<u8>),
        Two(i64, &'static str),
        Fields { text: String, flag: bool, parts: Vec<Part> },
    }

    /// Says what it holds.
    struct Says(&'static str);

    impl Debug for Says {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    #[test]
    fn fields_lists_numbers_and_texts_are_shown_by_what_they_are() {
        let parts =
            vec![Part::Bare, Part::One(None), Part::One(Some(7)), Part::Two(-1, "a, \"b\"")];
        let value = Part::Fields { text: "{(:".to_owned(), flag: true, parts };
        let expected = json!({
            "text": "{(:",
            "flag": true,
            "parts": ["Bare", null, 7, [-1, "a, \\\"b\\\""]],
        });
        assert_eq!(shown(&value), expected);
        let map = BTreeMap::from([(1, BTreeSet::from(["a"])), (2, BTreeSet::new())]);
        assert_eq!(shown(&map), json!({ "1": { "\"a\"": true }, "2": {} }));
        assert_eq!(shown(&bytes::Bytes::from_static(b"\0x")), json!("\\0x"));
    }

    #[test]
    fn numbers_are_exact_or_texts() {
        assert_eq!(shown(&u64::MAX), json!(u64::MAX));
        assert_eq!(shown(&u128::MAX), json!(u128::MAX.to_string()));
        assert_eq!(shown(&(1.5_f64, f64::NAN)), json!([1.5, "NaN"]));
    }

    #[test]
    fn what_is_no_value_ends() {
        for text in ["", "]", "[)", "{a", "(((", "[1 2", "{a: }", "\"open", "a:b", "{]}"] {
            let _ = shown(&Says(text));
        }
        let deep = "[".repeat(100_000);
        assert!(shown(&Says(Box::leak(deep.into_boxed_str()))).is_array());
    }
}
