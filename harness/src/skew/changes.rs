//! What of a value did not arrive, named by field.

use serde_json::{Map, Value as Json};

use super::outcome::LossKind;

/// What of `sent` is not in `received`, in order and each once. Paths have `[]` for any index.
/// What says nothing (null, nothing in a list or a map, zero, no text) may be missing.
pub fn changes(sent: &Json, received: &Json) -> Vec<(LossKind, String)> {
    let mut found = Vec::new();
    compare(sent, received, "", &mut found);
    found.sort();
    found.dedup();
    found
}

type Found = Vec<(LossKind, String)>;

fn compare(sent: &Json, received: &Json, path: &str, found: &mut Found) {
    match (sent, received) {
        _ if sent == received => {}
        (Json::Object(sent), Json::Object(received)) => maps(sent, received, path, found),
        (Json::Array(sent), Json::Array(received)) if sent.len() == received.len() => {
            let path = format!("{path}[]");
            sent.iter().zip(received).for_each(|(s, r)| compare(s, r, &path, found));
        }
        (sent, received) => match (says_nothing(sent), says_nothing(received)) {
            (true, true) => {}
            (false, true) => found.push((LossKind::Dropped, named(path))),
            (true, false) => found.push((LossKind::Added, named(path))),
            (false, false) => found.push((LossKind::Changed, named(path))),
        },
    }
}

fn maps(sent: &Map<String, Json>, received: &Map<String, Json>, path: &str, found: &mut Found) {
    let inner = |key: &str| {
        if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
    };
    // A variant in the place of another: what is in them cannot be compared.
    if let ([(one, _)], [(other, _)]) = (pairs(sent).as_slice(), pairs(received).as_slice())
        && one != other
        && one.starts_with(char::is_uppercase)
    {
        found.push((LossKind::Changed, named(path)));
        return;
    }
    for (key, sent) in sent {
        compare(sent, received.get(key).unwrap_or(&Json::Null), &inner(key), found);
    }
    for (key, received) in received.iter().filter(|(key, _)| !sent.contains_key(*key)) {
        compare(&Json::Null, received, &inner(key), found);
    }
}

fn pairs(map: &Map<String, Json>) -> Vec<(&String, &Json)> {
    map.iter().collect()
}

fn named(path: &str) -> String {
    if path.is_empty() { "the value".to_owned() } else { path.to_owned() }
}

fn says_nothing(value: &Json) -> bool {
    match value {
        Json::Null | Json::Bool(false) => true,
        Json::Bool(true) => false,
        Json::Number(number) => number.as_u64() == Some(0),
        Json::String(text) => text.is_empty(),
        Json::Array(elements) => elements.is_empty(),
        Json::Object(map) => map.values().all(says_nothing),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_did_not_arrive_has_a_name() {
        let sent = json!({"a": [{"b": 1, "c": 2}, {"b": 3}], "d": {"Keys": [1]}, "e": 0, "f": "x"});
        let received = json!({"a": [{"b": 1}, {"b": 4}], "d": {"None": []}, "g": true});
        assert_eq!(
            changes(&sent, &received),
            [
                (LossKind::Dropped, "a[].c".to_owned()),
                (LossKind::Dropped, "f".to_owned()),
                (LossKind::Changed, "a[].b".to_owned()),
                (LossKind::Changed, "d".to_owned()),
                (LossKind::Added, "g".to_owned()),
            ]
        );
    }

    #[test]
    fn what_says_nothing_may_be_missing() {
        assert_eq!(changes(&json!({"a": null, "b": [], "c": {"d": 0}}), &json!({})), []);
        assert_eq!(changes(&json!(7), &json!(8)), [(LossKind::Changed, "the value".to_owned())]);
    }
}
