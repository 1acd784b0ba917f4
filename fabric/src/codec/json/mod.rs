//! The JSON form of values: the one in which people read and type them.
//!
//! Not JSON text: a [`serde_json::Value`], whose parser keeps every `u64` exactly.

mod node;
mod sink;
mod tape;

use bytes::Bytes;
use serde_json::Value;

pub use node::{JsonList, JsonMap, JsonNode};
pub use sink::JsonSink;
pub use tape::{Part, Parts, Tape, TapeSink};

use super::fault::Fault;
use super::tree::{Context, Tree, Unfit};

/// Name of the only member of an object that stands for bytes.
const BYTES_HEX: &str = "bytes_hex";

/// Names of the members of a record body that the sender holds as text. On the wire it is the
/// bytes, which are the second; the text is only a comment.
const TYPED_STRING: &str = "typed_string";
const STORAGE_ENCODED_HEX: &str = "storage_encoded_bytes_hex";

/// Bytes in lower-case hex. Bodies are long, and `hex::encode` puts a text together by its characters.
pub(crate) fn hex_of(bytes: &[u8]) -> String {
    let mut digits = vec![0; bytes.len() * 2];
    // There are two digits for every byte.
    let _ = hex::encode_to_slice(bytes, &mut digits);
    String::from_utf8(digits).unwrap_or_default()
}

/// The bytes that hex stands for. `hex::decode` does not know how many will come.
///
/// # Errors
///
/// If it is no hex.
pub fn bytes_of(digits: &str) -> Result<Bytes, hex::FromHexError> {
    let mut bytes = vec![0; digits.len() / 2];
    hex::decode_to_slice(digits, &mut bytes)?;
    Ok(bytes.into())
}

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

/// The JSON form of a value, in little memory.
///
/// # Errors
///
/// The part of the value that `cx.release` cannot express.
pub fn to_tape<T: Tree>(value: &T, cx: Context) -> Result<Tape, Unfit> {
    let mut sink = TapeSink::default();
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use super::*;
    use crate::codec::fault::FaultKind;
    use crate::codec::flex::Opaque;
    use crate::codec::tree::{Node, Sink};
    use crate::release::Release;
    use crate::version::ProtocolVersion;

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
        sink.refuse(Unfit::new("Hello", "first"));
        sink.float(f64::NAN);
        assert_eq!(sink.finish(), Err(Unfit::new("Hello", "first")));
        let nan = Opaque::Float(f64::NAN);
        assert_eq!(to_json(&nan, context()).unwrap_err().what, "JSON.a number that is not finite");
    }
}
