//! JSON read exactly: what a document says is what is understood, or it is refused.
//!
//! Beyond what `serde_json` refuses: a member that is there twice, a whole number that no number here
//! holds, and a document whose values would take far more memory than its text.
//!
//! ```
//! use skewproof_harness::json::read;
//!
//! assert_eq!(read("[18446744073709551615, 0.1]").unwrap()[0], u64::MAX);
//! for refused in [r#"{"a": 1, "a": 2}"#, "18446744073709551617", "[1] 2"] {
//!     assert!(read(refused).is_err(), "{refused}");
//! }
//! ```

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use thiserror::Error as ThisError;

/// Bytes of memory that values may take for each byte of text.
const MEMORY_PER_BYTE: usize = 48;
/// And for a document of any length.
const MEMORY_FLOOR: usize = 4 << 20;
/// What an element of a list takes, with the room for another.
const ELEMENT_SIZE: usize = 2 * size_of::<Value>();
/// What the first members of an object take: they are kept in nodes of eleven.
const NODE_SIZE: usize = 640;
/// Members behind the first, of which so many begin another node.
const NODE_LEN: usize = 6;
/// What a text takes beside its bytes.
const TEXT_SIZE: usize = 16;

/// Why a text is not read.
#[derive(Debug, ThisError)]
pub enum JsonError {
    /// It is no JSON, has a member twice or would take too much memory; with line and column.
    #[error("{0}")]
    Refused(#[from] serde_json::Error),
    /// It has a whole number that is neither one of 64 bits nor a floating-point number.
    #[error("the number {number} at line {line} column {column} is more than 64 bits can hold")]
    Inexact {
        /// The beginning of the number.
        number: String,
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in bytes.
        column: usize,
    },
}

impl JsonError {
    /// The line, counted from 1; 0 where it cannot be told.
    pub fn line(&self) -> usize {
        match self {
            Self::Refused(error) => error.line(),
            Self::Inexact { line, .. } => *line,
        }
    }
}

/// The value of a document.
///
/// # Errors
///
/// If it is no JSON, or cannot be understood exactly.
pub fn read(text: &str) -> Result<Value, JsonError> {
    let memory = text.len().saturating_mul(MEMORY_PER_BYTE).saturating_add(MEMORY_FLOOR);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let mut budget = Budget { memory, has_floats: false };
    let value = Exact(&mut budget).deserialize(&mut deserializer)?;
    deserializer.end()?;
    // What is no float is exact.
    match budget.has_floats.then(|| inexact(text)).flatten() {
        Some(error) => Err(error),
        None => Ok(value),
    }
}

/// Digits of a number that an error repeats.
const NUMBER_SHOWN_MAX: usize = 40;

/// The first whole number that is not kept as it is, in a text that is JSON.
fn inexact(text: &str) -> Option<JsonError> {
    let bytes = text.as_bytes();
    let (mut at, mut is_text) = (0, false);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if is_text => at += 1,
            b'"' => is_text = !is_text,
            b'-' | b'0'..=b'9' if !is_text => {
                let rest = text.get(at..).unwrap_or_default();
                let len = rest.find(|c: char| !c.is_ascii_digit() && !"+-.eE".contains(c));
                let number = rest.get(..len.unwrap_or(rest.len())).unwrap_or_default();
                if !is_exact(number) {
                    let before = text.get(..at).unwrap_or_default();
                    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
                    let line = before.bytes().filter(|it| *it == b'\n').count() + 1;
                    let number = number.get(..NUMBER_SHOWN_MAX).unwrap_or(number).to_owned();
                    return Some(JsonError::Inexact { number, line, column: at - line_start + 1 });
                }
                at += number.len().saturating_sub(1);
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Whether a number is kept as it is written. One with a point or an exponent is a floating-point
/// number, and the nearest one is meant.
fn is_exact(number: &str) -> bool {
    let is_whole = number.bytes().all(|it| it == b'-' || it.is_ascii_digit());
    !is_whole
        || number.parse::<u64>().is_ok()
        || number.parse::<i64>().is_ok()
        || number.parse::<f64>().is_ok_and(|float| format!("{float:.0}") == number)
}

/// What is known of a document while it is read.
struct Budget {
    /// Bytes that are left.
    memory: usize,
    has_floats: bool,
}

impl Budget {
    fn charge<E: Error>(&mut self, bytes: usize) -> Result<(), E> {
        let too_much = || E::custom("its values take far more memory than its text");
        self.memory = self.memory.checked_sub(bytes).ok_or_else(too_much)?;
        Ok(())
    }

    fn charge_text<E: Error>(&mut self, text: &str) -> Result<(), E> {
        self.charge(text.len() + TEXT_SIZE)
    }
}

/// Reads one value.
struct Exact<'b>(&'b mut Budget);

impl<'de> DeserializeSeed<'de> for Exact<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Exact<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        self.0.has_floats = true;
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("it is not finite"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.0.charge_text(value)?;
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element_seed(Exact(self.0))? {
            self.0.charge(ELEMENT_SIZE)?;
            elements.push(element);
        }
        elements.shrink_to_fit();
        Ok(Value::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(key) = object.next_key::<String>()? {
            if members.contains_key(&key) {
                return Err(A::Error::custom(format_args!("the member {key:?} is there twice")));
            }
            if members.len().is_multiple_of(NODE_LEN) {
                self.0.charge(NODE_SIZE)?;
            }
            self.0.charge_text(&key)?;
            members.insert(key, object.next_value_seed(Exact(self.0))?);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(text: &str) -> String {
        read(text).unwrap_err().to_string()
    }

    #[test]
    fn what_is_read_is_what_is_written() {
        let value = json!({
            "a": [null, true, -5, i64::MIN, u64::MAX, 1.5, "te\"xt\\", [], {}],
            "b\u{202e}": {"c": {"c": -0.0}},
        });
        assert_eq!(read(&value.to_string()).unwrap(), value);
        assert_eq!(read(&format!("\n {value:#}\n")).unwrap(), value);
    }

    #[test]
    fn a_float_is_the_one_that_was_written() {
        let mut rng = fastrand::Rng::with_seed(1);
        for _ in 0..10_000 {
            let float = f64::from_bits(rng.u64(..));
            if float.is_finite() {
                let again = read(&json!(float).to_string()).unwrap().as_f64().unwrap();
                assert_eq!(again.to_bits(), float.to_bits(), "{float:e}");
            }
        }
    }

    #[test]
    fn a_member_is_there_once() {
        assert_eq!(
            refused("{\"a\": 1, \"b\": {\"c\": 2,\n \"\\u0063\": 2}}"),
            "the member \"c\" is there twice at line 2 column 9"
        );
        assert!(read(r#"[{"a": 1}, {"a": 1}]"#).is_ok());
    }

    #[test]
    fn a_whole_number_is_exact_or_refused() {
        assert_eq!(
            refused("{\"a\\\"1\": \"99999999999999999999\",\n\"b\": 18446744073709551617}"),
            "the number 18446744073709551617 at line 2 column 6 is more than 64 bits can hold"
        );
        for number in ["-9223372036854775809", "123456789012345678901234567890"] {
            assert!(read(number).is_err(), "{number}");
        }
        for (number, float) in [("18446744073709551616", 2_f64.powi(64)), ("1e20", 1e20)] {
            assert_eq!(read(number).unwrap(), json!(float));
        }
    }

    #[test]
    fn values_take_memory_in_proportion_to_the_text() {
        for (unit, is_too_much) in [
            (r#"{"":0},"#, true),
            (r#"{"name":"n","number":12345,"what":"something"},"#, false),
            ("0,", false),
            ("[],", false),
        ] {
            let text = format!("[{}0]", unit.repeat((1 << 20) / unit.len()));
            assert_eq!(read(&text).is_err(), is_too_much, "{unit}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in ["", "{", "[1,]", "nul", "1 2", "1e999", "\"\u{1}\"", "NaN"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read(&"[".repeat(100_000)).is_err());
    }
}
