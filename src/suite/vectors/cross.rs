//! What one release understood of another's bytes.

use bytes::Bytes;
use serde_json::Value as Json;

use super::agreement::{Agreement, Answer, in_words};
use super::line::{DamagedLine, Line};
use super::payload::{Index, Key, PayloadVector, message_type, same_value, without_typed_bodies};
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::suite::compare::{self, Difference};
use crate::suite::subject::Subject;

/// Verifies a line about payloads. None if the sender's bytes are nowhere in the folder.
pub fn verify(
    line: &Line,
    index: &Index,
    subject: &dyn Subject,
) -> Result<Option<Answer>, DamagedLine> {
    let Some(sent) = index.get(&Key::of(line, "from")?) else { return Ok(None) };
    let Some(bytes) = &sent.bytes else { return Ok(None) };
    let reader = Context { release: line.release("decoder")?, version: sent.cx.version };
    let message_type =
        message_type(line, if line.has("decoded_as") { "decoded_as" } else { "message" })?;
    let decoded = subject.decode(message_type, bytes, reader.release, sent.number());

    let reencoded = reencoded(line, sent.bytes.as_ref())?;
    if !line.is_taken()? {
        let requirement = "what the release cannot read is refused";
        let panic = line.optional_text("panic")?;
        return Ok(Some(match decoded {
            Err(_) => {
                Ok(panic.map_or(Agreement::Same, |words| Agreement::KnownPanic(words.to_owned())))
            }
            Ok(message) => Err(Difference::new(
                requirement,
                line.optional_text("error")?.or(panic).unwrap_or("an error"),
                in_words(&message, reader),
            )),
        }));
    }
    let is_equal = line.flag("equal")?;
    let expected = match line.get("value") {
        Some(value) => value,
        None if is_equal => &sent.value,
        None => return Err(line.damaged("says neither what was understood nor that it was equal")),
    };
    let expected = rewrapped(&without_typed_bodies(expected), message_type);
    let requirement = "the release understands what it understood";
    let decoded = match decoded {
        Ok(message) => message,
        Err(error) => {
            let difference = Difference::new(requirement, expected.to_string(), error.to_string());
            return Ok(Some(Err(difference)));
        }
    };
    let expected = match Message::from_json(message_type, &expected, reader) {
        Ok(message) => message,
        // An equal value with what the reader does not know still in it.
        Err(_) if is_equal => match sent.message().map(|sent| sent.fitted(reader)) {
            Ok(Ok(message)) => message,
            _ => return Ok(Some(Err(without_form(&expected, "the reader has no form for it")))),
        },
        Err(fault) => return Ok(Some(Err(without_form(&expected, &fault.to_string())))),
    };
    Ok(Some(
        same_value(requirement, &expected, &decoded, reader)
            .and_then(|()| verify_reencoding(reencoded, sent, &decoded, reader, subject))
            .map(|()| Agreement::Same),
    ))
}

fn without_form(expected: &Json, reason: &str) -> Difference {
    Difference::new("the JSON form of the value is read", expected.to_string(), reason)
}

/// The bytes that a reader made again of what it had read; none if the line does not say.
pub fn reencoded(line: &Line, sent: Option<&Bytes>) -> Result<Option<Bytes>, DamagedLine> {
    let again = line.optional_bytes("reencoded_hex")?;
    if !line.flag("reencodes_identically")? {
        return Ok(again);
    }
    match again {
        Some(again) if sent.is_some_and(|sent| *sent != again) => Err(line.damaged(
            "\"reencodes_identically\" is true, and \"reencoded_hex\" is not what was sent",
        )),
        _ => Ok(sent.cloned()),
    }
}

/// Decoding and encoding again must give the bytes that it gave.
fn verify_reencoding(
    reencoded: Option<Bytes>,
    sent: &PayloadVector,
    decoded: &Message,
    reader: Context,
    subject: &dyn Subject,
) -> Result<(), Difference> {
    let requirement = "what was understood encodes again to the bytes that the release made of it";
    let Some(expected) = reencoded else { return Ok(()) };
    let actual = subject
        .encode(decoded, reader.release, reader.version.number())
        .map_err(|e| Difference::new(requirement, hex::encode(&expected), e.to_string()))?;
    if sent.is_nondeterministic {
        return Ok(());
    }
    compare::payload_bytes(requirement, decoded.message_type(), reader, &expected, &actual)
}

/// The value in the form of the type that it was decoded as: up to 1.3 metadata messages are
/// wrapped, and a line may show them either way.
fn rewrapped(value: &Json, message_type: MessageType) -> Json {
    const WRAPPED: [&str; 2] = ["GetMetadataRequest", "MetadataUpdate"];
    let inner = WRAPPED.iter().find_map(|name| value.get(name));
    match (message_type, inner) {
        (MessageType::MetadataMessage, None) => {
            let name = if value.get("container").is_some() { WRAPPED[1] } else { WRAPPED[0] };
            serde_json::json!({ name: value })
        }
        (MessageType::MetadataMessage, Some(_)) | (_, None) => value.clone(),
        (_, Some(inner)) => inner.clone(),
    }
}
