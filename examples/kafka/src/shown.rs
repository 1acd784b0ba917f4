//! What `{:?}` says of a value, as JSON: the types of three releases have nothing else in common.

use serde_json::{Map, Value as Json};

/// Reads it; what is not understood is a text.
pub fn read(text: &str) -> Json {
    value(&mut text.trim())
}

fn value(rest: &mut &str) -> Json {
    if let Some(text) = quoted(rest) {
        return Json::String(text);
    }
    if take(rest, "[") {
        return Json::Array(items(rest, "]", value));
    }
    if take(rest, "{") {
        return members(rest);
    }
    let end = rest.find(['{', '(', ',', ')', ']', '}', ':']).unwrap_or(rest.len());
    let (word, behind) = rest.split_at(end);
    *rest = behind;
    let word = word.trim();
    if take(rest, "{") {
        return members(rest);
    }
    if take(rest, "(") {
        // A type around a value says nothing more.
        return items(rest, ")", value).pop().unwrap_or_default();
    }
    match word {
        "None" => Json::Null,
        word => serde_json::from_str(word).unwrap_or_else(|_| Json::String(word.to_owned())),
    }
}

fn members(rest: &mut &str) -> Json {
    let member = |rest: &mut &str| {
        let key = value(rest);
        take(rest, ":");
        let key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
        (key, value(rest))
    };
    Json::Object(items(rest, "}", member).into_iter().collect::<Map<_, _>>())
}

fn items<T>(rest: &mut &str, end: &str, mut item: impl FnMut(&mut &str) -> T) -> Vec<T> {
    let mut items = Vec::new();
    while !take(rest, end) && !rest.is_empty() {
        items.push(item(rest));
        take(rest, ",");
    }
    items
}

/// A text between quotes, with its escapes as they are.
fn quoted(rest: &mut &str) -> Option<String> {
    let inner = rest.trim_start().trim_start_matches('b').strip_prefix('"')?;
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
