//! Reads the JSON form.

use std::slice;

use bytes::Bytes;
use serde_json::{Map, Value, map};

use super::{BYTES_HEX, STORAGE_ENCODED_HEX, TYPED_STRING};
use crate::codec::fault::{Fault, FaultKind};
use crate::codec::tree::{Form, Kind, Node};

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
                (name, Value::String(text)) => super::bytes_of(text).map_err(|_| {
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
        self.0.as_str().ok_or_else(|| self.wrong(Kind::Text))
    }

    fn variant_name(self) -> Option<&'a str> {
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
