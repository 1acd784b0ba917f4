//! The command lines that repeat a case.

use crate::fabric::catalogue::MessageType;
use crate::fabric::release::Release;
use crate::harness::render::REPRO;
use crate::harness::verdict::CaseId;

/// Decodes bytes as a release at a version.
pub fn decode(message_type: MessageType, release: Release, number: i32, bytes: &[u8]) -> String {
    let hex = hex::encode(bytes);
    let hex = if hex.is_empty() { "''" } else { &hex };
    format!(
        "skewproof decode {} --release {release} --protocol {number} {hex}",
        message_type.row().word()
    )
}

/// Encodes a value as a release at a version.
pub fn encode(message_type: MessageType, release: Release, number: i32, json: &str) -> String {
    let json = json.replace('\'', r"'\''");
    format!(
        "skewproof encode {} --release {release} --protocol {number} '{json}'",
        message_type.row().word()
    )
}

/// Sends a value of the matrix again, loudly.
pub fn cell(address: &CaseId) -> String {
    format!("{REPRO} {address}")
}
