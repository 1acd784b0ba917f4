//! What `Debug` says of a value, as JSON: what types that somebody else wrote have in common.

use std::fmt::Debug;

use serde_json::{Map, Value as Json};

/// How deep values may stand in each other; what is deeper is a text.
const DEPTH_MAX: usize = 64;

/// A value as JSON, by what its `Debug` says: fields by their names, lists, numbers, texts with their
/// escapes. The name of a structure or a variant with named fields is left out, and so is one around a single
/// value: where two variants hold values that look alike, [`Node::show`](super::Node::show) has to say more.
/// A text that is not as `Debug` writes it when it is derived is shown whole, as a text.
pub fn shown(value: &impl Debug) -> Json {
    let text = format!("{value:?}");
    let mut rest = text.as_str();
    match read(&mut rest, 0) {
        Some(json) if rest.trim().is_empty() => json,
        _ => Json::String(text),
    }
}

/// The next value; none if there is none, or it is too deep.
fn read(rest: &mut &str, depth: usize) -> Option<Json> {
    let depth = (depth < DEPTH_MAX).then_some(depth + 1)?;
    if let Some(text) = quoted(rest) {
        return Some(Json::String(text));
    }
    if take(rest, "[") {
        return items(rest, "]", |rest| read(rest, depth)).map(Json::Array);
    }
    if take(rest, "{") {
        return members(rest, depth);
    }
    let word = word(rest)?;
    if take(rest, "{") {
        return members(rest, depth);
    }
    if take(rest, "(") {
        let mut items = items(rest, ")", |rest| read(rest, depth))?;
        return Some(if items.len() > 1 { Json::Array(items) } else { items.pop()? });
    }
    Some(match word {
        "None" => Json::Null,
        word => number(word).unwrap_or_else(|| Json::String(word.to_owned())),
    })
}

/// What stands before the next bracket, comma, or colon that a key ends with; that may be nothing before a
/// bracket only.
fn word<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let text = *rest;
    let is_end = |(at, found): &(usize, char)| match found {
        '{' | '}' | '(' | ')' | '[' | ']' | ',' | '"' => true,
        ':' => text.get(at + 1..).is_some_and(|behind| behind.starts_with(' ')),
        _ => false,
    };
    let end = text.char_indices().find(is_end).map_or(text.len(), |(at, _)| at);
    let (word, behind) = text.split_at(end);
    *rest = behind;
    let word = word.trim();
    (!word.is_empty() || behind.starts_with(['{', '('])).then_some(word)
}

/// A number or a flag, exactly; none if it is something else, or larger than JSON numbers are here.
fn number(word: &str) -> Option<Json> {
    let json: Json = serde_json::from_str(word).ok()?;
    let is_whole = word.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit());
    (!is_whole || json.is_i64() || json.is_u64()).then_some(json)
}

/// The members of a structure or a map; those of a set are a list. None if two have one key.
fn members(rest: &mut &str, depth: usize) -> Option<Json> {
    let member = |rest: &mut &str| {
        let key = read(rest, depth)?;
        Some((key, if take(rest, ":") { Some(read(rest, depth)?) } else { None }))
    };
    let members = items(rest, "}", member)?;
    if !members.is_empty() && members.iter().all(|(_, value)| value.is_none()) {
        return Some(members.into_iter().map(|(member, _)| member).collect());
    }
    let mut object = Map::new();
    for (key, value) in members {
        let key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
        if object.insert(key, value?).is_some() {
            return None;
        }
    }
    Some(Json::Object(object))
}

fn items<T>(
    rest: &mut &str,
    end: &str,
    mut item: impl FnMut(&mut &str) -> Option<T>,
) -> Option<Vec<T>> {
    let mut items = Vec::new();
    while !take(rest, end) {
        items.push(item(rest)?);
        if !take(rest, ",") && !rest.trim_start().starts_with(end) {
            return None;
        }
    }
    Some(items)
}

/// A text, or a character, between quotes, with its escapes as they are.
fn quoted(rest: &mut &str) -> Option<String> {
    let trimmed = rest.trim_start();
    let trimmed = trimmed.strip_prefix('b').filter(|it| it.starts_with('"')).unwrap_or(trimmed);
    let quote = trimmed.chars().next().filter(|it| ['"', '\''].contains(it))?;
    let inner = trimmed.strip_prefix(quote)?;
    let mut is_escaped = false;
    let end = inner.find(|c: char| {
        let is_end = c == quote && !is_escaped;
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
        assert_eq!(shown(&map), json!({ "1": ["a"], "2": {} }));
        assert_eq!(shown(&bytes::Bytes::from_static(b"\0x")), json!("\\0x"));
    }

    #[test]
    fn words_keep_their_colons_and_characters_their_quotes() {
        let addresses: [std::net::SocketAddr; 2] =
            ["127.0.0.1:80", "[::1]:80"].map(|it| it.parse().unwrap());
        assert_eq!(shown(&(addresses[0], 7)), json!(["127.0.0.1:80", 7]));
        assert_eq!(shown(&(addresses[1], 7)), json!("([::1]:80, 7)"));
        let time = Says("Seen { at: 2024-01-01T10:20:30Z, by: 7 }");
        assert_eq!(shown(&time), json!({ "at": "2024-01-01T10:20:30Z", "by": 7 }));
        assert_eq!(shown(&('{', ',', '\'')), json!(["{", ",", "\\'"]));
    }

    #[test]
    fn numbers_are_exact_or_texts() {
        assert_eq!(shown(&u64::MAX), json!(u64::MAX));
        assert_eq!(shown(&u128::MAX), json!(u128::MAX.to_string()));
        assert_eq!(shown(&(1.5_f64, f64::NAN)), json!([1.5, "NaN"]));
    }

    #[test]
    fn what_is_not_understood_is_shown_whole() {
        for text in [
            "",
            "]",
            "[)",
            "{a",
            "(((",
            "[1 2",
            "{a: }",
            "\"open",
            "a: b",
            "{]}",
            "{a: 1, a: 2}",
            "[1, {a]",
        ] {
            assert_eq!(shown(&Says(text)), json!(text));
        }
        let deep: &str = Box::leak("[".repeat(100_000).into_boxed_str());
        assert_eq!(shown(&Says(deep)), json!(deep));
    }
}
