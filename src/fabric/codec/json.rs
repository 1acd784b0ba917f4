//! The JSON form of values: the one in which people read and type them.
//!
//! Not JSON text: a [`serde_json::Value`], whose parser keeps every `u64` exactly.

use std::slice;

use bytes::Bytes;
use serde_json::{Map, Number, Value, map};

use super::fault::{Fault, FaultKind};
use super::tree::{Context, Form, Kind, Node, Sink, Tree, Unfit};

/// Name of the only member of an object that stands for bytes.
const BYTES_HEX: &str = "bytes_hex";

/// Names of the members of a record body that the sender holds as text. On the wire it is the
/// bytes, which are the second; the text is only a comment.
const TYPED_STRING: &str = "typed_string";
const STORAGE_ENCODED_HEX: &str = "storage_encoded_bytes_hex";

/// The JSON form of a value.
///
/// # Errors
///
/// The part of the value that `cx.release` cannot express.
pub fn to_json<T: Tree>(value: &T, cx: Context) -> Result<Value, Unfit> {
    let mut sink = JsonSink::new();
    value.write(&mut sink, cx);
    sink.finish()
}

/// The value of a JSON form.
///
/// # Errors
///
/// What is wrong with it for `cx.release`.
pub fn from_json<T: Tree>(json: &Value, cx: Context) -> Result<T, Fault> {
    T::read(JsonNode(json), cx)
}

/// A [`Sink`] that makes JSON.
#[derive(Debug, Default)]
pub struct JsonSink {
    /// Lists and objects that have not ended, outermost first.
    open: Vec<Open>,
    root: Value,
    refused: Option<Unfit>,
}

#[derive(Debug)]
enum Open {
    List(Vec<Value>),
    /// The members so far, and the key of the next one.
    Map(Map<String, Value>, String),
}

impl JsonSink {
    /// A sink without a value.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value that was written.
    ///
    /// # Errors
    ///
    /// What a type reported as impossible to express.
    pub fn finish(self) -> Result<Value, Unfit> {
        match self.refused {
            Some(unfit) => Err(unfit),
            None => Ok(self.root),
        }
    }

    fn push(&mut self, value: Value) {
        match self.open.last_mut() {
            Some(Open::List(elements)) => elements.push(value),
            Some(Open::Map(members, key)) => {
                members.insert(std::mem::take(key), value);
            }
            None => self.root = value,
        }
    }

    fn push_bytes(&mut self, value: &[u8]) {
        let hex = Value::String(hex::encode(value));
        self.push(Value::Object(Map::from_iter([(BYTES_HEX.to_owned(), hex)])));
    }

    fn end(&mut self) {
        match self.open.pop() {
            Some(Open::List(elements)) => self.push(Value::Array(elements)),
            Some(Open::Map(members, _)) => self.push(Value::Object(members)),
            None => debug_assert!(false, "nothing has begun"),
        }
    }
}

impl Sink for JsonSink {
    const FORM: Form = Form::Json;
    type Mark = ();

    fn null(&mut self) {
        self.push(Value::Null);
    }

    fn bool(&mut self, value: bool) {
        self.push(Value::Bool(value));
    }

    fn uint(&mut self, value: u64) {
        self.push(Value::from(value));
    }

    fn int(&mut self, value: i64) {
        self.push(Value::from(value));
    }

    fn float(&mut self, value: f64) {
        match Number::from_f64(value) {
            Some(number) => self.push(Value::Number(number)),
            None => self.refuse(Unfit::new("JSON", "a number that is not finite")),
        }
    }

    fn text(&mut self, value: &str) {
        self.push(Value::from(value));
    }

    fn blob(&mut self, value: &[u8]) {
        self.push_bytes(value);
    }

    fn octets(&mut self, value: &[u8]) {
        self.push_bytes(value);
    }

    fn begin_list(&mut self, len: usize) {
        self.open.push(Open::List(Vec::with_capacity(len)));
    }

    fn end_list(&mut self, (): ()) {
        self.end();
    }

    fn begin_map(&mut self) {
        self.open.push(Open::Map(Map::new(), String::new()));
    }

    fn key(&mut self, key: &str) {
        match self.open.last_mut() {
            Some(Open::Map(_, next)) => key.clone_into(next),
            _ => debug_assert!(false, "a key outside of a map"),
        }
    }

    fn end_map(&mut self, (): ()) {
        self.end();
    }

    fn refuse(&mut self, unfit: Unfit) {
        self.refused.get_or_insert(unfit);
    }
}

/// A place in a JSON value.
#[derive(Debug, Clone, Copy)]
pub struct JsonNode<'a>(pub &'a Value);

impl<'a> JsonNode<'a> {
    /// Bytes in one of the forms that stand for them: hex in an object, a record body, or an array
    /// of numbers.
    fn bytes(self) -> Result<Bytes, Fault> {
        match self.0 {
            Value::Array(elements) => {
                let byte = |(index, element): (usize, &'a Value)| {
                    let node = JsonNode(element);
                    let out_of_range = || node.fault(FaultKind::OutOfRange { what: "a byte" });
                    let value = node
                        .uint()
                        .and_then(|value| u8::try_from(value).map_err(|_| out_of_range()));
                    value.map_err(|fault| fault.in_element(index))
                };
                elements.iter().enumerate().map(byte).collect()
            }
            Value::Object(members) => match self.hex_member(members)? {
                (name, Value::String(text)) => hex::decode(text).map(Bytes::from).map_err(|_| {
                    let found = FaultKind::excerpt(text);
                    self.fault(FaultKind::Malformed { expected: "hex", found }).in_field(name)
                }),
                (name, other) => Err(JsonNode(other).wrong(Kind::Text).in_field(name)),
            },
            _ => Err(self.wrong(Kind::Blob)),
        }
    }

    /// The member that spells the bytes, in an object that stands for bytes.
    fn hex_member(
        self,
        members: &'a Map<String, Value>,
    ) -> Result<(&'static str, &'a Value), Fault> {
        let is_body = members.contains_key(TYPED_STRING);
        let name = if is_body { STORAGE_ENCODED_HEX } else { BYTES_HEX };
        let Some(hex) = members.get(name) else {
            return Err(self.fault(FaultKind::Missing).in_field(name));
        };
        match members.keys().find(|&key| key != name && key != TYPED_STRING) {
            Some(key) => {
                Err(self.fault(FaultKind::UnknownField { found: FaultKind::excerpt(key) }))
            }
            None => Ok((name, hex)),
        }
    }

    fn wrong(self, expected: Kind) -> Fault {
        let (expected, found) = (expected.name(), self.kind().name());
        self.fault(FaultKind::WrongType { expected, found })
    }

    /// The fault of a value that is not a number of this kind.
    fn wrong_number(self, expected: Kind) -> Fault {
        match self.0 {
            Value::Number(_) => self.fault(FaultKind::OutOfRange { what: expected.name() }),
            _ => self.wrong(expected),
        }
    }
}

impl<'a> Node<'a> for JsonNode<'a> {
    const FORM: Form = Form::Json;
    type List = JsonList<'a>;
    type Map = JsonMap<'a>;
    type Name = &'a str;
    type Fields = JsonMap<'a>;

    fn kind(self) -> Kind {
        match self.0 {
            Value::Null => Kind::Null,
            Value::Bool(_) => Kind::Bool,
            Value::Number(number) if number.is_u64() => Kind::Uint,
            Value::Number(number) if number.is_i64() => Kind::Int,
            Value::Number(_) => Kind::Float,
            Value::String(_) => Kind::Text,
            Value::Array(_) => Kind::List,
            Value::Object(_) => Kind::Map,
        }
    }

    fn is_null(self) -> bool {
        self.0.is_null()
    }

    fn bool(self) -> Result<bool, Fault> {
        self.0.as_bool().ok_or_else(|| self.wrong(Kind::Bool))
    }

    fn uint(self) -> Result<u64, Fault> {
        self.0.as_u64().ok_or_else(|| self.wrong_number(Kind::Uint))
    }

    fn int(self) -> Result<i64, Fault> {
        self.0.as_i64().ok_or_else(|| self.wrong_number(Kind::Int))
    }

    fn float(self) -> Result<f64, Fault> {
        self.0.as_f64().ok_or_else(|| self.wrong(Kind::Float))
    }

    fn text(self) -> Result<&'a str, Fault> {
        self.as_text().ok_or_else(|| self.wrong(Kind::Text))
    }

    fn as_text(self) -> Option<&'a str> {
        self.0.as_str()
    }

    fn blob(self) -> Result<Bytes, Fault> {
        self.bytes()
    }

    fn octets(self) -> Result<Bytes, Fault> {
        self.bytes()
    }

    fn list(self) -> Result<JsonList<'a>, Fault> {
        let elements = self.0.as_array().ok_or_else(|| self.wrong(Kind::List))?;
        Ok(JsonList(elements.iter()))
    }

    fn map(self) -> Result<JsonMap<'a>, Fault> {
        let members = self.0.as_object().ok_or_else(|| self.wrong(Kind::Map))?;
        Ok(JsonMap(members.iter()))
    }

    fn fields(self) -> Result<JsonMap<'a>, Fault> {
        self.map()
    }

    fn fault(self, kind: FaultKind) -> Fault {
        Fault::new(kind)
    }

    fn written_order(self, _: &'a str) -> usize {
        0
    }

    /// Free of charge: JSON values are in memory already, and do not come off the wire.
    fn charge(self, _: usize) -> Result<(), Fault> {
        Ok(())
    }
}

/// The elements of an array.
#[derive(Debug, Clone)]
pub struct JsonList<'a>(slice::Iter<'a, Value>);

impl<'a> Iterator for JsonList<'a> {
    type Item = JsonNode<'a>;

    fn next(&mut self) -> Option<JsonNode<'a>> {
        self.0.next().map(JsonNode)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for JsonList<'_> {}

/// The members of an object.
#[derive(Debug, Clone)]
pub struct JsonMap<'a>(map::Iter<'a>);

impl<'a> Iterator for JsonMap<'a> {
    type Item = (&'a str, JsonNode<'a>);

    fn next(&mut self) -> Option<(&'a str, JsonNode<'a>)> {
        self.0.next().map(|(key, value)| (key.as_str(), JsonNode(value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fabric::codec::flex::Opaque;
    use crate::fabric::release::Release;
    use crate::fabric::version::ProtocolVersion;
    use serde_json::json;

    fn context() -> Context {
        let release = Release::lines().last().unwrap();
        Context { release, version: ProtocolVersion::V1 }
    }

    fn kind<T: std::fmt::Debug>(result: Result<T, Fault>) -> FaultKind {
        result.unwrap_err().kind().clone()
    }

    #[test]
    fn numbers_are_exact_or_refused() {
        assert_eq!(JsonNode(&json!(u64::MAX)).uint(), Ok(u64::MAX));
        assert_eq!(JsonNode(&json!(i64::MIN)).int(), Ok(i64::MIN));
        let text = "[18446744073709551615, -9223372036854775808]";
        let parsed: Value = serde_json::from_str(text).unwrap();
        assert_eq!(JsonNode(&parsed[0]).uint(), Ok(u64::MAX));
        assert_eq!(JsonNode(&parsed[1]).int(), Ok(i64::MIN));

        let out_of_range = FaultKind::OutOfRange { what: "an unsigned number" };
        let too_large: Value = serde_json::from_str("18446744073709551616").unwrap();
        for value in [json!(-1), json!(1.5), json!(1.0), too_large] {
            assert_eq!(kind(JsonNode(&value).uint()), out_of_range, "{value}");
        }
        let out_of_range = FaultKind::OutOfRange { what: "a signed number" };
        assert_eq!(kind(JsonNode(&json!(1_u64 << 63)).int()), out_of_range);
        for value in [json!("1"), json!(null), json!(true), json!([1])] {
            let found = JsonNode(&value).kind().name();
            let wrong = FaultKind::WrongType { expected: "an unsigned number", found };
            assert_eq!(kind(JsonNode(&value).uint()), wrong);
        }
    }

    #[test]
    fn bytes_have_three_forms() {
        let forms = [
            json!({"bytes_hex": "0001ff"}),
            json!([0, 1, 255]),
            json!({"typed_string": "ignored", "storage_encoded_bytes_hex": "0001ff"}),
        ];
        for form in &forms {
            assert_eq!(JsonNode(form).blob().unwrap(), [0, 1, 255][..]);
            assert_eq!(JsonNode(form).octets().unwrap(), [0, 1, 255][..]);
        }
        assert_eq!(JsonNode(&json!([])).blob().unwrap(), [][..]);
        assert_eq!(JsonNode(&json!({"bytes_hex": ""})).blob().unwrap(), [][..]);
    }

    #[test]
    fn what_is_no_bytes_is_refused_with_its_place() {
        let place = |value: &Value| JsonNode(value).blob().unwrap_err().place().path();
        assert_eq!(place(&json!({"bytes_hex": "0"})), "bytes_hex");
        assert_eq!(place(&json!({"bytes_hex": "0g"})), "bytes_hex");
        assert_eq!(place(&json!({"bytes_hex": 7})), "bytes_hex");
        assert_eq!(place(&json!({})), "bytes_hex");
        assert_eq!(place(&json!({"typed_string": "a"})), "storage_encoded_bytes_hex");
        assert_eq!(place(&json!([0, 256])), "[1]");
        assert_eq!(place(&json!([0, 0, -1])), "[2]");
        assert_eq!(place(&json!([0.5])), "[0]");
        let unknown = json!({"bytes_hex": "00", "more": 1});
        assert_eq!(
            kind(JsonNode(&unknown).blob()),
            FaultKind::UnknownField { found: "more".into() }
        );
        assert!(JsonNode(&json!("00")).octets().is_err());
    }

    #[test]
    fn a_value_survives_the_json_form() {
        let json = json!({
            "a": [null, true, -5, u64::MAX, 1.5, "text", [], {}],
            "b": {"é": {"nested": [[1, 2], [300]]}},
        });
        let value: Opaque = from_json(&json, context()).unwrap();
        assert_eq!(to_json(&value, context()), Ok(json));
    }

    #[test]
    fn sinks_spell_bytes_in_lower_hex_and_opaque_values_as_numbers() {
        let mut sink = JsonSink::new();
        sink.begin_list(2);
        sink.blob(&[0xab, 1]);
        sink.octets(&[0xcd]);
        sink.end_list(());
        let expected = json!([{"bytes_hex": "ab01"}, {"bytes_hex": "cd"}]);
        assert_eq!(sink.finish(), Ok(expected));
        let blob = Opaque::Blob(Bytes::from_static(&[1, 2]));
        assert_eq!(to_json(&blob, context()), Ok(json!([1, 2])));
    }

    #[test]
    fn deep_values_are_refused_before_the_stack_ends() {
        let mut json = json!(1);
        for _ in 0..100 {
            json = json!([json]);
        }
        let fault = from_json::<Opaque>(&json, context()).unwrap_err();
        assert!(matches!(fault.kind(), FaultKind::TooMuch { limit: 64, .. }), "{fault}");
    }

    #[test]
    fn the_first_refusal_counts() {
        let mut sink = JsonSink::new();
        sink.refuse(Unfit { what: "Hello.first".into() });
        sink.float(f64::NAN);
        assert_eq!(sink.finish(), Err(Unfit { what: "Hello.first".into() }));
        let nan = Opaque::Float(f64::NAN);
        assert_eq!(to_json(&nan, context()).unwrap_err().what, "JSON.a number that is not finite");
    }
}
