//! The JSON form of a value in little memory: a few bytes for each of its parts, from the first to
//! the last, where a [`serde_json::Value`] takes hundreds. It is written to text part by part.
//!
//! ```
//! use skewproof_fabric::codec::json::Tape;
//!
//! let value = serde_json::json!({ "b": [1, -2, null], "a": "text" });
//! assert_eq!(Tape::of(&value).to_string(), value.to_string());
//! ```

use std::collections::HashMap;
use std::fmt;

use serde::ser::{Error, Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value;

use super::BYTES_HEX;
use crate::codec::tree::{Form, Sink, Unfit};

/// A value, and what it is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tape {
    /// The parts: what each is, and then what it holds. Before the content of a list or map stands
    /// its length.
    bytes: Vec<u8>,
    /// The keys of all maps, each once.
    keys: Vec<String>,
}

/// What a part is, as it stands on the tape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Mark {
    Null,
    False,
    True,
    Uint,
    Int,
    Float,
    Text,
    Hex,
    List,
    Map,
}

impl Mark {
    const ALL: [Self; 10] = [
        Self::Null,
        Self::False,
        Self::True,
        Self::Uint,
        Self::Int,
        Self::Float,
        Self::Text,
        Self::Hex,
        Self::List,
        Self::Map,
    ];
}

/// Bytes of the length of a list or map.
const LEN_SIZE: usize = size_of::<u32>();

/// A [`Sink`] that makes a [`Tape`].
#[derive(Debug, Default)]
pub struct TapeSink {
    bytes: Vec<u8>,
    keys: HashMap<String, usize>,
    refused: Option<Unfit>,
}

impl TapeSink {
    /// The value that was written.
    ///
    /// # Errors
    ///
    /// What a type reported as impossible to express.
    pub fn finish(self) -> Result<Tape, Unfit> {
        let mut keys: Vec<(String, usize)> = self.keys.into_iter().collect();
        keys.sort_unstable_by_key(|(_, index)| *index);
        let keys = keys.into_iter().map(|(key, _)| key).collect();
        self.refused.map_or(Ok(Tape { bytes: self.bytes, keys }), Err)
    }

    fn mark(&mut self, mark: Mark) {
        self.bytes.push(mark as u8);
    }

    fn number(&mut self, mut number: u64) {
        while number > 0x7f {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    fn content(&mut self, mark: Mark, content: &[u8]) {
        self.mark(mark);
        self.number(content.len() as u64);
        self.bytes.extend_from_slice(content);
    }

    fn begin(&mut self, mark: Mark) -> usize {
        self.mark(mark);
        self.bytes.extend([0; LEN_SIZE]);
        self.bytes.len()
    }

    fn end(&mut self, start: usize) {
        let Ok(len) = u32::try_from(self.bytes.len() - start) else {
            return self.refuse(Unfit::new("JSON", "a value of this length"));
        };
        if let Some(place) = self.bytes.get_mut(start - LEN_SIZE..start) {
            place.copy_from_slice(&len.to_le_bytes());
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.null(),
            Value::Bool(value) => self.bool(*value),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => self.uint(number),
                (_, Some(number)) => self.int(number),
                _ => self.float(number.as_f64().unwrap_or_default()),
            },
            Value::String(text) => self.text(text),
            Value::Array(elements) => {
                let list = self.begin_list(elements.len());
                elements.iter().for_each(|element| self.value(element));
                self.end_list(list);
            }
            Value::Object(members) => {
                let map = self.begin_map();
                for (key, member) in members {
                    self.key(key);
                    self.value(member);
                }
                self.end_map(map);
            }
        }
    }
}

impl Sink for TapeSink {
    const FORM: Form = Form::Json;
    type Mark = usize;

    fn null(&mut self) {
        self.mark(Mark::Null);
    }

    fn bool(&mut self, value: bool) {
        self.mark(if value { Mark::True } else { Mark::False });
    }

    fn uint(&mut self, value: u64) {
        self.mark(Mark::Uint);
        self.number(value);
    }

    fn int(&mut self, value: i64) {
        self.mark(Mark::Int);
        self.number(value.cast_unsigned());
    }

    fn float(&mut self, value: f64) {
        if !value.is_finite() {
            self.refuse(Unfit::new("JSON", "a number that is not finite"));
        }
        self.mark(Mark::Float);
        self.bytes.extend(value.to_le_bytes());
    }

    fn text(&mut self, value: &str) {
        self.content(Mark::Text, value.as_bytes());
    }

    fn blob(&mut self, value: &[u8]) {
        let map = self.begin_map();
        self.key(BYTES_HEX);
        self.content(Mark::Hex, value);
        self.end_map(map);
    }

    fn octets(&mut self, value: &[u8]) {
        self.blob(value);
    }

    fn begin_list(&mut self, _: usize) -> usize {
        self.begin(Mark::List)
    }

    fn end_list(&mut self, start: usize) {
        self.end(start);
    }

    fn begin_map(&mut self) -> usize {
        self.begin(Mark::Map)
    }

    fn key(&mut self, key: &str) {
        let next = self.keys.len();
        let index = match self.keys.get(key) {
            Some(&index) => index,
            None => *self.keys.entry(key.to_owned()).or_insert(next),
        };
        self.number(index as u64);
    }

    fn end_map(&mut self, start: usize) {
        self.end(start);
    }

    fn refuse(&mut self, unfit: Unfit) {
        self.refused.get_or_insert(unfit);
    }
}

/// A part of a value.
#[derive(Debug, Clone, Copy)]
pub enum Part<'t> {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number.
    Uint(u64),
    /// A signed number.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// Text.
    Text(&'t str),
    /// Text that spells these bytes in hexadecimal digits.
    Hex(&'t [u8]),
    /// A list of parts.
    List(Parts<'t>),
    /// Parts by their keys.
    Map(Parts<'t>),
}

/// Parts, one after the other; those of a map have their keys in front of them.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'t> {
    tape: &'t Tape,
    rest: &'t [u8],
}

impl Tape {
    /// A value in less memory.
    pub fn of(value: &Value) -> Self {
        let mut sink = TapeSink::default();
        sink.value(value);
        // A number that is not finite is no JSON value, so nothing is refused.
        sink.finish().unwrap_or_default()
    }

    /// The bytes that the value takes, without its keys.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The value as a whole.
    pub fn root(&self) -> Part<'_> {
        Parts { tape: self, rest: &self.bytes }.next().unwrap_or(Part::Null)
    }
}

impl fmt::Display for Tape {
    /// The text on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl<'t> Parts<'t> {
    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let (byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if *byte <= 0x7f {
                return Some(number);
            }
        }
        None
    }

    fn take(&mut self, len: u64) -> Option<&'t [u8]> {
        let (content, rest) = self.rest.split_at_checked(usize::try_from(len).ok()?)?;
        self.rest = rest;
        Some(content)
    }

    fn content(&mut self) -> Option<&'t [u8]> {
        let len = self.number()?;
        self.take(len)
    }

    fn parts(&mut self) -> Option<Self> {
        let (len, rest) = self.rest.split_first_chunk::<LEN_SIZE>()?;
        self.rest = rest;
        Some(Self { tape: self.tape, rest: self.take(u32::from_le_bytes(*len).into())? })
    }

    /// The bytes that the parts take.
    pub fn size(&self) -> usize {
        self.rest.len()
    }

    /// The parts of a map by key; the last one of a key counts.
    pub fn members(mut self) -> Vec<(&'t str, Part<'t>)> {
        let mut members = Vec::new();
        while let Some(index) = self.number() {
            let key = usize::try_from(index).ok().and_then(|index| self.tape.keys.get(index));
            if let (Some(key), Some(part)) = (key, self.next()) {
                members.push((key.as_str(), part));
            }
        }
        members.reverse();
        members.sort_by_key(|(key, _)| *key);
        members.dedup_by_key(|(key, _)| *key);
        members
    }
}

impl<'t> Iterator for Parts<'t> {
    type Item = Part<'t>;

    fn next(&mut self) -> Option<Part<'t>> {
        let (mark, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(match Mark::ALL.get(usize::from(*mark))? {
            Mark::Null => Part::Null,
            Mark::False => Part::Bool(false),
            Mark::True => Part::Bool(true),
            Mark::Uint => Part::Uint(self.number()?),
            Mark::Int => Part::Int(self.number()?.cast_signed()),
            Mark::Float => {
                let (float, rest) = self.rest.split_first_chunk()?;
                self.rest = rest;
                Part::Float(f64::from_le_bytes(*float))
            }
            Mark::Text => Part::Text(std::str::from_utf8(self.content()?).ok()?),
            Mark::Hex => Part::Hex(self.content()?),
            Mark::List => Part::List(self.parts()?),
            Mark::Map => Part::Map(self.parts()?),
        })
    }
}

impl Serialize for Tape {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let whole = Parts { tape: self, rest: &self.bytes }.next();
        whole.ok_or_else(|| S::Error::custom("there is no value"))?.serialize(serializer)
    }
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(value),
            Self::Uint(value) => serializer.serialize_u64(value),
            Self::Int(value) => serializer.serialize_i64(value),
            Self::Float(value) => serializer.serialize_f64(value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Hex(bytes) => serializer.serialize_str(&super::hex_of(bytes)),
            Self::List(parts) => {
                let mut list = serializer.serialize_seq(None)?;
                for part in parts {
                    list.serialize_element(&part)?;
                }
                list.end()
            }
            Self::Map(parts) => {
                let mut map = serializer.serialize_map(None)?;
                for (key, part) in parts.members() {
                    map.serialize_entry(key, &part)?;
                }
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_tape_is_written_as_its_value() {
        let value = json!({
            "b": [null, true, false, 0, 127, 128, u64::MAX, -1, i64::MIN, 1.5, -0.0, 1e300],
            "a": {"c": "te\"xt\n\u{1f600}", "": {}, "bb": [], "b": [[[]], {"a": {"a": 1}}]},
        });
        let tape = Tape::of(&value);
        assert_eq!(tape.to_string(), value.to_string());
        assert_eq!(serde_json::to_string_pretty(&tape).unwrap(), format!("{value:#}"));
        assert_eq!(tape.keys.len(), 5);
    }

    #[test]
    fn the_last_member_of_a_key_counts() {
        let mut sink = TapeSink::default();
        let map = sink.begin_map();
        for (key, number) in [("b", 1), ("a", 2), ("b", 3)] {
            sink.key(key);
            sink.uint(number);
        }
        sink.end_map(map);
        assert_eq!(sink.finish().unwrap().to_string(), r#"{"a":2,"b":3}"#);
    }

    #[test]
    fn what_json_cannot_say_is_refused() {
        let mut sink = TapeSink::default();
        sink.float(f64::NAN);
        assert_eq!(sink.finish().unwrap_err().what, "JSON.a number that is not finite");
        let mut sink = TapeSink::default();
        sink.blob(&[0xab, 1]);
        assert_eq!(sink.finish().unwrap().to_string(), r#"{"bytes_hex":"ab01"}"#);
    }
}
