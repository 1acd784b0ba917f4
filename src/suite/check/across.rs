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

const ROW: &str = "read by the other lines";

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
        let result = read(speaker, value, bytes, reader, checks);
        let case = speaker.case(&requirements::ACROSS, value.message_type()).child(reader.release);
        checks.record(ROW, cx.release, case, result);
    }
}

fn read(
    speaker: &Speaker,
    written: &Message,
    bytes: &Bytes,
    reader: Context,
    checks: &mut Checks<'_>,
) -> Result<(), Difference> {
    let Some(Counterpart { message_type, value }) = expectations::counterpart(written, reader)
    else {
        let requirement = "a line refuses a message that it does not know";
        return refused(requirement, written.message_type(), bytes, reader, checks);
    };
    let requirement = "a line reads what another wrote as far as it knows it, and refuses the rest";
    if expectations::is_unreadable(&value, speaker.cx.release, reader.release) {
        return refused(requirement, message_type, bytes, reader, checks);
    }
    let readers = (message_type, reader.release);
    let check = |checks: &Checks<'_>| {
        let Ok(expected) = value.fitted(reader) else {
            return refused(requirement, message_type, bytes, reader, checks);
        };
        let number = reader.version.number();
        let decoded = checks.subject.decode(message_type, bytes, reader.release, number);
        let actual =
            decoded.map_err(|error| Difference::new(requirement, "a value", error.to_string()))?;
        same_value(requirement, &expected, &actual, reader)
    };
    checks.once_for_all_alike(ROW, speaker, written.message_type(), readers, bytes, check)
}

fn refused(
    requirement: &'static str,
    message_type: MessageType,
    bytes: &Bytes,
    reader: Context,
    checks: &Checks<'_>,
) -> Result<(), Difference> {
    let number = reader.version.number();
    match checks.subject.decode(message_type, bytes, reader.release, number) {
        Err(_) => Ok(()),
        Ok(message) => Err(Difference::new(requirement, "an error", format!("{message:?}"))),
    }
}
