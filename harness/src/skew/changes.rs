//! What of a value did not arrive, named by field.

use serde_json::{Map, Value as Json};

use super::outcome::LossKind;

/// What of `sent` is not in `received`, in order and each once. Paths have `[]` for any index.
/// What is absent may be missing.
pub fn changes(
    sent: &Json,
    received: &Json,
    is_absent: &dyn Fn(&Json) -> bool,
) -> Vec<(LossKind, String)> {
    let mut found = Vec::new();
    compare(sent, received, "", &mut Found { found: &mut found, is_absent });
    found.sort();
    found.dedup();
    found
}

/// What was found, and what is no difference.
struct Found<'a> {
    found: &'a mut Vec<(LossKind, String)>,
    is_absent: &'a dyn Fn(&Json) -> bool,
}

fn compare(sent: &Json, received: &Json, path: &str, found: &mut Found<'_>) {
    match (sent, received) {
        _ if sent == received => {}
        (Json::Object(sent), Json::Object(received)) => maps(sent, received, path, found),
        (Json::Array(sent), Json::Array(received)) if sent.len() == received.len() => {
            let path = format!("{path}[]");
            sent.iter().zip(received).for_each(|(s, r)| compare(s, r, &path, found));
        }
        (sent, received) => match ((found.is_absent)(sent), (found.is_absent)(received)) {
            (true, true) => {}
            (false, true) => found.found.push((LossKind::Dropped, named(path))),
            (true, false) => found.found.push((LossKind::Added, named(path))),
            (false, false) => found.found.push((LossKind::Changed, named(path))),
        },
    }
}

fn maps(sent: &Map<String, Json>, received: &Map<String, Json>, path: &str, found: &mut Found<'_>) {
    let inner = |key: &str| {
        if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
    };
    // A variant in the place of another: what is in them cannot be compared.
    if let ([(one, _)], [(other, _)]) = (pairs(sent).as_slice(), pairs(received).as_slice())
        && one != other
        && one.starts_with(char::is_uppercase)
    {
        found.found.push((LossKind::Changed, named(path)));
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::peer::says_nothing;
    use super::*;

    #[test]
    fn what_did_not_arrive_has_a_name() {
        let sent = json!({"a": [{"b": 1, "c": 2}, {"b": 3}], "d": {"Keys": [1]}, "e": 0, "f": "x"});
        let received = json!({"a": [{"b": 1}, {"b": 4}], "d": {"None": []}, "g": true});
        assert_eq!(
            changes(&sent, &received, &says_nothing),
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
        assert_eq!(
            changes(&json!({"a": null, "b": [], "c": {"d": 0}}), &json!({}), &says_nothing),
            []
        );
        let changed = [(LossKind::Changed, "the value".to_owned())];
        assert_eq!(changes(&json!(7), &json!(8), &says_nothing), changed);
    }

    #[test]
    fn what_is_absent_is_for_the_protocol_to_say() {
        let dropped = [(LossKind::Dropped, "a".to_owned())];
        let (sent, received) = (json!({"a": 0, "b": -1}), json!({"b": -1}));
        assert_eq!(changes(&sent, &received, &Json::is_null), dropped);
        let is_absent = |value: &Json| value.is_null() || *value == json!(-1);
        assert_eq!(changes(&json!({"b": -1}), &json!({}), &is_absent), []);
    }
}
