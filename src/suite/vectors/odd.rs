//! Odd bytes, and what the library made of them that released servers read with.

use super::agreement::{ACCEPTED, Agreement, Answer, in_words, refused_or_stricter};
use super::envelope;
use super::line::{DamagedLine, Line};
use super::payload::{message_type, version};
use super::words;
use crate::fabric::codec::tree::Context;
use crate::suite::compare::{self, Difference};
use crate::suite::subject::Subject;

/// What the library said.
struct Said<'a> {
    /// Whether it took the bytes.
    is_ok: bool,
    /// Its error, or the value as it shows it.
    words: &'a str,
}

const REFUSED: &str = "what the library refuses is refused";
/// Digits of bytes that were cut off, at least: fewer say too little to be compared.
const CUT_OFF_MIN: usize = 16;
const AGAIN: &str = "the value encodes to the bytes that the library makes of it";
const MEANING: &str = "the bytes mean what the library read";

/// Verifies a line.
pub fn verify(line: &Line, subject: &dyn Subject) -> Result<Answer, DamagedLine> {
    let is_ok = match line.text("real")? {
        "ok" => true,
        "error" => false,
        other => return Err(line.damaged(format!("unknown answer {other:?}"))),
    };
    if !is_ok && line.get("reencodes").is_some() {
        return Err(line.damaged("\"reencodes\" of what was not read"));
    }
    let said = Said { is_ok, words: line.optional_text("words")?.unwrap_or_default() };
    match line.text("kind")? {
        "frame" => verify_frame(line, said, subject),
        "payload" => verify_payload(line, said, subject),
        other => Err(line.damaged(format!("unknown kind {other:?}"))),
    }
}

fn verify_frame(line: &Line, said: Said<'_>, subject: &dyn Subject) -> Result<Answer, DamagedLine> {
    let release = line.release("release")?;
    let of = envelope::envelope_type(line)?;
    let bytes = line.bytes("hex")?;
    let frame = match subject.decode_envelope(of, &bytes, release) {
        Err(_) if !said.is_ok => return Ok(Ok(Agreement::Same)),
        Err(_) if !is_whole(&bytes) => return Ok(Ok(Agreement::CutOff)),
        Err(error) => {
            return Ok(Err(Difference::new(ACCEPTED, said.words, error.to_string())));
        }
        Ok(frame) => frame,
    };
    let json = match frame.to_json(release) {
        Ok(json) => json,
        Err(error) => return Ok(Err(Difference::new(MEANING, said.words, error.to_string()))),
    };
    if !said.is_ok {
        return Ok(Err(Difference::new(REFUSED, said.words, json.to_string())));
    }
    Ok(words::compare(MEANING, said.words, &json).map(|()| Agreement::Same))
}

fn verify_payload(
    line: &Line,
    said: Said<'_>,
    subject: &dyn Subject,
) -> Result<Answer, DamagedLine> {
    let cx = Context { release: line.release("release")?, version: version(line)? };
    let message_type = message_type(line, "message")?;
    let number = cx.version.number();
    let message = match subject.decode(message_type, &line.bytes("hex")?, cx.release, number) {
        Err(_) if !said.is_ok => return Ok(Ok(Agreement::Same)),
        Err(error) => return Ok(refused_or_stricter(&error, said.words)),
        Ok(message) if !said.is_ok => {
            return Ok(Err(Difference::new(REFUSED, said.words, in_words(&message, cx))));
        }
        Ok(message) => message,
    };
    let json = match message.to_json(cx) {
        Ok(json) => json,
        Err(unfit) => return Ok(Err(Difference::new(MEANING, said.words, unfit.what))),
    };
    if let Err(difference) = words::compare(MEANING, said.words, &json) {
        return Ok(Err(difference));
    }
    let Some(again) = line.optional_text("reencodes")? else { return Ok(Ok(Agreement::Same)) };
    let encoded = match subject.encode(&message, cx.release, number) {
        Ok(encoded) => encoded,
        Err(error) => return Ok(Err(Difference::new(AGAIN, again, error.to_string()))),
    };
    // Half a byte at the end: the text was cut off.
    let is_cut_off = again.len() % 2 == 1 && again.len() >= CUT_OFF_MIN;
    if is_cut_off && hex::encode(&encoded).starts_with(again) {
        return Ok(Ok(Agreement::Same));
    }
    let again = line.bytes("reencodes")?;
    Ok(compare::payload_bytes(AGAIN, message_type, cx, &again, &encoded).map(|()| Agreement::Same))
}

/// Whether the fields of a protobuf message fill the bytes, and no group is open at their end.
fn is_whole(bytes: &[u8]) -> bool {
    open_groups(bytes) == Some(0)
}

/// The groups that are open at the end; none if it lies inside a field.
fn open_groups(mut bytes: &[u8]) -> Option<usize> {
    let mut groups = 0_usize;
    while !bytes.is_empty() {
        let key = prost::decode_length_delimiter(&mut bytes).ok()?;
        let len = match key % 8 {
            0 => bytes.iter().position(|byte| byte & 0x80 == 0)? + 1,
            1 => 8,
            2 => prost::decode_length_delimiter(&mut bytes).ok()?,
            5 => 4,
            3 => {
                groups += 1;
                0
            }
            _ => {
                groups = groups.checked_sub(1)?;
                0
            }
        };
        bytes = bytes.get(len..)?;
    }
    Some(groups)
}
