//! What one release writes, every other line that speaks the version, and every patch of its own,
//! understands as far as it can, or refuses.

use bytes::Bytes;

use super::{Checks, Speaker};
use crate::fabric::catalogue::{Message, MessageType};
use crate::fabric::codec::tree::Context;
use crate::fabric::release::Release;
use crate::suite::compare::Difference;
use crate::suite::expectations::{self, Counterpart};
use crate::suite::requirements;
use crate::suite::vectors::same_value;

/// Checks one value against all readers.
pub fn run(speaker: &Speaker, value: &Message, bytes: &Bytes, checks: &mut Checks<'_>) {
    let cx = speaker.cx;
    let is_asked = |reader: &Release| {
        let is_line = *reader == reader.line();
        let is_same = *reader == cx.release;
        !is_same && (is_line || reader.line() == cx.release.line())
    };
    let readers = Release::stable()
        .filter(is_asked)
        .filter(|reader| reader.range().contains(speaker.number()));
    for reader in readers {
        let reader = Context { release: reader, version: cx.version };
        let result = read(value, bytes, cx, reader, checks);
        let case = speaker.case(&requirements::ACROSS, value.message_type()).child(reader.release);
        checks.record("read by the other lines", cx.release, case, result);
    }
}

fn read(
    value: &Message,
    bytes: &Bytes,
    writer: Context,
    reader: Context,
    checks: &Checks<'_>,
) -> Result<(), Difference> {
    let Some(Counterpart { message_type, value }) = expectations::counterpart(value, reader) else {
        return refused(value.message_type(), bytes, reader, checks);
    };
    let number = reader.version.number();
    let decoded = checks.subject.decode(message_type, bytes, reader.release, number);
    let requirement = "a line reads what another wrote as far as it knows it, and refuses the rest";
    let understood = value
        .fitted(reader)
        .ok()
        .filter(|value| !expectations::is_unreadable(value, writer.release, reader.release));
    match (understood, decoded) {
        (Some(expected), Ok(actual)) => same_value(requirement, &expected, &actual, reader),
        (None, Err(_)) => Ok(()),
        (Some(_), Err(error)) => Err(Difference::new(requirement, "a value", error.to_string())),
        (None, Ok(actual)) => Err(Difference::new(requirement, "an error", format!("{actual:?}"))),
    }
}

fn refused(
    message_type: MessageType,
    bytes: &Bytes,
    reader: Context,
    checks: &Checks<'_>,
) -> Result<(), Difference> {
    let number = reader.version.number();
    match checks.subject.decode(message_type, bytes, reader.release, number) {
        Err(_) => Ok(()),
        Ok(message) => Err(Difference::new(
            "a line refuses a message that it does not know",
            "an error",
            format!("{message:?}"),
        )),
    }
}
