//! The JSON form of envelope messages: the fields of the release's own shape, by name.
//!
//! Bytes are `{"bytes_hex": ".."}`, enum fields `{"name", "number"}` (the name null if the release
//! has none for the number), a choice an object with its one member, absent messages null. Reading
//! takes a missing key for the field's default and refuses an unknown one; an enum field may be
//! given by either of its two keys.

mod describe;

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Map, Value};

use super::enums::EnumType;
use super::error::JsonProblem;
use super::wire::has_implicit_presence;
use crate::codec::json::hex_of;
use crate::release::{Gate, Release};
pub(super) use describe::{json_choice, json_gate, json_message, json_read, json_write};

/// A fault of a JSON value and its place.
#[derive(Debug)]
pub(super) struct JsonFault {
    /// Where, `$` being the whole value.
    pub(super) path: String,
    /// What is wrong there.
    pub(super) problem: JsonProblem,
}

/// A JSON value to read, the release to read it for, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Input<'a> {
    value: &'a Value,
    release: Release,
    place: Place<'a>,
}

/// The way from the whole value to a part of it.
#[derive(Clone, Copy)]
enum Place<'a> {
    Root,
    Key(&'a Place<'a>, &'a str),
}

impl Place<'_> {
    fn write(&self, text: &mut String) {
        match self {
            Self::Root => text.push('$'),
            Self::Key(parent, key) => {
                parent.write(text);
                text.push('.');
                text.push_str(key);
            }
        }
    }
}

impl<'a> Input<'a> {
    /// The whole of `value`.
    pub(super) const fn root(value: &'a Value, release: Release) -> Self {
        Self { value, release, place: Place::Root }
    }

    fn fault(&self, problem: JsonProblem) -> JsonFault {
        let mut path = String::new();
        self.place.write(&mut path);
        JsonFault { path, problem }
    }

    fn expected(&self, what: &'static str) -> JsonFault {
        self.fault(JsonProblem::Expected(what))
    }

    /// The value as an object whose keys are yet to be taken.
    pub(super) fn object(&'a self) -> Result<Object<'a>, JsonFault> {
        let map = self.value.as_object().ok_or_else(|| self.expected("an object"))?;
        Ok(Object { input: self, map, known: Vec::new() })
    }
}

/// An object being read: keys are taken one by one, what remains is unknown.
pub(super) struct Object<'a> {
    input: &'a Input<'a>,
    map: &'a Map<String, Value>,
    known: Vec<&'static str>,
}

impl<'a> Object<'a> {
    fn at<'b>(&'b self, key: &'b str) -> Option<Input<'b>> {
        let place = Place::Key(&self.input.place, key);
        self.map.get(key).map(|value| Input { value, release: self.input.release, place })
    }

    /// Whether the release that it is read for knows something.
    pub(super) fn knows(&self, gate: Gate) -> bool {
        gate.is_open(self.input.release)
    }

    /// The field `key` as `read` reads it, or its default if there is no such key.
    pub(super) fn take<T: Default>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(Input<'_>) -> Result<T, JsonFault>,
    ) -> Result<T, JsonFault> {
        self.known.push(key);
        self.at(key).map_or_else(|| Ok(T::default()), read)
    }

    /// The member of a choice whose members stand beside other fields.
    pub(super) fn take_one_of<T: OneOf>(&mut self) -> Result<Option<T>, JsonFault> {
        let members = T::MEMBERS.iter().zip(T::GATES);
        let known = members.filter(|(_, gate)| self.knows(**gate)).map(|(key, _)| *key);
        let known: Vec<_> = known.collect();
        self.known.extend(&known);
        let mut present = known.iter().filter_map(|key| self.at(key).map(|at| (*key, at)));
        let Some((key, input)) = present.next() else {
            return Ok(None);
        };
        if present.next().is_some() {
            return Err(self.input.fault(JsonProblem::SeveralMembers(T::MEMBERS)));
        }
        T::from_member(key, input)
    }

    /// Refuses whatever has not been taken.
    pub(super) fn finish(self) -> Result<(), JsonFault> {
        match self.map.keys().find(|key| !self.known.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => {
                let place = Place::Key(&self.input.place, key);
                Err(Input { place, ..*self.input }.fault(JsonProblem::UnknownKey))
            }
        }
    }
}

/// A value with a JSON form.
pub(super) trait Json: Sized {
    /// Its form for a release.
    fn to_json(&self, release: Release) -> Value;
    /// The value of a form.
    fn from_json(input: Input<'_>) -> Result<Self, JsonFault>;
}

/// A choice of one member.
pub(super) trait OneOf: Sized {
    /// The keys of its members.
    const MEMBERS: &'static [&'static str];
    /// The gates of its members, in the same order.
    const GATES: &'static [Gate];
    /// The key and the form of its member.
    fn to_member(&self, release: Release) -> (&'static str, Value);
    /// The choice of member `key`, if there is such a member.
    fn from_member(key: &str, input: Input<'_>) -> Result<Option<Self>, JsonFault>;
}

/// An object of `entries`.
pub(super) fn object(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// The form of a number that may not be there: 0, where the release does not tell the two apart.
pub(super) fn present_to_json<T: Json + Copy + Default>(
    value: &Option<T>,
    release: Release,
) -> Value {
    if has_implicit_presence(release) {
        value.unwrap_or_default().to_json(release)
    } else {
        value.to_json(release)
    }
}

/// The number of a form.
pub(super) fn present_from_json<T: Json>(input: Input<'_>) -> Result<Option<T>, JsonFault> {
    if has_implicit_presence(input.release) {
        T::from_json(input).map(Some)
    } else {
        Json::from_json(input)
    }
}

/// The form of a raw enum number.
pub(super) fn enum_to_json(of: EnumType, number: i32, release: Release) -> Value {
    object([("name", of.name(release, number).into()), ("number", number.into())])
}

/// The raw enum number of a form.
pub(super) fn enum_from_json(of: EnumType, input: Input<'_>) -> Result<i32, JsonFault> {
    let mut object = input.object()?;
    let name: Option<String> = object.take("name", Json::from_json)?;
    let number: Option<i32> = object.take("number", Json::from_json)?;
    object.finish()?;
    let Some(name) = name else {
        return Ok(number.unwrap_or(0));
    };
    let named = of.number(input.release, &name);
    let named = named.ok_or_else(|| input.fault(JsonProblem::UnknownName))?;
    match number {
        Some(number) if number != named => Err(input.fault(JsonProblem::WrongNumber(named))),
        _ => Ok(named),
    }
}

/// Implements [`Json`] for integers.
macro_rules! json_integer {
    ($($int:ty: $read:ident, $expected:literal;)*) => {$(
        impl Json for $int {
            fn to_json(&self, _: Release) -> Value {
                Value::from(*self)
            }

            fn from_json(input: Input<'_>) -> Result<Self, JsonFault> {
                let number = input.value.$read().and_then(|number| number.try_into().ok());
                number.ok_or_else(|| input.expected($expected))
            }
        }
    )*};
}

json_integer! {
    i32: as_i64, "a signed 32-bit integer";
    u32: as_u64, "an unsigned 32-bit integer";
    u64: as_u64, "an unsigned 64-bit integer";
}

impl Json for String {
    fn to_json(&self, _: Release) -> Value {
        Value::from(self.as_str())
    }

    fn from_json(input: Input<'_>) -> Result<Self, JsonFault> {
        input.value.as_str().map(str::to_owned).ok_or_else(|| input.expected("a string"))
    }
}

impl Json for Bytes {
    fn to_json(&self, release: Release) -> Value {
        object([("bytes_hex", hex_of(self).to_json(release))])
    }

    fn from_json(input: Input<'_>) -> Result<Self, JsonFault> {
        let mut object = input.object()?;
        let hex: String = object.take("bytes_hex", Json::from_json)?;
        object.finish()?;
        let bytes = bytes_from_hex(&hex);
        bytes.ok_or_else(|| input.expected("an even number of hexadecimal digits"))
    }
}

fn bytes_from_hex(hex: &str) -> Option<Bytes> {
    let digit = |c: u8| char::from(c).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    let byte = |[high, low]: &[u8; 2]| Some(digit(*high)? << 4 | digit(*low)?);
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

impl<T: Json> Json for Option<T> {
    fn to_json(&self, release: Release) -> Value {
        self.as_ref().map_or(Value::Null, |value| value.to_json(release))
    }

    fn from_json(input: Input<'_>) -> Result<Self, JsonFault> {
        if input.value.is_null() { Ok(None) } else { T::from_json(input).map(Some) }
    }
}

impl Json for BTreeMap<String, String> {
    fn to_json(&self, release: Release) -> Value {
        self.iter().map(|(key, value)| (key.clone(), value.to_json(release))).collect()
    }

    fn from_json(input: Input<'_>) -> Result<Self, JsonFault> {
        let object = input.object()?;
        let entry = |key: &String| Some((key.clone(), String::from_json(object.at(key)?)));
        object.map.keys().filter_map(entry).map(|(key, text)| Ok((key, text?))).collect()
    }
}

impl<T: OneOf> Json for T {
    fn to_json(&self, release: Release) -> Value {
        object([self.to_member(release)])
    }

    fn from_json(input: Input<'_>) -> Result<Self, JsonFault> {
        let mut object = input.object()?;
        let member = object.take_one_of()?;
        object.finish()?;
        member.ok_or_else(|| input.expected("null, or an object of one member"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::{EnvelopeError, Hello, Message, RpcReply, SpanContext};
    use serde_json::json;

    fn release(name: &str) -> Release {
        name.parse().unwrap()
    }

    fn problem<T: std::fmt::Debug>(read: Result<T, EnvelopeError>) -> (String, JsonProblem) {
        match read {
            Err(EnvelopeError::Json { path, problem, .. }) => (path, problem),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_form_follows_the_release() {
        let json = json!({"body": null, "header": {"my_logs_version": 0}});
        let old = Message::from_json(release("1.3"), &json).unwrap();
        assert_eq!(old.to_json(release("1.3")).unwrap()["header"]["my_logs_version"], json!(0));
        assert_eq!(old.to_json(release("1.3")).unwrap()["header"]["in_response_to"], json!(null));
        assert_eq!(old.to_json(release("1.4")).unwrap()["header"]["in_response_to"], json!(0));
        let new = old.to_json(release("1.7")).unwrap();
        assert_eq!(new["header"].as_object().unwrap().len(), 4);
    }

    #[test]
    fn forms_are_exact_both_ways() {
        let json = json!({
            "header": null,
            "body": {"datagram": {"rpc_call": {
                "id": u64::MAX,
                "msg_type": "Größe",
                "payload": {"bytes_hex": "00ff7f"},
                "service": {"name": null, "number": 1234},
                "sort_code": 0
            }}}
        });
        let frame = Message::from_json(release("1.6"), &json).unwrap();
        assert_eq!(frame.to_json(release("1.6")).unwrap(), json);
        let json = json!({"header": null, "body": {"datagram": null}});
        let frame = Message::from_json(release("1.6"), &json).unwrap();
        assert_eq!(frame.encode(release("1.6")).unwrap(), [0x2a, 0]);
        assert_eq!(frame.to_json(release("1.6")).unwrap(), json);
        let json = json!({"fields": {"a": "b", "c": ""}});
        let span = SpanContext::from_json(release("1.4"), &json).unwrap();
        assert_eq!(span.to_json(release("1.4")).unwrap(), json);
    }

    #[test]
    fn enum_fields_are_given_by_name_or_number() {
        let v1_7 = release("1.7");
        let read = |json| Hello::from_json(v1_7, &json!({"swimlane": json}));
        for json in
            [json!({"name": "GOSSIP"}), json!({"number": 1}), json!({"name": null, "number": 1})]
        {
            assert_eq!(read(json).unwrap().swimlane, 1);
        }
        assert_eq!(read(json!({})).unwrap().swimlane, 0);
        let place = "$.swimlane".to_owned();
        let wrong = problem(read(json!({"name": "GOSSIP", "number": 2})));
        assert_eq!(wrong, (place.clone(), JsonProblem::WrongNumber(1)));
        assert_eq!(problem(read(json!({"name": "X"}))), (place.clone(), JsonProblem::UnknownName));
        assert_eq!(problem(read(json!("GOSSIP"))), (place, JsonProblem::Expected("an object")));
    }

    #[test]
    fn faults_name_their_place() {
        let v1_7 = release("1.7");
        let unknown = json!({"body": {"hello": {"my_node_id": {"id": 1, "colour": 1}}}});
        let place = "$.body.hello.my_node_id.colour".to_owned();
        let found = problem(Message::from_json(v1_7, &unknown));
        assert_eq!(found, (place, JsonProblem::UnknownKey));
        let foreign = json!({"header": {"msg_id": 1}});
        let found = problem(Message::from_json(v1_7, &foreign));
        assert_eq!(found, ("$.header.msg_id".to_owned(), JsonProblem::UnknownKey));
        let both = json!({"id": 1, "status": {"number": 0}, "payload": {"bytes_hex": ""}});
        let found = problem(RpcReply::from_json(v1_7, &both));
        let members = JsonProblem::SeveralMembers(&["status", "payload"]);
        assert_eq!(found, ("$".to_owned(), members));
        for (json, place) in [
            (json!({"body": {}}), "$.body"),
            (
                json!({"body": {"datagram": {"ping": {"timestamp": -1}}}}),
                "$.body.datagram.ping.timestamp",
            ),
            (json!({"header": {"my_logs_version": 4_294_967_296_u64}}), "$.header.my_logs_version"),
            (json!({"header": []}), "$.header"),
        ] {
            let (found, problem) = problem(Message::from_json(v1_7, &json));
            assert_eq!(found, place);
            assert!(matches!(problem, JsonProblem::Expected(_)));
        }
        for hex in ["0", "0g", "+1", "é"] {
            let payload = json!({"id": 1, "payload": {"bytes_hex": hex}});
            let (found, _) = problem(RpcReply::from_json(v1_7, &payload));
            assert_eq!(found, "$.payload");
        }
    }
}
