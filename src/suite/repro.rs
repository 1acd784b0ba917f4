//! The command lines that repeat a case.

use crate::fabric::catalogue::MessageType;
use crate::fabric::release::Release;

/// Decodes bytes as a release at a version.
pub fn decode(message_type: MessageType, release: Release, number: i32, bytes: &[u8]) -> String {
    let hex = hex::encode(bytes);
    let hex = if hex.is_empty() { "''" } else { &hex };
    format!("skewproof decode {} --release {release} --protocol {number} {hex}", word(message_type))
}

/// Encodes a value as a release at a version.
pub fn encode(message_type: MessageType, release: Release, number: i32, json: &str) -> String {
    let json = json.replace('\'', r"'\''");
    format!(
        "skewproof encode {} --release {release} --protocol {number} '{json}'",
        word(message_type)
    )
}

/// A name of the message that a shell takes for one word.
fn word(message_type: MessageType) -> &'static str {
    let row = message_type.row();
    let is_word = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric());
    [row.name]
        .into_iter()
        .chain(row.aliases.iter().copied())
        .find(|n| is_word(&n))
        .unwrap_or(row.name)
}
