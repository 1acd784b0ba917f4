//! JSON for people who read a diff: what is short stands on one line, so that a pair of numbers
//! does not take four.

use serde_json::Value as Json;

/// Columns of a line.
const WIDTH: usize = 88;
/// Blanks for each level.
const INDENT: usize = 2;

/// A value in lines, without a line break at the end.
pub fn lines(value: &Json) -> String {
    let mut text = String::new();
    write(value, 0, 0, &mut text);
    text
}

/// Writes a value that begins at a column, in lines that are indented to a level.
fn write(value: &Json, level: usize, column: usize, text: &mut String) {
    let short = one_line(value);
    if column + short.len() <= WIDTH {
        text.push_str(&short);
        return;
    }
    let inner = (level + 1) * INDENT;
    let begin = |text: &mut String, index: usize| {
        text.push_str(if index == 0 { "\n" } else { ",\n" });
        text.push_str(&" ".repeat(inner));
    };
    match value {
        Json::Array(elements) => {
            text.push('[');
            for (index, element) in elements.iter().enumerate() {
                begin(text, index);
                write(element, level + 1, inner + 1, text);
            }
            text.push_str(&format!("\n{}]", " ".repeat(level * INDENT)));
        }
        Json::Object(members) => {
            text.push('{');
            for (index, (key, member)) in members.iter().enumerate() {
                begin(text, index);
                let key = format!("{}: ", Json::from(key.as_str()));
                text.push_str(&key);
                write(member, level + 1, inner + key.len() + 1, text);
            }
            text.push_str(&format!("\n{}}}", " ".repeat(level * INDENT)));
        }
        _ => text.push_str(&short),
    }
}

/// A value on one line, with blanks behind commas and colons.
fn one_line(value: &Json) -> String {
    match value {
        Json::Array(elements) => {
            let elements: Vec<_> = elements.iter().map(one_line).collect();
            format!("[{}]", elements.join(", "))
        }
        Json::Object(members) => {
            let member = |(key, value): (&String, &Json)| {
                format!("{}: {}", Json::from(key.as_str()), one_line(value))
            };
            let members: Vec<_> = members.iter().map(member).collect();
            format!("{{{}}}", members.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_short_stands_on_one_line() {
        assert_eq!(
            lines(&json!({"a": [1, {"b": null}], "c": {}})),
            r#"{"a": [1, {"b": null}], "c": {}}"#
        );
        let long = "x".repeat(80);
        let value = json!({"a": [1, 2], "b": [long, "\n"]});
        let expected =
            format!("{{\n  \"a\": [1, 2],\n  \"b\": [\n    \"{long}\",\n    \"\\n\"\n  ]\n}}");
        assert_eq!(lines(&value), expected);
        assert_eq!(serde_json::from_str::<Json>(&expected).unwrap(), value);
    }
}
