//! The command lines that repeat a case, and the stories that some of them tell.

use crate::fabric::catalogue::MessageType;
use crate::fabric::release::Release;
use crate::harness::render::{REPRO, quoted};
use crate::harness::verdict::CaseId;
use crate::suite::speaker::SpeakError;
use crate::suite::story::Story;
use crate::suite::{handshake, skew};

/// Decodes bytes as a release at a version.
pub fn decode(message_type: MessageType, release: Release, number: i32, bytes: &[u8]) -> String {
    let hex = quoted(&hex::encode(bytes));
    format!(
        "skewproof decode {} --release {release} --protocol {number} {hex}",
        message_type.row().word()
    )
}

/// Encodes a value as a release at a version.
pub fn encode(message_type: MessageType, release: Release, number: i32, json: &str) -> String {
    let json = quoted(json);
    format!(
        "skewproof encode {} --release {release} --protocol {number} {json}",
        message_type.row().word()
    )
}

/// Repeats the case with an address, loudly: a cell of the matrix, or a handshake.
pub fn case(address: &CaseId) -> String {
    format!("{REPRO} {address}")
}

/// Tells the story of the case with an address.
///
/// # Errors
///
/// If there is no such case.
pub fn story(address: &str) -> Result<Story, SpeakError> {
    if address.starts_with("check/") { handshake::story(address) } else { skew::story(address) }
}
