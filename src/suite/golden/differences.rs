//! Differences between two JSON values, in lines that lead to the place.

use serde_json::Value as Json;

/// Characters of a value that are shown.
const VALUE_WIDTH: usize = 120;

/// Every difference, one a line: `- path = value` for what is gone, `+ path = value` for what is
/// new, `~ path = old -> new` for what changed.
pub fn lines(old: &Json, new: &Json) -> Vec<String> {
    let mut lines = Vec::new();
    compare("", Some(old), Some(new), &mut lines);
    lines
}

fn compare(path: &str, old: Option<&Json>, new: Option<&Json>, lines: &mut Vec<String>) {
    let place = if path.is_empty() { "(root)" } else { path };
    match (old, new) {
        (Some(Json::Object(old)), Some(Json::Object(new))) => {
            let separator = if path.is_empty() { "" } else { "." };
            let added = new.keys().filter(|key| !old.contains_key(*key));
            for key in old.keys().chain(added) {
                let path = format!("{path}{separator}{key}");
                compare(&path, old.get(key), new.get(key), lines);
            }
        }
        (Some(Json::Array(old)), Some(Json::Array(new))) => {
            for index in 0..old.len().max(new.len()) {
                compare(&format!("{path}[{index}]"), old.get(index), new.get(index), lines);
            }
        }
        (Some(old), Some(new)) if old == new => {}
        // A line that has no such field, and one that has nothing in it, mean the same.
        (Some(Json::Null), None) | (None, Some(Json::Null) | None) => {}
        (Some(old), Some(new)) => lines.push(format!("~ {place} = {} -> {}", cut(old), cut(new))),
        (Some(old), None) => lines.push(format!("- {place} = {}", cut(old))),
        (None, Some(new)) => lines.push(format!("+ {place} = {}", cut(new))),
    }
}

/// A value on one line. What is cut is counted, so that another length shows.
fn cut(value: &Json) -> String {
    let text = value.to_string();
    match text.char_indices().nth(VALUE_WIDTH) {
        None => text,
        Some((end, _)) => {
            let rest = text.len() - end;
            format!("{}… and {rest} bytes more", text.get(..end).unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_difference_has_a_line() {
        let old = json!({"a": [1, {"b": null}], "c": 1, "e": "x"});
        let new = json!({"a": [2, {"b": null}, 3], "d": {"f": 1}, "e": "x", "g": null});
        let expected = ["~ a[0] = 1 -> 2", "+ a[2] = 3", "- c = 1", "+ d = {\"f\":1}"];
        assert_eq!(lines(&old, &new), expected);
        assert_eq!(lines(&json!(1), &json!("1")), ["~ (root) = 1 -> \"1\""]);
        assert!(lines(&old, &old).is_empty());
        let long = lines(&json!("ä".repeat(500)), &json!(1));
        assert!(long[0].contains("… and 763 bytes more -> 1"), "{}", long[0]);
    }
}
